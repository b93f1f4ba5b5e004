package simulate_test

import (
	"encoding/json"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/builder/flows"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/simulate"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/simulate/delivery"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/quota"
	"github.com/google/go-cmp/cmp"
)

const haiku = "global.anthropic.claude-haiku-4-5-20251001-v1:0"

// pipeline is the document pipeline.
func pipeline(t *testing.T) *asl.Machine {
	t.Helper()
	m, err := flows.DocumentPipeline(flows.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	simulate.Substitute(m, nil, haiku)
	return m
}

func machine(t *testing.T, text string) *asl.Machine {
	t.Helper()
	doc := asl.Parse("machine.asl.json", []byte(text))
	if len(doc.Problems) > 0 {
		t.Fatal(doc.Problems)
	}
	return doc.Machine
}

func run(t *testing.T, o simulate.Options) *simulate.Report {
	t.Helper()
	r, err := simulate.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if sum := r.Complete + r.Partial + r.Quarantined + r.Failed; sum != o.Documents || r.Ended != o.Documents || r.Executions != o.Documents {
		t.Errorf("seed %d: %d documents, %d executions, of which %d have an end: %+v", o.Seed, o.Documents, r.Executions, sum, r)
	}
	return r
}

func TestOrdinaryDay(t *testing.T) {
	o := simulate.Defaults()
	o.Machine, o.Documents, o.Poison = pipeline(t), 400, 0.1
	r := run(t, o)
	if r.Violated() || r.Failed > 0 || r.Quarantined < 20 || r.Quarantined > 60 || r.Complete < 300 || r.Unlisted > 0 {
		t.Errorf("got %+v", r)
	}
	if r.Models.Least < 4*r.Complete || r.Models.Calls > r.Models.Least*11/10 || r.Cost.Total <= 0 || r.P50 <= 0 || r.P99 < r.P50 || r.Slowest < r.P99 {
		t.Errorf("got %+v", r)
	}
}

// What has no result is in the index, but where DynamoDB fails for as long as it is tried.
func TestUnlisted(t *testing.T) {
	for _, c := range []struct{ errors, least, most float64 }{{0, 0, 0}, {0.3, 0, 0.02}, {0.9, 0.4, 0.8}} {
		o := simulate.Defaults()
		o.Machine, o.Documents, o.Poison, o.Faults = pipeline(t), 300, 1, simulate.Faults{ServiceErrors: c.errors}
		if r := run(t, o); float64(r.Unlisted) < c.least*300 || float64(r.Unlisted) > c.most*300 || r.Quarantined != 300 {
			t.Errorf("of 300 documents %d are not in the index: %+v", r.Unlisted, r)
		}
	}
}

func TestSeedsRepeat(t *testing.T) {
	report := func(seed uint64) string {
		o := simulate.Defaults()
		o.Machine, o.Documents, o.Faults, o.Seed, o.RPM, o.Gate = pipeline(t), 100, simulate.Rough(), seed, 20, true
		text, err := json.Marshal(run(t, o))
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	if diff := cmp.Diff(report(3), report(3)); diff != "" {
		t.Error(diff)
	}
	if report(3) == report(4) {
		t.Error("two seeds, one report")
	}
}

// On a bad day nothing is lost and nothing done twice.
func TestRough(t *testing.T) {
	seeds, superseded := uint64(40), 0
	if raceEnabled || testing.Short() {
		seeds = 5
	}
	for seed := range seeds {
		o := simulate.Defaults()
		o.Machine, o.Documents, o.Faults, o.Seed = pipeline(t), 100, simulate.Rough(), seed+1
		if seed%2 == 0 {
			o.Trigger = delivery.Queued
		}
		r := run(t, o)
		if r.Violated() || r.Complete < 50 || r.Delivery.Replaced+r.Delivery.Deleted > r.Quarantined+r.Failed {
			t.Errorf("seed %d: %+v", o.Seed, r)
		}
		superseded += r.Delivery.Replaced
	}
	if superseded == 0 {
		t.Error("no upload was replaced before it was read")
	}
}

// Point 2 of issue 7: with a quota of half the rate that is needed all documents are finished, in nearly the least calls and the least
// time. Without the gate retries alone do not get there.
func TestHalfTheNeededRate(t *testing.T) {
	quiet := simulate.Faults{}
	cases := []struct {
		name     string
		arrivals simulate.Arrivals
		tokens   bool // the quota is one of tokens
		faults   simulate.Faults
	}{
		{"even", simulate.Arrivals{Kind: "even", Span: time.Hour}, false, quiet},
		{"poisson", simulate.Arrivals{Kind: "poisson", Span: time.Hour}, false, quiet},
		{"monday", simulate.Arrivals{Kind: "monday", Span: 4 * time.Hour}, false, quiet},
		{"faults", simulate.Arrivals{Kind: "poisson", Span: time.Hour}, false, simulate.Usual()},
		{"tokens", simulate.Arrivals{Kind: "poisson", Span: time.Hour}, true, quiet},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			seeds := uint64(2)
			if raceEnabled {
				if c.name != "faults" {
					t.Skip("without the race detector")
				}
				seeds = 1
			}
			for seed := range seeds {
				o := simulate.Defaults()
				o.Machine, o.Documents, o.Arrivals, o.Poison, o.Faults, o.Seed = pipeline(t), 1_000, c.arrivals, 0, c.faults, seed+1
				o.RPM, o.TPM = 0, 0
				needed := float64(run(t, o).Models.Least) / o.Arrivals.Span.Minutes()
				rate := needed / 2
				if o.RPM = rate; c.tokens {
					o.RPM, o.TPM = 0, rate*(o.InputTokens.Mean()+o.OutputTokens.Mean())
				}
				naive := run(t, o)
				o.Gate = true
				r := run(t, o)
				calls, time := float64(r.Models.Calls)/float64(r.Models.Least), r.Makespan/r.BestMakespan
				t.Logf("seed %d, %.1f calls a minute: %d complete, calls × %.3f, makespan × %.3f; without a gate %d complete, calls × %.3f, makespan × %.3f",
					o.Seed, rate, r.Complete, calls, time, naive.Complete, float64(naive.Models.Calls)/float64(naive.Models.Least), naive.Makespan/naive.BestMakespan)
				if r.Complete != o.Documents || calls > 1.2 || time > 1.15 {
					t.Errorf("seed %d: %d complete, calls × %.3f, makespan × %.3f", o.Seed, r.Complete, calls, time)
				}
				if time < 0.999 {
					t.Errorf("seed %d: a makespan of %.3f of the best possible", o.Seed, time)
				}
				if float64(naive.Models.Calls) < 1.2*float64(naive.Models.Least) && naive.Complete == o.Documents {
					t.Errorf("seed %d: the gate is of no use: %+v", o.Seed, naive)
				}
			}
		})
	}
}

