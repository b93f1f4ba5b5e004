package lambda_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// functions are the main packages below this folder.
var functions = []string{"batch", "combine", "extract", "prompt", "trigger"}

// binaries is the folder where the functions are, built for the host when the first test
// asks for them.
var (
	binaryDir string
	binaries  = sync.OnceValues(func() (string, error) { return binaryDir, build(binaryDir) })
)

func TestMain(m *testing.M) {
	os.Exit(runTests(m))
}

func runTests(m *testing.M) int {
	dir, err := os.MkdirTemp("", "docflow-lambda-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	binaryDir = dir
	code := m.Run()
	if err := os.RemoveAll(dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}

// build builds all functions into dir. env is added to the environment. It has no
// -trimpath: with that, nothing that was compiled for the tests could be used again.
func build(dir string, env ...string) error {
	args := []string{"build", "-tags", "lambda.norpc", "-ldflags", "-s -w", "-o", dir + string(filepath.Separator)}
	for _, name := range functions {
		args = append(args, "./"+name)
	}
	command := exec.Command("go", args...)
	command.Env = append(os.Environ(), env...)
	if out, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("go %s: %w\n%s", strings.Join(args, " "), err, out)
	}
	return nil
}

func TestFunctionsAreTheFoldersOfThisPackage(t *testing.T) {
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, entry := range entries {
		if entry.IsDir() && entry.Name() != "internal" && entry.Name() != "testdata" {
			found = append(found, entry.Name())
		}
	}
	if !slices.Equal(found, functions) {
		t.Errorf("the folders are %v, the tests know %v", found, functions)
	}
}

// maxBinary bounds the size of a function, unpacked: Lambda takes 250 MB, but every
// megabyte is read at a cold start.
const maxBinary = 40 << 20

// The functions build for the processor that template.yaml names, and carry no
// interpreter, no builder and no dictionary.
func TestBuildsForARM(t *testing.T) {
	dir := t.TempDir()
	if err := build(dir, "GOOS=linux", "GOARCH=arm64", "CGO_ENABLED=0"); err != nil {
		t.Fatal(err)
	}
	for _, name := range functions {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: %.1f MB", name, float64(info.Size())/1e6)
		if info.Size() > maxBinary {
			t.Errorf("%s has %d bytes; the limit is %d", name, info.Size(), maxBinary)
		}
	}
}

func TestFunctionsCarryNothingThatTheyDoNotUse(t *testing.T) {
	all := []string{"docflow/asl", "docflow/builder", "docflow/cmd/docflow", "kagome", "gofakes3", "net/rpc"}
	for name, more := range map[string][]string{
		"combine": {"service/sfn", "service/bedrockruntime"},
		"extract": {"service/sfn", "service/dynamodb"},
		"prompt":  {"service/sfn", "service/bedrockruntime"},
		"trigger": {"service/dynamodb", "service/bedrockruntime", "gojsonschema"},
	} {
		out, err := exec.Command("go", "list", "-deps", "-tags", "lambda.norpc", "./"+name).Output()
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range strings.Fields(string(out)) {
			for _, unwanted := range append(more, all...) {
				if strings.Contains(path, unwanted) {
					t.Errorf("%s imports %s", name, path)
				}
			}
		}
	}
}
