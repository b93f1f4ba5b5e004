package text

import "strings"

// structure knows the blocks of a document by their place in its text, for Split.
type structure struct {
	blocks []Block
	// next is the first block that ends behind the last position asked for, headings those open there.
	next     int
	headings []Block
	// passed is how many blocks context has passed.
	passed int
}

func newStructure(doc *Document) *structure {
	s := &structure{}
	offset := 0
	for _, page := range doc.Pages {
		for _, b := range page.Blocks {
			b.Start, b.End = b.Start+offset, b.End+offset
			s.blocks = append(s.blocks, b)
		}
		offset += len(page.Text) + len(pageSeparator)
	}
	return s
}

// judge changes the rank of a border by the structure around it.
func (s *structure) judge(text string, position int, b border) border {
	if b == borderNone {
		return b
	}
	at := s.find(position)
	if at == len(s.blocks) {
		return b
	}
	switch block := s.blocks[at]; {
	case block.Start < position && block.Kind == BlockTable && text[position-1] != '\n':
		if b >= borderWord {
			return borderRowWord
		}
		return borderRowCharacter
	case block.Start != position || b == borderPage:
		return b
	case at > 0 && s.blocks[at-1].Kind == BlockHeading:
		return min(b, borderWord)
	case block.Kind == BlockHeading:
		return borderHeading
	}
	return b
}

// find returns the index of the block that position is in, or the first behind it. Positions go back only as far as the
// start of a chunk, so that it looks from where it was.
func (s *structure) find(position int) int {
	for s.next > 0 && s.blocks[s.next-1].End > position {
		s.next--
	}
	for s.next < len(s.blocks) && s.blocks[s.next].End <= position {
		s.next++
	}
	return s.next
}

// context returns the headings over a place and the first row of a table that it stands inside. Places are asked for in
// rising order.
func (s *structure) context(text string, position int) (headings []string, tableHead string) {
	for ; s.passed < len(s.blocks) && s.blocks[s.passed].Start < position; s.passed++ {
		block := s.blocks[s.passed]
		if block.Kind != BlockHeading {
			continue
		}
		for n := len(s.headings); n > 0 && s.headings[n-1].Level >= block.Level; n-- {
			s.headings = s.headings[:n-1]
		}
		s.headings = append(s.headings, block)
	}
	for _, heading := range s.headings {
		headings = append(headings, strings.TrimLeft(oneLine(text[heading.Start:heading.End]), "# "))
	}
	if at := s.find(position); at < len(s.blocks) && s.blocks[at].Kind == BlockTable && s.blocks[at].Start < position {
		tableHead, _, _ = strings.Cut(text[s.blocks[at].Start:s.blocks[at].End], "\n")
	}
	return headings, tableHead
}
