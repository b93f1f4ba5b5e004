package picture

import (
	"math"
	"time"
)

const (
	millisPerDay  = 24 * 60 * 60 * 1000
	millisPerWeek = 7 * millisPerDay
	// maxMillis is the greatest distance from 1970 that a JavaScript Date can have.
	maxMillis = 8.64e15
)

var monthNames = []string{
	"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December",
}

// dayNames start with Monday, the first day of the week in ISO 8601.
var dayNames = []string{"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}

// date is a point in time and its parts in UTC.
type date struct {
	millis float64 // NaN when out of JavaScript's range
	utc    time.Time
}

func newDate(millis float64) date {
	millis = clipTime(millis)
	if math.IsNaN(millis) {
		return date{millis: millis}
	}
	return date{millis: millis, utc: time.UnixMilli(int64(millis)).UTC()}
}

// clipTime cuts fractions of milliseconds, and makes what is out of JavaScript's range NaN.
func clipTime(millis float64) float64 {
	if !(math.Abs(millis) <= maxMillis) {
		return math.NaN()
	}
	return math.Trunc(millis)
}

// number gives the component of a date picture that a letter stands for. All are NaN for a date out of range.
func (d date) number(component rune) float64 {
	if math.IsNaN(d.millis) {
		return math.NaN()
	}
	year, month := d.utc.Year(), d.utc.Month()
	switch component {
	case 'Y':
		return float64(year)
	case 'M':
		return float64(month)
	case 'D':
		return float64(d.utc.Day())
	case 'd':
		return d.daysSince(dateUTC(float64(year), 0)) + 1
	case 'F':
		return float64((d.utc.Weekday()+6)%7 + 1) // Monday is 1
	case 'W':
		return d.week(yearStart(year), 52)
	case 'w':
		return d.week(monthStart(year, month), 4)
	case 'X':
		return float64(year + d.neighbour(yearStart(year)))
	case 'x':
		return float64((int(month)-1+d.neighbour(monthStart(year, month))+12)%12 + 1)
	case 'H':
		return float64(d.utc.Hour())
	case 'h':
		return float64((d.utc.Hour()+11)%12 + 1)
	case 'm':
		return float64(d.utc.Minute())
	case 's':
		return float64(d.utc.Second())
	case 'f':
		return float64(d.utc.Nanosecond() / int(time.Millisecond))
	}
	return math.NaN()
}

// midnight gives the start of the day, through dateUTC as JSONata does, which moves the years 0 to 99.
func (d date) midnight() float64 {
	return dateUTC(float64(d.utc.Year()), float64(d.utc.Month()-1)) + float64(d.utc.Day()-1)*millisPerDay
}

func (d date) daysSince(start float64) float64 { return (d.midnight() - start) / millisPerDay }

// period is a year or a month: it gives the start of its first week, and that of the periods around it. Number n is the period itself, -1
// the one before it, 1 the one behind it.
type period func(n int) float64

func yearStart(year int) period {
	return func(n int) float64 { return firstWeek(float64(year+n), 0) }
}

func monthStart(year int, month time.Month) period {
	return func(n int) float64 {
		m := year*12 + int(month) - 1 + n
		y := floorDiv(m, 12)
		return firstWeek(float64(y), float64(m-y*12))
	}
}

func floorDiv(a, b int) int {
	if a < 0 {
		return (a - b + 1) / b
	}
	return a / b
}

// firstWeek gives the Monday of the week that holds the first Thursday of a year or month, which is its week 1 (ISO 8601 for years, XPath
// also for months). Months start with 0.
func firstWeek(year, month float64) float64 {
	first := newDate(dateUTC(year, month))
	day := first.number('F')
	if day > 4 {
		return first.millis + (8-day)*millisPerDay
	}
	return first.millis - (day-1)*millisPerDay
}

// week gives the number of the date's week in a period; a period has at least full weeks.
func (d date) week(start period, full float64) float64 {
	today := d.midnight()
	week := (today-start(0))/millisPerWeek + 1
	if week > full {
		if today >= start(1) {
			week = 1
		}
	} else if week < 1 {
		week = (today-start(-1))/millisPerWeek + 1
	}
	return math.Floor(week)
}

// neighbour is 0 when the date's week belongs to the period, -1 or 1 when it belongs to the one before or behind.
func (d date) neighbour(start period) int {
	switch {
	case d.millis < start(0):
		return -1
	case d.millis >= start(1):
		return 1
	}
	return 0
}

// dateUTC gives the start of a month, as JavaScript's Date.UTC does: months start with 0 and may be any number, and the years 0 to 99 are
// those of the 20th century.
func dateUTC(year, month float64) float64 {
	if year >= 0 && year <= 99 {
		year += 1900
	}
	return startOfMonth(year, month)
}

// startOfMonth is dateUTC with years as they are.
func startOfMonth(year, month float64) float64 {
	const maxYear = 400_000 // beyond what a Date can hold
	year += math.Floor(month / 12)
	if !(math.Abs(year) <= maxYear) {
		return math.NaN()
	}
	month = math.Mod(math.Mod(month, 12)+12, 12)
	seconds := time.Date(int(year), time.Month(month)+1, 1, 0, 0, 0, 0, time.UTC).Unix()
	return clipTime(float64(seconds) * 1000)
}
