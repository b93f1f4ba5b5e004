package batch

import (
	"fmt"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/internal/s3test"
	"github.com/google/go-cmp/cmp"
)

// batchOf lists documents in the batch, and returns them by their keys.
func (w *world) batchOf(keys ...string) map[string]claim.Output {
	w.Helper()
	for _, key := range keys {
		w.put(documents, "in/"+key, "x")
	}
	planned, err := do[Planned](w, Request{Step: List, Source: &Source{Bucket: documents, Prefix: "in/"}})
	if err != nil || planned.Count != len(keys) {
		w.Fatalf("%+v, %v", planned, err)
	}
	out := map[string]claim.Output{}
	for _, d := range items[Document](w, planned) {
		out[strings.TrimPrefix(d.Key, "in/")] = d.Output
	}
	return out
}

// extracted writes what a document has after its text was extracted.
func (w *world) extracted(key string, o claim.Output) {
	w.put(results, o.Manifest().Key, fmt.Sprintf(`{"document": {"bucket": "documents", "key": "in/%s", "name": "%s"}, "chunks": [{}]}`, key, key))
}

func (w *world) ask(o claim.Output, folder string, index, attempt int) {
	w.put(results, o.Request(folder, index, attempt).Key, "{}")
}

func (w *world) answer(o claim.Output, folder string, index, attempt int) {
	w.put(results, o.Response(folder, index, attempt).Key, "{}")
}

// endJobs answers all calls of the jobs that were planned, and says that they ended.
func (w *world) endJobs(p Planned) {
	w.Helper()
	for _, job := range items[Job](w, p) {
		w.put(results, claim.WorkPrefix+job.Outcome, `{"status": "Completed"}`)
	}
}

