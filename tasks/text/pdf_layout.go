package text

import (
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/klippa-app/go-pdfium/references"
	"github.com/klippa-app/go-pdfium/requests"
)

// A PDF has no paragraphs and no headings, only characters at places. PDFium puts them into lines; what belongs together
// is told here from how high the letters of a line are and how far it stands below the line before.

// pdfLine is a line of a page. Height is that of its font and bottom the lower edge of its first character, both in
// points; left and right are where it begins and ends. Measured is false for a line past maxMeasuredLines or of PDFium's
// own making. Cells are its parts if wide gaps stand in it.
type pdfLine struct {
	text     string
	measured bool
	height   float64
	bottom   float64
	left     float64
	right    float64
	cells    []pdfCell
}

// maxMeasuredLines bounds the work on one page. Each line costs a few microseconds.
const maxMeasuredLines = 500

// measure cuts the text of a page into lines and asks where they stand. Only the end of the instance is an error.
func (r *pdfReader) measure(page references.FPDF_TEXTPAGE, raw string) ([]pdfLine, error) {
	var lines []pdfLine
	index := 0
	for raw != "" {
		line, rest, more := strings.Cut(raw, "\n")
		first := index + leadingSpace(line)
		last := index + utf8.RuneCountInString(strings.TrimRightFunc(line, unicode.IsSpace)) - 1
		start := index
		index += utf8.RuneCountInString(line)
		if more {
			index++
		}
		raw = rest
		text := strings.TrimRight(symbolSigns.Replace(normalise(line)), " \t\u00A0\n")
		if strings.TrimSpace(text) == "" {
			continue
		}
		measured := pdfLine{text: text}
		if len(lines) < maxMeasuredLines {
			head, err := r.characterBox(page, first)
			if err != nil {
				return nil, err
			}
			tail, err := r.characterBox(page, last)
			if err != nil {
				return nil, err
			}
			if head != nil {
				measured.measured = true
				measured.height, measured.bottom, measured.left = head.top-head.bottom, head.bottom, head.left
			}
			if head != nil && tail != nil {
				measured.right = tail.right
				if measured.cells, err = r.cells(page, line, start, measured); err != nil {
					return nil, err
				}
			}
		}
		lines = append(lines, measured)
	}
	return lines, nil
}

// characterBox is where a character stands, in points; nil for one that is not on the page.
func (r *pdfReader) characterBox(page references.FPDF_TEXTPAGE, index int) (*characterBox, error) {
	got, err := r.instance.FPDFText_GetLooseCharBox(&requests.FPDFText_GetLooseCharBox{TextPage: page, Index: index})
	if err != nil {
		return nil, onlyTrap(err)
	}
	box := got.Rect
	return &characterBox{
		left: float64(min(box.Left, box.Right)), right: float64(max(box.Left, box.Right)),
		bottom: float64(min(box.Bottom, box.Top)), top: float64(max(box.Bottom, box.Top)),
	}, nil
}

type characterBox struct{ left, right, bottom, top float64 }

// leadingSpace counts the characters before the first that shows.
func leadingSpace(line string) int {
	n := 0
	for _, c := range line {
		if !unicode.IsSpace(c) && c != '\uFEFF' {
			break
		}
		n++
	}
	return n
}

// pdfLayout knows the letters of a document so far, so that a page of nothing but a title is not taken for plain text.
type pdfLayout struct {
	// characters counts them by the height of their line in half points.
	characters map[int]int
}

func halfPoints(height float64) int { return int(math.Round(height * 2)) }

// body returns the height of most characters.
func (l *pdfLayout) body() float64 {
	best, most := 0, 0
	for height, n := range l.characters {
		if n > most || n == most && height < best {
			best, most = height, n
		}
	}
	return float64(best) / 2
}

