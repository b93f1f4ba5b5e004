package jsonata

import (
	"errors"
	"fmt"
	"math"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// Error is what Compile and Eval fail with.
type Error struct {
	// Code is the original's: S0… for syntax, T… for types, D… for values, U1001 for depth and time; or one of the Code constants.
	Code    string
	Message string
	// Position is the place as the original gives it: in UTF-16 code units from the start, mostly just behind the token at fault.
	// It is -1 when there is none.
	Position int
	// Offset is Position in bytes.
	Offset int
	Token  string
	// Value is the offending value, when there is one that JSON can hold.
	Value value.Value

	pos        int // in bytes; 0 means not known yet
	noPosition bool
	hasToken   bool // also when it is empty, as the name of the variable $ is
	bareToken  bool // the token is a number, true, false or null
	value      any
	value2     any
	index      int
	typ        string
	exponent   any
	limit      error
}

// Codes that the original does not have.
const (
	CodeRegex       = "S0500"                          // a regular expression that JavaScript refuses; the original throws a SyntaxError
	CodeLimit       = "U1002"                          // a limit other than depth and steps
	CodeCancelled   = "U1003"                          // the context was cancelled
	CodeInternal    = "U1004"                          // a fault of this package: it panicked
	CodeUnsupported = "UNSUPPORTED_JSONATA_EXPRESSION" // what Step Functions refuses when a state machine is created
	CodeResultType  = "UNSUPPORTED_RESULT_TYPE"        // the result is a function
	CodeFunction    = "D3900"                          // a function refuses what the original has no code for
)

// recovered is the error that a panic means: one that the parser and the compiler end with, or a fault of this package, which must not
// take down a process that runs many evaluations.
func recovered(p any) *Error {
	if e, ok := p.(*Error); ok {
		return e
	}
	e := &Error{Code: CodeInternal, Message: fmt.Sprintf("internal error: %v", p), noPosition: true}
	e.limit, _ = p.(error)
	return e
}

func (e *Error) Error() string {
	if e.Code == "" || e.Code == CodeUnsupported {
		return e.Message
	}
	return e.Code + ": " + e.Message
}

// Unwrap gives the limit that was reached, the cause of a cancellation, or the runtime's error.
func (e *Error) Unwrap() error { return e.limit }

// templates are the original's messages. {{x}} stands for x as JSON, {{{x}}} for x as it is.
var templates = map[string]string{
	"S0101": "String literal must be terminated by a matching quote",
	"S0102": "Number out of range: {{token}}",
	"S0103": "Unsupported escape sequence: \\{{token}}",
	"S0104": "The escape sequence \\u must be followed by 4 hex digits",
	"S0105": "Quoted property name must be terminated with a backquote (`)",
	"S0106": "Comment has no closing tag",
	"S0201": "Syntax error: {{token}}",
	"S0202": "Expected {{value}}, got {{token}}",
	"S0203": "Expected {{value}} before end of expression",
	"S0204": "Unknown operator: {{token}}",
	"S0207": "Unexpected end of expression",
	"S0208": "Parameter {{value}} of function definition must be a variable name (start with $)",
	"S0209": "A predicate cannot follow a grouping expression in a step",
	"S0210": "Each step can only have one grouping expression",
	"S0211": "The symbol {{token}} cannot be used as a unary operator",
	"S0212": "The left side of := must be a variable name (start with $)",
	"S0213": "The literal value {{value}} cannot be used as a step within a path expression",
	"S0214": "The right side of {{token}} must be a variable name (start with $)",
	"S0215": "A context variable binding must precede any predicates on a step",
	"S0216": "A context variable binding must precede the 'order-by' clause on a step",
	"S0217": "The object representing the 'parent' cannot be derived from this expression",
	"S0301": "Empty regular expressions are not allowed",
	"S0302": "No terminating / in regular expression",
	"S0401": "Type parameters can only be applied to functions and arrays",
	"S0402": "Choice groups containing parameterized types are not supported",
	"T0410": "Argument {{index}} of function {{token}} does not match function signature",
	"T0411": "Context value is not a compatible type with argument {{index}} of function {{token}}",
	"T0412": "Argument {{index}} of function {{token}} must be an array of {{type}}",
	"D1001": "Number out of range: {{value}}",
	"D1002": "Cannot negate a non-numeric value: {{value}}",
	"T1003": "Key in object structure must evaluate to a string; got: {{value}}",
	"D1004": "Regular expression matches zero length string",
	"T1005": "Attempted to invoke a non-function. Did you mean ${{{token}}}?",
	"T1006": "Attempted to invoke a non-function",
	"T1007": "Attempted to partially apply a non-function. Did you mean ${{{token}}}?",
	"T1008": "Attempted to partially apply a non-function",
	"D1009": "Multiple key definitions evaluate to same key: {{value}}",
	"T1010": "The matcher function argument passed to function {{token}} does not return the correct object structure",
	"T2001": "The left side of the {{token}} operator must evaluate to a number",
	"T2002": "The right side of the {{token}} operator must evaluate to a number",
	"T2003": "The left side of the range operator (..) must evaluate to an integer",
	"T2004": "The right side of the range operator (..) must evaluate to an integer",
	"D2014": "The size of the sequence allocated by the range operator (..) must not exceed 1e6.  Attempted to allocate {{value}}.",
	"T2006": "The right side of the function application operator ~> must be a function",
	"T2007": "Type mismatch when comparing values {{value}} and {{value2}} in order-by clause",
	"T2008": "The expressions within an order-by clause must evaluate to numeric or string values",
	"T2009": "The values {{value}} and {{value2}} either side of operator {{token}} must be of the same data type",
	"T2010": "The expressions either side of operator {{token}} must evaluate to numeric or string values",
	"T2011": "The insert/update clause of the transform expression must evaluate to an object: {{value}}",
	"T2012": "The delete clause of the transform expression must evaluate to a string or array of strings: {{value}}",
	"T2013": "The transform expression clones the input object using the $clone() function.  This has been overridden in the current scope by a non-function.",
	"D3001": "Attempting to invoke string function on Infinity or NaN",
	"D3010": "Second argument of replace function cannot be an empty string",
	"D3011": "Fourth argument of replace function must evaluate to a positive number",
	"D3012": "Attempted to replace a matched string with a non-string value",
	"D3020": "Third argument of split function must evaluate to a positive number",
	"D3030": "Unable to cast value to a number: {{value}}",
	"D3040": "Third argument of match function must evaluate to a positive number",
	"D3050": "The second argument of reduce function must be a function with at least two arguments",
	"D3060": "The sqrt function cannot be applied to a negative number: {{value}}",
	"D3061": "The power function has resulted in a value that cannot be represented as a JSON number: base={{value}}, exponent={{exp}}",
	"D3070": "The single argument form of the sort function can only be applied to an array of strings or an array of numbers.  Use the second argument to specify a comparison function",
	"D3120": "Syntax error in expression passed to function eval: {{value}}",
	"D3121": "Dynamic error evaluating the expression passed to function eval: {{value}}",
	"D3138": "The $single() function expected exactly 1 matching result.  Instead it matched more.",
	"D3139": "The $single() function expected exactly 1 matching result.  Instead it matched 0.",
	"D3140": "Malformed URL passed to ${{{token}}}(): {{value}}",
}

// finish fills in what a caller sees: the message and the position.
func (e *Error) finish(text string) *Error {
	if e.Message == "" {
		e.Message = e.render(templates[e.Code])
	}
	e.Offset = min(max(e.pos, 0), len(text))
	e.Position = unitLength(text[:e.Offset])
	if e.noPosition {
		e.Position = -1
	}
	if e.value != nil {
		if v, err := shown(e.value); err == nil {
			e.Value = v
		}
	}
	return e
}

func (e *Error) render(template string) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(template, "{{")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		raw := strings.HasPrefix(rest, "{")
		name, after, _ := strings.Cut(strings.TrimPrefix(rest, "{"), "}}")
		if raw {
			after = strings.TrimPrefix(after, "}")
		}
		template = after
		b.WriteString(e.field(name, raw))
	}
}

