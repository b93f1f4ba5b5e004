package jsonpath

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"
)

// Limits of Parse. Both are ours: AWS names none for paths (a definition ends at 1 MB).
const (
	MaxLength = 100_000 // bytes of a path
	MaxDepth  = 100     // nesting of filters, parentheses, negations, literals and arguments
)

// Dialect says whose paths are read.
type Dialect uint8

// The dialects.
const (
	StepFunctions Dialect = iota // what Step Functions reads
	Jayway                       // what the Java library reads: no $$ and no variables, a missing `$.` is put in front; and what it throws
)

// Parse reads a path of Step Functions. Errors are *SyntaxError.
func Parse(text string) (*Path, error) { return ParseDialect(text, StepFunctions) }

// ParseDialect reads a path of the given dialect. Errors are *SyntaxError.
func ParseDialect(text string, dialect Dialect) (path *Path, err error) {
	defer func() {
		if fault := recover(); fault != nil {
			path, err = nil, &SyntaxError{0, fmt.Sprint(internal, fault)}
		}
	}()
	if len(text) > MaxLength {
		return nil, &SyntaxError{MaxLength, fmt.Sprintf("a path of %d bytes; at most %d are read", len(text), MaxLength)}
	}
	if !utf8.ValidString(text) {
		return nil, &SyntaxError{validPrefix(text), "a byte that is not UTF-8"}
	}
	p := &parser{text: text, end: len(strings.TrimRight(text, " ")), dialect: dialect}
	if path, err = p.path(false); err != nil {
		return nil, err
	}
	path.text = text
	return path, nil
}

func validPrefix(text string) int {
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && n == 1 {
			return i
		}
		i += n
	}
	return len(text)
}

// MustParse is Parse for texts known to be right, such as those in tests; it panics on an error.
func MustParse(text string) *Path {
	p, err := Parse(text)
	if err != nil {
		panic(err)
	}
	return p
}

// parser reads text[pos:end]. Offsets in errors and nodes are those in text.
type parser struct {
	text    string
	pos     int
	end     int
	dialect Dialect
	depth   int
}

func (p *parser) errorf(at int, format string, args ...any) error {
	return &SyntaxError{at, fmt.Sprintf(format, args...)}
}

// found describes what stands at an offset.
func (p *parser) found(at int) string {
	if at >= p.end {
		if at < len(p.text) && p.end < len(strings.TrimRight(p.text, " ")) {
			return "end of the inner path"
		}
		return "end of path"
	}
	r, _ := utf8.DecodeRuneInString(p.text[at:])
	return strconv.Quote(string(r))
}

// peek returns the byte at the current position, 0 at the end.
func (p *parser) peek() byte { return p.at(p.pos) }

func (p *parser) at(i int) byte {
	if i < p.end {
		return p.text[i]
	}
	return 0
}

// blanks skips spaces; like Jayway it takes no other white space.
func (p *parser) blanks() {
	for p.peek() == ' ' {
		p.pos++
	}
}

func (p *parser) enter() error {
	if p.depth++; p.depth > MaxDepth {
		return p.errorf(p.pos, "nested deeper than %d", MaxDepth)
	}
	return nil
}

func (p *parser) leave() { p.depth-- }

// path reads from the current position to the end. Inside a filter it may start with @.
func (p *parser) path(inFilter bool) (*Path, error) {
	path := &Path{Offset: p.pos, dialect: p.dialect}
	if err := p.root(path, inFilter); err != nil {
		return nil, err
	}
	if p.pos < p.end && p.peek() != '.' && p.peek() != '[' {
		if inFilter && path.Root == RootData && p.dialect == StepFunctions {
			return nil, p.errorf(p.pos, "%s where '.' or '[' should be; inside a filter, $ is the filtered document, and variables and $$ cannot be read", p.found(p.pos))
		}
		return nil, p.errorf(p.pos, "%s where '.' or '[' should be", p.found(p.pos))
	}
	for p.pos < p.end {
		if err := p.step(path); err != nil {
			return nil, err
		}
		if n := len(path.Steps); n > 1 && path.Steps[n-1].Kind == Function && path.Steps[n-2].Kind == Descend {
			return nil, p.errorf(path.Steps[n-1].Offset, "a function right after '..'; a name, '*' or '[' must stand between them")
		}
	}
	if n := len(path.Steps); n > 0 && path.Steps[n-1].Kind == Descend {
		return nil, p.errorf(p.pos, "the path ends with '..'; a name, '*' or '[' must follow")
	}
	path.End = p.end
	path.text = p.text[path.Offset:path.End]
	path.finish()
	return path, nil
}

