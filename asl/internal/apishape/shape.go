package apishape

import (
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl/shape"
)

// maxNesting is how deep Shape describes structures: some hold themselves.
const maxNesting = 8

// Shape is the response as package shape describes values. Members that are not required may be missing, as far as anybody knows. What
// structures are made by is noted with origin.
func (r *Response) Shape(origin *shape.Origin) *shape.Shape {
	return (&describer{r.service, origin, r.free}).named(r.name, 0)
}

type describer struct {
	service *service
	origin  *shape.Origin
	free    []string
}

func (d *describer) named(name string, depth int) *shape.Shape {
	line := d.service.shapes[name]
	if strings.HasPrefix(line, "= ") {
		return shape.AnyString // services add values from time to time
	}
	if depth > maxNesting {
		return shape.Any
	}
	var members []shape.Member
	for _, m := range strings.Fields(strings.TrimPrefix(line, ":")) {
		name, typ, _ := strings.Cut(m, ":")
		name, required := strings.CutSuffix(name, "!")
		member := shape.Member{Name: name, Unsure: !required}
		if depth > 0 || !slices.Contains(d.free, name) {
			member.Shape = d.typed(typ, depth)
		}
		members = append(members, member)
	}
	return shape.Object(members...).MadeBy(d.origin)
}

func (d *describer) typed(typ string, depth int) *shape.Shape {
	switch typ[0] {
	case '*':
		return shape.Any
	case 's':
		return shape.AnyString
	case 'n':
		return shape.AnyNumber
	case 'b':
		return shape.AnyBool
	case '[':
		return shape.Array(d.typed(typ[1:strings.LastIndexByte(typ, ']')], depth+1)).MadeBy(d.origin)
	case '{':
		return shape.MapOf(d.typed(typ[1:len(typ)-1], depth+1)).MadeBy(d.origin)
	}
	return d.named(typ, depth+1)
}
