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

// rtfFlow is a text of its own: the body, a header, a note, a text box.
type rtfFlow struct {
	flowStack

	outer *rtfFlow
	kind  string
	words inlineText
	mark  strings.Builder
	boxes []block
	// cell gathers the blocks of the open cell, row the cells of the open row.
	cell []block
	row  [][]block
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

// rtfSkipped are destinations without text of the document.
var rtfSkipped = map[string]bool{
	"colortbl": true, "annotation": true, "atnid": true, "atnauthor": true, "atnref": true, "atndate": true, "atnicn": true,
	"atntime": true, "atnparent": true, "bkmkstart": true, "bkmkend": true, "xe": true, "tc": true, "tcn": true, "rxe": true, "txe": true,
	"nonshppict": true, "shprslt": true, "sp": true, "sn": true, "sv": true, "pn": true, "pntxta": true, "pntxtb": true,
	"listtable": true, "listoverridetable": true, "listpicture": true, "revtbl": true, "rsidtbl": true, "generator": true, "filetbl": true,
	"themedata": true, "colorschememapping": true, "latentstyles": true, "datastore": true, "datafield": true, "formfield": true,
	"objdata": true, "objclass": true, "objname": true, "nonesttables": true, "nesttableprops": true, "xmlnstbl": true, "userprops": true,
	"template": true, "fontemb": true, "falt": true, "panose": true, "private": true, "passwordhash": true, "mmathPr": true,
	"ftnsep": true, "ftnsepc": true, "ftncn": true, "aftnsep": true, "aftnsepc": true, "aftncn": true, "htmltag": true, "mhtmltag": true,
	"blipuid": true, "picprop": true, "wgrffmtfilter": true, "docvar": true, "background": true, "levelnumbers": true, "leveltext": true,
	"listname": true, "protusertbl": true, "factoidname": true, "oldcprops": true, "oldpprops": true, "oldtprops": true, "oldsprops": true,
	"pgdsctbl": true, "mmathPict": true,
}

// command carries out a control word.
func (r *rtfReader) command(word string, value int, given bool) {
	if word == "u" {
		r.unicode(value)
		return
	}
	fresh := r.state.fresh
	r.state.fresh = false
	if word == "bin" {
		r.flush()
		r.pos = min(r.pos+max(value, 0), len(r.data))
		return
	}
	if r.state.to == toNowhere {
		if word == "ud" && r.state.name == "upr" {
			r.destination(word)
		}
		return
	}
	r.flush()
	if fresh || r.state.starred {
		if r.destination(word) {
			r.state.starred = false
			return
		}
		if r.state.starred {
			r.state.to = toNowhere
			return
		}
	}
	switch r.state.to {
	case toFontTable:
		r.fontCommand(word, value)
		return
	case toStyles:
		r.styleCommand(word, value)
		return
	case toTime:
		for i, part := range [...]string{"yr", "mo", "dy", "hr", "min", "sec"} {
			if word == part {
				r.moment[i] = value
			}
		}
		return
	}
	if !r.characterCommand(word, value, given) {
		r.paragraphCommand(word, value, given)
	}
}

// destination begins the destination with the name word, if it is one.
func (r *rtfReader) destination(word string) bool {
	to := r.state.to
	switch word {
	case "fonttbl":
		to = toFontTable
	case "stylesheet":
		to = toStyles
	case "info":
		to = toInfo
	case "title", "author":
		if to != toInfo {
			return false
		}
		to = toCapture
		r.capture.Reset()
	case "creatim", "revtim":
		to = toTime
		r.moment = [6]int{}
	case "pict":
		if !r.state.result {
			r.pictures++
		}
		to = toNowhere
	case "object":
		r.objects++
		r.state.name = word
		return true
	case "result":
		r.state.result = true
		return true
	case "listtext", "pntext":
		to = toMark
		r.flow.mark.Reset()
	case "field":
		r.url = ""
	case "fldinst":
		to = toFieldCode
		r.code.Reset()
	case "fldrslt":
		if r.url != "" && r.state.to == toBody {
			r.flow.words.openLink(r.url)
			r.state.link = true
			r.url = ""
		}
		if to == toFieldCode {
			to = toBody
		}
	case "upr":
		// What is not Unicode comes first; {\*\ud …} follows in the same group.
		to = toNowhere
	case "ud":
		to = r.outerDestination()
	case "header", "headerl", "headerr", "headerf", "footer", "footerl", "footerr", "footerf", "footnote", "shptxt", "dptxbxtext":
		r.openFlow(word)
		to = toBody
		r.state.hidden, r.state.inTable, r.state.style, r.state.outline, r.state.list = false, false, 0, -1, -1
	case "shppict", "shpinst", "shpgrp", "shp", "do", "rtf", "moMath", "moMathPara", "mmath", "ulnone", "shpgroup", "docpart", "wptab":
		// Known, and text inside is text.
	default:
		if !rtfSkipped[word] {
			return false
		}
		if word == "annotation" {
			r.comments++
		}
		to = toNowhere
	}
	r.state.to, r.state.name = to, word
	return true
}

// outerDestination is the destination of the text around an upr group.
func (r *rtfReader) outerDestination() destination {
	for i := len(r.stack) - 1; i >= 0; i-- {
		if r.stack[i].to != toNowhere {
			return r.stack[i].to
		}
	}
	return toBody
}

func (r *rtfReader) fontCommand(word string, value int) {
	switch word {
	case "f":
		r.fontNumber = value
		r.fonts[value] = rtfFont{codePage: r.ansi}
	case "fcharset":
		font := r.fonts[r.fontNumber]
		font.symbol = value == 2
		if page := charsetPages[value]; page != 0 {
			font.codePage = page
		}
		if value == 0 && doubleByte(r.ansi) {
			// Western by the book, but not all writers mean it: decided text by text.
			font.codePage = -r.ansi
		}
		r.fonts[r.fontNumber] = font
	case "cpg":
		font := r.fonts[r.fontNumber]
		font.codePage = value
		r.fonts[r.fontNumber] = font
	}
}

func (r *rtfReader) styleCommand(word string, value int) {
	switch word {
	case "s":
		r.styleNumber = value
	case "ds", "cs", "ts":
		r.styleNumber = -1
	case "outlinelevel":
		if r.styleNumber >= 0 && value >= 0 && value < 9 {
			r.styles[r.styleNumber] = value + 1
		}
	}
}

// styleName reads the name of a style.
func (r *rtfReader) styleName(name string) {
	name = strings.ToLower(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(name), ";")))
	number, heading := strings.CutPrefix(name, "heading ")
	switch n, err := strconv.Atoi(number); {
	case r.styleNumber < 0:
	case heading && err == nil && n > 0 && n < 10:
		r.styles[r.styleNumber] = n
	case name == "title":
		r.styles[r.styleNumber] = 1
	}
}

