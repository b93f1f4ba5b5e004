package builder

import (
	"strings"

	"github.com/docflow-asl/docflow/asl"
)

// ChoiceState goes on with one of several flows.
type ChoiceState struct{ assigning[*ChoiceState] }

type rule struct {
	condition Condition
	next      *node
}

// Choice goes on with the flow of the first condition that holds, else with that of Otherwise, which it must have.
func Choice(name string) *ChoiceState {
	c := &ChoiceState{}
	c.node, c.self = newNode(asl.TypeChoice, name), c
	return c
}

// When says what follows when a condition holds and none before it does.
func (c *ChoiceState) When(condition Condition, next Flow) *ChoiceState {
	first, _ := ends(next)
	if first == nil {
		c.node.fail(BadTransition, "Choices", "what should follow is nil, or a chain without states")
		return c
	}
	c.node.rules = append(c.node.rules, rule{condition, first})
	return c
}

// Otherwise says what follows when no condition holds. Without it the machine would fail there.
func (c *ChoiceState) Otherwise(next Flow) *ChoiceState {
	first, _ := ends(next)
	switch {
	case first == nil:
		c.node.fail(BadTransition, "Default", "what should follow is nil, or a chain without states")
	case c.node.otherwise != nil && c.node.otherwise != first:
		c.node.fail(BadTransition, "Default", quote(c.node.otherwise.name)+" follows already; "+quote(first.name)+" cannot follow too")
	default:
		c.node.otherwise = first
	}
	c.node.elsewhere = true
	return c
}

// Condition is what a Choice asks. It is made by the methods of Ref, and by And, Or and Not.
type Condition struct {
	operator string // And, Or, Not, or a comparison; a relation such as LessThan wants the operand's kind in front
	parts    []Condition
	subject  Ref
	operand  any
	relation bool
}

// And holds when all conditions do.
func And(conditions ...Condition) Condition { return Condition{operator: "And", parts: conditions} }

// Or holds when one of the conditions does.
func Or(conditions ...Condition) Condition { return Condition{operator: "Or", parts: conditions} }

// Not holds when the condition does not.
func Not(condition Condition) Condition {
	return Condition{operator: "Not", parts: []Condition{condition}}
}

func (r Ref) compare(relation string, operand any) Condition {
	return Condition{operator: relation, relation: true, subject: r, operand: operand}
}

// Equals compares with a string, a number, a boolean, a time.Time, or with another Ref whose type is known.
func (r Ref) Equals(operand any) Condition { return r.compare("Equals", operand) }

// LessThan compares with a string, a number, a time.Time, or with another Ref whose type is known.
func (r Ref) LessThan(operand any) Condition { return r.compare("LessThan", operand) }

// LessThanEquals compares as LessThan does.
func (r Ref) LessThanEquals(operand any) Condition { return r.compare("LessThanEquals", operand) }

// GreaterThan compares as LessThan does.
func (r Ref) GreaterThan(operand any) Condition { return r.compare("GreaterThan", operand) }

// GreaterThanEquals compares as LessThan does.
func (r Ref) GreaterThanEquals(operand any) Condition { return r.compare("GreaterThanEquals", operand) }

// Matches compares a string with a pattern in which * stands for any characters, and \* for a star.
func (r Ref) Matches(pattern string) Condition {
	return Condition{operator: "StringMatches", subject: r, operand: pattern}
}

func (r Ref) is(test string) Condition { return Condition{operator: test, subject: r, operand: true} }

// IsPresent holds when there is a value at all, null included.
func (r Ref) IsPresent() Condition { return r.is("IsPresent") }

// IsNull holds when the value is null.
func (r Ref) IsNull() Condition { return r.is("IsNull") }

// IsString holds when the value is a string.
func (r Ref) IsString() Condition { return r.is("IsString") }

// IsNumeric holds when the value is a number.
func (r Ref) IsNumeric() Condition { return r.is("IsNumeric") }

// IsBoolean holds when the value is a boolean.
func (r Ref) IsBoolean() Condition { return r.is("IsBoolean") }

// IsTimestamp holds when the value is a time in the form of RFC 3339.
func (r Ref) IsTimestamp() Condition { return r.is("IsTimestamp") }

// comparisonOf puts the kind of the operand in front of a relation: NumericLessThan.
func comparisonOf(kind jsonKind, relation string) (string, bool) {
	switch kind {
	case stringKind:
		return "String" + relation, true
	case numberKind:
		return "Numeric" + relation, true
	case booleanKind:
		return "Boolean" + relation, strings.HasPrefix(relation, "Equals")
	}
	return "", false
}
