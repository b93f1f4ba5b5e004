package text

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Options are the choices of a caller. The zero value is right for most.
type Options struct {
	// Password opens an encrypted PDF.
	Password string
	// Limits bound the cost of the document; zero fields have defaults.
	Limits Limits
	// CacheDir is the folder for compiled WebAssembly. Empty means the environment variable DOCFLOW_CACHE_DIR, and
	// without that docflow/wazero in the user's cache folder. A folder that cannot be written is read; where that does
	// not help either, PDFium is compiled anew at each start. The folder holds machine code that will be run: nobody
	// else may be able to write to it. The folder of the first PDF of a process serves all.
	CacheDir string
	// OCR reads pages that are pictures. Without it they stay empty, with a warning.
	OCR OCR
	// Pages are the pages to read. None means all. In a document inside the document all pages are read.
	Pages []PageRange
	// Full keeps the navigation, asides, header and footer of an HTML page, the headers and footers of a text document and
	// the table of contents of a book, which are left out otherwise.
	Full bool
}

// source is a document on its way through an extractor.
type source struct {
	data     []byte
	name     string
	password string
	cacheDir string
	limits   Limits
	ocr      OCR
	full     bool
	pages    []PageRange
	// read and readFormat are set for a document that its container knows how to read.
	read       extractor
	readFormat Format
	// shared counts over all documents inside one; depth is how many documents this one stands in.
	shared *shared
	depth  int64
	// text is the decoded text, for formats that are text; charset names what it was decoded from.
	text    string
	charset string
}

// extractor fills in the document's pages, metadata and warnings.
type extractor func(ctx context.Context, src *source, doc *Document) error

// extractors has one function a format. A format is added here (a container in
// attachment.go) and in detect.
var extractors = map[Format]extractor{
	FormatPDF:      extractPDF,
	FormatHTML:     extractHTML,
	FormatMarkdown: extractMarkdown,
	FormatCSV:      extractCSV,
	FormatPlain:    extractPlain,
	FormatImage:    extractImage,
	FormatRTF:      extractRTF,
	FormatEPUB:     extractEPUB,
	FormatJSON:     extractJSON,
}

// Extract reads the text of a document. The format is found from the bytes; the name breaks ties (Markdown or plain
// text) and names the document in errors.
//
// Failures are of type *Error, with one exception: a cancelled context gives the context's own error. With the code
// NoText the document is returned beside the error: its pages are empty, its warnings say why. Extract is safe for
// concurrent use and does not keep or change data.
func Extract(ctx context.Context, data []byte, name string, opts Options) (*Document, error) {
	src := &source{
		data: data, name: name, password: opts.Password, cacheDir: opts.CacheDir, limits: opts.Limits.withDefaults(),
		ocr: opts.OCR, full: opts.Full, pages: opts.Pages, shared: &shared{},
	}
	ctx, cancel := context.WithTimeoutCause(ctx, src.limits.Time, outOfTime(src.limits.Time))
	defer cancel()
	return src.extract(ctx)
}

// extract reads a document or a document inside another.
func (src *source) extract(ctx context.Context) (doc *Document, err error) {
	var format Format
	defer func() {
		if r := recover(); r != nil {
			// A parser met bytes that nobody had thought of: the document is refused, the process lives on.
			doc, err = nil, fail(CorruptDocument, "the document made its reader fail (%s)", firstLine(fmt.Sprint(r)))
		}
		var own *Error
		if errors.As(err, &own) {
			own.Name = src.name
			if own.Format == "" {
				own.Format = format
			}
		}
	}()

	if err := contextError(ctx); err != nil {
		return nil, err
	}
	if limit := src.limits.Nesting; src.depth > limit {
		return nil, over("Nesting", limit, "the document stands in %d others", src.depth)
	}
	if len(src.data) == 0 {
		return nil, fail(EmptyDocument, "the document has no bytes")
	}
	if size := int64(len(src.data)); size > src.limits.InputBytes {
		return nil, over("InputBytes", src.limits.InputBytes, "the document has %d bytes", size)
	}

	doc = &Document{}
	read := src.read
	if format = src.readFormat; read == nil {
		if format, err = detect(src, doc); err != nil {
			return nil, err
		}
		read = extractors[format]
	}
	doc.Format, doc.MediaType = format, format.MediaType()
	doc.Metadata.Charset = src.charset
	if err := read(ctx, src, doc); err != nil {
		if ended := contextError(ctx); ended != nil {
			return nil, ended
		}
		return nil, err
	}
	if err := finish(src, doc); err != nil {
		var own *Error
		if errors.As(err, &own) && own.Code == NoText {
			return doc, err
		}
		return nil, err
	}
	return doc, nil
}

// finish checks and completes what an extractor has made, the same way for every format.
func finish(src *source, doc *Document) error {
	if err := choosePages(src, doc); err != nil {
		return err
	}
	size, blank := int64(0), true
	for _, attachment := range doc.Attachments {
		blank = blank && attachment.Document == nil
	}
	for i := range doc.Pages {
		page := &doc.Pages[i]
		if !utf8.ValidString(page.Text) {
			page.Text = strings.ToValidUTF8(page.Text, string(utf8.RuneError))
			page.Blocks, page.Links = paragraphBlocks(page.Text), nil
		}
		page.Offset = int(size)
		size += int64(len(page.Text)) + int64(len(pageSeparator))
		blank = blank && strings.TrimSpace(page.Text) == ""
	}
	if src.shared.text += size; src.shared.text > src.limits.TextBytes {
		return over("TextBytes", src.limits.TextBytes, "the document has %d bytes of text", src.shared.text)
	}
	if doc.Metadata.PageCount == 0 {
		doc.Metadata.PageCount = len(doc.Pages)
	}
	doc.Metadata.Title = oneLine(doc.Metadata.Title)
	doc.Metadata.Author = oneLine(doc.Metadata.Author)
	if blank && len(doc.Attachments) > 0 {
		return noneReadable(doc)
	}
	if blank {
		return noText(doc)
	}
	doc.Metadata.Language = guessLanguage(doc)
	return nil
}

func noText(doc *Document) *Error {
	images, damaged := 0, 0
	for _, warning := range doc.Warnings {
		switch warning.Code {
		case WarnImageOnlyPage:
			images++
		case WarnPageUnreadable:
			damaged++
		}
	}
	switch {
	case images > 0:
		return fail(NoText, "no text on any of %d pages, %d of them images: a scan needs optical character recognition first", len(doc.Pages), images)
	case damaged > 0 && damaged == len(doc.Pages):
		return fail(CorruptDocument, "none of %d pages can be read", len(doc.Pages))
	case doc.Format == FormatPlain || doc.Format == FormatMarkdown || doc.Format == FormatCSV:
		return fail(EmptyDocument, "the document holds nothing but white space")
	}
	return fail(NoText, "the document shows no text")
}

// onePage makes the page list of a format without pages.
func onePage(text string) []Page { return []Page{{Number: 1, Text: text}} }

// oneLine squeezes white space in a title or a name.
func oneLine(s string) string {
	return strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
}
