package bound

import (
	"math"

	"github.com/docflow-asl/docflow/asl"
)

// analysis is the work on one machine.
type analysis struct {
	machine        *asl.Machine
	opts           *Options
	metric         Metric
	limit          float64 // seconds after which the machine ends; +Inf for none
	limitedBy      string
	reasons        []Reason // of the metric
	unknownNumbers []Reason // of retriers
	starting       []*asl.Machine
	nested         map[*asl.TaskState]*Report
	size           int // states times kinds of errors
	work           int
}

// How much work is taken on: a definition of AWS's greatest size with thousands of states needs a fraction of it.
const (
	maxSize = 4_000_000
	maxWork = 4_000_000
)

// scope is a States object.
type scope struct {
	nodes []*node
	start int // -1: StartAt names no state
	kinds *kinds
}

// node is a state in its scope.
type node struct {
	name     string
	typ      asl.StateType
	state    asl.State
	scope    *scope
	handlers *handlers // nil when the state has none
	raised   []string  // of a Task: an error of each kind
	within   []*scope  // branches, or the processor
	next     int       // where Next leads; -1 for nowhere
	ends     bool
	choices  []int // where rules and Default lead
	caught   []int // where catchers lead
}

func (a *analysis) newScope(startAt string, states []asl.State, around []*handlers) (*scope, error) {
	sc := &scope{start: -1, kinds: newKinds(around)}
	index := make(map[string]int, len(states))
	for _, s := range states {
		name := s.Common().Name
		if _, twice := index[name]; !twice {
			index[name] = len(sc.nodes)
			sc.nodes = append(sc.nodes, &node{name: name, typ: s.Type(), state: s, scope: sc, next: -1})
		}
	}
	to := func(name string) int {
		if i, ok := index[name]; ok {
			return i
		}
		return -1
	}
	sc.start = to(startAt)
	for _, n := range sc.nodes {
		if err := a.fill(n, to, around); err != nil {
			return nil, err
		}
	}
	return sc, nil
}

func (a *analysis) fill(n *node, to func(string) int, around []*handlers) error {
	follow := func(t asl.Transition) { n.next, n.ends = to(t.Next), t.End || t.Next == "" }
	handle := func(e *asl.ErrorHandling) {
		n.handlers = a.newHandlers(n.name, e)
		for i := range e.Catch {
			n.caught = append(n.caught, to(e.Catch[i].Next))
		}
	}
	inner := func(startAt string, states []asl.State, around []*handlers) error {
		sc, err := a.newScope(startAt, states, around)
		n.within = append(n.within, sc)
		return err
	}
	within := func() []*handlers { return append([]*handlers{n.handlers}, around...) }
	a.size += len(n.scope.kinds.list)
	switch s := n.state.(type) {
	case *asl.PassState:
		follow(s.Transition)
	case *asl.WaitState:
		follow(s.Transition)
	case *asl.ChoiceState:
		for i := range s.Choices {
			n.choices = append(n.choices, to(s.Choices[i].Next))
		}
		if s.Default != "" {
			n.choices = append(n.choices, to(s.Default))
		}
	case *asl.TaskState:
		follow(s.Transition)
		handle(&s.ErrorHandling)
		n.raised = newKinds(within()).list
		a.size += len(n.raised)
		if err := a.nest(s); err != nil {
			return err
		}
	case *asl.ParallelState:
		follow(s.Transition)
		handle(&s.ErrorHandling)
		for _, b := range s.Branches {
			if err := inner(b.StartAt, b.States, within()); err != nil {
				return err
			}
		}
	case *asl.MapState:
		follow(s.Transition)
		handle(&s.ErrorHandling)
		around := within()
		if s.Distributed() {
			around = nil // no error of a child gets out of it
		}
		if p := s.IterationProcessor(); p != nil {
			if err := inner(p.StartAt, p.States, around); err != nil {
				return err
			}
		}
	}
	if a.size > maxSize {
		return ErrTooLarge
	}
	return nil
}

