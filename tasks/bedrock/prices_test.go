package bedrock

import (
	"strings"
	"testing"
	"time"
)

func TestPricesHaveADateAndASourceAndCoverTheTable(t *testing.T) {
	list := Prices()
	if day, err := time.Parse(time.DateOnly, list.Date); err != nil || day.Year() < 2026 || !strings.Contains(list.Source, "https://") {
		t.Errorf("date %q, source %q: %v", list.Date, list.Source, err)
	}
	if day, err := time.Parse(time.DateOnly, list.Batch.Date); err != nil || day.Year() < 2026 || !strings.Contains(list.Batch.Source, "https://") || list.Batch.Share != 0.5 {
		t.Errorf("the price of batches: %+v: %v", list.Batch, err)
	}
	if len(list.Models) != len(Models()) {
		t.Errorf("%d prices for %d models", len(list.Models), len(Models()))
	}
}

func TestCallCost(t *testing.T) {
	for _, c := range []struct {
		id    string
		want  float64
		known bool
	}{
		{"global." + DefaultSummaryModel, 0.0015, true},
		{"jp." + DefaultSummaryModel, 0.00165, true},
		{"arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc", 0, false},
		{"meta.llama3-8b-instruct-v1:0", 0, false},
		{"", 0, false},
	} {
		got, known := CallCost(c.id, 1000, 100)
		if known != c.known || got-c.want > 1e-12 || c.want-got > 1e-12 {
			t.Errorf("%s: %v, %v; want %v, %v", c.id, got, known, c.want, c.known)
		}
	}
}

func TestAnswers(t *testing.T) {
	for _, c := range []struct {
		id, named string
		want      bool
	}{
		{"global." + DefaultSummaryModel, "claude-haiku-4-5-20251001", true},
		{"global." + DefaultSummaryModel, "claude-haiku-4-5", true},
		{"global." + DefaultAnalysisModel, "claude-sonnet-4-6", true},
		{"global." + DefaultAnalysisModel, "", true},
		{"global.anthropic.claude-sonnet-5", "claude-sonnet-5-5", false},
		{"global." + DefaultAnalysisModel, "llama3", false},
		{"global." + DefaultAnalysisModel, "docflow-offline", false},
		{"no-such-model", "no-such-model", false},
	} {
		if got := Answers(c.id, c.named); got != c.want {
			t.Errorf("Answers(%s, %s) = %v", c.id, c.named, got)
		}
	}
}
