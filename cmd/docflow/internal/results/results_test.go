package results

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/embeddeds3"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/combine"
)

func startBucket(t *testing.T) (Bucket, func(key string, v any)) {
	t.Helper()
	server, err := embeddeds3.Start(t.Context(), "results")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	client := server.Client()
	return Bucket{client, "results"}, func(key string, v any) {
		t.Helper()
		data, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("results"), Key: &key, Body: bytes.NewReader(data)}); err != nil {
			t.Fatal(err)
		}
	}
}

func reportOn(key, execution string, missing ...string) (string, combine.Report) {
	r := combine.Report{SchemaVersion: combine.SchemaVersion, Execution: execution, Result: combine.Result{
		Status: combine.Complete, Document: &claim.Document{Key: key, Name: key}, Counts: &combine.Counts{Pages: 3, Chunks: 1},
		Usage: combine.Usage{InputTokens: 100, OutputTokens: 20}, Missing: []combine.Missing{},
	}}
	for _, part := range missing {
		r.Status, r.Missing = combine.Partial, append(r.Missing, combine.Missing{Part: part, Error: "X"})
	}
	where := combine.ResultObject(*r.Document, claim.Output{Bucket: "results", Prefix: claim.WorkPrefix + execution})
	return where.Key, r
}

func TestBucket(t *testing.T) {
	bucket, put := startBucket(t)
	putReport := func(key, execution string, missing ...string) {
		where, r := reportOn(key, execution, missing...)
		put(where, r)
		put(strings.TrimSuffix(where, ".json")+".md", "# x")
	}
	putReport("a.pdf", "a-1")
	putReport("a.pdf/inside.pdf", "i-1")
	putReport("日本語 +%.pdf", "j-1", "summary", "text of page 2")
	put("quarantine/e-1.json", map[string]any{
		"status": "QUARANTINED", "state": "ExtractText", "error": "EmptyDocument", "cause": "no bytes",
		"execution": "arn:aws:states:us-east-1:123456789012:execution:document-pipeline:e-1", "input": map[string]string{"bucket": "documents", "key": "empty.txt"},
	})
	put("quarantine/f-1.json", map[string]any{
		"status": "FAILED", "error": "States.Timeout", "execution": "f-1", "input": map[string]any{"detail": map[string]any{"object": map[string]string{"key": "late.pdf"}}},
	})
	put("results/x/not-a-report.json", []int{1})
	put("work/a-1/manifest.json", map[string]string{"status": "COMPLETE"})

	for _, c := range []struct {
		name   string
		filter Filter
		want   string
	}{
		{"all", Filter{}, "a.pdf a.pdf/inside.pdf empty.txt late.pdf 日本語 +%.pdf"},
		{"a status", Filter{Status: []string{"PARTIAL"}}, "日本語 +%.pdf"},
		{"two", Filter{Status: []string{"QUARANTINED", "FAILED"}}, "empty.txt late.pdf"},
		{"a prefix", Filter{Prefix: "a.pdf"}, "a.pdf a.pdf/inside.pdf"},
		{"a prefix of one in quarantine", Filter{Prefix: "em"}, "empty.txt"},
		{"later", Filter{Since: time.Now().Add(time.Hour)}, ""},
	} {
		entries, more, err := List(t.Context(), bucket, c.filter)
		if err != nil || more {
			t.Errorf("%s: %v, %v", c.name, more, err)
		}
		var keys []string
		for _, e := range entries {
			keys = append(keys, e.Key)
		}
		slices.Sort(keys)
		if got := strings.Join(keys, " "); got != c.want {
			t.Errorf("%s: %s", c.name, got)
		}
	}
	for name, want := range map[string]Entry{
		"a.pdf":      {Key: "a.pdf", Status: "COMPLETE", Pages: 3, Chunks: 1, InputTokens: 100, OutputTokens: 20, Missing: []string{}, Execution: "a-1", Result: "s3://results/results/a.pdf/a-1.json"},
		"i-1":        {Key: "a.pdf/inside.pdf", Status: "COMPLETE", Pages: 3, Chunks: 1, InputTokens: 100, OutputTokens: 20, Missing: []string{}, Execution: "i-1", Result: "s3://results/results/a.pdf/inside.pdf/i-1.json"},
		"empty.txt":  {Key: "empty.txt", Status: "QUARANTINED", Error: "EmptyDocument", Missing: []string{}, Execution: "e-1", Result: "s3://results/quarantine/e-1.json"},
		"日本語 +%.pdf": {Key: "日本語 +%.pdf", Status: "PARTIAL", Pages: 3, Chunks: 1, InputTokens: 100, OutputTokens: 20, Missing: []string{"summary", "text of page 2"}, Execution: "j-1", Result: "s3://results/results/日本語 +%.pdf/j-1.json"},
	} {
		d, err := Find(t.Context(), bucket, name)
		d.Time = time.Time{}
		if err != nil || fmt.Sprint(d.Entry) != fmt.Sprint(want) {
			t.Errorf("%s: %+v, %v", name, d.Entry, err)
		}
	}
	if _, err := Find(t.Context(), bucket, "b.pdf"); err == nil || !strings.Contains(err.Error(), "no result of \"b.pdf\"") {
		t.Errorf("the error is %v", err)
	}
	if _, _, err := List(t.Context(), Bucket{bucket.Client, "other"}, Filter{}); err == nil || !strings.Contains(err.Error(), "s3://other/") {
		t.Errorf("the error is %v", err)
	}
}

// inMemory is a source of items that all are results.
type inMemory struct {
	items []Item
}

func (m *inMemory) Items(context.Context, string) ([]Item, error) { return slices.Clone(m.items), nil }

func (m *inMemory) Read(_ context.Context, item Item) (Document, bool, error) {
	return Document{Entry: Entry{Key: item.Name, Status: "COMPLETE", Time: item.Time}}, true, nil
}

func TestListIsNewestFirstAndStopsAtTheLimit(t *testing.T) {
	m := &inMemory{}
	start := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	for i := range 1_000 {
		m.items = append(m.items, Item{fmt.Sprint(i), start.Add(time.Duration(i*7919%1_000) * time.Minute)})
	}
	entries, more, err := List(t.Context(), m, Filter{Limit: 150})
	if err != nil || !more || len(entries) != 150 {
		t.Fatalf("%d entries, more %v, %v", len(entries), more, err)
	}
	for i := range entries {
		if want := start.Add(time.Duration(999-i) * time.Minute); !entries[i].Time.Equal(want) {
			t.Fatalf("entry %d is of %v; want %v", i, entries[i].Time, want)
		}
	}
	if entries, more, err = List(t.Context(), m, Filter{Since: start.Add(990 * time.Minute), Limit: 10}); err != nil || more || len(entries) != 10 {
		t.Errorf("%d entries, more %v, %v", len(entries), more, err)
	}
}
