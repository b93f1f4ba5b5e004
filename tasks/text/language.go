package text

import (
	"strings"
	"unicode"
)

// englishWords are words that English text cannot do without and other languages in Latin script rarely have.
var englishWords = map[string]bool{
	"the": true, "and": true, "of": true, "to": true, "is": true, "that": true, "for": true, "with": true, "was": true,
	"are": true, "this": true, "it": true, "be": true, "by": true, "not": true, "have": true, "from": true, "which": true,
	"has": true, "were": true, "will": true, "you": true, "we": true, "or": true, "can": true,
}

// guessLanguage returns "ja", "en" or "". Kana decide for Japanese (Chinese has none), common words for English. It
// reads the first 20,000 letters, which is plenty.
func guessLanguage(doc *Document) string {
	const enough = 20_000
	kana, han, latin, other, seen := 0, 0, 0, 0, 0
	words, english := 0, 0
	for _, page := range doc.Pages {
		for _, r := range page.Text {
			switch {
			case unicode.In(r, unicode.Hiragana, unicode.Katakana):
				kana++
			case unicode.Is(unicode.Han, r):
				han++
			case unicode.Is(unicode.Latin, r):
				latin++
			case unicode.IsLetter(r):
				other++
			default:
				continue
			}
			if seen++; seen >= enough {
				break
			}
		}
		sample := page.Text
		if len(sample) > 8*enough {
			sample = sample[:8*enough]
		}
		for word := range strings.FieldsFuncSeq(sample, func(r rune) bool { return !unicode.IsLetter(r) && r != '\'' }) {
			words++
			if englishWords[strings.ToLower(word)] {
				english++
			}
		}
		if seen >= enough {
			break
		}
	}
	cjk := kana + han
	switch {
	// One CJK character says as much as several Latin letters: product names in Latin script do not make a text English.
	case kana > 0 && kana*20 >= cjk && cjk*4 >= latin+other:
		return "ja"
	case latin > 10*(cjk+other) && english*100 >= words*12 && english > 0:
		return "en"
	}
	return ""
}
