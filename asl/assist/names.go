package assist

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/asl"
)

// maxStateName is AWS's limit for the length of a state's name, in characters.
const maxStateName = 80

// named is the name of a state at a place of the text.
type named struct {
	name  string
	scope *scope
	state *state // nil when the name leads nowhere
	span  asl.Span
}

// nameAt finds the name of a state at an offset: where the state stands, or where something leads to it.
func (v *View) nameAt(offset int) (named, bool) {
	node, isName := v.at(offset)
	if node == nil {
		return named{}, false
	}
	if st := v.stateAt[node]; isName && st != nil {
		return named{st.name, st.scope, st, node.NameSpan()}, true
	}
	name, ok := text(node)
	if isName || !ok {
		return named{}, false
	}
	p := v.placeOf(node)
	if p.scope == nil || len(p.steps) == 0 || !namesState(p) {
		return named{}, false
	}
	sc := p.scope
	if !p.inner {
		sc = p.state.scope
	}
	for _, r := range sc.references() {
		if r.node == node {
			return named{name, sc, sc.find(name), node.Span}, true
		}
	}
	return named{}, false
}

// Definition gives the place where the state stands that is named at an offset.
func (v *View) Definition(offset int) (name, whole asl.Span, ok bool) {
	n, ok := v.nameAt(offset)
	if !ok || n.state == nil {
		return asl.Span{}, asl.Span{}, false
	}
	name = n.state.node.NameSpan()
	return name, asl.Span{Start: name.Start, End: n.state.node.Span.End}, true
}

// References gives the places that name the state that is named at an offset, in the order of the text; with its own place, if
// declaration is set.
func (v *View) References(offset int, declaration bool) []asl.Span {
	n, ok := v.nameAt(offset)
	if !ok {
		return nil
	}
	return n.places(declaration)
}

func (n named) places(declaration bool) []asl.Span {
	var spans []asl.Span
	if declaration && n.state != nil {
		spans = append(spans, n.state.node.NameSpan())
	}
	for _, r := range n.scope.references() {
		if name, _ := text(r.node); name == n.name {
			spans = append(spans, r.node.Span)
		}
	}
	slices.SortFunc(spans, func(a, b asl.Span) int { return cmp.Compare(a.Start.Offset, b.Start.Offset) })
	return slices.Compact(spans) // aliases of YAML give the same place more than once
}

// The reasons why a state cannot be renamed.
var (
	ErrNoState     = errors.New("there is no name of a state here")
	ErrEmptyName   = errors.New("a state's name cannot be empty")
	ErrLongName    = fmt.Errorf("a state's name has at most %d characters", maxStateName)
	ErrNameTaken   = errors.New("another state has that name; the names of states are unique in the whole definition")
	ErrBrokenText  = errors.New("the text cannot be read as a whole; correct its syntax first")
	ErrControlName = errors.New("a state's name has no control characters")
)

// Renamable gives the name of the state at an offset, and the span of the name without quotes.
func (v *View) Renamable(offset int) (name string, start, end int, err error) {
	n, ok := v.nameAt(offset)
	if !ok {
		return "", 0, 0, ErrNoState
	}
	start, end, _ = v.unquoted(n.span)
	return n.name, start, end, nil
}

// unquoted is where the text of a string is within its quotes, and the quotes.
func (v *View) unquoted(s asl.Span) (start, end int, quote byte) {
	start, end = s.Start.Offset, s.End.Offset
	if end-start >= 2 {
		if c := v.doc.Text[start]; (c == '"' || c == '\'') && v.doc.Text[end-1] == c {
			return start + 1, end - 1, c
		}
	}
	return start, end, 0
}

// Rename gives the edits that give another name to the state that is named at an offset: where it stands, and wherever something
// leads to it.
func (v *View) Rename(offset int, to string) ([]Edit, error) {
	n, ok := v.nameAt(offset)
	switch {
	case !ok:
		return nil, ErrNoState
	case v.broken():
		return nil, ErrBrokenText
	case to == "":
		return nil, ErrEmptyName
	case utf8.RuneCountInString(to) > maxStateName:
		return nil, ErrLongName
	case strings.ContainsFunc(to, func(c rune) bool { return c < ' ' || c == 0x7f }):
		return nil, ErrControlName
	}
	if to == n.name {
		return nil, nil
	}
	for _, st := range v.states {
		if st.name == to {
			return nil, ErrNameTaken
		}
	}
	var edits []Edit
	for _, span := range n.places(true) {
		edits = append(edits, v.rewrite(span, to))
	}
	return edits, nil
}

// rewrite exchanges the string at a span for another one, in its quotes if it has some.
func (v *View) rewrite(span asl.Span, to string) Edit {
	start, end, quote := v.unquoted(span)
	if quote == 0 {
		return Edit{start, end, yamlText(to)}
	}
	return Edit{start, end, quotedText(to, quote)}
}

// broken tells whether the text could not be read as a whole.
func (v *View) broken() bool {
	return slices.ContainsFunc(v.doc.Problems, func(p asl.Problem) bool { return p.Kind == asl.BrokenSyntax })
}
