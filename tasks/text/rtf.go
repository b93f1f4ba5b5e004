package text

import (
	"bytes"
	"context"
	"strconv"
	"strings"
	"time"
	"unicode/utf16"
	"unicode/utf8"
)

// extractRTF reads a Rich Text Format document (specification 1.9.1) as one page: the body, then its notes; headers
// and footers with Options.Full.
// Hidden and deleted text, comments and field codes are left out.
func extractRTF(ctx context.Context, src *source, doc *Document) error {
	data := src.data
	if at := bytes.Index(data[:min(len(data), 1024)], []byte(`{\rtf`)); at > 0 {
		data = data[at:]
	}
	r := newRTFReader(data, src.limits, doc)
	if err := r.read(ctx); err != nil {
		return err
	}
	body := r.flow
	for body.outer != nil {
		// The file ends before its groups do.
		r.endFlow()
		body = r.flow
	}
	body.endParagraph(r, rtfState{inTable: len(body.row) > 0, outline: -1})
	body.closeTable()
	blocks := withFurniture(src, doc, r.headers, body.blocks(), r.footers)
	blocks = append(blocks, r.notes...)
	if r.hidden {
		doc.warn(0, WarnHiddenText, "text that is formatted as hidden was left out")
	}
	leftOut(doc, 0, r.pictures, "picture")
	leftOut(doc, 0, r.objects, "embedded object")
	leftOut(doc, 0, r.comments, "comment")
	doc.Pages = []Page{compose(1, "", blocks)}
	return nil
}

// destination is what the text of a group is for.
type destination int8

const (
	toBody destination = iota
	toNowhere
	toFontTable
	toStyles
	toInfo
	toTime
	toCapture
	toMark
	toFieldCode
)

// rtfState is what a group inherits and its end restores.
type rtfState struct {
	to   destination
	name string
	// starred says that \* opened the group: what is not known in it is skipped.
	starred, fresh  bool
	font, skipAfter int
	hidden, deleted bool
	inTable         bool
	style, outline  int
	list, level     int
	// opens says that the group has a flow of its own, link that a link ends with it.
	opens, link bool
	// result says that the group shows what an object looks like.
	result bool
}

type rtfFont struct {
	codePage int
	symbol   bool
	greek    bool
}

type rtfReader struct {
	data   []byte
	pos    int
	limits Limits
	doc    *Document

	state rtfState
	stack []rtfState
	flow  *rtfFlow

	ansi        int
	defaultFont int
	fonts       map[int]rtfFont
	fontNumber  int
	styles      map[int]int
	styleNumber int

	// raw are bytes that wait to be decoded; high is the first half of a surrogate pair; skip counts what stands for a
	// character that was given as Unicode already.
	raw  []byte
	high rune
	skip int

	capture  strings.Builder
	code     strings.Builder
	url      string
	moment   [6]int
	size     int64
	noteMark int

	headers, footers, notes []block
	seen                    map[string]bool
	hidden                  bool
	pictures, objects       int
	comments                int
}

func newRTFReader(data []byte, limits Limits, doc *Document) *rtfReader {
	return &rtfReader{
		data: data, limits: limits, doc: doc, ansi: 1252, fonts: map[int]rtfFont{}, styles: map[int]int{}, seen: map[string]bool{},
		state: rtfState{skipAfter: 1, outline: -1, list: -1}, flow: &rtfFlow{flowStack: newFlowStack()},
	}
}

