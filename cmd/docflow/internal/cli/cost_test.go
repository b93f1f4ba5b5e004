package cli

import (
	"testing"

	"github.com/docflow-asl/docflow/tasks/spend"
)

func TestAdmitted(t *testing.T) {
	for _, c := range []struct {
		cap              int64 // cents
		atOnce, oneByOne int
	}{{100, 4, 31}, {25, 1, 1}, {24, 0, 0}, {28, 1, 2}} {
		// Two documents of 2.5 cents each, for which 25 are reserved.
		total := documentCost{Expected: forecast{Dollars: 0.05}, Worst: forecast{Dollars: 0.5}}
		day := admitted(spend.Micros(10_000*c.cap), total, 2)
		if day.AtOnce != c.atOnce || day.OneByOne != c.oneByOne {
			t.Errorf("%d cents: %+v", c.cap, day)
		}
	}
}
