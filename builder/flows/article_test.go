package flows_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/builder/flows"
)

// articleFlows gives the article's definitions, as transcribed in testdata, and those that the builder makes.
func articleFlows(t *testing.T) map[string][2]value.Value {
	t.Helper()
	definitions, err := flows.Definitions(flows.ProfileArticle)
	if err != nil {
		t.Fatal(err)
	}
	if len(definitions) != 2 {
		t.Fatalf("the article profile has %d flows; the article has 2", len(definitions))
	}
	pairs := map[string][2]value.Value{}
	for name, text := range definitions {
		built, err := value.Parse(string(text))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		transcript, err := os.ReadFile(filepath.Join("testdata", "article-"+name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		article, err := value.Parse(string(transcript))
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		pairs[name] = [2]value.Value{article, built}
	}
	return pairs
}

// The first two flows are the article's, value for value.
func TestArticleProfileEqualsTheArticle(t *testing.T) {
	for name, pair := range articleFlows(t) {
		if !value.Equal(pair[0], pair[1]) {
			t.Errorf("%s is not what the article has\narticle: %s\nbuilt:   %s", name, value.Compact(pair[0]), value.Compact(pair[1]))
		}
	}
}

// The comparison is worth something: whatever single thing of the article is changed, left out or added, it fails.
func TestArticleEqualityNoticesEveryChange(t *testing.T) {
	const fewest = 30 // values in the smaller definition
	for name, pair := range articleFlows(t) {
		changes := 0
		mutations(pair[0], "", func(where string, changed value.Value) {
			changes++
			if value.Equal(changed, pair[1]) {
				t.Errorf("%s: a change at %s goes unnoticed", name, where)
			}
		})
		if changes < fewest {
			t.Errorf("%s: only %d changes were tried", name, changes)
		}
	}
}

// mutations calls try with v changed in one place, for every place.
func mutations(v value.Value, where string, try func(where string, changed value.Value)) {
	switch v := v.(type) {
	case *value.Object:
		for _, m := range v.Members() {
			at := where + "/" + m.Name
			try(at+" (left out)", v.Without(m.Name))
			try(at+" (renamed)", v.Without(m.Name).With(m.Name+"x", m.Value))
			mutations(m.Value, at, func(where string, changed value.Value) { try(where, v.With(m.Name, changed)) })
		}
		try(where+" (a member more)", v.With("More", value.Bool(true)))
	case *value.Array:
		for i := range v.Len() {
			mutations(v.At(i), where+"/"+strconv.Itoa(i), func(where string, changed value.Value) { try(where, v.WithItem(i, changed)) })
		}
		items := v.Items()
		try(where+" (an item less)", value.NewArray(items[:len(items)-1]...))
		if len(items) > 1 {
			swapped := v.WithItem(0, items[1]).WithItem(1, items[0])
			try(where+" (two items swapped)", swapped)
		}
	case value.String:
		try(where, v+"x")
	case value.Number:
		n, _ := v.Int()
		try(where, value.Int(n+1))
	case value.Bool:
		try(where, !v)
	}
}
