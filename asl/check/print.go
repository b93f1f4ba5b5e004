package check

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/mattn/go-runewidth"

	"github.com/docflow-asl/docflow/asl"
)

// Result is a definition with what was found in it.
type Result struct {
	Document    *asl.Document
	Diagnostics []Diagnostic
	Suppressed  []Suppressed // not reported, since a docflow:ignore says so
	Definitions int          // how many the file holds; 0 is one, as Document checks it
}

// TextOptions say how WriteText prints.
type TextOptions struct {
	Colour bool // ANSI colours, for terminals
	AWS    bool // AWS's codes and places in the place of ours
}

// Colours of the text output, as ANSI sequences.
const (
	bold   = "\x1b[1m"
	red    = "\x1b[1;31m"
	yellow = "\x1b[1;33m"
	green  = "\x1b[1;32m"
	cyan   = "\x1b[36m"
	reset  = "\x1b[0m"
)

// WriteText prints diagnostics for people: for each its position, message and code, the line of the source with the faulty
// part marked, and the cure. Editors and CI systems read the first line, file:line:column: severity: message [code].
func WriteText(w io.Writer, results []Result, opts TextOptions) error {
	var b strings.Builder
	paint := func(colour, text string) string {
		if !opts.Colour {
			return text
		}
		return colour + text + reset
	}
	for _, r := range results {
		lines := newLineIndex(r.Document.Text)
		for _, d := range r.Diagnostics {
			colour := map[Severity]string{Error: red, Warning: yellow, Note: cyan}[d.Severity]
			code := d.Code
			if opts.AWS {
				code = strings.TrimSpace(d.AWSCode + " " + printable(d.Location))
			}
			fmt.Fprintf(&b, "%s %s %s [%s]\n", paint(bold, position(r.Document, d.Span)+":"), paint(colour, string(d.Severity)+":"), printable(d.Message), code)
			if line, marks, ok := snippet(lines, d.Span); ok {
				fmt.Fprintf(&b, "  %s\n  %s\n", line, paint(green, marks))
			}
			if d.Cure != "" {
				fmt.Fprintf(&b, "  %s %s\n", paint(cyan, "help:"), printable(d.Cure))
			}
			for _, related := range d.Related {
				fmt.Fprintf(&b, "  %s %s %s\n", paint(cyan, "note:"), position(r.Document, related.Span)+":", printable(related.Message))
			}
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// position is file:line:column.
func position(doc *asl.Document, span asl.Span) string {
	name := doc.Filename
	if name == "" {
		name = "<definition>"
	}
	return fmt.Sprintf("%s:%d:%d", printable(name), max(span.Start.Line, 1), max(span.Start.Column, 1))
}

// printable replaces control characters, which could make a terminal do things.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		if c != '\t' && (c < 0x20 || 0x7F <= c && c <= 0x9F) {
			return '\uFFFD'
		}
		return c
	}, s)
}

// lineIndex finds lines in a text.
type lineIndex struct {
	text   string
	starts []int
}

func newLineIndex(text string) *lineIndex {
	index := &lineIndex{text: text, starts: []int{0}}
	for i := range len(text) {
		if text[i] == '\n' {
			index.starts = append(index.starts, i+1)
		}
	}
	return index
}

// around returns the start and the end of the line that an offset is in.
func (l *lineIndex) around(offset int) (start, end int) {
	low, high := 0, len(l.starts)
	for high-low > 1 {
		if middle := (low + high) / 2; l.starts[middle] <= offset {
			low = middle
		} else {
			high = middle
		}
	}
	start, end = l.starts[low], len(l.text)
	if low+1 < len(l.starts) {
		end = l.starts[low+1] - 1
	}
	for end > start && l.text[end-1] == '\r' {
		end--
	}
	return start, end
}

// Widths of what WriteText shows of a source line, in terminal cells: long lines, such as those of a minified definition, are
// cut around the faulty part.
const (
	snippetWidth = 110
	snippetLead  = 40 // shown before the faulty part of a cut line
	snippetBytes = 1000
)

