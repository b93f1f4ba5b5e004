package jsonata

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// Limits bound an evaluation. A field that is 0 has the default.
type Limits struct {
	// Steps is how many operations an evaluation may take, in units of roughly 50 ns. Default 5,000,000.
	Steps int
	// Depth is how many operations may be under way within each other. Default 10,000. The original has no such limit but
	// the stack; AWS ends evaluations that recurse deeply with the text of ErrDepth.
	Depth int
	// Items is the length of the longest array that may be made, and Bytes that of the longest string. They also bound what one
	// evaluation makes in all, to 16 times as many items and 8 times as many bytes. Defaults 1,000,000 and 8,388,608. AWS runs out
	// of memory at 873,783 items.
	Items int
	Bytes int
	// RegexTime bounds one match of a regular expression; all of an evaluation may take twice that time together. Default 250 ms.
	RegexTime time.Duration
}

const (
	defaultSteps     = 5_000_000
	defaultDepth     = 10_000
	defaultItems     = 1_000_000
	defaultBytes     = 8 << 20
	defaultRegexTime = 250 * time.Millisecond
	totalFactor      = 16
	totalBytesFactor = 8
)

// statesLimits are those of AWS Step Functions, as far as they were measured (https://github.com/floci-io/floci/issues/2737): a sum of
// 100 terms is evaluated and one of 101 is not; [1..873782] is, and one item more is not; a string of 2^22 characters is, and one of
// 2^23 is not.
var statesLimits = Limits{Depth: 100, Items: 873_782, Bytes: 1<<23 - 1}

// statesPadding is how many characters $pad adds at most on AWS; longer strings made by other means are fine (captured on AWS in
// 2026-09: github.com/radkawar/stackd testdata/aws/stepfunctions/expression_limits.json).
const statesPadding = 262_144

func (l Limits) withDefaults() Limits {
	return l.or(Limits{
		Steps: defaultSteps, Depth: defaultDepth, Items: defaultItems, Bytes: defaultBytes, RegexTime: defaultRegexTime,
	})
}

// or takes the fields that are 0 from other.
func (l Limits) or(other Limits) Limits {
	l.Steps = cmp.Or(l.Steps, other.Steps)
	l.Depth = cmp.Or(l.Depth, other.Depth)
	l.Items = cmp.Or(l.Items, other.Items)
	l.Bytes = cmp.Or(l.Bytes, other.Bytes)
	l.RegexTime = cmp.Or(l.RegexTime, other.RegexTime)
	return l
}

// The limits by name: errors.Is finds them in the *Error of an evaluation or compilation that reached one.
var (
	//lint:ignore ST1005 the original's text
	ErrDepth     = errors.New("Stack overflow error: Check for non-terminating recursive function.  Consider rewriting as tail-recursive.")
	ErrSteps     = errors.New("Expression evaluation timeout: Check for infinite loop")
	ErrItems     = errors.New("array is longer than the limit, or all arrays made are together")
	ErrBytes     = errors.New("string is longer than the limit, or all strings made are together")
	ErrRegexTime = errors.New("regular expression took too long to match")
	ErrNesting   = errors.New("expression is nested too deep")
	ErrSize      = errors.New("expression has too many parts")
)

func limitError(limit error) *Error {
	code := CodeLimit
	if limit == ErrDepth || limit == ErrSteps {
		code = "U1001"
	}
	return &Error{Code: code, Message: limit.Error(), limit: limit}
}

// step counts one operation. Now and then it looks whether the caller still waits.
func (r *run) step(n int) error {
	before := r.steps
	r.steps += n
	if r.steps > r.limits.Steps {
		return limitError(ErrSteps)
	}
	if before>>12 != r.steps>>12 {
		return r.cancelled()
	}
	return nil
}

// work counts n operations that were done already; the next call of step finds out when they were too many.
func (r *run) work(n int) { r.steps += n }

func (r *run) cancelled() error {
	if err := context.Cause(r.ctx); err != nil {
		return &Error{Code: CodeCancelled, Message: "evaluation was stopped: " + err.Error(), limit: err}
	}
	return nil
}

// alloc counts n items of a new array.
func (r *run) alloc(n int) error {
	if n < 8 {
		return nil
	}
	r.items += n
	if n > r.limits.Items || r.items > totalFactor*r.limits.Items {
		return limitError(ErrItems)
	}
	return r.step(n / 8)
}

// allocBytes counts n bytes of a new string.
func (r *run) allocBytes(n int) error {
	if n < 64 {
		return nil
	}
	r.bytes += n
	if n > r.limits.Bytes || r.bytes > totalBytesFactor*r.limits.Bytes {
		return limitError(ErrBytes)
	}
	return r.step(n / 64)
}
