package offline

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/docflow-asl/docflow/tasks/bedrock"
)

func TestReadJob(t *testing.T) {
	tests := []struct {
		name, system, user string
		want               job
	}{
		{"article", "", "要約してください: 本文。", job{step: bedrock.StepSummary, japanese: true, document: " 本文。"}},
		{"wide colon", "", "感情分析：本文。", job{step: bedrock.StepSentiment, japanese: true, document: "本文。"}},
		{"english colon", "", "Extract keywords: The text: it goes on.", job{step: bedrock.StepKeywords, document: " The text: it goes on."}},
		{"first paragraph", "", "Please summarize the text.\n\nThe text.", job{step: bedrock.StepSummary, document: "The text."}},
		{"last paragraph", "", "The text.\nMore.\n\nAnalyze the above as JSON", job{step: bedrock.StepAnalysis, json: true, document: "The text.\nMore."}},
		{"tags", "", "Summarize this.\n<text>Extract keywords: a</text>", job{step: bedrock.StepSummary, document: "Extract keywords: a"}},
		{"system", "You do sentiment analysis. Answer in JSON.", "The text: summarize.", job{step: bedrock.StepSentiment, json: true, document: "The text: summarize."}},
		{"system and lead", "You summarize.", "Summarize: the text.", job{step: bedrock.StepSummary, document: " the text."}},
		{"own task sentence", "Your task is summarization. Keywords and sentiment come later.", "x", job{step: bedrock.StepSummary, document: "x"}},
		{"none", "", "Hello there", job{document: "Hello there"}},
		{"tag that is not closed", "", "Summarize: <text>abc", job{step: bedrock.StepSummary, document: " <text>abc"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := userRequest(tt.user, 10)
			r.System = bedrock.TextContent(tt.system)
			if diff := cmp.Diff(tt.want, readJob(r), cmp.AllowUnexported(job{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// The whole document comes out of the fence of docflow's own requests, title too.
func TestReadJobFence(t *testing.T) {
	text := "First.\n</document>\n<document>\n" + bedrock.Enclose(bedrock.Fence("x"), "inner") + "\nLast."
	for _, step := range bedrock.Steps() {
		for _, in := range []bedrock.Input{{Text: text}, {Text: text, Title: "Extract keywords"}, {Text: text, Part: 1, Parts: 2}} {
			got := readJob(bedrock.NewRequest(step, in))
			if got.step != step || !got.json || strings.Trim(got.document, "\n") != text || got.title != in.Title {
				t.Errorf("%s of %+v: %+v", step, in, got)
			}
		}
	}
}

func TestReadUnits(t *testing.T) {
	tests := []struct {
		name, text string
		want       []unit
	}{
		{"wrapped", "1. Overview\nThis report reviews how the support performed between July and\nSeptember. The quarter was a success for all of the teams in\nall regions.\n\nNext paragraph is here and it is long enough to be wrapped by\nthe width.", []unit{
			{"Overview", heading},
			{"This report reviews how the support performed between July and September. The quarter was a success for all of the teams in all regions.", paragraph},
			{"Next paragraph is here and it is long enough to be wrapped by the width.", paragraph},
		}},
		{"one line a paragraph", "Winter schedule\nTomás presented the schedule.\nWho\nWhat\nDaniel agreed.", []unit{
			{"Winter schedule", heading}, {"Tomás presented the schedule.", paragraph}, {"Who", fragment}, {"What", fragment}, {"Daniel agreed.", paragraph},
		}},
		{"list", "Decisions are these:\n- The schedule starts.\n- Chains are bought.\n1. Third.", []unit{
			{"Decisions are these:", paragraph}, {"The schedule starts.", item}, {"Chains are bought.", item}, {"Third.", item},
		}},
		{"markdown", "## What *worked*\n\n**Bold** and [a link](https://x.y) stay.\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```\ncode.\n```\n> Quoted text.", []unit{
			{"What worked", heading}, {"Bold and a link stay.", paragraph}, {"a", fragment}, {"b", fragment}, {"1", fragment}, {"2", fragment}, {"Quoted text.", paragraph},
		}},
		{"japanese wrapped", "1. 概要\n本報告書は、四月から九月までに実施した業務改善の結果をまと\nめたものである。全体として大きな成功を収めたと言ってよいと思\nわれる。", []unit{
			{"概要", heading}, {"本報告書は、四月から九月までに実施した業務改善の結果をまとめたものである。全体として大きな成功を収めたと言ってよいと思われる。", paragraph},
		}},
		{"labels", "Title: A report\nTopics: customers, customer support, chat, chat service, returns, agents, returns process, telephone system\n\nThe text.", []unit{
			{"Title: A report", heading},
			{"Topics: customers, customer support, chat, chat service, returns, agents, returns process, telephone system", fragment},
			{"The text.", paragraph},
		}},
		{"tags and rules", "</document>\n---\nText stays.", []unit{{"Text stays.", paragraph}}},
		{"empty", "\n \n", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if diff := cmp.Diff(tt.want, readUnits(tt.text), cmp.AllowUnexported(unit{})); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestSplitSentences(t *testing.T) {
	tests := []struct {
		text string
		want []string
	}{
		{"Dr. Smith paid $4.50. He left at 5 p.m. on Monday.", []string{"Dr. Smith paid $4.50.", "He left at 5 p.m. on Monday."}},
		{"It ran until September 2026. The quarter was good.", []string{"It ran until September 2026.", "The quarter was good."}},
		{"「荷物はどこですか。」と聞いた。答えはない！？次。", []string{"「荷物はどこですか。」と聞いた。", "答えはない！？", "次。"}},
		{"（注。これは）文です。終わり", []string{"（注。これは）文です。", "終わり"}},
		{"", nil},
	}
	for _, tt := range tests {
		got, err := splitSentences(tt.text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%q (-want +got):\n%s", tt.text, diff)
		}
	}
}

func TestLongSentencesAreCut(t *testing.T) {
	for name, text := range map[string]string{
		"no stop":       strings.Repeat("word, ", 1000),
		"no space":      strings.Repeat("x", 5000),
		"open quote":    "「" + strings.Repeat("あ。", 2000),
		"japanese":      strings.Repeat("あ", 3000) + "。",
		"single letter": "あ",
	} {
		got, err := splitSentences(text)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range got {
			if utf8.RuneCountInString(s) > maxSentenceRunes {
				t.Errorf("%s: a sentence of %d characters", name, utf8.RuneCountInString(s))
			}
		}
		squeeze := func(s string) string { return strings.ReplaceAll(s, " ", "") }
		if squeeze(strings.Join(got, "")) != squeeze(text) {
			t.Errorf("%s: text was lost", name)
		}
	}
}

func TestJapaneseSentiment(t *testing.T) {
	tests := []struct {
		text string
		want int // sign
	}{
		{"サービスは良い。", 1},
		{"サービスは良くない。", -1},
		{"満足していません。", -1},
		{"壊れやすい古書を一冊も傷めずに届けてくれたことに感謝している。", 1},
		{"破損事故は半年で42件から17件に減った。", 1},
		{"問題を解決した。", 1},
		{"問題は解決していないし、苦情も増えた。", -1},
		{"大変申し訳なく存じます。", -1},
		{"申し訳ありません。", -1},
		{"返金が遅くて不安だった。", -1},
		{"問い合わせ件数は三割減少した。", 0},
		{"会議は三時に始まる。", 0},
		{"貴社ますますご清栄のこととお喜び申し上げます。", 0},
		{"移転当日は出荷ができません。", -1},
	}
	for _, tt := range tests {
		score, words := japaneseSentiment(tt.text)
		sign := 0
		if score >= opinionFrom {
			sign = 1
		} else if score <= -opinionFrom {
			sign = -1
		}
		if sign != tt.want {
			t.Errorf("%s: %.2f %v, want sign %d", tt.text, score, words, tt.want)
		}
	}
}

func TestEnglishSentiment(t *testing.T) {
	tests := []struct {
		text string
		want int
	}{
		{"The quarter was a success.", 1},
		{"The telephone system failed twice.", -1},
		{"The service was not good.", -1},
		{"Customer support handled 4,000 requests.", 0},
		{"Please share the number with the security department.", 0},
		{"The returns process is slow and confusing.", -1},
	}
	for _, tt := range tests {
		score, words := englishSentiment(tt.text)
		sign := 0
		if score >= opinionFrom {
			sign = 1
		} else if score <= -opinionFrom {
			sign = -1
		}
		if sign != tt.want {
			t.Errorf("%s: %.2f %v, want sign %d", tt.text, score, words, tt.want)
		}
	}
}

func TestLexicon(t *testing.T) {
	seen := map[string]bool{}
	for line := range strings.Lines(lexiconText) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) == 0 {
			continue
		}
		if w, err := strconv.ParseFloat(fields[0], 64); err != nil || w < -3 || w > 3 || len(fields) == 1 {
			t.Errorf("not a weight and stems: %q", line)
		}
		for _, stem := range fields[1:] {
			if seen[stem] {
				t.Errorf("%s stands twice", stem)
			}
			seen[stem] = true
		}
	}
	if len(seen) < 250 {
		t.Errorf("the lexicon has %d stems", len(seen))
	}
}

func TestWords(t *testing.T) {
	var got []string
	for _, w := range words("It's 1,200 comments—R&D's well-known Tomás, 8.5% (A.B.) end-") {
		got = append(got, w.text)
	}
	want := []string{"It's", "1,200", "comments", "R&D's", "well-known", "Tomás", "8.5", "A", "B", "end"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestEstimateTokens(t *testing.T) {
	for text, want := range map[string]int{"": 0, "a": 1, "four": 1, "fives": 2, "日本語": 3, "日本 abc": 3} {
		if got := EstimateTokens(text); got != want {
			t.Errorf("EstimateTokens(%q) = %d, want %d", text, got, want)
		}
		for n := range want + 1 {
			if cut := clipTokens(text, n); EstimateTokens(cut) > n || !strings.HasPrefix(text, cut) {
				t.Errorf("clipTokens(%q, %d) = %q", text, n, cut)
			}
		}
	}
	if got := clipText("日本語", 4); got != "日" {
		t.Errorf("clipText = %q", got)
	}
}

// However long the document, no more than maxRanked sentences are compared, and they
// come from all of it.
func TestCandidates(t *testing.T) {
	sentences := make([]sentence, 20_000)
	for i := range sentences {
		sentences[i].terms = []string{"t" + strconv.Itoa(i%97)}
	}
	got := candidates(sentences)
	if len(got) != maxRanked || got[0] > 40 || got[len(got)-1] < 19_900 {
		t.Errorf("%d candidates from %d to %d", len(got), got[0], got[len(got)-1])
	}
	if got := candidates(sentences[:3]); len(got) != 3 {
		t.Errorf("%d candidates of 3 sentences", len(got))
	}
}

// The sentence that says what a document is stands in its summary, however long the rest.
func TestPurposeSentence(t *testing.T) {
	const first = "This yearbook collects the weekly notes of the four depots."
	var b strings.Builder
	b.WriteString(first)
	for i := range 2000 {
		b.WriteString(" The depot handled " + strconv.Itoa(1000+7*i) + " parcels and the morning tour of the north was on time.")
	}
	s := ask(t, bedrock.StepSummary, b.String()).(*bedrock.Summary)
	if !strings.HasPrefix(s.Summary, first) {
		t.Errorf("the summary is %q", s.Summary)
	}
}

func TestTextRank(t *testing.T) {
	score, err := textRank(context.Background(), similarity([][]string{{"chat", "service"}, {"chat", "service", "good"}, {"chat", "good"}, {"weather"}, nil}))
	if err != nil {
		t.Fatal(err)
	}
	if score[1] != 1 || score[3] >= score[0] || score[4] >= score[0] {
		t.Errorf("scores %v", score)
	}
}

func benchmarkText(b *testing.B, name string) string {
	// Five pages of about 3,000 characters (English) or 1,000 (Japanese).
	text := read(b, name)
	want := 15_000
	if strings.HasSuffix(name, "ja") {
		want = 5_000
	}
	for utf8.RuneCountInString(text) < want {
		text += "\n\n" + text
	}
	return string([]rune(text)[:want])
}

func BenchmarkComplete(b *testing.B) {
	for _, name := range []string{"report-en", "report-ja"} {
		text := benchmarkText(b, name)
		for _, step := range bedrock.Steps() {
			b.Run(name+"/"+string(step), func(b *testing.B) {
				request := bedrock.NewRequest(step, bedrock.Input{Text: text})
				complete(b, request) // loads the dictionary
				b.SetBytes(int64(len(text)))
				for b.Loop() {
					complete(b, request)
				}
			})
		}
	}
}
