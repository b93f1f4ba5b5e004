package check

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

var variableRules = []*Rule{
	{
		Code: "variable-name", AWSCode: awsVariableName, Severity: Error, check: checkVariableNames,
		Doc: "A variable's name starts with a letter, goes on with letters, digits and _, and has at most 80 characters. Assign sets whole variables, not parts of them: no dots, no brackets.",
	},
	{
		Code: "reserved-variable", AWSCode: awsReservedVariable, Severity: Error, check: checkReservedVariables,
		Doc: "$states belongs to Step Functions: it holds the state's input, result, error and context.",
	},
}

// maxVariableName is AWS's limit for the length of a variable's name, in characters.
const maxVariableName = 80

// assignments lists every Assign of a state: its own, and those of its Choice rules and catchers.
func (s *state) assignments() []*asl.Node {
	var nodes []*asl.Node
	add := func(n *asl.Node) {
		if n != nil && n.Kind == value.KindObject && !isHole(n) {
			nodes = append(nodes, n)
		}
	}
	add(s.field("Assign"))
	for _, rule := range choiceRules(s) {
		add(rule.Member("Assign"))
	}
	if catch := s.field("Catch"); catch != nil {
		for _, c := range catch.Items {
			add(c.Member("Assign"))
		}
	}
	return nodes
}

// variable is the name of the variable that a member of Assign sets.
func (s *state) variable(name string) string {
	if s.language == asl.JSONPath {
		return strings.TrimSuffix(name, ".$")
	}
	return name
}

func checkVariableNames(p *pass, r *Rule) {
	for _, s := range p.states {
		if s.typ == asl.TypeSucceed || s.typ == asl.TypeFail {
			continue // they have no Assign at all
		}
		for _, assign := range s.assignments() {
			for _, m := range assign.Members {
				name := s.variable(m.Name)
				f := finding{node: m.Value, span: m.NameSpan, location: assign.Location(), cure: "use letters, digits and _, and a letter first"}
				if i := badInName(name); i >= 0 && !hasHole(name) {
					f.message = fmt.Sprintf("%q is no variable name", shorten(name))
					f.aws = fmt.Sprintf("Invalid variable name '%s': the variable name contains invalid characters.", name)
				} else if n := utf8.RuneCountInString(name); n > maxVariableName {
					f.message, f.cure = fmt.Sprintf("the variable's name has %d characters; the most are %d", n, maxVariableName), "shorten it"
				} else {
					continue
				}
				p.report(r, f)
			}
		}
	}
}

// badInName is the offset of the first character that a variable's name cannot have there, or -1. The rule is Unicode's for
// identifiers (ID_Start, then ID_Continue).
func badInName(name string) int {
	if name == "" {
		return 0
	}
	for i, c := range name {
		start := unicode.In(c, unicode.L, unicode.Nl, unicode.Other_ID_Start)
		inner := c == '_' || unicode.In(c, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc, unicode.Other_ID_Continue)
		if !start && (i == 0 || !inner) {
			return i
		}
	}
	return -1
}

func checkReservedVariables(p *pass, r *Rule) {
	for _, s := range p.states {
		for _, assign := range s.assignments() {
			for _, m := range assign.Members {
				if s.variable(m.Name) == "states" {
					p.report(r, finding{node: m.Value, span: m.NameSpan, location: assign.Location(), message: "$states cannot be assigned to", aws: "Cannot assign to reserved variable '$states'.", cure: "choose another name"})
				}
			}
		}
	}
}
