package text

import (
	"context"
	"encoding/xml"
	"math"
	"sort"
	"strconv"
	"strings"
)

// extractXLSX reads a SpreadsheetML document (ISO/IEC 29500-1, 18), a page a sheet: its cells as a table, written as
// their number formats show them, then what its drawings say and the comments. Formulas are there as the values they
// had when the workbook was saved. Columns without any value are left out.
func extractXLSX(ctx context.Context, src *source, doc *Document) error {
	container, err := openOOXML(ctx, src, doc, "an Excel workbook")
	if err != nil {
		return err
	}
	d := &xlsx{ooxml: container, cells: &cellCount{limit: src.limits.Cells}, people: map[string]string{}}
	main, err := d.mainPart("xl/workbook.xml")
	if err != nil {
		return err
	}
	if strings.HasSuffix(main, ".bin") {
		return unsupported("a binary Excel workbook (save it as XLSX)")
	}
	related, err := d.relationships(main)
	if err != nil {
		return err
	}
	workbook := &workbookReader{}
	if err := d.read(main, workbook); err != nil {
		return err
	}
	d.from1904 = workbook.from1904
	if n := int64(len(workbook.sheets)); n > src.limits.Pages {
		return over("Pages", src.limits.Pages, "the workbook has %d sheets", n)
	}
	shared, err := sidePart(d.ooxml, related.first("sharedStrings"), &stringReader{limit: src.limits.TextBytes})
	if err != nil {
		return err
	}
	if shared.over {
		return over("TextBytes", src.limits.TextBytes, "the workbook has more text than is allowed")
	}
	d.strings = shared.list
	if d.styles, err = sidePart(d.ooxml, related.first("styles"), &cellStyles{}); err != nil {
		return err
	}
	for _, name := range related.all("person") {
		if _, err := sidePart(d.ooxml, name, personReader(d.people)); err != nil {
			return err
		}
	}
	for i, sheet := range workbook.sheets {
		page, err := d.sheet(i+1, sheet, related.byID(sheet.id))
		if err != nil {
			return err
		}
		doc.Pages = append(doc.Pages, page)
	}
	return d.properties()
}

type xlsx struct {
	*ooxml
	from1904 bool
	strings  []string
	styles   *cellStyles
	people   map[string]string
	cells    *cellCount
}

// cellCount counts the cells of a document's sheets, empty ones between others included.
type cellCount struct{ count, limit int64 }

func (c *cellCount) add(n int64) bool {
	c.count += n
	return c.count <= c.limit
}

func (c *cellCount) err() *Error {
	return over("Cells", c.limit, "the sheets have more cells than are allowed")
}

type sheetEntry struct {
	name, id string
	hidden   bool
}

type workbookReader struct {
	sheets   []sheetEntry
	from1904 bool
}

func (w *workbookReader) start(element xml.StartElement) {
	switch element.Name.Local {
	case "sheet":
		w.sheets = append(w.sheets, sheetEntry{
			name: attribute(element, "name"), id: attribute(element, "id"),
			hidden: strings.Contains(strings.ToLower(attribute(element, "state")), "hidden"),
		})
	case "workbookPr":
		w.from1904 = isTrue(attribute(element, "date1904"))
	}
}
func (w *workbookReader) end(xml.Name) {}
func (w *workbookReader) text([]byte)  {}

// stringReader reads the shared strings (18.4): rich text is joined, its readings in kana are left out.
type stringReader struct {
	limit, size int64
	over        bool

	list     []string
	current  strings.Builder
	in       bool
	phonetic int
}

func (r *stringReader) start(element xml.StartElement) {
	switch element.Name.Local {
	case "si":
		r.current.Reset()
	case "rPh":
		r.phonetic++
	case "t":
		r.in = r.phonetic == 0
	}
}

func (r *stringReader) text(data []byte) {
	if r.in && !r.over {
		if r.size += int64(len(data)); r.size > r.limit {
			r.over = true
		}
		r.current.Write(data)
	}
}

