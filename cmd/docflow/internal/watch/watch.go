// Package watch follows an execution on AWS by its history and tells what happens in it: the states that it enters and
// leaves, how long each took, what failed and was tried again.
package watch

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
)

// Line is one thing to tell. The kinds are entered, exited, failed and ended.
type Line struct {
	At    time.Duration // since the execution began
	Kind  Kind
	State string // empty for ended
	Text  string
}

// Kind says what a line is about.
type Kind string

// The kinds of lines.
const (
	Entered Kind = "entered"
	Exited  Kind = "exited"
	Failed  Kind = "failed"
	Ended   Kind = "ended"
)

// State is what became of the visits to one state, by its name.
type State struct {
	Name     string        `json:"name"`
	Type     string        `json:"type"`
	Entered  int           `json:"entered"`
	Exited   int           `json:"exited"`
	Failures int           `json:"failures"` // of attempts
	Errors   []string      `json:"errors,omitempty"`
	Total    time.Duration `json:"-"` // of all visits that have ended
	Longest  time.Duration `json:"-"`
	Seconds  float64       `json:"seconds"`
}

// Follower takes the events of one execution in their order.
type Follower struct {
	started time.Time
	states  []*State
	byName  map[string]*State
	// open are the times at which visits began that have not ended, by the state's name, the earliest first.
	open map[string][]time.Time
	// about is the state that an event is about, by the event's id: that of the event before it, unless it enters one.
	about map[int64]string
	last  int64
}

// New makes a follower.
func New() *Follower {
	return &Follower{byName: map[string]*State{}, open: map[string][]time.Time{}, about: map[int64]string{}}
}

// States lists the states in the order in which they were first entered.
func (f *Follower) States() []*State {
	for _, s := range f.states {
		s.Seconds = s.Total.Seconds()
	}
	return f.states
}

// Last is the id of the last event that was taken.
func (f *Follower) Last() int64 { return f.last }

// maxVisitsTold bounds the lines about one state: a Map enters its states once for each item.
const maxVisitsTold = 5

// maxErrors bounds the error names kept for one state.
const maxErrors = 10

// Event takes one event and returns what there is to tell of it. An event that was taken before tells nothing.
func (f *Follower) Event(e types.HistoryEvent) []Line {
	if e.Id <= f.last {
		return nil
	}
	f.last = e.Id
	at := aws.ToTime(e.Timestamp)
	if f.started.IsZero() {
		f.started = at
	}
	state := f.about[e.PreviousEventId]
	line := Line{At: at.Sub(f.started), State: state}
	var lines []Line
	switch {
	case e.StateEnteredEventDetails != nil:
		state = aws.ToString(e.StateEnteredEventDetails.Name)
		s := f.byName[state]
		if s == nil {
			s = &State{Name: state, Type: strings.TrimSuffix(string(e.Type), "StateEntered")}
			f.byName[state] = s
			f.states = append(f.states, s)
		}
		s.Entered++
		f.open[state] = append(f.open[state], at)
		line.Kind, line.State, line.Text = Entered, state, strings.ToLower(s.Type[:1])+s.Type[1:]
		if s.Entered <= maxVisitsTold {
			lines = append(lines, line)
		}
	case e.StateExitedEventDetails != nil:
		state = aws.ToString(e.StateExitedEventDetails.Name)
		if told := f.exit(state, at); told != "" {
			line.Kind, line.State, line.Text = Exited, state, told
			lines = append(lines, line)
		}
	case strings.HasPrefix(string(e.Type), "Execution"):
		if e.Type != types.HistoryEventTypeExecutionStarted {
			name, cause := fault(e)
			line.Kind, line.State = Ended, ""
			line.Text = joined(strings.ToUpper(strings.TrimPrefix(string(e.Type), "Execution")), name, cause)
			lines = append(lines, line)
		}
	default:
		if name, cause := fault(e); name != "" || failed(e.Type) {
			if s := f.byName[state]; s != nil {
				s.Failures++
				if len(s.Errors) < maxErrors && !slices.Contains(s.Errors, name) && name != "" {
					s.Errors = append(s.Errors, name)
				}
			}
			line.Kind, line.Text = Failed, joined(string(e.Type), name, cause)
			lines = append(lines, line)
		}
	}
	f.about[e.Id] = state
	return lines
}

