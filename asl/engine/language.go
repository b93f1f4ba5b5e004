package engine

import (
	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

// A query language computes what goes into states and what comes out of them; the scheduler knows nothing of it. At compile
// time a language turns the fields of a state into the interfaces below, at run time the state calls them. JSONPath
// stands in pathflow.go, JSONata in jsonataflow.go.
type language interface {
	// flow compiles the fields that make a state's input, task input, output and variables.
	flow(c *compiler, s asl.State) dataflow
	// catchFlow compiles what a catcher makes of an error.
	catchFlow(c *compiler, field string, catch *asl.Catcher) catchFlow
	// choice compiles the condition of a Choice rule, and the flow that makes the state's output when the rule is chosen.
	choice(c *compiler, field string, rule *asl.ChoiceRule, s *asl.ChoiceState) (condition, dataflow)
	// expression compiles a field that holds a value of the language: a payload template, an expression.
	expression(c *compiler, field string, v value.Value) expr
	// parameters compiles the Parameters or Arguments of an ItemReader or ResultWriter; nil for none.
	parameters(c *compiler, block string, parameters, arguments value.Value) expr
	// items compiles where a Map's items come from.
	items(c *compiler, s *asl.MapState) itemSource
	// number compiles a field that AWS allows to be computed, such as Seconds or SecondsPath.
	number(c *compiler, field string, n asl.Number, path asl.Path) number
	// text compiles a string field that AWS allows to be computed, such as Error or ErrorPath.
	text(c *compiler, field, s string, path asl.Path) expr
}

// env is what an expression sees.
type env struct {
	t    *thread
	data value.Value // what `$` stands for, or $states.input

	// The other members of $states; nil where there are none.
	result      value.Value
	errorOutput value.Value
}

// expr computes a value. An error that is no *failure counts as States.Runtime with its text.
type expr interface {
	eval(e *env) (value.Value, error)
}

// condition is the condition of a Choice rule.
type condition interface {
	holds(e *env) (bool, error)
}

// dataflow computes what goes into one state and what comes out of it.
type dataflow interface {
	// input is what the state works on, made of the raw input that it was entered with.
	input(e *env, raw value.Value) (value.Value, error)
	// arguments is what the task, the branches or (for a Pass) the result get.
	arguments(e *env, input value.Value) (value.Value, error)
	// output makes the state's output and the variables that it sets.
	output(e *env, raw, input, result value.Value) (value.Value, []value.Member, error)
}

// catchFlow computes what a catcher gives to its next state.
type catchFlow interface {
	output(e *env, raw, errorOutput value.Value) (value.Value, []value.Member, error)
}

// constant is an expression that always gives the same value.
type constant struct {
	value value.Value
}

func (c constant) eval(*env) (value.Value, error) { return c.value, nil }
