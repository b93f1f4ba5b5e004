package graph

import (
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

// edgeLabel says when a transition is taken; "" for a plain Next.
func edgeLabel(state asl.State, e asl.Edge) string {
	switch s := state.(type) {
	case *asl.ChoiceState:
		if e.Kind == asl.EdgeDefault {
			return "else"
		}
		if e.Kind == asl.EdgeChoice {
			return condition(&s.Choices[e.Index])
		}
	}
	if handling := asl.ErrorHandlingOf(state); handling != nil && e.Kind == asl.EdgeCatch {
		return strings.Join(handling.Catch[e.Index].ErrorEquals, ", ")
	}
	return ""
}

// condition gives a rule in a short form, such as `$.pages > 10 and $.language is present`.
func condition(rule *asl.ChoiceRule) string { return shortCondition(rule, 0) }

// maxConditionDepth is how deep a condition is spelt out; a label shows less of it anyway.
const maxConditionDepth = 8

func shortCondition(rule *asl.ChoiceRule, depth int) string {
	if depth > maxConditionDepth {
		return "…"
	}
	switch {
	case rule.Condition != nil:
		if text, ok := rule.Condition.(value.String); ok {
			return expression(string(text))
		}
		return value.Compact(rule.Condition)
	case rule.Not != nil:
		inner := shortCondition(rule.Not, depth+1)
		if rule.Not.And != nil || rule.Not.Or != nil || rule.Not.Operator != "" {
			inner = "(" + inner + ")"
		}
		return "not " + inner
	case rule.And != nil:
		return joinConditions(rule.And, " and ", depth)
	case rule.Or != nil:
		return joinConditions(rule.Or, " or ", depth)
	case rule.Operator != "":
		return comparison(rule)
	}
	return rule.Variable
}

func joinConditions(rules []asl.ChoiceRule, operator string, depth int) string {
	parts := make([]string, len(rules))
	for i := range rules {
		parts[i] = shortCondition(&rules[i], depth+1)
		if len(rules) > 1 && (len(rules[i].And) > 1 || len(rules[i].Or) > 1) {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return strings.Join(parts, operator)
}

// comparison writes one operator as people do: NumericGreaterThan as `>`.
func comparison(rule *asl.ChoiceRule) string {
	operator := strings.TrimSuffix(rule.Operator, "Path")
	if kind, ok := strings.CutPrefix(operator, "Is"); ok {
		kind = strings.ToLower(kind)
		switch kind {
		case "string", "boolean", "timestamp":
			kind = "a " + kind
		case "numeric":
			kind = "a number"
		}
		if rule.Operand == value.Bool(false) {
			return rule.Variable + " is not " + kind
		}
		return rule.Variable + " is " + kind
	}
	operand := ""
	if rule.Operand != nil {
		operand = value.Compact(rule.Operand)
		if text, ok := rule.Operand.(value.String); ok && strings.HasSuffix(rule.Operator, "Path") {
			operand = string(text)
		}
	}
	signs := []struct{ suffix, sign string }{
		{"GreaterThanEquals", "≥"}, {"LessThanEquals", "≤"}, {"GreaterThan", ">"}, {"LessThan", "<"}, {"Equals", "="}, {"Matches", "like"},
	}
	for _, s := range signs {
		if strings.HasSuffix(operator, s.suffix) {
			return rule.Variable + " " + s.sign + " " + operand
		}
	}
	return rule.Variable + " " + operator + " " + operand
}

// expression strips a JSONata string of its delimiters and of line ends.
func expression(text string) string {
	if asl.IsJSONata(text) {
		text = text[2 : len(text)-2]
	}
	return strings.Join(strings.Fields(text), " ")
}

// shortResource names what a Task calls, from its ARN: `bedrock:invokeModel`, or the name of a Lambda function.
func shortResource(arn string) string {
	parts := strings.SplitN(arn, ":", 6)
	if len(parts) < 6 || parts[0] != "arn" {
		return arn
	}
	service, rest := parts[2], parts[5]
	switch {
	case service == "states" && parts[3] == "" && parts[4] == "":
		return strings.TrimPrefix(rest, "aws-sdk:")
	case service == "states":
		return strings.Replace(rest, "activity:", "activity ", 1)
	case service == "lambda":
		return strings.TrimPrefix(rest, "function:")
	}
	return service + ":" + rest
}
