package intrinsic

import (
	"errors"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/jsonpath"
	"github.com/docflow-asl/docflow/asl/value"
)

const input = `{
  "n": 1.5, "s": "text", "nul": null, "t": true, "tpl": "n={}", "csv": "a,,b;c",
  "o": {"Arg1": 1, "Arg2": [], "x": {"y": null}},
  "l": [1, 2, 2, "b", "b", 1.0, null], "json": "{\"k\": [1, 2.50, \"v\"]}", "items": [1, 2], "other": 1
}`

func evaluate(t *testing.T, text string) (value.Value, error) {
	t.Helper()
	call, err := Parse(text)
	var arity *ArityError
	if err != nil && !errors.As(err, &arity) {
		t.Fatalf("%s: %v", text, err)
	}
	return Eval(call, Roots{
		Roots: jsonpath.Roots{
			Data:    value.MustParse(input),
			Context: value.MustParse(`{"Execution": {"Name": "run"}, "StateMachine": {"Id": "arn", "Name": "m"}}`),
			Variables: func(name string) (value.Value, bool) {
				return value.String("of " + name), name != "none"
			},
		},
		Random: rand.NewPCG(1, 2),
	})
}

// TestEval gives where an expectation comes from: rec is recorded on AWS (LocalStack's snapshots), cap captured on AWS by
// other emulators' authors, guide is AWS's developer guide; no mark is a consequence of these or our own choice.
func TestEval(t *testing.T) {
	for _, tc := range []struct{ text, want string }{
		{`States.Array()`, `[]`}, // rec
		{`States.Array($.s, 1, true, null, 'x')`, `["text",1,true,null,"x"]`}, // rec
		{`States.Array($.items, States.Array($v))`, `[[1, 2],["of v"]]`},
		{`States.ArrayPartition($.items, 1)`, `[[1],[2]]`},                                    // rec
		{`States.ArrayPartition(States.Array(1,2,3,4,5), 2)`, `[[1,2],[3,4],[5]]`},            // rec
		{`States.ArrayPartition($.items, 2147483647)`, `[[1,2]]`},                             // cap
		{`States.ArrayPartition(States.Array(), 3)`, `[]`},                                    // rec
		{`States.ArrayPartition(States.Array(1,2,3), 2.6)`, `[[1,2],[3]]`},                    // cap: cut off, not rounded
		{`States.ArrayPartition($.items, 0.6)`, `Invalid arguments in States.ArrayPartition`}, // cap
		{`States.ArrayPartition($.items, -1)`, `Invalid arguments in States.ArrayPartition`},  // cap
		{`States.ArrayPartition($.items, '2')`, `Invalid arguments in States.ArrayPartition`}, // cap
		{`States.ArrayPartition($.s, 2)`, `Invalid arguments in States.ArrayPartition`},       // cap
		{`States.ArrayContains($.items, 2)`, `true`},                                          // rec
		{`States.ArrayContains($.items, 5)`, `false`},                                         // cap
		{`States.ArrayContains(States.Array('1', 'true'), 1)`, `true`},                        // cap: by text
		{`States.ArrayContains(States.Array('1', 'true'), true)`, `true`},                     // cap
		{`States.ArrayContains(States.Array(0, 1), false)`, `false`},                          // cap
		{`States.ArrayContains(States.Array($.o), $.o)`, `true`},                              // cap
		{`States.ArrayContains(States.Array($.items), $.items)`, `true`},                      // cap
		{`States.ArrayContains($.s, 'a')`, `Invalid arguments in States.ArrayContains`},       // cap
		{`States.ArrayRange(1, 9, 2)`, `[1,3,5,7,9]`},                                         // guide
		{`States.ArrayRange(5, 1, -2)`, `[5,3,1]`},                                            // cap
		{`States.ArrayRange(3, 3, -1)`, `[3]`},                                                // cap
		{`States.ArrayRange(5, 1, 1)`, `[]`},                                                  // cap
		{`States.ArrayRange(1, 5, -1)`, `[]`},                                                 // cap
		{`States.ArrayRange(1.6, 1.4, 1)`, `[1]`},                                             // cap: cut off
		{`States.ArrayRange(5.4, -0.6, -2.4)`, `[5,3,1]`},                                     // cap
		{`States.ArrayRange(1, 10, 0.49)`, `Invalid arguments in States.ArrayRange`},          // cap
		{`States.ArrayRange(1, 1001, 1)`, `Invalid arguments in States.ArrayRange`},           // cap
		{`States.ArrayLength(States.ArrayRange(1000, 1, -1))`, `1000`},                        // cap
		{`States.ArrayRange(-2147483648, 2147483647, 2147483647)`, `[-2147483648,-1,2147483646]`},
		{`States.ArrayRange(1, 3000000000, 1)`, `Invalid arguments in States.ArrayRange`},
		{`States.ArrayGetItem($.items, 1)`, `2`},                                         // rec
		{`States.ArrayGetItem($.items, 1.2)`, `2`},                                       // cap: cut off
		{`States.ArrayGetItem($.items, 2)`, `Invalid arguments in States.ArrayGetItem`},  // cap
		{`States.ArrayGetItem($.items, -1)`, `Invalid arguments in States.ArrayGetItem`}, // cap
		{`States.ArrayGetItem(States.Array(), 999)`, `null`},                             // cap
		{`States.ArrayGetItem(States.Array(), 1e99)`, `Invalid arguments in States.ArrayGetItem`},
		{`States.ArrayLength($.l)`, `7`},                                         // rec
		{`States.ArrayLength($.items[*].nope)`, `0`},                             // cap
		{`States.ArrayUnique($.l)`, `[1.0,null,1,2,"b"]`},                        // the order of Java's HashSet
		{`States.ArrayUnique(States.Array(true, false, true))`, `[false,true]`},  // cap
		{`States.ArrayUnique($.o)`, `Invalid arguments in States.ArrayUnique`},   // cap
		{`States.Base64Encode('Data to encode')`, `"RGF0YSB0byBlbmNvZGU="`},      // rec
		{`States.Base64Encode('🚀')`, `"8J+agA=="`},                               // cap
		{`States.Base64Encode(123)`, `Invalid arguments in States.Base64Encode`}, // cap
		{`States.Base64Decode('RGF0YSB0byBlbmNvZGU=')`, `"Data to encode"`},      // rec
		{`States.Base64Decode(' YWJjZA== ')`, `"abcd"`},                          // cap: accepted
		{`States.Base64Decode('!!!YWJj!!!')`, `"abc"`},                           // cap: accepted
		{`States.Base64Decode('YWI')`, `"ab"`},                                   // cap: accepted
		{`States.Base64Decode('YQ==cd')`, `"a"`},                                 // cap: accepted
		{`States.Base64Decode('A')`, `""`},
		{`States.Base64Decode('_-7_')`, "\"\ufffd\""},
		{`States.Hash('input data', 'MD5')`, `"812f45842bc6d66ee14572ce20db8e86"`},                                                                     // rec
		{`States.Hash('input data', 'SHA-1')`, `"aaff4a450a104cd177d28d18d74485e8cae074b7"`},                                                           // rec
		{`States.Hash('input data', 'SHA-256')`, `"b4a697a057313163aee33cd8d40c66e9f0f177e00cac2de32475ffff6169c3e3"`},                                 // rec
		{`States.Hash('input data', 'SHA-384')`, `"d28a7d5cf25a74f11a50a18452b75e04bb3d70c9dd0510d6123aa008c756511b87525bdc835ebb27e1fb9e9374a15562"`}, // rec
		{`States.Hash('input data', 'SHA-512')`, `"6ce4adb348546d4f449c4d25aad9a7c9cb711d9e91982d3f0b29ca2f3f47d4ce2deba23bf2954f0f1d593fc50283731a533d30d425402d4f91316d871303aac4"`}, // rec
		{`States.Hash(123, 'MD5')`, `"202cb962ac59075b964b07152d234b70"`},                                                            // cap: numbers are printed
		{`States.Hash('a', 'sha-256')`, `Invalid arguments in States.Hash`},                                                          // cap
		{`States.Hash('a', 1)`, `Invalid arguments in States.Hash`},                                                                  // cap
		{`States.JsonMerge($.o, States.StringToJson('\{"Arg1": 2, "a": 3\}'), false)`, `{"a":3,"Arg2":[],"Arg1":2,"x":{"y": null}}`}, // rec: shallow, the order of a HashMap
		{`States.JsonMerge(States.StringToJson('\{"constant_in_literal": "false"\}'), States.StringToJson('\{"constant_input_field": "v"\}'), false)`, `{"constant_input_field":"v","constant_in_literal":"false"}`}, // rec
		{`States.JsonMerge($.o, $.o, true)`, `Invalid arguments in States.JsonMerge`},
		{`States.JsonMerge($.o, States.StringToJson('{}'), 'false')`, `{"Arg2":[],"Arg1":1,"x":{"y": null}}`}, // cap: accepted
		{`States.JsonMerge($.nul, $.o, false)`, `Invalid arguments in States.JsonMerge`},                      // cap
		{`States.JsonToString($.o)`, `"{\"Arg1\":1,\"Arg2\":[],\"x\":{\"y\":null}}"`},                         // rec
		{`States.JsonToString('x')`, `"\"x\""`},                                                               // cap
		{`States.JsonToString($.nul)`, `"null"`},                                                              // cap
		{`States.StringToJson($.json)`, `{"k":[1,2.5,"v"]}`},                                                  // rec
		{`States.StringToJson('')`, `null`},                                                                   // rec
		{`States.StringToJson(' ')`, `null`},                                                                  // rec
		{`States.StringToJson('-0')`, `0`},                                                                    // rec
		{`States.StringToJson('1e3')`, `1000.0`},
		{`States.StringToJson('1e999')`, `1e999`},
		{`States.StringToJson($.o)`, `Invalid arguments in States.StringToJson`},                     // cap
		{`States.MathAdd(1.5, 0)`, `2`},                                                              // rec
		{`States.MathAdd(-1.5, 0)`, `-1`},                                                            // rec
		{`States.MathAdd(-0.5, 0)`, `0`},                                                             // rec
		{`States.MathAdd($.n, 2.7)`, `5`},                                                            // cap: each is rounded
		{`States.MathAdd(2147483647, 0)`, `2147483647`},                                              // cap
		{`States.MathAdd(2147483647, 1)`, `Invalid arguments in States.MathAdd`},                     // cap
		{`States.MathAdd(3000000000, -1)`, `Invalid arguments in States.MathAdd`},                    // cap
		{`States.MathAdd('1', 1)`, `Invalid arguments in States.MathAdd`},                            // cap
		{`States.MathAdd(true, 1)`, `Invalid arguments in States.MathAdd`},                           // cap
		{`States.StringSplit('This.is+a,test=string', '.+,=')`, `["This","is","a","test","string"]`}, // rec
		{`States.StringSplit(',,,,', ',')`, `[]`},                                                    // rec
		{`States.StringSplit(', , ,', ',')`, `[" "," "]`},                                            // rec
		{`States.StringSplit($.csv, '')`, `["a,,b;c"]`},
		{`States.StringSplit('', ',')`, `[]`}, // cap
		{`States.StringSplit('aéb', 'é')`, `["a","b"]`},
		{`States.StringSplit(1, ',')`, `Invalid arguments in States.StringSplit`},   // cap
		{`States.MathRandom(5, 5)`, `Invalid arguments in States.MathRandom`},       // cap
		{`States.MathRandom(1.4, 1.6)`, `Invalid arguments in States.MathRandom`},   // cap: cut off
		{`States.MathRandom(1, 2, null)`, `Invalid arguments in States.MathRandom`}, // cap
		{`States.MathRandom(0, 100, 42)`, `30`},                                     // java.util.Random
		{`States.MathRandom(0, 100, 42.9)`, `30`},
		{`States.MathRandom(7, 8)`, `7`},
		{`States.MathRandom(-2147483648, 2147483647, 42)`, `977378562`},
		{`States.MathRandom(0, 10, 1e30)`, `3`},
		{`States.UUID()`, `"c4f5a586-56ee-4510-9dce-c3ad077dec6c"`},
		{`States.UUID(1)`, `Invalid arguments in States.UUID`},
		{`States.Format('Formatting argument {}.', $.nul)`, `"Formatting argument null."`},                                 // rec
		{`States.Format('{}', $.o)`, `"{Arg1=1, Arg2=[], x={y=null}}"`},                                                    // rec: Java's maps
		{`States.Format('fst={} and snd={}.', $$.Execution.Name, $$.StateMachine)`, `"fst=run and snd={Id=arn, Name=m}."`}, // rec
		{`States.Format('{}|{}|{}', $.n, $.t, 9007199254740991)`, `"1.5|true|9007199254740991"`},                           // cap
		{`States.Format($.tpl, 1)`, `"n=1"`},                                                                               // cap
		{`States.Format('  {}  ', $.s)`, `"  text  "`},                                                                     // cap
		{`States.Format('no placeholders')`, `"no placeholders"`},                                                          // cap
		{`States.Format('')`, `""`},
		{`States.Format('it\'s \{\} \\ "{}"', 1)`, `"it's {} \\ \"1\""`}, // guide
		{"States.Format('one\n{}', $v)", `"one\nof v"`},
		{`States.Format('{}', States.StringToJson('"x"'))`, `"\"x\""`}, // cap: not x
		{`States.Format('{}', States.StringToJson($.json))`, `"{\"k\":[1,2.5,\"v\"]}"`},
		{`States.Format('{} {}', 1)`, `Invalid arguments in States.Format: number of arguments do not match the occurrences of {}.`},
		{`States.Format('{}', 1, 2)`, `Invalid arguments in States.Format: number of arguments do not match the occurrences of {}.`},
		{`States.Format(123, 1)`, `Invalid arguments in States.Format: number of arguments do not match the occurrences of {}.`},
		{`States.Format('a {', 1)`, `Invalid template in States.Format: matching '}' not found for '{'.`}, // cap
		{`States.Format('{{}}', 1)`, `Invalid template in States.Format: matching '}' not found for '{'.`},
		{`States.Format('}')`, `Invalid template in States.Format: matching '{' not found for '}'.`},
	} {
		v, err := evaluate(t, tc.text)
		if err == nil {
			if got := value.Text(v); got != tc.want {
				t.Errorf("%s gives %s, want %s", tc.text, got, tc.want)
			}
			continue
		}
		var failed *Error
		if !errors.As(err, &failed) || failed.Name != "States.Runtime" {
			t.Errorf("%s: error %v", tc.text, err)
			continue
		}
		if want := "There was an error while evaluating the intrinsic function: " + tc.text + ". " + tc.want; failed.Cause != want {
			t.Errorf("%s: %s, want %s", tc.text, failed.Cause, want)
		}
	}
}

