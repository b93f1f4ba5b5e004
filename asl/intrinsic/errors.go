package intrinsic

import "fmt"

// SyntaxError tells where a text stops being a call of an intrinsic function. AWS rejects a definition that holds one.
type SyntaxError struct {
	Offset  int    // in bytes from the start of the text
	Message string // what was found, and what would be right
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("invalid intrinsic function at offset %d: %s", e.Offset, e.Message)
}

// ArityError says that a function is called with too few or too many arguments. AWS takes such a definition, and fails when it
// evaluates the call.
type ArityError struct {
	Offset   int    // of the call in the text
	Function string // such as States.Hash
	Got      int
	Min, Max int // Max is -1 when there is no upper bound
}

func (e *ArityError) Error() string {
	want := fmt.Sprint(e.Min)
	switch {
	case e.Max < 0:
		want = fmt.Sprintf("at least %d", e.Min)
	case e.Max != e.Min:
		want = fmt.Sprintf("%d to %d", e.Min, e.Max)
	}
	noun := "arguments"
	if want == "1" || want == "at least 1" {
		noun = "argument"
	}
	return fmt.Sprintf("%s takes %s %s, not %d", e.Function, want, noun, e.Got)
}

// ErrorName is the name under which Step Functions fails an execution when an intrinsic function fails. The developer guide lists
// States.IntrinsicFailure, but all captures from AWS show States.Runtime.
const ErrorName = "States.Runtime"

// Error is the failure of a function.
type Error struct {
	Name  string // ErrorName
	Cause string // AWS's text, without the prefix "An error occurred while executing the state …"
}

func (e *Error) Error() string { return e.Cause }
