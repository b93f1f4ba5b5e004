package batch

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"testing"

	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/internal/s3test"
	"github.com/docflow-asl/docflow/tasks/prompt"
	"github.com/docflow-asl/docflow/tasks/spend"
	"github.com/google/go-cmp/cmp"
)

const documents, results = "documents", "results"

var (
	output = claim.Output{Bucket: results, Prefix: "work/b"}
	models = spend.Models{Analysis: "model-a", Summary: "model-s", Sentiment: "model-s", Keywords: "model-s"}
)

// checks remembers what was checked.
type checks struct {
	mu   sync.Mutex
	seen map[string]string // model by request
	err  error
}

func (c *checks) Check(_ context.Context, r prompt.CheckRequest) (prompt.Checked, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.seen[r.Request] = r.Model
	return prompt.Checked{}, c.err
}

type world struct {
	*s3test.Server
	*testing.T
	checks  *checks
	handler *Handler
}

func newWorld(t *testing.T) *world {
	s := s3test.Start(t, documents, results)
	c := &checks{seen: map[string]string{}}
	return &world{s, t, c, &Handler{S3: s.Client, Log: slog.New(slog.DiscardHandler), Check: c, Quotas: Quotas{MinRecords: 3}}}
}

func (w *world) put(bucket, key, body string) {
	w.Helper()
	if err := claim.Put(context.Background(), w.Client, claim.Object{Bucket: bucket, Key: key}, claim.TypeJSON, []byte(body)); err != nil {
		w.Fatal(err)
	}
}

func (w *world) get(key string) string {
	w.Helper()
	body, err := claim.Get(context.Background(), w.Client, claim.Object{Bucket: results, Key: key}, 1<<30)
	if err != nil {
		w.Fatal(err)
	}
	return string(body.Data)
}

func (w *world) there(key string) bool {
	w.Helper()
	ok, err := w.handler.there(context.Background(), claim.Object{Bucket: results, Key: key})
	if err != nil {
		w.Fatal(err)
	}
	return ok
}

// do runs a step through the function, as Lambda does.
func do[Result any](w *world, request Request) (Result, error) {
	w.Helper()
	request.Output, request.Models = output, models
	payload, err := json.Marshal(request)
	if err != nil {
		w.Fatal(err)
	}
	var result Result
	answer, err := w.handler.Function().Invoke(context.Background(), payload)
	if err != nil {
		return result, err
	}
	if err := json.Unmarshal(answer, &result); err != nil {
		w.Fatal(err)
	}
	return result, nil
}

func (w *world) plan(cursor Cursor, again bool) (Planned, error) {
	return do[Planned](w, Request{Step: Plan, Cursor: cursor, Again: again})
}

func items[T any](w *world, p Planned) []T {
	w.Helper()
	var out []T
	if err := json.Unmarshal([]byte(w.get(p.Items.Key)), &out); err != nil || len(out) != p.Count {
		w.Fatalf("%d items, %d told: %v", len(out), p.Count, err)
	}
	return out
}

