package jsonpath

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/value"
)

func TestRoots(t *testing.T) {
	r := Roots{
		Data:    value.MustParse(`{"a": {"b": 1}, "c": [{"d": 2}]}`),
		Context: value.MustParse(`{"Execution": {"Id": "arn", "Input": {"list": [1, 2, 3], "low": 2}}}`),
		Variables: func(name string) (value.Value, bool) {
			v, ok := map[string]value.Value{"x": value.MustParse(`{"y": [7, 8]}`), "größe_1": value.Int(5), "nil": nil}[name]
			return v, ok
		},
	}
	for _, tc := range []struct {
		path, want string
		root       Root
		variable   string
	}{
		{"$.a.b", "1", RootData, ""},
		{"$$.Execution.Id", `"arn"`, RootContext, ""},
		{"$$['Execution'].Id", `"arn"`, RootContext, ""},
		{"$$.Execution.Input.list[?(@ >= $.Execution.Input.low)]", "[2,3]", RootContext, ""},
		{"$$", `{"Execution":{"Id":"arn","Input":{"list":[1,2,3],"low":2}}}`, RootContext, ""},
		{"$x.y[1]", "8", RootVariable, "x"},
		{"$x", `{"y":[7,8]}`, RootVariable, "x"},
		{"$x['y'][*]", "[7,8]", RootVariable, "x"},
		{"$größe_1", "5", RootVariable, "größe_1"},
		{"$nil", "null", RootVariable, "nil"},
		{"$x.z", "error No results for path: $['z']", RootVariable, "x"},
		{"$$.Map.Item", "error Missing property in path $['Map']", RootContext, ""},
		{"$z.y", "error the variable $z has no value", RootVariable, "z"},
		{"$z[*]", "error the variable $z has no value", RootVariable, "z"},
	} {
		if got := outcome(tc.path, r); got != tc.want {
			t.Errorf("%s gives %s, want %s", tc.path, got, tc.want)
		}
		if p := MustParse(tc.path); p.Root != tc.root || p.Variable != tc.variable || p.String() != tc.path {
			t.Errorf("%s: root %d, variable %q, text %q", tc.path, p.Root, p.Variable, p)
		}
	}
	if got := outcome("$.a", Roots{}); !strings.Contains(got, "null or empty input") {
		t.Errorf("without data: %s", got)
	}
	for _, path := range []string{"$-x", "$x-y", "$1", "$x y", "$$x", "$$$"} {
		if got := outcome(path, r); !strings.HasPrefix(got, "syntax") {
			t.Errorf("%s is read, and gives %s", path, got)
		}
	}
}

// TestSteps checks kinds, offsets and what is definite.
func TestSteps(t *testing.T) {
	for _, tc := range []struct{ path, steps, canonical string }{
		{"$", "definite", "$"},
		{"$.a['b'][0]", "Name 1-3, Name 3-8, Index 8-11, definite", "$['a']['b'][0]"},
		{"$$.a", "Name 2-4, definite", "$['a']"},
		{"$v.it's", "Name 2-7, definite", `$['it\'s']`},
		{"$.é.b", "Name 1-4, Name 4-6, definite", "$['é']['b']"},
		{"$..a", "Descend 1-3, Name 3-4", "$..['a']"},
		{"$..[0]", "Descend 1-3, Index 3-6", "$..[0]"},
		{"$.a.*", "Name 1-3, Wildcard 3-5", "$['a'][*]"},
		{"$[*][1:][:2][1:2]", "Wildcard 1-4, Slice 4-8, Slice 8-12, Slice 12-17", "$[*][1:][:2][1:2]"},
		{"$['a','b']", "Names 1-10, definite", "$['a','b']"},
		{"$['a','b'].c", "Names 1-10, Name 10-12", "$['a','b']['c']"},
		{"$[0,1]", "Indexes 1-6", "$[0,1]"},
		{"$[?(@.a)].b", "Filter 1-9, Name 9-11", "$[?]['b']"},
		{"$.a.length()", "Name 1-3, Function 3-12, definite", "$['a'].length()"},
		{"$.a[*].length()", "Name 1-3, Wildcard 3-6, Function 6-15", "$['a'][*].length()"},
		{"$..a.sum()", "Descend 1-3, Name 3-4, Function 4-10, definite", "$.sum()"},
		{"$.sum($.a)", "Function 1-10, definite", "$.sum(...)"},
		{"$.a.first().b", "Name 1-3, Function 3-11, Name 11-13, definite", "$['a'].first()['b']"},
	} {
		p, err := Parse(tc.path)
		if err != nil {
			t.Errorf("%s: %v", tc.path, err)
			continue
		}
		names := []string{"Name", "Names", "Index", "Indexes", "Slice", "Wildcard", "Descend", "Filter", "Function"}
		var steps []string
		for _, s := range p.Steps {
			steps = append(steps, fmt.Sprintf("%s %d-%d", names[s.Kind], s.Offset, s.End))
		}
		if p.Definite() {
			steps = append(steps, "definite")
		}
		if got := strings.Join(steps, ", "); got != tc.steps {
			t.Errorf("%s has %s, want %s", tc.path, got, tc.steps)
		}
		if got := p.Canonical(); got != tc.canonical {
			t.Errorf("%s is %s, want %s", tc.path, got, tc.canonical)
		}
	}
}

