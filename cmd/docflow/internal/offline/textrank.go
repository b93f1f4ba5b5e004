package offline

import (
	"context"
	"math"
	"slices"
)

const (
	// maxRanked bounds how many sentences are compared with each other. A longer
	// document is thinned first, evenly over its length (see candidates).
	maxRanked = 500
	// opening is how many sentences at the start are always ranked.
	opening = 3
	// maxPostings leaves out terms that stand in so many sentences that they tell
	// nothing and make the comparison quadratic.
	maxPostings = 120

	damping    = 0.85
	iterations = 40
	converged  = 1e-5
)

// candidates returns the indexes of the sentences that are ranked. When there are more
// than maxRanked, the first few stay, since they say what a document is; the rest is cut
// into stretches of equal length, and the sentence with the most weight by term frequency
// stands for each.
func candidates(sentences []sentence) []int {
	n := len(sentences)
	if n <= maxRanked {
		out := make([]int, n)
		for i := range out {
			out[i] = i
		}
		return out
	}
	frequency := map[string]int{}
	for _, s := range sentences {
		for _, t := range s.terms {
			frequency[t]++
		}
	}
	weight := func(s sentence) float64 {
		if len(s.terms) == 0 {
			return 0
		}
		sum := 0.0
		for _, t := range s.terms {
			sum += math.Log1p(float64(frequency[t]))
		}
		return sum / math.Sqrt(float64(len(s.terms))+4)
	}
	out := make([]int, 0, maxRanked)
	for i := range opening {
		out = append(out, i)
	}
	stretches := maxRanked - opening
	for k := range stretches {
		low, high := opening+k*(n-opening)/stretches, opening+(k+1)*(n-opening)/stretches
		best := low
		for i := low + 1; i < high; i++ {
			if weight(sentences[i]) > weight(sentences[best]) {
				best = i
			}
		}
		out = append(out, best)
	}
	return out
}

// edge is a similarity between two sentences.
type edge struct {
	to     int
	weight float64
}

// similarity computes the cosine of the sentences' TF-IDF vectors, through an index from
// terms to sentences, so that only sentences with a term in common meet.
func similarity(terms [][]string) [][]edge {
	type posting struct {
		sentence int
		weight   float64
	}
	n := len(terms)
	counts := make([]map[string]int, n)
	inSentences := map[string]int{}
	for i, list := range terms {
		counts[i] = map[string]int{}
		for _, t := range list {
			if counts[i][t]++; counts[i][t] == 1 {
				inSentences[t]++
			}
		}
	}
	index := map[string][]posting{}
	norms := make([]float64, n)
	for i := range counts {
		for _, t := range sortedKeys(counts[i]) { // in a fixed order, so that sums are the same every time
			c := counts[i][t]
			w := (1 + math.Log(float64(c))) * math.Log(1+float64(n)/float64(inSentences[t]))
			norms[i] += w * w
			if inSentences[t] > 1 && inSentences[t] <= maxPostings {
				index[t] = append(index[t], posting{i, w})
			}
		}
	}
	dots := make([]map[int]float64, n)
	for i := range dots {
		dots[i] = map[int]float64{}
	}
	for _, t := range sortedKeys(index) {
		list := index[t]
		slices.SortFunc(list, func(a, b posting) int { return a.sentence - b.sentence })
		for a := range list {
			for b := a + 1; b < len(list); b++ {
				dots[list[a].sentence][list[b].sentence] += list[a].weight * list[b].weight
			}
		}
	}
	edges := make([][]edge, n)
	for i := range dots {
		for _, j := range sortedKeys(dots[i]) {
			w := dots[i][j] / math.Sqrt(norms[i]*norms[j])
			edges[i] = append(edges[i], edge{j, w})
			edges[j] = append(edges[j], edge{i, w})
		}
	}
	return edges
}

// textRank is PageRank over the similarities (Mihalcea and Tarau, 2004). The scores are
// scaled so that the best is 1.
func textRank(ctx context.Context, edges [][]edge) ([]float64, error) {
	n := len(edges)
	totals := make([]float64, n)
	score := make([]float64, n)
	for i := range edges {
		score[i] = 1
		for _, e := range edges[i] {
			totals[i] += e.weight
		}
	}
	for range iterations {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		next := make([]float64, n)
		change := 0.0
		for i := range edges {
			sum := 0.0
			for _, e := range edges[i] {
				if totals[e.to] > 0 {
					sum += e.weight / totals[e.to] * score[e.to]
				}
			}
			next[i] = 1 - damping + damping*sum
			change = max(change, math.Abs(next[i]-score[i]))
		}
		score = next
		if change < converged {
			break
		}
	}
	if best := slices.Max(append([]float64{0}, score...)); best > 0 {
		for i := range score {
			score[i] /= best
		}
	}
	return score, nil
}
