package asl

import (
	"strconv"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// Position is a place in a source text.
type Position struct {
	Offset int // in bytes, from 0
	Line   int // from 1
	Column int // in characters, from 1
}

// Span is a part of a source text; End is the place after its last character.
type Span struct {
	Start, End Position
}

// Node is one value in a source text, of JSON or YAML alike. The tree of nodes tells every part of a definition where it stands.
type Node struct {
	Kind    value.Kind
	Span    Span
	Value   value.Value  // of a scalar; nil for arrays and objects
	Items   []*Node      // of an array
	Members []NodeMember // of an object, duplicates included
	Parent  *Node        // nil for the root
	name    string       // within Parent: the member's name
	index   int          // within Parent: the item's or member's index
	repeats bool         // members of the same name are among Members
	broken  bool         // the text has no readable value here; a problem says so
}

// NodeMember is one member of an object's node.
type NodeMember struct {
	Name     string
	NameSpan Span
	Value    *Node
}

// Member returns the node of the member of that name (the last one of duplicates), or nil; the receiver may be nil.
func (n *Node) Member(name string) *Node {
	if n == nil {
		return nil
	}
	for i := len(n.Members) - 1; i >= 0; i-- {
		if n.Members[i].Name == name {
			return n.Members[i].Value
		}
	}
	return nil
}

// Item returns the node of item i of an array, or nil; the receiver may be nil.
func (n *Node) Item(i int) *Node {
	if n == nil || i < 0 || i >= len(n.Items) {
		return nil
	}
	return n.Items[i]
}

// NameSpan returns where the name of the member that this node is the value of stands; for others the node's own span.
func (n *Node) NameSpan() Span {
	if n.Parent != nil && n.Parent.Kind == value.KindObject {
		return n.Parent.Members[n.index].NameSpan
	}
	return n.Span
}

// Find returns the node that a JSON Pointer (RFC 6901) leads to, or the deepest one on the way that exists; nil for a nil receiver.
func (n *Node) Find(pointer string) (node *Node, exact bool) {
	node = n
	if n == nil {
		return nil, false
	}
	for _, part := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		if pointer == "" {
			break
		}
		part = strings.ReplaceAll(strings.ReplaceAll(part, "~1", "/"), "~0", "~")
		next := node.Member(part)
		if next == nil && node.Kind == value.KindArray {
			if i, err := strconv.Atoi(part); err == nil {
				next = node.Item(i)
			}
		}
		if next == nil {
			return node, false
		}
		node = next
	}
	return node, true
}

// Pointer is the JSON Pointer (RFC 6901) of the node: "" for the root.
func (n *Node) Pointer() string {
	if n == nil || n.Parent == nil {
		return ""
	}
	if n.Parent.Kind == value.KindArray {
		return n.Parent.Pointer() + "/" + strconv.Itoa(n.index)
	}
	return n.Parent.Pointer() + "/" + escapePointer(n.name)
}

// Location is the place in AWS's notation, as ValidateStateMachineDefinition gives it: /States/A/Choices[0]/Next, without any
// escaping of names; "/" for the root.
func (n *Node) Location() string {
	if n == nil || n.Parent == nil {
		return "/"
	}
	var parent string
	if n.Parent.Parent != nil {
		parent = n.Parent.Location()
	}
	if n.Parent.Kind == value.KindArray {
		return parent + "[" + strconv.Itoa(n.index) + "]"
	}
	return parent + "/" + n.name
}

// ToValue returns the value that the node's text stands for. Of duplicate members the last one stays.
func (n *Node) ToValue() value.Value {
	switch n.Kind {
	case value.KindArray:
		items := make([]value.Value, len(n.Items))
		for i, item := range n.Items {
			items[i] = item.ToValue()
		}
		return value.NewArray(items...)
	case value.KindObject:
		members := make([]value.Member, len(n.Members))
		for i, m := range n.Members {
			members[i] = value.Member{Name: m.Name, Value: m.Value.ToValue()}
		}
		return value.NewObject(members...)
	}
	return n.Value
}
