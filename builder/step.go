package builder

import (
	"fmt"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

// way is one way on from a state; to is nil where the scope ends.
type way struct {
	to  *node
	env *env
}

// stepped is what a state makes of the data, and the state as it is written.
type stepped struct {
	state asl.State
	ways  []way
}

// step writes one state and follows the data through it.
func (b *build) step(s *scope, n *node, in *env) stepped {
	e := &evaluation{build: b, scope: s, node: n, env: in, root: in.root, selector: n.selector, output: n.outputPath}
	fields := asl.StateFields{Name: n.name, Comment: n.comment}
	switch n.kind {
	case asl.TypeTask:
		return e.task(fields)
	case asl.TypePass:
		return e.pass(fields)
	case asl.TypeParallel:
		return e.parallel(fields)
	case asl.TypeMap:
		return e.mapped(fields)
	case asl.TypeChoice:
		return e.choice(fields)
	case asl.TypeWait:
		return e.waiting(fields)
	case asl.TypeSucceed:
		paths, _ := e.input()
		state := &asl.SucceedState{StateFields: fields, Paths: paths}
		out := e.outputPath(e.root, &state.Paths)
		return stepped{state, []way{{nil, &env{out, in.variables}}}}
	}
	state := &asl.FailState{StateFields: fields}
	state.Error, state.ErrorPath = e.text(n.error, "Error")
	state.Cause, state.CausePath = e.text(n.cause, "Cause")
	return stepped{state, nil}
}

// input applies InputPath: e.root is the effective input afterwards. The raw input is returned too.
func (e *evaluation) input() (asl.Paths, *data) {
	raw := e.root
	var paths asl.Paths
	if e.node.inputPath != nil {
		paths.InputPath, e.root = e.selected(*e.node.inputPath, "InputPath")
	}
	return paths, raw
}

// selected resolves an InputPath or OutputPath.
func (e *evaluation) selected(r Ref, field string) (asl.Path, *data) {
	if r.source != nil && r.source.kind == nothingSource {
		return asl.NullPath, object(nil)
	}
	text, d := e.resolve(r, field)
	return asl.PathOf(text), d
}

// outputPath applies OutputPath to what the state would pass on.
func (e *evaluation) outputPath(d *data, paths *asl.Paths) *data {
	if e.output == nil {
		return d
	}
	inner := *e
	inner.root, inner.ofResult, inner.leaving = d, false, true
	paths.OutputPath, d = inner.selected(*e.output, "OutputPath")
	return d
}

// place puts a result where a ResultPath says.
func (e *evaluation) place(raw, result *data, path *steps, field string) *data {
	if path == nil {
		return result
	}
	out, ok := raw.with(*path, result)
	if !ok {
		e.fail(WrongType, field, fmt.Sprintf("nothing can be written to $%s: the state's input is %s there, not an object", path, raw.shape().jsonKind()))
		return unknown
	}
	return out
}

func resultPathOf(n *node) asl.Path {
	switch {
	case n.discard:
		return asl.NullPath
	case n.resultPath != nil:
		return asl.PathOf("$" + n.resultPath.String())
	}
	return asl.Path{}
}

// assigned writes Assign and gives the variables that are in force afterwards.
func (e *evaluation) assigned(assignments []assignment, field string) (*value.Object, map[string]*data) {
	if len(assignments) == 0 {
		return nil, e.env.variables
	}
	o := Object{}
	for _, a := range assignments {
		o[a.name] = a.value
		if e.scope.outerVariable(e.build, a.name) {
			e.fail(BadName, field, fmt.Sprintf("the variable %q is one of the flow around this one, which cannot be assigned from within", a.name))
		}
	}
	p := e.object(o, field, nil)
	variables := make(map[string]*data, len(e.env.variables)+len(o))
	for name, v := range e.env.variables {
		variables[name] = v
	}
	for name, v := range p.data.fields {
		variables[name] = v
	}
	written, _ := p.literal.(*value.Object)
	return written, variables
}

// outerVariable tells whether a variable of that name exists where the scope is entered.
func (s *scope) outerVariable(b *build, name string) bool {
	for ; s.owner != nil; s = s.parent {
		if outer := b.before[s.owner]; outer != nil && outer.variables[name] != nil {
			return true
		}
	}
	return false
}

func (n *node) transition() asl.Transition {
	if n.next == nil {
		return asl.Transition{End: true}
	}
	return asl.Transition{Next: n.next.name}
}

// finish does what Task, Parallel and Map have in common once they have a raw result: ResultSelector, Assign, ResultPath,
// OutputPath, and the catchers.
func (e *evaluation) finish(raw, result *data, common *outcome) []way {
	n := e.node
	e.build.values[n.result] = result
	after := *e
	after.root, after.ofResult = result, true
	if e.selector != nil {
		p := after.object(e.selector, "ResultSelector", nil)
		*common.selector = p.literal
		after.root = p.data
	}
	assign, variables := after.assigned(n.assign, "Assign")
	common.assignment.Assign = assign
	*common.resultPath = resultPathOf(n)
	out := raw
	if !n.discard {
		out = e.place(raw, after.root, n.resultPath, "ResultPath")
	}
	out = after.outputPath(out, common.paths)
	*common.transition = n.transition()
	e.build.after[n] = &env{out, variables}
	ways := []way{{n.next, e.build.after[n]}}
	return append(ways, e.errorHandling(raw, common.handling)...)
}

// outcome points to the fields of a state that finish fills.
type outcome struct {
	paths      *asl.Paths
	selector   *value.Value
	resultPath *asl.Path
	handling   *asl.ErrorHandling
	assignment *asl.Assignment
	transition *asl.Transition
}

// parameters writes Parameters; the result is what the task gets.
func (e *evaluation) parameters(want *typ) (value.Value, *data) {
	n := e.node
	if !n.hasPayload {
		return nil, e.root
	}
	if r, ok := n.parameters.(Ref); ok {
		e.failRef(BadValue, "Parameters", "Parameters cannot be a single reference; use InputPath", "", r)
		return nil, unknown
	}
	p := e.template(n.parameters, "Parameters", want)
	if p.expression != "" {
		e.fail(BadValue, "Parameters", "Parameters cannot be a single expression; an object can hold one")
	}
	return p.literal, p.data
}

func (e *evaluation) task(fields asl.StateFields) stepped {
	n := e.node
	state := &asl.TaskState{StateFields: fields, Resource: n.resource}
	paths, raw := e.input()
	state.Paths = paths

	want, request := n.requestType, "Parameters"
	if n.requestAt != "" {
		// The names before it are "FunctionName" and "ModelId": a definition reads best with them in front.
		want = &typ{kind: objectKind, open: anyType, fields: []field{{name: "FunctionName"}, {name: "ModelId"}, {name: n.requestAt, typ: n.requestType}}}
		request += "." + n.requestAt
	}
	parameters, sent := e.parameters(want)
	state.Parameters = parameters
	if !n.hasPayload {
		request = "the state's input"
	}
	if n.requestAt != "" {
		sent = sent.child(segment{name: n.requestAt})
	}
	if sent != nil {
		e.checkFits(sent, n.requestType, request)
	}
	if n.credentials != nil {
		state.Credentials = e.template(n.credentials, "Credentials", nil).literal
	}
	state.TimeoutSeconds, state.TimeoutSecondsPath = e.timeout(n.timeout, "TimeoutSeconds")
	state.HeartbeatSeconds, state.HeartbeatSecondsPath = e.timeout(n.heartbeat, "HeartbeatSeconds")
	if n.timeout != nil && n.heartbeat != nil && n.timeout.ref == nil && n.heartbeat.ref == nil && n.heartbeat.span >= n.timeout.span {
		e.fail(BadValue, "HeartbeatSeconds", fmt.Sprintf("%v is not less than the time-out, %v", n.heartbeat.span, n.timeout.span))
	}

	// Of the envelope that an optimized integration returns only the answer is kept, unless the description says otherwise.
	if len(n.resultBase) > 0 && n.selector == nil && !n.discard {
		answer := Ref{source: n.result, path: n.resultBase, pos: n.pos}
		if n.resultPath != nil && len(*n.resultPath) > 0 {
			e.selector = Object{n.resultBase[0].name: answer}
		} else if n.outputPath == nil {
			e.output = &answer
		}
	}
	return stepped{state, e.finish(raw, sourced(n.result, n.resultType), outcomeOfTask(state))}
}

func outcomeOfTask(state *asl.TaskState) *outcome {
	return &outcome{&state.Paths, &state.ResultSelector, &state.ResultPath, &state.ErrorHandling, &state.Assignment, &state.Transition}
}

func (e *evaluation) timeout(t *timeout, field string) (asl.Number, asl.Path) {
	if t == nil {
		return asl.Number{}, asl.Path{}
	}
	if t.ref != nil {
		path, d := e.reference(*t.ref, field+"Path")
		e.checkKind(d, numberKind, field+"Path", *t.ref)
		return asl.Number{}, path
	}
	return e.build.seconds(t.span, func(message string) { e.fail(BadValue, field, message) }), asl.Path{}
}

// reference resolves a reference where Step Functions takes a reference path: one that leads to a single place.
func (e *evaluation) reference(r Ref, field string) (asl.Path, *data) {
	text, d := e.resolve(r, field)
	if !r.path.reference() {
		e.failRef(BadPath, field, "[*] leads to many places; one is wanted here", "", r)
	}
	return asl.PathOf(text), d
}

// text writes a string that can be given as such or by an expression.
func (e *evaluation) text(v any, field string) (string, asl.Path) {
	switch v := v.(type) {
	case nil:
		return "", asl.Path{}
	case string:
		e.checkText(v, field)
		return v, asl.Path{}
	case Ref:
		path, d := e.resolve(v, field+"Path")
		e.checkKind(d, stringKind, field+"Path", v)
		return "", asl.PathOf(path)
	case call:
		text, t := e.call(v, field+"Path", 1)
		e.checkKind(&data{typ: t}, stringKind, field+"Path", Ref{source: &source{kind: pathSource, text: v.name}, pos: v.pos})
		return "", asl.PathOf(text)
	}
	e.fail(BadValue, field, fmt.Sprintf("a %T cannot be the text; a string or an expression can", v))
	return "", asl.Path{}
}

func (e *evaluation) pass(fields asl.StateFields) stepped {
	n := e.node
	state := &asl.PassState{StateFields: fields}
	paths, raw := e.input()
	state.Paths = paths
	result := e.root
	switch {
	case n.static:
		literal, err := literalOf(n.parameters)
		if err != nil {
			e.fail(BadValue, "Result", fmt.Sprintf("a %T cannot be written as JSON: %v", n.parameters, err))
			literal = value.Null{}
		}
		state.Result, result = literal, &data{typ: typeOfValue(literal)}
	case n.hasPayload:
		state.Parameters, result = e.parameters(nil)
	}
	result = result.labelled(n.result, nil)
	e.build.values[n.result] = result
	after := *e
	after.root, after.ofResult = result, true
	assign, variables := after.assigned(n.assign, "Assign")
	state.Assign = assign
	state.ResultPath = resultPathOf(n)
	out := raw
	if !n.discard {
		out = e.place(raw, result, n.resultPath, "ResultPath")
	}
	out = e.outputPath(out, &state.Paths)
	state.Transition = n.transition()
	e.build.after[n] = &env{out, variables}
	return stepped{state, []way{{n.next, e.build.after[n]}}}
}

func (e *evaluation) waiting(fields asl.StateFields) stepped {
	n := e.node
	state := &asl.WaitState{StateFields: fields}
	paths, _ := e.input()
	state.Paths = paths
	switch v := n.wait.(type) {
	case time.Duration:
		state.Seconds = e.build.seconds(v, func(message string) { e.fail(BadValue, "Seconds", message) })
	case time.Time:
		state.Timestamp = v.UTC().Format(time.RFC3339)
	case Ref:
		field, kind, target := "SecondsPath", numberKind, &state.SecondsPath
		if n.waitUntil {
			field, kind, target = "TimestampPath", stringKind, &state.TimestampPath
		}
		path, d := e.reference(v, field)
		e.checkKind(d, kind, field, v)
		*target = path
	}
	return e.through(state, &state.Paths, &state.Assignment, &state.Transition)
}

// through ends a state that passes its input on.
func (e *evaluation) through(state asl.State, paths *asl.Paths, assignment *asl.Assignment, transition *asl.Transition) stepped {
	assign, variables := e.assigned(e.node.assign, "Assign")
	assignment.Assign = assign
	out := e.outputPath(e.root, paths)
	*transition = e.node.transition()
	e.build.after[e.node] = &env{out, variables}
	return stepped{state, []way{{e.node.next, e.build.after[e.node]}}}
}
