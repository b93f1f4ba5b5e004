package builder

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/check"
	"github.com/docflow-asl/docflow/asl/value"
)

// Machine describes a whole state machine.
type Machine struct {
	Comment string
	Start   Flow
	Input   *Input        // what executions are started with; nil when nothing is known of it
	Timeout time.Duration // of an execution, in whole seconds; 0 is none
}

// Limits of Step Functions.
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
const (
	maxNameRunes      = 80
	maxTimeoutSeconds = 99_999_999
	maxLabelRunes     = 40
)

// Build makes the definition and checks it. Its error joins every fault of the description, and every error that package
// check finds in the definition, as an *Error; there is no machine then.
func (m Machine) Build() (*asl.Machine, error) {
	b := &build{
		pos: caller(), scopes: map[*node]*scope{}, names: map[string]*node{}, values: map[*source]*data{},
		before: map[*node]*env{}, after: map[*node]*env{},
	}
	out := &asl.Machine{Comment: m.Comment}
	if m.Timeout != 0 {
		out.TimeoutSeconds = b.seconds(m.Timeout, func(message string) { b.machineFault(BadValue, "TimeoutSeconds", message) })
	}
	first, _ := ends(m.Start)
	if first == nil {
		b.machineFault(BadTransition, "StartAt", "the machine has no state to start with")
		return nil, b.error()
	}
	start := &env{root: &data{}, variables: map[string]*data{}}
	if m.Input != nil && m.Input.source != nil {
		b.input = m.Input.source
		start.root = sourced(b.input, b.input.typ)
	}
	top := b.collect(first, nil, nil)
	if len(b.faults) == 0 && !slices.ContainsFunc(top.states, terminal) {
		b.machineFault(NoEnd, "States", "no state ends the machine: every way leads round in a circle")
	}
	b.reporting = true
	out.StartAt = first.name
	out.States, _ = b.run(top, start)
	if err := b.error(); err != nil {
		return nil, err
	}
	for _, name := range Substitutions(out) {
		if !substitution.MatchString("${" + name + "}") {
			b.machineFault(BadName, "", fmt.Sprintf("the substitution %q should consist of letters, digits and underscores", name))
		}
	}
	if err := b.error(); err != nil {
		return nil, err
	}
	b.check(out)
	if err := b.error(); err != nil {
		return nil, err
	}
	return out, nil
}

// check reports what package check finds to be an error in the definition: what AWS rejects, whoever wrote it. Its warnings
// and notes are no business of Build: check.Machine gives them.
func (b *build) check(machine *asl.Machine) {
	for _, d := range check.Machine(machine, check.Options{}) {
		if d.Severity != check.Error {
			continue
		}
		position := b.pos
		if n := b.names[d.State]; n != nil {
			position = n.pos
		}
		b.faults = append(b.faults, &Error{
			Kind: Rejected, Position: position, State: d.State, Field: d.Field, Message: d.Message + " (" + d.Code + "): " + d.Cure,
		})
	}
}

// Substitutions lists the names of all CloudFormation substitutions of a machine, sorted.
func Substitutions(m *asl.Machine) []string {
	names := asl.Holes(value.Text(m.Value()))
	slices.Sort(names)
	return slices.Compact(names)
}

// build is the work on one machine.
type build struct {
	pos       Position
	input     *source
	scopes    map[*node]*scope
	names     map[string]*node
	values    map[*source]*data // the whole value of each source, as far as it is known
	before    map[*node]*env    // what is known when a state is entered
	after     map[*node]*env    // and when it is left by its Next or End
	reporting bool
	faults    []error
}

func (b *build) report(e *Error) {
	same := func(other error) bool {
		o, ok := other.(*Error) // faults holds bare errors only
		return ok && *o == *e
	}
	if b.reporting && !slices.ContainsFunc(b.faults, same) { // a value that stands in several holes of a template is one fault
		b.faults = append(b.faults, e)
	}
}

func (b *build) machineFault(kind Kind, field, message string) {
	b.faults = append(b.faults, &Error{Kind: kind, Position: b.pos, Field: field, Message: message})
}

