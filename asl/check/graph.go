package check

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/nearest"
	"github.com/docflow-asl/docflow/asl/value"
)

// How states lead to states, and what they are called.
var graphRules = []*Rule{
	{
		Code: "missing-target", AWSCode: awsMissingTarget, Severity: Error, check: checkTargets,
		Doc: "StartAt, Next and Default name a state of the same States object: neither one within a Parallel or Map nor one around it.",
	},
	{
		Code: "unreachable-state", AWSCode: awsMissingTarget, Severity: Error, check: checkReachable,
		Doc: "No way from StartAt leads to the state. AWS rejects such a definition.",
	},
	{
		Code: "no-terminal-state", AWSCode: awsMissingEnd, Severity: Error, check: checkTerminal,
		Doc: "No state ends the machine: it needs a Succeed, a Fail or an End: true at the top level. Branches and processors may do without one.",
	},
	{
		Code: "duplicate-state-name", AWSCode: awsDuplicateState, Severity: Error, check: checkDuplicateNames,
		Doc: "A state's name is used once in the whole machine, those within Parallel and Map included.",
	},
	{
		Code: "state-name", AWSCode: awsStateName, Severity: Error, check: checkStateNames,
		Doc: "A state's name has 1 to 80 characters.",
	},
	{
		Code: "label", AWSCode: awsLabelName, Severity: Error, check: checkLabels,
		Doc: "A Map's Label has 1 to 40 characters and becomes a part of an ARN: no white space, no wildcards, brackets or other special characters.",
	},
	{
		Code: "duplicate-label", AWSCode: awsDuplicateLabel, Severity: Error, check: checkDuplicateLabels,
		Doc: "A Map's Label is used once in the whole machine.",
	},
}

// edge is one transition: the string that names where it goes.
type edge struct {
	node   *asl.Node
	field  string
	target string
}

// edges lists the transitions that leave a state. The list is not to be changed.
func (s *state) edges() []edge {
	if !s.followed {
		s.leaving, s.followed = s.transitions(), true
	}
	return s.leaving
}

func (s *state) transitions() []edge {
	var list []edge
	add := func(n *asl.Node, field string) {
		if text, ok := textOf(n); ok {
			list = append(list, edge{n, field, text})
		} else if isHole(n) {
			list = append(list, edge{n, field, anyState})
		}
	}
	// unknown tells that a substitution stands where transitions are: what it has may lead anywhere.
	unknown := func(n *asl.Node) bool {
		if isHole(n) {
			list = append(list, edge{n, "Next", anyState})
		}
		return isHole(n)
	}
	if unknown(s.node) {
		return list
	}
	add(s.field("Next"), "Next")
	if choices := s.field("Choices"); !unknown(choices) && choices != nil {
		for _, rule := range choices.Items {
			if !unknown(rule) {
				add(rule.Member("Next"), "Next")
			}
		}
	}
	add(s.field("Default"), "Default")
	if catch := s.field("Catch"); !unknown(catch) && catch != nil {
		for _, c := range catch.Items {
			if !unknown(c) {
				add(c.Member("Next"), "Next")
			}
		}
	}
	return list
}

// anyState is the target of a transition that CloudFormation decides, by a function such as Fn::If or by a whole `${Name}`.
const anyState = "${Unknown}"

// start is the transition into a scope, or nothing.
func (sc *scope) start() []edge {
	n := sc.node.Member("StartAt")
	if text, ok := textOf(n); ok {
		return []edge{{n, "StartAt", text}}
	}
	return nil
}

func checkTargets(p *pass, r *Rule) {
	where := map[string]*state{}
	for _, s := range p.states {
		where[s.name] = s
	}
	for _, sc := range p.scopes {
		if states := sc.node.Member("States"); states == nil || states.Kind != value.KindObject || isHole(states) {
			continue // that is what is wrong
		}
		for _, e := range sc.start() {
			p.target(r, sc, e, where)
		}
		for _, s := range sc.states {
			for _, e := range s.edges() {
				p.target(r, sc, e, where)
			}
		}
	}
}

