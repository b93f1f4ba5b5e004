package picture

import (
	"math"
	"regexp"
	"strconv"
	"time"
)

// isoShape is what $toMillis takes for ISO 8601. It is wider than that: parts can be repeated, and numbers be too large.
var isoShape = regexp.MustCompile(`^[0-9]{4}(?:-[01][0-9])*(?:-[0-3][0-9])*(?:T[0-2][0-9]:[0-5][0-9]:[0-5][0-9])*(?:\.[0-9]+)?(?:[+-][0-2][0-9]:?[0-5][0-9]|Z)?$`)

// isoTimestamp are the texts of that shape that are points in time: year, month, day, hour, minute, second, fraction, zone.
var isoTimestamp = regexp.MustCompile(`^([0-9]{4})(?:-([0-9]{2}))?(?:-([0-9]{2}))?(?:T([0-9]{2}):([0-9]{2}):([0-9]{2})(?:\.([0-9]+))?(Z|[+-][0-9]{2}:?[0-9]{2})?|Z)?$`)

// parseISO reads 2018, 2018-03, 2018-03-20 (each also with a Z) and 2018-03-20T11:32:00, with a fraction, of which three digits count, and
// a zone (Z, +05:30, +0530), UTC without one. The day and the month may be left out before the time too. Days up to 31 are taken
// in every month and count into the next one; 24:00:00 is the end of the day. Seconds are not optional.
//
// The original has the rest read by JavaScript's Date.parse, where engines differ. What V8 makes of the likes of "2018.5" (May) is left
// out: such a text is NaN, as are months and days that do not exist.
func parseISO(text string) (float64, error) {
	if millis, ok := parsePlainISO(text); ok {
		return millis, nil
	}
	return parseAnyISO(text)
}

func parseAnyISO(text string) (float64, error) {
	if !isoShape.MatchString(text) {
		return 0, coded("D3110", text)
	}
	groups := isoTimestamp.FindStringSubmatch(text)
	if groups == nil {
		return math.NaN(), nil
	}
	number := func(group, absent int) float64 {
		n, err := strconv.Atoi(groups[group])
		if err != nil {
			return float64(absent)
		}
		return float64(n)
	}
	year, month, day := number(1, 0), number(2, 1), number(3, 1)
	hour, minute, second := number(4, 0), number(5, 0), number(6, 0)
	millis := parseInt((groups[7] + "000")[:3])
	if month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || hour == 24 && minute+second+millis > 0 {
		return math.NaN(), nil
	}
	offset := 0.0
	if z := groups[8]; len(z) > 1 {
		hours, minutes := parseInt(z[1:3]), parseInt(z[len(z)-2:])
		if hours > 23 {
			return math.NaN(), nil
		}
		offset = hours*60 + minutes
		if z[0] == '-' {
			offset = -offset
		}
	}
	days := startOfMonth(year, month-1) + (day-1)*millisPerDay
	return days + ((hour*60+minute-offset)*60+second)*1000 + millis, nil
}

// parsePlainISO is parseAnyISO for the form in which most timestamps are, 2018-03-20T11:32:00.123Z or without the fraction; ok is false for
// all others.
func parsePlainISO(text string) (millis float64, ok bool) {
	const form = "0000-00-00T00:00:00.000Z"
	if len(text) != len(form) && (len(text) != len("0000-00-00T00:00:00Z") || text[19] != 'Z') {
		return 0, false
	}
	for i := range len(text) - 1 {
		if digit := text[i] >= '0' && text[i] <= '9'; digit != (form[i] == '0') || !digit && text[i] != form[i] {
			return 0, false
		}
	}
	if text[len(text)-1] != 'Z' {
		return 0, false
	}
	two := func(i int) int { return int(text[i]-'0')*10 + int(text[i+1]-'0') }
	year, month, day, hour, minute, second := two(0)*100+two(2), two(5), two(8), two(11), two(14), two(17)
	fraction := 0
	if len(text) == len(form) {
		fraction = two(20)*10 + int(text[22]-'0')
	}
	if month < 1 || month > 12 || day < 1 || day > 31 || hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	seconds := time.Date(year, time.Month(month), day, hour, minute, second, 0, time.UTC).Unix() // a day too many is in the next month
	return float64(seconds*1000 + int64(fraction)), true
}
