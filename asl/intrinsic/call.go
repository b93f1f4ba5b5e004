package intrinsic

import (
	"iter"
	"strings"

	"github.com/docflow-asl/docflow/asl/jsonpath"
	"github.com/docflow-asl/docflow/asl/value"
)

// Call is a parsed call. It does not change once parsed.
type Call struct {
	Function string // such as States.Format
	Args     []Arg
	Offset   int // in the text given to Parse
	End      int // the offset behind the closing parenthesis

	text     string    // of this call
	template []segment // of States.Format with a literal template that is right
}

// Arg is an argument: one of Path, Call and Literal is set.
type Arg struct {
	Path    *jsonpath.Path // its offsets count from Offset
	Call    *Call
	Literal value.Value // a string (escapes resolved), number, boolean or null
	Offset  int         // in the text given to Parse
	End     int

	raw string // of a literal string: what stands between the quotes
}

// String returns the call as it was written.
func (c *Call) String() string { return c.text }

// All yields the call itself and all calls in its arguments, outermost first.
func (c *Call) All() iter.Seq[*Call] {
	return func(yield func(*Call) bool) { c.all(yield) }
}

func (c *Call) all(yield func(*Call) bool) bool {
	if !yield(c) {
		return false
	}
	for i := range c.Args {
		if inner := c.Args[i].Call; inner != nil && !inner.all(yield) {
			return false
		}
	}
	return true
}

// Arguments yields all arguments of the call and of the calls in them, those of outer calls first.
func (c *Call) Arguments() iter.Seq[*Arg] {
	return func(yield func(*Arg) bool) {
		for call := range c.All() {
			for i := range call.Args {
				if !yield(&call.Args[i]) {
					return
				}
			}
		}
	}
}

// IsIntrinsic tells whether a text is meant to be a call rather than a path: whether it starts with "States.".
func IsIntrinsic(text string) bool { return strings.HasPrefix(text, "States.") }
