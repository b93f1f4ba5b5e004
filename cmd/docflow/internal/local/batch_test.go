package local

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/builder/flows"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/bedrockserver"
	"github.com/docflow-asl/docflow/tasks/batch"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/text"
	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
)

// A text of so many sentences, in chunks of so many tokens.
const batchTokens = 150

func batchDocuments(n int, seed uint64) []Document {
	words := strings.Fields("the harbour a ship an invoice of late early good bad great terrible captain signed paid sent refused contract goods town old new crew and but in on for with cargo storm calm profit loss customer complaint delivery letter warehouse")
	random := rand.New(rand.NewPCG(seed, 7))
	sentence := func() string {
		text := make([]string, 6+random.IntN(12))
		for i := range text {
			text[i] = words[random.IntN(len(words))]
		}
		return fmt.Sprintf("Number %d %s.", random.IntN(10_000), strings.Join(text, " "))
	}
	out := make([]Document, n)
	for i := range out {
		var b strings.Builder
		for range 1 + random.IntN(14) {
			b.WriteString(sentence() + "\n\n")
		}
		out[i] = Document{fmt.Sprintf("%03d.txt", i), []byte(b.String())}
	}
	return out
}

// counter counts what a model is asked, by what it is asked.
type counter struct {
	bedrockserver.Completer
	mu    sync.Mutex
	asked map[string]int
}

func (c *counter) Complete(ctx context.Context, request bedrock.Request, modelID string) (bedrock.Response, error) {
	data, err := json.Marshal(request)
	if err != nil {
		return bedrock.Response{}, err
	}
	c.mu.Lock()
	c.asked[modelID+string(data)]++
	c.mu.Unlock()
	return c.Completer.Complete(ctx, request, modelID)
}

func (c *counter) model() Model {
	c.asked = map[string]int{}
	m := &meter{}
	return Model{wrap: func(inner bedrockserver.Completer) bedrockserver.Completer {
		m.Completer = inner
		c.Completer = m
		return c
	}}
}

func (c *counter) total() (n int) {
	for _, times := range c.asked {
		n += times
	}
	return n
}

func startBatch(t testing.TB, o Options) (*Stack, *Flow) {
	t.Helper()
	stack, substitutions := startStackWith(t, o)
	flow, err := NewFlow(flows.DocumentBatchName, substitutions)
	if err != nil {
		t.Fatal(err)
	}
	return stack, flow
}

// wrap puts a function around all tasks.
func (s *Stack) wrap(around func(context.Context, *engine.Call, engine.Handler) (value.Value, error)) {
	handlers := engine.Handlers{}
	for resource, handler := range s.handlers {
		handlers[resource] = engine.HandlerFunc(func(ctx context.Context, call *engine.Call) (value.Value, error) { return around(ctx, call, handler) })
	}
	s.handlers = handlers
}

func runBatch(t testing.TB, stack *Stack, flow *Flow, name string, documents []Document, onEvent func(engine.Event)) *BatchOutcome {
	t.Helper()
	outcome, err := stack.RunBatch(context.Background(), flow, name, documents, onEvent)
	if err != nil {
		t.Fatal(err)
	}
	return outcome
}

// batchMarks is what only the report of a batch has, or has in another way: what it cost, and hashes of responses, which say
// that they are of a batch.
var batchMarks = regexp.MustCompile(`(?s)\n *"batch(Calls)?": [^,\n]*,|"responseSha256": "[0-9a-f]*"|"dollars": [-0-9.e]+`)

// comparable takes from a report what differs between two executions.
func comparable(report json.RawMessage, execution string) string {
	return string(batchMarks.ReplaceAll(bytes.ReplaceAll(report, []byte(execution), []byte("EXECUTION")), nil))
}

