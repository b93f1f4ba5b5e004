package iam

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/internal/awsapi"
)

// Comparison is what a template's role lacks for a definition, and what it has too much of.
type Comparison struct {
	StateMachine string // the logical id
	Lacks        []Gap
	TooMuch      []Excess
	Notes        []string // what could not be judged
}

// Gap is a permission that the definition needs and the role does not grant.
type Gap struct {
	Action    string
	Resource  string
	Condition Condition
	States    []string
	Note      string
}

// Excess is a permission that the role grants and the definition does not need.
type Excess struct {
	Action    string
	Resource  string
	Statement string // the Sid or the SAM policy template
	Note      string
}

// Compare holds the role of a template's state machine against its definition. The definition gets the template's substitutions.
func (t *Template) Compare(m *asl.Machine, id string) *Comparison {
	m.Substitute(t.Substitutions(id))
	d := newDeriver(t.Options(id))
	d.machine(m)
	grants, opaque := t.grants(id)
	c := &Comparison{StateMachine: id, Notes: d.notes}
	for _, name := range opaque {
		c.Notes = append(c.Notes, fmt.Sprintf("the content of %s is not in the template: what it grants is not judged", name))
	}
	var gaps []Gap
	for _, n := range d.needs {
		for _, action := range n.actions {
			if granted(grants, action, n) {
				continue
			}
			i := slices.IndexFunc(gaps, func(g Gap) bool {
				return g.Action == action && g.Resource == n.resource && fmt.Sprint(g.Condition) == fmt.Sprint(n.condition)
			})
			if i < 0 {
				i = len(gaps)
				gaps = append(gaps, Gap{Action: action, Resource: n.resource, Condition: n.condition, Note: n.note})
			}
			gaps[i].States = appendNew(gaps[i].States, n.state)
		}
	}
	if len(opaque) > 0 {
		// A managed policy may grant it all.
		for _, g := range gaps {
			c.Notes = append(c.Notes, fmt.Sprintf("%s on %s is needed; only a policy that is not in the template can grant it", g.Action, g.Resource))
		}
		gaps = nil
	}
	c.Lacks = gaps
	for _, g := range grants {
		if !g.deny {
			c.excess(g, d.needs)
		}
	}
	return c
}

// conclusive are condition keys of which the needs tell what values they have; others are taken as met.
var conclusive = map[string]bool{"bedrock:InferenceProfileArn": true, "iam:PassedToService": true, "states:HTTPMethod": true, "states:HTTPEndpoint": true}

func granted(grants []grant, action string, n need) bool {
	allowed := false
	for _, g := range grants {
		if !slices.ContainsFunc(g.actions, func(pattern string) bool { return glob(strings.ToLower(pattern), strings.ToLower(action)) }) {
			continue
		}
		on := slices.ContainsFunc(g.resources, func(r string) bool { return covers(r, n) })
		switch {
		case !on || !met(g.condition, n.condition):
		case g.deny && len(g.condition) == 0 && !n.runtime:
			return false
		case !g.deny:
			allowed = true
		}
	}
	return allowed
}

// met tells whether a grant's condition holds for a need.
func met(granted map[string]map[string][]string, needed Condition) bool {
	for operator, keys := range granted {
		for key, values := range keys {
			if !conclusive[key] || strings.Contains(operator, "Not") {
				continue
			}
			var wanted []string
			for _, byKey := range needed {
				wanted = append(wanted, byKey[key]...)
			}
			if len(wanted) == 0 {
				return false
			}
			for _, w := range wanted {
				if !slices.ContainsFunc(values, func(v string) bool { return sameARN(v, w) }) {
					return false
				}
			}
		}
	}
	return true
}

// covers tells whether a resource of a grant covers that of a need. What only the deployment or the execution knows is taken as covered.
func covers(pattern string, n need) bool {
	if pattern == "*" || n.runtime || strings.Contains(pattern, unknown) {
		return true
	}
	if n.resource == "*" {
		return !withoutAny(n.actions)
	}
	return sameARN(pattern, n.resource)
}

// withoutAny tells whether actions know no resources, so that only "*" grants them.
func withoutAny(actions []string) bool {
	prefix, name, _ := strings.Cut(actions[0], ":")
	if withoutResources[actions[0]] || name == "" {
		return true
	}
	for _, known := range awsapi.Services() {
		if s := awsapi.Find(known); s.IAMPrefix == prefix && s.WithoutResources(awsapi.ActionName(name)) {
			return true
		}
	}
	return prefix == "logs" && strings.HasSuffix(name, "LogDelivery") // no APIs of their own
}

