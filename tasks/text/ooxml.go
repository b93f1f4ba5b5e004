package text

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"path"
	"regexp"
	"sort"
	"strconv"
	"strings"
)

// init adds the formats that carry documents of any format: in the literal they would be an initialization cycle.
func init() {
	extractors[FormatDOCX] = extractDOCX
	extractors[FormatPPTX] = extractPPTX
	extractors[FormatXLSX] = extractXLSX
	extractors[FormatODT] = extractODT
	extractors[FormatODS] = extractODS
	extractors[FormatODP] = extractODP
}

// ooxml is a container of Office Open XML (ISO/IEC 29500-2) with the document that is made of it. Element names are
// matched without their prefix: the transitional and strict variants use different namespaces for the same names, and
// so do some producers.
type ooxml struct {
	ctx     context.Context
	src     *source
	archive *archive
	doc     *Document
	// kind names the document in errors: "a Word document".
	kind string
	// carried are the embedded documents that were taken up already.
	carried map[string]bool
}

func openOOXML(ctx context.Context, src *source, doc *Document, kind string) (*ooxml, error) {
	container, err := openArchive(src)
	if err != nil {
		return nil, err
	}
	return &ooxml{ctx: ctx, src: src, archive: container, doc: doc, kind: kind, carried: map[string]bool{}}, nil
}

// read runs one part through a handler.
func (d *ooxml) read(name string, handler xmlHandler) error {
	return readPart(d.ctx, d.archive, name, d.kind, handler)
}

// readPart runs one part of a container through a handler.
func readPart(ctx context.Context, container *archive, name, kind string, handler xmlHandler) error {
	content, err := container.open(name)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fail(CorruptDocument, "the part %s is missing: %s must have it", name, kind)
		}
		return err
	}
	budget := &container.budget
	if _, own := handler.(*sheetReader); own {
		// Formulas and the long form of numbers are no text; the reader of sheets counts for itself.
		unpacked := container.limits.DecompressedBytes * paragraphCost
		budget = &unpacked
	}
	if err := readXML(ctx, content, name, container.limits, budget, handler); err != nil {
		// The part has failed already; what closing it says would only hide why.
		_ = content.Close()
		return err
	}
	if err := content.Close(); err != nil {
		return fail(CorruptDocument, "the part %s cannot be unpacked: %w", name, err)
	}
	return nil
}

