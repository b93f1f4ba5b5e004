package text

import (
	"math"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// numberFormat is a number format of a spreadsheet (ISO/IEC 29500-1, 18.8.31): up to four sections for positive and
// negative numbers, zero and text.
type numberFormat struct {
	sections []formatSection
	general  bool
}

// formatSection is one section, cut into tokens.
type formatSection struct {
	tokens []formatToken
	// condition is "", or "<", ">=" …, which bound belongs to.
	condition string
	bound     float64

	date, general, text, percent, exponent, fraction, thousands, clock12 bool
	// scale counts commas after the last digit, integers and decimals the digits before and after the point, seconds
	// the digits of a second's fraction.
	scale, percents, integers, decimals, seconds int
}

type formatToken struct {
	// kind is '"' for literal text; '0', '#' and '?' for a digit; '.' the point; 'E' an exponent; '/' a fraction; 'G'
	// for General; a letter of a date's part; '[' for elapsed time.
	kind byte
	text string
}

// builtinFormats are the formats without an entry in styles.xml. What the reader's locale decides (14 and 22) is ISO 8601.
var builtinFormats = map[int]string{
	0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 5: `"$"#,##0;-"$"#,##0`, 6: `"$"#,##0;-"$"#,##0`,
	7: `"$"#,##0.00;-"$"#,##0.00`, 8: `"$"#,##0.00;-"$"#,##0.00`, 9: "0%", 10: "0.00%", 11: "0.00E+00", 12: "# ?/?",
	13: "# ??/??", 14: "yyyy-mm-dd", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM", 19: "h:mm:ss AM/PM",
	20: "h:mm", 21: "h:mm:ss", 22: "yyyy-mm-dd h:mm", 27: "ge.m.d", 28: `ggge"年"m"月"d"日"`, 29: `ggge"年"m"月"d"日"`,
	30: "m/d/yy", 31: `yyyy"年"m"月"d"日"`, 32: `h"時"mm"分"`, 33: `h"時"mm"分"ss"秒"`, 34: `yyyy"年"m"月"`, 35: `m"月"d"日"`,
	36: "ge.m.d", 37: "#,##0;(#,##0)", 38: "#,##0;(#,##0)", 39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;(#,##0.00)",
	41: "#,##0;(#,##0);-", 42: `"$"#,##0;"$"(#,##0);"$"-`, 43: "#,##0.00;(#,##0.00);-", 44: `"$"#,##0.00;"$"(#,##0.00);"$"-`,
	45: "mm:ss", 46: "[h]:mm:ss", 47: "mm:ss.0", 48: "##0.0E+0", 49: "@", 50: "ge.m.d", 51: `ggge"年"m"月"d"日"`,
	52: `yyyy"年"m"月"`, 53: `m"月"d"日"`, 54: `ggge"年"m"月"d"日"`, 55: `yyyy"年"m"月"`, 56: `m"月"d"日"`, 57: "ge.m.d",
	58: `ggge"年"m"月"d"日"`,
}

// parseNumberFormat reads a format code. Any text is some format.
func parseNumberFormat(code string) *numberFormat {
	if code == "" || strings.EqualFold(code, "General") {
		return &numberFormat{general: true}
	}
	const longest = 1000
	if len(code) > longest {
		return &numberFormat{general: true}
	}
	f := &numberFormat{}
	s := formatSection{}
	for len(code) > 0 {
		size := s.next(code)
		if size == 0 {
			s.finish()
			f.sections = append(f.sections, s)
			s, size = formatSection{}, 1
		}
		code = code[size:]
	}
	s.finish()
	f.sections = append(f.sections, s)
	return f
}

func (s *formatSection) add(kind byte, text string) {
	s.tokens = append(s.tokens, formatToken{kind, text})
}

// next takes one token off the front of code and returns its length, 0 at the end of the section.
func (s *formatSection) next(code string) int {
	lower := strings.ToLower(code[:min(len(code), 7)])
	switch c := code[0]; {
	case c == ';':
		return 0
	case c == '"':
		end := strings.IndexByte(code[1:], '"')
		if end < 0 {
			end = len(code) - 2
		}
		s.add('"', code[1:1+max(end, 0)])
		return min(end+2, len(code))
	case c == '\\', c == '!':
		_, size := utf8.DecodeRuneInString(code[1:])
		s.add('"', code[1:1+size])
		return 1 + size
	case c == '_', c == '*':
		_, size := utf8.DecodeRuneInString(code[1:])
		if c == '_' {
			s.add('"', " ")
		}
		return 1 + size
	case c == '[':
		return s.bracket(code)
	case lower == "general":
		s.general = true
		s.add('G', "")
		return 7
	case strings.HasPrefix(lower, "am/pm"):
		s.date, s.clock12 = true, true
		s.add('A', "AM/PM")
		return 5
	case strings.HasPrefix(lower, "a/p"):
		s.date, s.clock12 = true, true
		s.add('A', "A/P")
		return 3
	case strings.HasPrefix(lower, "e+"), strings.HasPrefix(lower, "e-"):
		s.exponent = true
		size := 2
		for size < len(code) && (code[size] == '0' || code[size] == '#' || code[size] == '?') {
			size++
		}
		s.add('E', code[:size])
		return size
	case strings.IndexByte("ymdhsgeab", lower[0]) >= 0:
		size := 1
		for size < len(lower) && lower[size] == lower[0] {
			size++
		}
		s.date = true
		s.add(lower[0], lower[:size])
		return size
	case c == '0' || c == '#' || c == '?':
		s.add(c, code[:1])
		return 1
	case c == '.' || c == ',' || c == '/' || c == '@' || c == '%':
		s.add(c, code[:1])
		return 1
	}
	_, size := utf8.DecodeRuneInString(code)
	s.add('"', code[:size])
	return size
}

// bracket reads [Red], [>=100], [$€-407], [h].
func (s *formatSection) bracket(code string) int {
	end := strings.IndexByte(code, ']')
	if end < 0 {
		s.add('"', "[")
		return 1
	}
	content := code[1:end]
	lower := strings.ToLower(content)
	switch {
	case content == "":
	case content[0] == '$':
		sign, _, _ := strings.Cut(content[1:], "-")
		s.add('"', sign)
	case strings.Trim(lower, "h") == "", strings.Trim(lower, "m") == "", strings.Trim(lower, "s") == "":
		s.date = true
		s.add('[', lower)
	case strings.ContainsRune("<>=", rune(content[0])):
		number := strings.TrimLeft(content, "<>=")
		if bound, err := strconv.ParseFloat(strings.TrimSpace(number), 64); err == nil {
			s.condition, s.bound = content[:len(content)-len(number)], bound
		}
	}
	return end + 1
}

// finish settles what a token means by what stands around it.
func (s *formatSection) finish() {
	if s.date {
		s.finishDate()
		return
	}
	last, point := -1, false
	for i, token := range s.tokens {
		switch token.kind {
		case '0', '#', '?':
			last = i
			if point {
				s.decimals++
			} else {
				s.integers++
			}
		case '.':
			point = true
		case '%':
			s.percent = true
			s.percents++
		case '/':
			s.fraction = last >= 0
		case '@':
			s.text = true
		}
	}
	first := -1
	for i, token := range s.tokens {
		isDigit := token.kind == '0' || token.kind == '#' || token.kind == '?'
		if isDigit && first < 0 {
			first = i
		}
		if token.kind == ',' {
			switch {
			case first < 0:
				s.tokens[i] = formatToken{'"', ","}
			case i > last:
				s.scale++
			default:
				s.thousands = true
			}
		}
	}
}

// finishDate tells months from minutes and finds the fraction of a second.
func (s *formatSection) finishDate() {
	last := byte(0)
	for i, token := range s.tokens {
		switch token.kind {
		case 'h', '[':
			last = 'h'
		case 's':
			// Minutes stand before seconds.
			if last == 'm' {
				for j := i - 1; j >= 0; j-- {
					if s.tokens[j].kind == 'm' {
						s.tokens[j].kind = 'M'
						break
					}
				}
			}
			last = 's'
		case 'm':
			if last == 'h' && len(token.text) <= 2 {
				s.tokens[i].kind = 'M'
				last = 0
			} else {
				last = 'm'
			}
		case '0':
			if i > 0 && (s.tokens[i-1].kind == '.' || s.tokens[i-1].kind == '0') {
				s.seconds++
			}
		case 'y', 'd', 'A':
			last = 0
		}
	}
}

// format writes a number. Dates count days from 1899-12-30, or from 1904-01-01.
func (f *numberFormat) format(value float64, from1904 bool) string {
	if f.general || math.IsNaN(value) || math.IsInf(value, 0) {
		return generalNumber(value)
	}
	section, minus := f.section(value)
	if section == nil {
		return generalNumber(value)
	}
	if section.date {
		return section.formatDate(value, from1904)
	}
	return section.formatNumber(value, minus)
}

// section returns the section for a value, and whether a minus sign must be written.
func (f *numberFormat) section(value float64) (section *formatSection, minus bool) {
	sections := f.sections
	if len(sections) == 4 {
		sections = sections[:3]
	}
	for i := range sections {
		if sections[i].condition != "" {
			return conditional(sections, value)
		}
	}
	switch {
	case len(sections) >= 3 && value == 0:
		return &sections[2], false
	case len(sections) >= 2 && value < 0:
		return &sections[1], false
	}
	return &sections[0], value < 0
}

// conditional picks a section by the conditions in brackets. A first section without one is for positive numbers, a
// second for negative ones, the last for what is left.
func conditional(sections []formatSection, value float64) (*formatSection, bool) {
	for i := range sections {
		s := &sections[i]
		switch {
		case s.condition != "" && holds(value, s.condition, s.bound),
			s.condition == "" && i == len(sections)-1,
			s.condition == "" && i == 0 && value > 0,
			s.condition == "" && i == 1 && value < 0:
			return s, value < 0
		}
	}
	return &sections[len(sections)-1], value < 0
}

func holds(value float64, condition string, bound float64) bool {
	switch condition {
	case "<":
		return value < bound
	case "<=":
		return value <= bound
	case ">":
		return value > bound
	case ">=":
		return value >= bound
	case "<>":
		return value != bound
	}
	return value == bound
}

// generalNumber writes a number as a cell without a format shows it: at most ten decimals.
func generalNumber(value float64) string {
	switch size := math.Abs(value); {
	case value == 0:
		return "0"
	case value == math.Trunc(value) && size < 1e15:
		return strconv.FormatInt(int64(value), 10)
	case size >= 1e15 || size < 1e-9:
		text := strconv.FormatFloat(value, 'E', -1, 64)
		if mantissa, _, _ := strings.Cut(text, "E"); len(mantissa) > 16 {
			mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(value, 'E', 14, 64), "E")
			text = strings.TrimRight(strings.TrimRight(mantissa, "0"), ".") + "E" + exponent
		}
		return text
	}
	text := strconv.FormatFloat(value, 'f', 10, 64)
	if digits := strings.IndexByte(text, '.'); digits > 5 {
		// Fifteen digits are all that a spreadsheet keeps.
		text = strconv.FormatFloat(value, 'f', max(15-digits, 0), 64)
	}
	if strings.Contains(text, ".") {
		text = strings.TrimRight(strings.TrimRight(text, "0"), ".")
	}
	return text
}

func (s *formatSection) formatNumber(value float64, minus bool) string {
	value = math.Abs(value)
	for range s.percents {
		value *= 100
	}
	for range s.scale {
		value /= 1000
	}
	var out strings.Builder
	if s.integers+s.decimals == 0 {
		s.writeLiterals(&out, value)
		if minus {
			return "-" + out.String()
		}
		return out.String()
	}
	whole, decimals, exponent := "", "", 0
	switch {
	case s.fraction:
		if minus {
			return "-" + s.formatFraction(value)
		}
		return s.formatFraction(value)
	case s.exponent:
		text := strconv.FormatFloat(value, 'E', s.decimals, 64)
		mantissa, power, _ := strings.Cut(text, "E")
		exponent, _ = strconv.Atoi(power)
		whole, decimals, _ = strings.Cut(mantissa, ".")
	default:
		text := strconv.FormatFloat(decimalRound(value, s.decimals), 'f', s.decimals, 64)
		whole, decimals, _ = strings.Cut(text, ".")
	}
	if minus && strings.Trim(whole+decimals, "0") != "" {
		out.WriteByte('-')
	}
	s.writeDigits(&out, strings.TrimLeft(whole, "0"), decimals, exponent)
	return out.String()
}

// decimalRound rounds as people do, on the decimal digits that a spreadsheet keeps: 1.005 to two places is 1.01.
func decimalRound(value float64, decimals int) float64 {
	if value > 1e14 || decimals > 12 {
		return value
	}
	precise, err := strconv.ParseFloat(strconv.FormatFloat(value, 'g', 15, 64), 64)
	if err != nil {
		return value
	}
	power := math.Pow10(decimals)
	if scaled := precise * power; scaled < 1e15 {
		if up := math.Floor(scaled + 0.5 + 1e-9*math.Min(scaled, 1)); up-scaled <= 0.5+1e-6 {
			return up / power
		}
	}
	return precise
}

// writeLiterals writes a section without digits.
func (s *formatSection) writeLiterals(out *strings.Builder, value float64) {
	for _, token := range s.tokens {
		switch token.kind {
		case '"', '.', ',', '/', '%':
			out.WriteString(token.text)
		case 'G', '@':
			out.WriteString(generalNumber(value))
		}
	}
}

// writeDigits puts the digits into their places; those further left than there are places stand at the first.
func (s *formatSection) writeDigits(out *strings.Builder, whole, decimals string, exponent int) {
	least, mandatory, point, place := 0, 0, false, 0
	for _, token := range s.tokens {
		switch token.kind {
		case '.':
			point, place = true, 0
		case '0', '#', '?':
			place++
			if !point && (token.kind == '0' || least > 0) {
				least++
			}
			if point && token.kind == '0' {
				mandatory = place
			}
		}
	}
	whole = strings.Repeat("0", max(least-len(whole), 0)) + whole
	for len(decimals) > mandatory && strings.HasSuffix(decimals, "0") {
		decimals = decimals[:len(decimals)-1]
	}
	digit := func() {
		out.WriteByte(whole[0])
		if whole = whole[1:]; s.thousands && whole != "" && len(whole)%3 == 0 {
			out.WriteByte(',')
		}
	}
	places := s.integers
	point, place = false, 0
	for _, token := range s.tokens {
		switch token.kind {
		case '"', '/', '%':
			out.WriteString(token.text)
		case '.':
			for places = 0; whole != ""; {
				digit()
			}
			if point = true; decimals != "" {
				out.WriteByte('.')
			}
		case '0', '#', '?':
			if point {
				if place < len(decimals) {
					out.WriteByte(decimals[place])
				}
				place++
				continue
			}
			for first := places == s.integers; len(whole) >= places && whole != ""; {
				digit()
				if !first || len(whole) < places {
					break
				}
			}
			places--
		case 'E':
			sign := ""
			if exponent < 0 {
				sign = "-"
			} else if token.text[1] == '+' {
				sign = "+"
			}
			digits := strconv.Itoa(max(exponent, -exponent))
			out.WriteString("E" + sign + strings.Repeat("0", max(len(token.text)-2-len(digits), 0)) + digits)
		}
	}
}

// formatFraction writes a mixed number with the denominator that the format names, or the nearest one with as many
// digits as it has places for.
func (s *formatSection) formatFraction(value float64) string {
	slash, mixed, places, fixed := -1, false, 0, 0
	for i, token := range s.tokens {
		switch {
		case token.kind == '/' && slash < 0:
			slash = i
		case slash >= 0 && (token.kind == '?' || token.kind == '#' || token.kind == '0'):
			places++
		case slash >= 0 && token.kind == '"' && len(token.text) == 1 && token.text[0] >= '0' && token.text[0] <= '9':
			fixed = min(fixed*10+int(token.text[0]-'0'), 100_000)
		case slash < 0 && token.kind == '"' && strings.TrimSpace(token.text) == "" && i > 0:
			mixed = true
		}
	}
	whole := 0.0
	if mixed {
		whole = math.Floor(value)
	}
	rest := value - whole
	if value > 1e9 {
		return generalNumber(value)
	}
	numerator, denominator := math.Round(rest), 1
	if fixed > 0 {
		numerator, denominator = math.Round(rest*float64(fixed)), fixed
	} else {
		best := math.Abs(rest - numerator)
		for d := 2; d < int(math.Pow10(min(places, 3))); d++ {
			n := math.Round(rest * float64(d))
			if off := math.Abs(rest - n/float64(d)); off < best-1e-12 {
				best, numerator, denominator = off, n, d
			}
		}
	}
	if mixed && numerator == float64(denominator) {
		whole, numerator = whole+1, 0
	}
	fraction := generalNumber(numerator) + "/" + strconv.Itoa(denominator)
	switch {
	case mixed && numerator == 0:
		return generalNumber(whole)
	case mixed && whole > 0:
		return generalNumber(whole) + " " + fraction
	}
	return fraction
}

var (
	monthNames = [...]string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
	kanjiDays  = [...]string{"日", "月", "火", "水", "木", "金", "土"}
)

// japaneseEras, latest first, with their first day.
var japaneseEras = []struct {
	letter, kanji, name string
	first               time.Time
}{
	{"R", "令", "令和", time.Date(2019, 5, 1, 0, 0, 0, 0, time.UTC)},
	{"H", "平", "平成", time.Date(1989, 1, 8, 0, 0, 0, 0, time.UTC)},
	{"S", "昭", "昭和", time.Date(1926, 12, 25, 0, 0, 0, 0, time.UTC)},
	{"T", "大", "大正", time.Date(1912, 7, 30, 0, 0, 0, 0, time.UTC)},
	{"M", "明", "明治", time.Date(1868, 1, 25, 0, 0, 0, 0, time.UTC)},
}

// spreadsheetEpoch is day 0 of spreadsheets.
var spreadsheetEpoch = time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC)

