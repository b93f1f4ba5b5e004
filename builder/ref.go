package builder

import (
	"fmt"

	"github.com/docflow-asl/docflow/asl/value"
)

// Ref refers to a value that is known only when the machine runs: a part of a state's result, of the input, of the context
// object. It can stand wherever a value can; Build writes the path at which the value lies there, and finds out whether it
// does.
type Ref struct {
	source *source
	path   steps
	fault  string // what is wrong with the path's text
	pos    Position
}

func newRef(s *source, base steps, path string) Ref {
	r := Ref{source: s, pos: caller()}
	relative, err := parseSteps(path)
	if err != nil {
		r.fault = err.Error()
		return r
	}
	r.path = base.then(relative...)
	return r
}

func (Ref) expression() {}

// Input is the input of an execution, as the machine's first state gets it.
type Input struct{ source *source }

// InputOf declares the machine's input to be JSON of the shape of T. It belongs in Machine.Input.
func InputOf[T any]() *Input {
	return &Input{source: &source{kind: inputSource, typ: typeFor[T]()}}
}

// Ref refers to a part of the input, such as "document.key"; to the whole of it with "". Where the state's data no longer
// holds that part, it comes from the context object ($$.Execution.Input).
func (in *Input) Ref(path string) Ref { return newRef(in.source, nil, path) }

// CaughtError refers to "Error", "Cause" or (with "") the whole record of the error that was caught last.
func CaughtError(path string) Ref { return newRef(caughtError, nil, path) }

// Var refers to a variable that a state before this one has assigned.
func Var(name string) Ref {
	return Ref{source: &source{kind: variableSource, text: name}, pos: caller()}
}

// StateInput refers to the state's input as it is ($), or to a part of it, whoever made it.
func StateInput(path string) Ref { return newRef(&source{kind: hereSource}, nil, path) }

// JSONPath is a path that is taken as it is, for what a typed reference cannot say, such as a filter. Only its syntax is
// checked.
func JSONPath(path string) Ref {
	return Ref{source: &source{kind: pathSource, text: path}, pos: caller()}
}

// Nothing is null as an InputPath or OutputPath: the state's input, or output, is {}.
func Nothing() Ref { return Ref{source: &source{kind: nothingSource}, pos: caller()} }

func contextRef(name string, kind jsonKind) Ref {
	return Ref{source: &source{kind: contextSource, text: name, typ: &typ{kind: kind}}}
}

// Members of the context object.
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-contextobject.html
var (
	ExecutionID        = contextRef("Execution.Id", stringKind) // the execution's ARN
	ExecutionName      = contextRef("Execution.Name", stringKind)
	ExecutionRole      = contextRef("Execution.RoleArn", stringKind)
	ExecutionStartTime = contextRef("Execution.StartTime", stringKind)
	StateMachineID     = contextRef("StateMachine.Id", stringKind) // the state machine's ARN
	StateMachineName   = contextRef("StateMachine.Name", stringKind)
	StateName          = contextRef("State.Name", stringKind)
	StateEnteredTime   = contextRef("State.EnteredTime", stringKind)
	StateRetryCount    = contextRef("State.RetryCount", numberKind)
	TaskToken          = contextRef("Task.Token", stringKind) // in tasks whose resource ends in .waitForTaskToken only
)

// Sub is a CloudFormation substitution: ${Name}, to be replaced when the machine is deployed (DefinitionSubstitutions).
// The name consists of letters, digits and underscores.
func Sub(name string) string { return "${" + name + "}" }

// Object is a JSON object. Its values are whatever encoding/json writes, other Objects, slices, and expressions: a Ref, Format
// or Intrinsic. An expression is written as Step Functions wants it, as "name.$". A string is always a literal; one that looks
// like a path is refused, since it is mostly a reference gone wrong (a value.String is not).
type Object map[string]any

// Expr is a Ref, or the call of an intrinsic function.
type Expr interface{ expression() }

// call is the call of an intrinsic function.
type call struct {
	name      string
	arguments []any
	escaped   bool // the first argument of States.Format is escaped already
	pos       Position
}

