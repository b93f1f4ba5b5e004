package check

import (
	"container/heap"
	"maps"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/intrinsic"
	"github.com/docflow-asl/docflow/asl/shape"
	"github.com/docflow-asl/docflow/asl/value"
)

// flow is the data flow of a definition: what can be known of the input of every state and of the variables that it sees. It is
// an abstract interpretation over package shape: states are visited, each with what is known of all ways that lead to it, until nothing new is
// found; what is wrong at the last visit is noted. The branches of a Parallel and the processor of a Map are
// visited in the same way: their states in the order of one list, what they end with handed to the state around them.
type flow struct {
	p         *pass
	uses      map[*asl.Node]*use
	calls     map[*use]*intrinsic.Call
	states    map[*state]*stateFlow
	scopes    map[*scope]*scopeFlow
	inner     map[*asl.Node]*scope // by the node of the branch or processor
	origins   map[originKey]*shape.Origin
	queue     order
	visits    int
	gaveUp    bool // the definition takes more visits than it should: nothing is known
	guessing  bool // states that certainly fail are taken to go on, with data of which nothing is known
	reporting bool
	found     map[string][]finding  // by code
	assigners map[string][]assigner // of variables
	brought   bool                  // some states bring in what may be long
	values    map[*asl.Node]*shape.Shape
	doubted   map[*shape.Shape]*shape.Shape
}

// stateFlow is what is known at a state.
type stateFlow struct {
	state    *state
	rank     int // its place in the order of visits
	end      int // the place behind the states within it
	key      int // its place in the queue: rank, or end once it waits for what is within
	queued   bool
	reached  bool
	settled  bool // what is known of its input does not change any more
	fails    bool // it certainly does, when it is reached
	visits   int
	in       env
	items    int                 // how many a Map has; 0: nobody knows
	assigned map[string]variable // by what the state assigns when it goes on
	later    env                 // of a state that fails: what would come back to it if it did not
	found    []noted             // by the last visit
	started  *started            // what its branches were started with
	result   *shape.Shape        // of the state's work, before its fields choose from it; Never while unknown
	out      *shape.Shape        // what leads on by Next or End
}

// started is what the branches of a Parallel were started with.
type started struct {
	env
	context *shape.Shape
}

// scopeFlow is what is known of the machine, a branch or a processor as a whole.
type scopeFlow struct {
	vars       *variables   // those that it finds
	settled    bool         // out does not change any more
	out        *shape.Shape // what it ends with
	context    *shape.Shape // the context object
	hasContext bool
}

// env is what a state can see: its data, and variables.
type env struct {
	data *shape.Shape
	vars *variables
}

// variables are those that states see. They do not change once made.
type variables struct {
	names map[string]variable
	open  bool // there may be others
}

// variable is what is known of one variable. Of one that is not always assigned, absence is Sometimes or Unknown.
type variable struct {
	shape    *shape.Shape
	presence shape.Presence
}

var noVariables = &variables{}

func (v *variables) get(name string) (*shape.Shape, shape.Presence) {
	if known, ok := v.names[name]; ok {
		return known.shape, known.presence
	}
	if v.open {
		return shape.Any, shape.Unknown
	}
	return shape.Never, shape.Absent
}

// with gives the variables after an Assign.
func (v *variables) with(assigned []shape.Member) *variables {
	if len(assigned) == 0 {
		return v
	}
	after := &variables{names: make(map[string]variable, len(v.names)+len(assigned)), open: v.open}
	maps.Copy(after.names, v.names)
	for _, m := range assigned {
		v := variable{m.Shape, shape.Always}
		if len(after.names) > maxVariables { // of so many, it is known only which there are
			v.shape = shape.Any
		}
		after.names[m.Name] = v
	}
	return after
}

// joinVariables are the variables after two ways.
func joinVariables(a, b *variables) *variables {
	if a == b {
		return a
	}
	joined := &variables{names: make(map[string]variable, len(a.names)), open: a.open || b.open}
	for _, pair := range [][2]*variables{{a, b}, {b, a}} {
		for name, x := range pair[0].names {
			if _, done := joined.names[name]; done {
				continue
			}
			y, presence := pair[1].get(name)
			both := variable{shape.Join(x.shape, y), x.presence}
			switch {
			case x.presence == shape.Sometimes || presence == shape.Sometimes || presence == shape.Absent:
				both.presence = shape.Sometimes
			case x.presence == shape.Unknown || presence == shape.Unknown:
				both.presence = shape.Unknown
			}
			joined.names[name] = both
		}
	}
	return joined
}

