package prompt

import (
	"context"
	"slices"
	"time"

	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/quota"
	"github.com/docflow-asl/docflow/tasks/spend"
)

// admit lets a document in, and returns when: the zero time for at once. With the calls of
// the analysis it counts those of the merges and of the synthesis, as far as they can be
// foreseen. A document of which every analysis is cached needs most likely no call at all,
// and waits for nothing.
func (h *Handler) admit(ctx context.Context, request Request, calls []Call, messages []int) (time.Time, error) {
	if h.Gate == nil || request.Models == nil || request.Admitted {
		return time.Time{}, nil
	}
	var now, later []quota.Call
	for i, c := range ExpectedCalls(messages) {
		call := quotaCall(request.Models, c.Step, c.InputTokens+bedrock.DefaultMaxTokens(c.Step))
		switch {
		case i >= len(calls):
			later = append(later, call)
		case !calls[i].Cached:
			now = append(now, call)
		}
	}
	return h.Gate.Admit(ctx, now, later)
}

// pace gives the calls that are to be made their times. about says what each is about: its
// step, and its tokens with those of the longest answer.
func (h *Handler) pace(ctx context.Context, models *spend.Models, calls []Call, about func(i int) (bedrock.Step, int)) {
	if h.Gate == nil || models == nil {
		return
	}
	var made []quota.Call
	var at []int
	for i, c := range calls {
		if !c.Cached {
			step, tokens := about(i)
			made, at = append(made, quotaCall(models, step, tokens)), append(at, i)
		}
	}
	for i, t := range h.Gate.Pace(ctx, made) {
		calls[at[i]].NotBefore = quota.Timestamp(t)
	}
}

// charge counts a call that asks again. It is made at once: the document is under way, and
// such calls are few.
func (h *Handler) charge(ctx context.Context, step bedrock.Step, model string, asked bedrock.Request) {
	if h.Gate == nil || model == "" {
		return
	}
	analysis := slices.Contains([]bedrock.Step{bedrock.StepAnalysis, bedrock.StepMerge}, step)
	h.Gate.Charge(ctx, quota.Call{Model: model, Analysis: analysis, Tokens: tokensOf(asked)})
}

func quotaCall(models *spend.Models, step bedrock.Step, tokens int) quota.Call {
	model := models.Of(step)
	return quota.Call{Model: model, Analysis: model == models.Analysis, Tokens: tokens}
}

// tokensOf is what a call takes of a quota when it begins.
func tokensOf(asked bedrock.Request) int { return RequestTokens(asked) + asked.MaxTokens }
