package cli

import (
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

// readme finds a part of the README: the groups of a regular expression, as indexes.
func readme(t *testing.T, expression string) (path string, text []byte, groups []int) {
	t.Helper()
	path, err := filepath.Abs(filepath.Join("..", "..", "..", "..", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	if text, err = os.ReadFile(path); err != nil {
		t.Fatal(err)
	}
	if groups = regexp.MustCompile("(?s)" + expression).FindSubmatchIndex(text); groups == nil {
		t.Fatalf("the README has no %s", expression)
	}
	return path, text, groups
}

// compare holds what the README shows, between two indexes, together with what there is.
func compare(t *testing.T, path string, text []byte, start, end int, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, slices.Concat(text[:start], []byte(got), text[end:]), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(string(text[start:end]), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("-README +got (-update rewrites it):\n%s", diff)
	}
}

// TestReadmeExample runs the README's example of docflow check and holds its output together with what the README shows.
func TestReadmeExample(t *testing.T) {
	path, text, at := readme(t, "`machine.asl.json`:\n\n```json\n(.*?)```\n\n```console\n\\$ docflow check machine.asl.json\n(.*?)```\n")
	t.Chdir(t.TempDir())
	if err := os.WriteFile("machine.asl.json", text[at[2]:at[3]], 0o644); err != nil {
		t.Fatal(err)
	}
	code, got := docflow("check", "machine.asl.json")
	if code != exitFailure {
		t.Errorf("exit code %d", code)
	}
	compare(t, path, text, at[4], at[5], got)
}

// The same for a template.
func TestReadmeTemplateExample(t *testing.T) {
	path, text, at := readme(t, "`template.yaml`:\n\n```yaml\n(.*?)```\n\n```console\n\\$ docflow check --strict template.yaml\n(.*?)```\n")
	t.Chdir(t.TempDir())
	if err := os.WriteFile("template.yaml", text[at[2]:at[3]], 0o644); err != nil {
		t.Fatal(err)
	}
	code, got := docflow("check", "--strict", "template.yaml")
	if code != exitFailure {
		t.Errorf("exit code %d", code)
	}
	compare(t, path, text, at[4], at[5], got)
}

// The same for its example of docflow test.
func TestReadmeTestExample(t *testing.T) {
	path, text, at := readme(t, "`flow.asl.json`:\n\n```json\n(.*?)```\n\n`flow.asltest.yaml`:\n\n```yaml\n(.*?)```\n\n```console\n\\$ docflow test ([^\n]*)\n(.*?)```\n")
	arguments := strings.Fields(string(text[at[6]:at[7]]))
	t.Chdir(t.TempDir())
	for name, part := range map[string][]byte{"flow.asl.json": text[at[2]:at[3]], "flow.asltest.yaml": text[at[4]:at[5]]} {
		if err := os.WriteFile(name, part, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	code, got := docflow(append([]string{"test"}, arguments...)...)
	if code != exitFailure {
		t.Errorf("exit code %d", code)
	}
	compare(t, path, text, at[8], at[9], regexp.MustCompile(` in [0-9.]+m?s\n`).ReplaceAllString(got, " in 1ms\n"))
}

// The README's example in Go is the one that asl/aslmock tests.
func TestReadmeGoExample(t *testing.T) {
	path, text, at := readme(t, "In `go test`, ten lines do the same:\n\n```go\n(.*?)```\n")
	source, err := os.ReadFile("../../../../asl/aslmock/example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	_, example, ok := strings.Cut(string(source), "\nfunc TestExample")
	if !ok {
		t.Fatal("asl/aslmock has no TestExample")
	}
	compare(t, path, text, at[2], at[3], "func TestExample"+example)
}
