package flows

import (
	"fmt"
	"regexp"
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
// Put gates every call; PutBefore gates a state once, for so many calls as follow from it. With the first alone all documents wait in
// turn for each of their calls, and are all done late. With the second, before the calls of a document, one that was let in is
// finished before those begin that came later; with that alone calls of several documents still meet. Both together are the best.
//
// A gate takes two transitions and one request to DynamoDB more. When DynamoDB fails the call is made at once: the model's own
// throttling and the task's retriers are still there. Waiting costs nothing on AWS, but the machine's TimeoutSeconds has to be longer
// than the longest backlog: an execution that is timed out leaves no record.
type Gate struct {
	Table    string        // name of the table, or a substitution for it; its key is the string attribute id
	Interval time.Duration // between two calls of a model: a minute through its requests per minute, and a little more
	// Millis is a substitution for the interval in milliseconds, in place of Interval: a quota is the account's, not the flow's.
	Millis string
	// Burst is how many calls may be made at once after a pause.
	Burst int
	// ID names the item of the table; empty: that of a call is called as its ModelId, that of another state "model".
	ID string
}

// Put puts the gate's states in front of every task of the machine that calls a model on Amazon Bedrock, also within Maps and
// Parallels. For the task T they are TSlot, TFirst and TTurn. The states are in JSONata, which knows the time; what they pass on is
// the input as it is. It returns how many tasks there are.
func (g Gate) Put(m *asl.Machine) (int, error) {
	return g.put(m, isModelCall, "1")
}

// PutBefore puts the gate's states in front of the state of that name. They take the time of so many calls as the JSONata expression
// says, such as "$states.input.chunkCount + 3", and wait for the first of them.
func (g Gate) PutBefore(m *asl.Machine, state, calls string) error {
	n, err := g.put(m, func(s asl.State) bool { return s.Common().Name == state }, calls)
	if err == nil && n == 0 {
		err = fmt.Errorf("there is no state %s", state)
	}
	return err
}

func (g Gate) put(m *asl.Machine, which func(asl.State) bool, calls string) (int, error) {
	if g.Millis == "" && g.Interval < time.Millisecond {
		return 0, fmt.Errorf("the gate's interval is %v; it takes a millisecond at least", g.Interval)
	}
	p := gating{Gate: g, which: which, calls: calls, taken: map[string]bool{}}
	asl.Walk(m, func(_ *asl.Scope, s asl.State) { p.taken[s.Common().Name] = true })
	m.StartAt, m.States = p.states(m.StartAt, m.States)
	return p.gates, p.err
}

// gating is one run of Put or PutBefore.
type gating struct {
	Gate
	which func(asl.State) bool
	calls string          // that a gate is for, in JSONata
	taken map[string]bool // names of states
	gates int
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
		}
		if p.which(s) {
			gate := p.gate(s)
			entries[s.Common().Name] = gate[0].Common().Name
			all = append(all, gate...)
			p.gates++
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

func isModelCall(s asl.State) bool {
	task, ok := s.(*asl.TaskState)
	return ok && slices.Contains([]string{
		"arn:aws:states:::bedrock:invokeModel", "arn:aws:states:::aws-sdk:bedrockruntime:invokeModel", "arn:aws:states:::aws-sdk:bedrockruntime:converse",
	}, task.Resource)
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

// slotVariable is the variable with the time of the call, in milliseconds since 1970. Each gate has its own: within a Map or Parallel
// a variable of the machine around it cannot be assigned.
func slotVariable(state string) string {
	return "slot_" + notInVariables.ReplaceAllString(state, "_")
}

var notInVariables = regexp.MustCompile(`[^0-9A-Za-z_]`)

// The names of the error that a condition of DynamoDB gives: of the SDK integration, and of the optimized one.
var conditionFailed = []string{"DynamoDb.ConditionalCheckFailedException", "DynamoDB.ConditionalCheckFailedException"}

// gate is the states before one state.
func (p *gating) gate(before asl.State) []asl.State {
	target := before.Common().Name
	name := func(suffix string) string {
		full := target + suffix
		if p.taken[full] && p.err == nil {
			p.err = fmt.Errorf("the machine has a state %s already", full)
		}
		p.taken[full] = true
		return full
	}
	slot, first, turn := name("Slot"), name("First"), name("Turn")
	id := p.ID
	if id == "" {
		id = modelOf(before)
	}
	// An expression also before it is substituted.
	interval := fmt.Sprint(p.Interval.Milliseconds())
	if p.Millis != "" {
		interval = "$number('" + p.Millis + "')"
	}
	span := interval    // of all the calls
	if p.calls != "1" { // $ceil, since DynamoDB holds milliseconds
		span = "$ceil(" + interval + " * (" + p.calls + "))"
	}
	// The item holds when the call after the next Burst ones may be made: the theoretical arrival time of the algorithm. A call may
	// come before it by what the burst allows.
	ahead := ""
	if p.Burst > 1 {
		ahead = fmt.Sprintf(" - %d * %s", p.Burst-1, interval)
	}
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
					{ErrorEquals: []string{"States.ALL"}, Next: target, Assignment: keep}, // without a gate
				},
			},
			Transition: asl.Transition{Next: next},
		}
		s.Name = state
		return s
	}
	// Others wait already: behind them.
	behind := update(slot, "SET nextCall = nextCall + :interval", "nextCall > :now",
		object(":interval", object("N", digits(span)), ":now", object("N", digits("$millis()"))),
		object(slotVariable(target), fmt.Sprintf("{%% $number($states.result.Attributes.nextCall.N)%s %%}", ahead)), turn, first)
	// Nobody waits: now. Somebody else may have come in between.
	atOnce := update(first, "SET nextCall = :next", "attribute_not_exists(nextCall) OR nextCall <= :now",
		object(":next", object("N", digits("$millis() + "+span)), ":now", object("N", digits("$millis()"))),
		nil, target, slot)
	wait := &asl.WaitState{
		StateFields: common, Timestamp: "{% $fromMillis($" + slotVariable(target) + ") %}", Transition: asl.Transition{Next: target},
	}
	wait.Name = turn
	return []asl.State{behind, atOnce, wait}
}

// digits is an expression's integer as text, whatever its size: $string may give a large number an exponent.
func digits(expression string) string { return "{% $formatBase(" + expression + ", 10) %}" }

// modelOf is the ModelId of a task, as far as it stands in the definition.
func modelOf(s asl.State) string {
	task, ok := s.(*asl.TaskState)
	if !ok {
		return "model"
	}
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
