package extract

import (
	"context"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/function"
	"github.com/docflow-asl/docflow/tasks/text"
	"golang.org/x/sync/errgroup"
)

// writers is how many objects are written at once.
const writers = 8

// store writes the text, its chunks and then the manifest, which is there only when all
// else is.
func (h *Handler) store(ctx context.Context, output *claim.Output, doc *text.Document, content string, recognition *claim.Recognition, result Result) (Result, error) {
	chunks := text.Split(doc, h.Chunks)
	if len(chunks) > MaxChunks {
		return Result{}, failure.New(failure.LimitExceeded, "%s: the text has %d chunks; the limit Chunks is %d: split the document",
			result.Document.Name, len(chunks), MaxChunks)
	}
	manifest := claim.Manifest{
		Document: result.Document,
		Text:     output.Text(),
		Fence:    result.Fence,
		Pages:    make([]claim.Page, len(doc.Pages)),
		Chunks:   make([]claim.Chunk, len(chunks)),
		Warnings: warnings(doc),

		Recognition: recognition,
	}
	for i, page := range doc.Pages {
		manifest.Pages[i] = claim.Page{
			Number: page.Number, Characters: utf8.RuneCountInString(page.Text), SHA256: claim.SHA256([]byte(page.Text)),
		}
	}
	group, groupContext := errgroup.WithContext(ctx)
	group.SetLimit(writers)
	group.Go(function.Guarded(func() error {
		return claim.Put(groupContext, h.S3, manifest.Text, claim.TypeText, []byte(content))
	}))
	for i, chunk := range chunks {
		object := output.Chunk(chunk.Index)
		manifest.Chunks[i] = claim.Chunk{
			Index: chunk.Index, Key: object.Key, SHA256: claim.SHA256([]byte(chunk.Text)),
			FirstPage: chunk.FirstPage, LastPage: chunk.LastPage, Start: chunk.Start, End: chunk.End,
			EstimatedTokens: text.EstimateTokens(chunk.Text),
			Fence:           bedrock.Fence(chunk.Text),
		}
		group.Go(function.Guarded(func() error {
			return claim.Put(groupContext, h.S3, object, claim.TypeText, []byte(chunk.Text))
		}))
	}
	if err := group.Wait(); err != nil {
		return Result{}, claim.Failure(err, failure.InvalidRequest)
	}
	where := output.Manifest()
	if err := claim.PutJSON(ctx, h.S3, where, manifest); err != nil {
		return Result{}, claim.Failure(err, failure.InvalidRequest)
	}
	result.Manifest = &where
	result.Warnings = fitting(result.Warnings, MaxStateWarnings)
	result.ChunkCount = len(chunks)
	return result, nil
}

// fitting returns as many warnings, from the first, as have at most limit bytes of text.
func fitting(warnings []claim.Warning, limit int) []claim.Warning {
	for i, w := range warnings {
		if limit -= len(w.Code) + len(w.Message); limit < 0 {
			return warnings[:i]
		}
	}
	return warnings
}
