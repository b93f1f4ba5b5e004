package intrinsic

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/asl/jsonpath"
	"github.com/docflow-asl/docflow/asl/nearest"
	"github.com/docflow-asl/docflow/asl/value"
)

// MaxNesting is how deep calls may stand inside each other ("You can nest up to 10 intrinsic functions within a field").
const MaxNesting = 10

// MaxLength is the length of the longest text that Parse reads, in bytes: that of the longest definition.
const MaxLength = 1 << 20

// Parse reads a call that takes up the whole text, but for blanks behind it. Errors are *SyntaxError, or *ArityError for the first call with a wrong number of
// arguments; with an *ArityError the call is returned too.
func Parse(text string) (call *Call, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			call, err = nil, &SyntaxError{0, fmt.Sprint(internal, fault)}
		}
	}()
	if len(text) > MaxLength {
		return nil, &SyntaxError{MaxLength, fmt.Sprintf("a text of %d bytes; at most %d are read", len(text), MaxLength)}
	}
	if !utf8.ValidString(text) {
		return nil, &SyntaxError{invalidByte(text), "a byte that is not UTF-8"}
	}
	p := &parser{text: text}
	if call, err = p.call(1); err != nil {
		return nil, err
	}
	if p.blanks(); p.pos < len(text) {
		return nil, p.errorf(p.pos, "%s after the end of the call", p.found(p.pos))
	}
	if p.arity != nil {
		return call, p.arity
	}
	return call, nil
}

// invalidByte returns the offset of the first byte that is not UTF-8.
func invalidByte(text string) int {
	for i, r := range text {
		if r == utf8.RuneError && !strings.HasPrefix(text[i:], "\ufffd") {
			return i
		}
	}
	return len(text)
}

// MustParse is Parse for texts known to be right, such as those in tests; it panics on an error.
func MustParse(text string) *Call {
	call, err := Parse(text)
	if err != nil {
		panic(err)
	}
	return call
}

type parser struct {
	text  string
	pos   int
	args  int
	arity *ArityError // the first
}

func (p *parser) errorf(at int, format string, args ...any) error {
	return &SyntaxError{at, fmt.Sprintf(format, args...)}
}

func (p *parser) found(at int) string {
	if at >= len(p.text) {
		return "end of text"
	}
	r, _ := utf8.DecodeRuneInString(p.text[at:])
	return strconv.Quote(string(r))
}

func (p *parser) peek() byte {
	if p.pos < len(p.text) {
		return p.text[p.pos]
	}
	return 0
}

func (p *parser) blanks() {
	for p.pos < len(p.text) && strings.IndexByte(" \t\r\n", p.text[p.pos]) >= 0 {
		p.pos++
	}
}

// call reads States.Name(…).
func (p *parser) call(depth int) (*Call, error) {
	start := p.pos
	if depth > MaxNesting {
		return nil, p.errorf(start, "calls nested deeper than %d", MaxNesting)
	}
	if !IsIntrinsic(p.text[start:]) {
		return nil, p.errorf(start, "%s where a function such as States.Format should be", p.found(start))
	}
	for p.pos < len(p.text) && nameByte(p.text[p.pos]) {
		p.pos++
	}
	name := p.text[start:p.pos]
	signature, ok := SignatureOf(name)
	if !ok {
		return nil, p.errorf(start, "unknown function %q%s", name, suggestion(name))
	}
	if p.peek() != '(' {
		return nil, p.errorf(p.pos, "%s where '(' should be after %s", p.found(p.pos), name)
	}
	p.pos++
	call := &Call{Function: name, Offset: start}
	if err := p.arguments(call, depth); err != nil {
		return nil, err
	}
	call.End = p.pos
	call.text = p.text[start:p.pos]
	if n := len(call.Args); (n < signature.Min || signature.Max >= 0 && n > signature.Max) && (p.arity == nil || start < p.arity.Offset) {
		p.arity = &ArityError{Offset: start, Function: name, Got: n, Min: signature.Min, Max: signature.Max}
	}
	if name == "States.Format" && len(call.Args) > 0 && call.Args[0].isString() {
		// A wrong template is no syntax error: AWS takes the definition and fails when it evaluates the call.
		call.template, _ = splitTemplate(call.Args[0].raw)
	}
	return call, nil
}

func nameByte(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || c == '.' || c == '_'
}