func TestMissingPaths(t *testing.T) {
	in := value.Text(value.MustParse(input))
	for _, tc := range []struct{ text, want string }{
		{`States.Format('{}', $.nope)`, "The JsonPath argument for the field '$.nope' could not be found in the input '" + in + "'"},
		{`States.Format('{} {}', $.other, $.a.b)`, "The JsonPath argument for the field '$.a.b' could not be found in the input '" + in + "'"},
		{`States.Format('{}',States.Array($.items[5]))`, "The JsonPath argument for the field '$.items[5]' could not be found in the input '" + in + "'"},
		{`States.Format('{}', $.items[5].x)`, "The JsonPath argument for the field '$.items[5].x' could not be found in the input '" + in + "'"},
		{`States.Format('{}', $$.Nope.Deep)`, "The JsonPath argument for the field '$.Nope.Deep' could not be found in the input '" + in + "'"},
		{`States.Format('{}', $.other[0])`, "Filter: [0] can only be applied to arrays. Current context is: 1"},
		{`States.Format('{}', $.items.foo.max())`, "The JsonPath argument for the field '$.items.foo.max()' could not be found in the input '" + in + "'"},
		{`States.Format('{}', $.s.max())`, "Aggregation function attempted to calculate value using empty array"},
	} {
		_, err := evaluate(t, tc.text)
		var failed *Error
		if !errors.As(err, &failed) {
			t.Errorf("%s: %v", tc.text, err)
			continue
		}
		if want := "The function '" + tc.text + "' had the following error: " + tc.want; failed.Error() != want || failed.Name != ErrorName {
			t.Errorf("%s: %s\nwant %s", tc.text, failed.Cause, want)
		}
	}
	_, err := evaluate(t, "States.Array($none)")
	var variable *jsonpath.NoSuchVariableError
	if !errors.As(err, &variable) || variable.Name != "none" {
		t.Errorf("a missing variable: %v", err)
	}
}

