package jsonata

// op is what an expr does.
type op uint8

const (
	opName op = iota
	opVariable
	opConst // string, number, true, false, null
	opRegex
	opWildcard
	opDescendants
	opParent
	opPath
	opNegate
	opArray
	opObject
	opBlock
	opCondition
	opArithmetic
	opCompare
	opEqual
	opAnd
	opOr
	opConcat
	opIn
	opRange
	opBind
	opApply
	opLambda
	opThunk // a call in tail position, which the caller makes
	opCall
	opPartial
	opPlaceholder
	opTransform
	opSort
)

// expr is a node made ready for evaluation: operators that form a path are its steps, and what qualifies a step (predicates,
// bindings, groupings) is attached to it. It does not change once compiled.
type expr struct {
	op            op
	number        bool // the constant is a number
	str           bool // the constant is a string
	keepArray     bool // [] stands behind it
	keepSingleton bool // a path whose result stays an array
	cons          bool // an array constructor at an end of a path, whose arrays are kept apart
	tuple         bool // a step that makes or passes on bindings
	scoped        bool // a block that binds variables
	plain         bool // nothing to do behind the operation itself

	pos  int    // where errors say they are: the byte behind the token
	name string // of a field, a variable, an operator
	from *Node  // whose token names the node in messages; nil for a path around one step
	val  any    // a constant

	left, right, third *expr
	list               []*expr  // steps, items, arguments, statements
	fields             []string // a path of plain names, behind its first step
	builtin            *builtin // what a variable means if nothing rebinds it

	*rare
}

// rare is what few expressions have. It stands apart, since a long expression is mostly constants and names.
type rare struct {
	pairs  []exprPair
	terms  []exprTerm
	params []string
	sig    *signature
	regex  *regex

	predicates []stage // of an expression that is no step
	stages     []stage // of a step
	group      *grouping

	focus, index string
	focused      bool // has a focus, if by no name: @$
	ancestor     *slot
	slot         *slot
	seeking      []*slot
}

// common is what all other expressions have in its place, to read only.
var common = &rare{}

// own is the part of the expression that is rare, to be written.
func (e *expr) own() *rare {
	if e.rare == common {
		e.rare = &rare{}
	}
	return e.rare
}

type exprPair struct{ name, value *expr }

type exprTerm struct {
	descending bool
	key        *expr
}

// stage is a predicate, or an index binding between predicates.
type stage struct {
	filter *expr
	index  string
}

type grouping struct {
	pairs []exprPair
	pos   int
}

// slot is the place of one % operator: which ancestor it means, and the hidden variable that holds it.
type slot struct {
	label string
	level int
}
