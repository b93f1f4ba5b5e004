package lambda_test

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/tasks/bedrock"
)

// references are what the parts of a template refer to.
type references struct {
	c    *checked
	used map[string]bool
	from map[string][]string // resources that a resource refers to
}

func (r *references) ref(where, name string) {
	r.used[name] = true
	_, parameter := r.c.t.Parameters[name]
	_, isResource := r.c.t.Resources[name]
	_, pseudo := pseudoParameters[name]
	if !parameter && !isResource && !pseudo && name != "AWS::NoValue" {
		r.c.add("%s: there is no parameter or resource %s", where, name)
	}
	r.from[where] = append(r.from[where], name)
}

func (r *references) getAtt(where, of, attribute string) {
	r.used[of] = true
	r.from[where] = append(r.from[where], of)
	resource, ok := r.c.t.Resources[of]
	if !ok {
		r.c.add("%s: there is no resource %s", where, of)
		return
	}
	schemas, err := resourceSchemas()
	if err != nil {
		r.c.add("the schemas: %v", err)
	} else if s := schemas[resource.Type]; s != nil && !slices.Contains(s.attributes, attribute) {
		r.c.add("%s: %s (%s) has no attribute %s", where, of, resource.Type, attribute)
	}
}

func (r *references) condition(where, name string) {
	r.used["condition "+name] = true
	if r.c.t.Conditions[name] == nil {
		r.c.add("%s: there is no condition %q", where, name)
	}
}

func (r *references) visit(where string, value any) {
	walk(value, func(o map[string]any) {
		if name, ok := o["Ref"].(string); ok {
			r.ref(where, name)
		}
		if pair := list(o["Fn::GetAtt"]); len(pair) == 2 {
			r.getAtt(where, text(pair[0]), text(pair[1]))
		}
		if branches := list(o["Fn::If"]); o["Fn::If"] != nil {
			condition := ""
			if len(branches) == 3 {
				condition, _ = branches[0].(string)
			}
			r.condition(where, condition)
		}
		if name, ok := o["Condition"].(string); ok && len(o) == 1 {
			r.condition(where, name)
		}
		if sub, ok := o["Fn::Sub"].(string); ok {
			for _, name := range holes(sub) {
				if of, attribute, dotted := strings.Cut(name, "."); dotted {
					r.getAtt(where, of, attribute)
				} else {
					r.ref(where, name)
				}
			}
		}
	})
}

// checkReferences wants everything that is referred to to be there, in every stack, and
// everything that is there to be referred to.
func checkReferences(c *checked) {
	t := c.t
	r := &references{c: c, used: map[string]bool{}, from: map[string][]string{}}
	for _, name := range sortedKeys(t.Conditions) {
		r.visit("condition "+name, t.Conditions[name])
	}
	for _, name := range sortedKeys(t.Rules) {
		r.visit("rule "+name, t.Rules[name])
	}
	r.visit("Globals", any(t.Globals["Function"]))
	for _, name := range sortedKeys(t.Resources) {
		r.visit(name, any(t.properties(name)))
		for _, other := range list(t.Resources[name].DependsOn) {
			r.ref(name, text(other))
		}
		if condition := t.Resources[name].Condition; condition != "" {
			r.condition(name, condition)
		}
		for _, s := range variants(t, c.stacks, name) {
			if s.has(name) {
				if _, err := s.properties(name); err != nil {
					c.add("%s: %v", name, err)
				}
			}
		}
	}
	for _, name := range sortedKeys(t.Outputs) {
		o := t.Outputs[name]
		r.visit("output "+name, o["Value"])
		condition, _ := o["Condition"].(string)
		if condition != "" {
			r.condition("output "+name, condition)
		}
		if text(o["Description"]) == "null" {
			c.add("output %s has no description", name)
		}
		for _, s := range c.stacks {
			if condition == "" || s.conditions[condition] {
				if _, err := s.value(o["Value"]); err != nil {
					c.add("output %s: %v", name, err)
				}
			}
		}
	}
	for _, name := range sortedKeys(t.Conditions) {
		if !r.used["condition "+name] {
			c.add("the condition %s is used nowhere", name)
		}
	}
	for _, name := range sortedKeys(t.Parameters) {
		if !r.used[name] {
			c.add("the parameter %s is used nowhere", name)
		}
	}
	r.circles()
}

