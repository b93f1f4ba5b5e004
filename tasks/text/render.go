package text

import (
	"regexp"
	"strings"
)

// Markdown returns the document as GitHub Flavored Markdown: headings, lists, tables, code and links as they were found.
// Pages that have a label (the name of a sheet, the title of a chapter that its text does not begin with) are set apart
// by it, the pages of a PDF by a comment with their number, attachments by a heading with their name.
func (d *Document) Markdown() string {
	var out strings.Builder
	d.writeMarkdown(&out)
	return strings.TrimRight(out.String(), "\n") + "\n"
}

func (d *Document) writeMarkdown(out *strings.Builder) {
	for i, page := range d.Pages {
		switch {
		case page.Label != "" && !strings.HasPrefix(page.Text, page.Label):
			out.WriteString("## " + escapeMarkdown(page.Label) + "\n\n")
		case d.Format == FormatPDF && len(d.Pages) > 1:
			out.WriteString("<!-- page " + itoa(page.Number) + " -->\n\n")
		case i > 0 && d.Format != FormatMarkdown:
			out.WriteString("---\n\n")
		}
		if d.Format == FormatMarkdown {
			// It is Markdown already.
			out.WriteString(page.Text + "\n\n")
			continue
		}
		page.writeMarkdown(out, d.Format == FormatPDF)
	}
	for _, attachment := range d.Attachments {
		out.WriteString("---\n\n# " + escapeMarkdown(attachment.Name) + "\n\n")
		switch {
		case attachment.Document != nil:
			attachment.Document.writeMarkdown(out)
		case attachment.Error != nil:
			out.WriteString("*" + escapeMarkdown(attachment.Error.Message) + "*\n\n")
		}
	}
}

// writeMarkdown writes a page. The lines of a PDF are those of the paper: they end nowhere else.
func (p Page) writeMarkdown(out *strings.Builder, softLines bool) {
	blocks := p.Blocks
	if len(blocks) == 0 {
		blocks = paragraphBlocks(p.Text)
	}
	links := p.Links
	for i, b := range blocks {
		if i > 0 {
			out.WriteByte('\n')
			if b.Kind != BlockListItem || blocks[i-1].Kind != BlockListItem {
				out.WriteByte('\n')
			}
		}
		for len(links) > 0 && links[0].Start < b.Start {
			links = links[1:]
		}
		within := 0
		for within < len(links) && links[within].End <= b.End {
			within++
		}
		p.writeBlock(out, b, links[:within], softLines)
		links = links[within:]
	}
	if len(blocks) > 0 {
		out.WriteString("\n\n")
	}
}

func (p Page) writeBlock(out *strings.Builder, b Block, links []Link, softLines bool) {
	lineEnd := "  \n"
	if softLines {
		lineEnd = "\n"
	}
	content := p.Text[b.Start:b.End]
	switch b.Kind {
	case BlockHeading:
		out.WriteString(strings.Repeat("#", min(max(b.Level, 1), 6)) + " " + oneLine(p.inline(b, links)))
	case BlockTable:
		writeTable(out, b.Rows(p))
	case BlockCode:
		fence := codeFence(content)
		out.WriteString(fence + "\n" + content + "\n" + fence)
	case BlockListItem:
		// The mark in front is Markdown's own ("- ", "1. ") or text such as "(a) "; its blanks are the indent.
		text := p.inline(b, links)
		mark := listMark.FindString(text)
		out.WriteString(mark + strings.ReplaceAll(text[len(mark):], "\n", lineEnd+strings.Repeat(" ", len(mark))))
	default:
		text := p.inline(b, links)
		lines := strings.Split(text, "\n")
		for i, line := range lines {
			lines[i] = escapeStart(strings.TrimLeft(line, " \t"), i == 0)
		}
		out.WriteString(strings.Join(lines, lineEnd))
	}
}

var listMark = regexp.MustCompile(`^ *(?:-|\d+\\?[.)]) +`)

// inline returns the text of a block with its links written out and Markdown's own signs escaped.
func (p Page) inline(b Block, links []Link) string {
	var out strings.Builder
	at := b.Start
	for _, link := range links {
		if link.Start < at || link.End <= link.Start {
			continue
		}
		out.WriteString(escapeMarkdown(p.Text[at:link.Start]))
		label := escapeMarkdown(oneLine(p.Text[link.Start:link.End]))
		out.WriteString("[" + label + "](" + escapeURL(link.URL) + ")")
		at = link.End
	}
	out.WriteString(escapeMarkdown(p.Text[at:b.End]))
	return out.String()
}

// writeTable writes a table with its first row as the head: GitHub Flavored Markdown has no other.
func writeTable(out *strings.Builder, rows [][]string) {
	columns := 1
	for _, row := range rows {
		columns = max(columns, len(row))
	}
	for i, row := range rows {
		if i > 0 {
			out.WriteByte('\n')
		}
		for column := range columns {
			cell := ""
			if column < len(row) {
				cell = strings.ReplaceAll(escapeMarkdown(row[column]), "|", `\|`)
			}
			out.WriteString("| " + cell + " ")
		}
		out.WriteByte('|')
		if i == 0 {
			out.WriteString("\n" + strings.Repeat("| --- ", columns) + "|")
		}
	}
}

// codeFence returns a fence that content cannot close.
func codeFence(content string) string {
	fence := "```"
	for strings.Contains(content, fence) {
		fence += "`"
	}
	return fence
}

var (
	markdownSigns = strings.NewReplacer(`\`, `\\`, "`", "\\`", "*", `\*`, "[", `\[`, "]", `\]`, "<", `\<`)
	blockStart    = regexp.MustCompile(`^(#{1,6}(?:\s|$)|[-+>]|=+$|~{3,}|\|)`)
	numberStart   = regexp.MustCompile(`^(\d{1,9})([.)])(\s|$)`)
)

// escapeMarkdown puts a backslash before signs that would be read as marks anywhere in a line. Underscores inside words
// are none in GitHub Flavored Markdown, and those outside are rare in documents: they stay, for the reader's sake.
func escapeMarkdown(s string) string { return markdownSigns.Replace(s) }

// escapeStart escapes what makes a line something else than text of a paragraph. Within a paragraph only a list that
// begins with 1 can begin (CommonMark 0.31, 5.3).
func escapeStart(line string, first bool) string {
	if blockStart.MatchString(line) {
		return `\` + line
	}
	if first || strings.HasPrefix(line, "1") {
		line = numberStart.ReplaceAllString(line, `$1\$2$3`)
	}
	return line
}

var urlSigns = strings.NewReplacer(" ", "%20", "(", "%28", ")", "%29", "<", "%3C", ">", "%3E", "\n", "", "\r", "", "\t", "%09")

func escapeURL(url string) string { return urlSigns.Replace(url) }
