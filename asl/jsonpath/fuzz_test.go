package jsonpath

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/value"
)

// maker writes paths and documents that bytes choose, so that a fuzzer varies what is evaluated and not what is refused.
type maker struct {
	choices []byte
	b       strings.Builder
	depth   int
	simple  bool // only steps that naive knows
}

// choose takes a number below n from the bytes; 0 when there are no more.
func (m *maker) choose(n int) int {
	if len(m.choices) == 0 {
		return 0
	}
	c := int(m.choices[0])
	m.choices = m.choices[1:]
	return c % n
}

func (m *maker) pick(texts ...string) string { return texts[m.choose(len(texts))] }

func (m *maker) write(format string, args ...any) { fmt.Fprintf(&m.b, format, args...) }

func (m *maker) name() string { return m.pick("a", "b", "c", "length", "é") }

func (m *maker) number() string { return m.pick("0", "1", "2", "-1", "-2", "3") }

// steps writes up to n steps.
func (m *maker) steps(n int) {
	for range m.choose(n + 1) {
		kind := m.choose(14)
		if m.simple {
			kind %= 5
		}
		switch kind {
		case 0, 1:
			m.write(".%s", m.name())
		case 2:
			m.write("['%s']", m.name())
		case 3:
			m.write("[%s]", m.number())
		case 4:
			m.write("%s", m.pick(".*", "[*]"))
		case 5:
			m.write("['%s','%s']", m.name(), m.name())
		case 6:
			m.write("[%s,%s]", m.number(), m.number())
		case 7:
			m.write("[%s:%s]", m.pick("", m.number()), m.number())
		case 8, 9:
			m.write("..%s", m.pick(m.name(), "*", "['"+m.name()+"']", "["+m.number()+"]"))
		case 10, 11:
			m.filter()
		case 12:
			if m.depth > 0 { // in filters only those without arguments
				m.write(".length()")
				continue
			}
			m.write(".%s", m.pick("index(0)", "append(1)", "concat(\"x\")", "sum($.a)", "concat($..b)", "length($.a)", "append($[*], {\"x\": 1})", "max(1, 2, $..a)"))
		default:
			m.write(".%s", m.pick("length()", "sum()", "min()", "max()", "avg()", "stddev()", "keys()", "first()", "last()", "distinct()", "size()", "concat()"))
		}
	}
}

func (m *maker) filter() {
	if m.depth++; m.depth > 3 {
		m.write("[0]")
		return
	}
	m.write("[?(")
	m.condition()
	m.write(")]")
	m.depth--
}

func (m *maker) condition() {
	switch m.choose(8) {
	case 0: // also when there are no choices left
		m.write("%s", m.pick("", "!"))
		m.inner()
	case 1:
		m.write("(")
		m.condition()
		m.write(")")
	case 2:
		m.write("!(")
		m.condition()
		m.write(")")
	case 3:
		m.operand()
		m.write(" == 1 %s ", m.pick("&&", "||"))
		m.condition()
	default:
		m.operand()
		m.write(" %s ", m.pick("==", "!=", "===", "!==", "<", "<=", ">", ">=", "=~", "in", "nin", "contains", "all", "size", "empty", "subsetof", "anyof", "noneof"))
		m.operand()
	}
}

func (m *maker) inner() {
	m.write("%s", m.pick("@", "$"))
	m.steps(2)
}

func (m *maker) operand() {
	if m.choose(3) == 0 {
		m.write("%s", m.pick("1", "1.0", "'x'", "true", "null", "['x', 1]", "{\"a\": 1}", "/x.*/", "/(?=x)./i", "-2", "word"))
		return
	}
	m.inner()
}

func (m *maker) document(level int) value.Value {
	kind := m.choose(10)
	if level > 4 {
		kind %= 5
	}
	switch kind {
	case 0:
		return value.Null{}
	case 1:
		return value.Bool(m.choose(2) == 0)
	case 2, 3:
		return value.Number(m.pick("0", "1", "1.0", "-2", "2.5", "1e3", "3"))
	case 4:
		return value.String(m.pick("x", "", "xy", "1", "$.a", "[1]", "'x'"))
	case 5, 6, 7:
		var members []value.Member
		for range m.choose(4) {
			members = append(members, value.Member{Name: m.name(), Value: m.document(level + 1)})
		}
		return value.NewObject(members...)
	}
	var items []value.Value
	for range m.choose(5) {
		items = append(items, m.document(level+1))
	}
	return value.NewArray(items...)
}

