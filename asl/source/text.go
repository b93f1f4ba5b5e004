package source

import (
	"sort"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// text is the text of a definition, put together of parts of a file, that knows where each part stands in the file.
type text struct {
	b     strings.Builder
	runs  []run
	empty int // where the text would stand, as long as there is none
}

// run says that from the byte at of the text on, the text is what stands in the file from the byte raw on: character by
// character when it is literal, else as a whole.
type run struct {
	at, raw int
	literal bool
}

func (t *text) add(s string, raw int, literal bool) {
	if s == "" {
		if len(t.runs) == 0 {
			t.empty = raw
		}
		return
	}
	at := t.b.Len()
	t.b.WriteString(s)
	if n := len(t.runs); n > 0 && literal && t.runs[n-1].literal && raw-at == t.runs[n-1].raw-t.runs[n-1].at {
		return
	}
	t.runs = append(t.runs, run{at, raw, literal})
}

// locate gives the place in the file of a byte of the text.
func (t *text) locate(offset int) int {
	i := sort.Search(len(t.runs), func(i int) bool { return t.runs[i].at > offset }) - 1
	if i < 0 {
		if len(t.runs) == 0 {
			return t.empty
		}
		return t.runs[0].raw
	}
	r := t.runs[i]
	if r.literal {
		return r.raw + offset - r.at
	}
	return r.raw
}

// addJSON adds a JSON string's content. raw is the string as the file has it, from the byte start on, quotes included.
func (t *text) addJSON(raw string, start int) {
	raw = strings.TrimSuffix(raw[1:], `"`)
	start++
	from := 0
	for i := 0; i < len(raw); {
		if raw[i] != '\\' || i+1 >= len(raw) {
			i++
			continue
		}
		t.add(raw[from:i], start+from, true)
		decoded, size := unescape(raw[i:])
		t.add(decoded, start+i, false)
		i += size
		from = i
	}
	t.add(raw[from:], start+from, true)
}

// simpleEscapes are the escapes of one character in JSON and in YAML's double quotes.
var simpleEscapes = map[byte]string{
	'"': `"`, '\\': `\`, '/': "/", 'b': "\b", 'f': "\f", 'n': "\n", 'r': "\r", 't': "\t", '0': "\x00", 'a': "\a", 'v': "\v", 'e': "\x1b", ' ': " ", '\t': "\t",
	'N': "\u0085", '_': "\u00a0", 'L': "\u2028", 'P': "\u2029",
}

// unescape reads the escape that raw starts with, and tells how long it is.
func unescape(raw string) (decoded string, size int) {
	if s, ok := simpleEscapes[raw[1]]; ok {
		return s, 2
	}
	digits := map[byte]int{'x': 2, 'u': 4, 'U': 8}[raw[1]]
	code, ok := hexadecimal(raw, 2, digits)
	if digits == 0 || !ok {
		_, n := utf8.DecodeRuneInString(raw[1:])
		return raw[:1+n], 1 + n
	}
	size = 2 + digits
	if utf16.IsSurrogate(code) && strings.HasPrefix(raw[size:], `\u`) {
		if low, ok := hexadecimal(raw, size+2, 4); ok {
			if pair := utf16.DecodeRune(code, low); pair != utf8.RuneError {
				return string(pair), size + 6
			}
		}
	}
	return string(code), size
}

func hexadecimal(raw string, at, digits int) (rune, bool) {
	if at+digits > len(raw) {
		return 0, false
	}
	n, err := strconv.ParseUint(raw[at:at+digits], 16, 32)
	return rune(n), err == nil && n <= unicode.MaxRune
}

// addYAML adds the value of a YAML scalar. raw is the scalar as the file has it, from the byte start on; a tag or an anchor may
// stand before it.
func (t *text) addYAML(raw string, start int, val string) {
	skip := 0
	for skip < len(raw) && (raw[skip] == '!' || raw[skip] == '&') {
		for skip < len(raw) && !strings.ContainsRune(" \t\r\n", rune(raw[skip])) {
			skip++
		}
		for skip < len(raw) && strings.ContainsRune(" \t\r\n", rune(raw[skip])) {
			skip++
		}
	}
	raw, start = raw[skip:], start+skip
	if raw == "" || val == "" {
		t.add(val, start, false)
		return
	}
	switch raw[0] {
	case '|', '>':
		head := strings.IndexByte(raw, '\n') + 1
		if head == 0 {
			t.add(val, start, false)
			return
		}
		if raw[0] == '|' && t.addLines(raw[head:], start+head, val) {
			return
		}
		t.align(raw, head, start, val, 0)
	case '"', '\'':
		t.align(raw, 1, start, val, raw[0])
	default:
		t.align(raw, 0, start, val, 0)
	}
}

// addLines adds a literal block, whose lines are those of the file without their indentation; false when they are not.
func (t *text) addLines(raw string, start int, val string) bool {
	values := strings.SplitAfter(val, "\n")
	places := make([]int, len(values))
	for i, v := range values {
		if v == "" {
			continue
		}
		line, rest, _ := strings.Cut(raw, "\n")
		v = strings.TrimSuffix(v, "\n")
		if !strings.HasSuffix(strings.TrimSuffix(line, "\r"), v) {
			return false
		}
		places[i] = start + len(strings.TrimSuffix(line, "\r")) - len(v)
		start += min(len(line)+1, len(raw))
		raw = rest
	}
	for i, v := range values {
		t.add(v, places[i], true)
	}
	return true
}

// align adds a scalar that YAML folds: the characters are those of the file, whatever white space lies between. quote is the
// quote around it, or 0.
func (t *text) align(raw string, at, start int, val string, quote byte) {
	for i := 0; i < len(val); {
		want, size := utf8.DecodeRuneInString(val[i:])
		have, rawSize := utf8.DecodeRuneInString(raw[min(at, len(raw)):])
		switch {
		case quote == '"' && have == '\\' && at+1 < len(raw):
			if raw[at+1] == '\n' || raw[at+1] == '\r' { // the line goes on
				at = skipSpace(raw, at+1)
				continue
			}
			decoded, n := unescape(raw[at:])
			if !strings.HasPrefix(val[i:], decoded) {
				decoded = val[i : i+size]
			}
			t.add(decoded, start+at, false)
			i, at = i+len(decoded), at+n
		case quote == '\'' && want == '\'' && strings.HasPrefix(raw[min(at, len(raw)):], "''"):
			t.add("'", start+at, false)
			i, at = i+1, at+2
		case have == want && rawSize == size:
			t.add(val[i:i+size], start+at, true)
			i, at = i+size, at+size
		case unicode.IsSpace(want):
			t.add(val[i:i+size], start+at, false)
			i += size
		case rawSize > 0 && unicode.IsSpace(have):
			at = skipSpace(raw, at)
		default: // not what was expected: all the rest stands here
			t.add(val[i:], start+min(at, len(raw)), false)
			return
		}
	}
}

func skipSpace(raw string, at int) int {
	for at < len(raw) {
		c, size := utf8.DecodeRuneInString(raw[at:])
		if !unicode.IsSpace(c) {
			break
		}
		at += size
	}
	return at
}
