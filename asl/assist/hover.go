package assist

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/check"
	"github.com/docflow-asl/docflow/asl/intrinsic"
	"github.com/docflow-asl/docflow/asl/shape"
)

// Hover is what there is to say of a place, in Markdown.
type Hover struct {
	Markdown   string
	Start, End int // of what it is said of
}

// Hover says what stands at an offset: what a field is for, which state a name leads to, what an error, a function or a path means,
// and the rules behind the findings there.
func (v *View) Hover(offset int) (Hover, bool) {
	h, ok := v.explain(offset)
	var rules []string
	for _, d := range v.diagnostics {
		if d.Span.Start.Offset > offset || offset > d.Span.End.Offset {
			continue
		}
		if rule := check.RuleOf(d.Code); rule != nil && !slices.ContainsFunc(rules, func(s string) bool { return strings.HasPrefix(s, "`"+d.Code+"`") }) {
			rules = append(rules, fmt.Sprintf("`%s` (%s): %s", d.Code, d.Severity, rule.Doc))
			if !ok && len(rules) == 1 {
				h.Start, h.End = d.Span.Start.Offset, d.Span.End.Offset
			}
		}
	}
	if ok {
		rules = append([]string{h.Markdown}, rules...)
	}
	h.Markdown = strings.Join(rules, "\n\n---\n\n")
	return h, len(rules) > 0
}

func (v *View) explain(offset int) (Hover, bool) {
	if n, ok := v.nameAt(offset); ok {
		if n.state == nil {
			return Hover{}, false
		}
		return Hover{v.describe(n.state), n.span.Start.Offset, n.span.End.Offset}, true
	}
	node, isName := v.at(offset)
	if node == nil {
		return Hover{}, false
	}
	if isName {
		span := node.NameSpan()
		words, ok := v.fieldWords(node)
		return Hover{words, span.Start.Offset, span.End.Offset}, ok
	}
	written, ok := text(node)
	if !ok {
		return Hover{}, false
	}
	at := func(words string) (Hover, bool) {
		return Hover{words, node.Span.Start.Offset, node.Span.End.Offset}, words != ""
	}
	p := v.placeOf(node)
	if len(p.steps) == 0 {
		return Hover{}, false
	}
	last := p.steps[len(p.steps)-1]
	switch {
	case len(p.steps) >= 2 && p.steps[len(p.steps)-2] == "ErrorEquals" && !p.inner:
		if doc := errorDocs[written]; doc != "" {
			return at("**" + written + "**: " + doc)
		}
		return Hover{}, false
	case len(p.steps) == 1 && !p.inner && last == "Type" && typeDocs[asl.StateType(written)] != "":
		return at("**" + written + "** state: " + typeDocs[asl.StateType(written)])
	case len(p.steps) == 1 && !p.inner && last == "Resource":
		for _, i := range check.Integrations() {
			if i.ARN == written {
				return at(strings.TrimSpace("**" + strings.TrimPrefix(i.ARN, "arn:aws:states:::") + "**: a service integration. " + requestDoc(i)))
			}
		}
		return Hover{}, false
	}
	if f, ok := p.field(); ok && valueDocs[f.Name+"="+written] != "" {
		return at("**" + written + "**: " + valueDocs[f.Name+"="+written])
	}
	return v.explainText(node, p, written, offset)
}

// fieldWords says what a field is for.
func (v *View) fieldWords(node *asl.Node) (string, bool) {
	p := v.placeOf(node.Parent)
	name := stepOf(node)
	for _, f := range p.fields(p.steps) {
		if f.Name == name {
			words := "**" + name + "** (" + typesOf(f) + ")"
			if f.Required {
				words = "**" + name + "** (" + typesOf(f) + ", required)"
			}
			if doc := fieldDocs[name]; doc != "" {
				words += ": " + doc
			}
			return words, true
		}
	}
	return "", false
}

// describe says what a state is, and how it is connected.
func (v *View) describe(s *state) string {
	lines := []string{fmt.Sprintf("**%s**: a %s state in %s, at line %d", escapeMarkdown(s.name), s.typ, s.language, s.node.Span.Start.Line)}
	if s.typ == "" {
		lines[0] = fmt.Sprintf("**%s**: a state without a Type, at line %d", escapeMarkdown(s.name), s.node.Span.Start.Line)
	}
	if comment := s.model.Common().Comment; comment != "" {
		lines = append(lines, escapeMarkdown(comment))
	}
	if resource, ok := text(s.node.Member("Resource")); ok && resource != "" {
		lines = append(lines, "calls `"+strings.ReplaceAll(resource, "`", "'")+"`")
	}
	var from, to []string
	for _, r := range s.scope.references() {
		name, _ := text(r.node)
		switch {
		case r.from == s && name != "":
			to = appendNew(to, name)
		case name == s.name && r.from == nil:
			from = append(from, "the start")
		}
		if name == s.name && r.from != nil {
			from = appendNew(from, r.from.name)
		}
	}
	if len(from) > 0 {
		lines = append(lines, "comes after "+escapeMarkdown(strings.Join(from, ", ")))
	}
	if len(to) > 0 {
		lines = append(lines, "leads to "+escapeMarkdown(strings.Join(to, ", ")))
	}
	if known, ok := v.flow().State(s.name); ok && !known.Reached {
		lines = append(lines, "no way leads here")
	} else if ok {
		for _, part := range []struct {
			name  string
			shape *shape.Shape
		}{{"input", known.Input}, {"output", known.Output}} {
			if words := knownWords(part.shape); words != "" {
				lines = append(lines, part.name+": "+words)
			}
		}
	}
	return strings.Join(lines, "\n\n")
}

