package jsonpath

import (
	"errors"
	"fmt"
	"time"

	"github.com/docflow-asl/docflow/asl/jsonpath/javalang"
	"github.com/docflow-asl/docflow/asl/value"
)

// MaxVisits is how many steps one evaluation may take: from value to value, and as many as comparisons, functions and results are
// worth. It stops paths such as $..*..*..*, which would otherwise run for hours on a small document; a payload of Step Functions
// (256 KiB) has some 100,000 values.
const MaxVisits = 5_000_000

// Budget is what evaluations have spent of MaxVisits, and of the time for patterns.
type Budget struct {
	visits   int
	matching time.Duration // of patterns that may backtrack
}

// A step is worth some 50 ns; so much of other work costs one.
const (
	visitTime       = 50 * time.Nanosecond
	visitsPerResult = 4  // results are kept
	bytesPerVisit   = 16 // of texts that are made
)

// Roots are what paths start from.
type Roots struct {
	Data    value.Value // $; nil stands for null
	Context value.Value // $$
	// Variables gives the value of $name; nil when there are none.
	Variables func(name string) (value.Value, bool)
	// Visits, when set, is where evaluations add the steps that they have taken.
	Visits *int
	// Budget is shared by evaluations that together may spend what one may otherwise; nil when this one is by itself.
	Budget *Budget
}

func (r *Roots) root(p *Path) (value.Value, error) {
	var v value.Value
	switch p.Root {
	case RootContext:
		v = r.Context
	case RootVariable:
		ok := false
		if r.Variables != nil {
			v, ok = r.Variables(p.Variable)
		}
		if !ok {
			return nil, &NoSuchVariableError{p.Variable}
		}
	default:
		v = r.Data
	}
	if v == nil {
		v = value.Null{}
	}
	return v, nil
}

// Eval applies the path. A definite path gives the value it leads to or a *NoSuchPathError; an indefinite one gives an array
// of all that it finds. Other failures are *NoSuchVariableError and *EvalError.
func Eval(p *Path, r Roots) (value.Value, error) {
	root, err := r.root(p)
	if err != nil {
		return nil, err
	}
	if p.plain {
		if v, ok := p.follow(root); ok {
			return v, nil
		}
	}
	if _, null := root.(value.Null); null && len(p.Steps) > 0 {
		// AWS's text when the input of a state is null, as reported on Stack Overflow in "AWS Step function parameters are not
		// moving to the next step". What it does for the path $ alone is not known; here that is the null itself.
		return nil, &NoSuchPathError{Message: "Unable to apply Path transformation to null or empty input."}
	}
	spent := r.Budget
	if spent == nil {
		spent = &Budget{}
	}
	before := *spent
	v, err := evaluateSafely(p, root, spent)
	if r.Visits != nil {
		*r.Visits += spent.visits - before.visits + int((spent.matching-before.matching)/visitTime)
	}
	return v, err
}

// evaluateSafely makes an error of a panic: a fault of this package must not take down a process that runs many evaluations.
func evaluateSafely(p *Path, root value.Value, spent *Budget) (v value.Value, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			v, err = nil, &EvalError{fmt.Sprintf("%s%v in the path %s", internal, fault, p.text)}
		}
	}()
	return evaluate(p, root, root, false, spent)
}

// internal is how the message of a fault of this package starts.
const internal = "internal error: "

// follow walks a plain path; it allocates nothing.
func (p *Path) follow(v value.Value) (value.Value, bool) {
	for i := range p.Steps {
		step := &p.Steps[i]
		if step.Kind == Name {
			object, ok := v.(*value.Object)
			if !ok {
				return nil, false
			}
			if v, ok = object.Get(step.Names[0]); !ok {
				return nil, false
			}
			continue
		}
		array, ok := v.(*value.Array)
		if !ok {
			return nil, false
		}
		if v, ok = item(array, step.Indexes[0]); !ok {
			return nil, false
		}
	}
	return v, true
}

// item returns the item at an index, which counts from the end when it is negative.
func item(a *value.Array, index int) (value.Value, bool) {
	if index < 0 {
		index += a.Len()
	}
	if index < 0 || index >= a.Len() {
		return nil, false
	}
	return a.At(index), true
}

// beyondArray tells whether only the last step of the path, an index, leads out of an array.
func (p *Path) beyondArray(root value.Value) bool {
	n := len(p.Steps)
	if !p.plain || n == 0 || p.Steps[n-1].Kind != Index {
		return false
	}
	parent := Path{Steps: p.Steps[:n-1]}
	v, ok := parent.follow(root)
	return ok && v.Kind() == value.KindArray
}

// evaluator collects what a path finds.
type evaluator struct {
	path     *Path
	document value.Value // what $ is inside filters and arguments
	// require makes a missing member an error also behind an indefinite step, as when a filter asks whether a path exists.
	require bool
	spent   *Budget
	found   []value.Value
}

