package picture

import (
	"math"
	"strings"
)

var (
	belowTwenty = []string{
		"Zero", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten", "Eleven", "Twelve", "Thirteen",
		"Fourteen", "Fifteen", "Sixteen", "Seventeen", "Eighteen", "Nineteen",
	}
	ordinalBelowTwenty = []string{
		"Zeroth", "First", "Second", "Third", "Fourth", "Fifth", "Sixth", "Seventh", "Eighth", "Ninth", "Tenth", "Eleventh", "Twelfth",
		"Thirteenth", "Fourteenth", "Fifteenth", "Sixteenth", "Seventeenth", "Eighteenth", "Nineteenth",
	}
	tens       = []string{"", "", "Twenty", "Thirty", "Forty", "Fifty", "Sixty", "Seventy", "Eighty", "Ninety"}
	magnitudes = []struct {
		word  string
		value float64
	}{{"Thousand", 1e3}, {"Million", 1e6}, {"Billion", 1e9}, {"Trillion", 1e12}}
)

// words writes an integer that is not negative in English words, each with a capital: "One Thousand, Two Hundred and Third". Above
// the trillions the words for a number stand before "Trillion".
func words(n float64, ordinal bool) (string, error) {
	if math.IsNaN(n) || math.IsInf(n, 0) {
		return "", uncoded("%s cannot be written in words", numberText(n))
	}
	var b strings.Builder
	writeWords(&b, n, false, ordinal)
	return b.String(), nil
}

// writeWords writes n behind what is already written; follows says that this is a greater part of the same number.
func writeWords(b *strings.Builder, n float64, follows, ordinal bool) {
	if follows {
		if n < 100 {
			b.WriteString(" and ")
		} else {
			b.WriteString(", ")
		}
	}
	switch {
	case n < 20:
		if ordinal {
			b.WriteString(ordinalBelowTwenty[int(n)])
		} else {
			b.WriteString(belowTwenty[int(n)])
		}
	case n < 100:
		word, rest := tens[int(n)/10], int(n)%10
		switch {
		case rest > 0:
			b.WriteString(word + "-")
			writeWords(b, float64(rest), false, ordinal)
		case ordinal:
			b.WriteString(strings.TrimSuffix(word, "y") + "ieth")
		default:
			b.WriteString(word)
		}
	case n < 1000:
		b.WriteString(belowTwenty[int(n)/100] + " Hundred")
		writeRest(b, float64(int(n)%100), ordinal)
	default:
		magnitude := magnitudes[0]
		for _, m := range magnitudes {
			if n >= m.value {
				magnitude = m
			}
		}
		count := math.Floor(n / magnitude.value)
		writeWords(b, count, false, false)
		b.WriteString(" " + magnitude.word)
		// The conversion keeps the compiler from fusing the operations, which would round otherwise than JavaScript.
		writeRest(b, n-float64(count*magnitude.value), ordinal)
	}
}

// writeRest writes what follows hundreds, thousands and so on.
func writeRest(b *strings.Builder, rest float64, ordinal bool) {
	if rest > 0 {
		writeWords(b, rest, true, ordinal)
	} else if ordinal {
		b.WriteString("th")
	}
}

// numberWord is a word of a number in small letters.
type numberWord struct {
	text  string
	value float64
}

// numberWords are all words of numbers; the order matters where a text can be read in two ways (see wordTexts).
var numberWords = func() []numberWord {
	var all []numberWord
	add := func(word string, value float64) { all = append(all, numberWord{strings.ToLower(word), value}) }
	for n, word := range belowTwenty {
		add(word, float64(n))
	}
	for n, word := range ordinalBelowTwenty {
		add(word, float64(n))
	}
	for i, word := range tens[2:] {
		add(word, float64(i+2)*10)
		add(strings.TrimSuffix(word, "y")+"ieth", float64(i+2)*10)
	}
	add("Hundred", 100)
	add("Hundredth", 100)
	for _, m := range magnitudes {
		add(m.word, m.value)
		add(m.word+"th", m.value)
	}
	return all
}()

var wordValues = func() map[string]float64 {
	values := make(map[string]float64, len(numberWords))
	for _, w := range numberWords {
		values[w.text] = w.value
	}
	return values
}()

// fromWords reads a number in small words. An unknown word makes the result NaN.
func fromWords(text string) float64 {
	// Values below 100 add to the last part, values from 100 on multiply it; a part of thousands or more is complete.
	parts := []float64{0}
	for _, word := range splitWords(text) {
		value, ok := wordValues[word]
		if !ok {
			return math.NaN()
		}
		last := len(parts) - 1
		switch {
		case value >= 100:
			parts[last] *= value
		case parts[last] >= 1000:
			parts = append(parts, value)
		default:
			parts[last] += value
		}
	}
	total := 0.0
	for _, part := range parts {
		total += part
	}
	return total
}

// splitWords splits at a comma with a space, at "and" between spaces, and at every space, hyphen and backslash.
func splitWords(text string) []string {
	chars := []rune(text)
	at := func(i int) rune {
		if i < len(chars) {
			return chars[i]
		}
		return 0
	}
	var all []string
	start := 0
	for i := 0; i < len(chars); {
		width := 0
		switch c := chars[i]; {
		case c == ',' && isSpace(at(i+1)):
			width = 2
		case isSpace(c) && at(i+1) == 'a' && at(i+2) == 'n' && at(i+3) == 'd' && isSpace(at(i+4)):
			width = 5
		case isSpace(c) || c == '-' || c == '\\':
			width = 1
		default:
			i++
			continue
		}
		all = append(all, string(chars[start:i]))
		i += width
		start = i
	}
	return append(all, string(chars[start:]))
}

// lowerASCII makes small letters of A to Z only.
func lowerASCII(text string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, text)
}
