package bound

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
)

// The names of errors that stand for a kind.
const (
	anyOther    = "\x00other"   // an error that nothing in the definition names
	withoutName = "\x00unnamed" // of a Fail state without Error: only States.ALL matches it
	timeout     = "States.Timeout"
	// exceeded is the error of a distributed Map with too many failures.
	exceeded = "States.ExceedToleratedFailureThreshold"
	// runtime is what no retrier or catcher matches (recorded; see asl/engine/failure.go).
	runtime = "States.Runtime"
)

// handlers are the retriers and catchers of a state.
type handlers struct {
	state    string
	retriers []retrier
	catchers []asl.Catcher
	retryOf  matcher
	catchOf  matcher
}

// retrier is a Retrier in numbers.
type retrier struct {
	attempts float64 // MaxAttempts
	interval float64
	backoff  float64
	cap      float64 // MaxDelaySeconds; +Inf for none
}

// number is the number in a field. One that is not known before the machine is deployed is noted, and without bound.
func (a *analysis) number(n asl.Number, absent float64, state, field string) float64 {
	if !n.Set() {
		return absent
	}
	if f, ok := n.Float(); ok && !math.IsNaN(f) {
		return f
	}
	a.unknownNumbers = append(a.unknownNumbers, Reason{State: state, Why: fmt.Sprintf("%s of %q is not known here", field, state), Cure: "--substitution NAME=VALUE gives it"})
	return math.Inf(1)
}

func (a *analysis) newHandlers(state string, e *asl.ErrorHandling) *handlers {
	h := &handlers{state: state, catchers: e.Catch}
	var retry, caught [][]string
	for i := range e.Retry {
		r := &e.Retry[i]
		field := func(name string) string { return fmt.Sprintf("Retry[%d].%s", i, name) }
		// The defaults are those of https://docs.aws.amazon.com/step-functions/latest/dg/concepts-error-handling.html.
		h.retriers = append(h.retriers, retrier{
			attempts: max(a.number(r.MaxAttempts, 3, state, field("MaxAttempts")), 0),
			interval: max(a.number(r.IntervalSeconds, 1, state, field("IntervalSeconds")), 0),
			backoff:  max(a.number(r.BackoffRate, 2, state, field("BackoffRate")), 0),
			cap:      a.number(r.MaxDelaySeconds, math.Inf(1), state, field("MaxDelaySeconds")),
		})
		retry = append(retry, r.ErrorEquals)
	}
	for i := range e.Catch {
		caught = append(caught, e.Catch[i].ErrorEquals)
	}
	h.retryOf, h.catchOf = newMatcher(retry), newMatcher(caught)
	return h
}

// delays is how long a retrier waits in all: the sum of IntervalSeconds × BackoffRate^n for n below MaxAttempts, each at most
// MaxDelaySeconds, as asl/engine/retry.go reckons it.
func (r *retrier) delays() float64 {
	if r.attempts == 0 || r.interval == 0 {
		return 0
	}
	if r.interval >= r.cap && r.backoff >= 1 {
		return r.attempts * r.cap
	}
	if r.backoff == 1 {
		return r.attempts * min(r.interval, r.cap)
	}
	if r.backoff < 1 { // AWS takes none such
		return r.attempts * min(r.interval, r.cap)
	}
	growing := r.attempts // delays below the cap
	if !math.IsInf(r.cap, 1) {
		growing = min(growing, math.Ceil(math.Log(r.cap/r.interval)/math.Log(r.backoff)))
	}
	sum := r.interval * (math.Pow(r.backoff, growing) - 1) / (r.backoff - 1)
	if rest := r.attempts - growing; rest > 0 {
		sum += rest * r.cap
	}
	if math.IsNaN(sum) { // a rate or a number of attempts that is not known
		return math.Inf(1)
	}
	return sum
}

// matcher finds the first of several ErrorEquals that matches an error.
type matcher struct {
	named map[string]int
	all   int // the first with States.ALL; none is len
	tasks int // the first with States.TaskFailed
	none  int
}

func newMatcher(lists [][]string) matcher {
	m := matcher{named: map[string]int{}, all: len(lists), tasks: len(lists), none: len(lists)}
	for i, list := range lists {
		for _, name := range list {
			switch {
			case name == "States.ALL":
				m.all = min(m.all, i)
			case name == "States.TaskFailed":
				m.tasks = min(m.tasks, i)
			}
			// A heartbeat that does not come is a States.Timeout that States.HeartbeatTimeout matches, too.
			if _, ok := m.named[name]; !ok {
				m.named[name] = i
			}
		}
	}
	return m
}

// first is the index of the entry that takes an error, or -1.
func (m *matcher) first(name string) int {
	best := m.all
	if i, ok := m.named[name]; ok {
		best = min(best, i)
	}
	if name != timeout && name != withoutName {
		best = min(best, m.tasks)
	}
	if best == m.none {
		return -1
	}
	return best
}

// names lists what the entries name, in no order.
func (m *matcher) names() []string {
	list := make([]string, 0, len(m.named))
	for name := range m.named {
		if name != "States.ALL" && name != runtime {
			list = append(list, name)
		}
	}
	slices.Sort(list)
	return list
}

// kinds sorts errors: two are of one kind when all handlers around a scope treat them alike.
type kinds struct {
	around []*handlers // innermost first
	list   []string    // one error of each kind
	known  map[string]string
	bySign map[string]string
}

func newKinds(around []*handlers) *kinds {
	k := &kinds{around: around, known: map[string]string{}, bySign: map[string]string{}}
	names := []string{anyOther, timeout}
	for _, h := range around {
		names = append(names, h.retryOf.names()...)
		names = append(names, h.catchOf.names()...)
	}
	for _, name := range names {
		if k.of(name) == name {
			k.list = append(k.list, name)
		}
	}
	return k
}

// of is the error that stands for the kind of a name.
func (k *kinds) of(name string) string {
	if found, ok := k.known[name]; ok {
		return found
	}
	var sign strings.Builder
	for _, h := range k.around {
		fmt.Fprintf(&sign, "%d/%d ", h.retryOf.first(name), h.catchOf.first(name))
	}
	found, ok := k.bySign[sign.String()]
	if !ok {
		found = name
		k.bySign[sign.String()] = name
	}
	k.known[name] = found
	return found
}
