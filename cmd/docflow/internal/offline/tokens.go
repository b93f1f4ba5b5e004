package offline

import (
	"unicode/utf8"

	"github.com/docflow-asl/docflow/tasks/bedrock"
)

// tokenUnits is the fixed-point scale of the token estimate.
const tokenUnits = 4

// EstimateTokens estimates how many tokens a text is: one for each character beyond
// Latin, Greek and Cyrillic (Japanese runs at 0.9 to 1.3 tokens a character in the
// tokenizers in use), and one for every four other characters, rounded up.
func EstimateTokens(text string) int {
	units := 0
	for _, r := range text {
		units += runeUnits(r)
	}
	return (units + tokenUnits - 1) / tokenUnits
}

func runeUnits(r rune) int {
	if r >= 0x0590 { // Hebrew and all that follows
		return tokenUnits
	}
	return 1
}

// clipTokens returns the longest prefix of text of at most n estimated tokens.
func clipTokens(text string, n int) string {
	units := 0
	for i, r := range text {
		if units += runeUnits(r); units > n*tokenUnits {
			return text[:i]
		}
	}
	return text
}

// clipText returns the longest prefix of text of at most n bytes that ends between two
// characters.
func clipText(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// InputTokens estimates the input tokens of a request: its texts, and four for the frame
// of each message.
func InputTokens(r bedrock.Request) int {
	n := EstimateTokens(r.System.String())
	for _, m := range r.Messages {
		n += EstimateTokens(m.Content.String()) + 4
	}
	return n
}
