package text

import (
	"encoding/xml"
	"path"
	"strconv"
	"strings"
)

// odfReader reads content.xml, styles.xml and the content of embedded objects: text documents into blocks,
// spreadsheets and presentations into pages.
type odfReader struct {
	odf *odf
	// base is the folder of the part: that of an embedded object, or "".
	base string

	flowStack

	failed            error
	notes             []block
	pages             []Page
	carried           []string
	pictures, objects int
	comments          int
	// blanks counts those that elements stand for.
	blanks      int64
	hidden      bool
	spreadsheet bool

	paragraphs []*odfParagraph
	// lists are the open lists; outline counts headings.
	lists    []odfList
	outline  [10]int
	counters map[string]*[10]int

	skip int
	// hiddenSpans counts the open spans of a hidden style, spans says of each open span whether it is one.
	hiddenSpans int
	spans       []bool
	noteMarks   int
	// frames says of each open frame what of it has been shown: an object stands before its picture.
	frames []odfFrame

	// sheet is the open sheet of a spreadsheet, slide the open page of a presentation.
	sheet     *odfSheet
	slide     *odfSlide
	cellCount *cellCount
	math      strings.Builder
	inMath    bool
}

type odfParagraph struct {
	inlineText

	style   string
	heading int
	hidden  bool
	boxes   []block
}

type odfFrame struct{ shown bool }

func newODFReader(d *odf, base string) *odfReader {
	return &odfReader{odf: d, base: base, flowStack: newFlowStack(), counters: map[string]*[10]int{}}
}

// odfSkipped are elements that hold no text of the document: deletions, comments, forms, descriptions of pictures,
// templates of indexes, declarations.
func odfSkipped(local string) bool {
	switch local {
	case "tracked-changes", "ruby-text", "forms", "title", "desc", "scripts", "font-face-decls", "sequence-decls",
		"variable-decls", "user-field-decls", "dde-connection-decls", "note-citation", "event-listeners", "calculation-settings",
		"content-validations", "named-expressions", "database-ranges", "footer-decl", "header-decl", "date-time-decl",
		"binary-data", "meta", "settings", "notes-configuration", "linenumbering-configuration", "number-style", "date-style",
		"time-style", "percentage-style", "currency-style", "boolean-style", "text-style", "page-layout", "label-ranges",
		"data-pilot-tables", "consolidation", "iteration":
		return true
	}
	return strings.HasSuffix(local, "-source") && local != "table-source"
}

func (r *odfReader) paragraph() *odfParagraph {
	if n := len(r.paragraphs); n > 0 {
		return r.paragraphs[n-1]
	}
	return nil
}

func (r *odfReader) start(element xml.StartElement) {
	local := element.Name.Local
	if r.skip > 0 {
		r.skip++
		return
	}
	if r.inMath {
		return
	}
	if odfSkipped(local) && element.Name.Space != "chart" || r.failed != nil {
		r.skip = 1
		return
	}
	switch local {
	case "annotation":
		if r.sheet != nil {
			r.sheet.startNote(r)
			return
		}
		r.comments++
		r.skip = 1
	case "h":
		level := smallNumber(attribute(element, "outline-level"), 1, 10)
		r.paragraphs = append(r.paragraphs, &odfParagraph{style: attribute(element, "style-name"), heading: level})
	case "p":
		r.startParagraph(element)
	case "list":
		r.startList(element)
	case "list-item", "list-header":
		r.startItem(local, element)
	case "table":
		r.startTable(element)
	case "table-row":
		if r.sheet != nil {
			r.sheet.startRow(element)
			return
		}
		r.openRow()
	case "table-cell", "covered-table-cell":
		if r.sheet != nil {
			r.sheet.startCell(r, element, local == "covered-table-cell")
			return
		}
		r.openCell()
	case "spreadsheet":
		r.spreadsheet = true
	case "page":
		if r.slide == nil && r.base == "" {
			r.startSlide(element)
		}
	case "notes":
		if r.slide != nil {
			r.slide.notes++
		}
	case "math":
		r.inMath = true
		r.math.Reset()
	case "header", "header-left", "header-first", "footer", "footer-left", "footer-first":
		if r.slide == nil {
			r.openFlow()
		}
	default:
		r.odf.styles.start(element)
		r.inline(local, element)
	}
}

