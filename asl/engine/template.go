package engine

import (
	"strings"

	"github.com/docflow-asl/docflow/asl/intrinsic"
	"github.com/docflow-asl/docflow/asl/jsonpath/javalang"
	"github.com/docflow-asl/docflow/asl/value"
)

// template is an object or array of a payload template that holds computed members (names that end with `.$`).
type template struct {
	literals []templateMember // in the order of the definition
	computed []templateMember // in the order in which AWS's HashMap yields them
	items    []expr           // of an array
	isArray  bool
}

type templateMember struct {
	name string
	expr expr
}

func (t *template) eval(e *env) (value.Value, error) {
	if t.isArray {
		items := make([]value.Value, len(t.items))
		for i, item := range t.items {
			v, err := item.eval(e)
			if err != nil {
				return nil, err
			}
			items[i] = v
		}
		return value.NewArray(items...), nil
	}
	members, err := t.object(e)
	if err != nil {
		return nil, err
	}
	return value.NewObject(members...), nil
}

func (t *template) object(e *env) ([]value.Member, error) {
	members := make([]value.Member, 0, len(t.literals)+len(t.computed))
	for _, list := range [2][]templateMember{t.literals, t.computed} {
		for i := range list {
			v, err := list[i].expr.eval(e)
			if err != nil {
				return nil, err
			}
			// Recorded: what a template makes is compact, also what it takes over as a whole.
			members = append(members, value.Member{Name: list[i].name, Value: value.Rebuilt(v)})
		}
	}
	return members, nil
}

// members evaluates Assign; the receiver is nil for a state that has none.
func (t *template) members(e *env, data value.Value) ([]value.Member, error) {
	if t == nil {
		return nil, nil
	}
	e.data = data
	return t.object(e)
}

// template compiles a payload template: an object, array or scalar. It returns nil for an absent one.
func (c *compiler) template(field string, v value.Value) expr {
	switch v := v.(type) {
	case nil:
		return nil
	case *value.Object:
		return c.objectTemplate(field, v)
	case *value.Array:
		t := &template{isArray: true, items: make([]expr, v.Len())}
		fixed := true
		for i, item := range v.Items() {
			t.items[i] = c.template(field, item)
			fixed = fixed && isConstant(t.items[i])
		}
		if fixed {
			return constant{value.Detach(v)}
		}
		return t
	}
	return constant{v}
}

func (c *compiler) objectTemplate(field string, v *value.Object) expr {
	t := c.members(field, v)
	for _, m := range t.literals {
		if !isConstant(m.expr) {
			return t
		}
	}
	if len(t.computed) > 0 {
		return t
	}
	return constant{value.Detach(v)}
}

// members compiles the members of an object in a template.
func (c *compiler) members(field string, v *value.Object) *template {
	t := &template{}
	for _, m := range v.Members() {
		at := field + "." + m.Name
		name, computed := strings.CutSuffix(m.Name, ".$")
		if !computed {
			t.literals = append(t.literals, templateMember{m.Name, c.template(at, m.Value)})
			continue
		}
		text, ok := m.Value.(value.String)
		if !ok {
			c.problem(at, "is %s; a name that ends with .$ takes a path or an intrinsic function, as a string", value.Text(m.Value))
			continue
		}
		t.computed = append(t.computed, templateMember{name, c.computed(at, m.Name, string(text))})
	}
	t.computed = hashOrder(t.computed)
	return t
}

// hashOrder puts evaluated members into the order in which they are seen in AWS's outputs: it collects them in a HashMap.
func hashOrder(members []templateMember) []templateMember {
	names := make([]string, len(members))
	byName := make(map[string]templateMember, len(members))
	for i, m := range members {
		names[i], byName[m.name] = m.name, m
	}
	ordered := make([]templateMember, 0, len(members))
	for _, name := range javalang.HashOrder(names) {
		ordered = append(ordered, byName[name])
	}
	return ordered
}

// assign compiles Assign, or Assign of a rule or catcher; nil for none.
func (c *compiler) assign(field string, v *value.Object) *template {
	if v == nil || v.Len() == 0 {
		return nil
	}
	return c.members(field, v)
}

// computed compiles the value of a `.$` member. name is the member's, as failures give it.
func (c *compiler) computed(at, name, text string) expr {
	if intrinsic.IsIntrinsic(text) {
		return c.intrinsic(at, text)
	}
	p := c.path(at, text)
	if p == nil {
		return constant{value.Null{}}
	}
	return &fieldPath{p, name}
}

// fieldPath compiles a path that stands in a field of its own, such as ErrorPath.
func (c *compiler) fieldPath(field, text string) expr { return c.computed(field, field, text) }

func isConstant(x expr) bool {
	_, ok := x.(constant)
	return ok
}
