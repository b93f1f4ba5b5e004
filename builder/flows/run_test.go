package flows_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/builder/flows"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/prompt"
)

const (
	document = `{"bucket":"documents","key":"a/報告.pdf"}`
	event    = `{"source":"aws.s3","detail-type":"Object Created","detail":{"bucket":{"name":"documents"},"object":{"key":"a/報告.pdf","version-id":"v1"}}}`
	record   = "s3://" + bucket + "/quarantine/run-1.json"
)

func TestPipelineHappyPath(t *testing.T) {
	most := prompt.DefaultConcurrency
	rounds := func(calls int) int { return (calls + most - 1) / most }
	for _, input := range []string{document, event} {
		for _, c := range []struct {
			chunks int
			merges [prompt.MaxLevel]int
		}{
			{1, [2]int{}}, {12, [2]int{}}, {prompt.MaxItems, [2]int{}}, {prompt.MaxItems + 1, [2]int{}}, {12, [2]int{7}}, {300, [2]int{60, 6}},
		} {
			t.Run(fmt.Sprintf("%d chunks and %v merges of %.20s", c.chunks, c.merges, input), func(t *testing.T) {
				w := newWorld(t, c.chunks)
				w.merges = c.merges
				x := w.run(flows.DocumentPipelineName, input)
				succeeded(t, x)
				if got := member(t, x.Output, "status"); got != value.String("COMPLETE") {
					t.Errorf("the output is %s; it should be what combine returns", value.Text(x.Output))
				}
				if w.combined.Output.Prefix != "work/run-1" || w.combined.Manifest.Key != "work/run-1/manifest.json" || w.combined.Document.Pages != 3 {
					t.Errorf("combine got %+v", w.combined)
				}
				calls, levels := c.chunks+3, 0
				took := rounds(c.chunks) + 1 // the chunks in rounds of MaxConcurrency; then summary, sentiment and keywords all at once
				for _, n := range c.merges {
					calls += n
					took += rounds(n)
					if n > 0 {
						levels++
					}
				}
				if len(w.checks) != calls || w.modelCalls() != calls {
					t.Errorf("%d calls of models and %d checks; want %d", w.modelCalls(), len(w.checks), calls)
				}
				if len(w.synthesis) != levels+1 || w.synthesis[levels].Level != levels {
					t.Errorf("the synthesis was prepared with %+v", w.synthesis)
				}
				if got := x.StopTime.Sub(x.StartTime); got != modelTime*time.Duration(took) {
					t.Errorf("the execution took %v; want %v", got, modelTime*time.Duration(took))
				}
				if len(w.written) > 0 || len(w.messages) > 0 {
					t.Errorf("records %v and messages %v were written", w.written, w.messages)
				}
			})
		}
	}
}