// readBytes unpacks one part as it is.
func readBytes(container *archive, name string) ([]byte, error) {
	content, err := container.open(name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(content)
	if closed := content.Close(); err == nil {
		err = closed
	}
	return data, err
}

// sidePart reads a part that the text can do without: if it is damaged, that is a warning. A passed limit is not
// forgiven, wherever it happens.
func sidePart[H xmlHandler](d *ooxml, name string, handler H) (H, error) {
	if name == "" {
		return handler, nil
	}
	return handler, forgive(d.doc, 0, d.read(name, handler))
}

// forgive turns the error of a damaged part into a warning.
func forgive(doc *Document, page int, err error) error {
	var own *Error
	if errors.As(err, &own) && own.Code == CorruptDocument {
		code := WarnPartUnreadable
		doc.warn(page, code, own.Message)
		return nil
	}
	return err
}

// relation leads from one part to another, or out of the document.
type relation struct {
	id, kind, target string
	external         bool
}

// relations are those of one part, in the order of the file.
type relations []relation

// first returns the target of the first relation of a kind (the last word of its type), sorted by target.
func (r relations) first(kind string) string {
	if all := r.all(kind); len(all) > 0 {
		return all[0]
	}
	return ""
}

// all returns the targets of a kind inside the container, sorted: the order of a .rels part means nothing.
func (r relations) all(kind string) []string {
	var targets []string
	for _, one := range r {
		if one.kind == kind && !one.external {
			targets = append(targets, one.target)
		}
	}
	sort.Strings(targets)
	return targets
}

// byID returns the relation with an id, or a zero relation.
func (r relations) byID(id string) relation {
	for _, one := range r {
		if one.id == id {
			return one
		}
	}
	return relation{}
}

// url returns where the hyperlink with an id leads to, empty when it stays in the document.
func (r relations) url(id string) string {
	if one := r.byID(id); one.external {
		return one.target
	}
	return ""
}

// relationshipReader reads a .rels part (ISO/IEC 29500-2, 9.3).
type relationshipReader struct {
	base string
	list relations
}

func (r *relationshipReader) start(element xml.StartElement) {
	if element.Name.Local != "Relationship" {
		return
	}
	one := relation{
		id: attribute(element, "Id"), kind: path.Base(attribute(element, "Type")), target: attribute(element, "Target"),
		external: strings.EqualFold(attribute(element, "TargetMode"), "External"),
	}
	if !one.external {
		target := strings.ReplaceAll(one.target, `\`, "/")
		if !strings.HasPrefix(target, "/") {
			target = path.Join(r.base, target)
		}
		one.target = path.Clean(strings.TrimPrefix(target, "/"))
	}
	r.list = append(r.list, one)
}
func (r *relationshipReader) end(xml.Name) {}
func (r *relationshipReader) text([]byte)  {}

// relationships reads the relationships of a part, or of the package when part is empty. None is not a fault.
func (d *ooxml) relationships(part string) (relations, error) {
	folder, file := path.Split(part)
	reader := &relationshipReader{base: folder}
	name := path.Join(folder, "_rels", file+".rels")
	if _, ok := d.archive.files[name]; !ok {
		return nil, nil
	}
	if _, err := sidePart(d, name, reader); err != nil {
		return nil, err
	}
	return reader.list, nil
}

// mainPart finds the part that the package leads to, or else the usual one.
func (d *ooxml) mainPart(usual string) (string, error) {
	related, err := d.relationships("")
	if err != nil {
		return "", err
	}
	name := related.first("officeDocument")
	if _, ok := d.archive.files[name]; ok {
		return name, nil
	}
	if _, ok := d.archive.files[usual]; ok {
		return usual, nil
	}
	return "", fail(CorruptDocument, "the container names no main part: %s has %s", d.kind, usual)
}

// properties reads the core properties (ISO/IEC 29500-2, 11).
func (d *ooxml) properties() error {
	related, err := d.relationships("")
	if err != nil {
		return err
	}
	name := related.first("core-properties")
	if _, ok := d.archive.files[name]; !ok {
		if name = "docProps/core.xml"; d.archive.files[name] == nil {
			return nil
		}
	}
	core, err := sidePart(d, name, &coreProperties{values: map[string]string{}})
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

// readableInside are the extensions of embedded parts that are documents in their own right.
var readableInside = map[string]bool{
	".docx": true, ".docm": true, ".pptx": true, ".pptm": true, ".ppsx": true, ".sldx": true, ".xlsx": true, ".xlsm": true, ".pdf": true,
	".odt": true, ".ods": true, ".odp": true, ".rtf": true, ".txt": true, ".csv": true, ".html": true, ".htm": true, ".json": true, ".md": true,
}

// embedded takes up the documents that a part embeds and notes the objects that cannot be read, with their page.
// Pieces of other formats that the text is put together from (altChunk) are documents of their own, too. The workbook behind a chart repeats what the chart shows: it is not taken up.
func (d *ooxml) embedded(page int, related relations) error {
	unread := 0
	for _, kind := range []string{"package", "oleObject", "aFChunk"} {
		for _, name := range related.all(kind) {
			file := d.archive.files[name]
			if file == nil || d.carried[name] {
				continue
			}
			d.carried[name] = true
			if !readableInside[strings.ToLower(path.Ext(name))] {
				unread++
				continue
			}
			data, err := readBytes(d.archive, name)
			if err := forgive(d.doc, page, err); err != nil {
				return err
			}
			if err != nil {
				continue
			}
			if err := d.src.attach(d.ctx, d.doc, path.Base(name), data); err != nil {
				return err
			}
		}
	}
	leftOut(d.doc, page, unread, "embedded object")
	return nil
}

// leftOut warns of n objects without text on a page (0 for a document without pages).
func leftOut(doc *Document, page, n int, what string) {
	switch {
	case n == 1:
		doc.warn(page, WarnObjectLeftOut, "1 "+what+" was left out")
	case n > 1:
		doc.warn(page, WarnObjectLeftOut, strconv.Itoa(n)+" "+what+"s were left out")
	}
}

// pageNumber is a header or footer that says nothing but where one is, with or without the number, or nothing in letters
// at all.
var pageNumber = regexp.MustCompile(`(?i)^(?:\P{L}*|\W*(?:page|p\.|seite|página|pagina|第|頁|ページ)\W*\d*\W*(?:(?:of|von|de|di|sur)\W*\d*)?\W*(?:頁|ページ)?\W*)$`)
