package engine

import (
	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/jsonata"
	"github.com/docflow-asl/docflow/asl/value"
)

// queryLanguage is the query language JSONata.
type queryLanguage struct{}

// queryFlow is the data flow of a state in JSONata: Arguments make what the task gets, Output and Assign see the state's input
// and the task's result as $states.input and $states.result. A nil field is the field's default.
type queryFlow struct {
	args      expr
	out       expr
	assign    *queryTemplate
	hasResult bool // of Task, Parallel and Map: there is a $states.result, and the output is the result
}

func (f *queryFlow) input(_ *env, raw value.Value) (value.Value, error) { return raw, nil }

func (f *queryFlow) arguments(e *env, input value.Value) (value.Value, error) {
	if f.args == nil {
		return input, nil
	}
	e.data = input
	return f.args.eval(e)
}

func (f *queryFlow) output(e *env, raw, _, result value.Value) (value.Value, []value.Member, error) {
	e.data = raw
	if f.hasResult {
		e.result = result
	}
	return f.results(e, result)
}

// results evaluates Assign and Output. Neither sees what the other does.
func (f *queryFlow) results(e *env, standard value.Value) (value.Value, []value.Member, error) {
	var (
		assigned []value.Member
		err      error
	)
	if f.assign != nil {
		if assigned, err = f.assign.object(e); err != nil {
			return nil, nil, err
		}
	}
	if f.out == nil {
		return standard, assigned, nil
	}
	output, err := f.out.eval(e)
	return output, assigned, err
}

// queryCatch is a catcher in JSONata; without Output, the output is the error output.
type queryCatch struct {
	queryFlow
}

func (f *queryCatch) output(e *env, raw, errorOutput value.Value) (value.Value, []value.Member, error) {
	e.data, e.errorOutput = raw, errorOutput
	return f.results(e, errorOutput)
}

func (queryLanguage) flow(c *compiler, s asl.State) dataflow {
	f := &queryFlow{}
	switch s := s.(type) {
	case *asl.PassState:
		c.noPaths(s.Paths)
		c.pathOnly("Parameters", s.Parameters != nil)
		c.pathOnly("Result", s.Result != nil)
		c.pathOnly("ResultPath", isSet(s.ResultPath))
		f.compileResults(c, "", s.Assignment)
	case *asl.TaskState:
		c.noPaths(s.Paths)
		c.pathOnly("Parameters", s.Parameters != nil)
		c.pathOnly("ResultSelector", s.ResultSelector != nil)
		c.pathOnly("ResultPath", isSet(s.ResultPath))
		f.hasResult = true
		f.args = c.queryTemplate("Arguments", s.Arguments)
		f.compileResults(c, "", s.Assignment)
	case *asl.ChoiceState:
		c.noPaths(s.Paths)
		f.compileResults(c, "", s.Assignment)
	case *asl.WaitState:
		c.noPaths(s.Paths)
		f.compileResults(c, "", s.Assignment)
	case *asl.SucceedState:
		c.noPaths(s.Paths)
		f.out = c.queryTemplate("Output", s.Output)
	case *asl.ParallelState:
		c.noPaths(s.Paths)
		c.pathOnly("Parameters", s.Parameters != nil)
		c.pathOnly("ResultSelector", s.ResultSelector != nil)
		c.pathOnly("ResultPath", isSet(s.ResultPath))
		f.hasResult = true
		f.args = c.queryTemplate("Arguments", s.Arguments)
		f.compileResults(c, "", s.Assignment)
	case *asl.MapState:
		c.noPaths(s.Paths)
		c.pathOnly("Parameters", s.Parameters != nil)
		c.pathOnly("ItemsPath", isSet(s.ItemsPath))
		c.pathOnly("ResultSelector", s.ResultSelector != nil)
		c.pathOnly("ResultPath", isSet(s.ResultPath))
		f.hasResult = true
		f.compileResults(c, "", s.Assignment)
	}
	return f
}

// compileResults compiles Assign and Output; prefix is the rule or catcher that they stand in, such as Choices[0]/.
func (f *queryFlow) compileResults(c *compiler, prefix string, a asl.Assignment) {
	f.out = c.queryTemplate(prefix+"Output", a.Output)
	if a.Assign != nil && a.Assign.Len() > 0 {
		f.assign = c.queryMembers(prefix+"Assign", a.Assign)
	}
}

