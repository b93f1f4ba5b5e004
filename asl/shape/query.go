package shape

import (
	"github.com/docflow-asl/docflow/asl/jsonata"
	"github.com/docflow-asl/docflow/asl/value"
)

// Scope gives the variables that a JSONata expression sees, $states among them. Absent is a variable that is nowhere.
type Scope func(name string) (*Shape, Presence)

// Read is a place of an expression that leads nowhere, always or sometimes: a variable that is not there, or a field that the
// object before it has not.
type Read struct {
	Node     *jsonata.Node // the variable, or the field's name
	Name     string
	Variable bool
	At       *Shape // what the field is looked for in
	Presence Presence
}

// Query tells what an expression gives: its shape, and whether it gives anything at all (an expression that gives nothing fails the
// state). reads, if not nil, is called with what leads nowhere.
func Query(n *jsonata.Node, scope Scope, reads func(Read)) (*Shape, Presence) {
	q := &query{reads: reads}
	env := (&bindings{scope: scope}).inner()
	jsonata.Walk(n, func(n *jsonata.Node) bool { // what @ and # bind is there in all of the path behind them
		if n.Kind == jsonata.KindFocus || n.Kind == jsonata.KindIndex {
			env.names[n.Right.Name] = unknown
		}
		return true
	})
	r := q.eval(n, env, result{Any, Unknown})
	return r.shape, r.presence
}

type query struct {
	reads func(Read)
	depth int
}

// result is what a node gives.
type result struct {
	shape    *Shape
	presence Presence
}

var unknown = result{Any, Unknown}

func always(s *Shape) result { return result{s, Always} }

// bindings are the variables that the expression itself has bound, on top of those around it.
type bindings struct {
	outer *bindings
	scope Scope // of the outermost
	names map[string]result
}

func (b *bindings) inner() *bindings { return &bindings{outer: b, names: map[string]result{}} }

func (b *bindings) get(name string) result {
	for ; b != nil; b = b.outer {
		if r, ok := b.names[name]; ok {
			return r
		}
		if b.outer == nil && b.scope != nil {
			s, presence := b.scope(name)
			return result{s, presence}
		}
	}
	return unknown
}

func (b *bindings) bind(name string, r result) {
	for at := b; at != nil; at = at.outer {
		if at.names != nil {
			at.names[name] = r
			return
		}
	}
}

const maxQueryDepth = 500

// eval gives what a node gives with a value as its context ($).
func (q *query) eval(n *jsonata.Node, env *bindings, context result) result {
	if n == nil {
		return result{Never, Absent}
	}
	q.depth++
	defer func() { q.depth-- }()
	if q.depth > maxQueryDepth {
		return unknown
	}
	r := q.kind(n, env, context)
	if keepsArray(n) && r.presence != Absent && !r.shape.Is(ArrayKind) {
		return result{Array(Join(r.shape.OnlyKinds(AllKinds&^ArrayKind), r.shape.ItemOf())), r.presence}
	}
	return r
}

// keepsArray tells whether [] stands behind a node or behind a step of a path.
func keepsArray(n *jsonata.Node) bool {
	for n != nil {
		if n.KeepArray {
			return true
		}
		switch n.Kind {
		case jsonata.KindPath:
			if keepsArray(n.Right) {
				return true
			}
			n = n.Left
		case jsonata.KindFilter, jsonata.KindSort:
			n = n.Left
		default:
			return false
		}
	}
	return false
}

func (q *query) kind(n *jsonata.Node, env *bindings, context result) result {
	switch n.Kind {
	case jsonata.KindString, jsonata.KindNumber, jsonata.KindLiteral:
		return always(Exact(n.Value))
	case jsonata.KindVariable:
		return q.variable(n, env, context)
	case jsonata.KindName:
		return q.field(context, n, n.Name)
	case jsonata.KindPath:
		return q.path(n, env, context)
	case jsonata.KindNegate:
		q.eval(n.Left, env, context)
		return result{AnyNumber, Unknown}
	case jsonata.KindArray:
		return q.array(n, env, context)
	case jsonata.KindObject:
		return q.object(n, env, context)
	case jsonata.KindBlock:
		inner := env.inner()
		r := result{Never, Absent}
		for _, item := range n.Items {
			r = q.eval(item, inner, context)
		}
		return r
	case jsonata.KindBind:
		r := q.eval(n.Right, env, context)
		env.bind(n.Left.Name, r)
		return r
	case jsonata.KindCondition:
		return q.condition(n, env, context)
	case jsonata.KindBinary:
		return q.binary(n, env, context)
	case jsonata.KindCall:
		return q.call(n, env, context)
	case jsonata.KindApply:
		return q.apply(n, env, context)
	case jsonata.KindFilter:
		return q.filter(n, env, context)
	case jsonata.KindSort:
		left := q.eval(n.Left, env, context)
		for _, t := range n.Terms {
			q.eval(t.Key, env.inner(), unknown)
		}
		return sequence(left.shape, weaker(left.presence, Unknown))
	case jsonata.KindFocus, jsonata.KindIndex:
		q.eval(n.Left, env, context)
		return unknown
	case jsonata.KindLambda:
		inner := env.inner()
		for _, p := range n.Items {
			inner.names[p.Name] = unknown
		}
		q.eval(n.Right, inner, unknown)
		return unknown
	}
	// What is not followed is still looked into for variables that are nowhere.
	inner := env.inner()
	n.Children(func(c *jsonata.Node) { q.eval(c, inner, unknown) })
	return unknown
}

