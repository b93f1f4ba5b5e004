package jsonpath

import "fmt"

// SyntaxError tells where a text stops being a path.
type SyntaxError struct {
	Offset  int    // in bytes from the start of the text
	Message string // what was found, and what would be right
}

func (e *SyntaxError) Error() string {
	return fmt.Sprintf("invalid JSONPath at offset %d: %s", e.Offset, e.Message)
}

// NoSuchPathError says that a definite path leads nowhere. Its text is the one that AWS puts behind
// `Invalid path '$.a' : ` in the cause of the failure.
type NoSuchPathError struct {
	Message string
	// BeyondArray says that all of the path is there but its last step, the index of an array that is shorter. In a payload
	// template ("x.$": "$.items[5]") AWS gives null for such a path, in all other places it fails (captured on AWS by the
	// floci project, AslExecutorIntrinsicMissingArgumentTest).
	BeyondArray bool
}

func (e *NoSuchPathError) Error() string { return e.Message }

// NoSuchVariableError says that a path starts with a variable that no state has assigned.
type NoSuchVariableError struct {
	Name string // without the $
}

func (e *NoSuchVariableError) Error() string {
	return fmt.Sprintf("the variable $%s has no value", e.Name)
}

// EvalError is any other failure of an evaluation: a filter applied to a number, a sum over no numbers, a reached limit.
type EvalError struct {
	Message string
}

func (e *EvalError) Error() string { return e.Message }