// arguments reads what stands between the parentheses, and the closing one.
func (p *parser) arguments(call *Call, depth int) error {
	p.blanks()
	if p.peek() == ')' {
		p.pos++
		return nil
	}
	for {
		arg, err := p.argument(depth)
		if err != nil {
			return err
		}
		if p.args++; p.args > MaxArguments {
			return p.errorf(arg.Offset, "more than %d arguments in all", MaxArguments)
		}
		call.Args = append(call.Args, arg)
		p.blanks()
		switch p.peek() {
		case ',':
			p.pos++
			p.blanks()
		case ')':
			p.pos++
			return nil
		default:
			return p.errorf(p.pos, "%s where ',' or ')' should be", p.found(p.pos))
		}
	}
}

func (p *parser) argument(depth int) (Arg, error) {
	arg := Arg{Offset: p.pos}
	var err error
	switch c := p.peek(); {
	case c == '\'':
		arg.raw, err = p.quoted()
		arg.Literal = value.String(literalEscapes.Replace(arg.raw))
	case c == '$':
		arg.Path, err = p.path()
	case c == 'S':
		arg.Call, err = p.call(depth + 1)
	case c == '-' || '0' <= c && c <= '9' || 'a' <= c && c <= 'z':
		arg.Literal, err = p.word()
	case c == '"':
		err = p.errorf(p.pos, `'"' where an argument should be; strings stand in single quotes`)
	default:
		err = p.errorf(p.pos, "%s where an argument should be: a path, a string in single quotes, a number, true, false, null or a function", p.found(p.pos))
	}
	arg.End = p.pos
	return arg, err
}

var literalEscapes = strings.NewReplacer(`\'`, `'`, `\\`, `\`, `\{`, `{`, `\}`, `}`)

// quoted reads a string in single quotes and returns what stands between them. Only the four escapes are right: AWS was recorded
// to reject definitions with \" and \n.
func (p *parser) quoted() (string, error) {
	start := p.pos + 1
	for i := start; i < len(p.text); i++ {
		switch p.text[i] {
		case '\'':
			p.pos = i + 1
			return p.text[start:i], nil
		case '\\':
			if i+1 < len(p.text) && strings.IndexByte(`'\{}`, p.text[i+1]) < 0 {
				r, _ := utf8.DecodeRuneInString(p.text[i+1:])
				return "", p.errorf(i, `unknown escape \%c; there are \' \\ \{ and \}`, r)
			}
			i++
		}
	}
	return "", p.errorf(start-1, "the closing ' is missing")
}

// word reads a number, true, false or null.
func (p *parser) word() (value.Value, error) {
	start := p.pos
	for p.pos < len(p.text) && (nameByte(p.text[p.pos]) || p.text[p.pos] == '-' || p.text[p.pos] == '+') {
		p.pos++
	}
	text := p.text[start:p.pos]
	v, err := value.Parse(text)
	if err != nil {
		if IsIntrinsic("S" + text[1:]) {
			return nil, p.errorf(start, "unknown function %q%s", text, suggestion(text))
		}
		return nil, p.errorf(start, "%q is no number, true, false or null; strings stand in single quotes", text)
	}
	return v, nil
}

// path reads a path, which ends at the next ',' or ')' outside of brackets, parentheses and quotes.
func (p *parser) path() (*jsonpath.Path, error) {
	start := p.pos
	depth := 0
	i := start
scan:
	for ; i < len(p.text); i++ {
		switch c := p.text[i]; c {
		case '\'', '"':
			if depth == 0 {
				continue // part of a name
			}
			for i++; i < len(p.text) && p.text[i] != c; i++ {
				if p.text[i] == '\\' {
					i++
				}
			}
		case '[', '(':
			depth++
		case ']':
			depth--
		case ')':
			if depth <= 0 {
				break scan
			}
			depth--
		case ',':
			if depth <= 0 {
				break scan
			}
		}
	}
	i = min(i, len(p.text))
	p.pos = i
	path, err := jsonpath.Parse(strings.TrimRight(p.text[start:i], " \t\r\n"))
	if err != nil {
		var syntax *jsonpath.SyntaxError
		if errors.As(err, &syntax) {
			return nil, p.errorf(start+syntax.Offset, "invalid JSONPath: %s", syntax.Message)
		}
		return nil, p.errorf(start, "invalid JSONPath: %v", err)
	}
	p.pos = start + len(path.String())
	return path, nil
}

func (a *Arg) isString() bool {
	_, ok := a.Literal.(value.String)
	return ok
}

// suggestion returns `; did you mean …?` for a name that is close to that of a function, else the list of all.
func suggestion(name string) string {
	if best := nearest.Name(name, Functions()); best != "" {
		return fmt.Sprintf("; did you mean %s?", best)
	}
	return "; there are " + strings.Join(Functions(), ", ")
}