// weaker is the presence of what needs both.
func weaker(a, b Presence) Presence {
	switch {
	case a == Absent || b == Absent:
		return Absent
	case a == Sometimes || b == Sometimes:
		return Sometimes
	case a == Unknown || b == Unknown:
		return Unknown
	}
	return Always
}

func (q *query) report(r Read) {
	if q.reads != nil {
		q.reads(r)
	}
}

func (q *query) variable(n *jsonata.Node, env *bindings, context result) result {
	switch n.Name {
	case "":
		return context
	case "$":
		return unknown
	}
	r := env.get(n.Name)
	if r.presence == Absent || r.presence == Sometimes {
		q.report(Read{Node: n, Name: n.Name, Variable: true, Presence: r.presence})
	}
	return r
}

// field is a field of a value: of every item, where that is an array.
func (q *query) field(at result, n *jsonata.Node, name string) result {
	if at.presence == Absent {
		return at
	}
	s := at.shape
	if s.IsAny() {
		return unknown
	}
	if s.Is(ObjectKind) {
		v, presence := s.Member(name)
		if presence == Absent || presence == Sometimes {
			q.report(Read{Node: n, Name: name, At: s, Presence: presence})
		}
		return result{v, weaker(at.presence, presence)}
	}
	if s.Is(Scalars) { // undefined, without an error
		q.report(Read{Node: n, Name: name, At: s, Presence: Absent})
		return result{Never, Absent}
	}
	items := s.ItemOf()
	if s.May(ObjectKind) {
		items = Join(items, s.OnlyKinds(ObjectKind))
	}
	v, presence := items.Member(name)
	if items.May(ArrayKind) {
		return unknown
	}
	if presence == Absent && !items.IsNever() {
		q.report(Read{Node: n, Name: name, At: items, Presence: Absent})
		return result{Never, Absent}
	}
	return result{Join(v, Array(Join(v, v.ItemOf()))), Unknown}
}

func (q *query) path(n *jsonata.Node, env *bindings, context result) result {
	left := q.eval(n.Left, env, context)
	right := n.Right
	if right.Kind == jsonata.KindFilter && right.Left.Kind == jsonata.KindName && left.shape.Is(ObjectKind) {
		if i, ok := indexOf(right.Right); ok {
			return at(q.field(left, right.Left, right.Left.Name), i)
		}
	}
	filtered := false
	for right.Kind == jsonata.KindFilter {
		q.eval(right.Right, env.inner(), unknown)
		right, filtered = right.Left, true
	}
	var r result
	switch right.Kind {
	case jsonata.KindName:
		r = q.field(left, right, right.Name)
	case jsonata.KindString:
		name, _ := right.Value.(value.String)
		r = q.field(left, right, string(name))
	default:
		each := left
		switch {
		case left.shape.IsAny():
			each = unknown
		case left.shape.May(ArrayKind):
			each = result{Join(left.shape.ItemOf(), left.shape.OnlyKinds(AllKinds&^ArrayKind)), Unknown}
		}
		r = q.eval(right, env, each)
		r.presence = weaker(left.presence, r.presence)
		if left.presence != Absent && (left.shape.May(ArrayKind) || left.shape.IsAny()) {
			return unknown
		}
	}
	if filtered && r.presence != Absent {
		return unknown
	}
	return r
}

func (q *query) array(n *jsonata.Node, env *bindings, context result) result {
	items := make([]*Shape, 0, len(n.Items))
	exact := true
	for _, item := range n.Items {
		r := q.eval(item, env, context)
		if item.Kind != jsonata.KindString && item.Kind != jsonata.KindNumber && item.Kind != jsonata.KindLiteral && item.Kind != jsonata.KindObject &&
			item.Kind != jsonata.KindArray && !(r.presence == Always && r.shape.Is(Scalars|ObjectKind)) {
			exact = false // undefined is left out, and sequences are spliced in
		}
		if item.Kind == jsonata.KindRange {
			items = append(items, AnyNumber)
			continue
		}
		items = append(items, r.shape)
	}
	if exact {
		return always(Tuple(items...))
	}
	joined := Never
	for _, s := range items {
		joined = Join(joined, Join(s, s.ItemOf()))
	}
	return always(Array(joined))
}