// evaluate applies a path to a value.
func evaluate(p *Path, root, document value.Value, require bool, spent *Budget) (value.Value, error) {
	e := &evaluator{path: p, document: document, require: require, spent: spent}
	var err error
	if first, ok := p.inverted(); ok {
		err = e.invertedFunction(first, root)
	} else {
		err = e.walk(0, true, root)
	}
	if err != nil {
		if !p.definite && !require && p.dialect == StepFunctions && isMissing(err) {
			// Recorded on AWS: $.items[*], $.items[1:] and $.item.items[:1].x on {} are [], where Jayway throws.
			return value.NewArray(), nil
		}
		return nil, err
	}
	if !p.definite {
		return value.NewArray(e.found...), nil
	}
	if len(e.found) == 0 {
		return nil, &NoSuchPathError{"No results for path: " + p.Canonical(), p.beyondArray(root)}
	}
	return e.found[len(e.found)-1], nil
}

// walk applies step i to v. definite tells that no step before it was indefinite.
func (e *evaluator) walk(i int, definite bool, v value.Value) error {
	if err := e.spend(1); err != nil {
		return err
	}
	if i == len(e.path.Steps) {
		if err := e.spend(visitsPerResult); err != nil {
			return err
		}
		e.found = append(e.found, v)
		return nil
	}
	step := &e.path.Steps[i]
	switch step.Kind {
	case Name, Names:
		return e.names(i, definite, v)
	case Index, Indexes, Slice:
		return e.positions(i, definite, v)
	case Wildcard:
		return e.wildcard(i, v)
	case Descend:
		return e.descend(i, v)
	case Filter:
		return e.filter(i, definite, v)
	}
	result, err := e.call(step, v)
	if err != nil {
		return err
	}
	if i+1 < len(e.path.Steps) {
		e.found = append(e.found, result) // Jayway reports also the result in the middle; a definite path gives the last one
	}
	return e.walk(i+1, definite, result)
}

// spend counts n steps.
func (e *evaluator) spend(n int) error {
	if e.spent.visits += n; e.spent.visits > MaxVisits {
		return &EvalError{fmt.Sprintf("the path %s takes more than %d steps", e.path.text, MaxVisits)}
	}
	return nil
}

// missing makes the error of a path that leads nowhere. Inside filters it may be made very often, and be forgotten at once.
func (e *evaluator) missing(v value.Value, message func() string) error {
	size := len(e.path.text)
	if v != nil {
		size += value.Size(v)
	}
	if err := e.spend(size / 4); err != nil { // most of it is written several times
		return err
	}
	return &NoSuchPathError{Message: message()}
}

func isMissing(err error) bool {
	var missing *NoSuchPathError
	return errors.As(err, &missing)
}

func (e *evaluator) last(i int) bool { return i == len(e.path.Steps)-1 }

func (e *evaluator) names(i int, definite bool, v value.Value) error {
	step := &e.path.Steps[i]
	object, ok := v.(*value.Object)
	if !ok {
		if !definite {
			return nil
		}
		return e.missing(nil, func() string {
			return fmt.Sprintf("Expected to find an object with property %s in path %s but found '%s'. "+
				"This is not a json object according to the JsonProvider: 'com.jayway.jsonpath.spi.json.JacksonJsonProvider'.",
				canonicalSteps("", e.path.Steps[i:i+1]), e.path.canonical(i), javalang.ClassName(v))
		})
	}
	if step.Kind == Names && e.last(i) {
		return e.merge(i, object)
	}
	for _, name := range step.Names {
		if err := e.spend(1); err != nil {
			return err
		}
		member, ok := object.Get(name)
		switch {
		case ok:
			if err := e.walk(i+1, definite && step.Kind == Name, member); err != nil {
				return err
			}
		case e.last(i):
			if e.require {
				return e.missing(nil, func() string { return "No results for path: " + e.path.canonical(i+1) })
			}
		case e.require || definite && step.Kind == Name:
			return e.missing(nil, func() string { return "Missing property in path " + e.path.canonical(i+1) })
		}
	}
	return nil
}

// merge puts the named members of an object into a new one.
func (e *evaluator) merge(i int, object *value.Object) error {
	step := &e.path.Steps[i]
	if err := e.spend(2 * len(step.Names)); err != nil {
		return err
	}
	members := make([]value.Member, 0, min(len(step.Names), object.Len()))
	for _, name := range step.Names {
		member, ok := object.Get(name)
		if ok {
			members = append(members, value.Member{Name: name, Value: member})
		} else if e.require {
			return e.missing(nil, func() string { return "Missing property in path " + e.path.canonical(i+1) })
		}
	}
	return e.walk(i+1, false, value.NewObject(members...))
}