func (b *build) nodeFault(n *node, kind Kind, field, message string) {
	b.faults = append(b.faults, &Error{Kind: kind, Position: n.pos, State: n.name, Field: field, Message: message})
}

func (b *build) error() error { return errors.Join(b.faults...) }

// seconds writes a time span, which must be whole seconds that AWS takes.
func (b *build) seconds(span time.Duration, fault func(string)) asl.Number {
	switch {
	case span%time.Second != 0:
		fault(fmt.Sprintf("%v is no whole number of seconds", span))
	case span < time.Second || span > maxTimeoutSeconds*time.Second:
		fault(fmt.Sprintf("%v is not between 1 and %d seconds", span, maxTimeoutSeconds))
	}
	return asl.NumberOf(int64(span / time.Second))
}

// scope is one States object of the machine to be: the top, a branch of a Parallel, the processor of a Map.
type scope struct {
	parent *scope
	owner  *node // the Parallel or Map; nil for the top
	start  *node
	states []*node // the start first, then in the order in which they are met
	inner  map[*node][]*scope
}

// collect finds the states of a scope and of those within.
func (b *build) collect(start, owner *node, parent *scope) *scope {
	s := &scope{parent: parent, owner: owner, start: start, inner: map[*node][]*scope{}}
	var visit func(n, from *node)
	visit = func(n, from *node) {
		if home, seen := b.scopes[n]; seen {
			if home != s {
				b.shared(n, from, owner)
			}
			return
		}
		b.scopes[n] = s
		s.states = append(s.states, n)
		b.checkNode(n)
		for _, inner := range n.branches {
			if _, seen := b.scopes[inner]; seen {
				b.shared(inner, n, n)
				continue
			}
			s.inner[n] = append(s.inner[n], b.collect(inner, n, s))
		}
		for _, next := range n.successors() {
			visit(next, n)
		}
	}
	visit(start, owner)
	return s
}

// shared reports a state that two scopes have.
func (b *build) shared(n, from, owner *node) {
	if from == nil {
		from = n
	}
	where := "the machine's top"
	if owner != nil {
		where = "a flow within " + quote(owner.name)
	}
	b.nodeFault(from, SharedState, "", fmt.Sprintf("%q is a state of %s and of %s: a transition cannot lead into or out of a branch or an iteration",
		n.name, b.scopes[n].describe(), where))
}

// successors lists what a state can go on to, in the order of the definition.
func (n *node) successors() []*node {
	var out []*node
	add := func(next *node) {
		if next != nil {
			out = append(out, next)
		}
	}
	for _, r := range n.rules {
		add(r.next)
	}
	add(n.otherwise)
	add(n.next)
	for _, c := range n.catchers {
		if c != nil {
			add(c.next)
		}
	}
	return out
}

func terminal(n *node) bool { return n.next == nil && n.kind != asl.TypeChoice }

// checkNode reports what is wrong with a state by itself.
func (b *build) checkNode(n *node) {
	for _, f := range n.faults {
		f.State = n.name
		b.faults = append(b.faults, f)
	}
	switch length := utf8.RuneCountInString(n.name); {
	case n.name == "":
		b.nodeFault(n, BadName, "", "the state has no name")
	case length > maxNameRunes:
		b.nodeFault(n, BadName, "", fmt.Sprintf("the name has %d characters; %d are allowed", length, maxNameRunes))
	}
	if first, taken := b.names[n.name]; taken {
		b.nodeFault(n, DuplicateName, "", fmt.Sprintf("the state made at %s has the same name; names are unique in the whole machine", first.pos))
	} else {
		b.names[n.name] = n
	}
	if n.kind == asl.TypeChoice {
		if len(n.rules) == 0 {
			b.nodeFault(n, BadTransition, "Choices", "a Choice state needs a rule; use When")
		}
		if !n.elsewhere {
			b.nodeFault(n, BadTransition, "Default", "without Otherwise the machine fails when no condition holds (States.NoChoiceMatched)")
		}
	}
	if n.kind == asl.TypeMap && len(n.branches) == 0 && len(n.faults) == 0 {
		b.nodeFault(n, BadTransition, "ItemProcessor", "the Map has no flow; use Each")
	}
	for _, a := range n.assign {
		b.checkVariable(n, "Assign", a.name)
	}
	b.checkErrors(n)
}

