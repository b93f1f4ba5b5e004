package prompt

import (
	"context"
	"slices"

	"github.com/docflow-asl/docflow/tasks/answer"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/spend"
)

// partCalls is the part of an execution's reservation that all calls but repairs are.
const partCalls = "calls"

// reserve reserves what a document's calls may cost, all of them before the first.
func (h *Handler) reserve(ctx context.Context, request Request, messages []int) error {
	if h.Spend == nil {
		return nil
	}
	if request.Models == nil {
		return failure.New(failure.InvalidRequest, "models are missing: what their calls cost cannot be kept below a cap")
	}
	return h.reserveCalls(ctx, request.Output, partCalls, *request.Models, WorstCalls(messages))
}

func (h *Handler) reserveCalls(ctx context.Context, output claim.Output, part string, models spend.Models, calls []spend.Call) error {
	plan, known := spend.PlanOf(models, calls, spend.Margin)
	if !known {
		return failure.New(failure.InvalidRequest, "no price is known of one of the models %q: what their calls cost cannot be kept below a cap; "+
			"call models of docflow's table, or set MaxDocumentDollars and MaxDailyDollars to 0", models)
	}
	return h.Spend.Reserve(ctx, output.Execution(), part, spend.RoundUp(plan.Dollars), plan.String())
}

// reserveRepair reserves what it may cost to ask again. It is false when that is too much;
// then why is recorded as the error of the call.
func (h *Handler) reserveRepair(ctx context.Context, place claim.Place, step bedrock.Step, model string, repair bedrock.Request) (bool, error) {
	if h.Spend == nil {
		return true, nil
	}
	where := place.Output.Request(place.Folder, place.Index, place.Attempt+1)
	err := h.reserveCalls(ctx, place.Output, where.Key, spend.Models{Analysis: model, Summary: model, Sentiment: model, Keywords: model},
		[]spend.Call{{Step: step, InputTokens: RequestTokens(repair), OutputTokens: repair.MaxTokens}})
	name := failure.Name(err)
	if name != failure.SpendCapExceeded && name != failure.DailySpendCapExceeded {
		return err == nil, err
	}
	record := answer.Record{Error: name, Cause: failure.Message(err)}
	return false, claim.Failure(claim.PutJSON(ctx, h.S3, place.Output.Fault(place.Folder, place.Index), record), failure.InvalidRequest)
}

// settled settles what the calls did cost when err is one after which none follow. It
// returns err: that something cannot be settled keeps it reserved, and hides nothing.
func (h *Handler) settled(ctx context.Context, request Request, chunks int, err error) error {
	if h.Spend == nil || request.Models == nil || !slices.Contains(Errors().Poison(), failure.Name(err)) {
		return err
	}
	calls := AnalysisCalls(chunks)
	for level := 1; level <= request.Level; level++ {
		listed, listErr := ReadCalls(ctx, h.S3, request.Output, level, chunks)
		if listErr != nil {
			return err
		}
		calls = append(calls, MergeCalls(level, listed)...)
	}
	readings, readErr := answer.ReadAll(ctx, h.S3, request.Output, calls)
	if readErr == nil {
		readErr = Settle(ctx, h.Spend, request.Output, *request.Models, readings)
	}
	if readErr != nil && h.Log != nil {
		h.Log.WarnContext(ctx, "what the calls did cost is not settled", "execution", request.Output.Execution(), "error", failure.Message(readErr))
	}
	return err
}

// Settle puts what the responses to calls did cost in the place of what an execution has
// reserved. When a price is not known, that stays.
func Settle(ctx context.Context, ledger *spend.Ledger, output claim.Output, models spend.Models, readings []answer.Reading) error {
	var cost spend.Cost
	for _, reading := range readings {
		for _, b := range reading.Billed {
			cost.Add(models.Of(reading.Step), b.Model, b.Usage)
		}
	}
	if cost.Finish() != nil {
		return nil
	}
	return ledger.Settle(ctx, output.Execution(), spend.RoundUp(*cost.Dollars))
}