// arrange makes blocks of the lines of a page.
func (l *pdfLayout) arrange(lines []pdfLine) []block {
	if l.characters == nil {
		l.characters = map[int]int{}
	}
	for _, line := range lines {
		if line.measured {
			l.characters[halfPoints(line.height)] += len(line.text)
		}
	}
	body, leading := l.body(), usualLeading(lines)
	var blocks []block
	behind := 0
	for i, line := range lines {
		if i < behind {
			continue
		}
		if rows := tableAt(lines[i:]); len(rows) > 0 {
			if table, ok := tableBlock(rows); ok {
				blocks = append(blocks, table)
				behind = i + len(rows)
				continue
			}
		}
		level := line.heading(body)
		kind := BlockParagraph
		switch {
		case level > 0:
			kind = BlockHeading
		case pdfListMark.MatchString(line.text):
			kind = BlockListItem
		}
		if n := len(blocks); n > 0 {
			last := &blocks[n-1]
			goesOn := kind == BlockParagraph && last.kind != BlockHeading && last.kind != BlockTable || kind == BlockHeading && last.kind == BlockHeading && level == last.level
			if goesOn && !line.startsBlock(lines[i-1], leading, kind == BlockHeading) {
				last.text += "\n" + line.text
				continue
			}
		}
		if kind == BlockListItem {
			level = 1
		}
		blocks = append(blocks, block{kind: kind, level: level, text: line.text})
	}
	return blocks
}

// pdfListMark is a bullet, or a number with a bracket or a stop, before a word.
var pdfListMark = regexp.MustCompile(`^\s*(?:[•‣◦▪●○■□➢✔❖]\s*\S|[–・*-]\s+\S|\(?(?:\d{1,2}|[a-z])[.)]\s+\p{L})`)

// symbolSigns are signs that fonts such as Symbol and Wingdings have in the private use area, where Windows puts them,
// by what they show.
var symbolSigns = strings.NewReplacer(
	"\uF0B7", "•", "\uF0A7", "▪", "\uF0D8", "➢", "\uF0FC", "✔", "\uF076", "❖", "\uF06C", "●", "\uF06E", "■", "\uF071", "❑",
	"\uF0A8", "□", "\uF06F", "□", "\uF0E0", "→", "\uF0DE", "⇒", "\uF02D", "–", "\uF0A0", " ",
)

// Letters that are so much higher than most are a heading of the first, second or third level.
const (
	headingFirst  = 1.7
	headingSecond = 1.35
	headingThird  = 1.15
	// A heading is no longer than this, in characters.
	longestHeading = 200
)

// heading returns the level of a line that stands out by its letters, 0 for any other.
func (line pdfLine) heading(body float64) int {
	if !line.measured || body <= 0 || utf8.RuneCountInString(line.text) > longestHeading || !strings.ContainsFunc(line.text, unicode.IsLetter) {
		return 0
	}
	switch ratio := line.height / body; {
	case ratio >= headingFirst:
		return 1
	case ratio >= headingSecond:
		return 2
	case ratio >= headingThird:
		return 3
	}
	return 0
}

// usualLeading returns the median distance of a line from the one before, in points, 0 when too few lines tell.
func usualLeading(lines []pdfLine) float64 {
	var steps []float64
	for i := 1; i < len(lines); i++ {
		above, line := lines[i-1], lines[i]
		if step := above.bottom - line.bottom; above.measured && line.measured && step > line.height/2 && step < 4*line.height {
			steps = append(steps, step)
		}
	}
	const enough = 3
	if len(steps) < enough {
		return 0
	}
	slices.Sort(steps)
	// Where every paragraph is a line the median is their distance: the tighter half tells more.
	return steps[len(steps)/3]
}

// startsBlock says whether a line does not go on what the line above says: it stands further below than lines do, or
// higher up in another column after the end of a sentence, or has letters of another size, or begins with the blank
// that opens a Japanese paragraph. The lines of a heading stand as far apart as its own letters are high.
func (line pdfLine) startsBlock(above pdfLine, leading float64, heading bool) bool {
	if strings.HasPrefix(line.text, "\u3000") {
		return true
	}
	if !line.measured || !above.measured {
		return false
	}
	if high := max(line.height, above.height); high > headingThird*min(line.height, above.height) {
		return true
	}
	const farther = 1.3
	step := above.bottom - line.bottom
	switch {
	case heading:
		return step < 0 || step > farther*line.height
	case leading > 0 && step > farther*leading:
		return true
	case leading == 0 && step > 2*line.height:
		return true
	case step < -line.height:
		return endsSentence(above.text) || line.left < above.left-line.height
	}
	return false
}

// unmapped counts the characters of a text that have no meaning: replacement characters, those of the private use area
// and control characters. They come from fonts that do not say what their glyphs stand for.
func unmapped(text string) (strange, all int) {
	for _, c := range text {
		switch {
		case unicode.IsSpace(c):
			continue
		case c == utf8.RuneError, unicode.Is(unicode.Co, c), unicode.IsControl(c):
			strange++
		}
		all++
	}
	return strange, all
}
