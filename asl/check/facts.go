package check

import (
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

// pass is one run over one definition: the facts that rules share, each computed once, and what the rules found.
//
// The facts are drawn from the source nodes and not from asl.Machine, since what is faulty has often no place in the model:
// a state without a Type still leads somewhere, and a field of a wrong type still stands at a position.
type pass struct {
	doc        *asl.Document
	opts       Options
	root       *asl.Node
	scopes     []*scope // the machine first, then every branch and processor, in the order of the text
	states     []*state // of all scopes
	stateOf    map[*asl.Node]*state
	machine    asl.QueryLanguage // in force where a state has none
	faults     []schemaFault
	unknown    map[*asl.Node][]string // the fields of an object that its schema does not know
	broken     map[*asl.Node]bool     // nodes with a fault of type or value: other rules leave them alone
	uses       []*use                 // every path, template entry and expression
	intrinsics *[]intrinsicUse        // computed when first asked for
	dataflow   *flow                  // computed when first asked for
	compared   int                    // names compared for suggestions
	misnames   map[string][2]string   // what misnamed has told
	inner      map[*state][]*scope    // computed when first asked for
	queries    map[string]*query      // by the text of an expression: each is compiled once
	putItems   map[*state]bool        // what putBefore has found
	placed     struct {               // of the text that within was last asked for
		node   *asl.Node
		places []int
	}
	out  []Diagnostic
	stop bool // no further rule makes sense
}

// scope is an object with StartAt and States: the machine, a branch of a Parallel or the processor of a Map.
type scope struct {
	node   *asl.Node
	kind   scopeKind
	owner  *state // nil for the machine
	states []*state
	byName map[string]*state // of two states with one name, the first
}

type scopeKind string

const (
	machineScope   scopeKind = "machine"
	branchScope    scopeKind = "branch"
	processorScope scopeKind = "processor"
)

// state is one state of the definition.
type state struct {
	name     string
	nameSpan asl.Span
	node     *asl.Node
	typ      asl.StateType // empty when missing or unknown
	language asl.QueryLanguage
	hidden   bool // the state's query language is a substitution: nobody knows it
	scope    *scope
	resource resource // of a Task: what it calls

	leaving  []edge // what edges gives, once it was asked
	followed bool
}

// field returns the value of one of the state's fields, or nil.
func (s *state) field(name string) *asl.Node { return s.node.Member(name) }

// jsonPath tells whether the state is known to be in JSONPath.
func (s *state) jsonPath() bool { return !s.hidden && s.language == asl.JSONPath }

func newPass(doc *asl.Document, opts Options) *pass {
	p := &pass{doc: doc, opts: opts, root: doc.Root, stateOf: map[*asl.Node]*state{}, broken: map[*asl.Node]bool{}, unknown: map[*asl.Node][]string{}, misnames: map[string][2]string{}}
	if p.root == nil || p.root.Kind != value.KindObject {
		return p
	}
	p.machine = languageNamed(p.root.Member("QueryLanguage"))
	p.addScope(p.root, machineScope, nil)
	p.validateAll()
	for _, s := range p.states {
		p.collectUses(s)
	}
	return p
}

// languageNamed is the language that a QueryLanguage field stands for. As AWS was measured, whatever is not exactly
// "JSONPath" counts as JSONata.
func languageNamed(n *asl.Node) asl.QueryLanguage {
	if n == nil || n.Value == value.String(asl.JSONPath) {
		return asl.JSONPath
	}
	return asl.JSONata
}

func (p *pass) addScope(node *asl.Node, kind scopeKind, owner *state) {
	sc := &scope{node: node, kind: kind, owner: owner, byName: map[string]*state{}}
	p.scopes = append(p.scopes, sc)
	list := node.Member("States")
	if list == nil || list.Kind != value.KindObject {
		return
	}
	for _, m := range list.Members {
		s := &state{name: m.Name, nameSpan: m.NameSpan, node: m.Value, scope: sc, language: p.machine}
		own := m.Value.Member("QueryLanguage")
		if own != nil {
			s.language = languageNamed(own)
		}
		s.hidden = isHole(own) || own == nil && isHole(p.root.Member("QueryLanguage"))
		if text, ok := textOf(m.Value.Member("Type")); ok && schemaOf(asl.StateType(text), asl.JSONPath) != nil {
			s.typ = asl.StateType(text)
		}
		s.resource = resourceOf(s)
		sc.states = append(sc.states, s)
		if sc.byName[s.name] == nil {
			sc.byName[s.name] = s
		}
		p.states = append(p.states, s)
		p.stateOf[m.Value] = s
		switch s.typ {
		case asl.TypeParallel:
			if branches := s.field("Branches"); branches != nil {
				for _, b := range branches.Items {
					p.addInner(b, branchScope, s)
				}
			}
		case asl.TypeMap:
			for _, name := range []string{"ItemProcessor", "Iterator"} {
				p.addInner(s.field(name), processorScope, s)
			}
		}
	}
}

func (p *pass) addInner(node *asl.Node, kind scopeKind, owner *state) {
	if node != nil && node.Kind == value.KindObject && !isHole(node) {
		p.addScope(node, kind, owner)
	}
}

// textOf returns the text of a string node.
func textOf(n *asl.Node) (string, bool) {
	if n == nil {
		return "", false
	}
	s, ok := n.Value.(value.String)
	return string(s), ok
}

// isHole tells whether a node is a CloudFormation substitution as a whole: `${Name}`, with or without quotes, or an intrinsic
// function such as {"Fn::GetAtt": …} or {"Ref": …}. Nobody knows which value comes there.
func isHole(n *asl.Node) bool {
	if n == nil {
		return false
	}
	switch v := n.Value.(type) {
	case value.String:
		return asl.IsHole(string(v))
	case value.Number:
		return asl.IsHole(string(v))
	}
	return n.Kind == value.KindObject && len(n.Members) == 1 && (n.Members[0].Name == "Ref" || strings.HasPrefix(n.Members[0].Name, "Fn::"))
}

// hasHole tells whether the text has a CloudFormation substitution somewhere.
func hasHole(text string) bool { return strings.Contains(text, "${") && len(asl.Holes(text)) > 0 }

// finding is what a rule has found. All but message may be left to their defaults.
type finding struct {
	node     *asl.Node // what is wrong; it gives Pointer, State and Field
	span     asl.Span  // the faulty text; the node's own by default
	location string    // where AWS reports it; the node's own by default
	field    string    // the field, where the node is the object that holds or lacks it
	message  string
	aws      string
	cure     string
	related  []Related
	ours     bool     // AWS is not known to report this, though the rule has a code of AWS
	severity Severity // where it is not the rule's
}

// report adds a finding to the diagnostics.
func (p *pass) report(r *Rule, f finding) {
	if len(p.out) >= MaxDiagnostics {
		p.stop = true
		return
	}
	d := Diagnostic{
		Code: r.Code, AWSCode: r.AWSCode, Severity: r.Severity, Message: f.message, AWSMessage: f.aws, Cure: f.cure,
		Field: f.field, Span: f.span, Location: f.location, Related: f.related,
	}
	if f.ours {
		d.AWSCode, d.AWSMessage = "", ""
	}
	if f.severity != "" {
		d.Severity = f.severity
	}
	if n := f.node; n != nil {
		d.Pointer = n.Pointer()
		switch d.Location {
		case "":
			d.Location = n.Location()
		case noLocation:
			d.Location = ""
		}
		if d.Span == (asl.Span{}) {
			d.Span = n.Span
		}
		if s := p.owner(n); s != nil {
			d.State = s.name
		}
		if d.Field == "" {
			d.Field = p.fieldOf(n)
		}
	}
	p.out = append(p.out, d)
}

// owner is the innermost state that the node is in, or nil.
func (p *pass) owner(n *asl.Node) *state {
	for ; n != nil; n = n.Parent {
		if s := p.stateOf[n]; s != nil {
			return s
		}
	}
	return nil
}

// fieldOf is the field of the innermost state (or of the machine) that the node is in.
func (p *pass) fieldOf(n *asl.Node) string {
	for ; n != nil && n.Parent != nil && p.stateOf[n] == nil; n = n.Parent {
		if p.stateOf[n.Parent] != nil || n.Parent.Parent == nil {
			for _, m := range n.Parent.Members {
				if m.Value == n {
					return m.Name
				}
			}
		}
	}
	return ""
}

// nameSpanIn is where the name of an object's member stands.
func nameSpanIn(object *asl.Node, name string) asl.Span {
	for _, m := range object.Members {
		if m.Name == name {
			return m.NameSpan
		}
	}
	return object.Span
}

// head is the place to point at when an object lacks something: its name, or its first character.
func (p *pass) head(n *asl.Node) asl.Span {
	if n.Parent != nil && n.Parent.Kind == value.KindObject {
		return n.NameSpan()
	}
	span := n.Span
	if n.Kind == value.KindObject || n.Kind == value.KindArray {
		span.End = span.Start
		span.End.Offset++
		span.End.Column++
	}
	return span
}
