package cli

import (
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
