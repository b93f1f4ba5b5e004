package assist

import (
	"strconv"
	"sync"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/check"
	"github.com/docflow-asl/docflow/asl/value"
)

// View is one text of a definition as an editor sees it.
type View struct {
	doc         *asl.Document
	opts        check.Options
	diagnostics []check.Diagnostic
	flow        func() *check.Knowledge // computed when first asked for
	scopes      []*scope
	scopeAt     map[*asl.Node]*scope
	states      []*state
	stateAt     map[*asl.Node]*state
}

// New makes the view of a parsed text, and checks it.
func New(doc *asl.Document, opts check.Options) *View {
	v := newView(doc)
	v.opts, v.diagnostics = opts, check.Document(doc, opts)
	return v
}

// newView makes a view without checking the text.
func newView(doc *asl.Document) *View {
	v := &View{doc: doc, scopeAt: map[*asl.Node]*scope{}, stateAt: map[*asl.Node]*state{}}
	v.flow = sync.OnceValue(func() *check.Knowledge { return check.Known(doc, v.opts) })
	if doc.Machine == nil || doc.Root == nil || doc.Root.Kind != value.KindObject {
		return v
	}
	asl.WalkScopes(doc.Machine, v.enter, v.add)
	return v
}

// Document is the text that the view is of.
func (v *View) Document() *asl.Document { return v.doc }

// Diagnostics are the findings of the checker.
func (v *View) Diagnostics() []check.Diagnostic { return v.diagnostics }

// scope is an object that holds states: the definition, a branch or a Map's processor.
type scope struct {
	node   *asl.Node
	kind   check.Enclosure
	owner  *state // nil for the definition
	index  int    // of a branch
	states []*state
}

// state is a state as it stands in the text.
type state struct {
	name     string
	node     *asl.Node
	typ      asl.StateType // whatever the text says
	language asl.QueryLanguage
	scope    *scope
	inner    []*scope
	model    asl.State
}

func (v *View) enter(s *asl.Scope) {
	if s.Source == nil {
		return
	}
	sc := &scope{node: s.Source, kind: check.InMachine, index: s.Index}
	if s.Owner != nil {
		sc.kind = check.InProcessor
		if s.Owner.Type() == asl.TypeParallel {
			sc.kind = check.InBranch
		}
		if sc.owner = v.stateAt[s.Owner.Common().Source]; sc.owner != nil {
			sc.owner.inner = append(sc.owner.inner, sc)
		}
	}
	v.scopes = append(v.scopes, sc)
	v.scopeAt[s.Source] = sc
}

func (v *View) add(s *asl.Scope, st asl.State) {
	node, sc := st.Common().Source, v.scopeAt[s.Source]
	if node == nil || sc == nil || node.Kind != value.KindObject || v.stateAt[node] != nil {
		return
	}
	added := &state{name: st.Common().Name, node: node, typ: st.Type(), language: v.doc.Machine.LanguageOf(st), scope: sc, model: st}
	sc.states = append(sc.states, added)
	v.states = append(v.states, added)
	v.stateAt[node] = added
}

// find returns the state of the scope with that name, or nil.
func (s *scope) find(name string) *state {
	if s == nil {
		return nil
	}
	for _, st := range s.states {
		if st.name == name {
			return st
		}
	}
	return nil
}

// reference is a place that names a state.
type reference struct {
	node  *asl.Node // the string
	from  *state    // nil for StartAt
	field string    // StartAt, Next, Default
}

// references lists the places of a scope that name a state, in the order of the text as far as fields have one. It goes by the text
// and not by the model, so that a state whose Type is not typed yet counts too.
func (s *scope) references() []reference {
	var list []reference
	add := func(object *asl.Node, field string, from *state) {
		if n := object.Member(field); n != nil && n.Kind == value.KindString {
			list = append(list, reference{n, from, field})
		}
	}
	add(s.node, "StartAt", nil)
	for _, st := range s.states {
		for _, field := range []string{"Choices", "Catch"} {
			if items := st.node.Member(field); items != nil {
				for _, item := range items.Items {
					add(item, "Next", st)
				}
			}
		}
		add(st.node, "Default", st)
		add(st.node, "Next", st)
	}
	return list
}