// characterCommand carries out what concerns characters.
func (r *rtfReader) characterCommand(word string, value int, given bool) bool {
	switch word {
	case "ansicpg":
		if codePages[value] != nil || value == 65001 {
			r.ansi = value
		}
	case "mac":
		r.ansi = 10000
	case "pc":
		r.ansi = 437
	case "pca":
		r.ansi = 850
	case "deff":
		r.defaultFont = value
		r.state.font = value
	case "f":
		r.state.font = value
	case "uc":
		r.state.skipAfter = min(max(value, 0), 100)
	case "plain":
		r.state.hidden, r.state.deleted, r.state.font = false, false, r.defaultFont
	case "v":
		r.state.hidden = !given || value != 0
	case "deleted":
		r.state.deleted = !given || value != 0
	default:
		sign, ok := rtfSigns[word]
		if ok {
			r.write(sign)
		}
		return ok
	}
	return true
}

var rtfSigns = map[string]string{
	"tab": "\t", "line": "\n", "softline": "\n", "emdash": "—", "endash": "–", "bullet": "•", "lquote": "‘", "rquote": "’",
	"ldblquote": "“", "rdblquote": "”", "emspace": " ", "enspace": " ", "qmspace": " ", "zwj": "\u200D", "zwnj": "\u200C",
	"ltrmark": "\u200E", "rtlmark": "\u200F",
}

