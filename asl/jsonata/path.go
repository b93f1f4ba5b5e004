package jsonata

import (
	"math"

	"github.com/docflow-asl/docflow/asl/value"
)

// path evaluates the steps of a path one after the other, each on every item that the one before it gave.
func (r *run) path(e *expr, in any, env *frame) (any, error) {
	if e.fields != nil && e.group == nil {
		return r.fieldPath(e, in, env)
	}
	input, ok := asList(in)
	if !ok || e.list[0].op == opVariable {
		input, _ = asList(newSequence(in))
	}
	return r.runSteps(e, 0, input, env)
}

// fieldPath is path for plain names; as long as it meets objects it makes nothing.
func (r *run) fieldPath(e *expr, in any, env *frame) (any, error) {
	v := in
	at := 0
	if first := e.list[0]; first.op == opVariable {
		v = r.variable(first, in, env)
		at = 1
		if isArray(v) {
			one, _ := asList(newSequence(in))
			return r.runSteps(e, 0, one, env)
		}
	} else if l, ok := asList(in); ok {
		return r.runSteps(e, 0, l, env)
	}
	if err := r.step(len(e.list)); err != nil {
		return nil, err
	}
	if r.depth >= r.limits.Depth {
		return nil, limitError(ErrDepth)
	}
	for i, name := range e.fields {
		if v = get(v, name); v == nil {
			return nil, nil
		}
		l, ok := asList(v)
		if !ok {
			continue
		}
		if at+i == len(e.list)-1 {
			if l.made != nil && l.made.seq { // a sequence stays one, but not this one: it may belong to a variable
				copied := newSequence()
				copied.pushAll(l)
				return copied, nil
			}
			return v, nil
		}
		if l.made != nil && l.made.cons {
			l, _ = asList(newSequence(v))
		}
		return r.runSteps(e, at+i+1, l, env)
	}
	return v, nil
}

// runSteps evaluates the steps from number at on.
func (r *run) runSteps(e *expr, at int, input list, env *frame) (any, error) {
	var (
		result any
		tuples *array
		stream bool
		err    error
		broken bool // the input is no array
	)
	for i := at; i < len(e.list); i++ {
		step := e.list[i]
		stream = stream || step.tuple
		switch {
		case i == 0 && step.cons:
			if result, err = r.eval(step, listValue(input), env); err != nil {
				return nil, err
			}
		case stream:
			if broken && tuples == nil {
				return nil, &Error{Code: CodeFunction, Message: "there is no array of which a step could bind the items", pos: e.pos}
			}
			if tuples, err = r.tupleStep(step, input, tuples, env); err != nil {
				return nil, err
			}
		case broken && step.op == opSort: // what is no array stays as it is
			if result, err = r.applyStages(step, result, env); err != nil {
				return nil, err
			}
		default:
			if result, err = r.pathStep(step, input, env, i == len(e.list)-1); err != nil {
				return nil, err
			}
		}
		if stream && !(i == 0 && step.cons) {
			continue
		}
		l, ok := asList(result)
		if !ok {
			if l, ok, err = r.codeUnits(result); err != nil {
				return nil, err
			}
		}
		if !stream && (result == nil || ok && l.n == 0) {
			break
		}
		if !stream && result == (value.Null{}) {
			return nil, &Error{Code: CodeFunction, Message: "null has no length", pos: e.pos} // left by a predicate behind an array constructor
		}
		if !step.focused {
			input, broken = l, !isArray(result)
		}
	}
	if stream {
		if tuples == nil { // the path is but an array constructor with a binding
			return nil, &Error{Code: CodeFunction, Message: "an array constructor by itself binds no variables", pos: e.pos}
		}
		if e.tuple {
			result = tuples
		} else {
			values := newSequence()
			for _, t := range tuples.items {
				values.push(t.(*tuple).at)
			}
			result = values
		}
	}
	if e.keepSingleton {
		if result == nil || isSimple(result) { // left by a predicate behind an array constructor
			return nil, &Error{Code: CodeFunction, Message: "Cannot keep " + jsonText(result) + " an array", pos: e.pos}
		}
		a, ok := result.(*array)
		if ok && a.cons && !a.seq {
			a = newSequence(result)
			result = a
		}
		if ok {
			a.keep = true
		}
	}
	if e.group != nil {
		if stream {
			return r.group(e.group.pairs, e.group.pos, tuples, env)
		}
		return r.group(e.group.pairs, e.group.pos, result, env)
	}
	return result, nil
}

// isSimple tells whether v is a string, number, boolean or null.
func isSimple(v any) bool {
	switch v.(type) {
	case value.String, value.Number, float64, value.Bool, value.Null:
		return true
	}
	return false
}

// codeUnits makes a list of a string's UTF-16 code units. That is what the original's next step sees when a predicate behind an array
// constructor at the start of a path has selected a string; of other values that are no arrays it sees nothing.
func (r *run) codeUnits(v any) (list, bool, error) {
	s, ok := toString(v)
	if !ok {
		return list{}, false, nil
	}
	if err := r.alloc(len(s)); err != nil {
		return list{}, false, err
	}
	units := &array{}
	for _, u := range stringToUnits(s) {
		units.push(value.String(unitsToString([]uint16{u})))
	}
	l, _ := asList(units)
	return l, true, nil
}

func listValue(l list) any {
	switch {
	case l.json != nil:
		return l.json
	case l.made != nil:
		return l.made
	}
	return newSequence() // of what was no array
}

