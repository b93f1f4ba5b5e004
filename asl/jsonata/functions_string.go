package jsonata

import (
	"math"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/language"

	"github.com/docflow-asl/docflow/asl/value"
)

func stringFunctions() map[string]*builtin {
	return map[string]*builtin{
		"string":             define("<x-b?:s>", 1, stringFunction),
		"substring":          define("<s-nn?:s>", 3, substring),
		"substringBefore":    define("<s-s:s>", 2, substringBefore),
		"substringAfter":     define("<s-s:s>", 2, substringAfter),
		"lowercase":          define("<s-:s>", 1, onString(lower)),
		"uppercase":          define("<s-:s>", 1, onString(upper)),
		"length":             define("<s-:n>", 1, length),
		"trim":               define("<s-:s>", 1, onString(trim)),
		"pad":                define("<s-ns?:s>", 3, pad),
		"contains":           define("<s-(sf):b>", 2, contains),
		"join":               define("<a<s>s?:s>", 2, join),
		"match":              define("<s-f<s:o>n?:a<o>>", 3, matchFunction),
		"replace":            define("<s-(sf)(sf)n?:s>", 4, replace),
		"split":              define("<s-(sf)n?:a<s>>", 3, split),
		"base64encode":       define("<s-:s>", 1, onString(base64Encode)),
		"base64decode":       define("<s-:s>", 1, onString(base64Decode)),
		"encodeUrl":          define("<s-:s>", 1, urlEncoder(urlReserved+urlUnreserved)),
		"encodeUrlComponent": define("<s-:s>", 1, urlEncoder(urlUnreserved)),
		"decodeUrl":          define("<s-:s>", 1, urlDecoder(urlReserved)),
		"decodeUrlComponent": define("<s-:s>", 1, urlDecoder("")),
	}
}

// onString makes a function of one that maps a string; undefined stays undefined.
func onString(f func(string) string) nativeFunc {
	return func(r *run, args []any) (any, error) {
		s, ok := toString(arg(args, 0))
		if !ok {
			return nil, nil
		}
		if err := r.step(len(s) / 4); err != nil {
			return nil, err
		}
		mapped := f(s)
		return value.String(mapped), r.allocBytes(len(mapped))
	}
}

func lower(s string) string {
	if isASCII(s) {
		return strings.ToLower(s)
	}
	return cases.Lower(language.Und).String(s)
}

func upper(s string) string {
	if isASCII(s) {
		return strings.ToUpper(s)
	}
	return cases.Upper(language.Und).String(s)
}

func stringFunction(r *run, args []any) (any, error) {
	v := arg(args, 0)
	if v == nil {
		return nil, nil
	}
	pretty, _ := toBool(arg(args, 1))
	s, err := r.stringOf(v, pretty)
	return value.String(s), err
}

// toIndex is how JavaScript's slice reads a bound: cut to an integer, negative ones from the end.
func toIndex(f float64, n int) int {
	switch f = math.Trunc(f); {
	case math.IsNaN(f):
		return 0
	case f < 0:
		return int(math.Max(f+float64(n), 0))
	}
	return int(math.Min(f, float64(n)))
}

func substring(r *run, args []any) (any, error) {
	s, ok := toString(arg(args, 0))
	if !ok {
		return nil, nil
	}
	if err := r.step(len(s) / 8); err != nil {
		return nil, err
	}
	start, ok := toFloat(arg(args, 1))
	if !ok {
		start = math.NaN() // what JavaScript makes of undefined
	}
	parts := points(s)
	n := len(parts)
	if float64(n)+start < 0 {
		start = 0
	}
	from, to := toIndex(start, n), n
	if size, ok := toFloat(arg(args, 2)); ok {
		if size <= 0 {
			return value.String(""), nil
		}
		end := start + size
		if !(start >= 0) {
			end += float64(n)
		}
		to = toIndex(end, n)
	}
	if from >= to {
		return value.String(""), nil
	}
	text := strings.Join(parts[from:to], "")
	return value.String(text), r.allocBytes(len(text))
}

