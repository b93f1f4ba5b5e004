package local

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/bedrockserver"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/spend"
)

// meter answers as the model that was called, which has a price, and counts what that costs.
type meter struct {
	bedrockserver.Completer
	mu      sync.Mutex
	calls   int
	dollars float64
	after   func(dollars float64) // each call
}

func (m *meter) Complete(ctx context.Context, request bedrock.Request, modelID string) (bedrock.Response, error) {
	response, err := m.Completer.Complete(ctx, request, modelID)
	if err != nil {
		return response, err
	}
	_, name, _ := strings.Cut(modelID, "anthropic.")
	response.Model = strings.TrimSuffix(name, "-v1:0")
	dollars, known := bedrock.CallCost(modelID, response.Usage.InputTokens, response.Usage.OutputTokens)
	if !known {
		return response, fmt.Errorf("no price of %s", modelID)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls++
	m.dollars += dollars
	if m.after != nil {
		m.after(m.dollars)
	}
	return response, nil
}

func (m *meter) model() Model {
	return Model{wrap: func(c bedrockserver.Completer) bedrockserver.Completer {
		m.Completer = c
		return m
	}}
}

// 64 documents at the same time, and money for a few: what the models cost never exceeds the cap of the day, nor does what is
// reserved; who is refused has called nothing, and the day ends at what the calls did cost.
func TestDailyCapHoldsForDocumentsAtTheSameTime(t *testing.T) {
	const documents = 64
	const dailyCap = spend.Micros(600_000)
	m := &meter{after: func(dollars float64) {
		if dollars > dailyCap.Dollars() {
			t.Errorf("$%v spent; the cap is %v", dollars, dailyCap)
		}
	}}
	stack, substitutions := startStackWith(t, Options{Model: m.model(), Caps: spend.Caps{Day: dailyCap}})
	flow, err := NewFlow("document-pipeline", substitutions)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	over := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		for {
			if reserved, _, err := stack.ledger.Day(ctx, time.Now()); err != nil || reserved > dailyCap {
				t.Errorf("%v reserved, %v; the cap is %v", reserved, err, dailyCap)
			}
			select {
			case <-over:
				return
			case <-time.After(5 * time.Millisecond):
			}
		}
	})
	statuses := make([]string, documents)
	costs := make([]float64, documents)
	var running sync.WaitGroup
	for i := range documents {
		running.Go(func() {
			text := strings.Repeat(fmt.Sprintf("The harbour of report %d grew by %d per cent. ", i, i), 20)
			outcome, err := stack.Run(ctx, flow, Document{Name: fmt.Sprintf("report-%d.txt", i), Data: []byte(text)}, nil)
			if err != nil {
				t.Error(err)
				return
			}
			if outcome.Execution.Status == engine.Succeeded {
				statuses[i] = "COMPLETE"
				var report combine.Report
				if err := json.Unmarshal(outcome.Report, &report); err != nil || report.Cost == nil || report.Cost.Dollars == nil {
					t.Errorf("no cost in the report: %v", err)
					return
				}
				costs[i] = *report.Cost.Dollars
				return
			}
			statuses[i] = outcome.Execution.Cause
		})
	}
	running.Wait()
	close(over)
	watching.Wait()
	complete, sum := 0, 0.0
	for i, status := range statuses {
		switch {
		case status == "COMPLETE":
			complete++
			sum += costs[i]
		case !strings.Contains(status, failure.DailySpendCapExceeded) || !strings.Contains(status, "(MaxDailyDollars)"):
			t.Errorf("document %d ended with %s", i, status)
		}
	}
	if complete == 0 || complete == documents || m.calls != complete*len(bedrock.Steps()) {
		t.Errorf("%d of %d documents are complete, with %d calls", complete, documents, m.calls)
	}
	reserved, spent, err := stack.ledger.Day(ctx, time.Now())
	const rounding = 1e-6
	if err != nil || reserved != spent || spent.Dollars() < sum-rounding || spent.Dollars() > sum+rounding*documents || sum < m.dollars-rounding || sum > m.dollars+rounding {
		t.Errorf("reserved %v, spent %v, %v; the reports say $%v, the meter $%v", reserved, spent, err, sum, m.dollars)
	}
	t.Logf("%d of %d documents complete, %d calls, $%.4f of %v spent", complete, documents, m.calls, m.dollars, dailyCap)
}

func TestDocumentCapStopsBeforeTheFirstCall(t *testing.T) {
	m := &meter{}
	stack, substitutions := startStackWith(t, Options{Model: m.model(), Caps: spend.Caps{Document: 50_000}})
	flow, err := NewFlow("document-pipeline", substitutions)
	if err != nil {
		t.Fatal(err)
	}
	outcome, err := stack.Run(context.Background(), flow, readDocument(t, "minutes.docx"), nil)
	if err != nil {
		t.Fatal(err)
	}
	x := outcome.Execution
	if x.Error != "DocumentQuarantined" || !strings.Contains(x.Cause, failure.SpendCapExceeded) || !strings.Contains(x.Cause, "$0.05 (MaxDocumentDollars)") || m.calls != 0 {
		t.Errorf("%s %s: %s; %d calls", x.Status, x.Error, x.Cause, m.calls)
	}
}

// There is money for the calls and not for asking again: the answer that cannot be used is missing, and the rest is there.
func TestDocumentCapStopsRepairs(t *testing.T) {
	m := &meter{}
	spoiled := &faulty{step: bedrock.StepKeywords, spoil: []func(*bedrock.Response){cutShort}}
	model := Model{wrap: func(c bedrockserver.Completer) bedrockserver.Completer {
		spoiled.Completer = c
		m.Completer = spoiled
		return m
	}}
	// What the calls may cost is in the reason of a refusal.
	run := func(document spend.Micros) *Outcome {
		stack, substitutions := startStackWith(t, Options{Model: model, Caps: spend.Caps{Document: document}})
		flow, err := NewFlow("document-pipeline", substitutions)
		if err != nil {
			t.Fatal(err)
		}
		outcome, err := stack.Run(context.Background(), flow, readDocument(t, "minutes.docx"), nil)
		if err != nil {
			t.Fatal(err)
		}
		return outcome
	}
	refusal := run(1).Execution.Cause
	_, rest, _ := strings.Cut(refusal, "may cost $")
	amount, _, _ := strings.Cut(rest, " ")
	document, err := spend.ParseDollars(amount)
	if err != nil || document == 0 {
		t.Fatalf("%v: %s", err, refusal)
	}
	outcome := run(document)
	var report combine.Report
	if err := json.Unmarshal(outcome.Report, &report); err != nil {
		t.Fatalf("%s: %v", outcome.Execution.Cause, err)
	}
	if report.Status != combine.Partial || len(report.Missing) != 1 || !strings.Contains(report.Missing[0].Cause, failure.SpendCapExceeded) || m.calls != 4 {
		t.Errorf("%s, missing %+v; %d calls", report.Status, report.Missing, m.calls)
	}
}
