package offline

import (
	"context"
	"math"
	"slices"

	"github.com/docflow-asl/docflow/tasks/bedrock"
)

// sentimentResult is the attitude of a document.
type sentimentResult struct {
	polarity   bedrock.Polarity
	score      float64
	confidence float64
	positive   int // how many sentences
	negative   int
	neutral    int
	reasons    []reason // by turns positive and negative, the strongest first
}

// reason is a sentence with an attitude, and the words that show it.
type reason struct {
	score float64
	text  string
	words []string
}

const (
	// opinionFrom is the score from which a sentence has an attitude.
	opinionFrom = 0.2
	// maxJudged bounds how many sentences are judged; a longer document is thinned.
	maxJudged = 4000
	// maxReasons is how many reasons are kept of each side.
	maxReasons = 3
	// mixedFrom is the share of the weaker side from which a document is MIXED.
	mixedFrom = 0.4
	// neutralBelow is the weight for each sentence below which a document is NEUTRAL.
	neutralBelow = 0.06
	// fullWeight is the weight for each sentence from which the score is not damped.
	fullWeight = 0.3
)

// judge scores every sentence and adds up.
func judge(ctx context.Context, doc *document) (sentimentResult, error) {
	texts := make([]string, 0, len(doc.sentences))
	for _, s := range doc.sentences {
		texts = append(texts, s.text)
	}
	if len(texts) == 0 {
		texts = doc.fragments
	}
	step := max(1, (len(texts)+maxJudged-1)/maxJudged)
	var r sentimentResult
	var good, bad []reason
	var plus, minus float64
	judged := 0
	for i := 0; i < len(texts); i += step {
		if judged%128 == 0 && ctx.Err() != nil {
			return r, ctx.Err()
		}
		judged++
		score, words := sentenceSentiment(texts[i])
		switch {
		case score >= opinionFrom:
			r.positive++
			plus += score
			good = append(good, reason{score, texts[i], words})
		case score <= -opinionFrom:
			r.negative++
			minus -= score
			bad = append(bad, reason{score, texts[i], words})
		default:
			r.neutral++
		}
	}
	if judged == 0 {
		r.polarity, r.confidence = bedrock.Neutral, 0.1
		return r, nil
	}
	total := plus + minus
	weight := total / float64(judged)
	balance := 0.0
	if total > 0 {
		balance = (plus - minus) / total
	}
	r.score = round2(balance * math.Min(1, weight/fullWeight))
	weaker, stronger := math.Min(plus, minus), math.Max(plus, minus)
	evidence := float64(judged) / float64(judged+8) // few sentences, little confidence
	switch {
	case weight < neutralBelow:
		r.polarity = bedrock.Neutral
		r.confidence = 0.5 + 0.4*(1-weight/neutralBelow)*evidence
	case min(r.positive, r.negative) > 0 && weaker >= mixedFrom*stronger:
		r.polarity = bedrock.Mixed
		r.confidence = 0.4 + 0.4*evidence*math.Min(1, weaker/stronger)
	case balance > 0:
		r.polarity = bedrock.Positive
		r.confidence = 0.4 + 0.5*balance*evidence
	default:
		r.polarity = bedrock.Negative
		r.confidence = 0.4 - 0.5*balance*evidence
	}
	r.confidence = round2(r.confidence)
	r.reasons = byTurns(strongest(good), strongest(bad), minus > plus)
	return r, nil
}

func sentenceSentiment(text string) (float64, []string) {
	if hasKana(text) {
		return japaneseSentiment(text)
	}
	return englishSentiment(text)
}

func strongest(list []reason) []reason {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b reason) int {
		switch x, y := math.Abs(a.score), math.Abs(b.score); {
		case x > y:
			return -1
		case x < y:
			return 1
		default:
			return 0
		}
	})
	return list[:min(maxReasons, len(list))]
}

// byTurns lists reasons of both sides, beginning with the stronger side.
func byTurns(good, bad []reason, badFirst bool) []reason {
	first, second := good, bad
	if badFirst {
		first, second = bad, good
	}
	var out []reason
	for i := range max(len(first), len(second)) {
		if i < len(first) {
			out = append(out, first[i])
		}
		if i < len(second) {
			out = append(out, second[i])
		}
	}
	return out
}

func round2(f float64) float64 {
	if f = math.Round(f*100) / 100; f == 0 {
		return 0 // no negative zero
	}
	return f
}
