package engine

import (
	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/jsonpath"
	"github.com/docflow-asl/docflow/asl/value"
)

// pathLanguage is the query language JSONPath.
type pathLanguage struct{}

// pathFlow is the data flow of a state in JSONPath:
//
//	raw input → InputPath → Parameters → (the state's work) → ResultSelector → ResultPath onto the raw input → OutputPath
//
// A nil field is the field's default.
type pathFlow struct {
	inputPath  *pathExpr
	inputNull  bool // InputPath null: the input is {}
	parameters expr
	selector   expr
	resultPath *jsonpath.ReferencePath
	discard    bool // ResultPath null: the output is the raw input
	outputPath *pathExpr
	outputNull bool // OutputPath null: the output is {}
	assign     *template
}

var emptyObject = value.NewObject()

func (f *pathFlow) input(e *env, raw value.Value) (value.Value, error) {
	if f.inputNull {
		return emptyObject, nil
	}
	if f.inputPath == nil {
		return raw, nil
	}
	e.data = raw
	return f.inputPath.eval(e)
}

func (f *pathFlow) arguments(e *env, input value.Value) (value.Value, error) {
	if f.parameters == nil {
		return input, nil
	}
	e.data = input
	return f.parameters.eval(e)
}

func (f *pathFlow) output(e *env, raw, _, result value.Value) (value.Value, []value.Member, error) {
	return f.results(e, raw, result, e.t.x.probe)
}

func (f *pathFlow) results(e *env, raw, result value.Value, probe *probe) (value.Value, []value.Member, error) {
	if f.selector != nil {
		e.data = result
		selected, err := f.selector.eval(e)
		if err != nil {
			return nil, nil, err
		}
		result = selected
	}
	probe.note(afterResultSelector, result)
	// Recorded: in Assign, $ is the result, whatever ResultPath and OutputPath do with it.
	assigned, err := f.assign.members(e, result)
	if err != nil {
		return nil, nil, err
	}
	output, err := f.place(raw, result)
	if err != nil {
		return nil, nil, err
	}
	probe.note(afterResultPath, output)
	if f.outputNull {
		return emptyObject, assigned, nil
	}
	if f.outputPath != nil {
		e.data = output
		if output, err = f.outputPath.eval(e); err != nil {
			return nil, nil, err
		}
	}
	return output, assigned, nil
}

// place puts the result where ResultPath says.
func (f *pathFlow) place(raw, result value.Value) (value.Value, error) {
	if f.discard {
		return raw, nil
	}
	if f.resultPath == nil {
		return result, nil
	}
	output, err := f.resultPath.Set(raw, result)
	if err != nil {
		return nil, referenceFailure(err)
	}
	return value.Rebuilt(output), nil // as the same example shows
}

// pathCatch is a catcher in JSONPath. The state's OutputPath does not apply (recorded).
type pathCatch struct {
	pathFlow
}

func (f *pathCatch) output(e *env, raw, errorOutput value.Value) (value.Value, []value.Member, error) {
	return f.results(e, raw, errorOutput, nil)
}

// referenceFailure gives a reference path that does not fit the data the name that AWS has for it.
func referenceFailure(err error) error {
	if r, ok := err.(*jsonpath.ReferenceError); ok {
		return newFailure(r.Name, r.Message)
	}
	return err
}

func (pathLanguage) flow(c *compiler, s asl.State) dataflow {
	f := &pathFlow{}
	switch s := s.(type) {
	case *asl.PassState:
		c.paths(f, s.Paths)
		c.result(f, s.ResultPath)
		f.parameters = c.template("Parameters", s.Parameters)
		// A null counts as none: captured on AWS in 2026-09 (github.com/radkawar/stackd
		// testdata/aws/stepfunctions/dataflow_execution.json).
		if s.Result != nil && s.Result.Kind() != value.KindNull {
			f.parameters = constant{value.Detach(s.Result)} // never a template, whatever its names end with (recorded)
		}
		f.assign = c.assign("Assign", s.Assign)
		c.jsonataOnly("Output", s.Output)
	case *asl.TaskState:
		c.paths(f, s.Paths)
		c.result(f, s.ResultPath)
		f.parameters = c.template("Parameters", s.Parameters)
		f.selector = c.template("ResultSelector", s.ResultSelector)
		f.assign = c.assign("Assign", s.Assign)
		c.jsonataOnly("Arguments", s.Arguments)
		c.jsonataOnly("Output", s.Output)
	case *asl.ChoiceState:
		c.paths(f, s.Paths)
		f.assign = c.assign("Assign", s.Assign)
		c.jsonataOnly("Output", s.Output)
	case *asl.WaitState:
		c.paths(f, s.Paths)
		f.assign = c.assign("Assign", s.Assign)
		c.jsonataOnly("Output", s.Output)
	case *asl.SucceedState:
		c.paths(f, s.Paths)
		c.jsonataOnly("Output", s.Output)
	case *asl.ParallelState:
		c.paths(f, s.Paths)
		c.result(f, s.ResultPath)
		f.parameters = c.template("Parameters", s.Parameters)
		f.selector = c.template("ResultSelector", s.ResultSelector)
		f.assign = c.assign("Assign", s.Assign)
		c.jsonataOnly("Arguments", s.Arguments)
		c.jsonataOnly("Output", s.Output)
	case *asl.MapState:
		c.paths(f, s.Paths)
		c.result(f, s.ResultPath)
		f.selector = c.template("ResultSelector", s.ResultSelector)
		f.assign = c.assign("Assign", s.Assign)
		c.jsonataOnly("Items", s.Items)
		c.jsonataOnly("Output", s.Output)
	}
	return f
}

