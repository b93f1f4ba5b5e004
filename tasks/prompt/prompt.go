// Package prompt is the Lambda function that writes the requests to the model, and
// checks what it answers.
//
// The text of a document does not pass through the state of the execution: this function
// reads chunks and answers from S3 and writes request bodies back, and the Bedrock tasks
// of the state machine take them from there (Input.S3Uri). Even the list of the calls
// lies in S3. What became of a call is read from the objects in its place.
package prompt

import (
	"context"
	"encoding/json"
	"log/slog"
	"slices"
	"strconv"
	"strings"

	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/function"
	"github.com/docflow-asl/docflow/tasks/metrics"
	"github.com/docflow-asl/docflow/tasks/quota"
	"github.com/docflow-asl/docflow/tasks/spend"
	"github.com/docflow-asl/docflow/tasks/text/tokens"
	"golang.org/x/sync/errgroup"
)

// workers is how many objects are worked on at once: with 2,000 chunks the waiting for
// S3 is what takes time.
const workers = 16

// Handler writes requests and checks answers.
type Handler struct {
	S3  claim.S3API
	Log *slog.Logger
	// Spend keeps what the calls may cost below caps. Nil: there are none.
	Spend *spend.Ledger
	// Cache lets answers that were given before be used again. They lie in the bucket of the
	// output.
	Cache bool
	// Gate hands out the times of calls. Nil: each is made as soon as it can be.
	Gate *quota.Gate
	// Guardrail names the guardrail that watches over calls, with its version: answers are
	// not used again under another one. Empty: there is none.
	Guardrail string
	// Concurrency is how many calls of a list may be made at the same time. 0:
	// DefaultConcurrency, with a gate GatedConcurrency.
	Concurrency int
}

// Event is the input of the function: Check for that step, else Request.
type Event struct {
	Request
	Check  *CheckRequest
	Settle bool // the step SettleSpend
}

// Function returns what aws-lambda-go calls. Its result is a Result, a Checked or a
// Settled.
func (h *Handler) Function() function.Task[Event, any] {
	return function.Task[Event, any]{
		Name: "prompt", Errors: Errors(), Log: h.Log,
		Decode: Decode, Handle: h.handle,
		Attributes: attributes, Outcome: outcome, Measure: measure,
	}
}

// Decode reads a request.
func Decode(payload []byte) (Event, error) {
	request, err := function.DecodeJSON[Request](payload, `{"step": "analysis" or "synthesis", "document": …, "manifest": …, "output": …}, as the function extract returns them, or {"step": "check", "request": "s3://…"}`)
	if err != nil || request.Step != Check {
		return Event{Request: request, Settle: request.Step == SettleSpend}, err
	}
	check, err := function.DecodeJSON[CheckRequest](payload, `{"step": "check", "request": "s3://…"}`)
	return Event{Check: &check}, err
}

func (h *Handler) handle(ctx context.Context, event Event) (any, error) {
	if event.Check != nil {
		return h.Check(ctx, *event.Check)
	}
	if event.Settle {
		return h.Settle(ctx, event.Request)
	}
	return h.Handle(ctx, event.Request)
}

// Handle writes the requests of one step.
func (h *Handler) Handle(ctx context.Context, request Request) (Result, error) {
	if err := request.Output.Check(); err != nil {
		return Result{}, err
	}
	if request.Batch {
		if h.Guardrail != "" {
			return Result{}, failure.New(failure.InvalidRequest, "a guardrail cannot watch over batch inference: use document-pipeline, or no guardrail")
		}
		ungated := *h
		ungated.Gate = nil
		h = &ungated
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
		if request.Level < 0 || request.Level > MaxLevel {
			return Result{}, failure.New(failure.InvalidRequest, "level is %d; it should be 0 to %d", request.Level, MaxLevel)
		}
		result, err := h.synthesis(ctx, request, manifest)
		if err != nil {
			return Result{Spent: h.settled(ctx, request, err)}, err
		}
		return result, nil
	}
	return Result{}, failure.New(failure.InvalidRequest, "step is %q; it should be %q, %q, %q or %q", request.Step, Analysis, Synthesis, Check, SettleSpend)
}

