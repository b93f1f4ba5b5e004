package value

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestParseKeepsTheText(t *testing.T) {
	for _, text := range []string{
		`null`, `true`, `0.0`, `-1E+2`, `"é\u0041"`, `[]`, `[ ]`, `["Hello", "World"]`, `{"b":1, "a":{"c" : [1,  2]}}`,
	} {
		v, err := Parse(text)
		if err != nil {
			t.Errorf("Parse(%s): %v", text, err)
			continue
		}
		want := text
		if text == `"é\u0041"` { // the source of a string is not kept
			want = `"éA"`
		}
		if got := Text(v); got != want {
			t.Errorf("Text(Parse(%s)) = %s", text, got)
		}
	}
}

func TestLoneSurrogatesAreKept(t *testing.T) {
	for text, want := range map[string]string{
		`["\ud800", 1]`:        `["\ud800",1]`,
		`["\uDFFFx\uD83D"]`:    `["\udfffx\ud83d"]`,
		`["\ud83d\ude00"]`:     `["😀"]`,
		`["\ude00\ud83d"]`:     `["\ude00\ud83d"]`,
		`{"\udbff": "\u00e9"}`: `{"\udbff":"é"}`,
	} {
		v, err := Parse(text)
		if err != nil {
			t.Errorf("Parse(%s): %v", text, err)
			continue
		}
		if got := Compact(v); got != want {
			t.Errorf("Compact(Parse(%s)) = %s, want %s", text, got, want)
		}
	}
	if got := Text(String("a\xed\xa0b\xff")); got != "\"a\ufffd\ufffdb\ufffd\"" {
		t.Errorf("other bytes that are not UTF-8: %s", got)
	}
}

