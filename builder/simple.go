package builder

import (
	"time"

	"github.com/docflow-asl/docflow/asl"
)

// PassState passes its input on, or makes data of its own.
type PassState struct{ resulting[*PassState] }

// Pass passes its input on as its result.
func Pass(name string) *PassState {
	p := &PassState{}
	p.node, p.self = newNode(asl.TypePass, name), p
	return p
}

// Parameters makes the result of what the object says.
func (p *PassState) Parameters(result Object) *PassState {
	p.node.parameters, p.node.hasPayload, p.node.static = result, true, false
	return p
}

// Value makes the result a fixed value: whatever encoding/json writes.
func (p *PassState) Value(result any) *PassState {
	p.node.parameters, p.node.hasPayload, p.node.static = result, true, true
	return p
}

// WaitState waits.
type WaitState struct{ linked[*WaitState] }

// Wait waits for a time span in whole seconds.
func Wait(name string, span time.Duration) *WaitState { return newWait(name, span, false) }

// WaitSeconds waits for as many seconds as a part of the state's data says.
func WaitSeconds(name string, seconds Ref) *WaitState { return newWait(name, seconds, false) }

// WaitUntil waits for a time.
func WaitUntil(name string, t time.Time) *WaitState { return newWait(name, t, true) }

// WaitUntilTimestamp waits for the time that a part of the state's data says, in the form of RFC 3339.
func WaitUntilTimestamp(name string, timestamp Ref) *WaitState { return newWait(name, timestamp, true) }

func newWait(name string, what any, until bool) *WaitState {
	w := &WaitState{}
	w.node, w.self = newNode(asl.TypeWait, name), w
	w.node.wait, w.node.waitUntil = what, until
	return w
}

// SucceedState ends the machine, the branch or the iteration.
type SucceedState struct{ filtered[*SucceedState] }

// Succeed ends the machine, the branch or the iteration with the state's input as the output.
func Succeed(name string) *SucceedState {
	s := &SucceedState{}
	s.node, s.self = newNode(asl.TypeSucceed, name), s
	return s
}

// FailState ends the machine, the branch or the iteration with an error.
type FailState struct{ base[*FailState] }

// Fail ends the machine, the branch or the iteration with an error. Its name and cause are strings or expressions that give
// strings; nil is none.
func Fail(name string, errorName, cause any) *FailState {
	f := &FailState{}
	f.node, f.self = newNode(asl.TypeFail, name), f
	f.node.error, f.node.cause = errorName, cause
	return f
}

// ParallelState runs branches at the same time.
type ParallelState struct{ guarded[*ParallelState] }

// Parallel runs the branches at the same time, each with the state's input. Its result is the array of their outputs, in the
// order of the branches. When one branch fails, all do: catch errors within a branch to keep the others' work.
func Parallel(name string, branches ...Flow) *ParallelState {
	p := &ParallelState{}
	p.node, p.self = newNode(asl.TypeParallel, name), p
	if len(branches) == 0 {
		p.node.fail(BadValue, "Branches", "a Parallel state needs a branch")
	}
	for _, b := range branches {
		first, _ := ends(b)
		if first == nil {
			p.node.fail(BadTransition, "Branches", "a branch is nil, or a chain without states")
			continue
		}
		p.node.branches = append(p.node.branches, first)
	}
	return p
}

// Parameters makes the branches' input of what the object says.
func (p *ParallelState) Parameters(input Object) *ParallelState {
	p.node.parameters, p.node.hasPayload = input, true
	return p
}
