package mapdata

import (
	"errors"
	"fmt"
)

// The names of the errors that a distributed Map's data side gives.
const (
	ErrorItemReaderFailed   = "States.ItemReaderFailed"
	ErrorResultWriterFailed = "States.ResultWriterFailed"
	ErrorDataLimitExceeded  = "States.DataLimitExceeded"
	ErrorRuntime            = "States.Runtime"
)

// Error is a failure as Step Functions shows it: an error name that retriers and catchers match, and a cause.
type Error struct {
	Name  string
	Cause string
	Err   error // what is behind it, such as a *StorageError, a *LimitError or errors.ErrUnsupported; may be nil
}

func (e *Error) Error() string { return e.Name + ": " + e.Cause }

// Unwrap returns what is behind the failure.
func (e *Error) Unwrap() error { return e.Err }

// LimitError says that data went beyond one of the Limits.
type LimitError struct {
	Limit string // the name of the field of Limits, or of the documented limit
	Max   int64
	What  string // what went beyond it, such as "the item at offset 12 of s3://bucket/key"
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("%s exceeds the limit %s of %d bytes", e.What, e.Limit, e.Max)
}

// readerFailed makes a States.ItemReaderFailed of any error; one that already is an *Error stays as it is.
func readerFailed(err error) *Error { return failed(ErrorItemReaderFailed, err) }

func failed(name string, err error) *Error {
	var known *Error
	if errors.As(err, &known) {
		return known
	}
	return &Error{Name: name, Cause: capital(err.Error()), Err: err}
}

func readerFailedf(format string, args ...any) *Error {
	return &Error{Name: ErrorItemReaderFailed, Cause: fmt.Sprintf(format, args...)}
}

// capital makes an error's text a sentence's beginning.
func capital(s string) string {
	if s != "" && 'a' <= s[0] && s[0] <= 'z' {
		return string(s[0]-'a'+'A') + s[1:]
	}
	return s
}
