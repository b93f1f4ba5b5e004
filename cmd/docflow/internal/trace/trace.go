// Package trace follows an execution and tells people what happened in it: the states that it went through, how long each took,
// what was retried and caught, and where it failed.
package trace

import (
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/engine"
)

// Recorder is fed with the events and decisions of one execution (engine.Options.OnEvent and OnDecision), from one goroutine.
type Recorder struct {
	states map[string]*stateInfo // by location
	byName map[string]*stateInfo // the first of a name, which should be the only one

	visits      []*visit // of the machine's own states, in order
	skipped     int      // visits that were dropped, after the first keepFirst
	transitions int
	retries     int

	entries []entry          // one for each …StateEntered event
	of      []int32          // by event id: the index in entries of the state that the event is about; -1 for none
	pending *stateInfo       // of the decision to enter a state, whose event follows
	last    engine.Event     // the latest event
	blamed  *stateInfo       // where the latest expression failed
	open    map[int32]*visit // entries that have not been left, and what they count for

	mu     sync.Mutex
	nested map[string]*nested // by the name of the state that started them
}

// nested are the executions that a state started.
type nested struct {
	first         []nestedExecution // up to mostNested
	count, failed int
}

type nestedExecution struct {
	machine, remark string
	start, stop     time.Time
}

// mostNested is how many of the executions that a state started are shown.
const mostNested = 5

// Long loops give long paths: of them the ends are kept.
const (
	keepFirst = 40
	keepLast  = 20
)

// stateInfo is a state of the definition.
type stateInfo struct {
	location string
	name     string
	typ      asl.StateType
	depth    int // 0 for the machine's own states
	source   *asl.Node
}

// entry is a time that the execution was in a state.
type entry struct {
	state *stateInfo
	start time.Time
}

// visit is a row of the path: one time in a state of the machine's own, or all times in a state within it.
type visit struct {
	state      *stateInfo
	start      time.Time // of the first time; zero when no event tells
	times      int
	longest    time.Duration
	running    int // times that have not ended
	retries    int
	iterations int
	errors     counter
	notes      counter // rules that held, catchers that took errors
	within     []*visit
	byState    map[*stateInfo]*visit // those of within
}

// counter counts things by name, in the order of their first coming.
type counter struct {
	names  []string
	counts map[string]int
}

func (c *counter) add(name string) {
	if c.counts == nil {
		c.counts = map[string]int{}
	}
	if c.counts[name] == 0 {
		c.names = append(c.names, name)
	}
	c.counts[name]++
}

// New makes a recorder for executions of a machine.
func New(m *asl.Machine) *Recorder {
	r := &Recorder{states: map[string]*stateInfo{}, byName: map[string]*stateInfo{}, open: map[int32]*visit{}, nested: map[string]*nested{}}
	asl.Walk(m, func(scope *asl.Scope, state asl.State) {
		common := state.Common()
		s := &stateInfo{location: scope.StateLocation(state), name: common.Name, typ: state.Type(), depth: scope.Depth(), source: common.Source}
		r.states[s.location] = s
		if r.byName[s.name] == nil {
			r.byName[s.name] = s
		}
	})
	return r
}

// Decision takes a decision of the engine. Those of the child executions of a distributed Map come without events.
func (r *Recorder) Decision(d engine.Decision) {
	s := r.states[d.State]
	if s == nil {
		return
	}
	if d.Kind == engine.EnteredState {
		r.transitions++
		r.pending = s
		v := r.visit(s)
		v.times++
		return
	}
	v := r.current(s)
	if v == nil {
		return
	}
	switch d.Kind {
	case engine.TookRetrier:
		r.transitions++
		r.retries++
		v.retries++
		r.close(func(i int32) bool { return strings.HasPrefix(r.entries[i].state.location, s.location+"/") })
	case engine.TookRule:
		v.notes.add(indexed("Choices", d.Index))
	case engine.TookDefault:
		v.notes.add("Default")
	case engine.TookCatcher:
		v.notes.add("caught by " + indexed("Catch", d.Index))
	}
}

// visit is the row that a state which is entered counts for.
func (r *Recorder) visit(s *stateInfo) *visit {
	if s.depth > 0 {
		if v := r.current(s); v != nil {
			return v
		}
		v := &visit{state: s}
		if n := len(r.visits); n > 0 { // it always is: a state of the machine's own holds the state
			top := r.visits[n-1]
			if top.byState == nil {
				top.byState = map[*stateInfo]*visit{}
			}
			top.within, top.byState[s] = append(top.within, v), v
		}
		return v
	}
	v := &visit{state: s, start: r.last.Timestamp} // for a state whose event the history has no place for any more
	r.visits = append(r.visits, v)
	if len(r.visits) == keepFirst+2*keepLast {
		r.visits = slices.Delete(r.visits, keepFirst, keepFirst+keepLast)
		r.skipped += keepLast
	}
	return v
}

