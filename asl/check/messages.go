package check

import (
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/nearest"
	"github.com/docflow-asl/docflow/asl/value"
)

// What a schema finds, in a person's words: which field, of which state, and what may stand there.
var schemaRules = []*Rule{
	{
		Code: "unknown-field", AWSCode: awsSchema, Severity: Error, check: checkUnknownFields,
		Doc: "The language has no such field there. Names are case-sensitive, and each state type has its own fields: a Wait has no TimeoutSeconds, only a Task, Parallel or Map has Retry and Catch.",
	},
	{
		Code: "missing-field", AWSCode: awsSchema, Severity: Error, check: checkMissingFields,
		Doc: "A required field is not there.",
	},
	{
		Code: "unknown-state-type", AWSCode: awsSchema, Severity: Error, check: checkStateTypes,
		Doc: "Type names what a state does. There are eight types.",
	},
	{
		Code: "wrong-type", AWSCode: awsSchema, Severity: Error, check: checkTypes,
		Doc: "The field cannot hold a value of that JSON type. In a JSONata state, many fields take an expression `{% … %}` besides.",
	},
	{
		Code: "wrong-value", AWSCode: awsSchema, Severity: Error, check: checkValues,
		Doc: "The field takes one of a few words, and this is none of them.",
	},
	{
		Code: "out-of-range", AWSCode: awsSchema, Severity: Error, check: checkRanges,
		Doc: "The number is below the least or above the greatest that the field takes.",
	},
	{
		Code: "empty-value", AWSCode: awsSchema, Severity: Error, check: checkEmpty,
		Doc: "The array or object needs something in it.",
	},
}

// place names what an object is, for messages: `the Task state "A"`, `Retry[0] of the Task state "A"`, `the definition`.
func (p *pass) place(n *asl.Node) string {
	var steps []string
	for at := n; at != nil; at = at.Parent {
		if s := p.stateOf[at]; s != nil {
			return joinPlace(steps, s.title())
		}
		if at.Parent == nil {
			return joinPlace(steps, "the definition")
		}
		location := at.Location()
		steps = append(steps, strings.TrimPrefix(strings.TrimPrefix(location, at.Parent.Location()), "/"))
	}
	return "the definition"
}

func joinPlace(steps []string, whole string) string {
	if len(steps) == 0 {
		return whole
	}
	var b strings.Builder
	for _, step := range slices.Backward(steps) {
		if b.Len() > 0 && !strings.HasPrefix(step, "[") {
			b.WriteByte('.')
		}
		b.WriteString(step)
	}
	return b.String() + " of " + whole
}

// title names a state: the Task state "A".
func (s *state) title() string {
	if s.typ == "" {
		return fmt.Sprintf("the state %q", shorten(s.name))
	}
	return fmt.Sprintf("the %s state %q", s.typ, shorten(s.name))
}

// inOtherLanguage tells whether the field that a fault does not know is known in the other query language.
func (f *schemaFault) inOtherLanguage() bool {
	if f.state == nil {
		return false
	}
	other := schemaOf(f.state.typ, otherLanguage(f.state.language))
	return slices.Contains(other.fieldsAt(f.path), f.names[0])
}

func checkUnknownFields(p *pass, r *Rule) {
	for _, f := range p.faults {
		if f.kind != unknownField || f.inOtherLanguage() || f.state != nil && f.state.hidden {
			continue
		}
		name, known := f.names[0], f.schema.fieldsAt(f.path)
		message := fmt.Sprintf("%s has no field %q", p.place(f.node), shorten(name))
		if f.state != nil && len(f.path) == 0 {
			message = fmt.Sprintf("a %s state has no field %q", f.state.typ, shorten(name))
		}
		const most = 20 // names in a list that a person reads
		cure := "drop it"
		if len(known) <= most {
			cure += "; the fields here are " + strings.Join(known, ", ")
		}
		if f.operand() && (name == "Next" || name == "Assign") {
			cure = fmt.Sprintf("move %s to the rule at the top, beside And, Or or Not", name)
		} else if owners := typesWith(name); f.state != nil && len(f.path) == 0 && len(owners) > 0 {
			cure = "drop it; it is a field of " + oneOf(owners)
		} else if best := nearest.Name(name, known); best != "" && len(owners) == 0 {
			cure = fmt.Sprintf("did you mean %q?", best)
		}
		p.report(r, finding{
			node: f.node.Member(name), span: nameSpanIn(f.node, name), location: f.node.Location(),
			message: message, aws: fmt.Sprintf("Field '%s' is not supported", name), cure: cure,
		})
	}
}

// operand tells whether the fault is in an operand of And, Or or Not.
func (f *schemaFault) operand() bool { return len(f.path) > 2 && f.path[0] == "Choices" }

// typesWith lists the state types that have a field of that name.
func typesWith(name string) []string { return fieldOwners()[name] }

// fieldOwners maps the fields of states to the state types that have them.
var fieldOwners = sync.OnceValue(func() map[string][]string {
	owners := map[string][]string{}
	for _, t := range asl.StateTypes() {
		names := slices.Concat(schemaOf(t, asl.JSONPath).fieldsAt(nil), schemaOf(t, asl.JSONata).fieldsAt(nil))
		slices.Sort(names)
		for _, name := range slices.Compact(names) {
			owners[name] = append(owners[name], string(t))
		}
	}
	return owners
})

