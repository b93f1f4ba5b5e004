package text

import (
	"encoding/xml"
	"strconv"
	"strings"
)

// noteReference points to a note: kind is "footnote" or "endnote".
type noteReference struct{ kind, id string }

func noteMark(number int) string { return "[" + strconv.Itoa(number) + "]" }

// docxBody turns the content of a document, header or note into blocks.
type docxBody struct {
	styles *docxStyles
	lists  *docxLists

	// notes are the references in the order of the text; hidden is set when hidden text was dropped.
	notes  []noteReference
	hidden bool

	flowStack

	paragraphs []*paragraph
	// skip counts open elements inside one that is left out.
	skip int
	// choices says for each open AlternateContent whether its Choice was taken.
	choices []bool
	// properties counts open elements of properties (pPr, rPr …), inside which names such as tab mean settings.
	properties int
	run        runState
	// fields is the stack of open complex fields.
	fields []field

	related relations
	// graphic reads the chart or diagram that a relation leads to; failed is its error, which ends the document.
	graphic func(id string) ([]block, error)
	failed  error
	// pictures counts what cannot be shown as text.
	pictures int
	// comments are the ids of the comments on the text, in its order.
	comments []string
	math     mathReader
}

// field is a complex field: its code and whether it opened a link.
type field struct {
	code string
	link bool
}

type paragraph struct {
	inlineText

	style string
	numID string
	level string
	// boxes are the text boxes anchored in the paragraph.
	boxes []block
}

type runState struct {
	active, hidden, inText, inCode bool
}

func newDOCXBody(styles *docxStyles, lists *docxLists) *docxBody {
	return &docxBody{styles: styles, lists: lists, flowStack: newFlowStack()}
}

func (b *docxBody) paragraph() *paragraph {
	if len(b.paragraphs) == 0 {
		return nil
	}
	return b.paragraphs[len(b.paragraphs)-1]
}

// notText says of elements that their content is no text of the document: tracked deletions and moves, field codes, the former
// properties of tracked changes, the reading printed above a word (it would double the word), settings of controls.
func notText(local string) bool {
	switch local {
	case "del", "moveFrom", "delText", "delInstrText", "rt", "sdtPr", "sdtEndPr", "sectPr", "tblPr",
		"tblGrid", "tcPr", "tblPrEx":
		return true
	}
	return strings.HasSuffix(local, "Change")
}

func (b *docxBody) start(element xml.StartElement) {
	local := element.Name.Local
	if b.skip > 0 {
		b.skip++
		return
	}
	if local == "del" && len(b.tables) > 0 && b.tables[len(b.tables)-1].inRowPr {
		b.tables[len(b.tables)-1].deleted = true
	}
	if notText(local) || local == "Fallback" && b.choiceTaken() {
		b.skip = 1
		return
	}
	switch local {
	case "AlternateContent":
		b.choices = append(b.choices, false)
	case "Choice":
		if n := len(b.choices); n > 0 {
			b.choices[n-1] = true
		}
	case "pPr", "rPr", "trPr":
		b.properties++
		if local == "trPr" && len(b.tables) > 0 {
			b.tables[len(b.tables)-1].inRowPr = true
		}
	case "p":
		b.paragraphs = append(b.paragraphs, &paragraph{})
		b.math = mathReader{}
	case "txbxContent":
		b.openFlow()
	case "tbl":
		b.openTable()
	case "tr":
		b.openRow()
	case "tc":
		b.openCell()
	default:
		b.inline(local, element)
	}
}

func (b *docxBody) choiceTaken() bool {
	n := len(b.choices)
	return n > 0 && b.choices[n-1]
}

// inline handles what stands inside a paragraph.
func (b *docxBody) inline(local string, element xml.StartElement) {
	p := b.paragraph()
	if p == nil {
		return
	}
	switch local {
	case "pStyle":
		p.style = attribute(element, "val")
	case "numId":
		p.numID = attribute(element, "val")
	case "ilvl":
		p.level = attribute(element, "val")
	case "r":
		b.run = runState{active: true}
	case "rStyle":
		b.run.hidden = b.run.hidden || b.run.active && b.styles.hides(attribute(element, "val"))
	case "vanish":
		if b.run.active {
			b.run.hidden = on(element)
		}
	case "t", "instrText":
		b.run.inText, b.run.inCode = local == "t", local != "t"
	case "oMath":
		b.math.depth++
		if b.math.depth == 1 && b.math.after == p.len() && p.len() > 0 {
			// Two equations that follow one another.
			p.writeByte(' ')
		}
	case "hyperlink":
		if url := b.related.url(attribute(element, "id")); url != "" {
			if anchor := attribute(element, "anchor"); anchor != "" && !strings.Contains(url, "#") {
				url += "#" + anchor
			}
			p.openLink(url)
		}
	case "fldSimple":
		if url := hyperlinkField(attribute(element, "instr")); url != "" {
			p.openLink(url)
		}
	case "fldChar":
		b.fieldChar(p, attribute(element, "fldCharType"))
	case "pic", "imagedata":
		b.pictures++
	case "commentReference":
		b.comments = append(b.comments, attribute(element, "id"))
	case "chart":
		b.drawing(p, attribute(element, "id"))
	case "relIds":
		b.drawing(p, attribute(element, "dm"))
	}
	if b.math.depth > 0 {
		b.math.start(local, element)
	}
	if b.properties > 0 || b.run.hidden {
		return
	}
	switch local {
	case "tab", "ptab":
		p.writeByte('\t')
	case "br", "cr":
		p.writeByte('\n')
	case "noBreakHyphen":
		p.writeByte('-')
	case "sym":
		// Symbol fonts put their signs into the private use area.
		code, err := strconv.ParseUint(attribute(element, "char"), 16, 32)
		switch name := strings.ToLower(attribute(element, "font")); {
		case err != nil || code < ' ':
		case code >= 0xF000 && code < 0xF100:
			p.write(symbolSign(byte(code), rtfFont{symbol: true, greek: name == "symbol"}))
		case code < 0xE000 || code > 0xF8FF:
			p.writeRune(rune(code))
		}
	case "footnoteReference", "endnoteReference":
		b.notes = append(b.notes, noteReference{strings.TrimSuffix(local, "Reference"), attribute(element, "id")})
		p.write(noteMark(len(b.notes)))
	}
}