// naive follows steps of the simplest kinds.
func naive(v value.Value, steps []Step) []value.Value {
	if len(steps) == 0 {
		return []value.Value{v}
	}
	var next []value.Value
	object, _ := v.(*value.Object)
	array, _ := v.(*value.Array)
	switch s := steps[0]; {
	case s.Kind == Name && object != nil && object.Has(s.Names[0]):
		member, _ := object.Get(s.Names[0])
		next = append(next, member)
	case s.Kind == Index && array != nil:
		i := s.Indexes[0]
		if i < 0 {
			i += array.Len()
		}
		if i >= 0 && i < array.Len() {
			next = append(next, array.At(i))
		}
	case s.Kind == Wildcard && array != nil:
		next = array.Items()
	case s.Kind == Wildcard && object != nil:
		for _, m := range object.Members() {
			next = append(next, m.Value)
		}
	}
	var found []value.Value
	for _, v := range next {
		found = append(found, naive(v, steps[1:])...)
	}
	return found
}

// FuzzEval evaluates well-formed paths: the outcome is of a kind that it may be, is the same the second time and by the canonical
// form of the path, and is what a naive evaluator gives for the simplest paths.
func FuzzEval(f *testing.F) {
	for _, seed := range []string{"", "\x00\x05\x03\x05\x01", "\x01\x04\x0a\x05\x01\x00\x05\x03\x00\x08\x04\x05\x01\x01\x02\x03", "\x01\x03\x08\x00\x0a\x04\x02\x01\x03\x09\x05\x05\x05\x05\x01\x02\x03\x04\x05\x06"} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, choices []byte) {
		if len(choices) > 300 {
			return
		}
		m := &maker{choices: choices}
		m.simple = m.choose(2) == 0
		m.write("$")
		m.steps(5)
		text := m.b.String()
		doc := m.document(0)
		p, err := Parse(text)
		if err != nil {
			if strings.Contains(err.Error(), "nested deeper") {
				return
			}
			t.Fatalf("%q: %v", text, err)
		}
		r := Roots{Data: doc}
		v, err := Eval(p, r)
		again, err2 := Eval(p, r)
		if fmt.Sprint(err) != fmt.Sprint(err2) || err == nil && !value.Identical(v, again) {
			t.Fatalf("%s on %s gives %v %v, then %v %v", text, value.Text(doc), v, err, again, err2)
		}
		var missing *NoSuchPathError
		var failed *EvalError
		switch {
		case err != nil && !errors.As(err, &missing) && !errors.As(err, &failed), failed != nil && strings.HasPrefix(failed.Message, internal):
			t.Fatalf("%s on %s: %T %v", text, value.Text(doc), err, err)
		case err == nil && !p.Definite() && v.Kind() != value.KindArray:
			t.Fatalf("%s on %s is indefinite and gives %s", text, value.Text(doc), value.Text(v))
		}
		if !strings.Contains(text, "?") && !strings.Contains(text, "(") {
			canonical, err3 := Eval(MustParse(p.Canonical()), r)
			if fmt.Sprint(err) != fmt.Sprint(err3) || err == nil && !value.Identical(v, canonical) {
				t.Fatalf("%s on %s gives %v %v, and %s %v %v", text, value.Text(doc), v, err, p.Canonical(), canonical, err3)
			}
		}
		if m.simple {
			compareNaive(t, p, doc, v, err)
		}
	})
}

func compareNaive(t *testing.T, p *Path, doc, v value.Value, err error) {
	t.Helper()
	if doc == (value.Null{}) { // see Eval
		return
	}
	found := naive(doc, p.Steps)
	switch {
	case !p.Definite() && err == nil:
		if !value.Identical(v, value.NewArray(found...)) {
			t.Fatalf("%s on %s gives %s, not %s", p, value.Text(doc), value.Text(v), value.Text(value.NewArray(found...)))
		}
	case !p.Definite():
		t.Fatalf("%s on %s: %v", p, value.Text(doc), err)
	case err == nil && (len(found) != 1 || !value.Identical(v, found[0])), err != nil && len(found) > 0:
		t.Fatalf("%s on %s gives %v %v, not %v", p, value.Text(doc), v, err, found)
	}
}