func TestAll(t *testing.T) {
	const text = "$x.a[?(@.b > $.low && !(@.c || 1 == @['d'][?(@.e)]))].sum($.f, 2, $..g)"
	var got []string
	for p := range MustParse(text).All() {
		if text[p.Offset:p.End] != p.String() {
			t.Errorf("%s stands at %d-%d", p, p.Offset, p.End)
		}
		got = append(got, p.String())
	}
	want := text + " @.b $.low @.c @['d'][?(@.e)] @.e $.f $..g"
	if strings.Join(got, " ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, " "), want)
	}
	count := 0
	for range MustParse(text).All() {
		if count++; count == 4 {
			break
		}
	}
	if count != 4 {
		t.Errorf("a broken loop saw %d paths", count)
	}
}

func TestLimits(t *testing.T) {
	deep := strings.Repeat(`{"a":`, 900) + "1" + strings.Repeat("}", 900)
	for _, tc := range []struct{ name, path, doc, want string }{
		{"length", "$." + strings.Repeat("a", MaxLength), "{}", "at most 100000"},
		{"parentheses", "$[?" + strings.Repeat("(", 5000) + "@.a", "[]", "nested deeper than 100"},
		{"negations", "$[?(" + strings.Repeat("!(", 2000) + "@.a", "[]", "nested deeper than 100"},
		{"bangs", "$[?(" + strings.Repeat("!", 2000) + "@.a", "[]", "nested deeper than 100"},
		{"filters", "$" + strings.Repeat("[?(@", 2000), "[]", "closing ]"},
		{"closed filters", "$" + strings.Repeat("[?(@", 500) + strings.Repeat(")]", 500), "[]", "nested deeper than 100"},
		{"calls", "$" + strings.Repeat(".sum($", 3000) + strings.Repeat(")", 3000), "[]", "nested deeper than 100"},
		{"literals", "$[?(@ == " + strings.Repeat("[", 5000), "[]", "nested deeper than 100"},
		{"not UTF-8", "$.a\xff", "{}", "syntax 3 a byte that is not UTF-8"},
		{"steps", "$..*..*..*", deep, "more than 5000000 steps"},
		{"steps in filters", "$..[?(@..[?(@..a == 1)])]", deep, "more than 5000000 steps"},
		{"backtracking", `$[?(@ =~ /(?=a)(a+)+$/)]`, `["` + strings.Repeat("a", 40) + `!"]`, "took longer than 250ms"},
		// Each text alone takes a hundredth of what is allowed, or a tenth.
		{"backtracking, one after the other", `$[?(@ =~ /(?=a)a*a*a*c/)]`, `[` + strings.Repeat(`"`+strings.Repeat("a", 200)+`",`, 3000) + `1]`, "took longer than 250ms"},
		{"linear patterns", "$[?($[0] =~ /" + strings.Repeat("a?", 20000) + "b/)]", `["` + strings.Repeat("a", 100_000) + `"]`, "more than 5000000 steps"},
		{"names", "$..[" + strings.Repeat("'x',", 20000) + "'y']", "[" + strings.Repeat(`{"x":1,"y":1},`, 10000) + "{}]", "more than 5000000 steps"},
		{"names in a filter", "$[?(@['a'," + strings.Repeat("'x',", 20000) + "'y'].z)]", `[` + strings.Repeat(`{"a":1},`, 10000) + "{}]", "more than 5000000 steps"},
		{"indexes", "$.." + "[" + strings.Repeat("9,", 40000) + "9]", "[" + strings.Repeat("[],", 10000) + "0]", "more than 5000000 steps"},
		{"results", "$" + strings.Repeat("[0,0,0,0,0,0,0,0,0,0]", 10), strings.Repeat("[", 20) + strings.Repeat("]", 20), "more than 5000000 steps"},
		{"concat", "$.concat(" + strings.Repeat("$[0],", 10000) + "$[0])", `["` + strings.Repeat("a", 200_000) + `"]`, "more than 5000000 steps"},
		{"append", "$" + strings.Repeat(".append(1)", 9000), "[" + strings.Repeat("1,", 100_000) + "1]", "more than 5000000 steps"},
		{"equality", "$.list[?($.a == $.b)]", `{"list":[` + strings.Repeat("1,", 10000) + `1],"a":[` + strings.Repeat("1,", 10000) + `1],"b":[` + strings.Repeat("1,", 10000) + `1]}`, "more than 5000000 steps"},
		{"in", "$[?(2 in $)]", `[` + strings.Repeat("1,", 10000) + `1]`, "more than 5000000 steps"},
		{"subsetof", "$[?($ subsetof $)]", `[` + strings.Repeat("1,", 10000) + `1]`, "more than 5000000 steps"},
		{"failures in a filter", "$[?($[0][0].length() == 1)]", `["` + strings.Repeat("a", 200_000) + `",` + strings.Repeat("1,", 10000) + `1]`, "more than 5000000 steps"},
		{"many steps", "$" + strings.Repeat("[0]", 30000), "[]", "No results"},
	} {
		doc := value.MustParse(tc.doc)
		start := time.Now()
		got := outcome(tc.path, Roots{Data: doc})
		found := false
		for want := range strings.SplitSeq(tc.want, "|") {
			found = found || strings.Contains(got, want)
		}
		if !found {
			t.Errorf("%s: got %.200s, want %s", tc.name, got, tc.want)
		}
		if took := time.Since(start); took > 20*time.Second { // a second on an idle machine; the race detector takes its share
			t.Errorf("%s took %v", tc.name, took)
		}
	}
}

