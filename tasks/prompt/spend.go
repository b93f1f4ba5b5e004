package prompt

import (
	"context"
	"errors"
	"slices"

	"github.com/docflow-asl/docflow/tasks/answer"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/spend"
)

// partCalls is the part of an execution's reservation that all calls but repairs are.
const partCalls = "calls"

// reserve reserves what a document's calls may cost, all of them before the first. Calls of
// the analysis whose answers are there already cost nothing.
func (h *Handler) reserve(ctx context.Context, request Request, calls []Call, messages []int) error {
	if h.Spend == nil {
		return nil
	}
	if request.Models == nil {
		return failure.New(failure.InvalidRequest, "models are missing: what their calls cost cannot be kept below a cap")
	}
	return h.reserveCalls(ctx, request.Output, partCalls, *request.Models, withoutCached(WorstCalls(messages), calls))
}

// withoutCached drops from the calls that a plan has for a document, which begin with those
// of the analysis, the ones that are not to be made.
func withoutCached(plan []spend.Call, analysis []Call) []spend.Call {
	left := make([]spend.Call, 0, len(plan))
	for i, c := range plan {
		if i >= len(analysis) || !analysis[i].Cached {
			left = append(left, c)
		}
	}
	return left
}

func (h *Handler) reserveCalls(ctx context.Context, output claim.Output, part string, models spend.Models, calls []spend.Call) error {
	plan, known := spend.PlanOf(models, calls, spend.Margin)
	if !known && h.Spend.Caps == (spend.Caps{}) {
		return nil // there is nothing to keep below
	}
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

// settled settles what the calls did cost when err is one after which none follow, and
// returns that. That something cannot be settled keeps it reserved, and hides nothing.
func (h *Handler) settled(ctx context.Context, request Request, err error) (dollars float64) {
	if h.Spend == nil || request.Models == nil || !slices.Contains(Errors().Poison(), failure.Name(err)) {
		return 0
	}
	settled, settleErr := h.Settle(ctx, request)
	if settleErr != nil && h.Log != nil {
		h.Log.WarnContext(ctx, "what the calls did cost is not settled", "execution", request.Output.Execution(), "errorType", failure.Name(settleErr), "errorDetail", failure.Detail(settleErr))
	}
	return settled.Spent
}

// Settle settles what the calls of an execution did cost; of the request it reads output
// and models. Without a manifest no call was made.
func (h *Handler) Settle(ctx context.Context, request Request) (Settled, error) {
	if err := request.Output.Check(); err != nil {
		return Settled{}, err
	}
	if h.Spend == nil {
		return Settled{}, nil
	}
	if request.Models == nil {
		return Settled{}, failure.New(failure.InvalidRequest, "models are missing: what their calls did cost is not known")
	}
	var manifest claim.Manifest
	err := claim.GetJSON(ctx, h.S3, request.Output.Manifest(), claim.MaxManifest, &manifest)
	var storage *claim.StorageError
	if err != nil && !(errors.As(err, &storage) && storage.Kind == claim.NotFound) {
		return Settled{}, claim.Failure(err, failure.ManifestNotFound)
	}
	var calls []answer.Call
	if chunks := len(manifest.Chunks); chunks > 0 {
		calls = append(AnalysisCalls(chunks), SynthesisCalls()...)
		for level := 1; level <= MaxLevel; level++ {
			listed, err := ReadCalls(ctx, h.S3, request.Output, level, chunks)
			if err != nil {
				return Settled{}, err
			}
			calls = append(calls, MergeCalls(level, listed)...)
		}
	}
	readings, err := answer.ReadAll(ctx, h.S3, request.Output, calls)
	if err != nil {
		return Settled{}, err
	}
	var settled Settled
	for _, r := range readings {
		settled.Calls += r.Attempts
	}
	dollars, first, err := Settle(ctx, h.Spend, request.Output, *request.Models, readings, manifest.Recognition)
	if first {
		settled.Spent = dollars
	}
	return settled, err
}

// Settle puts what the responses to calls did cost, and the reading of pages before them, in
// the place of what an execution has reserved. When a price is not known, that stays. first tells that nobody did so before.
func Settle(ctx context.Context, ledger *spend.Ledger, output claim.Output, models spend.Models, readings []answer.Reading, recognition *claim.Recognition) (dollars float64, first bool, err error) {
	var cost spend.Cost
	AddRecognition(&cost, recognition)
	for _, reading := range readings {
		for _, b := range reading.Billed {
			cost.Add(models.Of(reading.Step), b.Model, b.Usage, b.Batch)
		}
	}
	if cost.Finish() != nil {
		return 0, false, nil
	}
	first, err = ledger.Settle(ctx, output.Execution(), spend.RoundUp(*cost.Dollars))
	return *cost.Dollars, first, err
}

// AddRecognition counts what reading pages with a model did cost.
func AddRecognition(cost *spend.Cost, r *claim.Recognition) {
	if r != nil {
		cost.AddCalls(r.Model, "", r.Calls, bedrock.Usage{InputTokens: r.InputTokens, OutputTokens: r.OutputTokens})
	}
}
