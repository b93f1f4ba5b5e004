package delivery

import (
	"time"

	"github.com/docflow-asl/docflow/tasks/trigger"
)

// Options say what happens. Shares and chances are from 0 to 1.
type Options struct {
	Seed    uint64
	Uploads int
	// Arrivals gives the time of each upload, after the start, in order. nil: Mean apart on average.
	Arrivals func(i int) time.Duration
	Mean     time.Duration

	Faults
	Path Path

	Batch      int           // messages of a batch, at most
	Visibility time.Duration // time-out
	MaxReceive int           // before the dead-letter queue
	Redrive    time.Duration // after which the messages of the dead-letter queue go back
	Pollers    int           // invocations at the same time

	// StartRate and StartBurst are the token bucket of StartExecution, per second. 0: none.
	StartRate, StartBurst float64

	KeepNames bool

	// ReadAfter is how long after its start an execution reads its document, on average; then it ends. Payload makes what the function
	// that reads it gets of the input of the execution; nil: what the document pipeline gives it.
	ReadAfter time.Duration
	Payload   func(input string) string
	// External tells that whoever takes the starts also says when documents are read and executions end (Model.Read, Model.End).
	External bool

	// Wrap, if not nil, stands between the function and StartExecution.
	Wrap func(trigger.SFNAPI) trigger.SFNAPI
}

// Path is how events come to the function.
type Path string

// The paths.
const (
	AllPaths Path = ""
	Queued   Path = "queue" // through SQS
	Called   Path = "call"  // EventBridge calls the function
)

// Faults are what can go wrong, each by its share.
type Faults struct {
	Duplicates  float64       `json:"duplicates"`  // of the events of uploads that are repetitions
	Delay       time.Duration `json:"delay"`       // of an event, on average; what reorders them
	Together    float64       `json:"together"`    // chance that an event shares the message of the one before
	Overwrites  float64       `json:"overwrites"`  // uploads to a key that there was
	Deletes     float64       `json:"deletes"`     // uploads that are deleted soon after
	Tests       float64       `json:"tests"`       // messages that are S3's test event
	Broken      float64       `json:"broken"`      // messages with a record that nobody can read
	Redelivery  float64       `json:"redelivery"`  // messages that SQS delivers again although they were deleted
	CrashBefore float64       `json:"crashBefore"` // chance at each StartExecution
	CrashAfter  float64       `json:"crashAfter"`
	Throttle    float64       `json:"throttle"`
	LostAnswer  float64       `json:"lostAnswer"` // executions that start while the caller sees an error
}

// Rough is what a bad day looks like: 30 % of all events, with those of deletions, are duplicates, and each tenth call has a fault.
func Rough() Faults {
	return Faults{
		Duplicates: 0.33, Delay: 5 * time.Second, Together: 0.2, Overwrites: 0.2, Deletes: 0.1, Tests: 0.005, Broken: 0.005,
		Redelivery: 0.02, CrashBefore: 0.01, CrashAfter: 0.01, Throttle: 0.1, LostAnswer: 0.01,
	}
}

func (o Options) withDefaults() Options {
	set := func(to *time.Duration, d time.Duration) {
		if *to == 0 {
			*to = d
		}
	}
	number := func(to *int, n int) {
		if *to == 0 {
			*to = n
		}
	}
	set(&o.Mean, 50*time.Millisecond)
	set(&o.Visibility, 6*time.Minute)
	set(&o.Redrive, 30*time.Minute)
	set(&o.ReadAfter, 10*time.Second)
	number(&o.Batch, 10)
	number(&o.MaxReceive, 5)
	number(&o.Pollers, 10)
	return o
}