func (p *parser) root(path *Path, inFilter bool) error {
	switch {
	case p.peek() == '@' && (inFilter || p.dialect == Jayway):
		path.Root = RootItem
		p.pos++
		return nil
	case p.dialect == Jayway && p.peek() != '$' && !inFilter:
		if p.pos == p.end {
			return p.errorf(p.pos, "the path is empty")
		}
		return p.nameOrFunction(path, p.pos)
	case p.peek() != '$':
		if p.pos == p.end {
			return p.errorf(p.pos, "the path is empty; it must start with $")
		}
		return p.errorf(p.pos, "%s where the path must start with $", p.found(p.pos))
	}
	p.pos++
	if inFilter || p.dialect == Jayway {
		return nil
	}
	if p.peek() == '$' {
		path.Root = RootContext
		p.pos++
		return nil
	}
	if start := p.pos; p.pos < p.end {
		for p.pos < p.end {
			r, size := utf8.DecodeRuneInString(p.text[p.pos:p.end])
			if !nameRune(r, p.pos == start) {
				break
			}
			p.pos += size
		}
		if p.pos > start {
			path.Root, path.Variable = RootVariable, p.text[start:p.pos]
		}
	}
	return nil
}

// nameRune tells whether a variable's name may hold the character: ID_Start first, ID_Continue after it (Unicode UAX #31).
func nameRune(r rune, first bool) bool {
	if unicode.IsLetter(r) || unicode.Is(unicode.Nl, r) || unicode.Is(unicode.Other_ID_Start, r) {
		return true
	}
	return !first && (unicode.In(r, unicode.Mn, unicode.Mc, unicode.Nd, unicode.Pc) || unicode.Is(unicode.Other_ID_Continue, r))
}

// step reads one step, and the name behind a dot with it.
func (p *parser) step(path *Path) error {
	start := p.pos
	if p.peek() == '.' {
		p.pos++
		if p.peek() == '.' {
			p.pos++
			path.Steps = append(path.Steps, Step{Kind: Descend, Offset: start, End: p.pos})
			start = p.pos
		}
		switch p.peek() {
		case '.':
			return p.errorf(p.pos, "one dot too many; a name, '*' or '[' must follow")
		case 0:
			return p.errorf(p.pos, "the path ends with a dot; a name, '*' or '[' must follow")
		}
	}
	switch p.peek() {
	case '[':
		return p.bracket(path)
	case '*':
		p.pos++
		path.Steps = append(path.Steps, Step{Kind: Wildcard, Offset: start, End: p.pos})
		return nil
	}
	return p.nameOrFunction(path, start)
}

// nameOrFunction reads a name, which ends at a dot, '[' or the end, or the call of a function.
func (p *parser) nameOrFunction(path *Path, start int) error {
	begin := p.pos
	for p.pos < p.end {
		switch p.text[p.pos] {
		case ' ':
			return p.errorf(p.pos, "a blank in a name; write ['…'] for names with blanks")
		case '.', '[':
			return p.name(path, start, begin)
		case '(':
			return p.call(path, start, p.text[begin:p.pos])
		}
		p.pos++
	}
	return p.name(path, start, begin)
}

func (p *parser) name(path *Path, start, begin int) error {
	if begin == p.pos {
		return p.errorf(p.pos, "%s where a name should be", p.found(p.pos))
	}
	path.Steps = append(path.Steps, Step{Kind: Name, Offset: start, End: p.pos, Names: []string{p.text[begin:p.pos]}})
	return nil
}

func (p *parser) bracket(path *Path) error {
	start := p.pos
	p.pos++
	p.blanks()
	step := Step{Offset: start}
	var err error
	switch c := p.peek(); {
	case c == '\'' || c == '"':
		err = p.quotedNames(&step)
	case c == '*':
		p.pos++
		p.blanks()
		step.Kind = Wildcard
		err = p.expect(']', "']' after '*'")
	case c == '?':
		err = p.filter(&step)
	case c == '-' || c == ':' || '0' <= c && c <= '9':
		err = p.positions(&step)
	default:
		err = p.errorf(p.pos, "%s where a name in quotes, an index, '*' or '?(' should be", p.found(p.pos))
	}
	if err != nil {
		return err
	}
	step.End = p.pos
	path.Steps = append(path.Steps, step)
	return nil
}

func (p *parser) expect(c byte, what string) error {
	if p.peek() != c || p.pos >= p.end {
		return p.errorf(p.pos, "%s where %s should be", p.found(p.pos), what)
	}
	p.pos++
	return nil
}

// quotedNames reads 'a','b'] with either kind of quotes.
func (p *parser) quotedNames(step *Step) error {
	quote := p.peek()
	for {
		if p.peek() != quote {
			return p.errorf(p.pos, "%s where a name in %c quotes should be", p.found(p.pos), quote)
		}
		name, err := p.quotedName()
		if err != nil {
			return err
		}
		step.Names = append(step.Names, name)
		p.blanks()
		if p.peek() == ']' {
			p.pos++
			step.Kind, step.Quoted = Names, true
			if len(step.Names) == 1 {
				step.Kind = Name
			}
			return nil
		}
		if err := p.expect(',', "',' or ']'"); err != nil {
			return err
		}
		p.blanks()
	}
}

