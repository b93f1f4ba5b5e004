package jsonata

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// While an expression is evaluated, a value is an any that holds one of
//
//	nil            undefined
//	value.Value    input data and constants, numbers as text included, so that what is not touched keeps its text
//	float64        a number that was computed
//	*array         an array that was made; sequences, which unwrap when they hold one item, are arrays too
//	*object        an object that was made
//	*lambda, *builtin, *native, *regex    functions
//	*thunk         a call that a function left for its caller to make
//	*tuple         an item of a stream of tuples: a value with the variables bound on the way to it
//
// Interfaces were measured against a struct of kind, number and pointer: constants, input data and sequences dominate, and cost no
// allocation this way.

// array is an array or sequence.
type array struct {
	items  []any
	first  float64 // of a range, whose items are not made before someone asks for them
	length int     // of a range; 0 for all others

	seq    bool // a sequence: one item stands for itself, none for nothing
	keep   bool // a sequence that stays an array even with one item
	cons   bool // from an array constructor at an end of a path: not flattened into the path's result
	outer  bool // wraps the array that is the expression's input
	tuples bool // its items are *tuple
}

// object is an object that was made. The order of its members is that of their creation; fieldsOf puts it right.
type object struct {
	names []string
	vals  []any
	index map[string]int
}

// list reads either kind of array.
type list struct {
	made *array
	json *value.Array
	n    int
}

func asList(v any) (list, bool) {
	switch v := v.(type) {
	case *array:
		if v.length > 0 {
			return list{made: v, n: v.length}, true
		}
		return list{made: v, n: len(v.items)}, true
	case *value.Array:
		return list{json: v, n: v.Len()}, true
	}
	return list{}, false
}

func (l list) at(i int) any {
	if l.json != nil {
		return l.json.At(i)
	}
	if l.made.length > 0 {
		return l.made.first + float64(i)
	}
	return l.made.items[i]
}

// marks counts the members, besides the items, that a wildcard finds in an array: JavaScript keeps in the array itself that it is a
// sequence, or was told to stay an array. Only the array that an array constructor at the start of a path has as its context, or
// one that a variable holds, is seen whole by a wildcard.
func (l list) marks() int {
	n := 0
	if l.made != nil && l.made.seq {
		n++
	}
	if l.made != nil && l.made.keep {
		n++
	}
	return n
}

func isArray(v any) bool {
	switch v.(type) {
	case *array, *value.Array:
		return true
	}
	return false
}

// newSequence makes a sequence of the items.
func newSequence(items ...any) *array { return &array{items: items, seq: true} }

func (a *array) push(v any) { a.items = append(a.items, v) }

// pushAll appends all items of l.
func (a *array) pushAll(l list) {
	if l.made != nil && l.made.length == 0 {
		a.items = append(a.items, l.made.items...)
		return
	}
	a.items = slices.Grow(a.items, l.n)
	for i := range l.n {
		a.items = append(a.items, l.at(i))
	}
}

const indexObjectsFrom = 12

func (o *object) find(name string) int {
	if o.index != nil {
		if i, ok := o.index[name]; ok {
			return i
		}
		return -1
	}
	return slices.Index(o.names, name)
}

func (o *object) get(name string) (any, bool) {
	if i := o.find(name); i >= 0 {
		return o.vals[i], true
	}
	return nil, false
}

func (o *object) set(name string, v any) {
	if i := o.find(name); i >= 0 {
		o.vals[i] = v
		return
	}
	o.names = append(o.names, name)
	o.vals = append(o.vals, v)
	if o.index != nil {
		o.index[name] = len(o.names) - 1
	} else if len(o.names) > indexObjectsFrom {
		o.reindex()
	}
}

func (o *object) reindex() {
	o.index = make(map[string]int, 2*len(o.names))
	for i, n := range o.names {
		o.index[n] = i
	}
}

// sort puts the members into JavaScript's order.
func (o *object) sort() {
	f, _ := fieldsOf(o)
	if f.order == nil {
		return
	}
	sorted := &object{names: make([]string, 0, f.n), vals: make([]any, 0, f.n)}
	for i := range f.n {
		sorted.set(f.at(i))
	}
	*o = *sorted
}

