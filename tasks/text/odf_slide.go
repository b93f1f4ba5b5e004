package text

import (
	"encoding/xml"
)

// odfSlide is the open page of a presentation.
type odfSlide struct {
	label string
	root  shape
	stack []*shape
	// notes counts open notes: shapes in them are the speaker's notes.
	notes    int
	noted    []block
	pictures int
	objects  int
	hidden   bool
}

func (r *odfReader) startSlide(element xml.StartElement) {
	r.slide = &odfSlide{label: attribute(element, "name"), pictures: r.pictures, objects: r.objects}
	r.slide.hidden = r.odf.styles.hiddenTables["page "+attribute(element, "style-name")]
}

func (s *odfSlide) open(local string, element xml.StartElement) {
	made := &shape{}
	switch attribute(element, "class") {
	case "title":
		made.placeholder = "title"
	case "notes":
		made.placeholder = "notes"
	case "footer", "date-time", "page-number", "header":
		made.placeholder = attribute(element, "class")
	}
	made.hidden = attribute(element, "placeholder") == "true"
	var okX, okY bool
	made.x, okX = odfLength(attribute(element, "x"))
	made.y, okY = odfLength(attribute(element, "y"))
	made.width, _ = odfLength(attribute(element, "width"))
	made.height, _ = odfLength(attribute(element, "height"))
	made.placed = okX && okY || local != "g" && (okX || okY)
	s.stack = append(s.stack, made)
}

// close hands the text of a shape over.
func (s *odfSlide) close(blocks []block) {
	n := len(s.stack)
	if n == 0 {
		return
	}
	made := s.stack[n-1]
	s.stack = s.stack[:n-1]
	if s.notes > 0 {
		if made.placeholder == "notes" || made.placeholder == "" {
			s.noted = append(s.noted, blocks...)
		}
		return
	}
	for _, b := range blocks {
		item := shapeItem{content: cellText{b.text, b.links}}
		if made.placeholder != "title" {
			item.made = &b
		}
		made.items = append(made.items, item)
	}
	parent := &s.root
	if n > 1 {
		parent = s.stack[n-2]
	}
	if !made.placed && len(made.children) > 0 {
		// A group stands where its first shape stands.
		first := readingOrder(made.children)[0]
		made.x, made.y, made.height, made.placed = first.x, first.y, first.height, first.placed
	}
	parent.children = append(parent.children, made)
}

func (r *odfReader) endSlide() {
	s := r.slide
	r.slide = nil
	number := len(r.pages) + 1
	if limit := r.odf.archive.limits.Pages; int64(number) > limit {
		r.failed = over("Pages", limit, "the presentation has more slides than are allowed")
		return
	}
	blocks := s.root.blocks(nil)
	if len(s.noted) > 0 {
		parts := make([]cellText, len(s.noted))
		for i, b := range s.noted {
			parts[i] = cellText{b.text, b.links}
		}
		all := joinTexts(parts, "\n")
		blocks = append(blocks, block{kind: BlockNote, text: all.text, links: all.links})
	}
	if s.hidden {
		r.odf.doc.warn(number, WarnHiddenText, "the slide is hidden when the presentation is shown; its text is here all the same")
	}
	leftOut(r.odf.doc, number, r.pictures-s.pictures, "picture")
	leftOut(r.odf.doc, number, r.objects-s.objects, "embedded object")
	r.pages = append(r.pages, compose(number, "", blocks))
}
