package cli

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/tasks/text"
	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	text.ServeWorker() // the commands read PDFs in child processes of this test binary
	testscript.Main(m, map[string]func(){
		"docflow": func() { os.Exit(Main(context.Background(), os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) },
	})
}

// TestScripts runs whole commands as a person would: see testdata/script.
func TestScripts(t *testing.T) {
	root, err := filepath.Abs(filepath.Join("..", "..", "..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir: filepath.Join("testdata", "script"),
		Setup: func(env *testscript.Env) error {
			env.Setenv("DOCS", filepath.Join(root, "testdata", "documents"))
			env.Setenv("DEFINITIONS", filepath.Join(root, "asl", "definitions"))
			env.Setenv("XDG_CACHE_HOME", cache) // the compiled PDF engine is kept there
			// Under the race detector every process waits for a second before it ends, for races of
			// goroutines that are left (https://go.dev/doc/articles/race_detector): here some hundred.
			env.Setenv("GORACE", "atexit_sleep_ms=10")
			return nil
		},
		// replace OLD NEW FILE: programs such as sed are not everywhere.
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"replace": func(ts *testscript.TestScript, _ bool, args []string) {
				if len(args) != 3 {
					ts.Fatalf("usage: replace OLD NEW FILE")
				}
				text := ts.ReadFile(args[2])
				if !strings.Contains(text, args[0]) {
					ts.Fatalf("%s has no %q", args[2], args[0])
				}
				ts.Check(os.WriteFile(ts.MkAbs(args[2]), []byte(strings.ReplaceAll(text, args[0], args[1])), 0o644))
			},
		},
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		UpdateScripts:       *update,
	})
}