func TestListIsOfPrefixOrFile(t *testing.T) {
	w := newWorld(t)
	for _, key := range []string{"in/", "in/a.pdf", "in/b c+.pdf", "out/c.pdf"} {
		w.put(documents, key, "x")
	}
	w.put(results, "work/x/analysis/0000.request.json", "{}")
	w.put(results, "results/y.json", "{}")
	w.put(results, "mine.txt", "{}")
	for name, body := range map[string]string{
		"a.json": `["in/a.pdf", {"key": "k", "versionId": "1"}, {"key": "k", "versionId": "2"}]`, "b.JSONL": "\ufeff{\"bucket\": \"z\", \"key\": \"k\"}\n\n",
		"c.csv": "\"Key\",\"Bucket\"\n\"a,b\",\"z\"\n", "none.json": "[]", "broken.json": "{", "broken.jsonl": "\"a\"\n{", "no-key.csv": "name\nx\n", "ragged.csv": "key,bucket\na\n",
		"empty-key.json": `[{"bucket": "z"}]`, "list.txt": "a",
	} {
		w.put(results, "lists/"+name, body)
	}
	file := func(name, bucket string) Source {
		return Source{Bucket: bucket, Manifest: &claim.Object{Bucket: results, Key: "lists/" + name}}
	}
	for _, c := range []struct {
		name   string
		source *Source
		want   []string // bucket, key, version
		error  string
	}{
		{"prefix", &Source{Bucket: documents, Prefix: "in/"}, []string{"documents in/a.pdf ", "documents in/b c+.pdf "}, ""},
		{"bucket of the results", &Source{Bucket: results, Prefix: "mine"}, []string{"results mine.txt "}, ""},
		{"nothing but results", &Source{Bucket: results, Prefix: "work/"}, nil, failure.InvalidRequest},
		{"JSON", sourceOf(file("a.json", documents)), []string{"documents in/a.pdf ", "documents k 1", "documents k 2"}, ""},
		{"lines", sourceOf(file("b.JSONL", "")), []string{"z k "}, ""},
		{"table", sourceOf(file("c.csv", "")), []string{"z a,b "}, ""},
		{"no documents", sourceOf(file("none.json", "")), nil, failure.InvalidRequest},
		{"broken JSON", sourceOf(file("broken.json", "")), nil, failure.InvalidRequest},
		{"broken lines", sourceOf(file("broken.jsonl", documents)), nil, failure.InvalidRequest},
		{"table without keys", sourceOf(file("no-key.csv", documents)), nil, failure.InvalidRequest},
		{"ragged table", sourceOf(file("ragged.csv", documents)), nil, failure.InvalidRequest},
		{"entry without a key", sourceOf(file("empty-key.json", "")), nil, failure.InvalidRequest},
		{"no bucket", sourceOf(file("a.json", "")), nil, failure.InvalidRequest},
		{"another format", sourceOf(file("list.txt", "")), nil, failure.InvalidRequest},
		{"no such file", sourceOf(file("gone.json", "")), nil, failure.ManifestNotFound},
		{"no source", nil, nil, failure.InvalidRequest},
		{"empty source", &Source{}, nil, failure.InvalidRequest},
		{"no such bucket", &Source{Bucket: "gone"}, nil, failure.InvalidRequest},
	} {
		t.Run(c.name, func(t *testing.T) {
			planned, err := do[Planned](w, Request{Step: List, Source: c.source})
			if failure.Name(err) != c.error {
				t.Fatalf("%v", err)
			}
			if err != nil {
				return
			}
			var got []string
			names := map[string]bool{}
			for _, d := range items[Document](w, planned) {
				got = append(got, d.Bucket+" "+d.Key+" "+d.VersionID)
				names[d.Name] = true
				if out := d.Output; out.Check() != nil || out.Prefix != "work/"+d.Name || len(d.Name) > 80 {
					t.Errorf("%+v", d)
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" || len(names) != len(got) || planned.Action != Extract {
				t.Errorf("%s %v %s", planned.Action, names, diff)
			}
		})
	}
}

func sourceOf(s Source) *Source { return &s }

func TestRecordIDsAreReversible(t *testing.T) {
	for _, n := range []int{0, 7, 49_999, 1_000_000_000} {
		if id := recordID(n); len(id) != 11 || callOf(id) != n {
			t.Errorf("%d is %s is %d", n, id, callOf(id))
		}
	}
	for _, id := range []string{"", "R", "R1", "R000000000a", "R-000000001", "X0000000001", "R00000000001", "R0000000001 "} {
		if n := callOf(id); n != -1 {
			t.Errorf("%q is %d", id, n)
		}
	}
}

func TestSplitKeepsTheQuotas(t *testing.T) {
	calls := func(n int, bytes int64) []pending {
		out := make([]pending, n)
		for i := range out {
			out[i] = pending{index: i, bytes: bytes}
		}
		return out
	}
	for _, c := range []struct {
		name   string
		calls  []pending
		quotas Quotas
		want   []int
	}{
		{"one", calls(50_000, 1), Quotas{100, 50_000, 1 << 30}, []int{50_000}},
		{"one record more", calls(50_001, 1), Quotas{100, 50_000, 1 << 30}, []int{25_000, 25_001}},
		{"too many bytes", calls(1000, 936), Quotas{100, 50_000, 500_000}, []int{500, 500}},
		{"one byte less than fits", calls(1000, 936), Quotas{100, 50_000, 499_999}, []int{333, 333, 334}},
		{"never below the least", calls(250, 1000), Quotas{100, 50_000, 1000}, []int{125, 125}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var got []int
			next := 0
			for _, part := range split(c.calls, c.quotas) {
				got = append(got, len(part))
				for _, call := range part {
					if call.index != next {
						t.Fatalf("call %d in the place of %d", call.index, next)
					}
					next++
				}
			}
			if diff := cmp.Diff(c.want, got); diff != "" || next != len(c.calls) {
				t.Error(diff)
			}
		})
	}
}

