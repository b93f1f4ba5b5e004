package prompt

import (
	"context"
	"errors"

	"github.com/docflow-asl/docflow/tasks/answer"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
)

// maxCalls bounds a list of calls, in bytes: 2,000 with the longest names have 2 MB.
const maxCalls = 8 << 20

// AnalysisCalls returns the calls of the analysis, one for each chunk.
func AnalysisCalls(chunks int) []answer.Call {
	calls := make([]answer.Call, chunks)
	for i := range calls {
		calls[i] = answer.Call{Step: bedrock.StepAnalysis, Index: i}
	}
	return calls
}

// SynthesisCalls returns the calls about the whole: summary, sentiment and keywords.
func SynthesisCalls() []answer.Call {
	steps := bedrock.Steps()[1:]
	calls := make([]answer.Call, len(steps))
	for i, step := range steps {
		calls[i] = answer.Call{Step: step}
	}
	return calls
}

// ReadCalls reads the list of the calls of a level of merges, which count from 1. It is
// empty when that level was not needed.
func ReadCalls(ctx context.Context, api claim.Getter, output claim.Output, level, chunks int) ([]Call, error) {
	var calls []Call
	where := output.Calls(mergeFolder(level))
	err := claim.GetJSON(ctx, api, where, maxCalls, &calls)
	var storage *claim.StorageError
	if errors.As(err, &storage) && storage.Kind == claim.NotFound {
		return nil, nil
	}
	if err != nil {
		return nil, claim.Failure(err, failure.InvalidRequest)
	}
	next := 0
	for i, c := range calls {
		if c.Index != i || c.First != next || c.Last < c.First || c.Last >= chunks {
			return nil, failure.New(failure.InvalidRequest, "%s: call %d is about the chunks %d to %d of %d; calls should be in order and cover every chunk once", where.URI(), i, c.First, c.Last, chunks)
		}
		next = c.Last + 1
	}
	if next != chunks {
		return nil, failure.New(failure.InvalidRequest, "%s is about %d of %d chunks; it should be about all", where.URI(), next, chunks)
	}
	return calls, nil
}

// MergeCalls returns the calls of a level of merges.
func MergeCalls(level int, calls []Call) []answer.Call {
	out := make([]answer.Call, len(calls))
	for i, c := range calls {
		out[i] = answer.Call{Step: bedrock.StepMerge, Folder: mergeFolder(level), Index: c.Index}
	}
	return out
}