func (p *pass) target(r *Rule, sc *scope, e edge, where map[string]*state) {
	if sc.byName[e.target] != nil || hasHole(e.target) {
		return
	}
	f := finding{node: e.node, message: fmt.Sprintf("%s names %q, but there is no such state %s", e.field, shorten(e.target), sc.here()), aws: "Missing 'Next' target: " + e.target}
	switch best := p.nearestState(strings.TrimSpace(e.target), sc); {
	case where[e.target] != nil:
		f.message = fmt.Sprintf("%s names %q, which is a state %s: a transition cannot leave or enter a branch", e.field, shorten(e.target), where[e.target].scope.here())
		f.cure = "name a state " + sc.here() + ": " + sc.listed()
		f.related = []Related{{Message: "the state of that name", Span: where[e.target].nameSpan}}
	case best != "":
		f.cure = fmt.Sprintf("did you mean %q?", best)
		f.related = []Related{{Message: "the state of that name", Span: sc.byName[best].nameSpan}}
	default:
		f.cure = "name a state " + sc.here() + ": " + sc.listed()
	}
	p.report(r, f)
}

// here says in which scope something is.
func (sc *scope) here() string {
	switch sc.kind {
	case branchScope:
		return fmt.Sprintf("in this branch of %q", shorten(sc.owner.name))
	case processorScope:
		return fmt.Sprintf("in the processor of %q", shorten(sc.owner.name))
	}
	return "at the top level"
}

// listed names the states of the scope, or some of them.
func (sc *scope) listed() string {
	const most = 8
	names := make([]string, 0, most)
	for _, s := range sc.states[:min(len(sc.states), most)] {
		names = append(names, shorten(s.name))
	}
	switch {
	case len(names) == 0:
		return "there is none yet"
	case len(sc.states) > most:
		return fmt.Sprintf("%s … (%d in all)", quoteAll(names), len(sc.states))
	}
	return quoteAll(names)
}

// maxCompared is how many state names are compared in one definition to suggest one: enough for 1000 faults among 100 states.
const maxCompared = 100_000

// nearestState is the state of the scope that a name was most likely meant to be, or "".
func (p *pass) nearestState(name string, sc *scope) string {
	if p.compared += len(sc.states); p.compared > maxCompared {
		return ""
	}
	names := make([]string, len(sc.states))
	for i, s := range sc.states {
		names[i] = s.name
	}
	return nearest.Name(name, names)
}

func checkReachable(p *pass, r *Rule) {
	for _, sc := range p.scopes {
		if len(sc.states) == 0 || len(sc.start()) == 0 {
			continue // without a StartAt, that is what is wrong
		}
		reached := map[*state]bool{}
		unknown := false
		queue := sc.start()
		for i := 0; i < len(queue); i++ {
			e := queue[i]
			unknown = unknown || hasHole(e.target)
			if next := sc.byName[e.target]; next != nil && !reached[next] {
				reached[next] = true
				queue = append(queue, next.edges()...)
			}
		}
		if unknown {
			continue // a substitution may lead to any state
		}
		for _, s := range sc.states {
			if !reached[s] && sc.byName[s.name] == s {
				p.report(r, finding{
					node: s.node, span: s.nameSpan, message: fmt.Sprintf("no way from StartAt leads to %s", s.title()),
					aws: fmt.Sprintf("State %q is not reachable.", s.name), cure: "name it in a Next, Default or Catch, or drop it",
				})
			}
		}
	}
}

// ends tells whether the execution of a scope can end in the state.
func (s *state) ends() bool {
	end := s.field("End")
	return s.typ == asl.TypeSucceed || s.typ == asl.TypeFail || end != nil && (end.Value == value.Bool(true) || isHole(end))
}

