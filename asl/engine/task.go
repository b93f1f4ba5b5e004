package engine

import (
	"context"
	"errors"
	"time"

	"github.com/docflow-asl/docflow/asl/value"
)

// defaultTaskTimeout is TimeoutSeconds of a Task that sets none.
const defaultTaskTimeout = 99_999_999

// taskRun is one attempt at a Task.
type taskRun struct {
	t         *thread
	call      *Call
	handler   Handler
	ctx       context.Context
	stop      context.CancelFunc
	alarm     *time.Timer // the real time-out of a task on the virtual clock; nil for none
	counted   bool        // the handler runs, and holds a place among the running tasks
	admitted  bool        // it has waited for a place, and may start now
	start     time.Time
	lastBeat  time.Time
	result    value.Value
	err       error
	scheduled ScheduledDetails
	early     *report // an answer through Callbacks that came before the handler returned
	over      bool    // an answer through Callbacks has been taken
}

// report is what comes back from a handler's goroutine.
type report struct {
	task   *taskRun
	kind   reportKind
	result value.Value
	err    error
	worker string    // of taken
	reply  chan bool // of what comes through Callbacks: whether the task still waited for it
}

type reportKind uint8

const (
	answered  reportKind = iota
	heartbeat            // real clock, or through Callbacks
	hanging              // the task has had its TimeoutSeconds of real time
	taken                // a worker has taken the activity's task
)

func runTask(t *thread) { scheduleTask(t) }

// scheduleTask begins an attempt: everything up to the …Scheduled event.
func scheduleTask(t *thread) {
	spec := t.state.task
	if spec.resource.token {
		t.token, t.context = newUUID(t.x.s.rand), nil
	}
	task, err := t.prepareTask(spec)
	if err != nil {
		t.refuse(asFailure(err))
		return
	}
	t.task = task
	if err := t.parametersTooLarge(task.call.Input); err != nil {
		t.task = nil
		t.handle(asFailure(err))
		return
	}
	details := task.scheduled
	switch spec.resource.kind {
	case integration:
		t.emit(TaskScheduled, &details)
	case activity:
		t.emit(ActivityScheduled, &details)
	default:
		t.emit(LambdaFunctionScheduled, &details)
	}
	if !t.dead {
		t.x.s.later(t, startTask)
	}
}

func (t *thread) prepareTask(spec *taskSpec) (*taskRun, error) {
	resource := &spec.resource
	e := t.env(t.effective)
	timeout, f := spec.timeout.timeout(e)
	if f != nil {
		return nil, f
	}
	heartbeat, f := spec.heartbeat.timeout(e)
	if f != nil {
		return nil, f
	}
	input, err := t.state.flow.arguments(e, t.effective)
	if err != nil {
		return nil, err
	}
	if f := resource.checkParameters(input); f != nil {
		return nil, f
	}
	task := &taskRun{t: t, call: &Call{
		Resource: resource.arn, Input: input, State: t.state.name,
		ExecutionName: t.x.Name, ExecutionArn: t.x.ExecutionArn, StateMachineName: t.x.opts.StateMachineName,
		RetryCount: t.retries, TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat, TaskToken: t.token, nesting: t.x.s.nesting, entered: t.entered,
	}}
	task.scheduled = ScheduledDetails{Resource: resource.arn, Input: input, TimeoutSeconds: timeout, HeartbeatSeconds: heartbeat}
	if resource.kind == integration {
		task.scheduled.ResourceType, task.scheduled.Resource, task.scheduled.Region = resource.service, resource.api, t.x.opts.region()
	}
	if spec.credentials != nil {
		e.data = t.effective
		if task.scheduled.Credentials, err = spec.credentials.eval(e); err != nil {
			return nil, err
		}
	}
	// What AWS finds wrong comes first.
	task.handler = t.x.opts.Tasks.Lookup(resource.arn)
	if some, ok := task.handler.(Selective); ok && !some.Handles(t.state.name, resource.arn) {
		task.handler = nil
	}
	switch {
	case task.handler != nil || resource.kind == activity && t.x.opts.Callbacks.has(resource.arn):
	case resource.kind == activity:
		return nil, runtimeFailure("The activity %s does not exist.", resource.arn)
	default:
		return nil, runtimeFailure("Nothing answers the task: there is no handler for the resource %s.", resource.arn)
	}
	return task, nil
}

