package text

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/klippa-app/go-pdfium/references"
)

// A PDF has no tables either. Where lines that follow one another have wide gaps in them, and what stands between the
// gaps stands below one another, it is one.

// pdfCell is a part of a line between wide gaps, in points.
type pdfCell struct {
	text        string
	left, right float64
}

const (
	// A gap between cells is wider than the letters of the line are high, times this. Justified text has smaller ones.
	cellGap = 1.0
	// A line without wide gaps takes about half its height for each narrow character, and its height for a wide one.
	usualAdvance = 0.5
	// Only lines that are stretched by this much are looked into: it costs two questions a word.
	stretched = 1.16
	// A table has at least so many rows of at least two cells.
	fewestRows = 2
	// Cells that are longer on average are the columns of running text, in characters.
	longestCell = 40
)

// cells cuts a line at its wide gaps; start is the index of its first character on the page. A line without any gives
// none.
func (r *pdfReader) cells(page references.FPDF_TEXTPAGE, line string, start int, measured pdfLine) ([]pdfCell, error) {
	advance := 0.0
	for _, c := range line {
		switch {
		case unicode.IsSpace(c):
		case isCJK(c):
			advance += 2
		default:
			advance++
		}
	}
	if width := measured.right - measured.left; advance == 0 || width < stretched*usualAdvance*measured.height*advance {
		return nil, nil
	}
	var cells []pdfCell
	open := pdfCell{left: measured.left}
	word := 0 // where the text since the last gap begins, in bytes
	index := start
	previous, inSpace := -1, false
	for at, c := range line {
		switch {
		case unicode.IsSpace(c):
			inSpace = previous >= 0
		case inSpace:
			left, err := r.characterBox(page, previous)
			if err != nil {
				return nil, err
			}
			right, err := r.characterBox(page, index)
			if err != nil {
				return nil, err
			}
			if left != nil && right != nil && right.left-left.right > cellGap*measured.height {
				open.text, open.right = tidyCell(line[word:at]), left.right
				cells = append(cells, open)
				open, word = pdfCell{left: right.left}, at
			}
			inSpace = false
			previous = index
		default:
			previous = index
		}
		index++
	}
	if len(cells) == 0 {
		return nil, nil
	}
	open.text, open.right = tidyCell(line[word:]), measured.right
	cells = append(cells, open)
	if loneMark.MatchString(cells[0].text) {
		// The mark of a list item and its text.
		cells[1].text, cells[1].left = cells[0].text+" "+cells[1].text, cells[0].left
		cells = cells[1:]
	}
	if len(cells) == 1 {
		return nil, nil
	}
	return cells, nil
}

// loneMark is the mark of a list item without its text.
var loneMark = regexp.MustCompile(`^(?:[•‣◦▪●○■□➢✔❖–・*-]|\(?(?:\d{1,2}|[a-z])[.)])$`)

func tidyCell(s string) string { return strings.TrimSpace(symbolSigns.Replace(normalise(s))) }

// tableAt returns the rows of the table that the first lines are, none when they are not one.
func tableAt(lines []pdfLine) [][]string {
	rows, widest, characters, cells := 0, 0, 0, 0
	for rows < len(lines) && len(lines[rows].cells) > 1 && (rows == 0 || lines[rows].below(lines[rows-1])) {
		for _, cell := range lines[rows].cells {
			characters += utf8.RuneCountInString(cell.text)
			cells++
		}
		if len(lines[rows].cells) > len(lines[widest].cells) {
			widest = rows
		}
		rows++
	}
	if rows < fewestRows || characters > longestCell*cells {
		return nil
	}
	columns := columnsOf(lines[:rows], lines[widest].cells)
	if columns == nil {
		return nil
	}
	table := make([][]string, rows)
	for i, line := range lines[:rows] {
		table[i] = make([]string, len(columns))
		for _, cell := range line.cells {
			column := nearestColumn(columns, cell)
			if table[i][column] != "" {
				table[i][column] += " "
			}
			table[i][column] += cell.text
		}
	}
	return table
}

// below says whether a line stands under another, near enough for the next row of a table.
func (line pdfLine) below(above pdfLine) bool {
	const farthest = 4
	step := above.bottom - line.bottom
	return step > 0 && step < farthest*max(line.height, above.height)
}

// columnsOf widens the cells of the row that has most by those of the others that stand under or over just one of them.
// It gives nil when most cells of the other rows fit none: the gaps are chance.
func columnsOf(lines []pdfLine, widest []pdfCell) []pdfCell {
	columns := append([]pdfCell(nil), widest...)
	fits, misfits := 0, 0
	for _, line := range lines {
		for _, cell := range line.cells {
			touched := -1
			for i, column := range columns {
				if cell.left < column.right && cell.right > column.left {
					if touched >= 0 {
						touched = len(columns)
						break
					}
					touched = i
				}
			}
			if touched < 0 || touched == len(columns) {
				misfits++
				continue
			}
			fits++
			columns[touched].left = min(columns[touched].left, cell.left)
			columns[touched].right = max(columns[touched].right, cell.right)
		}
	}
	if misfits*2 > fits {
		return nil
	}
	return columns
}

// nearestColumn returns the column whose middle is nearest to that of a cell.
func nearestColumn(columns []pdfCell, cell pdfCell) int {
	best, distance := 0, -1.0
	middle := (cell.left + cell.right) / 2
	for i, column := range columns {
		d := middle - (column.left+column.right)/2
		if d < 0 {
			d = -d
		}
		if cell.left < column.right && cell.right > column.left {
			// What overlaps is nearer than anything that does not.
			d /= 1_000
		}
		if distance < 0 || d < distance {
			best, distance = i, d
		}
	}
	return best
}
