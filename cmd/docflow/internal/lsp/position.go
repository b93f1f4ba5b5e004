package lsp

import (
	"sort"
	"unicode/utf8"

	"go.lsp.dev/protocol"

	"github.com/docflow-asl/docflow/asl"
)

// stride is the distance in bytes of the places of which an index knows how many UTF-16 units stand before them, so that lines of any
// length cost the same: a minified definition is one line.
const stride = 256

// index turns byte offsets of a text into the protocol's positions and back.
type index struct {
	text   string
	utf8   bool  // positions count bytes, and not UTF-16 units
	starts []int // byte offsets of the lines
	units  []int // units[i] UTF-16 units stand before byte i*stride; nil for a text of ASCII only
}

// newIndex reads a text's lines. They end with \n, \r\n or \r.
func newIndex(text string, bytes bool) *index {
	x := &index{text: text, utf8: bytes, starts: []int{0}}
	ascii := true
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '\n', c == '\r' && (i+1 == len(text) || text[i+1] != '\n'):
			x.starts = append(x.starts, i+1)
		case c >= utf8.RuneSelf:
			ascii = false
		}
	}
	if !ascii && !bytes {
		count := 0
		for i := range len(text) {
			if i%stride == 0 {
				x.units = append(x.units, count)
			}
			count += unitsAt(text, i)
		}
	}
	return x
}

// unitsAt is how many UTF-16 units the character has that starts at byte i: none when no character starts there.
func unitsAt(text string, i int) int {
	switch c := text[i]; {
	case !utf8.RuneStart(c):
		return 0
	case c >= 0xF0:
		return 2 // beyond U+FFFF: a surrogate pair
	}
	return 1
}

// before counts the units before an offset.
func (x *index) before(offset int) int {
	if x.units == nil {
		return offset
	}
	block := min(offset/stride, len(x.units)-1)
	n := x.units[block]
	for i := block * stride; i < offset; i++ {
		n += unitsAt(x.text, i)
	}
	return n
}

// position gives the position of an offset.
func (x *index) position(offset int) protocol.Position {
	offset = max(0, min(offset, len(x.text)))
	line := sort.SearchInts(x.starts, offset+1) - 1
	return protocol.Position{Line: uint32(line), Character: uint32(x.before(offset) - x.before(x.starts[line]))}
}

// span gives the range of a span.
func (x *index) span(s asl.Span) protocol.Range { return x.between(s.Start.Offset, s.End.Offset) }

func (x *index) between(start, end int) protocol.Range {
	return protocol.Range{Start: x.position(start), End: x.position(max(start, end))}
}

// offset gives the offset of a position. A position behind the end of its line is the line's end, as the protocol has it; one within
// a character is its start.
func (x *index) offset(p protocol.Position) int {
	if int64(p.Line) >= int64(len(x.starts)) {
		return len(x.text)
	}
	start, end := x.starts[p.Line], len(x.text)
	if int(p.Line)+1 < len(x.starts) {
		end = x.starts[p.Line+1]
		for end > start && (x.text[end-1] == '\n' || x.text[end-1] == '\r') {
			end--
		}
	}
	if x.units == nil {
		at := int(min(int64(end), int64(start)+int64(p.Character)))
		for x.utf8 && at > start && at < len(x.text) && !utf8.RuneStart(x.text[at]) {
			at--
		}
		return at
	}
	want := int64(x.before(start)) + int64(p.Character)
	block := sort.Search(len(x.units), func(i int) bool { return int64(x.units[i]) > want }) - 1
	at := max(start, block*stride)
	count := int64(x.before(at))
	for at < end {
		n := int64(unitsAt(x.text, at))
		if n > 0 && count+n > want {
			break
		}
		count += n
		at++
	}
	return at
}
