package intrinsic

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/jsonpath"
	"github.com/docflow-asl/docflow/asl/value"
)

// maker writes calls that bytes choose, mostly with arguments of the right types, so that a fuzzer varies what is evaluated and not
// what is refused.
type maker struct {
	choices []byte
	b       strings.Builder
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

func (m *maker) call(kinds []value.Kind, depth int) {
	var fitting []Signature
	for _, s := range signatures {
		if len(kinds) == 0 || len(s.Result) == 0 || slices.Contains(s.Result, kinds[0]) {
			fitting = append(fitting, s)
		}
	}
	if len(fitting) == 0 {
		fitting = signatures
	}
	s := fitting[m.choose(len(fitting))]
	most := s.Max
	if most < 0 {
		most = s.Min + 3
	}
	n := s.Min + m.choose(most-s.Min+1)
	if m.choose(40) == 39 {
		n = m.choose(5)
	}
	m.b.WriteString(s.Function + "(")
	for i := range n {
		if i > 0 {
			m.b.WriteString(m.pick(", ", ","))
		}
		param, _ := s.Param(i)
		m.argument(param, depth+1)
	}
	m.b.WriteString(")")
}

func (m *maker) argument(p Param, depth int) {
	kind := value.Kind(m.choose(6))
	if len(p.Kinds) > 0 && m.choose(12) != 11 {
		kind = p.Kinds[m.choose(len(p.Kinds))]
	}
	if depth < MaxNesting && m.choose(3) == 2 {
		m.call([]value.Kind{kind}, depth)
		return
	}
	switch kind {
	case value.KindNull:
		m.b.WriteString(m.pick("null", "$.null", "$.none"))
	case value.KindBool:
		m.b.WriteString(m.pick("false", "true", "$.yes"))
	case value.KindNumber:
		m.b.WriteString(m.pick("1", "2", "0", "-3", "1.5", "-0.5", "2.6", "1e3", "2147483647", "-2147483648", "1e400", "$.n", "$.l[0]"))
	case value.KindString:
		m.b.WriteString(m.pick(`'{}'`, `'a{} b{}'`, `'\{\}'`, `'x'`, `''`, `'MD5'`, `'SHA-1'`, `'SHA-256'`, `'SHA-384'`, `'SHA-512'`, `'{"a":[1,2.50]}'`, `'é😀,x;y'`, `'YWI='`, `'Y-_b'`,
			`' ,;'`, `'1'`, "$.s", "$.csv", "$.json", "$$.s"))
	case value.KindArray:
		m.b.WriteString(m.pick("$.l", "$.empty", "$.l[*]", "$..*", "$.objects", "$.l[?(@ > 1)]"))
	default:
		m.b.WriteString(m.pick("$", "$.o", "$.objects[0]", "$v"))
	}
}

// FuzzEval evaluates well-formed calls: the outcome is the same the second time, of a type that the function may give, within the
// limit, and JSON; failures are of their own type.
func FuzzEval(f *testing.F) {
	for i := range len(signatures) {
		f.Add([]byte{byte(i), 1, 2, 3, 4, 5, 6, 7, 8, 9}, "a, b")
		f.Add([]byte{byte(i), 255, 1, 11, 2, 10, 2, byte(i), 3}, `{"a":[1.50]}`)
	}
	f.Fuzz(func(t *testing.T, choices []byte, text string) {
		if len(choices) > 200 || len(text) > 200 {
			return
		}
		m := &maker{choices: choices}
		m.call(nil, 1)
		call, err := Parse(m.b.String())
		var arity *ArityError
		if err != nil && !errors.As(err, &arity) {
			t.Fatalf("%s: %v", m.b.String(), err)
		}
		s := value.String(strings.ToValidUTF8(text, "?"))
		data := value.MustParse(`{"null":null,"yes":true,"n":2,"l":[3,1,2,2.0,"2",null,[1]],"empty":[],"o":{"b":1,"a":{"c":[]}},"objects":[{"a":1,"b":2},{"b":2,"a":1}],"csv":"a,,b;c"}`)
		data = data.(*value.Object).With("s", s).With("json", value.String(`{"x":[1,2.50,"\u00e9"]}`))
		evaluate := func() (value.Value, error) {
			return Eval(call, Roots{
				Roots:  jsonpath.Roots{Data: data, Context: data, Variables: func(string) (value.Value, bool) { return data, true }},
				Random: rand.NewPCG(1, 2),
			})
		}
		v, err := evaluate()
		again, err2 := evaluate()
		if fmt.Sprint(err) != fmt.Sprint(err2) || err == nil && !value.Identical(v, again) {
			t.Fatalf("%s gives %v %v, then %v %v", call, v, err, again, err2)
		}
		var failed *Error
		if err != nil {
			if !errors.As(err, &failed) || failed.Name != ErrorName || strings.HasPrefix(failed.Cause, internal) {
				t.Fatalf("%s: %T %v", call, err, err)
			}
			return
		}
		signature, _ := SignatureOf(call.Function)
		switch {
		case arity != nil:
			t.Fatalf("%s gives %s: %v", call, value.Text(v), arity)
		case len(signature.Result) > 0 && !slices.Contains(signature.Result, v.Kind()):
			t.Fatalf("%s gives %s", call, value.Text(v))
		case value.Size(v) > MaxOutput:
			t.Fatalf("%s gives %d bytes", call, value.Size(v))
		}
		if _, err := value.Parse(value.Text(v)); err != nil {
			t.Fatalf("%s gives %s: %v", call, value.Text(v), err)
		}
	})
}
