package prompt

import (
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/spend"
	"github.com/docflow-asl/docflow/tasks/text/tokens"
)

// wrapping is more than what stands around a text in a request, in tokens: its fence, a
// title of 300 characters, and the lines that name them.
const wrapping = 500

// worstGroups is how many groups analyses just too long to be read at once can make: the
// shorter they are the shorter are groups, so that more of them is not always more.
const worstGroups = 20

// MessageTokens estimates the tokens of what a request asks, without its instruction.
func MessageTokens(request bedrock.Request) int {
	n := 0
	for _, m := range request.Messages {
		n += tokens.Estimate(m.Content.String())
	}
	return n
}

// RequestTokens estimates the tokens of a request.
func RequestTokens(request bedrock.Request) int {
	return tokens.Estimate(request.System.String()) + MessageTokens(request)
}

// WorstCalls returns the calls that a document takes at most, with answers as long as they
// may be; messages are the MessageTokens of the analyses. Repairs are not among them.
func WorstCalls(messages []int) []spend.Call {
	return plan(messages, bedrock.DefaultMaxTokens, worstGroups)
}

// ExpectedCalls returns the calls that a document is expected to take, with answers of
// usual length.
func ExpectedCalls(messages []int) []spend.Call { return plan(messages, usualAnswer, 1) }

// usualAnswer is how long answers usually are, in tokens. A quarter of what they may be is
// assumed: those bounds are twice what the longest answer needs that is asked for.
func usualAnswer(step bedrock.Step) int {
	const share = 4
	return bedrock.DefaultMaxTokens(step) / share
}

func plan(messages []int, answer func(bedrock.Step) int, leastGroups int) []spend.Call {
	var calls []spend.Call
	add := func(step bedrock.Step, message int) {
		calls = append(calls, spend.Call{Step: step, InputTokens: tokens.Estimate(bedrock.System(step)) + message, OutputTokens: answer(step)})
	}
	whole := 0
	for _, n := range messages {
		add(bedrock.StepAnalysis, n)
		whole += n
	}
	if count := len(messages); count > 1 {
		parts := count * (answer(bedrock.StepAnalysis) + headingTokens)
		for level := 1; level <= MaxLevel && parts > AnalysesTokens; level++ {
			limit := min(MergeTokens, max(leastMergeTokens, parts/mergeGroups))
			groups := min(count, MaxMerges(level), max(leastGroups, parts/max(1, limit-parts/count)+1))
			for range groups {
				add(bedrock.StepMerge, min(MergeTokens, parts/groups+1)+wrapping)
			}
			count, parts = groups, groups*(answer(bedrock.StepMerge)+headingTokens)
		}
		whole = min(SynthesisTokens, min(AnalysesTokens, parts)+whole) + wrapping
	}
	for _, step := range bedrock.Steps()[1:] {
		add(step, whole)
	}
	return calls
}