func TestRebuilt(t *testing.T) {
	for text, want := range map[string]string{
		`[1, {"a": [ ]}, "x"]`:        `[1,{"a":[]},"x"]`,
		`{"a":[1,2.0],"b":{"c" : 1}}`: `{"a":[1,2.0],"b":{"c":1}}`,
		`{"a":"\\u0041"}`:             `{"a":"A"}`,
		`5`:                           `5`,
	} {
		text = strings.ReplaceAll(text, `\\u`, `\u`)
		if got := Text(Rebuilt(MustParse(text))); got != want {
			t.Errorf("Text(Rebuilt(%s)) = %s, want %s", text, got, want)
		}
	}
	loose, tight := MustParse(`[1, 2]`), MustParse(`{"a":[1,2]}`)
	made := NewObject(Member{"loose", loose}, Member{"tight", tight})
	rebuilt := Rebuilt(made).(*Object)
	if got, want := Text(rebuilt), `{"loose":[1,2],"tight":{"a":[1,2]}}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if v, _ := rebuilt.Get("tight"); v != tight {
		t.Error("what is compact already was copied")
	}
	if Rebuilt(rebuilt) != Value(rebuilt) || Rebuilt(tight) != tight {
		t.Error("a compact value was copied")
	}
	if got := Text(made); got != `{"loose":[1, 2],"tight":{"a":[1,2]}}` {
		t.Errorf("the original changed: %s", got)
	}
}

func TestChangedValuesAreCompactAndKeepOrder(t *testing.T) {
	v := MustParse(`{"z": 1, "a": [1, 2.50], "m": null}`).(*Object)
	if got, want := Text(v.With("a", v)), `{"z":1,"a":{"z": 1, "a": [1, 2.50], "m": null},"m":null}`; got != want {
		t.Errorf("With: got %s, want %s", got, want)
	}
	if got, want := Text(v.With("new", Bool(true)).Without("z")), `{"a":[1, 2.50],"m":null,"new":true}`; got != want {
		t.Errorf("Without: got %s, want %s", got, want)
	}
	if got, want := Compact(v), `{"z":1,"a":[1,2.50],"m":null}`; got != want {
		t.Errorf("Compact: got %s, want %s", got, want)
	}
	if got := v.Len(); got != 3 {
		t.Errorf("the original changed: %d members", got)
	}
}

func TestDuplicateMembers(t *testing.T) {
	many := &strings.Builder{}
	for i := range 40 {
		fmt.Fprintf(many, `"k%d":%d,`, i%20, i)
	}
	for _, tc := range []struct{ text, want string }{
		{`{"a":1,"b":2,"a":3}`, `{"a":3,"b":2}`},
		{`{` + many.String() + `"k0":"last"}`, ""},
	} {
		o := MustParse(tc.text).(*Object)
		if tc.want != "" && Text(o) != tc.want {
			t.Errorf("%s gives %s, want %s", tc.text, Text(o), tc.want)
		}
		if tc.want == "" {
			if o.Len() != 20 {
				t.Errorf("%d members, want 20", o.Len())
			}
			if v, _ := o.Get("k0"); v != String("last") {
				t.Errorf("k0 = %v", v)
			}
			if v, _ := o.Get("k19"); v != Number("39") {
				t.Errorf("k19 = %v", v)
			}
		}
	}
}

func TestParseErrors(t *testing.T) {
	for _, tc := range []struct {
		text   string
		offset int
		words  string
	}{
		{``, 0, "end of text"},
		{`{"a":}`, 5, "'}' where a value should be"},
		{`{"a":1,}`, 7, "member name"},
		{`{'a':1}`, 1, "double quotes"},
		{`[1,]`, 3, "']' where a value"},
		{`[1 2]`, 3, "',' or ']'"},
		{`01`, 1, "leading zero"},
		{`1.`, 2, "digit"},
		{`-`, 1, "digit"},
		{`1e`, 2, "digit"},
		{`+1`, 0, "'+' where a value"},
		{`NaN`, 0, "'N'"},
		{`"a`, 2, "inside a string"},
		{"\"a\nb\"", 2, "control character"},
		{`"\x"`, 1, `unknown escape \x`},
		{`"\u12"`, 1, "four hexadecimal"},
		{"\"\xff\"", 1, "0xff"},
		{`{} x`, 3, "after the end"},
		{`"` + `\`, 2, "inside a string"},
		{strings.Repeat("[", MaxDepth+1), MaxDepth, "nested deeper than 1000"},
	} {
		_, err := Parse(tc.text)
		var syntax *SyntaxError
		if !errors.As(err, &syntax) {
			t.Errorf("Parse(%.20q): error %v", tc.text, err)
			continue
		}
		if syntax.Offset != tc.offset || !strings.Contains(syntax.Message, tc.words) {
			t.Errorf("Parse(%.20q): %v, want offset %d and %q", tc.text, err, tc.offset, tc.words)
		}
	}
}

func TestEqual(t *testing.T) {
	for _, tc := range []struct {
		a, b             string
		equal, identical bool
	}{
		{`1`, `1.0`, true, false},
		{`1e2`, `100`, true, false},
		{`9007199254740993`, `9007199254740992`, false, false},
		{`{"a":1,"b":2}`, `{"b":2,"a":1}`, true, false},
		{`[1, 2]`, `[1,2]`, true, true},
		{`[1,2]`, `[2,1]`, false, false},
		{`null`, `false`, false, false},
		{`{"a":null}`, `{}`, false, false},
		{`"1"`, `1`, false, false},
	} {
		a, b := MustParse(tc.a), MustParse(tc.b)
		if Equal(a, b) != tc.equal {
			t.Errorf("Equal(%s, %s) = %v", tc.a, tc.b, !tc.equal)
		}
		if Identical(a, b) != tc.identical {
			t.Errorf("Identical(%s, %s) = %v", tc.a, tc.b, !tc.identical)
		}
	}
}

func TestNumbers(t *testing.T) {
	for _, tc := range []struct {
		text Number
		n    int64
		ok   bool
	}{{"1", 1, true}, {"1.0", 1, true}, {"1.5", 0, false}, {"1e3", 1000, true}, {"-0", 0, true}, {"1e300", 0, false}, {"9223372036854775807", 9223372036854775807, true}} {
		if n, ok := tc.text.Int(); n != tc.n || ok != tc.ok {
			t.Errorf("%s.Int() = %d, %v", tc.text, n, ok)
		}
	}
	for f, want := range map[float64]Number{1: "1", -0.5: "-0.5", 1e21: "1e+21", 0.1: "0.1", 1e14: "100000000000000"} {
		if got := Float(f); got != want {
			t.Errorf("Float(%v) = %s, want %s", f, got, want)
		}
	}
}

func TestGoValues(t *testing.T) {
	v, err := FromGo(struct {
		B int      `json:"b"`
		A []string `json:"a"`
	}{1, []string{"<&>"}})
	if err != nil || !Equal(v, MustParse(`{"b":1,"a":["<&>"]}`)) {
		t.Errorf("FromGo gives %v, %v", v, err)
	}
	var back struct{ A []string }
	if err := ToGo(v, &back); err != nil || back.A[0] != "<&>" {
		t.Errorf("ToGo gives %v, %v", back, err)
	}
	if _, err := FromGo(func() {}); err == nil {
		t.Error("FromGo takes a function")
	}
	text, err := json.Marshal(map[string]Value{"n": Null{}, "v": MustParse(`[1.0]`)})
	if err != nil || string(text) != `{"n":null,"v":[1.0]}` {
		t.Errorf("json.Marshal gives %s, %v", text, err)
	}
}

func TestIndent(t *testing.T) {
	got := Indent(MustParse(`{"a":[1,{"b":"<"}],"c":{},"d":[]}`))
	want := "{\n  \"a\": [\n    1,\n    {\n      \"b\": \"<\"\n    }\n  ],\n  \"c\": {},\n  \"d\": []\n}"
	if got != want {
		t.Errorf("got %s", got)
	}
}

func TestSize(t *testing.T) {
	big := String(strings.Repeat("x", 1000))
	for _, v := range []Value{
		nil,
		Null{},
		Bool(true), Number("1.50"), String(""), String("a\"\\\b\f\n\r\t\x00\x1f/é😀\ufffd"), String("\xed\xa0\x80\xff\xed"), big,
		NewArray(), NewArray(big, Null{}), NewObject(), NewObject(Member{"a\n", big}, Member{"b", NewArray(Number("1"))}), MustParse(" [ 1 ] "),
	} {
		want := 0
		if v != nil {
			want = len(Text(v))
		}
		if got := Size(v); got != want {
			t.Errorf("Size of %v is %d, want %d", v, got, want)
		}
	}
	wide := Value(big)
	for range 30 { // the whole text would have 10^12 bytes
		wide = NewArray(wide, wide)
	}
	if got := SizeUpTo(wide, 5000); got <= 5000 || got > 10_000 {
		t.Errorf("SizeUpTo gives %d", got)
	}
	if got := SizeUpTo(NewArray(big, big), 5000); got != 2007 {
		t.Errorf("SizeUpTo gives %d", got)
	}
}

// FuzzParse holds Parse against encoding/json: what both accept is the same value, and Size is the text's length.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5e-3,"x\u00e9\ud83d\ude00"],"b":null}`, `[[[]]]`, `"\ud800"`, `-0.0`, ` { } `, `{"a":1,"a":2}`} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		v, err := Parse(text)
		valid := json.Valid([]byte(text))
		if err == nil && !valid {
			t.Fatalf("accepted %q", text)
		}
		if err != nil {
			return // Parse is stricter than encoding/json: bytes that are not UTF-8, depth
		}
		if Size(v) != len(Text(v)) || Size(Detach(v)) != len(Compact(v)) {
			t.Fatalf("Size is %d for %q", Size(v), Text(v))
		}
		again, err := Parse(Compact(v))
		if err != nil || !Identical(v, again) {
			t.Fatalf("%q became %q: %v", text, Compact(v), err)
		}
		var a, b any
		if json.Unmarshal([]byte(text), &a) == nil {
			if err := ToGo(Detach(v), &b); err != nil || fmt.Sprint(a) != fmt.Sprint(b) {
				t.Fatalf("%q: encoding/json reads %v, Parse %v (%v)", text, a, b, err)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	text := `[` + strings.Repeat(`{"name":"value","n":12.5,"list":[1,2,3],"nested":{"a":"b\n","c":null}},`, 2500) + `0]`
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppend(b *testing.B) {
	v := Detach(MustParse(`[` + strings.Repeat(`{"name":"value","n":12.5,"list":[1,2,3],"nested":{"a":"b\n","c":null}},`, 2500) + `0]`))
	b.SetBytes(int64(Size(v)))
	b.ReportAllocs()
	for b.Loop() {
		Append(nil, v)
	}
}