// sameARN tells whether a pattern covers an ARN. Regions and accounts that one side leaves to the deployment are the same as any.
func sameARN(pattern, arn string) bool {
	if glob(pattern, arn) {
		return true
	}
	p, a := strings.SplitN(protect(pattern), ":", 6), strings.SplitN(protect(arn), ":", 6)
	if len(p) < 6 || len(a) < 6 {
		return false
	}
	for i := range p {
		if (i == 1 || i == 3 || i == 4) && (open(p[i]) || open(a[i])) {
			continue
		}
		if !glob(p[i], a[i]) {
			return false
		}
	}
	return true
}

// protect hides the colons of pseudo parameters while an ARN is taken apart.
func protect(arn string) string { return strings.ReplaceAll(arn, "AWS::", "AWS..") }

func unprotect(part string) string { return strings.ReplaceAll(part, "AWS..", "AWS::") }

// open tells whether a region or account is left to the deployment.
func open(field string) bool { return strings.HasPrefix(field, "${AWS..") }

// glob matches a text with a pattern of * and ?. A * in the text is matched only by a *.
func glob(pattern, text string) bool {
	p, s, star, mark := 0, 0, -1, 0
	for s < len(text) {
		switch {
		case p < len(pattern) && pattern[p] == '*':
			star, mark = p, s
			p++
		case p < len(pattern) && (pattern[p] == text[s] || pattern[p] == '?' && text[s] != '*'):
			p++
			s++
		case star >= 0:
			mark++
			p, s = star+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == '*' {
		p++
	}
	return p == len(pattern)
}

// meet tells whether some text is matched by both patterns.
func meet(a, b string) bool {
	const most = 2048 // no ARN is longer
	if len(a) > most || len(b) > most {
		return true
	}
	row := make([]bool, len(b)+1)
	row[0] = true
	for j := 0; j < len(b) && b[j] == '*'; j++ {
		row[j+1] = true
	}
	for i := range len(a) {
		next := make([]bool, len(b)+1)
		next[0] = row[0] && a[i] == '*'
		for j := range len(b) {
			switch {
			case a[i] == '*' || b[j] == '*':
				next[j+1] = row[j+1] || next[j] || row[j]
				if a[i] != '*' { // b's star takes a's character, or nothing
					next[j+1] = row[j+1] || next[j]
				} else if b[j] != '*' {
					next[j+1] = row[j+1] || next[j]
				}
			default:
				next[j+1] = row[j] && (a[i] == b[j] || a[i] == '?' || b[j] == '?')
			}
		}
		row = next
	}
	return row[len(b)]
}

func meetARN(a, b string) bool {
	if meet(a, b) {
		return true
	}
	p, q := strings.SplitN(protect(a), ":", 6), strings.SplitN(protect(b), ":", 6)
	if len(p) < 6 || len(q) < 6 {
		return false
	}
	for i := range p {
		if (i == 1 || i == 3 || i == 4) && (open(p[i]) || open(q[i])) {
			continue
		}
		if !meet(p[i], q[i]) {
			return false
		}
	}
	return true
}

// excess adds what a grant has too much of.
func (c *Comparison) excess(g grant, needs []need) {
	for _, pattern := range g.actions {
		var used []need
		var names []string
		for _, n := range needs {
			for _, action := range n.actions {
				if glob(strings.ToLower(pattern), strings.ToLower(action)) {
					used = append(used, n)
					names = appendNew(names, action)
				}
			}
		}
		e := Excess{Action: pattern, Resource: strings.Join(g.resources, ", "), Statement: g.from}
		switch {
		case len(used) == 0:
			e.Note = "no state needs it"
			c.TooMuch = append(c.TooMuch, e)
			continue
		case strings.ContainsAny(pattern, "*?") && samTemplates()[g.from] == nil: // what a template of SAM has is not the author's choice
			slices.Sort(names)
			e.Note = "needed are " + strings.Join(names, ", ")
			c.TooMuch = append(c.TooMuch, e)
		}
		for _, r := range g.resources {
			e := Excess{Action: pattern, Resource: r, Statement: g.from}
			if strings.Contains(r, unknown) || slices.Contains(g.resources, r+"/*") || slices.Contains(g.resources, strings.TrimSuffix(r, "/*")) && strings.HasSuffix(r, "/*") {
				// A bucket and its objects stand together, though each action knows but one of them.
				continue
			}
			open := slices.ContainsFunc(used, func(n need) bool { return n.runtime || n.resource == "*" })
			switch {
			case r == "*" && !open && pattern == "states:InvokeHTTPEndpoint": // the Service Authorization Reference says that it knows no resources, though the machine's ARN works
				continue
			case r == "*" && !open:
				e.Note = "needed is " + used[0].resource
				if len(used) > 1 {
					e.Note += ", …"
				}
			case !open && !slices.ContainsFunc(used, func(n need) bool { return meetARN(r, n.resource) }):
				e.Note = "no state needs it there"
			default:
				continue
			}
			c.TooMuch = append(c.TooMuch, e)
		}
	}
}
