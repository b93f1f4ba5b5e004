package local

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/engine/mapdata"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/tasks/text"
)

// A distributed Map that fails ends the execution in a Fail state, so a redrive goes nowhere. Another execution for the same document,
// as docflow start --again starts it, uses the answers that there are: no call is paid twice.
func TestAfterAFailedMapNothingIsPaidTwice(t *testing.T) {
	m := &meter{}
	stack, substitutions := startStackWith(t, Options{Model: m.model(), Cache: true, Chunks: text.ChunkOptions{MaxTokens: 100}})
	flow, err := NewFlow("document-pipeline", substitutions)
	if err != nil {
		t.Fatal(err)
	}
	var content strings.Builder
	for i := range 300 {
		fmt.Fprintf(&content, "The harbour of town number %d grew and grew, and so did the town behind it.\n\n", i)
	}
	ctx := context.Background()
	input, _, err := stack.upload(ctx, flow, Document{Name: "report.txt", Data: []byte(content.String())})
	if err != nil {
		t.Fatal(err)
	}
	run := func(name string, full bool) *engine.Execution {
		t.Helper()
		options := stack.Execution(flow)
		options.Name, options.StartTime = name, time.Now()
		if full {
			options.Objects = fullBucket{options.Objects}
		}
		x, err := flow.Program.Run(ctx, input, options)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	failed := run("run-1", true)
	if failed.Error != "PipelineFailed" || !strings.Contains(failed.Cause, "AnalyzeManyChunks failed with States.ResultWriterFailed") {
		t.Fatalf("%s %s: %s", failed.Status, failed.Error, failed.Cause)
	}
	chunks, dollars := m.calls, m.dollars
	if chunks < 41 || dollars == 0 {
		t.Fatalf("%d calls, $%v", chunks, dollars)
	}
	redriven, err := failed.Redrive(ctx, engine.Options{Name: "run-1", Tasks: stack.handlers})
	if err != nil || redriven.Error != "PipelineFailed" || m.calls != chunks {
		t.Errorf("redriven: %v, %+v, %d calls more", err, redriven, m.calls-chunks)
	}
	again := run("run-2", false)
	if again.Status != engine.Succeeded {
		t.Fatalf("%s %s: %s", again.Status, again.Error, again.Cause)
	}
	if status, _ := again.Output.(*value.Object).Get("status"); status != value.String("COMPLETE") {
		t.Errorf("the output is %s", value.Text(again.Output))
	}
	const questions = 3 // about the whole
	if m.calls != chunks+questions {
		t.Errorf("%d chunks were paid, and %d calls in the second execution; want %d", chunks, m.calls-chunks, questions)
	}
}

// fullBucket takes no results of Maps.
type fullBucket struct{ mapdata.Objects }

func (fullBucket) Put(context.Context, string, string, io.Reader) error {
	return errors.New("as tested")
}
