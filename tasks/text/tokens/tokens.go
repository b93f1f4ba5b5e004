// Package tokens estimates how many tokens a model makes of a text. It is a package of its own so that a function that
// only counts does not carry the readers of documents.
package tokens

import (
	"unicode"
	"unicode/utf8"
)

// Estimate estimates how many tokens a model's tokenizer makes of s. It is meant for budgets, so it errs on the
// high side, and it is right enough for Japanese, where counting bytes or words is not:
//
//   - a CJK ideograph, kana or Hangul syllable is one token. The tokenizers of today's models put common pairs into one
//     token and rare ideographs into two or three; over running text it comes to between 0.7 and 1.1.
//   - a run of Latin letters is one token for its first six letters and one for every four more: "harbour" is two,
//     "understanding" three. With the spaces between, English prose comes to about four characters a token, as the
//     makers of models say it does.
//   - letters of other alphabets are one token for every two; digits one for every three; an emoji or other character
//     beyond the Basic Multilingual Plane two.
//   - every punctuation mark or symbol is one token; repeated ones (a rule of dashes) are one for every four.
//   - a single space is part of the next token; longer white space is one token for every four characters, and every
//     line end at least one.
func Estimate(s string) int {
	var c Counter
	for _, r := range s {
		c.Add(r)
	}
	return c.total
}

// Counter counts as it reads: a token is counted when its first character comes.
type Counter struct {
	total int
	kind  tokenKind
	last  rune
	// run is the length of the run of this kind so far, marks the number of combining marks in all.
	run, marks int
}

type tokenKind int

const (
	tokenNone tokenKind = iota
	tokenSpace
	tokenLine
	tokenLatin
	tokenLetter
	tokenDigit
	tokenSign
	tokenWide
	tokenMark
)

// Total returns the tokens so far.
func (c *Counter) Total() int { return c.total }

// Add counts the next character.
func (c *Counter) Add(r rune) {
	kind := kindOf(r)
	switch {
	case kind == tokenMark:
		// Accents and joiners: every second one, so that a text made of nothing else still counts.
		if c.marks++; c.marks%2 == 0 {
			c.total++
		}
		return
	case kind != c.kind || kind == tokenSign && r != c.last:
		c.kind, c.run = kind, 0
	}
	c.last = r
	switch kind {
	case tokenSpace:
		// The first space goes with the next word.
		if c.run%4 == 1 {
			c.total++
		}
	case tokenLine:
		if c.run%2 == 0 {
			c.total++
		}
	case tokenLatin:
		if c.run == 0 || c.run%4 == 2 && c.run > 2 {
			c.total++
		}
	case tokenSign:
		if c.run%4 == 0 {
			c.total++
		}
	case tokenLetter:
		if c.run%2 == 0 {
			c.total++
		}
	case tokenDigit:
		if c.run%3 == 0 {
			c.total++
		}
	case tokenWide:
		c.total++
		if r > 0xFFFF {
			c.total++
		}
	}
	c.run++
}

func kindOf(r rune) tokenKind {
	switch {
	case r == '\n' || r == '\r' || r == '\f':
		return tokenLine
	case r == ' ' || r == '\t' || r == '\u00A0':
		return tokenSpace
	case r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z':
		return tokenLatin
	case r >= '0' && r <= '9':
		return tokenDigit
	case r < utf8.RuneSelf:
		return tokenSign
	case r > 0xFFFF || isCJK(r):
		return tokenWide
	case unicode.IsSpace(r):
		return tokenSpace
	case unicode.IsMark(r) || r == '\u200D' || r == '\uFE0F':
		return tokenMark
	case unicode.Is(unicode.Latin, r):
		return tokenLatin
	case unicode.IsLetter(r) || unicode.IsDigit(r):
		return tokenLetter
	}
	return tokenSign
}

// isCJK covers ideographs, kana, Hangul syllables, CJK punctuation and the full-width forms.
func isCJK(r rune) bool {
	return r >= 0x2E80 && r <= 0x9FFF || r >= 0xAC00 && r <= 0xD7AF || r >= 0xF900 && r <= 0xFAFF || r >= 0xFE30 && r <= 0xFE4F ||
		r >= 0xFF00 && r <= 0xFFEF
}
