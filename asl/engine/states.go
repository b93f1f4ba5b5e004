package engine

import (
	"fmt"
	"math"
	"time"

	"github.com/docflow-asl/docflow/asl/value"
)

// The states that neither do work nor have branches.

func runPass(t *thread) {
	e := t.env(nil)
	result, err := t.state.flow.arguments(e, t.effective)
	if err != nil {
		t.refuse(asFailure(err))
		return
	}
	t.exit(result)
}

func runSucceed(t *thread) { t.exit(t.effective) }

func runFail(t *thread) {
	f := &failure{located: true}
	for _, part := range []struct {
		expr expr
		to   **string
	}{{t.state.fail.err, &f.name}, {t.state.fail.cause, &f.cause}} {
		if part.expr == nil {
			continue
		}
		e := t.env(t.effective)
		v, err := part.expr.eval(e)
		if err != nil {
			t.refuse(asFailure(err))
			return
		}
		text, ok := v.(value.String)
		if !ok {
			text = value.String(value.Text(v))
		}
		*part.to = (*string)(&text)
	}
	t.fail(f)
}

func runChoice(t *thread) {
	spec := t.state.choice
	for i := range spec.rules {
		rule := &spec.rules[i]
		e := t.env(t.effective)
		ok, err := rule.condition.holds(e)
		if err != nil {
			t.refuse(asFailure(err))
			return
		}
		if ok {
			t.exitBy(rule.flow, rule.next, t.effective, Decision{Kind: TookRule, Index: i})
			return
		}
	}
	if spec.fallback == nil {
		// The documentation reserves States.NoChoiceMatched and says that the name is States.Runtime.
		t.fail(runtimeFailure("Failed to transition out of the state. The state does not point to a next state."))
		return
	}
	t.exitBy(t.state.flow, spec.fallback, t.effective, Decision{Kind: TookDefault})
}

// maxWaitSeconds is the longest Wait (recorded).
const maxWaitSeconds = math.MaxInt32

func runWait(t *thread) {
	until, f := t.waitUntil()
	if f != nil {
		t.refuse(f)
		return
	}
	t.x.s.at(until, t, func(t *thread) { t.exit(t.effective) })
}

func (t *thread) waitUntil() (time.Time, *failure) {
	spec := t.state.wait
	e := t.env(t.effective)
	now := t.x.s.time()
	if spec.timestamp == nil {
		n, f := spec.seconds.long(e)
		if f != nil {
			return now, f
		}
		if n > maxWaitSeconds {
			return now, runtimeFailure("Wait state delay is too long.")
		}
		return now.Add(time.Duration(n) * time.Second), nil
	}
	v, err := spec.timestamp.eval(e)
	if err != nil && spec.timestampPath != "" {
		return now, runtimeFailure("The TimestampPath parameter does not reference an input value: %s", spec.timestampPath)
	}
	if err != nil {
		return now, asFailure(err)
	}
	until, ok := parseTimestamp(plainText(v))
	if _, isString := v.(value.String); !isString || !ok {
		if spec.timestampPath != "" {
			return now, runtimeFailure("The TimestampPath parameter does not reference a valid ISO-8601 extended offset date-time format string: %s == %s", spec.timestampPath, plainText(v))
		}
		if q, ok := spec.timestamp.(textQuery); ok {
			return now, queryFailure(q.field, fmt.Sprintf("The JSONata expression '%s' specified for the field '%s' returned a value that is not a valid ISO-8601 extended offset date-time format string: %s", q.text, q.field, value.Text(v)))
		}
		return now, runtimeFailure("The Timestamp parameter is not a valid ISO-8601 extended offset date-time format string: %s", plainText(v))
	}
	if until.Sub(now) > maxWaitSeconds*time.Second {
		return now, runtimeFailure("Wait state delay is too long.")
	}
	return until, nil
}

// plainText is a string's own text, and any other value's JSON text.
func plainText(v value.Value) string {
	if s, ok := v.(value.String); ok {
		return string(s)
	}
	return value.Text(v)
}