func (r *odfReader) startParagraph(element xml.StartElement) {
	style := attribute(element, "style-name")
	p := &odfParagraph{style: style}
	if r.slide == nil && r.sheet == nil {
		switch styles := r.odf.styles; {
		case styles.is(style, "Title"):
			p.heading = 1
		case styles.is(style, "Subtitle"):
			p.heading = 2
		}
	}
	r.paragraphs = append(r.paragraphs, p)
}

// inline handles what stands in paragraphs and frames.
func (r *odfReader) inline(local string, element xml.StartElement) {
	switch local {
	case "frame", "custom-shape", "rect", "ellipse", "circle", "line", "polyline", "polygon", "path", "connector", "caption", "regular-polygon", "measure", "g":
		r.startShape(local, element)
		return
	case "text-box":
		r.markShown()
		return
	case "image":
		if n := len(r.frames); n == 0 || !r.frames[n-1].shown {
			r.pictures++
			r.markShown()
		}
		r.skip = 1
		return
	case "object", "object-ole", "plugin", "applet", "floating-frame":
		r.object(local, element)
		return
	case "span":
		hides := r.odf.styles.hidden[attribute(element, "style-name")]
		r.spans = append(r.spans, hides)
		if hides {
			r.hiddenSpans++
		}
		return
	case "hidden-paragraph":
		if p := r.paragraph(); p != nil && attribute(element, "is-hidden") == "true" {
			p.hidden = true
		}
		return
	case "hidden-text":
		if attribute(element, "is-hidden") == "true" {
			r.hidden = true
			r.skip = 1
		}
		return
	case "note":
		r.noteMarks++
		if p := r.paragraph(); p != nil {
			p.write(noteMark(r.noteMarks))
		}
		return
	case "note-body":
		r.openFlow()
		return
	}
	p := r.paragraph()
	if p == nil || r.hiddenSpans > 0 {
		return
	}
	switch local {
	case "s":
		const most = 100
		n := smallNumber(attribute(element, "c"), 1, most)
		if r.blanks += int64(n); r.blanks > r.odf.archive.limits.TextBytes/4 {
			r.failed = over("TextBytes", r.odf.archive.limits.TextBytes, "the document has more blanks than text is allowed")
			return
		}
		p.write(strings.Repeat(" ", n))
	case "tab":
		p.writeByte('\t')
	case "line-break":
		p.writeByte('\n')
	case "a":
		if url := attribute(element, "href"); url != "" && !strings.HasPrefix(url, "#") {
			p.openLink(url)
		}
	}
}

func (r *odfReader) markShown() {
	if n := len(r.frames); n > 0 {
		r.frames[n-1].shown = true
	}
}

func (r *odfReader) text(data []byte) {
	if r.skip > 0 {
		return
	}
	if r.inMath {
		r.math.Write(data)
		return
	}
	p := r.paragraph()
	if p == nil {
		return
	}
	if r.hiddenSpans > 0 {
		r.hidden = r.hidden || strings.TrimSpace(string(data)) != ""
		return
	}
	// White space is squeezed (6.1.2 of part 3); blanks that count are elements.
	space := false
	for _, b := range data {
		if b == ' ' || b == '\n' || b == '\t' || b == '\r' {
			space = true
			continue
		}
		if space {
			p.space()
			space = false
		}
		p.writeByte(b)
	}
	if space {
		p.space()
	}
}

// space writes a blank unless one stands there already.
func (p *odfParagraph) space() {
	if written := p.out.String(); written != "" && written[len(written)-1] != ' ' && written[len(written)-1] != '\n' {
		p.writeByte(' ')
	}
}

