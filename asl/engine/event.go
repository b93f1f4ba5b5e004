package engine

import (
	"strconv"
	"time"

	"github.com/docflow-asl/docflow/asl/value"
)

// Event is one entry of an execution's history, in the shape of the HistoryEvent of GetExecutionHistory
// (https://docs.aws.amazon.com/step-functions/latest/apireference/API_HistoryEvent.html).
// Its JSON is what the API gives: {"timestamp", "type", "id", "previousEventId", "…EventDetails": {…}}, the timestamp in
// seconds since 1970 with milliseconds.
type Event struct {
	ID              int64 // from 1
	PreviousEventID int64 // 0 for none
	Timestamp       time.Time
	Type            EventType
	Details         EventDetails // nil when the type has none, as for LambdaFunctionStarted
}

// EventType is the type field of an event.
type EventType string

// The event types whose names do not depend on a state's type. A state adds its own: PassStateEntered, TaskStateExited,
// WaitStateAborted and so on.
const (
	ExecutionStarted        EventType = "ExecutionStarted"
	ExecutionSucceeded      EventType = "ExecutionSucceeded"
	ExecutionFailed         EventType = "ExecutionFailed"
	ExecutionAborted        EventType = "ExecutionAborted"
	ExecutionTimedOut       EventType = "ExecutionTimedOut"
	TaskScheduled           EventType = "TaskScheduled"
	TaskStarted             EventType = "TaskStarted"
	TaskSubmitted           EventType = "TaskSubmitted"
	TaskSucceeded           EventType = "TaskSucceeded"
	TaskFailed              EventType = "TaskFailed"
	TaskTimedOut            EventType = "TaskTimedOut"
	LambdaFunctionScheduled EventType = "LambdaFunctionScheduled"
	LambdaFunctionStarted   EventType = "LambdaFunctionStarted"
	LambdaFunctionSucceeded EventType = "LambdaFunctionSucceeded"
	LambdaFunctionFailed    EventType = "LambdaFunctionFailed"
	LambdaFunctionTimedOut  EventType = "LambdaFunctionTimedOut"
	ActivityScheduled       EventType = "ActivityScheduled"
	ActivityStarted         EventType = "ActivityStarted"
	ActivitySucceeded       EventType = "ActivitySucceeded"
	ActivityFailed          EventType = "ActivityFailed"
	ActivityTimedOut        EventType = "ActivityTimedOut"
	ParallelStateStarted    EventType = "ParallelStateStarted"
	ParallelStateSucceeded  EventType = "ParallelStateSucceeded"
	ParallelStateFailed     EventType = "ParallelStateFailed"
	MapStateStarted         EventType = "MapStateStarted"
	MapStateSucceeded       EventType = "MapStateSucceeded"
	MapStateFailed          EventType = "MapStateFailed"
	MapIterationStarted     EventType = "MapIterationStarted"
	MapIterationSucceeded   EventType = "MapIterationSucceeded"
	MapIterationFailed      EventType = "MapIterationFailed"
	MapIterationAborted     EventType = "MapIterationAborted"
	MapRunStarted           EventType = "MapRunStarted"
	MapRunSucceeded         EventType = "MapRunSucceeded"
	MapRunFailed            EventType = "MapRunFailed"
	MapRunRedriven          EventType = "MapRunRedriven"
	ExecutionRedriven       EventType = "ExecutionRedriven"
	EvaluationFailed        EventType = "EvaluationFailed"
)

// EventDetails is one of the details structs below.
type EventDetails interface {
	// member is the name of the event's member that holds the details, given the event's type.
	member(t EventType) string
	appendJSON(dst []byte) []byte
}

// StartedDetails are executionStartedEventDetails.
type StartedDetails struct {
	Input   value.Value
	RoleArn string
}

// EnteredDetails are stateEnteredEventDetails.
type EnteredDetails struct {
	Name  string
	Input value.Value
}

// ExitedDetails are stateExitedEventDetails. Assigned holds the variables that the state set, in order.
type ExitedDetails struct {
	Name     string
	Output   value.Value
	Assigned []value.Member
}

// ScheduledDetails are taskScheduled-, lambdaFunctionScheduled- and activityScheduledEventDetails.
type ScheduledDetails struct {
	ResourceType     string // of an integration: lambda, aws-sdk:s3; empty for Lambda functions and activities
	Resource         string // of an integration: invoke, startExecution.sync; else the ARN
	Region           string // of an integration only
	Input            value.Value
	TimeoutSeconds   int64       // 0 when the state sets none
	HeartbeatSeconds int64       // 0 when the state sets none
	Credentials      value.Value // nil when the state sets none
}