func (o *object) remove(name string) {
	i := o.find(name)
	if i < 0 {
		return
	}
	o.names = slices.Delete(o.names, i, i+1)
	o.vals = slices.Delete(o.vals, i, i+1)
	if o.index != nil {
		o.reindex()
	}
}

// fields reads either kind of object, in JavaScript's order: names that are array indexes come first, by number.
type fields struct {
	made  *object
	json  *value.Object
	n     int
	order []int
}

func fieldsOf(v any) (fields, bool) {
	var f fields
	switch v := v.(type) {
	case *object:
		f = fields{made: v, n: len(v.names)}
	case *value.Object:
		f = fields{json: v, n: v.Len()}
	default:
		return f, false
	}
	for i := range f.n {
		if name := f.rawName(i); name != "" && '0' <= name[0] && name[0] <= '9' {
			f.sort()
			break
		}
	}
	return f, true
}

func (f *fields) sort() {
	type indexed struct {
		at  int
		num uint64
	}
	var first []indexed
	var rest []int
	for i := range f.n {
		if num, ok := arrayIndex(f.rawName(i)); ok {
			first = append(first, indexed{i, num})
		} else {
			rest = append(rest, i)
		}
	}
	slices.SortFunc(first, func(a, b indexed) int {
		if a.num < b.num {
			return -1
		}
		return 1
	})
	f.order = make([]int, 0, f.n)
	for _, x := range first {
		f.order = append(f.order, x.at)
	}
	f.order = append(f.order, rest...)
}

// arrayIndex reads a name that JavaScript takes for an array index.
func arrayIndex(name string) (uint64, bool) {
	if name == "" || len(name) > 10 || name[0] == '0' && len(name) > 1 {
		return 0, false
	}
	n, err := strconv.ParseUint(name, 10, 64)
	return n, err == nil && name[0] != '+' && n < math.MaxUint32
}

func (f *fields) rawName(i int) string {
	if f.made != nil {
		return f.made.names[i]
	}
	return f.json.At(i).Name
}

func (f *fields) at(i int) (string, any) {
	if f.order != nil {
		i = f.order[i]
	}
	if f.made != nil {
		return f.made.names[i], f.made.vals[i]
	}
	m := f.json.At(i)
	return m.Name, m.Value
}

// get returns the member of an object, or nil.
func get(v any, name string) any {
	switch v := v.(type) {
	case *value.Object:
		if m, ok := v.Get(name); ok {
			return m
		}
	case *object:
		m, _ := v.get(name)
		return m
	}
	return nil
}

// toFloat returns the number that v is, if it is one.
func toFloat(v any) (float64, bool) {
	switch v := v.(type) {
	case float64:
		return v, true
	case value.Number:
		return parseFloat(string(v)), true
	}
	return 0, false
}

func parseFloat(s string) float64 {
	if len(s) < 16 {
		n, i := 0, 0
		if len(s) > 1 && s[0] == '-' {
			i = 1
		}
		for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
			n = n*10 + int(s[i]-'0')
		}
		if i == len(s) {
			if s[0] == '-' {
				return -float64(n)
			}
			return float64(n)
		}
	}
	f, _ := strconv.ParseFloat(s, 64) // out of range gives the infinity that JavaScript reads, too
	return f
}

// formatNumber writes a number as JavaScript's String() does.
func formatNumber(f float64) string {
	switch {
	case f == 0:
		return "0"
	case math.IsNaN(f):
		return "NaN"
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	case f == math.Trunc(f) && math.Abs(f) < 1e15:
		return strconv.FormatInt(int64(f), 10)
	}
	if a := math.Abs(f); a >= 1e21 || a < 1e-6 {
		s := strconv.FormatFloat(f, 'e', -1, 64)
		mantissa, exponent, _ := strings.Cut(s, "e")
		sign := exponent[:1]
		return mantissa + "e" + sign + strings.TrimLeft(exponent[1:], "0")
	}
	return strconv.FormatFloat(f, 'f', -1, 64)
}