// outcome is the worst case of a scope, or of an attempt at a state: when it succeeds, when it fails with each kind of error, and
// whatever becomes of it.
type outcome struct {
	ok   result
	fail map[string]result
	most result
}

var impossible = result{amount: math.Inf(-1)}

func nothing() outcome {
	return outcome{ok: impossible, fail: map[string]result{}, most: impossible}
}

// failed is the worst failure, whatever the error.
func (o *outcome) failed() result {
	worst := impossible
	for _, name := range sortedKeys(o.fail) {
		worst = worst.or(o.fail[name])
	}
	return worst
}

func (o *outcome) worst() result { return o.ok.or(o.failed()).or(o.most) }

func (o *outcome) failing(name string, v result) {
	if worst, ok := o.fail[name]; !ok || v.amount > worst.amount {
		o.fail[name] = v
	}
}

// edge is a way from one state to another, and what the first adds on this way.
type edge struct {
	to   int
	adds result
}

// exits is what can follow a state.
type exits struct {
	edges []edge
	out   outcome // ways out of the scope
}

// scope computes the outcome of a scope.
func (a *analysis) scope(sc *scope) outcome {
	out := nothing()
	if sc.start < 0 {
		return outcome{ok: result{}, fail: map[string]result{}, most: result{}} // nobody knows what happens there
	}
	g := &graph{a: a, sc: sc, exits: make([]exits, len(sc.nodes)), level: make([]int, len(sc.nodes)), part: make([]int, len(sc.nodes)), order: make([]int, len(sc.nodes)), low: make([]int, len(sc.nodes)), on: make([]bool, len(sc.nodes)), closed: make([]bool, len(sc.nodes))}
	for i, n := range sc.nodes {
		g.exits[i] = a.exits(n)
	}
	arrival := make([]result, len(sc.nodes))
	all := make([]int, len(sc.nodes))
	for i := range arrival {
		arrival[i], all[i] = impossible, i
	}
	arrival[sc.start] = result{}
	g.longest(all, arrival)
	for i, at := range arrival {
		if math.IsInf(at.amount, -1) {
			continue
		}
		e := &g.exits[i]
		out.ok = out.ok.or(at.plus(e.out.ok))
		out.most = out.most.or(at.plus(e.out.most))
		for _, name := range sortedKeys(e.out.fail) {
			out.failing(name, at.plus(e.out.fail[name]))
		}
	}
	return out
}

// graph finds the longest paths through the states of a scope.
type graph struct {
	a      *analysis
	sc     *scope
	exits  []exits
	level  []int // which part of the graph a state is in, while that part is looked at alone
	levels int   // how many parts there have been
	part   []int // which strongly connected part a state is in
	parts  int
	free   [][]result // arrivals to use again: all impossible

	order, low []int // of components: when a state was first seen, and the earliest that it leads back to; 0 for not yet
	on         []bool
	closed     []bool // states of loops that were cut open: no way leads back to them
}

// longest turns the worst amounts with which states are reached from outside into those with which they are reached at all. It looks at
// the given states alone.
func (g *graph) longest(states []int, arrival []result) {
	g.levels++
	level := g.levels
	saved := make([]int, len(states))
	for i, s := range states {
		saved[i], g.level[s] = g.level[s], level
	}
	defer func() {
		for i, s := range states {
			g.level[s] = saved[i]
		}
	}()
	for _, s := range states {
		g.a.work += 1 + len(g.exits[s].edges)
	}
	if g.a.work > maxWork {
		return
	}
	for _, part := range g.components(states, level) { // in the order of the ways
		if len(part) > 1 || g.leads(part[0], part[0], level) {
			g.loop(part, arrival)
		}
		g.parts++
		for _, s := range part {
			g.part[s] = g.parts
		}
		for _, from := range part {
			if math.IsInf(arrival[from].amount, -1) {
				continue
			}
			for _, e := range g.exits[from].edges {
				if g.level[e.to] == level && !g.closed[e.to] && g.part[e.to] != g.parts {
					arrival[e.to] = arrival[e.to].or(arrival[from].plus(e.adds))
				}
			}
		}
	}
}

