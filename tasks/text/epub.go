package text

import (
	"context"
	"encoding/xml"
	"net/url"
	"path"
	"regexp"
	"sort"
	"strings"
)

// extractEPUB reads a book (EPUB 2 and 3), a page an item of its spine. What a page is called is taken from the table of
// contents. The content is HTML and read as such, asides and all: notes stand in them.
func extractEPUB(ctx context.Context, src *source, doc *Document) error {
	container, err := openArchive(src)
	if err != nil {
		return err
	}
	b := &epub{ctx: ctx, src: src, archive: container, doc: doc}
	encrypted := &encryptionReader{}
	if err := b.side("META-INF/encryption.xml", encrypted); err != nil {
		return err
	}
	if encrypted.content {
		return fail(EncryptedDocument, "the book is protected (DRM): it can be read only with the shop's own program")
	}
	root := &rootfileReader{}
	if err := b.side("META-INF/container.xml", root); err != nil {
		return err
	}
	name := path.Clean(root.path)
	if container.files[name] == nil {
		if name = b.anyPackage(); name == "" {
			return fail(CorruptDocument, "the container names no package document: a book has one with the extension .opf")
		}
	}
	book := &packageReader{items: map[string]packageItem{}}
	if err := readPart(ctx, container, name, "a book", book); err != nil {
		return err
	}
	book.metadata(&doc.Metadata)
	if n := int64(len(book.spine)); n > src.limits.Pages {
		return over("Pages", src.limits.Pages, "the book has %d parts", n)
	}
	labels, err := b.labels(book, path.Dir(name))
	if err != nil {
		return err
	}
	for _, id := range book.spine {
		item, ok := book.items[id]
		if !ok || item.nav() && !src.full && len(book.spine) > 1 {
			// A table of contents repeats the headings.
			continue
		}
		part := hrefPath(path.Dir(name), item.href)
		page, err := b.chapter(len(doc.Pages)+1, part)
		if err != nil {
			return err
		}
		page.Label = oneLine(labels[part])
		doc.Pages = append(doc.Pages, page)
	}
	return nil
}

type epub struct {
	ctx     context.Context
	src     *source
	archive *archive
	doc     *Document
}

func (b *epub) side(name string, handler xmlHandler) error {
	if b.archive.files[name] == nil {
		return nil
	}
	return forgive(b.doc, 0, readPart(b.ctx, b.archive, name, "a book", handler))
}

