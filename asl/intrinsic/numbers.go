package intrinsic

import (
	"fmt"
	"math"
	"math/rand/v2"

	"github.com/docflow-asl/docflow/asl/jsonpath/javalang"
	"github.com/docflow-asl/docflow/asl/value"
)

// truncated returns a number without its fraction. AWS's guide speaks of rounding, but on AWS ArrayPartition with 2.6 makes chunks of
// 2, ArrayGetItem with 1.2 takes item 1, ArrayRange(1.6, 1.4, 1) is [1] and MathRandom(1.6, 5.4) may give 1.
func truncated(v value.Value) (int64, bool) { return toInt32(v, math.Trunc) }

// rounded rounds to the nearest integer, halves up: 1.5 to 2, -1.5 to -1 (Math.round). Recorded on AWS for MathAdd.
func rounded(v value.Value) (int64, bool) {
	return toInt32(v, func(f float64) float64 { return math.Floor(f + 0.5) })
}

func toInt32(v value.Value, whole func(float64) float64) (int64, bool) {
	n, ok := v.(value.Number)
	if !ok {
		return 0, false
	}
	f := whole(n.Float())
	if !(f >= minInt32 && f <= maxInt32) {
		return 0, false
	}
	return int64(f), true
}

func mathAdd(e *evaluation, call *Call, args []value.Value) (value.Value, error) {
	a, ok1 := rounded(args[0])
	b, ok2 := rounded(args[1])
	if sum := a + b; ok1 && ok2 && sum >= minInt32 && sum <= maxInt32 {
		return value.Int(sum), nil
	}
	return nil, e.invalid(call)
}

// mathRandom gives a number from start up to, not including, end. With a seed it is always the same one; that it is the one of
// java.util.Random is likely, but not recorded.
func mathRandom(e *evaluation, call *Call, args []value.Value) (value.Value, error) {
	start, ok1 := truncated(args[0])
	end, ok2 := truncated(args[1])
	if !ok1 || !ok2 || start >= end {
		return nil, e.invalid(call)
	}
	if len(args) < 3 {
		return value.Int(start + int64(e.uint64()%uint64(end-start))), nil
	}
	seed, ok := args[2].(value.Number)
	if !ok {
		return nil, e.invalid(call)
	}
	random := javalang.NewRandom(toLong(seed))
	if width := end - start; width <= maxInt32 {
		return value.Int(start + int64(random.IntN(int32(width)))), nil
	}
	return value.Int(start + int64(random.Float64()*float64(end-start))), nil
}

// toLong is Java's cast to long: the fraction is cut off, what is too large becomes the largest number.
func toLong(n value.Number) int64 {
	if i, ok := n.Int(); ok {
		return i
	}
	switch f := math.Trunc(n.Float()); {
	case f >= 1<<63:
		return math.MaxInt64
	case f < -1<<63:
		return math.MinInt64
	default:
		return int64(f)
	}
}

func (e *evaluation) uint64() uint64 {
	if e.roots.Random != nil {
		return e.roots.Random.Uint64()
	}
	return rand.Uint64()
}

// uuid is a random UUID (RFC 9562, version 4).
func uuid(e *evaluation, _ *Call, _ []value.Value) (value.Value, error) {
	high := e.uint64()&^0xf000 | 0x4000
	low := e.uint64()&^(3<<62) | 2<<62
	return value.String(fmt.Sprintf("%08x-%04x-%04x-%04x-%012x", high>>32, high>>16&0xffff, high&0xffff, low>>48, low&(1<<48-1))), nil
}
