package builder

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// resolve gives the path at which the value that a reference means lies for the state, and what is known of it. Faults are
// reported; the path is then of no use.
func (e *evaluation) resolve(r Ref, field string) (string, *data) {
	if r.fault != "" {
		e.failRef(BadPath, field, r.fault, "", r)
		return "$", unknown
	}
	if r.source == nil {
		e.fail(BadValue, field, "the reference is empty; use Result, Item or another function to make one")
		return "$", unknown
	}
	switch r.source.kind {
	case nothingSource:
		e.failRef(BadValue, field, "Nothing can stand as an InputPath or OutputPath only", "", r)
		return "$", unknown
	case contextSource:
		e.checkContext(r, field)
		return "$$." + r.source.text, &data{typ: r.source.typ}
	case variableSource:
		return "$" + r.source.text, e.variable(r, field)
	case pathSource:
		e.checkSyntax(r, field)
		return r.source.text, unknown
	case hereSource:
		found := e.root.follow(r.path)
		if found == nil {
			e.unknownField(e.root.shape(), "the state's input", nil, r, field)
			return "$", unknown
		}
		return "$" + r.path.String(), found
	}
	return e.sourced(r, field)
}

// sourced resolves a reference to a source whose value travels with the data.
func (e *evaluation) sourced(r Ref, field string) (string, *data) {
	if fault := e.absent(r); fault != nil {
		e.failRef(fault.Kind, field, fault.Message, "", r)
		return "$", unknown
	}
	if own := r.source.kind == resultSource && r.source.node == e.node; own && !e.ofResult && !e.leaving {
		if _, found := e.root.locate(r.source, r.path); found == nil { // a loop may have brought it
			e.failRef(NotOnEveryWay, field, fmt.Sprintf("%s does not exist before the state has run", r.describe()), "", r)
			return "$", unknown
		}
	}
	whole := e.build.values[r.source]
	if whole == nil {
		whole = sourced(r.source, r.source.typ)
	}
	typed := whole.follow(r.path)
	if typed == nil {
		e.unknownField(whole.shape(), Ref{source: r.source, path: e.base(r)}.describe(), e.base(r), r, field)
		return "$", unknown
	}
	if path, found := e.root.locate(r.source, r.path); found != nil {
		return "$" + path.String(), found
	}
	if path, ok := e.inContext(r); ok {
		return path + r.path.String(), typed
	}
	// A value that is not in the data any more may have been kept in a variable.
	for _, name := range slices.Sorted(maps.Keys(e.env.variables)) {
		if path, found := e.env.variables[name].locate(r.source, r.path); found != nil {
			return "$" + name + path.String(), found
		}
	}
	fault := e.whyNot(r)
	e.failRef(fault.Kind, field, fault.Message, "", r)
	return "$", unknown
}

// base is the part of the path that Result put in front.
func (e *evaluation) base(r Ref) steps {
	if r.source.kind == resultSource {
		return r.source.node.resultBase
	}
	return nil
}

// inContext gives the place of a value in the context object, where AWS keeps some for good.
func (e *evaluation) inContext(r Ref) (string, bool) {
	switch r.source.kind {
	case inputSource:
		// An iteration of a distributed Map is an execution with an input of its own.
		return "$$.Execution.Input", !e.scope.inDistributed()
	case itemSource:
		own := e.selecting && r.source.node == e.node
		inline := r.source.node.batch.distributed == nil && e.scope.innermostMap() == r.source.node
		return "$$.Map.Item.Value", own || inline
	}
	return "", false
}

func (e *evaluation) checkContext(r Ref, field string) {
	switch {
	case r.source.text == TaskToken.source.text && !strings.HasSuffix(e.node.resource, ".waitForTaskToken"):
		e.failRef(NotInContext, field, "there is a task token in tasks whose resource ends in .waitForTaskToken only", "", r)
	case r.source.node != nil && !(e.selecting && r.source.node == e.node) && e.scope.innermostMap() != r.source.node:
		e.failRef(NotInContext, field, fmt.Sprintf("the index of %q is known in its ItemSelector and its iterations only", r.source.node.name), "", r)
	}
}

func (e *evaluation) variable(r Ref, field string) *data {
	v, ok := e.env.variables[r.source.text]
	if !ok {
		e.failRef(UnknownVariable, field, fmt.Sprintf("the variable %q is not assigned on every way to the state", r.source.text),
			nearestName(r.source.text, slices.Collect(maps.Keys(e.env.variables))), r)
		return unknown
	}
	return v
}

