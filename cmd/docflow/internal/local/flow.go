package local

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/check"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/builder/flows"
)

// Flow is a flow that is ready to run: described in Go, printed as ASL, its CloudFormation substitutions filled in, checked
// and compiled, as CI and AWS would do in turn.
type Flow struct {
	Name       string
	Definition string // its text, without holes
	Program    *engine.Program
}

// FlowNames lists the flows that can be run.
func FlowNames() ([]string, error) {
	definitions, err := flows.Definitions(flows.ProfileDefault)
	if err != nil {
		return nil, err
	}
	return slices.Sorted(maps.Keys(definitions)), nil
}

// NewFlow makes a flow ready. A finding of the checker is an error, as it is in CI.
func NewFlow(name string, substitutions map[string]string) (*Flow, error) {
	definitions, err := flows.Definitions(flows.ProfileDefault)
	if err != nil {
		return nil, err
	}
	definition, ok := definitions[name]
	if !ok {
		return nil, fmt.Errorf("no flow is named %q; there are %s", name, strings.Join(slices.Sorted(maps.Keys(definitions)), ", "))
	}
	text, err := substitute(string(definition), substitutions)
	if err != nil {
		return nil, fmt.Errorf("flow %s: %w", name, err)
	}
	doc := asl.Parse(name+".asl.json", []byte(text))
	found := []check.Result{{Document: doc, Diagnostics: check.Document(doc, check.Options{})}}
	if faults, _ := check.Count(found); faults > 0 {
		var text strings.Builder
		if err := check.WriteText(&text, found, check.TextOptions{}); err != nil {
			return nil, err
		}
		return nil, fmt.Errorf("flow %s has faults:\n%s", name, text.String())
	}
	program, err := engine.Compile(doc.Machine)
	if err != nil {
		return nil, fmt.Errorf("flow %s: %w", name, err)
	}
	return &Flow{Name: name, Definition: text, Program: program}, nil
}

// substitute fills in `${Name}` holes in the text, as CloudFormation does with DefinitionSubstitutions.
func substitute(text string, values map[string]string) (string, error) {
	var missing []string
	for _, name := range asl.Holes(text) {
		v, ok := values[name]
		if !ok {
			missing = append(missing, name)
			continue
		}
		text = strings.ReplaceAll(text, "${"+name+"}", v)
	}
	if len(missing) > 0 {
		return "", fmt.Errorf("no value for the substitutions %s", strings.Join(slices.Compact(slices.Sorted(slices.Values(missing))), ", "))
	}
	return text, nil
}
