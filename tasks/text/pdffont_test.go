package text

import (
	"bytes"
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
	"unicode/utf16"
)

const fontFile = "pdfroot/usr/share/fonts/docflow.ttf"

// TestFontIsTheOneDescribedHere builds the font of pdfroot anew and compares it with the committed file, so that the
// binary has a source that can be read. `go test -update` writes it.
func TestFontIsTheOneDescribedHere(t *testing.T) {
	want := buildFont()
	if *update {
		if err := os.MkdirAll(filepath.Dir(fontFile), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(fontFile, want, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(fontFile)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs from what buildFont makes: run go test -run TestFontIsTheOneDescribedHere -update", fontFile)
	}
}

// buildFont makes a TrueType font in which every character is the same full square. To choose it, PDFium looks at
// "name" and at the code page bits of "OS/2", which claim the four CJK scripts. To place text, it asks for the outline
// of each character: text whose outlines are all empty has no width (a single character) or no height (a vertical
// line), and text without extent is dropped.
func buildFont() []byte {
	be := binary.BigEndian
	u16 := func(values ...uint16) (b []byte) {
		for _, v := range values {
			b = be.AppendUint16(b, v)
		}
		return b
	}
	u32 := func(values ...uint32) (b []byte) {
		for _, v := range values {
			b = be.AppendUint32(b, v)
		}
		return b
	}
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

	// Format 13 maps a range of characters to one glyph: here all of Unicode to glyph 1.
	cmap := join(u16(0, 1, 3, 10), u32(12), u16(13, 0), u32(28, 0, 1, 0, 0x10FFFF, 1))
	// One contour of four points on the curve, from (0, -200) to (1000, 800), points relative to the one before.
	square := join(u16(1, 0, 0xFF38, 1000, 800, 3, 0), []byte{1, 1, 1, 1}, u16(0, 1000, 0, 0xFC18), u16(0xFF38, 0, 1000, 0))
	square = append(square, make([]byte, len(square)%2)...)
	glyf := join(square, square)
	head := join(u32(0x00010000, 0x00010000, 0, 0x5F0F3CF5), u16(0, 1000), make([]byte, 16), u16(0, 0xFF38, 1000, 800, 0, 8, 2, 0, 0))
	hhea := join(u32(0x00010000), u16(800, 0xFF38, 0, 1000, 0, 0, 1000, 1, 0, 0, 0, 0, 0, 0, 0, 1))
	hmtx := u16(1000, 0, 0)
	loca := u16(0, uint16(len(square)/2), uint16(len(square)))
	maxp := join(u32(0x00010000), u16(2, 4, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0))
	post := join(u32(0x00030000, 0), u16(0, 0), u32(0, 0, 0, 0, 0))

	// Code pages: 17 Shift_JIS, 18 simplified Chinese, 19 and 21 Korean, 20 traditional Chinese.
	const codePages = 1<<17 | 1<<18 | 1<<19 | 1<<20 | 1<<21
	os2 := join(u16(4, 1000, 400, 5, 0, 650, 600, 0, 75, 650, 600, 0, 350, 50, 300, 0), make([]byte, 10),
		u32(0, 0, 0, 0), []byte("dflw"), u16(0x0040, 0x20, 0xFFFF, 800, 0xFF38, 0, 800, 200), u32(codePages, 0),
		u16(500, 700, 0, 0x20, 1))

	names := []struct {
		id   uint16
		text string
	}{{1, "Docflow Fallback"}, {2, "Regular"}, {4, "Docflow Fallback"}, {6, "DocflowFallback"}}
	var records, texts []byte
	for _, n := range names {
		var encoded []byte
		for _, unit := range utf16.Encode([]rune(n.text)) {
			encoded = be.AppendUint16(encoded, unit)
		}
		// Once for the Macintosh platform in Roman (PDFium reads this one), once for Windows in UTF-16.
		records = append(records, u16(1, 0, 0, n.id, uint16(len(n.text)), uint16(len(texts)))...)
		texts = append(texts, n.text...)
		records = append(records, u16(3, 1, 0x409, n.id, uint16(len(encoded)), uint16(len(texts)))...)
		texts = append(texts, encoded...)
	}
	count := uint16(2 * len(names))
	name := join(u16(0, count, 6+12*count), records, texts)

	tables := []struct {
		tag  string
		data []byte
	}{
		{"OS/2", os2},
		{"cmap", cmap},
		{"glyf", glyf},
		{"head", head},
		{"hhea", hhea},
		{"hmtx", hmtx},
		{"loca", loca},
		{"maxp", maxp},
		{"name", name},
		{"post", post},
	}
	font := join(u32(0x00010000), u16(uint16(len(tables)), 128, 3, uint16(16*len(tables)-128)))
	offset := len(font) + 16*len(tables)
	var body []byte
	for _, table := range tables {
		padded := append(bytes.Clone(table.data), make([]byte, (4-len(table.data)%4)%4)...)
		var sum uint32
		for i := 0; i < len(padded); i += 4 {
			sum += be.Uint32(padded[i:])
		}
		font = append(font, table.tag...)
		font = append(font, u32(sum, uint32(offset+len(body)), uint32(len(table.data)))...)
		body = append(body, padded...)
	}
	return append(font, body...)
}
