package text

import (
	"strings"
	"time"
	"unicode/utf8"
)

// Format names a kind of document that Extract reads.
type Format string

// The formats that Extract reads.
const (
	FormatPDF      Format = "pdf"
	FormatDOCX     Format = "docx"
	FormatPPTX     Format = "pptx"
	FormatXLSX     Format = "xlsx"
	FormatODT      Format = "odt"
	FormatODS      Format = "ods"
	FormatODP      Format = "odp"
	FormatRTF      Format = "rtf"
	FormatEPUB     Format = "epub"
	FormatJSON     Format = "json"
	FormatHTML     Format = "html"
	FormatMarkdown Format = "markdown"
	FormatCSV      Format = "csv"
	FormatPlain    Format = "plain"
	FormatEML      Format = "eml"
	FormatMSG      Format = "msg"
	FormatZIP      Format = "zip"
	FormatTAR      Format = "tar"
	FormatGZIP     Format = "gzip"
	FormatImage    Format = "image"
)

// MediaType returns the registered media type of f, or application/octet-stream for a format this package does not know.
func (f Format) MediaType() string {
	switch f {
	case FormatPDF:
		return "application/pdf"
	case FormatDOCX:
		return "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	case FormatPPTX:
		return "application/vnd.openxmlformats-officedocument.presentationml.presentation"
	case FormatXLSX:
		return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	case FormatODT:
		return "application/vnd.oasis.opendocument.text"
	case FormatODS:
		return "application/vnd.oasis.opendocument.spreadsheet"
	case FormatODP:
		return "application/vnd.oasis.opendocument.presentation"
	case FormatRTF:
		return "application/rtf"
	case FormatEPUB:
		return "application/epub+zip"
	case FormatJSON:
		return "application/json"
	case FormatHTML:
		return "text/html"
	case FormatMarkdown:
		return "text/markdown"
	case FormatCSV:
		return "text/csv"
	case FormatPlain:
		return "text/plain"
	case FormatEML:
		return "message/rfc822"
	case FormatMSG:
		return "application/vnd.ms-outlook"
	case FormatZIP:
		return "application/zip"
	case FormatTAR:
		return "application/x-tar"
	case FormatGZIP:
		return "application/gzip"
	case FormatImage:
		return "image/*"
	}
	return "application/octet-stream"
}

// Document is the text of a document and what is known about it.
type Document struct {
	Format    Format   `json:"format"`
	MediaType string   `json:"mediaType"`
	Metadata  Metadata `json:"metadata"`
	Pages     []Page   `json:"pages"`
	// Attachments are the documents that this one carries: the files of an archive, the attachments of a message.
	Attachments []Attachment `json:"attachments,omitempty"`
	Warnings    []Warning    `json:"warnings,omitempty"`
}

// Attachment is a document inside another. Exactly one of Document and Error is set.
type Attachment struct {
	// Name is the name or path that the container gives, as UTF-8.
	Name     string    `json:"name"`
	Bytes    int64     `json:"bytes"`
	Document *Document `json:"document,omitempty"`
	// Error says why the attachment was not read. The rest of the document is there all the same.
	Error *Error `json:"error,omitempty"`
}

// Metadata is what a document says about itself, except Language, which is guessed from the text, and Charset and
// PageCount, which are found. A field that the document does not give is empty.
type Metadata struct {
	Title    string     `json:"title,omitempty"`
	Author   string     `json:"author,omitempty"`
	Created  *time.Time `json:"created,omitempty"`
	Modified *time.Time `json:"modified,omitempty"`
	// Language is "ja", "en" or "" when neither is plain from the text.
	Language string `json:"language,omitempty"`
	// Charset is the charset that a text format was decoded from, by its WHATWG name ("utf-8", "shift_jis").
	Charset string `json:"charset,omitempty"`
	// PageCount is the number of pages in the document. Formats without pages have one.
	PageCount int `json:"pageCount"`
}

// Page is a page of a PDF, a slide, a sheet, a chapter, or the whole of a document that has nothing of the kind. A page
// that could not be read is present with an empty text and has a warning.
type Page struct {
	// Number counts from 1.
	Number int `json:"number"`
	// Label is the name of a sheet or chapter, empty for pages that have a number only.
	Label string `json:"label,omitempty"`
	// Offset is where the page's text begins in Document.Text, in bytes.
	Offset int    `json:"offset"`
	Text   string `json:"text"`
	// Blocks is the structure of the text, where it is known; Links what the text refers to, in order.
	Blocks []Block `json:"blocks,omitempty"`
	Links  []Link  `json:"links,omitempty"`
}

// Warning is something a reader of the text should know: what was left out, and where.
type Warning struct {
	// Page counts from 1; 0 means the document as a whole.
	Page    int         `json:"page,omitempty"`
	Code    WarningCode `json:"code"`
	Message string      `json:"message"`
}

// WarningCode names a kind of warning.
type WarningCode string

