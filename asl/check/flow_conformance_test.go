package check

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/shape"
	"github.com/docflow-asl/docflow/asl/value"
)

// TestFlowOnRecordedExecutions holds the data flow to executions that AWS was recorded to run: every state got what is known of its input, and
// what is told to fail did not work.
func TestFlowOnRecordedExecutions(t *testing.T) {
	entered, known, findings := 0, 0, 0
	for _, file := range files(t, filepath.Join(recordings(t), "cases", "*.json")) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var c struct {
			Definition, Input json.RawMessage
			History           []struct {
				Type    string
				Entered *struct {
					Name  string
					Input json.RawMessage
				} `json:"stateEnteredEventDetails"`
				Exited *struct{ Name string } `json:"stateExitedEventDetails"`
			}
		}
		if err := json.Unmarshal(text, &c); err != nil {
			t.Fatal(file, err)
		}
		doc := asl.ParseJSON("m", c.Definition)
		opts := Options{}
		if input, err := value.Parse(string(c.Input)); err == nil {
			opts.Input = shape.Exact(input)
		}
		k := Known(doc, opts)
		exited := map[string]bool{}
		for _, e := range c.History {
			if e.Exited != nil {
				exited[e.Exited.Name] = true
			}
			if e.Entered == nil {
				continue
			}
			input, err := value.Parse(string(e.Entered.Input))
			s, ok := k.State(e.Entered.Name)
			if err != nil || !ok {
				continue
			}
			entered++
			if !s.Input.IsAny() {
				known++
			}
			inner := value.Value(nil) // some inputs were recorded as text
			if text, isText := input.(value.String); isText {
				inner, _ = value.Parse(string(text))
			}
			if !s.Reached || !s.Input.Contains(input) && !s.Input.Contains(inner) && !masked(string(e.Entered.Input)) {
				t.Errorf("%s: %s got %s, known is %s", file, e.Entered.Name, shorten(value.Text(input)), s.Input)
			}
		}
		for _, d := range Document(doc, Options{}) {
			if !isFlowCode(d.Code) {
				continue
			}
			findings++
			switch d.Code {
			case "maybe-absent", "undefined-field", "comparison-type", "unknown-response-member":
				continue // no failures
			}
			if s := k.flow.p.owner(at(doc, d.Pointer)); s != nil && exited[s.name] && len(catchers(s)) == 0 && s.typ != asl.TypeChoice {
				t.Errorf("%s: %s works, in spite of %s: %s", file, s.name, d.Code, d.Message)
			}
		}
	}
	t.Logf("%d states entered, of %d something was known; %d findings", entered, known, findings)
}

// masked tells whether a recording has words in place of times.
func masked(text string) bool {
	return strings.Contains(text, `"timestamp"`) || strings.Contains(text, `"date"`)
}

func at(doc *asl.Document, pointer string) *asl.Node {
	n, _ := doc.Root.Find(pointer)
	return n
}