func (r *stringReader) end(name xml.Name) {
	switch name.Local {
	case "si":
		r.list = append(r.list, unescapeCell(r.current.String()))
	case "rPh":
		r.phonetic--
	case "t":
		r.in = false
	}
}

// unescapeCell resolves _x000D_ and the like (22.9.2.19): characters that XML cannot hold.
func unescapeCell(s string) string {
	if !strings.Contains(s, "_x") {
		return s
	}
	var out strings.Builder
	for {
		before, after, found := strings.Cut(s, "_x")
		out.WriteString(before)
		if !found {
			return out.String()
		}
		if len(after) > 4 && after[4] == '_' {
			if code, err := strconv.ParseUint(after[:4], 16, 32); err == nil {
				out.WriteRune(rune(code))
				s = after[5:]
				continue
			}
		}
		out.WriteString("_x")
		s = after
	}
}

// cellStyles reads the number formats of styles.xml (18.8).
type cellStyles struct {
	codes   map[int]string
	formats []int
	in      bool
	parsed  map[int]*numberFormat
}

func (s *cellStyles) start(element xml.StartElement) {
	switch element.Name.Local {
	case "numFmt":
		id, err := strconv.Atoi(attribute(element, "numFmtId"))
		if err == nil && !s.in {
			if s.codes == nil {
				s.codes = map[int]string{}
			}
			s.codes[id] = attribute(element, "formatCode")
		}
	case "cellXfs":
		s.in = true
	case "xf":
		if s.in {
			id, _ := strconv.Atoi(attribute(element, "numFmtId"))
			s.formats = append(s.formats, id)
		}
	}
}

func (s *cellStyles) end(name xml.Name) {
	if name.Local == "cellXfs" {
		s.in = false
	}
}
func (s *cellStyles) text([]byte) {}

var generalFormat = &numberFormat{general: true}

func (s *cellStyles) format(style int) *numberFormat {
	if style < 0 || style >= len(s.formats) {
		return generalFormat
	}
	id := s.formats[style]
	if known := s.parsed[id]; known != nil {
		return known
	}
	code, ok := s.codes[id]
	if !ok {
		code = builtinFormats[id]
	}
	if s.parsed == nil {
		s.parsed = map[int]*numberFormat{}
	}
	s.parsed[id] = parseNumberFormat(code)
	return s.parsed[id]
}

func (d *xlsx) sheet(number int, sheet sheetEntry, part relation) (Page, error) {
	page := Page{Number: number, Label: oneLine(sheet.name)}
	if d.archive.files[part.target] == nil {
		d.doc.warn(number, WarnPageUnreadable, "the sheet's part is missing")
		return page, nil
	}
	related, err := d.relationships(part.target)
	if err != nil {
		return page, err
	}
	grid := &sheetGrid{count: d.cells}
	reader := &sheetReader{xlsx: d, grid: grid, related: related}
	err = d.read(part.target, reader)
	switch {
	case reader.failed != nil:
		return page, reader.failed
	case err != nil:
		// What was read until the damage stays.
		if err := forgive(d.doc, number, err); err != nil {
			return page, err
		}
		d.doc.Warnings[len(d.doc.Warnings)-1].Code = WarnPageUnreadable
	}
	var blocks []block
	table, ok, failed := grid.table()
	if failed != nil {
		return page, failed
	}
	if ok {
		blocks = append(blocks, table)
	}
	drawn, err := d.drawings(number, related)
	if err != nil {
		return page, err
	}
	blocks = append(blocks, drawn...)
	comments, err := d.comments(related)
	if err != nil {
		return page, err
	}
	blocks = withComments(d.src, d.doc, number, blocks, comments)
	if sheet.hidden {
		d.doc.warn(number, WarnHiddenText, "the sheet is hidden; its text is here all the same")
	} else if reader.hiddenRows > 0 {
		d.doc.warn(number, WarnHiddenText, strconv.Itoa(reader.hiddenRows)+" rows are hidden; their text is here all the same")
	} else if reader.hidesColumns() {
		d.doc.warn(number, WarnHiddenText, "columns are hidden; their text is here all the same")
	}
	if err := d.embedded(number, related); err != nil {
		return page, err
	}
	return compose(number, page.Label, blocks), nil
}

