package offline

import (
	_ "embed"
	"math"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// The polarity lexicon for Japanese: one entry a line, its weight and its stem as it
// stands in every form of the word. Written for docflow; no dictionary that could be
// shipped was to be had.
//
//go:embed lexicon_ja.txt
var lexiconText string

type lexicon struct {
	weights map[string]float64
	longest int // runes
}

var japaneseLexicon = sync.OnceValue(func() lexicon {
	l := lexicon{weights: map[string]float64{}}
	for line := range strings.Lines(lexiconText) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		weight, err := strconv.ParseFloat(fields[0], 64)
		if err != nil {
			continue // a test reads every line
		}
		for _, stem := range fields[1:] {
			l.weights[stem] = weight
			l.longest = max(l.longest, utf8.RuneCountInString(stem))
		}
	}
	return l
})

const (
	// negationReach and reductionReach are how many characters after a word a negation
	// or a verb of lessening still belongs to it, within its clause.
	negationReach  = 9
	reductionReach = 16
	// negated is what is left of a weight that is negated: "not good" is less than bad.
	negated = -0.7
	// lessened is what is left of a bad thing that was solved or became less.
	lessened = -0.5
	// supposed is what is left of a weight in an "if".
	supposed = 0.5
	// normal makes the sum of weights a score, as VADER does: s/sqrt(s²+normal).
	normal = 8.0
)

var (
	// negations follow the word that they negate: 良くない, 満足していない, 傷めずに.
	negations = []string{"ない", "なく", "なかっ", "ません", "ずに", "ず、", "ずと", "ぬ", "なし", "ゼロ", "とは言え", "とはいえ", "に欠け"}
	// notNegations look like negations and are none.
	notNegations = []string{"なくなっ", "なくなり", "なければな", "なくては", "ないか", "なくない", "仕方な", "少なくない", "かもしれない", "かもしれません", "申し訳な", "間違いな"}
	// reductions turn a bad thing into good news: 苦情が減った, 問題を解決した.
	reductions = []string{"減", "解決", "解消", "防", "避け", "なくな", "克服", "改善", "抑え", "縮小", "取り除", "直し", "直っ", "下がり", "下がった", "食い止め", "削減"}
	// conditions take a statement back to a possibility.
	conditions = []string{"れば", "たら", "なら", "ても"}
)

// japaneseSentiment returns a score from -1 to 1 and the words that it rests on.
func japaneseSentiment(text string) (float64, []string) {
	for _, f := range formulas {
		text = strings.ReplaceAll(text, f, "")
	}
	l := japaneseLexicon()
	runes := []rune(text)
	type hit struct {
		word   string
		weight float64
	}
	var hits []hit
	sum := 0.0
	for i := 0; i < len(runes); {
		stem, weight := l.match(runes[i:])
		if stem == "" {
			i++
			continue
		}
		next := i + utf8.RuneCountInString(stem)
		weight *= turn(weight, runes[next:])
		hits = append(hits, hit{stem, weight})
		sum += weight
		i = next
	}
	score := sum / math.Sqrt(sum*sum+normal)
	var found []string
	for _, h := range hits {
		if h.weight*score > 0 {
			found = append(found, h.word)
		}
	}
	return score, found
}

// match returns the longest entry with which text begins.
func (l lexicon) match(text []rune) (string, float64) {
	for n := min(l.longest, len(text)); n > 0; n-- {
		stem := string(text[:n])
		if weight, ok := l.weights[stem]; ok {
			return stem, weight
		}
	}
	return "", 0
}

// turn returns the factor by which what follows a word changes its weight.
func turn(weight float64, rest []rune) float64 {
	clause := rest
	for i, r := range rest {
		if strings.ContainsRune("。、」！？!?", r) {
			clause = rest[:i+1]
			break
		}
	}
	near := string(clause[:min(negationReach, len(clause))])
	far := string(clause[:min(reductionReach, len(clause))])
	factor := 1.0
	switch {
	case weight < 0 && hasAny(far, reductions):
		factor = lessened
	case hasAny(near, negations) && !hasAny(near, notNegations):
		factor = negated
	}
	if hasAny(far, conditions) {
		factor *= supposed
	}
	return factor
}
