package assist

import (
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

// cursor is a place in a text that is being typed, with what is there of the word.
type cursor struct {
	view   *View     // of the text, in which a mark stands for the word
	node   *asl.Node // the value that the word is, or whose name it is
	isName bool
	before string // what of the word stands before the cursor, without quotes
	token  token
}

// token is the string or bare word that a cursor is in.
type token struct {
	start, end int  // in the text, with quotes
	quote      byte // a double or single quote; 0 for a bare word
	closed     bool // the closing quote is there
}

// inside is where the text within the quotes starts and ends.
func (t token) inside() (start, end int) {
	start, end = t.start, t.end
	if t.quote != 0 {
		start++
		if t.closed {
			end--
		}
	}
	return start, end
}

// mark returns a word that the text does not have.
func mark(text string) string {
	word := "docflowCursor"
	for strings.Contains(text, word) {
		word += "X"
	}
	return word
}

// cursors gives the ways to read the place at an offset, the likeliest first.
func (v *View) cursors(offset int) []*cursor {
	if len(v.doc.Text) > asl.MaxTextSize || offset < 0 || offset > len(v.doc.Text) {
		return nil
	}
	if v.doc.Format == asl.FormatYAML {
		return v.yamlCursors(offset)
	}
	t := jsonToken(v.doc.Text, offset)
	word := mark(v.doc.Text)
	return v.reread(offset, t, word, `"`+word+`"`)
}

// reread parses the text with other text in the place of a token, and finds the mark that is in it.
func (v *View) reread(offset int, t token, word, replacement string) []*cursor {
	whole := v.doc.Text[:t.start] + replacement + v.doc.Text[t.end:]
	parse := asl.ParseJSON
	if v.doc.Format == asl.FormatYAML {
		parse = asl.ParseYAML
	}
	view := newView(parse(v.doc.Filename, []byte(whole)))
	from, _ := t.inside()
	c := &cursor{view: view, token: t, before: v.doc.Text[min(from, offset):offset]}
	if c.node, c.isName = findMark(view.doc.Root, word); c.node == nil {
		return nil
	}
	return []*cursor{c}
}

// findMark finds the string or the name that is the mark.
func findMark(n *asl.Node, word string) (node *asl.Node, isName bool) {
	if n == nil {
		return nil, false
	}
	if n.Value == value.Value(value.String(word)) {
		return n, false
	}
	for _, m := range n.Members {
		if m.Name == word {
			return m.Value, true
		}
		if found, isName := findMark(m.Value, word); found != nil {
			return found, isName
		}
	}
	for _, item := range n.Items {
		if found, isName := findMark(item, word); found != nil {
			return found, isName
		}
	}
	return nil, false
}

// jsonToken finds the string or bare word at an offset. Strings end on the line that they start on, so that the line is enough.
func jsonToken(text string, offset int) token {
	start := strings.LastIndexAny(text[:offset], "\r\n") + 1
	for i := start; i < offset; i++ {
		if text[i] != '"' {
			continue
		}
		end, closed := jsonStringEnd(text, i)
		switch {
		case end > offset || end == offset && !closed:
			if closed && !endsValue(text[end:]) {
				// The quote belongs to the next string: this one has none yet.
				end, closed = offset, false
			} else if !closed {
				end = wordEnd(text, offset)
			}
			return token{start: i, end: end, quote: '"', closed: closed}
		default:
			i = end - 1
		}
	}
	return token{start: wordStart(text, offset), end: wordEnd(text, offset)}
}

// jsonStringEnd gives the place behind the closing quote of the string at start, or the end of the line.
func jsonStringEnd(text string, start int) (end int, closed bool) {
	for i := start + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i + 1, true
		case '\n', '\r':
			return i, false
		}
	}
	return len(text), false
}

// endsValue tells whether the text may follow a JSON string.
func endsValue(rest string) bool {
	rest = strings.TrimLeft(rest, " \t")
	return rest == "" || strings.IndexByte(",:}]\r\n/", rest[0]) >= 0
}

func isWordByte(c byte) bool {
	return c >= 0x80 || c == '_' || c == '.' || c == '$' || c == '-' || '0' <= c && c <= '9' || 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
}

func wordStart(text string, offset int) int {
	for offset > 0 && isWordByte(text[offset-1]) {
		offset--
	}
	return offset
}

