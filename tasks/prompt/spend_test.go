package prompt

import (
	"slices"
	"testing"

	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/spend"
)

// A model whose price nobody knows cannot be kept below a cap; without a cap there is nothing to keep.
func TestReserveWithoutAPrice(t *testing.T) {
	unknown := spend.Models{Analysis: "a.model", Summary: "a.model", Sentiment: "a.model", Keywords: "a.model"}
	calls := []spend.Call{{Step: bedrock.StepSummary, InputTokens: 10, OutputTokens: 10}}
	for name, c := range map[string]struct {
		caps spend.Caps
		want string
	}{
		"no caps":      {spend.Caps{}, ""},
		"document cap": {spend.Caps{Document: 1}, failure.InvalidRequest},
		"daily cap":    {spend.Caps{Day: 1}, failure.InvalidRequest},
	} {
		handler := &Handler{Spend: &spend.Ledger{Caps: c.caps}}
		err := handler.reserveCalls(t.Context(), claim.Output{Bucket: "b", Prefix: "work/x"}, "calls", unknown, calls)
		if got := failure.Name(orNothing(err)); got != c.want {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
}

// Of the calls that a document takes, those of the analysis whose answers are there already cost nothing.
func TestWithoutCached(t *testing.T) {
	messages := []int{1_000, 2_000, 3_000}
	worst := WorstCalls(messages)
	for name, c := range map[string]struct {
		cached []bool
		left   []int // of worst
	}{
		"none": {[]bool{false, false, false}, []int{0, 1, 2, 3, 4, 5}},
		"some": {[]bool{true, false, true}, []int{1, 3, 4, 5}},
		"all":  {[]bool{true, true, true}, []int{3, 4, 5}},
	} {
		calls := make([]Call, len(c.cached))
		for i, cached := range c.cached {
			calls[i].Cached = cached
		}
		var want []spend.Call
		for _, i := range c.left {
			want = append(want, worst[i])
		}
		if got := withoutCached(worst, calls); !slices.Equal(got, want) {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func orNothing(err error) error {
	if err == nil {
		return failure.New("", "")
	}
	return err
}
