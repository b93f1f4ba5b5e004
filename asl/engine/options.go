package engine

import (
	"cmp"
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

// Limits are the quotas of Step Functions (https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html), and what
// keeps an execution from taking all of a computer, which AWS has no need of. A zero field is AWS's own quota for the workflow's
// type, or the default that it names.
type Limits struct {
	PayloadBytes         int           // of an input, output or result, as UTF-8; 262,144
	HistoryEvents        int           // 25,000; of Express none on AWS, here 500,000, since a loop may take no time on a virtual clock
	Duration             time.Duration // of an execution; one year, of Express five minutes
	InlineMapConcurrency int           // iterations of an inline Map at the same time; 40

	// AssignBytes is the size of a variable, and of all that one state assigns: 262,144. VariableBytes is the size of all variables of
	// an execution together: 10,485,760 (https://docs.aws.amazon.com/step-functions/latest/dg/workflow-variables.html). Beyond
	// them a state fails with States.DataLimitExceeded.
	AssignBytes   int
	VariableBytes int

	// The limits below are not AWS's. An execution that reaches one fails with States.Runtime, whatever it catches or tolerates.

	// MemoryBytes is the memory that the data of an execution may take: its history, variables, and the items, results and child
	// executions of its Maps. 134,217,728. What values share counts once: ten thousand states that pass on a document of 200 KB
	// hold it once, but ten thousand that make a new one each hold 2 GB. It is looked at now and then, so that an execution
	// may hold half as much again for a while.
	MemoryBytes int
	// WriteBytes is how much the ResultWriters of an execution may write together: 268,435,456; each of them no more than MemoryBytes.
	WriteBytes int
	// Steps is how many steps JSONata expressions and JSONPaths may take, of roughly 50 ns each, in the whole execution and its child
	// executions; every event adds 20. 20,000,000.
	Steps int
	// ChildEvents is how many events the child executions of distributed Maps may have together; nobody keeps them. 5,000,000.
	ChildEvents int
	// NestedDepth is how deep executions may start executions in each other, and NestedExecutions how many there may be within one
	// (see Machines). 200 and 100,000. The Task that would start one more fails with States.Runtime.
	NestedDepth      int
	NestedExecutions int
}

// The defaults of Limits.
const (
	DefaultPayloadBytes         = 262_144
	DefaultHistoryEvents        = 25_000
	DefaultDuration             = 365 * 24 * time.Hour
	DefaultExpressEvents        = 500_000
	DefaultExpressDuration      = 5 * time.Minute
	DefaultInlineMapConcurrency = 40
	DefaultMapRunConcurrency    = 10_000
	DefaultAssignBytes          = 262_144
	DefaultVariableBytes        = 10 << 20
	DefaultMemoryBytes          = 128 << 20
	DefaultWriteBytes           = 256 << 20
	DefaultSteps                = 20_000_000
	DefaultChildEvents          = 5_000_000
	DefaultNestedDepth          = 200
	DefaultNestedExecutions     = 100_000
)

func (l Limits) withDefaults(t WorkflowType) Limits {
	if t == Express {
		l.HistoryEvents = cmp.Or(l.HistoryEvents, DefaultExpressEvents)
		l.Duration = cmp.Or(l.Duration, DefaultExpressDuration)
	}
	l.PayloadBytes = cmp.Or(l.PayloadBytes, DefaultPayloadBytes)
	l.HistoryEvents = cmp.Or(l.HistoryEvents, DefaultHistoryEvents)
	l.Duration = cmp.Or(l.Duration, DefaultDuration)
	l.InlineMapConcurrency = cmp.Or(l.InlineMapConcurrency, DefaultInlineMapConcurrency)
	l.AssignBytes = cmp.Or(l.AssignBytes, DefaultAssignBytes)
	l.VariableBytes = cmp.Or(l.VariableBytes, DefaultVariableBytes)
	l.MemoryBytes = cmp.Or(l.MemoryBytes, DefaultMemoryBytes)
	l.WriteBytes = cmp.Or(l.WriteBytes, DefaultWriteBytes)
	l.Steps = cmp.Or(l.Steps, DefaultSteps)
	l.ChildEvents = cmp.Or(l.ChildEvents, DefaultChildEvents)
	l.NestedDepth = cmp.Or(l.NestedDepth, DefaultNestedDepth)
	l.NestedExecutions = cmp.Or(l.NestedExecutions, DefaultNestedExecutions)
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