func equalVariables(a, b *variables) bool {
	return a == b || a.open == b.open && maps.EqualFunc(a.names, b.names, func(x, y variable) bool { return x.presence == y.presence && shape.Equal(x.shape, y.shape) })
}

// doubt is the state of things after a Choice: what is missing on some ways may hang together with the way that it takes.
func (f *flow) doubt(e env) env {
	doubt := func(s *shape.Shape) *shape.Shape {
		d, done := f.doubted[s]
		if !done {
			d = shape.Doubt(s)
			f.doubted[s], f.doubted[d] = d, d
		}
		return d
	}
	doubted := env{doubt(e.data), e.vars}
	for name, v := range e.vars.names {
		d := variable{doubt(v.shape), v.presence}
		if v.presence == shape.Sometimes {
			d.presence = shape.Unknown
		}
		if d != v {
			if doubted.vars == e.vars {
				doubted.vars = &variables{maps.Clone(e.vars.names), e.vars.open}
			}
			doubted.vars.names[name] = d
		}
	}
	return doubted
}

// flow gives the data flow of the definition; it is computed when first asked for.
func (p *pass) flow() *flow {
	if p.dataflow == nil {
		p.dataflow = newFlow(p)
		p.dataflow.run()
	}
	return p.dataflow
}

func newFlow(p *pass) *flow {
	f := &flow{
		p: p, uses: make(map[*asl.Node]*use, len(p.uses)), calls: map[*use]*intrinsic.Call{},
		states: make(map[*state]*stateFlow, len(p.states)), scopes: map[*scope]*scopeFlow{}, inner: map[*asl.Node]*scope{}, origins: map[originKey]*shape.Origin{},
		found: map[string][]finding{}, values: map[*asl.Node]*shape.Shape{}, doubted: map[*shape.Shape]*shape.Shape{},
	}
	for _, u := range p.uses {
		f.uses[u.node] = u
	}
	for _, u := range p.intrinsicUses() {
		f.calls[u.use] = u.call
	}
	for _, sc := range p.scopes {
		f.scopes[sc] = &scopeFlow{out: shape.Never, vars: noVariables}
		f.inner[sc.node] = sc
	}
	for _, s := range p.states {
		f.states[s] = &stateFlow{state: s, rank: -1, end: -1, result: shape.Never, out: shape.Never, in: nowhere, later: nowhere}
	}
	return f
}

// The bounds of the analysis.
const (
	maxParts     = 500 // of a shape that is handed from state to state
	widenAfter   = 4   // visits of a state before what grows is cut off
	loosenAfter  = 12  // visits of a state before only the types are kept
	visitsPer    = 40  // visits there may be for each state
	maxVariables = 100 // of which more is known than that they are there
)

func (f *flow) run() {
	if len(f.p.scopes) == 0 {
		return
	}
	machine := f.p.scopes[0]
	rank := 0
	f.rank(machine, &rank)
	input := f.p.opts.Input
	if input != nil {
		input = input.MadeBy(&shape.Origin{What: madeInput})
	}
	f.scopes[machine].context = contextObjectOf(f.p.opts.Input, nil)
	f.start(machine, env{input, noVariables})
	if !f.settle() {
		return
	}
	// What follows a state that certainly fails is not reached by it. Where nothing else leads, it is still looked at, with data of which
	// nothing is known: what is found there does not come from that failure.
	for _, scf := range f.scopes {
		scf.settled = !scf.out.IsNever()
	}
	for _, sf := range f.states {
		sf.settled = sf.reached
	}
	for _, s := range f.p.states {
		if sf := f.states[s]; sf.fails {
			f.guessing = true
			f.enqueue(sf)
		}
	}
	if f.guessing && !f.settle() {
		return
	}
	f.reporting = true
	for _, s := range f.p.states {
		sf := f.states[s]
		if sf.fails && !sf.later.isNowhere() { // what it is to be told of depends on it
			f.visit(sf)
		}
		for _, n := range sf.found {
			f.found[n.code] = append(f.found[n.code], n.finding)
		}
		sf.found = nil
	}
}

// noted is a finding, and the code of the rule that reports it.
type noted struct {
	code string
	finding
}

