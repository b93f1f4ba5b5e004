// Package extract is the Lambda function that turns a document in S3 into text.
//
// Without an output it returns the text, as the article's flow expects. With one it
// writes text, chunks and a manifest to S3 and returns where they are: a document of any
// length passes through a state machine whose state holds 262,144 bytes.
package extract

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"path"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/event"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/function"
	"github.com/docflow-asl/docflow/tasks/metrics"
	"github.com/docflow-asl/docflow/tasks/text"
)

// Handler extracts text. Its zero value but for S3 and Log is ready for use.
type Handler struct {
	S3  claim.S3API
	Log *slog.Logger
	// Text has the choices of extraction: limits, cache.
	Text text.Options
	// Chunks has the choices of splitting.
	Chunks text.ChunkOptions
}

// Function returns what aws-lambda-go calls.
func (h *Handler) Function() function.Task[Request, Result] {
	return function.Task[Request, Result]{
		Name: "extract", Errors: Errors(), Log: h.Log,
		Decode: Decode, Handle: h.Handle,
		Attributes: attributes, Outcome: outcome, Measure: measure,
	}
}

// Handle extracts the text of one document.
func (h *Handler) Handle(ctx context.Context, request Request) (Result, error) {
	if err := request.Output.Check(); err != nil {
		return Result{}, err
	}
	limits := h.Text.Limits
	if limits.InputBytes <= 0 {
		limits.InputBytes = text.DefaultLimits().InputBytes
	}
	object, body, err := Read(ctx, h.S3, request, limits.InputBytes)
	if err != nil {
		return Result{}, err
	}
	meter := &text.Meter{}
	doc, err := text.Extract(text.WithMeter(ctx, meter), body.Data, path.Base(object.Key), h.Text)
	if err != nil {
		return Result{}, textFailure(err)
	}
	// What an archive or a message carries is read with it, page by page.
	doc = doc.Flat()
	doc.Warnings = slices.Concat(doc.Warnings, instructionWarnings(doc))
	if body.VersionID != "" {
		object.VersionID = body.VersionID
	}
	content := doc.Text()
	result := Result{
		Fence:    bedrock.Fence(content),
		Document: describe(object, body, doc),
		Warnings: shortWarnings(doc),
	}
	if request.Output == nil {
		result.ExtractedText = content
		result.ChunkCount = 1
		return result, checkInline(result)
	}
	return h.store(ctx, request.Output, doc, content, h.recognition(meter), result)
}

// Read reads the document that a request names, of at most limit bytes, if it still is the content that the request is about. Its
// errors are declared.
func Read(ctx context.Context, api claim.Getter, request Request, limit int64) (claim.Object, claim.Body, error) {
	upload, err := request.upload()
	if err != nil {
		return claim.Object{}, claim.Body{}, err
	}
	object := objectOf(upload)
	body, err := claim.Get(ctx, api, object, limit)
	if err != nil {
		return object, body, claim.Failure(err, failure.DocumentNotFound)
	}
	// In a bucket without versions an upload replaces the one before it, whose execution
	// would do the work of the new one's a second time.
	if eTag := strings.Trim(upload.ETag, `"`); object.VersionID == "" && eTag != "" && body.ETag != "" && eTag != body.ETag {
		return object, body, failure.New(failure.DocumentReplaced,
			"%s: another upload has replaced the content with the entity tag %s; its own is %s, and it is processed in an execution of its own", object.URI(), eTag, body.ETag)
	}
	return object, body, nil
}

// recognition says what reading pages that are pictures took of a model.
func (h *Handler) recognition(meter *text.Meter) *claim.Recognition {
	u := meter.Usage()
	if u.Calls == 0 {
		return nil
	}
	return &claim.Recognition{Model: h.Text.OCR.Name(), Calls: u.Calls, InputTokens: u.InputTokens, OutputTokens: u.OutputTokens}
}

// Decode reads a request in any of its forms.
func Decode(payload []byte) (Request, error) {
	request, err := function.DecodeJSON[Request](payload,
		`{"bucket": "…", "key": "…"}, an EventBridge event of Amazon S3, an S3 notification, or {"source": …, "output": {"bucket": "…", "prefix": "…"}}`)
	if err != nil {
		return request, err
	}
	_, err = request.upload()
	return request, err
}

// upload finds the object that a request is about.
func (r Request) upload() (event.Object, error) {
	source := []byte(r.Source)
	// An EventBridge event has a member source too: the text "aws.s3".
	if len(source) == 0 || source[0] != '{' {
		r.Source, r.Output = nil, nil
		var err error
		if source, err = json.Marshal(r); err != nil {
			return event.Object{}, failure.New(failure.InvalidRequest, "the request cannot be read: %s", failure.JSONFault(err))
		}
	}
	in, err := event.Decode(source)
	if err != nil {
		return event.Object{}, err
	}
	switch {
	case in.Form == event.Queue || in.Form == event.Test:
		return event.Object{}, failure.New(failure.InvalidRequest, "the request is an %s; it should name one object in S3", in.Form)
	case len(in.Objects) != 1:
		return event.Object{}, failure.New(failure.InvalidRequest, "the request names %d objects; it should name one: start an execution for each", len(in.Objects))
	case !in.Objects[0].Created():
		return event.Object{}, failure.New(failure.InvalidRequest, "the event is %q; it should be one of an object that was created", in.Objects[0].Action)
	}
	return in.Objects[0], nil
}

