package intrinsic

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/jsonpath"
	"github.com/docflow-asl/docflow/asl/value"
)

func TestParse(t *testing.T) {
	const text = `States.Format('it\'s \{{}\} {}', $.a[?(@.b == ')')] , States.Array(1.5e3,true, null,-2,$$.x, $v.sum($.l)))`
	call, err := Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	if call.Function != "States.Format" || call.String() != text || call.Offset != 0 || call.End != len(text) {
		t.Errorf("call %+v", call)
	}
	var got []string
	for arg := range call.Arguments() {
		written := text[arg.Offset:arg.End]
		switch {
		case arg.Path != nil:
			if arg.Path.String() != written {
				t.Errorf("path %s stands at %s", arg.Path, written)
			}
			got = append(got, "path "+written)
		case arg.Call != nil:
			if arg.Call.String() != written || arg.Call.Offset != arg.Offset {
				t.Errorf("call %s stands at %s", arg.Call, written)
			}
			got = append(got, "call "+arg.Call.Function)
		default:
			got = append(got, value.Text(arg.Literal))
		}
	}
	want := `"it's {{}} {}"; path $.a[?(@.b == ')')]; call States.Array; 1.5e3; true; null; -2; path $$.x; path $v.sum($.l)`
	if strings.Join(got, "; ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, "; "), want)
	}
	if spaced, err := Parse("States.UUID( ) \n"); err != nil || spaced.String() != "States.UUID( )" {
		t.Errorf("blanks behind a call: %v, %v", spaced, err)
	}
	calls := 0
	for range call.All() {
		calls++
	}
	if calls != 2 {
		t.Errorf("%d calls", calls)
	}
	for range call.All() {
		break // must not go on
	}
	for range call.Arguments() {
		break
	}
}

func TestSyntaxErrors(t *testing.T) {
	for _, tc := range []struct {
		text   string
		offset int
		words  string
	}{
		{``, 0, "end of text where a function such as States.Format should be"},
		{`$.a`, 0, `"$" where a function`},
		{`  States.UUID()`, 0, "where a function"},
		{`States.`, 0, `unknown function "States."; there are States.Array, `},
		{`States.format('')`, 0, "did you mean States.Format?"},
		{`States.Fromat('')`, 0, "did you mean States.Format?"},
		{`States.Array(States.MathSub(1))`, 13, "did you mean States.MathAdd?"},
		{`States.Array(states.UUID())`, 13, "did you mean States.UUID?"},
		{`States.DoSomethingElse()`, 0, "there are States.Array"},
		{`States.UUID`, 11, "end of text where '(' should be"},
		{`States.UUID ()`, 11, `" " where '(' should be`},
		{`States.UUID(`, 12, "end of text where an argument should be"},
		{`States.UUID() x`, 14, `"x" after the end of the call`},
		{`States.Array(1`, 14, "where ',' or ')' should be"},
		{`States.Array(1 2)`, 15, "where ',' or ')' should be"},
		{`States.Array(1,)`, 15, `")" where an argument should be`},
		{`States.Array(,1)`, 13, `"," where an argument should be`},
		{`States.Array([1])`, 13, "where an argument should be: a path"},
		{`States.Array("a")`, 13, "single quotes"},
		{`States.Array(abc)`, 13, `"abc" is no number`},
		{`States.Array(1.)`, 13, `"1." is no number`},
		{`States.Array(01)`, 13, `"01" is no number`},
		{`States.Array(.5)`, 13, "where an argument should be"},
		{`States.Array('a)`, 13, "the closing ' is missing"},
		{`States.Array('a\`, 13, "the closing ' is missing"},
		{`States.Array('a\"b')`, 15, `unknown escape \"; there are`}, // recorded on AWS: rejected
		{`States.Array('a\nb')`, 15, `unknown escape \n; there are \' \\ \{ and \}`},
		{`States.Array($.a.)`, 17, "invalid JSONPath: the path ends with a dot"},
		{`States.Array($.a[)`, 17, "invalid JSONPath"},
		{`States.Array($)x`, 15, "after the end"},
		{"States.Array('\xff')", 14, "not UTF-8"},
		{strings.Repeat("States.Array(", 11) + strings.Repeat(")", 11), 130, "nested deeper than 10"},
		{"States.Array('" + strings.Repeat("a", MaxLength), MaxLength, "at most 1048576"},
	} {
		call, err := Parse(tc.text)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) || call != nil {
			t.Errorf("%.40s: error %v", tc.text, err)
			continue
		}
		if syntax.Offset != tc.offset || !strings.Contains(err.Error(), tc.words) {
			t.Errorf("%.40s: %v, want offset %d and %s", tc.text, err, tc.offset, tc.words)
		}
	}
	if _, err := Parse(strings.Repeat("States.Array(", 10) + strings.Repeat(")", 10)); err != nil {
		t.Errorf("ten levels: %v", err)
	}
}

