package text

import (
	"context"
	"encoding/xml"
	"slices"
	"strconv"
	"strings"
)

// extractPPTX reads a PresentationML document (ISO/IEC 29500-1, 19), a page a slide: its title, its shapes in reading
// order, then the speaker's notes and comments. What only a layout or master shows is no text of the slide.
func extractPPTX(ctx context.Context, src *source, doc *Document) error {
	container, err := openOOXML(ctx, src, doc, "a PowerPoint presentation")
	if err != nil {
		return err
	}
	d := &pptx{ooxml: container, layers: map[string]*shapeReader{}, authors: map[string]string{}}
	main, err := d.mainPart("ppt/presentation.xml")
	if err != nil {
		return err
	}
	related, err := d.relationships(main)
	if err != nil {
		return err
	}
	list, err := sidePart(d.ooxml, main, &slideList{})
	if err != nil {
		return err
	}
	slides := make([]string, 0, len(list.ids))
	for _, id := range list.ids {
		if one := related.byID(id); one.kind == "slide" {
			slides = append(slides, one.target)
		}
	}
	if len(slides) == 0 {
		slides = d.looseSlides()
	}
	if n := int64(len(slides)); n > src.limits.Pages {
		return over("Pages", src.limits.Pages, "the presentation has %d slides", n)
	}
	if len(slides) == 0 {
		return fail(NoText, "the presentation has no slides")
	}
	if err := d.readAuthors(related); err != nil {
		return err
	}
	for i, name := range slides {
		page, err := d.slide(i+1, name)
		if err != nil {
			return err
		}
		doc.Pages = append(doc.Pages, page)
	}
	return d.properties()
}

type pptx struct {
	*ooxml
	// layers are the layouts and masters read so far.
	layers  map[string]*shapeReader
	authors map[string]string
}

// slideList reads the order of the slides.
type slideList struct{ ids []string }

func (l *slideList) start(element xml.StartElement) {
	if element.Name.Local == "sldId" {
		for _, a := range element.Attr {
			// The other id, without a prefix, is the slide's own number.
			if a.Name.Local == "id" && a.Name.Space != "" {
				l.ids = append(l.ids, a.Value)
			}
		}
	}
}
func (l *slideList) end(xml.Name) {}
func (l *slideList) text([]byte)  {}

// looseSlides are the slides of a container whose presentation part names none.
func (d *pptx) looseSlides() []string {
	var names []string
	for name := range d.archive.files {
		if strings.HasPrefix(name, "ppt/slides/") && strings.HasSuffix(name, ".xml") && !strings.Contains(name[11:], "/") {
			names = append(names, name)
		}
	}
	number := func(name string) int {
		n, _ := strconv.Atoi(strings.Trim(name, "abcdefghijklmnopqrstuvwxyz/."))
		return n
	}
	slices.SortFunc(names, func(a, b string) int {
		if by := number(a) - number(b); by != 0 {
			return by
		}
		return strings.Compare(a, b)
	})
	return names
}

func (d *pptx) slide(number int, name string) (Page, error) {
	unreadable := func(err error) (Page, error) {
		if err = forgive(d.doc, number, err); err == nil {
			d.doc.Warnings[len(d.doc.Warnings)-1].Code = WarnPageUnreadable
		}
		return Page{Number: number}, err
	}
	related, err := d.relationships(name)
	if err != nil {
		return Page{}, err
	}
	reader := &shapeReader{related: related, graphic: d.graphic, number: number}
	if err := d.read(name, reader); err != nil {
		return unreadable(err)
	}
	if reader.failed != nil {
		return Page{}, reader.failed
	}
	layers, err := d.layersOf(related)
	if err != nil {
		return Page{}, err
	}
	blocks := reader.root.blocks(layers)
	notes, err := d.notes(related)
	if err != nil {
		return Page{}, err
	}
	blocks = append(blocks, notes...)
	comments, err := d.comments(related)
	if err != nil {
		return Page{}, err
	}
	blocks = withComments(d.src, d.doc, number, blocks, comments)
	if reader.hiddenSlide {
		d.doc.warn(number, WarnHiddenText, "the slide is hidden when the presentation is shown; its text is here all the same")
	}
	leftOut(d.doc, number, reader.pictures, "picture")
	leftOut(d.doc, number, reader.hiddenShapes, "hidden shape")
	if err := d.embedded(number, related); err != nil {
		return Page{}, err
	}
	return compose(number, "", blocks), nil
}

