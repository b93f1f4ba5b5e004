package engine

import (
	"context"
	"regexp"
	"slices"
	"sync"

	"github.com/docflow-asl/docflow/asl/value"
)

// Callbacks is how answers from outside reach the tasks of running executions that wait for them: tasks with
// .waitForTaskToken, whose handler has returned ErrNoAnswer after it passed the token on, and activities. It may be shared by any
// number of executions (Options.Callbacks; those that run at the same time with a Seed need different ones, since tokens come from it),
// and its methods may be called from any goroutine, handlers included.
//
// The virtual clock does not wait for answers from outside: when nothing else is left to do, it jumps to the task's time-out. So
// callbacks that do not come from the execution's own tasks want RealClock. An activity's time-outs begin when a worker takes the
// task: one that nobody takes lasts as long as the execution may.
//
// Sources: https://docs.aws.amazon.com/step-functions/latest/dg/connect-to-resource.html#connect-wait-token and
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskSuccess.html; errors, their order and texts captured on
// AWS in 2026-09: github.com/radkawar/stackd testdata/aws/stepfunctions/callback_lifecycle.json.
type Callbacks struct {
	mu         sync.Mutex
	tasks      map[string]*taskRun // by token
	activities map[string]*activityQueue
	past       [pastTokens]pastToken // a ring
	pastCount  int
}

// pastTokens is for how many tasks of activities that have ended it is still known which activity they were of.
const pastTokens = 1000

type pastToken struct{ token, activity string }

// activityQueue are the tasks of an activity that no worker has taken yet.
type activityQueue struct {
	tasks []*taskRun
	added chan struct{} // has something when tasks may have something
}

// APIError is an error of the Step Functions API, by its name in the API reference.
type APIError struct {
	Name    string
	Message string
}

func (e *APIError) Error() string { return e.Name + ": " + e.Message }

// NewCallbacks makes a Callbacks without any task or activity.
func NewCallbacks() *Callbacks {
	return &Callbacks{tasks: map[string]*taskRun{}, activities: map[string]*activityQueue{}}
}

// CreateActivity makes an activity, by its ARN. A Task whose activity does not exist, and which no handler answers, fails.
func (c *Callbacks) CreateActivity(arn string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.activities[arn] == nil {
		c.activities[arn] = &activityQueue{added: make(chan struct{}, 1)}
	}
}

// SendTaskSuccess ends the task of a token with its result. Errors, of all three that answer: ValidationException for an empty token
// and a missing output; InvalidToken for what is no token; TaskTimedOut when no task waits with that token any more.
func (c *Callbacks) SendTaskSuccess(token string, output value.Value) error {
	if output == nil && token != "" {
		return &APIError{"ValidationException", "1 validation error detected: Value at 'output' failed to satisfy constraint: Member must not be null"}
	}
	return c.send(token, report{kind: answered, result: value.Detach(output)})
}

// SendTaskSuccessText is SendTaskSuccess with the JSON text that the API takes. Errors: also InvalidOutput for what is no JSON; the
// task then waits on.
func (c *Callbacks) SendTaskSuccessText(token, output string) error {
	if err := checkToken(token); err != nil {
		return err
	}
	v, err := value.Parse(output)
	if err != nil {
		return &APIError{"InvalidOutput", "Invalid Output: '" + output + "' is not valid JSON."}
	}
	return c.SendTaskSuccess(token, v)
}

// SendTaskFailure ends the task of a token with an error; an empty name or cause counts as missing.
func (c *Callbacks) SendTaskFailure(token, name, cause string) error {
	return c.send(token, report{kind: answered, err: &TaskError{Name: name, Cause: cause}})
}

// SendTaskHeartbeat tells that the task of a token is still at work.
func (c *Callbacks) SendTaskHeartbeat(token string) error {
	return c.send(token, report{kind: heartbeat})
}

