package offline

import (
	"fmt"
	"strings"

	"github.com/docflow-asl/docflow/tasks/bedrock"
)

// style writes results as answers, in the language of the document.
type style struct {
	japanese bool
	cut      bool // the document was longer than what was read
}

// Every answer says who wrote it: in full, or in the shortest form when tokens are few.
const (
	noteEnglish       = "Written by docflow's offline model, which picks sentences and counts words; it is not a language model."
	noteJapanese      = "これはdocflowのオフラインモデルの出力です。文の抽出と語の集計によるもので、言語モデルではありません。"
	shortNoteEnglish  = "(docflow offline model)"
	shortNoteJapanese = "（docflowオフラインモデル）"
	cutEnglish        = " Only the first part of the document was read."
	cutJapanese       = "文書は先頭部分のみ処理しました。"
	prefixEnglish     = "Note: "
	prefixJapanese    = "注記："
)

func (s style) note(detail int) string {
	note, cut := noteEnglish, cutEnglish
	if s.japanese {
		note, cut = noteJapanese, cutJapanese
	}
	if detail < 2 {
		note = shortNoteEnglish
		if s.japanese {
			note = shortNoteJapanese
		}
	}
	if s.cut {
		note += cut
	}
	return note
}

// dropNotes removes this model's own notes from a document: in a chain of steps the
// answer of one is the document of the next.
func dropNotes(document string) string {
	if !strings.Contains(document, "docflow") {
		return document
	}
	return strings.NewReplacer(
		prefixEnglish+noteEnglish, "", prefixJapanese+noteJapanese, "", noteEnglish, "", noteJapanese, "",
		shortNoteEnglish, "", shortNoteJapanese, "", cutEnglish, "", cutJapanese, "",
	).Replace(document)
}

func (s style) or(english, japanese string) string {
	if s.japanese {
		return japanese
	}
	return english
}

// How many sentences a summary and its bullets have at each level of detail.
var (
	summarySentences = [fullDetail + 1]int{1, 2, 3, 4}
	summaryBullets   = [fullDetail + 1]int{0, 2, 3, 5}
	keywordCounts    = [fullDetail + 1]int{3, 6, 10, maxKeywords}
	reasonCounts     = [fullDetail + 1]int{0, 1, 3, 5}
	pointCounts      = [fullDetail + 1]int{1, 2, 4, 6}
	entityCounts     = [fullDetail + 1]int{0, 5, 12, 20}
)

func (s style) empty() string {
	return s.or("The document holds no text that could be summarized.", "要約できる本文がありません。")
}

func (s style) summaryText(r summaryResult, n int) string {
	sentences := r.inOrder(n)
	if len(sentences) == 0 {
		if r.title != "" {
			return r.title
		}
		return s.empty()
	}
	return strings.Join(sentences, s.or(" ", ""))
}

func (s style) summary(r summaryResult, detail int) bedrock.Summary {
	a := bedrock.Summary{Summary: s.summaryText(r, summarySentences[detail]), Bullets: []string{}, Note: s.note(detail)}
	a.Bullets = append(a.Bullets, r.byWeight(summaryBullets[detail])...)
	return a
}

func (s style) summaryProse(r summaryResult, detail int) string {
	return s.summaryText(r, summarySentences[detail]) + s.proseNote(detail)
}

// proseNote is the note as the last paragraph of prose.
func (s style) proseNote(detail int) string {
	if detail < 2 {
		return "\n\n" + s.note(detail)
	}
	return "\n\n" + s.or(prefixEnglish, prefixJapanese) + s.note(detail)
}

func (s style) unknownProse(r summaryResult, detail int) string {
	return s.or(
		"The offline model knows four tasks: analysis, summary, sentiment and keywords. The instruction names none of them, so here is a summary.",
		"オフラインモデルが対応する作業は、分析、要約、感情分析、キーワード抽出の四つです。指示からは判断できなかったため、要約を示します。",
	) + "\n\n" + s.summaryProse(r, detail)
}

func (s style) sentiment(r sentimentResult, detail int) bedrock.Sentiment {
	a := bedrock.Sentiment{Sentiment: r.polarity, Score: r.score, Confidence: r.confidence, Reasons: []string{}, Note: s.note(detail)}
	if detail > leastDetail {
		a.Reasons = append(a.Reasons, s.counts(r))
	}
	for _, reason := range r.reasons[:min(len(r.reasons), reasonCounts[detail])] {
		a.Reasons = append(a.Reasons, s.reason(reason))
	}
	return a
}

