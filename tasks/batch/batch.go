// Package batch is the Lambda function that has many documents analyzed by batch inference jobs of Amazon Bedrock, at half the
// price, within a day: the state machine document-batch asks it what to do next, and it writes what jobs read, and reads what
// they wrote.
//
// What is asked, and what was answered, lies where document-pipeline has it (claim.Output), a folder for each document:
// package prompt writes the requests and checks the answers, package combine makes the result, as there. What is to be done is
// told by the objects that are there, and by nothing else: a call whose last request has neither a response nor an error is
// still to be made. A step that runs twice finds done what is done.
//
// Sources: Amazon Bedrock user guide, "Process multiple prompts with batch inference"; Amazon Bedrock API reference,
// CreateModelInvocationJob, GetModelInvocationJob.
package batch

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/function"
	"github.com/docflow-asl/docflow/tasks/prompt"
)

// S3API is what the function needs of the S3 client.
type S3API interface {
	claim.S3API
	ListObjectsV2(context.Context, *s3.ListObjectsV2Input, ...func(*s3.Options)) (*s3.ListObjectsV2Output, error)
	CreateMultipartUpload(context.Context, *s3.CreateMultipartUploadInput, ...func(*s3.Options)) (*s3.CreateMultipartUploadOutput, error)
	UploadPart(context.Context, *s3.UploadPartInput, ...func(*s3.Options)) (*s3.UploadPartOutput, error)
	CompleteMultipartUpload(context.Context, *s3.CompleteMultipartUploadInput, ...func(*s3.Options)) (*s3.CompleteMultipartUploadOutput, error)
	AbortMultipartUpload(context.Context, *s3.AbortMultipartUploadInput, ...func(*s3.Options)) (*s3.AbortMultipartUploadOutput, error)
}

// Checker checks answers: prompt.Handler.
type Checker interface {
	Check(context.Context, prompt.CheckRequest) (prompt.Checked, error)
}

// Quotas bound what goes into one job. Zero members are Bedrock's own.
type Quotas struct {
	MinRecords, MaxRecords int
	MaxBytes               int64
}

// Handler does the steps.
type Handler struct {
	S3     S3API
	Log    *slog.Logger
	Check  Checker
	Quotas Quotas
	// MaxRead bounds what one call of ReadOutput reads, in bytes. Zero: 256 MiB.
	MaxRead int64
}

// workers is how many objects are worked on at once.
const workers = 32

// Function returns what aws-lambda-go calls.
func (h *Handler) Function() function.Task[Request, any] {
	return function.Task[Request, any]{
		Name: "batch", Errors: Errors(), Log: h.Log,
		Decode: Decode, Handle: h.Handle,
		Attributes: attributes, Outcome: outcome,
	}
}

// Decode reads a request.
func Decode(payload []byte) (Request, error) {
	return function.DecodeJSON[Request](payload, `{"step": "list", "source": {"bucket": "…", "prefix": "…"}, "output": …}, or another step of the flow document-batch`)
}

// Handle does one step.
func (h *Handler) Handle(ctx context.Context, request Request) (any, error) {
	if err := request.Output.Check(); err != nil {
		return nil, err
	}
	switch request.Step {
	case List:
		return h.list(ctx, request)
	case Plan:
		return h.plan(ctx, request)
	case WriteInput, ReadOutput:
		if request.Job == nil {
			return nil, failure.New(failure.InvalidRequest, "job is missing; it should be one of the list that the step %q has written", Plan)
		}
		if request.Step == WriteInput {
			return h.writeInput(ctx, request)
		}
		return h.readOutput(ctx, request)
	case Finish:
		return h.finish(ctx, request)
	}
	return nil, failure.New(failure.InvalidRequest, "step is %q; it should be %q, %q, %q, %q or %q", request.Step, List, Plan, WriteInput, ReadOutput, Finish)
}

func (h *Handler) quotas() Quotas {
	q := h.Quotas
	if q.MinRecords <= 0 {
		q.MinRecords = MinRecords
	}
	if q.MaxRecords <= 0 {
		q.MaxRecords = MaxRecords
	}
	if q.MaxBytes <= 0 {
		q.MaxBytes = MaxBytes
	}
	return q
}

// object is where something of the batch lies.
func object(output claim.Output, name string, args ...any) claim.Object {
	return claim.Object{Bucket: output.Bucket, Key: strings.TrimSuffix(output.Prefix, "/") + "/" + fmt.Sprintf(name, args...)}
}

// documentsOf is where the list of the documents of a round lies.
func documentsOf(output claim.Output, round int) claim.Object {
	return object(output, "round-%d/documents.json", round)
}

// read reads JSON that the function, or the state machine, has written.
func (h *Handler) read(ctx context.Context, where claim.Object, v any) error {
	return claim.Failure(claim.GetJSON(ctx, h.S3, where, maxList, v), failure.ManifestNotFound)
}

// maxList bounds a list, in bytes: 100,000 documents with the longest keys have 200 MB.
const maxList = 256 << 20

func (h *Handler) warn(ctx context.Context, message string, attributes ...any) {
	if h.Log != nil {
		h.Log.WarnContext(ctx, message, attributes...)
	}
}

func attributes(r Request) []slog.Attr {
	out := []slog.Attr{
		slog.String("execution", r.Output.Execution()), slog.String("step", string(r.Step)),
		slog.String("stage", string(r.Cursor.Stage)), slog.Int("round", r.Cursor.Round), slog.Int("pass", r.Cursor.Pass),
	}
	if r.Job != nil {
		out = append(out, slog.String("job", r.Job.Name), slog.Int64("from", r.From))
	}
	if r.State != nil {
		out = append(out, slog.String("jobStatus", string(r.State.Status)))
	}
	return out
}

func outcome(result any) []slog.Attr {
	switch r := result.(type) {
	case Planned:
		return []slog.Attr{slog.String("action", string(r.Action)), slog.Int("items", r.Count)}
	case Written:
		return []slog.Attr{slog.Int("records", r.Records), slog.Int64("bytes", r.Bytes)}
	case Read:
		return []slog.Attr{slog.Int("answers", r.Answers), slog.Int("errors", r.Errors), slog.Int("unknown", r.Unknown), slog.Bool("done", r.Done)}
	case Report:
		return []slog.Attr{slog.Int("documents", r.Documents), slog.Int("complete", r.Complete), slog.Int("partial", r.Partial), slog.Int("quarantined", r.Quarantined), slog.Int("failed", r.Failed), slog.Int("calls", r.Calls)}
	}
	return nil
}