// snippet returns the line of the source that a span starts in, and the line of marks below it. Tabs stay tabs in both, so that
// they agree whatever the terminal makes of a tab.
func snippet(lines *lineIndex, span asl.Span) (line, marks string, ok bool) {
	from, to := span.Start.Offset, span.End.Offset
	if span.Start.Line == 0 || from < 0 || from > len(lines.text) {
		return "", "", false
	}
	start, end := lines.around(from)
	from = min(from, end)
	to = min(max(to, from), end)
	// What is far off is cut by bytes first: the only line of a minified definition may be a megabyte long.
	start, end = max(start, from-snippetBytes), min(end, to+snippetBytes)
	marked := printable(strings.ToValidUTF8(lines.text[from:min(to, from+snippetBytes)], ""))
	before := printable(strings.ToValidUTF8(lines.text[start:from], ""))
	after := printable(strings.ToValidUTF8(lines.text[to:end], ""))
	if cells(before)+cells(marked)+cells(after) > snippetWidth {
		if cells(before) > snippetLead {
			before = "…" + width.TruncateLeft(before, cells(before)-snippetLead+1, "")
		}
		if rest := snippetWidth - cells(before); cells(marked) > rest {
			marked = width.Truncate(marked, rest, "…")
			after = ""
		} else {
			after = width.Truncate(after, max(rest-cells(marked), 1), "…")
		}
	}
	line = before + marked + after
	if strings.TrimSpace(line) == "" {
		return "", "", false
	}
	marks = blanks(before) + "^" + strings.Repeat("~", max(cells(marked)-1, 0))
	return line, marks, true
}

// width measures text without asking the locale, so that output is the same everywhere.
var width = &runewidth.Condition{StrictEmojiNeutral: true}

// cells is the width of a text on a terminal, a tab counted as one.
func cells(s string) int { return width.StringWidth(s) + strings.Count(s, "\t") }

// blanks is white space as wide as a text; tabs stay tabs.
func blanks(s string) string {
	parts := strings.Split(s, "\t")
	for i, part := range parts {
		parts[i] = strings.Repeat(" ", width.StringWidth(part))
	}
	return strings.Join(parts, "\t")
}

// record is a diagnostic in the JSON output. Every record has every field.
type record struct {
	File        string          `json:"file"`
	Line        int             `json:"line"`
	Column      int             `json:"column"`
	EndLine     int             `json:"endLine"`
	EndColumn   int             `json:"endColumn"`
	Severity    Severity        `json:"severity"`
	Code        string          `json:"code"`
	AWSCode     string          `json:"awsCode"`     // empty where AWS does not report this
	AWSLocation string          `json:"awsLocation"` // likewise
	Message     string          `json:"message"`
	Help        string          `json:"help"`
	Related     []relatedRecord `json:"related"`
}

type relatedRecord struct {
	Message   string `json:"message"`
	Line      int    `json:"line"`
	Column    int    `json:"column"`
	EndLine   int    `json:"endLine"`
	EndColumn int    `json:"endColumn"`
}

// WriteJSON prints diagnostics for programs: one array of objects, empty when nothing was found. Lines and columns count from 1,
// columns in characters; the end is behind the last character.
func WriteJSON(w io.Writer, results []Result) error {
	records := []record{}
	for _, r := range results {
		for _, d := range r.Diagnostics {
			rec := record{
				File: r.Document.Filename, Line: d.Span.Start.Line, Column: d.Span.Start.Column, EndLine: d.Span.End.Line, EndColumn: d.Span.End.Column,
				Severity: d.Severity, Code: d.Code, AWSCode: d.AWSCode, Message: d.Message, Help: d.Cure, Related: []relatedRecord{},
			}
			if d.AWSCode != "" {
				rec.AWSLocation = d.Location
			}
			for _, related := range d.Related {
				s := related.Span
				rec.Related = append(rec.Related, relatedRecord{related.Message, s.Start.Line, s.Start.Column, s.End.Line, s.End.Column})
			}
			records = append(records, rec)
		}
	}
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	return encoder.Encode(records)
}

// Count returns how many errors and warnings there are.
func Count(results []Result) (errors, warnings int) {
	return count(results, Error), count(results, Warning)
}

func count(results []Result, severity Severity) int {
	n := 0
	for _, r := range results {
		for _, d := range r.Diagnostics {
			if d.Severity == severity {
				n++
			}
		}
	}
	return n
}

// Summary says in one line what was found: "2 errors and 1 warning in 3 definitions".
func Summary(results []Result) string {
	definitions, suppressed := 0, 0
	for _, r := range results {
		definitions += r.Definitions
		suppressed += len(r.Suppressed)
	}
	if definitions == 0 {
		definitions = len(results)
	}
	var parts []string
	for _, s := range []Severity{Error, Warning, Note} {
		if n := count(results, s); n > 0 {
			parts = append(parts, counted(n, string(s), string(s)+"s"))
		}
	}
	text := "nothing found"
	if n := len(parts); n > 0 {
		text = parts[n-1]
		if n > 1 {
			text = strings.Join(parts[:n-1], ", ") + " and " + text
		}
	}
	text += " in " + counted(definitions, "definition", "definitions")
	if suppressed > 0 {
		text += "; " + counted(suppressed, "finding", "findings") + " suppressed"
	}
	return text
}