// quotedName reads a name in the quotes that stand at the current position.
func (p *parser) quotedName() (string, error) {
	if p.dialect == Jayway {
		return p.quoted()
	}
	quote := string(p.peek())
	raw, err := p.rawQuoted()
	// Recorded on AWS: ['Test\""Name"'] finds the member whose name holds the backslash, which Jayway 2.10 would drop.
	// So a backslash stands for itself, but before the quote that would end the name.
	return strings.ReplaceAll(raw, `\`+quote, quote), err
}

// quoted reads a string in the quotes that stand at the current position and resolves its escapes.
func (p *parser) quoted() (string, error) {
	start := p.pos + 1
	raw, err := p.rawQuoted()
	if err != nil {
		return "", err
	}
	s, bad := unescape(raw)
	if bad >= 0 {
		return "", p.errorf(start+bad, `\u must be followed by four hexadecimal digits`)
	}
	return s, nil
}

// rawQuoted returns what stands between the quotes. A backslash takes the meaning from the next character.
func (p *parser) rawQuoted() (string, error) {
	start, quote := p.pos, p.peek()
	for i := start + 1; i < p.end; i++ {
		switch p.text[i] {
		case '\\':
			i++
		case quote:
			p.pos = i + 1
			return p.text[start+1 : i], nil
		}
	}
	return "", p.errorf(start, "the closing %c is missing", quote)
}

// positions reads 1,2] or 1:2].
func (p *parser) positions(step *Step) error {
	start := p.pos
	length := strings.IndexByte(p.text[start:p.end], ']')
	if length < 0 {
		return p.errorf(p.end, "the closing ] is missing")
	}
	expr := strings.TrimRight(p.text[start:start+length], " ")
	p.pos = start + length + 1
	for i := range len(expr) {
		if c := expr[i]; (c < '0' || c > '9') && c != ',' && c != '-' && c != ':' && c != ' ' {
			return p.errorf(start+i, "%s in an index; write [0], [-1], [0,2], [1:3] or a name in quotes", p.found(start+i))
		}
	}
	if strings.Contains(expr, ":") {
		return p.slice(step, start, expr)
	}
	step.Kind = Indexes
	at := start
	for part := range strings.SplitSeq(expr, ",") {
		if text := strings.TrimSpace(part); text != "" || at+len(part) < start+len(expr) {
			index, err := p.integer(at, text)
			if err != nil {
				return err
			}
			step.Indexes = append(step.Indexes, index)
		} // like Java's split, Jayway drops what is empty at the end: [1,] is [1]
		at += len(part) + 1
	}
	if len(step.Indexes) == 1 {
		step.Kind = Index
	}
	return nil
}

// slice reads from:to. A third part is dropped: Jayway has no steps and does not say so ([0:4:2] is [0:4]).
func (p *parser) slice(step *Step, start int, expr string) error {
	if i := strings.IndexAny(expr, ", "); i >= 0 {
		return p.errorf(start+i, "%s in a slice; write [1:], [:2] or [1:3]", p.found(start+i))
	}
	step.Kind = Slice
	from, rest, _ := strings.Cut(expr, ":")
	to, _, _ := strings.Cut(rest, ":")
	var err error
	if from != "" {
		if step.Bounds.From, err = p.integer(start, from); err != nil {
			return err
		}
		step.Bounds.HasFrom = true
	}
	if to != "" {
		if step.Bounds.To, err = p.integer(start+len(from)+1, to); err != nil {
			return err
		}
		step.Bounds.HasTo = true
	}
	if from == "" && to == "" {
		return p.errorf(start, "a slice without ends; write [1:], [:2], [1:3], or [*] for all")
	}
	return nil
}

// integer reads an int32, the width of Java's int.
func (p *parser) integer(at int, text string) (int, error) {
	i, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return 0, p.errorf(at, "%q where an integer of 32 bits should be", text)
	}
	return int(i), nil
}

// unescape resolves \n, \r, \t, \b, \f and \uXXXX; a backslash before any other character is dropped.
// The second result is the offset of a \u that is not followed by four hexadecimal digits, or -1.
func unescape(s string) (string, int) {
	if !strings.Contains(s, `\`) {
		return s, -1
	}
	var units []uint16 // UTF-16, so that \ud83d\ude00 becomes one character
	var b strings.Builder
	flush := func() {
		b.WriteString(string(utf16.Decode(units)))
		units = units[:0]
	}
	for i := 0; i < len(s); i++ {
		if s[i] != '\\' || i+1 == len(s) {
			flush()
			b.WriteByte(s[i])
			continue
		}
		i++
		if s[i] == 'u' {
			if i+5 > len(s) {
				return "", i - 1
			}
			unit, err := strconv.ParseUint(s[i+1:i+5], 16, 16)
			if err != nil {
				return "", i - 1
			}
			units = append(units, uint16(unit))
			i += 4
			continue
		}
		flush()
		if at := strings.IndexByte("nrtbf", s[i]); at >= 0 {
			b.WriteByte("\n\r\t\b\f"[at])
		} else {
			b.WriteByte(s[i])
		}
	}
	flush()
	return b.String(), -1
}
