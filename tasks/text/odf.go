package text

import (
	"context"
	"encoding/xml"
	"path"
	"strings"
)

// extractODT reads an OpenDocument text (OASIS OpenDocument 1.3) as one page: the body, then its notes; headers and
// footers with Options.Full. Tracked deletions, hidden text and comments are left out.
func extractODT(ctx context.Context, src *source, doc *Document) error {
	d, err := openODF(ctx, src, doc)
	if err != nil {
		return err
	}
	body, err := d.content()
	if err != nil {
		return err
	}
	blocks := withFurniture(src, doc, d.styles.headers, body.blocks(), d.styles.footers)
	blocks = append(blocks, body.notes...)
	doc.Pages = append(doc.Pages, compose(1, "", blocks))
	if len(body.pages) > 0 {
		// A spreadsheet or presentation whose media type is missing.
		doc.Pages = body.pages
	}
	if body.hidden {
		doc.warn(0, WarnHiddenText, "text that is marked as hidden was left out")
	}
	leftOut(doc, 0, body.pictures, "picture")
	leftOut(doc, 0, body.objects, "embedded object")
	leftOut(doc, 0, body.comments, "comment")
	return d.carryAll(0, body.carried)
}

// extractODS reads an OpenDocument spreadsheet, a page a sheet. Cells hold their text as it is shown.
func extractODS(ctx context.Context, src *source, doc *Document) error {
	return extractODFPages(ctx, src, doc)
}

// extractODP reads an OpenDocument presentation or drawing, a page a slide.
func extractODP(ctx context.Context, src *source, doc *Document) error {
	return extractODFPages(ctx, src, doc)
}

func extractODFPages(ctx context.Context, src *source, doc *Document) error {
	d, err := openODF(ctx, src, doc)
	if err != nil {
		return err
	}
	body, err := d.content()
	if err != nil {
		return err
	}
	doc.Pages = append(doc.Pages, body.pages...)
	if len(doc.Pages) == 0 {
		// A file whose media type does not say what is in it.
		doc.Pages = append(doc.Pages, compose(1, "", body.blocks()))
	}
	return d.carryAll(0, body.carried)
}

// odf is an OpenDocument package.
type odf struct {
	ctx     context.Context
	src     *source
	archive *archive
	doc     *Document
	styles  *odfStyles
	// inside counts the objects that are being read inside one another.
	inside int
}

const odfKind = "an OpenDocument file"

func openODF(ctx context.Context, src *source, doc *Document) (*odf, error) {
	container, err := openArchive(src)
	if err != nil {
		return nil, err
	}
	d := &odf{ctx: ctx, src: src, archive: container, doc: doc, styles: newODFStyles()}
	manifest := &manifestReader{}
	if err := d.side("META-INF/manifest.xml", manifest); err != nil {
		return nil, err
	}
	if manifest.encrypted {
		return nil, fail(EncryptedDocument, "the document is protected with a password: save it without one")
	}
	if err := d.side("meta.xml", &odfMeta{meta: &doc.Metadata}); err != nil {
		return nil, err
	}
	if err := d.side("styles.xml", newODFReader(d, "")); err != nil {
		return nil, err
	}
	return d, nil
}

// side reads a part that may be missing or damaged.
func (d *odf) side(name string, handler xmlHandler) error {
	if d.archive.files[name] == nil {
		return nil
	}
	return forgive(d.doc, 0, readPart(d.ctx, d.archive, name, odfKind, handler))
}

func (d *odf) content() (*odfReader, error) {
	body := newODFReader(d, "")
	if err := readPart(d.ctx, d.archive, "content.xml", odfKind, body); err != nil {
		return nil, err
	}
	return body, body.failed
}

// carryAll takes up embedded files that are documents of their own.
func (d *odf) carryAll(page int, names []string) error {
	seen := map[string]bool{}
	for _, name := range names {
		if seen[name] || d.archive.files[name] == nil {
			continue
		}
		seen[name] = true
		data, err := readBytes(d.archive, name)
		if err := forgive(d.doc, page, err); err != nil {
			return err
		}
		if err == nil {
			if err := d.src.attach(d.ctx, d.doc, path.Base(name), data); err != nil {
				return err
			}
		}
	}
	return nil
}

// manifestReader finds out whether a package is encrypted.
type manifestReader struct{ encrypted bool }

func (m *manifestReader) start(element xml.StartElement) {
	if element.Name.Local == "encryption-data" || element.Name.Local == "encrypted-key" {
		m.encrypted = true
	}
}
func (m *manifestReader) end(xml.Name) {}
func (m *manifestReader) text([]byte)  {}

// odfMeta reads meta.xml.
type odfMeta struct {
	meta    *Metadata
	current string
	value   strings.Builder
}

func (m *odfMeta) start(element xml.StartElement) {
	m.current = element.Name.Local
	m.value.Reset()
}
func (m *odfMeta) text(data []byte) { m.value.Write(data) }
func (m *odfMeta) end(name xml.Name) {
	value := strings.TrimSpace(m.value.String())
	if name.Local != m.current || value == "" {
		return
	}
	m.current = ""
	switch name.Local {
	case "title":
		m.meta.Title = value
	case "initial-creator":
		m.meta.Author = value
	case "creator":
		if m.meta.Author == "" {
			m.meta.Author = value
		}
	case "creation-date":
		m.meta.Created = parseTime(value)
	case "date":
		m.meta.Modified = parseTime(value)
	}
}

