package lsp

import (
	"strings"
	"testing"
	"unicode/utf16"
	"unicode/utf8"

	"go.lsp.dev/protocol"
)

func TestPositions(t *testing.T) {
	text := "a文🎉b\r\nc\rd\n" + strings.Repeat("é🎉", 400) + "x\n"
	tests := []struct {
		bytes                   bool
		offset, line, character int
	}{
		{false, 0, 0, 0},
		{false, 1, 0, 1},
		{false, 4, 0, 2},  // behind 文, three bytes and one unit
		{false, 8, 0, 4},  // behind 🎉, four bytes and two units
		{false, 9, 0, 5},  // before the line's end
		{false, 11, 1, 0}, // behind \r\n
		{false, 13, 2, 0}, // behind \r
		{false, 15, 3, 0},
		{false, 15 + 6*300, 3, 900},
		{true, 4, 0, 4},
		{true, 8, 0, 8},
		{true, 15 + 6*300, 3, 1800},
	}
	for _, test := range tests {
		x := newIndex(text, test.bytes)
		want := protocol.Position{Line: uint32(test.line), Character: uint32(test.character)}
		if got := x.position(test.offset); got != want {
			t.Errorf("position(%d) is %v, not %v (bytes: %v)", test.offset, got, want, test.bytes)
		}
		if got := x.offset(want); got != test.offset {
			t.Errorf("offset(%v) is %d, not %d (bytes: %v)", want, got, test.offset, test.bytes)
		}
	}
	x := newIndex(text, false)
	for position, want := range map[protocol.Position]int{
		{Line: 0, Character: 3}:                 4, // within the pair of 🎉: its start
		{Line: 0, Character: 99}:                9,
		{Line: 1, Character: 5}:                 12,
		{Line: 99}:                              len(text),
		{Line: 1<<32 - 1, Character: 1<<32 - 1}: len(text),
	} {
		if got := x.offset(position); got != want {
			t.Errorf("offset(%v) is %d, not %d", position, got, want)
		}
	}
}

// FuzzPositions: positions agree with what Go's own UTF-16 encoder counts, and lead back.
func FuzzPositions(f *testing.F) {
	f.Add("a文🎉\r\nb", 5)
	f.Fuzz(func(t *testing.T, text string, offset int) {
		if !utf8.ValidString(text) || offset < 0 || offset > len(text) || offset < len(text) && !utf8.RuneStart(text[offset]) {
			return
		}
		x := newIndex(text, false)
		p := x.position(offset)
		start := x.starts[p.Line]
		if want := len(utf16.Encode([]rune(text[start:offset]))); int(p.Character) != want {
			t.Fatalf("%q at %d: %v, not %d units", text, offset, p, want)
		}
		if back := x.offset(p); back != offset && strings.TrimLeft(text[back:offset], "\r\n") != "" {
			t.Fatalf("%q at %d: %v leads to %d", text, offset, p, back)
		}
	})
}
