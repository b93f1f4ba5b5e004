package text

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// ChunkOptions says how Split cuts.
type ChunkOptions struct {
	// MaxTokens is the budget of a chunk as EstimateTokens counts, without the overlap. Zero or less means 8,000.
	MaxTokens int
	// OverlapTokens is how much of the text before a chunk is repeated in Chunk.Overlap, at most. Zero means none.
	OverlapTokens int
}

// DefaultChunkTokens is the budget when ChunkOptions gives none. It leaves room for instructions and an answer in
// every model's context, and keeps a 20-page report in one or two pieces.
const DefaultChunkTokens = 8_000

// Chunk is a piece of a document's text.
type Chunk struct {
	// Index counts from 0.
	Index int `json:"index"`
	// Start and End are byte offsets in Document.Text: the chunk's text is Text()[Start:End].
	Start int `json:"start"`
	End   int `json:"end"`
	// FirstPage and LastPage are the numbers of the pages that the chunk's first and last byte stand on.
	FirstPage int    `json:"firstPage"`
	LastPage  int    `json:"lastPage"`
	Text      string `json:"text"`
	// Headings are the headings that the chunk's first byte stands under, the highest first, where the document has any.
	Headings []string `json:"headings,omitempty"`
	// TableHead is the first row of the table in whose midst the chunk begins, empty elsewhere.
	TableHead string `json:"tableHead,omitempty"`
	// Overlap is the end of the text before Start, for a reader who needs the context. It is not part of Text.
	Overlap string `json:"overlap,omitempty"`
}

// Split cuts a document's text into chunks within a budget of tokens. The chunks follow one another without gap or
// overlap: joined, their texts are exactly Document.Text.
//
// A cut falls on the strongest border in the second half of the budget: between pages, else before a heading, between
// paragraphs, lines, sentences, words, and not between a heading and what it heads. It never falls inside the row of a
// table, nor inside a character or between a character and what belongs to it (accents, variation selectors, joined
// emoji, the two halves of CRLF), unless a single one of these exceeds the budget.
func Split(doc *Document, opts ChunkOptions) []Chunk {
	if opts.MaxTokens <= 0 {
		opts.MaxTokens = DefaultChunkTokens
	}
	text := doc.Text()
	pages := newPageBorders(doc)
	places := newStructure(doc)
	var chunks []Chunk
	for start := 0; start < len(text); {
		end := nextCut(text, start, opts.MaxTokens, pages, places)
		chunk := Chunk{
			Index: len(chunks), Start: start, End: end, Text: text[start:end],
			FirstPage: pages.at(start), LastPage: pages.at(end - 1),
		}
		chunk.Headings, chunk.TableHead = places.context(text, start)
		if opts.OverlapTokens > 0 {
			chunk.Overlap = overlap(text[:start], opts.OverlapTokens)
		}
		chunks = append(chunks, chunk)
		start = end
	}
	return chunks
}

// pageBorders knows where pages begin in the text, so that Split need not search from the front for every chunk.
type pageBorders struct {
	starts  []int
	numbers []int
	next    int
}

func newPageBorders(doc *Document) *pageBorders {
	borders := &pageBorders{}
	offset := 0
	for _, page := range doc.Pages {
		borders.starts = append(borders.starts, offset)
		borders.numbers = append(borders.numbers, page.Number)
		offset += len(page.Text) + len(pageSeparator)
	}
	return borders
}

// at returns the page of an offset. Offsets are asked for in rising order.
func (p *pageBorders) at(offset int) int {
	for p.next+1 < len(p.starts) && p.starts[p.next+1] <= offset {
		p.next++
	}
	return p.numbers[p.next]
}

// isStart says whether a page begins at offset.
func (p *pageBorders) isStart(offset int) bool {
	for i := p.next; i < len(p.starts) && p.starts[i] <= offset; i++ {
		if p.starts[i] == offset {
			return true
		}
	}
	return false
}

// border is how good a place is to cut, the higher the better.
type border int

const (
	borderNone border = iota
	// The first two are borders inside the row of a table, for rows that are larger than the budget.
	borderRowCharacter
	borderRowWord
	borderCharacter
	borderWord
	borderSentence
	borderLine
	borderParagraph
	borderHeading
	borderPage
)

