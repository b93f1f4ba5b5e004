package asl

import (
	"math"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/asl/value"
)

// isWordStart tells whether text starts with a letter or an underscore.
func isWordStart(text string) bool {
	c, _ := utf8.DecodeRuneInString(text)
	return c == '_' || c != utf8.RuneError && unicode.IsLetter(c)
}

// letters reads a word of letters, digits and what names outside quotes may hold.
func (r *jsonReader) letters() string {
	start := r.pos
	for r.pos < len(r.text) {
		c, size := utf8.DecodeRuneInString(r.text[r.pos:])
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) && !strings.ContainsRune("_$.-", c) || c == utf8.RuneError && size == 1 {
			break
		}
		r.pos += size
	}
	return r.text[start:r.pos]
}

// word reads true, false, null, or a word that is no JSON.
func (r *jsonReader) word() *Node {
	start := r.pos
	word := r.letters()
	var v value.Value
	switch strings.ToLower(word) {
	case "true":
		v = value.Bool(true)
	case "false":
		v = value.Bool(false)
	case "null":
		v = value.Null{}
	default:
		r.problem(BrokenSyntax, start, r.pos, "the word %s where a value should be; a string needs double quotes", word)
		n := r.scalar(value.String(word), start)
		n.broken = true
		return n
	}
	if lower := strings.ToLower(word); word != lower {
		r.problem(BrokenSyntax, start, r.pos, "%s is written %s in JSON", word, lower)
	}
	return r.scalar(v, start)
}

// hole reads an unquoted CloudFormation substitution, which stands for a number.
func (r *jsonReader) hole() *Node {
	start := r.pos
	const longestName = 255 // of a logical id or a parameter in CloudFormation; bounds the search
	end := strings.IndexAny(r.text[r.pos:min(len(r.text), r.pos+longestName+3)], "}\r\n\"")
	if end < 0 || r.text[r.pos+end] != '}' || end == len("${") || !utf8.ValidString(r.text[r.pos:r.pos+end]) {
		n := r.missing(`"${" where a value should be; a substitution is written ${Name}`)
		r.pos += len("$")
		r.skipJunk()
		n.Span = r.index.span(start, r.pos)
		return n
	}
	r.pos += end + 1
	return r.scalar(value.Number(r.text[start:r.pos]), start)
}

// number reads a number, or what looks like one.
func (r *jsonReader) number() *Node {
	start := r.pos
	for r.pos < len(r.text) {
		if c := r.text[r.pos]; c >= utf8.RuneSelf || !isNumberByte(c) {
			break
		}
		r.pos++
	}
	text := r.text[start:r.pos]
	if isJSONNumber(text) {
		return r.scalar(value.Number(text), start)
	}
	if f, err := strconv.ParseFloat(text, 64); err == nil && !math.IsInf(f, 0) && !math.IsNaN(f) {
		right := value.Float(f)
		r.problem(BrokenSyntax, start, r.pos, "the number %s is written %s in JSON", text, string(right))
		return r.scalar(right, start)
	}
	r.problem(BrokenSyntax, start, r.pos, "%s is no number; JSON has numbers such as 12, -0.5 and 1e3", text)
	n := r.scalar(value.String(text), start)
	n.broken = true
	return n
}

func isNumberByte(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || c == '+' || c == '-' || c == '.' || c == '_'
}

// isJSONNumber tells whether text is a number as RFC 8259 writes it.
func isJSONNumber(text string) bool {
	text = strings.TrimPrefix(text, "-")
	digits := func() bool {
		n := 0
		for n < len(text) && '0' <= text[n] && text[n] <= '9' {
			n++
		}
		text = text[n:]
		return n > 0
	}
	if strings.HasPrefix(text, "0") {
		text = text[1:]
	} else if !digits() {
		return false
	}
	if strings.HasPrefix(text, ".") {
		text = text[1:]
		if !digits() {
			return false
		}
	}
	if text != "" && (text[0] == 'e' || text[0] == 'E') {
		text = text[1:]
		if text != "" && (text[0] == '+' || text[0] == '-') {
			text = text[1:]
		}
		if !digits() {
			return false
		}
	}
	return text == ""
}

