package shape

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/jsonpath"
	"github.com/docflow-asl/docflow/asl/value"
)

// randomValue makes a value over a few names, so that values have members in common.
func randomValue(r *rand.Rand, depth int) value.Value {
	kinds := 7
	if depth == 0 {
		kinds = 5
	}
	switch r.IntN(kinds) {
	case 0:
		return value.Null{}
	case 1:
		return value.Bool(r.IntN(2) == 0)
	case 2:
		return value.Int(r.IntN(3))
	case 3, 4:
		return value.String([]string{"x", "y", "2020-01-01T00:00:00Z"}[r.IntN(3)])
	case 5:
		items := make([]value.Value, r.IntN(4))
		for i := range items {
			items[i] = randomValue(r, depth-1)
		}
		return value.NewArray(items...)
	}
	var members []value.Member
	for _, name := range []string{"a", "b", "c"} {
		if r.IntN(3) > 0 {
			members = append(members, value.Member{Name: name, Value: randomValue(r, depth-1)})
		}
	}
	return value.NewObject(members...)
}

// randomShape makes a shape that contains all of the values, and perhaps more.
func randomShape(r *rand.Rand, values []value.Value) *Shape {
	s := Never
	for _, v := range values {
		s = Join(s, Exact(v))
	}
	return blur(r, s)
}

// blur makes a shape larger here and there.
func blur(r *rand.Rand, s *Shape) *Shape {
	if s == nil || r.IntN(12) == 0 {
		return Any
	}
	larger := *s
	if r.IntN(4) == 0 {
		larger.consts = nil
	}
	if s.object != nil {
		o := *s.object
		o.members = append([]Member(nil), o.members...)
		for i := range o.members {
			o.members[i].Shape = blur(r, o.members[i].Shape)
			o.members[i].Optional = o.members[i].Optional || r.IntN(6) == 0
		}
		if r.IntN(6) == 0 {
			o.open = true
			o.rest = Any
		}
		larger.object = &o
	}
	if s.array != nil {
		a := *s.array
		if r.IntN(3) == 0 {
			a.known, a.items = false, nil
		}
		a.item = blur(r, a.item)
		a.items = append([]*Shape(nil), a.items...)
		for i := range a.items {
			a.items[i] = blur(r, a.items[i])
		}
		larger.array = &a
	}
	if r.IntN(8) == 0 {
		larger.kinds |= Null
	}
	return &larger
}

var testPaths = []string{
	"$", "$.a", "$.a.b", "$.a[0]", "$[0]", "$[0].a", "$[-1]", "$.a.b.c", "$['a','b']", "$.a['b','c']", "$[*]", "$.a[*]", "$.a[*].b", "$[*].a", "$.*", "$.*.a",
	"$[0:2]", "$.a[1:]", "$[0,1]", "$..a", "$[?(@.a)]", "$.a[?(@.b > 1)].c", "$.a.length()", "$.b.keys()", "$.a.first()",
}

// TestPathsAreSound wants every value that a path finds to be in the shape that it finds.
func TestPathsAreSound(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	paths := make([]*jsonpath.Path, len(testPaths))
	for i, text := range testPaths {
		p, err := jsonpath.Parse(text)
		if err != nil {
			t.Fatal(text, err)
		}
		paths[i] = p
	}
	for range 20_000 {
		values := []value.Value{randomValue(r, 3), randomValue(r, 3), randomValue(r, 3)}
		s := randomShape(r, values)
		for _, v := range values {
			if !s.Contains(v) {
				t.Fatalf("%s does not contain %s", s, value.Text(v))
			}
		}
		p := paths[r.IntN(len(paths))]
		found := Eval(p, Roots{Data: s})
		for _, v := range values {
			got, err := jsonpath.Eval(p, jsonpath.Roots{Data: v})
			switch {
			case err != nil && found.Presence == Always && !strings.Contains(p.String(), "()"):
				t.Fatalf("%s is always in %s, but in %s: %v", p, s, value.Text(v), err)
			case err == nil && found.Presence == Absent:
				t.Fatalf("%s is never in %s, but in %s it is %s", p, s, value.Text(v), value.Text(got))
			case err == nil && !found.Shape.Contains(got):
				t.Fatalf("%s in %s is %s, but in %s it is %s", p, s, found.Shape, value.Text(v), value.Text(got))
			}
		}
	}
}

// TestSetIsSound puts values where reference paths say.
func TestSetIsSound(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		values := []value.Value{randomValue(r, 2), randomValue(r, 2)}
		results := []value.Value{randomValue(r, 1), randomValue(r, 1)}
		s, result := randomShape(r, values), randomShape(r, results)
		ref, err := jsonpath.ParseReference([]string{"$.a", "$.a.b", "$.d.e", "$.a[0]", "$[1].a", "$"}[r.IntN(6)])
		if err != nil {
			t.Fatal(err)
		}
		set := Set(s, ref.Path().Steps, result)
		for _, v := range values {
			for _, w := range results {
				if got, err := ref.Set(v, w); err == nil && !set.Contains(got) {
					t.Fatalf("%s set to %s in %s is %s, but set to %s in %s it is %s", ref.Path(), result, s, set, value.Text(w), value.Text(v), value.Text(got))
				}
			}
		}
	}
}

