package check

import (
	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/jsonata"
	"github.com/docflow-asl/docflow/asl/jsonpath"
	"github.com/docflow-asl/docflow/asl/shape"
	"github.com/docflow-asl/docflow/asl/value"
)

// visitQuery follows the data through a state in JSONata.
func (f *flow) visitQuery(c *site, sf *stateFlow) {
	s, input := sf.state, sf.in.data
	c.dead = input.IsNever()
	c.watched, c.seen = true, input
	before := c.statesObject(input)
	switch s.typ {
	case asl.TypeFail:
		c.typedQuery(s.node, "Error", before, shape.String)
		c.typedQuery(s.node, "Cause", before, shape.String)
		return
	case asl.TypeChoice:
		f.chooseQuery(c, sf)
		f.chosen(c, sf)
		return
	case asl.TypeWait:
		c.typedQuery(s.node, "Seconds", before, shape.Number)
		c.typedQuery(s.node, "Timestamp", before, shape.String)
	}
	for _, field := range []string{"TimeoutSeconds", "HeartbeatSeconds", "MaxConcurrency", "ToleratedFailurePercentage", "ToleratedFailureCount"} {
		c.typedQuery(s.node, field, before, shape.Number)
	}
	args := input
	if n := s.field("Arguments"); n != nil {
		args = c.expression(n, before)
	}
	c.expression(s.field("Credentials"), before)
	after, standard := before, input
	switch s.typ {
	case asl.TypeTask:
		standard = f.taskResult(s, args)
	case asl.TypeParallel:
		if s.field("Arguments") != nil {
			args = f.madeBy(s, "its Arguments", args).Replacing(input)
		}
		standard = f.parallel(c, args)
	case asl.TypeMap:
		standard = f.mapQuery(c, before)
	}
	f.catchQuery(c, sf)
	c.watched = false
	sf.result = standard
	if standard.IsNever() {
		return
	}
	if s.typ == asl.TypeTask || s.typ == asl.TypeParallel || s.typ == asl.TypeMap {
		after = before.WithMember("result", standard)
		standard = standard.Replacing(c.seen)
	}
	out, vars := c.results(s.node, standard, input, after)
	f.goOn(c, sf, out, vars)
}

// statesObject is $states before the state's work is done. What it has at other times is left open: that it is used where it is not
// there is found elsewhere.
func (c *site) statesObject(input *shape.Shape) *shape.Shape {
	if c.dead {
		return shape.Never
	}
	return shape.OpenObject(shape.Member{Name: "input", Shape: input}, shape.Member{Name: "context", Shape: c.context})
}

// results gives what Output and Assign of a state, a Choice rule or a catcher make.
func (c *site) results(object *asl.Node, standard, input, states *shape.Shape) (*shape.Shape, *variables) {
	vars := c.vars
	if n := object.Member("Assign"); n != nil {
		if n.Kind != value.KindObject || isHole(n) {
			vars = forgotten
		} else {
			vars = c.assigned(c.expression(n, states))
			c.inward(n)
		}
	}
	if n := object.Member("Output"); n != nil {
		out := c.expression(n, states)
		if out == input { // the expression is just $states.input
			return input, vars
		}
		if out.Origin() == nil {
			out = c.madeBy(c.s, madeOutput, out)
		}
		return out.Replacing(c.seen), vars
	}
	return standard, vars
}

func (f *flow) catchQuery(c *site, sf *stateFlow) {
	input := sf.in.data
	watched, fails := c.watched, c.fails
	c.watched = false
	defer func() { c.watched, c.fails = watched, fails }()
	f.hiddenCatchers(sf.state)
	for _, n := range catchers(sf.state) {
		output := f.errorOutput(sf.state)
		states := c.statesObject(input).WithMember("errorOutput", output)
		if c.dead {
			continue
		}
		c.fails = false
		out, vars := c.results(n, output.Replacing(input), input, states)
		c.caught(n, env{out, vars})
	}
}

