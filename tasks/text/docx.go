package text

import (
	"context"
	"encoding/xml"
	"errors"
	"io/fs"
	"path"
	"regexp"
	"sort"
	"strings"
)

// extractDOCX reads a WordprocessingML document (ISO/IEC 29500-1, 17) as one page: headers, body, footers, then the
// footnotes and endnotes that the text refers to as [1], [2] … Tracked deletions, hidden text, field codes and comments
// are left out. Element names are matched without their prefix: the transitional and strict variants use different
// namespaces for the same names, and so do some producers.
func extractDOCX(ctx context.Context, src *source, doc *Document) error {
	container, err := openArchive(src)
	if err != nil {
		return err
	}
	d := &docx{ctx: ctx, archive: container, doc: doc}
	main, err := d.mainPart()
	if err != nil {
		return err
	}
	related, err := d.relationships(main)
	if err != nil {
		return err
	}

	styles, err := sidePart(d, related.first("styles"), &docxStyles{})
	if err != nil {
		return err
	}
	numbering, err := sidePart(d, related.first("numbering"), &docxNumbering{})
	if err != nil {
		return err
	}
	lists := newDOCXLists(styles, numbering)

	body := newDOCXBody(styles, lists)
	if err := d.read(main, body); err != nil {
		return err
	}
	blocks, err := d.furniture(related, "header", styles, lists)
	if err != nil {
		return err
	}
	blocks = append(blocks, body.blocks()...)
	footers, err := d.furniture(related, "footer", styles, lists)
	if err != nil {
		return err
	}
	blocks = append(blocks, footers...)
	notes, err := d.notes(related, body.notes, styles, lists)
	if err != nil {
		return err
	}
	blocks = append(blocks, notes...)

	if err := d.properties(); err != nil {
		return err
	}
	if body.hidden {
		doc.warn(0, WarnHiddenText, "text that is formatted as hidden was left out")
	}
	doc.Pages = []Page{compose(1, "", blocks)}
	return nil
}

type docx struct {
	ctx     context.Context
	archive *archive
	doc     *Document
}

// read runs one part through a handler.
func (d *docx) read(name string, handler xmlHandler) error {
	content, err := d.archive.open(name)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fail(CorruptDocument, "the part %s is missing: a Word document must have it", name)
		}
		return err
	}
	if err := readXML(d.ctx, content, name, d.archive.limits.XMLDepth, handler); err != nil {
		// The part has failed already; what closing it says would only hide why.
		_ = content.Close()
		return err
	}
	if err := content.Close(); err != nil {
		return fail(CorruptDocument, "the part %s cannot be unpacked: %w", name, err)
	}
	return nil
}

// sidePart reads a part that the text can do without: if it is damaged, that is a warning. A passed limit is not
// forgiven, wherever it happens.
func sidePart[H xmlHandler](d *docx, name string, handler H) (H, error) {
	if name == "" {
		return handler, nil
	}
	err := d.read(name, handler)
	var own *Error
	if errors.As(err, &own) && own.Code == CorruptDocument {
		d.doc.warn(0, WarnPartUnreadable, own.Message)
		return handler, nil
	}
	return handler, err
}

// docxRelations are the targets of a part's relationships, by the last word of their type, in order of the target.
type docxRelations map[string][]string

func (r docxRelations) first(kind string) string {
	if len(r[kind]) == 0 {
		return ""
	}
	return r[kind][0]
}

// relationshipReader reads a .rels part (ISO/IEC 29500-2, 9.3).
type relationshipReader struct {
	base    string
	targets docxRelations
}