// The warnings that Extract gives.
const (
	// WarnImageOnlyPage: the page shows something but has no text, as a scan does.
	WarnImageOnlyPage WarningCode = "image-only-page"
	// WarnRecognized: the text of the page was read from its image; letters may be wrong.
	WarnRecognized WarningCode = "recognized-text"
	// WarnRecognitionFailed: the image of the page could not be read.
	WarnRecognitionFailed WarningCode = "recognition-failed"
	// WarnPageUnreadable: the page is damaged; the other pages are there.
	WarnPageUnreadable WarningCode = "page-unreadable"
	// WarnPageTextCut: the page had more text than Limits.PageCharacters.
	WarnPageTextCut WarningCode = "page-text-cut"
	// WarnPartUnreadable: a side part (footnotes, header, styles) is damaged; the main text is there.
	WarnPartUnreadable WarningCode = "part-unreadable"
	// WarnHiddenText: text that the author marked as hidden was left out, or is there in spite of it, as hidden sheets and
	// slides are; the message says which.
	WarnHiddenText WarningCode = "hidden-text"
	// WarnNameMismatch: the name's extension says another format than the bytes.
	WarnNameMismatch WarningCode = "name-mismatch"
	// WarnUndecodable: some bytes have no meaning in the charset and were replaced by U+FFFD.
	WarnUndecodable WarningCode = "undecodable-bytes"
	// WarnAttachmentUnreadable: a file inside the document could not be read; Attachment.Error says why.
	WarnAttachmentUnreadable WarningCode = "attachment-unreadable"
	// WarnObjectLeftOut: a picture, chart, drawing, embedded object or comment was left out that may hold text.
	WarnObjectLeftOut WarningCode = "object-left-out"
	// WarnFurnitureLeftOut: headers and footers of pages were left out; the message holds their text, Options.Full keeps them.
	WarnFurnitureLeftOut WarningCode = "furniture-left-out"
	// WarnUnmappedFont: characters of a font have no meaning as text, and were left out or are wrong.
	WarnUnmappedFont WarningCode = "unmapped-font"
	// WarnTextCut: text past a limit was left out.
	WarnTextCut WarningCode = "text-cut"
	// WarnMalformedRow: a CSV row breaks the quoting rules and was read as it stands.
	WarnMalformedRow WarningCode = "malformed-row"
)

// pageSeparator stands between two pages in Document.Text.
const pageSeparator = "\n\n"

// Text returns the texts of all pages in order, joined by exactly "\n\n", also around pages without text. Offsets into
// it (bytes) are stable for a document: see PageAt and Chunk.
func (d *Document) Text() string {
	texts := make([]string, len(d.Pages))
	for i, page := range d.Pages {
		texts[i] = page.Text
	}
	return strings.Join(texts, pageSeparator)
}

// PageAt returns the number of the page that holds the byte at offset of Text. A separator belongs to the page before
// it. Offsets before the text give the first page, offsets past it the last; a document without pages gives 0.
func (d *Document) PageAt(offset int) int {
	end := 0
	for _, page := range d.Pages {
		end += len(page.Text) + len(pageSeparator)
		if offset < end {
			return page.Number
		}
	}
	if len(d.Pages) == 0 {
		return 0
	}
	return d.Pages[len(d.Pages)-1].Number
}

// Flat returns a document without attachments: the pages of all documents in it follow its own, numbered on, each with the
// path of its attachment as a label, and so do their warnings. What could not be read is a warning. Without attachments
// it is d itself.
func (d *Document) Flat() *Document {
	if len(d.Attachments) == 0 {
		return d
	}
	flat := &Document{Format: d.Format, MediaType: d.MediaType, Metadata: d.Metadata}
	flat.join(d, "")
	offset := 0
	for i := range flat.Pages {
		flat.Pages[i].Offset = offset
		offset += len(flat.Pages[i].Text) + len(pageSeparator)
	}
	flat.Metadata.PageCount = len(flat.Pages)
	if flat.Metadata.Language == "" {
		flat.Metadata.Language = guessLanguage(flat)
	}
	return flat
}

func (d *Document) join(part *Document, path string) {
	before := len(d.Pages)
	for _, page := range part.Pages {
		page.Number += before
		if path != "" && page.Label != "" {
			page.Label = path + ": " + page.Label
		} else if path != "" {
			page.Label = path
		}
		d.Pages = append(d.Pages, page)
	}
	for _, warning := range part.Warnings {
		if warning.Page > 0 {
			warning.Page += before
		} else if path != "" {
			warning.Message = path + ": " + warning.Message
		}
		d.Warnings = append(d.Warnings, warning)
	}
	for _, attachment := range part.Attachments {
		name := attachment.Name
		if path != "" {
			name = path + "/" + name
		}
		if attachment.Document != nil {
			d.join(attachment.Document, name)
			continue
		}
		d.warn(0, WarnAttachmentUnreadable, name+": "+attachment.Error.Message)
	}
}

// Characters returns the number of Unicode code points in Text, separators included.
func (d *Document) Characters() int {
	n := 0
	for i, page := range d.Pages {
		if i > 0 {
			n += len(pageSeparator)
		}
		n += utf8.RuneCountInString(page.Text)
	}
	return n
}

func (d *Document) warn(page int, code WarningCode, message string) {
	d.Warnings = append(d.Warnings, Warning{Page: page, Code: code, Message: message})
}