// exit ends the earliest visit to a state that is open, and says how long it took, for the first few.
func (f *Follower) exit(name string, at time.Time) string {
	s, began := f.byName[name], f.open[name]
	if s == nil || len(began) == 0 {
		return "" // entered before this follower began
	}
	took := at.Sub(began[0])
	f.open[name] = began[1:]
	s.Exited++
	s.Total += took
	s.Longest = max(s.Longest, took)
	if s.Exited > maxVisitsTold {
		return ""
	}
	return "after " + took.Round(time.Millisecond).String()
}

// failed tells whether an event is a failure that has no details.
func failed(t types.HistoryEventType) bool {
	return strings.HasSuffix(string(t), "Failed") || strings.HasSuffix(string(t), "TimedOut") || strings.HasSuffix(string(t), "Aborted")
}

// fault returns the error and the cause that an event has, wherever it has them.
func fault(e types.HistoryEvent) (name, cause string) {
	switch {
	case e.TaskFailedEventDetails != nil:
		return texts(e.TaskFailedEventDetails.Error, e.TaskFailedEventDetails.Cause)
	case e.TaskTimedOutEventDetails != nil:
		return texts(e.TaskTimedOutEventDetails.Error, e.TaskTimedOutEventDetails.Cause)
	case e.TaskStartFailedEventDetails != nil:
		return texts(e.TaskStartFailedEventDetails.Error, e.TaskStartFailedEventDetails.Cause)
	case e.TaskSubmitFailedEventDetails != nil:
		return texts(e.TaskSubmitFailedEventDetails.Error, e.TaskSubmitFailedEventDetails.Cause)
	case e.LambdaFunctionFailedEventDetails != nil:
		return texts(e.LambdaFunctionFailedEventDetails.Error, e.LambdaFunctionFailedEventDetails.Cause)
	case e.LambdaFunctionTimedOutEventDetails != nil:
		return texts(e.LambdaFunctionTimedOutEventDetails.Error, e.LambdaFunctionTimedOutEventDetails.Cause)
	case e.MapRunFailedEventDetails != nil:
		return texts(e.MapRunFailedEventDetails.Error, e.MapRunFailedEventDetails.Cause)
	case e.EvaluationFailedEventDetails != nil:
		return texts(e.EvaluationFailedEventDetails.Error, e.EvaluationFailedEventDetails.Cause)
	case e.ExecutionFailedEventDetails != nil:
		return texts(e.ExecutionFailedEventDetails.Error, e.ExecutionFailedEventDetails.Cause)
	case e.ExecutionTimedOutEventDetails != nil:
		return texts(e.ExecutionTimedOutEventDetails.Error, e.ExecutionTimedOutEventDetails.Cause)
	case e.ExecutionAbortedEventDetails != nil:
		return texts(e.ExecutionAbortedEventDetails.Error, e.ExecutionAbortedEventDetails.Cause)
	}
	return "", ""
}

func texts(name, cause *string) (string, string) { return aws.ToString(name), aws.ToString(cause) }

// joined puts an error and the first line of its cause behind what happened.
func joined(what, name, cause string) string {
	const enough = 200
	cause, _, _ = strings.Cut(cause, "\n")
	if runes := []rune(cause); len(runes) > enough {
		cause = string(runes[:enough]) + "…"
	}
	if name != "" {
		what += " " + name
	}
	if cause != "" {
		what += ": " + cause
	}
	return what
}

// Summary tells of one state in a line: how often and how long, and what failed.
func (s *State) Summary() string {
	text := fmt.Sprintf("%-28s %-9s", s.Name, s.Type)
	switch {
	case s.Exited == 0:
		text += "not left"
	case s.Entered == 1:
		text += s.Total.Round(time.Millisecond).String()
	default:
		text += fmt.Sprintf("%d×, %s in all, at most %s", s.Entered, s.Total.Round(time.Millisecond), s.Longest.Round(time.Millisecond))
	}
	if s.Failures > 0 {
		text += fmt.Sprintf(", %d failed attempts", s.Failures)
	}
	if len(s.Errors) > 0 {
		text += " (" + strings.Join(s.Errors, ", ") + ")"
	}
	return text
}
