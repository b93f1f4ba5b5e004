package bedrock

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"sync"
)

// PromptVersion identifies the prompts: instructions, rules, schemas of answers, the frame of the document, the limits of an answer's
// length, and what is said after a faulty answer. It is a hash of the requests about a specimen, so it changes with every word of
// them, and nobody has to remember to count. It stands in results and in the keys of the cache of answers.
func PromptVersion() string { return promptVersion() }

var promptVersion = sync.OnceValue(func() string { return versionOf(specimens()) })

// versionDigits are enough to tell apart the prompts that there will ever be.
const versionDigits = 12

func versionOf(requests []Request) string {
	h := sha256.New()
	for _, r := range requests {
		_, _ = fmt.Fprintf(h, "%s\n%d\n", r.AnthropicVersion, r.MaxTokens) // a hash takes everything (hash.Hash)
		for _, text := range textsOf(r) {
			_, _ = fmt.Fprintf(h, "%d:%s", len(text), text)
		}
	}
	return hex.EncodeToString(h.Sum(nil))[:versionDigits]
}

// textsOf are what a model reads of a request.
func textsOf(r Request) []string {
	texts := []string{r.System.String()}
	for _, m := range r.Messages {
		texts = append(texts, string(m.Role), m.Content.String())
	}
	return texts
}

// specimens are requests of every kind.
func specimens() []Request {
	var all []Request
	for _, step := range append(Steps(), StepMerge) {
		all = append(all, NewRequest(step, Input{Title: "title", Text: "text", Part: 1, Parts: 2}))
	}
	whole := NewRequest(StepSummary, Input{Text: "text"})
	cut := &AnswerError{Name: TruncatedAnswer, Message: "was cut"}
	return append(all, whole,
		NewRepair(whole, "answer", &AnswerError{Name: InvalidAnswer, Message: "is wrong"}, false),
		NewRepair(whole, "answer", cut, false), NewRepair(whole, "answer", cut, true), NewRepair(whole, "", cut, true),
		// How much is repeated of an answer and of what is wrong with it.
		NewRepair(whole, strings.Repeat("a", 2*maxFaultyAnswer), &AnswerError{Name: InvalidAnswer, Message: strings.Repeat("b", 2*maxFaultText)}, false),
	)
}
