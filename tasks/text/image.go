package text

import (
	"bytes"
	"context"
	"encoding/binary"
	"image"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/bmp"
	"golang.org/x/image/webp"
)

// imageKinds are the pictures that are read, by how their bytes begin.
var imageKinds = []struct {
	prefix, mediaType string
	config            func(io.Reader) (image.Config, error)
}{
	{"\x89PNG\r\n\x1a\n", "image/png", png.DecodeConfig},
	{"\xFF\xD8\xFF", "image/jpeg", jpeg.DecodeConfig},
	{"GIF87a", "image/gif", gif.DecodeConfig},
	{"GIF89a", "image/gif", gif.DecodeConfig},
	{"II*\x00", "image/tiff", nil},
	{"MM\x00*", "image/tiff", nil},
	{"RIFF", "image/webp", webp.DecodeConfig},
	{"BM", "image/bmp", bmp.DecodeConfig},
}

// imageKind returns the index of the kind in imageKinds, or -1.
func imageKind(data []byte) int {
	for i, kind := range imageKinds {
		switch {
		case !bytes.HasPrefix(data, []byte(kind.prefix)):
		case kind.mediaType == "image/webp" && (len(data) < 12 || string(data[8:12]) != "WEBP"):
		case kind.mediaType == "image/bmp" && (len(data) < 30 || !bytes.Equal(data[6:10], []byte{0, 0, 0, 0})):
			// Many texts begin with BM; a bitmap has four reserved bytes after its size.
		default:
			return i
		}
	}
	return -1
}

// smallestText is the size in pixels below which nothing can be written on a picture: it is a dot that counts readers.
const smallestText = 6

// extractImage makes one page of a picture, several of a TIFF file with several. Only Options.OCR finds text on them.
func extractImage(ctx context.Context, src *source, doc *Document) error {
	kind := imageKinds[imageKind(src.data)]
	doc.MediaType = kind.mediaType
	pages := []int{0}
	if kind.config == nil {
		var err error
		if pages, err = tiffPages(src.data, src.limits.Pages); err != nil {
			return err
		}
	} else {
		config, err := kind.config(bytes.NewReader(src.data))
		if err != nil {
			return fail(CorruptDocument, "the picture's header cannot be read: %w", err)
		}
		if config.Width < smallestText || config.Height < smallestText {
			return fail(NoText, "the picture has %d × %d pixels: nothing can be read on it", config.Width, config.Height)
		}
	}
	for i := range pages {
		doc.Pages = append(doc.Pages, Page{Number: i + 1})
		doc.warn(i+1, WarnImageOnlyPage, "the page is a picture: optical character recognition (Options.OCR) can read it")
	}
	if src.ocr == nil {
		return nil
	}
	if limit := src.limits.RecognizedPages; int64(len(pages)) > limit {
		pages = pages[:limit]
	}
	// Each page of a TIFF file is a copy of it: they are made a few at a time.
	const memory = 64 << 20
	batch := min(max(memory/len(src.data), 1), recognizeAtATime)
	for first := 0; first < len(pages); first += batch {
		var images []Image
		for i := first; i < min(first+batch, len(pages)); i++ {
			data := src.data
			if len(pages) > 1 {
				data = tiffPage(src.data, pages[i])
			}
			images = append(images, Image{Data: data, MediaType: kind.mediaType, Page: i + 1})
		}
		if err := recognize(ctx, src, doc, images); err != nil {
			return err
		}
	}
	return unrecognized(doc)
}

// unrecognized is the error of a picture whose pages could all not be read, or have no text on them.
func unrecognized(doc *Document) error {
	failed, message := 0, ""
	for _, page := range doc.Pages {
		if page.Text != "" {
			return nil
		}
	}
	for _, warning := range doc.Warnings {
		if warning.Code == WarnRecognitionFailed {
			failed++
			message = warning.Message
		}
	}
	if failed == 0 {
		return fail(NoText, "no text was recognised on the picture")
	}
	return fail(ReaderFailed, "%s", message)
}

func tiffOrder(data []byte) binary.ByteOrder {
	if data[0] == 'M' {
		return binary.BigEndian
	}
	return binary.LittleEndian
}

// tiffPages returns the offsets of the directories of a TIFF file's pages (TIFF 6.0, section 2).
func tiffPages(data []byte, limit int64) ([]int, error) {
	if len(data) < 8 {
		return nil, fail(CorruptDocument, "the TIFF file ends in its header")
	}
	order := tiffOrder(data)
	var pages []int
	seen := map[int]bool{}
	for at := int(order.Uint32(data[4:])); at != 0; {
		if at < 8 || at > len(data)-2 || seen[at] {
			break
		}
		if int64(len(pages)) >= limit {
			return nil, over("Pages", limit, "the TIFF file has more pages than are allowed")
		}
		next := at + 2 + 12*int(order.Uint16(data[at:]))
		if next > len(data) {
			break
		}
		seen[at] = true
		pages = append(pages, at)
		if next > len(data)-4 {
			break
		}
		at = int(order.Uint32(data[next:]))
	}
	if len(pages) == 0 {
		return nil, fail(CorruptDocument, "the TIFF file has no page that can be found")
	}
	return pages, nil
}

// tiffPage returns a copy of a TIFF file that has one of its pages only.
func tiffPage(data []byte, at int) []byte {
	out := bytes.Clone(data)
	order := tiffOrder(out)
	order.PutUint32(out[4:], uint32(at))
	if next := at + 2 + 12*int(order.Uint16(out[at:])); next <= len(out)-4 {
		order.PutUint32(out[next:], 0)
	}
	return out
}
