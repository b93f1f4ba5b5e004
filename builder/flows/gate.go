package flows

import (
	"fmt"
	"slices"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

// Gate lets calls to models through at the rate of a quota, before they are made, so that throttled calls and their retries are
// rare. For each model an item of a DynamoDB table holds when the next call may be made; a call takes that time, moves it on by
// the interval, and waits until it has come (virtual scheduling, the generic cell rate algorithm). Retries alone do the same work
// at the price of many calls that are refused, and of those whose attempts are used up before their turn comes.
//
// A call takes two transitions and one request to DynamoDB more. When DynamoDB fails the call is made at once: the model's own
// throttling and the task's retriers are still there.
type Gate struct {
	Table    string        // name of the table, or a substitution for it; its key is the string attribute id
	Interval time.Duration // between two calls of a model: a minute through its requests per minute, and a little more
	// Millis is a substitution for the interval in milliseconds, in place of Interval: a quota is the account's, not the flow's.
	Millis string
	// Burst is how many calls may be made at once after a pause.
	Burst int
	// ID names the item of a task; nil: gates of the same ModelId share an item.
	ID func(*asl.TaskState) string
}

// Put puts the gate's states in front of every task of the machine that calls a model on Amazon Bedrock, also within Maps and
// Parallels. For the task T they are TSlot, TFirst and TTurn. The states are in JSONata, which knows the time; what they pass on is
// the input as it is. It returns how many tasks there are.
func (g Gate) Put(m *asl.Machine) (int, error) {
	if g.Millis == "" && g.Interval < time.Millisecond {
		return 0, fmt.Errorf("the gate's interval is %v; it takes a millisecond at least", g.Interval)
	}
	p := gating{Gate: g, taken: map[string]bool{}}
	asl.Walk(m, func(_ *asl.Scope, s asl.State) { p.taken[s.Common().Name] = true })
	m.StartAt, m.States = p.states(m.StartAt, m.States)
	return p.tasks, p.err
}

// gating is one run of Put.
type gating struct {
	Gate
	taken map[string]bool // names of states
	tasks int
	err   error
}

// states puts gates into a list of states, and returns it with the state to start at.
func (p *gating) states(startAt string, list []asl.State) (string, []asl.State) {
	entries := map[string]string{} // of the gated tasks
	var all []asl.State
	for _, s := range list {
		switch s := s.(type) {
		case *asl.ParallelState:
			for _, b := range s.Branches {
				b.StartAt, b.States = p.states(b.StartAt, b.States)
			}
		case *asl.MapState:
			if processor := s.IterationProcessor(); processor != nil {
				processor.StartAt, processor.States = p.states(processor.StartAt, processor.States)
			}
		case *asl.TaskState:
			if isModelCall(s) {
				gate := p.gate(s)
				entries[s.Name] = gate[0].Common().Name
				all = append(all, gate...)
				p.tasks++
			}
		}
		all = append(all, s)
	}
	lead := func(name *string) {
		if entry, ok := entries[*name]; ok {
			*name = entry
		}
	}
	for _, s := range list { // not those of the gates
		redirect(s, lead)
	}
	lead(&startAt)
	return startAt, all
}

func isModelCall(s *asl.TaskState) bool {
	return slices.Contains([]string{
		"arn:aws:states:::bedrock:invokeModel", "arn:aws:states:::aws-sdk:bedrockruntime:invokeModel", "arn:aws:states:::aws-sdk:bedrockruntime:converse",
	}, s.Resource)
}

// redirect gives every name of a following state to lead.
func redirect(s asl.State, lead func(*string)) {
	catch := func(list []asl.Catcher) {
		for i := range list {
			lead(&list[i].Next)
		}
	}
	switch s := s.(type) {
	case *asl.PassState:
		lead(&s.Next)
	case *asl.TaskState:
		lead(&s.Next)
		catch(s.Catch)
	case *asl.ChoiceState:
		lead(&s.Default)
		for i := range s.Choices {
			lead(&s.Choices[i].Next)
		}
	case *asl.WaitState:
		lead(&s.Next)
	case *asl.ParallelState:
		lead(&s.Next)
		catch(s.Catch)
	case *asl.MapState:
		lead(&s.Next)
		catch(s.Catch)
	}
}

// gateSlot is the variable with the time of the call, in milliseconds since 1970.
const gateSlot = "gateSlot"

// The names of the error that a condition of DynamoDB gives: of the SDK integration, and of the optimized one.
var conditionFailed = []string{"DynamoDb.ConditionalCheckFailedException", "DynamoDB.ConditionalCheckFailedException"}

// gate is the states before one task.
func (p *gating) gate(task *asl.TaskState) []asl.State {
	name := func(suffix string) string {
		full := task.Name + suffix
		if p.taken[full] && p.err == nil {
			p.err = fmt.Errorf("the machine has a state %s already", full)
		}
		p.taken[full] = true
		return full
	}
	slot, first, turn := name("Slot"), name("First"), name("Turn")
	id := modelOf(task)
	if p.ID != nil {
		id = p.ID(task)
	}
	interval := fmt.Sprint(p.Interval.Milliseconds())
	expression := interval
	if p.Millis != "" {
		interval, expression = p.Millis, "$number('"+p.Millis+"')" // an expression also before it is substituted
	}
	// The item holds when the call after the next Burst ones may be made: the theoretical arrival time of the algorithm. A call may
	// come before it by what the burst allows.
	ahead := fmt.Sprintf("%d * %s", max(0, p.Burst-1), expression)
	common := asl.StateFields{QueryLanguage: asl.JSONata}
	keep := asl.Assignment{Output: value.String("{% $states.input %}")}
	update := func(state, expression, condition string, values *value.Object, assign *value.Object, next, conflict string) *asl.TaskState {
		s := &asl.TaskState{
			StateFields: common, Resource: "arn:aws:states:::aws-sdk:dynamodb:updateItem", TimeoutSeconds: asl.NumberOf(10),
			Arguments: object(
				"TableName", p.Table, "Key", object("id", object("S", id)),
				"UpdateExpression", expression, "ConditionExpression", condition, "ExpressionAttributeValues", values, "ReturnValues", "UPDATED_OLD",
			),
			Assignment: asl.Assignment{Assign: assign, Output: keep.Output},
			ErrorHandling: asl.ErrorHandling{
				Retry: []asl.Retrier{
					{ErrorEquals: conditionFailed, MaxAttempts: asl.NumberOf(0)},
					{ErrorEquals: []string{"States.TaskFailed"}, IntervalSeconds: asl.NumberOf(1), MaxAttempts: asl.NumberOf(3), BackoffRate: asl.NumberOf(2), MaxDelaySeconds: asl.NumberOf(5), JitterStrategy: "FULL"},
				},
				Catch: []asl.Catcher{
					{ErrorEquals: conditionFailed, Next: conflict, Assignment: keep},
					{ErrorEquals: []string{"States.ALL"}, Next: task.Name, Assignment: keep}, // without a gate
				},
			},
			Transition: asl.Transition{Next: next},
		}
		s.Name = state
		return s
	}
	// Others wait already: behind them.
	behind := update(slot, "SET nextCall = nextCall + :interval", "nextCall > :now",
		object(":interval", object("N", interval), ":now", object("N", "{% $string($millis()) %}")),
		object(gateSlot, fmt.Sprintf("{%% $number($states.result.Attributes.nextCall.N) - %s %%}", ahead)), turn, first)
	// Nobody waits: now. Somebody else may have come in between.
	atOnce := update(first, "SET nextCall = :next", "attribute_not_exists(nextCall) OR nextCall <= :now",
		object(":next", object("N", fmt.Sprintf("{%% $string($millis() + %s) %%}", expression)), ":now", object("N", "{% $string($millis()) %}")),
		nil, task.Name, slot)
	wait := &asl.WaitState{
		StateFields: common, Timestamp: "{% $fromMillis($" + gateSlot + ") %}", Transition: asl.Transition{Next: task.Name},
	}
	wait.Name = turn
	return []asl.State{behind, atOnce, wait}
}

// modelOf is the ModelId of a task, as far as it stands in the definition.
func modelOf(task *asl.TaskState) string {
	for _, parameters := range []value.Value{task.Parameters, task.Arguments} {
		if o, ok := parameters.(*value.Object); ok {
			if v, ok := o.Get("ModelId"); ok {
				if id, ok := v.(value.String); ok {
					return string(id)
				}
			}
		}
	}
	return "model"
}

// object makes an object of names and values, which are strings or objects.
func object(pairs ...any) *value.Object {
	var members []value.Member
	for i := 0; i < len(pairs); i += 2 {
		m := value.Member{Name: pairs[i].(string)}
		switch v := pairs[i+1].(type) {
		case string:
			m.Value = value.String(v)
		case *value.Object:
			m.Value = v
		}
		members = append(members, m)
	}
	return value.NewObject(members...)
}
