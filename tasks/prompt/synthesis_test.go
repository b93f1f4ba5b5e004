package prompt_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/prompt"
	"github.com/docflow-asl/docflow/tasks/text/tokens"
)

// longAnalysis is an answer of about n tokens.
func longAnalysis(t *testing.T, language string, chunk, n int) string {
	t.Helper()
	var points []string
	for i := 0; n > 0; i++ {
		size := min(n, 200)
		points = append(points, fmt.Sprintf("%d.%d ", chunk, i)+strings.Repeat("語", size))
		n -= size
	}
	return analysis(t, bedrock.Analysis{Language: language, KeyPoints: points})
}

// Whatever the number and the length of the analyses: they are merged at most twice, no
// request is longer than its budget, and nothing of the order is lost.
func TestTreeOfMerges(t *testing.T) {
	for _, c := range []struct {
		chunks, tokens int
		merges         [2]int // calls of the two levels
	}{
		{2, 3_000, [2]int{0, 0}},
		{22, 3_000, [2]int{0, 0}},
		{30, 3_000, [2]int{10, 0}},
		{200, 1_000, [2]int{13, 0}},
		{400, 4_000, [2]int{29, 15}},
	} {
		t.Run(fmt.Sprintf("%d analyses of %d tokens", c.chunks, c.tokens), func(t *testing.T) {
			server, handler := start(t)
			texts := make([]string, c.chunks)
			for i := range texts {
				texts[i] = fmt.Sprintf("chunk %d.", i)
			}
			request := store(t, server, texts...)
			request.Step = prompt.Synthesis
			for i := range texts {
				respond(t, server, i, bedrock.StopEndTurn, longAnalysis(t, "ja", i, c.tokens))
			}
			var got [2]int
			for ; ; request.Level++ {
				result, err := handler.Handle(context.Background(), request)
				if err != nil {
					t.Fatal(err)
				}
				if result.Calls == nil {
					checkLength(t, readRequest(t, server, result.Summary), prompt.SynthesisTokens)
					break
				}
				if request.Level == prompt.MaxLevel {
					t.Fatal("merges of merges are to be merged")
				}
				got[request.Level] = result.Count
				var calls []prompt.Call
				server.GetJSON(t, "results", result.Calls.Key, &calls)
				next := 0
				for i, call := range calls {
					if call.Index != i || call.First != next || call.Last < call.First {
						t.Errorf("call %d is %+v", i, call)
					}
					next = call.Last + 1
					checkLength(t, readRequest(t, server, &call), prompt.MergeTokens)
					putResponse(t, server, fmt.Sprintf("merge%d", request.Level+1), i, 0, bedrock.StopEndTurn, longAnalysis(t, "ja", i, 4_000))
				}
				if next != c.chunks {
					t.Errorf("the calls are about %d chunks", next)
				}
			}
			if got != c.merges {
				t.Errorf("merges %v; want %v", got, c.merges)
			}
		})
	}
}

func checkLength(t *testing.T, request bedrock.Request, budget int) {
	t.Helper()
	const frame = 300 // of the tags and the lines around the text
	if n := tokens.Estimate(request.Messages[0].Content.String()); n > budget+frame {
		t.Errorf("a request has %d tokens; the budget is %d", n, budget)
	}
}

// What a merge that failed was about is not lost: its chunks' own analyses stand for it, cut.
func TestFailedMergeLeavesTheAnalyses(t *testing.T) {
	server, handler := start(t)
	request := store(t, server, make([]string, 40)...)
	request.Step = prompt.Synthesis
	for i := range 40 {
		respond(t, server, i, bedrock.StopEndTurn, longAnalysis(t, "en", i, 3_000))
	}
	result, err := handler.Handle(context.Background(), request)
	if err != nil || result.Calls == nil {
		t.Fatalf("%+v, %v", result, err)
	}
	for i := 1; i < result.Count; i++ {
		putResponse(t, server, "merge1", i, 0, bedrock.StopEndTurn, longAnalysis(t, "en", i, 1_000))
	}
	putResponse(t, server, "merge1", 0, 0, bedrock.StopRefusal, "no")
	request.Level = 1
	result, err = handler.Handle(context.Background(), request)
	if err != nil || result.Summary == nil {
		t.Fatalf("%+v, %v", result, err)
	}
	content := readRequest(t, server, result.Summary).Messages[0].Content.String()
	for _, part := range []string{"Parts 1 to 3 of 40", "\n0.0 ", "\n2.0 ", " 40 of 40 (pages"} {
		if !strings.Contains(content, part) {
			t.Errorf("no %q in %.2000s", part, content)
		}
	}
}

func TestSynthesisWithoutAnalyses(t *testing.T) {
	server, handler := start(t)
	request := store(t, server, "a", "b")
	request.Step = prompt.Synthesis
	if _, err := handler.Handle(context.Background(), request); failure.Name(err) != failure.NoUsableAnswer {
		t.Errorf("got %v", err)
	}
}