// spreadsheetTime returns the time of a day number, rounded to a unit of a second.
func spreadsheetTime(value float64, from1904 bool, seconds int) (time.Time, bool) {
	const lastDay = 2_958_466
	if value < 0 || value >= lastDay {
		return time.Time{}, false
	}
	epoch := spreadsheetEpoch
	switch {
	case from1904:
		epoch = time.Date(1904, 1, 1, 0, 0, 0, 0, time.UTC)
	case value < 60:
		// The first spreadsheet took 1900 for a leap year.
		epoch = epoch.AddDate(0, 0, 1)
	}
	unit := time.Second
	for range min(seconds, 3) {
		unit /= 10
	}
	day := math.Floor(value)
	clock := time.Duration(math.Round((value-day)*float64(24*time.Hour)/float64(unit))) * unit
	return epoch.AddDate(0, 0, int(day)).Add(clock), true
}

func (s *formatSection) formatDate(value float64, from1904 bool) string {
	at, ok := spreadsheetTime(value, from1904, s.seconds)
	if !ok {
		return generalNumber(value)
	}
	var out strings.Builder
	fraction := false
	for _, token := range s.tokens {
		n := len(token.text)
		padded := func(v int) {
			if n > 1 && v < 10 {
				out.WriteByte('0')
			}
			out.WriteString(strconv.Itoa(v))
		}
		switch token.kind {
		case 'y', 'e', 'g', 'b':
			s.writeYear(&out, token, at)
		case 'm':
			switch name := monthNames[at.Month()-1]; {
			case n < 3:
				padded(int(at.Month()))
			case n == 3:
				out.WriteString(name[:3])
			case n == 5:
				out.WriteString(name[:1])
			default:
				out.WriteString(name)
			}
		case 'd':
			switch {
			case n < 3:
				padded(at.Day())
			case n == 3:
				out.WriteString(at.Weekday().String()[:3])
			default:
				out.WriteString(at.Weekday().String())
			}
		case 'a':
			out.WriteString(kanjiDays[at.Weekday()])
			if n > 3 {
				out.WriteString("曜日")
			}
		case 'h':
			hour := at.Hour()
			if s.clock12 {
				hour = (hour+11)%12 + 1
			}
			padded(hour)
		case 'M':
			padded(at.Minute())
		case 's':
			padded(at.Second())
		case '[':
			seconds := math.Round(value * 86400)
			switch token.text[0] {
			case 'h':
				padded(int(seconds / 3600))
			case 'm':
				padded(int(seconds / 60))
			default:
				padded(int(seconds))
			}
		case 'A':
			half := "AM"
			if at.Hour() >= 12 {
				half = "PM"
			}
			if token.text == "A/P" {
				half = half[:1]
			}
			out.WriteString(half)
		case '0':
			if !fraction {
				fraction = true
				digits := strconv.Itoa(1000 + at.Nanosecond()/1e6)[1:]
				out.WriteString(digits[:min(s.seconds, 3)])
			}
		case '"', '/', ',', '%', '.':
			out.WriteString(token.text)
		}
	}
	return out.String()
}

// writeYear writes a year of our era, of the Japanese one (g, e) or of the Buddhist one (b).
func (s *formatSection) writeYear(out *strings.Builder, token formatToken, at time.Time) {
	n := len(token.text)
	switch token.kind {
	case 'y':
		if n < 3 {
			out.WriteString(strconv.Itoa(100 + at.Year()%100)[1:])
			return
		}
		out.WriteString(strconv.Itoa(at.Year()))
	case 'b':
		out.WriteString(strconv.Itoa(at.Year() + 543))
	default:
		for _, era := range japaneseEras {
			if at.Before(era.first) {
				continue
			}
			switch {
			case token.kind == 'g' && n == 1:
				out.WriteString(era.letter)
			case token.kind == 'g' && n == 2:
				out.WriteString(era.kanji)
			case token.kind == 'g':
				out.WriteString(era.name)
			default:
				year := at.Year() - era.first.Year() + 1
				if n > 1 && year < 10 {
					out.WriteByte('0')
				}
				out.WriteString(strconv.Itoa(year))
			}
			return
		}
		if token.kind == 'e' {
			out.WriteString(strconv.Itoa(at.Year()))
		}
	}
}