// startTask starts the handler, as soon as there is a place for it.
func startTask(t *thread) {
	s := t.x.s
	if t.task.handler == nil {
		if f := t.x.opts.Callbacks.add(t.task); f != nil { // else its time begins when a worker takes it
			t.refuse(f)
		}
		return
	}
	t.task.admitted = false
	if limit := t.x.opts.MaxConcurrentTasks; limit > 0 && s.running >= limit {
		s.waiting = append(s.waiting, t.task)
		return
	}
	t.task.launch()
}

func (task *taskRun) launch() {
	t := task.t
	s := t.x.s
	resource := &t.state.task.resource
	switch resource.kind {
	case integration:
		t.emit(TaskStarted, &ResourceDetails{ResourceType: resource.service, Resource: resource.api})
	case activity:
		t.emit(ActivityStarted, &WorkerDetails{WorkerName: "docflow"})
	default:
		t.emit(LambdaFunctionStarted, nil)
	}
	if t.dead {
		return
	}
	timeout := task.begin()
	if s.clock == RealClock && task.call.HeartbeatSeconds > 0 {
		task.expectHeartbeat()
	}
	if callbacks := t.x.opts.Callbacks; callbacks != nil && task.call.TaskToken != "" {
		if f := callbacks.add(task); f != nil {
			t.refuse(f)
			return
		}
	}
	if s.direct {
		task.counted = true
		s.running++
		protect(s.ctx, task.handler, task.call, func(result value.Value, err error) {
			s.receive(report{task: task, kind: answered, result: result, err: err})
		})
		return
	}
	task.ctx, task.stop = context.WithCancel(s.ctx)
	task.counted = true
	s.running++
	if s.clock == RealClock {
		task.call.beat = func() { s.report(report{task: task, kind: heartbeat}) }
	} else if task.call.TimeoutSeconds > 0 {
		task.alarm = time.AfterFunc(seconds(float64(timeout)), func() { s.report(report{task: task, kind: hanging}) })
	}
	go protect(task.ctx, task.handler, task.call, func(result value.Value, err error) {
		s.report(report{task: task, kind: answered, result: result, err: err})
	})
	if t.x.opts.Seed == 0 || s.clock == RealClock {
		return
	}
	for task.counted { // one task after the other
		if !s.wait(nil) {
			return
		}
	}
}

// begin starts the task's time. It returns its time-out in seconds.
func (task *taskRun) begin() int64 {
	s := task.t.x.s
	task.start = s.time()
	task.lastBeat = task.start
	task.call.Now = task.start
	timeout := task.call.TimeoutSeconds
	if timeout == 0 {
		timeout = defaultTaskTimeout
	}
	s.at(task.start.Add(seconds(float64(timeout))), task.t, func(t *thread) { t.timeOut(false) })
	return timeout
}

// report hands a report to the scheduler; once that has ended nobody wants it.
func (s *scheduler) report(r report) {
	select {
	case s.reports <- r:
	case <-s.over:
	}
}

// receive takes a report.
func (s *scheduler) receive(r report) {
	task := r.task
	if r.reply != nil {
		s.receiveCallback(r)
		return
	}
	if !task.counted {
		return // of a task that was aborted, or that hung too long
	}
	switch r.kind {
	case heartbeat:
		task.lastBeat = s.time()
	case hanging:
		// The handler takes part no more. The clock may go on, and comes to the task's time-out in its turn.
		task.release()
		if task.call.HeartbeatSeconds > 0 {
			task.expectHeartbeat()
		}
	case answered:
		task.release()
		task.result, task.err = r.result, r.err
		task.settle()
	}
}

// receiveCallback takes what came through Callbacks.
func (s *scheduler) receiveCallback(r report) {
	task, t := r.task, r.task.t
	current := t.task == task && !t.dead && !task.over
	r.reply <- current
	if !current {
		return
	}
	switch r.kind {
	case heartbeat:
		task.lastBeat = s.time()
	case taken:
		t.emit(ActivityStarted, &WorkerDetails{WorkerName: r.worker})
		if t.dead {
			return
		}
		if task.begin(); task.call.HeartbeatSeconds > 0 {
			task.expectHeartbeat()
		}
	case answered:
		task.over = true
		if task.counted {
			task.early = &r
			return
		}
		task.result, task.err = r.result, r.err
		s.later(t, finishTask)
	}
}

// gone makes the task's token unknown.
func (task *taskRun) gone() {
	if callbacks := task.t.x.opts.Callbacks; callbacks != nil && task.call.TaskToken != "" {
		callbacks.remove(task)
	}
}

