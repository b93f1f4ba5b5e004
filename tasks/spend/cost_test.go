package spend_test

import (
	"math"
	"testing"

	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/spend"
	"github.com/google/go-cmp/cmp"
)

const haiku, sonnet = "global." + bedrock.DefaultSummaryModel, "jp." + bedrock.DefaultAnalysisModel

func usage(in, out int) bedrock.Usage { return bedrock.Usage{InputTokens: in, OutputTokens: out} }

func TestCostAddsUpByModel(t *testing.T) {
	var c spend.Cost
	c.Add(sonnet, "claude-sonnet-4-6", usage(1000, 100), false)
	c.Add(haiku, "claude-haiku-4-5-20251001", usage(1000, 100), false)
	c.Add(haiku, "", usage(1000, -5), false)
	if unpriced := c.Finish(); unpriced != nil || c.Dollars == nil || math.Abs(*c.Dollars-(0.0033+0.00165+0.0015+0.001)) > 1e-12 {
		t.Fatalf("%+v, not priced %v", c, unpriced)
	}
	if len(c.Models) != 2 || c.Models[0].Model != haiku || c.Models[0].Calls != 2 || c.Models[0].InputTokens != 2000 || c.Models[0].OutputTokens != 100 {
		t.Errorf("%+v", c.Models)
	}
	if c.PricedAsOf != bedrock.PricesAsOf() {
		t.Errorf("priced as of %q", c.PricedAsOf)
	}
}

func TestBatchInferenceCostsHalf(t *testing.T) {
	var c spend.Cost
	c.Add(sonnet, "claude-sonnet-4-6", usage(1000, 100), true)
	c.Add(sonnet, "claude-sonnet-4-6", usage(1000, 100), false)
	if unpriced := c.Finish(); unpriced != nil || math.Abs(*c.Dollars-(0.00495+0.00495/2)) > 1e-12 || c.Models[0].Calls != 2 || c.Models[0].BatchCalls != 1 {
		t.Errorf("%+v, not priced %v", c, unpriced)
	}
}

func TestCostOfWhatIsNotKnownIsNoFigure(t *testing.T) {
	for name, c := range map[string]struct{ id, named, as string }{
		"profile of an account":  {"arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc", "claude-haiku-4-5", "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc"},
		"another server answers": {haiku, "llama3", "llama3"},
	} {
		t.Run(name, func(t *testing.T) {
			var cost spend.Cost
			cost.Add(haiku, "", usage(1, 1), false)
			cost.Add(c.id, c.named, usage(1000, 100), false)
			if diff := cmp.Diff([]string{c.as}, cost.Finish()); diff != "" || cost.Dollars != nil {
				t.Errorf("%s; dollars %v", diff, cost.Dollars)
			}
		})
	}
}

func TestOfflineModelCostsNothing(t *testing.T) {
	var c spend.Cost
	c.Add(haiku, spend.OfflineModel, usage(1000, 100), false)
	if unpriced := c.Finish(); unpriced != nil || *c.Dollars != 0 {
		t.Errorf("%+v, %v", c, unpriced)
	}
}