func objectOf(o event.Object) claim.Object {
	return claim.Object{Bucket: o.Bucket, Key: o.Key, VersionID: o.VersionID}
}

// textFailure returns the declared error for an error of package text, whose codes are
// the names that this function declares.
func textFailure(err error) error {
	var fault *text.Error
	if errors.As(err, &fault) {
		detail := cmp.Or(string(fault.Format), "unknown format")
		if fault.Limit != "" {
			detail = fmt.Sprintf("%s: the limit %s is %d", detail, fault.Limit, fault.LimitValue)
		}
		return failure.WithDetail(failure.New(string(fault.Code), "%v", fault), "%s", detail)
	}
	return failure.New(failure.Unexpected, "%v", err)
}

// checkInline refuses a result that would not fit into the state of an execution.
func checkInline(result Result) error {
	data, err := json.Marshal(result)
	if err != nil {
		return failure.New(failure.Unexpected, "the result cannot be written as JSON: %v", err)
	}
	if len(data) > MaxInlineResult {
		return failure.New(failure.TextTooLarge, "%s: the result with the text has %d bytes; the limit is %d: give an output, so that the text goes to S3",
			result.Document.Name, len(data), MaxInlineResult)
	}
	return nil
}

func attributes(r Request) []slog.Attr {
	execution := r.Execution
	if execution == "" && r.Output != nil {
		execution = r.Output.Execution()
	}
	object, err := r.upload()
	if err != nil {
		return []slog.Attr{slog.String("execution", execution)}
	}
	return []slog.Attr{
		slog.String("execution", execution), slog.String("bucket", object.Bucket),
		function.Private("key", object.Key), slog.String("versionId", object.VersionID),
	}
}

// measure counts a document that was refused for good, as the pipeline does that catches the error, and the time that one
// took. What is in a document counts when it has a result.
func measure(c function.Call[Request, Result]) []metrics.Metric {
	switch name := failure.Name(c.Err); {
	case c.Err == nil:
		return []metrics.Metric{{Name: metrics.ExtractMillis, Unit: metrics.Milliseconds, Value: float64(c.Took.Milliseconds())}}
	case c.Request.Output != nil && slices.Contains(Errors().Poison(), name):
		return []metrics.Metric{{Name: metrics.Quarantined, Unit: metrics.Count, Value: 1, By: metrics.Reason, ByValue: name}}
	}
	return nil
}

func outcome(r Result) []slog.Attr {
	return []slog.Attr{
		slog.String("format", r.Document.Format), slog.Int64("bytes", r.Document.Bytes), slog.Int("pages", r.Document.Pages),
		slog.Int("characters", r.Document.Characters), slog.Int("chunks", r.ChunkCount), slog.Int("warnings", len(r.Warnings)),
	}
}

// Bounds on what a document says about itself, in Unicode code points: the state of the
// execution carries it.
const (
	maxTitle   = 300
	maxWarning = 300
)

func describe(object claim.Object, body claim.Body, doc *text.Document) claim.Document {
	return claim.Document{
		Bucket: object.Bucket, Key: object.Key, VersionID: object.VersionID, ETag: body.ETag,
		Name:       path.Base(object.Key),
		Format:     string(doc.Format),
		MediaType:  doc.MediaType,
		Title:      cut(doc.Metadata.Title, maxTitle),
		Language:   doc.Metadata.Language,
		Pages:      doc.Metadata.PageCount,
		Characters: doc.Characters(),
		Bytes:      int64(len(body.Data)),
		SHA256:     claim.SHA256(body.Data),
	}
}

func warnings(doc *text.Document) []claim.Warning {
	out := make([]claim.Warning, 0, len(doc.Warnings))
	for _, w := range doc.Warnings {
		out = append(out, claim.Warning{Code: string(w.Code), Message: cut(w.Message, maxWarning), Page: w.Page})
	}
	return out
}

// shortWarnings returns as many warnings as the state should carry.
func shortWarnings(doc *text.Document) []claim.Warning {
	all := warnings(doc)
	return all[:min(len(all), MaxWarnings)]
}

func cut(s string, limit int) string {
	runes := []rune(strings.ToValidUTF8(s, "\uFFFD"))
	if len(runes) <= limit {
		return string(runes)
	}
	return string(runes[:limit-1]) + "…"
}
