package text

import (
	"context"
	"strings"
	"unicode"
)

func extractPlain(_ context.Context, src *source, doc *Document) error {
	// A form feed is the page break of plain text.
	for i, page := range strings.Split(strings.TrimRight(normalise(src.text), "\f"), "\f") {
		if int64(i) >= src.limits.Pages {
			return over("Pages", src.limits.Pages, "the text has more form feeds than pages are allowed")
		}
		text := strings.Trim(page, "\n")
		doc.Pages = append(doc.Pages, Page{Number: i + 1, Text: text, Blocks: paragraphBlocks(text)})
	}
	return nil
}

var lineEnds = strings.NewReplacer("\r\n", "\n", "\r", "\n", "\u2028", "\n", "\u2029", "\n", "\u0085", "\n")

// normalise makes every line end "\n" and drops what no reader sees: byte order marks, NUL and other control
// characters but tab, line feed and form feed.
func normalise(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\f':
			return r
		case r == '\uFEFF', unicode.IsControl(r), r&0xFFFE == 0xFFFE:
			return -1
		}
		return r
	}, lineEnds.Replace(s))
}
