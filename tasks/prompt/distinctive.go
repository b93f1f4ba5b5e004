package prompt

import (
	"cmp"
	"math"
	"slices"

	"github.com/docflow-asl/docflow/tasks/text/tokens"
)

// candidate is a sentence of a chunk that may go to the final model in its own words.
type candidate struct {
	text   string
	at     int // its place in the chunk
	tokens int
	score  float64
}

// The weight of a term is log((S+1)/n), with S sentences in the document of which n have
// it: the inverse document frequency of information retrieval, with sentences as the
// documents. These are added to it, as shares: a number says something that no other
// sentence says, and a name is what a reader asks for.
const (
	numberShare = 1.0
	nameShare   = 0.5
)

// The score of a sentence is the sum of the squares of its terms' weights over the number
// of its terms and lengthOffset. The squares make a few very rare terms count for more
// than many that are a little rare, which every long sentence has; the division, since
// room is short, prefers what says much in few words; and the offset keeps sentences of
// two or three words from winning.
const lengthOffset = 5

// candidates returns the sentences of every chunk, the most distinctive first: those
// whose terms are rare in this very document. What the analyses say already is left out.
func candidates(chunks []string, said map[string]bool) [][]candidate {
	type stat struct {
		sentences int32
		last      int32 // the sentence that counted last, from 1
		lower     bool  // occurs with a small first letter
	}
	stats := map[string]*stat{}
	split := make([][]string, len(chunks))
	total := int32(0)
	for i, chunk := range chunks {
		split[i] = sentences(chunk)
		for _, s := range split[i] {
			total++
			terms(s, func(t term) {
				known := stats[t.text]
				if known == nil {
					known = &stat{}
					stats[t.text] = known
				}
				if known.last != total {
					known.last = total
					known.sentences++
				}
				known.lower = known.lower || !t.upper
			})
		}
	}
	out := make([][]candidate, len(chunks))
	at := total // counts on, so that a term counts once in a sentence here too
	for i, texts := range split {
		for place, s := range texts {
			at++
			if said[s] {
				continue
			}
			sum, count := 0.0, 0
			terms(s, func(t term) {
				known := stats[t.text]
				if known.last == at {
					return
				}
				known.last = at
				weight := math.Log(float64(total+1) / float64(known.sentences))
				switch {
				case t.kind == number:
					weight *= 1 + numberShare
				case t.kind == katakana, t.kind == word && !known.lower:
					weight *= 1 + nameShare
				}
				sum += weight * weight
				count++
			})
			if count == 0 {
				continue
			}
			out[i] = append(out[i], candidate{text: s, at: place, score: sum / float64(count+lengthOffset), tokens: tokens.Estimate(s) + 1})
		}
		slices.SortStableFunc(out[i], func(a, b candidate) int { return cmp.Compare(b.score, a.score) })
	}
	return out
}

// choose takes sentences within a budget of tokens: in every round each chunk gives its
// best that is left, so that none is left out for another, and when not all of a round
// fit, the most distinctive go first. label is what the first sentence of a chunk costs
// besides. The result is in the order of the text.
func choose(from [][]candidate, budget, label int) [][]string {
	type entry struct {
		chunk int
		candidate
	}
	taken := make([][]candidate, len(from))
	for round := 0; ; round++ {
		var entries []entry
		for i, list := range from {
			if round < len(list) {
				entries = append(entries, entry{i, list[round]})
			}
		}
		if len(entries) == 0 {
			break
		}
		slices.SortStableFunc(entries, func(a, b entry) int { return cmp.Compare(b.score, a.score) })
		for _, e := range entries {
			price := e.tokens
			if len(taken[e.chunk]) == 0 {
				price += label
			}
			if price <= budget {
				budget -= price
				taken[e.chunk] = append(taken[e.chunk], e.candidate)
			}
		}
	}
	out := make([][]string, len(from))
	for i, list := range taken {
		slices.SortFunc(list, func(a, b candidate) int { return cmp.Compare(a.at, b.at) })
		for _, c := range list {
			out[i] = append(out[i], c.text)
		}
	}
	return out
}
