package text

import (
	"slices"
	"strings"
)

// flowStack is where the blocks of a document go to while it is read: into the body, into a cell, into a text box.
type flowStack struct {
	flows  []*flow
	tables []*table
}

type flow struct {
	blocks []block
	// table says that a table stood in it.
	table bool
}

type table struct {
	// cells are those of the current row; nested says that one of them holds a table, deleted that the row is a
	// tracked deletion, inRowPr that its properties are being read.
	cells                    [][]block
	nested, deleted, inRowPr bool
	// open says that the last block of the flow is this table, so that the next row goes on in it.
	open bool
}

func newFlowStack() flowStack { return flowStack{flows: []*flow{{}}} }

// blocks returns the finished text.
func (f *flowStack) blocks() []block { return f.flows[0].blocks }

func (f *flowStack) flow() *flow { return f.flows[len(f.flows)-1] }

func (f *flowStack) add(blocks ...block) { f.flow().blocks = append(f.flow().blocks, blocks...) }

func (f *flowStack) openFlow() { f.flows = append(f.flows, &flow{}) }

// endFlow returns the blocks of the innermost flow. The body never ends.
func (f *flowStack) endFlow() []block {
	if len(f.flows) < 2 {
		return nil
	}
	inner := f.flow()
	f.flows = f.flows[:len(f.flows)-1]
	return inner.blocks
}

func (f *flowStack) table() *table {
	if n := len(f.tables); n > 0 {
		return f.tables[n-1]
	}
	return nil
}

func (f *flowStack) openTable() {
	f.flow().table = true
	f.tables = append(f.tables, &table{})
}

func (f *flowStack) endTable() {
	if n := len(f.tables); n > 0 {
		f.tables = f.tables[:n-1]
	}
}

func (f *flowStack) openRow() {
	if t := f.table(); t != nil {
		t.cells, t.nested, t.deleted = nil, false, false
	}
}

func (f *flowStack) openCell() { f.openFlow() }

func (f *flowStack) endCell() {
	t := f.table()
	if len(f.flows) < 2 || t == nil {
		return
	}
	t.nested = t.nested || f.flow().table
	t.cells = append(t.cells, f.endFlow())
}

// layoutBlocks is how many blocks make a cell a piece of a page's layout rather than a value.
const layoutBlocks = 8

// endRow writes the row as one line, cells separated by tabs. A row that holds tables, headings or whole columns of
// paragraphs is layout: its cells follow one another as they are.
func (f *flowStack) endRow() {
	t := f.table()
	if t == nil || t.deleted {
		return
	}
	layout := t.nested
	for _, cell := range t.cells {
		layout = layout || len(cell) > layoutBlocks
		for _, content := range cell {
			layout = layout || content.kind == BlockHeading
		}
	}
	out := f.flow()
	if layout {
		for _, cell := range t.cells {
			out.blocks = append(out.blocks, cell...)
		}
		t.open = false
		return
	}
	values := make([]cellText, len(t.cells))
	for i, cell := range t.cells {
		values[i] = joinBlockTexts(cell)
		if len(cell) == 1 && cell[0].kind == BlockListItem && strings.HasPrefix(values[i].text, "- ") {
			// A list of one is none.
			values[i].text = values[i].text[2:]
			shift(values[i].links, -2)
		}
	}
	line := tableRowText(values)
	if line.text == "" {
		return
	}
	if t.open && len(out.blocks) > 0 {
		last := &out.blocks[len(out.blocks)-1]
		last.links = append(last.links, shift(line.links, len(last.text)+1)...)
		last.text += "\n" + line.text
		return
	}
	t.open = true
	out.blocks = append(out.blocks, block{kind: BlockTable, text: line.text, links: line.links})
}

// withComments puts what readers noted in the margin behind the text where the caller wants all. Otherwise it is left out
// and counted in a warning, as it is no text of the document.
func withComments(src *source, doc *Document, page int, body, comments []block) []block {
	if src.full {
		return append(body, comments...)
	}
	leftOut(doc, page, len(comments), "comment")
	return body
}

// withFurniture joins the headers and footers of pages with the text between them where the caller wants all. Otherwise
// they are left out, as word processors do when they save as text, and are told of in a warning, which holds their words.
// A document that has nothing else keeps them.
func withFurniture(src *source, doc *Document, headers, body, footers []block) []block {
	if src.full || joinBlocks(body) == "" {
		return slices.Concat(headers, body, footers)
	}
	var texts []string
	for _, b := range slices.Concat(headers, footers) {
		texts = append(texts, firstLine(oneLine(b.text)))
	}
	if len(texts) > 0 {
		const most = 10
		more := ""
		if len(texts) > most {
			texts, more = texts[:most], "; …"
		}
		doc.warn(0, WarnFurnitureLeftOut, "headers and footers were left out: "+strings.Join(texts, "; ")+more)
	}
	return body
}
