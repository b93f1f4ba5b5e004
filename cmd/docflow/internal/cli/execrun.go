package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/progress"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/report"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/trace"
)

func (e *execution) run(ctx context.Context, s *streams) error {
	interrupted := ctx
	if e.options.timeout > 0 {
		stop := &engine.StopExecution{Cause: fmt.Sprintf("docflow exec stopped it: --timeout %v has passed", e.options.timeout)}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, e.options.timeout, stop)
		defer cancel()
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	e.world.stop = stop

	live := e.engine.Clock == engine.RealClock && terminal(s.err)
	board := progress.NewBoard(s.err, live)
	line := board.Add(report.Clean(e.program.name()))
	opts := e.engine
	e.world.options = engine.Options{Clock: opts.Clock, Seed: opts.Seed, Objects: opts.Objects} // of executions that tasks start
	tasks := e.world.tasks(e.program, e.mocks, 0, e.recorder.Started)
	opts.Tasks = tasks.handlers
	opts.OnEvent = func(event engine.Event) {
		e.recorder.Event(event)
		if live {
			follow(line, event)
		}
	}
	opts.OnDecision = func(d engine.Decision) {
		e.recorder.Decision(d)
		tasks.decided(d)
	}
	x, err := e.program.Run(ctx, e.input, opts)
	if err != nil {
		line.Finish("refused")
		board.Wait()
		return e.refused(s, err)
	}
	line.Finish(string(x.Status))
	board.Wait()
	return e.tell(s, x, tasks, x.Status == engine.Aborted && interrupted.Err() != nil)
}

// refused tells why an execution did not start.
func (e *execution) refused(s *streams, err error) error {
	var express *engine.NotExpressError
	switch {
	case errors.As(err, &express):
		return e.program.refuse(s, e.program.diagnostics(express.Problems))
	case errors.Is(err, engine.ErrInputTooLarge):
		return refuse(s, "%s", inputTooLarge(value.Size(e.input)))
	}
	return refuse(s, "%v", err)
}

// tell prints what became of the execution.
func (e *execution) tell(s *streams, x *engine.Execution, tasks *tasks, interrupted bool) error {
	var err error
	if e.options.history != "" {
		err = writeHistory(e.options.history, x.History)
	}
	if e.options.output == "json" {
		err = errors.Join(writeExecution(s.out, x), err)
	} else {
		err = errors.Join(e.text(s, x), err)
	}
	if interrupted {
		fmt.Fprintln(s.err, "docflow: interrupted: the execution was aborted")
	}
	for _, n := range e.world.lacked() {
		if e.matters(x, n) {
			fmt.Fprintf(s.err, "docflow: %s\n", n.text)
		}
	}
	for _, u := range tasks.session.unanswered() {
		fmt.Fprintf(s.err, "docflow: %s\n", report.Clean(u))
	}
	if err == nil && x.Status != engine.Succeeded {
		return errFailed
	}
	return err
}

// matters tells whether it mattered to the execution what a state lacked: not if it failed there before, for another reason.
func (e *execution) matters(x *engine.Execution, n note) bool {
	places := e.recorder.Places(x)
	if x.Status != engine.Failed || len(places) == 0 || places[0].Location != n.location {
		return true
	}
	for _, lacking := range []string{"there is no handler for the resource", "The activity", "There is no object storage"} {
		if strings.Contains(x.Cause, lacking) {
			return true
		}
	}
	return false
}

func (e *execution) text(s *streams, x *engine.Execution) error {
	style := trace.Style{Colour: coloured(s.out), Clock: e.clock}
	if err := e.recorder.Text(s.out, x, style); err != nil {
		return err
	}
	if x.Status == engine.Succeeded {
		_, err := fmt.Fprintln(s.out, value.Indent(x.Output))
		return err
	}
	var b strings.Builder
	if x.Error != "" {
		fmt.Fprintf(&b, "  error  %s\n", report.Clean(x.Error))
	}
	if x.Cause != "" {
		lines := strings.Split(causeText(x.Cause), "\n")
		for i, line := range lines {
			label := "         "
			if i == 0 {
				label = "  cause  "
			}
			indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
			b.WriteString(label + indent + report.Clean(line[len(indent):]) + "\n")
		}
	}
	for i, place := range e.recorder.Places(x) {
		if i == mostPlaces {
			b.WriteString("         …\n")
			break
		}
		label := "in"
		if x.Status == engine.Failed {
			label = "at"
		}
		where := ""
		if place.Node != nil {
			start := place.Node.NameSpan().Start
			where = fmt.Sprintf(", %s:%d:%d", e.program.doc.Filename, start.Line, start.Column)
		}
		fmt.Fprintf(&b, "  %-6s state %q%s\n", label, place.Name, where)
	}
	_, err := s.out.Write([]byte(b.String()))
	return err
}

// mostPlaces is how many of the states are named that were active when an execution was stopped.
const mostPlaces = 5

// causeText makes a cause readable: of the error payload of a Lambda function its message, of other JSON its lines.
func causeText(cause string) string {
	if text := readableCause(cause); text != cause {
		return text
	}
	if v, err := value.Parse(cause); err == nil && v.Kind() == value.KindObject {
		return value.Indent(v)
	}
	return cause
}

// inputTooLarge has the words of StartExecution (measured: ValidationException).
func inputTooLarge(size int) string {
	return fmt.Sprintf("the input has %d bytes: ValidationException: 1 validation error detected: Value at 'input' failed to satisfy constraint: "+
		"Member must have size less than or equal to %d bytes in UTF-8 encoding", size, engine.DefaultPayloadBytes)
}
