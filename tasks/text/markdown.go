package text

import (
	"context"
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
	doc.Pages = onePage(strings.Trim(body, "\n"))
	return nil
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
