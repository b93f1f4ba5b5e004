package engine_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// The property test of time. Random machines of Waits, Tasks, Parallels and Maps, with time-outs, heartbeats, retriers and catchers,
// are run and compared with a model that has no clock, no queue and no timers: it adds up durations, recursively. The model says when the
// execution ends and how, and which states are entered and left, when, and in what order within each branch. What happens at the
// same instant in different branches has no order, and what the other branches do in the very instant in which one of them fails may
// happen or not; a machine whose fate hangs on that (two branches fail at once, by different errors) is passed over.

// step is one state of such a machine.
type step struct {
	name     string
	wait     time.Duration // of a Wait
	fails    string        // of a Fail: its error
	attempts []attempt     // of a Task: what its handler does, by attempt; the last goes on for ever
	timeout  time.Duration // 0 for none
	beats    time.Duration // HeartbeatSeconds; 0 for none
	branches []*chain      // of a Parallel
	items    []int         // of a Map whose iterations wait so many seconds, in a state named name + "i"
	limit    int           // its MaxConcurrency

	retriers []retry
	catchers []catch
}

// chain is a branch, or the machine. Behind its steps is a Succeed.
type chain struct {
	path  string
	steps []*step
	last  string // the Succeed's name
}

type attempt struct {
	beats []time.Duration // when heartbeats are sent, from the start
	takes time.Duration
	err   string // empty for a success
	never bool   // no answer, after the heartbeats
}

type retry struct {
	err      string
	interval int64 // seconds
	halves   int64 // BackoffRate × 2
	attempts int
	most     int64 // MaxDelaySeconds; 0 for none
}

type catch struct {
	err  string
	next int // the step; all steps there are is the Succeed
}

// failed is why a chain does not go on.
type failed struct {
	err       string
	heartbeat bool
}

func (f *failed) matches(err string) bool {
	switch err {
	case "States.ALL", f.err:
		return true
	case "States.HeartbeatTimeout":
		return f.heartbeat
	}
	return err == "States.TaskFailed" && f.err != "States.Timeout"
}

// moment is an entry into a state, or an exit.
type moment struct {
	path, state string
	exit        bool
	at          time.Duration
	perhaps     bool // it may happen or not
}

type model struct {
	ambiguous bool
	moments   []moment
}

func (m *model) note(c *chain, state string, exit bool, at time.Duration) {
	m.moments = append(m.moments, moment{path: c.path, state: state, exit: exit, at: at})
}

// chain tells when a chain that begins at a time ends, and why it fails.
func (m *model) chain(c *chain, at time.Duration) (time.Duration, *failed) {
	for i := 0; i < len(c.steps); {
		s := c.steps[i]
		m.note(c, s.name, false, at)
		end, f, next := m.step(s, at, i+1)
		if f != nil {
			return end, f
		}
		m.note(c, s.name, true, end)
		at, i = end, next
	}
	m.note(c, c.last, false, at)
	m.note(c, c.last, true, at)
	return at, nil
}

func (m *model) step(s *step, at time.Duration, next int) (time.Duration, *failed, int) {
	if s.fails != "" {
		return at, &failed{err: s.fails}, 0
	}
	used := make([]int, len(s.retriers))
	for try := 0; ; try++ {
		end, f := m.attempt(s, at, try)
		if f == nil {
			return end, nil, next
		}
		i := slices.IndexFunc(s.retriers, func(r retry) bool { return f.matches(r.err) })
		if i >= 0 && used[i] < s.retriers[i].attempts {
			at = end + s.retriers[i].delay(used[i])
			used[i]++
			continue
		}
		for _, c := range s.catchers {
			if f.matches(c.err) {
				return end, nil, c.next
			}
		}
		return end, f, 0
	}
}

// delay is IntervalSeconds × BackoffRate^n, at most MaxDelaySeconds. In nanoseconds it is a whole number, for the few attempts there are.
func (r *retry) delay(n int) time.Duration {
	d := time.Duration(r.interval) * time.Second
	for range n {
		d = d * time.Duration(r.halves) / 2
	}
	if most := time.Duration(r.most) * time.Second; most > 0 {
		d = min(d, most)
	}
	return d
}

func (m *model) attempt(s *step, at time.Duration, try int) (time.Duration, *failed) {
	switch {
	case s.attempts != nil:
		end, f := s.task(s.attempts[min(try, len(s.attempts)-1)])
		return at + end, f
	case s.branches != nil:
		return m.parallel(s, at)
	case s.items != nil:
		return m.iterate(s, at), nil
	}
	return at + s.wait, nil
}

