package builder

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/asl"
)

// stateErrors lists the error names that begin with "States." and mean something.
// https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html
var stateErrors = []string{
	All, "States.BranchFailed", "States.DataLimitExceeded", "States.ExceedToleratedFailureThreshold", "States.HeartbeatTimeout",
	"States.Http.Socket", "States.IntrinsicFailure", "States.ItemReaderFailed", "States.NoChoiceMatched", "States.ParameterPathFailure",
	"States.Permissions", "States.QueryEvaluationError", "States.ResultPathMatchFailure", "States.ResultWriterFailed",
	"States.Runtime", "States.TaskFailed", "States.Timeout",
}

// errorHandling writes Retry and Catch, and gives the ways that catchers go. raw is the state's input before InputPath.
func (e *evaluation) errorHandling(raw *data, handling *asl.ErrorHandling) []way {
	for i, r := range e.node.retriers {
		handling.Retry = append(handling.Retry, e.retrier(r, fmt.Sprintf("Retry[%d]", i)))
	}
	var ways []way
	for i, c := range e.node.catchers {
		if c == nil || c.next == nil {
			continue // reported by checkErrors
		}
		field := fmt.Sprintf("Catch[%d]", i)
		written := asl.Catcher{ErrorEquals: c.errors, Next: c.next.name}
		out := raw
		// The catcher's Assign sees the error as $; what was caught before is forgotten, since this error was caught last.
		caught := *e
		caught.root, caught.ofResult = sourced(caughtError, caughtError.typ), true
		assign, variables := caught.assigned(c.assign, field+".Assign")
		written.Assign = assign
		if c.discard {
			written.ResultPath = asl.NullPath
		} else if path, err := parseResultPath(c.resultPath); err != nil {
			e.failRef(BadPath, field+".ResultPath", err.Error(), "", Ref{pos: c.pos})
		} else {
			written.ResultPath = asl.PathOf(c.resultPath)
			out = e.place(raw.without(caughtError), caught.root, &path, field+".ResultPath")
		}
		handling.Catch = append(handling.Catch, written)
		ways = append(ways, way{c.next, &env{out, variables}})
	}
	return ways
}

func (e *evaluation) retrier(r Retrier, field string) asl.Retrier {
	const maxDelay = 31_622_400 * time.Second // a leap year; AWS refuses more
	fault := func(message string) { e.fail(BadValue, field, message) }
	out := asl.Retrier{ErrorEquals: r.Errors, MaxAttempts: asl.NumberOf(int64(r.MaxAttempts))}
	if r.MaxAttempts < 0 || r.MaxAttempts > maxTimeoutSeconds {
		fault(fmt.Sprintf("%d retries; 0 to %d are possible", r.MaxAttempts, maxTimeoutSeconds))
	}
	if r.MaxAttempts == 0 {
		return out // the rest would mean nothing
	}
	out.IntervalSeconds = e.build.seconds(r.Interval, func(message string) { fault("the interval " + message) })
	if r.Backoff < 1 {
		fault(fmt.Sprintf("the backoff %v is less than 1", r.Backoff))
	}
	out.BackoffRate = asl.FloatOf(r.Backoff)
	if r.MaxDelay != 0 {
		out.MaxDelaySeconds = e.build.seconds(r.MaxDelay, func(message string) { fault("the largest delay " + message) })
		if r.MaxDelay <= r.Interval || r.MaxDelay > maxDelay {
			fault(fmt.Sprintf("the largest delay %v is not between the interval, %v, and %v", r.MaxDelay, r.Interval, maxDelay))
		}
	}
	if !r.NoJitter {
		out.JitterStrategy = "FULL"
	}
	return out
}

// checkErrors reports error names that are wrong, or that can never be reached.
func (b *build) checkErrors(n *node) {
	retried := make([][]string, len(n.retriers))
	for i, r := range n.retriers {
		retried[i] = r.Errors
	}
	b.checkErrorNames(n, "Retry", retried)
	caught := make([][]string, len(n.catchers))
	for i, c := range n.catchers {
		field := fmt.Sprintf("Catch[%d]", i)
		if c == nil {
			b.nodeFault(n, BadValue, field, "the catcher is nil")
			continue
		}
		caught[i] = c.errors
		if c.next == nil {
			b.nodeFault(n, BadTransition, field, "what should follow is nil, or a chain without states")
		}
		for _, a := range c.assign {
			b.checkVariable(n, field+".Assign", a.name)
		}
	}
	b.checkErrorNames(n, "Catch", caught)
}

func (b *build) checkErrorNames(n *node, field string, lists [][]string) {
	seen := map[string]bool{}
	for i, names := range lists {
		at := fmt.Sprintf("%s[%d]", field, i)
		fault := func(message string) { b.nodeFault(n, BadErrorName, at, message) }
		if len(names) == 0 && (field == "Retry" || n.catchers[i] != nil) {
			fault("it names no error")
		}
		if slices.Contains(names, All) && (len(names) > 1 || i < len(lists)-1) {
			fault(All + " must stand alone, and in the last one")
		}
		for _, name := range names {
			switch {
			case name == "":
				fault("an error name is empty")
			case seen[name]:
				fault(fmt.Sprintf("%q stands in one before it, which is used", name))
			case strings.HasPrefix(name, "States.") && !slices.Contains(stateErrors, name) && !strings.HasPrefix(name, "States.Http.StatusCode."):
				b.faults = append(b.faults, &Error{
					Kind: BadErrorName, Position: n.pos, State: n.name, Field: at, Nearest: nearestName(name, stateErrors),
					Message: fmt.Sprintf("Step Functions has no error %q", name),
				})
			}
			seen[name] = true
		}
	}
}
