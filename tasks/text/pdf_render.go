package text

import (
	"bytes"
	"context"
	"errors"
	"image/jpeg"
	"math"

	"github.com/klippa-app/go-pdfium/enums"
	"github.com/klippa-app/go-pdfium/requests"
)

// Pictures for recognition: readers want 200 to 300 dots an inch, models and Textract take no more than a few megabytes.
const (
	renderDPI     = 200
	renderLongest = 3_000 // pixels
	renderQuality = 90    // of 100, JPEG
	// renderBatch bounds the pictures that wait in memory; the document crosses to the worker once for each batch.
	renderBatch = 8
)

// recognizePDF has the pages that are images read.
func recognizePDF(ctx context.Context, src *source, doc *Document) error {
	var pages []int
	for _, w := range doc.Warnings {
		if w.Code == WarnImageOnlyPage {
			pages = append(pages, w.Page)
		}
	}
	if limit := src.limits.RecognizedPages; int64(len(pages)) > limit {
		pages = pages[:limit]
	}
	doc.Metadata.Language = guessLanguage(doc)
	for len(pages) > 0 {
		batch := pages[:min(renderBatch, len(pages))]
		pages = pages[len(batch):]
		result, err := pdfHosts.read(ctx, &pdfRequest{
			Data: src.data, Password: src.password, Render: batch, Limits: src.limits, CacheDir: src.cacheDir,
		})
		switch {
		case err != nil && contextError(ctx) != nil:
			return contextError(ctx)
		case err != nil:
			for _, page := range batch {
				doc.warn(page, WarnRecognitionFailed, "no picture of the page can be made: "+firstLine(err.Error()))
			}
			continue
		}
		if err := recognize(ctx, src, doc, result.Images); err != nil {
			return err
		}
		doc.Warnings = append(doc.Warnings, result.Warnings...)
	}
	return nil
}

// render makes the pictures of the pages that are asked for. A page that cannot be drawn has a warning instead.
func (r *pdfReader) render(ctx context.Context) error {
	for _, number := range r.request.Render {
		if err := contextError(ctx); err != nil {
			return err
		}
		data, err := r.picture(number)
		if err != nil {
			r.warn(number, WarnRecognitionFailed, "no picture of the page can be made: "+r.why(err))
			if !trapped(err) {
				continue
			}
			r.engine.discard(r.instance)
			if err := r.open(ctx); err != nil {
				return err
			}
			continue
		}
		r.result.Images = append(r.result.Images, Image{Data: data, MediaType: "image/jpeg", Page: number})
	}
	return nil
}

// picture draws one page in grey as a JPEG file.
func (r *pdfReader) picture(number int) ([]byte, error) {
	page := requests.Page{ByIndex: &requests.PageByIndex{Document: r.document, Index: number - 1}}
	size, err := r.instance.GetPageSize(&requests.GetPageSize{Page: page})
	if err != nil {
		return nil, err
	}
	longest := max(size.Width, size.Height) // points, 72 an inch
	if longest <= 0 {
		return nil, errors.New("the page has no size")
	}
	dpi := int(math.Max(1, math.Min(renderDPI, renderLongest*72/longest)))
	drawn, err := r.instance.RenderPageInDPI(&requests.RenderPageInDPI{
		Page: page, DPI: dpi, RenderFlags: enums.FPDF_RENDER_FLAG_ANNOT, ImageFormat: requests.RenderImageFormatGrayscale,
	})
	if err != nil {
		return nil, err
	}
	defer drawn.Cleanup()
	var out bytes.Buffer
	if err := jpeg.Encode(&out, drawn.Result.RenderedImage, &jpeg.Options{Quality: renderQuality}); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
