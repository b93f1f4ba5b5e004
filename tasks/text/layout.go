package text

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// layout writes running text with blocks, list items and tables as lines: white space is collapsed, blocks end a line,
// paragraphs are set apart by a blank line, a table row is one line with a tab between cells.
type layout struct {
	out strings.Builder
	// breaks are the line feeds owed before the next text, space a space owed.
	breaks int
	space  bool
	// lead is written at the start of the next line: a list mark.
	lead string
	// pre > 0 keeps white space.
	pre int
	// heading is the level of the open heading, 0 outside.
	heading int
	// blocks and links are what was written. soft says that the break owed is one inside a block.
	blocks []Block
	links  []Link
	soft   bool
	// link is where the open link leads, linkStart where its text begins, -1 before it has any.
	link      string
	linkStart int
	// tables counts open tables, cells the cells begun in the current row, tabs those owed before the next text.
	tables, cells, tabs int
	// grids are the open tables with their spans, the innermost last.
	grids []*grid
}

func itoa(n int) string { return strconv.Itoa(n) }

func (l *layout) text() string { return strings.Trim(l.out.String(), "\n") }

// mark returns a position for slice.
func (l *layout) mark() int { return l.out.Len() }

// trimmed returns a range without line ends and blanks around it, and its text.
func (l *layout) trimmed(s span) (span, string) {
	text := l.out.String()[s.start:s.end]
	inner := strings.TrimLeft(text, "\n")
	s.start += len(text) - len(inner)
	text = strings.TrimRight(inner, "\n ")
	return span{s.start, s.start + len(text)}, text
}

// page makes a page of ranges of the output, set apart by a blank line.
func (l *layout) page(spans []span) Page {
	page := Page{Number: 1}
	var out strings.Builder
	for _, s := range spans {
		s, text := l.trimmed(s)
		if text == "" {
			continue
		}
		if out.Len() > 0 {
			out.WriteString("\n\n")
		}
		shift := out.Len() - s.start
		out.WriteString(text)
		for _, b := range l.blocks {
			// White space in front of a block belongs to none.
			if b.Start, b.End = max(b.Start, s.start), min(b.End, s.end); b.Start < b.End {
				b.Start, b.End = b.Start+shift, b.End+shift
				page.Blocks = append(page.Blocks, b)
			}
		}
		for _, link := range l.links {
			if link.Start >= s.start && link.End <= s.end {
				page.Links = append(page.Links, Link{Start: link.Start + shift, End: link.End + shift, URL: link.URL})
			}
		}
	}
	page.Text = out.String()
	for i, b := range page.Blocks {
		content := page.Text[b.Start:b.End]
		page.Blocks[i].End = b.Start + len(strings.TrimRight(content, "\n "))
		if b.Kind == BlockTable && !strings.Contains(content, "\t") {
			// A table of one column lays out a page.
			page.Blocks[i].Kind = BlockParagraph
		}
	}
	return page
}

// begin notes that text begins here, in the block that is open or in a new one.
func (l *layout) begin(newLine bool) {
	if l.link != "" && l.linkStart < 0 {
		l.linkStart = l.out.Len()
	}
	n := len(l.blocks)
	if n > 0 && !newLine {
		return
	}
	b := Block{Kind: BlockParagraph, Start: l.out.Len()}
	switch {
	case l.tables > 0 && l.cells > 0:
		b.Kind = BlockTable
		if n > 0 && l.blocks[n-1].Kind == BlockTable && l.breaks < 2 {
			return
		}
	case l.heading > 0:
		b.Kind, b.Level = BlockHeading, l.heading
	case l.lead != "":
		b.Kind, b.Level = BlockListItem, (len(l.lead)-len(strings.TrimLeft(l.lead, " ")))/2+1
	case l.pre > 0:
		b.Kind = BlockCode
	}
	if l.soft && l.breaks == 1 && l.lead == "" && n > 0 && l.blocks[n-1].Kind != BlockTable {
		return
	}
	l.blocks = append(l.blocks, b)
}

