package jsonata

import (
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/dlclark/regexp2"

	"github.com/docflow-asl/docflow/asl/value"
)

// regex is a regular expression, which is also a function that finds a match.
type regex struct {
	source, flags string
	re            *regexp2.Regexp
}

// compileRegex takes a pattern of JavaScript.
func compileRegex(pattern, flags string) (*regex, error) {
	translated, err := translateRegex(pattern, strings.Contains(flags, "m"))
	if err != nil {
		return nil, err
	}
	options := regexp2.RegexOptions(regexp2.ECMAScript)
	if strings.Contains(flags, "i") {
		options |= regexp2.IgnoreCase
	}
	if strings.Contains(flags, "m") {
		options |= regexp2.Multiline
	}
	re, err := regexp2.Compile(translated, options)
	if err != nil {
		return nil, &patternError{pattern, flags, strings.TrimPrefix(err.Error(), "error parsing regexp: ")}
	}
	re.MatchTimeout = defaultRegexTime
	return &regex{source: pattern, flags: flags, re: re}, nil
}

func (x *regex) limit(d time.Duration) { x.re.MatchTimeout = d }

// subject is a string that is searched, as UTF-16 code units.
type subject struct {
	text  string
	units []rune
	ascii bool
}

// subject makes a string ready to be searched. Evaluations keep the buffer for units; one that a function of the expression might see
// again, by way of the next match, has its own.
func (r *run) subject(s string, shared bool) *subject {
	r.work(len(s) / 16)
	sub := &subject{text: s, ascii: isASCII(s)}
	if shared {
		sub.units = r.units[:0]
	}
	if sub.ascii {
		sub.units = slices.Grow(sub.units, len(s))[:len(s)]
		for i := range len(s) {
			sub.units[i] = rune(s[i])
		}
	} else {
		for _, u := range stringToUnits(s) {
			sub.units = append(sub.units, rune(u))
		}
	}
	if shared {
		r.units = sub.units
	}
	return sub
}

// slice is JavaScript's substring, which swaps its bounds when they are in the wrong order.
func (s *subject) slice(from, to int) string {
	from, to = min(max(from, 0), len(s.units)), min(max(to, 0), len(s.units))
	if from > to {
		from, to = to, from
	}
	if s.ascii {
		return s.text[from:to]
	}
	units := make([]uint16, 0, to-from)
	for _, u := range s.units[from:to] {
		units = append(units, uint16(u))
	}
	return unitsToString(units)
}

// match is what a regular expression, or a function in its place, has found.
type match struct {
	text       string
	start, end int // in UTF-16 code units
	groups     []any

	by   *regex   // what has found it, and where:
	in   *subject // of a function neither is known,
	call any      // but what gives the next match
}

// find looks for the first match from a position on.
func (r *run) find(x *regex, s *subject, from int) (*match, error) {
	m, err := r.search(x, s, from)
	if err != nil || m == nil {
		return nil, err
	}
	found := &match{start: m.Index, end: m.Index + m.Length, by: x, in: s, groups: make([]any, m.GroupCount()-1)}
	found.text = s.slice(found.start, found.end)
	for i := range found.groups {
		if g := m.GroupByNumber(i + 1); g != nil && len(g.Captures) > 0 {
			found.groups[i] = value.String(s.slice(g.Index, g.Index+g.Length))
		}
	}
	return found, nil
}

// next looks for the match behind this one.
func (m *match) next(r *run) (*match, error) {
	if m.by == nil {
		v, err := r.invoke(m.call)
		if err != nil {
			return nil, err
		}
		return r.matchOf(v)
	}
	if m.end >= len(m.in.units) {
		return nil, nil
	}
	next, err := r.find(m.by, m.in, m.end)
	if err == nil && next != nil && next.text == "" {
		return nil, &Error{Code: "D1004", value: value.String(m.by.source)}
	}
	return next, err
}

// longMatch is how long no ordinary match takes.
const longMatch = 2 * time.Millisecond

// search applies a regular expression from a position on, and counts the time. What takes long is done twice: most likely something
// else had the processor, which must not count.
func (r *run) search(x *regex, s *subject, from int) (*regexp2.Match, error) {
	if from > len(s.units) {
		return nil, nil
	}
	start := time.Now()
	m, err := x.search(s.units, max(from, 0), start)
	took := time.Since(start)
	if err == nil && took > longMatch {
		start = time.Now()
		m, err = x.search(s.units, max(from, 0), start)
		took = min(took, time.Since(start))
	}
	r.searching += took
	if err != nil || r.searching > 2*r.limits.RegexTime {
		return nil, limitError(ErrRegexTime)
	}
	return m, nil
}