// place tells where a node of the text is.
type place struct {
	state *state   // the innermost state that the node is in; nil outside of states
	scope *scope   // the innermost scope
	steps []string // from the state or, where the scope is within the state, from the scope
	inner bool     // the steps are from the scope, which is within the state
}

// placeOf finds the place of a node.
func (v *View) placeOf(n *asl.Node) place {
	var p place
	for ; n != nil; n = n.Parent {
		if st := v.stateAt[n]; st != nil {
			if p.state = st; p.scope == nil {
				p.scope = st.scope
			}
			break
		}
		if sc := v.scopeAt[n]; sc != nil {
			p.scope, p.state, p.inner = sc, sc.owner, true
			break
		}
		if n.Parent != nil {
			p.steps = append(p.steps, stepOf(n))
		}
	}
	for i, j := 0, len(p.steps)-1; i < j; i, j = i+1, j-1 {
		p.steps[i], p.steps[j] = p.steps[j], p.steps[i]
	}
	return p
}

// stepOf is the name or the index of a node in its parent.
func stepOf(n *asl.Node) string {
	for i, item := range n.Parent.Items {
		if item == n {
			return strconv.Itoa(i)
		}
	}
	for _, m := range n.Parent.Members {
		if m.Value == n {
			return m.Name
		}
	}
	return ""
}

// fields lists the fields of the object at a place.
func (p place) fields(steps []string) []check.Field {
	switch {
	case p.inner && p.scope != nil:
		return check.EnclosureFields(p.scope.kind, steps...)
	case p.state != nil:
		if fields := check.StateFields(p.state.typ, p.state.language, steps...); fields != nil || len(steps) > 0 {
			return fields
		}
		return commonFields(p.state.language)
	}
	return nil
}

// commonFields are the fields of a state whose type is not known yet.
func commonFields(language asl.QueryLanguage) []check.Field {
	var fields []check.Field
	for _, f := range check.StateFields(asl.TypePass, language) {
		switch f.Name {
		case "Type", "Comment", "QueryLanguage":
			f.Values, f.Required = nil, f.Name == "Type"
			fields = append(fields, f)
		}
	}
	return fields
}

// field is the field that a value stands in: the field itself, or the one whose array or object it is an item of.
func (p place) field() (check.Field, bool) {
	if len(p.steps) == 0 {
		return check.Field{}, false
	}
	last := p.steps[len(p.steps)-1]
	for _, f := range p.fields(p.steps[:len(p.steps)-1]) {
		if f.Name == last {
			return f, true
		}
	}
	return check.Field{}, false
}

// at returns the innermost node whose text an offset is in, and whether the offset is in the name of the member that the node is
// the value of.
func (v *View) at(offset int) (node *asl.Node, isName bool) {
	n := v.doc.Root
	if n == nil || !covers(n.Span, offset) {
		return nil, false
	}
	for {
		next := (*asl.Node)(nil)
		for _, m := range n.Members {
			if covers(m.NameSpan, offset) {
				return m.Value, true
			}
			if covers(m.Value.Span, offset) {
				next = m.Value
			}
		}
		for _, item := range n.Items {
			if covers(item.Span, offset) {
				next = item
			}
		}
		if next == nil {
			return n, false
		}
		n = next
	}
}

// covers tells whether an offset touches a span: a cursor behind the last character is at the word, too.
func covers(s asl.Span, offset int) bool { return s.Start.Offset <= offset && offset <= s.End.Offset }

// text is the text of a string node.
func text(n *asl.Node) (string, bool) {
	if n == nil {
		return "", false
	}
	s, ok := n.Value.(value.String)
	return string(s), ok
}
