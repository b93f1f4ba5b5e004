package text

import (
	"context"
	"sync"
)

// OCR reads the text of a picture: optical character recognition. Package tasks/ocr has readers that call Amazon
// Bedrock, Amazon Textract and a local tesseract.
type OCR interface {
	// Recognize returns the text that an image shows, lines in reading order. An image without text gives "". It is
	// called for several pages at a time.
	Recognize(ctx context.Context, image Image) (string, error)
	// Name says in warnings who has read: "tesseract", a model id.
	Name() string
}

// Image is the picture of one page.
type Image struct {
	// Data is a PNG, JPEG, TIFF, GIF, WebP or BMP file, as MediaType says.
	Data      []byte
	MediaType string
	// Page counts from 1.
	Page int
	// Language is what the rest of the document is written in, "ja" or "en", or "".
	Language string
}

// Usage is what models took that have read pictures.
type Usage struct{ Calls, InputTokens, OutputTokens int }

// Meter counts what the models of an OCR take. It is for several goroutines.
type Meter struct {
	mu    sync.Mutex
	usage Usage
}

// Usage returns what was counted.
func (m *Meter) Usage() Usage {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.usage
}

type meterKey struct{}

// WithMeter gives an OCR a meter: one reads for many documents.
func WithMeter(ctx context.Context, m *Meter) context.Context {
	return context.WithValue(ctx, meterKey{}, m)
}

// CountCall counts a call that was answered on the meter of ctx, if it has one.
func CountCall(ctx context.Context, inputTokens, outputTokens int) {
	m, ok := ctx.Value(meterKey{}).(*Meter)
	if !ok {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.usage.Calls++
	m.usage.InputTokens += inputTokens
	m.usage.OutputTokens += outputTokens
}