func checkTerminal(p *pass, r *Rule) {
	if len(p.scopes) == 0 || len(p.scopes[0].states) == 0 {
		return
	}
	top := p.scopes[0]
	for _, s := range top.states {
		// A state without any transition is what is wrong, and reported as that.
		if s.ends() || isHole(s.node) || s.typ == "" || len(s.edges()) == 0 {
			return
		}
		for _, e := range s.edges() {
			if top.byName[e.target] == nil {
				return // the state that it should lead to may be the last one: missing-target reports it
			}
		}
	}
	states := p.root.Member("States")
	p.report(r, finding{
		node: states, span: states.NameSpan(), location: noLocation, message: "no state ends the machine: it runs until its time-out",
		aws: "Workflow has no terminal state", cure: `give the last state "End": true, or add a Succeed or Fail state`,
	})
}

// noLocation marks findings for which AWS gives no location.
const noLocation = "-"

func checkDuplicateNames(p *pass, r *Rule) {
	first := map[string]*state{}
	for _, s := range p.states {
		earlier := first[s.name]
		if earlier == nil {
			first[s.name] = s
			continue
		}
		if earlier.scope == s.scope {
			continue // two members of one object: duplicate-key reports them
		}
		p.report(r, finding{
			node: s.node, span: s.nameSpan, message: fmt.Sprintf("a second state has the name %q", shorten(s.name)), aws: "Duplicate State name: " + s.name,
			cure: "rename one of them: names are unique in the whole machine", related: []Related{{Message: "the first state of that name", Span: earlier.nameSpan}},
		})
	}
}

// maxStateName is AWS's limit for the length of a state's name, in characters.
const maxStateName = 80

func checkStateNames(p *pass, r *Rule) {
	for _, s := range p.states {
		switch n := utf8.RuneCountInString(s.name); {
		case n > maxStateName && !hasHole(s.name):
			p.report(r, finding{node: s.node, span: s.nameSpan, message: fmt.Sprintf("the state's name has %d characters; the most are %d", n, maxStateName), cure: "shorten it"})
		case n == 0:
			p.report(r, finding{node: s.node, span: s.nameSpan, message: "the state's name is empty", cure: "give it a name"})
		}
	}
}

// maxLabel is AWS's limit for the length of a Map's Label, in characters.
const maxLabel = 40

// labelExcluded are the characters that AWS's page on the Map state excludes from labels, besides control characters.
const labelExcluded = " \t\r\n?*<>{}[]:;,\\|^~$#%&`\""

// labels lists the Label fields of all Maps.
func (p *pass) labels() []*asl.Node {
	var nodes []*asl.Node
	for _, s := range p.states {
		if n := s.field("Label"); s.typ == asl.TypeMap && n != nil && n.Kind == value.KindString {
			if text, _ := textOf(n); !hasHole(text) {
				nodes = append(nodes, n)
			}
		}
	}
	return nodes
}

func checkLabels(p *pass, r *Rule) {
	for _, n := range p.labels() {
		text, _ := textOf(n)
		excluded := strings.IndexFunc(text, func(c rune) bool {
			return strings.ContainsRune(labelExcluded, c) || c <= 0x1F || 0x7F <= c && c <= 0x9F
		})
		f := finding{node: n, location: noLocation}
		switch count := utf8.RuneCountInString(text); {
		case count == 0:
			f.message, f.cure = "the Label is empty", "give it 1 to 40 characters, or drop it: AWS makes one"
		case count > maxLabel:
			f.message, f.cure = fmt.Sprintf("the Label has %d characters; the most are %d", count, maxLabel), "shorten it"
		case excluded >= 0:
			c, _ := utf8.DecodeRuneInString(text[excluded:])
			f.message, f.cure = fmt.Sprintf("the Label has the character %q, which labels cannot have", c), "use letters, digits, - and _"
		default:
			continue
		}
		p.report(r, f)
	}
}

func checkDuplicateLabels(p *pass, r *Rule) {
	first := map[string]*asl.Node{}
	for _, n := range p.labels() {
		text, _ := textOf(n)
		if earlier := first[text]; earlier != nil {
			p.report(r, finding{
				node: n, location: noLocation, message: fmt.Sprintf("a second Map has the Label %q", text), cure: "change one of them",
				related: []Related{{Message: "the first Map with it", Span: earlier.Span}},
			})
			continue
		}
		first[text] = n
	}
}