func TestArity(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{`States.UUID(1)`, "offset 0: States.UUID takes 0 arguments, not 1"},
		{`States.Format()`, "offset 0: States.Format takes at least 1 argument, not 0"},
		{`States.MathRandom(1)`, "offset 0: States.MathRandom takes 2 to 3 arguments, not 1"},
		{`States.Array(States.Hash('a'), States.UUID(1))`, "offset 13: States.Hash takes 2 arguments, not 1"},
		{`States.MathAdd(States.UUID(1))`, "offset 0: States.MathAdd takes 2 arguments, not 1"},
		{`States.ArrayLength($.a, $.b)`, "offset 0: States.ArrayLength takes 1 argument, not 2"},
	} {
		call, err := Parse(tc.text)
		var arity *ArityError
		if !errors.As(err, &arity) || call == nil {
			t.Errorf("%s: call %v, error %v", tc.text, call, err)
			continue
		}
		if got := fmt.Sprintf("offset %d: %v", arity.Offset, err); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.text, got, tc.want)
		}
		// Such a call can be evaluated, and fails as on AWS.
		_, err = Eval(call, Roots{Roots: jsonpath.Roots{Data: value.MustParse(`{"a": [], "b": 1}`)}})
		var failed *Error
		if !errors.As(err, &failed) || failed.Name != "States.Runtime" || !strings.Contains(failed.Cause, "Invalid arguments in "+arity.Function) && arity.Offset > 0 {
			t.Errorf("%s evaluates to error %v", tc.text, err)
		}
	}
}

func TestSignatures(t *testing.T) {
	names := Functions()
	if len(names) != 18 || len(functions) != 18 {
		t.Errorf("%d signatures, %d functions", len(names), len(functions))
	}
	for i, name := range names {
		if i > 0 && names[i-1] >= name {
			t.Errorf("%s stands before %s", names[i-1], name)
		}
		if functions[name] == nil {
			t.Errorf("%s cannot be evaluated", name)
		}
		s, ok := SignatureOf(name)
		if !ok || s.Function != name {
			t.Errorf("%s is not found", name)
		}
	}
	if _, ok := SignatureOf("States.None"); ok {
		t.Error("States.None is found")
	}
	format, _ := SignatureOf("States.Format")
	if p, ok := format.Param(7); !ok || p.Name != "value" {
		t.Errorf("argument 7 of Format is %v, %v", p, ok)
	}
	hash, _ := SignatureOf("States.Hash")
	if _, ok := hash.Param(2); ok {
		t.Error("Hash has a third argument")
	}
}

func TestIsIntrinsic(t *testing.T) {
	for text, want := range map[string]bool{"States.Format('')": true, "States.x": true, "$.States.Format": false, " States.UUID()": false, "": false} {
		if IsIntrinsic(text) != want {
			t.Errorf("IsIntrinsic(%q) is %v", text, !want)
		}
	}
}

// TestFaults: a fault of ours ends the evaluation, not the process.
func TestFaults(t *testing.T) {
	call := MustParse("States.Format('{}', 1)")
	call.Args[0].Literal = nil
	if _, err := Eval(call, Roots{}); err == nil || !strings.HasPrefix(err.Error(), internal) {
		t.Errorf("got %v", err)
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

// FuzzParse looks for panics, offsets outside the text, and calls that read differently when they are read again.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`States.Format('it\'s \{{}\} {}', $.a[?(@.b == ')')] , States.Array(1.5e3,true, null,-2,$$.x, $v.sum($.l)))`,
		`States.Hash(States.JsonToString($), 'SHA-1')`, `States.MathRandom(1, 9, 3)`, `States.ArrayRange(9, 1, -2)`,
		`States.JsonMerge(States.StringToJson('\{\}'), $.o, false)`, `States.Base64Decode(States.Base64Encode($.s))`,
		`States.ArrayGetItem(States.ArrayPartition(States.ArrayUnique($.l), 2), States.MathAdd(0, 1))`, `States.StringSplit($.s, ' ,')`,
	} {
		f.Add(seed, `{"a":[{"b":")"}],"l":[1,2,2.0],"s":"a, b","o":{"x":1},"x":null}`)
	}
	f.Fuzz(func(t *testing.T, text, doc string) {
		call, err := Parse(text)
		var syntax *SyntaxError
		var arity *ArityError
		switch {
		case errors.As(err, &syntax):
			if strings.HasPrefix(syntax.Message, internal) || syntax.Offset < 0 || syntax.Offset > len(text) || call != nil {
				t.Fatalf("%q: %v", text, err)
			}
			return
		case errors.As(err, &arity):
			if arity.Offset < 0 || arity.Offset >= len(text) || call == nil {
				t.Fatalf("%q: %v", text, err)
			}
		case err != nil:
			t.Fatalf("%q: %v", text, err)
		}
		for inner := range call.All() {
			again, _ := Parse(inner.String())
			if again == nil || again.String() != text[inner.Offset:inner.End] {
				t.Fatalf("%q: call %q at %d-%d", text, inner, inner.Offset, inner.End)
			}
		}
		v, err := value.Parse(doc)
		if err != nil {
			return
		}
		r := Roots{Roots: jsonpath.Roots{Data: v, Context: v, Variables: func(string) (value.Value, bool) { return v, true }}}
		got, err := Eval(call, r)
		var failed *Error
		if err != nil && !errors.As(err, &failed) || failed != nil && strings.HasPrefix(failed.Cause, internal) {
			t.Fatalf("%q: error %T %v", text, err, err)
		}
		if arity != nil && err == nil {
			t.Fatalf("%q gives %s", text, value.Text(got))
		}
		if err == nil {
			if _, err := value.Parse(value.Text(got)); err != nil && value.Size(got) < 10_000 {
				t.Fatalf("%q gives %s: %v", text, value.Text(got), err)
			}
		}
	})
}
