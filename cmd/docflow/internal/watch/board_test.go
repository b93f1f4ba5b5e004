package watch

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	"github.com/docflow-asl/docflow/asl"
	"github.com/google/go-cmp/cmp"
)

const boardDefinition = `{"StartAt":"Extract","States":{
	"Extract":{"Type":"Pass","Next":"Each"},
	"Each":{"Type":"Map","ItemProcessor":{"StartAt":"Call","States":{"Call":{"Type":"Pass","End":true}}},"Next":"Combine"},
	"Combine":{"Type":"Pass","End":true}}}`

func boardHistory() *history {
	return new(history).
		add(0, types.HistoryEvent{Type: types.HistoryEventTypeExecutionStarted}).
		enter(0, types.HistoryEventTypeTaskStateEntered, "Extract").
		exit(1.5, types.HistoryEventTypeTaskStateExited, "Extract").
		enter(2, types.HistoryEventTypeChoiceStateEntered, "IsLong").
		exit(2, types.HistoryEventTypeChoiceStateExited, "IsLong").
		enter(2, types.HistoryEventTypeMapStateEntered, "Each").
		enter(2, types.HistoryEventTypeTaskStateEntered, "Call").
		enter(2, types.HistoryEventTypeTaskStateEntered, "Call").
		exit(5, types.HistoryEventTypeTaskStateExited, "Call").
		add(6, types.HistoryEvent{Type: types.HistoryEventTypeTaskFailed, PreviousEventId: 8, TaskFailedEventDetails: &types.TaskFailedEventDetails{Error: aws.String("Bedrock.ThrottlingException")}})
}

func TestBoard(t *testing.T) {
	f := New()
	for _, e := range boardHistory().events {
		f.Event(e)
	}
	machine := asl.Parse("test.asl.json", []byte(boardDefinition)).Machine
	for _, test := range []struct {
		name  string
		board *Board
		ended bool
		want  string
	}{
		{"running", NewBoard(machine), false, `
✓ Extract                                   1.5s
● Each                                     1m10s
●   Call                                   1m10s  1 of 2 left  1 failed attempts (Bedrock.ThrottlingException)`},
		{"ended", NewBoard(machine), true, `
✓ Extract                                   1.5s
✗ Each                                     1m10s
✗   Call                                   1m10s  1 of 2 left  1 failed attempts (Bedrock.ThrottlingException)`},
		{"unknown machine", NewBoard(nil), false, `
✓ Extract                                   1.5s
● Each                                     1m10s
● Call                                     1m10s  1 of 2 left  1 failed attempts (Bedrock.ThrottlingException)`},
	} {
		t.Run(test.name, func(t *testing.T) {
			lines := test.board.Lines(f, began.Add(72*time.Second), test.ended, 0)
			if diff := cmp.Diff(strings.TrimPrefix(test.want, "\n"), strings.Join(lines, "\n")); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// TestBoardFits draws boards of many states on low terminals: what runs is always there.
func TestBoardFits(t *testing.T) {
	h := new(history).add(0, types.HistoryEvent{Type: types.HistoryEventTypeExecutionStarted})
	for i := range 60 {
		name := fmt.Sprintf("State%02d", i)
		h.enter(float64(i), types.HistoryEventTypeTaskStateEntered, name)
		if i%20 != 7 {
			h.exit(float64(i)+0.5, types.HistoryEventTypeTaskStateExited, name)
		}
	}
	f := New()
	for _, e := range h.events {
		f.Event(e)
	}
	for height := 4; height <= 70; height++ {
		lines := NewBoard(nil).Lines(f, began.Add(time.Minute), false, height)
		if len(lines) > height || height >= 60 && len(lines) != 60 || height < 60 && len(lines) != height {
			t.Fatalf("height %d: %d lines", height, len(lines))
		}
		text := strings.Join(lines, "\n")
		for _, open := range []string{"State07", "State27", "State47"} {
			if !strings.Contains(text, "● "+open) {
				t.Errorf("height %d: %s is not there:\n%s", height, open, text)
			}
		}
		if height < 60 != strings.Contains(lines[0], fmt.Sprintf("… %d more", 60-height+1)) {
			t.Errorf("height %d: the first line is %q", height, lines[0])
		}
	}
}
