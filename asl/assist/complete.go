package assist

import (
	"slices"
	"strconv"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/check"
	"github.com/docflow-asl/docflow/asl/value"
)

// CandidateKind sorts candidates.
type CandidateKind string

// The kinds of candidates.
const (
	StateCandidate    CandidateKind = "state"
	FieldCandidate    CandidateKind = "field"
	WordCandidate     CandidateKind = "word" // one of the words that a field takes
	ErrorCandidate    CandidateKind = "error"
	FunctionCandidate CandidateKind = "function"
	VariableCandidate CandidateKind = "variable"
	MemberCandidate   CandidateKind = "member" // of data
)

// Candidate is something that may stand at the cursor.
type Candidate struct {
	Label  string // the thing itself: a state's name
	Kind   CandidateKind
	Detail string // in a few words
	Doc    string // in sentences; may be empty
	Edit   Edit   // that puts it there
}

// Edit exchanges a part of the text, by byte offsets.
type Edit struct {
	Start, End int
	NewText    string
}

// Complete lists what may stand at an offset, the likeliest first. What of a word stands before the offset chooses nothing: that is
// left to the editor, which knows how its user likes to abbreviate.
func (v *View) Complete(offset int) []Candidate {
	for _, c := range v.cursors(offset) {
		c.view.opts = v.opts
		if list := c.candidates(v, offset); len(list) > 0 {
			return list
		}
	}
	return nil
}

func (c *cursor) candidates(v *View, offset int) []Candidate {
	if c.isName {
		return c.names(v)
	}
	return c.values(v, offset)
}

// names lists the names that a member of the object at the cursor may have.
func (c *cursor) names(v *View) []Candidate {
	object := c.node.Parent
	p := c.view.placeOf(object)
	present := map[string]bool{}
	for _, m := range object.Members {
		present[m.Name] = true
	}
	var list []Candidate
	if p.inner && len(p.steps) == 1 && p.steps[0] == "States" {
		for _, name := range c.view.missingStates(p.scope) {
			list = append(list, Candidate{Label: name, Kind: StateCandidate, Detail: "a state that others lead to", Edit: c.nameEdit(v, name)})
		}
		return list
	}
	if !p.inner && p.state != nil && p.state.typ == asl.TypeTask && len(p.steps) == 1 && (p.steps[0] == "Parameters" || p.steps[0] == "Arguments") {
		return c.requestFields(v, p.state, present)
	}
	fields := p.fields(p.steps)
	slices.SortStableFunc(fields, func(a, b check.Field) int { return rank(a) - rank(b) })
	for _, f := range fields {
		if present[f.Name] {
			continue
		}
		candidate := Candidate{Label: f.Name, Kind: FieldCandidate, Detail: typesOf(f), Doc: fieldDocs[f.Name], Edit: c.nameEdit(v, f.Name)}
		if f.Required {
			candidate.Detail += ", required"
		}
		list = append(list, candidate)
	}
	return list
}

// requestFields lists the fields that a request to a service needs, as far as the table of integrations has them.
func (c *cursor) requestFields(v *View, s *state, present map[string]bool) []Candidate {
	var list []Candidate
	resource, _ := text(s.node.Member("Resource"))
	for _, i := range check.Integrations() {
		if i.ARN != resource {
			continue
		}
		add := func(names []string, detail string) {
			for _, name := range names {
				if !present[name] && !present[name+".$"] {
					list = append(list, Candidate{Label: name, Kind: FieldCandidate, Detail: detail, Edit: c.nameEdit(v, name)})
				}
			}
		}
		add(i.Required, "required")
		add(i.OneOf, "one of "+strings.Join(i.OneOf, ", "))
	}
	return list
}

// rank orders fields: what is required first, the rest as the printer orders them.
func rank(f check.Field) int {
	if f.Required {
		return -1
	}
	return fieldRank(f.Name)
}

// typesOf says what a field takes.
func typesOf(f check.Field) string {
	switch {
	case len(f.Values) > 0:
		return strings.Join(f.Values, " | ")
	case len(f.Types) > 0:
		return strings.Join(f.Types, " | ")
	}
	return "any value"
}

// missingStates lists the names that a scope leads to and does not have.
func (v *View) missingStates(s *scope) []string {
	var names []string
	if s == nil {
		return nil
	}
	for _, r := range s.references() {
		name, _ := text(r.node)
		if name != "" && s.find(name) == nil && !slices.Contains(names, name) && len(asl.Holes(name)) == 0 {
			names = append(names, name)
		}
	}
	return names
}

// nameEdit writes a member's name in the place of the word at the cursor, with the colon if there is none.
func (c *cursor) nameEdit(v *View, name string) Edit {
	yaml := v.doc.Format == asl.FormatYAML
	rest := strings.TrimLeft(v.doc.Text[c.token.end:], " \t")
	colon := ": "
	if strings.HasPrefix(rest, ":") {
		colon = ""
	}
	start, end := c.token.inside()
	if c.token.quote == 0 {
		if yaml {
			return Edit{start, end, yamlText(name) + colon}
		}
		return Edit{start, end, strconv.Quote(name) + colon}
	}
	return Edit{start, c.token.end, quotedText(name, c.token.quote) + string(c.token.quote) + colon}
}

// valueEdit writes a string in the place of the word at the cursor.
func (c *cursor) valueEdit(v *View, text string) Edit {
	start, end := c.token.inside()
	switch {
	case c.token.quote == 0 && v.doc.Format == asl.FormatYAML:
		return Edit{start, end, yamlText(text)}
	case c.token.quote == 0:
		return Edit{start, end, jsonText(text)}
	case c.token.closed:
		return Edit{start, end, quotedText(text, c.token.quote)}
	}
	return Edit{start, end, quotedText(text, c.token.quote) + string(c.token.quote)}
}

