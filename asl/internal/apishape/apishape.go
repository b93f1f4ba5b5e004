// Package apishape knows what AWS services answer: the shapes of responses, for checking mocked ones. It has the operations that
// workflows with documents call, 180 of them; shapes.txt lists them, gen/main.go selects them.
//
// A line of shapes.txt is a service, an operation and its response, a structure or an enumeration:
//
//	service lambda
//	getAlias AliasConfiguration
//	AliasConfiguration : AliasArn:s(..10000) Name:s RoutingConfig:AliasRoutingConfiguration
//	TracingMode = Active|PassThrough
//
// A type is s (string, also of a blob or time), n (number), b (boolean), * (anything), [type], {type} (an object whose members have any
// name), or the name of a structure or enumeration; (min..max) limits a number, the length of a string or of an array. A member
// with ! is required.
package apishape

import (
	_ "embed"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/asl/value"
)

//go:embed shapes.txt
var text string

// service holds the operations and shapes of one service.
type service struct {
	operations map[string]string // the name of the response's structure
	shapes     map[string]string // the line's part after the name, with its mark : or =
}

var services = sync.OnceValue(func() map[string]*service {
	all := map[string]*service{}
	var current *service
	for line := range strings.Lines(text) {
		name, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch {
		case name == "" || name == "#":
		case name == "service":
			current = &service{map[string]string{}, map[string]string{}}
			all[rest] = current
		case name[0] >= 'a':
			current.operations[name] = rest
		default:
			current.shapes[name] = rest
		}
	}
	return all
})

// Response is the shape of the response of one operation.
type Response struct {
	service *service
	name    string
	free    []string
}

// Find gives the response of an operation, both named as in the Resource of an SDK integration: s3, getObject. free are members of it
// that may hold anything. It tells whether the operation is known.
func Find(serviceName, operation string, free ...string) (*Response, bool) {
	s := services()[serviceName]
	if s == nil {
		return nil, false
	}
	name, ok := s.operations[operation]
	return &Response{s, name, free}, ok
}

// Check tells what is wrong with a response; "" when nothing is. The words are those of TestState where they were recorded. Members that the
// API does not have are no fault (recorded), and null counts as absent. With strict, what is required must be there.
func (r *Response) Check(v *value.Object, strict bool) string {
	return (&checker{r, strict}).structure(r.service.shapes[r.name], v, r.free)
}

type checker struct {
	*Response
	strict bool
}

func (c *checker) structure(shape string, v *value.Object, free []string) string {
	members := strings.Fields(strings.TrimPrefix(shape, ":"))
	if c.strict {
		for _, m := range members {
			name, _, _ := strings.Cut(m, ":")
			if name, required := strings.CutSuffix(name, "!"); required && !present(v, name) {
				return fmt.Sprintf("Required field '%s' is missing", name)
			}
		}
	}
	for _, m := range members {
		name, typ, _ := strings.Cut(m, ":")
		name = strings.TrimSuffix(name, "!")
		if !present(v, name) || slices.Contains(free, name) {
			continue
		}
		member, _ := v.Get(name)
		if fault := c.check(name, typ, member); fault != "" {
			return fault
		}
	}
	return ""
}

func present(o *value.Object, name string) bool {
	v, ok := o.Get(name)
	return ok && v.Kind() != value.KindNull
}

// check compares a value with a type. field is the member that the value belongs to, as AWS names it also for what is within arrays.
func (c *checker) check(field, typ string, v value.Value) string {
	must := func(what string) string { return fmt.Sprintf("Field '%s' must be %s", field, what) }
	switch typ[0] {
	case '*':
		return ""
	case 'b':
		if v.Kind() != value.KindBool {
			return must("a boolean")
		}
		return ""
	case 's':
		s, ok := v.(value.String)
		if !ok {
			return must("a string")
		}
		return size(field, typ[1:], "length", float64(utf8.RuneCountInString(string(s))))
	case 'n':
		n, ok := v.(value.Number)
		if !ok {
			return must("a number")
		}
		return size(field, typ[1:], "value", n.Float())
	case '[':
		a, ok := v.(*value.Array)
		if !ok {
			return must("an array")
		}
		end := strings.LastIndexByte(typ, ']')
		for _, item := range a.Items() {
			if fault := c.check(field, typ[1:end], item); fault != "" {
				return fault
			}
		}
		return size(field, typ[end+1:], "length", float64(a.Len()))
	case '{':
		o, ok := v.(*value.Object)
		if !ok {
			return must("an object")
		}
		for _, m := range o.Members() {
			if fault := c.check(field, typ[1:len(typ)-1], m.Value); fault != "" {
				return fault
			}
		}
		return ""
	}
	shape := c.service.shapes[typ]
	if values, ok := strings.CutPrefix(shape, "= "); ok {
		s, ok := v.(value.String)
		if !ok {
			return must("a string")
		}
		if !slices.Contains(strings.Split(values, "|"), string(s)) {
			return fmt.Sprintf("Field '%s' is not an expected value", field)
		}
		return ""
	}
	o, ok := v.(*value.Object)
	if !ok {
		return must("an object")
	}
	return c.structure(shape, o, nil)
}

// size compares a number, or a length, with (min..max). Only the words for numbers were recorded.
func size(field, bounds, what string, n float64) string {
	if bounds == "" {
		return ""
	}
	low, high, _ := strings.Cut(strings.Trim(bounds, "()"), "..")
	if f, err := strconv.ParseFloat(low, 64); err == nil && n < f {
		return fmt.Sprintf("Field '%s' is less than the minimum %s", field, what)
	}
	if f, err := strconv.ParseFloat(high, 64); err == nil && n > f {
		return fmt.Sprintf("Field '%s' exceeds the maximum %s", field, what)
	}
	return ""
}