func (pathLanguage) catchFlow(c *compiler, field string, catch *asl.Catcher) catchFlow {
	f := &pathCatch{}
	c.result(&f.pathFlow, catch.ResultPath)
	f.assign = c.assign(field+".Assign", catch.Assign)
	c.jsonataOnly(field+".Output", catch.Output)
	return f
}

func (pathLanguage) choice(c *compiler, field string, rule *asl.ChoiceRule, s *asl.ChoiceState) (condition, dataflow) {
	flow := &pathFlow{}
	c.paths(flow, s.Paths)
	flow.assign = c.assign(field+".Assign", rule.Assign)
	c.jsonataOnly(field+".Condition", rule.Condition)
	c.jsonataOnly(field+".Output", rule.Output)
	return c.pathCondition(field, rule), flow
}

func (pathLanguage) expression(c *compiler, field string, v value.Value) expr {
	return c.template(field, v)
}

func (pathLanguage) items(c *compiler, s *asl.MapState) itemSource {
	if s.ItemsPath.Null || s.ItemsPath.Or("$").Text == "$" {
		return &pathItems{text: "$"}
	}
	text := s.ItemsPath.Text
	p := c.path("ItemsPath", text)
	if p == nil {
		return &pathItems{text: text}
	}
	items := &pathItems{text: text, path: p}
	if p.path.IsReference() == nil && p.path.Root == jsonpath.RootData {
		if reference, err := jsonpath.ParseReference(text); err == nil {
			items.reference = &reference
		}
	}
	return items
}

// pathItems is the ItemsPath of a Map.
type pathItems struct {
	text      string
	path      *pathExpr               // nil for $
	reference *jsonpath.ReferencePath // of the state's data, when the path is one
}

func (p *pathItems) items(e *env) (*value.Array, error) {
	v := e.data
	var err error
	switch {
	case p.reference != nil:
		if v, err = p.reference.Get(e.data); err != nil {
			return nil, referenceFailure(err)
		}
	case p.path != nil:
		if v, err = p.path.eval(e); err != nil {
			return nil, err
		}
	}
	array, ok := v.(*value.Array)
	if !ok {
		return nil, runtimeFailure("Reference path \"%s\" must point to array.", p.text)
	}
	return array, nil
}

func (pathLanguage) number(c *compiler, field string, n asl.Number, path asl.Path) number {
	result := number{field: field + "Path", path: path.Text}
	switch {
	case path.Text != "":
		result.set = true
		if p := c.path(result.field, path.Text); p != nil {
			result.expr = p
		}
	case n.Expression != "":
		c.problem(field, "holds the text %q; a state in JSONPath takes a number here, or %sPath", n.Expression, field)
	default:
		return c.literal(field, n)
	}
	return result
}

// literal compiles a number that stands in the definition, if it is there.
func (c *compiler) literal(field string, n asl.Number) number {
	if !n.Set() {
		return number{field: field}
	}
	f, ok := n.Float()
	if !ok {
		c.problem(field, "holds %s, which is no number", n.Text)
	}
	return number{set: true, value: f, text: string(n.Text), field: field}
}

func (pathLanguage) text(c *compiler, field, s string, path asl.Path) expr {
	if path.Text != "" {
		return c.fieldPath(field+"Path", path.Text)
	}
	if s == "" {
		return nil
	}
	return constant{value.String(s)}
}

// paths compiles InputPath and OutputPath.
func (c *compiler) paths(f *pathFlow, p asl.Paths) {
	f.inputNull, f.outputNull = p.InputPath.Null, p.OutputPath.Null
	if text := p.InputPath.Text; text != "" && text != "$" {
		f.inputPath = c.path("InputPath", text)
	}
	if text := p.OutputPath.Text; text != "" && text != "$" {
		f.outputPath = c.path("OutputPath", text)
	}
}

// result compiles ResultPath.
func (c *compiler) result(f *pathFlow, p asl.Path) {
	f.discard = p.Null
	if p.Text == "" || p.Text == "$" {
		return
	}
	reference, err := jsonpath.ParseReference(p.Text)
	if err != nil {
		c.failed("ResultPath", err)
		return
	}
	if reference.Path().Root != jsonpath.RootData {
		c.problem("ResultPath", "%s starts with something else than $, the state's input", p.Text)
		return
	}
	f.resultPath = &reference
}

// jsonataOnly reports a field that a state in JSONPath cannot have.
func (c *compiler) jsonataOnly(field string, v value.Value) {
	if v != nil {
		c.problem(field, "is a field of JSONata states, and this state is in JSONPath")
	}
}
