package asl

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/docflow-asl/docflow/asl/value"
	"go.yaml.in/yaml/v4"
)

// MarshalYAML gives the definition's YAML text, with the fields in Marshal's order and long texts as block scalars. The error
// is the YAML library's, for a value that YAML cannot hold.
func MarshalYAML(m *Machine) ([]byte, error) {
	text, err := yaml.Dump(yamlNode(m.Value()), yaml.WithIndent(2), yaml.WithLineWidth(-1))
	if err != nil {
		return nil, fmt.Errorf("definition as YAML: %w", err)
	}
	return text, nil
}

func yamlNode(v value.Value) *yaml.Node {
	switch v := v.(type) {
	case value.Bool:
		if v {
			return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "true"}
		}
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: "false"}
	case value.Number:
		return yamlNumberNode(v)
	case value.String:
		return yamlString(string(v))
	case *value.Array:
		n := &yaml.Node{Kind: yaml.SequenceNode, Tag: "!!seq"}
		if v.Len() == 0 {
			n.Style = yaml.FlowStyle
		}
		for _, item := range v.Items() {
			n.Content = append(n.Content, yamlNode(item))
		}
		return n
	case *value.Object:
		n := &yaml.Node{Kind: yaml.MappingNode, Tag: "!!map"}
		if v.Len() == 0 {
			n.Style = yaml.FlowStyle
		}
		for _, m := range v.Members() {
			n.Content = append(n.Content, yamlString(m.Name), yamlNode(m.Value))
		}
		return n
	}
	return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!null", Value: "null"}
}

// yamlNumberNode keeps the number's text. What YAML 1.1 does not take for a number, such as 1e3, would get a tag from the
// library, which no reader of YAML 1.2 needs.
func yamlNumberNode(v value.Number) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Value: string(v)}
	if IsHole(string(v)) {
		n.Tag = "!!str"
	}
	return n
}

func yamlString(text string) *yaml.Node {
	text = strings.ToValidUTF8(text, "\ufffd")
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: text}
	switch {
	case !plainYAML(text):
		n.Style = yaml.DoubleQuotedStyle
	case strings.Contains(text, "\n"):
		n.Style = yaml.LiteralStyle
	case readsOtherwise(text):
		n.Style = yaml.SingleQuotedStyle
	}
	return n
}

// plainYAML tells whether a text may stand without escapes, as a block scalar when it has lines.
func plainYAML(text string) bool {
	if strings.HasPrefix(text, " ") || strings.HasPrefix(text, "\n") || strings.Contains(text, " \n") || strings.HasSuffix(text, " ") {
		return false
	}
	for _, c := range text {
		if c != '\n' && (!unicode.IsPrint(c) || c == '\u2028' || c == '\u2029' || c == '\ufeff') {
			return false
		}
	}
	return true
}

// readsOtherwise tells whether a text without quotes would not be read as this string.
func readsOtherwise(text string) bool {
	v, ok := scalarValue(&yaml.Node{Kind: yaml.ScalarNode, Value: text})
	return !ok || v != value.String(text) || text == "<<"
}
