package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// inlineText gathers the text of a paragraph or cell with the links in it.
type inlineText struct {
	out   strings.Builder
	links []Link
	// url is where the open link leads to; from is where its text began.
	url  string
	from int
}

func (t *inlineText) write(s string)      { t.out.WriteString(s) }
func (t *inlineText) writeByte(b byte)    { t.out.WriteByte(b) }
func (t *inlineText) writeBytes(b []byte) { t.out.Write(b) }
func (t *inlineText) writeRune(r rune)    { t.out.WriteRune(r) }
func (t *inlineText) len() int            { return t.out.Len() }
func (t *inlineText) openLink(url string) {
	t.closeLink()
	t.url, t.from = strings.TrimSpace(url), t.out.Len()
}

// closeLink ends the open link; one without text leads nowhere.
func (t *inlineText) closeLink() {
	if t.url != "" && t.out.Len() > t.from {
		t.links = append(t.links, Link{Start: t.from, End: t.out.Len(), URL: t.url})
	}
	t.url = ""
}

// finish returns the text as a paragraph shows it.
func (t *inlineText) finish() cellText {
	t.closeLink()
	return tidyLines(t.out.String(), t.links)
}

// cellText is finished text with the links in it: a paragraph's or a cell's.
type cellText struct {
	text  string
	links []Link
}

// plainText says that a text is fit for a page as it is, which nearly all are.
func plainText(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// unseen are characters that no reader sees: control characters but tab and line feed, soft hyphens, byte order marks,
// noncharacters.
func unseen(r rune) bool {
	if r < utf8.RuneSelf {
		return r < ' ' && r != '\n' && r != '\t' || r == 0x7F
	}
	return r == '\u00AD' || r == '\uFEFF' || r&0xFFFE == 0xFFFE || unicode.IsControl(r) && r != '\u0085'
}

// tidyLines trims the end of each line and both ends of the whole, and drops what is not seen.
func tidyLines(s string, links []Link) cellText {
	if plainText(s) && len(links) == 0 {
		return cellText{text: strings.Trim(s, " ")}
	}
	var out strings.Builder
	move := newMover(links)
	// pending are blanks that are written only if something follows them on the line.
	var pending []byte
	for i, r := range s {
		move.to(i, out.Len())
		switch {
		case r == '\n', r == '\u2028', r == '\u2029', r == '\u0085', r == '\r' && !strings.HasPrefix(s[i:], "\r\n"):
			pending = pending[:0]
			if out.Len() > 0 {
				out.WriteByte('\n')
			}
		case unseen(r):
		case r == ' ' || r == '\t' || r == '\u00A0':
			pending = utf8.AppendRune(pending, r)
		default:
			if out.Len() > 0 {
				out.Write(pending)
			}
			pending = pending[:0]
			out.WriteRune(r)
		}
	}
	move.to(len(s), out.Len())
	text := strings.TrimRight(out.String(), "\n")
	return cellText{text: text, links: move.done(text)}
}

// squeeze makes one line of a text: white space becomes one blank.
func squeeze(s string, links []Link) cellText {
	var out strings.Builder
	move := newMover(links)
	space := false
	for i, r := range s {
		move.to(i, out.Len())
		switch {
		case unicode.IsSpace(r):
			space = out.Len() > 0
		case unseen(r):
		default:
			if space {
				out.WriteByte(' ')
				space = false
			}
			out.WriteRune(r)
		}
	}
	move.to(len(s), out.Len())
	text := out.String()
	return cellText{text: text, links: move.done(text)}
}

// mover carries the offsets of links from one text to another that is written from it, front to back.
type mover struct {
	old, moved []Link
	next       int
	open       []int
}

func newMover(links []Link) *mover {
	return &mover{old: links, moved: append([]Link(nil), links...)}
}

// to says that the byte at from of the old text stands, or would stand, at offset of the new.
func (m *mover) to(from, offset int) {
	if len(m.old) == 0 {
		return
	}
	for m.next < len(m.old) && m.old[m.next].Start <= from {
		m.moved[m.next].Start = offset
		m.open = append(m.open, m.next)
		m.next++
	}
	kept := m.open[:0]
	for _, i := range m.open {
		if m.old[i].End <= from {
			m.moved[i].End = offset
		} else {
			kept = append(kept, i)
		}
	}
	m.open = kept
}

// done returns the links that still have text, without blanks at their ends.
func (m *mover) done(text string) []Link {
	var links []Link
	for _, link := range m.moved {
		link.Start, link.End = min(link.Start, len(text)), min(link.End, len(text))
		for link.Start < link.End && isBlank(text[link.Start]) {
			link.Start++
		}
		for link.Start < link.End && isBlank(text[link.End-1]) {
			link.End--
		}
		if link.Start < link.End {
			links = append(links, link)
		}
	}
	return links
}

func isBlank(b byte) bool { return b == ' ' || b == '\n' || b == '\t' }

// shift moves links by n bytes.
func shift(links []Link, n int) []Link {
	for i := range links {
		links[i].Start += n
		links[i].End += n
	}
	return links
}

// joinTexts puts texts one after another with sep between them, empty ones left out.
func joinTexts(parts []cellText, sep string) cellText {
	var out strings.Builder
	var links []Link
	for _, part := range parts {
		if part.text == "" {
			continue
		}
		if out.Len() > 0 {
			out.WriteString(sep)
		}
		at := out.Len()
		out.WriteString(part.text)
		for _, link := range part.links {
			links = append(links, Link{Start: at + link.Start, End: at + link.End, URL: link.URL})
		}
	}
	return cellText{text: out.String(), links: links}
}

// tableRowText writes one row of a table: one tab between two cells, none at the end. It is empty when all cells are.
func tableRowText(cells []cellText) cellText {
	last := len(cells)
	for last > 0 && strings.TrimSpace(cells[last-1].text) == "" {
		last--
	}
	var out strings.Builder
	var links []Link
	for i, cell := range cells[:last] {
		if i > 0 {
			out.WriteByte('\t')
		}
		if !plainText(cell.text) || strings.Contains(cell.text, "  ") || strings.HasPrefix(cell.text, " ") || strings.HasSuffix(cell.text, " ") {
			cell = squeeze(cell.text, cell.links)
		}
		at := out.Len()
		out.WriteString(cell.text)
		for _, link := range cell.links {
			links = append(links, Link{Start: at + link.Start, End: at + link.End, URL: link.URL})
		}
	}
	return cellText{text: out.String(), links: links}
}

// tableOf makes a table of rows whose cells may hold links. A table without text gives no block.
func tableOf(rows [][]cellText) (block, bool) {
	lines := make([]cellText, len(rows))
	for i, row := range rows {
		lines[i] = tableRowText(row)
	}
	all := joinTexts(lines, "\n")
	return block{kind: BlockTable, text: all.text, links: all.links}, all.text != ""
}

// joinBlockTexts makes one line of blocks: a cell or a note.
func joinBlockTexts(blocks []block) cellText {
	parts := make([]cellText, len(blocks))
	for i, b := range blocks {
		parts[i] = cellText{b.text, b.links}
	}
	all := joinTexts(parts, " ")
	return squeeze(all.text, all.links)
}
