package cli

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"
)

// TestReadmeBoundExample runs the README's example of docflow bound, which exceeds its --max-duration.
func TestReadmeBoundExample(t *testing.T) {
	path, text, at := readme(t, "`pipeline.asl.json`:\n\n```json\n(.*?)```\n\n```console\n\\$ docflow (bound [^\n]*)\n(.*?)```\n")
	t.Chdir(t.TempDir())
	if err := os.WriteFile("pipeline.asl.json", text[at[2]:at[3]], 0o644); err != nil {
		t.Fatal(err)
	}
	code, got := docflow(strings.Fields(string(text[at[4]:at[5]]))...)
	if code != exitFailure {
		t.Errorf("exit code %d", code)
	}
	compare(t, path, text, at[6], at[7], got)
}

// TestReadmePipelineBound holds the bound of the pipeline in the README. What jq does there is done here.
func TestReadmePipelineBound(t *testing.T) {
	path, text, at := readme(t, "\\$ docflow (bound [^\n|]*document-pipeline.asl.json) \\| jq [^\n]*\n(.*?)```\n")
	args := strings.Fields(string(text[at[2]:at[3]]))
	args[len(args)-1] = "../../../../" + args[len(args)-1]
	code, out := docflow(args...)
	if code != exitOK {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	var bound struct {
		Figures []struct {
			Metric, Text string
			Unbounded    bool
		}
	}
	if err := json.Unmarshal([]byte(out), &bound); err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, f := range bound.Figures {
		fmt.Fprintf(&got, "%s %s\n", f.Metric, f.Text)
		if f.Unbounded {
			t.Errorf("%s is unbounded", f.Metric)
		}
	}
	compare(t, path, text, at[4], at[5], got.String())
}
