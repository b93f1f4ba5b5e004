package engine_test

import (
	"context"
	"testing"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// parse parses a definition without problems.
func parse(t testing.TB, definition string) *asl.Document {
	t.Helper()
	doc := asl.Parse("machine.asl.json", []byte(definition))
	for _, problem := range doc.Problems {
		t.Fatalf("parse: %v", problem)
	}
	return doc
}

// parseLoosely parses a definition that has faults.
func parseLoosely(t testing.TB, definition string) *asl.Machine {
	t.Helper()
	return asl.Parse("machine.asl.json", []byte(definition)).Machine
}

// compile parses and compiles a definition.
func compile(t testing.TB, definition string) *engine.Program {
	t.Helper()
	program, err := engine.Compile(parse(t, definition).Machine)
	if err != nil {
		t.Fatalf("compile: %v", err)
	}
	return program
}

// run executes a program with a seed, so that all of it is deterministic.
func run(t testing.TB, program *engine.Program, input string, opts engine.Options) *engine.Execution {
	t.Helper()
	if opts.Seed == 0 {
		opts.Seed = 1
	}
	x, err := program.Run(context.Background(), value.MustParse(input), opts)
	if err != nil {
		t.Fatalf("run: %v", err)
	}
	return x
}

func TestRunPass(t *testing.T) {
	x := run(t, compile(t, `{"StartAt": "A", "States": {
		"A": {"Type": "Pass", "Parameters": {"n.$": "$.n"}, "ResultPath": "$.a", "Next": "B"},
		"B": {"Type": "Pass", "End": true}}}`), `{"n": 1}`, engine.Options{})
	if got, want := value.Text(x.Output), `{"n":1,"a":{"n":1}}`; x.Status != engine.Succeeded || got != want {
		t.Errorf("got %s %s, want SUCCEEDED %s", x.Status, got, want)
	}
	if len(x.History) != 6 {
		t.Errorf("got %d events, want 6", len(x.History))
	}
}