// TestLattice holds Join, Equal, Meet and Widen against what values they contain.
func TestLattice(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	for range 10_000 {
		v, w := randomValue(r, 3), randomValue(r, 3)
		a, b := randomShape(r, []value.Value{v}), randomShape(r, []value.Value{w})
		joined := Join(a, b)
		if !joined.Contains(v) || !joined.Contains(w) {
			t.Fatalf("%s and %s join to %s", a, b, joined)
		}
		if !Equal(joined, Join(b, a)) || !Equal(Join(joined, a), joined) {
			t.Fatalf("%s, %s: Join is not commutative, or not idempotent: %s, %s, %s", a, b, joined, Join(b, a), Join(joined, a))
		}
		if wide, _ := Widen(joined); !wide.Contains(v) || !wide.Contains(w) {
			t.Fatalf("%s widens to %s", joined, wide)
		}
		if met := Meet(a, joined); !met.Contains(v) {
			t.Fatalf("%s and %s meet in %s, which has no %s", a, joined, met, value.Text(v))
		}
	}
}

// TestNarrowIsSound narrows by what a Choice rule knows.
func TestNarrowIsSound(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	for range 20_000 {
		values := []value.Value{randomValue(r, 3), randomValue(r, 3)}
		s := randomShape(r, values)
		p, err := jsonpath.Parse([]string{"$.a", "$.a.b", "$[0]", "$", "$.c"}[r.IntN(5)])
		if err != nil {
			t.Fatal(err)
		}
		texts := Narrow(s, p.Steps, func(at *Shape) *Shape { return at.OnlyKinds(String) })
		without := Without(s, p.Steps)
		for _, v := range values {
			got, err := jsonpath.Eval(p, jsonpath.Roots{Data: v})
			if err == nil && got.Kind() == value.KindString && !texts.Contains(v) {
				t.Fatalf("%s with a string at %s is %s, which has no %s", s, p, texts, value.Text(v))
			}
			if err != nil && !without.Contains(v) {
				t.Fatalf("%s without %s is %s, which has no %s", s, p, without, value.Text(v))
			}
		}
	}
}

func TestWidenEndsLoops(t *testing.T) {
	s := Object(Member{Name: "n", Shape: AnyNumber})
	grew := false
	for range 1000 {
		next, grown := Widen(Join(s, Object(Member{Name: "inner", Shape: s})))
		grew = grew || grown
		if Equal(next, s) {
			if !grew {
				t.Error("nothing was cut off")
			}
			return
		}
		s = next
	}
	t.Errorf("no end: %s", s)
}

func TestString(t *testing.T) {
	for want, s := range map[string]*Shape{
		"any":           Any,
		"nothing":       Never,
		"string | null": nil,
		`{"a": number, "b"?: [string, …], …}`: OpenObject(Member{"a", AnyNumber, false, false}, Member{"b", Array(AnyString), true, false}),
		`"x" | 1`:                        OneOf(value.String("x"), value.Int(1)),
		`[boolean, {}]`:                  Tuple(AnyBool, Object()),
		`{…: number}`:                    MapOf(AnyNumber),
		"array | object":                 Of(ArrayKind | ObjectKind),
		fmt.Sprintf("{%q: null}", "a b"): Object(Member{Name: "a b", Shape: AnyNull}),
	} {
		if want == "string | null" {
			s, want = Of(String|Null), "null | string"
		}
		if got := s.String(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
	if got := (Null | String | ObjectKind).String(); got != "null, a string or an object" {
		t.Error(got)
	}
}

func TestFromSchema(t *testing.T) {
	for _, test := range []struct{ schema, want string }{
		{`true`, "any"},
		{`{"type": "string"}`, "string"},
		{`{"type": ["number", "null"]}`, "null | number"},
		{`{"enum": ["a", 1]}`, `"a" | 1`},
		{`{"type": "object", "properties": {"a": {"type": "string"}, "b": {}}, "required": ["a", "c"]}`, `{"a": string, "b"?: any, "c": any, …}`},
		{`{"type": "object", "additionalProperties": false, "properties": {"a": {"const": 3}}}`, `{"a"?: 3}`},
		{`{"type": "object", "additionalProperties": {"type": "number"}}`, `{…: number}`},
		{`{"type": "array", "items": {"type": "boolean"}, "minItems": 1}`, "[boolean, …]"},
		{`{"$ref": "#/$defs/x", "$defs": {"x": {"type": "object", "properties": {"next": {"$ref": "#/$defs/x"}}}}}`, `{"next"?: any, …}`},
		{`{"anyOf": [{"type": "string"}, {"type": "number"}]}`, "number | string"},
		{`{"allOf": [{"type": "object", "required": ["a"]}, {"properties": {"a": {"type": "string"}}}]}`, `{"a": string, …}`},
	} {
		s, err := FromSchema(value.MustParse(test.schema))
		if err != nil || s.String() != test.want {
			t.Errorf("%s: %v %v, want %s", test.schema, s, err, test.want)
		}
	}
	for _, bad := range []string{`3`, `{"type": "text"}`, `{"$ref": "#/nowhere"}`} {
		if _, err := FromSchema(value.MustParse(bad)); err == nil {
			t.Errorf("%s is taken", bad)
		}
	}
}

func TestReplacing(t *testing.T) {
	input := Object(Member{Name: "text", Shape: AnyString})
	result := Object(Member{Name: "Payload", Shape: Any}).MadeBy(&Origin{State: "A", What: "the result"}).Replacing(input)
	if _, presence := result.Member("text"); presence != Absent {
		t.Error("the input is still there")
	}
	if _, presence := result.Before().Member("text"); presence != Always || result.Origin().State != "A" {
		t.Error("what was replaced is forgotten")
	}
	if Any.Replacing(input) != Any || !Never.Before().IsNever() {
		t.Error("Any or Never has changed")
	}
}
