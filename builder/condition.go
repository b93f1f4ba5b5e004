package builder

import (
	"fmt"
	"slices"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

func (e *evaluation) choice(fields asl.StateFields) stepped {
	n := e.node
	state := &asl.ChoiceState{StateFields: fields}
	paths, _ := e.input()
	state.Paths = paths
	for i, r := range n.rules {
		written := e.condition(r.condition, fmt.Sprintf("Choices[%d]", i))
		written.Next = r.next.name
		state.Choices = append(state.Choices, written)
	}
	assign, variables := e.assigned(n.assign, "Assign")
	state.Assign = assign
	out := &env{e.outputPath(e.root, &state.Paths), variables}
	e.build.after[n] = out
	var ways []way
	for _, r := range n.rules {
		ways = append(ways, way{r.next, out})
	}
	if n.otherwise != nil {
		state.Default = n.otherwise.name
		ways = append(ways, way{n.otherwise, out})
	}
	return stepped{state, ways}
}

// condition writes a condition as a rule without Next.
func (e *evaluation) condition(c Condition, field string) asl.ChoiceRule {
	var out asl.ChoiceRule
	if c.parts != nil || c.operator == "And" || c.operator == "Or" {
		if len(c.parts) == 0 {
			e.fail(BadValue, field, c.operator+" has no conditions")
		}
		parts := make([]asl.ChoiceRule, len(c.parts))
		for i, p := range c.parts {
			parts[i] = e.condition(p, fmt.Sprintf("%s.%s[%d]", field, c.operator, i))
		}
		switch c.operator {
		case "And":
			out.And = parts
		case "Or":
			out.Or = parts
		default:
			out.Not = &parts[0]
		}
		return out
	}
	if c.operator == "" {
		e.fail(BadValue, field, "the condition is empty; make one by a method of a Ref, or by And, Or, Not")
		return out
	}
	variable, subject := e.reference(c.subject, field+".Variable")
	out.Variable, out.Operator = variable.Text, c.operator
	e.operand(c, subject, field, &out)
	return out
}

// operand writes what a comparison compares with.
func (e *evaluation) operand(c Condition, subject *data, field string, out *asl.ChoiceRule) {
	p := part{}
	kind := anyKind
	prefix := ""
	if r, ok := c.operand.(Ref); ok {
		path, d := e.reference(r, field+"."+c.operator+"Path")
		p.expression, kind = path.Text, d.shape().jsonKind()
		if kind == anyKind {
			kind = subject.shape().jsonKind()
		}
	} else {
		text, literal, err := comparand(c.operand)
		if err != nil {
			e.failRef(BadValue, field, err.Error(), "", c.subject)
			return
		}
		p.literal, prefix = literal, text
		kind = typeOfValue(literal).jsonKind()
	}
	if c.relation {
		operator, ok := comparisonOf(kind, c.operator)
		if prefix != "" {
			operator, ok = prefix+c.operator, true
		}
		if !ok {
			e.failRef(WrongType, field, fmt.Sprintf("%s cannot be compared by %s with %s", c.subject.describe(), c.operator, kind), "", c.subject)
			return
		}
		out.Operator = operator
		e.checkKind(subject, kind, field+".Variable", c.subject)
	} else if c.operator == "StringMatches" {
		e.checkKind(subject, stringKind, field+".Variable", c.subject)
	}
	out.Operand = p.literal
	if p.expression != "" {
		out.Operator += "Path"
		out.Operand = value.String(p.expression)
	}
	if !slices.Contains(asl.ComparisonOperators(), out.Operator) {
		e.failRef(BadValue, field, fmt.Sprintf("Step Functions has no comparison %q", out.Operator), nearestName(out.Operator, asl.ComparisonOperators()), c.subject)
	}
}

// comparand writes a fixed operand; prefix is that of its operators where its JSON type does not tell it.
func comparand(operand any) (prefix string, literal value.Value, err error) {
	if t, ok := operand.(time.Time); ok {
		return "Timestamp", value.String(t.UTC().Format(time.RFC3339)), nil
	}
	literal, err = literalOf(operand)
	if err != nil {
		return "", nil, fmt.Errorf("a %T cannot be compared with: %w", operand, err)
	}
	return "", literal, nil
}
