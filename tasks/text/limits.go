package text

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Limits bounds what one document may cost. A zero field means its default; a document that passes a limit fails with
// LimitExceeded (TimedOut for Time) and the field's name.
type Limits struct {
	// InputBytes is the size of the document itself. Default 100 MiB.
	InputBytes int64 `json:"inputBytes,omitempty"`
	// DecompressedBytes is the sum over all parts that are unpacked from a container such as DOCX. Default 256 MiB.
	DecompressedBytes int64 `json:"decompressedBytes,omitempty"`
	// CompressionRatio is how many times its packed size a part may reach, once it is past 1 MiB. Default 200: text in
	// real documents packs 5 to 40 times, a zip bomb 1,000 times.
	CompressionRatio int64 `json:"compressionRatio,omitempty"`
	// ZipEntries is the number of files in a container. Default 10,000.
	ZipEntries int64 `json:"zipEntries,omitempty"`
	// Attachments is the number of documents inside the document, at any depth. Default 1,000.
	Attachments int64 `json:"attachments,omitempty"`
	// Nesting is how many documents a document may stand in: an archive in a message in an archive. Default 5.
	Nesting int64 `json:"nesting,omitempty"`
	// MIMEDepth is how deep the parts of a message may nest, MIMEParts how many it may have. Defaults 32 and 2,000.
	MIMEDepth int64 `json:"mimeDepth,omitempty"`
	MIMEParts int64 `json:"mimeParts,omitempty"`
	// XMLDepth is how deep elements may nest. Default 256.
	XMLDepth int64 `json:"xmlDepth,omitempty"`
	// Pages is the number of pages, slides or sheets. Default 5,000.
	Pages int64 `json:"pages,omitempty"`
	// RecognizedPages is the number of pages that are read by Options.OCR; those past it stay empty, with a warning.
	// Default 100.
	RecognizedPages int64 `json:"recognizedPages,omitempty"`
	// Cells is the number of cells in all sheets of a spreadsheet and points in a chart, cells left empty between others
	// included. Default 2,000,000, which is about 100 MB of memory.
	Cells int64 `json:"cells,omitempty"`
	// PageCharacters is the number of characters kept of one PDF page; the rest is cut with a warning, not an error,
	// since forms with long hidden choice lists reach six figures. Default 100,000.
	PageCharacters int64 `json:"pageCharacters,omitempty"`
	// TextBytes is the size of all extracted text as UTF-8. Default 64 MiB.
	TextBytes int64 `json:"textBytes,omitempty"`
	// PDFMemoryBytes is the memory that PDFium may use for one document, the document included. Default 160 MiB, with which
	// a process stays below 256 MiB.
	PDFMemoryBytes int64 `json:"pdfMemoryBytes,omitempty"`
	// Time is the wall clock for one document. Default 2 minutes.
	Time time.Duration `json:"time,omitempty"`
}

// DefaultLimits returns the limits that zero fields stand for.
func DefaultLimits() Limits {
	return Limits{
		InputBytes:        100 << 20,
		DecompressedBytes: 256 << 20,
		CompressionRatio:  200,
		ZipEntries:        10_000,
		Attachments:       1_000,
		Nesting:           5,
		MIMEDepth:         32,
		MIMEParts:         2_000,
		XMLDepth:          256,
		Pages:             5_000,
		RecognizedPages:   100,
		Cells:             2_000_000,
		PageCharacters:    100_000,
		TextBytes:         64 << 20,
		PDFMemoryBytes:    160 << 20,
		Time:              2 * time.Minute,
	}
}

// LimitField is one of the limits, by its name in errors.
type LimitField struct {
	Name string
	// Value counts bytes or things; for Time it is nanoseconds.
	Value *int64
}

// Fields lists the limits in the order of the type.
func (l *Limits) Fields() []LimitField {
	return []LimitField{
		{"InputBytes", &l.InputBytes},
		{"DecompressedBytes", &l.DecompressedBytes},
		{"CompressionRatio", &l.CompressionRatio},
		{"ZipEntries", &l.ZipEntries},
		{"Attachments", &l.Attachments},
		{"Nesting", &l.Nesting},
		{"MIMEDepth", &l.MIMEDepth},
		{"MIMEParts", &l.MIMEParts},
		{"XMLDepth", &l.XMLDepth},
		{"Pages", &l.Pages},
		{"RecognizedPages", &l.RecognizedPages},
		{"Cells", &l.Cells},
		{"PageCharacters", &l.PageCharacters},
		{"TextBytes", &l.TextBytes},
		{"PDFMemoryBytes", &l.PDFMemoryBytes},
		{"Time", (*int64)(&l.Time)},
	}
}

// Set sets a limit by its name, from a whole number, or from a duration as "30s" for Time.
func (l *Limits) Set(name, value string) error {
	for _, field := range l.Fields() {
		if !strings.EqualFold(field.Name, name) {
			continue
		}
		var n int64
		var err error
		if field.Name == "Time" {
			var d time.Duration
			d, err = time.ParseDuration(value)
			n = int64(d)
		} else {
			n, err = strconv.ParseInt(value, 10, 64)
		}
		if err != nil || n <= 0 {
			return fmt.Errorf("the limit %s is %q; it takes a whole number above zero, Time a duration such as 30s", field.Name, value)
		}
		*field.Value = n
		return nil
	}
	return fmt.Errorf("there is no limit %q", name)
}

func (l Limits) withDefaults() Limits {
	defaults := DefaultLimits()
	fallback := defaults.Fields()
	for i, field := range l.Fields() {
		if *field.Value <= 0 {
			*field.Value = *fallback[i].Value
		}
	}
	return l
}

// over makes the error for a passed limit. What says what was too large, with its size.
func over(limit string, value int64, what string, args ...any) *Error {
	err := fail(LimitExceeded, "%s; the limit %s is %d", fmt.Sprintf(what, args...), limit, value)
	err.Limit, err.LimitValue = limit, value
	return err
}

// outOfTime is the cause of a context that ended because of Limits.Time.
func outOfTime(limit time.Duration) *Error {
	err := fail(TimedOut, "reading took longer than the limit Time of %s", limit)
	err.Limit, err.LimitValue = "Time", int64(limit)
	return err
}
