package iam

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Condition is what a statement holds under: operator → key → values.
type Condition map[string]map[string][]string

// Statement allows actions on resources.
type Statement struct {
	Sid       string
	Actions   []string
	Resources []string
	Condition Condition
	States    []string // the states that need it, in the order of the definition
	Notes     []string // what else there is to say, such as why a resource is "*"
}

// Policy is what the role of a state machine needs.
type Policy struct {
	Statements []Statement
	Notes      []string // what the policy cannot say
}

// need is one permission with its reason.
type need struct {
	actions   []string
	resource  string // a pattern with *, and with ${…} where a substitution has no value
	runtime   bool   // which resource it is turns out when the state runs
	condition Condition
	state     string
	note      string
}

// collect makes statements of needs: one for each condition and set of actions, with all their resources.
func collect(needs []need) []Statement {
	type group struct {
		key string
		Statement
	}
	var groups []*group
	find := func(key string) *group {
		for _, g := range groups {
			if g.key == key {
				return g
			}
		}
		g := &group{key: key}
		groups = append(groups, g)
		return g
	}
	// First what is needed of each resource, so that a bucket that is read and written has one statement.
	type target struct {
		need
		states, notes []string
	}
	var targets []*target
	byKey := map[string]*target{}
	for _, n := range needs {
		key := fmt.Sprint(n.resource, n.runtime, n.condition, service(n.actions))
		t := byKey[key]
		if t == nil {
			t = &target{need: n}
			t.actions = nil
			byKey[key] = t
			targets = append(targets, t)
		}
		t.actions = append(t.actions, n.actions...)
		t.states = appendNew(t.states, n.state)
		t.notes = appendNew(t.notes, n.note)
	}
	for _, t := range targets {
		slices.Sort(t.actions)
		t.actions = slices.Compact(t.actions)
		g := find(fmt.Sprint(t.actions, t.runtime, t.condition))
		g.Actions, g.Condition = t.actions, t.condition
		g.Resources = appendNew(g.Resources, t.resource)
		for _, s := range t.states {
			g.States = appendNew(g.States, s)
		}
		for _, n := range t.notes {
			g.Notes = appendNew(g.Notes, n)
		}
	}
	var joined []*group
	for _, g := range groups {
		slices.Sort(g.Resources)
		i := slices.IndexFunc(joined, func(o *group) bool {
			return slices.Equal(o.Actions, g.Actions) && slices.Equal(o.Resources, g.Resources) && sameKeys(o.Condition, g.Condition)
		})
		if i < 0 {
			joined = append(joined, g)
			continue
		}
		// The same on the same resources, for another value of the condition: one statement for both.
		o := joined[i]
		o.Condition = join(o.Condition, g.Condition)
		for _, s := range g.States {
			o.States = appendNew(o.States, s)
		}
		for _, n := range g.Notes {
			o.Notes = appendNew(o.Notes, n)
		}
	}
	groups = joined
	statements := make([]Statement, len(groups))
	used := map[string]int{}
	for i, g := range groups {
		slices.Sort(g.Resources)
		if slices.Contains(g.Resources, "*") {
			g.Resources = []string{"*"}
		}
		g.Sid = sid(g.Actions)
		if used[g.Sid]++; used[g.Sid] > 1 {
			g.Sid = fmt.Sprint(g.Sid, used[g.Sid])
		}
		statements[i] = g.Statement
	}
	slices.SortStableFunc(statements, func(a, b Statement) int { return cmp.Compare(service(a.Actions), service(b.Actions)) })
	return statements
}

// sameKeys tells whether two conditions are of one and the same key.
func sameKeys(a, b Condition) bool {
	if len(a) != 1 || len(b) != 1 {
		return false
	}
	for operator, keys := range a {
		if len(keys) != 1 || len(b[operator]) != 1 {
			return false
		}
		for key := range keys {
			return len(b[operator][key]) > 0
		}
	}
	return false
}

// join joins the values of two conditions of the same keys.
func join(a, b Condition) Condition {
	joined := Condition{}
	for operator, keys := range a {
		joined[operator] = map[string][]string{}
		for key, values := range keys {
			list := slices.Clone(values)
			for _, v := range b[operator][key] {
				list = appendNew(list, v)
			}
			slices.Sort(list)
			joined[operator][key] = list
		}
	}
	return joined
}

func appendNew(list []string, s string) []string {
	if s == "" || slices.Contains(list, s) {
		return list
	}
	return append(list, s)
}