// sheetGrid gathers the cells of a sheet.
type sheetGrid struct {
	rows  []sheetRow
	count *cellCount
	// used says of each column whether it has a value.
	used []bool
	// links are those of the cells that have any.
	links [][]Link
}

type sheetRow struct {
	number int
	cells  []sheetCell
}

// sheetCell is kept small: there may be millions.
type sheetCell struct {
	text string
	// links is the place in sheetGrid.links, counted from 1; 0 means none.
	column, links int32
}

// lastColumn is the last column of a sheet, XFD.
const lastColumn = 16_384

func (g *sheetGrid) row(number int) {
	if n := len(g.rows); n > 0 && len(g.rows[n-1].cells) == 0 {
		g.rows[n-1].number = number
		return
	}
	g.rows = append(g.rows, sheetRow{number: number})
}

func (g *sheetGrid) set(column int, content cellText) {
	if content.text == "" || column < 0 || column >= lastColumn || len(g.rows) == 0 {
		return
	}
	for len(g.used) <= column {
		g.used = append(g.used, false)
	}
	g.used[column] = true
	row := &g.rows[len(g.rows)-1]
	cell := sheetCell{text: content.text, column: int32(column)}
	if len(content.links) > 0 {
		g.links = append(g.links, content.links)
		cell.links = int32(len(g.links))
	}
	row.cells = append(row.cells, cell)
}

// link makes a link of the cell at row and column.
func (g *sheetGrid) link(number, column int, url string) {
	at := sort.Search(len(g.rows), func(i int) bool { return g.rows[i].number >= number })
	if at == len(g.rows) || g.rows[at].number != number {
		return
	}
	for i := range g.rows[at].cells {
		if cell := &g.rows[at].cells[i]; int(cell.column) == column && cell.links == 0 {
			g.links = append(g.links, []Link{{End: len(cell.text), URL: url}})
			cell.links = int32(len(g.links))
			return
		}
	}
}

// table writes the cells, a line a row. Empty rows and columns are left out.
func (g *sheetGrid) table() (block, bool, error) {
	place := make([]int, len(g.used))
	columns := 0
	for i, used := range g.used {
		place[i] = columns
		if used {
			columns++
		}
	}
	var out strings.Builder
	b := block{kind: BlockTable}
	for _, row := range g.rows {
		if len(row.cells) == 0 {
			continue
		}
		if !sort.SliceIsSorted(row.cells, func(i, j int) bool { return row.cells[i].column < row.cells[j].column }) {
			sort.SliceStable(row.cells, func(i, j int) bool { return row.cells[i].column < row.cells[j].column })
		}
		if out.Len() > 0 {
			out.WriteByte('\n')
		}
		column := 0
		for _, cell := range row.cells {
			// Cells with a value have been counted before.
			if !g.count.add(int64(max(place[cell.column]-column-1, 0))) {
				return b, false, g.count.err()
			}
			for ; column < place[cell.column]; column++ {
				out.WriteByte('\t')
			}
			at := out.Len()
			out.WriteString(cell.text)
			if cell.links == 0 {
				continue
			}
			for _, link := range g.links[cell.links-1] {
				b.links = append(b.links, Link{Start: at + link.Start, End: at + link.End, URL: link.URL})
			}
		}
	}
	b.text = out.String()
	return b, b.text != "", nil
}

// oneLineCell squeezes a cell's text; most need nothing.
func oneLineCell(s string) string {
	if plainText(s) && !strings.Contains(s, "  ") {
		return strings.Trim(s, " ")
	}
	return squeeze(s, nil).text
}

// sheetReader reads the cells of a sheet (18.3).
type sheetReader struct {
	*xlsx

	grid       *sheetGrid
	related    relations
	failed     error
	hiddenRows int
	// hiddenColumns are ranges of columns.
	hiddenColumns [][2]int
	size          int64

	row, column int
	kind        string
	style       int
	value       []byte
	inValue     bool
	phonetic    int
}

