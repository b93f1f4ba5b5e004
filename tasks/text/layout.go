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
	// tables counts open tables, cells the cells begun in the current row, tabs those owed before the next text.
	tables, cells, tabs int
}

func itoa(n int) string { return strconv.Itoa(n) }

func (l *layout) text() string { return strings.Trim(l.out.String(), "\n") }

// mark returns a position for slice.
func (l *layout) mark() int { return l.out.Len() }

func (l *layout) slice(s span) string { return l.out.String()[s.start:s.end] }

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
	if written != "" {
		for have := trailingLineEnds(written); have < l.breaks; have++ {
			l.out.WriteByte('\n')
		}
		if l.space && l.breaks == 0 && l.tabs == 0 {
			l.out.WriteByte(' ')
		}
	}
	for ; l.tabs > 0; l.tabs-- {
		l.out.WriteByte('\t')
	}
	l.out.WriteString(l.lead)
	l.space, l.breaks, l.lead = false, 0, ""
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
	l.breaks = min(l.breaks+1, 2)
}

// newLine ends the line. Inside a table cell blocks are only spaces.
func (l *layout) newLine() {
	if l.tables > 0 && l.cells > 0 {
		l.space = true
		return
	}
	l.breaks = max(l.breaks, 1)
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

// openTable begins a table. One inside a cell shows that the outer table lays out a page rather than data: its rows get
// lines of their own, and the outer row does not go on after it.
func (l *layout) openTable() {
	l.breaks = 2
	l.cells, l.tabs = 0, 0
	l.tables++
}

func (l *layout) closeTable() {
	if l.tables == 0 {
		return
	}
	l.tables--
	l.cells, l.tabs = 0, 0
	l.breaks = 2
}

func (l *layout) row() {
	l.cells, l.tabs = 0, 0
	l.breaks = max(l.breaks, 1)
}

func (l *layout) cell() {
	if l.tables == 0 {
		// A stray cell outside any table.
		l.space = true
		return
	}
	if l.cells > 0 {
		l.tabs++
	}
	l.cells++
}

// heading starts a paragraph, also inside a cell: tables of data have no headings in them.
func (l *layout) heading() {
	l.breaks = 2
}
