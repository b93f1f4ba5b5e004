package picture

import (
	"math"
	"strings"
	"time"
	"unicode/utf8"
)

// ToMillis reads a point in time as the picture says, as $toMillis does, and gives milliseconds since 1970 in UTC. It is ToMillisAt with
// the present time.
func ToMillis(text, picture string) (millis float64, ok bool, err error) {
	return ToMillisAt(text, picture, float64(time.Now().UnixMilli()))
}

// ToMillisAt is ToMillis with the time that $now has, in milliseconds since 1970: what the picture lacks before its first component is
// taken from it, such as the day when only the time is given. What is lacking behind the last component is the least possible.
//
// An empty picture stands for an absent one: the text is then ISO 8601 (see parseISO), else the error is D3110. ok is false when the text
// does not match the picture, where $toMillis gives nothing. A text that matches but is no point in time, such as 2018-13-01, gives
// NaN. Errors are those of the picture (D3130 to D3133 and D3135), and D3136 for a gap between the components, or for weeks, which JSONata
// cannot read.
//
// The years 0 to 99 are those of the 20th century, and names of months and days must be written with a capital, as in JSONata.
func ToMillisAt(text, picture string, now float64) (millis float64, ok bool, err error) {
	if n := utf8.RuneCountInString(text); n > MaxTimestamp {
		return 0, false, uncoded("a timestamp of %d characters is too long: the limit is %d", n, MaxTimestamp)
	}
	if picture == "" {
		millis, err := parseISO(text)
		return millis, err == nil, err
	}
	p, err := parseDatePicture(picture)
	if err != nil {
		return 0, false, err
	}
	parts := make([]part, len(p))
	for i := range p {
		if parts[i], err = p[i].part(); err != nil {
			return 0, false, err
		}
	}
	chars := []rune(text)
	ends, ok := match(chars, parts)
	if !ok {
		return 0, false, nil
	}
	read := components{}
	start, markers := 0, 0
	for i, end := range ends {
		if m := p[i].marker; m != nil {
			markers++
			value, known, err := m.parse(string(chars[start:end]))
			switch {
			case err != nil:
				return 0, false, err
			case known:
				read[m.component] = value
			default:
				delete(read, m.component)
			}
		}
		start = end
	}
	if markers == 0 {
		return 0, false, nil
	}
	millis, err = read.millis(newDate(now))
	return millis, err == nil, err
}

// parse gives the value of a component. It is not known when a name is not one of the component's.
func (m *marker) parse(text string) (value float64, known bool, err error) {
	switch {
	case m.isZone():
		return m.parseZone(text), true, nil
	case m.integer != nil:
		value, err = m.integer.parse(text)
		return value, true, err
	case m.component == 'P':
		switch text {
		case "am", "AM":
			return 0, true, nil
		case "pm", "PM":
			return 1, true, nil
		}
		return 0, false, nil
	}
	names, err := m.names()
	if err != nil {
		return 0, false, err
	}
	for i, name := range names {
		// As JSONata: where short names are the same, the last one is meant, and a width of 0 is none.
		if m.maxWidth != 0 {
			name = shorten(name, m.maxWidth)
		}
		if name == text {
			value, known = float64(i+1), true
		}
	}
	return value, known, nil
}

// zoneSeparator gives the character between hours and minutes.
func (m *marker) zoneSeparator() (char rune, ok bool) {
	if m.integer.interval == 0 {
		return 0, false
	}
	return m.integer.separators[0].char, true
}

// parseZone gives an offset from UTC in minutes. The sign counts for the hours only, as in JSONata.
func (m *marker) parseZone(text string) float64 {
	if m.component == 'z' {
		text = text[len("GMT"):]
	}
	if char, ok := m.zoneSeparator(); ok {
		hours, minutes, _ := strings.Cut(text, string(char))
		return parseInt(hours)*60 + parseInt(minutes)
	}
	const signAndHours = 3
	if len(text) <= signAndHours {
		return parseInt(text) * 60
	}
	return parseInt(text[:signAndHours])*60 + parseInt(text[signAndHours:])
}

// components are the values read from a timestamp, by the letter of the component.
type components map[rune]float64

// The ways to give a date and a time, from the greatest component to the least.
const (
	byMonth    = "YMD"
	byYearDay  = "Yd"
	byWeek     = "XWF"
	monthWeeks = "XxwF"
	byDay      = "Hmsf"
	byHalfDay  = "Phmsf"
)

const (
	allDates = "YXMxWwdD"
	allTimes = "PHhmsf"
)

// only tells whether at least one of the wanted components, and none of the other ones of all, has a value that is neither 0 nor NaN.
func (c components) only(wanted, all string) bool {
	found := false
	for _, component := range all {
		if v := c[component]; v != 0 && !math.IsNaN(v) {
			if !strings.ContainsRune(wanted, component) {
				return false
			}
			found = true
		}
	}
	return found
}

// millis makes a point in time. Components before the first given one are those of now.
func (c components) millis(now date) (float64, error) {
	monthDay := c.only(byMonth, allDates)
	yearDay := !monthDay && c.only(byYearDay, allDates)
	if c.only(monthWeeks, allDates) || c.only(byWeek, allDates) {
		return 0, coded("D3136", nil)
	}
	halfDay := !c.only(byDay, allTimes) && c.only(byHalfDay, allTimes)

	order := byMonth
	if yearDay {
		order = "YD" // as JSONata: a time behind year and day of the year is a gap
	}
	if halfDay {
		order += byHalfDay
	} else {
		order += byDay
	}
	if err := c.complete(order, now); err != nil {
		return 0, err
	}

	month, day := 0.0, c['D']
	if c['M'] > 0 {
		month = c['M'] - 1
	}
	if yearDay {
		d := newDate(dateUTC(c['Y'], 0) + float64((c['d']-1)*millisPerDay))
		month, day = d.number('M')-1, d.number('D')
	}
	hour := c['H']
	if halfDay {
		if hour = c['h']; hour == 12 {
			hour = 0
		}
		if c['P'] == 1 {
			hour += 12
		}
	}
	millis := dateUTC(c['Y'], month) + float64((day-1)*millisPerDay)
	// The conversions keep the compiler from fusing the operations, which would round otherwise than JavaScript.
	millis += float64(hour*3_600_000) + float64(c['m']*60_000) + float64(c['s']*1000) + c['f']
	millis = clipTime(millis)
	if offset := c.zone(); offset != 0 {
		millis -= offset * 60 * 1000
	}
	return millis, nil
}

// zone gives the offset in minutes; one that is no number does not count.
func (c components) zone() float64 {
	for _, component := range "Zz" {
		if offset := c[component]; offset != 0 && !math.IsNaN(offset) {
			return offset
		}
	}
	return 0
}

// complete fills the components in, and refuses a gap between given ones.
func (c components) complete(order string, now date) error {
	started, ended := false, false
	for _, component := range order {
		switch _, given := c[component]; {
		case given && ended:
			return coded("D3136", nil)
		case given:
			started = true
		case !started && component == 'P':
			c['P'] = 0 // as JSONata: morning, whatever the time is
		case !started:
			c[component] = now.number(component)
		default:
			ended = true
			if component == 'M' || component == 'D' {
				c[component] = 1
			} else {
				c[component] = 0
			}
		}
	}
	return nil
}
