package builder

import (
	"reflect"
	"time"

	"github.com/docflow-asl/docflow/asl"
)

// node is all that a description says about one state. The exported types are views of it that offer what a state of that
// type can have.
type node struct {
	kind    asl.StateType
	name    string
	pos     Position
	faults  []*Error // found while it was described
	comment string

	inputPath, outputPath *Ref
	assign                []assignment
	next                  *node

	// What follows is of states that have a result.
	result     *source
	resultType *typ   // of a task
	resultBase steps  // where in the raw result the value lies that Result refers to
	resultPath *steps // nil: the default, $
	discard    bool
	selector   Object

	parameters  any    // nil: none
	hasPayload  bool   // parameters is given
	static      bool   // of a Pass: parameters is its fixed result
	requestType *typ   // what parameters, or a part of it, should be like
	requestAt   string // that part; empty is parameters itself
	resource    string
	credentials any
	timeout     *timeout
	heartbeat   *timeout

	retriers []Retrier
	catchers []*Catcher

	error, cause any // of a Fail
	wait         any // of a Wait: a time.Duration, a time.Time or a Ref
	waitUntil    bool

	rules     []rule // of a Choice
	otherwise *node
	elsewhere bool // Otherwise was called

	branches []*node // of a Parallel; the one of a Map
	batch    *mapSettings
}

type assignment struct {
	name  string
	value any
}

// timeout is a time span in whole seconds, or where to find one.
type timeout struct {
	span time.Duration
	ref  *Ref
}

func (n *node) fail(kind Kind, field, message string) {
	n.faults = append(n.faults, &Error{Kind: kind, Position: n.pos, State: n.name, Field: field, Message: message})
}

// Flow is a state, or several in a row: what another state can go on to.
type Flow interface {
	// ends gives the first and the last state.
	ends() (first, last *node)
}

// base is what all states have. S is the state's own type, which the methods return so that calls can be chained.
type base[S any] struct {
	node *node
	self S
}

func (b base[S]) ends() (first, last *node) { return b.node, b.node }

// Comment explains the state to those who read the definition.
func (b base[S]) Comment(text string) S {
	b.node.comment = text
	return b.self
}

// filtered is what all states but Fail have.
type filtered[S any] struct{ base[S] }

// InputPath makes a part of the state's data its input.
func (f filtered[S]) InputPath(part Ref) S {
	f.node.inputPath = &part
	return f.self
}

// OutputPath makes a part of what the state would pass on its output. It does not apply when an error is caught.
func (f filtered[S]) OutputPath(part Ref) S {
	f.node.outputPath = &part
	return f.self
}

// assigning is what all states but Fail and Succeed have.
type assigning[S any] struct{ filtered[S] }

// Assign sets a variable when the state is left (but not by a catcher). It is in force from the next state on.
func (a assigning[S]) Assign(variable string, value any) S {
	a.node.assign = append(a.node.assign, assignment{variable, value})
	return a.self
}

// linked is what states have that one state follows.
type linked[S any] struct{ assigning[S] }

// Then says what follows the state. Without it the state ends the machine, the branch or the iteration.
func (l linked[S]) Then(next Flow) *Sequence {
	return (&Sequence{first: l.node, last: l.node}).Then(next)
}

// resulting is what states have that have a result.
type resulting[S any] struct{ linked[S] }

// ResultPath says where in the state's data the result goes: "$.name". Without it the result replaces the data.
func (r resulting[S]) ResultPath(place string) S {
	path, err := parseResultPath(place)
	if err != nil {
		r.node.fail(BadPath, "ResultPath", err.Error())
		return r.self
	}
	r.node.resultPath, r.node.discard = &path, false
	return r.self
}

// DiscardResult leaves the state's data as they were (ResultPath null).
func (r resulting[S]) DiscardResult() S {
	r.node.discard = true
	return r.self
}

// Result refers to a part of the state's result, such as "document.key"; to the whole of it with "". The path is that within
// the result itself: where the result lies, Build knows. Of a Lambda function it is what the function returns.
func (r resulting[S]) Result(path string) Ref { return newRef(r.node.result, r.node.resultBase, path) }

// guarded is what states have that can fail.
type guarded[S any] struct{ resulting[S] }

// ResultSelector makes a new result of the state's result. It can refer to that result, to variables and to the context.
func (g guarded[S]) ResultSelector(selected Object) S {
	if selected == nil {
		selected = Object{}
	}
	g.node.selector = selected
	return g.self
}

// Retry adds retriers: of those that name an error, the first one is used.
func (g guarded[S]) Retry(retriers ...Retrier) S {
	g.node.retriers = append(g.node.retriers, retriers...)
	return g.self
}

// Catch adds catchers: of those that name an error, the first one is used, when no retrier is left.
func (g guarded[S]) Catch(catchers ...*Catcher) S {
	g.node.catchers = append(g.node.catchers, catchers...)
	return g.self
}

func newNode(kind asl.StateType, name string) *node {
	n := &node{kind: kind, name: name, pos: caller()}
	n.result = &source{kind: resultSource, node: n}
	return n
}

// Sequence is states in a row.
type Sequence struct {
	first, last *node
	incomplete  bool // it begins with a flow that is nil
}

func (s *Sequence) ends() (first, last *node) { return s.first, s.last }

// Chain lets the flows follow each other: Chain(a, b, c) is a.Then(b).Then(c).
func Chain(flows ...Flow) *Sequence {
	s := &Sequence{}
	for _, f := range flows {
		s.Then(f)
	}
	return s
}

// Then says what follows the last state.
func (s *Sequence) Then(next Flow) *Sequence {
	first, last := ends(next)
	switch {
	case s.last == nil && first == nil:
		s.incomplete = true
		return s
	case s.last == nil:
		if s.incomplete {
			first.fail(BadTransition, "", "what comes before it in the chain is nil")
		}
		s.first, s.last = first, last
		return s
	case first == nil:
		s.last.fail(BadTransition, "Next", "what should follow is nil, or a chain without states")
		return s
	case s.last.kind == asl.TypeSucceed || s.last.kind == asl.TypeFail:
		s.last.fail(BadTransition, "Next", "a "+string(s.last.kind)+" state ends; nothing can follow it, but "+quote(first.name)+" should")
	case s.last.kind == asl.TypeChoice:
		s.last.fail(BadTransition, "Next", "a Choice state goes where its rules say; use When and Otherwise to go to "+quote(first.name))
	case s.last.next != nil && s.last.next != first:
		s.last.fail(BadTransition, "Next", quote(s.last.next.name)+" follows already; "+quote(first.name)+" cannot follow too")
	default:
		s.last.next = first
	}
	s.last = last
	return s
}

// ends is Flow.ends for flows that may be nil.
func ends(f Flow) (first, last *node) {
	if f == nil || reflect.ValueOf(f).IsNil() { // all flows are pointers
		return nil, nil
	}
	return f.ends()
}