// anyPackage finds a package document that the container does not name.
func (b *epub) anyPackage() string {
	var names []string
	for name := range b.archive.files {
		if strings.EqualFold(path.Ext(name), ".opf") {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	sort.Strings(names)
	return names[0]
}

// hrefPath resolves a reference of the package, without its fragment, to the name of a part.
func hrefPath(folder, href string) string {
	href, _, _ = strings.Cut(href, "#")
	if plain, err := url.PathUnescape(href); err == nil {
		href = plain
	}
	return path.Clean(strings.TrimPrefix(path.Join(folder, href), "/"))
}

// emptyRaw are elements whose content HTML reads raw, closed as XML closes an empty element: HTML would not see an end.
var emptyRaw = regexp.MustCompile(`(?i)<(title|script|style|iframe|textarea|noscript|noframes|xmp)\b([^<>]*)/>`)

var pictureTag = regexp.MustCompile(`(?i)<(?:\w+:)?(?:img|image|svg|object|video|audio)[\s/>]`)

func (b *epub) chapter(number int, name string) (Page, error) {
	data, err := readBytes(b.archive, name)
	if err != nil {
		if b.archive.files[name] == nil {
			b.doc.warn(number, WarnPageUnreadable, "the part "+name+" is missing")
			return Page{Number: number}, nil
		}
		if err := forgive(b.doc, number, err); err != nil {
			return Page{}, err
		}
		b.doc.Warnings[len(b.doc.Warnings)-1].Code = WarnPageUnreadable
		return Page{Number: number}, nil
	}
	text, _, ok := decode(data)
	if !ok {
		// A picture or other file that is no text may stand in the spine.
		b.doc.warn(number, WarnObjectLeftOut, "the part "+name+" is no text")
		return Page{Number: number}, nil
	}
	reader := &htmlReader{limits: b.src.limits}
	if err := reader.read(b.ctx, emptyRaw.ReplaceAllString(text, "<$1$2></$1>")); err != nil {
		return Page{}, err
	}
	page := reader.out.page([]span{{0, reader.out.mark()}})
	page.Number = number
	if strings.TrimSpace(page.Text) == "" && pictureTag.MatchString(text) {
		b.doc.warn(number, WarnObjectLeftOut, "the page shows a picture only, which was left out")
	}
	return page, nil
}

// labels reads the table of contents: which title leads to which part. The first title of a part is its own.
func (b *epub) labels(book *packageReader, folder string) (map[string]string, error) {
	labels := map[string]string{}
	for _, item := range book.items {
		name := hrefPath(folder, item.href)
		isNav := item.nav()
		if !isNav && item.media != "application/x-dtbncx+xml" || b.archive.files[name] == nil {
			continue
		}
		reader := &contentsReader{folder: path.Dir(name), nav: isNav, labels: map[string]string{}}
		// A table of contents that is no well-formed XML is no loss of text.
		_ = b.side(name, reader)
		for part, label := range reader.labels {
			if labels[part] == "" || isNav {
				labels[part] = label
			}
		}
	}
	return labels, contextError(b.ctx)
}

// encryptionReader tells the encryption of content from the obfuscation of fonts.
type encryptionReader struct{ content bool }

func (e *encryptionReader) start(element xml.StartElement) {
	if element.Name.Local != "EncryptionMethod" {
		return
	}
	switch attribute(element, "Algorithm") {
	case "http://www.idpf.org/2008/embedding", "http://ns.adobe.com/pdf/enc#RC", "":
	default:
		e.content = true
	}
}
func (e *encryptionReader) end(xml.Name) {}
func (e *encryptionReader) text([]byte)  {}

type rootfileReader struct{ path string }

func (r *rootfileReader) start(element xml.StartElement) {
	if element.Name.Local == "rootfile" && r.path == "" {
		r.path = attribute(element, "full-path")
	}
}
func (r *rootfileReader) end(xml.Name) {}
func (r *rootfileReader) text([]byte)  {}

type packageItem struct{ href, media, properties string }

func (p packageItem) nav() bool { return strings.Contains(" "+p.properties+" ", " nav ") }

// packageReader reads the package document.
type packageReader struct {
	items map[string]packageItem
	spine []string

	titles, creators []string
	date, modified   string
	inMetadata       bool
	current          string
	value            strings.Builder
}

func (p *packageReader) start(element xml.StartElement) {
	switch element.Name.Local {
	case "metadata":
		p.inMetadata = true
	case "item":
		p.items[attribute(element, "id")] = packageItem{attribute(element, "href"), attribute(element, "media-type"), attribute(element, "properties")}
	case "itemref":
		p.spine = append(p.spine, attribute(element, "idref"))
	}
	p.current = ""
	if p.inMetadata {
		p.current = element.Name.Local
		if p.current == "meta" {
			p.current = attribute(element, "property")
		}
		if p.current == "date" && attribute(element, "event") == "modification" {
			p.current = "dcterms:modified"
		}
		p.value.Reset()
	}
}

func (p *packageReader) text(data []byte) {
	if p.current != "" {
		p.value.Write(data)
	}
}

func (p *packageReader) end(name xml.Name) {
	if name.Local == "metadata" {
		p.inMetadata = false
	}
	value := strings.TrimSpace(p.value.String())
	if p.current == "" || value == "" {
		return
	}
	switch p.current {
	case "title":
		p.titles = append(p.titles, value)
	case "creator":
		p.creators = append(p.creators, value)
	case "date":
		if p.date == "" {
			p.date = value
		}
	case "dcterms:modified":
		p.modified = value
	}
	p.current = ""
}

func (p *packageReader) metadata(meta *Metadata) {
	if len(p.titles) > 0 {
		meta.Title = p.titles[0]
	}
	meta.Author = strings.Join(p.creators, ", ")
	meta.Created, meta.Modified = parseTime(p.date), parseTime(p.modified)
}

// contentsReader reads the table of contents of EPUB 3 (nav, links in lists) or of EPUB 2 (ncx, navPoints).
type contentsReader struct {
	folder string
	nav    bool
	labels map[string]string

	// skip is set inside other lists of a nav document: pages, landmarks.
	skip  bool
	href  string
	label strings.Builder
	open  bool
	// waiting are labels whose reference comes after them, as in an ncx.
	waiting string
}

func (c *contentsReader) start(element xml.StartElement) {
	switch local := element.Name.Local; {
	case c.nav && local == "nav":
		kind := attribute(element, "type")
		c.skip = kind != "" && kind != "toc"
	case c.nav && local == "a":
		c.href, c.open = attribute(element, "href"), !c.skip
		c.label.Reset()
	case !c.nav && local == "text":
		c.open = true
		c.label.Reset()
	case !c.nav && local == "content":
		c.keep(attribute(element, "src"), c.waiting)
		c.waiting = ""
	}
}

func (c *contentsReader) keep(href, label string) {
	if href == "" || label == "" {
		return
	}
	if part := hrefPath(c.folder, href); c.labels[part] == "" {
		c.labels[part] = label
	}
}

func (c *contentsReader) text(data []byte) {
	if c.open {
		c.label.Write(data)
	}
}

func (c *contentsReader) end(name xml.Name) {
	if !c.open {
		return
	}
	switch {
	case c.nav && name.Local == "a":
		c.keep(c.href, oneLine(c.label.String()))
		c.open = false
	case !c.nav && name.Local == "text":
		c.waiting, c.open = oneLine(c.label.String()), false
	}
}
