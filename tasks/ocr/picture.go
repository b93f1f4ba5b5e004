package ocr

import (
	"bytes"
	"image"
	"image/color"
	_ "image/gif" // a kind of picture that is read
	"image/jpeg"
	"image/png"
	"slices"

	_ "golang.org/x/image/bmp" // a kind of picture that is read
	"golang.org/x/image/draw"
	_ "golang.org/x/image/tiff" // a kind of picture that is read
	_ "golang.org/x/image/webp" // a kind of picture that is read

	"github.com/docflow-asl/docflow/tasks/text"
)

// maxPixels is the size up to which a picture is unpacked here: an A4 page at 600 dots an inch has 35 million.
const maxPixels = 50_000_000

// bounds are what a reader takes.
type bounds struct {
	bytes int
	side  int
	types []string
}

// fit returns a picture within bounds: as it is, or in another form, or smaller. The media type comes with it.
func (b bounds) fit(reader string, picture text.Image) ([]byte, string, error) {
	config, kind, err := image.DecodeConfig(bytes.NewReader(picture.Data))
	if err != nil {
		return nil, "", failed(reader, ImageUnreadable, "the picture cannot be read: %w", err)
	}
	mediaType := "image/" + kind
	if slices.Contains(b.types, mediaType) && len(picture.Data) <= b.bytes && max(config.Width, config.Height) <= b.side {
		return picture.Data, mediaType, nil
	}
	if config.Width <= 0 || config.Height <= 0 || config.Width > maxPixels/config.Height {
		return nil, "", failed(reader, ImageTooLarge, "the picture has %d × %d pixels; %d million are read at most", config.Width, config.Height, maxPixels/1_000_000)
	}
	decoded, _, err := image.Decode(bytes.NewReader(picture.Data))
	if err != nil {
		return nil, "", failed(reader, ImageUnreadable, "the picture is damaged: %w", err)
	}
	decoded = flatten(decoded)
	if longest := max(config.Width, config.Height); longest > b.side {
		decoded = scale(decoded, float64(b.side)/float64(longest))
	}
	// Drawings and scans pack well as PNG and stay sharp; photographs need JPEG; after that the picture gets smaller.
	for range 8 {
		var out bytes.Buffer
		if err := png.Encode(&out, decoded); err == nil && out.Len() <= b.bytes {
			return out.Bytes(), "image/png", nil
		}
		for _, quality := range []int{90, 75} {
			out.Reset()
			if err := jpeg.Encode(&out, decoded, &jpeg.Options{Quality: quality}); err == nil && out.Len() <= b.bytes {
				return out.Bytes(), "image/jpeg", nil
			}
		}
		decoded = scale(decoded, 0.75)
	}
	return nil, "", failed(reader, ImageTooLarge, "the picture has %d bytes and cannot be packed into %d", len(picture.Data), b.bytes)
}

// flatten puts a picture that may be transparent on white: black text on nothing would be black on black.
func flatten(picture image.Image) image.Image {
	if opaque, ok := picture.(interface{ Opaque() bool }); ok && opaque.Opaque() {
		return picture
	}
	out := image.NewRGBA(picture.Bounds())
	draw.Draw(out, out.Bounds(), image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(out, out.Bounds(), picture, picture.Bounds().Min, draw.Over)
	return out
}

func scale(picture image.Image, factor float64) image.Image {
	from := picture.Bounds()
	to := image.Rect(0, 0, max(int(float64(from.Dx())*factor), 1), max(int(float64(from.Dy())*factor), 1))
	var out draw.Image = image.NewRGBA(to)
	switch picture.(type) {
	case *image.Gray, *image.Gray16:
		out = image.NewGray(to)
	}
	draw.ApproxBiLinear.Scale(out, to, picture, from, draw.Src, nil)
	return out
}

// enlarge doubles a small picture: a screen has a third of the dots an inch that tesseract is made for. Anything that does
// not go well leaves the picture as it is.
func enlarge(data []byte) []byte {
	const small = 1200
	config, _, err := image.DecodeConfig(bytes.NewReader(data))
	if err != nil || max(config.Width, config.Height) > small {
		return data
	}
	decoded, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return data
	}
	decoded = flatten(decoded)
	from := decoded.Bounds()
	large := image.NewGray(image.Rect(0, 0, 2*from.Dx(), 2*from.Dy()))
	draw.CatmullRom.Scale(large, large.Bounds(), decoded, from, draw.Src, nil)
	var out bytes.Buffer
	if err := png.Encode(&out, large); err != nil {
		return data
	}
	return out.Bytes()
}
