package aslmock

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/jsonpath"
	"github.com/docflow-asl/docflow/asl/value"
)

// Bounds of messages.
const (
	maxText   = 200 // characters of a JSON text or cause
	maxStates = 40  // of a path
	maxEvents = 8
)

// clip shortens a text to one line of a bearable length.
func clip(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if utf8.RuneCountInString(text) <= maxText {
		return text
	}
	return string([]rune(text)[:maxText]) + "…"
}

func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

// path shows the states that were entered: A → B ×3 → C.
func (r *Result) path() string {
	type step struct {
		name  string
		times int
	}
	var steps []step
	for _, name := range r.States() {
		if n := len(steps); n > 0 && steps[n-1].name == name {
			steps[n-1].times++
			continue
		}
		steps = append(steps, step{name, 1})
	}
	var parts []string
	for i, s := range steps {
		if len(steps) > maxStates && i == maxStates/2 {
			parts = append(parts, fmt.Sprintf("… %d more …", len(steps)-maxStates))
		}
		if len(steps) > maxStates && i >= maxStates/2 && i < len(steps)-maxStates/2 {
			continue
		}
		text := s.name
		if s.times > 1 {
			text += fmt.Sprintf(" ×%d", s.times)
		}
		if n := r.Retries(s.name); n > 0 {
			text += " (" + plural(n, "retry", "retries") + ")"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, " → ")
}

// lastEvents writes the end of the history, a line each: id, time since the start, type, state and what the event tells.
func (r *Result) lastEvents(b *strings.Builder) {
	events := r.History[max(0, len(r.History)-maxEvents):]
	width := 0
	for _, e := range events {
		width = max(width, len(r.label(e)))
	}
	for _, e := range events {
		fmt.Fprintf(b, "\n    %-*s  %s", width, r.label(e), e.Type)
		if name := r.stateOf(e); name != "" {
			b.WriteString(" " + name)
		}
		if text := about(e); text != "" {
			b.WriteString(" " + clip(text))
		}
	}
}

// label is an event's id, and its time since the start.
func (r *Result) label(e engine.Event) string {
	return fmt.Sprintf("#%d +%v", e.ID, rounded(e.Timestamp.Sub(r.StartTime)))
}

// rounded gives a span of time without the digits that jitter brings.
func rounded(d time.Duration) time.Duration { return d.Round(time.Millisecond) }

// stateOf finds the state that an event belongs to, by the events before it.
func (r *Result) stateOf(e engine.Event) string {
	if strings.HasSuffix(string(e.Type), "StateAborted") {
		return "" // the event before it is of the state that failed
	}
	for _, kind := range []string{"MapState", "ParallelState"} {
		if e.Details == nil && strings.HasPrefix(string(e.Type), kind) {
			return r.groupOf(e, kind)
		}
	}
	for range len(r.History) {
		switch d := e.Details.(type) {
		case *engine.EnteredDetails:
			return d.Name
		case *engine.ExitedDetails:
			return d.Name
		case *engine.IterationDetails:
			return fmt.Sprintf("%s[%d]", d.Name, d.Index)
		}
		if strings.HasPrefix(string(e.Type), "Execution") || e.PreviousEventID < 1 || e.PreviousEventID > int64(len(r.History)) {
			return ""
		}
		e = r.History[e.PreviousEventID-1]
	}
	return ""
}

// groupOf finds the Map or Parallel that an event is about; the way back may lead through others that are over.
func (r *Result) groupOf(e engine.Event, kind string) string {
	inner := 0
	for range len(r.History) {
		switch d := e.Details.(type) {
		case *engine.EnteredDetails:
			if string(e.Type) == kind+"Entered" {
				if inner == 0 {
					return d.Name
				}
				inner--
			}
		case *engine.ExitedDetails:
			if string(e.Type) == kind+"Exited" {
				inner++
			}
		}
		if e.PreviousEventID < 1 || e.PreviousEventID > int64(len(r.History)) {
			return ""
		}
		e = r.History[e.PreviousEventID-1]
	}
	return ""
}

// about is what an event tells besides its type and state.
func about(e engine.Event) string {
	switch d := e.Details.(type) {
	case *engine.FailureDetails:
		text := ""
		if d.Error != nil {
			text = *d.Error
		}
		if d.Cause != nil {
			text += ": " + *d.Cause
		}
		return text
	case *engine.EnteredDetails:
		return value.Text(d.Input)
	case *engine.ExitedDetails:
		return value.Text(d.Output)
	case *engine.OutputDetails:
		return value.Text(d.Output)
	case *engine.ScheduledDetails:
		return d.Resource + " " + value.Text(d.Input)
	}
	return ""
}

// evalPath gives what a JSONPath finds in a value.
func evalPath(path string, v value.Value) (value.Value, error) {
	p, err := jsonpath.Parse(path)
	if err != nil {
		return nil, err
	}
	return jsonpath.Eval(p, jsonpath.Roots{Data: v, Context: value.NewObject()})
}
