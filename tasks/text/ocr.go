package text

import "context"

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
