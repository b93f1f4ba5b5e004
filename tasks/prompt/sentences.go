package prompt

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds on a sentence, in Unicode code points: a text without full stops, such as a
// table, is taken apart at its lines, and in the end anywhere between two words.
const (
	longLine    = 300
	maxSentence = 600
)

// sentences takes a text apart. White space within a sentence becomes one space.
func sentences(text string) []string {
	var out []string
	start, length := 0, 0
	flush := func(end int) {
		if s := strings.Join(strings.Fields(text[start:end]), " "); s != "" {
			out = append(out, s)
		}
		start, length = end, 0
	}
	lastSpace := 0
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		next := i + size
		length++
		switch {
		case r == '。' || r == '！' || r == '？' || r == '．':
			next += closers(text[next:])
			flush(next)
		case (r == '.' || r == '!' || r == '?') && endsSentence(text, i, next):
			next += closers(text[next:])
			flush(next)
		case r == '\f':
			flush(next)
		case r == '\n' && (length > longLine || blankLine(text[next:])):
			flush(next)
		case length > maxSentence:
			if lastSpace > start {
				next = lastSpace
			}
			flush(next)
		}
		if unicode.IsSpace(r) {
			lastSpace = next
		}
		i = next
	}
	flush(len(text))
	return out
}

// blankLine tells that text begins with a line that holds nothing.
func blankLine(text string) bool {
	for _, r := range text {
		if r == '\n' {
			return true
		}
		if !unicode.IsSpace(r) {
			return false
		}
	}
	return true
}

// closers returns the length of the quotes and brackets that text begins with.
func closers(text string) int {
	return len(text) - len(strings.TrimLeft(text, `"'”’)]」』）】`))
}

// endsSentence tells whether the sign before next ends a sentence: white space follows,
// and what stands before is no abbreviation such as "Mr." or "e.g.".
func endsSentence(text string, at, next int) bool {
	rest := text[next+closers(text[next:]):]
	if rest == "" {
		return true
	}
	if r, _ := utf8.DecodeRuneInString(rest); !unicode.IsSpace(r) {
		return false
	}
	if text[at] != '.' {
		return true
	}
	const (
		shortest = 2  // letters of a word that a full stop can follow, unless it is one of those below
		longest  = 12 // bytes to look back for the word, so that a hostile text costs linear time
	)
	near := text[max(0, at-longest):at]
	switch near[strings.LastIndexAny(near, " \n\t(\"")+1:] {
	case "Mr", "Ms", "Dr", "St", "No", "Nr", "vs", "cf", "Mrs", "Fig", "Inc", "Ltd", "Prof", "approx":
		return false
	}
	letters := 0
	for before := text[:at]; letters < shortest; letters++ {
		r, size := utf8.DecodeLastRuneInString(before)
		if unicode.IsDigit(r) || r == ')' || r == '%' || r == '"' {
			return true
		}
		if !unicode.IsLetter(r) {
			return false
		}
		before = before[:len(before)-size]
	}
	return letters == shortest
}

// term is a word, a number or a run of Japanese characters of a sentence.
type term struct {
	text  string // in lower case
	kind  termKind
	upper bool // begins with a capital letter
}

type termKind int

const (
	word termKind = iota
	number
	katakana // in Japanese mostly names and terms from abroad
	kanji
)

// terms takes a sentence apart. Hiragana, which is mostly grammar, is left out.
func terms(sentence string, visit func(term)) {
	for i := 0; i < len(sentence); {
		r, size := utf8.DecodeRuneInString(sentence[i:])
		kind, ok := kindOf(r)
		if !ok {
			i += size
			continue
		}
		end := i + size
		for end < len(sentence) {
			next, n := utf8.DecodeRuneInString(sentence[end:])
			k, ok := kindOf(next)
			if !ok {
				// 48,213 and 3.5 are one number, Port-Mary and isn't one word.
				after, _ := utf8.DecodeRuneInString(sentence[end+n:])
				k, ok = kindOf(after)
				if !ok || k != kind || !joins(kind, next) {
					break
				}
				end += n
				continue
			}
			if k != kind && !(kind == word && k == number || kind == number && k == word) {
				break
			}
			if k == number {
				kind = number // R2-17, 48kg: what holds a digit counts as a number
			}
			end += n
		}
		visit(term{text: strings.ToLower(sentence[i:end]), kind: kind, upper: unicode.IsUpper(r)})
		i = end
	}
}

// joins tells whether a sign between two characters of a kind belongs to their term.
func joins(kind termKind, sign rune) bool {
	switch kind {
	case number:
		return sign == '.' || sign == ','
	case word:
		return sign == '-' || sign == '\'' || sign == '’'
	}
	return false
}

func kindOf(r rune) (termKind, bool) {
	switch {
	case unicode.IsDigit(r):
		return number, true
	case r == 'ー' || unicode.Is(unicode.Katakana, r):
		return katakana, true
	case unicode.Is(unicode.Han, r):
		return kanji, true
	case unicode.Is(unicode.Hiragana, r):
		return 0, false
	}
	return word, unicode.IsLetter(r)
}