// ResourceDetails are taskStartedEventDetails.
type ResourceDetails struct {
	ResourceType string
	Resource     string
}

// OutputDetails are the details of a success (of the execution, of a task) and of TaskSubmitted.
type OutputDetails struct {
	ResourceType string // of an integration only
	Resource     string // of an integration only
	Output       value.Value
}

// FailureDetails are the details of a failure, a time-out or an abort.
type FailureDetails struct {
	ResourceType string // of an integration only
	Resource     string // of an integration only
	Error        *string
	Cause        *string
}

// MapStartedDetails are mapStateStartedEventDetails.
type MapStartedDetails struct {
	Length int
}

// IterationDetails are the details of the MapIteration… events.
type IterationDetails struct {
	Name  string // the Map state's
	Index int    // from 0
}

// MapRunDetails are mapRunStartedEventDetails.
type MapRunDetails struct {
	MapRunArn string
}

// EvaluationFailedDetails are evaluationFailedEventDetails.
type EvaluationFailedDetails struct {
	Error    string
	Cause    string
	Location string // of the field in the state, such as Output/result; empty when there is none
	State    string
}

// WorkerDetails are activityStartedEventDetails.
type WorkerDetails struct {
	WorkerName string
}

func (*StartedDetails) member(EventType) string          { return "executionStartedEventDetails" }
func (*EnteredDetails) member(EventType) string          { return "stateEnteredEventDetails" }
func (*ExitedDetails) member(EventType) string           { return "stateExitedEventDetails" }
func (*ScheduledDetails) member(t EventType) string      { return typeMember(t) }
func (*ResourceDetails) member(t EventType) string       { return typeMember(t) }
func (*OutputDetails) member(t EventType) string         { return typeMember(t) }
func (*FailureDetails) member(t EventType) string        { return typeMember(t) }
func (*MapStartedDetails) member(EventType) string       { return "mapStateStartedEventDetails" }
func (*IterationDetails) member(t EventType) string      { return typeMember(t) }
func (*MapRunDetails) member(t EventType) string         { return typeMember(t) }
func (*EvaluationFailedDetails) member(EventType) string { return "evaluationFailedEventDetails" }
func (*WorkerDetails) member(t EventType) string         { return typeMember(t) }

// typeMember is the rule by which the API names most members: TaskFailed has taskFailedEventDetails.
func typeMember(t EventType) string {
	return string(t[0]-'A'+'a') + string(t[1:]) + "EventDetails"
}

// MarshalJSON gives the event as GetExecutionHistory does.
func (e Event) MarshalJSON() ([]byte, error) {
	dst := make([]byte, 0, 256)
	dst = append(dst, `{"timestamp":`...)
	dst = appendSeconds(dst, e.Timestamp)
	dst = append(dst, `,"type":"`...)
	dst = append(dst, e.Type...)
	dst = append(dst, `","id":`...)
	dst = strconv.AppendInt(dst, e.ID, 10)
	dst = append(dst, `,"previousEventId":`...)
	dst = strconv.AppendInt(dst, e.PreviousEventID, 10)
	if e.Details != nil {
		dst = append(dst, ',', '"')
		dst = append(dst, e.Details.member(e.Type)...)
		dst = append(dst, '"', ':')
		dst = e.Details.appendJSON(dst)
	}
	return append(dst, '}'), nil
}

// appendSeconds writes a time as the API does: seconds since 1970 with up to three decimals.
func appendSeconds(dst []byte, t time.Time) []byte {
	return strconv.AppendFloat(dst, float64(t.UnixMilli())/1000, 'f', -1, 64)
}

// members writes the members of one JSON object.
type members struct {
	dst []byte
}

func (m *members) name(name string) {
	if m.dst[len(m.dst)-1] != '{' {
		m.dst = append(m.dst, ',')
	}
	m.dst = append(m.dst, '"')
	m.dst = append(m.dst, name...)
	m.dst = append(m.dst, '"', ':')
}

func (m *members) text(name, text string) {
	m.name(name)
	m.dst = value.Append(m.dst, value.String(text))
}

func (m *members) textIfAny(name, text string) {
	if text != "" {
		m.text(name, text)
	}
}

