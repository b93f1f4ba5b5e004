package text

import (
	"context"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"
)

// recognizeAtATime bounds the images that are read at the same time: a model answers in seconds, and quotas are small.
const recognizeAtATime = 4

// recognize has images read by Options.OCR and puts their texts into the pages of doc. A page that cannot be read has a
// warning; only the end of the time is an error.
func recognize(ctx context.Context, src *source, doc *Document, images []Image) error {
	var mutex sync.Mutex
	group, groupCtx := errgroup.WithContext(ctx)
	group.SetLimit(recognizeAtATime)
	for _, image := range images {
		image.Language = doc.Metadata.Language
		group.Go(func() error {
			found, err := src.ocr.Recognize(groupCtx, image)
			if ended := contextError(ctx); ended != nil {
				return ended
			}
			mutex.Lock()
			defer mutex.Unlock()
			if err != nil {
				doc.warn(image.Page, WarnRecognitionFailed, src.ocr.Name()+" cannot read the image: "+firstLine(err.Error()))
				return nil
			}
			setRecognized(src, doc, image.Page, found)
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return err
	}
	slices.SortStableFunc(doc.Warnings, func(a, b Warning) int { return a.Page - b.Page })
	return nil
}

// setRecognized puts the text of an image into its page and takes the warning off that it has none.
func setRecognized(src *source, doc *Document, number int, found string) {
	found = strings.Trim(normalise(strings.ToValidUTF8(found, "\uFFFD")), "\n \f")
	for i := range doc.Pages {
		if doc.Pages[i].Number == number && found != "" {
			doc.Pages[i].Text, doc.Pages[i].Blocks, doc.Pages[i].Links = found, paragraphBlocks(found), nil
		}
	}
	doc.Warnings = slices.DeleteFunc(doc.Warnings, func(w Warning) bool { return w.Page == number && w.Code == WarnImageOnlyPage })
	if found == "" {
		doc.warn(number, WarnRecognized, src.ocr.Name()+" sees no text in the image of the page")
		return
	}
	doc.warn(number, WarnRecognized, "the text was read from the image of the page by "+src.ocr.Name()+": letters may be wrong")
}