func (r *rtfReader) read(ctx context.Context) error {
	for n := 0; r.pos < len(r.data); n++ {
		if n%4096 == 0 {
			if err := contextError(ctx); err != nil {
				return err
			}
			if r.size > r.limits.TextBytes {
				return over("TextBytes", r.limits.TextBytes, "the document has more text than is allowed")
			}
		}
		switch c := r.data[r.pos]; c {
		case '{':
			r.pos++
			r.flush()
			r.skip = 0
			if depth := int64(len(r.stack)); depth >= r.limits.XMLDepth {
				return over("XMLDepth", r.limits.XMLDepth, "groups nest too deep at byte %d", r.pos)
			}
			r.stack = append(r.stack, r.state)
			r.state.fresh, r.state.starred, r.state.opens, r.state.link = true, false, false, false
		case '}':
			r.pos++
			r.flush()
			r.skip = 0
			if len(r.stack) == 0 {
				// What follows the document's group is no text.
				return nil
			}
			r.endGroup()
			if len(r.stack) == 0 {
				return nil
			}
		case '\\':
			r.control()
		case '\r', '\n', 0:
			r.pos++
		default:
			r.plain()
		}
	}
	r.flush()
	return nil
}

// plain takes bytes up to the next control.
func (r *rtfReader) plain() {
	start := r.pos
	for r.pos < len(r.data) {
		switch r.data[r.pos] {
		case '{', '}', '\\', '\r', '\n', 0:
			r.take(r.data[start:r.pos])
			return
		}
		r.pos++
	}
	r.take(r.data[start:r.pos])
}

// take keeps bytes of text, less those that stand for a character that is there already.
func (r *rtfReader) take(text []byte) {
	n := min(r.skip, len(text))
	r.skip -= n
	if text = text[n:]; len(text) == 0 || r.state.to == toNowhere {
		return
	}
	r.state.fresh = false
	r.raw = append(r.raw, text...)
}

// control reads a control word or symbol.
func (r *rtfReader) control() {
	r.pos++
	if r.pos >= len(r.data) {
		return
	}
	c := r.data[r.pos]
	if c|0x20 >= 'a' && c|0x20 <= 'z' {
		word, value, given := r.word()
		if r.skip > 0 && word != "bin" {
			r.skip--
			return
		}
		r.command(word, value, given)
		return
	}
	r.pos++
	if c == '\'' {
		value := byte(0)
		if r.pos+2 <= len(r.data) {
			n, err := strconv.ParseUint(string(r.data[r.pos:r.pos+2]), 16, 8)
			if err == nil {
				value = byte(n)
				r.pos += 2
			}
		}
		if value != 0 {
			r.take([]byte{value})
		}
		return
	}
	if r.skip > 0 {
		r.skip--
		return
	}
	switch c {
	case '*':
		r.state.starred = true
		return
	case '\\', '{', '}':
		r.take([]byte{c})
		return
	}
	r.flush()
	switch c {
	case '~':
		r.write("\u00A0")
	case '_':
		r.write("-")
	case '\r', '\n':
		r.endParagraph()
	}
}

func (r *rtfReader) word() (word string, value int, given bool) {
	start := r.pos
	for r.pos < len(r.data) && r.data[r.pos]|0x20 >= 'a' && r.data[r.pos]|0x20 <= 'z' {
		r.pos++
	}
	word = string(r.data[start:r.pos])
	digits := r.pos
	if r.pos < len(r.data) && r.data[r.pos] == '-' {
		r.pos++
	}
	for r.pos < len(r.data) && r.data[r.pos] >= '0' && r.data[r.pos] <= '9' && r.pos-digits < 12 {
		r.pos++
	}
	value, err := strconv.Atoi(string(r.data[digits:r.pos]))
	if given = err == nil; !given {
		r.pos = digits
	}
	if r.pos < len(r.data) && r.data[r.pos] == ' ' {
		r.pos++
	}
	return word, value, given
}

// endParagraph ends a paragraph where text goes into the document.
func (r *rtfReader) endParagraph() {
	switch r.state.to {
	case toBody:
		r.flow.endParagraph(r, r.state)
	case toCapture, toFieldCode:
		r.write(" ")
	}
}

