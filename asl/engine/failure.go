package engine

import (
	"fmt"
	"slices"

	"github.com/docflow-asl/docflow/asl/value"
)

// The error names that the engine itself gives. What raises them, and which of them a catcher sees, is as recorded on AWS.
const (
	ErrorAll                = "States.ALL"
	ErrorTaskFailed         = "States.TaskFailed"
	ErrorTimeout            = "States.Timeout"
	ErrorHeartbeatTimeout   = "States.HeartbeatTimeout"
	ErrorRuntime            = "States.Runtime"
	ErrorDataLimitExceeded  = "States.DataLimitExceeded"
	ErrorQueryEvaluation    = "States.QueryEvaluationError"
	ErrorReferenceConflict  = "States.ReferencePathConflict"
	ErrorToleranceExceeded  = "States.ExceedToleratedFailureThreshold"
	ErrorItemReaderFailed   = "States.ItemReaderFailed"
	ErrorResultWriterFailed = "States.ResultWriterFailed"
)

// failure is why a state, a branch or an execution does not go on.
type failure struct {
	name      *string // nil: a failure without an error name, such as a Fail state's without Error
	cause     *string
	runtime   bool   // States.Runtime: ends the execution whatever the retriers and catchers say
	located   bool   // the cause already says in which state it happened
	heartbeat bool   // a States.Timeout that States.HeartbeatTimeout matches too
	query     bool   // a States.QueryEvaluationError, or variables beyond their limits: an EvaluationFailed event tells of it
	location  string // of the field of a query, such as Output/result; empty when it is about no field
}

// Error makes a failure usable as an error within the engine.
func (f *failure) Error() string {
	name, cause := "", ""
	if f.name != nil {
		name = *f.name
	}
	if f.cause != nil {
		cause = *f.cause
	}
	return name + ": " + cause
}

// newFailure is a failure that retriers and catchers may match.
func newFailure(name, cause string) *failure {
	return &failure{name: &name, cause: &cause, located: true}
}

// runtimeFailure is a States.Runtime; the state's name and event id are put before its cause when it is raised.
func runtimeFailure(format string, args ...any) *failure {
	name, cause := ErrorRuntime, fmt.Sprintf(format, args...)
	return &failure{name: &name, cause: &cause, runtime: true}
}

// queryFailure is a States.QueryEvaluationError. Retriers and catchers see it (measured:
// https://github.com/floci-io/floci/issues/2737).
func queryFailure(location, cause string) *failure {
	name := ErrorQueryEvaluation
	return &failure{name: &name, cause: &cause, query: true, location: location}
}

// asFailure turns any error of an evaluation into a failure.
func asFailure(err error) *failure {
	if f, ok := err.(*failure); ok {
		return f
	}
	return runtimeFailure("%s", err.Error())
}

// locate completes the cause of a failure, as AWS does, with the state in which it happened.
func (f *failure) locate(state string, entered int64) *failure {
	if f.located {
		return f
	}
	cause := fmt.Sprintf("An error occurred while executing the state '%s' (entered at the event id #%d). %s", state, entered, *f.cause)
	located := *f
	located.cause, located.located = &cause, true
	return &located
}

// matches tells whether a retrier or catcher with these ErrorEquals takes the failure.
func (f *failure) matches(errorEquals []string) bool {
	if f.runtime {
		// The documentation says that States.ALL does not match States.Runtime; a recording shows that a catcher which
		// names States.Runtime does not either.
		return false
	}
	if slices.Contains(errorEquals, ErrorAll) {
		return true
	}
	if f.name == nil {
		return false
	}
	if slices.Contains(errorEquals, *f.name) || f.heartbeat && slices.Contains(errorEquals, ErrorHeartbeatTimeout) {
		return true
	}
	return *f.name != ErrorTimeout && slices.Contains(errorEquals, ErrorTaskFailed)
}

// output is what a catcher gets: {"Error", "Cause"}. What is missing is null, but the cause of a time-out is "".
func (f *failure) output() value.Value {
	orNull := func(text *string) value.Value {
		if text == nil {
			return value.Null{}
		}
		return value.String(*text)
	}
	cause := orNull(f.cause)
	if f.cause == nil && f.name != nil && *f.name == ErrorTimeout {
		cause = value.String("")
	}
	return value.NewObject(value.Member{Name: "Error", Value: orNull(f.name)}, value.Member{Name: "Cause", Value: cause})
}

func (f *failure) details() *FailureDetails {
	return &FailureDetails{Error: f.name, Cause: f.cause}
}