func checkMissingFields(p *pass, r *Rule) {
	for _, f := range p.faults {
		if f.kind != missingField {
			continue
		}
		// A field that differs from the missing one by its case or a letter is the one fault: unknown-field reports it.
		unknown := p.unknown[f.node]
		missing := slices.DeleteFunc(slices.Clone(f.names), func(name string) bool { return nearest.Name(name, unknown) != "" })
		if len(missing) == 0 {
			continue
		}
		quoted := quoteAll(missing)
		noun := "the field"
		if len(missing) > 1 {
			noun = "the fields"
		}
		aws := fmt.Sprintf("These fields are required: [%s]", strings.Join(missing, ", "))
		cure := "add " + quoted
		if missing[0] == "Type" {
			cure = `add "Type": one of ` + typeList()
		}
		p.report(r, finding{node: f.node, span: p.head(f.node), field: missing[0], message: fmt.Sprintf("%s lacks %s %s", p.place(f.node), noun, quoted), aws: aws, cure: cure})
	}
}

func typeList() string {
	names := make([]string, 0, len(asl.StateTypes()))
	for _, t := range asl.StateTypes() {
		names = append(names, string(t))
	}
	return strings.Join(names, ", ")
}

func checkStateTypes(p *pass, r *Rule) {
	for _, f := range p.faults {
		if f.kind != unknownTypeOf {
			continue
		}
		message, cure := fmt.Sprintf("Type is %s; it must be a string", describe(f.node)), "write one of "+typeList()
		if text, ok := textOf(f.node); ok {
			message = fmt.Sprintf("there is no state type %q", shorten(text))
			if best := nearest.Name(text, strings.Split(typeList(), ", ")); best != "" {
				cure = fmt.Sprintf("did you mean %q? The types are %s", best, typeList())
			}
		}
		p.report(r, finding{node: f.node, message: message, aws: fmt.Sprintf("The field 'Type' should have one of these values: [%s]", typeList()), cure: cure})
	}
}

// describe says what a value is, in a few words.
func describe(n *asl.Node) string {
	switch v := n.Value.(type) {
	case value.String:
		return fmt.Sprintf("the string %q", shorten(string(v)))
	case value.Number:
		return "the number " + shorten(string(v))
	case value.Bool:
		return fmt.Sprint(bool(v))
	case value.Null:
		return "null"
	}
	if n.Kind == value.KindArray {
		return "an array"
	}
	return "an object"
}

// typeWords are the JSON types with their articles.
var typeWords = map[string]string{"string": "a string", "integer": "an integer", "number": "a number", "boolean": "true or false", "object": "an object", "array": "an array", "null": "null"}

// wantedWords says which types may stand somewhere; in the schemas for JSONata, a string beside another type is an expression.
func wantedWords(types []string, jsonata bool) string {
	words := make([]string, len(types))
	for i, t := range types {
		words[i] = typeWords[t]
		if t == "string" && jsonata && len(types) > 1 {
			words[i] = "a JSONata string {% … %}"
		}
	}
	return oneOf(words)
}

func checkTypes(p *pass, r *Rule) {
	for _, f := range p.faults {
		if f.kind != wrongType && f.kind != noExpression {
			continue
		}
		text, isText := textOf(f.node)
		if f.kind == noExpression && (halfDelimited(text) || !isText) {
			continue // jsonata-delimiters says it better
		}
		wanted := wantedWords(f.wanted, f.state != nil && f.state.language == asl.JSONata)
		cure := "write " + wanted
		if isText && isNumberText(text) && (slices.Contains(f.wanted, "number") || slices.Contains(f.wanted, "integer")) {
			cure = "write " + text + " without quotes"
		}
		aws := "Expected value of type " + awsType(f.wanted)
		p.report(r, finding{node: f.node, message: fmt.Sprintf("%s is %s; it must be %s", p.place(f.node), describe(f.node), wanted), aws: aws, cure: cure})
	}
}

func isNumberText(text string) bool {
	v, err := value.Parse(text)
	return err == nil && v.Kind() == value.KindNumber
}

// awsType names a type as AWS's messages do: Integer, [STRING].
func awsType(types []string) string {
	if len(types) == 1 && types[0] != "string" {
		return strings.ToUpper(types[0][:1]) + types[0][1:]
	}
	return "[" + strings.ToUpper(strings.Join(types, ", ")) + "]"
}

func checkValues(p *pass, r *Rule) {
	for _, f := range p.faults {
		if f.kind != wrongValue {
			continue
		}
		text, _ := textOf(f.node)
		cure := "write " + oneOf(f.wanted)
		if best := nearest.Name(text, f.wanted); best != "" && len(f.wanted) > 1 {
			cure = fmt.Sprintf("did you mean %q?", best)
		}
		p.report(r, finding{
			node: f.node, message: fmt.Sprintf("%s is %s; it must be %s", p.place(f.node), describe(f.node), oneOf(f.wanted)),
			aws: fmt.Sprintf("Value should be one of the following: [%s]", strings.Join(f.wanted, ", ")), cure: cure,
		})
	}
}

func checkRanges(p *pass, r *Rule) {
	for _, f := range p.faults {
		switch f.kind {
		case belowMinimum:
			p.report(r, finding{
				node: f.node, message: fmt.Sprintf("%s is %s; the least is %s", p.place(f.node), describe(f.node), f.bound),
				aws: "Minimum value is " + f.bound, cure: "write a number from " + f.bound + " on",
			})
		case aboveMaximum:
			p.report(r, finding{
				node: f.node, message: fmt.Sprintf("%s is %s; the greatest is %s", p.place(f.node), describe(f.node), f.bound),
				aws: "Maximum value is " + f.bound, cure: "write a number up to " + f.bound,
			})
		}
	}
}

func checkEmpty(p *pass, r *Rule) {
	for _, f := range p.faults {
		if f.kind == emptyValue {
			p.report(r, finding{node: f.node, message: p.place(f.node) + " is empty", aws: "Value cannot be empty", cure: "put something in it, or drop the field"})
		}
	}
}