// search tries again where the engine gave up before the time was over: it takes the time from a clock of its own, which stands
// still while other goroutines have all processors, and then jumps.
func (x *regex) search(units []rune, from int, start time.Time) (m *regexp2.Match, err error) {
	for range 4 {
		m, err = x.re.FindRunesMatchStartingAt(units, from)
		if err == nil || time.Since(start) >= x.re.MatchTimeout {
			break
		}
		start = time.Now()
	}
	return m, err
}

// regexCall is what a regular expression does when it is called as a function.
func (r *run) regexCall(x *regex, args []any) (any, error) {
	if len(args) == 0 {
		return nil, nil
	}
	text, err := r.coerced(args[0])
	if err != nil {
		return nil, err
	}
	from := 0
	if len(args) > 1 {
		number, err := r.coerced(args[1])
		if err != nil {
			return nil, err
		}
		f, _ := strconv.ParseFloat(number, 64) // 0 for what is no number
		from = int(min(max(f, 0), maxIndex))
	}
	m, err := r.find(x, r.subject(text, false), from)
	if err != nil {
		return nil, err
	}
	return matchValue(m), nil
}

const maxIndex = 1 << 50

// coerced is JavaScript's String(v).
func (r *run) coerced(v any) (string, error) {
	switch v := v.(type) {
	case nil:
		return "undefined", nil
	case value.String:
		return string(v), nil
	case value.Bool, value.Null:
		return value.Text(v.(value.Value)), nil
	}
	if f, ok := toFloat(v); ok {
		return formatNumber(f), nil
	}
	if !isArray(v) {
		return "[object Object]", nil
	}
	flat := &array{}
	if err := r.flatten(v, flat, 0); err != nil {
		return "", err
	}
	var b strings.Builder
	for i, item := range flat.items {
		if i > 0 {
			b.WriteByte(',')
		}
		if item == nil || item == (value.Null{}) {
			continue
		}
		text, err := r.coerced(item)
		if err != nil {
			return "", err
		}
		b.WriteString(text)
	}
	return b.String(), r.allocBytes(b.Len())
}

// matchValue is a match as the expression sees it.
func matchValue(m *match) any {
	if m == nil {
		return nil
	}
	o := &object{}
	o.set("match", value.String(m.text))
	o.set("start", float64(m.start))
	o.set("end", float64(m.end))
	o.set("groups", &array{items: m.groups})
	o.set("next", &native{plain: true, call: func(r *run, _ []any) (any, error) {
		next, err := m.next(r)
		return matchValue(next), err
	}})
	return o
}

// firstMatch applies a regular expression, or a function that acts as one.
func (r *run) firstMatch(f any, s *subject) (*match, error) {
	if x, ok := f.(*regex); ok {
		return r.find(x, s, 0)
	}
	v, err := r.invoke(f, value.String(s.text))
	if err != nil {
		return nil, err
	}
	return r.matchOf(v)
}

func (r *run) matchOf(v any) (*match, error) {
	if v == nil {
		return nil, nil
	}
	start, hasStart := toFloat(get(v, "start"))
	end, _ := toFloat(get(v, "end")) // the original does not look at its type
	groups, hasGroups := asList(get(v, "groups"))
	next := get(v, "next")
	if !hasStart && !hasGroups && !isFunction(next) {
		return nil, &Error{Code: "T1010"}
	}
	m := &match{start: int(start), end: int(end), call: next}
	m.text, _ = toString(get(v, "match"))
	for i := range groups.n {
		m.groups = append(m.groups, groups.at(i))
	}
	return m, nil
}

type patternError struct{ pattern, flags, reason string }

func (e *patternError) Error() string {
	return "Invalid regular expression: /" + e.pattern + "/" + e.flags + ": " + e.reason
}

// jsSpace is what \s means in JavaScript, for use inside brackets.
const jsSpace = `\t\n\v\f\r \u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff`

const lineEnds = `\n\r\u2028\u2029`

// translateRegex rewrites what means something else to the engine: dots and ends of lines, white space, named groups, characters
// beyond U+FFFF (which are two code units in JavaScript), and refuses what JavaScript does not know.
func translateRegex(pattern string, multiline bool) (string, error) {
	t := &regexTranslator{pattern: pattern, multiline: multiline, names: map[string]int{}}
	if err := t.findNames(); err != nil {
		return "", err
	}
	for t.pos < len(pattern) {
		if err := t.next(); err != nil {
			return "", err
		}
	}
	return t.out.String(), nil
}

type regexTranslator struct {
	pattern   string
	pos       int
	multiline bool
	class     bool // inside brackets
	names     map[string]int
	out       strings.Builder
}

func (t *regexTranslator) fail(reason string) error {
	return &patternError{t.pattern, "", reason}
}