// task ends by its answer, its time-out or a heartbeat that does not come, whatever is first; the time-out wins when it is as early, and
// a heartbeat or an answer counts that comes when it must.
func (s *step) task(a attempt) (time.Duration, *failed) {
	end, failure := a.takes, (*failed)(nil)
	if a.err != "" {
		failure = &failed{err: a.err}
	}
	signs := a.beats
	if a.never {
		end = 1 << 62
	} else {
		signs = append(signs[:len(signs):len(signs)], a.takes)
	}
	if s.beats > 0 {
		last := time.Duration(0)
		for _, sign := range signs {
			if sign > last+s.beats {
				break
			}
			last = sign
		}
		if last < end && last+s.beats < end {
			end, failure = last+s.beats, &failed{"States.Timeout", true}
		}
	}
	timeout := s.timeout
	if timeout == 0 {
		timeout = 99_999_999 * time.Second
	}
	if timeout <= end {
		end, failure = timeout, &failed{"States.Timeout", false}
	}
	return end, failure
}

// parallel ends with the first of its branches that fails, or with the last one.
func (m *model) parallel(s *step, at time.Duration) (time.Duration, *failed) {
	type result struct {
		moments []moment
		end     time.Duration
		why     *failed
	}
	before := m.moments
	var results []result
	end := at
	var why *failed
	failures := 0 // at the earliest time of all
	for _, b := range s.branches {
		m.moments = nil
		stop, f := m.chain(b, at)
		results = append(results, result{m.moments, stop, f})
		switch {
		case f != nil && (why == nil || stop < end):
			why, end, failures = f, stop, 1
		case f != nil && stop == end:
			m.ambiguous = m.ambiguous || *f != *why
			failures++
		case why == nil:
			end = max(end, stop)
		}
	}
	m.moments = before
	for _, r := range results {
		for _, e := range r.moments {
			if why != nil && e.at == end {
				e.perhaps = e.perhaps || failures > 1 || r.why == nil || r.end > end
			}
			if why == nil || e.at <= end {
				m.moments = append(m.moments, e)
			}
		}
	}
	return end, why
}

// iterate gives each iteration, in order, the place that is free first.
func (m *model) iterate(s *step, at time.Duration) time.Duration {
	places := make([]time.Duration, len(s.items))
	if s.limit > 0 {
		places = places[:min(s.limit, len(places))]
	}
	for i := range places {
		places[i] = at
	}
	for _, seconds := range s.items {
		free := &places[0]
		for i := range places {
			if places[i] < *free {
				free = &places[i]
			}
		}
		inside := &chain{path: s.inside()}
		m.note(inside, s.name+"i", false, *free)
		*free += time.Duration(seconds) * time.Second
		m.note(inside, s.name+"i", true, *free)
	}
	for _, p := range places {
		at = max(at, p)
	}
	return at
}

func (s *step) inside() string { return "/map " + s.name }

// The machines.

type timeMachines struct {
	*choices
	names int
	short bool // durations are whole seconds, so that much happens at the same time
	steps map[string]*step
	paths map[string]string // of states
	outer map[string]string // the Parallel or Map around a path
}

func (g *timeMachines) seconds(n int) time.Duration { return time.Duration(g.n(n)) * time.Second }

func (g *timeMachines) span(n int) time.Duration {
	d := g.seconds(n)
	if !g.short {
		d += time.Duration(g.n(250)) * time.Millisecond
	}
	return d
}

func (g *timeMachines) err() string { return pick(g.choices, "E1", "E2", "States.Timeout") }

func (g *timeMachines) handled() string {
	return pick(g.choices, "States.ALL", "States.TaskFailed", "States.Timeout", "States.HeartbeatTimeout", "E1", "E2")
}

func (g *timeMachines) chain(depth int, path string) *chain {
	c := &chain{path: path, last: fmt.Sprintf("End%d", g.names)}
	g.paths[c.last] = path
	for range 1 + g.n(4) {
		s := &step{name: fmt.Sprintf("S%d", g.names)}
		g.names++
		g.paths[s.name], g.steps[s.name] = path, s
		c.steps = append(c.steps, s)
		switch kind := g.n(12); {
		case kind < 3 || depth == 0 && kind > 7:
			s.wait = g.seconds(9)
		case kind == 3:
			s.fails = g.err()
		case kind < 8:
			g.task(s)
		case kind < 11:
			s.branches = []*chain{}
			for i := range g.n(4) {
				s.branches = append(s.branches, g.chain(depth-1, fmt.Sprintf("%s/%s.%d ", path, s.name, i)))
				g.outer[s.branches[i].path] = s.name
			}
		default:
			s.items, s.limit = []int{}, g.n(4)
			for range g.n(6) {
				s.items = append(s.items, g.n(6))
			}
			g.paths[s.name+"i"], g.outer[s.inside()] = s.inside(), s.name
		}
	}
	for i, s := range c.steps {
		if s.attempts == nil && s.branches == nil {
			continue
		}
		for range g.n(3) {
			s.retriers = append(s.retriers, retry{g.handled(), int64(g.n(4)), int64(2 + g.n(4)), g.n(5), int64(g.n(2) * (1 + g.n(6)))})
		}
		for range g.n(3) {
			s.catchers = append(s.catchers, catch{g.handled(), i + 1 + g.n(len(c.steps)-i)})
		}
	}
	return c
}