// searched is the text that a search looks for; undefined is looked for by its name, as in JavaScript.
func searched(v any) string {
	if s, ok := toString(v); ok {
		return s
	}
	return "undefined"
}

func substringBefore(r *run, args []any) (any, error) {
	s, ok := toString(arg(args, 0))
	if !ok {
		return nil, nil
	}
	r.work(len(s) / 512)
	before, _, _ := strings.Cut(s, searched(arg(args, 1)))
	return value.String(before), nil
}

func substringAfter(r *run, args []any) (any, error) {
	s, ok := toString(arg(args, 0))
	if !ok {
		return nil, nil
	}
	r.work(len(s) / 512)
	if _, after, found := strings.Cut(s, searched(arg(args, 1))); found {
		return value.String(after), nil
	}
	return value.String(s), nil
}

func length(r *run, args []any) (any, error) {
	s, ok := toString(arg(args, 0))
	if !ok {
		return nil, nil
	}
	return float64(pointLength(s)), r.step(len(s) / 32)
}

func trim(s string) string {
	var b strings.Builder
	blank := false
	for i := range len(s) {
		switch c := s[i]; c {
		case ' ', '\t', '\n', '\r':
			blank = true
		default:
			if blank && b.Len() > 0 {
				b.WriteByte(' ')
			}
			blank = false
			b.WriteByte(c)
		}
	}
	return b.String()
}

func pad(r *run, args []any) (any, error) {
	s, ok := toString(arg(args, 0))
	if !ok {
		return nil, nil
	}
	width, _ := toFloat(arg(args, 1))
	fill, _ := toString(arg(args, 2))
	if fill == "" {
		fill = " "
	}
	r.work(len(s) / 32)
	missing := math.Abs(width) - float64(pointLength(s))
	if !(missing > 0) {
		return value.String(s), nil
	}
	if missing != math.Trunc(missing) {
		return nil, &Error{Code: CodeFunction, Message: "Invalid array length"} // the original throws a RangeError without a code
	}
	if missing > float64(r.limits.Bytes) || r.set.states && missing > statesPadding {
		return nil, limitError(ErrBytes)
	}
	if err := r.allocBytes(int(missing) * len(fill)); err != nil {
		return nil, err
	}
	padding := strings.Repeat(fill, int(missing))
	if pointLength(fill) > 1 {
		padding = strings.Join(points(padding)[:int(missing)], "")
	}
	if width > 0 {
		return value.String(s + padding), nil
	}
	return value.String(padding + s), nil
}

func contains(r *run, args []any) (any, error) {
	s, ok := toString(arg(args, 0))
	if !ok {
		return nil, nil
	}
	if f := arg(args, 1); isFunction(f) {
		return r.matches(f, s)
	}
	if arg(args, 1) == nil {
		return nil, errNoPattern()
	}
	r.work(len(s) / 512)
	return value.Bool(strings.Contains(s, searched(arg(args, 1)))), nil
}

func isRegex(v any) bool {
	_, ok := v.(*regex)
	return ok
}

// errNoPattern is the failure of a search for undefined, in which the original runs into an error of JavaScript.
func errNoPattern() *Error {
	return &Error{Code: CodeFunction, Message: "there is no string or pattern to look for: the argument is undefined"}
}

// matches tells whether a regular expression, or a function that acts as one, finds something: anything but undefined, even false.
func (r *run) matches(f any, s string) (any, error) {
	if x, ok := f.(*regex); ok {
		m, err := r.search(x, r.subject(s, true), 0)
		return value.Bool(m != nil), err
	}
	v, err := r.invoke(f, value.String(s))
	if err != nil || !truthy(v) {
		return value.Bool(v != nil), err
	}
	_, err = r.matchOf(v)
	return value.Bool(true), err
}