// 300 documents of all sizes, 40 files among them that cannot be read: the results are those of document-pipeline, document by
// document, and so are the reasons in quarantine; every call is one record of a job, or one call on demand.
func TestBatchIsWhatOneByOneIs(t *testing.T) {
	const name = "batch-300"
	count, longest := 260, 450
	options := Options{Chunks: text.ChunkOptions{MaxTokens: batchTokens}}
	if raceDetector {
		count, longest = 24, 3
		options.quotas.MinRecords = 20
	}
	documents := batchDocuments(count, 1)
	p := newProse(9)
	var long strings.Builder
	for range longest {
		for range 8 {
			long.WriteString(p.sentence() + " ")
		}
		long.WriteString("\n\n")
	}
	documents = append(documents, Document{"long.txt", []byte(long.String())})
	bad := []Document{{"empty.txt", nil}, {"blanks.md", []byte("\n\n   \n")}, {"half.docx", []byte("PK\x03\x04 and no more")}}
	if !raceDetector { // to make all of them takes long
		bad = nil
		for _, p := range poisons(t)[:39] {
			bad = append(bad, p.Document)
		}
	}
	unreadable := len(bad)
	documents = append(documents, bad...)
	batched, single := &counter{}, &counter{}

	options.Model = batched.model()
	stack, flow := startBatch(t, options)
	// The states of the batch, and of its Maps' executions, in which each task adds its result to the item.
	var mu sync.Mutex
	largest := 0
	measure := func(values ...value.Value) {
		n := 0
		for _, v := range values {
			if v != nil {
				n += len(value.Text(v))
			}
		}
		mu.Lock()
		largest = max(largest, n)
		mu.Unlock()
	}
	stack.wrap(func(ctx context.Context, call *engine.Call, handler engine.Handler) (value.Value, error) {
		result, err := handler.Handle(ctx, call)
		measure(call.Input, call.Input, result)
		return result, err
	})
	outcome := runBatch(t, stack, flow, name, documents, func(e engine.Event) {
		switch d := e.Details.(type) {
		case *engine.EnteredDetails:
			measure(d.Input)
		case *engine.ExitedDetails:
			measure(d.Output)
		}
	})
	if outcome.Execution.Status != engine.Succeeded {
		t.Fatalf("%s %s: %s", outcome.Execution.Status, outcome.Execution.Error, outcome.Execution.Cause)
	}
	options.Model = single.model()
	other, substitutions := startStackWith(t, options)
	pipeline, err := NewFlow(flows.DocumentPipelineName, substitutions)
	if err != nil {
		t.Fatal(err)
	}
	group, ctx := errgroup.WithContext(context.Background())
	group.SetLimit(8)
	for i, d := range documents {
		group.Go(func() error {
			d.Name = name + "/" + d.Name
			one, err := other.Run(ctx, pipeline, d, nil)
			if err != nil {
				return err
			}
			got := outcome.Documents[i]
			if one.Execution.Status != engine.Succeeded {
				want := one.Execution.Error
				if got.Fault == nil || !got.Fault.Poison || want != "DocumentQuarantined" || !strings.Contains(one.Execution.Cause, got.Fault.State+" failed with "+got.Fault.Error+": ") {
					t.Errorf("%s: %+v; alone it is %s: %s", d.Name, got.Fault, want, one.Execution.Cause)
				}
				return nil
			}
			if got.Fault != nil || got.Report == nil {
				t.Errorf("%s: %+v", d.Name, got.Fault)
				return nil
			}
			if diff := cmp.Diff(comparable(one.Report, one.Execution.Name), comparable(got.Report, got.Name)); diff != "" {
				t.Errorf("%s is not what it is alone:\n%s", d.Name, diff)
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(single.asked, batched.asked); diff != "" {
		t.Errorf("other calls, or calls that were made twice, than one by one: %d and %d", batched.total(), single.total())
	}
	r := outcome.Report
	records := stack.jobs.JobRecords()
	inJobs := 0
	for _, n := range records {
		inJobs += n
	}
	if r.Documents != len(documents) || r.Complete != count+1 || r.Quarantined != unreadable || r.Partial+r.Failed != 0 ||
		r.Calls != batched.total() || r.BatchCalls != inJobs || r.Dollars == nil || *r.Dollars == 0 {
		t.Errorf("%+v; %d calls, jobs of %v", r, batched.total(), records)
	}
	if onDemand := r.Calls - r.BatchCalls; onDemand >= 2*batch.MinRecords {
		t.Errorf("%d of %d calls were made on demand", onDemand, r.Calls)
	}
	if topics := len(stack.topics.Messages()); topics != unreadable {
		t.Errorf("%d messages for %d files", topics, unreadable)
	}
	const most = 32 << 10
	if largest > most {
		t.Errorf("a state has %d bytes; want %d at most", largest, most)
	}
	t.Logf("%d documents: jobs of %v records, %d of %d calls in jobs, largest state %d bytes, %v of virtual time, report %+v", len(documents), records, r.BatchCalls, r.Calls, largest,
		outcome.Execution.StopTime.Sub(outcome.Execution.StartTime), r)
}

// Fewer calls than a job takes are made on demand, and there is no job.
func TestSmallBatchIsCalledOnDemand(t *testing.T) {
	c := &counter{}
	stack, flow := startBatch(t, Options{Model: c.model()})
	outcome := runBatch(t, stack, flow, "small", batchDocuments(5, 2), nil)
	if r := outcome.Report; r.Complete != 5 || r.Calls != 20 || r.BatchCalls != 0 || c.total() != 20 || len(stack.jobs.JobRecords()) != 0 {
		t.Errorf("%s: %+v, %d calls, jobs %v", outcome.Execution.Cause, r, c.total(), stack.jobs.JobRecords())
	}
}

// What batch inference costs is half of what the same calls cost on demand.
func TestBatchCostsHalf(t *testing.T) {
	documents := batchDocuments(3, 3)
	dollars := map[int]float64{}
	for _, least := range []int{1, 1000} {
		stack, flow := startBatch(t, Options{Model: (&counter{}).model(), quotas: batch.Quotas{MinRecords: least}})
		r := runBatch(t, stack, flow, "priced", documents, nil).Report
		if r.Complete != len(documents) || r.Dollars == nil {
			t.Fatalf("%+v", r)
		}
		dollars[least] = *r.Dollars
	}
	if ratio := dollars[1] / dollars[1000]; ratio < 0.4999999 || ratio > 0.5000001 {
		t.Errorf("$%v in jobs, $%v on demand", dollars[1], dollars[1000])
	}
}

// Every way in which jobs and their records can end.
func TestEndsOfJobs(t *testing.T) {
	const documents = 6
	type end struct {
		status   string
		answered int
	}
	throttled := func(times int) func(string, json.RawMessage) int {
		var mu sync.Mutex
		seen := map[string]int{}
		return func(_ string, input json.RawMessage) int {
			mu.Lock()
			defer mu.Unlock()
			if seen[string(input)]++; seen[string(input)] <= times && bytes.Contains(input, []byte("a")) {
				return 429
			}
			return 0
		}
	}
	for _, c := range []struct {
		name   string
		ends   []end // of the jobs in their order; the rest completes
		record func(string, json.RawMessage) int
		jobs   int
		failed string // the execution's error
		faults map[string]int
		// calls that were answered: 6 analyses and three questions about each
		complete, partial, calls int
	}{
		{name: "all well", jobs: 2, complete: documents, calls: 4 * documents},
		{name: "a job fails, the next does not", ends: []end{{"Failed", 0}}, jobs: 3, complete: documents, calls: 4 * documents},
		{name: "jobs fail twice", ends: []end{{"Failed", 0}, {"Failed", 0}}, jobs: 2, failed: failure.BatchJobFailed},
		{name: "a job is stopped", ends: []end{{"Stopped", 3}}, jobs: 1, failed: failure.BatchJobStopped},
		{name: "a job expires", ends: []end{{"Expired", 0}}, jobs: 3, complete: documents, calls: 4 * documents},
		{name: "a job is done in part", ends: []end{{"PartiallyCompleted", 3}}, jobs: 3, complete: documents, calls: 4 * documents},
		{name: "a job is done but for some, too few for another", ends: []end{{"PartiallyCompleted", 5}}, jobs: 2, complete: documents, calls: 4 * documents},
		// No analysis of 2 documents, though the text itself is there for the questions about it: one chunk.
		{name: "two jobs are done in part", ends: []end{{"PartiallyCompleted", 1}, {"PartiallyCompleted", 3}}, jobs: 3, complete: 4, partial: 2, calls: 4 + 3*documents},
		{name: "questions expire twice", ends: []end{{"", 1000}, {"Expired", 0}, {"Expired", 0}}, jobs: 3, partial: documents, calls: documents},
		{name: "records are throttled once", record: throttled(1), jobs: 4, complete: documents, calls: 4 * documents},
		{name: "records are throttled to the end", record: throttled(9), jobs: 4, faults: map[string]int{failure.NoUsableAnswer: documents}},
		{name: "records are refused", record: func(string, json.RawMessage) int { return 400 }, jobs: 2, faults: map[string]int{failure.NoUsableAnswer: documents}},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked := &counter{}
			stack, flow := startBatch(t, Options{Model: asked.model(), quotas: batch.Quotas{MinRecords: 2}})
			stack.jobs.Record = c.record
			stack.jobs.End = func(n, records int) (string, int) {
				if n <= len(c.ends) {
					return c.ends[n-1].status, c.ends[n-1].answered
				}
				return "", records
			}
			outcome := runBatch(t, stack, flow, "ends", batchDocuments(documents, 4), nil)
			if jobs := stack.jobs.JobRecords(); len(jobs) != c.jobs {
				t.Errorf("jobs of %v records; want %d jobs", jobs, c.jobs)
			}
			if c.failed != "" {
				if outcome.Execution.Status != engine.Failed || outcome.Execution.Error != c.failed {
					t.Errorf("%s %s: %s", outcome.Execution.Status, outcome.Execution.Error, outcome.Execution.Cause)
				}
				if told := stack.topics.Messages(); len(told) != 1 || !strings.Contains(value.Text(told[0].Message), c.failed) {
					t.Errorf("messages %v", told)
				}
				return
			}
			faults := map[string]int{}
			for _, d := range outcome.Documents {
				if d.Fault != nil {
					faults[d.Fault.Error]++
				}
			}
			r := outcome.Report
			if r.Complete != c.complete || r.Partial != c.partial || r.Calls != c.calls || asked.total() != c.calls || !maps.Equal(faults, c.faults) {
				t.Errorf("%s: %+v, %d calls, faults %v", outcome.Execution.Cause, r, asked.total(), faults)
			}
			for call, times := range asked.asked {
				if times != 1 {
					t.Fatalf("%d times: %.200s", times, call)
				}
			}
		})
	}
}

// Answers of jobs that cannot be used are asked for again, on demand.
func TestAnswersOfJobsAreMended(t *testing.T) {
	model := &faulty{step: bedrock.StepAnalysis, spoil: []func(*bedrock.Response){cutShort, inProse, refuse}}
	stack, flow := startBatch(t, Options{quotas: batch.Quotas{MinRecords: 2}, Model: Model{wrap: func(real bedrockserver.Completer) bedrockserver.Completer {
		model.Completer = real
		return model
	}}})
	outcome := runBatch(t, stack, flow, "mended", batchDocuments(6, 5), nil)
	if r := outcome.Report; r.Complete != 5 || r.Partial != 1 || r.Calls != 26 || r.BatchCalls != 24 || len(model.turns) != 8 {
		t.Errorf("%s: %+v, %d analyses asked for", outcome.Execution.Cause, r, len(model.turns))
	}
	mended := 0
	for _, d := range outcome.Documents {
		var report combine.Report
		if err := json.Unmarshal(d.Report, &report); err != nil {
			t.Fatal(err)
		}
		if call := report.Manifest.Chunks[0]; call.Attempts == 2 && call.Status == combine.Succeeded && !call.Batch {
			mended++
		}
	}
	if mended != 2 {
		t.Errorf("%d answers were mended; want 2", mended)
	}
}

// A batch that is run again after it crashed, at any task, does nothing twice: no job, no record, no call.
func TestCrashedBatchDoesNothingTwice(t *testing.T) {
	documents := append(batchDocuments(3, 6), Document{"empty.txt", nil})
	calls := 0
	for _, crash := range []struct {
		state string
		after bool // its work was done
	}{
		{"WriteJobInput", true},
		{"CreateJob", false},
		{"CreateJob", true},
		{"GetJob", true},
		{"ReadJobOutput", true},
		{"PlanNext", true},
		{"PrepareSynthesis", true},
		{"CombineResults", true},
		{"ListDocuments", true},
	} {
		t.Run(fmt.Sprintf("%s, done %v", crash.state, crash.after), func(t *testing.T) {
			c := &counter{}
			stack, flow := startBatch(t, Options{Model: c.model(), quotas: batch.Quotas{MinRecords: 2}})
			crashed := false
			var mu sync.Mutex
			stack.wrap(func(ctx context.Context, call *engine.Call, handler engine.Handler) (value.Value, error) {
				mu.Lock()
				now := call.State == crash.state && !crashed
				crashed = crashed || now
				mu.Unlock()
				fault := &engine.TaskError{Name: "Lambda.ServiceException", Cause: "the answer was lost"}
				if strings.Contains(call.Resource, ":bedrock:") {
					fault.Name = "Bedrock.InternalServerException"
				}
				if now && !crash.after {
					return nil, fault
				}
				result, err := handler.Handle(ctx, call)
				if now && err == nil {
					err = fault
				}
				return result, err
			})
			outcome := runBatch(t, stack, flow, "crashed", documents, nil)
			if !crashed {
				t.Fatal("nothing crashed")
			}
			if r := outcome.Report; r.Complete != 3 || r.Quarantined != 1 || r.Calls != c.total() || len(stack.jobs.JobRecords()) != 2 {
				t.Errorf("%s %s: %+v, %d calls, jobs %v", outcome.Execution.Error, outcome.Execution.Cause, r, c.total(), stack.jobs.JobRecords())
			}
			if calls = max(calls, c.total()); c.total() != calls {
				t.Errorf("%d calls; want %d", c.total(), calls)
			}
		})
	}
}

// What is not the documents' fault ends the execution, with a record and a message, in PlanNextAgain. When it is cured a redrive goes on
// there: with the very job that nobody waited for, with another one in the place of one that failed or was stopped.
func TestRedriveGoesOn(t *testing.T) {
	const documents = 3
	for _, c := range []struct {
		name   string
		ends   int    // jobs that end with
		status string // this status
		denied bool   // GetJob is not allowed
		error  string
		jobs   int
		again  int // redrives that fail before it is cured
	}{
		{"the role may not ask how a job does", 0, "", true, failure.BatchUnfinished, 2, 1},
		{"jobs fail", 2, "Failed", false, failure.BatchJobFailed, 4, 0},
		{"jobs fail, and another one after the first redrive", 3, "Failed", false, failure.BatchJobFailed, 5, 1},
		{"a job was stopped", 1, "Stopped", false, failure.BatchJobStopped, 3, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked := &counter{}
			stack, flow := startBatch(t, Options{Model: asked.model(), quotas: batch.Quotas{MinRecords: 2}})
			stack.jobs.End = func(n, records int) (string, int) {
				if n <= c.ends {
					return c.status, 0
				}
				return "", records
			}
			denied := c.denied
			stack.wrap(func(ctx context.Context, call *engine.Call, handler engine.Handler) (value.Value, error) {
				if denied && call.State == "GetJob" {
					return nil, &engine.TaskError{Name: "Bedrock.AccessDeniedException", Cause: "not allowed to bedrock:GetModelInvocationJob"}
				}
				return handler.Handle(ctx, call)
			})
			execution := runBatch(t, stack, flow, "redriven", batchDocuments(documents, 8), nil).Execution
			for redrives := 0; ; redrives++ {
				if execution.Error != c.error || execution.Status != engine.Failed || asked.total() != 0 {
					t.Fatalf("after %d redrives %s %s: %s; %d calls", redrives, execution.Status, execution.Error, execution.Cause, asked.total())
				}
				denied = denied && redrives < c.again
				var err error
				if execution, err = execution.Redrive(context.Background(), stack.batchOptions("redriven", nil)); err != nil {
					t.Fatal(err)
				}
				if redrives == c.again {
					break
				}
			}
			var r batch.Report
			if err := value.ToGo(execution.Output, &r); execution.Status != engine.Succeeded || err != nil || r.Complete != documents || r.Calls != 4*documents || asked.total() != 4*documents {
				t.Errorf("%s %s: %s; %+v, %d calls", execution.Status, execution.Error, execution.Cause, r, asked.total())
			}
			if jobs := stack.jobs.JobRecords(); len(jobs) != c.jobs {
				t.Errorf("jobs of %v records; want %d jobs", jobs, c.jobs)
			}
		})
	}
}

// A job that does not end is stopped after its time, and not waited for for ever.
func TestJobThatDoesNotEnd(t *testing.T) {
	stack, flow := startBatch(t, Options{quotas: batch.Quotas{MinRecords: 2}})
	stack.jobs.Takes = 1000 * time.Hour
	outcome := runBatch(t, stack, flow, "endless", batchDocuments(3, 9), nil)
	if outcome.Execution.Error != failure.BatchJobStopped {
		t.Errorf("%s %s: %s", outcome.Execution.Status, outcome.Execution.Error, outcome.Execution.Cause)
	}
	took := outcome.Execution.StopTime.Sub(outcome.Execution.StartTime)
	if took < 26*time.Hour || took > 27*time.Hour {
		t.Errorf("it took %v; a job has 24 hours, and two more to end", took)
	}
}

// A list in a file is as good as a prefix, and what is named twice is done once.
func TestBatchOfAList(t *testing.T) {
	stack, flow := startBatch(t, Options{})
	documents := batchDocuments(3, 10)
	outcome := runBatch(t, stack, flow, "listed", documents, nil)
	if outcome.Report.Complete != 3 {
		t.Fatalf("%s: %+v", outcome.Execution.Cause, outcome.Report)
	}
	for name, list := range map[string]string{
		"list.json":  `["listed/000.txt", {"bucket": "docflow-documents", "key": "listed/001.txt"}, "listed/000.txt"]`,
		"list.jsonl": "\"listed/000.txt\"\n\n{\"key\": \"listed/001.txt\"}\n",
		"list.csv":   "Key,bucket\nlisted/000.txt,docflow-documents\nlisted/001.txt,\n",
	} {
		if err := claim.Put(context.Background(), stack.client, claim.Object{Bucket: ResultsBucket, Key: name}, claim.TypeJSON, []byte(list)); err != nil {
			t.Fatal(err)
		}
		input, err := value.FromGo(batch.Source{Bucket: DocumentsBucket, Manifest: &claim.Object{Bucket: ResultsBucket, Key: name}})
		if err != nil {
			t.Fatal(err)
		}
		execution, err := flow.Program.Run(context.Background(), input, stack.batchOptions("list-"+strings.ReplaceAll(name, ".", "-"), nil))
		if err != nil {
			t.Fatal(err)
		}
		var report batch.Report
		if err := value.ToGo(execution.Output, &report); execution.Status != engine.Succeeded || err != nil || report.Documents != 2 || report.Complete != 2 {
			t.Errorf("%s: %s %s, %+v", name, execution.Error, execution.Cause, report)
		}
	}
}

// Only the last states of a document's end name it; nothing else of what the batch writes has the name of an execution of a Map.
func TestRecordsOfABatchNameTheDocument(t *testing.T) {
	stack, flow := startBatch(t, Options{})
	documents := append(batchDocuments(1, 11), Document{"empty.txt", nil})
	outcome := runBatch(t, stack, flow, "named", documents, nil)
	record, err := stack.object(context.Background(), claim.QuarantinePrefix+outcome.Documents[1].Name+".json")
	if err != nil || record == nil {
		t.Fatalf("%s, %v", record, err)
	}
	var r struct {
		Status, State, Error, Work string
		Input                      batch.Document
	}
	if err := json.Unmarshal(record, &r); err != nil || r.Status != "QUARANTINED" || r.Error != failure.EmptyDocument || r.State != "ExtractText" ||
		r.Work != "s3://"+ResultsBucket+"/"+claim.WorkPrefix+outcome.Documents[1].Name+"/" || r.Input.Key != "named/empty.txt" {
		t.Errorf("%s, %v", record, err)
	}
	keys, err := stack.keys(context.Background(), ResultsBucket)
	if err != nil {
		t.Fatal(err)
	}
	if n := len(slices.DeleteFunc(keys, func(k string) bool { return !strings.HasPrefix(k, claim.QuarantinePrefix) })); n != 1 {
		t.Errorf("%d records in quarantine", n)
	}
}
