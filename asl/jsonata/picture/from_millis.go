package picture

import (
	"math"
	"strings"
	"sync"
)

// isoPicture is the picture of $fromMillis and $now without one.
const isoPicture = "[Y0001]-[M01]-[D01]T[H01]:[m01]:[s01].[f001][Z01:01t]"

// isoParts takes isoPicture apart once; a picture does not change when it is used.
var isoParts = sync.OnceValues(func() (datePicture, error) { return parseDatePicture(isoPicture) })

// FromMillis writes a point in time, in milliseconds since 1970 in UTC, as the picture says, as $fromMillis does. An empty picture stands for
// an absent one: 2018-03-20T11:32:00.123Z. The time zone is an offset such as "+0530" or "-0500", UTC when empty.
// Errors are those of the picture: D3130 to D3135. A time that a JavaScript Date cannot hold, or a time zone that does not start with a
// number, makes all numbers NaN, as in JSONata.
//
// JSONata takes a negative offset with minutes for one an hour earlier: -0530 becomes -06:30.
func FromMillis(millis float64, picture, timezone string) (string, error) {
	if picture == "" && timezone == "" {
		if d := newDate(millis); !math.IsNaN(d.millis) && d.utc.Year() >= 0 && d.utc.Year() <= 9999 {
			return d.iso(), nil
		}
	}
	p, err := isoParts()
	if picture != "" {
		p, err = parseDatePicture(picture)
	}
	if err != nil {
		return "", err
	}
	var z zone
	if timezone != "" {
		offset := parseInt(timezone)
		z = zone{hours: math.Floor(offset / 100), minutes: math.Mod(offset, 100)}
	}
	d := newDate(millis + (60*z.hours+z.minutes)*60*1000)
	var b strings.Builder
	for _, part := range p {
		if part.marker == nil {
			b.WriteString(string(part.literal))
			continue
		}
		text, err := part.marker.format(d, z)
		if err != nil {
			return "", err
		}
		b.WriteString(text)
	}
	return b.String(), nil
}

// iso is the date as isoPicture has it, for years of four digits in UTC.
func (d date) iso() string {
	text := []byte("0000-00-00T00:00:00.000Z")
	put := func(end, n int) { // writes a number that ends there
		for ; n > 0; n /= 10 {
			end--
			text[end] = byte('0' + n%10)
		}
	}
	year, month, day := d.utc.Date()
	hour, minute, second := d.utc.Clock()
	put(4, year)
	put(7, int(month))
	put(10, day)
	put(13, hour)
	put(16, minute)
	put(19, second)
	put(23, d.utc.Nanosecond()/1e6)
	return string(text)
}

// zone is an offset from UTC.
type zone struct{ hours, minutes float64 }

// format writes one component.
func (m *marker) format(d date, z zone) (string, error) {
	switch {
	case m.isZone():
		return m.formatZone(z)
	case m.component == 'P':
		return m.formatHalfDay(d), nil
	case m.component == 'C' || m.component == 'E':
		return "ISO", nil // the calendar and the era
	case !strings.ContainsRune(numberComponents, m.component):
		return "undefined", nil // JSONata refuses unknown components only when they have no modifier
	case m.named:
		return m.formatName(d)
	}
	n := d.number(m.component)
	if m.component == 'Y' && m.digits != -1 {
		n = math.Mod(n, powerOfTen(m.digits))
	}
	return m.integer.format(n)
}

func powerOfTen(exponent float64) float64 {
	if math.IsNaN(exponent) {
		return exponent
	}
	return math.Pow10(int(exponent))
}

// names gives the names of the component's values, from 1 on.
func (m *marker) names() ([]string, error) {
	switch m.component {
	case 'M', 'x':
		return monthNames, nil
	case 'F':
		return dayNames, nil
	}
	return nil, coded("D3133", string(m.component))
}

func (m *marker) formatName(d date) (string, error) {
	names, err := m.names()
	if err != nil {
		return "", err
	}
	n := d.number(m.component)
	if math.IsNaN(n) && m.letters == titleCase && !m.hasWidth {
		return "undefined", nil // as the original; other cases and widths are JavaScript errors there
	}
	if math.IsNaN(n) {
		return "", uncoded("a time that is out of range, or whose time zone is no number, has no name for [%c]", m.component)
	}
	name := names[int(n)-1]
	switch m.letters {
	case upperCase:
		name = strings.ToUpper(name)
	case lowerCase:
		name = strings.ToLower(name)
	}
	return shorten(name, m.maxWidth), nil
}

// shorten cuts a name to a width; NaN is none.
func shorten(name string, width float64) string {
	if float64(len(name)) > width {
		return name[:max(0, int(width))]
	}
	return name
}

func (m *marker) formatHalfDay(d date) string {
	text := "am"
	if d.number('H') >= 12 {
		text = "pm"
	}
	if m.named && m.letters == upperCase {
		return strings.ToUpper(text)
	}
	return text
}

// formatZone writes the offset from UTC. The numbers of digits in the picture say whether hours stand alone.
func (m *marker) formatZone(z zone) (string, error) {
	offset := z.hours*100 + z.minutes
	if offset == 0 && m.traditional {
		// The picture is still checked.
		if _, err := m.formatOffset(z, offset); err != nil {
			return "", err
		}
		return "Z", nil
	}
	text, err := m.formatOffset(z, offset)
	if err != nil {
		return "", err
	}
	if offset >= 0 {
		text = "+" + text
	}
	if m.component == 'z' {
		text = "GMT" + text
	}
	return text, nil
}

func (m *marker) formatOffset(z zone, offset float64) (string, error) {
	digits := m.integer.mandatory
	switch {
	case m.integer.interval > 0 || digits == 3 || digits == 4:
		return m.integer.format(offset)
	case digits != 1 && digits != 2:
		if math.IsNaN(digits) {
			return "", coded("D3134", nil)
		}
		return "", coded("D3134", digits)
	}
	text, err := m.integer.format(z.hours)
	if err != nil || z.minutes == 0 {
		return text, err
	}
	minutes, err := FormatInteger(z.minutes, "00")
	return text + ":" + minutes, err
}