func service(actions []string) string { prefix, _, _ := strings.Cut(actions[0], ":"); return prefix }

// sid names a statement after its first actions: letters and digits alone.
func sid(actions []string) string {
	prefix, name, _ := strings.Cut(actions[0], ":")
	var b strings.Builder
	for _, part := range strings.Split(prefix, "-") {
		b.WriteString(strings.ToUpper(part[:1]) + part[1:])
	}
	b.WriteString(name)
	if len(actions) > 1 {
		b.WriteString("AndMore")
	}
	return b.String()
}

// document is the policy as IAM takes it, in IAM's order of fields.
type document struct {
	Version   string              `json:"Version" yaml:"Version"`
	Statement []documentStatement `json:"Statement" yaml:"Statement"`
}

type documentStatement struct {
	Sid       string                    `json:"Sid" yaml:"Sid"`
	Effect    string                    `json:"Effect" yaml:"Effect"`
	Action    any                       `json:"Action" yaml:"Action"`
	Resource  any                       `json:"Resource" yaml:"Resource"`
	Condition map[string]map[string]any `json:"Condition,omitempty" yaml:"Condition,omitempty"`
}

// one is a list as IAM's documents have it: a list of one is its item.
func one(list []string) any {
	if len(list) == 1 {
		return list[0]
	}
	return list
}

func (p *Policy) document() document {
	d := document{Version: "2012-10-17", Statement: []documentStatement{}}
	for _, s := range p.Statements {
		var condition map[string]map[string]any
		for operator, keys := range s.Condition {
			if condition == nil {
				condition = map[string]map[string]any{}
			}
			condition[operator] = map[string]any{}
			for key, values := range keys {
				condition[operator][key] = one(values)
			}
		}
		d.Statement = append(d.Statement, documentStatement{s.Sid, "Allow", one(s.Actions), one(s.Resources), condition})
	}
	return d
}

// JSON is the policy document.
func (p *Policy) JSON() ([]byte, error) {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	err := e.Encode(p.document())
	return []byte(b.String()), err
}

// YAML is the policy document.
func (p *Policy) YAML() ([]byte, error) { return yaml.Marshal(p.document()) }

// Text is the policy document as YAML, with comments that say which states need what and why.
func (p *Policy) Text() string {
	var b strings.Builder
	for _, n := range p.Notes {
		fmt.Fprintf(&b, "# %s\n", n)
	}
	b.WriteString("Version: \"2012-10-17\"\nStatement:\n")
	if len(p.Statements) == 0 {
		return strings.TrimSuffix(b.String(), "\n") + " []\n"
	}
	for _, s := range p.Statements {
		if len(s.States) > 0 {
			fmt.Fprintf(&b, "  # %s\n", strings.Join(s.States, ", "))
		}
		for _, n := range s.Notes {
			fmt.Fprintf(&b, "  # %s\n", n)
		}
		fmt.Fprintf(&b, "  - Sid: %s\n    Effect: Allow\n", s.Sid)
		list(&b, "    ", "Action", s.Actions)
		list(&b, "    ", "Resource", s.Resources)
		if len(s.Condition) > 0 {
			b.WriteString("    Condition:\n")
			for _, operator := range slices.Sorted(maps.Keys(s.Condition)) {
				fmt.Fprintf(&b, "      %s:\n", operator)
				for _, key := range slices.Sorted(maps.Keys(s.Condition[operator])) {
					list(&b, "        ", key, s.Condition[operator][key])
				}
			}
		}
	}
	return b.String()
}

func list(b *strings.Builder, indent, name string, items []string) {
	if len(items) == 1 {
		fmt.Fprintf(b, "%s%s: %s\n", indent, name, scalar(items[0]))
		return
	}
	fmt.Fprintf(b, "%s%s:\n", indent, name)
	for _, item := range items {
		fmt.Fprintf(b, "%s  - %s\n", indent, scalar(item))
	}
}

// scalar writes a string as YAML: plain where that is surely the same.
func scalar(s string) string {
	plain := s != "" && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789:/-_.") == "" && !strings.HasSuffix(s, ":") && !strings.HasPrefix(s, "-")
	if plain && strings.ContainsAny(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ") && strings.Contains(s, ":") {
		return s
	}
	text, err := json.Marshal(s)
	if err != nil {
		return `""`
	}
	return string(text)
}