func toString(v any) (string, bool) {
	s, ok := v.(value.String)
	return string(s), ok
}

func toBool(v any) (b, ok bool) {
	x, ok := v.(value.Bool)
	return bool(x), ok
}

func isFunction(v any) bool {
	switch v.(type) {
	case *lambda, *builtin, *native, *regex:
		return true
	}
	return false
}

// deepEqual compares by value; functions by identity. What is nested deeper than maxNesting is not equal to anything.
func (r *run) deepEqual(a, b any) bool { return r.equalAt(a, b, 0) }

func (r *run) equalAt(a, b any, level int) bool {
	if level > maxNesting || r.steps > r.limits.Steps { // the next step ends the evaluation
		return false
	}
	r.work(1)
	if x, ok := toFloat(a); ok {
		y, ok := toFloat(b)
		return ok && x == y
	}
	switch x := a.(type) {
	case value.String:
		r.work(len(x) / 1024)
		return a == b
	case value.Bool, value.Null:
		return a == b
	case *value.Array:
		if a == b {
			return true
		}
	case *value.Object:
		if a == b {
			return true
		}
	case *array:
		if y, ok := b.(*array); ok && x == y {
			return true
		}
	case nil, *lambda, *builtin, *native, *regex:
		return a == b
	}
	if x, ok := asList(a); ok {
		y, ok := asList(b)
		if !ok || x.n != y.n {
			return false
		}
		for i := range x.n {
			if !r.equalAt(x.at(i), y.at(i), level+1) {
				return false
			}
		}
		return true
	}
	x, ok := fieldsOf(a)
	y, ok2 := fieldsOf(b)
	if !ok || !ok2 || x.n != y.n {
		return false
	}
	for i := range x.n {
		name, v := x.at(i)
		w := get(b, name)
		if w == nil || !r.equalAt(v, w, level+1) {
			return false
		}
	}
	return true
}

// identical is JavaScript's === .
func identical(a, b any) bool {
	if x, ok := toFloat(a); ok {
		y, ok := toFloat(b)
		return ok && x == y
	}
	return a == b
}

// boolean is the truth of a value as $boolean sees it; of undefined it is false.
func (r *run) boolean(v any) (bool, error) { return r.booleanAt(v, 0) }

func (r *run) booleanAt(v any, level int) (bool, error) {
	switch v := v.(type) {
	case value.Bool:
		return bool(v), nil
	case value.String:
		return v != "", nil
	case float64:
		if math.IsInf(v, 0) {
			return false, outOfRange(v)
		}
		return v != 0 && !math.IsNaN(v), nil
	case value.Number:
		return r.booleanAt(parseFloat(string(v)), level)
	case *object:
		return len(v.names) > 0, nil
	case *value.Object:
		return v.Len() > 0, nil
	case *tuple, *lambda, *builtin:
		return true, nil
	case *native:
		return !v.plain, nil
	}
	l, ok := asList(v)
	if !ok {
		return false, nil
	}
	if level > maxNesting {
		return false, limitError(ErrNesting)
	}
	if err := r.step(1 + l.n/4); err != nil {
		return false, err
	}
	for i := range l.n {
		if t, err := r.booleanAt(l.at(i), level+1); t || err != nil {
			return t, err
		}
	}
	return false, nil
}

// appendValues joins two values to one array, as $append does.
func (r *run) appendValues(a, b any) (any, error) {
	if a == nil {
		return b, nil
	}
	if b == nil {
		return a, nil
	}
	x, ok := asList(a)
	if !ok {
		x, _ = asList(newSequence(a))
	}
	y, ok := asList(b)
	if !ok {
		y = list{made: &array{items: []any{b}}, n: 1}
	}
	if err := r.alloc(x.n + y.n); err != nil {
		return nil, err
	}
	joined := &array{items: make([]any, 0, x.n+y.n)}
	joined.pushAll(x)
	joined.pushAll(y)
	return joined, nil
}