// GetActivityTask gives a worker the next task of an activity, and waits for one as long as ctx lasts; then the token is empty.
// Errors: ActivityDoesNotExist.
func (c *Callbacks) GetActivityTask(ctx context.Context, arn, worker string) (token string, input value.Value, err error) {
	c.mu.Lock()
	queue := c.activities[arn]
	c.mu.Unlock()
	if queue == nil {
		return "", nil, &APIError{"ActivityDoesNotExist", "Activity Does Not Exist: '" + arn + "'"}
	}
	for {
		if task := c.take(queue); task != nil {
			if c.deliver(task, report{kind: taken, worker: worker}) {
				return task.call.TaskToken, task.call.Input, nil
			}
			continue // it ended in the meantime
		}
		select {
		case <-queue.added:
		case <-ctx.Done():
			return "", nil, nil
		}
	}
}

func (c *Callbacks) take(q *activityQueue) *taskRun {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(q.tasks) == 0 {
		return nil
	}
	task := q.tasks[0]
	q.tasks = q.tasks[1:]
	if len(q.tasks) > 0 {
		q.signal()
	}
	return task
}

func (q *activityQueue) signal() {
	select {
	case q.added <- struct{}{}:
	default:
	}
}

// has tells whether the activity exists; nil has none.
func (c *Callbacks) has(arn string) bool {
	if c == nil {
		return false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.activities[arn] != nil
}

// add makes a task known by its token, and an activity's task known to its workers. It fails when another task has the same token.
func (c *Callbacks) add(task *taskRun) *failure {
	c.mu.Lock()
	defer c.mu.Unlock()
	token := task.call.TaskToken
	if c.tasks[token] != nil {
		return runtimeFailure("Another execution waits with the task token %s: executions that share Callbacks at the same time need different Seeds.", token)
	}
	c.tasks[token] = task
	if task.handler == nil {
		q := c.activities[task.call.Resource]
		q.tasks = append(q.tasks, task)
		q.signal()
	}
	return nil
}

func (c *Callbacks) remove(task *taskRun) {
	c.mu.Lock()
	defer c.mu.Unlock()
	token := task.call.TaskToken
	if c.tasks[token] == task {
		delete(c.tasks, token)
		if task.handler == nil {
			c.past[c.pastCount%pastTokens] = pastToken{token, task.call.Resource}
			c.pastCount++
		}
	}
	if task.handler == nil { // nobody may have taken it
		q := c.activities[task.call.Resource]
		q.tasks = slices.DeleteFunc(q.tasks, func(other *taskRun) bool { return other == task })
	}
}

func (c *Callbacks) send(token string, r report) error {
	if err := checkToken(token); err != nil {
		return err
	}
	c.mu.Lock()
	task := c.tasks[token]
	what := c.describe(token, task)
	c.mu.Unlock()
	if task == nil || !c.deliver(task, r) {
		return &APIError{"TaskTimedOut", "Task Timed Out: '" + what + "'"}
	}
	return nil
}

// checkToken refuses what is no token of newUUID. Where tokens are secrets of AWS, every other one is invalid; here one that looks
// right may as well be one of long ago.
func checkToken(token string) error {
	if token == "" {
		return &APIError{"ValidationException", "1 validation error detected: Value '' at 'taskToken' failed to satisfy constraint: Member must have length greater than or equal to 1"}
	}
	if !uuidPattern.MatchString(token) {
		return &APIError{"InvalidToken", "Invalid Token: 'Invalid token'"}
	}
	return nil
}

var uuidPattern = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// describe is what TaskTimedOut says of a task: its activity, or where there is none or none is known any more, that it is gone.
func (c *Callbacks) describe(token string, task *taskRun) string {
	if task != nil && task.handler == nil {
		return task.call.Resource
	}
	for i := range c.past {
		if c.past[i].token == token {
			return c.past[i].activity
		}
	}
	return "Provided task does not exist anymore"
}

// deliver hands a report to the scheduler of the task's execution, and tells whether the task still waited for it.
func (c *Callbacks) deliver(task *taskRun, r report) bool {
	s := task.t.x.s
	r.task = task
	r.reply = make(chan bool, 1)
	select {
	case s.reports <- r:
	case <-s.over:
		return false
	}
	taken := false
	select {
	case taken = <-r.reply:
	case <-s.over:
		select {
		case taken = <-r.reply: // it was taken, and has ended the execution
		default:
		}
	}
	return taken
}
