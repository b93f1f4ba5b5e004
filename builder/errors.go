package builder

import (
	"fmt"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl/nearest"
)

// Kind sorts the faults that Build finds.
type Kind string

// The kinds of faults.
const (
	BadName         Kind = "bad-name"         // a state, variable or substitution is not named as Step Functions wants it
	DuplicateName   Kind = "duplicate-name"   // two states of a machine have the same name
	BadTransition   Kind = "bad-transition"   // a state is followed by two others, or cannot be followed
	SharedState     Kind = "shared-state"     // a transition leaves a branch or an iteration
	NoEnd           Kind = "no-end"           // the machine can only go round in circles
	NeverReached    Kind = "never-reached"    // every way to the state ends before it
	BadValue        Kind = "bad-value"        // a setting is out of range or of a type that JSON does not have
	BadPath         Kind = "bad-path"         // a path is not written as it should be
	UnknownField    Kind = "unknown-field"    // a type has no such field
	MissingField    Kind = "missing-field"    // a request lacks a field that its type needs
	WrongType       Kind = "wrong-type"       // a value is of another JSON type than the one wanted
	NotOnEveryWay   Kind = "not-on-every-way" // a reference to something that need not have happened
	OutOfScope      Kind = "out-of-scope"     // a reference into another branch, iteration or machine
	Discarded       Kind = "discarded"        // a reference to a result that the state does not keep
	Overwritten     Kind = "overwritten"      // a reference to a result that a later state wrote over
	BadErrorName    Kind = "bad-error-name"   // a retrier or catcher names what no error is called, or names it in vain
	BadExpression   Kind = "bad-expression"   // an intrinsic function is called in a way that it cannot be
	NotInContext    Kind = "not-in-context"   // a member of the context object that is not there for the state
	UnknownVariable Kind = "unknown-variable" // a variable that is not assigned on every way
	Rejected        Kind = "rejected"         // AWS would reject the definition, as package check finds
)

// Position is a line of Go source.
type Position struct {
	File string // as the compiler recorded it
	Line int
}

// String gives the file with its folder, and the line: flows/document.go:42.
func (p Position) String() string {
	if p.File == "" {
		return "unknown position"
	}
	file := filepath.ToSlash(p.File)
	return fmt.Sprintf("%s:%d", path.Join(path.Base(path.Dir(file)), path.Base(file)), p.Line)
}

// Error is one fault of a description. Build returns all of them, joined by errors.Join.
type Error struct {
	Kind     Kind
	Position Position // of the call that made the state, or the machine
	State    string   // empty for a fault of the machine
	Field    string   // such as Parameters.Payload.bucket; empty when it is the state itself
	Message  string
	// Nearest is what may have been meant, when something alike exists.
	Nearest string
	// Reference is where the reference at fault was written, when there is one.
	Reference Position
}

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Position.String() + ": ")
	if e.State != "" {
		fmt.Fprintf(&b, "state %q: ", e.State)
	}
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	b.WriteString(e.Message)
	if e.Nearest != "" {
		fmt.Fprintf(&b, "; the nearest that exists is %q", e.Nearest)
	}
	if e.Reference.File != "" && e.Reference != e.Position {
		fmt.Fprintf(&b, " (the reference is at %s)", e.Reference)
	}
	return b.String()
}

// packagePrefix starts the names of this package's functions, as the runtime gives them.
const packagePrefix = "github.com/docflow-asl/docflow/builder."

// caller is the first line outside of this package on the way to here.
func caller() Position {
	var counters [16]uintptr
	n := runtime.Callers(2, counters[:])
	frames := runtime.CallersFrames(counters[:n])
	for {
		frame, more := frames.Next()
		if frame.Function != "" && !strings.HasPrefix(frame.Function, packagePrefix) {
			return Position{File: frame.File, Line: frame.Line}
		}
		if !more {
			return Position{}
		}
	}
}

// nearestName gives the candidate that was most likely meant, or "" when none is much like the name.
func nearestName(name string, candidates []string) string {
	return nearest.Name(name, slices.Sorted(slices.Values(candidates)))
}
