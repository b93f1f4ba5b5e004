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

	// flows is the stack of places that paragraphs go to: the body, cells, text boxes.
	flows      []*flow
	paragraphs []*paragraph
	tables     []*table
	// skip counts open elements inside one that is left out.
	skip int
	// choices says for each open AlternateContent whether its Choice was taken.
	choices []bool
	// properties counts open elements of properties (pPr, rPr …), inside which names such as tab mean settings.
	properties int
	run        runState
}

type flow struct {
	blocks []block
	// table says that a table stood in it.
	table bool
}

type paragraph struct {
	text  strings.Builder
	style string
	numID string
	level string
	// boxes are the text boxes anchored in the paragraph.
	boxes []block
}

type table struct {
	// cells are those of the current row; nested says that one of them holds a table, deleted that the row is a
	// tracked deletion, inRowPr that its properties are being read.
	cells                    [][]block
	nested, deleted, inRowPr bool
	// open says that the last block of the flow is this table, so that the next row goes on in it.
	open bool
}

type runState struct {
	active, hidden, inText bool
}

func newDOCXBody(styles *docxStyles, lists *docxLists) *docxBody {
	return &docxBody{styles: styles, lists: lists, flows: []*flow{{}}}
}

// blocks returns the finished text.
func (b *docxBody) blocks() []block { return b.flows[0].blocks }

func (b *docxBody) flow() *flow { return b.flows[len(b.flows)-1] }

func (b *docxBody) paragraph() *paragraph {
	if len(b.paragraphs) == 0 {
		return nil
	}
	return b.paragraphs[len(b.paragraphs)-1]
}

// leftOut are elements whose content is no text of the document: tracked deletions and moves, field codes, the former
// properties of tracked changes, the reading printed above a word (it would double the word), settings of controls.
func leftOut(local string) bool {
	switch local {
	case "del", "moveFrom", "delText", "instrText", "delInstrText", "rt", "sdtPr", "sdtEndPr", "sectPr", "tblPr",
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
	if leftOut(local) || local == "Fallback" && b.choiceTaken() {
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
	case "txbxContent":
		b.flows = append(b.flows, &flow{})
	case "tbl":
		b.flow().table = true
		b.tables = append(b.tables, &table{})
	case "tr":
		if n := len(b.tables); n > 0 {
			b.tables[n-1].cells, b.tables[n-1].nested, b.tables[n-1].deleted = nil, false, false
		}
	case "tc":
		b.flows = append(b.flows, &flow{})
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
	case "t":
		b.run.inText = true
	}
	if b.properties > 0 || b.run.hidden {
		return
	}
	switch local {
	case "tab", "ptab":
		p.text.WriteByte('\t')
	case "br", "cr":
		p.text.WriteByte('\n')
	case "noBreakHyphen":
		p.text.WriteByte('-')
	case "sym":
		// Symbol fonts put their signs into the private use area, where no reader finds a meaning.
		if code, err := strconv.ParseUint(attribute(element, "char"), 16, 32); err == nil && code >= ' ' && (code < 0xE000 || code > 0xF8FF) {
			p.text.WriteRune(rune(code))
		}
	case "footnoteReference", "endnoteReference":
		b.notes = append(b.notes, noteReference{strings.TrimSuffix(local, "Reference"), attribute(element, "id")})
		p.text.WriteString(noteMark(len(b.notes)))
	}
}

func (b *docxBody) text(data []byte) {
	p := b.paragraph()
	if p == nil || b.skip > 0 || !b.run.inText {
		return
	}
	if b.run.hidden {
		b.hidden = b.hidden || strings.TrimSpace(string(data)) != ""
		return
	}
	p.text.Write(data)
}

func (b *docxBody) end(name xml.Name) {
	if b.skip > 0 {
		b.skip--
		return
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
	case "t":
		b.run.inText = false
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
		if n := len(b.tables); n > 0 {
			b.tables = b.tables[:n-1]
		}
	}
}

func (b *docxBody) endParagraph() {
	p := b.paragraph()
	if p == nil {
		return
	}
	b.paragraphs = b.paragraphs[:len(b.paragraphs)-1]
	text := tidyParagraph(p.text.String())
	if text != "" {
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
		text = label + text
		b.flow().blocks = append(b.flow().blocks, block{kind: kind, level: level, text: text})
	}
	b.flow().blocks = append(b.flow().blocks, p.boxes...)
}

// tidyParagraph trims each line and drops control characters.
func tidyParagraph(s string) string {
	lines := strings.Split(normalise(s), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(strings.ReplaceAll(line, "\u00AD", ""), " \t\u00A0")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n ")
}

// endTextBox hands the text of a box to the paragraph that anchors it, to stand after it.
func (b *docxBody) endTextBox() {
	if len(b.flows) < 2 {
		return
	}
	box := b.flow()
	b.flows = b.flows[:len(b.flows)-1]
	if p := b.paragraph(); p != nil {
		p.boxes = append(p.boxes, box.blocks...)
		return
	}
	b.flow().blocks = append(b.flow().blocks, box.blocks...)
}

func (b *docxBody) endCell() {
	if len(b.flows) < 2 || len(b.tables) == 0 {
		return
	}
	cell := b.flow()
	b.flows = b.flows[:len(b.flows)-1]
	t := b.tables[len(b.tables)-1]
	t.cells = append(t.cells, cell.blocks)
	t.nested = t.nested || cell.table
}

// layoutBlocks is how many blocks make a cell a piece of a page's layout rather than a value.
const layoutBlocks = 8

// endRow writes the row as one line, cells separated by tabs. A row that holds tables, headings or whole columns of
// paragraphs is layout: its cells follow one another as they are.
func (b *docxBody) endRow() {
	n := len(b.tables)
	if n == 0 || b.tables[n-1].deleted {
		return
	}
	t := b.tables[n-1]
	layout := t.nested
	for _, cell := range t.cells {
		layout = layout || len(cell) > layoutBlocks
		for _, content := range cell {
			layout = layout || content.kind == BlockHeading
		}
	}
	out := b.flow()
	if layout {
		for _, cell := range t.cells {
			out.blocks = append(out.blocks, cell...)
		}
		t.open = false
		return
	}
	values := make([]string, len(t.cells))
	for i, cell := range t.cells {
		parts := make([]string, len(cell))
		for j, content := range cell {
			parts[j] = content.text
		}
		values[i] = oneLine(strings.Join(parts, " "))
	}
	line := strings.TrimRight(strings.Join(values, "\t"), "\t")
	if line == "" {
		return
	}
	if t.open && len(out.blocks) > 0 {
		out.blocks[len(out.blocks)-1].text += "\n" + line
		return
	}
	t.open = true
	out.blocks = append(out.blocks, block{kind: BlockTable, text: line})
}
