package assist

import (
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/check"
	"github.com/docflow-asl/docflow/asl/jsonpath"
	"github.com/docflow-asl/docflow/asl/shape"
)

// known tells what is known of the value that a path leads to in a field of a state: $.order, $$.Map.Item, $states.input.order,
// $variable.name. Where nothing is, it is shape.Any.
func (v *View) known(p place, path string) (*shape.Shape, shape.Presence) {
	if p.state == nil || p.inner || len(p.steps) == 0 {
		return shape.Any, shape.Unknown
	}
	state, ok := v.flow().State(p.state.name)
	if !ok || !state.Reached {
		return shape.Any, shape.Unknown
	}
	root, path := rootOf(p, state, path)
	parsed, err := jsonpath.Parse(path)
	if err != nil || !parsed.Definite() {
		return shape.Any, shape.Unknown
	}
	found := shape.Eval(parsed, shape.Roots{Data: root, Context: state.Context, Variables: func(name string) (*shape.Shape, shape.Presence) {
		for _, variable := range state.Variables {
			if variable.Name == name {
				return variable.Shape, variable.Presence
			}
		}
		return shape.Any, shape.Unknown
	}})
	return found.Shape, found.Presence
}

// rootOf gives what a path starts from, if that is the state's data, and the path as JSONPath has it.
func rootOf(p place, state check.StateKnowledge, path string) (root *shape.Shape, asJSONPath string) {
	if p.state.language != asl.JSONata {
		return dataIn(p, state), path
	}
	for _, of := range []struct {
		field string
		shape *shape.Shape
	}{{"input", state.Input}, {"result", state.Result}, {"context", state.Context}, {"errorOutput", errorOutput}} {
		if rest, ok := strings.CutPrefix(path, "$states."+of.field); ok && (rest == "" || rest[0] == '.' || rest[0] == '[') {
			return of.shape, "$" + rest
		}
	}
	if path == "$states" || strings.HasPrefix(path, "$states.") || strings.HasPrefix(path, "$.") || path == "$" {
		return shape.Any, "$"
	}
	return shape.Any, path // a variable
}

// errorOutput is what a catcher gets.
var errorOutput = shape.Object(shape.Member{Name: "Error", Shape: shape.Scalar(shape.String)}, shape.Member{Name: "Cause", Shape: shape.Scalar(shape.String)})

// dataIn is what $ stands for in a field of a JSONPath state.
func dataIn(p place, state check.StateKnowledge) *shape.Shape {
	switch p.steps[0] {
	case "InputPath":
		return state.Input
	case "ResultSelector":
		return state.Result
	case "OutputPath", "ResultPath", "Assign", "Retry", "Catch", "ItemProcessor", "Iterator", "ItemReader", "ItemBatcher", "ResultWriter":
		return shape.Any
	}
	n := p.state.node.Member("InputPath")
	if n == nil {
		return state.Input
	}
	written, ok := text(n)
	parsed, err := jsonpath.Parse(written)
	if !ok || err != nil || !parsed.Definite() {
		return shape.Any
	}
	return shape.Eval(parsed, shape.Roots{Data: state.Input, Context: state.Context}).Shape
}

// knownWords says what is known of a value, in code's letters; empty when nothing is, or nothing can be.
func knownWords(s *shape.Shape) string {
	if s.IsAny() || s.IsNever() {
		return ""
	}
	const most = 400
	words := s.String()
	if len(words) > most {
		words = strings.ToValidUTF8(words[:most], "") + "…"
	}
	return "`" + strings.ReplaceAll(words, "`", "'") + "`"
}
