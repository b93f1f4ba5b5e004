package text

import (
	"slices"
	"strings"
)

// grid is an open table. A cell that spans rows or columns is written in each place that it covers: columns stay below
// one another, and a row can be understood without those above it, also when a chunk begins with it.
type grid struct {
	column int
	spans  map[int]*spanned
	// start is where the open cell began in the output, -1 when none is open; columns and rows is what it covers.
	start, columns, rows int
	// nested says that a table stands in a cell: the table lays out a page, and nothing is repeated.
	nested bool
}

// spanned is the text of a cell that goes on in rows more.
type spanned struct {
	text string
	rows int
}

// Bounds on what is repeated: a title over a whole table says enough once, and hostile pages span a million rows.
const (
	maxTables        = 64 // within one another
	maxSpan          = 1_000
	maxEmptyColumns  = 100
	maxRepeatColumns = 4
	maxRepeatBytes   = 200
)

// grid returns the innermost open table, nil for none and where tables nest too deep.
func (l *layout) grid() *grid {
	if l.tables == 0 || l.tables > maxTables {
		return nil
	}
	return l.grids[l.tables-1]
}

// openTable begins a table. One inside a cell shows that the outer table lays out a page rather than data: its rows get
// lines of their own, and the outer row does not go on after it.
func (l *layout) openTable() {
	if outer := l.grid(); outer != nil {
		*outer = grid{start: -1, nested: true}
	}
	l.breaks = 2
	l.cells, l.tabs = 0, 0
	if l.tables++; l.tables <= maxTables {
		l.grids = append(l.grids[:l.tables-1], &grid{start: -1})
	}
}

func (l *layout) closeTable() {
	if l.tables == 0 {
		return
	}
	l.endRow()
	l.tables--
	l.cells, l.tabs = 0, 0
	l.breaks = 2
}

func (l *layout) row() {
	l.endRow()
	l.cells, l.tabs = 0, 0
	l.breaks = max(l.breaks, 1)
}

// cell begins a cell that covers so many columns and rows; 0 means 1.
func (l *layout) cell(columns, rows int) {
	if l.tables == 0 {
		// A stray cell outside any table.
		l.space = true
		return
	}
	g := l.grid()
	if g != nil {
		l.endCell(g)
		for g.spans[g.column] != nil {
			l.repeat(g, g.spans[g.column].text)
		}
		g.start, g.columns, g.rows = l.out.Len(), min(max(columns, 1), maxSpan), min(max(rows, 1), maxSpan)
	}
	l.nextCell()
}

func (l *layout) nextCell() {
	if l.cells > 0 {
		l.tabs++
	}
	l.cells++
}

// repeat writes a cell that begins elsewhere.
func (l *layout) repeat(g *grid, text string) {
	g.column++
	l.nextCell()
	if text == "" {
		return
	}
	l.settle()
	l.out.WriteString(text)
	l.extend()
}

// endCell ends the open cell and writes it again in the other columns that it covers.
func (l *layout) endCell(g *grid) {
	if g.start < 0 {
		return
	}
	text := strings.Trim(l.out.String()[g.start:], "\t\n ")
	g.start = -1
	if g.nested || len(text) > maxRepeatBytes || strings.ContainsAny(text, "\t\n") {
		text = ""
	}
	first := g.column
	g.column++
	across := text
	if g.columns > maxRepeatColumns {
		across = ""
	}
	for range min(g.columns, maxEmptyColumns) - 1 {
		l.repeat(g, across)
	}
	if g.rows < 2 || g.nested {
		return
	}
	if g.spans == nil {
		g.spans = map[int]*spanned{}
	}
	for column := first; column < g.column; column++ {
		g.spans[column] = &spanned{text: text, rows: g.rows}
		if column > first {
			g.spans[column].text = across
		}
	}
}

// endRow ends the open row: what spans into it behind its last cell is written, and every span has a row less to go.
func (l *layout) endRow() {
	g := l.grid()
	if g == nil {
		return
	}
	l.endCell(g)
	if l.cells > 0 {
		var behind []int
		for column := range g.spans {
			if column >= g.column {
				behind = append(behind, column)
			}
		}
		slices.Sort(behind)
		for _, column := range behind {
			for g.column < column {
				l.repeat(g, "")
			}
			l.repeat(g, g.spans[column].text)
		}
		for column, s := range g.spans {
			if s.rows--; s.rows == 0 {
				delete(g.spans, column)
			}
		}
	}
	g.column = 0
}