func (r *sheetReader) start(element xml.StartElement) {
	switch element.Name.Local {
	case "row":
		r.startRow(element)
	case "c":
		r.startCell(element)
	case "col":
		if isTrue(attribute(element, "hidden")) {
			r.hiddenColumns = append(r.hiddenColumns, [2]int{smallNumber(attribute(element, "min"), 1, lastColumn), smallNumber(attribute(element, "max"), 1, lastColumn)})
		}
	case "v":
		r.inValue, r.value = true, r.value[:0]
	case "is":
		r.value = r.value[:0]
	case "rPh":
		r.phonetic++
	case "t":
		r.inValue = r.kind == "inlineStr" && r.phonetic == 0
	case "hyperlink":
		if url := r.related.url(attribute(element, "id")); url != "" {
			first, _, _ := strings.Cut(attribute(element, "ref"), ":")
			if row, column, ok := cellReference(first); ok {
				r.grid.link(row, column, url)
			}
		}
	}
}

// hidesColumns says whether a hidden column has a value.
func (r *sheetReader) hidesColumns() bool {
	for _, span := range r.hiddenColumns {
		for column := span[0] - 1; column < min(span[1], len(r.grid.used)); column++ {
			if r.grid.used[column] {
				return true
			}
		}
	}
	return false
}

func (r *sheetReader) startRow(element xml.StartElement) {
	r.row++
	r.column = -1
	hidden := false
	for _, a := range element.Attr {
		switch a.Name.Local {
		case "r":
			if n, err := strconv.Atoi(a.Value); err == nil && n > 0 {
				r.row = n
			}
		case "hidden":
			hidden = isTrue(a.Value)
		}
	}
	if hidden {
		r.hiddenRows++
	}
	r.grid.row(r.row)
}

func (r *sheetReader) startCell(element xml.StartElement) {
	r.kind, r.style, r.value = "n", 0, r.value[:0]
	r.column++
	if len(r.grid.rows) == 0 {
		r.grid.row(1)
	}
	for _, a := range element.Attr {
		switch a.Name.Local {
		case "r":
			if _, column, ok := cellReference(a.Value); ok {
				r.column = column
			}
		case "t":
			r.kind = a.Value
		case "s":
			r.style, _ = strconv.Atoi(a.Value)
		}
	}
}

func (r *sheetReader) text(data []byte) {
	if r.inValue && r.failed == nil {
		r.value = append(r.value, data...)
	}
}

func (r *sheetReader) end(name xml.Name) {
	switch name.Local {
	case "v", "t":
		r.inValue = false
	case "rPh":
		r.phonetic--
	case "c":
		if r.failed != nil || len(r.value) == 0 {
			return
		}
		text := oneLineCell(r.cell())
		if r.size += int64(len(text)); r.size > r.archive.limits.TextBytes {
			r.failed = over("TextBytes", r.archive.limits.TextBytes, "the sheet has more text than is allowed, at row %d", r.row)
			return
		}
		if !r.cells.add(1) {
			r.failed = r.cells.err()
			return
		}
		r.grid.set(r.column, cellText{text: text})
	}
}

// cell writes the value of a cell as it is shown.
func (r *sheetReader) cell() string {
	value := string(r.value)
	switch r.kind {
	case "s":
		if n, err := strconv.Atoi(strings.TrimSpace(value)); err == nil && n >= 0 && n < len(r.strings) {
			return r.strings[n]
		}
		return ""
	case "str", "inlineStr":
		return unescapeCell(value)
	case "b":
		if isTrue(strings.TrimSpace(value)) {
			return "TRUE"
		}
		return "FALSE"
	case "e":
		return value
	case "d":
		if at := parseTime(strings.TrimSuffix(value, "Z")); at != nil {
			days := at.Sub(spreadsheetEpoch).Hours() / 24
			if format := r.styles.format(r.style); !format.general {
				return format.format(days, false)
			}
		}
		return value
	}
	number, err := strconv.ParseFloat(strings.TrimSpace(value), 64)
	if err != nil || math.IsInf(number, 0) || math.IsNaN(number) {
		return value
	}
	return r.styles.format(r.style).format(number, r.from1904)
}

