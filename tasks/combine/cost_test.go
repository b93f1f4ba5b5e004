package combine_test

import (
	"math"
	"slices"
	"testing"

	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/spend"
)

// respondAs makes every call one that a model of this name answered.
func (f *fixture) respondAs(t *testing.T, name func(bedrock.Step) string) {
	t.Helper()
	texts := map[bedrock.Step]string{bedrock.StepAnalysis: analysisJSON, bedrock.StepSummary: summaryJSON, bedrock.StepSentiment: sentimentJSON, bedrock.StepKeywords: keywordsJSON}
	for step, text := range texts {
		for index := range 2 { // only the analysis has two; nobody reads the others' second
			f.server.Put(t, "results", output.Response(string(step), index, 0).Key, marshal(t, response(name(step), bedrock.StopEndTurn, text)))
		}
	}
}

func TestReportHasWhatTheModelsCost(t *testing.T) {
	const sonnet, haiku = "global." + bedrock.DefaultAnalysisModel, "jp." + bedrock.DefaultSummaryModel
	for name, c := range map[string]struct {
		answered    string // by the model of the keywords
		recognition *claim.Recognition
		want        float64
	}{
		"all known":   {"claude-haiku-4-5-20251001", nil, 2*(100*3+10*15)/1e6 + 3*(100*1.1+10*5.5)/1e6},
		"one unknown": {"llama3", nil, 0},
		"pages that were read by a model": {
			"claude-haiku-4-5-20251001", &claim.Recognition{Model: haiku, Calls: 7, InputTokens: 9_000, OutputTokens: 4_000},
			2*(100*3+10*15)/1e6 + 3*(100*1.1+10*5.5)/1e6 + (9_000*1.1+4_000*5.5)/1e6,
		},
		"… by one whose price is not known": {"claude-haiku-4-5-20251001", &claim.Recognition{Model: "a.model", Calls: 1, InputTokens: 1}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, 2)
			f.respondAs(t, func(step bedrock.Step) string {
				switch step {
				case bedrock.StepAnalysis:
					return "claude-sonnet-4-6"
				case bedrock.StepKeywords:
					return c.answered
				}
				return "claude-haiku-4-5-20251001"
			})
			if c.recognition != nil {
				var manifest claim.Manifest
				f.server.GetJSON(t, "results", output.Manifest().Key, &manifest)
				manifest.Recognition = c.recognition
				f.writeManifest(t, manifest)
			}
			r := f.request
			r.Models = &spend.Models{Analysis: sonnet, Summary: haiku, Sentiment: haiku, Keywords: haiku}
			result, err := invoke(t, f.handler, r)
			if err != nil {
				t.Fatal(err)
			}
			report := f.report(t, result)
			for _, cost := range []*spend.Cost{result.Cost, report.Cost} {
				switch {
				case cost == nil || cost.PricedAsOf != bedrock.PricesAsOf():
					t.Fatalf("cost is %+v", cost)
				case c.want == 0 && cost.Dollars != nil:
					t.Errorf("a sum of $%v although a price is not known", *cost.Dollars)
				case c.want > 0 && (cost.Dollars == nil || math.Abs(*cost.Dollars-c.want) > 1e-12):
					t.Errorf("cost is %+v, want $%v", cost, c.want)
				}
			}
			if m := report.Cost.Models; c.recognition != nil && c.want > 0 && (len(m) != 2 || m[1].Model != haiku || m[1].Calls != 10 || m[1].InputTokens != 9_300) {
				t.Errorf("cost is %+v", m)
			}
			for _, warnings := range [][]claim.Warning{result.Warnings, report.Warnings} {
				warned := slices.ContainsFunc(warnings, func(w claim.Warning) bool { return w.Code == "price-unknown" })
				if warned != (c.want == 0) {
					t.Errorf("warnings are %+v", warnings)
				}
			}
			if result.Status != combine.Complete {
				t.Errorf("status %s", result.Status)
			}
		})
	}
}
