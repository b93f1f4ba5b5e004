package text

import (
	"math"
	"strings"
	"unicode/utf8"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
)

// PDFium asks once a page whether its text runs across or down, and lets the answer decide on blanks and line ends
// wherever the PDF places characters one by one (CPDF_TextPage::FindTextlineFlowOrientation). It compares how much of
// the page's width and of its height the text covers. A page with a few lines covers its few rows better than its
// columns, which have holes where words are apart: PDFium takes it for vertical writing and puts blanks and line ends
// between the letters.
//
// Text outside the page does not count, and for a page without text the answer is "across". So the page is cropped to a
// corner first: that hides text from this question alone. Only where the text read in this way stands in a column is the
// page read again as it was.

// pageBox is a rectangle in points, in the coordinates of the page.
type pageBox struct{ left, bottom, right, top float32 }

// acrossBox makes PDFium read a page across. A box without extent would make it say that it does not know; in a box of
// one point even text that reaches into it cannot look vertical.
var acrossBox = pageBox{right: 1, top: 1}

// pageBounds returns the part of the page that is shown.
func (r *pdfReader) pageBounds(page requests.Page) (pageBox, error) {
	got, err := r.instance.FPDF_GetPageBoundingBox(&requests.FPDF_GetPageBoundingBox{Page: page})
	if err != nil {
		return pageBox{}, err
	}
	return pageBox{left: got.Rect.Left, bottom: got.Rect.Bottom, right: got.Rect.Right, top: got.Rect.Top}, nil
}

// crop sets both boxes of the page: what is shown is where they overlap.
func (r *pdfReader) crop(page requests.Page, box pageBox) error {
	media := &requests.FPDFPage_SetMediaBox{Page: page, Left: box.left, Bottom: box.bottom, Right: box.right, Top: box.top}
	if _, err := r.instance.FPDFPage_SetMediaBox(media); err != nil {
		return err
	}
	crop := &requests.FPDFPage_SetCropBox{Page: page, Left: box.left, Bottom: box.bottom, Right: box.right, Top: box.top}
	_, err := r.instance.FPDFPage_SetCropBox(crop)
	return err
}

// standsInColumn says whether text has a line of a single character. Vertical writing that is read across has nothing
// else where characters are placed one by one; so do page numbers and lists, which runsDown tells apart.
func standsInColumn(text string) bool {
	for line := range strings.Lines(text) {
		if utf8.RuneCountInString(strings.TrimSpace(line)) == 1 {
			return true
		}
	}
	return false
}

// runsDown looks at so many pairs of neighbours at most, spread over the page. Between two neighbours PDFium puts no more
// than a carriage return and a line feed.
const (
	maxNeighbours = 200
	maxPutBetween = 2
)

// runsDown says whether most characters stand above or below the one before rather than beside it.
func runsDown(instance pdfium.Pdfium, page references.FPDF_TEXTPAGE, characters int) (bool, error) {
	across, down := 0, 0
	pairs := min(characters-1, maxNeighbours)
	for pair := range pairs {
		first := pair * (characters - 1) / pairs
		from, err := characterOrigin(instance, page, first)
		if err != nil {
			return false, err
		}
		if from == nil {
			continue
		}
		var to *origin
		for next := first + 1; to == nil && next < characters && next <= first+1+maxPutBetween; next++ {
			if to, err = characterOrigin(instance, page, next); err != nil {
				return false, err
			}
		}
		if to == nil {
			continue
		}
		dx, dy := math.Abs(to.x-from.x), math.Abs(to.y-from.y)
		switch {
		case dx > dy:
			across++
		case dy > dx:
			down++
		}
	}
	return down > across, nil
}

// origin is where a character stands, in points, in the coordinates of the page.
type origin struct{ x, y float64 }

// characterOrigin returns nil for a character that is not on the page but was put in by PDFium, as line ends are. Only
// the end of the instance is an error.
func characterOrigin(instance pdfium.Pdfium, page references.FPDF_TEXTPAGE, index int) (*origin, error) {
	generated, err := instance.FPDFText_IsGenerated(&requests.FPDFText_IsGenerated{TextPage: page, Index: index})
	if trapped(err) {
		return nil, err
	}
	if err != nil || generated.IsGenerated {
		return nil, nil
	}
	at, err := instance.FPDFText_GetCharOrigin(&requests.FPDFText_GetCharOrigin{TextPage: page, Index: index})
	if trapped(err) {
		return nil, err
	}
	if err != nil {
		return nil, nil
	}
	return &origin{x: at.X, y: at.Y}, nil
}
