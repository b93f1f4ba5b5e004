// Package engine runs definitions in the Amazon States Language as AWS Step Functions does: with its error names and texts,
// its limits, and the history that GetExecutionHistory gives. Compile makes a Program of an asl.Machine once; Run executes it any
// number of times, also at the same time. Tasks are Handlers that the caller gives.
//
// Where AWS was recorded or measured to behave otherwise than its documentation says, the engine does what was recorded, and
// a comment says so.
//
// # Time
//
// The default clock is virtual. It stands still while any thread of the execution can go on or any handler runs, and then jumps
// to the next timer: the end of a Wait, of a retry's delay, a time-out, a heartbeat's deadline. So a Wait of a year takes
// microseconds, and everything happens in the order in which it would with real time. The rules:
//
//   - Timers fire in the order of their times; those of the same time in the order in which they were set. The time-outs of an
//     execution and of a task are set before anything that they limit, so that they win when both fall on the same instant:
//     a task that takes exactly its TimeoutSeconds times out. A heartbeat, or the answer, that comes in the very instant in which
//     HeartbeatSeconds have passed since the last one is in time.
//   - All timers of one instant fire before anything that follows from them.
//   - A handler takes no time, unless it says how much by Call.Elapse; its answer then counts that much later than its start.
//   - A handler that has not answered after TimeoutSeconds of real time is cancelled through its context and counts as one that
//     never answers: the clock goes on, and the task times out in its turn. A handler without TimeoutSeconds may run as long
//     as Run's own context lasts.
//
// With RealClock the same timers wait for the computer's clock, and handlers take the time that they take.
//
// # Concurrency
//
// One goroutine, the one that called Run, owns all state of an execution; nothing in it needs a lock. Each handler runs in a
// goroutine of its own and reports back through a channel, so that the tasks of branches and iterations run truly at the same
// time, up to Options.MaxConcurrentTasks. With Options.Seed the handlers run one after the other in the order in which the
// tasks were scheduled, and two runs give the same history.
//
// RunFleet runs many executions on one virtual clock, in one goroutine with their handlers, and keeps no history: for simulations in
// which executions share quotas.
//
// # What surrounds an execution
//
// Handlers answer tasks by their resource; Callbacks brings answers from outside to tasks with a token and to activities; Machines
// runs the executions that a machine starts of others; Options.Objects is the object storage of distributed Maps. An execution
// that ended without success can be redriven (Execution.Redrive). OnEvent and OnDecision tell what happens.
//
// # Layout
//
// compile.go turns the model into states that hold pointers to each other; language.go is the seam to the query languages,
// of which pathflow.go, template.go and choice.go are JSONPath, jsonataflow.go and jsonataexpr.go JSONata; scheduler.go has the
// queue, the timers and the clock; thread.go is a line of control from state to state; states.go, task.go, group.go and maprun.go
// (with mapdatafields.go and the package mapdata) are the states; event.go is the history; callbacks.go, nested.go, redrive.go
// and fleet.go are what their names say. teststate….go is the TestState API: a probe watches one state, and stands in for what it calls.
package engine