func (h *Handler) analysis(ctx context.Context, request Request, manifest claim.Manifest) (Result, error) {
	calls, messages := make([]Call, len(manifest.Chunks)), make([]int, len(manifest.Chunks))
	group, groupContext := errgroup.WithContext(ctx)
	group.SetLimit(workers)
	for i, chunk := range manifest.Chunks {
		calls[i] = h.newCall(request.Output, string(bedrock.StepAnalysis), chunk.Index)
		group.Go(function.Guarded(func() error {
			content, err := claim.ReadChunk(groupContext, h.S3, request.Manifest.Bucket, chunk)
			if err != nil {
				return err
			}
			asked := AnalysisRequest(request.Document.Title, content, chunk.Fence, chunk.Index, len(manifest.Chunks))
			if h.Spend != nil || h.Gate != nil {
				messages[i] = MessageTokens(asked)
			}
			calls[i].Cached, err = h.write(groupContext, request.Models, request.Output, string(bedrock.StepAnalysis), chunk.Index, asked)
			return err
		}))
	}
	if err := group.Wait(); err != nil {
		return Result{}, err
	}
	// Before any call, and when all has been written that may fail to be; but for the list,
	// in which the times of the calls are.
	if err := h.reserve(ctx, request, calls, messages); err != nil {
		return Result{}, err
	}
	result, err := h.admitted(ctx, request, calls, messages)
	if err != nil {
		return Result{Spent: h.settled(ctx, request, err)}, err
	}
	return result, nil
}

// admitted writes the list of the calls of the analysis, each with its time, or says when
// the document is let in.
func (h *Handler) admitted(ctx context.Context, request Request, calls []Call, messages []int) (Result, error) {
	at, err := h.admit(ctx, request, calls, messages)
	if err != nil {
		return Result{}, err
	}
	if !at.IsZero() {
		return Result{NotBefore: quota.Timestamp(at)}, nil
	}
	around := tokens.Estimate(bedrock.System(bedrock.StepAnalysis)) + bedrock.DefaultMaxTokens(bedrock.StepAnalysis)
	h.pace(ctx, request.Models, calls, func(i int) (bedrock.Step, int) { return bedrock.StepAnalysis, messages[i] + around })
	return h.list(ctx, request.Output, string(bedrock.StepAnalysis), calls)
}

// AnalysisRequest makes the request for the analysis of a chunk; index counts from 0.
func AnalysisRequest(title, text, fence string, index, chunks int) bedrock.Request {
	in := bedrock.Input{Title: title, Text: text, Fence: fence}
	if chunks > 1 {
		in.Part, in.Parts = index+1, chunks
	}
	return bedrock.NewRequest(bedrock.StepAnalysis, in)
}

// list writes the list of the calls of a Map, and returns them when they are few.
func (h *Handler) list(ctx context.Context, output claim.Output, folder string, calls []Call) (Result, error) {
	data, err := json.Marshal(calls)
	if err != nil {
		return Result{}, failure.New(failure.Unexpected, "the list of calls cannot be written as JSON: %v", err)
	}
	where := output.Calls(folder)
	if err := claim.Put(ctx, h.S3, where, claim.TypeJSON, data); err != nil {
		return Result{}, claim.Failure(err, failure.InvalidRequest)
	}
	result := Result{Calls: &where, Count: len(calls), Concurrency: h.concurrency()}
	if len(calls) <= MaxItems && len(data) <= MaxItemsBytes {
		result.Items = calls
	}
	return result, nil
}

func (h *Handler) concurrency() int {
	switch {
	case h.Concurrency > 0:
		return h.Concurrency
	case h.Gate != nil:
		return GatedConcurrency
	}
	return DefaultConcurrency
}