func (g *timeMachines) task(s *step) {
	s.timeout = g.seconds(8)
	s.beats = time.Duration(g.n(2)) * g.seconds(5)
	for range 1 + g.n(4) {
		a := attempt{}
		for range g.n(4) {
			a.takes += g.span(5)
			a.beats = append(a.beats, a.takes)
		}
		a.takes += g.span(7)
		switch g.n(5) {
		case 0:
			a.err = g.err()
		case 1:
			a.never = true
		}
		s.attempts = append(s.attempts, a)
	}
}

func (c *chain) definition() object {
	states := object{c.last: object{"Type": "Succeed"}}
	name := func(i int) string {
		if i == len(c.steps) {
			return c.last
		}
		return c.steps[i].name
	}
	for i, s := range c.steps {
		state := object{"Next": name(i + 1)}
		switch {
		case s.fails != "":
			state = object{"Type": "Fail", "Error": s.fails}
		case s.attempts != nil:
			state["Type"], state["Resource"], state["ResultPath"] = "Task", "arn:aws:lambda:us-east-1:123456789012:function:f", nil
			if s.timeout > 0 {
				state["TimeoutSeconds"] = s.timeout / time.Second
			}
			if s.beats > 0 {
				state["HeartbeatSeconds"] = s.beats / time.Second
			}
		case s.branches != nil:
			branches := make([]object, len(s.branches))
			for i, b := range s.branches {
				branches[i] = b.definition()
			}
			state["Type"], state["Branches"], state["ResultPath"] = "Parallel", branches, nil
		case s.items != nil:
			state["Type"], state["MaxConcurrency"], state["ResultPath"] = "Map", s.limit, nil
			state["ItemsPath"] = "$." + s.name
			state["ItemProcessor"] = object{"StartAt": s.name + "i", "States": object{s.name + "i": object{"Type": "Wait", "SecondsPath": "$", "End": true}}}
		default:
			state["Type"], state["Seconds"] = "Wait", s.wait/time.Second
		}
		if s.retriers != nil {
			var list []object
			for _, r := range s.retriers {
				retrier := object{"ErrorEquals": []string{r.err}, "IntervalSeconds": r.interval, "BackoffRate": float64(r.halves) / 2, "MaxAttempts": r.attempts}
				if r.most > 0 {
					retrier["MaxDelaySeconds"] = r.most
				}
				list = append(list, retrier)
			}
			state["Retry"] = list
		}
		if s.catchers != nil {
			var list []object
			for _, c := range s.catchers {
				list = append(list, object{"ErrorEquals": []string{c.err}, "Next": name(c.next), "ResultPath": nil})
			}
			state["Catch"] = list
		}
		states[s.name] = state
	}
	return object{"StartAt": name(0), "States": states}
}

func (g *timeMachines) handle(_ context.Context, call *engine.Call) (value.Value, error) {
	attempts := g.steps[call.State].attempts
	a := attempts[min(call.RetryCount, len(attempts)-1)]
	last := time.Duration(0)
	for _, beat := range a.beats {
		call.Elapse(beat - last)
		call.Heartbeat()
		last = beat
	}
	switch {
	case a.never:
		return nil, engine.ErrNoAnswer
	case a.err != "":
		call.Elapse(a.takes - last)
		return nil, &engine.TaskError{Name: a.err}
	}
	call.Elapse(a.takes - last)
	return value.Null{}, nil
}

// longest is how long an execution may last.
const longest = 365*24*time.Hour + 1

