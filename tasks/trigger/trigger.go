// Package trigger is the Lambda function that starts an execution for each object that
// comes into a bucket.
//
// S3 and EventBridge deliver an event at least once. The name of an execution is made of
// what identifies the object's content, so that an event that comes again starts nothing
// again, and a new upload to the same key is processed.
package trigger

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/event"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/function"
)

// SFNAPI is the part of the Step Functions client that the function needs.
type SFNAPI interface {
	StartExecution(context.Context, *sfn.StartExecutionInput, ...func(*sfn.Options)) (*sfn.StartExecutionOutput, error)
}

// Handler starts executions.
type Handler struct {
	SFN SFNAPI
	Log *slog.Logger
	// StateMachineARN is what to start.
	StateMachineARN string
	// ResultsBucket is where the pipeline writes. Its own outputs there start nothing.
	ResultsBucket string
	// PipelineVersion is part of the names: with a new one, documents that were processed
	// are processed again when their events are replayed.
	PipelineVersion string
}

// Function returns what aws-lambda-go calls.
func (h *Handler) Function() function.Task[json.RawMessage, Result] {
	return function.Task[json.RawMessage, Result]{
		Name: "trigger", Errors: Errors(), Log: h.Log,
		Decode:     func(payload []byte) (json.RawMessage, error) { return payload, nil },
		Handle:     h.Handle,
		Attributes: func(json.RawMessage) []slog.Attr { return nil },
		Outcome:    outcome,
	}
}

// Handle starts an execution for each object of an event. All objects are tried, also those
// beside a record that cannot be read; if one fails, the error of the first that failed is returned, and the event can be delivered
// again as a whole, since what was started is not started twice.
//
// For an SQS batch there is no error: the messages that failed are named in the result.
func (h *Handler) Handle(ctx context.Context, payload json.RawMessage) (Result, error) {
	result := Result{Started: []Started{}, Ignored: []Ignored{}, BatchItemFailures: []BatchItemFailure{}}
	in, err := event.Decode(payload)
	if err != nil || in.Form != event.Queue {
		return result, h.startAll(ctx, in, err, &result)
	}
	for _, message := range in.Messages {
		if err := h.startMessage(ctx, message, &result); err != nil {
			h.Log.LogAttrs(ctx, slog.LevelError, "message failed",
				append(function.ErrorAttributes(err, failure.Detail(err)), slog.String("messageId", message.ID))...)
			result.BatchItemFailures = append(result.BatchItemFailures, BatchItemFailure{ItemIdentifier: message.ID})
		}
	}
	return result, nil
}

func (h *Handler) startMessage(ctx context.Context, message event.Message, result *Result) error {
	in, err := event.Decode(message.Body)
	if err == nil && in.Form == event.Queue {
		return failure.New(failure.InvalidRequest, "the message holds an SQS batch; it should hold an event of Amazon S3")
	}
	return h.startAll(ctx, in, err, result)
}

// startAll starts the executions of an event's objects. first is what was wrong with the event so far: what could be read of
// it is started all the same, and the event fails.
func (h *Handler) startAll(ctx context.Context, in event.Event, first error, result *Result) error {
	if in.Form == event.Test {
		result.Ignored = append(result.Ignored, Ignored{Reason: "the test event that S3 sends when a notification is configured"})
		return nil
	}
	for _, object := range in.Objects {
		if reason := h.ignores(object); reason != "" {
			result.Ignored = append(result.Ignored, Ignored{Bucket: object.Bucket, Key: object.Key, Reason: reason})
			continue
		}
		started, err := h.start(ctx, object)
		if err != nil {
			if first == nil {
				first = err
			}
			continue
		}
		result.Started = append(result.Started, started)
	}
	return first
}

// ignores says why an object is none of the pipeline's business, or "".
func (h *Handler) ignores(object event.Object) string {
	switch {
	case !object.Created():
		return fmt.Sprintf("the event is %q, not the creation of an object", object.Action)
	case strings.HasSuffix(object.Key, "/"):
		return "the object stands for a folder"
	}
	if object.Bucket == h.ResultsBucket {
		for _, prefix := range claim.OutputPrefixes() {
			if strings.HasPrefix(object.Key, prefix) {
				return "the pipeline wrote the object itself (" + prefix + ")"
			}
		}
	}
	return ""
}

func (h *Handler) start(ctx context.Context, object event.Object) (Started, error) {
	identity := identityOf(ctx, object)
	started := Started{
		Bucket: object.Bucket, Key: object.Key,
		Name: Name(object.Bucket, object.Key, identity, h.PipelineVersion),
	}
	input, err := json.Marshal(InputOf(object.Bucket, object.Key, object.VersionID, object.ETag))
	if err != nil {
		return started, failure.New(failure.Unexpected, "the input cannot be written as JSON: %v", err)
	}
	out, err := h.SFN.StartExecution(ctx, &sfn.StartExecutionInput{
		StateMachineArn: aws.String(h.StateMachineARN),
		Name:            aws.String(started.Name),
		Input:           aws.String(string(input)),
	})
	switch {
	case alreadyExists(err):
		started.Duplicate = true
	case err != nil:
		return started, startFailure(object, started.Name, err)
	default:
		started.ExecutionARN = aws.ToString(out.ExecutionArn)
	}
	return started, nil
}

// identityOf returns what tells this content of the key from others.
func identityOf(ctx context.Context, object event.Object) string {
	if identity := Identity(object.VersionID, object.Sequencer, object.ETag); identity != "" {
		return identity
	}
	// Nothing but a bucket and a key: somebody asked for this object now. Asking again
	// is a new request, a retry of Lambda has the same id.
	if call, ok := lambdacontext.FromContext(ctx); ok {
		return "request " + call.AwsRequestID
	}
	return ""
}

func outcome(r Result) []slog.Attr {
	names := make([]string, len(r.Started))
	duplicates := 0
	for i, s := range r.Started {
		names[i] = s.Name
		if s.Duplicate {
			duplicates++
		}
	}
	return []slog.Attr{
		slog.Any("executions", names), slog.Int("duplicates", duplicates),
		slog.Int("ignored", len(r.Ignored)), slog.Int("failedMessages", len(r.BatchItemFailures)),
	}
}