// write writes the first request of a call. It tells whether the response is there already.
func (h *Handler) write(ctx context.Context, models *spend.Models, output claim.Output, folder string, index int, request bedrock.Request) (cached bool, err error) {
	data, err := h.writeAttempt(ctx, output.Request(folder, index, 0), request)
	if err != nil {
		return false, err
	}
	return h.cached(ctx, models, output, folder, index, data)
}

func (h *Handler) writeAttempt(ctx context.Context, where claim.Object, request bedrock.Request) ([]byte, error) {
	data, err := json.Marshal(request)
	if err != nil {
		return nil, failure.New(failure.Unexpected, "the request cannot be written as JSON: %v", err)
	}
	return data, claim.Failure(claim.Put(ctx, h.S3, where, claim.TypeJSON, data), failure.InvalidRequest)
}

func (h *Handler) newCall(output claim.Output, folder string, index int) Call {
	return Call{
		Guarded:  h.Guardrail != "",
		Index:    index,
		Request:  output.Request(folder, index, 0).URI(),
		Response: output.Response(folder, index, 0).URI(),
		Error:    strings.TrimPrefix(output.Fault(folder, index).Key, claim.WorkPrefix),
	}
}

// mergeFolder is the folder of the calls of a level of merges, which count from 1.
func mergeFolder(level int) string { return string(bedrock.StepMerge) + strconv.Itoa(level) }

// stepOf returns the step of the calls in a folder, or "".
func stepOf(folder string) bedrock.Step {
	for level := 1; level <= MaxLevel; level++ {
		if folder == mergeFolder(level) {
			return bedrock.StepMerge
		}
	}
	for _, step := range bedrock.Steps() {
		if folder == string(step) {
			return step
		}
	}
	return ""
}

func attributes(e Event) []slog.Attr {
	if e.Check != nil {
		place, err := claim.PlaceOf(e.Check.Request)
		if err != nil {
			return []slog.Attr{slog.String("step", string(Check))}
		}
		return []slog.Attr{
			slog.String("execution", place.Output.Execution()), slog.String("step", string(Check)),
			slog.String("call", place.Folder), slog.Int("index", place.Index), slog.Int("attempt", place.Attempt),
		}
	}
	execution := e.Execution
	if execution == "" {
		execution = e.Output.Execution()
	}
	step := e.Step
	if !slices.Contains([]Step{Analysis, Synthesis, SettleSpend}, step) {
		step = "" // whatever it is
	}
	return []slog.Attr{
		slog.String("execution", execution), slog.String("bucket", e.Document.Bucket),
		function.Private("key", e.Document.Key), slog.String("step", string(step)), slog.Int("level", e.Level),
	}
}

// measure counts a document that was refused for good, as the pipeline does that catches the error, and what was spent on one
// that ends without a result.
func measure(c function.Call[Event, any]) []metrics.Metric {
	var counted []metrics.Metric
	name := failure.Name(c.Err)
	prepares := c.Request.Check == nil && (c.Request.Step == Analysis || c.Request.Step == Synthesis)
	if prepares && slices.Contains(Errors().Poison(), name) {
		counted = append(counted, metrics.Metric{Name: metrics.Quarantined, Unit: metrics.Count, Value: 1, By: metrics.Reason, ByValue: name})
	}
	spent := 0.0
	switch r := c.Result.(type) {
	case Result:
		spent = r.Spent
	case Settled:
		spent = r.Spent
	}
	if spent > 0 {
		counted = append(counted, metrics.Metric{Name: metrics.Dollars, Unit: metrics.None, Value: spent})
	}
	return counted
}

func outcome(result any) []slog.Attr {
	switch r := result.(type) {
	case Settled:
		return []slog.Attr{slog.Int("calls", r.Calls)}
	case Checked:
		return []slog.Attr{slog.String("status", string(r.Status)), slog.String("fault", r.Fault)}
	case Result:
		calls := r.Count
		for _, c := range []*Call{r.Summary, r.Sentiment, r.Keywords} {
			if c != nil {
				calls++
			}
		}
		return []slog.Attr{slog.Int("calls", calls)}
	}
	return nil
}
