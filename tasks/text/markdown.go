package text

import (
	"context"
	"regexp"
	"strings"
	"time"
)

// extractMarkdown keeps Markdown as it is: models read it well, and taking the marks off would only lose structure.
// YAML front matter between lines of "---" becomes metadata.
func extractMarkdown(_ context.Context, src *source, doc *Document) error {
	body := normalise(src.text)
	if front, rest, ok := frontMatter(body); ok {
		body = rest
		readFrontMatter(front, &doc.Metadata)
	}
	if doc.Metadata.Title == "" {
		doc.Metadata.Title = firstHeading(body)
	}
	body = strings.Trim(body, "\n")
	doc.Pages = []Page{{Number: 1, Text: body, Blocks: markdownBlocks(body)}}
	return nil
}

var (
	markdownHeading = regexp.MustCompile(`^ {0,3}(#{1,6})(?:[ \t]|$)`)
	markdownItem    = regexp.MustCompile(`^([ \t]*)(?:[-*+]|\d{1,9}[.)])[ \t]`)
	markdownFence   = regexp.MustCompile("^ {0,3}(```+|~~~+)")
	markdownRule    = regexp.MustCompile(`^ {0,3}\|?(?:[ \t]*:?-+:?[ \t]*\|)+(?:[ \t]*:?-+:?[ \t]*)?$`)
	markdownSetext  = regexp.MustCompile(`^ {0,3}(?:=+|-+)[ \t]*$`)
)

// markdownBlocks finds the blocks of a Markdown text line by line (CommonMark 0.31, 4 and 5.3; tables as GitHub has
// them), each with its marks: where it may be cut, and what is a heading. What stands inside a quotation or a list item
// is not looked into.
func markdownBlocks(body string) []Block {
	m := markdownScanner{}
	for at := 0; at < len(body); {
		next := len(body)
		if i := strings.IndexByte(body[at:], '\n'); i >= 0 {
			next = at + i + 1
		}
		m.line(strings.TrimRight(body[at:next], "\n"), at)
		at = next
	}
	return m.blocks
}

type markdownScanner struct {
	blocks []Block
	// open says that the last block goes on; fence is what closes the open code block.
	open  bool
	fence string
}

func (m *markdownScanner) line(line string, at int) {
	end := at + len(strings.TrimRight(line, " \t"))
	last := len(m.blocks) - 1
	if m.fence != "" {
		m.blocks[last].End = end
		if strings.HasPrefix(strings.TrimLeft(line, " "), m.fence) && strings.Trim(strings.TrimSpace(line), m.fence[:1]) == "" {
			m.fence, m.open = "", false
		}
		return
	}
	if end == at {
		m.open = false
		return
	}
	block := Block{Kind: BlockParagraph, Start: at, End: end}
	heading, item, fence := markdownHeading.FindStringSubmatch(line), markdownItem.FindStringSubmatch(line), markdownFence.FindStringSubmatch(line)
	switch {
	case fence != nil:
		block.Kind, m.fence = BlockCode, fence[1]
	case heading != nil:
		block.Kind, block.Level = BlockHeading, len(heading[1])
	case m.open && m.blocks[last].Kind == BlockParagraph && markdownSetext.MatchString(line):
		m.blocks[last].Kind, m.blocks[last].Level, m.blocks[last].End = BlockHeading, 2, end
		if strings.Contains(line, "=") {
			m.blocks[last].Level = 1
		}
		m.open = false
		return
	case m.open && m.blocks[last].Kind == BlockParagraph && markdownRule.MatchString(line):
		m.blocks[last].Kind, m.blocks[last].End = BlockTable, end
		return
	case item != nil:
		block.Kind, block.Level = BlockListItem, len(strings.ReplaceAll(item[1], "\t", "    "))/2+1
	case m.open:
		m.blocks[last].End = end
		return
	}
	m.blocks = append(m.blocks, block)
	m.open = heading == nil
}

// frontMatter cuts off a block that opens on the first line with "---" and closes with "---" or "...". Every line in it
// must look like YAML of one level or its continuation, so that a document that merely begins with a rule is left alone.
func frontMatter(body string) (front, rest string, ok bool) {
	after, ok := strings.CutPrefix(body, "---\n")
	if !ok {
		return "", "", false
	}
	for at := 0; at < len(after); {
		end := strings.IndexByte(after[at:], '\n')
		line, next := after[at:], len(after)
		if end >= 0 {
			line, next = after[at:at+end], at+end+1
		}
		switch trimmed := strings.TrimRight(line, " \t"); {
		case trimmed == "---" || trimmed == "...":
			return after[:at], after[next:], at > 0
		case trimmed == "" || strings.HasPrefix(line, " ") || strings.HasPrefix(line, "-") || strings.HasPrefix(line, "#"):
		case !strings.Contains(line, ":"):
			return "", "", false
		}
		at = next
	}
	return "", "", false
}

func readFrontMatter(front string, meta *Metadata) {
	for line := range strings.SplitSeq(front, "\n") {
		key, value, ok := strings.Cut(line, ":")
		if !ok {
			continue
		}
		value = strings.TrimSpace(value)
		if n := len(value); n >= 2 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
			value = value[1 : n-1]
		}
		switch strings.ToLower(key) {
		case "title":
			meta.Title = value
		case "author":
			meta.Author = value
		case "date", "created":
			meta.Created = parseTime(value)
		case "lastmod", "updated", "modified":
			meta.Modified = parseTime(value)
		}
	}
}

// firstHeading returns the text of the first "# " heading outside a code block.
func firstHeading(body string) string {
	fenced := false
	for line := range strings.SplitSeq(body, "\n") {
		if strings.HasPrefix(line, "```") || strings.HasPrefix(line, "~~~") {
			fenced = !fenced
		}
		if heading, ok := strings.CutPrefix(line, "# "); ok && !fenced {
			return strings.TrimRight(heading, "# ")
		}
	}
	return ""
}

// parseTime reads the date formats of ISO 8601 that documents use, as UTC; anything else gives nil.
func parseTime(value string) *time.Time {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02 15:04:05", time.DateOnly} {
		if at, err := time.Parse(layout, strings.TrimSpace(value)); err == nil {
			at = at.UTC()
			return &at
		}
	}
	return nil
}