// Calls wait for their turn when the prompt function says so, and a guardrail watches over them when it does. What a deployment does
// not have costs it nothing: a call takes the same number of transitions as ever, and one more when it waits.
func TestPipelineTurnsAndGuardrail(t *testing.T) {
	const interval, turn = 30 * time.Second, 2 * time.Hour
	for _, c := range []struct {
		name     string
		chunks   int
		merges   [prompt.MaxLevel]int
		interval time.Duration
		turn     time.Duration
		guarded  bool
		waits    int
		took     time.Duration
	}{
		{"neither", 3, [2]int{}, 0, 0, false, 0, 2 * modelTime},
		{"guardrail", 3, [2]int{}, 0, 0, true, 0, 2 * modelTime},
		// The chunks at 0, 30 and 60 s; of the questions each is the first of its step.
		{"calls in turn", 3, [2]int{}, interval, 0, false, 3 + 3, 2*interval + 2*modelTime},
		{"calls in turn with a guardrail", 3, [2]int{}, interval, 0, true, 3 + 3, 2*interval + 2*modelTime},
		{"the document in turn", 3, [2]int{}, 0, turn, false, 1, turn + 2*modelTime},
		{"a long document in turn", 45, [2]int{4, 2}, interval, turn, true, 1 + 3, turn + 44*interval + modelTime + 3*interval + modelTime + interval + 2*modelTime},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, c.chunks)
			w.merges, w.interval, w.turn, w.guarded = c.merges, c.interval, c.turn, c.guarded
			x := w.run(flows.DocumentPipelineName, document)
			succeeded(t, x)
			waits, guarded := 0, 0
			for _, e := range x.History {
				d, ok := e.Details.(*engine.EnteredDetails)
				if !ok {
					continue
				}
				if e.Type == "WaitStateEntered" {
					waits++
				}
				if strings.HasSuffix(d.Name, "Guarded") && e.Type == "TaskStateEntered" {
					guarded++
				}
			}
			if waits != c.waits {
				t.Errorf("the execution waited %d times; want %d", waits, c.waits)
			}
			if got := x.StopTime.Sub(x.StartTime); got != c.took {
				t.Errorf("the execution took %v; want %v", got, c.took)
			}
			if calls := c.chunks + c.merges[0] + c.merges[1] + 3; w.modelCalls() != calls {
				t.Errorf("%d calls of models; want %d", w.modelCalls(), calls)
			}
			if c.guarded != (guarded > 0) {
				t.Errorf("%d guarded tasks", guarded)
			}
		})
	}
}

// A repair is watched over as the first call is.
func TestPipelineGuardedRepairs(t *testing.T) {
	w := newWorld(t, 2)
	w.guarded = true
	w.check = func(claim.Place) prompt.CheckStatus { return prompt.Repair }
	succeeded(t, w.run(flows.DocumentPipelineName, document)) // the world wants the guardrail in each request
	if want := 3 * (2 + 3); w.modelCalls() != want {
		t.Errorf("%d calls of models; want %d", w.modelCalls(), want)
	}
}

// modelCalls counts the calls of models.
func (w *world) modelCalls() int {
	n := 0
	for key, times := range w.calls {
		if strings.Contains(key, `"ModelId"`) {
			n += times
		}
	}
	return n
}

// An answer that cannot be used is asked for again, with the requests that the check names, twice at most.
func TestPipelineRepairs(t *testing.T) {
	for _, c := range []struct {
		name   string
		faulty int // answers of each call that cannot be used
		last   prompt.CheckStatus
		calls  int // of a model, for each
		checks int
	}{
		{"usable", 0, prompt.Usable, 1, 1},
		{"refused", 0, prompt.Unusable, 1, 1},
		{"repaired", 1, prompt.Usable, 2, 2},
		{"repaired, then refused", 1, prompt.Unusable, 2, 2},
		{"repaired twice", 2, prompt.Usable, 3, 2},
		{"never usable", always, prompt.Usable, 3, 2},
	} {
		for _, chunks := range []int{2, 50} {
			t.Run(fmt.Sprintf("%s, %d chunks", c.name, chunks), func(t *testing.T) {
				w := newWorld(t, chunks)
				w.merges = [2]int{4, 2}
				w.check = func(place claim.Place) prompt.CheckStatus {
					if place.Attempt < c.faulty {
						return prompt.Repair
					}
					return c.last
				}
				x := w.run(flows.DocumentPipelineName, document)
				succeeded(t, x)
				calls := chunks + 4 + 2 + 3
				if w.modelCalls() != calls*c.calls || len(w.checks) != calls*c.checks {
					t.Errorf("%d calls of models, %d checks; want %d and %d", w.modelCalls(), len(w.checks), calls*c.calls, calls*c.checks)
				}
				seen := map[string]bool{}
				for key, times := range w.calls {
					_, uri, isModel := strings.Cut(key, `"Input":{"S3Uri":"`)
					uri, _, _ = strings.Cut(uri, `"`)
					if isModel && (times != 1 || seen[uri]) {
						t.Errorf("%s was sent %d times", uri, times)
					}
					seen[uri] = true
				}
			})
		}
	}
}
