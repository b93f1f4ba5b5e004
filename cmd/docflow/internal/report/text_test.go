package report

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/google/go-cmp/cmp"
	"github.com/mattn/go-runewidth"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestText(t *testing.T) {
	for name, r := range map[string]*combine.Result{
		"complete": {
			Status:   combine.Complete,
			Document: &claim.Document{Format: "pdf", Pages: 3, Characters: 4210},
			Analysis: &combine.Analysis{
				Language: "en", DocumentType: "report", Title: "Support Review\x1b]0;owned\x07",
				Topics: []string{"returns", "telephone"}, KeyPoints: []string{strings.Repeat("A long point. ", 12)},
				Entities: []bedrock.Entity{{Name: "Harbour Street", Type: bedrock.Organization}},
			},
			Summary:      &bedrock.Summary{Summary: "The quarter was a success.\nReturns were not.", Bullets: []string{"Chat is liked.", "Returns are slow."}},
			Sentiment:    &bedrock.Sentiment{Sentiment: bedrock.Mixed, Score: 0.2, Confidence: 0.75, Reasons: []string{"success", "terrible maze"}},
			Keywords:     &bedrock.Keywords{Keywords: []bedrock.Keyword{{Term: "chat service", Score: 1}, {Term: "returns", Score: 0.5}}},
			Usage:        combine.Usage{InputTokens: 3000, OutputTokens: 500},
			Models:       []string{"docflow-offline"},
			OfflineModel: true,
		},
		"partial": {
			Status:   combine.Partial,
			Document: &claim.Document{Format: "text", Pages: 1, Characters: 1},
			Analysis: &combine.Analysis{Language: "ja", Title: strings.Repeat("日本語の長い題名、", 9)},
			Missing:  []combine.Missing{{Part: "summary", Error: "Bedrock.ThrottlingException", Cause: "Too many requests"}},
			Warnings: []claim.Warning{{Code: "image-only-page", Message: "the page is an image", Page: 2}, {Code: "x", Message: "the whole"}},
			Prose:    map[bedrock.Step]string{bedrock.StepSentiment: "Positive, on the whole."},
			Models:   []string{"anthropic.claude-haiku-4-5-20251001-v1:0"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			var out strings.Builder
			if err := Text(&out, name+".pdf", r, Style{Width: 72, Colour: name == "partial"}); err != nil {
				t.Fatal(err)
			}
			golden := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(golden, []byte(out.String()), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), out.String()); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestWrapKeepsEveryCharacterWithinTheWidth(t *testing.T) {
	for _, text := range []string{
		"", "one", strings.Repeat("word ", 40), strings.Repeat("漢字とかな。", 30), strings.Repeat("x", 100), "https://example.com/" + strings.Repeat("path/", 20) + " end",
		"mixed 日本語 and English 文章、with。punctuation",
	} {
		lines := Wrap(text, 20)
		for _, line := range lines {
			if w := runewidth.StringWidth(line); w > 22 { // closing punctuation may hang
				t.Errorf("%q is %d columns wide", line, w)
			}
		}
		squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if got := squeeze(strings.Join(lines, "")); got != squeeze(text) {
			t.Errorf("Wrap lost something: %q became %q", text, lines)
		}
	}
}

func TestClean(t *testing.T) {
	if got := Clean("a\x1b[31mb\u202ec\nd\te\u0085f"); got != "a[31mbc d ef" {
		t.Errorf("got %q", got)
	}
}
