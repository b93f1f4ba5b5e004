package builder

import (
	"encoding/json"
	"testing"
	"time"
)

type embedded struct {
	Shared string `json:"shared"`
	Hidden int    `json:"hidden"`
}

type tree struct {
	Name     string  `json:"name"`
	Children []*tree `json:"children,omitempty"`
}

type everything struct {
	embedded
	*tree
	Hidden   bool               `json:"hidden"` // hides that of embedded
	Plain    float32            // named as it is
	Optional *int               `json:"optional,omitempty"`
	Zero     time.Time          `json:"zero,omitzero"`
	Text     int                `json:"text,string"`
	Bytes    []byte             `json:"bytes"`
	Raw      json.RawMessage    `json:"raw"`
	Number   json.Number        `json:"number"`
	Map      map[string]int     `json:"map"`
	Array    [2]string          `json:"array"`
	Any      any                `json:"any"`
	Level    level              `json:"level"`
	Left     int                `json:"-"`
	Inner    struct{ X, Y int } `json:"inner"`
}

type level int

func (l level) MarshalText() ([]byte, error) { return []byte{byte('0' + l)}, nil }

// The shape of a Go type is that of the JSON that encoding/json writes for it.
func TestTypeFor(t *testing.T) {
	got := typeFor[everything]()
	want := map[string]jsonKind{
		"shared": stringKind, "hidden": booleanKind, "Plain": numberKind, "optional": numberKind, "zero": stringKind, "text": stringKind,
		"bytes": stringKind, "raw": anyKind, "number": numberKind, "map": objectKind, "array": arrayKind, "any": anyKind, "level": stringKind,
		"inner": objectKind, "name": stringKind, "children": arrayKind,
	}
	optional := map[string]bool{"optional": true, "zero": true, "children": true}
	for _, f := range got.fields {
		kind, ok := want[f.name]
		if !ok || f.typ.jsonKind() != kind || f.required == optional[f.name] {
			t.Errorf("field %s is %s, required %v", f.name, f.typ.jsonKind(), f.required)
		}
		delete(want, f.name)
	}
	for name := range want {
		t.Errorf("field %s is missing", name)
	}
	text, err := json.Marshal(everything{tree: &tree{}, Optional: new(int), Zero: time.Unix(0, 0), Raw: json.RawMessage("1"), Number: "1"})
	if err != nil {
		t.Fatal(err)
	}
	var written map[string]any
	if err := json.Unmarshal(text, &written); err != nil {
		t.Fatal(err)
	}
	for name := range written {
		if _, ok := got.child(segment{name: name}); !ok {
			t.Errorf("encoding/json writes %s, which the type lacks", name)
		}
	}
}

func TestRecursiveType(t *testing.T) {
	got := typeFor[tree]()
	path, err := parseSteps("children[0].children[*].name")
	if err != nil {
		t.Fatal(err)
	}
	found, _, _, ok := got.walk(path)
	if !ok || found.jsonKind() != arrayKind || found.elem.jsonKind() != stringKind {
		t.Errorf("the names of grandchildren are %+v, %v", found, ok)
	}
	other := &typ{kind: objectKind, fields: []field{{name: "name", typ: &typ{kind: stringKind}}, {name: "children"}}}
	other.fields[1].typ = &typ{kind: arrayKind, elem: other}
	if faults := fits(other, got, nil); len(faults) > 0 {
		t.Errorf("a type like it does not fit: %+v", faults)
	}
	if sameType(other, got, 0) {
		t.Error("types with different required fields are the same")
	}
}

func TestPaths(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "a": ".a", "a.b": ".a.b", "a[0][1].b": ".a[0][1].b", "[0]": "[0]", "a[*].b": ".a[*].b", "['a b'].c": "['a b'].c", "['a']": ".a",
		"本文.章": ".本文.章", "a.1": ".a['1']",
	} {
		path, err := parseSteps(text)
		if err != nil || path.String() != want {
			t.Errorf("%q is read as %q, %v; want %q", text, path, err, want)
		}
	}
}

func FuzzPaths(f *testing.F) {
	for _, text := range []string{"", "a.b[0]", "['x y'][*].z", "a[", "a..b", "[99999999999]", "['a\\'b']", "$.a"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		path, err := parseSteps(text)
		if err != nil {
			return
		}
		again, err := parseSteps(path.relative())
		if err != nil || !path.equal(again) {
			t.Errorf("%q is written as %q, which is read as %v, %v", text, path.relative(), again, err)
		}
	})
}
