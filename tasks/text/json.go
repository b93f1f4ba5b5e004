package text

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// extractJSON writes JSON as people read it: indented, its escapes resolved. Of several values, one a line (NDJSON, JSON
// Lines), each stays a line.
func extractJSON(ctx context.Context, src *source, doc *Document) error {
	body := strings.TrimSpace(strings.TrimPrefix(src.text, "\uFEFF"))
	if json.Valid([]byte(body)) {
		pretty, ok := prettyJSON(body, src.limits.TextBytes)
		if !ok {
			// So deep that indents would be most of it.
			pretty = body
		}
		doc.Pages = []Page{compose(1, "", []block{{kind: BlockCode, text: pretty}})}
		return contextError(ctx)
	}
	var out strings.Builder
	bad := 0
	for line := range strings.SplitSeq(normalise(body), "\n") {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if out.Len() > 0 {
			out.WriteByte('\n')
		}
		if !json.Valid([]byte(line)) {
			bad++
		}
		out.WriteString(readableEscapes(line))
	}
	if bad > 0 {
		doc.warn(0, WarnMalformedRow, strconv.Itoa(bad)+" lines are no valid JSON and were read as they stand")
	}
	doc.Pages = []Page{compose(1, "", []block{{kind: BlockCode, text: out.String()}})}
	return contextError(ctx)
}

// isJSON says whether a text is JSON, or lines of JSON.
func isJSON(text string) bool {
	text = strings.TrimSpace(strings.TrimPrefix(text, "\uFEFF"))
	if text == "" || text[0] != '{' && text[0] != '[' {
		return false
	}
	if json.Valid([]byte(text)) {
		return true
	}
	first, rest, more := strings.Cut(text, "\n")
	second, _, _ := strings.Cut(strings.TrimSpace(rest), "\n")
	return more && json.Valid([]byte(strings.TrimSpace(first))) && json.Valid([]byte(strings.TrimSpace(second)))
}

// prettyJSON indents valid JSON by two blanks. Lists and objects of a few plain values stay on their line. It gives up
// when the result passes limit.
func prettyJSON(s string, limit int64) (string, bool) {
	const deepest = 200
	var out strings.Builder
	depth := 0
	newLine := func() {
		out.WriteByte('\n')
		for range depth {
			out.WriteString("  ")
		}
	}
	for at := 0; at < len(s); {
		if int64(out.Len()) > limit || depth > deepest {
			return "", false
		}
		switch c := s[at]; c {
		case ' ', '\t', '\r', '\n':
			at++
		case '{', '[':
			if short, end := shortJSON(s[at:]); end > 0 {
				out.WriteString(short)
				at += end
				continue
			}
			out.WriteByte(c)
			at++
			depth++
			newLine()
		case '}', ']':
			depth--
			newLine()
			out.WriteByte(c)
			at++
		case ',':
			out.WriteByte(c)
			at++
			newLine()
		case ':':
			out.WriteString(": ")
			at++
		default:
			end := jsonScalar(s[at:])
			out.WriteString(readableEscapes(s[at : at+end]))
			at += end
		}
	}
	return out.String(), true
}

// jsonScalar returns the length of the string, number or word that s begins with.
func jsonScalar(s string) int {
	if s[0] != '"' {
		if end := strings.IndexAny(s, ",:]} \t\r\n"); end > 0 {
			return end
		}
		return len(s)
	}
	for at := 1; at < len(s); at++ {
		switch s[at] {
		case '\\':
			at++
		case '"':
			return at + 1
		}
	}
	return len(s)
}

// shortJSON writes a list or object that fits on a line and holds no other; end is 0 when it does not.
func shortJSON(s string) (short string, end int) {
	const longest = 72
	var out strings.Builder
	out.WriteByte(s[0])
	for at := 1; at < len(s) && at < 4*longest && out.Len() < longest; {
		switch c := s[at]; c {
		case ' ', '\t', '\r', '\n':
			at++
		case '{', '[':
			return "", 0
		case '}', ']':
			out.WriteByte(c)
			return out.String(), at + 1
		case ',', ':':
			out.WriteByte(c)
			out.WriteByte(' ')
			at++
		default:
			size := jsonScalar(s[at:])
			out.WriteString(readableEscapes(s[at : at+size]))
			at += size
		}
	}
	return "", 0
}

// readableEscapes resolves the escapes of characters that JSON does not need to escape.
func readableEscapes(s string) string {
	if !strings.Contains(s, `\u`) && !strings.Contains(s, `\/`) {
		return s
	}
	var out strings.Builder
	for at := 0; at < len(s); at++ {
		if s[at] != '\\' || at+1 >= len(s) {
			out.WriteByte(s[at])
			continue
		}
		switch s[at+1] {
		case '/':
			out.WriteByte('/')
			at++
		case 'u':
			r, size := unicodeEscape(s[at:])
			if size == 0 || r < ' ' || r == '"' || r == '\\' || r == utf8.RuneError || r == 0x7F {
				out.WriteString(s[at : at+2])
				at++
				continue
			}
			out.WriteRune(r)
			at += size - 1
		default:
			out.WriteString(s[at : at+2])
			at++
		}
	}
	return out.String()
}

// unicodeEscape reads \uXXXX, or a pair of them, at the start of s.
func unicodeEscape(s string) (r rune, size int) {
	unit := func(s string) rune {
		if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
			return -1
		}
		n, err := strconv.ParseUint(s[2:6], 16, 32)
		if err != nil {
			return -1
		}
		return rune(n)
	}
	first := unit(s)
	switch {
	case first < 0:
		return 0, 0
	case utf16.IsSurrogate(first):
		pair := utf16.DecodeRune(first, unit(s[6:]))
		return pair, 12
	}
	return first, 6
}
