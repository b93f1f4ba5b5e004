package mapdata

import (
	"time"

	"github.com/docflow-asl/docflow/asl/value"
)

// The statuses of a child execution.
const (
	Succeeded = "SUCCEEDED"
	Failed    = "FAILED"
	TimedOut  = "TIMED_OUT"
	Aborted   = "ABORTED"
	Pending   = "PENDING" // never started, because the Map Run failed or was stopped before
)

// Execution is a child execution as a ResultWriter describes it.
type Execution struct {
	ExecutionArn    string // arn:…:execution:machine/label:name
	Name            string
	StateMachineArn string // arn:…:stateMachine:machine/label
	Status          string
	Input           value.Value
	Output          value.Value // of one that succeeded
	Error, Cause    *string     // of one that did not; nil when it has none
	Start, Stop     time.Time
	RedriveCount    int
	// RedriveStatus and RedriveStatusReason are made from Status when empty: NOT_REDRIVABLE with "Execution is SUCCEEDED and
	// cannot be redriven", or REDRIVABLE_BY_MAP_RUN without a reason (captured).
	RedriveStatus       string
	RedriveStatusReason string
	Express             bool // it has no RedriveStatus at all (captured)
}

// file is the kind of result file that the execution goes to: "failed, timed out, and aborted" ones to FAILED.
func (x *Execution) file() string {
	switch x.Status {
	case Succeeded, Pending:
		return x.Status
	}
	return Failed
}

// Value is the execution with its metadata, as Transformation NONE writes it. The members, in this alphabetical order, are as
// captured: input and output as JSON texts; of an execution that never started only Input, InputDetails and Status.
func (x *Execution) Value() value.Value {
	members := make([]value.Member, 0, 15)
	add := func(name string, v value.Value) { members = append(members, value.Member{Name: name, Value: v}) }
	included := value.NewObject(value.Member{Name: "Included", Value: value.Bool(true)})
	input := func() {
		add("Input", value.String(value.Text(x.Input)))
		add("InputDetails", included)
	}
	if x.Status == Pending {
		input()
		add("Status", value.String(x.Status))
		return value.NewObject(members...)
	}
	if x.Cause != nil {
		add("Cause", value.String(*x.Cause))
	}
	if x.Error != nil {
		add("Error", value.String(*x.Error))
	}
	add("ExecutionArn", value.String(x.ExecutionArn))
	input()
	add("Name", value.String(x.Name))
	if x.Output != nil {
		add("Output", value.String(value.Text(x.Output)))
	}
	add("OutputDetails", included)
	add("RedriveCount", value.Int(x.RedriveCount))
	status, reason := x.RedriveStatus, x.RedriveStatusReason
	if status == "" && !x.Express {
		status = "REDRIVABLE_BY_MAP_RUN"
		if x.Status == Succeeded {
			status, reason = "NOT_REDRIVABLE", "Execution is SUCCEEDED and cannot be redriven"
		}
	}
	if status != "" {
		add("RedriveStatus", value.String(status))
	}
	if reason != "" {
		add("RedriveStatusReason", value.String(reason))
	}
	add("StartDate", instant(x.Start))
	add("StateMachineArn", value.String(x.StateMachineArn))
	add("Status", value.String(x.Status))
	if !x.Stop.IsZero() {
		add("StopDate", instant(x.Stop))
	}
	return value.NewObject(members...)
}

// instant is java.time.Instant.toString of a time in milliseconds: three digits of a fraction, or none.
func instant(t time.Time) value.Value {
	t = t.UTC().Truncate(time.Millisecond)
	if t.Nanosecond() == 0 {
		return value.String(t.Format("2006-01-02T15:04:05Z"))
	}
	return value.String(t.Format("2006-01-02T15:04:05.000Z"))
}
