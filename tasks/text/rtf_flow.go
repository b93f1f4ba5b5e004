package text

import (
	"strings"
)

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