// cellReference reads "BC12" as row 12 and column 54, counted from 0.
func cellReference(s string) (row, column int, ok bool) {
	at := 0
	for ; at < len(s) && at < 4; at++ {
		c := s[at] &^ 0x20
		if c < 'A' || c > 'Z' {
			break
		}
		column = column*26 + int(c-'A') + 1
	}
	row, err := strconv.Atoi(s[at:])
	return row, column - 1, err == nil && column > 0 && column <= lastColumn
}

// drawings reads the text boxes and charts of a sheet.
func (d *xlsx) drawings(number int, related relations) ([]block, error) {
	var blocks []block
	for _, name := range related.all("drawing") {
		if d.archive.files[name] == nil {
			continue
		}
		own, err := d.relationships(name)
		if err != nil {
			return nil, err
		}
		reader, err := sidePart(d.ooxml, name, &shapeReader{related: own, graphic: d.graphic})
		if err != nil {
			return nil, err
		}
		if reader.failed != nil {
			return nil, reader.failed
		}
		blocks = append(blocks, reader.root.blocks(nil)...)
		leftOut(d.doc, number, reader.pictures, "picture")
	}
	return blocks, nil
}

// personReader reads who writes threaded comments.
type personReader map[string]string

func (p personReader) start(element xml.StartElement) {
	if element.Name.Local == "person" {
		p[attribute(element, "id")] = attribute(element, "displayName")
	}
}
func (p personReader) end(xml.Name) {}
func (p personReader) text([]byte)  {}

// comments reads the comments of a sheet. Where a cell has a thread, the old kind of comment only repeats it.
func (d *xlsx) comments(related relations) ([]block, error) {
	var blocks []block
	threaded := map[string]bool{}
	for _, kind := range []string{"threadedComment", "comments"} {
		for _, name := range related.all(kind) {
			if d.archive.files[name] == nil {
				continue
			}
			reader, err := sidePart(d.ooxml, name, &sheetComments{people: d.people, threaded: threaded})
			if err != nil {
				return nil, err
			}
			blocks = append(blocks, reader.blocks...)
		}
	}
	return blocks, nil
}

// sheetComments reads the comments part of a sheet (18.7) or a part of threaded comments.
type sheetComments struct {
	people   map[string]string
	threaded map[string]bool
	authors  []string
	blocks   []block

	ref, author string
	skip        bool
	words       strings.Builder
	inText      bool
	phonetic    int
}

func (r *sheetComments) start(element xml.StartElement) {
	switch element.Name.Local {
	case "author", "t":
		r.inText = r.phonetic == 0
	case "rPh":
		r.phonetic++
	case "text":
		// In a thread the text stands right in it, else in runs.
		r.inText = r.threaded[r.ref] && !r.skip
	case "comment":
		r.ref, r.author = attribute(element, "ref"), ""
		if n, err := strconv.Atoi(attribute(element, "authorId")); err == nil && n >= 0 && n < len(r.authors) {
			r.author = r.authors[n]
		}
		r.skip = r.threaded[r.ref]
		r.words.Reset()
	case "threadedComment":
		r.ref, r.author, r.skip = attribute(element, "ref"), r.people[attribute(element, "personId")], false
		r.threaded[r.ref] = true
		r.words.Reset()
	}
}

func (r *sheetComments) text(data []byte) {
	if r.inText {
		r.words.Write(data)
	}
}

func (r *sheetComments) end(name xml.Name) {
	switch name.Local {
	case "t", "text":
		r.inText = false
	case "rPh":
		r.phonetic--
	case "author":
		r.authors = append(r.authors, strings.TrimSpace(r.words.String()))
		r.words.Reset()
		r.inText = false
	case "comment", "threadedComment":
		text := oneLine(r.words.String())
		if r.words.Reset(); text == "" || r.skip {
			return
		}
		// The first kind of comment begins with its author's name as a rule.
		if author := oneLine(r.author); author != "" && !strings.HasPrefix(text, author) {
			text = author + ": " + text
		}
		r.blocks = append(r.blocks, block{kind: BlockNote, text: strings.TrimSpace(r.ref + " " + text)})
	}
}
