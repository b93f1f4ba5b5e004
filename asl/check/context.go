package check

import (
	"fmt"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/jsonata"
	"github.com/docflow-asl/docflow/asl/jsonpath"
	"github.com/docflow-asl/docflow/asl/nearest"
)

var contextRules = []*Rule{
	{
		Code: "unknown-context-field", Severity: Warning, check: checkContextFields,
		Doc: "The context object ($$, in JSONata $states.context) has no such field there, as far as AWS's documentation goes. Task.Token is there only in a task that waits for it (.waitForTaskToken), Map.Item only in a Map's selector and within its iterations. AWS adds fields from time to time.",
	},
}

// contextFields is the context object as AWS documents it ("Accessing execution data from the Context object"). A nil map holds
// any data.
var contextFields = contextObject{
	"Execution":    {"Id": nil, "Input": nil, "Name": nil, "RoleArn": nil, "StartTime": nil, "RedriveCount": nil, "RedriveTime": nil},
	"State":        {"EnteredTime": nil, "Name": nil, "RetryCount": nil},
	"StateMachine": {"Id": nil, "Name": nil},
	"Task":         {"Token": nil},
	"Map":          {"Item": {"Index": nil, "Value": nil, "Key": nil, "Source": nil}},
}

type contextObject map[string]contextObject

func checkContextFields(p *pass, r *Rule) {
	for _, u := range p.uses {
		if u.path != nil {
			p.contextPath(r, u, u.path, 0)
		}
	}
	for _, u := range p.intrinsicUses() {
		if u.call == nil {
			continue
		}
		for arg := range u.call.Arguments() {
			if arg.Path != nil {
				p.contextPath(r, u.use, arg.Path, arg.Offset)
			}
		}
	}
	p.members(func(u *use, ref jsonata.Reference) {
		if ref.Path[0] == "context" {
			p.contextField(r, u, "$states.context", ref.Path[1:], func(int) asl.Span { return p.within(u.node, 2+ref.Start, 2+ref.End) })
		}
	})
}

// contextPath follows a path from $$ as far as the context object is known. The path stands at an offset of the text.
func (p *pass) contextPath(r *Rule, u *use, path *jsonpath.Path, offset int) {
	if path.Root != jsonpath.RootContext {
		return
	}
	var names []string
	for _, step := range path.Steps {
		if step.Kind != jsonpath.Name {
			break
		}
		names = append(names, step.Names[0])
	}
	p.contextField(r, u, "$$", names, func(i int) asl.Span {
		return p.within(u.node, offset+path.Steps[i].Offset, offset+path.Steps[i].End)
	})
}

// contextField reports the first of some names that the context object has not, or not there.
func (p *pass) contextField(r *Rule, u *use, at string, names []string, span func(int) asl.Span) {
	known := contextFields
	for i, name := range names {
		if known == nil {
			return
		}
		inner, ok := known[name]
		f := finding{node: u.node}
		switch {
		case !ok:
			f.message = fmt.Sprintf("the context object has no %q", at+"."+shorten(name))
			all := sortedNames(known)
			f.cure = fmt.Sprintf("%s has %s", at, strings.Join(all, ", "))
			if best := nearest.Name(name, all); best != "" {
				f.cure = fmt.Sprintf("did you mean %q?", at+"."+best)
			}
		case i == 0 && name == "Task" && !u.hasToken():
			f.message = fmt.Sprintf("there is no task token in %s: it does not wait for one", u.state.title())
			f.cure = "call the service with .waitForTaskToken, and pass the token there"
			if u.state.typ != asl.TypeTask {
				f.cure = "read it in the task that waits for it"
			}
		case i == 0 && name == "Map" && !p.hasItem(u):
			f.message, f.cure = fmt.Sprintf("there is no item of a Map in %s", p.place(u.node)), "read it in ItemSelector, or in a state of the Map's processor"
		default:
			at, known = at+"."+name, inner
			continue
		}
		f.span = span(i)
		p.report(r, f)
		return
	}
}

// hasToken tells whether the state has a task token, as far as anybody knows.
func (u *use) hasToken() bool {
	return u.state.typ == asl.TypeTask && (isTokenResource(u.state) || isHole(u.state.field("Resource")))
}

// hasItem tells whether the text is evaluated for an item of a Map.
func (p *pass) hasItem(u *use) bool {
	if u.state.typ == asl.TypeMap {
		for n := u.node; n != nil && n != u.state.node; n = n.Parent {
			switch memberName(n) {
			case "ItemSelector", "Parameters", "ItemBatcher":
				return true
			}
		}
	}
	for sc := u.state.scope; sc.owner != nil; sc = sc.owner.scope {
		if sc.kind == processorScope {
			return true
		}
	}
	return false
}
