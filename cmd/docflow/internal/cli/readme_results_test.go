package cli

import (
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestReadmeResults runs the README's examples of docflow list and show and holds their output together with what it shows.
func TestReadmeResults(t *testing.T) {
	path, text, at := readme(t, "\\$ docflow list --dir results\n(.*?)```\n")
	documents, err := filepath.Abs("../../../../testdata/documents")
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(t.TempDir())
	if code, got := docflow("run", "--jobs", "1", "--out", "results", filepath.Join(documents, "empty.txt"), filepath.Join(documents, "minutes.docx")); code != exitFailure {
		t.Fatalf("exit code %d: %s", code, got)
	}
	for i, name := range []string{"minutes.docx", "empty.txt"} {
		then := time.Date(2026, 10, 9, 9, 30-i, 0, 0, time.UTC)
		if err := os.Chtimes(filepath.Join("results", name+".json"), then, then); err != nil {
			t.Fatal(err)
		}
	}
	code, list := docflow("list", "--dir", "results")
	if code != exitOK {
		t.Errorf("exit code %d", code)
	}
	code, shown := docflow("show", "--dir", "results", "empty.txt")
	if code != exitOK {
		t.Errorf("exit code %d", code)
	}
	compare(t, path, text, at[2], at[3], list+"$ docflow show --dir results empty.txt\n"+shown)
}
