package engine

import (
	"strings"
	"time"

	"github.com/docflow-asl/docflow/asl/engine/mapdata"
	"github.com/docflow-asl/docflow/asl/value"
)

// Options say how an execution runs. The zero value runs on a virtual clock, with tasks in parallel and no handlers.
type Options struct {
	Name             string // of the execution; default a random UUID
	ExecutionArn     string // default made of StateMachineArn and Name
	StateMachineName string // default StateMachine
	StateMachineArn  string // default made of StateMachineName, in us-east-1 and account 123456789012
	RoleArn          string // default a role of the same account

	// Type is the workflow type: Standard (the default) or Express.
	Type WorkflowType
	// Sync says that an Express execution is started by StartSyncExecution.
	Sync bool

	Tasks              Handlers
	Callbacks          *Callbacks      // answers from outside to tasks with a token, and activities; nil for none
	Objects            mapdata.Objects // what distributed Maps read items from and write results to: S3; nil for none
	MaxConcurrentTasks int             // tasks that run at the same time; 0 is no limit

	// Clock is how time passes: VirtualClock (the default) or RealClock.
	Clock Clock
	// StartTime is when the execution starts on a virtual clock; default now, or 2025-01-01T00:00:00Z when Seed is set.
	StartTime time.Time
	// Seed, when not 0, makes the execution deterministic: jitter, UUIDs and random numbers come from it, and tasks run one
	// after the other in the order in which they were scheduled. Two runs then have the same history, if the handlers answer
	// the same.
	Seed uint64

	// OnDecision, when set, is called with every Decision at once, from one goroutine; it must not block.
	OnDecision func(Decision)
	// OnEvent, when set, is called with every event of the history at once, from one goroutine; it must not block.
	OnEvent func(Event)
	Limits  Limits
}

// region is the region in StateMachineArn.
func (o *Options) region() string {
	if parts := strings.SplitN(o.StateMachineArn, ":", 5); len(parts) == 5 && parts[3] != "" {
		return parts[3]
	}
	return "us-east-1"
}

// WorkflowType is the type of a state machine.
type WorkflowType string

// The workflow types.
const (
	Standard WorkflowType = "STANDARD"
	Express  WorkflowType = "EXPRESS"
)

// Clock is how time passes for an execution.
type Clock uint8

const (
	// VirtualClock stands still while anything can be done, and jumps to the next timer when nothing can.
	VirtualClock Clock = iota
	// RealClock is the computer's clock.
	RealClock
)

// Limits are the quotas of Step Functions (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html).
// A zero field is AWS's own quota for the workflow's type.
type Limits struct {
	PayloadBytes         int           // of an input, output or result, as UTF-8; 262,144
	HistoryEvents        int           // 25,000; of Express none on AWS, here 1,000,000, since a loop may take no time on a virtual clock
	Duration             time.Duration // of an execution; one year, of Express five minutes
	InlineMapConcurrency int           // iterations of an inline Map at the same time; 40

	// AssignBytes is the size of a variable, and of all that one state assigns; 262,144. VariableBytes is the size of all variables of
	// an execution; 10,485,760.
	AssignBytes   int
	VariableBytes int
}

// AWS's quotas.
const (
	DefaultPayloadBytes         = 262_144
	DefaultHistoryEvents        = 25_000
	DefaultDuration             = 365 * 24 * time.Hour
	DefaultExpressEvents        = 1_000_000
	DefaultExpressDuration      = 5 * time.Minute
	DefaultInlineMapConcurrency = 40
	DefaultMapRunConcurrency    = 10_000

	DefaultAssignBytes   = 262_144
	DefaultVariableBytes = 10_485_760
)

func (l Limits) withDefaults(t WorkflowType) Limits {
	if l.HistoryEvents == 0 && t == Express {
		l.HistoryEvents = DefaultExpressEvents
	}
	if l.Duration == 0 && t == Express {
		l.Duration = DefaultExpressDuration
	}
	if l.PayloadBytes == 0 {
		l.PayloadBytes = DefaultPayloadBytes
	}
	if l.HistoryEvents == 0 {
		l.HistoryEvents = DefaultHistoryEvents
	}
	if l.Duration == 0 {
		l.Duration = DefaultDuration
	}
	if l.InlineMapConcurrency == 0 {
		l.InlineMapConcurrency = DefaultInlineMapConcurrency
	}
	if l.AssignBytes == 0 {
		l.AssignBytes = DefaultAssignBytes
	}
	if l.VariableBytes == 0 {
		l.VariableBytes = DefaultVariableBytes
	}
	return l
}

// Status is how an execution ended.
type Status string

// The statuses of an ended execution.
const (
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
	TimedOut  Status = "TIMED_OUT"
	Aborted   Status = "ABORTED"
)

// Execution is an execution that has ended.
type Execution struct {
	Name         string
	ExecutionArn string
	Status       Status
	Input        value.Value
	Output       value.Value // of a SUCCEEDED one, else nil
	Error        string      // of a FAILED one; of an ABORTED one what StopExecution gave; empty when there is none
	Cause        string
	History      []Event
	StartTime    time.Time
	StopTime     time.Time
	RedriveCount int       // how often Redrive went on with it
	RedriveTime  time.Time // when it did so last; zero for never

	resume *resumption // of one that did not succeed
}

// StopExecution, as the cause of a context's end (context.WithCancelCause), aborts an execution with an error and a cause,
// as the StopExecution API does.
type StopExecution struct {
	ErrorName string
	Cause     string
}

func (s *StopExecution) Error() string { return "execution stopped: " + s.ErrorName + ": " + s.Cause }
