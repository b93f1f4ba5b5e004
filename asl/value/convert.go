package value

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
	"unicode/utf8"
)

// Float returns the number as a float64; numbers beyond its range give ±Inf.
func (n Number) Float() float64 {
	f, err := strconv.ParseFloat(string(n), 64)
	if err != nil && !math.IsInf(f, 0) {
		return math.NaN() // not a number's text: only possible for a Number that did not come from Parse
	}
	return f
}

// Int returns the number when it is an integer (1, 1.0 and 1e3 are) that fits an int64.
func (n Number) Int() (int64, bool) {
	if i, err := strconv.ParseInt(string(n), 10, 64); err == nil {
		return i, true
	}
	f := n.Float()
	if f != math.Trunc(f) || f < -(1<<63) || f >= 1<<63 {
		return 0, false
	}
	return int64(f), true
}

// Int makes the Number of an integer.
func Int[T ~int | ~int32 | ~int64](i T) Number { return Number(strconv.FormatInt(int64(i), 10)) }

// Float makes the Number of a float, which must be finite, with the shortest text that reads back as the same number.
func Float(f float64) Number {
	if f == math.Trunc(f) && math.Abs(f) < 1e15 {
		return Number(strconv.FormatFloat(f, 'f', -1, 64))
	}
	b, err := json.Marshal(f)
	if err != nil {
		return Number("0")
	}
	return Number(b)
}

// Equal compares as JSON does: numbers by their value (1 equals 1.0), objects whatever the order of their members.
func Equal(a, b Value) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	switch a := a.(type) {
	case Number:
		b, ok := b.(Number)
		return ok && (a == b || numbersEqual(a, b))
	case *Array:
		b, ok := b.(*Array)
		if !ok || len(a.items) != len(b.items) {
			return false
		}
		for i := range a.items {
			if !Equal(a.items[i], b.items[i]) {
				return false
			}
		}
		return true
	case *Object:
		b, ok := b.(*Object)
		if !ok || len(a.members) != len(b.members) {
			return false
		}
		for _, m := range a.members {
			other, ok := b.Get(m.Name)
			if !ok || !Equal(m.Value, other) {
				return false
			}
		}
		return true
	}
	return a == b
}

func numbersEqual(a, b Number) bool {
	i, aInt := a.Int()
	j, bInt := b.Int()
	if aInt && bInt {
		return i == j
	}
	return a.Float() == b.Float()
}

// Identical compares like Equal, but also the order of members and the text of numbers.
func Identical(a, b Value) bool {
	if a == nil || b == nil {
		return a == nil && b == nil
	}
	return Compact(a) == Compact(b)
}

// FromGo makes a Value of anything that encoding/json can marshal; the members of maps are sorted by name.
func FromGo(x any) (Value, error) {
	if v, ok := x.(Value); ok {
		return v, nil
	}
	text, err := json.Marshal(x)
	if err != nil {
		return nil, fmt.Errorf("value of %T: %w", x, err)
	}
	return Parse(string(text))
}

// ToGo unmarshals v into the Go value that target points to, as encoding/json does.
func ToGo(v Value, target any) error {
	return json.Unmarshal([]byte(Text(v)), target)
}

// Interface gives v as the types of encoding/json with UseNumber: nil, bool, json.Number, string, []any and map[string]any.
// Members lose their order.
func Interface(v Value) any {
	switch v := v.(type) {
	case Bool:
		return bool(v)
	case Number:
		return json.Number(v)
	case String:
		return string(v)
	case *Array:
		items := make([]any, len(v.items))
		for i, item := range v.items {
			items[i] = Interface(item)
		}
		return items
	case *Object:
		members := make(map[string]any, len(v.members))
		for _, m := range v.members {
			members[m.Name] = Interface(m.Value)
		}
		return members
	}
	return nil
}

// Size is the number of bytes of v's JSON text, which is what Step Functions counts against its payload limit.
func Size(v Value) int {
	n, _ := measure(v, math.MaxInt)
	return n
}

// SizeUpTo is Size for those who only want to know whether it is larger than a limit: it stops counting there. A value that holds
// another one many times may have a text far larger than itself.
func SizeUpTo(v Value, limit int) int {
	n, _ := measure(v, limit)
	return n
}

// Measure is Size, and how much of that had to be walked through now: what was found out about a large array or object before, or
// stands in its source, costs nothing again.
func Measure(v Value) (size, work int) { return measure(v, math.MaxInt) }

func measure(v Value, limit int) (size, work int) {
	switch v := v.(type) {
	case nil:
		return 0, 0
	case *Array:
		if v.source != "" {
			return len(v.source), 1
		}
		if f := v.known.load() & sizeFact; f != 0 {
			return int(f - 1), 1
		}
		size, work = 2+max(0, len(v.items)-1), 2
		for _, item := range v.items {
			if size > limit {
				break
			}
			n, w := measure(item, limit-size)
			size, work = size+n, work+w
		}
		if size >= factsFrom && size <= limit {
			v.known.add(facts(size + 1))
		}
		return size, work
	case *Object:
		if v.source != "" {
			return len(v.source), 1
		}
		if f := v.known.load() & sizeFact; f != 0 {
			return int(f - 1), 1
		}
		size, work = 2+max(0, len(v.members)-1), 2
		for i := range v.members {
			if size > limit {
				break
			}
			name := sizeOfString(v.members[i].Name)
			n, w := measure(v.members[i].Value, limit-size-name)
			size, work = size+n+name+1, work+w+name
		}
		if size >= factsFrom && size <= limit {
			v.known.add(facts(size + 1))
		}
		return size, work
	case Number:
		return len(v), 1
	case String:
		size = sizeOfString(string(v))
		return size, size
	}
	size = len(v.appendJSON(nil))
	return size, size
}

// sizeOfString is the length of what appendString writes.
func sizeOfString(s string) int {
	if !utf8.ValidString(s) {
		return len(appendString(nil, s))
	}
	n := len(s) + 2
	i := 0
	for ; i+8 <= len(s); i += 8 {
		if needsEscape(word(s[i : i+8])) {
			n += extra(s[i : i+8])
		}
	}
	return n + extra(s[i:])
}

// extra is how many bytes longer a part of a string is as it is written.
func extra(s string) int {
	n := 0
	for i := range len(s) {
		n += int(escapes[s[i]])
	}
	return n
}

func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

// needsEscape tells whether one of eight bytes is a control character, a quote or a backslash. It may say so of bytes beyond ASCII.
func needsEscape(w uint64) bool {
	const (
		ones  = 0x0101010101010101
		highs = 0x8080808080808080
	)
	quote, backslash := w^(ones*'"'), w^(ones*'\\')
	return ((w-ones*0x20)&^w|(quote-ones)&^quote|(backslash-ones)&^backslash)&highs != 0
}

// escapes is how many bytes more than one appendString writes for a byte of valid UTF-8.
var escapes = func() (more [256]uint8) {
	for c := range utf8.RuneSelf {
		more[c] = uint8(len(appendString(nil, string(rune(c)))) - 3)
	}
	return more
}()
