package local

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/cmd/docflow/internal/bedrockserver"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/index"
	"github.com/google/go-cmp/cmp"
)

// The index says of each document what became of it: of those with a result what combine has written, of the others what the state
// machine has.
func TestIndexSaysWhatBecameOfADocument(t *testing.T) {
	const none = functionArnPrefix + "no-such-function"
	for _, c := range []struct {
		file, status, error string
		model               Model
		without             string // function that is not there
	}{
		{"minutes.docx", "COMPLETE", "", Model{}, ""},
		{"minutes.docx", "PARTIAL", "", Model{before: failStep(bedrock.StepAnalysis)}, ""},
		{"empty.txt", "QUARANTINED", failure.EmptyDocument, Model{}, ""},
		{"minutes.docx", "QUARANTINED", failure.NoUsableAnswer, Model{before: func(bedrockserver.Call) error {
			return &bedrockserver.Exception{Type: bedrockserver.AccessDenied, Message: "no access"}
		}}, ""},
		{"minutes.docx", "FAILED", "Lambda.ResourceNotFoundException", Model{}, "ExtractTextFunctionArn"},
		{"minutes.docx", "UNFINISHED", "Lambda.ResourceNotFoundException", Model{}, "CombineResultsFunctionArn"},
	} {
		t.Run(fmt.Sprint(c.file, c.status, c.error), func(t *testing.T) {
			stack, substitutions := startStack(t, c.model)
			if c.without != "" {
				substitutions[c.without] = none
			}
			flow, err := NewFlow("document-pipeline", substitutions)
			if err != nil {
				t.Fatal(err)
			}
			began := time.Now().Truncate(time.Millisecond)
			outcome, err := stack.Run(context.Background(), flow, readDocument(t, c.file), nil)
			if err != nil || outcome.Index == nil {
				t.Fatalf("%v; the index has %v", err, outcome.Index)
			}
			got := *outcome.Index
			if got.Started.Before(began) || got.Ended.Before(got.Started) {
				t.Errorf("started %v, ended %v; the run began %v", got.Started, got.Ended, began)
			}
			want := index.Entry{
				Execution: outcome.Execution.Name, Bucket: DocumentsBucket, Key: c.file, Version: got.Version,
				Status: c.status, Error: c.error, Started: got.Started, Ended: got.Ended,
			}
			if c.error != "" {
				want.Record = "s3://" + ResultsBucket + "/quarantine/" + want.Execution + ".json"
			} else {
				var report combine.Report
				if err := json.Unmarshal(outcome.Report, &report); err != nil {
					t.Fatal(err)
				}
				want.Result, want.Pages, want.Chunks = report.Result.Result.URI(), report.Counts.Pages, report.Counts.Chunks
				want.InputTokens, want.OutputTokens = report.Usage.InputTokens, report.Usage.OutputTokens
				for _, m := range report.Missing {
					want.Missing = append(want.Missing, m.Part)
				}
				want.MissingCount = len(want.Missing)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			// Nothing of it stays in memory.
			reader := &index.Reader{API: stack.tables, Table: indexTable, Now: time.Now}
			if err := reader.List(context.Background(), index.Filter{}, func(e index.Entry) bool {
				t.Errorf("the index still holds %+v", e)
				return true
			}); err != nil {
				t.Error(err)
			}
		})
	}
}

// A step that fails and then succeeds ends as what it is, also when the news of the failure come late.
func TestIndexKeepsAResult(t *testing.T) {
	stack, _ := startStack(t, Model{})
	writer := &index.Writer{API: stack.tables, Table: indexTable}
	end := time.Date(2026, 11, 26, 9, 0, 0, 0, time.UTC)
	unfinished := index.Entry{Execution: "x", Status: "UNFINISHED", Error: "E", Ended: end}
	complete := index.Entry{Execution: "x", Status: "COMPLETE", Result: "s3://r/results/x.json", Ended: end.Add(-time.Hour)} // another clock
	for i, c := range []struct {
		entry   index.Entry
		written bool
	}{{unfinished, true}, {unfinished, true}, {complete, true}, {unfinished, false}, {complete, true}} {
		if written, err := writer.Put(context.Background(), c.entry); err != nil || written != c.written {
			t.Errorf("write %d: %v, %v", i, written, err)
		}
	}
}