// A backlog of more than a day comes to its end in the order in which the documents came.
func TestBacklogOfMoreThanADay(t *testing.T) {
	o := simulate.Defaults()
	o.Documents, o.Arrivals, o.Faults, o.Poison, o.RPM = 2_000, simulate.Arrivals{Kind: "monday", Span: 10 * time.Hour}, simulate.Faults{}, 0, 6
	o.QuotaBurst = time.Minute // at 6 a minute, ten seconds are one call
	o.Machine, o.Gate = pipeline(t), true
	r := run(t, o)
	if r.Violated() || r.Complete != o.Documents || r.Makespan < (30*time.Hour).Seconds() || r.Slowest > (24*time.Hour).Seconds() || r.P50 > 0.75*r.Slowest {
		t.Errorf("got %+v", r)
	}
	t.Logf("p50 %.1f h, slowest %.1f h, makespan × %.3f", r.P50/3600, r.Slowest/3600, r.Makespan/r.BestMakespan)
}

// A document that would wait for longer than an execution can is refused when it comes, with a record: an execution that ran out of
// time would have none. Nothing is called for it, and those that were let in are finished.
func TestBacklogOfMoreThanAnExecutionCanWait(t *testing.T) {
	o := simulate.Defaults()
	o.Documents, o.Faults, o.Poison, o.RPM = 2_000, simulate.Faults{}, 0, 1
	o.Machine, o.Gate = pipeline(t), true
	r := run(t, o)
	if r.Violated() || r.Failed > 0 || r.Partial > 0 || r.Complete < 1_000 || r.Quarantined < 300 || r.Slowest > (quota.MaxWait+24*time.Hour).Seconds() {
		t.Errorf("got %+v", r)
	}
	if most := quota.MaxWait.Minutes() * o.RPM; float64(r.Models.Calls) < 0.9*most || float64(r.Models.Calls) > most+60 {
		t.Errorf("%d calls; the quota of %v has %.0f", r.Models.Calls, quota.MaxWait, most)
	}
}