// circles finds resources that wait for each other: CloudFormation makes none of them.
func (r *references) circles() {
	state := map[string]int{} // 1: on the way, 2: done
	var follow func(name string, way []string)
	follow = func(name string, way []string) {
		way = append(way, name)
		switch state[name] {
		case 1:
			r.c.add("the resources %s refer to each other in a circle", strings.Join(way[slices.Index(way, name):], " → "))
		case 0:
			state[name] = 1
			for _, other := range r.from[name] {
				if _, ok := r.c.t.Resources[other]; ok {
					follow(other, way)
				}
			}
			state[name] = 2
		}
	}
	for _, name := range sortedKeys(r.c.t.Resources) {
		follow(name, nil)
	}
}

func checkParameters(c *checked) {
	grouped := map[string]int{}
	for _, group := range list(at(c.t.Metadata["AWS::CloudFormation::Interface"], "ParameterGroups")) {
		if at(group, "Label", "default") == nil {
			c.add("a group of parameters has no label")
		}
		for _, name := range list(at(group, "Parameters")) {
			grouped[text(name)]++
			if c.t.Parameters[text(name)] == nil {
				c.add("the groups of parameters name %s, which is none", text(name))
			}
		}
	}
	for _, name := range sortedKeys(c.t.Parameters) {
		p := c.t.Parameters[name]
		if p["Description"] == nil || p["Default"] == nil {
			c.add("the parameter %s should have a description and a default", name)
		}
		if grouped[name] != 1 {
			c.add("the parameter %s is in %d groups of AWS::CloudFormation::Interface", name, grouped[name])
		}
		if fault := allowed(p, p["Default"]); fault != "" {
			c.add("the default of %s %s", name, fault)
		}
		switch p["Type"] {
		case "String", "Number":
			if p["AllowedValues"] == nil && p["AllowedPattern"] == nil && p["MinValue"] == nil {
				c.add("the parameter %s takes anything", name)
			}
		case "CommaDelimitedList":
		default:
			c.add("the parameter %s is a %s, of which the checks know nothing", name, text(p["Type"]))
		}
		if strings.HasSuffix(name, "ModelId") {
			checkModel(c, name, text(p["Default"]))
		}
	}
}

// allowed says why a parameter cannot have a value, or "".
func allowed(p map[string]any, value any) string {
	if values := list(p["AllowedValues"]); values != nil && !slices.ContainsFunc(values, func(v any) bool { return text(v) == text(value) }) {
		return "is not among its AllowedValues"
	}
	if pattern, ok := p["AllowedPattern"].(string); ok {
		if whole, err := regexp.Compile("^(?:" + pattern + ")$"); err != nil || !whole.MatchString(text(value)) {
			return "does not match its AllowedPattern"
		}
	}
	if p["Type"] != "Number" {
		return ""
	}
	number, err := strconv.ParseFloat(text(value), 64)
	lowest, hasLowest := p["MinValue"].(float64)
	highest, hasHighest := p["MaxValue"].(float64)
	if err != nil || hasLowest && number < lowest || hasHighest && number > highest {
		return "is out of its range"
	}
	return ""
}

func checkModel(c *checked, name, id string) {
	model, geography, err := bedrock.Lookup(id)
	switch {
	case err != nil:
		c.add("the default of %s: %v", name, err)
	case model.NeedsProfile != (geography != ""):
		c.add("the default of %s is %s, and the model needs a profile: %v", name, id, model.NeedsProfile)
	// A fixed day, not today: a commit that was right must stay so. The command line
	// tells people about models that end.
	case bedrock.Status(model, time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC)) != bedrock.Active:
		c.add("the default of %s, %s, is not active", name, id)
	}
}
