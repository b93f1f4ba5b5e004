package prompt

import (
	"math/rand/v2"
	"testing"

	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/spend"
)

// What is reserved before the first call covers the merges whatever the analyses say, and however many there are.
func TestWorstCallsCoverEveryTreeOfMerges(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	most := bedrock.DefaultMaxTokens(bedrock.StepMerge) + headingTokens
	longest := func(int) int { return most }
	varied := func(int) int { return headingTokens + random.IntN(most-headingTokens+1) }
	short := func(int) int { return most / 3 }
	for _, chunks := range []int{2, 16, 17, 18, 25, 40, 60, 100, 300, 700, 1200, MaxChunks} {
		for name, size := range map[string]func(int) int{"longest": longest, "varied": varied, "short": short} {
			messages := make([]int, chunks)
			var planned spend.Plan
			for _, c := range WorstCalls(messages) {
				if c.Step == bedrock.StepMerge {
					planned.Calls++
					planned.InputTokens += c.InputTokens
				}
			}
			calls, input := 0, 0
			parts := make([]part, chunks)
			for i := range parts {
				parts[i] = part{first: i, last: i, tokens: size(i)}
			}
			for level := 1; level <= MaxLevel && total(parts) > AnalysesTokens; level++ {
				groups := groups(parts, MaxMerges(level))
				merged := make([]part, len(groups))
				for i, group := range groups {
					calls++
					input += total(group)
					merged[i] = part{first: group[0].first, last: group[len(group)-1].last, tokens: size(i)}
				}
				parts = merged
			}
			if calls > planned.Calls || input > planned.InputTokens {
				t.Errorf("%d chunks, %s: %d merges with %d tokens; planned are %d with %d", chunks, name, calls, input, planned.Calls, planned.InputTokens)
			}
		}
	}
}

func TestPlannedCallsOfAShortDocument(t *testing.T) {
	worst, expected := WorstCalls([]int{1000}), ExpectedCalls([]int{1000})
	if len(worst) != len(bedrock.Steps()) || len(expected) != len(worst) {
		t.Fatalf("%d and %d calls", len(worst), len(expected))
	}
	for i, c := range worst {
		if c.Step != bedrock.Steps()[i] || c.OutputTokens != bedrock.DefaultMaxTokens(c.Step) || c.InputTokens <= 1000 || c.InputTokens != expected[i].InputTokens || c.OutputTokens <= expected[i].OutputTokens {
			t.Errorf("%+v at worst, %+v expected", c, expected[i])
		}
	}
}