func join(r *run, args []any) (any, error) {
	l, ok := asList(arg(args, 0))
	if !ok {
		return nil, nil
	}
	between, ok := toString(arg(args, 1))
	if !ok && arg(args, 1) == nil {
		between = ""
	}
	if err := r.step(l.n / 4); err != nil {
		return nil, err
	}
	parts := make([]string, l.n)
	size := 0
	for i := range parts {
		parts[i], _ = toString(l.at(i))
		size += len(parts[i]) + len(between)
	}
	if err := r.allocBytes(size); err != nil {
		return nil, err
	}
	return value.String(joinSurrogates(strings.Join(parts, between))), nil
}

// limitArgument reads the argument that bounds a number of matches.
func limitArgument(v any, index int, code string) (limit float64, err error) {
	f, ok := toFloat(v)
	if !ok {
		return math.Inf(1), nil
	}
	if f < 0 {
		return 0, &Error{Code: code, value: v, index: index}
	}
	return f, nil
}

// eachMatch visits up to limit matches.
func (r *run) eachMatch(f any, s *subject, limit float64, visit func(*match) error) (count int, err error) {
	if !(limit > 0) {
		return 0, nil
	}
	m, err := r.firstMatch(f, s)
	for err == nil && m != nil && float64(count) < limit {
		if err = r.step(1 + len(m.text)/16); err != nil {
			break
		}
		if err = visit(m); err != nil {
			break
		}
		m, err = m.next(r)
		count++
	}
	return count, err
}

func matchFunction(r *run, args []any) (any, error) {
	s, ok := toString(arg(args, 0))
	if !ok {
		return nil, nil
	}
	limit, err := limitArgument(arg(args, 2), 3, "D3040")
	if err != nil {
		return nil, err
	}
	result := newSequence()
	_, err = r.eachMatch(arg(args, 1), r.subject(s, isRegex(arg(args, 1))), limit, func(m *match) error {
		o := &object{}
		o.set("match", value.String(m.text))
		o.set("index", float64(m.start))
		o.set("groups", &array{items: m.groups})
		result.push(o)
		return r.found(result)
	})
	if err != nil {
		return nil, err
	}
	return result, nil
}

func split(r *run, args []any) (any, error) {
	s, ok := toString(arg(args, 0))
	if !ok {
		return nil, nil
	}
	limit, err := limitArgument(arg(args, 2), 3, "D3020")
	if err != nil {
		return nil, err
	}
	result := &array{}
	if !(limit > 0) {
		return result, nil
	}
	if f := arg(args, 1); isFunction(f) {
		sub := r.subject(s, isRegex(f))
		start := 0
		count, err := r.eachMatch(f, sub, limit, func(m *match) error {
			result.push(value.String(sub.slice(start, m.start)))
			start = m.end
			return r.found(result)
		})
		if err != nil {
			return nil, err
		}
		if float64(count) < limit {
			result.push(value.String(sub.slice(start, len(sub.units))))
		}
		return result, nil
	}
	if arg(args, 1) == nil {
		return nil, errNoPattern()
	}
	separator := searched(arg(args, 1))
	n := strings.Count(s, separator) + 1
	if separator == "" {
		n = unitLength(s)
	}
	n = int(min(float64(n), math.Trunc(limit)))
	if err := r.alloc(n + len(s)/64); err != nil {
		return nil, err
	}
	result.items = make([]any, 0, n)
	if separator == "" {
		for _, u := range stringToUnits(s)[:n] {
			result.push(value.String(unitsToString([]uint16{u})))
		}
		return result, r.step(n / 2)
	}
	for range n {
		part, rest, _ := strings.Cut(s, separator)
		result.push(value.String(part))
		s = rest
	}
	return result, r.step(n / 2)
}

// found counts a match that was added to a result.
func (r *run) found(result *array) error {
	if len(result.items) > r.limits.Items {
		return limitError(ErrItems)
	}
	return r.step(50)
}

