package jsonata

import (
	"github.com/docflow-asl/docflow/asl/value"
)

type compiler struct {
	slots []*slot
	depth int
	binds bool // a variable was bound in the scope that is being compiled
}

func compileTree(n *Node) (root *expr, err *Error) {
	defer func() {
		if p := recover(); p != nil {
			root, err = nil, recovered(p)
		}
	}()
	c := &compiler{}
	root = c.compile(n)
	if root.op == opParent || len(root.seeking) > 0 {
		panic(&Error{Code: "S0217", Token: astType(root), pos: root.pos, noPosition: root.op == opPath || root.op == opParent})
	}
	return root, nil
}

// astType is the original's name of an expression's type, which two messages have as their token.
func astType(e *expr) string {
	switch e.op {
	case opParent:
		return "parent"
	case opPath:
		return "path"
	case opVariable:
		return "variable"
	case opConst:
		if e.str {
			return "string"
		}
		if e.number {
			return "number"
		}
		return "value"
	case opCall:
		return "function"
	case opPartial:
		return "partial"
	case opLambda, opThunk:
		return "lambda"
	case opCondition:
		return "condition"
	case opBlock:
		return "block"
	case opBind:
		return "bind"
	case opApply:
		return "apply"
	case opTransform:
		return "transform"
	case opSort:
		return "sort"
	case opRegex:
		return "regex"
	case opWildcard:
		return "wildcard"
	case opDescendants:
		return "descendant"
	case opNegate, opArray, opObject:
		return "unary"
	case opName:
		return "name"
	}
	return "binary"
}

func (c *compiler) all(nodes []*Node) []*expr {
	list := make([]*expr, len(nodes))
	for i, n := range nodes {
		list[i] = c.compile(n)
	}
	return list
}

func (c *compiler) compile(n *Node) *expr {
	c.depth++
	if c.depth > maxNesting {
		panic(&Error{Code: CodeLimit, Message: ErrNesting.Error(), limit: ErrNesting, pos: n.pos})
	}
	e := c.node(n)
	c.depth--
	if n.KeepArray {
		e.keepArray = true
	}
	e.plain = len(e.predicates) == 0 && e.group == nil && !e.keepArray
	return e
}

func (c *compiler) node(n *Node) *expr {
	e := &expr{pos: n.pos, name: n.Name, from: n, rare: common}
	switch n.Kind {
	case KindEnd:
		panic(&Error{Code: "S0207", Token: "(end)", pos: n.pos})
	case KindName:
		e.op = opName
		path := &expr{op: opPath, pos: n.pos, from: n, list: []*expr{e}, rare: common}
		path.keepSingleton, e.keepArray = n.KeepArray, n.KeepArray
		e.plain = !n.KeepArray
		path.simplify()
		return path
	case KindVariable:
		e.op = opVariable
		e.builtin = builtins[n.Name]
	case KindString, KindNumber, KindLiteral:
		e.op, e.val = opConst, n.Value
		e.number, e.str = n.Kind == KindNumber, n.Kind == KindString
		if e.number {
			e.val = n.Value.(value.Number).Float()
		}
	case KindRegex:
		e.op, e.own().regex = opRegex, n.regex
	case KindWildcard:
		e.op = opWildcard
	case KindDescendants:
		e.op = opDescendants
	case KindParent:
		e.op = opParent
		e.own().slot = &slot{label: "!" + formatNumber(float64(len(c.slots))), level: 1}
		c.slots = append(c.slots, e.slot)
	case KindPlaceholder:
		e.op = opPlaceholder
	case KindNegate:
		return c.negate(n, e)
	case KindArray:
		e.op, e.list = opArray, c.all(n.Items)
		for _, item := range e.list {
			pushAncestry(e, item)
		}
	case KindObject:
		e.op = opObject
		e.own().pairs = c.pairs(n.Pairs, e)
	case KindBlock:
		c.block(n, e)
	case KindCondition:
		e.op, e.left, e.right = opCondition, c.compile(n.Left), c.compile(n.Right)
		pushAncestry(e, e.left)
		pushAncestry(e, e.right)
		if n.Else != nil {
			e.third = c.compile(n.Else)
			pushAncestry(e, e.third)
		}
	case KindBinary, KindRange:
		e.op, e.name = binaryOps[n.Op], n.Op
		e.left, e.right = c.compile(n.Left), c.compile(n.Right)
		pushAncestry(e, e.left)
		pushAncestry(e, e.right)
	case KindBind:
		e.op, e.name, e.right = opBind, n.Left.Name, c.compile(n.Right)
		c.binds = true
		pushAncestry(e, e.right)
	case KindApply:
		e.op, e.left, e.right = opApply, c.compile(n.Left), c.compile(n.Right)
		e.keepArray = e.left.keepArray || e.right.keepArray
	case KindLambda:
		c.lambda(n, e)
	case KindCall, KindPartial:
		e.op = opCall
		if n.Kind == KindPartial {
			e.op = opPartial
		}
		e.list = c.all(n.Items)
		for _, arg := range e.list {
			pushAncestry(e, arg)
		}
		e.left = c.compile(n.Left)
	case KindTransform:
		e.op, e.left, e.right = opTransform, c.compile(n.Left), c.compile(n.Right)
		if n.Else != nil {
			e.third = c.compile(n.Else)
		}
	case KindPath:
		return c.path(n, e)
	case KindFilter:
		return c.filter(n)
	case KindGroup:
		return c.grouped(n)
	case KindSort:
		return c.sorted(n, e)
	case KindFocus:
		return c.focus(n)
	case KindIndex:
		return c.indexed(n, e)
	}
	return e
}

