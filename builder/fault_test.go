package builder_test

import (
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/builder"
)

// fault is what a test expects of one.
type fault struct {
	kind    builder.Kind
	state   string
	field   string
	text    string // in the message
	nearest string
}

func pass(name string, object builder.Object) *builder.PassState {
	return builder.Pass(name).Parameters(object)
}

// uses is a state that refers to something.
func uses(name string, ref builder.Ref) *builder.PassState {
	return pass(name, builder.Object{"x": ref})
}

func TestFaultsOfReferences(t *testing.T) {
	tests := map[string]struct {
		describe func() builder.Flow
		want     []fault
	}{
		"a field that the result does not have": {func() builder.Flow {
			analyze := model("Analyze", builder.Object{"prompt": "p", "max_tokens": 1}).ResultPath("$.analysis")
			return builder.Chain(analyze, uses("B", analyze.Result("Body.content[0].txt")))
		}, []fault{{builder.UnknownField, "B", "Parameters.x", `the result of "Analyze" has no field "Body.content[0].txt": there is no "txt"`, "Body.content[0].text"}}},
		"a field of a Lambda function's answer": {func() builder.Flow {
			a := builder.LambdaInvoke[any, found]("A", function, nil)
			return builder.Chain(a, uses("B", a.Result("document.buckt")))
		}, []fault{{builder.UnknownField, "B", "Parameters.x", `no field "document.buckt"`, "document.bucket"}}},
		"a field like no other": {func() builder.Flow {
			a := extract("A")
			return builder.Chain(a, uses("B", a.Result("nothingOfTheKind")))
		}, []fault{{builder.UnknownField, "B", "Parameters.x", "which has text, document, chunks, tags, done", ""}}},
		"a field of a string": {func() builder.Flow {
			a := extract("A")
			return builder.Chain(a, uses("B", a.Result("text.length")))
		}, []fault{{builder.UnknownField, "B", "Parameters.x", `"text" is a string`, ""}}},
		"a branch too many": {func() builder.Flow {
			p := builder.Parallel("P", builder.Pass("In"))
			return builder.Chain(p, uses("B", p.Result("[1].x")))
		}, []fault{{builder.UnknownField, "B", "Parameters.x", "an array of 1 items", ""}}},
		"a field that a Pass does not make": {func() builder.Flow {
			a := pass("A", builder.Object{"status": "ok"})
			return builder.Chain(a, uses("B", a.Result("statsu")))
		}, []fault{{builder.UnknownField, "B", "Parameters.x", "", "status"}}},
		"a result that was overwritten": {func() builder.Flow {
			a, b := extract("A"), extract("B")
			return builder.Chain(a, b, uses("C", a.Result("text")))
		}, []fault{{builder.Overwritten, "C", "Parameters.x", `overwritten by the output of "B"`, ""}}},
		"a part that was overwritten": {func() builder.Flow {
			a := extract("A")
			b := extract("B").ResultPath("$.document")
			return builder.Chain(a, b, pass("C", builder.Object{"fine": a.Result("text"), "lost": a.Result("document.key"), "whole": a.Result("")}))
		}, []fault{
			{builder.Overwritten, "C", "Parameters.lost", `"document.key" of the result of "A" is no longer`, ""},
			{builder.Overwritten, "C", "Parameters.whole", `the result of "A" is no longer`, ""},
		}},
		"a result that is discarded": {func() builder.Flow {
			a := extract("A").DiscardResult()
			return builder.Chain(a, uses("B", a.Result("text")))
		}, []fault{{builder.Discarded, "B", "Parameters.x", "discards its result", ""}}},
		"a part that ResultSelector leaves out": {func() builder.Flow {
			a := extract("A")
			a.ResultSelector(builder.Object{"t": a.Result("text")})
			return builder.Chain(a, uses("B", a.Result("document")))
		}, []fault{{builder.Discarded, "B", "Parameters.x", "ResultSelector or OutputPath", ""}}},
		"a state that a choice can pass by": {func() builder.Flow {
			a := extract("A").ResultPath("$.a")
			b := uses("B", a.Result("text"))
			builder.Chain(a, b)
			return builder.Choice("C").When(builder.JSONPath("$.x").IsPresent(), a).Otherwise(b)
		}, []fault{{builder.NotOnEveryWay, "B", "Parameters.x", `"A" does not run, or does not succeed, on every way`, ""}}},
		"a state whose error was caught": {func() builder.Flow {
			a := extract("A").ResultPath("$.a")
			b := uses("B", a.Result("text"))
			return builder.Chain(a.Catch(builder.Catch(b)), b)
		}, []fault{{builder.NotOnEveryWay, "B", "Parameters.x", "does not succeed", ""}}},
		"the state itself": {func() builder.Flow {
			a := builder.Pass("A")
			return a.Parameters(builder.Object{"x": a.Result("y")})
		}, []fault{{builder.NotOnEveryWay, "A", "Parameters.x", "does not exist before the state has run", ""}}},
		"a state that comes later": {func() builder.Flow {
			b := extract("B")
			return builder.Chain(uses("A", b.Result("text")), b)
		}, []fault{{builder.NotOnEveryWay, "A", "Parameters.x", `"B" does not run`, ""}}},
		"another branch": {func() builder.Flow {
			left := extract("Left")
			return builder.Parallel("P", left, uses("Right", left.Result("text")))
		}, []fault{{builder.OutOfScope, "Right", "Parameters.x", `"Left" runs in a branch of "P"`, ""}}},
		"a state of no machine": {func() builder.Flow {
			return uses("A", extract("Elsewhere").Result("text"))
		}, []fault{{builder.OutOfScope, "A", "Parameters.x", `"Elsewhere" is not part of the machine`, ""}}},
		"the inside of a Map": {func() builder.Flow {
			a := extract("A")
			each := builder.Map("Each", a.Result("chunks"))
			inner := extract("Inner")
			return builder.Chain(a, each.Each(inner), uses("B", inner.Result("text")))
		}, []fault{{builder.Overwritten, "B", "Parameters.x", `not part of the output of an iteration of "Each"`, ""}}},
		"another result in a ResultSelector": {func() builder.Flow {
			a, b := extract("A").ResultPath("$.a"), extract("B")
			return builder.Chain(a, b.ResultSelector(builder.Object{"x": a.Result("text")}))
		}, []fault{{builder.OutOfScope, "B", "ResultSelector.x", "$ is the state's own result", ""}}},
		"an input that is not the machine's": {func() builder.Flow {
			return uses("A", builder.InputOf[place]().Ref("key"))
		}, []fault{{builder.OutOfScope, "A", "Parameters.x", "belongs in Machine.Input", ""}}},
		"an item outside of its Map": {func() builder.Flow {
			a := extract("A")
			each := builder.Map("Each", a.Result("chunks"))
			return builder.Chain(a, each.Each(builder.Pass("In")), pass("B", builder.Object{"x": each.Item("key"), "y": each.Index()}))
		}, []fault{
			{builder.OutOfScope, "B", "Parameters.x", "in its ItemSelector and its iterations only", ""},
			{builder.NotInContext, "B", "Parameters.y", "in its ItemSelector and its iterations only", ""},
		}},
		"an item's field": {func() builder.Flow {
			a := extract("A")
			each := builder.Map("Each", a.Result("chunks"))
			return builder.Chain(a, each.Each(uses("In", each.Item("kee"))))
		}, []fault{{builder.UnknownField, "In", "Parameters.x", `the item of "Each" has no field "kee"`, "key"}}},
		"an item of a batch": {func() builder.Flow {
			a := extract("A")
			each := builder.Map("Each", a.Result("chunks")).Distributed(builder.Distributed{MaxItemsPerBatch: 5})
			return builder.Chain(a, each.Each(uses("In", each.Item("key"))))
		}, []fault{{builder.OutOfScope, "In", "Parameters.x", "come in batches; use Batch", ""}}},
		"a batch that is none": {func() builder.Flow {
			a := extract("A")
			each := builder.Map("Each", a.Result("chunks"))
			return builder.Chain(a, each.Each(uses("In", each.Batch("Items[0]"))))
		}, []fault{{builder.OutOfScope, "In", "Parameters.x", "do not come in batches; use Item", ""}}},
		"an error that nobody caught": {func() builder.Flow {
			return uses("A", builder.CaughtError("Cause"))
		}, []fault{{builder.NotOnEveryWay, "A", "Parameters.x", "no error was caught", ""}}},
		"an error's field": {func() builder.Flow {
			return extract("A").Catch(builder.Catch(uses("B", builder.CaughtError("Message"))))
		}, []fault{{builder.UnknownField, "B", "Parameters.x", "which has Error, Cause", ""}}},
		"a variable that is not assigned": {func() builder.Flow {
			return builder.Chain(builder.Pass("A").Assign("count", 1), uses("B", builder.Var("cont")))
		}, []fault{{builder.UnknownVariable, "B", "Parameters.x", "not assigned on every way", "count"}}},
		"a variable of the state itself": {func() builder.Flow {
			return uses("A", builder.Var("count")).Assign("count", 1)
		}, []fault{{builder.UnknownVariable, "A", "Parameters.x", "", ""}}},
		"a variable of a distributed Map's surroundings": {func() builder.Flow {
			a := extract("A").Assign("count", 1)
			each := builder.Map("Each", a.Result("chunks")).Distributed(builder.Distributed{})
			return builder.Chain(a, each.Each(uses("In", builder.Var("count"))))
		}, []fault{{builder.UnknownVariable, "In", "Parameters.x", "", ""}}},
		"a task token without a task": {func() builder.Flow {
			return uses("A", builder.TaskToken)
		}, []fault{{builder.NotInContext, "A", "Parameters.x", ".waitForTaskToken only", ""}}},
		"an empty reference": {func() builder.Flow {
			return uses("A", builder.Ref{})
		}, []fault{{builder.BadValue, "A", "Parameters.x", "the reference is empty", ""}}},
		"paths that are none": {func() builder.Flow {
			a := extract("A")
			return builder.Chain(a, pass("B", builder.Object{
				"a": a.Result("chunks[one]"), "b": a.Result("text..x"), "c": a.Result("chunks[0"), "d": a.Result("a-b"),
				"e": a.Result("['a"), "f": a.Result("chunks[-1]"), "g": a.Result("x[0]y"), "h": builder.JSONPath("$.a["),
			}))
		}, []fault{
			{builder.BadPath, "B", "Parameters.a", "[one] should be an index", ""},
			{builder.BadPath, "B", "Parameters.b", "a name is missing", ""},
			{builder.BadPath, "B", "Parameters.c", "] is missing", ""},
			{builder.BadPath, "B", "Parameters.d", "write ['a-b']", ""},
			{builder.BadPath, "B", "Parameters.e", "'] is missing", ""},
			{builder.BadPath, "B", "Parameters.f", "[-1] should be an index", ""},
			{builder.BadPath, "B", "Parameters.g", "follows a bracket", ""},
			{builder.BadPath, "B", "Parameters.h", "$.a[", ""},
		}},
		"many places where one is wanted": {func() builder.Flow {
			a := extract("A")
			return builder.Chain(a, builder.Map("Each", a.Result("chunks[*].key")).Each(builder.Pass("In")))
		}, []fault{{builder.BadPath, "Each", "ItemsPath", "leads to many places", ""}}},
		"items that are no array": {func() builder.Flow {
			a := extract("A")
			return builder.Chain(a, builder.Map("Each", a.Result("text")).Each(builder.Pass("In")))
		}, []fault{{builder.WrongType, "Each", "ItemsPath", "is a string; an array is wanted", ""}}},
		"nothing where it cannot be": {func() builder.Flow {
			return uses("A", builder.Nothing())
		}, []fault{{builder.BadValue, "A", "Parameters.x", "as an InputPath or OutputPath only", ""}}},
		"seconds that are no number": {func() builder.Flow {
			a := extract("A")
			return builder.Chain(a, builder.WaitSeconds("B", a.Result("text")))
		}, []fault{{builder.WrongType, "B", "SecondsPath", "a number is wanted", ""}}},
		"a result written into a string": {func() builder.Flow {
			a := extract("A")
			each := builder.Map("Each", a.Result("tags"))
			return builder.Chain(a, each.Each(extract("In").ResultPath("$.more")))
		}, []fault{{builder.WrongType, "In", "ResultPath", "nothing can be written to $.more: the state's input is a string", ""}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { expect(t, builder.Machine{Start: test.describe()}, test.want) })
	}
}

// expect compares the faults of a machine, in order.
func expect(t *testing.T, m builder.Machine, want []fault) {
	t.Helper()
	machine, err := m.Build()
	faults := faultsOf(t, err)
	if err != nil && machine != nil {
		t.Error("there is a machine in spite of faults")
	}
	for i := range max(len(faults), len(want)) {
		switch {
		case i >= len(want):
			t.Errorf("unexpected: %v", faults[i])
		case i >= len(faults):
			t.Errorf("missing: %+v", want[i])
		default:
			f, w := faults[i], want[i]
			if f.Kind != w.kind || f.State != w.state || f.Field != w.field || f.Nearest != w.nearest || !strings.Contains(f.Message, w.text) {
				t.Errorf("fault %d is\n%v\n(%s, field %q, nearest %q)\nwant %+v", i, f, f.Kind, f.Field, f.Nearest, w)
			}
			if f.Position.File == "" {
				t.Errorf("fault %d has no position", i)
			}
		}
	}
}

func TestFaultsOfTransitions(t *testing.T) {
	var noState *builder.PassState
	long := strings.Repeat("あ", 81)
	tests := map[string]struct {
		describe func() builder.Flow
		want     []fault
	}{
		"no state":     {func() builder.Flow { return nil }, []fault{{builder.BadTransition, "", "StartAt", "no state to start with", ""}}},
		"a nil state":  {func() builder.Flow { return noState }, []fault{{builder.BadTransition, "", "StartAt", "", ""}}},
		"empty chain":  {func() builder.Flow { return builder.Chain() }, []fault{{builder.BadTransition, "", "StartAt", "", ""}}},
		"nil first":    {func() builder.Flow { return builder.Chain(nil, builder.Pass("A")) }, []fault{{builder.BadTransition, "A", "", "before it in the chain is nil", ""}}},
		"nil next":     {func() builder.Flow { return builder.Pass("A").Then(nil) }, []fault{{builder.BadTransition, "A", "Next", "is nil", ""}}},
		"no name":      {func() builder.Flow { return builder.Pass("") }, []fault{{builder.BadName, "", "", "no name", ""}}},
		"a long name":  {func() builder.Flow { return builder.Pass(long) }, []fault{{builder.BadName, long, "", "81 characters; 80 are allowed", ""}}},
		"a name twice": {func() builder.Flow { return builder.Chain(builder.Pass("A"), builder.Parallel("P", builder.Pass("A"))) }, []fault{{builder.DuplicateName, "A", "", "fault_test.go:", ""}}},
		"two nexts": {func() builder.Flow {
			a := builder.Pass("A")
			a.Then(builder.Pass("B"))
			return a.Then(builder.Pass("C"))
		}, []fault{{builder.BadTransition, "A", "Next", `"B" follows already; "C" cannot follow too`, ""}}},
		"after the end": {func() builder.Flow {
			return builder.Chain(builder.Pass("A"), builder.Succeed("S"), builder.Fail("F", "E", "C"), builder.Pass("B"))
		}, []fault{{builder.BadTransition, "S", "Next", "a Succeed state ends", ""}}},
		"after a choice": {func() builder.Flow {
			c := builder.Choice("C").When(builder.StateInput("x").IsPresent(), builder.Pass("A")).Otherwise(builder.Pass("B"))
			return builder.Chain(c, builder.Pass("D"))
		}, []fault{{builder.BadTransition, "C", "Next", "use When and Otherwise", ""}}},
		"a choice of nothing": {func() builder.Flow { return builder.Choice("C") }, []fault{
			{builder.BadTransition, "C", "Choices", "needs a rule", ""},
			{builder.BadTransition, "C", "Default", "without Otherwise", ""},
		}},
		"a choice of nil": {func() builder.Flow {
			return builder.Choice("C").When(builder.StateInput("x").IsPresent(), nil).When(builder.StateInput("y").IsPresent(), builder.Pass("A")).Otherwise(noState)
		}, []fault{{builder.BadTransition, "C", "Choices", "is nil", ""}, {builder.BadTransition, "C", "Default", "is nil", ""}}},
		"two otherwises": {func() builder.Flow {
			return builder.Choice("C").When(builder.StateInput("x").IsPresent(), builder.Pass("A")).Otherwise(builder.Pass("B")).Otherwise(builder.Pass("D"))
		}, []fault{{builder.BadTransition, "C", "Default", `"B" follows already`, ""}}},
		"out of a branch": {func() builder.Flow {
			after := builder.Pass("After")
			return builder.Chain(builder.Parallel("P", builder.Chain(builder.Pass("In"), after)), after)
		}, []fault{{builder.SharedState, "P", "", `"After" is a state of a branch of "P" and of the machine's top`, ""}}},
		"two branches in one": {func() builder.Flow {
			in := builder.Pass("In")
			return builder.Parallel("P", in, in)
		}, []fault{{builder.SharedState, "P", "", `"In" is a state of a branch of "P" and of a flow within "P"`, ""}}},
		"a Map in itself": {func() builder.Flow {
			m := builder.Map("M", builder.StateInput(""))
			return m.Each(builder.Chain(builder.Pass("In"), m))
		}, []fault{{builder.SharedState, "In", "", `"M" is a state of the machine's top`, ""}}},
		"round in a circle": {func() builder.Flow {
			a, b := builder.Pass("A"), builder.Pass("B")
			return builder.Chain(a, b, a)
		}, []fault{{builder.NoEnd, "", "States", "round in a circle", ""}}},
		"never reached": {func() builder.Flow {
			return builder.Chain(builder.Parallel("P", builder.Fail("F", nil, nil)), builder.Pass("A"))
		}, []fault{{builder.NeverReached, "A", "", "ends before it", ""}}},
		"no branches":  {func() builder.Flow { return builder.Parallel("P") }, []fault{{builder.BadValue, "P", "Branches", "needs a branch", ""}}},
		"a nil branch": {func() builder.Flow { return builder.Parallel("P", builder.Pass("In"), nil) }, []fault{{builder.BadTransition, "P", "Branches", "is nil", ""}}},
		"no flow":      {func() builder.Flow { return builder.Map("M", builder.StateInput("")) }, []fault{{builder.BadTransition, "M", "ItemProcessor", "use Each", ""}}},
		"a nil flow":   {func() builder.Flow { return builder.Map("M", builder.StateInput("")).Each(nil) }, []fault{{builder.BadTransition, "M", "ItemProcessor", "is nil", ""}}},
		"two flows": {func() builder.Flow {
			return builder.Map("M", builder.StateInput("")).Each(builder.Pass("A")).Each(builder.Pass("B"))
		}, []fault{{builder.BadTransition, "M", "ItemProcessor", "a Map has one flow", ""}}},
		"nil catchers": {func() builder.Flow {
			return extract("A").Catch(nil, builder.Catch(nil, "X"), builder.Catch(builder.Pass("B")))
		}, []fault{{builder.BadValue, "A", "Catch[0]", "the catcher is nil", ""}, {builder.BadTransition, "A", "Catch[1]", "is nil", ""}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { expect(t, builder.Machine{Start: test.describe()}, test.want) })
	}
}

func TestFaultsOfValues(t *testing.T) {
	tests := map[string]struct {
		describe func() builder.Flow
		want     []fault
	}{
		"a request's fields": {func() builder.Flow {
			a := extract("A")
			b := model("B", builder.Object{"promt": a.Result("text"), "max_tokens": "many"})
			return builder.Chain(a, b)
		}, []fault{
			{builder.WrongType, "B", "Parameters.Body.max_tokens", "is a string; a number is wanted", ""},
			{builder.UnknownField, "B", "Parameters.Body.promt", `has no field "promt"`, "prompt"},
			{builder.MissingField, "B", "Parameters.Body", `the field "prompt" is missing`, ""},
		}},
		"a payload's fields": {func() builder.Flow {
			a := extract("A")
			b := builder.LambdaInvoke[found, any]("B", function, builder.Object{
				"text": a.Result("document"), "document": a.Result("document"), "chunks": []builder.Object{{"bucket": "b"}}, "tags": a.Result("tags"), "done": true,
			})
			return builder.Chain(a, b)
		}, []fault{
			{builder.MissingField, "B", "Parameters.Payload.chunks[0]", `the field "key" is missing`, ""},
			{builder.WrongType, "B", "Parameters.Payload.text", "is builder_test.place; a string is wanted", ""},
		}},
		"the state's input as a request": {func() builder.Flow {
			a := extract("A")
			return builder.Chain(a, builder.LambdaFunction[place, any]("B", function))
		}, []fault{
			{builder.MissingField, "B", "the state's input", `the field "bucket" is missing`, ""},
			{builder.MissingField, "B", "the state's input", `the field "key" is missing`, ""},
		}},
		"a model's places": {func() builder.Flow {
			a := extract("A")
			return builder.Chain(a, builder.InvokeModelS3("B", "m", a.Result("document"), "s3://b/k"))
		}, []fault{{builder.WrongType, "B", "Parameters.Input.S3Uri", "a string is wanted", ""}}},
		"strings that look like references": {func() builder.Flow {
			return pass("A", builder.Object{"a": "$.x", "b": "$$.Execution.Id", "c": "States.UUID()", "d.$": "x", "e": "$5"})
		}, []fault{
			{builder.BadValue, "A", "Parameters.a", "looks like a path", ""},
			{builder.BadValue, "A", "Parameters.b", "looks like a path", ""},
			{builder.BadValue, "A", "Parameters.c", "looks like a path", ""},
			{builder.BadValue, "A", "Parameters['d.$']", `ends with ".$"`, ""},
		}},
		"what JSON does not have": {func() builder.Flow {
			return builder.Chain(pass("A", builder.Object{"a": func() {}}), builder.Pass("B").Value(make(chan int)))
		}, []fault{{builder.BadValue, "A", "Parameters.a", "cannot be written as JSON", ""}, {builder.BadValue, "B", "Result", "cannot be written as JSON", ""}}},
		"parameters that are one reference": {func() builder.Flow {
			a := extract("A")
			return builder.Chain(a, builder.Task[any, any]("B", function, a.Result("document")), builder.Task[any, any]("C", function, builder.Intrinsic("States.UUID")))
		}, []fault{{builder.BadValue, "B", "Parameters", "use InputPath", ""}, {builder.BadValue, "C", "Parameters", "an object can hold one", ""}}},
		"calls": {func() builder.Flow {
			deep := builder.Intrinsic("States.UUID")
			for range 11 {
				deep = builder.Intrinsic("States.Array", deep)
			}
			return pass("A", builder.Object{
				"a": builder.Format("{} {}", 1), "b": builder.FormatEscaped(`it's {}`, 1), "c": builder.Intrinsic("States.ArrayLenght", 1),
				"d": builder.Intrinsic("States.UUID", 1), "e": deep, "f": builder.Intrinsic("States.Array", builder.Object{}),
				"g": builder.FormatEscaped(`{`), "h": builder.FormatEscaped(`\n`), "i": builder.FormatEscaped(`}`),
				"j": builder.Intrinsic("States.MathRandom", 1), "k": builder.Intrinsic("States.Format"),
			})
		}, []fault{
			{builder.BadExpression, "A", "Parameters.a", "has 2 holes {}, but 1 values", ""},
			{builder.BadExpression, "A", "Parameters.b", "a quote that is not escaped", ""},
			{builder.BadExpression, "A", "Parameters.c", `no intrinsic function "States.ArrayLenght"`, "States.ArrayLength"},
			{builder.BadExpression, "A", "Parameters.d", "has 1 arguments; it takes 0", ""},
			{builder.BadExpression, "A", "Parameters.e", "more than 10 deep", ""},
			{builder.BadExpression, "A", "Parameters.f", "cannot be an argument", ""},
			{builder.BadExpression, "A", "Parameters.g", "a brace that is not escaped", ""},
			{builder.BadExpression, "A", "Parameters.h", "a backslash", ""},
			{builder.BadExpression, "A", "Parameters.i", "a brace that is not escaped", ""},
			{builder.BadExpression, "A", "Parameters.j", "it takes 2 to 3", ""},
			{builder.BadExpression, "A", "Parameters.k", "it takes 1 or more", ""},
		}},
		"comparisons": {func() builder.Flow {
			a := extract("A")
			end := builder.Succeed("S")
			return builder.Chain(a, builder.Choice("C").
				When(a.Result("text").GreaterThan(1), end).
				When(a.Result("done").LessThan(true), end).
				When(a.Result("text").Equals(nil), end).
				When(a.Result("chunks").Matches("*"), end).
				When(builder.And(), end).
				When(builder.Condition{}, end).
				When(builder.Not(a.Result("text").Equals(func() {})), end).
				When(a.Result("document.pages").Equals(a.Result("text")), end).
				Otherwise(end))
		}, []fault{
			{builder.WrongType, "C", "Choices[0].Variable", "is a string; a number is wanted", ""},
			{builder.WrongType, "C", "Choices[1]", "cannot be compared by LessThan with a boolean", ""},
			{builder.WrongType, "C", "Choices[2]", "cannot be compared by Equals with null", ""},
			{builder.WrongType, "C", "Choices[3].Variable", "a string is wanted", ""},
			{builder.BadValue, "C", "Choices[4]", "And has no conditions", ""},
			{builder.BadValue, "C", "Choices[5]", "the condition is empty", ""},
			{builder.BadValue, "C", "Choices[6].Not[0]", "cannot be compared with", ""},
			{builder.WrongType, "C", "Choices[7].Variable", "is a number; a string is wanted", ""},
		}},
		"times": {func() builder.Flow {
			a := extract("A").Timeout(1500 * time.Millisecond)
			b := extract("B").Timeout(10 * time.Second).Heartbeat(10 * time.Second)
			return builder.Chain(a, b, builder.Wait("C", -time.Second))
		}, []fault{
			{builder.BadValue, "A", "TimeoutSeconds", "no whole number of seconds", ""},
			{builder.BadValue, "B", "HeartbeatSeconds", "is not less than the time-out", ""},
			{builder.BadValue, "C", "Seconds", "not between 1 and", ""},
		}},
		"retriers": {func() builder.Flow {
			bad := builder.Retry("B")
			bad.Backoff, bad.MaxDelay, bad.Interval = 0.5, time.Second, 90*time.Minute+time.Millisecond
			return extract("A").Retry(builder.Retry(), builder.Retry("X", "States.Timout"), builder.Retry("X").Attempts(-1), bad, builder.Retrier{MaxAttempts: 1, Interval: time.Second, Backoff: 1}, builder.Retry(""))
		}, []fault{
			{builder.BadErrorName, "A", "Retry[0]", "must stand alone, and in the last one", ""},
			{builder.BadErrorName, "A", "Retry[1]", `no error "States.Timout"`, "States.Timeout"},
			{builder.BadErrorName, "A", "Retry[2]", "stands in one before it", ""},
			{builder.BadErrorName, "A", "Retry[4]", "names no error", ""},
			{builder.BadErrorName, "A", "Retry[5]", "an error name is empty", ""},
			{builder.BadValue, "A", "Retry[2]", "-1 retries", ""},
			{builder.BadValue, "A", "Retry[3]", "the interval 1h30m0.001s is no whole number", ""},
			{builder.BadValue, "A", "Retry[3]", "the backoff 0.5 is less than 1", ""},
			{builder.BadValue, "A", "Retry[3]", "is not between the interval", ""},
		}},
		"catchers": {func() builder.Flow {
			b := builder.Pass("B")
			return extract("A").Catch(builder.Catch(b, "X", builder.All), builder.Catch(b, "X").ResultPath("error").Assign("1st", 1), builder.Catch(b, "Y").ResultPath("$.a[0]"))
		}, []fault{
			{builder.BadName, "A", "Catch[1].Assign", `"1st" cannot be the name of a variable`, ""},
			{builder.BadErrorName, "A", "Catch[0]", "must stand alone", ""},
			{builder.BadErrorName, "A", "Catch[1]", "stands in one before it", ""},
			{builder.BadPath, "A", "Catch[1].ResultPath", "write $ or $.name", ""},
			{builder.BadPath, "A", "Catch[2].ResultPath", "leads into an array", ""},
		}},
		"result paths": {func() builder.Flow {
			return builder.Chain(extract("A").ResultPath("a"), extract("B").ResultPath("$$.a"), extract("C").ResultPath("$.a..b"))
		}, []fault{
			{builder.BadPath, "A", "ResultPath", "no place in the state's data", ""},
			{builder.BadPath, "B", "ResultPath", "no place in the state's data", ""},
			{builder.BadPath, "C", "ResultPath", "a name is missing", ""},
		}},
		"variables": {func() builder.Flow {
			return builder.Chain(
				builder.Pass("A").Assign("states", 1).Assign("a.b", 1),
				builder.Pass("B").Assign("outer", 1),
				builder.Parallel("P", builder.Pass("In").Assign("outer", 2)),
			)
		}, []fault{
			{builder.BadName, "A", "Assign", `"states" cannot be the name`, ""},
			{builder.BadName, "A", "Assign", `"a.b" cannot be the name`, ""},
			{builder.BadName, "In", "Assign", "of the flow around this one", ""},
		}},
		"a Fail's texts": {func() builder.Flow {
			a := extract("A")
			return builder.Chain(a, builder.Fail("F", a.Result("done"), 5))
		}, []fault{{builder.WrongType, "F", "ErrorPath", "a string is wanted", ""}, {builder.BadValue, "F", "Cause", "a int cannot be the text", ""}}},
		"an empty resource":  {func() builder.Flow { return builder.Task[any, any]("A", "", nil) }, []fault{{builder.BadValue, "A", "Resource", "is empty", ""}}},
		"a bad substitution": {func() builder.Flow { return builder.LambdaFunction[any, any]("A", builder.Sub("Function-Arn")) }, []fault{{builder.BadName, "", "", `"Function-Arn" should consist of`, ""}}},
		"a Map's settings": {func() builder.Flow {
			count, percentage := -1, 100.5
			return builder.MapFrom[any]("M", asl.ItemReader{Resource: "arn:aws:states:::s3:getObject"}, nil, builder.Distributed{
				Label: "a label", ToleratedFailureCount: &count, ToleratedFailurePercentage: &percentage, BatchInput: builder.Object{}, MaxInputBytesPerBatch: 300_000,
			}).Each(builder.Pass("In")).MaxConcurrency(-1)
		}, []fault{
			{builder.BadValue, "M", "MaxConcurrency", "less than 0", ""},
			{builder.BadValue, "M", "Label", "without blanks", ""},
			{builder.BadValue, "M", "ToleratedFailureCount", "less than 0", ""},
			{builder.BadValue, "M", "ToleratedFailurePercentage", "not between 0 and 100", ""},
			{builder.BadValue, "M", "ItemBatcher.MaxInputBytesPerBatch", "more than 262144", ""},
		}},
		"a Map's concurrency that is no number": {func() builder.Flow {
			a := extract("A")
			return builder.Chain(a, builder.Map("M", a.Result("chunks")).MaxConcurrencyFrom(a.Result("text")).Each(builder.Pass("In")))
		}, []fault{{builder.WrongType, "M", "MaxConcurrencyPath", "a number is wanted", ""}}},
		"batch input without batches": {func() builder.Flow {
			return builder.Map("M", builder.StateInput("")).Each(builder.Pass("In")).Distributed(builder.Distributed{BatchInput: builder.Object{}})
		}, []fault{{builder.BadValue, "M", "ItemBatcher", "is for batches", ""}}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { expect(t, builder.Machine{Start: test.describe()}, test.want) })
	}
}

// A machine's own settings, and: all faults of a machine come at once.
func TestFaultsOfTheMachine(t *testing.T) {
	a := extract("A").Timeout(0)
	expect(t, builder.Machine{Timeout: time.Millisecond, Start: builder.Chain(a, uses("B", a.Result("txt")), builder.Pass("A"))}, []fault{
		{builder.BadValue, "", "TimeoutSeconds", "no whole number of seconds", ""},
		{builder.DuplicateName, "A", "", "", ""},
		{builder.BadValue, "A", "TimeoutSeconds", "not between 1", ""},
		{builder.UnknownField, "B", "Parameters.x", "", "text"},
	})
}
