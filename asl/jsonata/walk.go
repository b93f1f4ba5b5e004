package jsonata

// Walk calls visit for n and what is below it, in the order of the text; where visit returns false, it goes no deeper.
func Walk(n *Node, visit func(*Node) bool) {
	if n == nil || !visit(n) {
		return
	}
	n.Children(func(c *Node) { Walk(c, visit) })
}

// Reference is a variable that an expression reads, with the field names that directly follow it.
type Reference struct {
	Variable   string   // without the $; "" is the context, "$" the input
	Path       []string // the names behind it, as far as they are plain: $states.input.order[0].id has input, order
	Start, End int      // the bytes of the expression that variable and path span
	Node       *Node    // the variable
}

// References lists the variables that an expression reads and does not bind itself: with := or as parameters of a function, or
// with @ and #. Functions that are called are not among them; see Calls.
func References(n *Node) []Reference {
	w := &referenceWalker{}
	w.walk(n, nil)
	return w.found
}

// Call is a call of a function by its name.
type Call struct {
	Function  string // without the $
	Arguments int
	Partial   bool
	Node      *Node
}

// Calls lists the functions that an expression calls by name and does not define itself.
func Calls(n *Node) []Call {
	w := &referenceWalker{}
	w.walk(n, nil)
	return w.calls
}

type referenceWalker struct {
	found []Reference
	calls []Call
}

// names is a scope of variables that the expression binds.
type names struct {
	outer *names
	bound map[string]bool
}

func (s *names) has(name string) bool {
	for ; s != nil; s = s.outer {
		if s.bound[name] {
			return true
		}
	}
	return false
}

func (s *names) inner() *names { return &names{outer: s, bound: map[string]bool{}} }

func (w *referenceWalker) walk(n *Node, scope *names) {
	if scope == nil {
		scope = scope.inner()
	}
	switch n.Kind {
	case KindVariable:
		w.reference(n, n, nil, scope)
	case KindPath:
		w.path(n, scope)
	case KindBlock:
		inner := scope.inner()
		for _, s := range n.Items {
			w.walk(s, inner)
		}
	case KindBind:
		if n.Right.Kind == KindLambda { // a function may call itself
			scope.bound[n.Left.Name] = true
		}
		w.walk(n.Right, scope)
		scope.bound[n.Left.Name] = true
	case KindFocus, KindIndex:
		w.walk(n.Left, scope)
		scope.bound[n.Right.Name] = true
	case KindLambda:
		inner := scope.inner()
		for _, p := range n.Items {
			inner.bound[p.Name] = true
		}
		w.walk(n.Right, inner)
	case KindCall, KindPartial:
		if n.Left.Kind == KindVariable && !scope.has(n.Left.Name) {
			w.calls = append(w.calls, Call{n.Left.Name, len(n.Items), n.Kind == KindPartial, n})
		} else {
			w.walk(n.Left, scope)
		}
		for _, a := range n.Items {
			w.walk(a, scope)
		}
	default:
		n.Children(func(c *Node) { w.walk(c, scope) })
	}
}

// path reads a chain of steps whose first one may be a variable.
func (w *referenceWalker) path(n *Node, scope *names) {
	var steps []*Node
	first := n
	for first.Kind == KindPath {
		steps = append(steps, first)
		first = first.Left
	}
	filtered := false
	base := first
	for base.Kind == KindFilter {
		filtered = true
		base = base.Left
	}
	if base.Kind == KindVariable && !filtered {
		var path []string
		last := base
		for i := len(steps) - 1; i >= 0; i-- {
			name, ok := fieldName(steps[i].Right)
			if !ok {
				break
			}
			path = append(path, name)
			last = steps[i].Right
			if last.Kind == KindFilter {
				break
			}
		}
		w.reference(base, last, path, scope)
	} else {
		w.walk(first, scope)
	}
	for i := len(steps) - 1; i >= 0; i-- {
		w.walk(steps[i].Right, scope)
	}
}

// fieldName is the name of a step that is a plain field, or a field with predicates.
func fieldName(n *Node) (string, bool) {
	for n.Kind == KindFilter {
		n = n.Left
	}
	if n.Kind == KindName || n.Kind == KindString {
		if n.Kind == KindString {
			return nodeToken(n), true
		}
		return n.Name, true
	}
	return "", false
}

func (w *referenceWalker) reference(variable, last *Node, path []string, scope *names) {
	if scope.has(variable.Name) {
		return
	}
	w.found = append(w.found, Reference{Variable: variable.Name, Path: path, Start: variable.Start, End: last.End, Node: variable})
}