// extend says that text has been written.
func (l *layout) extend() {
	if n := len(l.blocks); n > 0 {
		l.blocks[n-1].End = l.out.Len()
	}
}

// openLink begins a link.
func (l *layout) openLink(url string) {
	l.closeLink()
	l.link, l.linkStart = url, -1
}

func (l *layout) closeLink() {
	if l.link != "" && l.linkStart >= 0 && l.out.Len() > l.linkStart {
		l.links = append(l.links, Link{Start: l.linkStart, End: l.out.Len(), URL: l.link})
	}
	l.link = ""
}

// write adds running text.
func (l *layout) write(s string) {
	if l.pre > 0 && l.tables == 0 {
		l.verbatim(s)
		return
	}
	for len(s) > 0 {
		r, size := utf8.DecodeRuneInString(s)
		switch {
		case r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '\f' || r == '\u00A0':
			l.space = true
		case r == '\u00AD' || r == '\u200B' || r == '\uFEFF' || r == 0 || r < ' ' || r == 0x7F:
			// Soft hyphens, zero-width spaces, marks and control characters are not seen.
		default:
			l.settle()
			l.out.WriteString(s[:size])
			l.extend()
		}
		s = s[size:]
	}
}

// verbatim keeps lines and spaces, as in <pre>.
func (l *layout) verbatim(s string) {
	s = lineEnds.Replace(s)
	for s != "" {
		line, rest, more := strings.Cut(s, "\n")
		if line != "" {
			l.settle()
			l.out.WriteString(strings.ReplaceAll(line, "\u00A0", " "))
			l.extend()
		}
		if more {
			// The line feed right after <pre> is not shown.
			if l.breaks == 0 && l.out.Len() > 0 {
				l.out.WriteByte('\n')
			}
		}
		s = rest
	}
}

// settle writes what is owed before text: line ends, else a space; tabs for the cells passed; the mark of a list item.
func (l *layout) settle() {
	written := l.out.String()
	newLine := written == "" || l.breaks > trailingLineEnds(written) || l.lead != ""
	if written != "" {
		for have := trailingLineEnds(written); have < l.breaks; have++ {
			l.out.WriteByte('\n')
		}
		if l.space && l.breaks == 0 && l.tabs == 0 {
			l.out.WriteByte(' ')
		}
	}
	l.begin(newLine)
	for ; l.tabs > 0; l.tabs-- {
		l.out.WriteByte('\t')
	}
	l.out.WriteString(l.lead)
	if l.link != "" && l.linkStart >= 0 && l.out.Len() > l.linkStart && newLine {
		l.linkStart = l.out.Len()
	}
	l.space, l.breaks, l.lead, l.soft = false, 0, "", false
}

func trailingLineEnds(s string) int {
	end := s[max(0, len(s)-2):]
	return len(end) - len(strings.TrimRight(end, "\n"))
}

// lineBreak is a line end inside a paragraph; in a table cell it is a space.
func (l *layout) lineBreak() {
	if l.tables > 0 && l.cells > 0 {
		l.space = true
		return
	}
	l.soft = l.soft || l.breaks == 0
	l.breaks = min(l.breaks+1, 2)
}

// newLine ends the line. Inside a table cell blocks are only spaces.
func (l *layout) newLine() {
	if l.tables > 0 && l.cells > 0 {
		l.space = true
		return
	}
	l.breaks, l.soft = max(l.breaks, 1), false
}

// newParagraph ends the line and leaves one blank.
func (l *layout) newParagraph() {
	if l.tables > 0 {
		l.newLine()
		return
	}
	l.breaks = 2
}

// prefix puts a list mark before the next text.
func (l *layout) prefix(mark string) {
	l.newLine()
	if l.tables > 0 && l.cells > 0 {
		mark = strings.TrimLeft(mark, " ")
	}
	l.lead = mark
}

// headingBreak sets a heading apart, also inside a cell: tables of data have no headings in them.
func (l *layout) headingBreak() {
	l.breaks = 2
}
