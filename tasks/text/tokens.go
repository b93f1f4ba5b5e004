package text

import "github.com/docflow-asl/docflow/tasks/text/tokens"

// EstimateTokens estimates how many tokens a model's tokenizer makes of s; see tokens.Estimate.
func EstimateTokens(s string) int { return tokens.Estimate(s) }

// tokenCounter counts tokens as Split reads.
type tokenCounter struct {
	counter tokens.Counter
	total   int
}

func (c *tokenCounter) add(r rune) {
	c.counter.Add(r)
	c.total = c.counter.Total()
}

// isCJK covers ideographs, kana, Hangul syllables, CJK punctuation and the full-width forms.
func isCJK(r rune) bool {
	return r >= 0x2E80 && r <= 0x9FFF || r >= 0xAC00 && r <= 0xD7AF || r >= 0xF900 && r <= 0xFAFF || r >= 0xFE30 && r <= 0xFE4F ||
		r >= 0xFF00 && r <= 0xFFEF
}