// job prepares a job about n calls of one document.
func (w *world) job(n int, body func(int) string) Job {
	w.Helper()
	doc := claim.Output{Bucket: results, Prefix: "work/d"}
	calls := make([]prompt.Call, n)
	for i := range calls {
		calls[i] = prompt.Call{Index: i, Request: doc.Request("analysis", i, 0).URI(), Response: doc.Response("analysis", i, 0).URI(), Error: fmt.Sprintf("d/analysis/%04d.error.json", i)}
		w.put(results, doc.Request("analysis", i, 0).Key, body(i))
	}
	list, err := json.Marshal(calls)
	if err != nil {
		w.Fatal(err)
	}
	w.put(results, "work/b/calls.json", string(list))
	return Job{
		Name: "j", Batch: output, Model: "model-a", Calls: "work/b/calls.json", Records: n,
		Input: "s3://results/work/b/input.jsonl", Output: "s3://results/work/b/output/", Outcome: "b/outcome.json",
	}
}

func TestInputIsALineARequest(t *testing.T) {
	for _, c := range []struct {
		name    string
		records int
		bytes   int
	}{{"one part", 3, 10}, {"several parts", 70, 500_000}} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t)
			job := w.job(c.records, func(i int) string {
				return fmt.Sprintf("{\n  \"number\": %d,\n  \"text\": \"<%s>\"\n}", i, strings.Repeat("x", c.bytes))
			})
			var first string
			for range 2 { // a step that runs twice writes the same
				written, err := do[Written](w, Request{Step: WriteInput, Job: &job})
				if err != nil || written.Records != c.records {
					t.Fatalf("%+v, %v", written, err)
				}
				text := w.get("work/b/input.jsonl")
				if first == "" {
					first = text
				}
				if text != first || int64(len(text)) != written.Bytes {
					t.Fatal("the second time it is another")
				}
			}
			lines := strings.Split(strings.TrimSuffix(first, "\n"), "\n")
			if len(lines) != c.records {
				t.Fatalf("%d lines", len(lines))
			}
			for i, line := range lines {
				var r struct {
					RecordID   string `json:"recordId"`
					ModelInput struct {
						Number int
						Text   string
					} `json:"modelInput"`
				}
				if err := json.Unmarshal([]byte(line), &r); err != nil || r.RecordID != recordID(i) || r.ModelInput.Number != i || len(r.ModelInput.Text) != c.bytes+2 {
					t.Fatalf("line %d: %.100s, %v", i, line, err)
				}
			}
		})
	}
}

func TestInputOfWhatIsNotThere(t *testing.T) {
	w := newWorld(t)
	job := w.job(3, func(int) string { return "{}" })
	job.Records = 4
	if _, err := do[Written](w, Request{Step: WriteInput, Job: &job}); failure.Name(err) != failure.InvalidRequest {
		t.Errorf("%v", err)
	}
	job = w.job(3, func(i int) string { return []string{"{}", "no JSON", "{}"}[i] })
	if _, err := do[Written](w, Request{Step: WriteInput, Job: &job}); failure.Name(err) != failure.InvalidRequest {
		t.Errorf("%v", err)
	}
	if _, err := do[Written](w, Request{Step: WriteInput}); failure.Name(err) != failure.InvalidRequest {
		t.Errorf("%v", err)
	}
}

const answerBody = `{"id":"x","model":"m","content":[{"type":"text","text":"yes"}],"usage":{"input_tokens":3,"output_tokens":1},"other":{"kept":[1]}}`

