package check

import (
	"fmt"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/internal/awsapi"
	"github.com/docflow-asl/docflow/asl/shape"
)

// computedTypes finds what paths and expressions put into requests that is certainly of a type which the API does not take.
func (p *pass) computedTypes(r *Rule) {
	var f *flow
	for _, s := range p.states {
		if s.hidden || s.resource.kind != sdk && s.resource.kind != optimised {
			continue
		}
		_, object := request(s)
		if object == nil || !isObject(object) || isHole(object) || p.broken[object] {
			continue
		}
		structure, extra, _ := s.resource.apiRequest()
		if structure == nil {
			continue
		}
		if f == nil {
			if f = p.flow(); f.gaveUp {
				return
			}
		}
		c := &computed{p: p, f: f, r: r, s: s}
		listed := integrations()[s.resource.service][s.resource.api]
		if s.resource.kind == optimised {
			c.free = slices.Concat(extra, listed.Free)
			// What is within a parameter of an optimised integration is often free, or written as the service's own API has it.
			c.flat = s.resource.service != "dynamodb"
		}
		c.structure(object, structure, true)
	}
}

type computed struct {
	p    *pass
	f    *flow
	r    *Rule
	s    *state
	free []string
	flat bool
}

func (c *computed) structure(o *asl.Node, t *awsapi.Structure, top bool) {
	attribute := isAttributeValue(t)
	for _, m := range o.Members {
		name, computed := strings.CutSuffix(m.Name, ".$")
		if c.s.language != asl.JSONPath {
			name, computed = m.Name, false
		}
		member, known := t.Member(name)
		if !known || top && slices.Contains(c.free, name) || hasHole(m.Name) {
			continue
		}
		c.value(m.Value, member.Type, computed, attribute, top)
	}
}

// isAttributeValue tells whether a structure is a value of DynamoDB, which is held to its types.
func isAttributeValue(t *awsapi.Structure) bool {
	for _, name := range []string{"S", "N", "BOOL", "SS"} {
		if m, ok := t.Member(name); !ok || !strings.EqualFold(m.Name, name) {
			return false
		}
	}
	return true
}

func (c *computed) value(n *asl.Node, t awsapi.Type, dynamic, attribute, top bool) {
	text, isText := textOf(n)
	plain := false // a value of DynamoDB may also be a text as it is: samples of AWS have "id.$": "$.id"
	if t.Kind == awsapi.Object && (c.s.resource.service == "dynamodb") {
		inner := t.Structure()
		plain = inner != nil && isAttributeValue(inner) && !isObject(n)
	}
	switch {
	case isHole(n), plain:
	case dynamic || c.s.language == asl.JSONata && isText && asl.IsJSONata(text):
		if v, known := c.f.values[n]; known {
			c.judge(n, v, t, attribute)
		}
	case attribute && n.Value != nil && (!isText || !hasHole(text)):
		c.judge(n, shape.Exact(n.Value), t, true)
	case c.flat && !top:
	case t.Kind == awsapi.Object && isObject(n):
		if inner := t.Structure(); inner != nil && !c.flat {
			c.structure(n, inner, false)
		}
	case t.Kind == awsapi.List && isArray(n) && !c.flat:
		for _, item := range n.Items {
			c.value(item, t.Items(), false, attribute, false)
		}
	case t.Kind == awsapi.Map && isObject(n) && !c.flat:
		for _, m := range n.Members {
			_, computed := strings.CutSuffix(m.Name, ".$")
			c.value(m.Value, t.Items(), computed && c.s.language == asl.JSONPath, attribute, false)
		}
	}
}

// judge compares what is known of a value with what the API takes. Numbers and texts stand for each other but in the values of DynamoDB.
func (c *computed) judge(n *asl.Node, v *shape.Shape, t awsapi.Type, attribute bool) {
	if v.IsNever() || v.IsAny() || v.May(shape.Null) {
		return
	}
	var takes shape.Kinds
	var want string
	switch t.Kind {
	case awsapi.String:
		takes, want = shape.Scalars|shape.ObjectKind, "a string"
		if attribute {
			takes = shape.String
		}
	case awsapi.Number:
		takes, want = shape.Number|shape.String, "a number"
	case awsapi.Boolean:
		takes, want = shape.Bool|shape.String, "a boolean"
	case awsapi.List:
		takes, want = shape.ArrayKind, "an array"
	case awsapi.Map, awsapi.Object:
		takes, want = shape.ObjectKind, "an object"
	default:
		return
	}
	if v.May(takes) {
		if values, ok := v.Items(); ok && t.Kind == awsapi.List && attribute {
			for _, item := range values {
				c.judge(n, item, t.Items(), true)
			}
		}
		return
	}
	text, isText := textOf(n)
	if !isText {
		text = describe(n)
	}
	f := finding{
		node: n, message: fmt.Sprintf("%s is %s, but %s:%s wants %s", shorten(text), v.Kinds(), c.s.resource.service, c.s.resource.api, want), cure: "pass " + want,
		related: (&site{flow: c.f, s: c.s}).madeAt(v),
	}
	switch {
	case !isText:
		f.message = fmt.Sprintf("%s is %s, but %s:%s wants %s", c.p.place(n), v.Kinds(), c.s.resource.service, c.s.resource.api, want)
		f.cure = "write " + want
	case t.Kind == awsapi.String && v.Is(shape.Number|shape.Bool) && c.s.language == asl.JSONata:
		f.cure = "make a text of it with $string"
	case t.Kind == awsapi.String && v.Is(shape.Number|shape.Bool):
		f.cure = fmt.Sprintf("make a text of it: \"States.Format('{}', %s)\"", shorten(text))
		if isIntrinsic(text) {
			f.cure = "make a text of it with States.Format('{}', …)"
		}
	}
	if attribute && memberNamed(n, "S") && v.Is(shape.Number) {
		f.cure += "; a number belongs into \"N\", as a text"
	}
	c.p.report(c.r, f)
}

// memberNamed tells the name under which a node stands, without .$.
func memberNamed(n *asl.Node, name string) bool {
	return strings.TrimSuffix(memberName(n), ".$") == name
}