func replace(r *run, args []any) (any, error) {
	s, ok := toString(arg(args, 0))
	if !ok {
		return nil, nil
	}
	pattern, replacement := arg(args, 1), arg(args, 2)
	if p, ok := toString(pattern); ok && p == "" {
		return nil, &Error{Code: "D3010", value: pattern, index: 2}
	}
	limit, err := limitArgument(arg(args, 3), 4, "D3011")
	if err != nil {
		return nil, err
	}
	if !(limit > 0) {
		return value.String(s), nil
	}
	if pattern == nil {
		return nil, errNoPattern()
	}
	var b strings.Builder
	if !isFunction(pattern) {
		p, with := searched(pattern), searched(replacement)
		for count := 0; float64(count) < limit; count++ {
			before, after, found := strings.Cut(s, p)
			if !found {
				break
			}
			if isFunction(replacement) { // the original writes its source text
				return nil, &Error{Code: "D3012", value: replacement}
			}
			b.WriteString(before)
			b.WriteString(with)
			if err := r.allocBytes(b.Len()/64 + 64); err != nil {
				return nil, err
			}
			s = after
		}
		b.WriteString(s)
		return value.String(joinSurrogates(b.String())), r.allocBytes(b.Len())
	}
	sub := r.subject(s, isRegex(pattern) && !isFunction(replacement))
	at := 0
	_, err = r.eachMatch(pattern, sub, limit, func(m *match) error {
		b.WriteString(sub.slice(at, m.start))
		with, err := r.replacementFor(replacement, m)
		if err != nil {
			return err
		}
		b.WriteString(with)
		at = m.start + unitLength(m.text)
		if b.Len() > r.limits.Bytes {
			return limitError(ErrBytes)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	b.WriteString(sub.slice(at, max(at, len(sub.units))))
	return value.String(joinSurrogates(b.String())), r.allocBytes(b.Len())
}

func (r *run) replacementFor(replacement any, m *match) (string, error) {
	if template, ok := toString(replacement); ok {
		return substitute(template, m), nil
	}
	v, err := r.invoke(replacement, matchValue(m))
	if err != nil {
		return "", err
	}
	s, ok := toString(v)
	if !ok {
		return "", &Error{Code: "D3012", value: v}
	}
	return s, nil
}

// substitute fills $0, $1 … and $$ in a replacement. Of a number with more digits than there are groups only the first ones count.
func substitute(template string, m *match) string {
	var b strings.Builder
	for {
		before, rest, found := strings.Cut(template, "$")
		b.WriteString(before)
		if !found {
			return b.String()
		}
		template = rest
		switch {
		case strings.HasPrefix(rest, "$"):
			b.WriteByte('$')
			template = rest[1:]
			continue
		case strings.HasPrefix(rest, "0"):
			b.WriteString(m.text)
			template = rest[1:]
			continue
		}
		digits := len(strconv.Itoa(max(len(m.groups), 1)))
		number, ok := leadingNumber(rest, digits)
		if ok && digits > 1 && number > len(m.groups) {
			number, ok = leadingNumber(rest, digits-1)
		}
		if !ok {
			b.WriteByte('$')
			continue
		}
		if number >= 1 && number <= len(m.groups) {
			s, _ := toString(m.groups[number-1])
			b.WriteString(s)
		}
		template = rest[min(len(strconv.Itoa(number)), len(rest)):]
	}
}

// leadingNumber is JavaScript's parseInt of the first n characters.
func leadingNumber(s string, n int) (int, bool) {
	s = s[:min(n, len(s))]
	s = strings.TrimLeftFunc(s, unicode.IsSpace)
	end := 0
	for end < len(s) && '0' <= s[end] && s[end] <= '9' {
		end++
	}
	number, err := strconv.Atoi(s[:end])
	return number, err == nil
}