// fieldChar goes through the parts of a complex field (17.16.18): its code, a separator, its result, its end.
func (b *docxBody) fieldChar(p *paragraph, kind string) {
	const deepest = 64
	switch n := len(b.fields); {
	case kind == "begin" && n < deepest:
		b.fields = append(b.fields, field{})
	case kind == "separate" && n > 0:
		if url := hyperlinkField(b.fields[n-1].code); url != "" {
			b.fields[n-1].link = true
			p.openLink(url)
		}
	case kind == "end" && n > 0:
		if b.fields[n-1].link {
			p.closeLink()
		}
		b.fields = b.fields[:n-1]
	}
}

// hyperlinkField returns where the code of a HYPERLINK field leads to: its first argument, which is a bookmark and no
// address after the switch \l.
func hyperlinkField(code string) string {
	code = strings.TrimSpace(code)
	if len(code) < 10 || !strings.EqualFold(code[:9], "HYPERLINK") {
		return ""
	}
	rest := strings.TrimSpace(code[9:])
	if strings.HasPrefix(rest, `\`) {
		return ""
	}
	if quoted, ok := strings.CutPrefix(rest, `"`); ok {
		url, _, _ := strings.Cut(quoted, `"`)
		return strings.ReplaceAll(url, `\\`, `\`)
	}
	url, _, _ := strings.Cut(rest, " ")
	return url
}

// drawing puts the text of a chart or diagram after the paragraph that holds it.
func (b *docxBody) drawing(p *paragraph, id string) {
	if b.graphic == nil || b.failed != nil {
		return
	}
	blocks, err := b.graphic(id)
	p.boxes, b.failed = append(p.boxes, blocks...), err
}

func (b *docxBody) text(data []byte) {
	p := b.paragraph()
	if n := len(b.fields); b.run.inCode && b.skip == 0 && n > 0 && len(b.fields[n-1].code) < 4096 {
		b.fields[n-1].code += string(data)
	}
	if p == nil || b.skip > 0 || !b.run.inText {
		return
	}
	if b.run.hidden {
		b.hidden = b.hidden || strings.TrimSpace(string(data)) != ""
		return
	}
	if b.math.write(data) {
		return
	}
	p.writeBytes(data)
}

func (b *docxBody) end(name xml.Name) {
	if b.skip > 0 {
		b.skip--
		return
	}
	if p := b.paragraph(); p != nil && b.math.depth > 0 {
		p.write(b.math.end(name.Local))
		b.math.after = p.len()
	}
	switch name.Local {
	case "AlternateContent":
		if n := len(b.choices); n > 0 {
			b.choices = b.choices[:n-1]
		}
	case "pPr", "rPr", "trPr":
		b.properties = max(b.properties-1, 0)
		if name.Local == "trPr" && len(b.tables) > 0 {
			b.tables[len(b.tables)-1].inRowPr = false
		}
	case "t", "instrText":
		b.run.inText, b.run.inCode = false, false
	case "hyperlink", "fldSimple":
		if p := b.paragraph(); p != nil {
			p.closeLink()
		}
	case "r":
		b.run = runState{}
	case "p":
		b.endParagraph()
	case "txbxContent":
		b.endTextBox()
	case "tc":
		b.endCell()
	case "tr":
		b.endRow()
	case "tbl":
		b.endTable()
	}
}

func (b *docxBody) endParagraph() {
	p := b.paragraph()
	if p == nil {
		return
	}
	b.paragraphs = b.paragraphs[:len(b.paragraphs)-1]
	content := p.finish()
	if content.text != "" {
		kind, level := BlockParagraph, 0
		label, listed := b.lists.label(p.style, p.numID, p.level)
		if outline := b.styles.heading(p.style); outline > 0 {
			// The number of a heading stays, the indent and the bullet of a list do not.
			kind, level = BlockHeading, outline
			label = strings.TrimLeft(strings.TrimPrefix(strings.TrimSpace(label), "-")+" ", " ")
		} else if listed {
			kind, level = BlockListItem, (len(label)-len(strings.TrimLeft(label, " ")))/2+1
		} else {
			label = ""
		}
		b.add(block{kind: kind, level: level, text: label + content.text, links: shift(content.links, len(label))})
	}
	b.add(p.boxes...)
}

// endTextBox hands the text of a box to the paragraph that anchors it, to stand after it.
func (b *docxBody) endTextBox() {
	box := b.endFlow()
	if p := b.paragraph(); p != nil {
		p.boxes = append(p.boxes, box...)
		return
	}
	b.add(box...)
}
