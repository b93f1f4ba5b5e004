// Package report writes what the pipeline found in a document for a person to read.
package report

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/mattn/go-runewidth"
)

// Style says how to write.
type Style struct {
	Width  int  // of a line, in columns; 0 is 96
	Colour bool // with ANSI escapes
}

const (
	defaultWidth = 96
	labelWidth   = 12
)

// Text writes a result. Every text that comes from the document or a model is cleaned of control characters first, so that a
// document cannot drive the terminal.
func Text(w io.Writer, name string, r *combine.Result, style Style) error {
	p := &printer{width: style.Width, colour: style.Colour}
	if p.width == 0 {
		p.width = defaultWidth
	}
	p.header(name, r)
	if a := r.Analysis; a != nil {
		p.paragraph("Title", a.Title)
		p.paragraph("Type", strings.Trim(a.DocumentType+", "+a.Language, ", "))
	}
	if s := r.Summary; s != nil {
		p.paragraph("Summary", s.Summary)
		p.list("", s.Bullets)
	}
	if a := r.Analysis; a != nil {
		p.list("Key points", a.KeyPoints)
		p.paragraph("Topics", strings.Join(a.Topics, " · "))
		p.paragraph("Entities", strings.Join(entityNames(a.Entities), " · "))
	}
	if s := r.Sentiment; s != nil {
		p.paragraph("Sentiment", fmt.Sprintf("%s, score %+.2f, confidence %.2f", s.Sentiment, s.Score, s.Confidence))
		p.list("", s.Reasons)
	}
	if k := r.Keywords; k != nil {
		terms := make([]string, len(k.Keywords))
		for i, keyword := range k.Keywords {
			terms[i] = keyword.Term
		}
		p.paragraph("Keywords", strings.Join(terms, " · "))
	}
	for _, step := range bedrock.Steps() {
		if prose, ok := r.Prose[step]; ok {
			p.paragraph(strings.ToUpper(string(step[:1]))+string(step[1:]), prose)
		}
	}
	for _, m := range r.Missing {
		p.paragraph("Missing", fmt.Sprintf("%s: %s %s", m.Part, m.Error, m.Cause))
	}
	for _, warning := range r.Warnings {
		place := ""
		if warning.Page > 0 {
			place = fmt.Sprintf("page %d: ", warning.Page)
		}
		p.paragraph("Warning", place+warning.Message)
	}
	p.models(r)
	_, err := io.WriteString(w, p.out.String())
	return err
}

type printer struct {
	out    strings.Builder
	width  int
	colour bool
}

func (p *printer) header(name string, r *combine.Result) {
	line := Clean(name) + "  " + string(r.Status)
	if d := r.Document; d != nil {
		line += fmt.Sprintf("  %s, %s, %s", d.Format, count(d.Pages, "page"), count(d.Characters, "character"))
	}
	p.out.WriteString(p.bold(line) + "\n")
}

func (p *printer) models(r *combine.Result) {
	text := strings.Join(r.Models, ", ")
	if r.Usage.InputTokens > 0 || r.Usage.OutputTokens > 0 {
		text += fmt.Sprintf("; %d tokens in, %d out", r.Usage.InputTokens, r.Usage.OutputTokens)
	}
	if c := r.Cost; c != nil && c.Dollars != nil && !r.OfflineModel {
		text += fmt.Sprintf("; $%.4f (prices of %s)", *c.Dollars, c.PricedAsOf)
	}
	if r.OfflineModel {
		text += "; the offline model extracts and counts, no language model was asked"
	}
	p.paragraph("Model", text)
}

func entityNames(entities []bedrock.Entity) []string {
	names := make([]string, len(entities))
	for i, e := range entities {
		names[i] = fmt.Sprintf("%s (%s)", e.Name, strings.ToLower(string(e.Type)))
	}
	return names
}

// paragraph writes a label and a text wrapped beside it; an empty text is left out.
func (p *printer) paragraph(label, text string) {
	if text = strings.TrimSpace(Clean(text)); text == "" {
		return
	}
	for i, line := range Wrap(text, p.width-labelWidth-2) {
		if i > 0 {
			label = ""
		}
		p.line(label, line)
	}
}

// list writes a label and items with bullets.
func (p *printer) list(label string, items []string) {
	for _, item := range items {
		for i, line := range Wrap(strings.TrimSpace(Clean(item)), p.width-labelWidth-4) {
			bullet := "• "
			if i > 0 {
				bullet, label = "  ", ""
			}
			p.line(label, bullet+line)
		}
		label = ""
	}
}

func (p *printer) line(label, text string) {
	p.out.WriteString("  " + p.bold(fmt.Sprintf("%-*s", labelWidth, label)) + text + "\n")
}

func (p *printer) bold(text string) string {
	if !p.colour || strings.TrimSpace(text) == "" {
		return text
	}
	return "\x1b[1m" + text + "\x1b[0m"
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Clean replaces line breaks and tabs by blanks and drops every other control and formatting character (escape sequences,
// bidirectional overrides).
func Clean(text string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\r' || r == '\t' || r == '\u2028' || r == '\u2029':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, text)
}

// Wrap breaks text into lines of at most width columns: at blanks, or between the characters of a script that has none.
func Wrap(text string, width int) []string {
	width = max(width, 16)
	var lines []string
	var line strings.Builder
	columns := 0
	flush := func() {
		lines = append(lines, strings.TrimRight(line.String(), " "))
		line.Reset()
		columns = 0
	}
	for _, word := range pieces(text) {
		w := runewidth.StringWidth(word)
		if columns > 0 && columns+runewidth.StringWidth(strings.TrimRight(word, " ")) > width {
			flush()
		}
		for w > width { // a word longer than a line
			head := runewidth.Truncate(word, width, "")
			line.WriteString(head)
			flush()
			word = word[len(head):]
			w = runewidth.StringWidth(word)
		}
		line.WriteString(word)
		columns += w
	}
	if line.Len() > 0 {
		flush()
	}
	return lines
}

// pieces cuts text where a line may break: after a blank, and around every wide character but before closing punctuation.
func pieces(text string) []string {
	var out []string
	start := 0
	previousWide := false
	for i, r := range text {
		wide := runewidth.RuneWidth(r) == 2
		if i > start && (wide || previousWide) && !strings.ContainsRune("、。，．・：；？！」』）】〉》”’ー々ぁぃぅぇぉっゃゅょァィゥェォッャュョ", r) && r != ' ' {
			out = append(out, text[start:i])
			start = i
		}
		previousWide = wide
		if r == ' ' {
			out = append(out, text[start:i+1])
			start = i + 1
		}
	}
	if start < len(text) {
		out = append(out, text[start:])
	}
	return out
}