func (s style) counts(r sentimentResult) string {
	return fmt.Sprintf(s.or("%d positive, %d negative and %d neutral sentences.", "肯定的な文が%d、否定的な文が%d、中立の文が%dあります。"),
		r.positive, r.negative, r.neutral)
}

// maxReasonRunes bounds the sentence that a reason cites.
const maxReasonRunes = 240

func (s style) reason(r reason) string {
	side := s.or("Positive", "肯定的")
	if r.score < 0 {
		side = s.or("Negative", "否定的")
	}
	words := strings.Join(r.words[:min(len(r.words), 4)], s.or(", ", "、"))
	if words != "" {
		words = fmt.Sprintf(s.or(" (%s)", "（%s）"), words)
	}
	text := clipRunes(r.text, maxReasonRunes)
	if s.japanese {
		text = strings.NewReplacer("「", "『", "」", "』").Replace(text) // a quote in a quote
	}
	return side + words + s.or(": “", "：「") + text + s.or("”", "」")
}

var polarityNames = map[bedrock.Polarity][2]string{
	bedrock.Positive: {"positive", "肯定的"},
	bedrock.Negative: {"negative", "否定的"},
	bedrock.Neutral:  {"neutral", "中立"},
	bedrock.Mixed:    {"mixed", "肯定と否定の混在"},
}

func (s style) sentimentProse(r sentimentResult, detail int) string {
	names := polarityNames[r.polarity]
	var b strings.Builder
	fmt.Fprintf(&b, s.or("Sentiment: %s (%s), score %+.2f, confidence %.2f.", "感情：%s（%s）、スコア%+.2f、確信度%.2f。"),
		s.or(names[0], names[1]), r.polarity, r.score, r.confidence)
	if detail > leastDetail {
		b.WriteString(s.or(" ", "") + s.counts(r))
	}
	for _, reason := range r.reasons[:min(len(r.reasons), reasonCounts[detail])] {
		b.WriteString("\n" + s.or("- ", "・") + s.reason(reason))
	}
	return b.String() + s.proseNote(detail)
}

func (s style) keywords(list []bedrock.Keyword, detail int) bedrock.Keywords {
	a := bedrock.Keywords{Keywords: []bedrock.Keyword{}, Note: s.note(detail)}
	a.Keywords = append(a.Keywords, list[:min(len(list), keywordCounts[detail])]...)
	return a
}

func (s style) keywordsProse(list []bedrock.Keyword, detail int) string {
	var terms []string
	for _, k := range list[:min(len(list), keywordCounts[detail])] {
		terms = append(terms, k.Term)
	}
	if len(terms) == 0 {
		return s.or("No keywords were found.", "キーワードは見つかりませんでした。") + s.proseNote(detail)
	}
	return s.or("Keywords: ", "キーワード：") + strings.Join(terms, s.or(", ", "、")) + s.proseNote(detail)
}

func (s style) analysis(r analysisResult, detail int) bedrock.Analysis {
	a := bedrock.Analysis{
		Language:     r.language,
		DocumentType: r.documentType,
		Title:        clipRunes(r.title, 200),
		Topics:       []string{},
		KeyPoints:    []string{},
		Entities:     []bedrock.Entity{},
		Note:         s.note(detail),
	}
	a.Topics = append(a.Topics, r.topics[:min(len(r.topics), 2+2*detail)]...)
	a.KeyPoints = append(a.KeyPoints, r.summary.inOrder(pointCounts[detail])...)
	a.Entities = append(a.Entities, r.entities[:min(len(r.entities), entityCounts[detail])]...)
	return a
}

func (s style) analysisProse(r analysisResult, detail int) string {
	a := s.analysis(r, detail)
	var b strings.Builder
	line := func(english, japanese, value string) {
		if value != "" {
			b.WriteString(s.or(english+": ", japanese+"：") + value + "\n")
		}
	}
	line("Title", "題名", a.Title)
	line("Type", "種類", a.DocumentType)
	line("Language", "言語", a.Language)
	line("Topics", "主な話題", strings.Join(a.Topics, s.or(", ", "、")))
	if len(a.KeyPoints) > 0 {
		b.WriteString("\n" + s.or("Key points:", "要点：") + "\n")
		for _, p := range a.KeyPoints {
			b.WriteString(s.or("- ", "・") + p + "\n")
		}
	}
	var names []string
	for _, e := range a.Entities {
		names = append(names, e.Name)
	}
	if len(names) > 0 {
		b.WriteString("\n")
		line("Names and figures", "固有名詞・数値", strings.Join(names, s.or("; ", "、")))
	}
	return strings.TrimRight(b.String(), "\n") + s.proseNote(detail)
}
