// Package combine is the Lambda function that joins what the model answered into one
// result. What is not there, or cannot be used, is named in the result: a branch that
// failed does not take the others with it, and nothing passes for complete that is not.
package combine

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/tasks/answer"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/function"
	"github.com/docflow-asl/docflow/tasks/index"
	"github.com/docflow-asl/docflow/tasks/metrics"
	"github.com/docflow-asl/docflow/tasks/prompt"
	"github.com/docflow-asl/docflow/tasks/spend"
)

// OfflineModel is the name that docflow's offline model gives itself in a response.
const OfflineModel = spend.OfflineModel

// Handler combines answers.
type Handler struct {
	S3  claim.S3API
	Log *slog.Logger
	// Spend is where what the calls did cost is settled. May be nil.
	Spend *spend.Ledger
	// Index is where the result is listed. May be nil.
	Index *index.Writer
	Now   func() time.Time // nil: the clock
}

// Event is the input of the function: Items in the article's form, else Request.
type Event struct {
	Request
	Items []Item
}

// Function returns what aws-lambda-go calls.
func (h *Handler) Function() function.Task[Event, Result] {
	return function.Task[Event, Result]{
		Name: "combine", Errors: Errors(), Log: h.Log,
		Decode: Decode, Handle: h.handle,
		Attributes: attributes, Outcome: outcome, Measure: measure,
	}
}

func (h *Handler) handle(ctx context.Context, event Event) (Result, error) {
	if event.Items != nil {
		return CombineItems(event.Items)
	}
	return h.Handle(ctx, event.Request)
}

// Handle combines the answers of one execution of the pipeline and writes the report.
func (h *Handler) Handle(ctx context.Context, request Request) (Result, error) {
	if err := request.Output.Check(); err != nil {
		return Result{}, err
	}
	manifest, err := claim.ReadManifest(ctx, h.S3, request.Manifest, request.Document)
	if err != nil {
		return Result{}, err
	}
	calls := prompt.AnalysisCalls(len(manifest.Chunks))
	var merges []merged
	for level := 1; level <= prompt.MaxLevel; level++ {
		listed, err := prompt.ReadCalls(ctx, h.S3, request.Output, level, len(manifest.Chunks))
		if err != nil {
			return Result{}, err
		}
		for _, c := range listed {
			merges = append(merges, merged{level: level, first: c.First, last: c.Last})
		}
		calls = append(calls, prompt.MergeCalls(level, listed)...)
	}
	readings, err := answer.ReadAll(ctx, h.S3, request.Output, append(calls, prompt.SynthesisCalls()...))
	if err != nil {
		return Result{}, err
	}
	analyses, rest := readings[:len(manifest.Chunks)], readings[len(manifest.Chunks):]
	for i := range merges {
		merges[i].Reading = rest[i]
	}
	synthesis := rest[len(merges):]

	document := manifest.Document
	result := Result{
		Document: &document, Missing: []Missing{}, Models: []string{},
		Warnings: slices.Clone(manifest.Warnings[:min(len(manifest.Warnings), maxWarnings)]),
		Counts:   &Counts{Pages: len(manifest.Pages), Chunks: len(manifest.Chunks)},
	}
	result.addPages(manifest)
	result.addAnalyses(document, analyses)
	for _, m := range merges {
		result.countAll(m.Reading)
		if m.Fault != nil {
			result.miss(fmt.Sprintf("merge of chunks %d to %d", m.first+1, m.last+1), m.Fault)
		}
	}
	for _, reading := range synthesis {
		result.countAll(reading)
		result.add(reading.Step, reading)
	}
	for _, reading := range readings {
		result.Retries += max(0, reading.Attempts-1)
		result.Truncated += reading.Truncated
	}
	result.price(request.Models, readings, manifest.Recognition)
	h.settle(ctx, request, readings, manifest.Recognition)
	if err := result.finish(document.Name); err != nil {
		return result, err // with what was spent all the same
	}
	return h.report(ctx, request, manifest, analyses, merges, synthesis, result)
}