func (r *relationshipReader) start(element xml.StartElement) {
	if element.Name.Local != "Relationship" || strings.EqualFold(attribute(element, "TargetMode"), "External") {
		return
	}
	kind := path.Base(attribute(element, "Type"))
	target := strings.ReplaceAll(attribute(element, "Target"), `\`, "/")
	if !strings.HasPrefix(target, "/") {
		target = path.Join(r.base, target)
	}
	r.targets[kind] = append(r.targets[kind], path.Clean(strings.TrimPrefix(target, "/")))
}
func (r *relationshipReader) end(xml.Name) {}
func (r *relationshipReader) text([]byte)  {}

// relationships reads the relationships of a part, or of the package when part is empty. None is not a fault.
func (d *docx) relationships(part string) (docxRelations, error) {
	folder, file := path.Split(part)
	reader := &relationshipReader{base: folder, targets: docxRelations{}}
	name := path.Join(folder, "_rels", file+".rels")
	if _, ok := d.archive.files[name]; !ok {
		return reader.targets, nil
	}
	if _, err := sidePart(d, name, reader); err != nil {
		return nil, err
	}
	for _, targets := range reader.targets {
		sort.Strings(targets)
	}
	return reader.targets, nil
}

func (d *docx) mainPart() (string, error) {
	related, err := d.relationships("")
	if err != nil {
		return "", err
	}
	name := related.first("officeDocument")
	if _, ok := d.archive.files[name]; ok {
		return name, nil
	}
	const usual = "word/document.xml"
	if _, ok := d.archive.files[usual]; ok {
		return usual, nil
	}
	return "", fail(CorruptDocument, "the container names no main part: a Word document has word/document.xml")
}

// pageNumber is a header or footer that says nothing but where one is, or nothing in letters at all.
var pageNumber = regexp.MustCompile(`(?i)^(?:\P{L}*|\W*(?:page|p\.|seite|página|pagina|第|頁|ページ)\W*\d+\W*(?:(?:of|von|de|di|sur)\W*\d+)?\W*(?:頁|ページ)?\W*)$`)

// furniture reads headers or footers, each different text once: sections often repeat them.
func (d *docx) furniture(related docxRelations, kind string, styles *docxStyles, lists *docxLists) ([]block, error) {
	var blocks []block
	seen := map[string]bool{}
	for _, name := range related[kind] {
		body, err := sidePart(d, name, newDOCXBody(styles, lists))
		if err != nil {
			return nil, err
		}
		for _, b := range body.blocks() {
			if !seen[b.text] && !pageNumber.MatchString(b.text) {
				seen[b.text] = true
				blocks = append(blocks, b)
			}
		}
	}
	return blocks, nil
}

// notes reads the footnotes and endnotes that the body refers to, in the order of the references.
func (d *docx) notes(related docxRelations, references []noteReference, styles *docxStyles, lists *docxLists) ([]block, error) {
	if len(references) == 0 {
		return nil, nil
	}
	texts := map[noteReference]string{}
	for _, kind := range []string{"footnote", "endnote"} {
		reader := &noteReader{kind: kind, styles: styles, lists: lists, texts: texts}
		if _, err := sidePart(d, related.first(kind+"s"), reader); err != nil {
			return nil, err
		}
	}
	var blocks []block
	for i, reference := range references {
		if text := texts[reference]; text != "" {
			blocks = append(blocks, block{kind: BlockNote, text: noteMark(i+1) + " " + text})
		}
	}
	return blocks, nil
}

// noteReader splits a footnotes or endnotes part into its notes.
type noteReader struct {
	kind   string
	styles *docxStyles
	lists  *docxLists
	texts  map[noteReference]string

	id   string
	body *docxBody
}

func (n *noteReader) start(element xml.StartElement) {
	if element.Name.Local == n.kind {
		n.id, n.body = attribute(element, "id"), newDOCXBody(n.styles, n.lists)
		return
	}
	if n.body != nil {
		n.body.start(element)
	}
}

func (n *noteReader) end(name xml.Name) {
	if n.body == nil {
		return
	}
	if name.Local == n.kind {
		n.texts[noteReference{n.kind, n.id}] = oneLine(joinBlocks(n.body.blocks()))
		n.body = nil
		return
	}
	n.body.end(name)
}

func (n *noteReader) text(data []byte) {
	if n.body != nil {
		n.body.text(data)
	}
}

// properties reads the core properties (ISO/IEC 29500-2, 11).
func (d *docx) properties() error {
	related, err := d.relationships("")
	if err != nil {
		return err
	}
	core, err := sidePart(d, related.first("core-properties"), &coreProperties{values: map[string]string{}})
	if err != nil {
		return err
	}
	meta := &d.doc.Metadata
	meta.Title, meta.Author = core.values["title"], core.values["creator"]
	meta.Created, meta.Modified = parseTime(core.values["created"]), parseTime(core.values["modified"])
	return nil
}

type coreProperties struct {
	current string
	values  map[string]string
}

func (c *coreProperties) start(element xml.StartElement) { c.current = element.Name.Local }
func (c *coreProperties) end(xml.Name)                   { c.current = "" }
func (c *coreProperties) text(data []byte) {
	switch c.current {
	case "title", "creator", "created", "modified":
		c.values[c.current] += string(data)
	}
}
