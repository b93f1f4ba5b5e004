package check

import (
	"reflect"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

// fieldShape is a part of a schema in a form that nodes are quickly compared with. It only tells what conforms for sure, so that the JSON
// Schema library, which makes a copy of what it validates, is asked about the rest alone: hardly any state of a real definition.
type fieldShape struct {
	types      []string // empty for any
	enum       []string
	minimum    float64
	maximum    float64
	expression bool // a string is {% … %}
	filled     bool // an array has an item
	required   []string
	closed     bool // no other fields than these
	fields     map[string]*fieldShape
	items      *fieldShape
	unknown    bool // has what is not looked at here
}

// expressionPattern is the pattern of strings in JSONata.
const expressionPattern = `^\{%[\s\S]*%\}$`

// shapes holds what readShape has made, by the schema's file and part; a part may hold itself, as Choice rules do.
type shapes map[uintptr]*fieldShape

// conforms tells that nothing is wrong with a node for sure; false tells nothing.
func (s *languageSchema) conforms(n *asl.Node) bool {
	s.once.Do(func() { s.shape = shapes{}.read(s.name, schemas().sources[s.name]) })
	return s.shape.conforms(n, 0)
}

func (known shapes) read(file string, schema map[string]any) *fieldShape {
	file, schema = dereference(file, schema)
	key := reflect.ValueOf(schema).Pointer()
	if known[key] != nil {
		return known[key]
	}
	s := &fieldShape{minimum: -1e15, maximum: 1e15}
	known[key] = s
	for keyword, v := range schema {
		switch keyword {
		case "$schema", "$id", "title", "description", "definitions":
		case "type":
			s.types = words(v)
		case "enum":
			s.enum = words(v)
		case "required":
			s.required = words(v)
		case "minimum":
			s.minimum, _ = v.(float64)
		case "maximum":
			s.maximum, _ = v.(float64)
		case "minItems":
			s.filled, s.unknown = true, s.unknown || v != 1.0
		case "pattern":
			s.expression, s.unknown = true, s.unknown || v != expressionPattern
		case "additionalProperties":
			s.closed, s.unknown = v == false, s.unknown || v != false && v != true
		case "properties":
			s.fields = map[string]*fieldShape{}
			for name, field := range v.(map[string]any) {
				s.fields[name] = known.read(file, field.(map[string]any))
			}
		case "items":
			s.items = known.read(file, v.(map[string]any))
		default:
			s.unknown = true
		}
	}
	return s
}

// words gives a word or a list of words; a value that is no word makes an entry that nothing equals.
func words(v any) []string {
	list, ok := v.([]any)
	if !ok {
		list = []any{v}
	}
	all := make([]string, len(list))
	for i, w := range list {
		if all[i], ok = w.(string); !ok {
			all[i] = "\x00"
		}
	}
	return all
}

func (s *fieldShape) conforms(n *asl.Node, depth int) bool {
	if s.unknown || depth > maxSchemaDepth/2 {
		return false
	}
	switch v := n.Value.(type) {
	case value.String:
		text := string(v)
		return s.allows("string") && !strings.Contains(text, "${") && (s.enum == nil || slices.Contains(s.enum, text)) && (!s.expression || asl.IsJSONata(text))
	case value.Number:
		if len(v) > 15 || strings.ContainsAny(string(v), "eE${") {
			return false
		}
		if _, whole := v.Int(); !s.allows("number") && !(whole && s.allows("integer")) || s.enum != nil {
			return false
		}
		f := v.Float()
		return s.minimum <= f && f <= s.maximum
	case value.Bool:
		return s.allows("boolean") && s.enum == nil
	case value.Null:
		return s.allows("null") && s.enum == nil
	}
	switch n.Kind {
	case value.KindArray:
		if !s.allows("array") || s.filled && len(n.Items) == 0 || len(n.Items) > maxSchemaItems || s.enum != nil {
			return false
		}
		for _, item := range n.Items {
			if s.items != nil && !s.items.conforms(item, depth+1) {
				return false
			}
		}
		return true
	case value.KindObject:
		return s.allows("object") && s.enum == nil && s.conformingMembers(n, depth)
	}
	return false
}

func (s *fieldShape) conformingMembers(n *asl.Node, depth int) bool {
	if isHole(n) || len(n.Members) > maxSchemaMembers && s.fields != nil {
		return false
	}
	for _, name := range s.required {
		if n.Member(name) == nil {
			return false
		}
	}
	if s.fields == nil {
		return !s.closed || len(n.Members) == 0
	}
	for _, m := range n.Members {
		field := s.fields[m.Name]
		switch {
		case field == nil && s.closed:
			return false
		case field == nil:
		case opaqueFields[m.Name]:
			if !field.conformsOutside(m.Value) {
				return false
			}
		case !field.conforms(m.Value, depth+1):
			return false
		}
	}
	return true
}

// conformsOutside is for the values whose inside no schema describes.
func (s *fieldShape) conformsOutside(n *asl.Node) bool {
	if n.Value != nil {
		return s.conforms(n, 0)
	}
	if s.unknown || s.enum != nil || isHole(n) {
		return false
	}
	if n.Kind == value.KindArray {
		return s.allows("array") && s.items == nil && (!s.filled || len(n.Items) > 0)
	}
	return s.allows("object") && s.required == nil
}

func (s *fieldShape) allows(kind string) bool {
	return s.types == nil || slices.Contains(s.types, kind)
}
