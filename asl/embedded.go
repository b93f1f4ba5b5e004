package asl

import "github.com/docflow-asl/docflow/asl/value"

// Positions gives the function that turns a byte offset of a text into its position.
func Positions(text string) func(offset int) Position { return newTextIndex(text).at }

// ParseEmbedded reads a definition in JSON that stands within another file, such as in a string of a CloudFormation template:
// text is the definition's own text, without the quotes, escapes and indentation of the file around it, and locate gives for
// a byte offset of text the one in the file. All positions of the document, in messages too, are those of the file.
func ParseEmbedded(filename, file, text string, locate func(offset int) int) *Document {
	at := Positions(file)
	place := func(p Position) Position { return at(locate(p.Offset)) }
	d := readDocument(filename, []byte(text), FormatJSON, func(s *source) *Node {
		s.locate = place
		return readJSON(s)
	})
	d.Text, d.Embedded = file, text
	moved := func(s Span) Span { return Span{Start: place(s.Start), End: place(s.End)} }
	d.Root.move(moved)
	for i, p := range d.Problems {
		d.Problems[i].Span = moved(p.Span)
	}
	d.decode()
	return d
}

// Within makes the document of a definition that stands as an object within another document, such as the Definition of a
// state machine in a CloudFormation template. The node is taken out of that document, and becomes the root of its own.
func Within(outer *Document, root *Node) *Document {
	d := &Document{Filename: outer.Filename, Text: outer.Text, Format: outer.Format, Root: root}
	root.Parent = nil
	for _, p := range outer.Problems {
		if p.Span.Start.Offset >= root.Span.Start.Offset && p.Span.End.Offset <= root.Span.End.Offset {
			d.Problems = append(d.Problems, p)
		}
	}
	d.Embedded = d.Text[min(root.Span.Start.Offset, len(d.Text)):min(max(root.Span.Start.Offset, root.Span.End.Offset), len(d.Text))]
	d.decode()
	return d
}

// move changes the spans of a node and of all within.
func (n *Node) move(moved func(Span) Span) {
	if n == nil {
		return
	}
	n.Span = moved(n.Span)
	for _, item := range n.Items {
		item.move(moved)
	}
	for i := range n.Members {
		n.Members[i].NameSpan = moved(n.Members[i].NameSpan)
		n.Members[i].Value.move(moved)
	}
}

// ObjectNode makes the node of an object whose members are the given ones. It serves readers of notations that are neither
// JSON nor YAML.
func ObjectNode(span Span, members []NodeMember) *Node {
	n := &Node{Kind: value.KindObject, Span: span}
	seen := make(map[string]bool, len(members))
	for _, m := range members {
		n.adopt(m.Name, m.NameSpan, m.Value)
		n.repeats = n.repeats || seen[m.Name]
		seen[m.Name] = true
	}
	return n
}

// ArrayNode makes the node of an array.
func ArrayNode(span Span, items []*Node) *Node {
	n := &Node{Kind: value.KindArray, Span: span}
	for _, item := range items {
		n.adoptItem(item)
	}
	return n
}

// ScalarNode makes the node of a string, number, boolean or null.
func ScalarNode(span Span, v value.Value) *Node { return &Node{Kind: v.Kind(), Value: v, Span: span} }

// BrokenSyntaxes are the problems because of which the text cannot be judged.
func (d *Document) BrokenSyntaxes() []Problem {
	var list []Problem
	for _, p := range d.Problems {
		if p.Kind == BrokenSyntax {
			list = append(list, p)
		}
	}
	return list
}