// checkTime runs a machine and compares it with the model. It tells whether there was anything to compare.
func checkTime(t testing.TB, data []byte) bool {
	t.Helper()
	g := &timeMachines{choices: &choices{data}, steps: map[string]*step{}, paths: map[string]string{}, outer: map[string]string{}}
	opts := engine.Options{Tasks: engine.Handlers{"*": engine.HandlerFunc(g.handle)}, Seed: uint64(g.n(2)), StartTime: start}
	g.short = g.n(2) == 0
	timeout := time.Duration(g.n(3)) * g.seconds(30)
	main := g.chain(3, "")
	machine, input := main.definition(), object{}
	if timeout > 0 {
		machine["TimeoutSeconds"] = timeout / time.Second
	}
	for name, s := range g.steps {
		if s.items != nil {
			input[name] = s.items
		}
	}
	m := &model{}
	end, why := m.chain(main, 0)
	status, err := engine.Succeeded, ""
	if why != nil {
		status, err = engine.Failed, why.err
	}
	last := longest
	if timeout > 0 {
		last = timeout
	}
	if end >= last {
		end, status, err = last, engine.TimedOut, ""
		m.moments = slices.DeleteFunc(m.moments, func(e moment) bool { return e.at >= last })
	}
	if m.ambiguous {
		return false
	}
	text, inputText := asJSON(t, machine), asJSON(t, input)
	x, runErr := compile(t, text).Run(t.Context(), value.MustParse(inputText), opts)
	if runErr != nil {
		t.Fatal(runErr)
	}
	if took := x.StopTime.Sub(x.StartTime); x.Status != status || x.Error != err || took != end {
		t.Fatalf("got %s %q after %v, want %s %q after %v\n%s\n%s", x.Status, x.Error, took, status, err, end, text, inputText)
	}
	checkHistory(t, x)
	if problem := g.compare(m.moments, x); problem != "" {
		t.Fatalf("%s\n%s\n%s\nseed %d\n%s", problem, text, inputText, opts.Seed, describe(t, x))
	}
	return true
}

func asJSON(t testing.TB, v any) string {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// compare says what is wrong with a history.
func (g *timeMachines) compare(want []moment, x *engine.Execution) string {
	got := map[string][]moment{}
	open := map[string]bool{}
	for _, e := range x.History {
		m := moment{at: e.Timestamp.Sub(x.StartTime)}
		switch d := e.Details.(type) {
		case *engine.EnteredDetails:
			m.state = d.Name
		case *engine.ExitedDetails:
			m.state, m.exit = d.Name, true
		default:
			continue
		}
		m.path = g.paths[m.state]
		if outer := g.outer[m.path]; outer != "" && !open[outer] || m.exit && !open[m.state] {
			return fmt.Sprintf("event %d is about %s, which nothing is in", e.ID, m.state)
		}
		open[m.state] = !m.exit || m.path == "/map "+m.state[:len(m.state)-1]
		got[m.path] = append(got[m.path], m)
	}
	wanted := map[string][]moment{}
	for _, m := range want {
		wanted[m.path] = append(wanted[m.path], m)
	}
	for path := range got {
		if wanted[path] == nil {
			wanted[path] = nil
		}
	}
	for path, list := range wanted {
		if path != "" && path[1] == 'm' { // iterations have no order but that of time
			for _, l := range [][]moment{list, got[path]} {
				slices.SortStableFunc(l, func(a, b moment) int {
					return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(fmt.Sprint(a.exit), fmt.Sprint(b.exit)))
				})
			}
		}
		if !fits(list, got[path]) {
			return fmt.Sprintf("in %q\ngot  %v\nwant %v", path, got[path], list)
		}
	}
	return ""
}

// fits tells whether the moments are those that are wanted, some of which may not be there.
func fits(want, got []moment) bool {
	for len(want) > 0 {
		w := want[0]
		same := len(got) > 0 && got[0].state == w.state && got[0].exit == w.exit && got[0].at == w.at
		if same && (!w.perhaps || fits(want[1:], got[1:])) {
			want, got = want[1:], got[1:]
			continue
		}
		if !w.perhaps {
			return false
		}
		want = want[1:]
	}
	return len(got) == 0
}

// TestTimeAgainstModel compares 25,000 random machines with the model.
func TestTimeAgainstModel(t *testing.T) {
	machines := 25_000
	if testing.Short() || raceEnabled {
		machines = 2_000
	}
	compared := 0
	for seed := range machines {
		if checkTime(t, randomData(uint64(seed), 99, 300)) {
			compared++
		}
		if t.Failed() {
			t.Fatalf("machine %d", seed)
		}
	}
	if compared < machines*8/10 {
		t.Errorf("only %d of %d machines could be compared", compared, machines)
	}
}