// bareEdit writes a value that is no string. Quotes around the word go.
func (c *cursor) bareEdit(text string) Edit { return Edit{c.token.start, c.token.end, text} }

// values lists the values that may stand at the cursor.
func (c *cursor) values(v *View, offset int) []Candidate {
	p := c.view.placeOf(c.node)
	if len(p.steps) == 0 {
		return nil
	}
	last := p.steps[len(p.steps)-1]
	if slices.Contains([]string{"Next", "Default", "StartAt"}, last) && namesState(p) {
		return c.stateNames(v, p)
	}
	if len(p.steps) >= 2 && p.steps[len(p.steps)-2] == "ErrorEquals" && !p.inner {
		return c.errorNames(v, p)
	}
	if p.state != nil && !p.inner && len(p.steps) == 1 && last == "Type" {
		var list []Candidate
		for _, t := range []asl.StateType{asl.TypeTask, asl.TypePass, asl.TypeChoice, asl.TypeWait, asl.TypeParallel, asl.TypeMap, asl.TypeSucceed, asl.TypeFail} {
			list = append(list, Candidate{Label: string(t), Kind: WordCandidate, Detail: "state type", Doc: typeDocs[t], Edit: c.valueEdit(v, string(t))})
		}
		return list
	}
	var list []Candidate
	f, known := p.field()
	for _, word := range f.Values {
		list = append(list, Candidate{Label: word, Kind: WordCandidate, Detail: f.Name, Doc: valueDocs[f.Name+"="+word], Edit: c.valueEdit(v, word)})
	}
	if known && slices.Equal(f.Types, []string{"boolean"}) {
		words := []string{"true", "false"}
		if f.Name == "End" {
			words = words[:1] // false says nothing
		}
		for _, word := range words {
			list = append(list, Candidate{Label: word, Kind: WordCandidate, Detail: f.Name, Edit: c.bareEdit(word)})
		}
	}
	if len(list) > 0 {
		return list
	}
	return c.expression(v, p, last, offset)
}

// namesState tells whether the place is that of a field that names a state.
func namesState(p place) bool {
	path := p.steps[:len(p.steps)-1]
	switch {
	case p.inner:
		return len(path) == 0 && p.steps[0] == "StartAt"
	case len(path) == 0:
		return p.steps[0] != "StartAt"
	}
	return len(path) == 2 && (path[0] == "Choices" || path[0] == "Catch") && p.steps[2] == "Next"
}

func (c *cursor) stateNames(v *View, p place) []Candidate {
	var list []Candidate
	scope := p.scope
	if p.state != nil && !p.inner {
		scope = p.state.scope
	}
	if scope == nil {
		return nil
	}
	var self []Candidate
	for _, st := range scope.states {
		candidate := Candidate{Label: st.name, Kind: StateCandidate, Detail: string(st.typ), Doc: st.model.Common().Comment, Edit: c.valueEdit(v, st.name)}
		if !p.inner && st == p.state {
			self = append(self, candidate) // a loop: seldom meant
			continue
		}
		list = append(list, candidate)
	}
	return append(list, self...)
}

// errorNames lists the errors that a retrier or catcher of a state may name.
func (c *cursor) errorNames(v *View, p place) []Candidate {
	var list []Candidate
	add := func(name, detail string) {
		if !slices.ContainsFunc(list, func(c Candidate) bool { return c.Label == name }) {
			list = append(list, Candidate{Label: name, Kind: ErrorCandidate, Detail: detail, Doc: errorDocs[name], Edit: c.valueEdit(v, name)})
		}
	}
	if p.state == nil {
		return nil
	}
	resource, _ := text(p.state.node.Member("Resource"))
	if strings.Contains(resource, ":lambda:") {
		for _, name := range lambdaErrors {
			add(name, "Lambda")
		}
	}
	for _, name := range check.ErrorNames() {
		add(name, "Step Functions")
	}
	for _, st := range c.view.states {
		if name, ok := text(st.node.Member("Error")); ok && st.typ == asl.TypeFail && name != "" && !asl.IsJSONata(name) && len(asl.Holes(name)) == 0 {
			add(name, "of the Fail state "+st.name)
		}
	}
	return list
}

// variables lists the variables that a state may read, in the order of the text: those that states of its own and of the enclosing
// scopes assign. A distributed Map's iterations see none from without.
func (v *View) variables(from *state, s *scope) []string {
	var names []string
	for s != nil {
		for _, st := range s.states {
			for _, assign := range st.assignments() {
				for _, m := range assign.Members {
					name := m.Name
					if st.language == asl.JSONPath {
						name = strings.TrimSuffix(name, ".$")
					}
					if isVariableName(name) && !slices.Contains(names, name) {
						names = append(names, name)
					}
				}
			}
		}
		if s.owner == nil {
			break
		}
		if m, ok := s.owner.model.(*asl.MapState); ok && m.Distributed() {
			break
		}
		s = s.owner.scope
	}
	return names
}

// assignments lists the Assign objects of a state.
func (s *state) assignments() []*asl.Node {
	var list []*asl.Node
	add := func(object *asl.Node) {
		if n := object.Member("Assign"); n != nil && n.Kind == value.KindObject {
			list = append(list, n)
		}
	}
	add(s.node)
	for _, field := range []string{"Choices", "Catch"} {
		if items := s.node.Member(field); items != nil {
			for _, item := range items.Items {
				add(item)
			}
		}
	}
	return list
}

func isVariableName(name string) bool {
	return name != "" && name != "states" && !strings.ContainsAny(name, ".[]-$ {}\"'")
}
