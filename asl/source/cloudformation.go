package source

import (
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

// The resource types that have a definition, and their properties:
// https://docs.aws.amazon.com/serverless-application-model/latest/developerguide/sam-resource-statemachine.html and
// https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-stepfunctions-statemachine.html.
const (
	samMachine            = "AWS::Serverless::StateMachine"
	cloudFormationMachine = "AWS::StepFunctions::StateMachine"
)

// template reads a SAM or CloudFormation template.
func (f *finder) template() {
	for _, m := range f.file.Document.Root.Member("Resources").Members {
		properties := m.Value.Member("Properties")
		typ, _ := textOf(m.Value.Member("Type"))
		if properties == nil || properties.Kind != value.KindObject {
			continue
		}
		switch typ {
		case samMachine:
			f.machine(m, properties, properties.Member("Type"), properties.Member("DefinitionUri"))
		case cloudFormationMachine:
			f.machine(m, properties, properties.Member("StateMachineType"), nil)
		}
	}
}

// machine reads the definition of one state machine.
func (f *finder) machine(resource asl.NodeMember, properties, typ, uri *asl.Node) {
	name := resource.Name
	d := &Definition{Machine: name, Type: machineType(typ)}
	subs := f.substitutions(properties)
	switch text, isText := textOf(uri); {
	case properties.Member("DefinitionString") != nil:
		f.definitionString(d, properties.Member("DefinitionString"), subs)
	case properties.Member("Definition") != nil:
		f.object(d, properties.Member("Definition"), subs)
	case isText && isLocal(text):
		full, content := f.read(uri, name, "DefinitionUri", text)
		if content == nil {
			return
		}
		f.addFile(d, full, content)
		subs.use(d.Document.Root)
		subs.Mentions = d.Document.Text
		d.Substitutions = subs
	case uri != nil:
		f.note(uri, name, "the definition of %s was not read: its DefinitionUri names no local file", name)
	case properties.Member("DefinitionS3Location") != nil:
		// The object in S3 is no file: nothing to check, and nothing to be told.
	}
}

// machineType is the type that a text names; empty when it is none, or a function of CloudFormation.
func machineType(n *asl.Node) string {
	text, _ := textOf(n)
	if text == "EXPRESS" || text == "STANDARD" {
		return text
	}
	return ""
}

// substitutions reads DefinitionSubstitutions.
func (f *finder) substitutions(properties *asl.Node) *Substitutions {
	const field = "DefinitionSubstitutions"
	s := &Substitutions{Document: f.file.Document, Complete: true, Field: field}
	list := properties.Member(field)
	if list == nil {
		return s
	}
	if list.Kind != value.KindObject || isFunction(list) {
		s.Complete = false
		return s
	}
	for _, m := range list.Members {
		if strings.HasPrefix(m.Name, "Fn::") {
			s.Complete = false // Fn::Transform or Fn::ForEach adds names
			continue
		}
		s.Declared = append(s.Declared, Name{Name: m.Name, Span: m.NameSpan, Node: m.Value})
	}
	return s
}

// definitionString reads the text of a definition: literal, or a function that gives one.
func (f *finder) definitionString(d *Definition, n *asl.Node, subs *Substitutions) {
	if isFunction(n) && n.Members[0].Name == "Fn::ToJsonString" && n.Members[0].Value.Kind == value.KindObject {
		f.object(d, n.Members[0].Value, subs)
		return
	}
	t := &text{}
	whole, ok := f.assemble(t, n)
	if !ok {
		f.note(n, d.Machine, "the definition of %s was not read: its DefinitionString is neither a text nor made of texts by Fn::Sub or Fn::Join", d.Machine)
		return
	}
	d.Document = f.embedded(t)
	if whole {
		subs.use(d.Document.Root)
	}
	subs.Mentions = t.b.String()
	d.Substitutions = subs
	f.add(d)
}

// assemble puts the text of a definition together; what is not known in it becomes `${Name}`. literal tells that no `${Name}`
// in it is CloudFormation's own.
func (f *finder) assemble(t *text, n *asl.Node) (literal, ok bool) {
	if n.Kind == value.KindString {
		f.addString(t, n)
		return true, true
	}
	if !isFunction(n) {
		return false, false
	}
	argument := n.Members[0].Value
	switch n.Members[0].Name {
	case "Fn::Sub":
		if argument.Kind == value.KindArray {
			argument = argument.Item(0)
		}
		if argument == nil || argument.Kind != value.KindString {
			return false, false
		}
		f.addString(t, argument)
		return false, true
	case "Fn::Join":
		delimiter, isText := textOf(argument.Item(0))
		items := argument.Item(1)
		if !isText || items == nil || items.Kind != value.KindArray {
			return false, false
		}
		for i, item := range items.Items {
			if i > 0 {
				t.add(delimiter, item.Span.Start.Offset, false)
			}
			switch {
			case item.Kind == value.KindString:
				f.addString(t, item)
			case isFunction(item) && (item.Members[0].Name == "Fn::Sub" || item.Members[0].Name == "Fn::Join"):
				if _, ok := f.assemble(t, item); !ok {
					return false, false
				}
			case isFunction(item):
				t.add(placeholder(item), item.Span.Start.Offset, false)
			default:
				return false, false
			}
		}
		return false, true
	}
	return false, false
}

// placeholder is the `${Name}` that stands for the result of a function.
func placeholder(n *asl.Node) string {
	name := n.Members[0].Name
	argument := n.Members[0].Value
	if text, ok := textOf(argument); ok && name != "Fn::Sub" {
		name = text
		if n.Members[0].Name != "Ref" && n.Members[0].Name != "Fn::GetAtt" {
			name = strings.TrimPrefix(n.Members[0].Name, "Fn::") + "." + text
		}
	} else if name == "Fn::GetAtt" {
		resource, _ := textOf(argument.Item(0))
		attribute, _ := textOf(argument.Item(1))
		name = resource + "." + attribute
	}
	return "${" + holeName(name) + "}"
}

// holeName makes a text fit into `${…}`: the characters that would end it, or the string around it, are left out.
func holeName(text string) string {
	const longest = 200
	name := strings.Map(func(c rune) rune {
		if c <= ' ' || c == '"' || c == '\\' || c == '{' || c == '}' || c == '$' || c == '!' || c == 0x7f {
			return -1
		}
		return c
	}, strings.ToValidUTF8(text, ""))
	if len(name) > longest {
		name = strings.ToValidUTF8(name[:longest], "")
	}
	if name == "" {
		return "Unknown"
	}
	return name
}

// object reads a definition that is an object of the template.
func (f *finder) object(d *Definition, n *asl.Node, subs *Substitutions) {
	if n.Kind != value.KindObject || isFunction(n) || n.Member("Fn::Transform") != nil {
		f.note(n, d.Machine, "the definition of %s was not read: it is no object in this file", d.Machine)
		return
	}
	if subs != nil {
		subs.use(n)
		subs.Mentions = f.raw(n)
		d.Substitutions = subs
	}
	resolve(n, 0)
	d.Document = asl.Within(f.file.Document, n)
	f.add(d)
}

// isFunction tells whether a node is a call of a CloudFormation function.
func isFunction(n *asl.Node) bool {
	return n != nil && n.Kind == value.KindObject && len(n.Members) == 1 && (n.Members[0].Name == "Ref" || strings.HasPrefix(n.Members[0].Name, "Fn::"))
}

// resolve makes texts of the functions of CloudFormation within a definition, as far as a text with `${Name}` says the same.
func resolve(n *asl.Node, depth int) {
	for _, item := range n.Items {
		resolve(item, depth+1)
	}
	for _, m := range n.Members {
		resolve(m.Value, depth+1)
	}
	if !isFunction(n) || depth == 0 {
		return
	}
	if text, ok := functionText(n); ok {
		n.Kind, n.Value, n.Members = value.KindString, value.String(text), nil
	}
}

// functionText is the text with `${Name}` that a function gives, when the parts within are texts already.
func functionText(n *asl.Node) (string, bool) {
	argument := n.Members[0].Value
	switch n.Members[0].Name {
	case "Fn::Sub":
		if argument.Kind == value.KindArray {
			argument = argument.Item(0)
		}
		return textOf(argument)
	case "Ref", "Fn::GetAtt":
		name := placeholder(n)
		return name, name != "${.}"
	case "Fn::Join":
		delimiter, isText := textOf(argument.Item(0))
		items := argument.Item(1)
		if !isText || items == nil || items.Kind != value.KindArray {
			return "", false
		}
		parts := make([]string, len(items.Items))
		for i, item := range items.Items {
			text, ok := textOf(item)
			if !ok {
				if !isFunction(item) {
					return "", false
				}
				text = placeholder(item)
			}
			parts[i] = text
		}
		return strings.Join(parts, delimiter), true
	}
	return "", false
}

// use lists the `${Name}` of a definition, names of members included. Those within Fn::Sub are CloudFormation's own.
func (s *Substitutions) use(n *asl.Node) {
	if n == nil {
		return
	}
	add := func(text string, span asl.Span, node *asl.Node) {
		for _, name := range asl.Holes(text) {
			s.Uses = append(s.Uses, Name{Name: name, Span: span, Node: node})
		}
	}
	if n.Value != nil && n.Kind != value.KindNull && n.Kind != value.KindBool {
		add(value.Text(n.Value), n.Span, n)
	}
	for _, item := range n.Items {
		s.use(item)
	}
	if isFunction(n) && n.Members[0].Name == "Fn::Sub" {
		return
	}
	for _, m := range n.Members {
		add(m.Name, m.NameSpan, m.Value)
		s.use(m.Value)
	}
}
