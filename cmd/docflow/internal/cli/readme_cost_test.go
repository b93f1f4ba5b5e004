package cli

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestReadmeCost runs the README's example of docflow cost and holds its output together with what the README shows.
func TestReadmeCost(t *testing.T) {
	path, text, at := readme(t, "\\$ docflow cost ([^\n]*)\n(.*?)```\n")
	t.Chdir(filepath.Dir(path))
	code, got := docflow(append([]string{"cost"}, strings.Fields(string(text[at[2]:at[3]]))...)...)
	if code != exitOK {
		t.Errorf("exit code %d", code)
	}
	compare(t, path, text, at[4], at[5], got)
}
