package documents

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestFind(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"in/b.txt", "in/sub/a.pdf", "in/.hidden", "in/.git/config", "x/report.pdf", "y/report.pdf", "empty/.keep"} {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		args string
		want string // names, or the words of an error
	}{
		{"in", "b.txt sub/a.pdf"},
		{"in/b.txt in", "b.txt sub/a.pdf"},
		{"x/report.pdf y/report.pdf", "report.pdf report~2.pdf"},
		{"none.pdf", "no such file"},
		{"empty", "no documents in this folder"},
	} {
		var args []string
		for _, arg := range strings.Fields(tc.args) {
			args = append(args, filepath.Join(dir, filepath.FromSlash(arg)))
		}
		files, err := Find(args)
		if err != nil {
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("%s: error %v, want %q", tc.args, err, tc.want)
			}
			continue
		}
		var names []string
		for _, f := range files {
			names = append(names, f.Name)
			if _, err := os.Stat(f.Path); err != nil {
				t.Error(err)
			}
		}
		if !slices.Equal(names, strings.Fields(tc.want)) {
			t.Errorf("%s: got %q, want %q", tc.args, names, tc.want)
		}
	}
}