// release takes the task off the running ones, and lets the next one in.
func (task *taskRun) release() {
	if task.stop != nil {
		task.stop()
	}
	if task.alarm != nil {
		task.alarm.Stop()
	}
	s := task.t.x.s
	switch {
	case task.counted:
		task.counted = false
		s.running--
	case task.admitted: // it does not take its place
		task.admitted = false
	default:
		return
	}
	for len(s.waiting) > 0 {
		next := s.waiting[0]
		s.waiting = s.waiting[1:]
		if next.t.task == next { // else it was aborted while it waited
			next.admitted = true
			s.later(next.t, startTask)
			return
		}
	}
}

// settle decides, when the handler has answered, when the answer counts.
func (task *taskRun) settle() {
	t := task.t
	s := t.x.s
	pending := errors.Is(task.err, ErrNoAnswer)
	if resource := &t.state.task.resource; resource.submits && (task.call.submitted != nil || task.err == nil || pending) {
		submitted := task.call.submitted
		if submitted == nil {
			submitted = emptyObject
		}
		t.emit(TaskSubmitted, &OutputDetails{ResourceType: resource.service, Resource: resource.api, Output: submitted})
		if t.dead {
			return
		}
	}
	if task.early != nil {
		task.result, task.err = task.early.result, task.early.err
		s.later(t, finishTask)
		return
	}
	if hb := time.Duration(task.call.HeartbeatSeconds) * time.Second; hb > 0 && s.clock == VirtualClock {
		last := time.Duration(0)
		for _, beat := range append(task.call.heartbeats, task.call.elapsed) {
			if beat-last > hb {
				break
			}
			last = beat
		}
		if pending || last != task.call.elapsed {
			task.lastBeat = task.start.Add(last)
			task.expectHeartbeat()
		}
	}
	if pending {
		return
	}
	if end := task.start.Add(task.call.elapsed); end.After(s.time()) {
		s.budget.measure(task.result) // it is held until then
		s.at(end, t, finishTask)
		return
	}
	s.later(t, finishTask)
}

// expectHeartbeat sets the timer for the next heartbeat.
func (task *taskRun) expectHeartbeat() {
	span := time.Duration(task.call.HeartbeatSeconds) * time.Second
	task.t.x.s.at(task.lastBeat.Add(span), task.t, func(t *thread) {
		if t.x.s.time().Before(task.lastBeat.Add(span)) {
			task.expectHeartbeat()
			return
		}
		t.timeOut(true)
	})
}

// finishTask makes the handler's answer the task's result or failure.
func finishTask(t *thread) {
	task := t.task
	task.gone()
	t.task = nil
	t.epoch++
	var broken *RuntimeError
	if errors.As(task.err, &broken) {
		t.refuse(runtimeFailure("%s", broken.Cause))
		return
	}
	resource := &t.state.task.resource
	result := task.result
	var f *failure
	if task.err != nil {
		f = taskFailure(task.err)
	} else {
		if result == nil {
			result = value.Null{}
		}
		f = t.tooLarge(result, resource.label())
	}
	if f != nil {
		t.emitTask(LambdaFunctionFailed, ActivityFailed, TaskFailed, f.details())
		if !t.dead {
			t.handle(f)
		}
		return
	}
	details := &OutputDetails{Output: result}
	typ := LambdaFunctionSucceeded
	switch resource.kind {
	case integration:
		typ, details.ResourceType, details.Resource = TaskSucceeded, resource.service, resource.api
	case activity:
		typ = ActivitySucceeded
	}
	t.emit(typ, details)
	if !t.dead {
		t.exit(result)
	}
}

// timeOut ends the attempt when TimeoutSeconds or HeartbeatSeconds have passed. Both are States.Timeout without a cause
// (recorded); the documentation lets States.HeartbeatTimeout match the second as well.
func (t *thread) timeOut(heartbeat bool) {
	if t.task != nil {
		t.task.gone()
		t.task.release()
		t.task = nil
	}
	t.epoch++
	name := ErrorTimeout
	f := &failure{name: &name, located: true, heartbeat: heartbeat}
	t.emitTask(LambdaFunctionTimedOut, ActivityTimedOut, TaskTimedOut, f.details())
	if !t.dead {
		t.handle(f)
	}
}

// emitTask adds the event that the task's kind of resource calls for.
func (t *thread) emitTask(lambda, activityType, task EventType, details *FailureDetails) {
	switch resource := &t.state.task.resource; resource.kind {
	case integration:
		details.ResourceType, details.Resource = resource.service, resource.api
		t.emit(task, details)
	case activity:
		t.emit(activityType, details)
	default:
		t.emit(lambda, details)
	}
}