func (e *evaluator) positions(i int, definite bool, v value.Value) error {
	step := &e.path.Steps[i]
	array, ok := v.(*value.Array)
	if !ok {
		if !definite {
			return nil
		}
		if _, null := v.(value.Null); null {
			return e.missing(nil, func() string { return fmt.Sprintf("The path %s is null", e.path.canonical(i)) })
		}
		return e.missing(v, func() string {
			return fmt.Sprintf("Filter: %s can only be applied to arrays. Current context is: %s", canonicalSteps("", e.path.Steps[i:]), javalang.Text(v))
		})
	}
	if step.Kind != Slice {
		if err := e.spend(len(step.Indexes)); err != nil {
			return err
		}
		for _, index := range step.Indexes {
			if item, ok := item(array, index); ok {
				if err := e.walk(i+1, definite && step.Kind == Index, item); err != nil {
					return err
				}
			}
		}
		return nil
	}
	from, to := step.Bounds.within(array.Len())
	for index := from; index < to; index++ {
		if item, ok := item(array, index); ok {
			if err := e.walk(i+1, false, item); err != nil {
				return err
			}
		}
	}
	return nil
}

// within gives the first index and the one behind the last, for an array of n items. A negative end counts from the end only
// in [-2:] and [:-2]; in [-2:2] Jayway goes through the indexes -2, -1, 0, 1 and takes each from where it points.
func (b Bounds) within(n int) (from, to int) {
	switch {
	case !b.HasTo:
		if from = b.From; from < 0 {
			from = max(0, n+from)
		}
		return from, n
	case !b.HasFrom:
		if to = b.To; to < 0 {
			to += n
		}
		return 0, min(n, to)
	}
	return max(b.From, -n), min(n, b.To)
}

func (e *evaluator) wildcard(i int, v value.Value) error {
	switch v := v.(type) {
	case *value.Object:
		for _, m := range v.Members() {
			if err := e.walk(i+1, false, m.Value); err != nil {
				return err
			}
		}
	case *value.Array:
		for _, item := range v.Items() {
			if err := e.walk(i+1, false, item); err != nil && (e.require || !isMissing(err)) {
				return err
			}
		}
	}
	return nil
}

// descend tries the step behind `..` on a value and on all below it, parents first.
func (e *evaluator) descend(i int, v value.Value) error {
	if err := e.spend(1); err != nil {
		return err
	}
	switch v := v.(type) {
	case *value.Object:
		applies, err := e.applies(i+1, v)
		if err != nil {
			return err
		}
		if applies {
			if err := e.walk(i+1, false, v); err != nil {
				return err
			}
		}
		for _, m := range v.Members() {
			if err := e.descend(i, m.Value); err != nil {
				return err
			}
		}
	case *value.Array:
		applies, err := e.applies(i+1, v)
		if err != nil {
			return err
		}
		if applies && e.last(i+1) {
			if err := e.walk(i+1, false, v); err != nil {
				return err
			}
		} else if applies {
			// A habit of Jayway: when more steps follow, they go on from every item, whatever the index or filter says.
			for _, item := range v.Items() {
				if err := e.walk(i+2, false, item); err != nil {
					return err
				}
			}
		}
		for _, item := range v.Items() {
			if err := e.descend(i, item); err != nil {
				return err
			}
		}
	}
	return nil
}

// applies tells whether step i, the one behind `..`, is tried on v.
func (e *evaluator) applies(i int, v value.Value) (bool, error) {
	step := &e.path.Steps[i]
	switch step.Kind {
	case Name, Names:
		object, ok := v.(*value.Object)
		if !ok {
			return false, nil
		}
		if e.require || step.Kind == Names && !e.last(i) {
			return true, nil
		}
		for _, name := range step.Names {
			if !object.Has(name) {
				return false, nil
			}
		}
		return true, e.spend(len(step.Names))
	case Index, Indexes, Slice:
		return v.Kind() == value.KindArray, nil
	case Wildcard:
		return true, nil
	case Filter:
		return e.accepts(step, v)
	}
	return false, nil
}

// filter tests the items of an array, or an object itself.
func (e *evaluator) filter(i int, definite bool, v value.Value) error {
	step := &e.path.Steps[i]
	switch v := v.(type) {
	case *value.Object:
		ok, err := e.accepts(step, v)
		if err != nil || !ok {
			return err
		}
		return e.walk(i+1, false, v)
	case *value.Array:
		for _, item := range v.Items() {
			ok, err := e.accepts(step, item)
			if err != nil {
				return err
			}
			if ok {
				if err := e.walk(i+1, false, item); err != nil {
					return err
				}
			}
		}
	default:
		if definite {
			return &EvalError{fmt.Sprintf("Filter: %s can not be applied to primitives. Current context is: %s",
				canonicalSteps("", e.path.Steps[i:]), javalang.Text(v))}
		}
	}
	return nil
}
