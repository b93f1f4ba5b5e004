package graph

import (
	"strings"
	"unicode"

	"golang.org/x/text/width"
)

// printable gives a text on one line, without the characters that a drawing cannot show.
func printable(text string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == '\n', c == '\r', c == '\t', unicode.Is(unicode.Zs, c):
			return ' '
		case unicode.IsControl(c), unicode.Is(unicode.Cf, c) && c != '\u200d', c == '\ufffe', c == '\uffff':
			return -1
		}
		return c
	}, text)
}

// charWidth estimates a character's width in a sans-serif font, in hundredths of the font's size; a little too wide rather
// than too narrow, since fonts differ.
func charWidth(c rune) int {
	switch {
	case unicode.Is(unicode.Mn, c) || unicode.Is(unicode.Cf, c):
		return 0
	case strings.ContainsRune("ijl.,:;'|!I()[]{}/ ft", c):
		return 36
	case strings.ContainsRune("mwMW@%", c):
		return 92
	case 'A' <= c && c <= 'Z', c == '&', c == '_', c == '$', c == '#', c == '=', c == '<', c == '>', c == '+', c == '≥', c == '≤':
		return 70
	}
	switch width.LookupRune(c).Kind() {
	case width.EastAsianWide, width.EastAsianFullwidth:
		return 102
	case width.EastAsianAmbiguous: // wide where a Japanese font draws them
		return 85
	}
	if c > 0x2000 {
		return 100
	}
	return 60
}

// textWidth estimates the width of a line in pixels.
func textWidth(text string, fontSize int) int {
	total := 0
	for _, c := range text {
		total += charWidth(c)
	}
	return (total*fontSize + 99) / 100
}

// shorten cuts a line to at most so many pixels.
func shorten(text string, fontSize, pixels int) string {
	if textWidth(text, fontSize) <= pixels {
		return text
	}
	room := pixels - textWidth("…", fontSize)
	total := 0
	for i, c := range text {
		total += charWidth(c)
		if total*fontSize/100 > room {
			return strings.TrimRight(text[:i], " ") + "…"
		}
	}
	return text
}

// wrap breaks a text into lines of at most so many pixels: at blanks, before capitals and after punctuation where that fits,
// else anywhere. Of a text with more than maxLines lines the rest is cut off.
func wrap(text string, fontSize, pixels, maxLines int) []string {
	var lines []string
	rest := []rune(strings.TrimSpace(text))
	for len(rest) > 0 {
		if len(lines) == maxLines-1 {
			return append(lines, shorten(string(rest), fontSize, pixels))
		}
		end, total := 0, 0
		for end < len(rest) {
			total += charWidth(rest[end])
			if end > 0 && total*fontSize/100 > pixels {
				break
			}
			end++
		}
		if end < len(rest) {
			end = breakBefore(rest, end)
		}
		lines = append(lines, strings.TrimSpace(string(rest[:end])))
		rest = []rune(strings.TrimLeft(string(rest[end:]), " "))
	}
	return lines
}

// breakBefore finds the best place to end a line at or before end, but not in its first third.
func breakBefore(text []rune, end int) int {
	for _, good := range []func(i int) bool{
		func(i int) bool { return text[i] == ' ' },
		func(i int) bool { return strings.ContainsRune("-_.,/:", text[i-1]) },
		func(i int) bool { return unicode.IsUpper(text[i]) && unicode.IsLower(text[i-1]) },
	} {
		for i := end; i > end/3 && i > 0; i-- {
			if i < len(text) && good(i) {
				return i
			}
		}
	}
	return end
}

// The bounds of labels on edges.
const (
	labelPixels = 170
	labelLines  = 3 // of one transition
	labelCount  = 4 // transitions that one edge names
)
