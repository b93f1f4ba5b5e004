package cli

import (
	"math"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/bound"
	"github.com/docflow-asl/docflow/tasks/bedrock"
)

// The bound's prices and those of the tasks are two files, since neither may import the other: their figures and date are one.
func TestPricesAreTheSameEverywhere(t *testing.T) {
	ours, bounds := bedrock.Prices(), bound.DefaultPrices()
	if ours.Date != bounds.Date {
		t.Errorf("prices of %s in tasks/bedrock, of %s in asl/bound", ours.Date, bounds.Date)
	}
	both := 0
	for id, price := range ours.Models {
		key := ""
		for name := range bounds.Models {
			if strings.Contains(id, name) && len(name) > len(key) {
				key = name
			}
		}
		if key == "" {
			continue
		}
		both++
		in, out := price.Input, price.Output
		if price.LongFrom > 0 { // the bound knows one price, the dearer
			in, out = price.LongInput, price.LongOutput
		}
		if got := bounds.Models[key]; got.Input != in || got.Output != out {
			t.Errorf("%s: %v and %v in tasks/bedrock, %+v in asl/bound", id, in, out, got)
		}
		if price.GeoInput > 0 && math.Abs(price.GeoInput/price.Input-1-bounds.Geographic) > 1e-9 {
			t.Errorf("%s: a geography costs %v times as much in tasks/bedrock, %v in asl/bound", id, price.GeoInput/price.Input, 1+bounds.Geographic)
		}
	}
	if both < 7 {
		t.Errorf("only %d models are in both", both)
	}
}