func (call) expression() {}

// Format fills the holes {} of a template with values, in order, as States.Format does. All other characters of the template
// stand for themselves, braces, quotes and backslashes too, as do CloudFormation substitutions. Values are expressions,
// strings, numbers, booleans and nil; a literal {} is best given as a value.
func Format(template string, values ...any) Expr {
	return call{name: "States.Format", arguments: append([]any{template}, values...), pos: caller()}
}

// FormatEscaped is Format with a template in which quotes, braces and backslashes are escaped already, as in
// tasks/bedrock.Template.
func FormatEscaped(template string, values ...any) Expr {
	return call{name: "States.Format", arguments: append([]any{template}, values...), escaped: true, pos: caller()}
}

// Intrinsic calls an intrinsic function by its name, such as "States.ArrayLength". Arguments are as for Format.
// https://docs.aws.amazon.com/step-functions/latest/dg/intrinsic-functions.html
func Intrinsic(name string, arguments ...any) Expr {
	return call{name: name, arguments: arguments, pos: caller()}
}

// intrinsic is what is known of an intrinsic function.
type intrinsic struct {
	least, most int // arguments; most < 0 is any number
	result      *typ
}

var intrinsics = map[string]intrinsic{
	"States.Format":         {1, -1, &typ{kind: stringKind}},
	"States.StringToJson":   {1, 1, nil},
	"States.JsonToString":   {1, 1, &typ{kind: stringKind}},
	"States.Array":          {0, -1, &typ{kind: arrayKind}},
	"States.ArrayPartition": {2, 2, &typ{kind: arrayKind, elem: &typ{kind: arrayKind}}},
	"States.ArrayContains":  {2, 2, &typ{kind: booleanKind}},
	"States.ArrayRange":     {3, 3, &typ{kind: arrayKind, elem: &typ{kind: numberKind}}},
	"States.ArrayGetItem":   {2, 2, nil},
	"States.ArrayLength":    {1, 1, &typ{kind: numberKind}},
	"States.ArrayUnique":    {1, 1, &typ{kind: arrayKind}},
	"States.Base64Encode":   {1, 1, &typ{kind: stringKind}},
	"States.Base64Decode":   {1, 1, &typ{kind: stringKind}},
	"States.Hash":           {2, 2, &typ{kind: stringKind}},
	"States.JsonMerge":      {3, 3, &typ{kind: objectKind, open: anyType}},
	"States.MathRandom":     {2, 3, &typ{kind: numberKind}},
	"States.MathAdd":        {2, 2, &typ{kind: numberKind}},
	"States.StringSplit":    {2, 2, &typ{kind: arrayKind, elem: &typ{kind: stringKind}}},
	"States.UUID":           {0, 0, &typ{kind: stringKind}},
}

// maxNesting is how deep calls of intrinsic functions may stand in each other.
const maxNesting = 10

// describe names what a reference refers to, in a message.
func (r Ref) describe() string {
	if r.source == nil {
		return "an empty reference"
	}
	path := r.path
	of := func(whole string) string {
		if len(path) == 0 {
			return whole
		}
		return fmt.Sprintf("%q of %s", path.relative(), whole)
	}
	switch r.source.kind {
	case resultSource:
		path = r.path[min(len(r.path), len(r.source.node.resultBase)):]
		return of(fmt.Sprintf("the result of %q", r.source.node.name))
	case inputSource:
		return of("the execution's input")
	case itemSource:
		return of(fmt.Sprintf("the item of %q", r.source.node.name))
	case batchSource:
		return of(fmt.Sprintf("the batch of %q", r.source.node.name))
	case caughtSource:
		return of("the caught error")
	case contextSource:
		return "$$." + r.source.text
	case variableSource:
		return "the variable " + r.source.text
	case hereSource:
		return of("the state's input")
	case pathSource:
		return r.source.text
	}
	return "null"
}

// literalOf makes the JSON of a Go value.
func literalOf(v any) (value.Value, error) { return value.FromGo(v) }
