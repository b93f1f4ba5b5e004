package jsonata

import "github.com/docflow-asl/docflow/asl/value"

// Kind tells what a Node is.
type Kind uint8

// The kinds of nodes. Behind each stand the fields that it uses, beside the span that all have.
const (
	KindEnd         Kind = iota // the end of the text where an operand should be; never in a tree that Parse returns
	KindName                    // a field name: Name
	KindVariable                // $name, $ (Name "") and $$ (Name "$"): Name
	KindString                  // Value (a value.String)
	KindNumber                  // Value (a value.Number)
	KindLiteral                 // true, false, null: Value
	KindRegex                   // /pattern/flags: Name is the pattern, Flags
	KindWildcard                // *
	KindDescendants             // **
	KindParent                  // %
	KindNegate                  // -Left
	KindArray                   // [Items]; an item a..b is a KindRange
	KindObject                  // {Pairs}
	KindBlock                   // (Items), separated by ;
	KindCondition               // Left ? Right : Else (which may be nil)
	KindBinary                  // Left Op Right, with Op one of + - * / % = != < <= > >= & and or in
	KindRange                   // Left..Right inside an array
	KindPath                    // Left.Right
	KindFilter                  // Left[Right]
	KindGroup                   // Left{Pairs}
	KindSort                    // Left^(Terms)
	KindFocus                   // Left@Right, Right a variable
	KindIndex                   // Left#Right, Right a variable
	KindBind                    // Left := Right, Left a variable
	KindApply                   // Left ~> Right
	KindLambda                  // function(Items)<Signature>{Right}, Items being variables
	KindCall                    // Left(Items)
	KindPartial                 // Left(Items) with a KindPlaceholder among Items
	KindPlaceholder             // ? as an argument
	KindTransform               // |Left|Right| or |Left|Right,Else|
)

// Node is one node of a parsed expression, as written: operators are not yet gathered into paths.
type Node struct {
	Kind       Kind
	Start, End int // the bytes of the expression that the node spans

	Name      string
	Flags     string
	Op        string
	Signature string
	Value     value.Value
	Left      *Node
	Right     *Node
	Else      *Node
	Items     []*Node
	Pairs     []Pair
	Terms     []Term
	KeepArray bool // [] stands behind the node

	pos      int // the byte behind the token that the original reports as the node's position
	regex    *regex
	sig      *signature
	operator bool // a name that is one of and, or, in
}

// Pair is one name and value in an object constructor or a grouping expression.
type Pair struct{ Name, Value *Node }

// Term is one sort key of an order-by operator.
type Term struct {
	Descending bool
	Key        *Node
}

// Children calls visit for the node's direct children in the order of the text.
func (n *Node) Children(visit func(*Node)) {
	some := func(c *Node) {
		if c != nil {
			visit(c)
		}
	}
	if n.Kind == KindLambda {
		for _, c := range n.Items {
			visit(c)
		}
		some(n.Right)
		return
	}
	some(n.Left)
	some(n.Right)
	some(n.Else)
	for _, c := range n.Items {
		visit(c)
	}
	for _, p := range n.Pairs {
		visit(p.Name)
		visit(p.Value)
	}
	for _, t := range n.Terms {
		visit(t.Key)
	}
}