// current is the row that a state counts for which has been entered. Only one of the machine's own states is active at a time, and
// everything within a Parallel or Map belongs to that.
func (r *Recorder) current(s *stateInfo) *visit {
	if len(r.visits) == 0 {
		return nil
	}
	top := r.visits[len(r.visits)-1]
	if s.depth == 0 {
		return top
	}
	return top.byState[s]
}

// Event takes an event of the history.
func (r *Recorder) Event(e engine.Event) {
	r.last = e
	if len(r.of) == 0 {
		r.of = append(r.of, -1) // there is no event 0
	}
	about := int32(-1)
	if e.PreviousEventID > 0 && int(e.PreviousEventID) < len(r.of) {
		about = r.of[e.PreviousEventID]
	}
	switch d := e.Details.(type) {
	case *engine.EnteredDetails:
		about = r.entered(d.Name, e)
	case *engine.ExitedDetails:
		about = r.leave(about, d.Name)
	case *engine.IterationDetails:
		if s := r.byName[d.Name]; s != nil && e.Type == engine.MapIterationStarted {
			if v := r.current(s); v != nil {
				v.iterations++
			}
		}
	case *engine.FailureDetails:
		r.failed(about, e.Type, d)
	case *engine.EvaluationFailedDetails:
		if r.blamed = r.byName[d.State]; r.blamed != nil {
			if v := r.current(r.blamed); v != nil {
				v.errors.add(d.Error)
			}
		}
	}
	if about >= 0 && strings.HasSuffix(string(e.Type), "StateAborted") {
		r.close(func(i int32) bool { return i == about })
	}
	r.of = append(r.of, about)
}

func (r *Recorder) entered(name string, e engine.Event) int32 {
	s := r.pending
	if r.pending = nil; s == nil || s.name != name {
		s = r.byName[name]
	}
	if s == nil {
		return -1
	}
	i := int32(len(r.entries)) //nolint:gosec // there are no more entries than events
	r.entries = append(r.entries, entry{s, e.Timestamp})
	if v := r.current(s); v != nil {
		if v.start.IsZero() || s.depth == 0 {
			v.start = e.Timestamp
		}
		v.running++
		r.open[i] = v
	}
	return i
}

// leave ends a time in a state. The event before …StateExited may be about a state within.
func (r *Recorder) leave(about int32, name string) int32 {
	if about < 0 || r.entries[about].state.name != name || r.open[about] == nil {
		oldest := int32(-1)
		for i := range r.open {
			if r.entries[i].state.name == name && (oldest < 0 || i < oldest) {
				oldest = i
			}
		}
		about = oldest
	}
	if about < 0 {
		return about
	}
	top := r.entries[about].state.depth == 0 // with it ends everything within
	r.close(func(i int32) bool { return i == about || top })
	return about
}

// close ends times in states.
func (r *Recorder) close(which func(i int32) bool) {
	for i, v := range r.open {
		if which(i) {
			delete(r.open, i)
			v.running--
			v.longest = max(v.longest, r.last.Timestamp.Sub(r.entries[i].start))
		}
	}
}

// Started takes an execution of another state machine that a task of this one has started, once it has ended. It may be called from
// any goroutine.
func (r *Recorder) Started(state, machine string, x *engine.Execution) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := r.nested[state]
	if n == nil {
		n = &nested{}
		r.nested[state] = n
	}
	n.count++
	if x.Status != engine.Succeeded {
		n.failed++
	}
	if len(n.first) == mostNested {
		return
	}
	remark := string(x.Status)
	if x.Error != "" {
		remark += ": " + x.Error
	}
	n.first = append(n.first, nestedExecution{machine, remark, x.StartTime, x.StopTime})
}

// failed notes the failure of a task. Those of the execution itself, and of what holds a state that failed, are no news.
func (r *Recorder) failed(about int32, t engine.EventType, d *engine.FailureDetails) {
	if about < 0 || strings.HasPrefix(string(t), "Execution") || d.Error == nil && d.Cause == nil {
		return
	}
	if v := r.current(r.entries[about].state); v != nil {
		name := "an error without a name"
		if d.Error != nil {
			name = *d.Error
		}
		v.errors.add(name)
	}
}
