package jsonata

import (
	"github.com/docflow-asl/docflow/asl/value"
)

// gathered is what belongs to one name of a grouping: an item, or an array of the items of several.
type gathered struct {
	data any
	many *array
	pair int
}

// add joins another item, as $append does, but in place.
func (r *run) add(g *gathered, item any) error {
	if item == nil {
		return nil
	}
	if g.data == nil && g.many == nil {
		g.data = item
		return nil
	}
	if g.many == nil {
		g.many = &array{}
		g.many.join(g.data)
		if a, ok := g.data.(*array); ok && a.tuples {
			g.many.tuples = true
		}
		g.data = g.many
	}
	n := 1
	if l, ok := asList(item); ok {
		n = l.n
	}
	r.items += n
	if r.items > totalFactor*r.limits.Items {
		return limitError(ErrItems)
	}
	g.many.join(item)
	return nil
}

// join appends v, or its items when it is an array.
func (a *array) join(v any) {
	if l, ok := asList(v); ok {
		a.pushAll(l)
		return
	}
	a.push(v)
}

// group makes an object of the items of v: of all that give the same name, the value's expression is evaluated once.
func (r *run) group(pairs []exprPair, pos int, v any, env *frame) (any, error) {
	l, ok := asList(v)
	if !ok {
		return r.construct(pairs, pos, v, env)
	}
	tuples := l.made != nil && l.made.tuples
	if l.n == 0 && tuples { // as in the original, which looks for the variables of the first one
		return nil, &Error{Code: CodeFunction, Message: "there is nothing to group, and no variables for the grouping", pos: pos}
	}
	if l.n == 0 { // an object constructor on an empty array still makes its object
		return r.construct(pairs, pos, nil, env)
	}
	if l.n == 1 && !tuples {
		item := l.at(0)
		if t, ok := item.(*tuple); ok {
			item = t.plain()
		}
		return r.construct(pairs, pos, item, env)
	}
	names := &object{} // their values are indexes of entries
	var entries []gathered
	for i := range l.n {
		item := l.at(i)
		scope, context := env, item
		if t, ok := item.(*tuple); ok && tuples {
			context, scope = t.at, t.frame(env)
		} else if ok {
			item = t.plain()
			context = item
		}
		for j, p := range pairs {
			name, defined, err := r.memberName(p.name, pos, context, scope)
			if err != nil {
				return nil, err
			}
			if !defined {
				continue
			}
			at, ok := names.get(name)
			if !ok {
				if err := r.step(12); err != nil { // a name more is to be kept, found and evaluated
					return nil, err
				}
				names.set(name, len(entries))
				entries = append(entries, gathered{data: item, pair: j})
				continue
			}
			known := &entries[at.(int)]
			if known.pair != j {
				return nil, duplicateName(name, pos)
			}
			if err := r.add(known, item); err != nil {
				return nil, err
			}
		}
	}
	result := &object{}
	f, _ := fieldsOf(names)
	for i := range f.n {
		name, at := f.at(i)
		known := &entries[at.(int)]
		context, scope := known.data, env
		if tuples {
			t, err := r.reduceTuples(known.data)
			if err != nil {
				return nil, err
			}
			context, scope = t.at, t.frame(env)
		}
		v, err := r.eval(pairs[known.pair].value, context, scope)
		if err != nil {
			return nil, err
		}
		if v != nil {
			result.set(name, v)
		}
	}
	return result, nil
}

func duplicateName(name string, pos int) *Error {
	return &Error{Code: "D1009", value: value.String(name), pos: pos}
}

// construct is group for one item.
func (r *run) construct(pairs []exprPair, pos int, in any, env *frame) (any, error) {
	if err := r.step(4 + 3*len(pairs)); err != nil {
		return nil, err
	}
	named := &object{names: make([]string, 0, len(pairs)), vals: make([]any, 0, len(pairs))}
	for i := range pairs {
		name, defined, err := r.memberName(pairs[i].name, pos, in, env)
		if err != nil {
			return nil, err
		}
		if !defined {
			continue
		}
		if named.find(name) >= 0 {
			return nil, duplicateName(name, pos)
		}
		named.set(name, pairs[i].value)
	}
	named.sort()
	kept := 0
	for i, e := range named.vals {
		v, err := r.eval(e.(*expr), in, env)
		if err != nil {
			return nil, err
		}
		if v != nil {
			named.names[kept], named.vals[kept] = named.names[i], v
			kept++
		}
	}
	named.names, named.vals = named.names[:kept], named.vals[:kept]
	if named.index != nil {
		named.reindex()
	}
	return named, nil
}

func (r *run) memberName(e *expr, pos int, in any, env *frame) (name string, defined bool, err error) {
	v, err := r.eval(e, in, env)
	if err != nil || v == nil {
		return "", false, err
	}
	name, ok := toString(v)
	if !ok {
		return "", false, &Error{Code: "T1003", value: v, pos: pos}
	}
	return name, true, nil
}
