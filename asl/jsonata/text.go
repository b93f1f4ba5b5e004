package jsonata

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/asl/value"
)

// stringOf is $string: JSON as JSON.stringify writes it, with numbers rounded to 15 digits; strings stay as they are.
func (r *run) stringOf(v any, pretty bool) (string, error) {
	switch v := v.(type) {
	case value.String:
		return string(v), nil
	case value.Bool, value.Null:
		return value.Text(v.(value.Value)), nil
	}
	if isFunction(v) {
		return "", nil
	}
	if f, ok := toFloat(v); ok {
		if math.IsInf(f, 0) || math.IsNaN(f) {
			return "", &Error{Code: "D3001", value: f}
		}
		return formatNumber(round15(f)), nil
	}
	if a, ok := v.(*array); ok && a.outer {
		v = a.items[0]
	}
	w := &jsonWriter{run: r, pretty: pretty}
	if err := w.write(v, 0); err != nil {
		return "", err
	}
	if err := r.allocBytes(len(w.buf)); err != nil {
		return "", err
	}
	return string(w.buf), nil
}

// round15 is JavaScript's Number(f.toPrecision(15)).
func round15(f float64) float64 {
	if f == math.Trunc(f) && math.Abs(f) < 1e15 {
		return f
	}
	shortest := strconv.FormatFloat(f, 'e', -1, 64)
	digits := strings.IndexByte(shortest, 'e')
	if digits <= 16 { // sign apart, a point and at most 15 digits
		return f
	}
	text := strconv.FormatFloat(f, 'e', 14, 64)
	// Where f lies in the middle, Go rounds to even and JavaScript up.
	if exact := strconv.FormatFloat(f, 'e', 40, 64); tie(exact) {
		rounded, _ := strconv.ParseFloat(text, 64)
		if math.Abs(rounded) < math.Abs(f) {
			mantissa, exponent, _ := strings.Cut(text, "e")
			unit, _ := strconv.ParseFloat("1e"+exponent, 64)
			text = strconv.FormatFloat(rounded+math.Copysign(unit*1e-14, f), 'e', 14, 64)
			_ = mantissa
		}
	}
	rounded, _ := strconv.ParseFloat(text, 64)
	return rounded
}

// tie tells whether all that stands behind the 15th digit is a 5.
func tie(exact string) bool {
	digits, _, _ := strings.Cut(exact, "e")
	digits = strings.Replace(strings.TrimPrefix(digits, "-"), ".", "", 1)
	return digits[15] == '5' && strings.Trim(digits[16:], "0") == ""
}

type jsonWriter struct {
	run    *run
	buf    []byte
	pretty bool
}

func (w *jsonWriter) line(level int) {
	if !w.pretty {
		return
	}
	w.buf = append(w.buf, '\n')
	for range level {
		w.buf = append(w.buf, "  "...)
	}
}

func (w *jsonWriter) write(v any, level int) error {
	if level > maxNesting {
		return limitError(ErrNesting)
	}
	if len(w.buf) > w.run.limits.Bytes {
		return limitError(ErrBytes)
	}
	if err := w.run.step(1); err != nil {
		return err
	}
	switch v := v.(type) {
	case nil:
		w.buf = append(w.buf, "null"...)
		return nil
	case value.Bool, value.Null:
		w.buf = value.Append(w.buf, v.(value.Value))
		return nil
	case value.String:
		w.quote(string(v))
		return nil
	case *tuple:
		return w.write(v.at, level)
	}
	if isFunction(v) {
		w.buf = append(w.buf, `""`...)
		return nil
	}
	if f, ok := toFloat(v); ok {
		if math.IsInf(f, 0) {
			return outOfRange(f)
		}
		if math.IsNaN(f) {
			w.buf = append(w.buf, "null"...)
			return nil
		}
		w.buf = append(w.buf, formatNumber(round15(f))...)
		return nil
	}
	if l, ok := asList(v); ok {
		return w.array(l, level)
	}
	f, _ := fieldsOf(v)
	return w.object(f, level)
}

func (w *jsonWriter) array(l list, level int) error {
	if l.n > w.run.limits.Items {
		return limitError(ErrItems)
	}
	w.buf = append(w.buf, '[')
	for i := range l.n {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		w.line(level + 1)
		if err := w.write(l.at(i), level+1); err != nil {
			return err
		}
	}
	if l.n > 0 {
		w.line(level)
	}
	w.buf = append(w.buf, ']')
	return nil
}

func (w *jsonWriter) object(f fields, level int) error {
	w.buf = append(w.buf, '{')
	for i := range f.n {
		name, m := f.at(i)
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		w.line(level + 1)
		w.quote(name)
		w.buf = append(w.buf, ':')
		if w.pretty {
			w.buf = append(w.buf, ' ')
		}
		if err := w.write(m, level+1); err != nil {
			return err
		}
	}
	if f.n > 0 {
		w.line(level)
	}
	w.buf = append(w.buf, '}')
	return nil
}

// quote writes a string as JSON; lone surrogates as escapes.
func (w *jsonWriter) quote(s string) {
	if utf8.ValidString(s) {
		w.buf = value.Append(w.buf, value.String(s))
		return
	}
	w.buf = append(w.buf, '"')
	for len(s) > 0 {
		if u := surrogateAt(s); u != 0 {
			w.buf = append(w.buf, `\u`+strconv.FormatUint(uint64(u), 16)...)
			s = s[3:]
			continue
		}
		_, size := decode(s)
		text := value.Text(value.String(s[:size]))
		w.buf = append(w.buf, text[1:len(text)-1]...)
		s = s[size:]
	}
	w.buf = append(w.buf, '"')
}
