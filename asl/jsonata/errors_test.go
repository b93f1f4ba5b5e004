package jsonata

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/value"
)

// TestErrors holds codes, tokens, positions (-1 for none) and messages against what the original gives (run under Node).
func TestErrors(t *testing.T) {
	for _, tc := range []struct {
		expr, code, token string
		position          int
		message           string
	}{
		{`"abc`, "S0101", "", 4, "String literal must be terminated by a matching quote"},
		{`1e999`, "S0102", "1e999", 0, `Number out of range: "1e999"`},
		{`"a\qb"`, "S0103", "q", 3, `Unsupported escape sequence: \"q"`},
		{`"\u12"`, "S0104", "", 2, `The escape sequence \u must be followed by 4 hex digits`},
		{"`abc", "S0105", "", 4, "Quoted property name must be terminated with a backquote (`)"},
		{`/*abc`, "S0106", "", 0, "Comment has no closing tag"},
		{`a b`, "S0201", "b", 3, `Syntax error: "b"`},
		{`function($x)<n{1}`, "S0202", "{", 15, `Expected ">", got "{"`},
		{`(1 2`, "S0202", "2", 4, `Expected ")", got 2`},
		{`(a`, "S0203", "(end)", 2, `Expected ")" before end of expression`},
		{`~a`, "S0204", "~", 1, `Unknown operator: "~"`},
		{`a +`, "S0207", "(end)", 3, "Unexpected end of expression"},
		{`function($x,3){1}`, "S0208", "3", 13, "Parameter 2 of function definition must be a variable name (start with $)"},
		{`a.b{"x":1}.c[0]{"y":1}{"z":1}`, "S0210", "", 16, "Each step can only have one grouping expression"},
		{`[1,]`, "S0211", "]", 4, `The symbol "]" cannot be used as a unary operator`},
		{`{"a":1,}`, "S0211", "}", 8, `The symbol "}" cannot be used as a unary operator`},
		{`a := 1`, "S0212", "a", 1, "The left side of := must be a variable name (start with $)"},
		{`a.1`, "S0213", "", 3, "The literal value 1 cannot be used as a step within a path expression"},
		{`a@b`, "S0214", "@", 3, `The right side of "@" must be a variable name (start with $)`},
		{`b[0]@$x`, "S0215", "", 5, "A context variable binding must precede any predicates on a step"},
		{`b^($)@$x`, "S0216", "", 6, "A context variable binding must precede the 'order-by' clause on a step"},
		{`{"a":%}`, "S0217", "unary", 1, "The object representing the 'parent' cannot be derived from this expression"},
		{`%`, "S0217", "parent", -1, "The object representing the 'parent' cannot be derived from this expression"},
		{`/(/`, "S0302", "", 3, "No terminating / in regular expression"},
		{`function($x)<n<n>>{1}`, "S0401", "", 15, "Type parameters can only be applied to functions and arrays"},
		{`function($x)<(a<n>)>{1}`, "S0402", "", 14, "Choice groups containing parameterized types are not supported"},
		{`/a(?i)b/`, CodeRegex, "a(?i)b", 8, "Invalid regular expression: /a(?i)b/: Invalid group"},
		{`$substring()`, "T0410", "substring", 11, `Argument 1 of function "substring" does not match function signature`},
		{`$substring(1)`, "T0411", "substring", 11, `Context value is not a compatible type with argument 1 of function "substring"`},
		{`$sum("a")`, "T0412", "sum", 5, `Argument 1 of function "sum" must be an array of "numbers"`},
		{`true and $sum("a")`, "T0412", "and", 8, `Argument 1 of function "and" must be an array of "numbers"`},
		{`(1/0)+1`, "D1001", "+", 6, "Number out of range: null"},
		{`-"x"`, "D1002", "-", 1, `Cannot negate a non-numeric value: "x"`},
		{`{1:2}`, "T1003", "", 1, "Key in object structure must evaluate to a string; got: 1"},
		{`$match("ab",/x*/)`, "D1004", "match", 7, "Regular expression matches zero length string"},
		{`sum([1])`, "T1005", "sum", 4, "Attempted to invoke a non-function. Did you mean $sum?"},
		{`$foo(1)`, "T1006", "foo", 5, "Attempted to invoke a non-function"},
		{`sum(?)`, "T1007", "sum", 4, "Attempted to partially apply a non-function. Did you mean $sum?"},
		{`$foo(?)`, "T1008", "foo", 5, "Attempted to partially apply a non-function"},
		{`{"a":1,"a":2}`, "D1009", "", 1, `Multiple key definitions evaluate to same key: "a"`},
		{`$match("a",function($m){1})`, "T1010", "match", 7, `The matcher function argument passed to function "match" does not return the correct object structure`},
		{`"a" + 1`, "T2001", "+", 5, `The left side of the "+" operator must evaluate to a number`},
		{`1 + "a"`, "T2002", "+", 3, `The right side of the "+" operator must evaluate to a number`},
		{`["a"..1]`, "T2003", "..", 6, "The left side of the range operator (..) must evaluate to an integer"},
		{`[1..1.5]`, "T2004", "..", 4, "The right side of the range operator (..) must evaluate to an integer"},
		{`[1..10000001]`, "D2014", "..", 4, "The size of the sequence allocated by the range operator (..) must not exceed 1e6.  Attempted to allocate 10000001."},
		{`a ~> nothing`, "T2006", "", 4, "The right side of the function application operator ~> must be a function"},
		{`[{"a":1},{"a":"x"}]^(a)`, "T2007", "", 20, `Type mismatch when comparing values 1 and "x" in order-by clause`},
		{`[{"a":true},{"a":false}]^(a)`, "T2008", "", 25, "The expressions within an order-by clause must evaluate to numeric or string values"},
		{`"a" < 1`, "T2009", "<", 5, `The values "a" and 1 either side of operator "<" must be of the same data type`},
		{`true < 1`, "T2010", "<", 6, `The expressions either side of operator "<" must evaluate to numeric or string values`},
		{`{"k":1} ~> |$|1|`, "T2011", "", 15, "The insert/update clause of the transform expression must evaluate to an object: 1"},
		{`{"k":1} ~> |$|{},1|`, "T2012", "", 18, "The delete clause of the transform expression must evaluate to a string or array of strings: 1"},
		{`$string(1/0)`, "D3001", "string", 8, "Attempting to invoke string function on Infinity or NaN"},
		{`$replace("a","","b")`, "D3010", "replace", 9, "Second argument of replace function cannot be an empty string"},
		{`$number("x")`, "D3030", "number", 8, `Unable to cast value to a number: "x"`},
		{`$reduce([1],function($x){1})`, "D3050", "reduce", 8, "The second argument of reduce function must be a function with at least two arguments"},
		{`$sqrt(-1)`, "D3060", "sqrt", 6, "The sqrt function cannot be applied to a negative number: -1"},
		{`$power(10,1000)`, "D3061", "power", 7, "The power function has resulted in a value that cannot be represented as a JSON number: base=10, exponent=1000"},
		{`$formatNumber(1,"#;#;#")`, "D3080", "formatNumber", 14, "The picture string must only contain a maximum of two sub-pictures"},
		{`$eval("1+")`, "D3120", "eval", 6, `Syntax error in expression passed to function eval: "Unexpected end of expression"`},
		{`$error("boo")`, "D3137", "error", 7, "boo"},
		{`$abs(00.50)`, "S0202", "0.5", 10, `Expected ")", got 0.5`}, // a number is named by its value
		{`$decodeUrl("%")`, "D3140", "decodeUrl", 11, `Malformed URL passed to $decodeUrl(): "%"`},
		{"$encodeUrl('\xed\xa0\x80')", "D3140", "encodeUrl", 11, "Malformed URL passed to $encodeUrl(): \"\\ud800\""}, // a lone surrogate
		{`(function($x)<a<:>>{1})(7)`, "T0412", "", 24, "Argument 1 of function undefined must be an array of undefined"},
		{`-$split($pad("", 9998, "a"), "")`, "D1002", "-", 1, "Cannot negate a non-numeric value: " + "[\"a\"" + strings.Repeat(",\"a\"", 2499)[:9996] + "…"},
		{`-$split($pad("", 10001, "a"), "")`, "D1002", "-", 1, "Cannot negate a non-numeric value: …"},
		{`"a"(1)`, "T1006", "a", 4, "Attempted to invoke a non-function"},
		{`{}(1)`, "T1006", "{", 3, "Attempted to invoke a non-function"},
		{`(1)(1)`, "T1006", "", 4, "Attempted to invoke a non-function"},
		{`$f()()`, "T1006", "f", 3, "Attempted to invoke a non-function"},
		{`():=1`, "S0212", "(", 1, "The left side of := must be a variable name (start with $)"},
		{`{"b":$sum("a"),"1":nothing()}`, "T1006", "nothing", 27, "Attempted to invoke a non-function"}, // members that are numbers come first
		{`(function(){(function()<>{1})(7)})()`, "T0410", "", 13, "Argument 1 of function undefined does not match function signature"},
		{`"😀" + 1`, "T2001", "+", 6, `The left side of the "+" operator must evaluate to a number`},
	} {
		x, err := Compile(tc.expr)
		if err == nil {
			_, err = x.Eval(context.Background(), value.MustParse(`{"a":1,"b":[1,2],"s":"x"}`), nil)
		}
		var e *Error
		if !errors.As(err, &e) {
			t.Errorf("%s: error %v, want %s", tc.expr, err, tc.code)
			continue
		}
		if e.Code != tc.code || e.Token != tc.token || e.Position != tc.position || e.Message != tc.message {
			t.Errorf("%s:\n got  %s %q %d %s\n want %s %q %d %s", tc.expr, e.Code, e.Token, e.Position, e.Message, tc.code, tc.token, tc.position, tc.message)
		}
	}
}

// TestPanics: a fault of ours ends the evaluation, not the process.
func TestPanics(t *testing.T) {
	x, err := Compile(`$now()`, WithClock(func() time.Time { panic("no time") }))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second with the state that the first left behind
		_, err = x.Eval(context.Background(), nil, nil)
		var e *Error
		if !errors.As(err, &e) || e.Code != CodeInternal || e.Message != "internal error: no time" || e.Position != -1 {
			t.Errorf("got %#v", err)
		}
	}
	var nothing *Node
	if _, err := compileTree(nothing); err == nil || err.Code != CodeInternal {
		t.Errorf("got %v", err)
	}
}
