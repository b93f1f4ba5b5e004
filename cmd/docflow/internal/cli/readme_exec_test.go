package cli

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReadmeExecExample runs the README's example of docflow exec and holds its output together with what the README shows.
func TestReadmeExecExample(t *testing.T) {
	path, err := filepath.Abs(filepath.Join("..", "..", "..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	example := regexp.MustCompile("`extract.asl.json`:\n\n```json\n([^`]*)```\n\n`mocks.json`:\n\n```json\n([^`]*)```\n\n```console\n\\$ docflow ([^\n]*)\n([^`]*)```\n")
	found := example.FindSubmatchIndex(text)
	if found == nil {
		t.Fatal("the README has no example of docflow exec")
	}
	part := func(i int) []byte { return text[found[2*i]:found[2*i+1]] }
	t.Chdir(t.TempDir())
	for i, name := range []string{"extract.asl.json", "mocks.json"} {
		if err := os.WriteFile(name, part(1+i), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	var args []string
	for _, word := range regexp.MustCompile(`'([^']*)'|(\S+)`).FindAllStringSubmatch(string(part(3)), -1) {
		args = append(args, word[1]+word[2])
	}
	var stdout, stderr bytes.Buffer
	if code := Main(context.Background(), args, nil, &stdout, &stderr); code != exitOK {
		t.Errorf("exit code %d, stderr %s", code, &stderr)
	}
	got := stdout.String() + stderr.String()
	if *update {
		if err := os.WriteFile(path, slices.Concat(text[:found[8]], []byte(got), text[found[9]:]), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(part(4)), got); diff != "" {
		t.Errorf("-README +docflow exec:\n%s", diff)
	}
}