func (e *Error) field(name string, raw bool) string {
	switch name {
	case "token":
		if raw {
			return e.Token
		}
		if e.Token == "" && !e.hasToken {
			return "undefined"
		}
		if e.bareToken {
			return e.Token
		}
		return quote(e.Token)
	case "index":
		return fmt.Sprint(e.index)
	case "type":
		if e.typ == "" {
			return "undefined"
		}
		return quote(e.typ)
	case "exp":
		return jsonText(e.exponent)
	case "value2":
		return jsonText(e.value2)
	}
	return jsonText(e.value)
}

func jsonText(v any) string {
	if v == nil {
		return "undefined"
	}
	out, err := shown(v)
	if errors.Is(err, ErrItems) {
		return "…"
	}
	if err != nil {
		return "undefined"
	}
	text := value.Compact(out)
	if len(text) > maxShown {
		text = strings.ToValidUTF8(text[:maxShown], "") + "…"
	}
	return text
}

// maxShown bounds the text of a value in a message.
const maxShown = 10_000

// shown makes a JSON value of what an error is about, unless that is larger than any message should be.
func shown(v any) (value.Value, error) {
	c := converter{left: 10_000}
	return c.value(v, 0)
}

func quote(s string) string { return value.Text(value.String(s)) }

func outOfRange(f float64) *Error { return &Error{Code: "D1001", value: f} }

// finite returns the number that v is; an infinite one is an error, and NaN, as in the original, no number.
func finite(v any) (float64, bool, error) {
	f, ok := toFloat(v)
	if ok && math.IsInf(f, 0) {
		return 0, false, outOfRange(f)
	}
	return f, ok && !math.IsNaN(f), nil
}
