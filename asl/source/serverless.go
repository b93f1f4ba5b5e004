package source

import (
	"regexp"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

// fileVariable is a Serverless Framework variable that stands for a whole file: `${file(state-machines/a.yml)}`.
var fileVariable = regexp.MustCompile(`^\$\{file\(\s*([^()\s{}$:]+)\s*\)\}$`)

// serverless reads a serverless.yml with the plugin serverless-step-functions
// (https://github.com/serverless-operations/serverless-step-functions): stepFunctions.stateMachines.NAME.definition.
func (f *finder) serverless() {
	machines := f.file.Document.Root.Member("stepFunctions").Member("stateMachines")
	if machines == nil {
		return
	}
	if machines.Kind != value.KindObject {
		f.note(machines, "stateMachines", "the state machines were not read: they are not in this file")
		return
	}
	for _, m := range machines.Members {
		definition := m.Value.Member("definition")
		d := &Definition{Machine: m.Name, Type: machineType(m.Value.Member("type"))}
		text, isText := textOf(definition)
		switch file := fileVariable.FindStringSubmatch(text); {
		case definition == nil && m.Value.Kind == value.KindObject:
			// The plugin reports this itself.
		case definition == nil:
			f.note(m.Value, m.Name, "the definition of %s was not read: it is not in this file", m.Name)
		case file != nil:
			full, content := f.read(definition, m.Name, "definition", file[1])
			if content != nil {
				d.Document = asl.Parse(full, content)
				if data := asl.ParseData(full, content); data.Root != nil && len(data.BrokenSyntaxes()) == 0 {
					resolve(data.Root, 0)
					pseudoParameters(data.Root)
					d.Document = asl.Within(data, data.Root)
				}
				f.add(d)
			}
		case isText:
			f.note(definition, m.Name, "the definition of %s was not read: it is a variable", m.Name)
		default:
			pseudoParameters(definition)
			f.object(d, definition, nil)
		}
	}
}

// pseudoParameters writes `#{AWS::Region}`, as the plugin serverless-pseudo-parameters has it, as CloudFormation does: `${AWS::Region}`.
func pseudoParameters(n *asl.Node) {
	if text, ok := textOf(n); ok && strings.Contains(text, "#{AWS::") {
		n.Value = value.String(strings.ReplaceAll(text, "#{AWS::", "${AWS::"))
	}
	for _, item := range n.Items {
		pseudoParameters(item)
	}
	for _, m := range n.Members {
		pseudoParameters(m.Value)
	}
}