// Answers, errors that last, errors that pass, and lines that are nothing, in any order and in any portions.
func TestOutputGoesWhereItBelongs(t *testing.T) {
	lines := []string{
		`{"modelInput":{"a":"` + strings.Repeat("y", 3000) + `"},"modelOutput":` + answerBody + `,"recordId":"` + recordID(4) + `"}`,
		`{"recordId":"` + recordID(0) + `","modelOutput": {} }`,
		`{"recordId":"` + recordID(1) + `","error":{"errorCode":400,"errorMessage":"bad request"}}`,
		`{"recordId":"` + recordID(2) + `","error":{"errorCode":429,"errorMessage":"slow down"}}`,
		`{"recordId":"` + recordID(3) + `","modelOutput":null}`,
		`{"recordId":"` + recordID(5) + `","error":{"errorCode":503,"errorMessage":"later"},"modelOutput":{"id":"x"}}`,
		`{"recordId":"` + recordID(99) + `","modelOutput":{}}`, `{"recordId":"CALL0000001","modelOutput":{}}`, `{"recordId":`, ``,
	}
	for _, ending := range []string{"\n", ""} {
		for _, most := range []int64{1, 100, 4000, 1 << 20} {
			t.Run(fmt.Sprintf("%q, %d bytes", ending, most), func(t *testing.T) {
				w := newWorld(t)
				w.handler.MaxRead = most
				job := w.job(6, func(int) string { return "{}" })
				text := strings.TrimSuffix(strings.Join(lines, "\n"), "\n") + ending
				w.put(results, "work/b/output/abc/input.jsonl.out", text)
				state := JobState{JobArn: "arn:aws:bedrock:us-east-1:1:model-invocation-job/abc", Status: PartiallyCompleted, Message: "some"}
				var sum Read
				turns := 0
				for from := int64(0); ; turns++ {
					read, err := do[Read](w, Request{Step: ReadOutput, Job: &job, State: &state, From: from})
					if err != nil || read.Next < from || turns > len(lines)+1 {
						t.Fatalf("%+v, %v", read, err)
					}
					sum.Answers, sum.Errors, sum.Unknown = sum.Answers+read.Answers, sum.Errors+read.Errors, sum.Unknown+read.Unknown
					if read.Done {
						break
					}
					if w.there("work/b/outcome.json") {
						t.Fatal("it has ended before all was read")
					}
					from = read.Next
				}
				if most == 1 && turns < len(lines)-2 {
					t.Errorf("%d turns for %d lines", turns, len(lines))
				}
				if sum.Answers != 2 || sum.Errors != 4 || sum.Unknown != 3 {
					t.Errorf("%+v", sum)
				}
				var response bedrock.Response
				body := w.get("work/d/analysis/0004.response.json")
				if err := json.Unmarshal([]byte(body), &response); err != nil || !response.Batch || response.Usage.InputTokens != 3 || !strings.Contains(body, `"other":{"kept":[1]}`) {
					t.Errorf("%s, %v", body, err)
				}
				if body := w.get("work/d/analysis/0000.response.json"); body != `{"docflowBatch":true}` {
					t.Errorf("%s", body)
				}
				for n, want := range []string{"", "400: bad request", "", "neither an answer nor an error", "", ""} {
					key := fmt.Sprintf("work/d/analysis/%04d.error.json", n)
					if w.there(key) != (want != "") {
						t.Errorf("%s: %v", key, w.there(key))
					} else if want != "" && !strings.Contains(w.get(key), want) {
						t.Errorf("%s", w.get(key))
					}
				}
				if diff := cmp.Diff(map[string]string{"s3://results/work/d/analysis/0000.request.json": "model-a", "s3://results/work/d/analysis/0004.request.json": "model-a"}, w.checks.seen); diff != "" {
					t.Error(diff)
				}
				if got := w.get("work/b/outcome.json"); !strings.Contains(got, `"status": "PartiallyCompleted"`) || !strings.Contains(got, `"message": "some"`) {
					t.Error(got)
				}
			})
		}
	}
}

func TestOutputThatIsNotThere(t *testing.T) {
	w := newWorld(t)
	job := w.job(3, func(int) string { return "{}" })
	read, err := do[Read](w, Request{Step: ReadOutput, Job: &job, State: &JobState{JobArn: "x/abc", Status: Failed, Message: "no access"}})
	if err != nil || !read.Done || !strings.Contains(w.get("work/b/outcome.json"), "no access") {
		t.Errorf("%+v, %v", read, err)
	}
	if _, err := do[Read](w, Request{Step: ReadOutput, Job: &job}); failure.Name(err) != failure.InvalidRequest {
		t.Errorf("%v", err)
	}
}

// That an answer cannot be checked does no harm; that S3 does not answer is tried again.
func TestOutputWhenChecksFail(t *testing.T) {
	for name, want := range map[string]string{failure.InvalidRequest: "", failure.StorageUnavailable: failure.StorageUnavailable} {
		w := newWorld(t)
		w.checks.err = failure.New(name, "x")
		job := w.job(3, func(int) string { return "{}" })
		w.put(results, "work/b/output/abc/input.jsonl.out", `{"recordId":"`+recordID(0)+`","modelOutput":{}}`)
		_, err := do[Read](w, Request{Step: ReadOutput, Job: &job, State: &JobState{JobArn: "abc"}})
		if failure.Name(err) != want || w.there("work/b/outcome.json") != (want == "") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestLongLinesAreRefused(t *testing.T) {
	endless := io.MultiReader(strings.NewReader(strings.Repeat("x", 1000)), bytes.NewReader(make([]byte, maxLine)))
	if _, err := readLine(newReader(endless)); err != errLongLine {
		t.Errorf("%v", err)
	}
}