// The gate holds the quota of each model where there are several, and those of long documents, whose calls are many at a time.
func TestGateOfOtherDocuments(t *testing.T) {
	for _, c := range []struct {
		name      string
		documents int
		pages     simulate.Distribution
		rpm       float64
		analysis  string
	}{
		{"long", 200, simulate.Distribution{Median: 60, P99: 600}, 45, haiku},
		{"very long", 20, simulate.Distribution{Median: 600, P99: 2_000}, 45, haiku},
		{"the other models have the less time", 600, simulate.Defaults().Pages, 30, "anthropic.other"},
		{"the model of the analysis has", 300, simulate.Distribution{Median: 30, P99: 300}, 15, "anthropic.other"},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := simulate.Defaults()
			m, err := flows.DocumentPipeline(flows.DefaultOptions())
			if err != nil {
				t.Fatal(err)
			}
			simulate.Substitute(m, map[string]string{flows.SubAnalysisModel: c.analysis}, haiku)
			o.Machine, o.Gate, o.Documents, o.Pages, o.RPM, o.Faults, o.Poison = m, true, c.documents, c.pages, c.rpm, simulate.Faults{}, 0
			r := run(t, o)
			calls, time := float64(r.Models.Calls)/float64(r.Models.Least), r.Makespan/r.BestMakespan
			t.Logf("%d complete, calls × %.3f, makespan × %.3f", r.Complete, calls, time)
			if r.Complete != o.Documents || calls > 1.05 || time > 1.15 {
				t.Errorf("%+v", r)
			}
		})
	}
}

// The machine of this test writes its record without a retry.
const losesRecords = `{"StartAt": "Call", "States": {
	"Call": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f", "Payload.$": "$"},
		"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Record"}], "End": true},
	"Record": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:putObject",
		"Parameters": {"Bucket": "b", "Key.$": "States.Format('quarantine/{}.json', $$.Execution.Name)", "Body": "x"}, "Next": "Failed"},
	"Failed": {"Type": "Fail", "Error": "DocumentQuarantined"}}}`

// Retries of a Parallel ask again what was answered.
const asksAgain = `{"StartAt": "Both", "States": {
	"Both": {"Type": "Parallel", "End": true, "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 3}], "Branches": [
		{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::bedrock:invokeModel", "Parameters": {"ModelId": "m", "Body": {}}, "End": true}}},
		{"StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "arn:aws:states:::bedrock:invokeModel", "Parameters": {"ModelId": "m", "Body": {}}, "End": true}}}]}}}`

// The function gets the key alone: it reads what lies there by now.
const passesTheKey = `{"StartAt": "Extract", "States": {
	"Extract": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": true, "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 9}],
		"Parameters": {"FunctionName": "f", "Payload": {"bucket.$": "$.bucket", "key.$": "$.key"}}}}}`

