package text

import (
	"fmt"
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
	// XMLDepth is how deep elements may nest. Default 256.
	XMLDepth int64 `json:"xmlDepth,omitempty"`
	// Pages is the number of pages. Default 10,000.
	Pages int64 `json:"pages,omitempty"`
	// PageCharacters is the number of characters kept of one PDF page; the rest is cut with a warning, not an error,
	// since forms with long hidden choice lists reach six figures. Default 100,000.
	PageCharacters int64 `json:"pageCharacters,omitempty"`
	// TextBytes is the size of all extracted text as UTF-8. Default 64 MiB.
	TextBytes int64 `json:"textBytes,omitempty"`
	// PDFMemoryBytes is the memory that PDFium may use for one document, the document included. Default 256 MiB.
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
		XMLDepth:          256,
		Pages:             10_000,
		PageCharacters:    100_000,
		TextBytes:         64 << 20,
		PDFMemoryBytes:    256 << 20,
		Time:              2 * time.Minute,
	}
}

func (l Limits) withDefaults() Limits {
	d := DefaultLimits()
	for _, field := range []struct{ value, fallback *int64 }{
		{&l.InputBytes, &d.InputBytes},
		{&l.DecompressedBytes, &d.DecompressedBytes},
		{&l.CompressionRatio, &d.CompressionRatio},
		{&l.ZipEntries, &d.ZipEntries},
		{&l.Attachments, &d.Attachments},
		{&l.Nesting, &d.Nesting},
		{&l.XMLDepth, &d.XMLDepth},
		{&l.Pages, &d.Pages},
		{&l.PageCharacters, &d.PageCharacters},
		{&l.TextBytes, &d.TextBytes},
		{&l.PDFMemoryBytes, &d.PDFMemoryBytes},
	} {
		if *field.value <= 0 {
			*field.value = *field.fallback
		}
	}
	if l.Time <= 0 {
		l.Time = d.Time
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
