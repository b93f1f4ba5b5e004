package lambda_test

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/aws-cloudformation/rain/cft/parse"
	"gopkg.in/yaml.v3"
)

// template is a CloudFormation template, its short forms written out: !Ref X is
// {"Ref": "X"}, !GetAtt A.B is {"Fn::GetAtt": ["A", "B"]}, and so on.
type template struct {
	text       string
	Metadata   map[string]any
	Parameters map[string]map[string]any
	Conditions map[string]any
	Rules      map[string]any
	Globals    map[string]map[string]any
	Resources  map[string]resource
	Outputs    map[string]map[string]any
}

type resource struct {
	Type                string
	Condition           string
	DeletionPolicy      string
	UpdateReplacePolicy string
	Metadata            map[string]any
	Properties          map[string]any
	DependsOn           any
}

// readTemplate reads a template with the parser of AWS's own rain.
func readTemplate(data []byte) (*template, error) {
	parsed, err := parse.String(string(data))
	if err != nil {
		return nil, err
	}
	if len(parsed.Node.Content) != 1 {
		return nil, fmt.Errorf("the template holds %d documents, want one", len(parsed.Node.Content))
	}
	plain, err := plainValue(parsed.Node.Content[0])
	if err != nil {
		return nil, err
	}
	encoded, err := json.Marshal(plain)
	if err != nil {
		return nil, err
	}
	t := template{text: string(data)}
	return &t, json.Unmarshal(encoded, &t)
}

var fraction = regexp.MustCompile(`^0?\.\d+$`)

// plainValue returns what a node stands for. rain has written out the short forms that it knows, and overlooks others, and
// names that stand there twice.
func plainValue(node *yaml.Node) (any, error) {
	if strings.HasPrefix(node.Tag, "!") && !strings.HasPrefix(node.Tag, "!!") {
		return nil, fmt.Errorf("line %d: %s is no tag that CloudFormation has", node.Line, node.Tag)
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
	case yaml.AliasNode:
		return nil, fmt.Errorf("line %d: *%s is an alias, which not everything reads that deploys templates", node.Line, node.Value)
	default:
		if node.Style == 0 && node.Tag == "!!str" && fraction.MatchString(node.Value) {
			node.Tag = "!!float" // which rain takes for text
		}
		var value any
		err := node.Decode(&value)
		return value, err
	}
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

// properties returns the properties of a resource. Those of a function have what Globals
// say, as SAM has it: objects are merged, anything else is in the place of Globals'.
func (t *template) properties(name string) map[string]any {
	own := t.Resources[name].Properties
	if t.Resources[name].Type != "AWS::Serverless::Function" {
		return own
	}
	merged, _ := mergeGlobals(any(t.Globals["Function"]), any(own)).(map[string]any)
	return merged
}

func mergeGlobals(global, own any) any {
	g, isObject := global.(map[string]any)
	o, both := own.(map[string]any)
	if !isObject || !both {
		if own == nil {
			return global
		}
		return own
	}
	merged := map[string]any{}
	for name, value := range g {
		merged[name] = value
	}
	for name, value := range o {
		merged[name] = mergeGlobals(g[name], value)
	}
	return merged
}

// property returns a property of a resource, with what Globals say.
func (t *template) property(name, property string) any { return t.properties(name)[property] }

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
	whole     map[string]any
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
			st := statement{sid: text(s["Sid"]), allow: s["Effect"] == "Allow", condition: s["Condition"], whole: s}
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