func (q *query) object(n *jsonata.Node, env *bindings, context result) result {
	var members []Member
	open := false
	for _, p := range n.Pairs {
		q.eval(p.Name, env, context)
		r := q.eval(p.Value, env, context)
		name, ok := p.Name.Value.(value.String)
		if !ok || p.Name.Kind != jsonata.KindString {
			open = true
			continue
		}
		if r.presence != Absent {
			members = append(members, Member{Name: string(name), Shape: r.shape, Optional: r.presence == Sometimes, Unsure: r.presence == Unknown})
		}
	}
	if open {
		return always(OpenObject(members...))
	}
	return always(Object(members...))
}

func (q *query) condition(n *jsonata.Node, env *bindings, context result) result {
	// Whether something is there is what conditions are for.
	q.silently(func() { q.eval(n.Left, env, context) })
	var then, otherwise result
	q.silently(func() { then, otherwise = q.eval(n.Right, env, context), q.eval(n.Else, env, context) })
	r := result{Join(then.shape, otherwise.shape), then.presence}
	if then.presence != otherwise.presence {
		r.presence = Unknown
		if then.presence == Absent || otherwise.presence == Absent {
			r.presence = Unknown // which way it goes is the author's business
		}
	}
	return r
}

// silently reports nothing of what is missing.
func (q *query) silently(do func()) {
	reads := q.reads
	q.reads = nil
	do()
	q.reads = reads
}

func (q *query) binary(n *jsonata.Node, env *bindings, context result) result {
	var left, right result
	evaluate := func() { left, right = q.eval(n.Left, env, context), q.eval(n.Right, env, context) }
	switch n.Op {
	case "and", "or": // whether something is there is what they may ask for
		q.silently(evaluate)
	default:
		evaluate()
	}
	switch n.Op {
	case "=", "!=", "<", "<=", ">", ">=", "in", "and", "or":
		if n.Op == "and" || n.Op == "or" || n.Op == "=" || n.Op == "!=" || n.Op == "in" {
			return always(AnyBool)
		}
		return result{AnyBool, weaker(known(left.presence), known(right.presence))}
	case "&":
		return always(AnyString)
	case "+", "-", "*", "/", "%":
		return result{AnyNumber, weaker(known(left.presence), known(right.presence))}
	}
	return unknown
}

// known makes what is only sometimes there a thing of which nobody knows: an operand that is missing may be meant.
func known(p Presence) Presence {
	if p == Sometimes {
		return Unknown
	}
	return p
}

func (q *query) filter(n *jsonata.Node, env *bindings, context result) result {
	left := q.eval(n.Left, env, context)
	q.eval(n.Right, env.inner(), unknown)
	if left.presence == Absent {
		return left
	}
	if i, ok := indexOf(n.Right); ok && (left.shape.Is(ArrayKind) || !left.shape.May(ArrayKind)) {
		return at(left, i)
	}
	if left.shape.IsAny() {
		return unknown
	}
	return sequence(left.shape, Unknown)
}

// indexOf is the index that a filter is, when it is a constant one.
func indexOf(n *jsonata.Node) (int, bool) {
	negative := n.Kind == jsonata.KindNegate
	if negative {
		n = n.Left
	}
	index, ok := n.Value.(value.Number)
	if !ok || n.Kind != jsonata.KindNumber {
		return 0, false
	}
	i, ok := index.Int()
	if negative {
		i = -i
	}
	return int(i), ok
}

// at is an item of what may be an array. What is none counts as an array of one.
func at(left result, i int) result {
	switch {
	case left.presence == Absent:
		return left
	case left.shape.Is(ArrayKind):
		v, presence := left.shape.Item(i)
		return result{v, weaker(left.presence, presence)}
	case left.shape.May(ArrayKind):
		return unknown
	case i == 0 || i == -1:
		return left
	}
	return result{Never, Absent}
}

// sequence is what is left of a value's items, or of the value itself: one as it is, several as an array.
func sequence(s *Shape, presence Presence) result {
	item := Join(s.ItemOf(), s.OnlyKinds(AllKinds&^ArrayKind))
	return result{Join(item, Array(item)), presence}
}