// A batch of documents that need no merges, one, and two levels of them, one that cannot be read, and one that is lost on the way.
func TestRoundsOfABatch(t *testing.T) {
	w := newWorld(t)
	d := w.batchOf("flat", "high", "lost", "poison", "tall")
	w.put(results, faultOf(d["poison"]).Key, `{"state": "ExtractText", "error": "NoText", "cause": "`+strings.Repeat("x", 2*maxCause)+`", "poison": true}`)
	for _, key := range []string{"flat", "high", "tall"} {
		w.extracted(key, d[key])
		w.ask(d[key], "analysis", 0, 0)
	}
	step := func(cursor Cursor, want Action, count int, next Cursor) Planned {
		t.Helper()
		var p Planned
		for range 2 { // planned twice it is the same
			var err error
			if p, err = w.plan(cursor, false); err != nil || p.Action != want || p.Count != count || p.Cursor != next {
				t.Fatalf("%+v after %+v, %v; want %s of %d, then %+v", p, cursor, err, want, count, next)
			}
		}
		return p
	}
	faults := items[Faulty](w, step(Cursor{Stage: Prepared}, End, 2, Cursor{Stage: Calls}))
	if faults[0].Key != "in/lost" || faults[0].Error != NotPrepared || faults[0].Poison || faults[1].Error != "NoText" || !faults[1].Poison || len(faults[1].Cause) > maxCause+3 {
		t.Errorf("%+v", faults)
	}
	jobs := step(Cursor{Stage: Calls}, RunJobs, 1, Cursor{Stage: Calls, Pass: 1})
	if job := items[Job](w, jobs)[0]; job.Model != models.Analysis || job.Records != 3 || len(job.Name) > 63 || !strings.HasSuffix(job.Name, "-0-0-0") || job.Batch != output {
		t.Errorf("%+v", job)
	}
	w.endJobs(jobs)
	for _, key := range []string{"flat", "high", "tall"} {
		w.answer(d[key], "analysis", 0, 0)
	}
	prepare := step(Cursor{Stage: Calls, Pass: 1}, Prepare, 3, Cursor{Stage: Prepared, Round: 1})
	if e := items[Extracted](w, prepare)[1]; e.Key != "in/high" || e.Text.Name != "high" || e.Manifest != d["high"].Manifest() || e.Level != 0 {
		t.Errorf("%+v", e)
	}
	question := func(key string) {
		for _, step := range bedrock.Steps()[1:] {
			w.ask(d[key], string(step), 0, 0)
		}
	}
	answered := func(key string) {
		for _, step := range bedrock.Steps()[1:] {
			w.answer(d[key], string(step), 0, 0)
		}
	}
	// The first asks its three questions, in a job; the others two merges, too few for one.
	question("flat")
	w.ask(d["high"], "merge1", 0, 0)
	w.ask(d["tall"], "merge1", 0, 0)
	jobs = step(Cursor{Stage: Prepared, Round: 1}, RunJobs, 1, Cursor{Stage: Calls, Round: 1, Pass: 1})
	if job := items[Job](w, jobs)[0]; job.Model != models.Summary || job.Records != 3 {
		t.Errorf("%+v", job)
	}
	w.endJobs(jobs)
	answered("flat")
	w.ask(d["flat"], "summary", 0, 1) // to be mended
	calls := items[Call](w, step(Cursor{Stage: Calls, Round: 1, Pass: 1}, Invoke, 3, Cursor{Stage: Invoked, Round: 1}))
	want := []string{models.Summary + " " + d["flat"].Request("summary", 0, 1).URI(), models.Analysis + " " + d["high"].Request("merge1", 0, 0).URI(), models.Analysis + " " + d["tall"].Request("merge1", 0, 0).URI()}
	var got []string
	for _, c := range calls {
		got = append(got, c.Model+" "+c.Request)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	w.answer(d["flat"], "summary", 0, 1)
	w.answer(d["high"], "merge1", 0, 0)
	w.put(results, d["tall"].Fault("merge1", 0).Key, `{"Error": "X"}`)
	second := items[Extracted](w, step(Cursor{Stage: Invoked, Round: 1}, Prepare, 2, Cursor{Stage: Prepared, Round: 2}))
	if second[0].Key != "in/high" || second[0].Level != 1 {
		t.Errorf("%+v", second)
	}
	question("high")
	w.ask(d["tall"], "merge2", 0, 0)
	answered("high")
	w.answer(d["tall"], "merge2", 0, 0)
	third := items[Extracted](w, step(Cursor{Stage: Prepared, Round: 2}, Prepare, 1, Cursor{Stage: Prepared, Round: 3}))
	if third[0].Key != "in/tall" || third[0].Level != 2 {
		t.Errorf("%+v", third)
	}
	question("tall")
	answered("tall")
	all := items[Extracted](w, step(Cursor{Stage: Prepared, Round: 3}, Combine, 3, Cursor{Stage: Combined, Round: 3}))
	// One has a result, one cannot have one, of one nothing is known.
	result := combine.ResultObject(all[0].Text, all[0].Output)
	w.put(results, result.Key, `{"status": "PARTIAL", "usage": {"inputTokens": 5, "outputTokens": 2}, "cost": {"models": [{"model": "m", "calls": 4, "batchCalls": 3, "dollars": 0.25}]}}`)
	w.put(results, faultOf(all[1].Output).Key, `{"state": "CombineResults", "error": "NoUsableAnswer", "poison": true}`)
	step(Cursor{Stage: Combined, Round: 3}, End, 2, Cursor{Stage: Ended, Round: 3})
	step(Cursor{Stage: Ended, Round: 3}, Done, 0, Cursor{Stage: Ended, Round: 3})
	report, err := do[Report](w, Request{Step: Finish})
	quarter := 0.25
	if diff := cmp.Diff(Report{
		Documents: 5, Partial: 1, Quarantined: 2, Failed: 2, Calls: 4, BatchCalls: 3, InputTokens: 5, OutputTokens: 2,
		Dollars: &quarter, PricedAsOf: bedrock.PricesAsOf(), Report: claim.Object{Bucket: results, Key: "work/b/batch.json"},
	}, report); diff != "" || err != nil {
		t.Error(diff, err)
	}
}

// No document can be read: that is all there is to tell.
func TestBatchOfNothing(t *testing.T) {
	w := newWorld(t)
	d := w.batchOf("a")
	w.put(results, faultOf(d["a"]).Key, `{"state": "ExtractText", "error": "NoText", "poison": true}`)
	for _, c := range []struct {
		at   Cursor
		want Action
	}{{Cursor{Stage: Prepared}, End}, {Cursor{Stage: Calls}, Done}} {
		if p, err := w.plan(c.at, false); err != nil || p.Action != c.want {
			t.Errorf("%+v: %+v, %v", c.at, p, err)
		}
	}
	if report, err := do[Report](w, Request{Step: Finish}); err != nil || report.Documents != 1 || report.Quarantined != 1 {
		t.Errorf("%+v, %v", report, err)
	}
}

func TestWhatCannotBePlanned(t *testing.T) {
	w := newWorld(t)
	d := w.batchOf("a")
	w.ask(d["a"], "analysis", 0, 0)
	for name, c := range map[string]struct {
		cursor Cursor
		error  string
	}{
		"no stage":          {Cursor{}, failure.InvalidRequest},
		"a round too far":   {Cursor{Stage: Prepared, Round: 5}, failure.InvalidRequest},
		"a round not begun": {Cursor{Stage: Prepared, Round: 1}, failure.ManifestNotFound},
		"a pass not begun":  {Cursor{Stage: Calls, Pass: 1}, failure.ManifestNotFound},
		"nothing combined":  {Cursor{Stage: Combined}, failure.ManifestNotFound},
	} {
		if _, err := w.plan(c.cursor, false); failure.Name(err) != c.error {
			t.Errorf("%s: %v", name, err)
		}
	}
	for _, request := range []Request{{Step: "other"}, {}} {
		if _, err := do[Planned](w, request); failure.Name(err) != failure.InvalidRequest {
			t.Errorf("%v", err)
		}
	}
}

// What S3 refuses reaches the state machine under a declared name.
func TestStorageFailures(t *testing.T) {
	w := newWorld(t)
	w.batchOf("a")
	for status, want := range map[int]string{503: failure.StorageUnavailable, 403: failure.AccessDenied} {
		code := map[int]string{503: "SlowDown", 403: "AccessDenied"}[status]
		w.Fail("GET /"+results+"/work/b/round-0/documents.json", s3test.Fault{Status: status, Code: code})
		if _, err := w.plan(Cursor{Stage: Prepared}, false); failure.Name(err) != want {
			t.Errorf("%v", err)
		}
		if _, err := do[Report](w, Request{Step: Finish}); failure.Name(err) != want {
			t.Errorf("%v", err)
		}
	}
}
