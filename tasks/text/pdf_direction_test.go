package text

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"
)

// typewriter places every character by itself, as many programs do, in a font whose characters are 7.2 points wide. It
// leaves out blanks: a reader must see them from the gaps.
func typewriter(x, y float64, text string) string {
	var content strings.Builder
	for i, c := range text {
		if c != ' ' {
			fmt.Fprintf(&content, "BT /F2 12 Tf 1 0 0 1 %.1f %.1f Tm (%c) Tj ET\n", x+7.2*float64(i), y, c)
		}
	}
	return content.String()
}

// column places Japanese characters one below the other, each by itself.
func column(x, y float64, text string) string {
	var content strings.Builder
	for i, c := range []rune(text) {
		fmt.Fprintf(&content, "BT /F3 12 Tf 1 0 0 1 %.1f %.1f Tm <%04X> Tj ET\n", x, y-12*float64(i), utf16.Encode([]rune{c}))
	}
	return content.String()
}

// row places Japanese characters side by side, each by itself, with nothing for a blank.
func row(x, y float64, text string) string {
	var content strings.Builder
	for i, c := range []rune(text) {
		if c != ' ' {
			fmt.Fprintf(&content, "BT /F4 12 Tf 1 0 0 1 %.1f %.1f Tm <%04X> Tj ET\n", x+12*float64(i), y, utf16.Encode([]rune{c}))
		}
	}
	return content.String()
}

// directionFonts are /F2 for typewriter, /F3 for column and /F4 for row.
func directionFonts() string {
	japanese := func(encoding string) string {
		return "<< /Type /Font /Subtype /Type0 /BaseFont /KozMinPr6N-Regular /Encoding /" + encoding + " /DescendantFonts [<< /Type /Font /Subtype /CIDFontType0 /BaseFont /KozMinPr6N-Regular " +
			"/CIDSystemInfo << /Registry (Adobe) /Ordering (Japan1) /Supplement 6 >> /FontDescriptor << /Type /FontDescriptor /FontName /KozMinPr6N-Regular /Flags 4 " +
			"/FontBBox [-170 -331 1024 903] /ItalicAngle 0 /Ascent 723 /Descent -241 /StemV 69 >> >>] >>"
	}
	return "/F2 << /Type /Font /Subtype /Type1 /BaseFont /Courier >> /F3 " + japanese("UniJIS-UTF16-V") + " /F4 " + japanese("UniJIS-UTF16-H")
}

func TestPDFDirection(t *testing.T) {
	tests := []struct{ name, content, want string }{
		{"one short line", typewriter(72, 700, "the end"), "the end"},
		{"two short lines", typewriter(72, 700, "it may be lost") + typewriter(72, 686, "in one winter."), "it may be lost\nin one winter."},
		{"three short lines", typewriter(72, 700, "we go on") + typewriter(72, 686, "as we do") + typewriter(72, 672, "no more."), "we go on\nas we do\nno more."},
		{"lines of different length", typewriter(72, 700, "with kind regards") + typewriter(72, 686, "A. B."), "with kind regards\nA. B."},
		{
			"two columns of two lines",
			typewriter(72, 700, "left one") + typewriter(72, 686, "left two") + typewriter(340, 700, "and right") + typewriter(340, 686, "its other"),
			"left one\nleft two\nand right\nits other",
		},
		{"numbered list", typewriter(72, 700, "1 pear") + typewriter(72, 686, "2 plum") + typewriter(72, 672, "3"), "1 pear\n2 plum\n3"},
		{"text and a page number", typewriter(72, 700, "so it is") + typewriter(72, 686, "in May.") + typewriter(300, 40, "7"), "so it is\nin May.\n\n7"},
		{"Japanese across", row(72, 700, "港町の倉庫 春") + row(72, 684, "荷物が多い 冬"), "港町の倉庫 春\n荷物が多い 冬"},
		{"Japanese down", column(500, 700, "港町の倉庫では荷物が動く") + column(476, 700, "来年は冷蔵庫を増やす"), "港町の倉庫では荷物が動く\n来年は冷蔵庫を増やす"},
		{"Japanese down, one line", column(500, 700, "港町の倉庫"), "港町の倉庫"},
		{
			"Japanese down, page number",
			column(500, 700, "港町の倉庫では荷物が動く") + column(476, 700, "来年は冷蔵庫を増やす") + "BT /F1 12 Tf 300 40 Td (12) Tj ET\n",
			"港町の倉庫では荷物が動く\n来年は冷蔵庫を増やす\n\n12",
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			page := pdfPage{content: test.content, fonts: directionFonts()}
			doc, err := Extract(t.Context(), pdfOf(t, page), "a.pdf", Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := doc.Text(); got != test.want {
				t.Errorf("text = %q, want %q", got, test.want)
			}
		})
	}
}