func TestLimits(t *testing.T) {
	long := strings.Repeat("é", MaxInput)
	data := value.NewObject(value.Member{Name: "long", Value: value.String(long)}, value.Member{Name: "longer", Value: value.String(long + "a")},
		value.Member{Name: "big", Value: value.NewArray(value.String(strings.Repeat("x", 200_000)))})
	for _, tc := range []struct {
		text string
		ok   bool
	}{
		{`States.Hash($.long, 'MD5')`, true},
		{`States.Hash($.longer, 'MD5')`, false},
		{`States.Hash($.big, 'MD5')`, false},
		{`States.Base64Encode($.long)`, true},
		{`States.Base64Encode($.longer)`, false},
		{`States.Base64Decode($.long)`, true},
		{`States.Base64Decode($.longer)`, false},
		{`States.Format('` + strings.Repeat("{}", 30) + `'` + strings.Repeat(", $.big[0]", 30) + `)`, true},
		{`States.Format('` + strings.Repeat("{}", 60) + `'` + strings.Repeat(", $.big[0]", 60) + `)`, false},
		{`States.Format('` + strings.Repeat("{}", 60) + `'` + strings.Repeat(", $.big", 60) + `)`, false},
		{`States.JsonToString(States.Array(1` + strings.Repeat(", $.big", 60) + `))`, false},
		{`States.ArrayUnique(States.Array(1` + strings.Repeat(", $.big", 60) + `))`, false},
		{`States.ArrayContains(States.Array(1` + strings.Repeat(", $.big", 60) + `), 1)`, false},
	} {
		_, err := Eval(MustParse(tc.text), Roots{Roots: jsonpath.Roots{Data: data}})
		if (err == nil) != tc.ok {
			t.Errorf("%.60s: %.200v", tc.text, err)
		}
	}
}