// mapQuery is what a Map in JSONata gives.
func (f *flow) mapQuery(c *site, states *shape.Shape) *shape.Shape {
	s := c.s
	items, _ := states.Member("input")
	if n := s.field("Items"); n != nil {
		items = c.expression(n, states)
	}
	if reader := s.field("ItemReader"); reader != nil {
		items = shape.Any
		c.expression(reader.Member("Arguments"), states)
	} else if !c.dead {
		c.mapItems(s.field("Items"), items)
	}
	item := itemOf(items)
	inner := &site{flow: f, s: s, vars: c.vars, dead: c.dead || item.IsNever()}
	inner.context = c.context.WithMember("Map", shape.OpenObject(shape.Member{Name: "Item", Shape: shape.OpenObject(shape.Member{Name: "Index", Shape: shape.AnyNumber}, shape.Member{Name: "Value", Shape: item})}))
	child := item
	if n := s.field("ItemSelector"); n != nil {
		selecting := states
		if !inner.dead {
			selecting = states.WithMember("context", inner.context)
		}
		child = f.madeBy(s, "its ItemSelector", inner.expression(n, selecting)).Replacing(item)
	}
	if n := s.field("ItemBatcher"); n != nil {
		child = batch(child, n, func(input *asl.Node) *shape.Shape { return c.expression(input, states) })
	}
	return f.mapResult(c, inner, items, child)
}

// typedQuery evaluates a field that takes a value of a type.
func (c *site) typedQuery(object *asl.Node, field string, states *shape.Shape, kinds shape.Kinds) {
	if n := object.Member(field); n != nil && c.uses[n] != nil {
		c.expect(n, field, c.expression(n, states), kinds)
	}
}

// expression is what a value with JSONata strings in it gives.
func (c *site) expression(n *asl.Node, states *shape.Shape) *shape.Shape {
	switch {
	case n == nil || isHole(n):
		return shape.Any
	case n.Kind == value.KindArray:
		items := make([]*shape.Shape, len(n.Items))
		for i, item := range n.Items {
			items[i] = c.expression(item, states)
		}
		return shape.Tuple(items...)
	case n.Kind == value.KindObject:
		members := make([]shape.Member, 0, len(n.Members))
		for _, m := range n.Members {
			if hasHole(m.Name) {
				return shape.AnyObject
			}
			members = append(members, shape.Member{Name: m.Name, Shape: c.expression(m.Value, states)})
		}
		return shape.Object(members...)
	}
	text, isText := textOf(n)
	if isText && halfDelimited(text) {
		return shape.Any
	}
	if !isText || !asl.IsJSONata(text) {
		return exactNode(n)
	}
	return c.query(n, text, states)
}

// compiled is the expression in a JSONata string; nil when it cannot be read, which is found elsewhere.
func (f *flow) compiled(n *asl.Node, text string) *jsonata.Expression {
	if f.uses[n] == nil {
		return nil
	}
	if q := f.p.query(text); q != nil && !q.made && len(q.refused) == 0 {
		return q.x
	}
	return nil
}

// query is what a JSONata string gives.
func (c *site) query(n *asl.Node, text string, states *shape.Shape) *shape.Shape {
	if c.dead {
		return shape.Never
	}
	x := c.compiled(n, text)
	if x == nil {
		return shape.Any
	}
	var reads []shape.Read
	note := func(r shape.Read) { reads = append(reads, r) }
	if p := dataPath(x.Tree()); c.watched && p != nil && p.Root == jsonpath.RootData { // only where values went is told by it
		c.saw(p.Steps)
	}
	result, presence := shape.Query(x.Tree(), c.scope(states), note)
	c.values[n] = result
	looped := false
	if later := c.flow.states[c.s].later; presence == shape.Absent && !later.isNowhere() {
		again := &site{flow: c.flow, s: c.s, vars: later.vars, context: c.context}
		_, then := shape.Query(x.Tree(), again.scope(states.WithMember("input", later.data)), nil)
		looped = then != shape.Absent
	}
	c.reads(n, x, reads, presence, looped)
	if presence == shape.Absent {
		c.fails = true
		return shape.Any
	}
	return result
}

// scope are the variables that an expression sees.
func (c *site) scope(states *shape.Shape) shape.Scope {
	return func(name string) (*shape.Shape, shape.Presence) {
		if name == "states" {
			return states, shape.Always
		}
		v, presence := c.vars.get(name)
		if presence == shape.Absent && jsonata.IsFunction(name) && !c.assignedHere(name) {
			return shape.Any, shape.Unknown
		}
		return v, presence
	}
}

// assignedHere tells whether the state itself assigns a variable: one that is named as a function is, and that is not there yet, is meant.
func (c *site) assignedHere(name string) bool {
	for _, assign := range c.s.assignments() {
		for _, m := range assign.Members {
			if c.s.variable(m.Name) == name {
				return true
			}
		}
	}
	return false
}