func TestViolationsAreFoundAndShrunk(t *testing.T) {
	cases := []struct {
		name, machine, violation, fault string
	}{
		{"lost", losesRecords, "without a record", "serviceErrors"},
		{"twice", asksAgain, "asks a model again", ""}, // a model's error, or its lost answer
		{"another's", passesTheKey, "execution", ""},   // an upload that is overwritten, or deleted
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			o := simulate.Defaults()
			o.Machine, o.Documents, o.Faults, o.RPM, o.Poison = machine(t, c.machine), 300, simulate.Rough(), 0, 0.5
			r := run(t, o)
			if !r.Violated() || !strings.Contains(strings.Join(r.Violations, "\n"), c.violation) {
				t.Fatalf("no violation: %+v", r)
			}
			s, err := simulate.Shrink(t.Context(), o, r, 200)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(s.Faults, c.fault) || strings.Count(s.Faults, "=") > 1 || s.Documents > 60 {
				t.Errorf("shrunk to %+v", s)
			}
			o.Documents, o.Seed = s.Documents, s.Seed
			if o.Faults, err = simulate.ParseFaults(s.Faults); err != nil {
				t.Fatal(err)
			}
			if again := run(t, o); !again.Violated() || again.Violations[0] != s.Violation {
				t.Errorf("%+v does not show it: %v", s, again.Violations)
			}
		})
	}
}

// The children of a distributed Map share the quotas, and their calls count for their document.
func TestDistributedMap(t *testing.T) {
	const text = `{"StartAt": "Extract", "States": {
		"Extract": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "OutputPath": "$.Payload", "Next": "Each",
			"Parameters": {"FunctionName": "f", "Payload": {"source.$": "$"}}},
		"Each": {"Type": "Map", "End": true, "MaxConcurrency": 10,
			"ItemReader": {"Resource": "arn:aws:states:::s3:getObject", "ReaderConfig": {"InputType": "JSON"},
				"Parameters": {"Bucket": "results", "Key.$": "States.Format('work/{}/calls.json', $$.Execution.Name)"}},
			"ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "Ask", "States": {
				"Ask": {"Type": "Task", "Resource": "arn:aws:states:::bedrock:invokeModel", "End": true,
					"Retry": [{"ErrorEquals": ["Bedrock.ThrottlingException"], "IntervalSeconds": 20, "MaxAttempts": 50, "BackoffRate": 1, "JitterStrategy": "FULL"}],
					"Parameters": {"ModelId": "m", "Input": {"S3Uri.$": "$.request"}, "Output": {"S3Uri.$": "$.response"}}}}}}}}`
	o := simulate.Defaults()
	o.Machine, o.Documents, o.Poison, o.Faults = machine(t, text), 50, 0, simulate.Faults{}
	o.Pages, o.ChunkSize, o.RPM, o.Arrivals = simulate.Distribution{Median: 30, P99: 30}, 1, 300, simulate.Arrivals{Kind: "once"}
	r := run(t, o)
	if r.Complete != 50 || r.Models.Least != 50*30 || r.Models.Throttled == 0 {
		t.Errorf("got %+v", r)
	}
}

func TestFunctionConcurrency(t *testing.T) {
	o := simulate.Defaults()
	o.Machine, o.Documents, o.Faults, o.Concurrency, o.RPM = pipeline(t), 200, simulate.Faults{}, 10, 0
	o.Arrivals = simulate.Arrivals{Kind: "once"}
	if r := run(t, o); r.Functions.Throttled == 0 || r.Violated() {
		t.Errorf("got %+v", r)
	}
}

