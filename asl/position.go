package asl

import (
	"sort"
	"strings"
	"unicode/utf8"
)

// byteOrderMark may start a UTF-8 text. Editors hide it, so it counts for offsets but not for columns.
const byteOrderMark = "\ufeff"

// runeStride is the distance in bytes of the places at which textIndex knows the number of characters before.
const runeStride = 64

// textIndex turns byte offsets into positions, in a time that does not depend on the length of the lines: minified
// definitions are one line.
type textIndex struct {
	text       string
	lineStarts []int // byte offsets of the lines
	runes      []int // runes[i] characters start before byte i*runeStride; nil for a text of ASCII only
	lastLine   int   // index into lineStarts of the last answer: most questions go forward in small steps
}

func newTextIndex(text string) *textIndex {
	x := &textIndex{text: text, lineStarts: []int{len(text) - len(strings.TrimPrefix(text, byteOrderMark))}}
	ascii := true
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\n', c == '\r' && (i+1 == len(text) || text[i+1] != '\n'):
			x.lineStarts = append(x.lineStarts, i+1)
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	if !ascii {
		x.runes = countRunes(text)
	}
	return x
}

func countRunes(text string) []int {
	counts := make([]int, 0, len(text)/runeStride+1)
	n := 0
	for i := range len(text) {
		if i%runeStride == 0 {
			counts = append(counts, n)
		}
		if utf8.RuneStart(text[i]) {
			n++
		}
	}
	return counts
}

// runesBefore counts the characters that start before offset.
func (x *textIndex) runesBefore(offset int) int {
	if x.runes == nil {
		return offset
	}
	block := min(offset/runeStride, len(x.runes)-1)
	n := x.runes[block]
	for i := block * runeStride; i < offset; i++ {
		if utf8.RuneStart(x.text[i]) {
			n++
		}
	}
	return n
}

// at gives the position of a byte offset; offsets outside the text are moved to its nearest end.
func (x *textIndex) at(offset int) Position {
	offset = max(0, min(offset, len(x.text)))
	line := x.lastLine
	if offset < x.lineStarts[line] || line+1 < len(x.lineStarts) && offset >= x.lineStarts[line+1] {
		line = max(0, sort.SearchInts(x.lineStarts, offset+1)-1)
		x.lastLine = line
	}
	column := 1
	if start := x.lineStarts[line]; offset > start {
		column += x.runesBefore(offset) - x.runesBefore(start)
	}
	return Position{Offset: offset, Line: line + 1, Column: column}
}

func (x *textIndex) span(start, end int) Span {
	return Span{Start: x.at(start), End: x.at(end)}
}

// afterRunes gives the byte offset that is n characters after start, at most the text's end.
func (x *textIndex) afterRunes(start, n int) int {
	if x.runes == nil {
		return min(start+n, len(x.text))
	}
	want := x.runesBefore(start) + n
	block := max(0, sort.SearchInts(x.runes, want+1)-1)
	i, count := block*runeStride, x.runes[block]
	if i < start {
		i, count = start, want-n
	}
	for ; i < len(x.text); i++ {
		if utf8.RuneStart(x.text[i]) {
			if count == want {
				return i
			}
			count++
		}
	}
	return len(x.text)
}