// layersOf reads the layout and the master of a slide.
func (d *pptx) layersOf(related relations) (inherit, error) {
	var layers inherit
	for _, kind := range []string{"slideLayout", "slideMaster"} {
		name := related.first(kind)
		if d.archive.files[name] == nil {
			break
		}
		own, err := d.relationships(name)
		if err != nil {
			return nil, err
		}
		layer := d.layers[name]
		if layer == nil {
			layer, err = sidePart(d.ooxml, name, &shapeReader{})
			if err != nil {
				return nil, err
			}
			d.layers[name] = layer
		}
		layers = append(layers, layer)
		related = own
	}
	return layers, nil
}

// notes reads what the speaker noted for a slide.
func (d *pptx) notes(related relations) ([]block, error) {
	name := related.first("notesSlide")
	if d.archive.files[name] == nil {
		return nil, nil
	}
	own, err := d.relationships(name)
	if err != nil {
		return nil, err
	}
	reader, err := sidePart(d.ooxml, name, &shapeReader{related: own})
	if err != nil {
		return nil, err
	}
	var parts []cellText
	for _, s := range reader.root.children {
		if s.placeholder != "" && s.placeholder != "body" {
			// The slide's picture, its number, the notes' own header and footer.
			continue
		}
		for _, item := range s.items {
			if item.made == nil {
				parts = append(parts, item.content)
			}
		}
	}
	all := joinTexts(parts, "\n")
	return []block{{kind: BlockNote, text: all.text, links: all.links}}, nil
}

// readAuthors reads who comments, of both kinds of comments.
func (d *pptx) readAuthors(related relations) error {
	for _, kind := range []string{"commentAuthors", "authors"} {
		for _, name := range related.all(kind) {
			if _, err := sidePart(d.ooxml, name, authorReader(d.authors)); err != nil {
				return err
			}
		}
	}
	return nil
}

type authorReader map[string]string

func (a authorReader) start(element xml.StartElement) {
	switch element.Name.Local {
	case "cmAuthor", "author":
		a[attribute(element, "id")] = attribute(element, "name")
	}
}
func (a authorReader) end(xml.Name) {}
func (a authorReader) text([]byte)  {}

func (d *pptx) comments(related relations) ([]block, error) {
	var blocks []block
	for _, name := range related.all("comments") {
		if d.archive.files[name] == nil {
			continue
		}
		reader, err := sidePart(d.ooxml, name, &commentReader{authors: d.authors})
		if err != nil {
			return nil, err
		}
		blocks = append(blocks, reader.blocks...)
	}
	return blocks, nil
}

// commentReader reads the comments of a slide, of the old kind (cm with a text) and the new (cm and reply with a body).
type commentReader struct {
	authors map[string]string
	blocks  []block
	open    []string
	words   strings.Builder
	inText  bool
}

func (r *commentReader) start(element xml.StartElement) {
	switch element.Name.Local {
	case "cm", "reply":
		r.flush()
		r.open = append(r.open, r.authors[attribute(element, "authorId")])
	case "t", "text":
		r.inText = true
	}
}

func (r *commentReader) flush() {
	text := oneLine(r.words.String())
	r.words.Reset()
	if text == "" || len(r.open) == 0 {
		return
	}
	if author := r.open[len(r.open)-1]; author != "" {
		text = oneLine(author) + ": " + text
	}
	r.blocks = append(r.blocks, block{kind: BlockNote, text: text})
}

func (r *commentReader) end(name xml.Name) {
	switch name.Local {
	case "cm", "reply":
		r.flush()
		r.open = r.open[:max(len(r.open)-1, 0)]
	case "t", "text":
		r.inText = false
	case "p":
		r.words.WriteByte(' ')
	case "txBody":
		// The body of a comment may stand after its replies or before.
		r.flush()
	}
}

func (r *commentReader) text(data []byte) {
	if r.inText {
		r.words.Write(data)
	}
}