// checkVariable reports a name that no variable can have.
// https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html
func (b *build) checkVariable(n *node, field, name string) {
	bad := name == "" || name == "states" || utf8.RuneCountInString(name) > maxNameRunes
	for i, r := range name {
		if !unicode.IsLetter(r) && (i == 0 || r != '_' && !unicode.IsDigit(r)) {
			bad = true
		}
	}
	if bad {
		b.nodeFault(n, BadName, field, fmt.Sprintf("%q cannot be the name of a variable: a letter, then letters, digits and underscores, %d in all; not \"states\"", name, maxNameRunes))
	}
}

func (s *scope) describe() string {
	if s == nil {
		return "another machine"
	}
	if s.owner == nil {
		return "the machine's top"
	}
	if s.owner.kind == asl.TypeMap {
		return "an iteration of " + quote(s.owner.name)
	}
	return "a branch of " + quote(s.owner.name)
}

// within tells whether the scope lies in the iterations of a Map.
func (s *scope) within(m *node) bool {
	for ; s != nil; s = s.parent {
		if s.owner == m {
			return true
		}
	}
	return false
}

// innermostMap is the Map in whose iterations the scope lies most closely, or nil.
func (s *scope) innermostMap() *node {
	for ; s != nil; s = s.parent {
		if s.owner != nil && s.owner.kind == asl.TypeMap {
			return s.owner
		}
	}
	return nil
}

func (s *scope) inDistributed() bool {
	for ; s != nil; s = s.parent {
		if s.owner != nil && s.owner.batch != nil && s.owner.batch.distributed != nil {
			return true
		}
	}
	return false
}

// standIn is the state of home in which n, a state of s, runs: n itself, or the Parallel or Map around it. nil when there is none.
func (s *scope) standIn(home *scope, n *node) *node {
	for ; s != nil; s = s.parent {
		if s == home {
			return n
		}
		n = s.owner
	}
	return nil
}

// holds tells whether other lies within s.
func (s *scope) holds(other *scope) bool {
	for ; other != nil; other = other.parent {
		if other == s {
			return true
		}
	}
	return false
}

// avoidable tells whether a scope's execution can come to the state to without having left the state n by success.
func (b *build) avoidable(s *scope, n, to *node) bool {
	seen := map[*node]bool{}
	var visit func(at *node) bool
	visit = func(at *node) bool {
		if at == to {
			return true
		}
		if at == nil || seen[at] {
			return false
		}
		seen[at] = true
		if at == n {
			for _, c := range at.catchers {
				if c != nil && visit(c.next) {
					return true
				}
			}
			return false
		}
		return slices.ContainsFunc(at.successors(), visit)
	}
	return visit(s.start)
}

// run follows the data through a scope until nothing new is learnt. The states are written when faults are reported. The
// result is what is known of the data where the scope ends, or nil when it never does.
func (b *build) run(s *scope, start *env) ([]asl.State, *env) {
	reporting := b.reporting
	b.reporting = false
	known := map[*node]*env{s.start: start}
	for pending := []*node{s.start}; len(pending) > 0; pending = pending[1:] {
		n := pending[0]
		for _, way := range b.step(s, n, known[n]).ways {
			if way.to == nil || b.scopes[way.to] != s {
				continue
			}
			if now := meetEnv(known[way.to], way.env); !sameEnv(now, known[way.to]) {
				known[way.to] = now
				pending = append(pending, way.to)
			}
		}
	}
	b.reporting = reporting
	maps.Copy(b.before, known)
	var states []asl.State
	var out *env
	for _, n := range s.states {
		in := known[n]
		if in == nil {
			b.report(&Error{Kind: NeverReached, Position: n.pos, State: n.name, Message: "every way to the state ends before it"})
			continue
		}
		result := b.step(s, n, in)
		states = append(states, result.state)
		for _, way := range result.ways {
			if way.to == nil {
				out = meetEnv(out, way.env)
			}
		}
	}
	return states, out
}
