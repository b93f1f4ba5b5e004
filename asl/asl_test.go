package asl_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

// sameModel compares machines whatever text they come from.
var sameModel = []cmp.Option{
	cmpopts.IgnoreFields(asl.Origin{}, "Source"),
	cmp.Comparer(func(a, b value.Value) bool {
		return absent(a) && absent(b) || !absent(a) && !absent(b) && value.Identical(a, b)
	}),
}

// absent tells whether a field of type value.Value or *value.Object holds nothing.
func absent(v value.Value) bool {
	o, isObject := v.(*value.Object)
	return v == nil || isObject && o == nil
}

func readFile(t testing.TB, path ...string) []byte {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(path...))
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// definitions gives the texts of testdata by name.
func definitions(t testing.TB) map[string][]byte {
	t.Helper()
	files, err := filepath.Glob("testdata/*.asl.*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no definitions in testdata: %v", err)
	}
	all := map[string][]byte{}
	for _, file := range files {
		all[filepath.Base(file)] = readFile(t, file)
	}
	return all
}

func problemTexts(d *asl.Document) []string {
	var texts []string
	for _, p := range d.Problems {
		texts = append(texts, string(p.Kind)+" "+p.Error())
	}
	return texts
}
