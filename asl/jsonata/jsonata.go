package jsonata

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/asl/value"
)

// Expression is a compiled expression.
type Expression struct {
	text string
	tree *Node
	root *expr
	set  settings
}

// settings are what the options of Compile set.
type settings struct {
	states bool
	limits Limits
	now    func() time.Time
	random func() float64
}

// has tells whether a function belongs to the dialect.
func (s *settings) has(b *builtin) bool {
	if s.states {
		return !b.plain
	}
	return !b.states
}

// Option changes how an expression is compiled and evaluated.
type Option func(*settings)

// StepFunctions selects AWS Step Functions' dialect: its functions are there, $eval is not, what its validation refuses is an
// error of Compile, and the limits are those that it was measured to have.
func StepFunctions() Option { return func(s *settings) { s.states = true } }

// WithLimits bounds evaluations; fields that are 0 keep their defaults.
func WithLimits(l Limits) Option { return func(s *settings) { s.limits = l } }

// WithClock gives the time that $now and $millis tell; it is asked at most once in an evaluation.
func WithClock(now func() time.Time) Option { return func(s *settings) { s.now = now } }

// WithRandom gives the numbers from 0 up to but not including 1 that $random, $shuffle and $uuid use. It must be safe for
// concurrent use if the expression is evaluated concurrently.
func WithRandom(random func() float64) Option { return func(s *settings) { s.random = random } }

// Compile reads an expression, without the {% and %} that surround it in a definition. Errors are *Error.
func Compile(text string, options ...Option) (*Expression, error) {
	x := &Expression{text: text, set: settings{now: time.Now, random: rand.Float64}}
	for _, o := range options {
		o(&x.set)
	}
	if x.set.states {
		x.set.limits = x.set.limits.or(statesLimits)
	}
	x.set.limits = x.set.limits.withDefaults()
	tree, failure := parse(text)
	if failure != nil {
		return nil, failure.finish(text)
	}
	if x.root, failure = compileTree(tree); failure != nil {
		return nil, failure.finish(text)
	}
	x.tree = tree
	Walk(tree, func(n *Node) bool {
		if n.regex != nil {
			n.regex.limit(x.set.limits.RegexTime)
		}
		return true
	})
	if x.set.states {
		if refused := Unsupported(tree); len(refused) > 0 {
			return nil, refused[0].asError(text)
		}
	}
	return x, nil
}

// Text is the expression as it was compiled.
func (x *Expression) Text() string { return x.text }

// Tree is the root of the expression's syntax tree, which must not be changed.
func (x *Expression) Tree() *Node { return x.tree }

// World is what an evaluation sees of the world outside: the time, and chance. A zero field is what Compile was told.
type World struct {
	Now    func() time.Time // for $now and $millis; asked at most once in an evaluation
	Random func() float64   // from 0 up to but not including 1; for $random, $shuffle and $uuid
	// Steps, when set, is where evaluations add the steps that they have taken, as Limits counts them. None takes more than there are
	// left up to MaxSteps.
	Steps    *int
	MaxSteps int
}

// Eval evaluates the expression with input as its context ($ and $$; nil is undefined) and bindings as its variables (their names
// without the $). A nil result is undefined, JSONata's "nothing". Errors are *Error; errors.Is finds the limit that was reached.
func (x *Expression) Eval(ctx context.Context, input value.Value, bindings map[string]value.Value) (value.Value, error) {
	return x.EvalIn(ctx, input, bindings, World{})
}

// EvalIn is Eval in a world of its own, such as that of an execution on a virtual clock.
func (x *Expression) EvalIn(ctx context.Context, input value.Value, bindings map[string]value.Value, world World) (result value.Value, err error) {
	r := runs.Get().(*run)
	*r = run{ctx: ctx, set: &x.set, limits: x.set.limits, bindings: bindings, world: world, sites: r.sites, units: r.units}
	if world.Now == nil {
		r.world.Now = x.set.now
	}
	if world.Random == nil {
		r.world.Random = x.set.random
	}
	if world.Steps != nil {
		r.limits.Steps = min(r.limits.Steps, max(0, world.MaxSteps-*world.Steps))
	}
	defer func() {
		if p := recover(); p != nil {
			result, err = nil, recovered(p).finish(x.text)
		}
		if world.Steps != nil {
			*world.Steps += r.steps
		}
		clear(r.sites)
		*r = run{sites: r.sites[:0], units: r.units}
		if cap(r.units) > keptUnits {
			r.units = nil
		}
		runs.Put(r)
	}()
	v, err := x.eval(r, input)
	if err == nil {
		var out value.Value
		if out, err = r.result(v); err == nil {
			return out, nil
		}
	}
	var failure *Error
	if !errors.As(err, &failure) {
		failure = &Error{Code: CodeCancelled, Message: err.Error(), limit: err}
	}
	failure.noPosition = failure.noPosition || failure.pos == 0
	return nil, failure.finish(x.text)
}

