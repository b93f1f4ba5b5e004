package lambda_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"

	"go.yaml.in/yaml/v4"
)

// template is a CloudFormation template, its short forms written out: !Ref X is
// {"Ref": "X"}, !GetAtt A.B is {"Fn::GetAtt": ["A", "B"]}, and so on.
type template struct {
	Conditions map[string]any
	Parameters map[string]map[string]any
	Globals    map[string]map[string]any
	Resources  map[string]resource
	Outputs    map[string]map[string]any
}

type resource struct {
	Type       string
	Metadata   map[string]any
	Properties map[string]any
	DependsOn  any
}

func readTemplate(data []byte) (*template, error) {
	var root yaml.Node
	if err := yaml.Unmarshal(data, &root); err != nil {
		return nil, err
	}
	if len(root.Content) != 1 {
		return nil, fmt.Errorf("the template holds %d documents, want one", len(root.Content))
	}
	plain, err := plainValue(root.Content[0])
	if err != nil {
		return nil, err
	}
	encoded, err := json.Marshal(plain)
	if err != nil {
		return nil, err
	}
	var t template
	return &t, json.Unmarshal(encoded, &t)
}

// plainValue returns what a node stands for.
func plainValue(node *yaml.Node) (any, error) {
	if tag := node.Tag; strings.HasPrefix(tag, "!") && !strings.HasPrefix(tag, "!!") {
		return writtenOut(node)
	}
	switch node.Kind {
	case yaml.MappingNode:
		out := map[string]any{}
		for i := 0; i+1 < len(node.Content); i += 2 {
			name := node.Content[i].Value
			if _, twice := out[name]; twice {
				return nil, fmt.Errorf("line %d: %s stands there twice", node.Content[i].Line, name)
			}
			value, err := plainValue(node.Content[i+1])
			if err != nil {
				return nil, err
			}
			out[name] = value
		}
		return out, nil
	case yaml.SequenceNode:
		out := make([]any, len(node.Content))
		for i, item := range node.Content {
			value, err := plainValue(item)
			if err != nil {
				return nil, err
			}
			out[i] = value
		}
		return out, nil
	default:
		var value any
		err := node.Decode(&value)
		return value, err
	}
}

// writtenOut turns a short form into its long form.
func writtenOut(node *yaml.Node) (any, error) {
	name := strings.TrimPrefix(node.Tag, "!")
	bare := *node
	bare.Tag = ""
	if node.Kind == yaml.ScalarNode {
		bare.Tag = "!!str"
	}
	value, err := plainValue(&bare)
	if err != nil {
		return nil, err
	}
	switch name {
	case "Ref":
		return map[string]any{"Ref": value}, nil
	case "GetAtt":
		if text, ok := value.(string); ok {
			of, attribute, _ := strings.Cut(text, ".")
			value = []any{of, attribute}
		}
		return map[string]any{"Fn::GetAtt": value}, nil
	case "Sub", "Join", "Select", "Split", "If", "Equals", "And", "Or", "Not", "ImportValue", "FindInMap":
		return map[string]any{"Fn::" + name: value}, nil
	}
	return nil, fmt.Errorf("line %d: %s is no tag that CloudFormation has", node.Line, node.Tag)
}

// of returns the names of the resources of a type, sorted.
func (t *template) of(kind string) []string {
	var names []string
	for name, r := range t.Resources {
		if r.Type == kind {
			names = append(names, name)
		}
	}
	sort.Strings(names)
	return names
}

// property returns a property of a function, or what Globals say.
func (t *template) property(function, name string) any {
	if value, ok := t.Resources[function].Properties[name]; ok {
		return value
	}
	return t.Globals["Function"][name]
}

// at follows names through objects and returns nil where there is nothing.
func at(value any, names ...string) any {
	for _, name := range names {
		object, _ := value.(map[string]any)
		value = object[name]
	}
	return value
}

// list returns a value as a list: IAM takes one thing or several.
func list(value any) []any {
	switch v := value.(type) {
	case nil:
		return nil
	case []any:
		return v
	default:
		return []any{v}
	}
}

// text returns a value as canonical JSON, to compare or show it.
func text(value any) string {
	if s, ok := value.(string); ok {
		return s
	}
	data, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(data)
}

// statement is one statement of an IAM policy.
type statement struct {
	sid       string
	allow     bool
	actions   []string
	resources []string // as text
	condition any
}

// statements returns all statements below a value, wherever a list Statement stands.
func statements(value any) []statement {
	var out []statement
	walk(value, func(object map[string]any) {
		for _, item := range list(object["Statement"]) {
			s, ok := item.(map[string]any)
			if !ok || s["Effect"] == nil {
				continue
			}
			st := statement{sid: text(s["Sid"]), allow: s["Effect"] == "Allow", condition: s["Condition"]}
			for _, action := range list(s["Action"]) {
				st.actions = append(st.actions, text(action))
			}
			for _, r := range list(s["Resource"]) {
				st.resources = append(st.resources, text(r))
			}
			out = append(out, st)
		}
	})
	return out
}

// grants tells whether a statement without a condition allows an action on a resource.
func grants(all []statement, action, resource string) bool {
	return slices.ContainsFunc(all, func(s statement) bool {
		return s.allow && s.condition == nil && slices.Contains(s.actions, action) && slices.Contains(s.resources, resource)
	})
}

// walk visits every object below a value.
func walk(value any, visit func(map[string]any)) {
	switch v := value.(type) {
	case map[string]any:
		visit(v)
		for _, name := range sortedKeys(v) {
			walk(v[name], visit)
		}
	case []any:
		for _, item := range v {
			walk(item, visit)
		}
	}
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}

// hole is a ${Name} of Fn::Sub or of a definition; ${!Name} is text.
var hole = regexp.MustCompile(`\$\{([^!][^}]*)\}`)

func holes(s string) []string {
	var names []string
	for _, match := range hole.FindAllStringSubmatch(s, -1) {
		if !slices.Contains(names, match[1]) {
			names = append(names, match[1])
		}
	}
	sort.Strings(names)
	return names
}
