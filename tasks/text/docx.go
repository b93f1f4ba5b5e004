package text

import (
	"context"
	"encoding/xml"
)

// docx is a Word document on its way through the extractor.
type docx struct {
	*ooxml
	styles *docxStyles
	lists  *docxLists
}

// extractDOCX reads a WordprocessingML document (ISO/IEC 29500-1, 17) as one page: the body, then the footnotes and
// endnotes that the text refers to as [1], [2] …; headers and footers with Options.Full. Tracked deletions, hidden text, field codes and comments
// are left out. The texts of charts and diagrams stand where these do.
func extractDOCX(ctx context.Context, src *source, doc *Document) error {
	container, err := openOOXML(ctx, src, doc, "a Word document")
	if err != nil {
		return err
	}
	d := &docx{ooxml: container}
	main, err := d.mainPart("word/document.xml")
	if err != nil {
		return err
	}
	related, err := d.relationships(main)
	if err != nil {
		return err
	}
	if d.styles, err = sidePart(d.ooxml, related.first("styles"), &docxStyles{}); err != nil {
		return err
	}
	numbering, err := sidePart(d.ooxml, related.first("numbering"), &docxNumbering{})
	if err != nil {
		return err
	}
	d.lists = newDOCXLists(d.styles, numbering)

	body := d.newBody(related)
	if err := d.read(main, body); err != nil {
		return err
	}
	if body.failed != nil {
		return body.failed
	}
	headers, err := d.furniture(related, "header")
	if err != nil {
		return err
	}
	footers, err := d.furniture(related, "footer")
	if err != nil {
		return err
	}
	blocks := withFurniture(src, doc, headers, body.blocks(), footers)
	notes, err := d.notes(related, body.notes)
	if err != nil {
		return err
	}
	blocks = append(blocks, notes...)

	comments, err := d.comments(related, body.comments)
	if err != nil {
		return err
	}
	blocks = append(blocks, comments...)

	if err := d.properties(); err != nil {
		return err
	}
	if body.hidden {
		doc.warn(0, WarnHiddenText, "text that is formatted as hidden was left out")
	}
	leftOut(doc, 0, body.pictures, "picture")
	doc.Pages = []Page{compose(1, "", blocks)}
	return d.embedded(0, related)
}

// newBody makes a reader of a part with the given relations.
func (d *docx) newBody(related relations) *docxBody {
	body := newDOCXBody(d.styles, d.lists)
	body.related = related
	body.graphic = func(id string) ([]block, error) { return d.graphic(related.byID(id)) }
	return body
}

// furniture reads headers or footers, each different text once: sections often repeat them.
func (d *docx) furniture(related relations, kind string) ([]block, error) {
	var blocks []block
	seen := map[string]bool{}
	for _, name := range related.all(kind) {
		own, err := d.relationships(name)
		if err != nil {
			return nil, err
		}
		body, err := sidePart(d.ooxml, name, d.newBody(own))
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
func (d *docx) notes(related relations, references []noteReference) ([]block, error) {
	if len(references) == 0 {
		return nil, nil
	}
	texts := map[noteReference]cellText{}
	for _, kind := range []string{"footnote", "endnote"} {
		name := related.first(kind + "s")
		own, err := d.relationships(name)
		if err != nil {
			return nil, err
		}
		reader := &noteReader{docx: d, kind: kind, related: own, texts: texts}
		if _, err := sidePart(d.ooxml, name, reader); err != nil {
			return nil, err
		}
	}
	var blocks []block
	for i, reference := range references {
		if note := texts[reference]; note.text != "" {
			mark := noteMark(i+1) + " "
			blocks = append(blocks, block{kind: BlockNote, text: mark + note.text, links: shift(note.links, len(mark))})
		}
	}
	return blocks, nil
}

// comments reads what readers noted in the margin. It is left out, with a warning, unless the caller wants all.
func (d *docx) comments(related relations, ids []string) ([]block, error) {
	name := related.first("comments")
	if len(ids) == 0 || d.archive.files[name] == nil {
		return nil, nil
	}
	if !d.src.full {
		leftOut(d.doc, 0, len(ids), "comment")
		return nil, nil
	}
	own, err := d.relationships(name)
	if err != nil {
		return nil, err
	}
	reader := &noteReader{docx: d, kind: "comment", related: own, texts: map[noteReference]cellText{}, authors: map[string]string{}}
	if _, err := sidePart(d.ooxml, name, reader); err != nil {
		return nil, err
	}
	var blocks []block
	for _, id := range ids {
		comment := reader.texts[noteReference{"comment", id}]
		if comment.text == "" {
			continue
		}
		author := ""
		if name := oneLine(reader.authors[id]); name != "" {
			author = name + ": "
		}
		blocks = append(blocks, block{kind: BlockNote, text: author + comment.text, links: shift(comment.links, len(author))})
	}
	return blocks, nil
}

// noteReader splits a part of footnotes, endnotes or comments into its notes.
type noteReader struct {
	docx    *docx
	kind    string
	related relations
	texts   map[noteReference]cellText
	// authors are those of comments, by id; nil for other notes.
	authors map[string]string

	id   string
	body *docxBody
}

func (n *noteReader) start(element xml.StartElement) {
	if element.Name.Local == n.kind {
		n.id, n.body = attribute(element, "id"), n.docx.newBody(n.related)
		if n.authors != nil {
			n.authors[n.id] = attribute(element, "author")
		}
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
		n.texts[noteReference{n.kind, n.id}] = joinBlockTexts(n.body.blocks())
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