func (m *members) optional(name string, text *string) {
	if text != nil {
		m.text(name, *text)
	}
}

func (m *members) int(name string, n int64) {
	m.name(name)
	m.dst = strconv.AppendInt(m.dst, n, 10)
}

func (m *members) intIfAny(name string, n int64) {
	if n != 0 {
		m.int(name, n)
	}
}

// data writes a value as JSON text in a string, and the "…Details" member that says that the text is whole.
func (m *members) data(name string, v value.Value) {
	if v == nil {
		return
	}
	m.text(name, value.Text(v))
	m.name(name + "Details")
	m.dst = append(m.dst, `{"truncated":false}`...)
}

func object(dst []byte, fill func(m *members)) []byte {
	m := members{append(dst, '{')}
	fill(&m)
	return append(m.dst, '}')
}

func (d *StartedDetails) appendJSON(dst []byte) []byte {
	return object(dst, func(m *members) {
		m.data("input", d.Input)
		m.text("roleArn", d.RoleArn)
	})
}

func (d *EnteredDetails) appendJSON(dst []byte) []byte {
	return object(dst, func(m *members) {
		m.text("name", d.Name)
		m.data("input", d.Input)
	})
}

func (d *ExitedDetails) appendJSON(dst []byte) []byte {
	return object(dst, func(m *members) {
		m.text("name", d.Name)
		m.data("output", d.Output)
		if len(d.Assigned) == 0 {
			return
		}
		m.name("assignedVariables")
		m.dst = object(m.dst, func(m *members) {
			for _, v := range d.Assigned {
				m.text(v.Name, value.Text(v.Value))
			}
		})
		m.name("assignedVariablesDetails")
		m.dst = append(m.dst, `{"truncated":false}`...)
	})
}

func (d *ScheduledDetails) appendJSON(dst []byte) []byte {
	return object(dst, func(m *members) {
		m.textIfAny("resourceType", d.ResourceType)
		m.text("resource", d.Resource)
		if d.ResourceType != "" {
			m.text("region", d.Region)
			m.text("parameters", value.Text(d.Input))
		} else {
			m.data("input", d.Input)
		}
		m.intIfAny("timeoutInSeconds", d.TimeoutSeconds)
		m.intIfAny("heartbeatInSeconds", d.HeartbeatSeconds)
		if d.Credentials != nil {
			m.name("taskCredentials")
			m.dst = object(m.dst, func(m *members) {
				if c, ok := d.Credentials.(*value.Object); ok {
					if arn, ok := c.Get("RoleArn"); ok {
						m.name("roleArn")
						m.dst = value.Append(m.dst, arn)
					}
				}
			})
		}
	})
}

func (d *ResourceDetails) appendJSON(dst []byte) []byte {
	return object(dst, func(m *members) {
		m.text("resourceType", d.ResourceType)
		m.text("resource", d.Resource)
	})
}

func (d *OutputDetails) appendJSON(dst []byte) []byte {
	return object(dst, func(m *members) {
		m.textIfAny("resourceType", d.ResourceType)
		m.textIfAny("resource", d.Resource)
		m.data("output", d.Output)
	})
}

func (d *FailureDetails) appendJSON(dst []byte) []byte {
	return object(dst, func(m *members) {
		m.textIfAny("resourceType", d.ResourceType)
		m.textIfAny("resource", d.Resource)
		m.optional("error", d.Error)
		m.optional("cause", d.Cause)
	})
}

func (d *MapStartedDetails) appendJSON(dst []byte) []byte {
	return object(dst, func(m *members) { m.int("length", int64(d.Length)) })
}

func (d *IterationDetails) appendJSON(dst []byte) []byte {
	return object(dst, func(m *members) {
		m.text("name", d.Name)
		m.int("index", int64(d.Index))
	})
}

func (d *MapRunDetails) appendJSON(dst []byte) []byte {
	return object(dst, func(m *members) { m.text("mapRunArn", d.MapRunArn) })
}

func (d *EvaluationFailedDetails) appendJSON(dst []byte) []byte {
	return object(dst, func(m *members) {
		m.text("error", d.Error)
		m.text("cause", d.Cause)
		m.textIfAny("location", d.Location)
		m.text("state", d.State)
	})
}

func (d *WorkerDetails) appendJSON(dst []byte) []byte {
	return object(dst, func(m *members) { m.text("workerName", d.WorkerName) })
}
