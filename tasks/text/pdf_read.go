package text

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/klippa-app/go-pdfium"
	"github.com/klippa-app/go-pdfium/enums"
	pdfium_errors "github.com/klippa-app/go-pdfium/errors"
	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
	"github.com/klippa-app/go-pdfium/responses"
)

// pdfReader reads one document with instances of an engine.
type pdfReader struct {
	engine  *pdfEngine
	request *pdfRequest
	result  *pdfResult

	instance pdfium.Pdfium
	document references.FPDF_DOCUMENT
	pages    int
	size     int64
	refused  bool
	layout   pdfLayout
}

// maxRestarts is how many pages of a document may break PDFium before the document is given up.
const maxRestarts = 10

func (r *pdfReader) read(ctx context.Context) error {
	if err := r.open(ctx); err != nil {
		return err
	}
	defer func() { r.engine.discard(r.instance) }()
	if limit := r.request.Limits.Pages; int64(r.pages) > limit {
		return over("Pages", limit, "the document has %d pages", r.pages)
	}
	if len(r.request.Render) > 0 {
		return r.render(ctx)
	}
	r.readMetadata()
	restarts := 0
	last := r.pages
	if asked := lastWanted(r.request.Pages); asked > 0 {
		last = min(last, asked)
	}
	for number := 1; number <= last; number++ {
		if !wanted(r.request.Pages, number) {
			continue
		}
		if err := contextError(ctx); err != nil {
			return err
		}
		page, err := r.readPage(number)
		if err != nil {
			var own *Error
			if errors.As(err, &own) {
				return own
			}
			r.warn(number, WarnPageUnreadable, r.why(err))
			page = Page{}
		}
		if err := r.add(number, page); err != nil {
			return err
		}
		if trapped(err) && number < last {
			// The instance is broken, the document is not: go on with the next page in a new one.
			if restarts++; restarts > maxRestarts {
				return fail(CorruptDocument, "more than %d pages make the PDF reader fail, the last is page %d: %s", maxRestarts, number, r.why(err))
			}
			r.engine.discard(r.instance)
			if err := r.open(ctx); err != nil {
				return err
			}
		}
	}
	if r.refused && r.size == 0 {
		return r.tooMuchMemory()
	}
	return nil
}

// open loads the document into a new instance.
func (r *pdfReader) open(ctx context.Context) error {
	instance, err := r.engine.instance(ctx, r.request.Limits.PDFMemoryBytes)
	if err != nil {
		return err
	}
	request := &requests.OpenDocument{File: &r.request.Data}
	if r.request.Password != "" {
		request.Password = &r.request.Password
	}
	opened, err := instance.OpenDocument(request)
	if err == nil {
		r.document = opened.Document
		var count *responses.FPDF_GetPageCount
		if count, err = instance.FPDF_GetPageCount(&requests.FPDF_GetPageCount{Document: r.document}); err == nil {
			r.instance, r.pages = instance, count.PageCount
			return nil
		}
	}
	// Before the instance goes, ask why.
	refused := r.engine.memory.refused()
	r.engine.discard(instance)
	switch {
	case contextError(ctx) != nil:
		return contextError(ctx)
	case refused:
		return r.tooMuchMemory()
	case errors.Is(err, pdfium_errors.ErrPassword) && r.request.Password == "":
		return fail(EncryptedDocument, "the PDF is encrypted: give its password")
	case errors.Is(err, pdfium_errors.ErrPassword):
		return fail(WrongPassword, "the password does not open the PDF")
	case errors.Is(err, pdfium_errors.ErrSecurity):
		return fail(EncryptedDocument, "the PDF is encrypted in a way that cannot be opened (only the standard security handler can)")
	}
	return fail(CorruptDocument, "the PDF cannot be opened (%s): it may be cut short; save or download it again", explain(err))
}

func (r *pdfReader) tooMuchMemory() *Error {
	limit := r.request.Limits.PDFMemoryBytes
	return over("PDFMemoryBytes", limit, "reading the PDF needs more memory than is allowed")
}

// explain takes the number off PDFium's error texts.
func explain(err error) string {
	message := firstLine(err.Error())
	if _, text, ok := strings.Cut(message, ": "); ok && len(message) > 1 && message[1] == ':' {
		return text
	}
	return message
}

// why says why a page cannot be read.
func (r *pdfReader) why(err error) string {
	if r.engine.memory.refused() {
		r.refused = true
		return fmt.Sprintf("the page needs more memory than the limit PDFMemoryBytes of %d", r.request.Limits.PDFMemoryBytes)
	}
	return "the page cannot be read (" + explain(err) + ")"
}