// FuzzTime is TestTimeAgainstModel with machines that the fuzzer makes.
func FuzzTime(f *testing.F) {
	f.Add([]byte("a Wait"))
	f.Fuzz(func(t *testing.T, data []byte) { checkTime(t, data) })
}

// TestYearIsQuick has a Wait of a year and a long back-off: they take no real time to speak of.
func TestYearIsQuick(t *testing.T) {
	definition := `{"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "arn:x", "Next": "W", "Retry": [
		{"ErrorEquals": ["States.ALL"], "IntervalSeconds": 60, "BackoffRate": 2, "MaxAttempts": 8}]}, "W": {"Type": "Wait", "Seconds": 31000000, "End": true}}}`
	tries := 0
	x := run(t, compile(t, definition), `{}`, engine.Options{Tasks: handle(func(context.Context, *engine.Call) (value.Value, error) {
		if tries++; tries <= 8 {
			return nil, &engine.TaskError{Name: "Busy"}
		}
		return value.Null{}, nil
	})})
	if got, want := x.StopTime.Sub(x.StartTime), (60*255+31_000_000)*time.Second; x.Status != engine.Succeeded || got != want {
		t.Errorf("got %s after %v, want %v", x.Status, got, want)
	}
}

// TestTimeoutExpressions has the texts that AWS was seen to give for TimeoutSeconds: github.com/gabrielmoreira/tiny-asl-machine
// tests/conformance/cases/.snapshots/aws/Feature.JSONataValidation-007 to -010 (read in 2026-09).
func TestTimeoutExpressions(t *testing.T) {
	for expression, want := range map[string]string{
		`'3'`:              `The JSONata expression ''3'' specified for the field 'TimeoutSeconds' returned an unexpected result type. Expected 'number', but was 'string' for value: "3"`,
		`-1`:               `TimeoutSeconds must be between 0 and 99999999 but was: -1`,
		`1.6`:              `The TimeoutSeconds field cannot be parsed as an integer: 1.6`,
		`$states.input.no`: `The JSONata expression '$states.input.no' specified for the field 'TimeoutSeconds' returned nothing (undefined).`,
	} {
		x := run(t, compile(t, `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "r", "TimeoutSeconds": "{% `+expression+` %}",
			"Catch": [{"ErrorEquals": ["States.QueryEvaluationError"], "Output": "{% $states.errorOutput.Cause %}", "Next": "Z"}], "End": true}, "Z": {"Type": "Succeed"}}}`),
			`{}`, engine.Options{})
		want = "An error occurred while executing the state 'A' (entered at the event id #2). " + want
		if x.Output != value.String(want) {
			t.Errorf("got %s %s, want %s", x.Cause, value.Text(x.Output), want)
		}
		if d, ok := x.History[2].Details.(*engine.EvaluationFailedDetails); !ok || d.Location != "TimeoutSeconds" {
			t.Errorf("%+v", x.History[2])
		}
	}
}

// TestTimersGo has thousands of tasks leave the timers of their time-outs, which are years away: those that are still wanted fire all the
// same, and the others hold nothing.
func TestTimersGo(t *testing.T) {
	const children = 2_000
	var gone atomic.Int64
	calls := 0
	program := compile(t, states(`"P": {"Type": "Parallel", "End": true, "Branches": [`+
		states(`"M": {`+distributed(`"MaxConcurrency": 1, "Next": "Long"`, states(`"T": {`+lambda+`, "Assign": {"v.$": "$"}, "ResultPath": null, "End": true}`))+`}`, `"Long": {`+lambda+`, "TimeoutSeconds": 1000000, "ResultPath": null, "End": true}`)+`,`+
		states(`"W": {"Type": "Wait", "Seconds": 500000, "Next": "F"}`, `"F": {"Type": "Fail", "Error": "E"}`)+`]}`))
	x := run(t, program, list("1", children), engine.Options{Tasks: handle(func(_ context.Context, call *engine.Call) (value.Value, error) {
		if call.State == "Long" {
			return nil, engine.ErrNoAnswer
		}
		if calls++; calls == children {
			for range 3 {
				runtime.GC()
			}
		}
		call.Elapse(time.Second)
		result := value.NewArray(value.String(call.ExecutionArn))
		runtime.AddCleanup(result, func(int) { gone.Add(1) }, 0)
		return result, nil
	})})
	if took := x.StopTime.Sub(x.StartTime); x.Status != engine.Failed || x.Error != "E" || took != 500_000*time.Second {
		t.Errorf("got %s %s after %v", x.Status, x.Error, took)
	}
	if n := gone.Load(); n < children/2 {
		t.Errorf("of %d results %d are gone before the end", children, n)
	}
}
