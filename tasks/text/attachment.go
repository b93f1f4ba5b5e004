package text

import (
	"context"
	"errors"
)

// shared is what all documents inside one document use up together.
type shared struct {
	unpacked    int64
	text        int64
	attachments int64
}

// init adds the formats that carry documents of any format: in the literal they would be an initialization cycle.
func init() {
	extractors[FormatEML] = extractEML
	extractors[FormatMSG] = extractMSG
	extractors[FormatZIP] = extractZIP
	extractors[FormatTAR] = extractTAR
	extractors[FormatGZIP] = extractGZIP
}

// attach reads a document that doc carries. What is wrong with it stays its own affair and is noted in the attachment;
// only a limit that all share, or the end of the time, is an error here.
func (src *source) attach(ctx context.Context, doc *Document, name string, data []byte) error {
	return src.attachSource(ctx, doc, &source{data: data, name: name}, int64(len(data)))
}

// attachRead is attach for a document that has no bytes of its own but stands in the bytes of src, where read finds it.
func (src *source) attachRead(ctx context.Context, doc *Document, name string, format Format, read extractor) error {
	return src.attachSource(ctx, doc, &source{data: src.data, name: name, read: read, readFormat: format}, 0)
}

func (src *source) attachSource(ctx context.Context, doc *Document, inner *source, size int64) error {
	src.shared.attachments++
	if limit := src.limits.Attachments; src.shared.attachments > limit {
		return over("Attachments", limit, "the document carries more documents than are allowed, at %s", inner.name)
	}
	inner.password, inner.cacheDir, inner.ocr, inner.full = src.password, src.cacheDir, src.ocr, src.full
	inner.limits, inner.shared, inner.depth = src.limits, src.shared, src.depth+1
	found, err := inner.extract(ctx)
	if err != nil {
		return attachError(doc, inner.name, size, err)
	}
	doc.Attachments = append(doc.Attachments, Attachment{Name: inner.name, Bytes: size, Document: found})
	return nil
}

// attachError notes that a document in doc cannot be read, or returns the error if it ends the reading of doc, too.
func attachError(doc *Document, name string, size int64, err error) error {
	var own *Error
	if !errors.As(err, &own) || own.Code == TimedOut || own.Code == LimitExceeded && sharedLimits[own.Limit] {
		return err
	}
	own.Name = name
	doc.Attachments = append(doc.Attachments, Attachment{Name: name, Bytes: size, Error: own})
	return nil
}

// sharedLimits bound all documents inside one document together.
var sharedLimits = map[string]bool{"DecompressedBytes": true, "TextBytes": true, "Attachments": true}

// noneReadable is the error of a container in which no document can be read. A passed limit says more about it than
// anything else does.
func noneReadable(doc *Document) *Error {
	first := doc.Attachments[0]
	for _, attachment := range doc.Attachments {
		if attachment.Error.Code == LimitExceeded && first.Error.Code != LimitExceeded {
			first = attachment
		}
	}
	err := fail(first.Error.Code, "none of %d documents in it can be read: %w", len(doc.Attachments), first.Error)
	err.Limit, err.LimitValue = first.Error.Limit, first.Error.LimitValue
	return err
}