// settle visits states until nothing new is found; false when that takes too long.
func (f *flow) settle() bool {
	limit := f.visits + visitsPer*len(f.p.states) + 1000
	for f.queue.Len() > 0 {
		sf := heap.Pop(&f.queue).(*stateFlow)
		sf.queued = false
		if f.visits++; f.visits > limit {
			f.gaveUp = true
			return false
		}
		f.visit(sf)
	}
	return true
}

// rank puts the states of a scope in the order of visits: each behind those that lead to it, as far as there are no loops, and those within a
// state right behind it.
func (f *flow) rank(sc *scope, next *int) {
	type step struct {
		s     *state
		edges []edge
	}
	seen := map[*state]bool{}
	var after []*state // in post-order
	visit := func(root *state) {
		if root == nil || seen[root] {
			return
		}
		seen[root] = true
		stack := []step{{root, root.edges()}}
		for len(stack) > 0 {
			top := &stack[len(stack)-1]
			if len(top.edges) == 0 {
				after = append(after, top.s)
				stack = stack[:len(stack)-1]
				continue
			}
			target := sc.byName[top.edges[0].target]
			top.edges = top.edges[1:]
			if target != nil && !seen[target] {
				seen[target] = true
				stack = append(stack, step{target, target.edges()})
			}
		}
	}
	var rest []*state
	for _, e := range sc.start() {
		visit(sc.byName[e.target])
	}
	reachable := len(after)
	for _, s := range sc.states {
		visit(s)
	}
	rest = after[reachable:]
	after = after[:reachable]
	place := func(s *state) {
		f.states[s].rank = *next
		*next++
		for _, inner := range f.within(s) {
			f.rank(inner, next)
		}
		f.states[s].end = *next
		*next++
	}
	for i := len(after) - 1; i >= 0; i-- {
		place(after[i])
	}
	for _, s := range rest {
		place(s)
	}
}

// within are the branches or the processor of a state.
func (f *flow) within(s *state) []*scope {
	var scopes []*scope
	add := func(n *asl.Node) {
		if sc := f.inner[n]; n != nil && sc != nil {
			scopes = append(scopes, sc)
		}
	}
	switch s.typ {
	case asl.TypeParallel:
		if branches := s.field("Branches"); branches != nil {
			for _, b := range branches.Items {
				add(b)
			}
		}
	case asl.TypeMap:
		add(s.processor())
	}
	return scopes
}

// processor is the ItemProcessor of a Map, or its Iterator.
func (s *state) processor() *asl.Node {
	if n := s.field("ItemProcessor"); n != nil {
		return n
	}
	return s.field("Iterator")
}

// start enters a scope.
func (f *flow) start(sc *scope, e env) {
	if scf := f.scopes[sc]; !f.reporting && !e.data.IsNever() {
		scf.vars = joinVariables(scf.vars, e.vars)
	}
	for _, edge := range sc.start() {
		f.enter(sc, edge.target, e)
	}
}

// enter leads to a state.
func (f *flow) enter(sc *scope, target string, e env) {
	if f.reporting || e.data.IsNever() {
		return
	}
	s := sc.byName[target]
	if s == nil {
		if hasHole(target) && len(sc.states) > 0 {
			f.anywhere(sc.states[0])
		}
		return
	}
	f.reach(s, e)
}

func (f *flow) reach(s *state, e env) {
	sf := f.states[s]
	if sf.settled {
		if f.guessing && sf.fails {
			sf.later = joinEnv(sf.later, e)
		}
		return
	}
	e.data = shape.Bound(e.data, maxParts)
	in := e
	if sf.reached {
		in = env{shape.Bound(shape.Join(sf.in.data, e.data), maxParts), joinVariables(sf.in.vars, e.vars)}
		if sf.visits >= widenAfter {
			in = f.widen(sf, in)
		}
		if shape.Equal(in.data, sf.in.data) && equalVariables(in.vars, sf.in.vars) {
			return
		}
	}
	sf.in, sf.reached = in, true
	sf.visits++
	f.enqueue(sf)
}

// widen cuts off what grows around a loop.
func (f *flow) widen(sf *stateFlow, e env) env {
	cut := func(before, after *shape.Shape) *shape.Shape {
		if shape.Equal(before, after) {
			return before
		}
		if sf.visits >= loosenAfter {
			return shape.Of(after.Kinds())
		}
		wide, _ := shape.Widen(after)
		return wide
	}
	wide := env{cut(sf.in.data, e.data), &variables{names: make(map[string]variable, len(e.vars.names)), open: e.vars.open}}
	for name, v := range e.vars.names {
		before, _ := sf.in.vars.get(name)
		wide.vars.names[name] = variable{cut(before, v.shape), v.presence}
	}
	return wide
}