// unknownField reports a path that a type does not have. base is the part of the path that the user did not write.
func (e *evaluation) unknownField(t *typ, whole string, base steps, r Ref, field string) {
	_, owner, at, ok := t.walk(r.path)
	if ok || at >= len(r.path) {
		e.failRef(UnknownField, field, fmt.Sprintf("%s has no %q", whole, r.path.relative()), "", r)
		return
	}
	step := r.path[at]
	good := r.path[min(len(base), at):at]
	relative := r.path[min(len(base), len(r.path)):].relative()
	switch {
	case step.kind == member && owner.jsonKind() == objectKind:
		message := fmt.Sprintf("%s has no field %q: there is no %q in %s", whole, relative, step.name, owner.describe())
		if near := nearestName(step.name, owner.names()); near != "" {
			e.failRef(UnknownField, field, message, good.then(append(steps{{name: near}}, r.path[at+1:]...)...).relative(), r)
			return
		}
		if names := owner.names(); len(names) > 0 {
			message += ", which has " + strings.Join(names, ", ")
		}
		e.failRef(UnknownField, field, message, "", r)
	case step.kind == member:
		e.failRef(UnknownField, field, fmt.Sprintf("%s has no field %q: %q is %s", whole, relative, good.relative(), owner.jsonKind()), "", r)
	default:
		e.failRef(UnknownField, field, fmt.Sprintf("%s has no %q: %q is %s of %d items", whole, relative, good.relative(), owner.jsonKind(), len(owner.items)), "", r)
	}
}

// absent tells whether a reference is to something that this place of the machine cannot know of at all.
func (e *evaluation) absent(r Ref) *Error {
	n := r.source.node
	switch r.source.kind {
	case inputSource:
		if r.source != e.build.input {
			return &Error{Kind: OutOfScope, Message: "the input that is referred to is not the machine's; it belongs in Machine.Input"}
		}
	case itemSource, batchSource:
		if e.selecting && n == e.node || e.scope.within(n) {
			break
		}
		return &Error{Kind: OutOfScope, Message: fmt.Sprintf("%s is known in its ItemSelector and its iterations only", r.describe())}
	case resultSource:
		if e.build.scopes[n] == nil {
			return &Error{Kind: OutOfScope, Message: fmt.Sprintf("the state %q is not part of the machine", n.name)}
		}
	}
	return nil
}

// whyNot says why a value is not to be found in the data.
func (e *evaluation) whyNot(r Ref) *Error {
	n := r.source.node
	switch {
	case r.source.kind == caughtSource:
		return &Error{Kind: NotOnEveryWay, Message: "no error was caught on some way to the state, or it was not kept in the same place on every way"}
	case r.source.kind == inputSource:
		return &Error{Kind: OutOfScope, Message: "an iteration of a distributed Map is an execution of its own: it knows the machine's input only if ItemSelector hands it on"}
	case r.source.kind == itemSource || r.source.kind == batchSource:
		if r.source.kind == itemSource && n.batch.distributed.batched() {
			return &Error{Kind: OutOfScope, Message: fmt.Sprintf("items of %q come in batches; use Batch", n.name)}
		}
		if r.source.kind == batchSource && !n.batch.distributed.batched() {
			return &Error{Kind: OutOfScope, Message: fmt.Sprintf("items of %q do not come in batches; use Item", n.name)}
		}
		return &Error{Kind: Overwritten, Message: e.lost(r, fmt.Sprintf("%s is not part of the iteration's data", r.describe()))}
	case e.ofResult && n == e.node:
		return &Error{Kind: Discarded, Message: fmt.Sprintf("%s is not kept: the state's ResultSelector leaves it out", r.describe())}
	case e.ofResult:
		return &Error{Kind: OutOfScope, Message: fmt.Sprintf("%s cannot be seen here: $ is the state's own result", r.describe())}
	}
	home := e.build.scopes[n]
	visible := e.scope.standIn(home, e.node)
	switch {
	case visible == nil && !e.scope.holds(home):
		return &Error{Kind: OutOfScope, Message: fmt.Sprintf("%s cannot be seen from here: %q runs in %s", r.describe(), n.name, home.describe())}
	case visible == nil:
		return &Error{Kind: Overwritten, Message: e.lost(r, fmt.Sprintf("%s is not part of the output of %s", r.describe(), home.describe()))}
	case e.build.avoidable(home, n, visible):
		return &Error{Kind: NotOnEveryWay, Message: fmt.Sprintf("%q does not run, or does not succeed, on every way to the state", n.name)}
	case n.discard:
		return &Error{Kind: Discarded, Message: fmt.Sprintf("%q discards its result (ResultPath null)", n.name)}
	}
	if after := e.build.after[n]; after != nil {
		if _, found := after.root.locate(r.source, r.path); found == nil {
			return &Error{Kind: Discarded, Message: fmt.Sprintf("%s is not kept: the ResultSelector or OutputPath of %q leaves it out", r.describe(), n.name)}
		}
	}
	return &Error{Kind: Overwritten, Message: e.lost(r, fmt.Sprintf("%s is no longer in the state's data", r.describe()))}
}

// lost names the states that had the value in their input and do not have it in their output.
func (e *evaluation) lost(r Ref, message string) string {
	var by []string
	for n, before := range e.build.before {
		after := e.build.after[n]
		if after == nil || n == e.node {
			continue
		}
		if _, found := before.root.locate(r.source, r.path); found == nil {
			continue
		}
		if _, found := after.root.locate(r.source, r.path); found == nil {
			by = append(by, quote(n.name))
		}
	}
	if len(by) == 0 {
		return message
	}
	slices.Sort(by)
	return fmt.Sprintf("%s: overwritten by the output of %s (give it a ResultPath)", message, strings.Join(by, ", "))
}
