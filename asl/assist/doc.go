// Package assist is what an editor needs to know of a definition in the Amazon States Language while it is being typed: what may
// stand at a place, what stands there and means, where a state is defined and used, and how a finding is cured.
//
// It knows no protocol: places are byte offsets of the text. A View of a text answers all questions about it; it may be shared by
// goroutines. Complete works where the text is broken at the cursor, since nothing else is to be expected of a text that is being
// typed: what is there of the word at the cursor is exchanged for a word that the text has nowhere else, so that the parser reads
// the place as a whole one, and finds it by that word.
package assist