var binaryOps = map[string]op{
	"+": opArithmetic, "-": opArithmetic, "*": opArithmetic, "/": opArithmetic, "%": opArithmetic,
	"=": opEqual, "!=": opEqual, "<": opCompare, "<=": opCompare, ">": opCompare, ">=": opCompare,
	"and": opAnd, "or": opOr, "&": opConcat, "in": opIn, "..": opRange,
}

func (c *compiler) negate(n *Node, e *expr) *expr {
	operand := c.compile(n.Left)
	if operand.op == opConst && operand.number {
		operand.val = -operand.val.(float64)
		return operand
	}
	e.op, e.left = opNegate, operand
	pushAncestry(e, operand)
	return e
}

func (c *compiler) pairs(pairs []Pair, owner *expr) []exprPair {
	list := make([]exprPair, len(pairs))
	for i, p := range pairs {
		list[i].name = c.compile(p.Name)
		pushAncestry(owner, list[i].name)
		list[i].value = c.compile(p.Value)
		pushAncestry(owner, list[i].value)
	}
	return list
}

func (c *compiler) block(n *Node, e *expr) {
	outer := c.binds
	c.binds = false
	e.op, e.list = opBlock, c.all(n.Items)
	e.scoped, c.binds = c.binds, outer
	for _, part := range e.list {
		pushAncestry(e, part)
		if part.cons || part.op == opPath && part.list[0].cons {
			e.cons = true
		}
	}
}

func (c *compiler) lambda(n *Node, e *expr) {
	e.op, e.own().sig = opLambda, n.sig
	for _, p := range n.Items {
		e.own().params = append(e.params, p.Name)
	}
	outer := c.binds
	e.right = tailCalls(c.compile(n.Right))
	c.binds = outer
}

// tailCalls wraps the calls in tail position, so that a recursion by them needs no depth.
func tailCalls(e *expr) *expr {
	switch {
	case e.op == opCall && len(e.predicates) == 0:
		return &expr{op: opThunk, pos: e.pos, left: e, plain: true, rare: common}
	case e.op == opCondition:
		e.right = tailCalls(e.right)
		if e.third != nil {
			e.third = tailCalls(e.third)
		}
	case e.op == opBlock && len(e.list) > 0:
		last := len(e.list) - 1
		e.list[last] = tailCalls(e.list[last])
	}
	return e
}

// pathOf makes a path of a single step.
func pathOf(step *expr) *expr {
	return &expr{op: opPath, pos: step.pos, list: []*expr{step}, rare: common}
}

