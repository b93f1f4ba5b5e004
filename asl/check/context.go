package check

import (
	"fmt"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/jsonpath"
	"github.com/docflow-asl/docflow/asl/nearest"
)

var contextRules = []*Rule{
	{
		Code: "unknown-context-field", Severity: Warning, check: checkContextFields,
		Doc: "The context object ($$) has no such field, as far as AWS's documentation goes. AWS adds fields from time to time.",
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
			p.contextPath(r, u.node, u.path, 0)
		}
	}
	for _, u := range p.intrinsicUses() {
		if u.call == nil {
			continue
		}
		for arg := range u.call.Arguments() {
			if arg.Path != nil {
				p.contextPath(r, u.node, arg.Path, arg.Offset)
			}
		}
	}
}

// contextPath follows a path from $$ as far as the context object is known. The path stands at an offset of the node's text.
func (p *pass) contextPath(r *Rule, n *asl.Node, path *jsonpath.Path, offset int) {
	if path.Root != jsonpath.RootContext {
		return
	}
	at, known := "$$", contextFields
	for _, step := range path.Steps {
		if step.Kind != jsonpath.Name || known == nil {
			return
		}
		name := step.Names[0]
		inner, ok := known[name]
		if !ok {
			names := sortedNames(known)
			cure := fmt.Sprintf("%s has %s", at, strings.Join(names, ", "))
			if best := nearest.Name(name, names); best != "" {
				cure = fmt.Sprintf("did you mean %q?", at+"."+best)
			}
			p.report(r, finding{node: n, span: p.within(n, offset+step.Offset, offset+step.End), message: fmt.Sprintf("the context object has no %q", at+"."+shorten(name)), cure: cure})
			return
		}
		at, known = at+"."+name, inner
	}
}
