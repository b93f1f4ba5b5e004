package evaluate

import (
	"context"
	"errors"

	"github.com/docflow-asl/docflow/asl/intrinsic"
	"github.com/docflow-asl/docflow/asl/jsonata"
	"github.com/docflow-asl/docflow/asl/jsonpath"
	"github.com/docflow-asl/docflow/asl/value"
)

// Answer is what became of a case: a result, nothing (undefined), or an error.
type Answer struct {
	Result value.Value
	Error  *Error
}

// Error is why an expression has no result.
type Error struct {
	Code    string // of JSONata, or SyntaxError, ArityError, NoSuchPath, EvaluationError, States.…
	Message string
	// Position is where in the expression: for JSONata as the original counts, else in bytes. -1: nowhere.
	Position int
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Value gives the answer as JSON: {"result":…}, {"undefined":true} or {"error":{"code","message","position"}}.
func (a Answer) Value() value.Value {
	switch {
	case a.Error != nil:
		e := []value.Member{{Name: "code", Value: value.String(a.Error.Code)}, {Name: "message", Value: value.String(a.Error.Message)}}
		if a.Error.Position >= 0 {
			e = append(e, value.Member{Name: "position", Value: value.Int(int64(a.Error.Position))})
		}
		return value.NewObject(value.Member{Name: "error", Value: value.NewObject(e...)})
	case a.Result == nil:
		return value.NewObject(value.Member{Name: "undefined", Value: value.Bool(true)})
	}
	return value.NewObject(value.Member{Name: "result", Value: a.Result})
}

// Evaluate evaluates a case.
func Evaluate(ctx context.Context, c Case) Answer {
	evaluate := map[string]func(context.Context, Case) (value.Value, error){
		"jsonata": evaluateJSONata, "jsonpath": evaluateJSONPath, "intrinsic": evaluateIntrinsic,
	}[c.Language]
	result, err := evaluate(ctx, c)
	if err != nil {
		return Answer{Error: describe(err)}
	}
	return Answer{Result: result}
}

func evaluateJSONata(ctx context.Context, c Case) (value.Value, error) {
	bindings := map[string]value.Value{}
	if c.Bindings != nil {
		for _, m := range c.Bindings.Members() {
			bindings[m.Name] = m.Value
		}
	}
	data := c.Data
	var options []jsonata.Option
	if !c.Plain {
		options = append(options, jsonata.StepFunctions())
		if _, given := bindings["states"]; !given && data != nil {
			bindings["states"] = value.NewObject(value.Member{Name: "input", Value: data})
		}
		data = nil // a state's expressions have no input of their own
	}
	expression, err := jsonata.Compile(c.Expression, options...)
	if err != nil {
		return nil, err
	}
	return expression.Eval(ctx, data, bindings)
}

func evaluateJSONPath(_ context.Context, c Case) (value.Value, error) {
	dialect := jsonpath.StepFunctions
	if c.Plain {
		dialect = jsonpath.Jayway
	}
	path, err := jsonpath.ParseDialect(c.Expression, dialect)
	if err != nil {
		return nil, err
	}
	return jsonpath.Eval(path, roots(c))
}

func evaluateIntrinsic(_ context.Context, c Case) (value.Value, error) {
	call, err := intrinsic.Parse(c.Expression)
	if err != nil {
		return nil, err
	}
	return intrinsic.Eval(call, intrinsic.Roots{Roots: roots(c)})
}

// roots are what paths start from; $$ is an empty context object.
func roots(c Case) jsonpath.Roots {
	r := jsonpath.Roots{Data: c.Data, Context: value.NewObject()}
	if c.Bindings != nil {
		r.Variables = c.Bindings.Get
	}
	return r
}

// describe gives every kind of error the same form.
func describe(err error) *Error {
	var (
		jsonataError    *jsonata.Error
		pathSyntax      *jsonpath.SyntaxError
		noSuchPath      *jsonpath.NoSuchPathError
		noSuchVariable  *jsonpath.NoSuchVariableError
		intrinsicSyntax *intrinsic.SyntaxError
		arity           *intrinsic.ArityError
		intrinsicError  *intrinsic.Error
	)
	switch {
	case errors.As(err, &jsonataError):
		return &Error{jsonataError.Code, jsonataError.Message, jsonataError.Position}
	case errors.As(err, &pathSyntax):
		return &Error{"SyntaxError", pathSyntax.Message, pathSyntax.Offset}
	case errors.As(err, &intrinsicSyntax):
		return &Error{"SyntaxError", intrinsicSyntax.Message, intrinsicSyntax.Offset}
	case errors.As(err, &arity):
		return &Error{"ArityError", arity.Error(), arity.Offset}
	case errors.As(err, &intrinsicError):
		return &Error{intrinsicError.Name, intrinsicError.Cause, -1}
	case errors.As(err, &noSuchPath):
		return &Error{"NoSuchPath", noSuchPath.Error(), -1}
	case errors.As(err, &noSuchVariable):
		return &Error{"NoSuchVariable", noSuchVariable.Error(), -1}
	}
	return &Error{"EvaluationError", err.Error(), -1}
}
