package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/nearest"
	"github.com/docflow-asl/docflow/asl/value"
)

// ignoreMark starts a suppression: docflow:ignore CODE[,CODE…] REASON.
const ignoreMark = "docflow:ignore"

// Suppressed is a finding that a docflow:ignore keeps from being reported.
type Suppressed struct {
	Diagnostic
	Reason string
	At     asl.Span // of the docflow:ignore
}

// suppression is one docflow:ignore.
type suppression struct {
	codes    []string
	reason   string
	at       asl.Span // of the text docflow:ignore CODES
	from, to int      // the bytes of the file that it is for
	used     map[string]bool
}

// parseSuppression reads what stands behind the mark: codes with commas between, and a reason.
func parseSuppression(text string) (codes []string, reason string) {
	text = strings.TrimLeft(text, " \t:")
	head, reason, _ := strings.Cut(text, " ")
	for strings.HasSuffix(head, ",") { // "a, b reason"
		next, rest, _ := strings.Cut(strings.TrimLeft(reason, " "), " ")
		if next == "" {
			break
		}
		head, reason = head+next, rest
	}
	for _, code := range strings.Split(head, ",") {
		if code = strings.Trim(code, ":;. \t"); code != "" {
			codes = append(codes, code)
		}
	}
	return codes, strings.TrimSpace(strings.TrimLeft(reason, " \t-–—:"))
}

// suppress moves the findings for which there is a docflow:ignore, and reports those that are wrong or of no use.
func (part *filePart) suppress(c *fileCheck) {
	doc := part.result.Document
	if !strings.Contains(doc.Text, ignoreMark) {
		return
	}
	var list []*suppression
	list = append(list, part.inComments(doc)...)
	for _, root := range part.roots {
		list = append(list, inMembers(doc, root)...)
	}
	seen := map[asl.Span]bool{} // roots share nodes
	var unique []*suppression
	for _, s := range list {
		if !seen[s.at] {
			seen[s.at] = true
			s.used = map[string]bool{}
			unique = append(unique, s)
		}
	}
	var kept []Diagnostic
	for _, d := range part.result.Diagnostics {
		if s := covering(unique, d); s != nil {
			s.used[d.Code] = true
			part.result.Suppressed = append(part.result.Suppressed, Suppressed{d, s.reason, s.at})
			continue
		}
		kept = append(kept, d)
	}
	part.result.Diagnostics = kept
	for _, s := range unique {
		part.judge(c, doc, s)
	}
}

// covering is the innermost suppression that a finding falls under.
func covering(list []*suppression, d Diagnostic) *suppression {
	var best *suppression
	for _, s := range list {
		if s.reason != "" && slices.Contains(s.codes, d.Code) && s.from <= d.Span.Start.Offset && d.Span.Start.Offset < s.to && (best == nil || s.to-s.from < best.to-best.from) {
			best = s
		}
	}
	return best
}

// judge reports what is wrong with a suppression itself.
func (part *filePart) judge(c *fileCheck, doc *asl.Document, s *suppression) {
	switch {
	case len(s.codes) == 0:
		c.report(doc, withoutReason, Diagnostic{Message: "docflow:ignore names no code", Cure: "write docflow:ignore CODE REASON", Span: s.at})
		return
	case s.reason == "":
		c.report(doc, withoutReason, Diagnostic{
			Message: fmt.Sprintf("docflow:ignore %s has no reason, so that it suppresses nothing", strings.Join(s.codes, ",")),
			Cure:    "say why behind the code, or drop it", Span: s.at,
		})
		return
	}
	if part.broken {
		return
	}
	for _, code := range s.codes {
		if s.used[code] || slices.Contains(c.opts.Disable, code) {
			continue
		}
		message, cure := fmt.Sprintf("docflow:ignore %s suppresses nothing: there is no such finding here", shorten(code)), "drop it"
		if RuleOf(code) == nil {
			message = fmt.Sprintf("docflow:ignore names %q, but there is no such code", shorten(code))
			if best := nearest.Name(code, Codes()); best != "" {
				cure = fmt.Sprintf("did you mean %q?", best)
			}
		}
		c.report(doc, unusedSuppression, Diagnostic{Message: message, Cure: cure, Span: s.at})
	}
}

// inMembers finds suppressions in Comment fields: each is for the object that has the field, its name included.
func inMembers(doc *asl.Document, root *asl.Node) []*suppression {
	var list []*suppression
	position := asl.Positions(doc.Text)
	var walk func(n *asl.Node)
	walk = func(n *asl.Node) {
		if n == nil {
			return
		}
		for _, item := range n.Items {
			walk(item)
		}
		for _, m := range n.Members {
			walk(m.Value)
			text, ok := m.Value.Value.(value.String)
			if m.Name != "Comment" || !ok || !strings.Contains(string(text), ignoreMark) {
				continue
			}
			from, to := n.Span.Start.Offset, n.Span.End.Offset
			if n.Parent != nil {
				from = min(from, n.NameSpan().Start.Offset)
			}
			if n == root {
				to = max(to, len(doc.Text))
				from = 0
				if doc.Root != root { // a machine within a template
					from, to = n.Span.Start.Offset, n.Span.End.Offset
				}
			}
			at := m.Value.Span
			for i, part := range strings.Split(string(text), ignoreMark) {
				if i == 0 {
					continue
				}
				codes, reason := parseSuppression(part)
				list = append(list, &suppression{codes: codes, reason: reason, at: markSpan(doc, at, i-1, position), from: from, to: to})
			}
		}
	}
	walk(root)
	return list
}

