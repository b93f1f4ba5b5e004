package asl

import (
	"math/big"
	"regexp"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
	"go.yaml.in/yaml/v4"
)

// The forms of scalars in YAML 1.2's core schema (https://yaml.org/spec/1.2.2/#103-core-schema) that JSON does not have.
var (
	yamlDecimal = regexp.MustCompile(`^[-+]?[0-9]+$`)
	yamlOctal   = regexp.MustCompile(`^0o[0-7]+$`)
	yamlHex     = regexp.MustCompile(`^0x[0-9a-fA-F]+$`)
	yamlFloat   = regexp.MustCompile(`^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$`)
	yamlNoJSON  = regexp.MustCompile(`^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$`)
)

// scalar converts a scalar.
func (r *yamlReader) scalar(y *yaml.Node, start int) *Node {
	end := r.scalarEnd(y, start)
	v, ok := scalarValue(y)
	if !ok {
		r.problem(BrokenSyntax, start, end, "%s has no like in JSON, which definitions become", strings.TrimSpace(y.Value))
	}
	return &Node{Kind: v.Kind(), Value: v, Span: r.index.span(start, end), broken: !ok}
}

// scalarValue gives the JSON value of a scalar; false for infinities and "not a number".
func scalarValue(y *yaml.Node) (value.Value, bool) {
	plain := y.Style&(yaml.SingleQuotedStyle|yaml.DoubleQuotedStyle|yaml.LiteralStyle|yaml.FoldedStyle) == 0
	if y.Style&yaml.TaggedStyle != 0 {
		switch y.Tag {
		case "!!int", "!!float", "!!bool", "!!null":
			plain = true
		default: // !!str, dates, and the functions of CloudFormation, whose arguments are strings
			plain = false
		}
	} else if y.Tag == "!" { // the "non-specific" tag, which makes any scalar a string
		plain = false
	}
	if !plain {
		return value.String(y.Value), true
	}
	switch text := y.Value; text {
	case "", "~", "null", "Null", "NULL":
		return value.Null{}, true
	case "true", "True", "TRUE":
		return value.Bool(true), true
	case "false", "False", "FALSE":
		return value.Bool(false), true
	default:
		if yamlNoJSON.MatchString(text) {
			return value.String(text), false
		}
		if number, ok := yamlNumber(text); ok {
			return number, true
		}
		return value.String(text), true
	}
}

// yamlNumber gives a number's JSON text, which is its own text where JSON allows it.
func yamlNumber(text string) (value.Number, bool) {
	switch {
	case isJSONNumber(text):
		return value.Number(text), true
	case len(text) > 400: // digits beyond any use, which would take long to convert
		return "", false
	case yamlDecimal.MatchString(text):
		return integer(text, 10)
	case yamlOctal.MatchString(text):
		return integer(text[2:], 8)
	case yamlHex.MatchString(text):
		return integer(text[2:], 16)
	case yamlFloat.MatchString(text):
		return plainFloat(text), true
	}
	return "", false
}

func integer(digits string, base int) (value.Number, bool) {
	n, ok := new(big.Int).SetString(digits, base)
	if !ok {
		return "", false
	}
	return value.Number(n.String()), true
}

// plainFloat writes a float of YAML, such as `+.5e3` or `1.`, as JSON does.
func plainFloat(text string) value.Number {
	sign := ""
	if text[0] == '-' {
		sign = "-"
	}
	text = strings.TrimLeft(text, "+-")
	exponent := ""
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		text, exponent = text[:i], text[i:]
	}
	whole, fraction, _ := strings.Cut(text, ".")
	if whole = strings.TrimLeft(whole, "0"); whole == "" {
		whole = "0"
	}
	if fraction != "" {
		fraction = "." + fraction
	}
	return value.Number(sign + whole + fraction + exponent)
}

// tagged gives n as the CloudFormation function that its tag names: `!Sub x` is {"Fn::Sub": "x"}, and `!GetAtt a.b`
// {"Fn::GetAtt": ["a", "b"]}
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference.html).
func (r *yamlReader) tagged(y *yaml.Node, n *Node) *Node {
	if y.Style&yaml.TaggedStyle == 0 || !strings.HasPrefix(y.Tag, "!") || strings.HasPrefix(y.Tag, "!!") {
		return n
	}
	name := y.Tag[1:]
	switch name {
	case "Ref", "Condition":
	case "GetAtt":
		name = "Fn::GetAtt"
		if text, ok := n.Value.(value.String); ok {
			n = attributePath(n, string(text))
		}
	case "And", "Base64", "Cidr", "Equals", "FindInMap", "ForEach", "GetAZs", "If", "ImportValue", "Join", "Length", "Not", "Or", "Select", "Split", "Sub",
		"ToJsonString", "Transform":
		name = "Fn::" + name
	default:
		start := n.Span.Start.Offset
		r.problem(BrokenSyntax, start, start+len(y.Tag), "the tag %s; tags are read for the functions of CloudFormation only, such as !Sub", y.Tag)
		return n
	}
	call := &Node{Kind: value.KindObject, Span: n.Span}
	start := n.Span.Start
	nameEnd := min(start.Offset+len(y.Tag), n.Span.End.Offset)
	call.adopt(name, Span{Start: start, End: r.index.at(max(start.Offset, nameEnd))}, n)
	return call
}

// attributePath is the array of a resource's name and an attribute's, which may hold dots itself.
func attributePath(n *Node, text string) *Node {
	list := &Node{Kind: value.KindArray, Span: n.Span}
	resource, attribute, dotted := strings.Cut(text, ".")
	list.adoptItem(&Node{Kind: value.KindString, Value: value.String(resource), Span: n.Span})
	if dotted {
		list.adoptItem(&Node{Kind: value.KindString, Value: value.String(attribute), Span: n.Span})
	}
	return list
}