// merged is what became of a merge of analyses.
type merged struct {
	answer.Reading
	level, first, last int
}

// add puts the answer of a step into the result, or its fault among what is missing.
func (r *Result) add(step bedrock.Step, reading answer.Reading) {
	switch a := reading.Answer.(type) {
	case *bedrock.Summary:
		r.Summary = a
	case *bedrock.Sentiment:
		r.Sentiment = a
	case *bedrock.Keywords:
		r.Keywords = a
	default:
		r.miss(string(step), reading.Fault)
	}
}

func (r *Result) addAnalyses(document claim.Document, readings []answer.Reading) {
	analyzed := 0
	for _, reading := range readings {
		r.countAll(reading)
		if reading.Answer != nil {
			analyzed++
		}
	}
	r.Counts.ChunksAnalyzed = analyzed
	if analyzed == 0 {
		r.miss(string(bedrock.StepAnalysis), readings[0].Fault)
		return
	}
	for _, reading := range readings {
		if reading.Fault != nil {
			r.miss(fmt.Sprintf("analysis of chunk %d", reading.Index+1), reading.Fault)
		}
	}
	r.Analysis = merge(document, readings)
}

// lostText are the warnings that say that text of a page, or of the document, is not in
// the result. That a picture of a page cannot be read (recognition-failed) comes with
// image-only-page.
var lostText = []string{"image-only-page", "page-unreadable", "page-text-cut", "text-cut", "part-unreadable", "attachment-unreadable"}

func (r *Result) addPages(manifest claim.Manifest) {
	for _, warning := range manifest.Warnings {
		if !slices.Contains(lostText, warning.Code) {
			continue
		}
		part := "text of the document"
		if warning.Page > 0 {
			part = fmt.Sprintf("text of page %d", warning.Page)
		}
		r.miss(part, &answer.Fault{Error: warning.Code, Cause: warning.Message})
	}
}

func (r *Result) miss(part string, fault *answer.Fault) {
	r.Missing = append(r.Missing, Missing{Part: part, Error: cut(fault.Error, MaxCause), Cause: cut(fault.Cause, MaxCause)})
}

// countAll counts the tokens and models of all responses to a call.
func (r *Result) countAll(reading answer.Reading) {
	r.Usage.InputTokens += reading.Usage.InputTokens
	r.Usage.OutputTokens += reading.Usage.OutputTokens
	for _, model := range reading.Models {
		r.model(model)
	}
}

// settle puts what the calls did cost in the place of what was reserved for them. That it
// cannot be done keeps that reserved until the day ends, and is no reason to lose a result.
func (h *Handler) settle(ctx context.Context, request Request, readings []answer.Reading, recognition *claim.Recognition) {
	if h.Spend == nil || request.Models == nil {
		return
	}
	if _, _, err := prompt.Settle(ctx, h.Spend, request.Output, *request.Models, readings, recognition); err != nil && h.Log != nil {
		h.Log.WarnContext(ctx, "what the calls did cost is not settled", "execution", request.Output.Execution(),
			"errorType", failure.Name(err), "errorDetail", failure.Detail(err))
	}
}

// price says what all responses cost, and the reading of pages that are pictures by a model,
// when the models that were called are known. That one
// of them has no known price is a warning.
func (r *Result) price(models *spend.Models, readings []answer.Reading, recognition *claim.Recognition) {
	if models == nil {
		return
	}
	r.Cost = &spend.Cost{Models: []spend.ModelCost{}}
	prompt.AddRecognition(r.Cost, recognition)
	for _, reading := range readings {
		for _, b := range reading.Billed {
			r.Cost.Add(models.Of(reading.Step), cut(b.Model, maxModel), b.Usage, b.Batch)
		}
	}
	for _, model := range r.Cost.Finish() {
		r.Warnings = append(r.Warnings, claim.Warning{
			Code: "price-unknown", Message: fmt.Sprintf("what the calls to %q cost is not known, and so is the sum", model),
		})
	}
}