// nextCut returns the end of the chunk that begins at start.
func nextCut(text string, start, budget int, pages *pageBorders, places *structure) int {
	var counter tokenCounter
	// cuts[b] is the last place with a border of at least b, and used[b] the tokens up to there.
	var cuts, used [borderPage + 1]int
	position := start
	for position < len(text) {
		r, size := utf8.DecodeRuneInString(text[position:])
		before := counter.total
		counter.add(r)
		if counter.total > budget {
			break
		}
		position += size
		if position == len(text) {
			return position
		}
		for b := places.judge(text, position, borderAt(text, start, position, pages)); b > borderNone; b-- {
			if cuts[b] < position {
				cuts[b], used[b] = position, max(counter.total, before)
			}
		}
	}
	if position == len(text) {
		return position
	}
	for b := borderPage; b > borderNone; b-- {
		if cuts[b] > start && (used[b]*2 >= budget || b <= borderCharacter) {
			return cuts[b]
		}
	}
	// One cluster of characters, or one character, is more than the budget: go on by what fits, at least one character.
	if position > start {
		return position
	}
	_, size := utf8.DecodeRuneInString(text[start:])
	return start + size
}

// borderAt judges the place before the byte at position, for a chunk that begins at start.
func borderAt(text string, start, position int, pages *pageBorders) border {
	next, _ := utf8.DecodeRuneInString(text[position:])
	last, lastSize := utf8.DecodeLastRuneInString(text[start:position])
	if joins(last, next, text[start:position]) {
		return borderNone
	}
	// White space belongs to the chunk before the cut.
	if unicode.IsSpace(next) && !pages.isStart(position) {
		return borderCharacter
	}
	switch {
	case pages.isStart(position):
		return borderPage
	case last == '\n' && strings.HasSuffix(text[start:position-lastSize], "\n"):
		return borderParagraph
	case last == '\n':
		return borderLine
	case strings.ContainsRune("。！？｡", last) || strings.ContainsRune("」』）", last) && endsSentence(text[start:position-lastSize]):
		// A closing bracket after the stop belongs to the sentence.
		if strings.ContainsRune("」』）", next) {
			return borderCharacter
		}
		return borderSentence
	case unicode.IsSpace(last):
		if endsSentence(strings.TrimRightFunc(tailOf(text[start:position]), unicode.IsSpace)) {
			return borderSentence
		}
		return borderWord
	case isCJK(last) || isCJK(next):
		if strings.ContainsRune("、。，．！？」』）】", next) {
			return borderCharacter
		}
		return borderWord
	}
	return borderCharacter
}

// tailOf returns the last few bytes of s, which is all that a look back needs. It may begin inside a character.
func tailOf(s string) string {
	const enough = 64
	return s[max(0, len(s)-enough):]
}

func endsSentence(s string) bool {
	s = strings.TrimRight(tailOf(s), `"')]”’»`)
	last, _ := utf8.DecodeLastRuneInString(s)
	return strings.ContainsRune(".!?。！？…｡", last) && last != utf8.RuneError
}

// joins says whether next belongs to the character before it (after Unicode Standard Annex 29, without Hangul jamo and
// Indic conjuncts: documents are composed text).
func joins(last, next rune, before string) bool {
	switch {
	case last == '\r' && next == '\n':
		return true
	case unicode.IsMark(next), next == '\u200D', next == '\u200C', next >= 0xFE00 && next <= 0xFE0F,
		next >= 0x1F3FB && next <= 0x1F3FF, next >= 0xE0020 && next <= 0xE007F, next >= 0xFF9E && next <= 0xFF9F:
		return true
	case last == '\u200D':
		return true
	case isFlag(last) && isFlag(next):
		// Flags are pairs of regional indicators: an odd number before means that a pair is open.
		n := 0
		for len(before) > 0 {
			r, size := utf8.DecodeLastRuneInString(before)
			if !isFlag(r) {
				break
			}
			n++
			before = before[:len(before)-size]
		}
		return n%2 == 1
	}
	return false
}

func isFlag(r rune) bool { return r >= 0x1F1E6 && r <= 0x1F1FF }

// overlap returns the end of text within a budget of tokens, from the start of a word.
func overlap(text string, budget int) string {
	// No token has more than this many bytes on average, so the look back is bounded.
	const bytesPerToken = 16
	from := max(0, len(text)-budget*bytesPerToken)
	for from < len(text) && !utf8.RuneStart(text[from]) {
		from++
	}
	tail := text[from:]
	total := EstimateTokens(tail)
	if from == 0 && total <= budget {
		return tail
	}
	// Drop from the front until the rest fits, then look for a border. The rest is counted anew there: a count that
	// begins elsewhere can differ by a token.
	var counter tokenCounter
	last := utf8.RuneError
	for i, r := range tail {
		starts := !unicode.IsSpace(r) && (unicode.IsSpace(last) || isCJK(r)) && !joins(last, r, tailOf(tail[:i]))
		if starts && total-counter.total <= budget && EstimateTokens(tail[i:]) <= budget {
			return tail[i:]
		}
		counter.add(r)
		last = r
	}
	return ""
}
