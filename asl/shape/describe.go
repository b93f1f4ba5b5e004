package shape

import (
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

var kindNames = []struct {
	kind  Kinds
	name  string
	plain string
}{
	{Null, "null", "null"},
	{Bool, "a boolean", "boolean"},
	{Number, "a number", "number"},
	{String, "a string", "string"},
	{ArrayKind, "an array", "array"},
	{ObjectKind, "an object", "object"},
}

// String names the types with an article: "a string or null". Any is "any value".
func (k Kinds) String() string {
	if k == AllKinds {
		return "any value"
	}
	var names []string
	for _, n := range kindNames {
		if k&n.kind != 0 {
			names = append(names, n.name)
		}
	}
	switch len(names) {
	case 0:
		return "nothing"
	case 1:
		return names[0]
	}
	return strings.Join(names[:len(names)-1], ", ") + " or " + names[len(names)-1]
}

// maxSketch is how deep and how wide String goes.
const maxSketch = 6

// String sketches a shape for people: {"text": string, "pages"?: number, …}. A question mark is for a member that is not always there,
// an ellipsis for what is not known.
func (s *Shape) String() string {
	var b strings.Builder
	s.sketch(&b, maxSketch)
	return b.String()
}

func (s *Shape) sketch(b *strings.Builder, depth int) {
	if s == nil {
		b.WriteString("any")
		return
	}
	if s.kinds == 0 {
		b.WriteString("nothing")
		return
	}
	first := true
	or := func() {
		if !first {
			b.WriteString(" | ")
		}
		first = false
	}
	if s.kinds&Null != 0 {
		or()
		b.WriteString("null")
	}
	for _, v := range s.consts {
		or()
		b.WriteString(value.Compact(v))
	}
	if s.consts == nil {
		for _, n := range kindNames {
			if s.kinds&n.kind&(Bool|Number|String) != 0 {
				or()
				b.WriteString(n.plain)
			}
		}
	}
	if s.kinds&ArrayKind != 0 {
		or()
		s.sketchArray(b, depth)
	}
	if s.kinds&ObjectKind != 0 {
		or()
		s.sketchObject(b, depth)
	}
}

func (s *Shape) sketchArray(b *strings.Builder, depth int) {
	switch {
	case s.array == nil:
		b.WriteString("array")
	case depth == 0:
		b.WriteString("[…]")
	case s.array.known:
		b.WriteByte('[')
		for i, item := range s.array.items {
			if i > 0 {
				b.WriteString(", ")
			}
			if i == maxSketch {
				b.WriteString("…")
				break
			}
			item.sketch(b, depth-1)
		}
		b.WriteByte(']')
	default:
		b.WriteByte('[')
		s.array.item.sketch(b, depth-1)
		b.WriteString(", …]")
	}
}

func (s *Shape) sketchObject(b *strings.Builder, depth int) {
	if s.object == nil {
		b.WriteString("object")
		return
	}
	if depth == 0 {
		b.WriteString("{…}")
		return
	}
	b.WriteByte('{')
	n := 0
	for _, m := range s.object.members {
		if m.Shape.IsNever() {
			continue
		}
		if n > 0 {
			b.WriteString(", ")
		}
		if n == 4*maxSketch {
			b.WriteString("…}")
			return
		}
		n++
		b.Write(value.Append(nil, value.String(m.Name)))
		if m.Optional || m.Unsure {
			b.WriteByte('?')
		}
		b.WriteString(": ")
		m.Shape.sketch(b, depth-1)
	}
	if s.object.open {
		if n > 0 {
			b.WriteString(", ")
		}
		b.WriteString("…")
		if s.object.rest != nil {
			b.WriteString(": ")
			s.object.rest.sketch(b, depth-1)
		}
	}
	b.WriteByte('}')
}
