package offline

import (
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/neurosnap/sentences"
	"github.com/neurosnap/sentences/english"
)

// maxSentenceRunes bounds a sentence: what is longer is cut at a comma or a space, so
// that text without any full stop stays manageable.
const maxSentenceRunes = 600

var englishSplitter = sync.OnceValues(func() (*sentences.DefaultSentenceTokenizer, error) {
	return english.NewSentenceTokenizer(nil)
})

// splitSentences splits a paragraph.
func splitSentences(text string) ([]string, error) {
	var raw []string
	if hasKana(text) || strings.ContainsRune(text, '。') {
		raw = splitJapanese(text)
	} else {
		splitter, err := englishSplitter()
		if err != nil {
			return nil, err
		}
		for _, s := range splitter.Tokenize(text) {
			raw = append(raw, splitAfterNumbers(s.Text)...)
		}
	}
	var out []string
	for _, s := range raw {
		for s = strings.TrimSpace(s); utf8.RuneCountInString(s) > maxSentenceRunes; {
			head := cutLong(s)
			out = append(out, strings.TrimSpace(head))
			s = strings.TrimSpace(s[len(head):])
		}
		if s != "" {
			out = append(out, s)
		}
	}
	return out, nil
}

// numberEnd is a sentence that ends in a number of three digits or more, such as a year.
// The splitter takes every number with a full stop for an ordinal.
var numberEnd = regexp.MustCompile(`\d{3}\.\s+["“']?\p{Lu}`)

func splitAfterNumbers(text string) []string {
	var out []string
	start := 0
	for _, at := range numberEnd.FindAllStringIndex(text, -1) {
		end := at[0] + len("000.")
		out = append(out, text[start:end])
		start = end
	}
	return append(out, text[start:])
}

// cutLong returns the first part of a sentence that is too long.
func cutLong(s string) string {
	at, n, last := 0, 0, 0
	for i, r := range s {
		if n++; n > maxSentenceRunes {
			at = i
			break
		}
		if strings.ContainsRune(" 、,;；", r) {
			last = i + utf8.RuneLen(r)
		}
	}
	if last > 0 {
		return s[:last]
	}
	return s[:at]
}

const (
	openQuotes  = "「『（【“"
	closeQuotes = "」』）】”"
	// maxQuoteRunes is how far a quote that was opened may reach: a quote that nobody
	// closes must not swallow the text.
	maxQuoteRunes = 200
)

// splitJapanese splits after 。！？ outside quotes and brackets.
func splitJapanese(text string) []string {
	var out []string
	start, depth, quoted := 0, 0, 0
	runes := []rune(text)
	for i, r := range runes {
		switch {
		case strings.ContainsRune(openQuotes, r):
			depth++
			quoted = 0
			continue
		case strings.ContainsRune(closeQuotes, r):
			depth = max(0, depth-1)
			continue
		}
		if depth > 0 {
			if quoted++; quoted > maxQuoteRunes {
				depth = 0
			}
			continue
		}
		if !strings.ContainsRune("。！？!?", r) {
			continue
		}
		if i+1 < len(runes) && strings.ContainsRune("。！？!?"+closeQuotes, runes[i+1]) {
			continue
		}
		out = append(out, string(runes[start:i+1]))
		start = i + 1
	}
	return append(out, string(runes[start:]))
}
