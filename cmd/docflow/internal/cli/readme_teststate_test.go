package cli

import (
	"bytes"
	"context"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestReadmeTestState runs the README's example of docflow teststate in the repository's root.
func TestReadmeTestState(t *testing.T) {
	t.Chdir("../../../..")
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile("(?s)```console\n\\$ docflow (teststate .*?[^\\\\])\n(.*?)```\n").FindSubmatchIndex(readme)
	if found == nil {
		t.Fatal("the README has no example of docflow teststate")
	}
	command := strings.ReplaceAll(string(readme[found[2]:found[3]]), "\\\n", "")
	var args []string
	for _, word := range regexp.MustCompile(`'[^']*'|\S+`).FindAllString(command, -1) {
		args = append(args, strings.Trim(word, "'"))
	}
	var stdout, stderr bytes.Buffer
	if code := Main(context.Background(), args, nil, &stdout, &stderr); code != exitOK {
		t.Errorf("exit code %d, stderr %s", code, &stderr)
	}
	got := stdout.String() + stderr.String()
	if *update {
		readme = slices.Concat(readme[:found[4]], []byte(got), readme[found[5]:])
		if err := os.WriteFile("README.md", readme, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.Split(string(readme[found[4]:found[5]]), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("-README +docflow teststate:\n%s", diff)
	}
}
