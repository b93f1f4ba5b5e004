package cli

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the README's example output")

// TestReadmeExample runs the README's example of docflow check and holds its output together with what the README shows.
func TestReadmeExample(t *testing.T) {
	path, err := filepath.Abs(filepath.Join("..", "..", "..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("(?s)`machine.asl.json`:\n\n```json\n(.*?)```\n\n```console\n\\$ docflow check machine.asl.json\n(.*?)```\n")
	found := example.FindSubmatchIndex(readme)
	if found == nil {
		t.Fatal("the README has no example of docflow check")
	}
	t.Chdir(t.TempDir())
	if err := os.WriteFile("machine.asl.json", readme[found[2]:found[3]], 0o644); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	if code := Main(context.Background(), []string{"check", "machine.asl.json"}, nil, &stdout, &stderr); code != exitFailure {
		t.Errorf("exit code %d, stderr %s", code, &stderr)
	}
	got := stdout.String() + stderr.String()
	if *update {
		readme = slices.Concat(readme[:found[4]], []byte(got), readme[found[5]:])
		if err := os.WriteFile(path, readme, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(string(readme[found[4]:found[5]]), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("-README +docflow check:\n%s", diff)
	}
}
