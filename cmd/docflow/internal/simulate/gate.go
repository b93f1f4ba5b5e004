package simulate

import (
	"context"
	"errors"
	"fmt"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/dynamodb"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/quota"
	"github.com/docflow-asl/docflow/tasks/spend"
)

// newGate is the gate of the prompt function, with the quotas of the simulation.
func (w *world) newGate() *quota.Gate {
	limit := quota.Limit{Requests: w.o.RPM, Tokens: w.o.TPM}
	return &quota.Gate{
		API: faultyTable{dynamodb.Client{Tables: &w.tables}, w}, Table: "spend", Analysis: limit, Others: limit,
		Now: func() time.Time { return w.now },
	}
}

// faultyTable fails as the service does, and is asked again as the SDK's client does.
type faultyTable struct {
	dynamodb.Client
	w *world
}

var errService = errors.New("simulated")

func (t faultyTable) UpdateItem(ctx context.Context, in *sdk.UpdateItemInput, _ ...func(*sdk.Options)) (out *sdk.UpdateItemOutput, err error) {
	const attempts = 3 // https://docs.aws.amazon.com/sdkref/latest/guide/feature-retry-behavior.html
	for range attempts {
		if t.w.chance(t.w.o.Faults.ServiceErrors) {
			err = errService
			continue
		}
		if out, err = t.Client.UpdateItem(ctx, in); err != nil || !t.w.chance(t.w.o.Faults.EffectLost) {
			return out, err
		}
		err = errService
	}
	return nil, err
}

// schedule does what the prompt function does with its gate (tasks/prompt, gate.go). What it knows of a call that has not been
// made is how long its request is.
func (w *world) schedule(call *engine.Call, d *document, r role, payload value.Value, usable bool) error {
	if w.gate == nil {
		return nil
	}
	w.now = call.Now
	ctx := context.Background()
	if r == checking && !usable {
		w.gate.Charge(ctx, quota.Call{Model: text(member(payload, "model")), Analysis: true, Tokens: int(w.o.InputTokens.Mean() + w.o.OutputTokens.Mean())})
		return nil
	}
	var models spend.Models
	if r != preparing || value.ToGo(member(payload, "models"), &models) != nil {
		return nil
	}
	of := func(step bedrock.Step, name string, n int) []quota.Call {
		calls := make([]quota.Call, n)
		for i := range calls {
			_, input, _ := w.size(d, "s3://"+bucket+"/"+d.place(name, i)+".response.json")
			model := models.Of(step)
			calls[i] = quota.Call{Model: model, Analysis: model == models.Analysis, Tokens: int(input + w.o.OutputTokens.Mean())}
		}
		return calls
	}
	merges := func(level int) []quota.Call { return of(bedrock.StepMerge, mergeStep(level), d.parts(level)) }
	var questions []quota.Call
	for _, step := range bedrock.Steps()[1:] {
		questions = append(questions, of(step, string(step), 1)...)
	}
	if d.turns == nil {
		d.turns = map[string][]time.Time{}
	}
	level := levelOf(payload)
	switch {
	case member(payload, "step") == value.String("analysis"):
		later := questions
		for level := 0; d.merged(level); level++ {
			later = append(later, merges(level+1)...)
		}
		calls := of(bedrock.StepAnalysis, "analysis", d.chunks)
		d.admitted = ""
		if member(payload, "admitted") == nil {
			at, err := w.gate.Admit(ctx, calls, later)
			if err != nil {
				return &engine.TaskError{Name: failure.Name(err), Cause: fmt.Sprintf("%q", failure.Message(err))}
			}
			if d.admitted = quota.Timestamp(at); d.admitted != "" {
				return nil
			}
		}
		d.turns["analysis"] = w.gate.Pace(ctx, calls)
	case d.merged(level):
		d.turns[mergeStep(level+1)] = w.gate.Pace(ctx, merges(level+1))
	default:
		for i, at := range w.gate.Pace(ctx, questions) {
			d.turns[string(bedrock.Steps()[1:][i])] = []time.Time{at}
		}
	}
	return nil
}
