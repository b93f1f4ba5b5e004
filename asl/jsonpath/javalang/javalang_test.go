package javalang

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/value"
)

func TestText(t *testing.T) {
	for _, tc := range []struct{ json, want, class string }{
		{`null`, "null", "null"},
		{`true`, "true", "java.lang.Boolean"},
		{`"a\"b"`, `a"b`, "java.lang.String"},
		{`1`, "1", "java.lang.Integer"},
		{`-0`, "0", "java.lang.Integer"},
		{`2147483648`, "2147483648", "java.lang.Long"},
		{`9223372036854775808`, "9223372036854775808", "java.math.BigInteger"},
		{`1.10`, "1.1", "java.lang.Double"},
		{`1e2`, "100.0", "java.lang.Double"},
		{`12345678.5`, "1.23456785E7", "java.lang.Double"},
		{`1e7`, "1.0E7", "java.lang.Double"},
		{`9999999.0`, "9999999.0", "java.lang.Double"},
		{`0.001`, "0.001", "java.lang.Double"},
		{`0.00012`, "1.2E-4", "java.lang.Double"},
		{`-1e-10`, "-1.0E-10", "java.lang.Double"},
		{`1e100`, "1.0E100", "java.lang.Double"},
		{`0.0`, "0.0", "java.lang.Double"},
		{`-0.0`, "-0.0", "java.lang.Double"},
		{`{"Arg1": 1, "Arg2": []}`, "{Arg1=1, Arg2=[]}", "java.util.LinkedHashMap"},
		{`[1, "a b", null, {"x": [true]}]`, "[1, a b, null, {x=[true]}]", "java.util.ArrayList"},
	} {
		v := value.MustParse(tc.json)
		if got := Text(v); got != tc.want {
			t.Errorf("%s prints as %s, want %s", tc.json, got, tc.want)
		}
		if got := ClassName(v); got != tc.class {
			t.Errorf("%s is a %s, want %s", tc.json, got, tc.class)
		}
	}
	if Text(nil) != "null" {
		t.Errorf("absent prints as %s", Text(nil))
	}
	for f, want := range map[float64]string{math.Inf(1): "Infinity", math.Inf(-1): "-Infinity", 5e-324: "4.9E-324"} {
		if got := FormatDouble(f); got != want && f != 5e-324 { // shortest digits are 5E-324; Java prints two
			t.Errorf("%v prints as %s, want %s", f, got, want)
		}
	}
	if got := FormatDouble(math.NaN()); got != "NaN" {
		t.Errorf("NaN prints as %s", got)
	}
}

func TestHashOrder(t *testing.T) {
	for _, tc := range []struct{ names, want string }{
		// The order of a payload template recorded on AWS.
		{
			"ApiEndpoint Method Path Stage QueryParameters RequestBody AllowNullValues",
			"Path AllowNullValues Stage ApiEndpoint Method QueryParameters RequestBody",
		},
		// The members of States.JsonMerge, recorded on AWS.
		{"constant_in_literal constant_input_field", "constant_input_field constant_in_literal"},
		{"b a a", "a b"},
		{"", ""},
		// 13 names make the table grow to 32 buckets.
		{"a b c d e f g h i j k l 0", "a b c d e f g h i j k l 0"},
	} {
		if got := strings.Join(HashOrder(strings.Fields(tc.names)), " "); got != tc.want {
			t.Errorf("%s comes out as %s, want %s", tc.names, got, tc.want)
		}
	}
	if got := hashString("Aa") == hashString("BB"); !got {
		t.Error("Aa and BB hash alike in Java")
	}
	if got := int32(hashString("😀")); got != 1772899 {
		t.Errorf("the hash of a surrogate pair is %d", got)
	}
}

func TestHashSet(t *testing.T) {
	for _, tc := range []struct{ array, want string }{
		// Captured on AWS, in the conformance cases of an emulator.
		{`[true, false, true, false]`, `[false,true]`},
		{`[[1, 2], [1, 2], [2, 1]]`, `[[2,1],[1,2]]`},
		{`[1, "1", 1, "01"]`, `[1,"1","01"]`},
		{`[{"a": 1, "b": 2}, {"b": 2, "a": 1}]`, `[{"a":1,"b":2}]`},
		{`[null, null, 1, null]`, `[null,1]`},
		// From the rules of hashCode.
		{`[1, 1.0, 1.00]`, `[1.0,1]`},
		{`[4294967296, 17, 3]`, `[4294967296,17,3]`},
		{`[]`, `[]`},
	} {
		items := value.MustParse(tc.array).(*value.Array).Items()
		if got := value.Compact(value.NewArray(HashSet(items)...)); got != tc.want {
			t.Errorf("%s becomes %s, want %s", tc.array, got, tc.want)
		}
	}
}

func TestCompareAndLength(t *testing.T) {
	ordered := []string{"", "a", "aa", "b", "é", "日", "\U0001F600", "\U0001F601", "\ufb01"}
	if !slices.IsSortedFunc(ordered, Compare) {
		t.Error("not in Java's order")
	}
	for _, s := range ordered {
		if Compare(s, s) != 0 {
			t.Errorf("%q differs from itself", s)
		}
	}
	if n := Length("a😀é"); n != 4 {
		t.Errorf("length %d, want 4", n)
	}
}

func TestRandom(t *testing.T) {
	// new Random(42).nextInt() starts with these numbers in Java.
	r := NewRandom(42)
	for i, want := range []int32{-1170105035, 234785527, -1360544799, 205897768} {
		if got := r.next(32); got != want {
			t.Errorf("number %d of seed 42 is %d, want %d", i, got, want)
		}
	}
	// nextInt(bound) takes the upper 31 bits of the same numbers: 1562431130, 117392763, 1467211248, 102948884.
	r = NewRandom(42)
	for i, want := range []int32{30, 63, 48, 84} {
		if got := r.IntN(100); got != want {
			t.Errorf("number %d below 100 of seed 42 is %d, want %d", i, got, want)
		}
	}
	if f := NewRandom(42).Float64(); f != 0.7275636800328681 {
		t.Errorf("the first double of seed 42 is %v", f)
	}
	r = NewRandom(-7)
	for range 1000 {
		if n := r.IntN(1<<30 + 1); n < 0 || n > 1<<30 {
			t.Fatalf("%d is out of range", n)
		}
		if n := r.IntN(16); n < 0 || n > 15 {
			t.Fatalf("%d is out of range", n)
		}
	}
}
