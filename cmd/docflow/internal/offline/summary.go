package offline

import (
	"cmp"
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// summaryResult holds the chosen sentences, the most important first.
type summaryResult struct {
	title  string
	picked []pick
}

// pick is a chosen sentence and where it stands.
type pick struct {
	text  string
	index int
}

const (
	// maxPicked is how many sentences are chosen at most, for the summary and for the
	// bullets and key points that are made from the same choice.
	maxPicked = 8
	// purposeScore is the least score of a sentence at the start that says what the
	// document is: in a long one it has few words in common with the rest.
	purposeScore = 2
	// redundancy is how strongly likeness to a sentence chosen before counts against.
	redundancy = 0.7
	// sameSection is how strongly each sentence of a section after its second counts
	// against it.
	sameSection = 0.15
)

// summarize chooses the sentences that say most of a document: TextRank, with a bonus
// for place and for words that announce a result, and a penalty for repetition and for
// sentences that do not stand alone.
func summarize(ctx context.Context, doc *document) (summaryResult, error) {
	result := summaryResult{title: doc.title}
	chosen := candidates(doc.sentences)
	terms := make([][]string, len(chosen))
	for i, index := range chosen {
		terms[i] = doc.sentences[index].terms
	}
	edges := similarity(terms)
	rank, err := textRank(ctx, edges)
	if err != nil {
		return result, err
	}
	like := make([]map[int]float64, len(chosen))
	score := make([]float64, len(chosen))
	for i, index := range chosen {
		like[i] = map[int]float64{}
		for _, e := range edges[i] {
			like[i][e.to] = e.weight
		}
		score[i] = rank[i] * standing(doc, index)
		if index < opening && purpose.MatchString(strings.ToLower(doc.sentences[index].text)) {
			score[i] = max(score[i], purposeScore)
		}
	}
	taken := map[int]bool{}
	sections := map[int]int{}
	for len(result.picked) < min(maxPicked, len(chosen)) {
		best, bestScore := -1, 0.0
		for i, index := range chosen {
			if taken[i] {
				continue
			}
			repeat := 0.0
			for _, j := range sortedKeys(taken) {
				repeat = max(repeat, like[i][j])
			}
			s := score[i] - redundancy*repeat - sameSection*float64(max(0, sections[doc.sentences[index].section]-1))
			if best < 0 || s > bestScore {
				best, bestScore = i, s
			}
		}
		taken[best] = true
		s := doc.sentences[chosen[best]]
		sections[s.section]++
		result.picked = append(result.picked, pick{s.text, chosen[best]})
	}
	return result, nil
}

// standing is the factor by which the place and the form of a sentence change its rank.
func standing(doc *document, index int) float64 {
	s := doc.sentences[index]
	factor := 1.0
	switch n := len(doc.sentences); {
	case index < 2:
		factor += 0.4
	case index < 5:
		factor += 0.3
	case s.first:
		factor += 0.1
	case index > n-4 && n > 8:
		factor += 0.1
	}
	length := utf8.RuneCountInString(s.text)
	if hasKana(s.text) {
		length *= 3
	}
	switch {
	case length < 40:
		factor *= 0.35
	case length < 60:
		factor *= 0.8
	case length > 320:
		factor *= 0.6
	}
	lower := strings.ToLower(s.text)
	if hasAny(lower, resultWords) {
		factor += 0.3
	}
	for _, start := range dependentOpenings {
		if strings.HasPrefix(lower, start) {
			factor *= 0.6
			break
		}
	}
	if hasAny(lower, formulas) {
		factor *= 0.02
	}
	if s.item {
		factor *= 0.85
	}
	factor += 0.08 * float64(min(3, headingTerms(doc, s)))
	if strings.HasSuffix(lower, "?") || strings.HasSuffix(lower, "？") || strings.HasSuffix(lower, ":") {
		factor *= 0.5
	}
	return factor
}

func hasAny(text string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(text, w) })
}

// headingTerms counts the terms of a sentence that stand in the title or a heading too.
func headingTerms(doc *document, s sentence) int {
	n := 0
	for _, t := range s.terms {
		if doc.headingTerms[t] {
			n++
		}
	}
	return n
}

// resultWords announce what a document finds, decides or asks for.
var resultWords = []string{
	"result", "conclu", "recommend", "decid", "decision", "we ask", "propos", "found that", "improved", "target", "success", "risk", "important",
	"percent", "because", "caused by", "best", "worse", "failed", "fell", "rose", "slow", "replace",
	"結果", "結論", "まとめ", "課題", "問題", "提案", "原因", "成果", "成功", "改善", "目標", "決定", "必要", "対策", "減少", "増加", "移転", "更新",
}

// purpose finds the sentence that says what a document is, when it stands at the start.
var purpose = regexp.MustCompile(`^this (?:annual |quarterly |monthly )?(?:report|yearbook|document|memo|paper|note|letter|agreement|manual|guide|article|plan|proposal)\b|^(?:本|この)(?:報告書|文書|資料|書|契約|手順書|年報|稿|論文)`)

// dependentOpenings begin sentences that say little without the one before them.
var dependentOpenings = []string{
	"it ", "they ", "he ", "she ", "this ", "these ", "those ", "that ", "another ", "however", "but ", "and ", "also ", "moreover",
	"therefore", "both ", "instead", "there ", "its ", "their ", "his ", "her ", "such ", "if it does not", "yours ", "dear ",
	"これ", "それ", "その", "この", "また、", "しかし", "一方", "さらに", "なお、", "そして", "ただし", "特に", "例えば", "拝啓", "敬具",
}

// formulas are phrases of letters that say nothing about their subject.
var formulas = []string{
	"present: ", "attendees: ", "absent with apolog", "出席者：", "yours faithfully", "yours sincerely", "kind regards", "best regards", "dear sir",
	"お喜び申し上げ", "ご清栄", "お引き立て", "ご愛顧", "肌寒くなって", "秋も深まり", "よろしくお願い", "申し上げますとともに",
}

// inOrder returns the first n picks in the order of the document.
func (r summaryResult) inOrder(n int) []string {
	picks := slices.Clone(r.picked[:min(n, len(r.picked))])
	slices.SortFunc(picks, func(a, b pick) int { return a.index - b.index })
	out := make([]string, len(picks))
	for i, p := range picks {
		out[i] = p.text
	}
	return out
}

// byWeight returns the first n picks, the most important first.
func (r summaryResult) byWeight(n int) []string {
	var out []string
	for _, p := range r.picked[:min(n, len(r.picked))] {
		out = append(out, p.text)
	}
	return out
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}