// leave ends a scope.
func (f *flow) leave(sc *scope, out *shape.Shape) {
	if f.reporting || out.IsNever() {
		return
	}
	scf := f.scopes[sc]
	if scf.settled {
		return
	}
	joined := shape.Join(scf.out, shape.Bound(out, maxParts))
	if shape.Equal(joined, scf.out) {
		return
	}
	scf.out = joined
	if sc.owner != nil {
		f.enqueueAt(f.states[sc.owner], f.states[sc.owner].end)
	}
}

func (f *flow) enqueue(sf *stateFlow) { f.enqueueAt(sf, sf.rank) }

func (f *flow) enqueueAt(sf *stateFlow, key int) {
	if !sf.queued && sf.reached {
		sf.queued, sf.key = true, key
		heap.Push(&f.queue, sf)
	}
}

// order is the queue of states to visit, by rank.
type order []*stateFlow

func (o order) Len() int           { return len(o) }
func (o order) Less(i, j int) bool { return o[i].key < o[j].key }
func (o order) Swap(i, j int)      { o[i], o[j] = o[j], o[i] }
func (o *order) Push(x any)        { *o = append(*o, x.(*stateFlow)) }
func (o *order) Pop() any {
	last := (*o)[len(*o)-1]
	*o = (*o)[:len(*o)-1]
	return last
}

// What values were made by, as far as findings tell of it.
const (
	madeInput    = "the input"
	madeLambda   = "the answer of lambda:invoke"
	madeBranches = "the array of its branches' results"
	madeItems    = "the array of its items' results"
	madeWritten  = "the reference to its results in S3"
	madeAnswer   = "the answer of "
	madeError    = "the error of its Catch"
	madeResult   = "its Result"
	madeTemplate = "its Parameters"
	madeSelected = "its ResultSelector"
	madeOutput   = "its Output"
	madePath     = "its OutputPath"
	madeInputs   = "its InputPath"
)

type originKey struct {
	state *state
	what  string
}

// madeBy notes that a state made a value.
func (f *flow) madeBy(s *state, what string, v *shape.Shape) *shape.Shape {
	key := originKey{s, what}
	o := f.origins[key]
	if o == nil {
		o = &shape.Origin{State: s.name, What: what, Node: s}
		f.origins[key] = o
	}
	return v.MadeBy(o)
}

// contextObjectOf is the context object: as AWS documents it, and with whatever AWS adds. item is a Map's item, nil when there is none.
func contextObjectOf(input *shape.Shape, item *shape.Member) *shape.Shape {
	text := func(name string) shape.Member { return shape.Member{Name: name, Shape: shape.AnyString} }
	members := []shape.Member{
		{Name: "Execution", Shape: shape.OpenObject(text("Id"), shape.Member{Name: "Input", Shape: input}, text("Name"), text("RoleArn"), text("StartTime"))},
		{Name: "State", Shape: shape.OpenObject(text("EnteredTime"), text("Name"))},
		{Name: "StateMachine", Shape: shape.OpenObject(text("Id"), text("Name"))},
	}
	if item != nil {
		members = append(members, shape.Member{Name: "Map", Shape: shape.OpenObject(shape.Member{Name: "Item", Shape: shape.OpenObject(shape.Member{Name: "Index", Shape: shape.AnyNumber}, *item)})})
	}
	return shape.OpenObject(members...)
}

// exactNode is the shape of a value as it stands in the definition: exact but for substitutions.
func exactNode(n *asl.Node) *shape.Shape {
	if isHole(n) {
		return shape.Any
	}
	switch n.Kind {
	case value.KindObject:
		members := make([]shape.Member, len(n.Members))
		for i, m := range n.Members {
			if hasHole(m.Name) {
				return shape.AnyObject
			}
			members[i] = shape.Member{Name: m.Name, Shape: exactNode(m.Value)}
		}
		return shape.Object(members...)
	case value.KindArray:
		items := make([]*shape.Shape, len(n.Items))
		for i, item := range n.Items {
			items[i] = exactNode(item)
		}
		if len(items) > 64 {
			return shape.NonEmptyArray(shape.JoinAll(items))
		}
		return shape.Tuple(items...)
	case value.KindString:
		if text, _ := textOf(n); hasHole(text) {
			return shape.AnyString
		}
	}
	if n.Value == nil {
		return shape.Any
	}
	return shape.Exact(n.Value)
}
