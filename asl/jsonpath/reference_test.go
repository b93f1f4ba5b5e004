package jsonpath

import (
	"errors"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/value"
)

func TestParseReference(t *testing.T) {
	for _, tc := range []struct{ path, want string }{
		{"$", ""},
		{"$.a.b", ""},
		{"$['a b'][0].c", ""},
		{"$['a,b']", ""},
		{"$$.Execution.Input", ""},
		{"$v.a", ""},
		{"$.a[*]", "offset 3: a wildcard"},
		{"$.*", "offset 1: a wildcard"},
		{"$..a", "offset 1: '..'"},
		{"$.a[0,1]", "offset 3: a list of indexes"},
		{"$['a','b']", "offset 1: a list of names"},
		{"$.a[1:]", "offset 3: a slice"},
		{"$.a[-1]", "offset 3: a negative index"},
		{"$.a[?(@.b)]", "offset 3: a filter"},
		{"$.a.length()", "offset 3: a function"},
		{"$.a,b", "offset 1: the name \"a,b\" holds one of"},
		{"$.a@", "offset 1: the name"},
		{"a", "offset 0"},
		{"$.a.", "offset 4"},
	} {
		r, err := ParseReference(tc.path)
		if tc.want == "" {
			if err != nil || r.String() != tc.path || r.Path().String() != tc.path {
				t.Errorf("%s: %v", tc.path, err)
			}
			continue
		}
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: error %v, want %s", tc.path, err, tc.want)
		}
	}
}

func TestSet(t *testing.T) {
	for _, tc := range []struct{ path, doc, want string }{
		{"$", `{"a":1}`, `"new"`},
		{"$.b", `{"a":1}`, `{"a":1,"b":"new"}`},
		{"$.a", `{"a":1,"c":2}`, `{"a":"new","c":2}`},
		{"$.b.c.d", `{"a":1}`, `{"a":1,"b":{"c":{"d":"new"}}}`},
		{"$.a.c", `{"a":{"b":1},"z":0}`, `{"a":{"b":1,"c":"new"},"z":0}`},
		{"$['b c']", `{}`, `{"b c":"new"}`},
		{"$.a[1]", `{"a":[1,2,3]}`, `{"a":[1,"new",3]}`},
		{"$.a[0].b", `{"a":[{}]}`, `{"a":[{"b":"new"}]}`},
		{"$[0]", `[1]`, `["new"]`},
		{"$.a[3]", `{"a":[1,2,3]}`, `Unable to apply ReferencePath $.a[3] to input {"a":[1,2,3]}`},
		{"$.b[0]", `{}`, `Unable to apply ReferencePath $.b[0] to input {}`},
		{"$.a.b", `{"a":"text"}`, `Unable to apply ReferencePath $.a.b to input {"a":"text"}`},
		{"$.a.b", `{"a": [1]}`, `Unable to apply ReferencePath $.a.b to input {"a": [1]}`},
		{"$.a[0]", `{"a":{}}`, `Unable to apply ReferencePath $.a[0] to input {"a":{}}`},
		{"$.partitioned", `"{\"n\":1}"`, `Unable to apply ReferencePath $.partitioned to input "{\"n\":1}"`},
		{"$.a", `null`, `Unable to apply ReferencePath $.a to input null`},
		{"$" + strings.Repeat(".a", 1001), `{}`, `Unable to apply`},
	} {
		r, err := ParseReference(tc.path)
		if err != nil {
			t.Fatal(err)
		}
		doc := value.MustParse(tc.doc)
		got, err := r.Set(doc, value.String("new"))
		text := value.Text(got)
		if err != nil {
			var failed *ReferenceError
			if !errors.As(err, &failed) || failed.Name != ErrorResultPathMatchFailure {
				t.Errorf("%s: error %v", tc.path, err)
			}
			text = err.Error()
		}
		if !strings.HasPrefix(text, tc.want) || err == nil && text != tc.want {
			t.Errorf("%s on %s gives %s, want %s", tc.path, tc.doc, text, tc.want)
		}
		if value.Text(doc) != tc.doc {
			t.Errorf("%s changed its input to %s", tc.path, value.Text(doc))
		}
	}
	r, err := ParseReference("$.a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Set(nil, value.Null{}); err == nil {
		t.Error("Set on an absent document succeeded")
	}
}

func TestGet(t *testing.T) {
	doc := value.MustParse(`{"a":{"b":[1,{"c":null}]}}`)
	for _, tc := range []struct{ path, want string }{
		{"$", `{"a":{"b":[1,{"c":null}]}}`},
		{"$.a.b[1].c", "null"},
		{"$.items", `States.ReferencePathConflict Unable to apply step "items" to input {"a":{"b":[1,{"c":null}]}}`},
		{"$.a.b[2]", `States.ReferencePathConflict Unable to apply step "2" to input {"a":{"b":[1,{"c":null}]}}`},
		{"$.a[0]", `States.ReferencePathConflict Unable to apply step "0" to input {"a":{"b":[1,{"c":null}]}}`},
	} {
		r, err := ParseReference(tc.path)
		if err != nil {
			t.Fatal(err)
		}
		v, err := r.Get(doc)
		got := value.Text(v)
		var failed *ReferenceError
		if errors.As(err, &failed) {
			got = failed.Name + " " + failed.Message
		}
		if got != tc.want {
			t.Errorf("%s gives %s, want %s", tc.path, got, tc.want)
		}
	}
}

// FuzzSet holds that what Set writes is what the path then reads, and that nothing else is lost.
func FuzzSet(f *testing.F) {
	f.Add("$.a.b", `{"a":{"c":1},"d":[1]}`)
	f.Add("$.d[0]", `{"a":{"c":1},"d":[1]}`)
	f.Add("$['x y'].z", `{}`)
	f.Fuzz(func(t *testing.T, path, text string) {
		r, err := ParseReference(path)
		if err != nil {
			return
		}
		doc, err := value.Parse(text)
		if err != nil {
			return
		}
		before := value.Compact(doc)
		written := value.MustParse(`{"written":[1.50]}`)
		after, err := r.Set(doc, written)
		if value.Compact(doc) != before {
			t.Fatalf("%s changed its input %s", path, text)
		}
		if err != nil {
			return
		}
		read, err := Eval(r.Path(), Roots{Data: after, Context: after, Variables: func(string) (value.Value, bool) { return after, true }})
		if err != nil || !value.Identical(read, written) {
			t.Fatalf("%s on %s: reads %v, %v", path, text, read, err)
		}
		if again, err := r.Get(after); err != nil || !value.Identical(again, written) {
			t.Fatalf("%s on %s: Get gives %v, %v", path, text, again, err)
		}
		if o, ok := doc.(*value.Object); ok && len(r.Path().Steps) > 0 {
			for _, name := range o.Names() {
				if !after.(*value.Object).Has(name) {
					t.Fatalf("%s on %s lost %q", path, text, name)
				}
			}
		}
	})
}