// TestHostile wants an error, soon, of calls that would take very long or need very much.
func TestHostile(t *testing.T) {
	repeat := strings.Repeat
	data := value.NewObject(
		value.Member{Name: "s", Value: value.String(repeat("x", 200_000))}, value.Member{Name: "commas", Value: value.String(repeat("x,", 100_000))},
		value.Member{Name: "lists", Value: value.String(repeat("[],", 60_000))}, value.Member{Name: "l", Value: value.MustParse("[" + repeat("1,", 100_000) + "1]")})
	format := func(n int, arg string) string {
		return "States.Format('" + repeat("{}", n) + "'" + repeat(", "+arg, n) + ")"
	}
	array := func(n int, arg string) string { return "States.Array(1" + repeat(", "+arg, n) + ")" }
	nested := "$"
	for range MaxNesting - 2 {
		nested = "States.Array(" + nested + ", $)"
	}
	for _, tc := range []struct{ name, text, want string }{
		{"nesting", repeat("States.Array(", 60_000) + "1" + repeat(")", 60_000), "nested deeper than 10"},
		{"length", array(600_000, "1"), "at most 1048576"},
		{"arguments", array(300_000, "1"), "more than 100000 arguments"},
		{"arguments of many calls", array(50_000, "States.Array($)"), "more than 100000 arguments"},
		{"a range", "States.ArrayRange(1, 10000000, 1)", "Invalid arguments"},
		{"a long text", format(60, "$.s"), "larger than 8388608 bytes"},
		{"long texts", array(300, format(30, "$.s")), "larger than 8388608 bytes"},
		{"a large result", array(1000, "$"), "larger than 8388608 bytes"},
		{"a large result, nested", array(100, nested), "larger than 8388608 bytes"},
		{"much text", array(1000, "States.JsonToString($)"), "larger than 8388608 bytes"},
		{"many hashes", array(20_000, "States.Hash($.s, 'MD5')"), "Invalid arguments"},
		{"many searches", array(20_000, "States.ArrayContains($.l, 2)"), "larger than 8388608 bytes"},
		{"many sets", array(20_000, "States.ArrayUnique($.l)"), "larger than 8388608 bytes"},
		{"pieces", "States.StringSplit(" + format(20, "$.commas") + ", ',')", "larger than 8388608 bytes"},
		{"lists in a text", "States.StringToJson(" + format(20, "$.lists") + ")", "larger than 8388608 bytes"},
		{"paths", array(20_000, "$..*"), "more than 5000000 steps"},
		{"backtracking", array(1000, "$.l[?('"+repeat("a", 40)+"' =~ /(?=a)(a+)+$/)]"), "more than|longer than|null"},
		{"a pattern", "States.Array($[?(@ =~ /(a+)+$/)])", ""},
	} {
		start := time.Now()
		call, err := Parse(tc.text)
		if err == nil {
			_, err = Eval(call, Roots{Roots: jsonpath.Roots{Data: data}})
		}
		found := err == nil && tc.want == ""
		for want := range strings.SplitSeq(tc.want, "|") {
			found = found || err != nil && strings.Contains(err.Error(), want)
		}
		if !found {
			t.Errorf("%s: got %.300v, want %s", tc.name, err, tc.want)
		}
		if took := time.Since(start); took > 20*time.Second { // a second on an idle machine; the race detector takes its share
			t.Errorf("%s took %v", tc.name, took)
		}
	}
}

