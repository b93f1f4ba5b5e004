package bedrock

import (
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestLookup(t *testing.T) {
	const haiku = "anthropic.claude-haiku-4-5-20251001-v1:0"
	tests := []struct {
		id, model, geography, fault string
	}{
		{id: haiku, model: haiku},
		{id: "jp." + haiku, model: haiku, geography: "jp"},
		{id: "global.anthropic.claude-sonnet-4-6", model: DefaultAnalysisModel, geography: "global"},
		{id: "arn:aws:bedrock:us-east-1::foundation-model/" + ArticleSummaryModel, model: ArticleSummaryModel},
		{id: "arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu." + haiku, model: haiku, geography: "eu"},
		{id: "us." + ArticleAnalysisModel, model: ArticleAnalysisModel, geography: "us"},
		{id: "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc", fault: "does not tell its model"},
		{id: "arn:aws:lambda:us-east-1:123456789012:function:f", fault: "not the ARN of a Bedrock resource"},
		{id: "arn:aws:bedrock", fault: "not the ARN"},
		{id: "mars." + haiku, fault: `no inference profile "mars"; it has us, eu, jp`},
		{id: "amazon.titan-text-express-v1", fault: "not in docflow's table"},
		{id: "", fault: "not in docflow's table"},
		{id: "anthropic.", fault: "not in docflow's table"},
		{id: strings.Repeat("あ", 1000), fault: "…"},
	}
	for _, tt := range tests {
		t.Run(clip(tt.id, 60), func(t *testing.T) {
			m, geography, err := Lookup(tt.id)
			if tt.fault != "" {
				var unknown *UnknownModelError
				if !errors.As(err, &unknown) || !strings.Contains(err.Error(), tt.fault) {
					t.Fatalf("error %v, want an UnknownModelError with %q", err, tt.fault)
				}
				return
			}
			if err != nil || m.ID != tt.model || geography != tt.geography {
				t.Fatalf("got %q, %q, %v; want %q, %q", m.ID, geography, err, tt.model, tt.geography)
			}
		})
	}
}

func TestEveryModelIsFoundByAllItsNames(t *testing.T) {
	seen := map[string]bool{}
	for _, m := range Models() {
		if seen[m.ID] {
			t.Errorf("%s stands twice in the table", m.ID)
		}
		seen[m.ID] = true
		for _, geography := range append([]string{""}, m.Geographies...) {
			id, err := ProfileID(m, geography)
			if err != nil {
				t.Fatal(err)
			}
			got, gotGeography, err := Lookup(id)
			if err != nil || got.ID != m.ID || gotGeography != geography {
				t.Errorf("Lookup(%q) = %q, %q, %v", id, got.ID, gotGeography, err)
			}
		}
		if m.DisplayName == "" || m.Family == "" || m.ContextWindow < m.MaxOutputTokens || m.MaxOutputTokens <= 0 {
			t.Errorf("%s: the row is not complete: %+v", m.ID, m)
		}
		if m.Price.Input <= 0 || m.Price.Output <= m.Price.Input || m.Price.AsOf.IsZero() || m.Lifecycle.AsOf.IsZero() {
			t.Errorf("%s: price or dates are not right: %+v %+v", m.ID, m.Price, m.Lifecycle)
		}
	}
	for _, id := range []string{DefaultAnalysisModel, DefaultSummaryModel} {
		m, _, err := Lookup(DefaultGeography + "." + id)
		if err != nil || Status(m, readOn) == EndOfLife {
			t.Errorf("the default %s cannot be used: %v, %s", id, err, Status(m, readOn))
		}
	}
}

func TestModelsReturnsACopy(t *testing.T) {
	Models()[0].Geographies[0] = "changed"
	m, _, _ := Lookup(Models()[0].ID)
	m.Geographies[0] = "changed"
	if slices.Contains(models[0].Geographies, "changed") {
		t.Error("a caller can change the table")
	}
}

func TestProfileIDUnknownGeography(t *testing.T) {
	m, _, err := Lookup("anthropic.claude-sonnet-5-5")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := ProfileID(m, "jp"); err == nil || !strings.Contains(err.Error(), "us, eu, global") {
		t.Errorf("error %v does not name the profiles there are", err)
	}
}

func TestStatus(t *testing.T) {
	d := func(y int, m time.Month, day int) time.Time { return time.Date(y, m, day, 12, 0, 0, 0, time.UTC) }
	tests := []struct {
		id   string
		on   time.Time
		want State
	}{
		{ArticleSummaryModel, d(2026, 9, 9), Legacy},
		{ArticleSummaryModel, d(2026, 9, 10), EndOfLife},
		{ArticleAnalysisModel, d(2026, 11, 24), EndOfLife},
		{ArticleAnalysisModel, d(2025, 1, 18), Legacy},
		{DefaultSummaryModel, d(2026, 9, 30), Active},
		{DefaultSummaryModel, d(2026, 10, 1), PastNotice},
		{DefaultAnalysisModel, d(2026, 11, 24), Active},
		{"anthropic.claude-haiku-5-5", d(2026, 11, 24), Active},
	}
	for _, tt := range tests {
		m, _, err := Lookup(tt.id)
		if err != nil {
			t.Fatal(err)
		}
		if got := Status(m, tt.on); got != tt.want {
			t.Errorf("Status(%s, %s) = %s, want %s", tt.id, tt.on.Format(time.DateOnly), got, tt.want)
		}
	}
}

func TestCost(t *testing.T) {
	tests := []struct {
		id, geography string
		in, out       int
		want          float64
	}{
		{DefaultSummaryModel, "global", 1_000_000, 0, 1},
		{DefaultSummaryModel, "", 0, 1_000_000, 5},
		{DefaultSummaryModel, "jp", 1_000_000, 1_000_000, 6.6},
		{"anthropic.claude-haiku-5-5", "global", 100_000, 1000, 0.0105},
		{"anthropic.claude-haiku-5-5", "global", 100_001, 1000, 0.0525005},
		{"anthropic.claude-haiku-5-5", "jp", 200_000, 0, 0.11},
		{ArticleSummaryModel, "us", 1000, 1000, 0.0015},
	}
	for _, tt := range tests {
		m, _, err := Lookup(tt.id)
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Cost(tt.geography, tt.in, tt.out); math.Abs(got-tt.want) > 1e-9 {
			t.Errorf("%s by %q: %d in, %d out cost %v, want %v", tt.id, tt.geography, tt.in, tt.out, got, tt.want)
		}
	}
}

func TestErrorLists(t *testing.T) {
	retry, permanent := RetryableErrors(), PermanentErrors()
	for _, name := range []string{"Bedrock.ThrottlingException", "BedrockRuntime.ThrottlingException", "Bedrock.ModelTimeoutException"} {
		if !slices.Contains(retry, name) {
			t.Errorf("%s is not retried", name)
		}
	}
	for _, name := range []string{"Bedrock.ValidationException", "BedrockRuntime.AccessDeniedException", "Bedrock.ResourceNotFoundException"} {
		if !slices.Contains(permanent, name) {
			t.Errorf("%s is not permanent", name)
		}
	}
	for _, name := range retry {
		if slices.Contains(permanent, name) {
			t.Errorf("%s is in both lists", name)
		}
	}
	retry[0] = "changed"
	if RetryableErrors()[0] == "changed" {
		t.Error("a caller can change the list")
	}
}