// unicode takes \uN: UTF-16 units, negative ones counted from 65,536.
func (r *rtfReader) unicode(value int) {
	if r.skip > 0 {
		r.skip = 0
	}
	r.state.fresh = false
	r.flush()
	if value < 0 {
		value += 65_536
	}
	unit := rune(value)
	switch {
	case value < 0 || value > utf8.MaxRune:
	case utf16.IsSurrogate(unit) && unit < 0xDC00:
		r.high = unit
	case utf16.IsSurrogate(unit):
		if pair := utf16.DecodeRune(r.high, unit); r.high != 0 && pair != utf8.RuneError {
			r.write(string(pair))
		}
		r.high = 0
	case unit >= 0xF000 && unit < 0xF100:
		// A symbol font's own sign.
		r.write(symbolSign(byte(unit), r.fonts[r.state.font]))
	case unit != 0:
		r.write(string(unit))
	}
	r.skip = r.state.skipAfter
}

// flush decodes the bytes that wait.
func (r *rtfReader) flush() {
	if len(r.raw) == 0 {
		return
	}
	raw := r.raw
	r.raw = r.raw[:0]
	r.high = 0
	font, known := r.fonts[r.state.font]
	if !known || r.state.to == toFontTable || r.state.to == toStyles {
		font = rtfFont{codePage: r.ansi}
	}
	if font.symbol && r.state.to == toBody {
		var out strings.Builder
		for _, b := range raw {
			out.WriteString(symbolSign(b, font))
		}
		r.write(out.String())
		return
	}
	r.write(decodeCodePage(font.codePage, raw))
}

// write puts text where the group's text goes.
func (r *rtfReader) write(s string) {
	if s == "" {
		return
	}
	r.size += int64(len(s))
	switch r.state.to {
	case toBody:
		switch {
		case r.state.deleted:
		case r.state.hidden:
			r.hidden = r.hidden || strings.TrimSpace(s) != ""
		default:
			r.flow.words.write(s)
		}
	case toCapture:
		r.capture.WriteString(s)
	case toMark:
		if !r.state.hidden {
			r.flow.mark.WriteString(s)
		}
	case toFieldCode:
		const longest = 8192
		if r.code.Len() < longest {
			r.code.WriteString(s)
		}
	case toStyles:
		if strings.Contains(s, ";") {
			r.styleName(r.capture.String() + s)
			r.capture.Reset()
			return
		}
		r.capture.WriteString(s)
	case toFontTable:
		name := strings.ToLower(strings.TrimSuffix(strings.TrimSpace(s), ";"))
		font := r.fonts[r.fontNumber]
		font.greek = font.greek || name == "symbol"
		r.fonts[r.fontNumber] = font
	}
}

func (r *rtfReader) endGroup() {
	closed := r.state
	switch {
	case closed.link:
		r.flow.words.closeLink()
	case closed.to == toCapture && (closed.name == "title" || closed.name == "author"):
		value := strings.TrimSpace(r.capture.String())
		if closed.name == "title" && value != "" {
			r.doc.Metadata.Title = value
		} else if value != "" {
			r.doc.Metadata.Author = value
		}
		r.capture.Reset()
	case closed.to == toTime:
		r.endTime(closed.name)
	case closed.to == toFieldCode && closed.name == "fldinst":
		if outer := r.stack[len(r.stack)-1]; outer.to != toFieldCode {
			r.url = hyperlinkField(r.code.String())
		}
	}
	if closed.opens {
		r.endFlow()
	}
	r.state = r.stack[len(r.stack)-1]
	r.stack = r.stack[:len(r.stack)-1]
	if closed.to == toStyles && r.state.to == toStyles {
		r.styleNumber = 0
	}
}

func (r *rtfReader) endTime(name string) {
	m := r.moment
	if m[0] < 1900 || m[0] > 9999 || m[1] < 1 || m[1] > 12 || m[2] < 1 || m[2] > 31 {
		return
	}
	at := time.Date(m[0], time.Month(m[1]), m[2], m[3], m[4], m[5], 0, time.UTC)
	switch name {
	case "creatim":
		r.doc.Metadata.Created = &at
	case "revtim":
		r.doc.Metadata.Modified = &at
	}
}
