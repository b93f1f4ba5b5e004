package text

import (
	"bytes"
	"context"
	"errors"
	"image"
	_ "image/jpeg"
	"sync/atomic"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// fakeOCR answers by page number, after a look at the picture.
type fakeOCR struct {
	texts  map[int]string
	failed map[int]error
	calls  atomic.Int64
	sizes  chan image.Point
}

func (f *fakeOCR) Name() string { return "fake" }

func (f *fakeOCR) Recognize(_ context.Context, picture Image) (string, error) {
	f.calls.Add(1)
	config, format, err := image.DecodeConfig(bytes.NewReader(picture.Data))
	if err != nil {
		return "", err
	}
	if format != "jpeg" || picture.MediaType != "image/jpeg" {
		return "", errors.New("not a JPEG file: " + format)
	}
	select {
	case f.sizes <- image.Pt(config.Width, config.Height):
	default:
	}
	return f.texts[picture.Page], f.failed[picture.Page]
}

func TestRecognizePDF(t *testing.T) {
	scanned := readDocument(t, "scanned.pdf")
	tests := []struct {
		name     string
		ocr      *fakeOCR
		limits   Limits
		pages    []string
		warnings []string
		code     Code
	}{
		{
			name:  "both pages",
			ocr:   &fakeOCR{texts: map[int]string{1: "first\r\nline\n", 2: "second"}},
			pages: []string{"first\nline", "second"}, warnings: []string{"1 recognized-text", "2 recognized-text"},
		},
		{
			name:  "one fails",
			ocr:   &fakeOCR{texts: map[int]string{1: "first"}, failed: map[int]error{2: errors.New("busy")}},
			pages: []string{"first", ""}, warnings: []string{"1 recognized-text", "2 image-only-page", "2 recognition-failed"},
		},
		{
			name:   "limit",
			ocr:    &fakeOCR{texts: map[int]string{1: "first", 2: "second"}},
			limits: Limits{RecognizedPages: 1},
			pages:  []string{"first", ""}, warnings: []string{"1 recognized-text", "2 image-only-page"},
		},
		{name: "no text in the images", ocr: &fakeOCR{}, code: NoText},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			test.ocr.sizes = make(chan image.Point, 1)
			doc, err := Extract(t.Context(), scanned, "scanned.pdf", Options{OCR: test.ocr, Limits: test.limits})
			var own *Error
			if test.code != "" {
				if !errors.As(err, &own) || own.Code != test.code {
					t.Fatalf("error %v, want %s", err, test.code)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			var pages []string
			for _, page := range doc.Pages {
				pages = append(pages, page.Text)
			}
			if diff := cmp.Diff(test.pages, pages); diff != "" {
				t.Errorf("pages (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.warnings, warningCodes(doc)); diff != "" {
				t.Errorf("warnings (-want +got):\n%s\n%v", diff, doc.Warnings)
			}
			// A4 at 200 dots an inch.
			if size := <-test.ocr.sizes; size.X < 1_600 || size.Y < 2_200 || size.Y > renderLongest {
				t.Errorf("the picture has %v pixels", size)
			}
		})
	}
}

func TestRecognizeOnlyImages(t *testing.T) {
	ocr := &fakeOCR{}
	data := pdfOf(t, pdfPage{content: line("text")}, pdfPage{})
	if _, err := Extract(t.Context(), data, "a.pdf", Options{OCR: ocr}); err != nil {
		t.Fatal(err)
	}
	if n := ocr.calls.Load(); n != 0 {
		t.Errorf("%d images were read of a document with text", n)
	}
}

func TestRecognizeStops(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Extract(ctx, readDocument(t, "scanned.pdf"), "scanned.pdf", Options{OCR: stoppingOCR{cancel}})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}

type stoppingOCR struct{ cancel func() }

func (s stoppingOCR) Name() string { return "stopping" }
func (s stoppingOCR) Recognize(ctx context.Context, _ Image) (string, error) {
	s.cancel()
	return "", ctx.Err()
}
