package local

import (
	"context"
	"encoding/json"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/cmd/docflow/internal/bedrockserver"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/text"
)

// The same text, in another document of the same title, costs nothing the second time; what had to be mended is asked for again.
func TestAnswersAreUsedAgain(t *testing.T) {
	m := &meter{}
	mended := &faulty{step: bedrock.StepKeywords, spoil: []func(*bedrock.Response){cutShort}}
	model := Model{wrap: func(inner bedrockserver.Completer) bedrockserver.Completer {
		mended.Completer = inner
		m.Completer = mended
		return m
	}}
	stack, substitutions := startStackWith(t, Options{Model: model, Cache: true, Chunks: text.ChunkOptions{MaxTokens: 150}})
	flow, err := NewFlow("document-pipeline", substitutions)
	if err != nil {
		t.Fatal(err)
	}
	content := strings.Repeat("The harbour grew and grew, and so did the town behind it.\n\n", 30)
	run := func(name, content string) combine.Report {
		t.Helper()
		before := m.calls
		outcome, err := stack.Run(context.Background(), flow, Document{Name: name, Data: []byte(content)}, nil)
		if err != nil {
			t.Fatal(err)
		}
		var report combine.Report
		if err := json.Unmarshal(outcome.Report, &report); err != nil || report.Status != combine.Complete {
			t.Fatalf("%s %s: %v", report.Status, outcome.Execution.Cause, err)
		}
		t.Logf("%s: %d calls, %+v", name, m.calls-before, *report.Cost.Dollars)
		return report
	}
	cached := func(r combine.Report) (n int) {
		for _, c := range r.Manifest.Chunks {
			if c.Cached {
				n++
			}
		}
		for _, c := range r.Manifest.Synthesis {
			if c.Cached {
				n++
			}
		}
		return n
	}
	first := run("a.txt", content)
	chunks := len(first.Manifest.Chunks)
	calls := m.calls // one for every chunk that is not another's twin, three questions, one again
	if chunks < 3 || cached(first) != 0 || *first.Cost.Dollars == 0 {
		t.Fatalf("%d chunks, %d cached, $%v", chunks, cached(first), *first.Cost.Dollars)
	}
	second := run("b.txt", content)
	if m.calls != calls+1 || cached(second) != chunks+2 || *second.Cost.Dollars >= *first.Cost.Dollars || second.Summary.Summary != first.Summary.Summary {
		t.Errorf("%d calls, %d cached, $%v", m.calls-calls, cached(second), *second.Cost.Dollars)
	}
	third := run("c.txt", content) // its keywords were usable at once the second time
	if m.calls != calls+1 || cached(third) != chunks+3 || *third.Cost.Dollars != 0 || third.Usage != (combine.Usage{}) {
		t.Errorf("%d calls, %d cached, $%v", m.calls-calls, cached(third), *third.Cost.Dollars)
	}
	fourth := run("d.txt", content+"Another line.")
	if cached(fourth) == chunks+3 || *fourth.Cost.Dollars == 0 {
		t.Errorf("another text: %d cached, $%v", cached(fourth), *fourth.Cost.Dollars)
	}
}

// Answers that are kept in files are those of one model each, whatever the flow calls it.
func TestAnswersAreKeptByWhoGaveThem(t *testing.T) {
	seen := map[string]Model{}
	for _, m := range []Model{
		{Name: ModelOffline}, {Name: ModelBedrock}, {Name: "http://localhost:11434/v1", Served: "llama"}, {Name: "http://localhost:11434/v1", Served: "qwen"}, {Name: "http://other/v1", Served: "llama"},
	} {
		folder := m.folder()
		if other, taken := seen[folder]; taken || folder == "" || strings.ContainsAny(folder, `/\:.`) {
			t.Errorf("the answers of %+v are in %q, as those of %+v", m, folder, other)
		}
		seen[folder] = m
	}
	if (Model{}).folder() != (Model{Name: ModelOffline}).folder() {
		t.Error("the default is the offline model")
	}
}
