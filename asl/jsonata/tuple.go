package jsonata

// tuple is an item of a path that binds variables on its way (by @, # or %): the value, and what is bound to it.
type tuple struct {
	at   any
	vars []binding
}

func (t *tuple) frame(env *frame) *frame {
	return &frame{parent: env, vars: t.vars[:len(t.vars):len(t.vars)]}
}

// plain is the tuple as an object, which is what the original takes it for behind an order-by operator that had something to order:
// the array that comes out of it is not marked as a stream any more.
func (t *tuple) plain() *object {
	o := &object{}
	o.set("@", t.at)
	for _, b := range t.vars {
		o.set(b.name, b.val)
	}
	return o
}

func (t *tuple) set(name string, v any) {
	for i := range t.vars {
		if t.vars[i].name == name {
			t.vars[i].val = v
			return
		}
	}
	t.vars = append(t.vars, binding{name, v})
}

func (t *tuple) copy() *tuple {
	vars := make([]binding, len(t.vars), len(t.vars)+1)
	copy(vars, t.vars)
	return &tuple{at: t.at, vars: vars}
}

// newTuples makes a stream of tuples that bind nothing yet.
func newTuples(input list) *array {
	tuples := &array{items: make([]any, 0, input.n), seq: true, tuples: true}
	for i := range input.n {
		tuples.push(&tuple{at: input.at(i)})
	}
	return tuples
}

// tupleStep is pathStep for a stream of tuples, which it makes of the input when there is none yet.
func (r *run) tupleStep(e *expr, input list, tuples *array, env *frame) (*array, error) {
	if e.op == opSort {
		return r.sortTuples(e, input, tuples, env)
	}
	result := newSequence()
	result.tuples = true
	if tuples == nil {
		tuples = newTuples(input)
	}
	for _, item := range tuples.items {
		from := item.(*tuple)
		v, err := r.eval(e, from.at, from.frame(env))
		if err != nil {
			return nil, err
		}
		if v == nil {
			continue
		}
		l, ok := asList(v)
		if !ok {
			l, _ = asList(&array{items: []any{v}})
		}
		if err := r.alloc(len(result.items) + l.n); err != nil {
			return nil, err
		}
		for i := range l.n {
			if err := r.step(2 + len(from.vars)/4); err != nil {
				return nil, err
			}
			t := from.copy()
			v := l.at(i)
			inner, ok := v.(*tuple)
			if ok && !l.made.tuples {
				v, ok = inner.plain(), false
			}
			if ok {
				t.at = inner.at
				for _, b := range inner.vars {
					t.set(b.name, b.val)
				}
				result.push(t)
				continue
			}
			if e.focus != "" {
				t.set(e.focus, v)
			} else {
				t.at = v
			}
			if e.index != "" {
				t.set(e.index, float64(i))
			}
			if e.ancestor != nil {
				t.set(e.ancestor.label, from.at)
			}
			result.push(t)
		}
	}
	return r.tupleStages(e, result, env)
}

func (r *run) tupleStages(e *expr, tuples *array, env *frame) (*array, error) {
	v, err := r.applyStages(e, tuples, env)
	if err != nil {
		return nil, err
	}
	return v.(*array), nil
}

func (r *run) sortTuples(e *expr, input list, tuples *array, env *frame) (*array, error) {
	if tuples != nil {
		l, _ := asList(tuples)
		v, err := r.sort(e, l, env)
		if err != nil {
			return nil, err
		}
		return r.tupleStages(e, v.(*array), env)
	}
	v, err := r.sort(e, input, env)
	if err != nil {
		return nil, err
	}
	result := newSequence()
	result.tuples = true
	l, _ := asList(v)
	for i := range l.n {
		t := &tuple{at: l.at(i)}
		if e.index != "" {
			t.set(e.index, float64(i))
		}
		result.push(t)
	}
	return r.tupleStages(e, result, env)
}

// reduceTuples joins the tuples that a grouping has put together: each variable is bound to all that it was bound to in them.
func (r *run) reduceTuples(v any) (*tuple, error) {
	if t, ok := v.(*tuple); ok {
		return t, nil
	}
	l, _ := asList(v)
	whole := gathered{}
	vars := map[string]*gathered{}
	var order []string
	for i := range l.n {
		t := l.at(i).(*tuple)
		if err := r.add(&whole, t.at); err != nil {
			return nil, err
		}
		for _, b := range t.vars {
			g := vars[b.name]
			if g == nil {
				g = &gathered{}
				vars[b.name] = g
				order = append(order, b.name)
			}
			if err := r.add(g, b.val); err != nil {
				return nil, err
			}
		}
	}
	joined := &tuple{at: whole.data}
	for _, name := range order {
		joined.set(name, vars[name].data)
	}
	return joined, nil
}
