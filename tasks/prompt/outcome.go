package prompt

import (
	"github.com/docflow-asl/docflow/tasks/answer"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/failure"
)

// Calls says which responses of the analysis there are to read: one call for each of the
// chunks, in order. A chunk without an outcome counts as not answered.
func Calls(outcomes []Outcome, chunks int) ([]answer.Call, error) {
	calls := make([]answer.Call, chunks)
	for i := range calls {
		calls[i] = answer.Call{Step: bedrock.StepAnalysis, Index: i, Fault: &answer.Fault{
			Error: answer.NotAnswered, Cause: "nothing says how the call went",
		}}
	}
	seen := make([]bool, chunks)
	for i, outcome := range outcomes {
		switch {
		case outcome.Index < 0 || outcome.Index >= chunks:
			return nil, failure.New(failure.InvalidRequest, "calls[%d].index is %d; the document has %d chunks, counted from 0", i, outcome.Index, chunks)
		case seen[outcome.Index]:
			return nil, failure.New(failure.InvalidRequest, "calls[%d].index is %d, as that of an earlier call; there should be one for each chunk", i, outcome.Index)
		}
		seen[outcome.Index] = true
		fault, ok := outcome.Status.Fault(outcome.Error)
		if !ok {
			return nil, failure.New(failure.InvalidRequest, "calls[%d].status is %q; it should be %s or %s", i, outcome.Status, Succeeded, Failed)
		}
		calls[outcome.Index].Fault = fault
	}
	return calls, nil
}

// Fault returns why a call with this status has no answer, nil when it has one, and
// whether the status is one that there is.
func (s Status) Fault(record *ErrorRecord) (*answer.Fault, bool) {
	switch s {
	case Succeeded:
		return nil, true
	case Failed:
		fault := &answer.Fault{Error: answer.NotAnswered, Cause: "the call failed and left no record of the error"}
		if record != nil && record.Error != "" {
			fault.Error, fault.Cause = record.Error, record.Cause
		}
		return fault, true
	}
	return nil, false
}
