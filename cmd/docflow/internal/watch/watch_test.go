package watch

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/google/go-cmp/cmp"
)

var began = time.Date(2026, time.November, 25, 12, 0, 0, 0, time.UTC)

// history makes events in their order; each follows from the one before it unless before says otherwise.
type history struct{ events []types.HistoryEvent }

func (h *history) add(seconds float64, e types.HistoryEvent) *history {
	e.Id = int64(len(h.events) + 1)
	if e.PreviousEventId == 0 {
		e.PreviousEventId = e.Id - 1
	}
	e.Timestamp = aws.Time(began.Add(time.Duration(seconds * float64(time.Second))))
	h.events = append(h.events, e)
	return h
}

func (h *history) enter(seconds float64, kind types.HistoryEventType, name string) *history {
	return h.add(seconds, types.HistoryEvent{Type: kind, StateEnteredEventDetails: &types.StateEnteredEventDetails{Name: &name}})
}

func (h *history) exit(seconds float64, kind types.HistoryEventType, name string) *history {
	return h.add(seconds, types.HistoryEvent{Type: kind, StateExitedEventDetails: &types.StateExitedEventDetails{Name: &name}})
}

func TestFollower(t *testing.T) {
	h := new(history).
		add(0, types.HistoryEvent{Type: types.HistoryEventTypeExecutionStarted}).
		enter(0.5, types.HistoryEventTypeTaskStateEntered, "Call").
		add(1, types.HistoryEvent{Type: types.HistoryEventTypeTaskScheduled}).
		add(2, types.HistoryEvent{Type: types.HistoryEventTypeTaskFailed, TaskFailedEventDetails: &types.TaskFailedEventDetails{
			Error: aws.String("Bedrock.ThrottlingException"), Cause: aws.String("too many\nrequests"),
		}}).
		add(3, types.HistoryEvent{Type: types.HistoryEventTypeTaskScheduled}).
		add(4, types.HistoryEvent{Type: types.HistoryEventTypeTaskSucceeded}).
		exit(4.25, types.HistoryEventTypeTaskStateExited, "Call").
		add(5, types.HistoryEvent{Type: types.HistoryEventTypeExecutionSucceeded})
	follower := New()
	var told []string
	for _, e := range append(h.events, h.events...) { // what is read again tells nothing
		for _, line := range follower.Event(e) {
			told = append(told, strings.TrimSpace(fmt.Sprintf("%v %s %s %s", line.At, line.Kind, line.State, line.Text)))
		}
	}
	want := []string{
		"500ms entered Call task",
		"2s failed Call TaskFailed Bedrock.ThrottlingException: too many",
		"4.25s exited Call after 3.75s",
		"5s ended  SUCCEEDED",
	}
	if diff := cmp.Diff(want, told); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
	states := follower.States()
	if len(states) != 1 || states[0].Failures != 1 || states[0].Seconds != 3.75 {
		t.Fatalf("states %+v", states)
	}
	if got, want := states[0].Summary(), "Call                         Task     3.75s, 1 failed attempts (Bedrock.ThrottlingException)"; got != want {
		t.Errorf("summary %q, want %q", got, want)
	}
}

// The states of a Map are entered once for each item: only the first visits are told, all are counted.
func TestFollowerOfMap(t *testing.T) {
	h := new(history).add(0, types.HistoryEvent{Type: types.HistoryEventTypeExecutionStarted})
	for i := range 20 {
		h.enter(float64(i), types.HistoryEventTypePassStateEntered, "Item").exit(float64(i)+0.5, types.HistoryEventTypePassStateExited, "Item")
	}
	follower := New()
	lines := 0
	for _, e := range h.events {
		lines += len(follower.Event(e))
	}
	if lines != 2*maxVisitsTold {
		t.Errorf("%d lines, want %d", lines, 2*maxVisitsTold)
	}
	s := follower.States()[0]
	if s.Entered != 20 || s.Exited != 20 || s.Total != 10*time.Second || !strings.Contains(s.Summary(), "20×, 10s in all, at most 500ms") {
		t.Errorf("%+v: %s", s, s.Summary())
	}
}

// A follower that begins in the midst of a history meets states that it did not see entered.
func TestFollowerInTheMidst(t *testing.T) {
	h := new(history).exit(1, types.HistoryEventTypeTaskStateExited, "Call").
		add(2, types.HistoryEvent{Type: types.HistoryEventTypeExecutionFailed, ExecutionFailedEventDetails: &types.ExecutionFailedEventDetails{Error: aws.String("Broken")}})
	follower := New()
	var told []Line
	for _, e := range h.events {
		told = append(told, follower.Event(e)...)
	}
	if len(told) != 1 || told[0].Kind != Ended || told[0].Text != "FAILED Broken" || len(follower.States()) != 0 {
		t.Errorf("told %+v, states %+v", told, follower.States())
	}
}