// str reads a string in double or single quotes. A string ends with its line at the latest.
func (r *jsonReader) str() string {
	quote := r.text[r.pos]
	start := r.pos
	r.pos++
	if quote == '\'' {
		r.problem(BrokenSyntax, start, start+1, "a single quote; JSON has strings in double quotes")
	}
	from := r.pos // what stands between from and pos is taken as it is
	var buf []byte
	for r.pos < len(r.text) {
		switch c := r.text[r.pos]; {
		case c == quote:
			buf = append(buf, r.text[from:r.pos]...)
			r.pos++
			return string(buf)
		case c == '\\':
			buf = r.escape(append(buf, r.text[from:r.pos]...))
			from = r.pos
		case c == '\n' || c == '\r':
			return string(append(buf, r.unterminated(start, from)...))
		case c < ' ':
			r.problem(BrokenSyntax, r.pos, r.pos+1, `a control character (0x%02x) in a string; JSON writes it \u%04x`, c, c)
			r.pos++
		case c < utf8.RuneSelf:
			r.pos++
		default:
			char, size := utf8.DecodeRuneInString(r.text[r.pos:])
			if char == utf8.RuneError && size == 1 {
				r.problem(BrokenSyntax, r.pos, r.pos+1, "%s in a string", r.found())
				buf = append(append(buf, r.text[from:r.pos]...), "\ufffd"...)
				from = r.pos + 1
			}
			r.pos += size
		}
	}
	return string(append(buf, r.unterminated(start, from)...))
}

// unterminated ends a string that has no closing quote before the end of its line. What a line ends with for its own sake,
// a comma or a closing brace, is given back.
func (r *jsonReader) unterminated(start, from int) string {
	r.problem(BrokenSyntax, start, r.pos, "the string has no closing quote on its line")
	text := strings.TrimRight(r.text[from:r.pos], " \t")
	text = strings.TrimSuffix(text, ",")
	r.pos = from + len(text)
	return text
}

// escape reads the escape at the current place and appends what it stands for.
func (r *jsonReader) escape(buf []byte) []byte {
	if r.pos+1 >= len(r.text) {
		r.pos++
		return buf
	}
	c := r.text[r.pos+1]
	switch c {
	case '"', '\\', '/':
		buf = append(buf, c)
	case 'b':
		buf = append(buf, '\b')
	case 'f':
		buf = append(buf, '\f')
	case 'n':
		buf = append(buf, '\n')
	case 'r':
		buf = append(buf, '\r')
	case 't':
		buf = append(buf, '\t')
	case 'u':
		return r.unicodeEscape(buf)
	case '\r', '\n':
		r.pos++ // the string has no end on this line: str says so
		return buf
	default:
		char, size := utf8.DecodeRuneInString(r.text[r.pos+1:])
		r.problem(BrokenSyntax, r.pos, r.pos+1+size, `the escape \%c; JSON knows \" \\ \/ \b \f \n \r \t and \uXXXX`, char)
		r.pos += 1 + size
		return utf8.AppendRune(buf, char)
	}
	r.pos += 2
	return buf
}

// unicodeEscape reads \uXXXX, or two of them for a character beyond U+FFFF. Half a pair becomes U+FFFD.
func (r *jsonReader) unicodeEscape(buf []byte) []byte {
	char, ok := fourHexDigits(r.text, r.pos+2)
	if !ok {
		r.problem(BrokenSyntax, r.pos, r.pos+2, `\u without four hexadecimal digits`)
		r.pos += 2
		return buf
	}
	r.pos += 6
	if utf16.IsSurrogate(char) {
		pair := rune(utf8.RuneError)
		if strings.HasPrefix(r.text[r.pos:], `\u`) {
			if low, ok := fourHexDigits(r.text, r.pos+2); ok {
				pair = utf16.DecodeRune(char, low)
			}
		}
		if pair != utf8.RuneError {
			r.pos += 6
		}
		char = pair
	}
	return utf8.AppendRune(buf, char)
}

// fourHexDigits reads the four hexadecimal digits at an offset.
func fourHexDigits(text string, at int) (rune, bool) {
	if at+4 > len(text) {
		return 0, false
	}
	n, err := strconv.ParseUint(text[at:at+4], 16, 16)
	return rune(n), err == nil
}
