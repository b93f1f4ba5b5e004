package value

import (
	"encoding/json"
	"fmt"
	"math"
	"strconv"
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
	switch v := v.(type) {
	case nil:
		return 0
	case *Array:
		if v.source != "" {
			return len(v.source)
		}
		n := 2 + max(0, len(v.items)-1)
		for _, item := range v.items {
			n += Size(item)
		}
		return n
	case *Object:
		if v.source != "" {
			return len(v.source)
		}
		n := 2 + max(0, len(v.members)-1)
		for _, m := range v.members {
			n += Size(String(m.Name)) + 1 + Size(m.Value)
		}
		return n
	case Number:
		return len(v)
	case String:
		return len(appendString(nil, string(v)))
	}
	return len(v.appendJSON(nil))
}