func TestRandomness(t *testing.T) {
	seen := map[string]bool{}
	for range 100 {
		v, err := Eval(MustParse("States.UUID()"), Roots{})
		if err != nil {
			t.Fatal(err)
		}
		id := string(v.(value.String))
		if len(id) != 36 || id[14] != '4' || !strings.ContainsRune("89ab", rune(id[19])) || seen[id] {
			t.Errorf("UUID %s", id)
		}
		seen[id] = true
		v, err = Eval(MustParse("States.MathRandom(-3, 3)"), Roots{})
		if err != nil {
			t.Fatal(err)
		}
		if n, ok := v.(value.Number).Int(); !ok || n < -3 || n > 2 {
			t.Errorf("random number %v", v)
		}
	}
}

func BenchmarkParse(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(`States.Format('{}/{}', $.bucket, States.ArrayGetItem($.keys, 0))`); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkEval(b *testing.B) {
	data := value.NewObject(value.Member{Name: "bucket", Value: value.String("b")}, value.Member{Name: "keys", Value: value.NewArray(value.String("k"))},
		value.Member{Name: "huge", Value: value.String(strings.Repeat("{}", 100_000))}, value.Member{Name: "n", Value: value.Int(3)})
	for _, text := range []string{`States.Format('{}/{}', $.bucket, States.ArrayGetItem($.keys, 0))`, `States.Format('{} {}', $.huge, 1)`, `States.MathAdd($.n, 1)`, `States.UUID()`} {
		b.Run(text, func(b *testing.B) {
			call := MustParse(text)
			r := Roots{Roots: jsonpath.Roots{Data: data}}
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Eval(call, r); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// TestStringToJSONFaults has Jackson's messages. The first three are captured on AWS for other texts: github.com/gabrielmoreira/tiny-asl-machine
// tests/conformance/cases/.snapshots/aws/States.StringToJson-011, -012 and -014 (read in 2026-09).
func TestStringToJSONFaults(t *testing.T) {
	const source = "[Source: REDACTED (`StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION` disabled); line: %s]"
	const values = "(JSON String, Number, Array, Object or token 'null', 'true' or 'false')"
	at := func(place string) string { return "\n at " + strings.Replace(source, "%s", place, 1) }
	for text, want := range map[string]string{
		`{x: 1}`:                 "Unexpected character ('x' (code 120)): was expecting double-quote to start field name" + at("1, column: 2"),
		`{"aa":11`:               "Unexpected end-of-input: expected close marker for Object (start marker at " + strings.Replace(source, "%s", "1, column: 1", 1) + ")" + at("1, column: 9"),
		`Sorry, I cannot`:        "Unrecognized token 'Sorry': was expecting " + values + at("1, column: 6"),
		"[1,\n nul]":             "Unrecognized token 'nul': was expecting " + values + at("2, column: 5"),
		`[1,]`:                   "Unexpected character (']' (code 93)): expected a valid value " + values + at("1, column: 4"),
		`{"a" 1}`:                "Unexpected character ('1' (code 49)): was expecting a colon to separate field name and value" + at("1, column: 6"),
		`[{"a": [1}]`:            "Unexpected close marker '}': expected ']' (for Array starting at " + strings.Replace(source, "%s", "1, column: 8", 1) + ")" + at("1, column: 11"),
		`[1 2]`:                  "Unexpected character ('2' (code 50)): was expecting comma to separate Array entries" + at("1, column: 4"),
		`["a`:                    "Unexpected end-of-input: was expecting closing quote for a string value" + at("1, column: 4"),
		`{"a`:                    "Unexpected end-of-input in field name" + at("1, column: 4"),
		`{"a":`:                  "Unexpected end-of-input within/between Object entries" + at("1, column: 6"),
		`{"a":1,`:                "Unexpected end-of-input within/between Object entries" + at("1, column: 8"),
		`["\x"]`:                 "Unrecognized character escape 'x' (code 120)" + at("1, column: 5"),
		"[\"\t\"]":               "Illegal unquoted character ((CTRL-CHAR, code 9)): has to be escaped using backslash to be included in string value" + at("1, column: 4"),
		"```json\n{}\n```":       "Unexpected character ('`' (code 96)): expected a valid value " + values + at("1, column: 1"),
		`1 2`:                    "",
		strings.Repeat("[", 2e6): "Document nesting depth (1001) exceeds the maximum allowed (1000, from `StreamReadConstraints.getMaxNestingDepth()`)" + at("1, column: 1002"),
	} {
		if got := jacksonFault(text); got != want {
			t.Errorf("%.30s: got\n%s\nwant\n%s", text, got, want)
		}
	}
}
