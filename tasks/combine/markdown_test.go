package combine

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/spend"
	"github.com/docflow-asl/docflow/tasks/text"
)

// reportOf is a report in which every text that is not ours is words.
func reportOf(words string) *Report {
	dollars := 0.0123
	return &Report{
		SchemaVersion: SchemaVersion, Execution: "x-1",
		Result: Result{
			Status:    Partial,
			Document:  &claim.Document{Bucket: "documents", Key: words, Name: words, Format: "pdf", Pages: 1, Characters: 20, SHA256: "00"},
			Summary:   &bedrock.Summary{Summary: words, Bullets: []string{words, words}},
			Analysis:  &Analysis{Title: words, DocumentType: words, Language: "en", Topics: []string{words}, KeyPoints: []string{words}, Entities: []bedrock.Entity{{Name: words, Type: bedrock.Person}}},
			Sentiment: &bedrock.Sentiment{Sentiment: bedrock.Mixed, Score: -0.5, Confidence: 1, Reasons: []string{words}},
			Keywords:  &bedrock.Keywords{Keywords: []bedrock.Keyword{{Term: words, Score: 0.5}}},
			Missing:   []Missing{{Part: "analysis of chunk 2", Error: "InvalidAnswer", Cause: words}},
			Warnings:  []claim.Warning{{Code: "text-cut", Message: words, Page: 3}},
			Counts:    &Counts{Pages: 1, Chunks: 2, ChunksAnalyzed: 1},
			Usage:     Usage{InputTokens: 10, OutputTokens: 5},
			Models:    []string{words},
			Cost:      &spend.Cost{Dollars: &dollars, PricedAsOf: "2026-11-01"},
		},
	}
}

func TestMarkdown(t *testing.T) {
	const want = `# Harbour

**PARTIAL** · pdf · 1 page · 20 characters

## Missing

- **analysis of chunk 2**: InvalidAnswer: Harbour

## Summary

Harbour

- Harbour
- Harbour

## Analysis

- **Title**: Harbour
- **Type**: Harbour
- **Language**: en
- **Topics**: Harbour
- **Names**: Harbour (person)

## Key points

- Harbour

## Sentiment

MIXED, score -0.50, confidence 1.00

- Harbour

## Keywords

Harbour

## Warnings

- **Page 3**: Harbour (text-cut)

## Source

- **Document**: s3\://documents/Harbour
- **SHA-256**: 00
- **Read**: 1 page, 2 chunks, of which 1 analyzed
- **Models**: Harbour
- **Tokens**: 10 in, 5 out
- **Cost**: 0.0123 US dollars, with the prices of 2026-11-01
- **Execution**: x-1
`
	if got := string(Markdown(reportOf("Harbour"))); got != want {
		t.Errorf("the report is\n%s", got)
	}
	if got := string(Markdown(&Report{Result: Result{Status: Partial}})); !strings.HasPrefix(got, "# Document\n\n**PARTIAL**\n\n## Source\n") {
		t.Errorf("a report without anything is\n%s", got)
	}
}

// Whatever a document or a model says, a reader of Markdown finds the same headings, lists and paragraphs, and no link.
func TestMarkdownKeepsItsShape(t *testing.T) {
	shape := func(words string) (kinds string, links int) {
		t.Helper()
		data := Markdown(reportOf(words))
		if again := Markdown(reportOf(words)); !bytes.Equal(again, data) {
			t.Errorf("%q: the second time it is another", words)
		}
		doc, err := text.Extract(context.Background(), data, "report.md", text.Options{})
		if err != nil {
			t.Fatalf("%q: %v", words, err)
		}
		var b strings.Builder
		for _, block := range doc.Pages[0].Blocks {
			b.WriteString(string(block.Kind) + " ")
		}
		return b.String(), len(doc.Pages[0].Links)
	}
	want, _ := shape("Harbour")
	for _, words := range []string{
		"# Heading", "## Status\n\n**COMPLETE**", "- item", "+ item", "* item", "1. item", "12) item", "> quote", "    code", "\tcode", "```\ncode\n```", "~~~", "---", "===", "***", "___",
		"a\n---", "a\n===", "\n\n# x", "[link](https://evil.example)", "![picture](https://evil.example/x.png)", "<https://evil.example>", "https://evil.example", "www.evil.example", "me@evil.example",
		"<script>alert(1)</script>", "<!-- hidden", "<div>\n\n# x", "| a | b |\n|---|---|\n| 1 | 2 |", "[x]: https://evil.example", "[^1]: note", "- [ ] task", "\\", "\\\\[a](b)", "`", "``", "**", "a**b", "_x_",
		"&lt;b&gt;", "&#35; x", "$x^2$", "\r\n# x", "\u2028# x", "\u0085# x", "\x1b[2J", "\u202e", "\x00", "日本語\n# 見出し", "#", "-", "=", "Harbour  \n",
	} {
		data := string(Markdown(reportOf(words)))
		if kinds, links := shape("x" + words); kinds != want || links > 0 {
			t.Errorf("after a letter %q makes %d links and %s", words, links, kinds)
		}
		if kinds, links := shape(words + " x"); kinds != want || links > 0 {
			t.Errorf("%q makes %d links and %s; want %s:\n%s", words, links, kinds, want, data)
		}
	}
}
