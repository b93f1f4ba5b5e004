package cli

import (
	"os"
	"strings"
	"testing"
)

// TestReadmeIAMExample runs the README's example of docflow iam and holds its output together with what the README shows.
func TestReadmeIAMExample(t *testing.T) {
	path, text, at := readme(t, "each statement:\n\n```json\n(.*?)```\n\n```console\n\\$ docflow (iam [^\n]*)\n(.*?)```\n")
	t.Chdir(t.TempDir())
	if err := os.WriteFile("summarize.asl.json", text[at[2]:at[3]], 0o644); err != nil {
		t.Fatal(err)
	}
	code, got := docflow(strings.Fields(string(text[at[4]:at[5]]))...)
	if code != exitOK {
		t.Errorf("exit code %d", code)
	}
	compare(t, path, text, at[6], at[7], got)
}
