package text

import (
	"strings"

	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
)

// pdfLink is a link annotation: where it lies and where it leads.
type pdfLink struct {
	left, top, right, bottom float64
	url                      string
}

// maxPageLinks bounds the links of one page.
const maxPageLinks = 500

// links lists the links of a page that lead out of the document. They must be read before annotations are flattened.
// Only the end of the instance is an error: a link that cannot be read is none.
func (r *pdfReader) links(page requests.Page) ([]pdfLink, error) {
	var links []pdfLink
	for position, n := 0, 0; n < maxPageLinks; n++ {
		found, err := r.instance.FPDFLink_Enumerate(&requests.FPDFLink_Enumerate{Page: page, StartPos: position})
		if err != nil || found.Link == nil || found.NextStartPos == nil {
			return links, onlyTrap(err)
		}
		position = *found.NextStartPos
		link, err := r.link(*found.Link)
		if err != nil {
			return nil, err
		}
		if link != nil {
			links = append(links, *link)
		}
	}
	return links, nil
}

func (r *pdfReader) link(handle references.FPDF_LINK) (*pdfLink, error) {
	action, err := r.instance.FPDFLink_GetAction(&requests.FPDFLink_GetAction{Link: handle})
	if err != nil || action.Action == nil {
		return nil, onlyTrap(err)
	}
	target, err := r.instance.FPDFAction_GetURIPath(&requests.FPDFAction_GetURIPath{Document: r.document, Action: *action.Action})
	if err != nil || target.URIPath == nil || *target.URIPath == "" {
		return nil, onlyTrap(err)
	}
	box, err := r.instance.FPDFLink_GetAnnotRect(&requests.FPDFLink_GetAnnotRect{Link: handle})
	if err != nil || box.Rect == nil {
		return nil, onlyTrap(err)
	}
	return &pdfLink{
		left: float64(box.Rect.Left), top: float64(box.Rect.Top), right: float64(box.Rect.Right), bottom: float64(box.Rect.Bottom),
		url: oneLine(*target.URIPath),
	}, nil
}

// onlyTrap passes on the end of the instance and forgives the rest.
func onlyTrap(err error) error {
	if trapped(err) {
		return err
	}
	return nil
}

// linkTexts reads what stands under each link.
func (r *pdfReader) linkTexts(page references.FPDF_TEXTPAGE, links []pdfLink) ([]string, error) {
	texts := make([]string, len(links))
	for i, link := range links {
		got, err := r.instance.FPDFText_GetBoundedText(&requests.FPDFText_GetBoundedText{
			TextPage: page, Left: link.left, Top: link.top, Right: link.right, Bottom: link.bottom,
		})
		if trapped(err) {
			return nil, err
		}
		if err == nil {
			texts[i] = oneLine(normalise(got.Text))
		}
	}
	return texts, nil
}

// placeLinks finds the texts of links on a page, in their order: each behind the one before where that is possible, so
// that a word that is linked twice gets both.
func placeLinks(page *Page, links []pdfLink, texts []string) {
	after := 0
	for i, text := range texts {
		if text == "" {
			continue
		}
		start := strings.Index(page.Text[after:], text)
		if start < 0 {
			continue
		}
		start += after
		after = start + len(text)
		page.Links = append(page.Links, Link{Start: start, End: after, URL: links[i].url})
	}
}
