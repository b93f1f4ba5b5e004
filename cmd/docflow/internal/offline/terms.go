package offline

import (
	"strings"
	"unicode"

	"github.com/kljensen/snowball/english"
)

// word is one word of a text that is not Japanese.
type word struct {
	text  string
	start int // byte offsets in the text
	end   int
}

// words finds words: letters and digits, with apostrophes, hyphens and full stops inside.
func words(text string) []word {
	var out []word
	start := -1
	runes := []rune(text)
	offset := 0
	for i, r := range runes {
		inside := unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.Is(unicode.Mn, r)
		if !inside && start >= 0 && i+1 < len(runes) && strings.ContainsRune("'’-.,&", r) {
			next := runes[i+1]
			digits := unicode.IsDigit(next) && unicode.IsDigit(runes[i-1])
			letters := unicode.IsLetter(next) && unicode.IsLetter(runes[i-1])
			inside = digits && strings.ContainsRune("-.,", r) || letters && strings.ContainsRune("'’-&", r)
		}
		switch {
		case inside && start < 0:
			start = offset
		case !inside && start >= 0:
			out = append(out, word{text[start:offset], start, offset})
			start = -1
		}
		offset += len(string(r))
	}
	if start >= 0 {
		out = append(out, word{text[start:], start, len(text)})
	}
	return out
}

// stem brings the forms of an English word together.
func stem(text string) string {
	lower := strings.ToLower(strings.ReplaceAll(text, "’", "'"))
	lower = strings.TrimSuffix(lower, "'s")
	for _, r := range lower {
		if r > unicode.MaxASCII || unicode.IsDigit(r) {
			return lower
		}
	}
	return english.Stem(lower, false)
}

// contentTerms returns the terms by which two sentences are compared: stems of English
// words that are no stop words, or Japanese nouns and verbs.
func contentTerms(text string) ([]string, error) {
	if needsDictionary(text) {
		morphemes, err := morphemes(text)
		if err != nil {
			return nil, err
		}
		var out []string
		for _, m := range morphemes {
			if m.content() {
				out = append(out, m.surface)
			}
		}
		return out, nil
	}
	var out []string
	for _, w := range words(text) {
		if lower := strings.ToLower(w.text); !isStopWord(lower) {
			out = append(out, stem(w.text))
		}
	}
	return out, nil
}

// isStopWord tells words that carry no topic.
func isStopWord(lower string) bool {
	return english.IsStopWord(lower) || stopWords[lower] || len(lower) < 2 || isNumber(lower)
}

func isNumber(text string) bool {
	for _, r := range text {
		if unicode.IsLetter(r) {
			return false
		}
	}
	return true
}

// stopWords adds to the stemmer's short list what is as frequent and as empty.
var stopWords = wordSet(`
about above across after again against all almost alone along already also although always am among an and another any anyone
anything are around as ask asked asks at away back be became because become becomes been before behind being below between both but by came can
cannot come comes could did didn't do does doesn't doing don't done down during each either else enough even ever every everyone everything
few find finds first five for four found from full further gave general get gets give given gives go goes going got great had half has hasn't have haven't having he
her here hers herself him himself his hour hours how however i i'd i'll i'm i've if in include included includes including indeed instead into is isn't it it's its itself just keep keeps kept
know known last later least less let like likely long made mainly make makes making many may me mean means might minute minutes month months more moreover most much must my
myself near nearly need needs neither never new next nine no nobody none nor not nothing now of off often on once one ones only onto or other others our ours
ourselves out over own part per perhaps please put quite rather read really same said saw say says see seem seems seen seven several shall she should since six so some someone something
still such take taken takes ten than that that's the their theirs them themselves then there therefore these they thing things third this those though thousand three through thus time
to today together told too took toward towards twelve twice two under until up upon us use used uses using usually very via want wants was wasn't way ways we week weeks well went were weren't what
when where whether which while who whole whom whose why will with within without won't word words work worked would wouldn't write wrote year years yes yet you your yours yourself
january february march april may june july august september october november december
monday tuesday wednesday thursday friday saturday sunday
day days came does set left right good better best big small large high low early late different second quarter end
`)

func wordSet(list string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(list) {
		out[w] = true
	}
	return out
}
