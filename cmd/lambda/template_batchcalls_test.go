package lambda_test

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/docflow-asl/docflow/cmd/lambda/internal/runtimeapi"
	"github.com/docflow-asl/docflow/tasks/batch"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/prompt"
)

// batch takes the function of batches through the steps of a batch of one document, and through a job; it needs what prompt left.
func (c *caller) batch(p *runtimeapi.Process) {
	put := func(where claim.Object, data string) {
		c.without(func() { c.put(where.Bucket, where.Key, []byte(data)) })
	}
	models := fmt.Sprintf(`{"analysis":%q,"summary":%q,"sentiment":%q,"keywords":%q}`, modelOf(c, "Analysis"), modelOf(c, "Summary"), modelOf(c, "Sentiment"), modelOf(c, "Keywords"))
	common := fmt.Sprintf(`"models":%s,"output":`+output, models, c.results(), "batch")
	put(claim.Object{Bucket: c.documents(), Key: "lists/all.csv"}, "key\nbatch/a.md\n")
	put(claim.Object{Bucket: c.documents(), Key: "batch/a.md"}, "A text.")
	asked[batch.Planned](c, p, `{"step":"list","source":{"bucket":%q,"manifest":{"bucket":%q,"key":"lists/all.csv"}},%s}`, c.documents(), c.documents(), common)
	asked[batch.Planned](c, p, `{"step":"list","source":{"bucket":%q,"prefix":"batch/"},%s}`, c.documents(), common)
	var documents []batch.Document
	c.without(func() {
		found, err := claim.Get(c.t.Context(), c.client, claim.Object{Bucket: c.results(), Key: "work/batch/round-0/documents.json"}, 1<<20)
		if err == nil {
			err = json.Unmarshal(found.Data, &documents)
		}
		if err != nil || len(documents) != 1 {
			c.t.Fatal(documents, err)
		}
	})
	d := documents[0].Output
	plan := func(stage batch.Stage, round int, want batch.Action) {
		got := asked[batch.Planned](c, p, `{"step":"plan","cursor":{"stage":%q,"round":%d,"pass":0},%s}`, stage, round, common)
		if got.Action != want {
			c.t.Errorf("after %s of round %d: %+v; want %s", stage, round, got, want)
		}
	}
	put(d.Manifest(), `{"document":{"bucket":"b","key":"batch/a.md","name":"a.md"}}`)
	put(d.Request("analysis", 0, 0), "{}")
	plan(batch.Prepared, 0, batch.Invoke)
	put(d.Response("analysis", 0, 0), "{}")
	plan(batch.Invoked, 0, batch.Prepare)
	put(d.Request("summary", 0, 0), "{}")
	put(d.Response("summary", 0, 0), "{}")
	plan(batch.Invoked, 1, batch.Combine)
	put(combine.ResultObject(claim.Document{Key: "batch/a.md"}, d), `{"status":"COMPLETE"}`)
	plan(batch.Combined, 1, batch.Done)
	asked[batch.Report](c, p, `{"step":"finish",%s}`, common)

	// A job with an answer that is kept in the cache, one that is to be mended, and one that is refused.
	run := claim.Output{Bucket: c.results(), Prefix: "work/run-1"}
	calls := []prompt.Call{
		{Request: run.Request("analysis", 0, 0).URI(), Response: run.Response("analysis", 0, 0).URI()},
		{Request: run.Request("keywords", 0, 0).URI(), Response: run.Response("keywords", 0, 0).URI()},
		{Request: run.Request("sentiment", 0, 0).URI(), Response: run.Response("sentiment", 0, 0).URI(), Error: "run-1/sentiment/0000.error.json"},
	}
	job := func(calls []prompt.Call) string {
		put(claim.Object{Bucket: c.results(), Key: "work/batch/calls.json"}, text(calls))
		return fmt.Sprintf(`{"name":"j","model":%q,"calls":"work/batch/calls.json","records":%d,"input":"s3://%s/work/batch/input.jsonl","output":"s3://%s/work/batch/output/","outcome":"batch/outcome.json"}`,
			modelOf(c, "Analysis"), len(calls), c.results(), c.results())
	}
	asked[batch.Written](c, p, `{"step":"writeInput","job":%s,%s}`, job(calls), common)
	message := func(answer string) string {
		return fmt.Sprintf(`{"type":"message","content":[{"type":"text","text":%q}],"stop_reason":"end_turn","usage":{"input_tokens":5,"output_tokens":5}}`, answer)
	}
	put(claim.Object{Bucket: c.results(), Key: "work/batch/output/abc/input.jsonl.out"}, strings.Join([]string{
		`{"recordId":"R0000000000","modelOutput":` + message(`{"language":"en","documentType":"notes","title":"Harbour","topics":[],"keyPoints":["It grew."],"entities":[]}`) + `}`,
		`{"recordId":"R0000000001","modelOutput":` + message(`no JSON`) + `}`,
		`{"recordId":"R0000000002","error":{"errorCode":400,"errorMessage":"refused"}}`,
	}, "\n"))
	asked[batch.Read](c, p, `{"step":"readOutput","job":%s,"state":{"JobArn":"x/abc","Status":"Completed"},%s}`, job(calls), common)

	// An input in parts, of which the last cannot be written.
	var large []prompt.Call
	for i := range 33 { // a window of the function, and one more
		call := prompt.Call{Request: d.Request("merge1", i, 0).URI()}
		if i < 32 {
			put(d.Request("merge1", i, 0), `{"text":"`+strings.Repeat("x", 600_000)+`"}`)
		}
		large = append(large, call)
	}
	if _, err := invoke[batch.Written](c.t, p, fmt.Sprintf(`{"step":"writeInput","job":%s,%s}`, job(large), common)); err == nil {
		c.t.Error("a request that is not there was read")
	}
}
