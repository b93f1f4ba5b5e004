package jsonata

import (
	"crypto/md5"  // AWS offers it
	"crypto/sha1" // AWS offers it
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"fmt"
	"math"

	"github.com/docflow-asl/docflow/asl/value"
)

// dialectFunctions are those that Step Functions adds (developer guide, "Transforming data with JSONata"), and $random, which both
// have but with other parameters. What they do with arguments that are missing, wrong or no integers is as on AWS:
// github.com/gabrielmoreira/tiny-asl-machine tests/conformance/cases/.snapshots/aws/Feature.JSONataBuiltins-*.json and
// https://github.com/floci-io/floci/pull/2676 with its tests (both read in 2026-09).
func dialectFunctions() map[string]*builtin {
	states := func(signature string, arity int, call nativeFunc) *builtin {
		b := define(signature, arity, call)
		b.states = true
		return b
	}
	return map[string]*builtin{
		"random":    {sig: mustSignature("<n?:n>"), arity: 0, call: random},
		"partition": states("<xn?:a>", 2, partition),
		"range":     states("<nnn?:a>", 3, rangeFunction),
		"hash":      states("<ss?:s>", 2, hash),
		"uuid":      states("<:s>", 0, uuid),
		"parse":     states("<s-:x>", 1, parseFunction),
	}
}

// refused is how AWS has these functions fail.
func refused(format string, args ...any) *Error {
	return &Error{Code: "D3137", Message: fmt.Sprintf(format, args...)}
}

// random gives a number from 0 up to but not including 1. A seed, in Step Functions' dialect, makes it that of java.util.Random:
// $random(42) was seen to be 0.7275636800328681 on AWS.
func random(r *run, args []any) (any, error) {
	seed, ok := toFloat(arg(args, 0))
	if !ok {
		return r.world.Random(), nil
	}
	if !r.set.states {
		return nil, badArgument(args, 0)
	}
	const multiplier, mask = 0x5DEECE66D, 1<<48 - 1
	state := (uint64(int64(seed)) ^ multiplier) & mask
	bits := func(n uint) uint64 {
		state = (state*multiplier + 0xB) & mask
		return state >> (48 - n)
	}
	high := bits(26) << 27
	return float64(high+bits(27)) / (1 << 53), nil
}

// partition cuts an array into arrays of n items, the last of which may be shorter. Without n there is one array, and without items
// or with an n of 0 nothing.
func partition(r *run, args []any) (any, error) {
	l, ok := asList(arg(args, 0))
	if !ok {
		if arg(args, 0) == nil {
			return nil, nil
		}
		return nil, &Error{Code: "T0412", Message: `Argument 1 of function "partition" must be an array of undefined`}
	}
	f, ok := toFloat(arg(args, 1))
	n := math.Trunc(f)
	switch {
	case !ok:
		n = math.Inf(1)
	case n < 0:
		return nil, refused("Second argument must be zero or greater")
	}
	if n == 0 || l.n == 0 {
		return nil, nil
	}
	if err := r.alloc(l.n); err != nil {
		return nil, err
	}
	size := int(math.Min(n, float64(max(l.n, 1))))
	result := &array{}
	for from := 0; from < l.n; from += size {
		if err := r.step(2); err != nil {
			return nil, err
		}
		part := &array{}
		for i := from; i < min(from+size, l.n); i++ {
			part.push(l.at(i))
		}
		result.push(part)
	}
	return result, nil
}

// rangeLimit is how many numbers $range gives at most.
const rangeLimit = 360_145

// rangeFunction counts from the first number to the last one, which is among the results when it is hit; of all three the integer part
// counts. A single number comes without its array, as seen on AWS: $range(1, 9, 9) is 1. No number, or a step of 0, is nothing.
func rangeFunction(r *run, args []any) (any, error) {
	first, ok1 := toFloat(arg(args, 0))
	last, ok2 := toFloat(arg(args, 1))
	by, ok3 := toFloat(arg(args, 2))
	first, last, by = math.Trunc(first), math.Trunc(last), math.Trunc(by)
	if !ok1 || !ok2 || !ok3 || by == 0 {
		return nil, nil
	}
	n := math.Floor((last-first)/by) + 1
	if n > rangeLimit || n > float64(r.limits.Items) {
		return nil, limitError(ErrItems)
	}
	if err := r.alloc(int(math.Max(n, 0))); err != nil {
		return nil, err
	}
	result := newSequence()
	for i := 0.0; i < n; i++ {
		result.push(first + i*by)
	}
	return result, nil
}

func hash(r *run, args []any) (any, error) {
	s, ok := toString(arg(args, 0))
	if !ok {
		return nil, nil
	}
	data := []byte(validString(s))
	algorithm, ok := toString(arg(args, 1))
	if !ok {
		return nil, nil
	}
	var sum []byte
	switch algorithm {
	case "MD5":
		d := md5.Sum(data) // no secret is at stake
		sum = d[:]
	case "SHA-1":
		d := sha1.Sum(data) // no secret is at stake
		sum = d[:]
	case "SHA-256":
		d := sha256.Sum256(data)
		sum = d[:]
	case "SHA-384":
		d := sha512.Sum384(data)
		sum = d[:]
	case "SHA-512":
		d := sha512.Sum512(data)
		sum = d[:]
	default:
		return nil, refused("Hash algorithm '%s' must be one of SHA-1, SHA-384, SHA-256, SHA-512, MD5", algorithm)
	}
	return value.String(hex.EncodeToString(sum)), r.step(len(data) / 16)
}

// uuid makes a random UUID (version 4).
func uuid(r *run, _ []any) (any, error) {
	var b [16]byte
	for i := range b {
		b[i] = byte(r.world.Random() * 256)
	}
	b[6] = b[6]&0x0F | 0x40
	b[8] = b[8]&0x3F | 0x80
	return value.String(fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])), nil
}

// parseFunction reads JSON from a string.
func parseFunction(r *run, args []any) (any, error) {
	s, ok := toString(arg(args, 0))
	if !ok {
		return nil, nil
	}
	if err := r.step(len(s) / 8); err != nil {
		return nil, err
	}
	v, err := value.Parse(validString(s))
	if err != nil {
		return nil, refused("Invalid JSON")
	}
	return v, nil
}
