package text

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"golang.org/x/image/bmp"
	"golang.org/x/image/tiff"
)

// sizeReader says of a picture what kind it is and where its first TIFF page stands.
type sizeReader struct{ fail bool }

func (sizeReader) Name() string { return "fake" }

func (r sizeReader) Recognize(_ context.Context, picture Image) (string, error) {
	if r.fail {
		return "", errors.New("the model is out")
	}
	if picture.MediaType == "image/tiff" {
		pages, err := tiffPages(picture.Data, 100)
		return fmt.Sprintf("page %d at %d of %d", picture.Page, pages[0], len(pages)), err
	}
	return picture.MediaType, nil
}

// pictures returns a small picture in every format that the standard library and x/image write.
func pictures(t testing.TB) map[string][]byte {
	t.Helper()
	picture := image.NewGray(image.Rect(0, 0, 16, 16))
	out := map[string][]byte{}
	for name, encode := range map[string]func(*bytes.Buffer) error{
		"a.png":  func(b *bytes.Buffer) error { return png.Encode(b, picture) },
		"a.jpg":  func(b *bytes.Buffer) error { return jpeg.Encode(b, picture, nil) },
		"a.gif":  func(b *bytes.Buffer) error { return gif.Encode(b, picture, nil) },
		"a.bmp":  func(b *bytes.Buffer) error { return bmp.Encode(b, picture) },
		"a.tiff": func(b *bytes.Buffer) error { return tiff.Encode(b, picture, nil) },
	} {
		var b bytes.Buffer
		if err := encode(&b); err != nil {
			t.Fatal(err)
		}
		out[name] = b.Bytes()
	}
	return out
}

// threePages is a TIFF file whose one page is there three times.
func threePages(one []byte) []byte {
	out := bytes.Clone(one)
	first := int(binary.LittleEndian.Uint32(out[4:]))
	size := 2 + 12*int(binary.LittleEndian.Uint16(out[first:]))
	last := first
	for range 2 {
		at := len(out)
		out = append(out, out[first:first+size]...)
		out = append(out, 0, 0, 0, 0)
		binary.LittleEndian.PutUint32(out[last+size:], uint32(at))
		last = at
	}
	return out
}

func TestImages(t *testing.T) {
	for name, data := range pictures(t) {
		t.Run(name, func(t *testing.T) {
			var own *Error
			if _, err := Extract(t.Context(), data, name, Options{}); !errors.As(err, &own) || own.Code != NoText || own.Format != FormatImage || !strings.Contains(own.Message, "recognition") {
				t.Errorf("without OCR: %v", err)
			}
			doc, err := Extract(t.Context(), data, name, Options{OCR: sizeReader{}})
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(doc.MediaType, "image/") || len(doc.Pages) != 1 || doc.Pages[0].Text == "" || len(doc.Warnings) != 1 || doc.Warnings[0].Code != WarnRecognized {
				t.Errorf("doc = %+v", doc)
			}
			if _, err := Extract(t.Context(), data, name, Options{OCR: sizeReader{fail: true}}); !errors.As(err, &own) || own.Code != ReaderFailed || !strings.Contains(own.Message, "the model is out") {
				t.Errorf("with OCR that fails: %v", err)
			}
			if name != "a.tiff" {
				if _, err := Extract(t.Context(), data[:len(data)/8], name, Options{}); !errors.As(err, &own) {
					t.Errorf("cut: %v", err)
				}
			}
		})
	}
}

func TestTIFFPages(t *testing.T) {
	data := threePages(pictures(t)["a.tiff"])
	doc, err := Extract(t.Context(), data, "fax.tif", Options{OCR: sizeReader{}})
	if err != nil {
		t.Fatal(err)
	}
	if len(doc.Pages) != 3 || !strings.HasPrefix(doc.Pages[2].Text, "page 3 at ") || !strings.HasSuffix(doc.Pages[2].Text, "of 1") || doc.Pages[1].Text == doc.Pages[2].Text {
		t.Errorf("pages = %+v", doc.Pages)
	}
	doc, err = Extract(t.Context(), data, "fax.tif", Options{OCR: sizeReader{}, Limits: Limits{RecognizedPages: 1}})
	if err != nil || doc.Pages[0].Text == "" || doc.Pages[1].Text != "" || len(doc.Warnings) != 3 {
		t.Errorf("RecognizedPages: %+v, %v", doc, err)
	}
	if _, err := Extract(t.Context(), data, "fax.tif", Options{Limits: Limits{Pages: 2}}); err == nil || !strings.Contains(err.Error(), "Pages") {
		t.Errorf("Pages: %v", err)
	}
	// A page that leads back to the first.
	last := int(binary.LittleEndian.Uint32(data[4:]))
	loop := bytes.Clone(data)
	size := 2 + 12*int(binary.LittleEndian.Uint16(data[last:]))
	binary.LittleEndian.PutUint32(loop[last+size:], uint32(last))
	if pages, err := tiffPages(loop, 100); len(pages) != 1 || err != nil {
		t.Errorf("loop: %v, %v", pages, err)
	}
}
