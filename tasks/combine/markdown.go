package combine

import (
	"fmt"
	"strings"
	"unicode"

	"github.com/docflow-asl/docflow/tasks/claim"
)

// MarkdownObject is where the report for people lies: beside the JSON one, with another
// ending.
func MarkdownObject(report claim.Object) claim.Object {
	report.Key = strings.TrimSuffix(report.Key, ".json") + ".md"
	return report
}

// Markdown writes a report for people, in CommonMark. The same report gives the same
// bytes. What a document or a model says stands in its place only: it cannot make
// headings, lists, links, pictures or HTML.
func Markdown(r *Report) []byte {
	w := &markdown{}
	name := "Document"
	if d := r.Document; d != nil {
		name = d.Name
	}
	w.line("# " + escape(name))
	status := "**" + string(r.Status) + "**"
	if d := r.Document; d != nil {
		status += fmt.Sprintf(" · %s · %s · %s", escape(d.Format), plural(d.Pages, "page"), plural(d.Characters, "character"))
	}
	w.line(status)
	w.section("Missing", len(r.Missing))
	for _, m := range r.Missing {
		w.item(m.Part, m.Error+": "+m.Cause)
	}
	if s := r.Summary; s != nil {
		w.section("Summary", 1)
		w.line(escape(s.Summary))
		w.list(s.Bullets)
	}
	if a := r.Analysis; a != nil {
		w.section("Analysis", 1)
		w.item("Title", a.Title)
		w.item("Type", a.DocumentType)
		w.item("Language", a.Language)
		w.item("Topics", strings.Join(a.Topics, " · "))
		names := make([]string, len(a.Entities))
		for i, e := range a.Entities {
			names[i] = e.Name + " (" + strings.ToLower(string(e.Type)) + ")"
		}
		w.item("Names", strings.Join(names, " · "))
		w.section("Key points", len(a.KeyPoints))
		w.list(a.KeyPoints)
	}
	if s := r.Sentiment; s != nil {
		w.section("Sentiment", 1)
		w.line(fmt.Sprintf("%s, score %+.2f, confidence %.2f", s.Sentiment, s.Score, s.Confidence))
		w.list(s.Reasons)
	}
	if k := r.Keywords; k != nil {
		w.section("Keywords", len(k.Keywords))
		terms := make([]string, len(k.Keywords))
		for i, keyword := range k.Keywords {
			terms[i] = keyword.Term
		}
		if len(terms) > 0 {
			w.line(escape(strings.Join(terms, " · ")))
		}
	}
	w.section("Warnings", len(r.Warnings))
	for _, warning := range r.Warnings {
		place := "Document"
		if warning.Page > 0 {
			place = fmt.Sprintf("Page %d", warning.Page)
		}
		w.item(place, warning.Message+" ("+warning.Code+")")
	}
	w.source(r)
	return []byte(w.String())
}

// source says what the report rests on.
func (w *markdown) source(r *Report) {
	w.section("Source", 1)
	if d := r.Document; d != nil {
		w.item("Document", "s3://"+d.Bucket+"/"+d.Key)
		w.item("Version", d.VersionID)
		w.item("SHA-256", d.SHA256)
	}
	if c := r.Counts; c != nil {
		w.item("Read", fmt.Sprintf("%s, %s, of which %d analyzed", plural(c.Pages, "page"), plural(c.Chunks, "chunk"), c.ChunksAnalyzed))
	}
	w.item("Models", strings.Join(r.Models, ", "))
	if r.OfflineModel {
		w.item("Note", "the offline model extracts and counts, no language model was asked")
	}
	w.item("Tokens", fmt.Sprintf("%d in, %d out", r.Usage.InputTokens, r.Usage.OutputTokens))
	if c := r.Cost; c != nil && c.Dollars != nil && !r.OfflineModel {
		w.item("Cost", fmt.Sprintf("%.4f US dollars, with the prices of %s", *c.Dollars, c.PricedAsOf))
	}
	w.item("Execution", r.Execution)
}

type markdown struct {
	strings.Builder
	inList bool
}

// line writes a paragraph or a heading of trusted markup.
func (w *markdown) line(text string) {
	if w.Len() > 0 {
		w.WriteString("\n")
	}
	w.WriteString(text + "\n")
	w.inList = false
}

// section begins one that has n things to say; none has no heading.
func (w *markdown) section(title string, n int) {
	if n > 0 {
		w.line("## " + title)
	}
}

// point writes an item of a list, of trusted markup.
func (w *markdown) point(text string) {
	if !w.inList {
		w.WriteString("\n")
	}
	w.WriteString("- " + text + "\n")
	w.inList = true
}

func (w *markdown) item(label, text string) {
	if text = escape(text); text != "" {
		w.point("**" + escape(label) + "**: " + text)
	}
}

func (w *markdown) list(items []string) {
	for _, item := range items {
		w.point(escape(item))
	}
}

func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

var markdownEscapes = strings.NewReplacer(
	`\`, `\\`, "`", "\\`", `*`, `\*`, `_`, `\_`, `[`, `\[`, `]`, `\]`, `<`, `\<`, `>`, `\>`, `#`, `\#`, `|`, `\|`, `~`, `\~`, `&`, `\&`, `!`, `\!`, `$`, `\$`,
	// What GitHub makes links of without any markup.
	`://`, `\://`, `www.`, `www\.`, `WWW.`, `WWW\.`, `@`, `\@`,
)

// escape makes text a literal part of a line. Control and formatting characters are
// dropped: nothing turns the order of letters round or hides them.
func escape(text string) string {
	text = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(text, "\uFFFD"))
	text = markdownEscapes.Replace(strings.Join(strings.Fields(text), " "))
	// At the start of a line or item these would begin a list, a rule or a heading.
	if text != "" && strings.ContainsRune("-+=", rune(text[0])) {
		return `\` + text
	}
	if digits := len(text) - len(strings.TrimLeft(text, "0123456789")); digits > 0 && digits < len(text) && (text[digits] == '.' || text[digits] == ')') &&
		(digits+1 == len(text) || text[digits+1] == ' ') {
		return text[:digits] + `\` + text[digits:]
	}
	return text
}