func appendNew(list []string, name string) []string {
	if slices.Contains(list, name) {
		return list
	}
	return append(list, name)
}

// What can be explained within a string.
var (
	intrinsicWord = regexp.MustCompile(`States\.[A-Za-z0-9]+`)
	jsonataWord   = regexp.MustCompile(`\$[\pL\pN_]*(?:\.[\pL\pN_]+|\[[^\]\[]*\])*`)
	pathWord      = regexp.MustCompile(`\$\$?[\pL\pN_]*(?:\.[\pL\pN_-]+|\[[^\]\[]*\])*`)
)

// explainText explains the word at an offset in a path, a call or a JSONata string.
func (v *View) explainText(node *asl.Node, p place, written string, offset int) (Hover, bool) {
	start, end, _ := v.unquoted(node.Span)
	raw := v.doc.Text[start:end]
	language := languageAt(p, written)
	find := func(word *regexp.Regexp) (from, to int, ok bool) {
		for _, m := range word.FindAllStringIndex(raw, -1) {
			if start+m[0] <= offset && offset <= start+m[1] {
				return m[0], m[1], true
			}
		}
		return 0, 0, false
	}
	if language == templateText {
		if from, to, ok := find(intrinsicWord); ok {
			if signature, known := intrinsic.SignatureOf(raw[from:to]); known {
				return Hover{"`" + form(signature) + "`: " + intrinsicDocs[raw[from:to]], start + from, start + to}, true
			}
			return Hover{}, false
		}
	}
	word := pathWord
	switch language {
	case noLanguage:
		return Hover{}, false
	case jsonataText:
		word = jsonataWord
	}
	from, to, ok := find(word)
	if !ok {
		return Hover{}, false
	}
	path := raw[from:to]
	if name := strings.TrimPrefix(path, "$"); language == jsonataText && jsonataDocs[name] != "" && strings.HasPrefix(strings.TrimLeft(raw[to:], " "), "(") {
		return Hover{"`" + jsonataForms[name] + "`: " + jsonataDocs[name], start + from, start + to}, true
	}
	// The path as far as the name at the offset.
	if rest := strings.IndexAny(path[min(offset-start-from, len(path)):], ".["); rest >= 0 {
		path = path[:offset-start-from+rest]
	}
	words := v.pathWords(p, path)
	return Hover{words, start + from, start + from + len(path)}, words != ""
}

// pathWords says what is known of the value at a path.
func (v *View) pathWords(p place, path string) string {
	var parts []string
	root, below, _ := strings.Cut(path, ".")
	names := strings.Split(below, ".")
	switch {
	case root == "$$" && below != "":
		parts = append(parts, contextDocs[names[len(names)-1]])
	case root == "$states" && names[0] == "context" && len(names) > 1:
		parts = append(parts, contextDocs[names[len(names)-1]])
	case root == "$states" && len(names) == 1:
		parts = append(parts, statesDocs[names[0]])
	case strings.HasPrefix(root, "$") && !strings.HasPrefix(root, "$$") && len(root) > 1 && below == "":
		if where := v.assigners(p, strings.TrimPrefix(root, "$")); where != "" {
			parts = append(parts, "A variable, assigned in "+where+".")
		}
	}
	found, presence := v.known(p, path)
	switch words := knownWords(found); {
	case presence == shape.Absent:
		parts = append(parts, "Nothing is ever there.")
	case presence == shape.Sometimes && words != "":
		parts = append(parts, words+", not always there.")
	case words != "":
		parts = append(parts, words+".")
	}
	parts = slices.DeleteFunc(parts, func(s string) bool { return s == "" })
	if len(parts) == 0 {
		return ""
	}
	return "`" + path + "`: " + strings.Join(parts, " ")
}

// assigners names the states that assign a variable that a state can read.
func (v *View) assigners(p place, variable string) string {
	if p.state == nil || !slices.Contains(v.variables(p.state, p.state.scope), variable) {
		return ""
	}
	var names []string
	for s := p.state.scope; s != nil; s = s.owner.scope {
		for _, st := range s.states {
			for _, assign := range st.assignments() {
				if assign.Member(variable) != nil || st.language == asl.JSONPath && assign.Member(variable+".$") != nil {
					names = appendNew(names, st.name)
				}
			}
		}
		if s.owner == nil {
			break
		}
	}
	return escapeMarkdown(strings.Join(names, ", "))
}

// escapeMarkdown keeps a name or comment from being read as Markdown.
func escapeMarkdown(s string) string {
	return markdownSigns.ReplaceAllString(strings.Join(strings.Fields(s), " "), `\$0`)
}

var markdownSigns = regexp.MustCompile("[\\\\`*_{}\\[\\]<>#|~]")
