package simulate_test

import (
	"runtime"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/cmd/docflow/internal/simulate"
)

// Point 7 of issue 7: what a simulation holds does not grow with the documents that are done.
func TestMemoryIsFlat(t *testing.T) {
	if testing.Short() || raceEnabled {
		t.Skip("some seconds")
	}
	var held []int64
	o := simulate.Defaults()
	o.Machine, o.Documents, o.RPM, o.Arrivals = pipeline(t), 12_000, 0, simulate.Arrivals{Kind: "poisson", Span: 10 * time.Hour}
	o.Progress = func(done int, _ time.Duration) {
		if done%3_000 == 0 {
			runtime.GC()
			var stats runtime.MemStats
			runtime.ReadMemStats(&stats)
			held = append(held, int64(stats.HeapAlloc))
		}
	}
	run(t, o)
	if grown := held[len(held)-1] - held[0]; grown > 2<<20 {
		t.Errorf("9,000 more documents take %d bytes more: %v", grown, held)
	}
	t.Logf("held: %v", held)
}
