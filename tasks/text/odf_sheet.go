package text

import (
	"encoding/xml"
	"math"
	"strings"
)

// odfSheet is the open sheet of a spreadsheet. Rows and cells may say that they are repeated: empty ones only move on,
// others are written as often, within the limit on cells.
type odfSheet struct {
	label  string
	hidden bool
	grid   sheetGrid
	// nested counts open tables inside: those of text boxes and charts.
	nested int

	row, rowRepeat, column, repeat int
	covered                        bool
	value                          string
	hiddenRows                     int

	// notes are the comments, drawn the texts of drawings.
	notes, drawn []block
	pictures     int
	objects      int
	size         int64
}

func (r *odfReader) startSheet(element xml.StartElement) {
	r.sheet = &odfSheet{
		label: attribute(element, "name"), hidden: r.odf.styles.hiddenTables[attribute(element, "style-name")],
		pictures: r.pictures, objects: r.objects,
	}
	if r.cellCount == nil {
		r.cellCount = &cellCount{limit: r.odf.archive.limits.Cells}
	}
	r.sheet.grid.count = r.cellCount
}

// lastRow bounds what a sheet may claim to have.
const lastRow = 1 << 24

func (s *odfSheet) startRow(element xml.StartElement) {
	if s.nested > 0 {
		return
	}
	s.rowRepeat = smallNumber(attribute(element, "number-rows-repeated"), 1, lastRow)
	s.column = 0
	switch attribute(element, "visibility") {
	case "collapse", "filter":
		s.hiddenRows++
	}
	s.grid.row(s.row)
}

func (s *odfSheet) startCell(r *odfReader, element xml.StartElement, covered bool) {
	if s.nested > 0 {
		r.openCell()
		return
	}
	s.repeat = smallNumber(attribute(element, "number-columns-repeated"), 1, lastColumn)
	s.covered = covered
	s.value = attribute(element, "string-value")
	switch attribute(element, "value-type") {
	case "float", "percentage", "currency":
		s.value = plainNumber(attribute(element, "value"))
	case "date":
		s.value = attribute(element, "date-value")
	case "time":
		s.value = attribute(element, "time-value")
	case "boolean":
		s.value = strings.ToUpper(attribute(element, "boolean-value"))
	}
	r.openFlow()
}

func (s *odfSheet) endCell(r *odfReader) {
	if s.nested > 0 {
		r.endCell()
		return
	}
	content := joinBlockTexts(r.endFlow())
	if content.text == "" {
		content.text = oneLineCell(s.value)
	}
	first := s.column
	s.column += s.repeat
	if content.text == "" {
		return
	}
	for column := first; column < min(s.column, lastColumn); column++ {
		s.size += int64(len(content.text))
		if limit := r.odf.archive.limits.TextBytes; s.size > limit {
			r.failed = over("TextBytes", limit, "the sheet has more text than is allowed")
			return
		}
		if !s.grid.count.add(1) {
			r.failed = s.grid.count.err()
			return
		}
		s.grid.set(column, content)
	}
}

func (s *odfSheet) endRow(r *odfReader) error {
	if s.nested > 0 {
		r.flowStack.endRow()
		return r.failed
	}
	repeat := s.rowRepeat
	s.row = min(s.row+repeat, math.MaxInt32)
	if n := len(s.grid.rows); r.failed != nil || n == 0 || len(s.grid.rows[n-1].cells) == 0 {
		return r.failed
	}
	last := s.grid.rows[len(s.grid.rows)-1]
	bytes := int64(0)
	for _, cell := range last.cells {
		bytes += int64(len(cell.text)) + 1
	}
	limits := r.odf.archive.limits
	if total := bytes * int64(repeat-1); total > limits.TextBytes {
		return over("TextBytes", limits.TextBytes, "a row of the sheet is repeated %d times", repeat)
	}
	if !s.grid.count.add(int64(len(last.cells)) * int64(repeat-1)) {
		return s.grid.count.err()
	}
	for i := 1; i < repeat; i++ {
		s.grid.rows = append(s.grid.rows, sheetRow{number: last.number + i, cells: last.cells})
	}
	return nil
}

func (s *odfSheet) startNote(r *odfReader) { r.openFlow() }

func (s *odfSheet) endNote(r *odfReader) {
	note := joinBlockTexts(r.endFlow())
	if note.text != "" {
		ref := columnName(s.column) + itoa(s.row+1) + " "
		s.notes = append(s.notes, block{kind: BlockNote, text: ref + note.text, links: shift(note.links, len(ref))})
	}
}

// columnName writes a column, counted from 0, in letters: A, Z, AA.
func columnName(column int) string {
	name := ""
	for column++; column > 0; column = (column - 1) / 26 {
		name = string(rune('A'+(column-1)%26)) + name
	}
	return name
}

func (r *odfReader) endSheet() {
	s := r.sheet
	r.sheet = nil
	number := len(r.pages) + 1
	if limit := r.odf.archive.limits.Pages; int64(number) > limit {
		r.failed = over("Pages", limit, "the spreadsheet has more sheets than are allowed")
		return
	}
	var blocks []block
	table, ok, err := s.grid.table()
	if err != nil {
		r.failed = err
		return
	}
	if ok {
		blocks = append(blocks, table)
	}
	blocks = append(blocks, s.drawn...)
	blocks = withComments(r.odf.src, r.odf.doc, number, blocks, s.notes)
	switch doc := r.odf.doc; {
	case s.hidden:
		doc.warn(number, WarnHiddenText, "the sheet is hidden; its text is here all the same")
	case s.hiddenRows > 0:
		doc.warn(number, WarnHiddenText, itoa(s.hiddenRows)+" rows are hidden; their text is here all the same")
	}
	leftOut(r.odf.doc, number, r.pictures-s.pictures, "picture")
	leftOut(r.odf.doc, number, r.objects-s.objects, "embedded object")
	r.pages = append(r.pages, compose(number, s.label, blocks))
}