// markSpan is where the mark number i within a span stands.
func markSpan(doc *asl.Document, within asl.Span, i int, at func(int) asl.Position) asl.Span {
	from, end := within.Start.Offset, min(within.End.Offset, len(doc.Text))
	for ; from <= end; i-- {
		next := strings.Index(doc.Text[from:end], ignoreMark)
		if next < 0 {
			break
		}
		from += next
		if i == 0 {
			return asl.Span{Start: at(from), End: at(from + len(ignoreMark))}
		}
		from += len(ignoreMark)
	}
	return within
}

// inComments finds suppressions in comments, which YAML and Terraform have. One behind a value is for the line, and for what the
// line begins; one on a line of its own for what the next line begins; one at the head of the file for all of it.
func (part *filePart) inComments(doc *asl.Document) []*suppression {
	if doc.Format != asl.FormatYAML && !strings.HasSuffix(doc.Filename, ".tf") {
		return nil
	}
	at := asl.Positions(doc.Text)
	begins := map[int]asl.Span{} // what a line begins, the outermost
	var strs []asl.Span          // where a # is no comment
	visited := map[*asl.Node]bool{}
	var walk func(n *asl.Node)
	walk = func(n *asl.Node) {
		if n == nil || visited[n] {
			return
		}
		visited[n] = true
		if n.Value != nil {
			strs = append(strs, n.Span)
		}
		begin := func(line int, s asl.Span) {
			if old, ok := begins[line]; !ok || s.End.Offset-s.Start.Offset > old.End.Offset-old.Start.Offset {
				begins[line] = s
			}
		}
		for _, item := range n.Items {
			begin(item.Span.Start.Line, item.Span)
			walk(item)
		}
		for _, m := range n.Members {
			begin(m.NameSpan.Start.Line, asl.Span{Start: m.NameSpan.Start, End: m.Value.Span.End})
			walk(m.Value)
		}
	}
	for _, root := range part.roots {
		walk(root)
	}
	slices.SortFunc(strs, func(a, b asl.Span) int { return a.Start.Offset - b.Start.Offset })
	isText := func(offset int) bool {
		i, _ := slices.BinarySearchFunc(strs, offset+1, func(s asl.Span, o int) int { return s.Start.Offset - o })
		return i > 0 && offset < strs[i-1].End.Offset
	}
	var list []*suppression
	head := true // nothing but comments so far
	lines := strings.SplitAfter(doc.Text, "\n")
	starts := make([]int, len(lines)+1)
	for i, line := range lines {
		starts[i+1] = starts[i] + len(line)
	}
	following := make([]int, len(lines)+1) // the next line from here on that is no comment
	following[len(lines)] = len(lines)
	for i := len(lines) - 1; i >= 0; i-- {
		following[i] = i
		if isCommentLine(lines[i]) {
			following[i] = following[i+1]
		}
	}
	for i, line := range lines {
		start := starts[i]
		mark := strings.Index(line, ignoreMark)
		before := line[:max(mark, 0)]
		hash := max(strings.LastIndex(before, "#"), strings.LastIndex(before, "//"))
		ownLine := strings.HasPrefix(strings.TrimLeft(line, " \t"), "#") || strings.HasPrefix(strings.TrimLeft(line, " \t"), "//")
		if hash >= 0 && strings.Trim(before[hash:], "#/ \t") == "" && !isText(start+hash) && strings.Count(line[:hash], `"`)%2 == 0 {
			codes, reason := parseSuppression(strings.TrimSpace(line[mark+len(ignoreMark):]))
			s := &suppression{codes: codes, reason: reason, at: asl.Span{Start: at(start + mark), End: at(start + mark + len(ignoreMark))}, from: start, to: starts[i+1]}
			target := i + 1 // from 1
			if ownLine {
				next := following[i]
				target, s.from, s.to = next+1, starts[next], starts[min(next+1, len(lines))]
			}
			if span, ok := begins[target]; ok {
				s.from, s.to = min(s.from, span.Start.Offset), max(s.to, span.End.Offset)
			}
			if head && ownLine {
				s.from, s.to = 0, len(doc.Text)+1
			}
			list = append(list, s)
		}
		head = head && (isCommentLine(line) || strings.HasPrefix(line, "---"))
	}
	return list
}

func isCommentLine(line string) bool {
	line = strings.TrimSpace(line)
	return line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "//")
}