// pathStep evaluates a step on every item of the input and flattens the results into one sequence.
func (r *run) pathStep(e *expr, input list, env *frame, last bool) (any, error) {
	if e.op == opSort {
		v, err := r.sort(e, input, env)
		if err != nil {
			return nil, err
		}
		return r.applyStages(e, v, env)
	}
	result := &array{seq: true}
	if input.n == 1 {
		v, err := r.stepOn(e, input.at(0), env)
		if err != nil || v == nil {
			return result, err
		}
		l, ok := asList(v)
		if !ok {
			result.push(v)
			return result, nil
		}
		if last && (l.made == nil || !l.made.seq) {
			return v, nil
		}
		return result, r.spill(result, v)
	}
	var pending any // the only result so far, which may be passed on as it is
	count := 0
	for i := range input.n {
		v, err := r.stepOn(e, input.at(i), env)
		if err != nil {
			return nil, err
		}
		if v == nil {
			continue
		}
		count++
		if count == 1 {
			pending = v
			continue
		}
		if count == 2 {
			result.items = make([]any, 0, min(input.n, 64))
			if err := r.spill(result, pending); err != nil {
				return nil, err
			}
		}
		if err := r.spill(result, v); err != nil {
			return nil, err
		}
		r.work(1) // for what is kept
	}
	if count != 1 {
		return result, nil
	}
	if l, ok := asList(pending); ok && last && (l.made == nil || !l.made.seq) {
		return pending, nil
	}
	return result, r.spill(result, pending)
}

func (r *run) stepOn(e *expr, in any, env *frame) (any, error) {
	v, err := r.stepValue(e, in, env)
	if err != nil {
		return nil, err
	}
	for _, s := range e.stages {
		if s.filter == nil {
			continue
		}
		if v, err = r.filter(s.filter, v, env); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// stepValue is eval, by a shorter way for field names.
func (r *run) stepValue(e *expr, in any, env *frame) (any, error) {
	if e.op != opName || !e.plain {
		return r.eval(e, in, env)
	}
	if err := r.step(1); err != nil {
		return nil, err
	}
	if !isArray(in) {
		return get(in, e.name), nil
	}
	v, err := r.name(in, e.name)
	if a, ok := v.(*array); ok && a.seq {
		return unwrap(e, a), nil
	}
	return v, err
}

// spill appends v to a path's result: arrays lose their brackets, unless an array constructor of the path made them.
func (r *run) spill(result *array, v any) error {
	l, ok := asList(v)
	if !ok || l.made != nil && l.made.cons {
		result.push(v)
		return nil
	}
	r.items += l.n
	if len(result.items)+l.n > r.limits.Items || r.items > totalFactor*r.limits.Items {
		return limitError(ErrItems)
	}
	result.pushAll(l)
	return nil
}

// applyStages applies the predicates and index bindings behind a step that are left to do.
func (r *run) applyStages(e *expr, v any, env *frame) (any, error) {
	var err error
	for _, s := range e.stages {
		if s.filter != nil {
			if v, err = r.filter(s.filter, v, env); err != nil {
				return nil, err
			}
			continue
		}
		l, _ := asList(v)
		for i := range l.n {
			if t, ok := l.at(i).(*tuple); ok {
				t.set(s.index, float64(i))
			}
		}
	}
	return v, nil
}

// filter keeps the items of v that the predicate selects: by position where it gives numbers, else by its truth.
func (r *run) filter(p *expr, v any, env *frame) (any, error) {
	l, ok := asList(v)
	if !ok {
		l, _ = asList(newSequence(v))
	}
	result := newSequence()
	result.tuples = l.made != nil && l.made.tuples
	if p.op == opConst && p.number {
		i := math.Floor(p.val.(float64))
		if i < 0 {
			i += float64(l.n)
		}
		if !(i >= 0 && i < float64(l.n)) {
			return result, nil
		}
		item := l.at(int(i))
		if isArray(item) {
			return item, nil
		}
		if item != nil {
			result.push(item)
		}
		return result, nil
	}
	if err := r.step(l.n); err != nil {
		return nil, err
	}
	for i := range l.n {
		item := l.at(i)
		context, scope := item, env
		if t, ok := item.(*tuple); ok && result.tuples {
			context, scope = t.at, t.frame(env)
		} else if ok {
			context = t.plain()
		}
		v, err := r.eval(p, context, scope)
		if err != nil {
			return nil, err
		}
		times, positions, err := r.selections(v, i, l.n)
		if err != nil {
			return nil, err
		}
		if !positions {
			truth, err := r.boolean(v)
			if err != nil {
				return nil, err
			}
			if truth {
				times = 1
			}
		}
		for range times {
			result.push(item)
		}
	}
	return result, nil
}

// selections counts how often the numbers that a predicate gave name position i of n. A value that is no number and no array of
// numbers names no positions.
func (r *run) selections(v any, i, n int) (times int, positions bool, err error) {
	hit := func(f float64) {
		f = math.Floor(f)
		if f < 0 {
			f += float64(n)
		}
		if f == float64(i) {
			times++
		}
	}
	f, ok, err := finite(v)
	if err != nil {
		return 0, false, err
	}
	if ok {
		hit(f)
		return times, true, nil
	}
	l, ok := asList(v)
	if !ok {
		return 0, false, nil
	}
	if l.made != nil && l.made.length > 0 { // a range need not be walked
		lo := l.made.first
		for _, at := range []int{i, i - n} {
			if float64(at) >= lo && float64(at) < lo+float64(l.n) {
				times++
			}
		}
		return times, true, nil
	}
	if err := r.step(l.n / 4); err != nil {
		return 0, false, err
	}
	for k := range l.n {
		f, ok, err := finite(l.at(k))
		if err != nil || !ok {
			return 0, false, err
		}
		hit(f)
	}
	return times, true, nil
}