// runs keeps the states of evaluations that have ended: what an evaluation makes refers to its state only until its result is turned
// into JSON.
var runs = sync.Pool{New: func() any { return new(run) }}

// keptUnits is the largest buffer for a searched text that is kept.
const keptUnits = 4096

func (x *Expression) eval(r *run, input value.Value) (any, error) {
	if err := r.cancelled(); err != nil {
		return nil, err
	}
	if input == nil {
		return r.eval(x.root, nil, &r.top)
	}
	r.root = input
	var in any = input
	if input.Kind() == value.KindArray { // the array as a whole is the context, not each of its items
		in = &array{items: []any{input}, seq: true, outer: true}
	}
	return r.eval(x.root, in, &r.top)
}

// now is the time of the evaluation, in milliseconds since 1970.
func (r *run) now() float64 {
	if !r.clocked {
		r.millis, r.clocked = float64(r.world.Now().UnixMilli()), true
	}
	return r.millis
}

// result makes a JSON value of what an expression has given.
func (r *run) result(v any) (value.Value, error) {
	if a, ok := v.(*array); ok && a.outer {
		v = a.items[0]
	}
	c := converter{states: r.set.states, left: r.limits.Items}
	return c.value(v, 0)
}

var errFunction = errors.New("the result is a function, which is no JSON value")

// converter makes JSON values. What is no number becomes null, as JSON.stringify has it, or with Step Functions the name that
// JavaScript has for it: [1/0] was seen to give ["Infinity"] on AWS.
type converter struct {
	states bool
	// left is how many items and members may be written yet: arrays that hold the same array many times can be huge as JSON, and small
	// until then.
	left int
}

func (c *converter) value(v any, level int) (value.Value, error) {
	if level > maxNesting {
		return nil, limitError(ErrNesting)
	}
	switch x := v.(type) {
	case nil:
		return nil, nil
	case value.String:
		if utf8.ValidString(string(x)) {
			return v.(value.Value), nil // x would be boxed again
		}
	}
	switch v := v.(type) {
	case value.String:
		return v, nil
	case value.Value:
		return v, nil
	case float64:
		return numberValue(v, c.states), nil
	case *array:
		return c.array(v, level)
	case *object:
		return c.object(v, level)
	case *tuple:
		return c.nested(v.at, level+1)
	}
	return nil, &Error{Code: CodeResultType, Message: errFunction.Error(), limit: errFunction}
}

func (c *converter) take(n int) error {
	if c.left -= n; c.left < 0 {
		return limitError(ErrItems)
	}
	return nil
}

func (c *converter) array(a *array, level int) (value.Value, error) {
	l, _ := asList(a)
	if err := c.take(l.n); err != nil {
		return nil, err
	}
	items := make([]value.Value, l.n)
	for i := range items {
		item, err := c.nested(l.at(i), level+1)
		if err != nil {
			return nil, err
		}
		if item == nil {
			item = value.Null{}
		}
		items[i] = item
	}
	return value.NewArray(items...), nil
}

func (c *converter) object(o *object, level int) (value.Value, error) {
	f, _ := fieldsOf(o)
	if err := c.take(f.n); err != nil {
		return nil, err
	}
	members := make([]value.Member, 0, f.n)
	for i := range f.n {
		name, m := f.at(i)
		item, err := c.nested(m, level+1)
		if err != nil {
			return nil, err
		}
		if item != nil {
			members = append(members, value.Member{Name: name, Value: item})
		}
	}
	return value.NewObject(members...), nil
}

// nested is value inside an array or object, where JSONata itself has functions written as "".
func (c *converter) nested(v any, level int) (value.Value, error) {
	if isFunction(v) && !c.states {
		return value.String(""), nil
	}
	return c.value(v, level)
}

func numberValue(f float64, states bool) value.Value {
	if math.IsInf(f, 0) || math.IsNaN(f) {
		if states {
			return value.String(formatNumber(f))
		}
		return value.Null{}
	}
	return value.Number(formatNumber(f))
}