func (c *compiler) path(n *Node, e *expr) *expr {
	left := c.compile(n.Left)
	path := left
	if left.op != opPath {
		path = pathOf(left)
	}
	if left.op == opParent {
		path.own().seeking = []*slot{left.slot}
	}
	path.from = n
	right := c.compile(n.Right)
	if right.op == opPath {
		path.list = append(path.list, right.list...)
	} else {
		if right.predicates != nil {
			right.own().stages, right.own().predicates = right.predicates, nil
		}
		path.list = append(path.list, right)
	}
	for i, step := range path.list {
		if step.op == opConst && !step.str {
			panic(&Error{Code: "S0213", pos: step.pos, value: step.val})
		}
		if step.op == opConst { // a string is the name of a field
			named := *step
			named.op, named.name = opName, string(step.val.(value.String))
			step = &named
			path.list[i] = step
		}
		if step.keepArray {
			path.keepSingleton = true
		}
	}
	if first := path.list[0]; first.op == opArray {
		first.cons = true
	}
	if last := path.list[len(path.list)-1]; last.op == opArray {
		last.cons = true
	}
	for _, step := range path.list {
		step.plain = len(step.predicates) == 0 && step.group == nil && !step.keepArray
	}
	c.resolveAncestry(path)
	path.simplify()
	return path
}

// simplify notes whether the path is a first step and plain field names behind it.
func (e *expr) simplify() {
	e.fields = nil
	if e.keepSingleton {
		return
	}
	fields := make([]string, 0, len(e.list))
	for i, step := range e.list {
		if step.tuple || step.focus != "" || step.index != "" || step.ancestor != nil || len(step.stages) > 0 || !step.plain {
			return
		}
		if i == 0 && step.op == opVariable {
			continue
		}
		if step.op != opName {
			return
		}
		fields = append(fields, step.name)
	}
	e.fields = fields
}

// lastStep is the step of a path that a qualifier belongs to, or the expression itself.
func lastStep(e *expr) *expr {
	if e.op == opPath {
		return e.list[len(e.list)-1]
	}
	return e
}

func (c *compiler) filter(n *Node) *expr {
	e := c.compile(n.Left)
	step := lastStep(e)
	if step.group != nil {
		panic(&Error{Code: "S0209", pos: n.pos})
	}
	predicate := c.compile(n.Right)
	for _, s := range predicate.seeking {
		if s.level == 1 {
			c.seekParent(step, s)
		} else {
			s.level--
		}
	}
	if len(predicate.seeking) > 0 {
		pushAncestry(step, predicate)
	}
	if e.op == opPath {
		step.own().stages = append(step.stages, stage{filter: predicate})
		e.simplify()
	} else {
		step.own().predicates = append(step.predicates, stage{filter: predicate})
	}
	return e
}

func (c *compiler) grouped(n *Node) *expr {
	e := c.compile(n.Left)
	if e.group != nil {
		panic(&Error{Code: "S0210", pos: n.pos})
	}
	ignored := &expr{rare: common} // % inside a grouping is resolved by the path's own tuples
	e.own().group = &grouping{pairs: c.pairs(n.Pairs, ignored), pos: n.pos}
	return e
}

func (c *compiler) sorted(n *Node, e *expr) *expr {
	path := c.compile(n.Left)
	if path.op != opPath {
		path = pathOf(path)
	}
	e.op = opSort
	for _, t := range n.Terms {
		key := c.compile(t.Key)
		pushAncestry(e, key)
		e.own().terms = append(e.terms, exprTerm{t.Descending, key})
	}
	path.list = append(path.list, e)
	c.resolveAncestry(path)
	path.simplify()
	return path
}

func (c *compiler) focus(n *Node) *expr {
	e := c.compile(n.Left)
	step := lastStep(e)
	if step.stages != nil || step.predicates != nil {
		panic(&Error{Code: "S0215", pos: n.pos})
	}
	if step.op == opSort {
		panic(&Error{Code: "S0216", pos: n.pos})
	}
	if n.KeepArray {
		step.keepArray = true
	}
	step.own().focus, step.own().focused, step.tuple = n.Right.Name, true, true
	if e.op == opPath {
		e.simplify()
	}
	return e
}

func (c *compiler) indexed(n *Node, e *expr) *expr {
	path := c.compile(n.Left)
	step := lastStep(path)
	if path.op != opPath {
		step = path
		path = pathOf(step)
		if step.predicates != nil {
			step.own().stages, step.own().predicates = step.predicates, nil
		}
	}
	if step.stages == nil {
		step.own().index = n.Right.Name
	} else {
		step.own().stages = append(step.stages, stage{index: n.Right.Name})
	}
	step.tuple = true
	path.simplify()
	return path
}
