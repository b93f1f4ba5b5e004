package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// checkHistory wants of a history what holds for every execution: the ids count from 1, an event's previous one is before it or none,
// time does not go back, the first event is the start and the last one, and no other, the end; a state is left no more often than it was
// entered, and iterations, tasks and groups end no more often than they began; and nothing is larger than a payload may be.
func checkHistory(t testing.TB, x *engine.Execution) {
	t.Helper()
	fail := func(i int, what string) {
		t.Helper()
		t.Fatalf("event %d of %d, %s: %s", i+1, len(x.History), x.History[i].Type, what)
	}
	if len(x.History) < 2 {
		t.Fatalf("%s with %d events", x.Status, len(x.History))
	}
	ends := map[engine.EventType]engine.Status{
		engine.ExecutionSucceeded: engine.Succeeded, engine.ExecutionFailed: engine.Failed, engine.ExecutionTimedOut: engine.TimedOut, engine.ExecutionAborted: engine.Aborted,
	}
	open := map[string]int{}
	began := func(what string) { open[what]++ }
	ended := func(i int, what string) {
		if open[what]--; open[what] < 0 {
			fail(i, "ends "+what+", which has not begun")
		}
	}
	var before time.Time
	running := false
	for i, e := range x.History {
		if e.ID != int64(i+1) || e.PreviousEventID < 0 || e.PreviousEventID >= e.ID {
			fail(i, "its ids are out of order")
		}
		if e.Timestamp.Before(before) {
			fail(i, "its time is before the one before it")
		}
		before = e.Timestamp
		status, end := ends[e.Type]
		switch {
		case e.Type == engine.ExecutionStarted && i != 0, e.Type == engine.ExecutionRedriven && (running || i == 0), e.Type != engine.ExecutionStarted && e.Type != engine.ExecutionRedriven && !running:
			fail(i, "it is in the wrong place")
		case end && i == len(x.History)-1 && status != x.Status:
			fail(i, "the status is "+string(x.Status))
		}
		if e.Type == engine.ExecutionRedriven {
			clear(open) // what goes on does not begin again
			for _, s := range x.History[:i] {
				if d, ok := s.Details.(*engine.EnteredDetails); ok {
					began("state " + d.Name)
				}
				if typ := string(s.Type); strings.HasSuffix(typ, "Started") || strings.HasSuffix(typ, "Scheduled") {
					began(typ)
				}
			}
		}
		running = !end
		switch d := e.Details.(type) {
		case *engine.EnteredDetails:
			began("state " + d.Name)
		case *engine.ExitedDetails:
			ended(i, "state "+d.Name)
		}
		for _, kind := range []string{"MapIteration", "MapState", "ParallelState", "MapRun", "LambdaFunction", "Activity", "Task"} {
			switch suffix, ok := strings.CutPrefix(string(e.Type), kind); {
			case !ok:
			case suffix == "Started", suffix == "Scheduled" && kind != "MapRun":
				began(kind + suffix)
			case suffix == "Succeeded", suffix == "Failed", suffix == "TimedOut":
				if kind == "LambdaFunction" || kind == "Activity" || kind == "Task" {
					ended(i, kind+"Scheduled")
				} else if kind != "MapState" && kind != "ParallelState" || suffix == "Succeeded" { // a state whose fields fail has not started
					ended(i, kind+"Started")
				}
			}
		}
		for _, v := range payloads(e.Details) {
			if n := value.Size(v); n > engine.DefaultPayloadBytes {
				fail(i, "a payload of more than 262,144 bytes")
			}
		}
	}
	if running {
		fail(len(x.History)-1, "it is no end")
	}
}

func payloads(details engine.EventDetails) []value.Value {
	switch d := details.(type) {
	case *engine.StartedDetails:
		return []value.Value{d.Input}
	case *engine.EnteredDetails:
		return []value.Value{d.Input}
	case *engine.ScheduledDetails:
		return []value.Value{d.Input}
	case *engine.OutputDetails:
		return []value.Value{d.Output}
	case *engine.ExitedDetails:
		all := []value.Value{d.Output}
		for _, v := range d.Assigned {
			all = append(all, v.Value)
		}
		return all
	}
	return nil
}