// findNames numbers the named groups, since the engine would number them behind all others.
func (t *regexTranslator) findNames() error {
	group := 0
	class := false
	for i := 0; i < len(t.pattern); i++ {
		switch c := t.pattern[i]; {
		case c == '\\':
			i++
		case c == '[':
			class = true
		case c == ']':
			class = false
		case c == '(' && !class:
			rest := t.pattern[i+1:]
			if !strings.HasPrefix(rest, "?") {
				group++
				continue
			}
			if name, ok := groupName(rest); ok {
				group++
				if _, twice := t.names[name]; twice || name == "" {
					return t.fail("Invalid capture group name")
				}
				t.names[name] = group
			}
		}
	}
	return nil
}

// groupName reads the name in ?<name>.
func groupName(rest string) (string, bool) {
	if !strings.HasPrefix(rest, "?<") || strings.HasPrefix(rest, "?<=") || strings.HasPrefix(rest, "?<!") {
		return "", false
	}
	name, _, ok := strings.Cut(rest[2:], ">")
	return name, ok
}

func (t *regexTranslator) next() error {
	c := t.pattern[t.pos]
	switch {
	case c == '\\':
		return t.escape()
	case c >= utf8.RuneSelf:
		r, size := decode(t.pattern[t.pos:])
		t.pos += size
		t.rune(r)
		return nil
	case t.class:
		if c == ']' {
			t.class = false
		} else if c == '[' {
			t.out.WriteByte('\\')
		}
	case c == '[':
		if strings.HasPrefix(t.pattern[t.pos:], "[]") {
			t.pos += 2
			t.out.WriteString(`(?!)`)
			return nil
		}
		if strings.HasPrefix(t.pattern[t.pos:], "[^]") {
			t.pos += 3
			t.out.WriteString(`[\u0000-\uffff]`)
			return nil
		}
		t.class = true
	case c == '.':
		t.pos++
		t.out.WriteString("[^" + lineEnds + "]")
		return nil
	case c == '$':
		t.pos++
		if t.multiline {
			t.out.WriteString("(?=[" + lineEnds + `]|\z)`)
		} else {
			t.out.WriteString(`\z`)
		}
		return nil
	case c == '^' && t.multiline:
		t.pos++
		t.out.WriteString(`(?<=\A|[` + lineEnds + `])`)
		return nil
	case c == '(':
		return t.group()
	}
	t.out.WriteByte(c)
	t.pos++
	return nil
}

func (t *regexTranslator) group() error {
	rest := t.pattern[t.pos+1:]
	if name, ok := groupName(rest); ok {
		t.pos += len("(?<>") + len(name)
		t.out.WriteByte('(')
		return nil
	}
	if strings.HasPrefix(rest, "?") {
		known := false
		for _, p := range []string{"?:", "?=", "?!", "?<=", "?<!"} {
			known = known || strings.HasPrefix(rest, p)
		}
		if !known {
			return t.fail("Invalid group")
		}
	}
	t.out.WriteByte('(')
	t.pos++
	return nil
}

// rune writes a literal character, as its code units.
func (t *regexTranslator) rune(r rune) {
	if r < utf8.RuneSelf {
		t.out.WriteRune(r)
		return
	}
	for _, u := range stringToUnits(string(r)) {
		t.unit(u)
	}
}

func (t *regexTranslator) unit(u uint16) {
	const hex = "0123456789abcdef"
	t.out.WriteString(`\u`)
	for shift := 12; shift >= 0; shift -= 4 {
		t.out.WriteByte(hex[u>>shift&15])
	}
}

func (t *regexTranslator) escape() error {
	if t.pos+1 >= len(t.pattern) {
		return t.fail(`\ at end of pattern`)
	}
	r, size := decode(t.pattern[t.pos+1:])
	switch {
	case r == 's' || r == 'S':
		switch {
		case t.class && r == 's':
			t.out.WriteString(jsSpace)
		case t.class:
			t.out.WriteString(`\S`)
		case r == 's':
			t.out.WriteString("[" + jsSpace + "]")
		default:
			t.out.WriteString("[^" + jsSpace + "]")
		}
	case r == 'k' && len(t.names) > 0:
		name, _, ok := strings.Cut(strings.TrimPrefix(t.pattern[t.pos+2:], "<"), ">")
		number, known := t.names[name]
		if !ok || !known {
			return t.fail("Invalid named capture referenced")
		}
		t.out.WriteString(`(?:\` + formatNumber(float64(number)) + ")")
		t.pos += len(`\k<>`) + len(name)
		return nil
	case strings.ContainsRune("dDwWbBnrtvf0123456789xucC", r) || strings.ContainsRune(`^$\.*+?()[]{}|/-`, r):
		t.out.WriteString(t.pattern[t.pos : t.pos+1+size])
	case r < utf8.RuneSelf: // any other escaped character is that character; to the engine \A, \z, \p mean something
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			t.out.WriteRune(r)
		} else {
			t.out.WriteString(`\` + string(r))
		}
	default:
		t.rune(r)
	}
	t.pos += 1 + size
	return nil
}
