// Package prompt is the Lambda function that writes the requests to the model.
//
// The text of a document does not pass through the state of the execution: this function
// reads chunks from S3 and writes request bodies back, and the Bedrock tasks of the state
// machine take them from there (Input.S3Uri).
package prompt

import (
	"context"
	"encoding/json"
	"log/slog"

	"github.com/docflow-asl/docflow/tasks/answer"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/function"
	"golang.org/x/sync/errgroup"
)

// workers is how many chunks are worked on at once.
const workers = 8

// Handler writes requests.
type Handler struct {
	S3  claim.S3API
	Log *slog.Logger
}

// Function returns what aws-lambda-go calls.
func (h *Handler) Function() function.Task[Request, Result] {
	return function.Task[Request, Result]{
		Name: "prompt", Errors: Errors(), Log: h.Log,
		Decode: Decode, Handle: h.Handle,
		Attributes: attributes, Outcome: outcome,
	}
}

// Decode reads a request.
func Decode(payload []byte) (Request, error) {
	return function.DecodeJSON[Request](payload, `{"step": "analysis" or "synthesis", "document": …, "manifest": …, "output": …}, as the function extract returns them`)
}

// Handle writes the requests of one step.
func (h *Handler) Handle(ctx context.Context, request Request) (Result, error) {
	if err := request.Output.Check(); err != nil {
		return Result{}, err
	}
	manifest, err := claim.ReadManifest(ctx, h.S3, request.Manifest, request.Document)
	if err != nil {
		return Result{}, err
	}
	if len(manifest.Chunks) > MaxChunks {
		return Result{}, failure.New(failure.LimitExceeded, "%s: the text has %d chunks; the limit Chunks is %d",
			request.Document.Name, len(manifest.Chunks), MaxChunks)
	}
	switch request.Step {
	case Analysis:
		return h.analysis(ctx, request, manifest)
	case Synthesis:
		return h.synthesis(ctx, request, manifest)
	}
	return Result{}, failure.New(failure.InvalidRequest, "step is %q; it should be %q or %q", request.Step, Analysis, Synthesis)
}

func (h *Handler) analysis(ctx context.Context, request Request, manifest claim.Manifest) (Result, error) {
	calls := make([]Call, len(manifest.Chunks))
	group, groupContext := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for i, chunk := range manifest.Chunks {
		calls[i] = call(request.Output, bedrock.StepAnalysis, chunk.Index)
		group.Go(func() error {
			content, err := claim.ReadChunk(groupContext, h.S3, request.Manifest.Bucket, chunk)
			if err != nil {
				return err
			}
			in := bedrock.Input{Title: request.Document.Title, Text: content, Fence: chunk.Fence}
			if len(manifest.Chunks) > 1 {
				in.Part, in.Parts = chunk.Index+1, len(manifest.Chunks)
			}
			return h.write(groupContext, request.Output, bedrock.StepAnalysis, chunk.Index, in)
		})
	}
	if err := group.Wait(); err != nil {
		return Result{}, err
	}
	result := Result{Analysis: calls}
	data, err := json.Marshal(result)
	if err != nil {
		return Result{}, failure.New(failure.Unexpected, "the result cannot be written as JSON: %v", err)
	}
	if len(data) > MaxResult {
		return Result{}, failure.New(failure.LimitExceeded, "%s: the list of %d calls has %d bytes; the limit is %d (Chunks): "+
			"use shorter names for the bucket or the execution, or split the document", request.Document.Name, len(calls), len(data), MaxResult)
	}
	return result, nil
}

func (h *Handler) synthesis(ctx context.Context, request Request, manifest claim.Manifest) (Result, error) {
	in, err := h.synthesisInput(ctx, request, manifest)
	if err != nil {
		return Result{}, err
	}
	var result Result
	for _, part := range []struct {
		step bedrock.Step
		call **Call
	}{
		{bedrock.StepSummary, &result.Summary},
		{bedrock.StepSentiment, &result.Sentiment},
		{bedrock.StepKeywords, &result.Keywords},
	} {
		if err := h.write(ctx, request.Output, part.step, 0, in); err != nil {
			return Result{}, err
		}
		c := call(request.Output, part.step, 0)
		*part.call = &c
	}
	return result, nil
}

// synthesisInput returns the text itself when it is one chunk, else the analyses of the
// chunks.
func (h *Handler) synthesisInput(ctx context.Context, request Request, manifest claim.Manifest) (bedrock.Input, error) {
	in := bedrock.Input{Title: request.Document.Title}
	calls, err := Calls(request.Calls, len(manifest.Chunks))
	if err != nil {
		return in, err
	}
	if len(manifest.Chunks) == 1 {
		chunk := manifest.Chunks[0]
		in.Fence = chunk.Fence
		in.Text, err = claim.ReadChunk(ctx, h.S3, request.Manifest.Bucket, chunk)
		return in, err
	}
	readings, err := answer.ReadAll(ctx, h.S3, request.Output, calls)
	if err != nil {
		return in, err
	}
	text, usable := digest(manifest, readings)
	if usable == 0 {
		return in, failure.New(failure.NoUsableAnswer, "%s: none of the %d chunks has an analysis that can be used; the first: %s",
			request.Document.Name, len(readings), firstFault(readings))
	}
	in.Text = text
	return in, nil
}

func firstFault(readings []answer.Reading) string {
	for _, r := range readings {
		if r.Fault != nil {
			return r.Fault.Loggable()
		}
	}
	return "the document has no chunks"
}

func (h *Handler) write(ctx context.Context, output claim.Output, step bedrock.Step, index int, in bedrock.Input) error {
	data, err := json.Marshal(bedrock.NewRequest(step, in))
	if err != nil {
		return failure.New(failure.Unexpected, "the request cannot be written as JSON: %v", err)
	}
	return claim.Failure(claim.Put(ctx, h.S3, output.Request(string(step), index), claim.TypeJSON, data), failure.InvalidRequest)
}

func call(output claim.Output, step bedrock.Step, index int) Call {
	return Call{
		Index:    index,
		Request:  output.Request(string(step), index).URI(),
		Response: output.Response(string(step), index).URI(),
	}
}

func attributes(r Request) []slog.Attr {
	execution := r.Execution
	if execution == "" {
		execution = r.Output.Execution()
	}
	return []slog.Attr{
		slog.String("execution", execution), slog.String("bucket", r.Document.Bucket),
		slog.String("key", r.Document.Key), slog.String("step", string(r.Step)),
	}
}

func outcome(r Result) []slog.Attr {
	calls := len(r.Analysis)
	for _, c := range []*Call{r.Summary, r.Sentiment, r.Keywords} {
		if c != nil {
			calls++
		}
	}
	return []slog.Attr{slog.Int("calls", calls)}
}