func (r *Result) model(name string) {
	model := cut(name, maxModel)
	if model == "" {
		return
	}
	if at, found := slices.BinarySearch(r.Models, model); !found && len(r.Models) < maxModels {
		r.Models = slices.Insert(r.Models, at, model)
	}
	r.OfflineModel = r.OfflineModel || model == OfflineModel
}

// finish sets the status, or says that there is no result.
func (r *Result) finish(name string) error {
	if r.Analysis == nil && r.Summary == nil && r.Sentiment == nil && r.Keywords == nil && len(r.Prose) == 0 {
		var reasons []string
		for _, m := range r.Missing[:min(len(r.Missing), maxReasons)] {
			reasons = append(reasons, m.Part+": "+answer.Fault{Error: m.Error, Cause: m.Cause}.Loggable())
		}
		return failure.New(failure.NoUsableAnswer, "%s: the model gave nothing that can be used: %s", name, strings.Join(reasons, "; "))
	}
	r.Status = Complete
	if len(r.Missing) > 0 {
		r.Status = Partial
	}
	return nil
}

// Bounds on what a response says about itself, and on warnings in the state's output.
const (
	maxModel    = 200
	maxModels   = 16
	maxReasons  = 3 // of a failure
	maxWarnings = 20
)

func attributes(e Event) []slog.Attr {
	execution := e.Execution
	if execution == "" {
		execution = e.Output.Execution()
	}
	return []slog.Attr{
		slog.String("execution", execution), slog.String("bucket", e.Document.Bucket), function.Private("key", e.Document.Key),
	}
}

// measure counts a document that has a result now, or never will, and what was spent on it.
func measure(c function.Call[Event, Result]) []metrics.Metric {
	name := failure.Name(c.Err)
	if c.Request.Items != nil || c.Err == nil && !c.Result.New || c.Err != nil && name != failure.NoUsableAnswer {
		return nil
	}
	r := c.Result
	count := func(name string, n int) metrics.Metric {
		return metrics.Metric{Name: name, Unit: metrics.Count, Value: float64(n)}
	}
	counted := []metrics.Metric{
		count(metrics.Tokens, r.Usage.InputTokens+r.Usage.OutputTokens), count(metrics.InputTokens, r.Usage.InputTokens),
		count(metrics.OutputTokens, r.Usage.OutputTokens), count(metrics.Retries, r.Retries), count(metrics.TruncatedAnswers, r.Truncated),
	}
	if r.Cost != nil && r.Cost.Dollars != nil {
		counted = append(counted, metrics.Metric{Name: metrics.Dollars, Unit: metrics.None, Value: *r.Cost.Dollars})
	}
	document := count(metrics.Documents, 1)
	if c.Err != nil {
		document = count(metrics.Quarantined, 1)
		document.By, document.ByValue = metrics.Reason, name
		return append(counted, document)
	}
	document.By, document.ByValue = metrics.Status, string(r.Status)
	return append(counted, document, count(metrics.Pages, r.Counts.Pages))
}

func outcome(r Result) []slog.Attr {
	parts := make([]string, len(r.Missing))
	for i, m := range r.Missing {
		parts[i] = m.Part + ": " + m.Error
	}
	attrs := []slog.Attr{
		slog.String("status", string(r.Status)), slog.Any("missing", parts), slog.Bool("again", r.Result != nil && !r.New),
		slog.Int("inputTokens", r.Usage.InputTokens), slog.Int("outputTokens", r.Usage.OutputTokens),
	}
	if r.Cost != nil && r.Cost.Dollars != nil {
		attrs = append(attrs, slog.Float64("dollars", *r.Cost.Dollars))
	}
	return attrs
}

// cut shortens s to at most limit bytes, at the end of a code point.
func cut(s string, limit int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	if len(s) <= limit {
		return s
	}
	return strings.ToValidUTF8(s[:limit-len("…")], "") + "…"
}