func (r *pdfReader) warn(page int, code WarningCode, message string) {
	r.result.Warnings = append(r.result.Warnings, Warning{Page: page, Code: code, Message: message})
}

func (r *pdfReader) add(number int, page Page) error {
	r.size += int64(len(page.Text))
	if limit := r.request.Limits.TextBytes; r.size > limit {
		return over("TextBytes", limit, "the document has more text than is allowed at page %d of %d", number, r.pages)
	}
	page.Number = number
	page.Offset = int(r.size) - len(page.Text) + len(r.result.Pages)*len(pageSeparator)
	r.result.Pages = append(r.result.Pages, page)
	return nil
}

// readPage reads one page.
func (r *pdfReader) readPage(number int) (Page, error) {
	loaded, err := r.instance.FPDF_LoadPage(&requests.FPDF_LoadPage{Document: r.document, Index: number - 1})
	if err != nil {
		return Page{}, err
	}
	handle := requests.Page{ByReference: &loaded.Page}
	// Text in form fields and annotations is no part of the page until they are flattened into it. PDFium's binding
	// loads the page again afterwards.
	annotations, err := r.instance.FPDFPage_GetAnnotCount(&requests.FPDFPage_GetAnnotCount{Page: handle})
	if err != nil {
		return Page{}, err
	}
	var links []pdfLink
	if annotations.Count > 0 {
		if links, err = r.links(handle); err != nil {
			return Page{}, err
		}
		flatten := &requests.FPDFPage_Flatten{Page: handle, Usage: requests.FPDFPage_FlattenUsageNormalDisplay}
		if _, err := r.instance.FPDFPage_Flatten(flatten); trapped(err) {
			return Page{}, err
		}
	}
	page, err := r.pageText(handle, number, links)
	if err != nil {
		return Page{}, err
	}
	if strings.TrimSpace(page.Text) == "" {
		shows, err := r.showsSomething(handle)
		if err != nil {
			return Page{}, err
		}
		if shows {
			r.warn(number, WarnImageOnlyPage, "the page is an image or drawing without text: it needs optical character recognition")
		}
	}
	if _, err := r.instance.FPDF_ClosePage(&requests.FPDF_ClosePage{Page: loaded.Page}); err != nil {
		return Page{}, err
	}
	return page, nil
}

// pageText reads the page across, and again as PDFium would have it where the text runs down.
func (r *pdfReader) pageText(handle requests.Page, number int, links []pdfLink) (Page, error) {
	bounds, err := r.pageBounds(handle)
	if err != nil {
		return Page{}, err
	}
	if err := r.crop(handle, acrossBox); err != nil {
		return Page{}, err
	}
	read, err := r.readText(handle, links)
	if err != nil {
		return Page{}, err
	}
	if read.down {
		if err := r.crop(handle, bounds); err != nil {
			return Page{}, err
		}
		if read, err = r.readText(handle, links); err != nil {
			return Page{}, err
		}
	}
	if limit := r.request.Limits.PageCharacters; int64(read.characters) > limit {
		r.warn(number, WarnPageTextCut, fmt.Sprintf("the page has %d characters; those past the limit PageCharacters of %d were cut", read.characters, limit))
	}
	if strange, all := unmapped(read.page.Text); strange*unmappedShare > all {
		r.warn(number, WarnUnmappedFont, fmt.Sprintf("%d of %d characters have no meaning as text: a font of the page does not say what its glyphs stand for", strange, all))
	}
	return read.page, nil
}

// unmappedShare: one strange character in so many is worth a warning. Bullets from symbol fonts are rarer.
const unmappedShare = 20

// pageReading is the text of a page, how many characters the page has (the text may be cut), and whether they run down.
type pageReading struct {
	page       Page
	characters int
	down       bool
}