// odfStyles are what of the styles matters here: parents, list styles, headers and footers.
type odfStyles struct {
	parent, name map[string]string
	lists        map[string]*odfListStyle
	// listOf is the list style that a paragraph style brings along.
	listOf map[string]string
	// hidden are the character styles that hide, hiddenTables the styles of hidden sheets, and with "page " before the
	// name those of hidden slides.
	hidden, hiddenTables map[string]bool
	// unlisted are the paragraph styles that show no mark in a list.
	unlisted         map[string]bool
	outline          odfListStyle
	headers, footers []block
	seen             map[string]bool

	style, family string
	open          *odfListStyle
}

func newODFStyles() *odfStyles {
	return &odfStyles{
		parent: map[string]string{}, name: map[string]string{}, lists: map[string]*odfListStyle{}, listOf: map[string]string{},
		hidden: map[string]bool{}, hiddenTables: map[string]bool{}, seen: map[string]bool{}, unlisted: map[string]bool{},
	}
}

// odfListStyle has ten levels.
type odfListStyle [10]odfListLevel

type odfListLevel struct {
	known, number                  bool
	format, prefix, suffix, bullet string
	start, display                 int
}

func (s *odfStyles) start(element xml.StartElement) {
	switch local := element.Name.Local; local {
	case "style":
		s.style, s.family = attribute(element, "name"), attribute(element, "family")
		if parent := attribute(element, "parent-style-name"); parent != "" {
			s.parent[s.style] = parent
		}
		if list := attribute(element, "list-style-name"); list != "" {
			s.listOf[s.style] = list
		}
		if name := attribute(element, "display-name"); name != "" {
			s.name[s.style] = name
		}
	case "text-properties":
		if s.family == "text" && attribute(element, "display") == "none" {
			s.hidden[s.style] = true
		}
	case "paragraph-properties":
		if attribute(element, "enable-numbering") == "false" {
			s.unlisted[s.style] = true
		}
	case "drawing-page-properties":
		if attribute(element, "visibility") == "hidden" {
			s.hiddenTables["page "+s.style] = true
		}
	case "table-properties":
		if attribute(element, "display") == "false" {
			s.hiddenTables[s.style] = true
		}
	case "list-style":
		s.open = &odfListStyle{}
		s.lists[attribute(element, "name")] = s.open
	case "outline-style":
		s.open = &s.outline
	case "list-level-style-number", "list-level-style-bullet", "list-level-style-image", "outline-level-style":
		level := smallNumber(attribute(element, "level"), 1, 10)
		if s.open == nil {
			return
		}
		s.open[level-1] = odfListLevel{
			known: true, number: strings.HasSuffix(local, "number") || strings.HasPrefix(local, "outline"),
			format: attribute(element, "num-format"), prefix: attribute(element, "num-prefix"), suffix: attribute(element, "num-suffix"),
			bullet: attribute(element, "bullet-char"),
			start:  smallNumber(attribute(element, "start-value"), 1, 1_000_000), display: smallNumber(attribute(element, "display-levels"), 1, 10),
		}
	}
}

func (s *odfStyles) end(local string) {
	switch local {
	case "style":
		s.style, s.family = "", ""
	case "list-style", "outline-style":
		s.open = nil
	}
}

// is says whether a paragraph style is, or is derived from, the style with a name.
func (s *odfStyles) is(style, name string) bool {
	for range 20 {
		if style == name || s.name[style] == name {
			return true
		}
		parent, ok := s.parent[style]
		if !ok {
			return false
		}
		style = parent
	}
	return false
}

// list returns the list style of a paragraph style.
func (s *odfStyles) list(style string) string {
	for range 20 {
		if list := s.listOf[style]; list != "" {
			return list
		}
		parent, ok := s.parent[style]
		if !ok {
			return ""
		}
		style = parent
	}
	return ""
}

// smallNumber reads a number between least and most; anything else is the nearer of them.
func smallNumber(value string, least, most int) int {
	n := 0
	for _, c := range value {
		if c < '0' || c > '9' {
			return least
		}
		if n = n*10 + int(c-'0'); n > most {
			return most
		}
	}
	return max(n, least)
}

// label writes the number of a list level with those of the levels above that it shows.
func (s *odfListStyle) label(depth int, counters *[10]int) string {
	level := s[depth]
	switch {
	case !level.known || !level.number:
		return "-"
	case level.format == "":
		return strings.TrimSpace(level.prefix + level.suffix)
	}
	var parts []string
	for at := max(depth-level.display+1, 0); at <= depth; at++ {
		if above := s[at]; at < depth && (!above.number || above.format == "") {
			continue
		}
		n := counters[at]
		if n == 0 {
			n = max(s[at].start, 1)
		}
		parts = append(parts, odfNumber(n, s[at].format))
	}
	return level.prefix + strings.Join(parts, ".") + level.suffix
}

func odfNumber(n int, format string) string {
	switch format {
	case "a":
		return strings.ToLower(letters(n))
	case "A":
		return letters(n)
	case "i":
		return strings.ToLower(roman(n))
	case "I":
		return roman(n)
	}
	// The formats of East Asia are given by their first signs: "一, 二, 三, ...".
	for first, name := range odfFormats {
		if strings.HasPrefix(format, first) {
			return formatNumber(n, name)
		}
	}
	return itoa(n)
}

var odfFormats = map[string]string{
	"一": "japaneseCounting", "〇": "taiwaneseDigital", "１": "decimalFullWidth", "①": "decimalEnclosedCircle", "ア": "aiueo", "ｱ": "aiueo",
	"イ": "iroha", "ｲ": "iroha",
}
