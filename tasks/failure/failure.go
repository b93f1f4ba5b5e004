// Package failure declares the error names of the Lambda functions.
//
// aws-lambda-go reports the Go type name of an error as its errorType
// (lambda/errors.go: reflect.TypeOf(err).Name()), so an error made by fmt.Errorf reaches
// Step Functions as "wrapError" and no Retry or Catch can name it. The one way around is
// to return the value type messages.InvokeResponse_Error itself: it is found by a type
// assertion, so it must not be wrapped either.
package failure

import (
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-lambda-go/lambda/messages"
)

// The names, as Retry and Catch of a state machine give them.
const (
	// About a document.
	UnsupportedFormat = "UnsupportedFormat"
	EmptyDocument     = "EmptyDocument"
	NoText            = "NoText"
	EncryptedDocument = "EncryptedDocument"
	WrongPassword     = "WrongPassword"
	CorruptDocument   = "CorruptDocument"
	TimedOut          = "TimedOut"
	TextTooLarge      = "TextTooLarge"
	DocumentNotFound  = "DocumentNotFound"
	// Another content lies at the key by now, in a bucket without versions.
	DocumentReplaced = "DocumentReplaced"

	// About the work on it.
	LimitExceeded    = "LimitExceeded"
	InvalidRequest   = "InvalidRequest"
	AccessDenied     = "AccessDenied"
	ManifestNotFound = "ManifestNotFound"
	NoUsableAnswer   = "NoUsableAnswer"
	// The calls to models may cost more than a document, or all of a day, may.
	SpendCapExceeded      = "SpendCapExceeded"
	DailySpendCapExceeded = "DailySpendCapExceeded"
	// The calls to models would have to wait too long for their turn.
	ModelBacklogExceeded = "ModelBacklogExceeded"

	// About batch inference.
	BatchJobFailed  = "BatchJobFailed"  // Bedrock could not run a job, and not another one after it
	BatchJobStopped = "BatchJobStopped" // somebody stopped a job
	BatchUnfinished = "BatchUnfinished" // what waits for jobs came to an end before they did

	// About the services.
	StorageUnavailable       = "StorageUnavailable"
	ReaderFailed             = "ReaderFailed" // the PDF reader could not be started
	StateMachineNotFound     = "StateMachineNotFound"
	StepFunctionsUnavailable = "StepFunctionsUnavailable"
	// Unexpected is any error that a handler did not foresee. It is declared so that it
	// has one name whatever its Go type, and it is not retried: a fault of the program
	// comes back the same.
	Unexpected = "Unexpected"
)

// MaxMessage bounds the message of an error, in bytes. Step Functions cuts a cause at
// 32,768 characters, and the cause is carried in the state's input from then on.
const MaxMessage = 2048

// New returns an error whose type and message Step Functions sees as Error and, within
// a JSON object, as Cause.
func New(name, format string, args ...any) error {
	return messages.InvokeResponse_Error{Type: name, Message: clip(fmt.Sprintf(format, args...))}
}

// detailed is an error with what a log may say of it.
type detailed struct {
	error
	detail string
}

func (d detailed) Unwrap() error { return d.error }

// WithDetail returns err with what a log may say of it: docflow's own words, figures and the error codes of services, never
// the name of a document or what one says. The message of an error may have those; it is for the state machine.
func WithDetail(err error, format string, args ...any) error {
	return detailed{err, clip(fmt.Sprintf(format, args...))}
}

// Plain returns an error, as New does, whose message a log may have.
func Plain(name, format string, args ...any) error {
	err := New(name, format, args...)
	return WithDetail(err, "%s", Message(err))
}

// Detail returns what a log may say of err, or "".
func Detail(err error) string {
	var d detailed
	if errors.As(err, &d) {
		return d.detail
	}
	return ""
}

// Name returns the declared name of err, or "" when it has none.
func Name(err error) string {
	var declared messages.InvokeResponse_Error
	if errors.As(err, &declared) {
		return declared.Type
	}
	return ""
}

// Message returns the message of err without the Go syntax that
// InvokeResponse_Error.Error puts around it.
func Message(err error) string {
	var declared messages.InvokeResponse_Error
	if errors.As(err, &declared) {
		return declared.Message
	}
	return err.Error()
}

// Table lists the errors that a function declares. Its methods return copies.
type Table struct {
	poison, transient []string
}

// NewTable makes a table. Poison errors come back the same on every try: a document goes
// to quarantine. Transient errors may pass: the state machine retries.
func NewTable(poison, transient []string) Table {
	return Table{slices.Clone(poison), slices.Clone(transient)}
}

// Poison returns the errors that no retry cures.
func (t Table) Poison() []string { return slices.Clone(t.poison) }

// Transient returns the errors that a retry may cure.
func (t Table) Transient() []string { return slices.Clone(t.transient) }

// Declares tells whether name is in the table.
func (t Table) Declares(name string) bool {
	return slices.Contains(t.poison, name) || slices.Contains(t.transient, name)
}

// Declared returns err as a state machine can name it: the bare
// messages.InvokeResponse_Error that err holds when the table declares it, else an
// Unexpected error with the same message.
func (t Table) Declared(err error) error {
	name := Name(err)
	if name == "" || !t.Declares(name) {
		return New(Unexpected, "%s", Message(err))
	}
	return New(name, "%s", Message(err))
}

func clip(s string) string {
	if len(s) <= MaxMessage {
		return s
	}
	cut := MaxMessage - len("…")
	for cut > 0 && s[cut]&0xC0 == 0x80 { // not inside a rune
		cut--
	}
	return s[:cut] + "…"
}