// TestFaults: a fault of ours ends the evaluation, not the process.
func TestFaults(t *testing.T) {
	p := MustParse("$[?(@.a)]")
	p.Steps[0].Filter = &Exists{}
	if _, err := Eval(p, Roots{Data: value.MustParse("[1]")}); err == nil || !strings.HasPrefix(err.Error(), internal) {
		t.Errorf("got %v", err)
	}
}

func TestJaywayDialect(t *testing.T) {
	doc := value.MustParse(`{"a": {"b": [1, 2]}, "length": 3}`)
	for _, tc := range []struct{ path, want string }{
		{"a.b", "[1,2]"},
		{"@.a.b[0]", "1"},
		{"length", "3"},
		{"$.x[*]", "Missing property in path $['x']"},
		{"$.a.b.foo()", "Function with name: foo does not exist."},
		{"$$.a", "invalid"},
		{"$a", "invalid"},
		{"", "invalid"},
		{"$.a.b[?(@ == x)]", "invalid"},
	} {
		p, err := ParseDialect(tc.path, Jayway)
		got := "invalid"
		if err == nil {
			v, err := Eval(p, Roots{Data: doc})
			if got = value.Text(v); err != nil {
				got = err.Error()
			}
			got = strings.ReplaceAll(got, " ", "")
		}
		if want := strings.ReplaceAll(tc.want, " ", ""); got != want {
			t.Errorf("%s gives %s, want %s", tc.path, got, want)
		}
	}
}