func (q *query) apply(n *jsonata.Node, env *bindings, context result) result {
	left := q.eval(n.Left, env, context)
	if n.Right.Kind == jsonata.KindCall && n.Right.Left.Kind == jsonata.KindVariable {
		args := []result{left}
		for _, a := range n.Right.Items {
			args = append(args, q.eval(a, env, context))
		}
		return returned(n.Right.Left.Name, args)
	}
	if n.Right.Kind == jsonata.KindVariable {
		return returned(n.Right.Name, []result{left})
	}
	q.eval(n.Right, env, unknown)
	return unknown
}

func (q *query) call(n *jsonata.Node, env *bindings, context result) result {
	if n.Left.Kind == jsonata.KindVariable && n.Left.Name == "merge" && len(n.Items) == 1 && n.Items[0].Kind == jsonata.KindArray {
		all := Object()
		for _, item := range n.Items[0].Items {
			all = merging(all, q.eval(item, env, context))
		}
		return result{all, Unknown}
	}
	args := make([]result, len(n.Items))
	silent := n.Left.Kind == jsonata.KindVariable && n.Left.Name == "exists"
	for i, a := range n.Items {
		if silent { // asking whether something is there is no fault
			q.silently(func() { args[i] = q.eval(a, env, context) })
			continue
		}
		args[i] = q.eval(a, env, context)
	}
	if n.Left.Kind != jsonata.KindVariable {
		q.eval(n.Left, env, context)
		return unknown
	}
	return returned(n.Left.Name, args)
}

// returns are the types of what functions give, when their first argument is there.
var returns = map[string]*Shape{
	"string": AnyString, "substring": AnyString, "substringBefore": AnyString, "substringAfter": AnyString, "uppercase": AnyString,
	"lowercase": AnyString, "trim": AnyString, "pad": AnyString, "join": AnyString, "replace": AnyString, "base64encode": AnyString,
	"base64decode": AnyString, "encodeUrl": AnyString, "encodeUrlComponent": AnyString, "decodeUrl": AnyString, "decodeUrlComponent": AnyString,
	"formatNumber": AnyString, "formatBase": AnyString, "formatInteger": AnyString, "fromMillis": AnyString, "type": AnyString, "hash": AnyString,
	"length": AnyNumber, "number": AnyNumber, "abs": AnyNumber, "floor": AnyNumber, "ceil": AnyNumber, "round": AnyNumber, "power": AnyNumber,
	"sqrt": AnyNumber, "sum": AnyNumber, "max": AnyNumber, "min": AnyNumber, "average": AnyNumber, "toMillis": AnyNumber, "parseInteger": AnyNumber,
	"contains": AnyBool, "boolean": AnyBool, "not": AnyBool,
	"split": Array(AnyString), "partition": Array(AnyArray),
}

// sureReturns are those that give a value whatever they get.
var sureReturns = map[string]*Shape{
	"exists": AnyBool, "count": AnyNumber, "now": AnyString, "millis": AnyNumber, "random": AnyNumber, "uuid": AnyString,
}

// returned is what a function gives.
func returned(name string, args []result) result {
	if s, ok := sureReturns[name]; ok {
		return always(s)
	}
	s, ok := returns[name]
	if !ok {
		if name == "merge" && len(args) == 1 {
			return result{merged(args[0].shape), Unknown}
		}
		return unknown
	}
	if len(args) == 0 {
		return result{s, Unknown}
	}
	presence := args[0].presence
	if presence == Sometimes {
		presence = Unknown
	}
	return result{s, presence}
}

// merged is $merge of an array of objects.
func merged(s *Shape) *Shape {
	items, ok := s.Items()
	if !ok {
		return AnyObject
	}
	all := Object()
	for _, item := range items {
		all = merging(all, result{item, Always})
	}
	return all
}

// merging adds the members of one more object to a merged one.
func merging(all *Shape, item result) *Shape {
	if item.presence == Absent {
		return all
	}
	members, closed, ok := item.shape.Members()
	if !ok || !closed || !item.shape.Is(ObjectKind) { // it may have any members, in the place of those so far
		all = OpenObject()
	}
	if !item.shape.Is(ObjectKind) {
		members = nil
	}
	for _, m := range members {
		m.Unsure = m.Unsure || item.presence != Always
		if m.Optional || m.Unsure {
			if old, presence := all.Member(m.Name); presence == Always {
				m = Member{Name: m.Name, Shape: Join(old, m.Shape)}
			} else if presence != Absent {
				m.Shape, m.Optional, m.Unsure = Join(old, m.Shape), m.Optional && presence == Sometimes, m.Unsure || presence == Unknown
			}
		}
		all = all.set(m)
	}
	return all
}