// paragraphCommand carries out what concerns paragraphs, cells and rows.
func (r *rtfReader) paragraphCommand(word string, value int, given bool) {
	switch word {
	case "par", "sect", "page", "column":
		r.endParagraph()
	case "pard":
		r.state.inTable, r.state.style, r.state.outline, r.state.list, r.state.level = false, 0, -1, -1, 0
	case "intbl":
		r.state.inTable = !given || value != 0
	case "itap":
		r.state.inTable = value > 0
	case "s":
		r.state.style = value
	case "outlinelevel":
		r.state.outline = value
	case "ls":
		r.state.list = value
	case "ilvl":
		r.state.level = min(max(value, 0), 8)
	case "cell":
		r.flow.endCell(r)
	case "nestcell":
		r.state.inTable = true
		r.endParagraph()
	case "row":
		r.flow.endRow()
	}
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

// openFlow begins a text of its own.
func (r *rtfReader) openFlow(kind string) {
	if kind == "footnote" && r.state.to == toBody {
		r.noteMark++
		r.flow.words.write(noteMark(r.noteMark))
	}
	r.flow = &rtfFlow{flowStack: newFlowStack(), outer: r.flow, kind: kind}
	r.state.opens = true
}

// endFlow hands the text of a header, note or text box over.
func (r *rtfReader) endFlow() {
	inner := r.flow
	if inner.outer == nil {
		return
	}
	inner.endParagraph(r, r.state)
	inner.closeTable()
	r.flow = inner.outer
	blocks := inner.blocks()
	switch {
	case inner.kind == "footnote":
		note := joinBlockTexts(blocks)
		if note.text != "" {
			mark := noteMark(r.noteMark) + " "
			r.notes = append(r.notes, block{kind: BlockNote, text: mark + note.text, links: shift(note.links, len(mark))})
		}
	case strings.HasPrefix(inner.kind, "header"), strings.HasPrefix(inner.kind, "footer"):
		for _, b := range blocks {
			if r.seen[b.text] || pageNumber.MatchString(b.text) {
				continue
			}
			r.seen[b.text] = true
			if strings.HasPrefix(inner.kind, "header") {
				r.headers = append(r.headers, b)
			} else {
				r.footers = append(r.footers, b)
			}
		}
	default:
		r.flow.boxes = append(r.flow.boxes, blocks...)
	}
}

// endParagraph adds the paragraph to the cell or to the flow.
func (f *rtfFlow) endParagraph(r *rtfReader, state rtfState) {
	content := f.words.finish()
	f.words = inlineText{}
	label := strings.TrimSpace(f.mark.String())
	f.mark.Reset()
	var made []block
	if content.text != "" {
		heading := 0
		if state.outline >= 0 && state.outline < 9 {
			heading = state.outline + 1
		} else if level := r.styles[state.style]; level > 0 && state.style > 0 {
			heading = level
		}
		if label == "o" || label != "" && !strings.ContainsFunc(label, isLetterOrDigit) {
			// The "o" is a bullet in Courier.
			label = "-"
		}
		switch {
		case heading > 0:
			mark := ""
			if label != "" && label != "-" {
				mark = label + " "
			}
			made = append(made, block{kind: BlockHeading, level: min(heading, 6), text: mark + content.text, links: shift(content.links, len(mark))})
		case label != "":
			mark := strings.Repeat("  ", state.level) + label + " "
			made = append(made, block{kind: BlockListItem, level: state.level + 1, text: mark + content.text, links: shift(content.links, len(mark))})
		default:
			made = append(made, block{kind: BlockParagraph, text: content.text, links: content.links})
		}
	}
	made = append(made, f.boxes...)
	f.boxes = nil
	if len(made) == 0 {
		return
	}
	// Tiny paragraphs cost more than their text.
	r.size += paragraphCost * int64(len(made))
	if state.inTable {
		f.cell = append(f.cell, made...)
		return
	}
	f.closeTable()
	f.add(made...)
}

func (f *rtfFlow) endCell(r *rtfReader) {
	state := r.state
	state.inTable = true
	f.endParagraph(r, state)
	f.row = append(f.row, f.cell)
	f.cell = nil
}

// endRow writes the row of cells so far.
func (f *rtfFlow) endRow() {
	if len(f.row) == 0 {
		return
	}
	if f.table() == nil {
		f.openTable()
	}
	f.table().cells = f.row
	f.row = nil
	f.flowStack.endRow()
}

// closeTable ends the table, with what stands in a row that does not end.
func (f *rtfFlow) closeTable() {
	if len(f.cell) > 0 {
		f.row = append(f.row, f.cell)
		f.cell = nil
	}
	f.endRow()
	f.endTable()
}