func (c *compiler) noPaths(p asl.Paths) {
	c.pathOnly("InputPath", isSet(p.InputPath))
	c.pathOnly("OutputPath", isSet(p.OutputPath))
}

func (queryLanguage) catchFlow(c *compiler, field string, catch *asl.Catcher) catchFlow {
	c.pathOnly(field+".ResultPath", isSet(catch.ResultPath))
	f := &queryCatch{}
	f.compileResults(c, field+"/", catch.Assignment)
	return f
}

// choice compiles a rule. Its Output and Assign replace those of the state, which belong to Default (recorded).
func (queryLanguage) choice(c *compiler, field string, rule *asl.ChoiceRule, _ *asl.ChoiceState) (condition, dataflow) {
	c.pathOnly(field+".Variable", rule.Variable != "")
	flow := &queryFlow{}
	flow.compileResults(c, field+"/", rule.Assignment)
	switch v := rule.Condition.(type) {
	case value.Bool:
		return fixedCondition(v), flow
	case value.String:
		if isQuery(string(v)) {
			if q, ok := c.query(field+"/Condition", string(v)).(*query); ok {
				return queryCondition{q}, flow
			}
			return never{}, flow
		}
	case nil:
		c.problem(field+".Condition", "is missing; a rule in JSONata needs it")
		return never{}, flow
	}
	c.problem(field+".Condition", "is %s; a boolean or a JSONata string would be right", value.Text(rule.Condition))
	return never{}, flow
}

type fixedCondition bool

func (c fixedCondition) holds(*env) (bool, error) { return bool(c), nil }

type queryCondition struct{ *query }

func (c queryCondition) holds(e *env) (bool, error) {
	v, err := c.typed(e, value.KindBool)
	return v == value.Value(value.Bool(true)), err
}

func (queryLanguage) expression(c *compiler, field string, v value.Value) expr {
	return c.queryTemplate(field, v)
}

func (queryLanguage) items(c *compiler, s *asl.MapState) itemSource {
	if s.Items == nil {
		return inputItems{}
	}
	return &queryItems{expr: c.queryTemplate("Items", s.Items), distributed: s.Distributed()}
}

// inputItems are the items of a Map in JSONata that has no Items: its input.
type inputItems struct{}

func (inputItems) items(e *env) (*value.Array, error) {
	if a, ok := e.data.(*value.Array); ok {
		return a, nil
	}
	return nil, queryFailure("", "Map state input must be an array but was: "+value.Compact(e.data))
}

// queryItems are the items of a Map in JSONata.
type queryItems struct {
	expr        expr
	distributed bool
}

func (i *queryItems) items(e *env) (*value.Array, error) {
	v, err := i.expr.eval(e)
	if err != nil {
		return nil, err
	}
	if a, ok := v.(*value.Array); ok {
		return a, nil
	}
	text := value.Text(v)
	if q, ok := i.expr.(*query); ok {
		text = q.text
	}
	return nil, queryFailure("Items", jsonata.CauseType(text, "Items", value.KindArray.String(), v))
}

func (queryLanguage) number(c *compiler, field string, n asl.Number, path asl.Path) number {
	c.pathOnly(field+"Path", isSet(path))
	if n.Expression == "" {
		return c.literal(field, n)
	}
	result := number{set: true, field: field}
	if !isQuery(n.Expression) {
		c.problem(field, "is %q; a number or a JSONata string would be right", n.Expression)
		return result
	}
	result.query, _ = c.query(field, n.Expression).(*query)
	return result
}

func (queryLanguage) text(c *compiler, field, s string, path asl.Path) expr {
	c.pathOnly(field+"Path", isSet(path))
	if s == "" {
		return nil
	}
	x := c.queryText(field, s)
	if q, ok := x.(*query); ok {
		return textQuery{q}
	}
	return x
}

// textQuery is an expression in a field that takes a string.
type textQuery struct{ *query }

func (q textQuery) eval(e *env) (value.Value, error) { return q.typed(e, value.KindString) }
