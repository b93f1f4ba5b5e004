package combine

import (
	"context"
	"errors"
	"time"

	"github.com/aws/smithy-go"
	"github.com/docflow-asl/docflow/tasks/function"
	"github.com/docflow-asl/docflow/tasks/index"
)

// indexTime bounds the attempts to list a result. The function's own time is several times
// as long.
const indexTime = 20 * time.Second

// list puts a result that has been written into the index. That it cannot be done, with the
// attempts that the client makes, is no reason to lose the result: the objects in the
// results bucket say the same, and docflow list reads those, too.
func (h *Handler) list(ctx context.Context, request Request, result Result) {
	if h.Index == nil {
		return
	}
	now := h.Now
	if now == nil {
		now = time.Now
	}
	ctx, cancel := context.WithTimeout(ctx, indexTime)
	defer cancel()
	written, err := h.Index.Put(ctx, entryOf(request, result, now()))
	if h.Log == nil || err == nil && written {
		return
	}
	if err != nil {
		code := "Unavailable"
		var api smithy.APIError
		if errors.As(err, &api) {
			code = api.ErrorCode()
		}
		h.Log.WarnContext(ctx, "the result is not in the index", "execution", request.Output.Execution(), "errorType", code,
			function.Private("result", result.Result.URI()), function.Private("errorMessage", err.Error()))
		return
	}
	h.Log.InfoContext(ctx, "the index has a newer result of the execution", "execution", request.Output.Execution())
}

// entryOf is what the index says of a result. Names of missing parts are this package's
// own: nothing in it is what a document says, but its key.
func entryOf(request Request, result Result, now time.Time) index.Entry {
	e := index.Entry{
		Execution: request.Output.Execution(), Bucket: result.Document.Bucket, Key: result.Document.Key, Version: result.Document.VersionID,
		Status: string(result.Status), Result: result.Result.URI(), MissingCount: len(result.Missing), Ended: now,
		Pages: result.Counts.Pages, Chunks: result.Counts.Chunks,
		InputTokens: result.Usage.InputTokens, OutputTokens: result.Usage.OutputTokens,
	}
	if result.Cost != nil && !result.OfflineModel {
		e.Dollars = result.Cost.Dollars
	}
	for _, m := range result.Missing[:min(len(result.Missing), index.MaxMissing)] {
		e.Missing = append(e.Missing, m.Part)
	}
	if started, err := time.Parse(time.RFC3339, request.StartTime); err == nil {
		e.Started = started
	}
	return e
}
