package function

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"github.com/docflow-asl/docflow/tasks/metrics"
	"github.com/docflow-asl/docflow/tasks/trace"
)

// Observer is told of the calls of a process. A nil Observer, and nil members of one, are told nothing.
type Observer struct {
	Metrics *metrics.Emitter
	Trace   *trace.Tracer

	called atomic.Bool
}

// cold tells that a call is the first of the process.
func (o *Observer) cold() bool { return o != nil && !o.called.Swap(true) }

// trace sends what the log has of a call. Of the attributes texts, numbers and truth values are annotations: nothing Private is.
func (o *Observer) trace(ctx context.Context, name string, e ended, errorName string) {
	if o == nil || o.Trace == nil {
		return
	}
	o.Trace.Send(trace.FromContext(ctx), trace.Segment{
		Name: name, Start: e.started, End: time.Now(), Error: errorName,
		Annotations: append(slices.Clip(e.attributes), slog.Bool("coldStart", e.cold), slog.String("errorType", errorName)),
	})
}