func (r *odfReader) end(name xml.Name) {
	if r.skip > 0 {
		r.skip--
		return
	}
	local := name.Local
	if r.inMath {
		if local == "math" {
			r.inMath = false
			if text := oneLine(r.math.String()); text != "" {
				r.add(block{kind: BlockParagraph, text: text})
			}
		}
		return
	}
	switch local {
	case "annotation":
		if r.sheet != nil {
			r.sheet.endNote(r)
		}
	case "h", "p":
		r.endParagraph()
	case "list":
		if n := len(r.lists); n > 0 {
			r.lists = r.lists[:n-1]
		}
	case "table":
		r.finishTable()
	case "table-row":
		if r.sheet != nil {
			r.failed = r.sheet.endRow(r)
			return
		}
		r.endRow()
	case "table-cell", "covered-table-cell":
		if r.sheet != nil {
			r.sheet.endCell(r)
			return
		}
		r.endCell()
	case "page":
		if r.slide != nil {
			r.endSlide()
		}
	case "notes":
		if r.slide != nil {
			r.slide.notes--
		}
	case "span":
		if n := len(r.spans); n > 0 {
			if r.spans[n-1] {
				r.hiddenSpans--
			}
			r.spans = r.spans[:n-1]
		}
	case "a":
		if p := r.paragraph(); p != nil {
			p.closeLink()
		}
	case "note-body":
		note := joinBlockTexts(r.endFlow())
		if note.text != "" {
			mark := noteMark(r.noteMarks) + " "
			r.notes = append(r.notes, block{kind: BlockNote, text: mark + note.text, links: shift(note.links, len(mark))})
		}
	case "frame", "custom-shape", "rect", "ellipse", "circle", "line", "polyline", "polygon", "path", "connector", "caption", "regular-polygon", "measure", "g":
		r.endShape()
	case "header", "header-left", "header-first", "footer", "footer-left", "footer-first":
		r.endFurniture(local)
	default:
		r.odf.styles.end(local)
	}
}

// endFurniture keeps a header or footer, each different text once.
func (r *odfReader) endFurniture(local string) {
	if r.slide != nil {
		return
	}
	styles := r.odf.styles
	for _, b := range r.endFlow() {
		if styles.seen[b.text] || pageNumber.MatchString(b.text) {
			continue
		}
		styles.seen[b.text] = true
		if strings.HasPrefix(local, "header") {
			styles.headers = append(styles.headers, b)
		} else {
			styles.footers = append(styles.footers, b)
		}
	}
}

func (r *odfReader) endParagraph() {
	p := r.paragraph()
	if p == nil {
		return
	}
	content := p.finish()
	mark, level := "", 0
	if content.text != "" {
		mark, level = r.mark()
	}
	r.paragraphs = r.paragraphs[:len(r.paragraphs)-1]
	switch {
	case p.hidden:
		r.hidden = r.hidden || content.text != ""
	case content.text == "":
	case p.heading > 0:
		mark = strings.TrimLeft(mark, " ")
		if mark == "- " {
			mark = ""
		}
		if mark == "" && level == 0 {
			mark = r.headingNumber(p.heading)
		}
		r.add(block{kind: BlockHeading, level: min(p.heading, 6), text: mark + content.text, links: shift(content.links, len(mark))})
	case mark != "":
		r.add(block{kind: BlockListItem, level: level, text: mark + content.text, links: shift(content.links, len(mark))})
	default:
		r.add(block{kind: BlockParagraph, text: content.text, links: content.links})
	}
	r.add(p.boxes...)
}

// headingNumber counts a heading outside of lists by the outline style.
func (r *odfReader) headingNumber(level int) string {
	depth := min(level, 10) - 1
	outline := &r.odf.styles.outline
	if r.outline[depth] == 0 && outline[depth].start > 1 {
		r.outline[depth] = outline[depth].start - 1
	}
	r.outline[depth]++
	for deeper := depth + 1; deeper < len(r.outline); deeper++ {
		r.outline[deeper] = 0
	}
	if !outline[depth].known || outline[depth].format == "" {
		return ""
	}
	return outline.label(depth, &r.outline) + " "
}

