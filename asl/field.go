package asl

import (
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// Path is a field that holds a JSONPath, or null. The zero Path is "absent".
type Path struct {
	Text string // such as "$.document"; empty when Null
	Null bool
}

// NullPath is the path field set to null: an InputPath or OutputPath that gives {}, a ResultPath that discards the result.
var NullPath = Path{Null: true}

// PathOf makes a Path of its text.
func PathOf(text string) Path { return Path{Text: text} }

// Set tells whether the field is there, as a path or as null.
func (p Path) Set() bool { return p.Null || p.Text != "" }

// Or returns the path, or the default (which AWS documents for the field) when it is absent.
func (p Path) Or(text string) Path {
	if p.Set() {
		return p
	}
	return Path{Text: text}
}

// Number is a field that holds a number, or in a JSONata state an expression that gives one. The zero Number is "absent".
type Number struct {
	Text       value.Number // the number's text, or an unquoted `${Name}` hole
	Expression string       // a JSONata string or a `"${Name}"` hole
}

// NumberOf makes a Number of an integer.
func NumberOf(n int64) Number { return Number{Text: value.Int(n)} }

// FloatOf makes a Number of a float, which must be finite.
func FloatOf(f float64) Number { return Number{Text: value.Float(f)} }

// Set tells whether the field is there.
func (n Number) Set() bool { return n.Text != "" || n.Expression != "" }

// Int returns the integer, if the field holds one.
func (n Number) Int() (int64, bool) {
	if n.Text == "" {
		return 0, false
	}
	return n.Text.Int()
}

// Float returns the number, if the field holds one.
func (n Number) Float() (float64, bool) {
	if n.Text == "" || IsHole(string(n.Text)) {
		return 0, false
	}
	return n.Text.Float(), true
}

// IsHole tells whether text is one CloudFormation substitution and nothing else, such as `${ExtractTextFunctionArn}`.
func IsHole(text string) bool {
	return len(text) > 3 && strings.HasPrefix(text, "${") && strings.IndexByte(text, '}') == len(text)-1
}

// Holes lists the names of all CloudFormation substitutions in text, in order: `${A}/${B}` gives A and B. `${!Name}` is
// CloudFormation's escape for a literal `${Name}` and no hole.
func Holes(text string) []string {
	var names []string
	for {
		start := strings.Index(text, "${")
		if start < 0 {
			return names
		}
		text = text[start+2:]
		end := strings.IndexByte(text, '}')
		if end < 0 {
			return names
		}
		if name := text[:end]; name != "" && name[0] != '!' {
			names = append(names, name)
		}
		text = text[end+1:]
	}
}

// IsJSONata tells whether text is delimited as a JSONata string: `{% … %}`.
func IsJSONata(text string) bool {
	return len(text) >= 4 && strings.HasPrefix(text, "{%") && strings.HasSuffix(text, "%}")
}

// ComparisonOperators lists the operators of a JSONPath Choice rule: the names of the fields that hold the operand.
func ComparisonOperators() []string {
	operators := []string{"BooleanEquals", "BooleanEqualsPath", "StringMatches", "IsNull", "IsPresent", "IsNumeric", "IsString", "IsBoolean", "IsTimestamp"}
	for _, kind := range []string{"String", "Numeric", "Timestamp"} {
		for _, relation := range []string{"Equals", "LessThan", "GreaterThan", "LessThanEquals", "GreaterThanEquals"} {
			operators = append(operators, kind+relation, kind+relation+"Path")
		}
	}
	return operators
}
