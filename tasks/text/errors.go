package text

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Code names a kind of failure. A Lambda function returns it as its error type, so a state machine's Retry and Catch
// match it by this text.
type Code string

// The ways in which reading a document fails. Only TimedOut and ReaderFailed can pass on a second try.
const (
	// UnsupportedFormat: the bytes are of a format that is not read, or of none.
	UnsupportedFormat Code = "UnsupportedFormat"
	// EmptyDocument: no bytes at all, or nothing but white space.
	EmptyDocument Code = "EmptyDocument"
	// NoText: the document is whole but shows no text, as a scan without OCR does.
	NoText Code = "NoText"
	// NoSuchPage: none of the pages that were asked for exists.
	NoSuchPage Code = "NoSuchPage"
	// Unreadable: the bytes of the document could not be had. Extract, which is given them, never says so; its callers do.
	Unreadable Code = "Unreadable"
	// EncryptedDocument: a password is needed and none was given.
	EncryptedDocument Code = "EncryptedDocument"
	// WrongPassword: the password that was given does not open the document.
	WrongPassword Code = "WrongPassword"
	// CorruptDocument: the bytes break the rules of their own format.
	CorruptDocument Code = "CorruptDocument"
	// LimitExceeded: the document is larger than a limit allows; Error.Limit names it.
	LimitExceeded Code = "LimitExceeded"
	// TimedOut: the time ran out, Limits.Time or the caller's own.
	TimedOut Code = "TimedOut"
	// ReaderFailed: the PDF reader could not be started. The document is not at fault.
	ReaderFailed Code = "ReaderFailed"
)

// Codes lists every Code that Extract returns where all pages are asked for, for whoever has to hold a list of error names against it.
func Codes() []Code {
	return []Code{
		UnsupportedFormat, EmptyDocument, NoText, EncryptedDocument, WrongPassword, CorruptDocument,
		LimitExceeded, TimedOut, ReaderFailed,
	}
}

// Error is the error of Extract.
type Error struct {
	Code Code `json:"code"`
	// Name is the document's name as the caller gave it.
	Name string `json:"name"`
	// Format is the format found, empty when it was not known yet.
	Format Format `json:"format,omitempty"`
	// Message says what is wrong and what would be right, without the name.
	Message string `json:"message"`
	// Limit and LimitValue name the field of Limits that was passed and its value (nanoseconds for Time). They are
	// set with LimitExceeded, and with TimedOut when it was Limits.Time that ran out.
	Limit      string `json:"limit,omitempty"`
	LimitValue int64  `json:"limitValue,omitempty"`

	cause error
}

// Error returns the name and the message.
func (e *Error) Error() string {
	if e.Name == "" {
		return e.Message
	}
	return e.Name + ": " + e.Message
}

// Unwrap returns the error of the library or context underneath, if there is one.
func (e *Error) Unwrap() error { return e.cause }

// fail makes an Error with a cause if format has %w; Extract fills in the name and the format.
func fail(code Code, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Code: code, Message: err.Error(), cause: errors.Unwrap(err)}
}

// contextError turns the end of a context into an Error. A cancelled context is not the document's fault and has no
// code of its own: it is returned as it is.
func contextError(ctx context.Context) error {
	cause := context.Cause(ctx)
	var own *Error
	switch {
	case cause == nil:
		return nil
	case errors.As(cause, &own):
		copied := *own
		return &copied
	case errors.Is(cause, context.DeadlineExceeded):
		return fail(TimedOut, "the caller's deadline passed before the document was read: %w", cause)
	}
	return cause
}

// firstLine keeps a library's message to one short line.
func firstLine(message string) string {
	message, _, _ = strings.Cut(message, "\n")
	if len(message) > 200 {
		message = strings.ToValidUTF8(message[:200], "") + "…"
	}
	return message
}