// object reads an embedded object: a chart or another document in the package, or a file that is carried along.
func (r *odfReader) object(local string, element xml.StartElement) {
	if n := len(r.frames); n > 0 && r.frames[n-1].shown {
		r.skip = 1
		return
	}
	target := attribute(element, "href")
	if target == "" {
		// The object's XML may stand right here: a formula.
		r.markShown()
		return
	}
	r.skip = 1
	target = path.Join(r.base, path.Clean("/" + strings.TrimPrefix(target, "./"))[1:])
	content := path.Join(target, "content.xml")
	const deepest = 3
	if local != "object" || r.odf.archive.files[content] == nil || r.odf.inside >= deepest {
		if readableInside[strings.ToLower(path.Ext(target))] && r.odf.archive.files[target] != nil {
			r.carried = append(r.carried, target)
		} else {
			r.objects++
		}
		r.markShown()
		return
	}
	r.odf.inside++
	inner := newODFReader(r.odf, target)
	// Its styles must not change those of the document.
	styles := r.odf.styles
	r.odf.styles = newODFStyles()
	err := forgive(r.odf.doc, 0, readPart(r.odf.ctx, r.odf.archive, content, odfKind, inner))
	r.odf.styles = styles
	r.odf.inside--
	if r.failed = err; err == nil {
		r.failed = inner.failed
	}
	blocks := inner.blocks()
	for _, page := range inner.pages {
		for _, b := range page.Blocks {
			blocks = append(blocks, block{kind: b.Kind, level: b.Level, text: page.Text[b.Start:b.End]})
		}
	}
	if len(blocks) == 0 {
		r.objects++
	}
	r.markShown()
	if p := r.paragraph(); p != nil {
		p.boxes = append(p.boxes, blocks...)
		return
	}
	r.add(blocks...)
}

// startTable begins a sheet of a spreadsheet, or a table in text.
func (r *odfReader) startTable(element xml.StartElement) {
	if r.spreadsheet && r.sheet == nil && len(r.flows) == 1 {
		r.startSheet(element)
		return
	}
	if r.sheet != nil {
		r.sheet.nested++
	}
	r.openTable()
}

func (r *odfReader) finishTable() {
	if r.sheet != nil && r.sheet.nested == 0 {
		r.endSheet()
		return
	}
	if r.sheet != nil {
		r.sheet.nested--
	}
	r.endTable()
}

// startShape begins a frame or shape. In a presentation it has its own place in the reading order.
func (r *odfReader) startShape(local string, element xml.StartElement) {
	r.frames = append(r.frames, odfFrame{shown: local != "frame"})
	if r.slide != nil {
		r.slide.open(local, element)
	}
	r.openFlow()
}

func (r *odfReader) endShape() {
	if n := len(r.frames); n > 0 {
		r.frames = r.frames[:n-1]
	} else {
		return
	}
	blocks := r.endFlow()
	switch p := r.paragraph(); {
	case r.slide != nil:
		r.slide.close(blocks)
	case p != nil:
		p.boxes = append(p.boxes, blocks...)
	case r.sheet != nil:
		r.sheet.drawn = append(r.sheet.drawn, blocks...)
	default:
		r.add(blocks...)
	}
}

// odfLength reads a length such as "2.54cm" in hundredths of a millimetre.
func odfLength(s string) (int64, bool) {
	units := map[string]float64{"cm": 1000, "mm": 100, "in": 2540, "pt": 35.28, "pc": 423.3, "px": 26.46}
	if len(s) < 3 {
		return 0, false
	}
	unit, ok := units[s[len(s)-2:]]
	value, err := strconv.ParseFloat(s[:len(s)-2], 64)
	if !ok || err != nil || value > 1e9 || value < -1e9 {
		return 0, false
	}
	return int64(value * unit), true
}