// Fifty times as many documents at once as functions can run: retries of throttled calls outlast the crowd.
func TestCrowd(t *testing.T) {
	if raceEnabled {
		t.Skip("it runs without the race detector, too")
	}
	o := simulate.Defaults()
	o.Machine, o.Documents, o.Faults, o.Concurrency, o.RPM = pipeline(t), 2_000, simulate.Faults{}, 40, 0
	o.Arrivals = simulate.Arrivals{Kind: "once"}
	if r := run(t, o); r.Functions.Throttled == 0 || r.Violated() || r.Failed > 0 || r.Partial > 0 {
		t.Errorf("got %+v", r)
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{"once": "once", "even": "even:1h0m0s", "poisson:90s": "poisson:1m30s", "monday": "monday:10h0m0s"} {
		if a, err := simulate.ParseArrivals(text); err != nil || a.String() != want {
			t.Errorf("%q: %v, %v", text, a, err)
		}
	}
	for _, text := range []string{"", "tuesday", "once:1h", "even:x", "poisson:-1h"} {
		if _, err := simulate.ParseArrivals(text); err == nil {
			t.Errorf("%q are arrivals", text)
		}
	}
	for text, want := range map[string]string{"none": "none", "none,modelErrors=0.5,delay=3s": "none,delay=3s,modelErrors=0.5"} {
		if f, err := simulate.ParseFaults(text); err != nil || f.String() != want {
			t.Errorf("%q: %v, %v", text, f, err)
		}
	}
	for _, f := range []simulate.Faults{simulate.Usual(), simulate.Rough(), {}} {
		if again, err := simulate.ParseFaults(f.String()); err != nil || again != f {
			t.Errorf("%v: %v, %v", f, again, err)
		}
	}
	for _, text := range []string{"", "some", "none,rough", "modelErrors=1", "modelErrors=x", "delay=5", "noFault=0.1"} {
		if f, err := simulate.ParseFaults(text); err == nil {
			t.Errorf("%q are faults: %v", text, f)
		}
	}
	for text, want := range map[string]simulate.Distribution{"6": {Median: 6, P99: 6}, "6/30": {Median: 6, P99: 30}} {
		if d, err := simulate.ParseDistribution(text); err != nil || d != want {
			t.Errorf("%q: %v, %v", text, d, err)
		}
	}
	for _, text := range []string{"", "0", "-1/3", "6/3", "x", "6/"} {
		if _, err := simulate.ParseDistribution(text); err == nil {
			t.Errorf("%q is a distribution", text)
		}
	}
}

func TestProgress(t *testing.T) {
	o := simulate.Defaults()
	calls := 0
	o.Machine, o.Documents, o.Progress = pipeline(t), 2_000, func(int, time.Duration) { calls++ }
	if run(t, o); calls != 2 {
		t.Errorf("%d calls", calls)
	}
}

// Each model has its own quota and price: those of the template, unless one is given for all.
func TestModels(t *testing.T) {
	m, err := flows.DocumentPipeline(flows.DefaultOptions())
	if err != nil {
		t.Fatal(err)
	}
	simulate.Substitute(m, nil, "")
	o := simulate.Defaults()
	o.Machine, o.Documents, o.Faults, o.Poison = m, 100, simulate.Faults{}, 0
	r := run(t, o)
	if len(r.ByModel) != 2 || !strings.HasSuffix(r.ByModel[0].Model, bedrock.DefaultSummaryModel) || !strings.HasSuffix(r.ByModel[1].Model, bedrock.DefaultAnalysisModel) ||
		r.ByModel[0].Least != 3*o.Documents || r.ByModel[0].Calls.Calls+r.ByModel[1].Calls.Calls != r.Models.Calls {
		t.Errorf("got %+v", r.ByModel)
	}
	small, large := r.ByModel[0], r.ByModel[1]
	if want := (small.InputTokens + 5*small.OutputTokens) / 1e6; math.Abs(*small.Dollars-want) > 1e-9 {
		t.Errorf("$%v; want $%v", *small.Dollars, want)
	}
	if want := (3*large.InputTokens + 15*large.OutputTokens) / 1e6; math.Abs(*large.Dollars-want) > 1e-9 || math.Abs(r.Cost.Models-*small.Dollars-*large.Dollars) > 1e-9 {
		t.Errorf("$%v of $%v; want $%v", *large.Dollars, r.Cost.Models, want)
	}

	o.Machine = machine(t, asksAgain)
	r, err = simulate.Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	if r.ByModel[0].Dollars != nil || r.Cost.Models != 0 || !strings.Contains(b.String(), "m: 200, ") || !strings.Contains(b.String(), "price not known") {
		t.Errorf("got %+v\n%s", r.ByModel, b.String())
	}
}

func TestText(t *testing.T) {
	o := simulate.Defaults()
	o.Machine, o.Documents, o.Faults, o.Poison = machine(t, losesRecords), 200, simulate.Rough(), 0.9
	r := run(t, o)
	r.Shrunk = &simulate.Shrunk{Seed: 1, Documents: 2, Faults: "none"}
	var b strings.Builder
	if err := r.WriteText(&b); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"200 (poisson:1h0m0s), seed 1", "makespan", "VIOLATION", fmt.Sprintf("lost               %d", r.Lost), "--seed 1 --documents 2 --faults none"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
}