// arrivals gives an arrival at no state; release takes it back, once the states of a part alone were arrived at.
func (g *graph) arrivals(n int) []result {
	if last := len(g.free) - 1; last >= 0 {
		list := g.free[last]
		g.free = g.free[:last]
		return list
	}
	list := make([]result, n)
	for i := range list {
		list[i] = impossible
	}
	return list
}

func (g *graph) release(list []result, part []int) {
	for _, s := range part {
		list[s] = impossible
	}
	g.free = append(g.free, list)
}

// leads tells whether a way leads straight from one state to another.
func (g *graph) leads(from, to, level int) bool {
	if g.closed[to] {
		return false
	}
	for _, e := range g.exits[from].edges {
		if e.to == to && g.level[e.to] == level {
			return true
		}
	}
	return false
}

// loop does for a strongly connected part what longest does. The loop is cut open at the first state that is reached from
// outside; the loops within are cut open in their turn.
func (g *graph) loop(part []int, arrival []result) {
	head := -1
	entries := 0
	for _, s := range part {
		if !math.IsInf(arrival[s].amount, -1) {
			entries++
			if head < 0 || s < head {
				head = s
			}
		}
	}
	if head < 0 {
		return
	}
	g.closed[head] = true
	defer func() { g.closed[head] = false }()
	around := g.arrivals(len(arrival))
	defer g.release(around, part)
	around[head] = result{}
	g.longest(part, around)
	back := g.back(part, head, around) // the worst way around
	at := arrival[head]
	if entries > 1 {
		others := g.arrivals(len(arrival))
		for _, s := range part {
			if s != head {
				others[s] = arrival[s]
			}
		}
		g.longest(part, others)
		at = at.or(g.back(part, head, others))
		for _, s := range part {
			arrival[s] = arrival[s].or(others[s])
		}
		g.release(others, part)
	}
	if back.amount > 0 {
		if times := g.a.iterations(g, part, head, back) - 1; times > 0 {
			at = at.plus(result{times * back.amount, &trail{loop: times, body: back.trail}})
		}
	}
	for _, s := range part {
		if !math.IsInf(around[s].amount, -1) {
			arrival[s] = arrival[s].or(at.plus(around[s]))
		}
	}
}

// back is the worst way to come back to the head of a loop.
func (g *graph) back(part []int, head int, arrival []result) result {
	worst := impossible
	level := g.level[head]
	for _, s := range part {
		if math.IsInf(arrival[s].amount, -1) {
			continue
		}
		for _, e := range g.exits[s].edges {
			if e.to == head && g.level[s] == level {
				worst = worst.or(arrival[s].plus(e.adds))
			}
		}
	}
	return worst
}

// components are the strongly connected parts of a part, in an order in which all ways between them lead forward (Tarjan).
func (g *graph) components(states []int, level int) [][]int {
	order, low, on := g.order, g.low, g.on
	for _, s := range states {
		order[s] = 0
	}
	seen := 0
	var stack []int
	var parts [][]int
	var visit func(s int)
	visit = func(s int) {
		seen++
		order[s] = seen
		low[s] = order[s]
		stack = append(stack, s)
		on[s] = true
		for _, e := range g.exits[s].edges {
			if g.level[e.to] != level || g.closed[e.to] {
				continue
			}
			if order[e.to] == 0 {
				visit(e.to)
				low[s] = min(low[s], low[e.to])
			} else if on[e.to] {
				low[s] = min(low[s], order[e.to])
			}
		}
		if low[s] != order[s] {
			return
		}
		for i := len(stack) - 1; ; i-- {
			on[stack[i]] = false
			if stack[i] == s {
				parts = append(parts, append([]int(nil), stack[i:]...))
				stack = stack[:i]
				return
			}
		}
	}
	for _, s := range states {
		if order[s] == 0 {
			visit(s)
		}
	}
	for i, j := 0, len(parts)-1; i < j; i, j = i+1, j-1 {
		parts[i], parts[j] = parts[j], parts[i]
	}
	return parts
}