func TestErrorsHaveTypes(t *testing.T) {
	data := Roots{Data: value.MustParse(`{"a": 1}`)}
	_, err := Parse("$.")
	var syntax *SyntaxError
	if !errors.As(err, &syntax) || err.Error() != "invalid JSONPath at offset 2: the path ends with a dot; a name, '*' or '[' must follow" {
		t.Errorf("Parse: %v", err)
	}
	_, err = Eval(MustParse("$.b"), data)
	var missing *NoSuchPathError
	if !errors.As(err, &missing) || missing.BeyondArray {
		t.Errorf("missing: %v", err)
	}
	_, err = Eval(MustParse("$.list[2]"), Roots{Data: value.MustParse(`{"list": [1, 2]}`)})
	if !errors.As(err, &missing) || !missing.BeyondArray {
		t.Errorf("an index beyond the array: %v", err)
	}
	_, err = Eval(MustParse("$v"), data)
	var variable *NoSuchVariableError
	if !errors.As(err, &variable) || variable.Name != "v" {
		t.Errorf("variable: %v", err)
	}
	_, err = Eval(MustParse("$.a.max()"), data)
	var failed *EvalError
	if !errors.As(err, &failed) {
		t.Errorf("function: %v", err)
	}
}

func TestFunctionNames(t *testing.T) {
	for _, name := range FunctionNames() {
		if _, err := Parse("$." + name + "()"); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestMustParsePanics(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	MustParse("x")
}

// FuzzParse looks for panics, offsets outside the text, and values that depend on how often a path is evaluated.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{"$.a['b'][0]", "$$..x[?(@.a =~ /x(y)/i && !(@.b in ['c', 1]))]", "$v[1:2,]", "$.sum($..a, {\"x\":[1]})", "$['\\u00e9','b']..*"} {
		f.Add(seed, `{"a":{"b":[1,"x",{"c":null}]},"x":[{"a":"xy","b":2}]}`)
	}
	f.Fuzz(func(t *testing.T, text, doc string) {
		for _, dialect := range []Dialect{StepFunctions, Jayway} {
			p, err := ParseDialect(text, dialect)
			if err != nil {
				var syntax *SyntaxError
				if !errors.As(err, &syntax) || strings.HasPrefix(syntax.Message, internal) || syntax.Offset < 0 || syntax.Offset > len(text) {
					t.Fatalf("%q: error %v", text, err)
				}
				continue
			}
			for inner := range p.All() {
				end := inner.Offset
				for _, s := range inner.Steps {
					if s.Offset < end || s.End < s.Offset || s.End > len(text) {
						t.Fatalf("%q: step at %d-%d", text, s.Offset, s.End)
					}
					end = s.End
				}
			}
			v, err := value.Parse(doc)
			if err != nil || len(doc) > 1000 {
				return
			}
			r := Roots{Data: v, Context: v, Variables: func(string) (value.Value, bool) { return v, true }}
			first, err1 := Eval(p, r)
			second, err2 := Eval(p, r)
			if (err1 == nil) != (err2 == nil) || err1 == nil && !value.Identical(first, second) {
				t.Fatalf("%q gives %v %v, then %v %v", text, first, err1, second, err2)
			}
			if err1 != nil && strings.HasPrefix(err1.Error(), internal) {
				t.Fatalf("%q: %v", text, err1)
			}
			if err1 == nil && !p.Definite() && first.Kind() != value.KindArray {
				t.Fatalf("%q is indefinite and gives %s", text, value.Text(first))
			}
		}
	})
}