func wordEnd(text string, offset int) int {
	for offset < len(text) && isWordByte(text[offset]) {
		offset++
	}
	return offset
}

// yamlCursors reads a place in YAML: as the scalar that is there, if the text can be read and one is, else as the value or the name
// that a word in its place would be.
func (v *View) yamlCursors(offset int) []*cursor {
	text := v.doc.Text
	lineStart := strings.LastIndexAny(text[:offset], "\r\n") + 1
	lineEnd := len(text)
	if i := strings.IndexAny(text[offset:], "\r\n"); i >= 0 {
		lineEnd = offset + i
	}
	var list []*cursor
	content := lineStart
	for content < offset && strings.IndexByte(" \t", text[content]) >= 0 {
		content++
	}
	for strings.HasPrefix(text[content:lineEnd], "- ") && content+2 <= offset { // items of a sequence
		content += 2
		for content < offset && text[content] == ' ' {
			content++
		}
	}
	word := mark(text)
	valueAt, hasName := yamlValue(text[content:offset])
	if t, in := v.yamlScalar(offset); in && (hasName || !v.plainOnItsOwn(t, content)) {
		return append(list, v.reread(offset, t, word, word)...)
	}
	if hasName {
		t := token{start: content + valueAt, end: offset}
		for _, open := range []string{"[", "{", ","} { // flow style
			if i := strings.LastIndex(text[t.start:offset], open); i >= 0 {
				t.start += i + 1
			}
		}
		for t.start < offset && text[t.start] == ' ' {
			t.start++
		}
		if t.start < offset && (text[t.start] == '"' || text[t.start] == '\'') {
			t.quote = text[t.start]
		}
		t.end = wordEnd(text, offset)
		if t.quote != 0 && t.end < lineEnd && text[t.end] == t.quote {
			t.end, t.closed = t.end+1, true
		}
		return append(list, v.reread(offset, t, word, "'"+word+"'")...)
	}
	t := token{start: content, end: wordEnd(text, offset)}
	if t.start < offset && (text[t.start] == '"' || text[t.start] == '\'') {
		t.quote = text[t.start]
		if t.end < lineEnd && text[t.end] == t.quote {
			t.end, t.closed = t.end+1, true
		}
	}
	rest := strings.TrimLeft(text[t.end:lineEnd], " ")
	if strings.HasPrefix(rest, ":") { // the name of a member that is there
		return append(list, v.reread(offset, t, word, word)...)
	}
	// A name without its colon, or an item of a sequence of strings.
	list = append(list, v.reread(offset, t, word, word+": null")...)
	if content > lineStart && strings.Contains(text[lineStart:content], "-") {
		list = append(list, v.reread(offset, t, word, word)...)
	}
	return list
}

// yamlScalar finds the scalar that the cursor is in, in a text that can be read.
func (v *View) yamlScalar(offset int) (token, bool) {
	n, isName := v.at(offset)
	if n == nil || isName || n.Kind != value.KindString || n.Span.Start.Offset == n.Span.End.Offset {
		return token{}, false
	}
	t := token{start: n.Span.Start.Offset, end: n.Span.End.Offset}
	if c := v.doc.Text[t.start]; c == '"' || c == '\'' {
		t.quote, t.closed = c, true
		if offset <= t.start || offset >= t.end {
			return token{}, false
		}
	}
	return t, true
}

// plainOnItsOwn tells whether a scalar is a plain word that begins its line, which may be a name that lacks its colon.
func (v *View) plainOnItsOwn(t token, content int) bool { return t.quote == 0 && t.start == content }

// yamlValue tells whether a name and its colon stand at the start of a line's text, and where the value starts.
func yamlValue(line string) (at int, ok bool) {
	if line != "" && (line[0] == '"' || line[0] == '\'') {
		end := strings.IndexByte(line[1:], line[0])
		if end < 0 {
			return 0, false
		}
		rest := line[end+2:]
		if !strings.HasPrefix(strings.TrimLeft(rest, " "), ":") {
			return 0, false
		}
		at = end + 2 + strings.IndexByte(rest, ':') + 1
	} else {
		colon := strings.Index(line+" ", ": ")
		if colon < 0 {
			return 0, false
		}
		at = min(colon+1, len(line))
	}
	for at < len(line) && line[at] == ' ' {
		at++
	}
	return at, true
}
