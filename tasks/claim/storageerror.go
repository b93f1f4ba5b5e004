package claim

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"

	smithy "github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/docflow-asl/docflow/tasks/failure"
)

// Kind tells what went wrong with an object.
type Kind int

// The kinds of storage errors.
const (
	Unavailable Kind = iota // S3 or the network; may pass
	NotFound
	Denied
	Refused   // S3 will not do what was asked for
	TooLarge  // beyond the caller's limit
	Malformed // not the JSON that was expected
	Exists    // and should not have (PutNew)
)

// StorageError tells why an object could not be read or written.
type StorageError struct {
	Kind   Kind
	Op     string // "read" or "write"
	Object Object
	Code   string // of S3, when S3 answered
	cause  error
}

// Unwrap returns the error of the client.
func (e *StorageError) Unwrap() error { return e.cause }

func (e *StorageError) Error() string {
	where := e.Object.URI()
	if e.Object.VersionID != "" {
		where += " version " + e.Object.VersionID
	}
	switch e.Kind {
	case NotFound:
		return fmt.Sprintf("there is no %s (%s)", where, e.Code)
	case Denied:
		// S3 answers 403 for an object that does not exist when the caller may not list
		// the bucket (Amazon S3 API reference, GetObject, "Permissions").
		if e.Op == "read" {
			return fmt.Sprintf("access to %s is denied (%s): the role needs s3:GetObject and kms:Decrypt where a key of KMS is used, "+
				"or the object does not exist and the role lacks s3:ListBucket", where, e.Code)
		}
		return fmt.Sprintf("access to %s is denied (%s): the role needs s3:PutObject and kms:GenerateDataKey where a key of KMS is used", where, e.Code)
	case Unavailable:
		return fmt.Sprintf("cannot %s %s: %s", e.Op, where, e.reason())
	default:
		return fmt.Sprintf("cannot %s %s: %v", e.Op, where, e.cause)
	}
}

// reason is the cause without the request ids that the SDK's message carries, since the
// cause stays in the state of the execution.
func (e *StorageError) reason() string {
	var api smithy.APIError
	if errors.As(e.cause, &api) {
		return api.ErrorCode() + ": " + api.ErrorMessage()
	}
	return e.cause.Error()
}

// Failure returns the declared error for e; notFound is the name for an object that is
// not there.
func (e *StorageError) Failure(notFound string) error {
	name := failure.StorageUnavailable
	switch e.Kind {
	case NotFound:
		name = notFound
	case Denied:
		name = failure.AccessDenied
	case Refused, Malformed:
		name = failure.InvalidRequest
	case TooLarge:
		name = failure.LimitExceeded
	}
	return failure.WithDetail(failure.New(name, "%v", e), "%s", e.Loggable())
}

// Loggable returns what a log may say of e. A key that the pipeline made says which object it is about; that of a document
// may be the name of a person.
func (e *StorageError) Loggable() string {
	where := "s3://" + e.Object.Bucket + "/…"
	for _, prefix := range []string{WorkPrefix, CachePrefix, QuarantinePrefix} {
		if strings.HasPrefix(e.Object.Key, prefix) {
			where = e.Object.URI()
		}
	}
	reason := e.Code
	switch {
	case reason != "":
	case e.Kind == TooLarge:
		reason = "too large"
	case e.Kind == Malformed:
		reason = "not the JSON that it should be"
	case errors.Is(e.cause, context.DeadlineExceeded):
		reason = "the time ran out"
	default:
		reason = "no answer"
	}
	return e.Op + " " + where + ": " + reason
}

// Failure returns the declared error for err when it is a *StorageError, else err.
func Failure(err error, notFound string) error {
	var storage *StorageError
	if errors.As(err, &storage) {
		return storage.Failure(notFound)
	}
	return err
}

// codeKinds says what the error codes of S3 mean for a pipeline (Amazon S3 API reference,
// "Error responses"). What is not listed goes by its HTTP status.
var codeKinds = map[string]Kind{
	"NoSuchKey":     NotFound,
	"NoSuchVersion": NotFound,
	"NoSuchBucket":  NotFound,
	"NotFound":      NotFound,
	// A GET of a version that is a delete marker.
	"MethodNotAllowed": NotFound,

	"AccessDenied":          Denied,
	"AllAccessDisabled":     Denied,
	"AccountProblem":        Denied,
	"InvalidAccessKeyId":    Denied,
	"SignatureDoesNotMatch": Denied,

	// An object in an archive class that nobody has restored.
	"InvalidObjectState": Refused,

	"PreconditionFailed": Exists,

	// These have a status of the 4xx range, but pass.
	"SlowDown":             Unavailable,
	"RequestTimeout":       Unavailable,
	"OperationAborted":     Unavailable,
	"ExpiredToken":         Unavailable,
	"RequestTimeTooSkewed": Unavailable,
	"Throttling":           Unavailable,
	"ThrottlingException":  Unavailable,
	"TooManyRequests":      Unavailable,
}

// ErrorOf returns the *StorageError for an error of the S3 client; op is "read" or "write".
func ErrorOf(op string, object Object, err error) error { return newStorageError(op, object, err) }

func newStorageError(op string, object Object, err error) error {
	e := &StorageError{Op: op, Object: object, cause: err}
	var api smithy.APIError
	if !errors.As(err, &api) {
		return e // no answer: the network, or the time ran out
	}
	e.Code = api.ErrorCode()
	if kind, ok := codeKinds[e.Code]; ok {
		e.Kind = kind
		return e
	}
	var response *smithyhttp.ResponseError
	if !errors.As(err, &response) {
		return e
	}
	switch status := response.HTTPStatusCode(); {
	case status == http.StatusNotFound:
		e.Kind = NotFound
	case status == http.StatusForbidden:
		e.Kind = Denied
	case status == http.StatusRequestTimeout, status == http.StatusConflict, status == http.StatusTooManyRequests:
		e.Kind = Unavailable
	case status >= 300 && status < 500:
		e.Kind = Refused
	}
	return e
}