func (r *pdfReader) readText(handle requests.Page, links []pdfLink) (pageReading, error) {
	loaded, err := r.instance.FPDFText_LoadPage(&requests.FPDFText_LoadPage{Page: handle})
	if err != nil {
		return pageReading{}, err
	}
	count, err := r.instance.FPDFText_CountChars(&requests.FPDFText_CountChars{TextPage: loaded.TextPage})
	if err != nil {
		return pageReading{}, err
	}
	read := pageReading{characters: count.Count}
	if characters := int(min(int64(count.Count), r.request.Limits.PageCharacters)); characters > 0 {
		// Not GetPageText, which corrupts characters beyond the Basic Multilingual Plane.
		got, err := r.instance.FPDFText_GetText(&requests.FPDFText_GetText{TextPage: loaded.TextPage, Count: characters})
		if err != nil {
			return pageReading{}, err
		}
		if standsInColumn(tidyPDFText(got.Text)) {
			if read.down, err = runsDown(r.instance, loaded.TextPage, characters); err != nil {
				return pageReading{}, err
			}
		}
		lines, err := r.measure(loaded.TextPage, got.Text)
		if err != nil {
			return pageReading{}, err
		}
		texts, err := r.linkTexts(loaded.TextPage, links)
		if err != nil {
			return pageReading{}, err
		}
		read.page = compose(0, "", r.layout.arrange(lines))
		placeLinks(&read.page, links, texts)
	}
	if _, err := r.instance.FPDFText_ClosePage(&requests.FPDFText_ClosePage{TextPage: loaded.TextPage}); err != nil {
		return pageReading{}, err
	}
	return read, nil
}

// showsSomething says whether a page without text has anything on it but paths that paint nothing.
func (r *pdfReader) showsSomething(page requests.Page) (bool, error) {
	objects, err := r.instance.FPDFPage_CountObjects(&requests.FPDFPage_CountObjects{Page: page})
	if err != nil {
		return false, err
	}
	const enough = 200
	for i := range min(objects.Count, enough) {
		object, err := r.instance.FPDFPage_GetObject(&requests.FPDFPage_GetObject{Page: page, Index: i})
		if err != nil {
			return false, err
		}
		kind, err := r.instance.FPDFPageObj_GetType(&requests.FPDFPageObj_GetType{PageObject: object.PageObject})
		if err != nil {
			return false, err
		}
		switch kind.Type {
		case enums.FPDF_PAGEOBJ_IMAGE, enums.FPDF_PAGEOBJ_FORM, enums.FPDF_PAGEOBJ_SHADING:
			return true, nil
		}
	}
	// Many paths are letters drawn as outlines; a few are a frame or a rule.
	return objects.Count >= enough, nil
}

// tidyPDFText makes PDFium's text plain: line ends, trailing blanks, and the mark (U+FFFE) that PDFium leaves where a
// word was hyphenated at the end of a line.
func tidyPDFText(s string) string {
	s = normalise(s)
	lines := strings.Split(s, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t\u00A0")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}

// readMetadata reads the information dictionary. A field that cannot be read is empty.
func (r *pdfReader) readMetadata() {
	value := func(tag string) string {
		got, err := r.instance.FPDF_GetMetaText(&requests.FPDF_GetMetaText{Document: r.document, Tag: tag})
		if err != nil || !utf8.ValidString(got.Value) {
			return ""
		}
		return oneLine(normalise(got.Value))
	}
	r.result.Metadata = Metadata{
		PageCount: r.pages,
		Title:     value("Title"),
		Author:    value("Author"),
		Created:   parsePDFTime(value("CreationDate")),
		Modified:  parsePDFTime(value("ModDate")),
	}
}

// parsePDFTime reads D:YYYYMMDDHHmmSSOHH'mm (ISO 32000-1, 7.9.4), of which everything after the year may be missing. The
// result is in UTC: encoding/gob, which carries it between processes, refuses some of the zones that PDFs contain.
func parsePDFTime(value string) *time.Time {
	value = strings.TrimPrefix(value, "D:")
	digits := value
	if i := strings.IndexFunc(value, func(c rune) bool { return c < '0' || c > '9' }); i >= 0 {
		digits = value[:i]
	}
	const layout = "20060102150405"
	if len(digits) < 4 || len(digits) > len(layout) || len(digits)%2 != 0 {
		return nil
	}
	zone := time.UTC
	if rest := value[len(digits):]; len(rest) >= 3 && (rest[0] == '+' || rest[0] == '-') {
		hours, err := strconv.Atoi(rest[1:3])
		if err != nil {
			return nil
		}
		minutes := 0
		if tail := strings.Trim(rest[3:], "'"); len(tail) >= 2 {
			if minutes, err = strconv.Atoi(tail[:2]); err != nil {
				return nil
			}
		}
		offset := hours*3600 + minutes*60
		if rest[0] == '-' {
			offset = -offset
		}
		zone = time.FixedZone("", offset)
	}
	at, err := time.ParseInLocation(layout[:len(digits)], digits, zone)
	if err != nil {
		return nil
	}
	at = at.UTC()
	return &at
}
