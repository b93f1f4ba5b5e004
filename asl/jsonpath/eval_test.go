package jsonpath

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/value"
)

var update = flag.Bool("update", false, "rewrite the results in testdata")

func documents(t testing.TB) *value.Object {
	t.Helper()
	text, err := os.ReadFile("testdata/documents.json")
	if err != nil {
		t.Fatal(err)
	}
	docs, ok := value.MustParse(string(text)).(*value.Object)
	if !ok {
		t.Fatal("documents.json is no object")
	}
	return docs
}

// outcome writes what a path gives in the notation of eval.txt.
func outcome(path string, r Roots) string {
	p, err := Parse(path)
	if err != nil {
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			return "wrong type of error: " + err.Error()
		}
		return fmt.Sprintf("syntax %d %s", syntax.Offset, syntax.Message)
	}
	v, err := Eval(p, r)
	if err != nil {
		return "error " + err.Error()
	}
	return value.Compact(v)
}

func TestEvalTable(t *testing.T) {
	docs := documents(t)
	text, err := os.ReadFile("testdata/eval.txt")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")
	rows := 0
	for i, line := range lines {
		if strings.HasPrefix(line, "#") {
			continue
		}
		columns := strings.Split(line, "\t")
		if len(columns) != 4 {
			t.Fatalf("line %d has %d columns, want 4", i+1, len(columns))
		}
		doc, ok := docs.Get(columns[0])
		if !ok {
			t.Fatalf("line %d: no document %q", i+1, columns[0])
		}
		rows++
		got := outcome(columns[1], Roots{Data: doc})
		if *update {
			columns[2] = got
			lines[i] = strings.Join(columns, "\t")
		} else if got != columns[2] {
			t.Errorf("line %d: %s on %s\n got %s\nwant %s", i+1, columns[1], columns[0], got, columns[2])
		}
	}
	if rows < 150 {
		t.Errorf("only %d rows", rows)
	}
	if *update {
		if err := os.WriteFile("testdata/eval.txt", []byte(strings.Join(lines, "\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}
