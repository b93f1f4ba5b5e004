package jsonpath

import (
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// Root tells what a path starts from.
type Root uint8

// The roots.
const (
	RootData     Root = iota // $: the data of the state; inside a filter the document that the whole path is applied to
	RootContext              // $$: the context object
	RootVariable             // $name: a variable
	RootItem                 // @: the value under test, inside a filter only
)

// Path is a parsed path. It does not change once parsed.
type Path struct {
	Root     Root
	Variable string // of RootVariable: the name without the $
	Steps    []Step
	Offset   int // where the path starts in the text given to Parse; not 0 only for paths inside filters and arguments
	End      int // the offset behind its last byte

	text     string
	dialect  Dialect
	definite bool
	plain    bool // names and single indexes only
}

// StepKind tells the form of a Step.
type StepKind uint8

// The forms of steps.
const (
	Name     StepKind = iota // .name, ['name']
	Names                    // ['a','b']
	Index                    // [0], [-1]
	Indexes                  // [0,2]
	Slice                    // [1:], [:2], [1:2]
	Wildcard                 // .*, [*]
	Descend                  // ..; the next step is tried at every depth
	Filter                   // [?(…)]
	Function                 // .length(), .sum($.a)
)

// Step is one step of a path.
type Step struct {
	Kind    StepKind
	Offset  int      // of the dot, bracket or name that it starts with
	End     int      // the offset behind its last byte
	Names   []string // of Name (one) and Names
	Indexes []int    // of Index (one) and Indexes
	Bounds  Bounds   // of Slice
	Filter  Expr     // of Filter
	Func    string   // of Function: its name
	Args    []Arg    // of Function
	Quoted  bool     // of Name: written in brackets
}

// Bounds are the ends of a slice. At least one is there.
type Bounds struct {
	From, To       int
	HasFrom, HasTo bool
}

// Arg is an argument of a function: a path, or else a literal.
type Arg struct {
	Path    *Path
	Literal value.Value
}

// String returns the path as it was written.
func (p *Path) String() string { return p.text }

// Definite tells whether the path leads to at most one place. An indefinite path always evaluates to an array.
func (p *Path) Definite() bool { return p.definite }

// Canonical returns the path in the form in which failures name it, such as $['a'][0]['b']; it starts with $ whatever the
// root is, and shows filters as [?].
func (p *Path) Canonical() string {
	if f, ok := p.inverted(); ok {
		return canonicalSteps("$", p.Steps[f:])
	}
	return p.canonical(len(p.Steps))
}

// canonical is Canonical up to, without, step n.
func (p *Path) canonical(n int) string {
	root := "$"
	if p.Root == RootItem {
		root = "@"
	}
	return canonicalSteps(root, p.Steps[:n])
}

func canonicalSteps(root string, steps []Step) string {
	var b strings.Builder
	b.WriteString(root)
	for i := range steps {
		steps[i].canonical(&b)
	}
	return b.String()
}

func (s *Step) canonical(b *strings.Builder) {
	switch s.Kind {
	case Name, Names:
		b.WriteByte('[')
		for i, name := range s.Names {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteByte('\'')
			b.WriteString(nameEscapes.Replace(name))
			b.WriteByte('\'')
		}
		b.WriteByte(']')
	case Index, Indexes:
		b.WriteByte('[')
		for i, index := range s.Indexes {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(strconv.Itoa(index))
		}
		b.WriteByte(']')
	case Slice:
		b.WriteByte('[')
		if s.Bounds.HasFrom {
			b.WriteString(strconv.Itoa(s.Bounds.From))
		}
		b.WriteByte(':')
		if s.Bounds.HasTo {
			b.WriteString(strconv.Itoa(s.Bounds.To))
		}
		b.WriteByte(']')
	case Wildcard:
		b.WriteString("[*]")
	case Descend:
		b.WriteString("..")
	case Filter:
		b.WriteString("[?]")
	case Function:
		b.WriteByte('.')
		b.WriteString(s.Func)
		if len(s.Args) > 0 {
			b.WriteString("(...)")
		} else {
			b.WriteString("()")
		}
	}
}

var nameEscapes = strings.NewReplacer(`\`, `\\`, `'`, `\'`)

// stepDefinite tells whether a step leads from one value to at most one.
func (s *Step) stepDefinite(last bool) bool {
	switch s.Kind {
	case Name, Index, Function:
		return true
	case Names:
		return last // at the end the members are put into one object
	}
	return false
}

// inverted returns the place of the first function of a path that starts with `..` and ends with a function.
// Jayway reads `$..price.sum()` as `$.sum($..price)`: the function gets all that was found, not each value by itself.
func (p *Path) inverted() (int, bool) {
	n := len(p.Steps)
	if n < 2 || p.Steps[0].Kind != Descend || p.Steps[n-1].Kind != Function {
		return 0, false
	}
	return slices.IndexFunc(p.Steps, func(s Step) bool { return s.Kind == Function }), true
}

// finish computes what evaluation wants to know of the steps.
func (p *Path) finish() {
	first, _ := p.inverted()
	p.definite, p.plain = true, true
	for i := range p.Steps {
		s := &p.Steps[i]
		if i >= first && !s.stepDefinite(i == len(p.Steps)-1) {
			p.definite = false
		}
		if s.Kind != Name && s.Kind != Index {
			p.plain = false
		}
	}
}

// All yields the path itself and every path inside its filters and arguments, outermost first.
func (p *Path) All() iter.Seq[*Path] {
	return func(yield func(*Path) bool) { p.all(yield) }
}

func (p *Path) all(yield func(*Path) bool) bool {
	if !yield(p) {
		return false
	}
	for i := range p.Steps {
		s := &p.Steps[i]
		if s.Kind == Filter && !allIn(s.Filter, yield) {
			return false
		}
		for _, arg := range s.Args {
			if arg.Path != nil && !arg.Path.all(yield) {
				return false
			}
		}
	}
	return true
}

func allIn(e Expr, yield func(*Path) bool) bool {
	switch e := e.(type) {
	case *Logical:
		for _, operand := range e.Operands {
			if !allIn(operand, yield) {
				return false
			}
		}
	case *Not:
		return allIn(e.Operand, yield)
	case *Exists:
		return e.Path.all(yield)
	case *Comparison:
		for _, o := range []*Operand{&e.Left, &e.Right} {
			if o.Path != nil && !o.Path.all(yield) {
				return false
			}
		}
	}
	return true
}
