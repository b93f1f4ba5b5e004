package jsonata

import (
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// signature is what a function wants of its arguments: <s-n?:s>.
type signature struct {
	params []parameter
}

type parameter struct {
	symbols  string // the types that it takes, a letter each: b n s l a o f, m for undefined
	array    bool   // takes an array, and makes one of what is none
	subtype  string // of the array's items
	context  bool   // the context value takes its place when it is missing,
	anything bool   // whatever it is
	optional bool
	more     bool // takes any number of arguments
	lazy     bool // takes as few as it can: ?? and +?
	repeat   string
}

// quantify reads what stands behind a parameter's type as the original does, which makes a regular expression of it.
func (p *parameter) quantify() bool {
	switch p.repeat {
	case "":
	case "?", "??":
		p.optional = true
	case "+", "+?":
		p.more = true
	default:
		return false
	}
	p.lazy = len(p.repeat) == 2
	return true
}

func mustSignature(text string) *signature {
	s, err := parseSignature(text)
	if err != nil {
		panic("jsonata: " + text + ": " + err.Code)
	}
	return s
}

// maxParameters bounds a signature.
const maxParameters = 64

// parseSignature reads a signature; the position of an error is counted from the start of the text.
func parseSignature(text string) (*signature, *Error) {
	s := &signature{}
	first := false
	defer func() {
		if first && len(s.params) > 0 {
			s.params[0].context, s.params[0].anything = true, true
		}
	}()
	for i := 1; i < len(text); i++ {
		c := text[i]
		if len(s.params) > maxParameters {
			e := limitError(ErrSize)
			e.pos = i
			return nil, e
		}
		var last *parameter
		if len(s.params) > 0 {
			last = &s.params[len(s.params)-1]
		}
		switch c {
		case ':':
			i = len(text) // the type of the result is not looked at
		case 's', 'n', 'b', 'l', 'o':
			s.params = append(s.params, parameter{symbols: string(c) + "m"})
		case 'a':
			s.params = append(s.params, parameter{symbols: "asnblfom", array: true})
		case 'f':
			s.params = append(s.params, parameter{symbols: "f"})
		case 'j':
			s.params = append(s.params, parameter{symbols: "asnblom"})
		case 'x':
			s.params = append(s.params, parameter{symbols: "asnblfom"})
		case '-':
			if last != nil {
				last.anything = last.anything || strings.Contains(last.repeat, "?") // what must be may be left out
				last.context, last.repeat = true, last.repeat+"?"
			} else {
				first = true // what the original notes of no parameter, it finds in the first one
			}
		case '?':
			if last != nil {
				last.repeat += "?"
			}
		case '+':
			if last != nil {
				last.repeat += "+"
			}
		case '(':
			end := closing(text, i, '(', ')')
			choice := text[i+1 : end]
			if strings.Contains(choice, "<") {
				return nil, &Error{Code: "S0402", value: value.String(choice), pos: i}
			}
			s.params = append(s.params, parameter{symbols: choice + "m"})
			i = end
		case '<':
			end := closing(text, i, '<', '>')
			if last == nil || !last.array && last.symbols != "f" {
				var at any
				if i > 0 {
					at = value.String(text[i-1 : i])
				}
				return nil, &Error{Code: "S0401", value: at, pos: i}
			}
			last.subtype = text[i+1 : end]
			i = end
		}
	}
	for i := range s.params {
		if !s.params[i].quantify() {
			return nil, &Error{Code: CodeRegex, Message: "Invalid signature: nothing to repeat", Token: text}
		}
	}
	return s, nil
}

// closing finds the bracket that closes the one at i, or the end of the text.
func closing(text string, i int, open, shut byte) int {
	depth := 0
	for j := i; j < len(text); j++ {
		switch text[j] {
		case open:
			depth++
		case shut:
			if depth--; depth == 0 {
				return j
			}
		}
	}
	return len(text)
}

// symbolOf is the letter that signatures have for the type of v.
func symbolOf(v any) byte {
	switch v.(type) {
	case nil:
		return 'm'
	case value.String:
		return 's'
	case value.Number, float64:
		return 'n'
	case value.Bool:
		return 'b'
	case value.Null:
		return 'l'
	case *array, *value.Array:
		return 'a'
	case *lambda, *builtin, *native, *regex:
		return 'f'
	}
	return 'o'
}

func (p *parameter) takes(v any) bool {
	return strings.IndexByte(p.symbols, symbolOf(v)) >= 0
}

// matching assigns arguments to parameters: counts[i] arguments to parameter i. It tries what takes most first, as the regular
// expressions do that the original makes of signatures.
type matching struct {
	params []parameter
	args   []any
	counts []int
	whole  bool // no argument may be left over
	tries  int
	failed []bool // by parameter and argument, once much was tried
}

// param is the parameter of argument i when no argument is left out.
func (s *signature) param(i int) (*parameter, bool) {
	if i >= len(s.params) {
		return nil, false
	}
	return &s.params[i], true
}

// fits tells whether a parameter takes a value as it is; undefined always.
func (r *run) fits(p *parameter, v any) bool {
	if v == nil {
		return true
	}
	if p.array {
		return isArray(v) && r.itemsFit(p, v)
	}
	return p.takes(v)
}

// Many parameters that take any number of arguments can be matched in very many ways.
const (
	triesToNote = 50
	maxTries    = 1_000_000
)

// from assigns the arguments from number j on to the parameters from number i on, and tells how far it came.
func (m *matching) from(i, j int) (end int, ok bool) {
	if i == len(m.params) {
		return j, !m.whole || j == len(m.args)
	}
	at := i*(len(m.args)+1) + j
	if m.tries > maxTries || m.failed != nil && m.failed[at] {
		return 0, false
	}
	p := &m.params[i]
	least, most := 1, 1
	if p.optional {
		least = 0
	}
	if p.more {
		most = len(m.args) - j
	}
	n := 0
	for n < most && j+n < len(m.args) && p.takes(m.args[j+n]) {
		n++
	}
	m.tries += n
	for k := n; k >= least; k-- {
		m.tries++
		m.counts[i] = k
		if p.lazy {
			m.counts[i] = least + n - k
		}
		if end, ok = m.from(i+1, j+m.counts[i]); ok {
			return end, true
		}
	}
	if m.failed == nil && m.tries > triesToNote {
		m.failed = make([]bool, len(m.params)*(len(m.args)+1))
	}
	if m.failed != nil {
		m.failed[at] = true
	}
	return 0, false
}

// validate holds the arguments against the signature, puts the context in the place of a missing one, and makes arrays of single
// values where arrays are wanted.
func (r *run) validate(s *signature, args []any, context any) ([]any, error) {
	var few [8]int
	counts := few[:]
	if len(s.params) > len(few) {
		counts = make([]int, len(s.params))
	}
	m := matching{params: s.params, args: args, counts: counts, whole: true}
	if _, ok := m.from(0, 0); !ok {
		if m.tries > maxTries {
			return nil, limitError(ErrSteps)
		}
		return nil, s.mismatch(args)
	}
	r.work(m.tries / 8)
	if len(args) == len(s.params) && r.fitsAsIs(s, args) {
		return args, nil
	}
	valid := make([]any, 0, max(len(args), len(s.params)))
	given, at := 0, 0 // a parameter that takes nothing shifts, in the original too, what those behind it get
	for i := range s.params {
		p := &s.params[i]
		matched := args[given : given+counts[i]]
		given += counts[i]
		if len(matched) == 0 {
			if !p.context {
				valid = append(valid, arg(args, at))
				at++
				continue
			}
			if !p.anything && !p.takes(context) {
				return nil, &Error{Code: "T0411", value: context, index: at + 1}
			}
			valid = append(valid, context)
			continue
		}
		v := arg(args, at) // for all that a parameter of several arguments takes, unless they are made arrays
		for _, m := range matched {
			if p.array {
				var ok bool
				v = arg(args, at)
				if v, ok = r.wantedArray(p, v, m, matched); !ok {
					return nil, &Error{Code: "T0412", value: v, index: at + 1, typ: subtypeNames[p.subtype]}
				}
			}
			valid = append(valid, v)
			at++
		}
	}
	return valid, nil
}

// wantedArray makes an array of an argument where one is wanted; m is the argument that was held against the parameter, one of those
// that it matched.
func (r *run) wantedArray(p *parameter, v, m any, matched []any) (any, bool) {
	switch symbolOf(m) {
	case 'm':
		return nil, true
	case 'a':
		return v, r.itemsFit(p, v)
	}
	if p.subtype != "" && (len(matched) > 1 || p.subtype != string(symbolOf(m))) {
		return v, false
	}
	return &array{items: []any{v}}, true
}

// fitsAsIs tells whether the arguments need no change at all.
func (r *run) fitsAsIs(s *signature, args []any) bool {
	for i := range s.params {
		p := &s.params[i]
		if p.optional || p.more || p.array && args[i] != nil && (!isArray(args[i]) || !r.itemsFit(p, args[i])) {
			return false
		}
	}
	return true
}

var subtypeNames = map[string]string{
	"a": "arrays", "b": "booleans", "f": "functions", "n": "numbers", "o": "objects", "s": "strings",
}

// itemsFit tells whether all items of an array are of the type that is wanted.
func (r *run) itemsFit(p *parameter, v any) bool {
	if p.subtype == "" {
		return true
	}
	l, _ := asList(v)
	if l.n == 0 {
		return true
	}
	if l.made != nil && l.made.length > 0 {
		return p.subtype[0] == 'n'
	}
	r.work(l.n / 8)
	for i := range l.n {
		if symbolOf(l.at(i)) != p.subtype[0] {
			return false
		}
	}
	return true
}

// mismatch finds the first argument that does not fit.
func (s *signature) mismatch(args []any) error {
	good := 0
	counts := make([]int, len(s.params))
	for i := range s.params {
		m := matching{params: s.params[:i+1], args: args, counts: counts}
		end, ok := m.from(0, 0)
		if !ok {
			break
		}
		good = end
	}
	return badArgument(args, good)
}

func badArgument(args []any, i int) error {
	e := &Error{Code: "T0410", index: i + 1}
	if i < len(args) {
		e.value = args[i]
	}
	return e
}
