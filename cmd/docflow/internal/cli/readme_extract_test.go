package cli

import (
	"path/filepath"
	"testing"
)

// TestReadmeExtract runs the README's example of docflow extract and holds its output together with what the README shows.
func TestReadmeExtract(t *testing.T) {
	path, text, at := readme(t, "\\$ docflow extract --format markdown --pages 1 testdata/documents/report-ja.pdf\n(.*?)```\n")
	t.Chdir(filepath.Dir(path))
	code, got := docflow("extract", "--format", "markdown", "--pages", "1", "testdata/documents/report-ja.pdf")
	if code != exitOK {
		t.Errorf("exit code %d", code)
	}
	compare(t, path, text, at[2], at[3], got)
}
