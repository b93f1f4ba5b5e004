package trigger

import (
	"strings"

	"github.com/docflow-asl/docflow/tasks/failure"
)

// Input is the input of the executions that the function starts.
type Input struct {
	Bucket    string `json:"bucket"`
	Key       string `json:"key"`
	VersionID string `json:"versionId,omitempty"`
	// ETag tells the content of an upload where no version does: another upload to the key
	// replaces it, and has an execution of its own.
	ETag string `json:"eTag,omitempty"`
}

// InputOf returns the input for an object, given what is known of it.
func InputOf(bucket, key, versionID, eTag string) Input {
	in := Input{Bucket: bucket, Key: key, VersionID: versionID}
	if versionID == "" {
		in.ETag = strings.Trim(eTag, `"`)
	}
	return in
}

// Result tells what was done with each object of an event.
type Result struct {
	Started []Started `json:"started"`
	Ignored []Ignored `json:"ignored"`
	// BatchItemFailures is the partial batch response: the messages of an SQS batch that
	// SQS should deliver again. The event source needs ReportBatchItemFailures.
	BatchItemFailures []BatchItemFailure `json:"batchItemFailures"`
}

// Started is an execution that runs for an object.
type Started struct {
	Bucket       string `json:"bucket"`
	Key          string `json:"key"`
	Name         string `json:"name"`
	ExecutionARN string `json:"executionArn,omitempty"`
	// Duplicate tells that the event had come before: the execution exists.
	Duplicate bool `json:"duplicate,omitempty"`
}

// Ignored is an object that no execution is for.
type Ignored struct {
	Bucket string `json:"bucket,omitempty"`
	Key    string `json:"key,omitempty"`
	Reason string `json:"reason"`
}

// BatchItemFailure names a message of an SQS batch.
type BatchItemFailure struct {
	ItemIdentifier string `json:"itemIdentifier"`
}

// Errors returns the errors that the function declares.
func Errors() failure.Table {
	return failure.NewTable(
		[]string{
			failure.InvalidRequest,
			failure.AccessDenied,
			failure.StateMachineNotFound,
			failure.Unexpected,
		},
		[]string{failure.StepFunctionsUnavailable},
	)
}
