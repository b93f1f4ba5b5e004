package text

import (
	"strings"
	"unicode/utf8"
)

// BlockKind names what a block is.
type BlockKind string

// The kinds of blocks.
const (
	BlockParagraph BlockKind = "paragraph"
	// BlockHeading: Level counts from 1, the highest, to 6.
	BlockHeading BlockKind = "heading"
	// BlockListItem: one item with its mark or number in front; Level is how deep it stands, from 1.
	BlockListItem BlockKind = "list-item"
	// BlockTable: one line a row, one tab between two cells; neither stands inside a cell. In a Markdown document the text
	// of a table is its Markdown.
	BlockTable BlockKind = "table"
	// BlockCode: text whose lines and blanks matter.
	BlockCode BlockKind = "code"
	// BlockNote: a footnote, an endnote, a comment, a speaker's note.
	BlockNote BlockKind = "note"
)

// Block is a piece of a page's structure: Text[Start:End] of its page. Blocks follow one another in reading order and
// do not overlap; between them stands white space only.
type Block struct {
	Kind  BlockKind `json:"kind"`
	Level int       `json:"level,omitempty"`
	// Start and End are byte offsets in the page's text.
	Start int `json:"start"`
	End   int `json:"end"`
}

// Rows returns the cells of a table. Rows may differ in length. Any other block is one row of one cell.
func (b Block) Rows(page Page) [][]string {
	content := page.Text[b.Start:b.End]
	if b.Kind != BlockTable {
		return [][]string{{content}}
	}
	var rows [][]string
	for line := range strings.SplitSeq(content, "\n") {
		rows = append(rows, strings.Split(line, "\t"))
	}
	return rows
}

// Link is a reference out of the text: Text[Start:End] of its page leads to URL.
type Link struct {
	Start int    `json:"start"`
	End   int    `json:"end"`
	URL   string `json:"url"`
}

// block is a block on its way into a page.
type block struct {
	kind  BlockKind
	level int
	// text is what is shown, a list item's mark included.
	text string
	// links have offsets in text.
	links []Link
}

// tableBlock makes a table of its rows. Line ends and tabs in cells become blanks; empty cells at the end of a row and
// rows without any text are left out. A table without text gives no block.
func tableBlock(rows [][]string) (block, bool) {
	var lines []string
	for _, row := range rows {
		if line := tableRow(row); line != "" {
			lines = append(lines, line)
		}
	}
	return block{kind: BlockTable, text: strings.Join(lines, "\n")}, len(lines) > 0
}

// tableRow writes one row; it is empty when all its cells are.
func tableRow(cells []string) string {
	tidy := make([]string, len(cells))
	for i, cell := range cells {
		tidy[i] = oneLine(cell)
	}
	return strings.TrimRight(strings.Join(tidy, "\t"), "\t")
}

// compose makes a page of blocks: a blank line between two, but only a line end between two list items or two notes.
func compose(number int, label string, blocks []block) Page {
	page := Page{Number: number, Label: oneLine(label)}
	var out strings.Builder
	for _, b := range blocks {
		text := strings.ToValidUTF8(b.text, string(utf8.RuneError))
		if len(text) != len(b.text) {
			// What links point to has moved.
			b.links = nil
		}
		if strings.TrimSpace(text) == "" {
			continue
		}
		if n := len(page.Blocks); n > 0 {
			out.WriteByte('\n')
			if b.kind != page.Blocks[n-1].Kind || b.kind != BlockListItem && b.kind != BlockNote {
				out.WriteByte('\n')
			}
		}
		start := out.Len()
		out.WriteString(text)
		page.Blocks = append(page.Blocks, Block{Kind: b.kind, Level: b.level, Start: start, End: out.Len()})
		for _, link := range b.links {
			page.Links = append(page.Links, Link{Start: start + link.Start, End: start + link.End, URL: link.URL})
		}
	}
	page.Text = out.String()
	return page
}

// joinBlocks returns the text of blocks as a page has it.
func joinBlocks(blocks []block) string { return compose(1, "", blocks).Text }

// paragraphBlocks finds the blocks of a text in which a blank line stands between paragraphs.
func paragraphBlocks(text string) []Block {
	var blocks []Block
	start, end, blank := -1, 0, true
	for at := 0; at < len(text); {
		next := len(text)
		if i := strings.IndexByte(text[at:], '\n'); i >= 0 {
			next = at + i + 1
		}
		line := text[at:next]
		blank = strings.TrimSpace(line) == ""
		switch {
		case blank && start >= 0:
			blocks = append(blocks, Block{Kind: BlockParagraph, Start: start, End: end})
			start = -1
		case !blank && start < 0:
			start = at
		}
		if !blank {
			end = at + len(strings.TrimRight(line, "\n"))
		}
		at = next
	}
	if start >= 0 {
		blocks = append(blocks, Block{Kind: BlockParagraph, Start: start, End: end})
	}
	return blocks
}
