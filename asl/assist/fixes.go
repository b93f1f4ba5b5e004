package assist

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/check"
)

// Fix is a change of the text that cures a finding.
type Fix struct {
	Title      string
	Diagnostic check.Diagnostic
	Edits      []Edit
}

// maxFixes is how many findings Fixes tries to cure: each trial checks the whole definition again.
const maxFixes = 20

// Fixes lists the cures of the findings that touch a part of the text, as far as there is one clear cure. Each was tried: with it
// the finding is gone, and nothing else is wrong instead.
func (v *View) Fixes(start, end int) []Fix {
	var fixes []Fix
	tried := 0
	for _, d := range v.diagnostics {
		if d.Span.End.Offset < start || d.Span.Start.Offset > end {
			continue
		}
		proposals := v.proposals(d)
		if len(proposals) == 0 {
			continue
		}
		if tried++; tried > maxFixes {
			break
		}
		for _, fix := range proposals {
			if v.cures(fix) {
				fixes = append(fixes, fix)
				break
			}
		}
	}
	return fixes
}

// cures tries a fix.
func (v *View) cures(f Fix) bool {
	changed, ok := Apply(v.doc.Text, f.Edits)
	if !ok {
		return false
	}
	parse := asl.ParseJSON
	if v.doc.Format == asl.FormatYAML {
		parse = asl.ParseYAML
	}
	after := check.Document(parse(v.doc.Filename, []byte(changed)), v.opts)
	count := func(list []check.Diagnostic) (n int) {
		for _, d := range list {
			if d.Code == f.Diagnostic.Code {
				n++
			}
		}
		return n
	}
	return len(after) <= len(v.diagnostics) && count(after) < count(v.diagnostics)
}

// Apply makes edits, which must not overlap, in a text; ok is false if they do or lie outside.
func Apply(text string, edits []Edit) (changed string, ok bool) {
	edits = slices.Clone(edits)
	slices.SortStableFunc(edits, func(a, b Edit) int { return a.Start - b.Start })
	var b strings.Builder
	at := 0
	for _, e := range edits {
		if e.Start < at || e.End < e.Start || e.End > len(text) {
			return "", false
		}
		b.WriteString(text[at:e.Start])
		b.WriteString(e.NewText)
		at = e.End
	}
	b.WriteString(text[at:])
	return b.String(), true
}

// What cures say that can be done without thinking. Their words are those of the rules.
var (
	didYouMean    = regexp.MustCompile(`^did you mean ("(?:[^"\\]|\\.)*"|'[^']*')\?`)
	writeText     = regexp.MustCompile(`^write ("(?:[^"\\]|\\.)*")(?:;|$)`)
	writeBare     = regexp.MustCompile(`^write (\S+) without quotes$`)
	nameIt        = regexp.MustCompile(`^name it ("(?:[^"\\]|\\.)*") to pass`)
	quotedInWords = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)
)

// proposals gives the ways in which the words of a cure can be understood, the likeliest first.
func (v *View) proposals(d check.Diagnostic) []Fix {
	var fixes []Fix
	add := func(title string, e Edit) {
		fixes = append(fixes, Fix{Title: title, Diagnostic: d, Edits: []Edit{e}})
	}
	start, end := d.Span.Start.Offset, d.Span.End.Offset
	if start < 0 || end > len(v.doc.Text) || start >= end {
		return nil
	}
	whole, isName, isScalar := v.scalarAt(d.Span)
	put := func(text string) Edit {
		if isScalar {
			return v.rewrite(whole, text)
		}
		return Edit{start, end, quotedText(text, '"')}
	}
	switch cure := d.Cure; {
	case didYouMean.MatchString(cure):
		meant := unquoteWord(didYouMean.FindStringSubmatch(cure)[1])
		title := fmt.Sprintf("Change to %q", meant)
		add(title, put(meant))
		if dot := strings.LastIndexByte(meant, '.'); dot >= 0 { // the finding marks the last name of a path, or the step
			add(title, put(meant[dot+1:]))
			add(title, put(meant[dot:]))
		}
		for _, quoted := range quotedInWords.FindAllString(d.Message, -1) { // a part of the marked text is wrong
			wrong := unquoteWord(quoted)
			if at := strings.Index(v.doc.Text[start:end], wrong); at >= 0 && wrong != "" && strings.Count(v.doc.Text[start:end], wrong) == 1 {
				add(title, Edit{start + at, start + at + len(wrong), quotedText(meant, '"')})
			}
		}
	case writeText.MatchString(cure) && isScalar && !isName:
		meant := unquoteWord(writeText.FindStringSubmatch(cure)[1])
		add(fmt.Sprintf("Write %q", meant), put(meant))
	case writeBare.MatchString(cure) && isScalar:
		bare := writeBare.FindStringSubmatch(cure)[1]
		add("Write "+bare+" without quotes", Edit{start, end, bare})
	case nameIt.MatchString(cure) && isScalar && !isName:
		if n, _ := v.at(start); n != nil {
			meant := unquoteWord(nameIt.FindStringSubmatch(cure)[1])
			add(fmt.Sprintf("Name it %q", meant), v.rewrite(n.NameSpan(), meant))
		}
	case strings.HasPrefix(cure, "drop the white space") || strings.HasPrefix(cure, "drop it") && strings.Contains(d.Message, "white space"):
		if n, _ := v.at(start); n != nil && isScalar {
			if s, ok := text(n); ok && strings.TrimSpace(s) != s {
				add("Drop the white space", put(strings.TrimSpace(s)))
			}
		}
	case cure == "add %} at the end" && isScalar:
		if s, ok := v.textAt(start); ok {
			add("Add %}", put(s+" %}"))
		}
	case cure == "add {% at the start" && isScalar:
		if s, ok := v.textAt(start); ok {
			add("Add {%", put("{% "+s))
		}
	}
	return fixes
}

func (v *View) textAt(offset int) (string, bool) {
	n, _ := v.at(offset)
	return text(n)
}

// scalarAt finds the string or the name that a span is the whole of.
func (v *View) scalarAt(s asl.Span) (whole asl.Span, isName, ok bool) {
	n, isName := v.at(s.Start.Offset)
	if n == nil {
		return asl.Span{}, false, false
	}
	whole = n.Span
	if isName {
		whole = n.NameSpan()
	}
	return whole, isName, whole == s
}

// unquoteWord takes the quotes of a word in a message away.
func unquoteWord(quoted string) string {
	if word, err := strconv.Unquote(quoted); err == nil {
		return word
	}
	return strings.Trim(quoted, `'"`)
}
