package jsonata

import (
	"errors"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/docflow-asl/docflow/asl/jsonata/picture"
	"github.com/docflow-asl/docflow/asl/value"
)

func numberFunctions() map[string]*builtin {
	return map[string]*builtin{
		"number":        define("<(nsb)-:n>", 1, number),
		"abs":           define("<n-:n>", 1, onNumber(math.Abs)),
		"floor":         define("<n-:n>", 1, onNumber(math.Floor)),
		"ceil":          define("<n-:n>", 1, onNumber(math.Ceil)),
		"round":         define("<n-n?:n>", 2, round),
		"sqrt":          define("<n-:n>", 1, sqrt),
		"power":         define("<n-n:n>", 2, power),
		"boolean":       define("<x-:b>", 1, booleanFunction),
		"not":           define("<x-:b>", 1, not),
		"sum":           define("<a<n>:n>", 1, sum),
		"max":           define("<a<n>:n>", 1, extreme(func(a, b float64) bool { return a > b })),
		"min":           define("<a<n>:n>", 1, extreme(func(a, b float64) bool { return a < b })),
		"average":       define("<a<n>:n>", 1, average),
		"formatNumber":  define("<n-so?:s>", 3, formatNumberFunction),
		"formatBase":    define("<n-n?:s>", 2, formatBase),
		"formatInteger": define("<n-s:s>", 2, formatInteger),
		"parseInteger":  define("<s-s:n>", 2, parseInteger),
	}
}

func onNumber(f func(float64) float64) nativeFunc {
	return func(_ *run, args []any) (any, error) {
		n, ok := toFloat(arg(args, 0))
		if !ok {
			return nil, nil
		}
		return f(n), nil
	}
}

var (
	decimalText = regexp.MustCompile(`^-?[0-9]+(\.[0-9]+)?([Ee][-+]?[0-9]+)?$`)
	// The original's pattern is anchored at its ends only in part, so that some texts pass it and are no numbers after all.
	radixText = regexp.MustCompile(`^(0[xX][0-9A-Fa-f]+)|(0[oO][0-7]+)|(0[bB][0-1]+)$`)
)

func number(r *run, args []any) (any, error) {
	v := arg(args, 0)
	switch v := v.(type) {
	case nil, float64, value.Number:
		return v, nil
	case value.Bool:
		if v {
			return 1.0, nil
		}
		return 0.0, nil
	case value.String:
		s := string(v)
		if err := r.step(len(s) / 4); err != nil {
			return nil, err
		}
		if decimalText.MatchString(s) {
			if f := parseFloat(s); !math.IsInf(f, 0) {
				return f, nil
			}
		} else if radixText.MatchString(s) {
			return radixNumber(s), nil
		}
	}
	return nil, &Error{Code: "D3030", value: v, index: 1}
}

// radixNumber is JavaScript's Number of a text with a prefix 0x, 0o or 0b.
func radixNumber(s string) float64 {
	s = strings.TrimFunc(s, isSpaceUnit)
	if len(s) < 3 || s[0] != '0' {
		return math.NaN()
	}
	radix := map[byte]float64{'x': 16, 'X': 16, 'o': 8, 'O': 8, 'b': 2, 'B': 2}[s[1]]
	if radix == 0 {
		return math.NaN()
	}
	var f float64
	for _, c := range []byte(s[2:]) {
		d, ok := hexDigit(c)
		if !ok || float64(d) >= radix {
			return math.NaN()
		}
		f = f*radix + float64(d)
	}
	return f
}

// round rounds half to even. Digits are shifted in the decimal text, so that 1.255 to two places is 1.26 as in the original.
func round(_ *run, args []any) (any, error) {
	f, ok := toFloat(arg(args, 0))
	if !ok {
		return nil, nil
	}
	places, _ := toFloat(arg(args, 1))
	if places != 0 {
		f = shift(f, places)
	}
	rounded := math.Floor(f + 0.5)
	if f < 0.5 && f > 0 && f+0.5 == 1 {
		rounded = 0
	}
	if math.Abs(rounded-f) == 0.5 && math.Abs(math.Mod(rounded, 2)) == 1 {
		rounded--
	}
	if places != 0 {
		rounded = shift(rounded, -places)
	}
	if rounded == 0 {
		rounded = 0 // not -0
	}
	return rounded, nil
}

// shift moves the decimal point of f.
func shift(f, places float64) float64 {
	mantissa, exponent, found := strings.Cut(formatNumber(f), "e")
	e := 0.0
	if found {
		e = parseFloat(strings.TrimPrefix(exponent, "+"))
	}
	shifted, err := strconv.ParseFloat(mantissa+"e"+formatNumber(e+places), 64)
	if err != nil && !errors.Is(err, strconv.ErrRange) {
		return math.NaN()
	}
	return shifted
}

func sqrt(_ *run, args []any) (any, error) {
	f, ok := toFloat(arg(args, 0))
	if !ok {
		return nil, nil
	}
	if f < 0 {
		return nil, &Error{Code: "D3060", value: args[0], index: 1}
	}
	return math.Sqrt(f), nil
}

func power(_ *run, args []any) (any, error) {
	base, ok := toFloat(arg(args, 0))
	if !ok {
		return nil, nil
	}
	exponent, ok := toFloat(arg(args, 1))
	if !ok {
		exponent = math.NaN()
	}
	result := pow(base, exponent)
	if math.IsInf(result, 0) || math.IsNaN(result) {
		return nil, &Error{Code: "D3061", value: args[0], index: 1, exponent: arg(args, 1)}
	}
	return result, nil
}

func booleanFunction(r *run, args []any) (any, error) {
	if arg(args, 0) == nil {
		return nil, nil
	}
	truth, err := r.boolean(args[0])
	return value.Bool(truth), err
}

func not(r *run, args []any) (any, error) {
	if arg(args, 0) == nil {
		return nil, nil
	}
	truth, err := r.boolean(args[0])
	return value.Bool(!truth), err
}

func sum(r *run, args []any) (any, error) {
	l, ok := asList(arg(args, 0))
	if !ok {
		return nil, nil
	}
	total := 0.0
	for i := range l.n {
		f, _ := toFloat(l.at(i))
		total += f
	}
	return total, r.step(l.n / 4)
}

func extreme(better func(a, b float64) bool) nativeFunc {
	return func(r *run, args []any) (any, error) {
		l, ok := asList(arg(args, 0))
		if !ok || l.n == 0 {
			return nil, nil
		}
		best := l.at(0)
		known, _ := toFloat(best)
		for i := 1; i < l.n; i++ {
			v := l.at(i)
			f, _ := toFloat(v)
			if math.IsNaN(f) || better(f, known) {
				best, known = v, f
			}
		}
		return best, r.step(l.n / 4)
	}
}

func average(r *run, args []any) (any, error) {
	l, ok := asList(arg(args, 0))
	if !ok || l.n == 0 {
		return nil, nil
	}
	total, err := sum(r, args)
	if err != nil {
		return nil, err
	}
	return total.(float64) / float64(l.n), nil
}

// pictureError turns an error of package picture into one of this package.
func pictureError(err error) error {
	var p *picture.Error
	if err == nil || !errors.As(err, &p) {
		return err
	}
	e := &Error{Code: p.Code, Message: p.Message}
	if e.Code == "" {
		e.Code = CodeFunction
	}
	switch v := p.Value.(type) {
	case string:
		e.value = value.String(v)
	case float64:
		e.value = v
	}
	return e
}

func formatNumberFunction(_ *run, args []any) (any, error) {
	f, ok := toFloat(arg(args, 0))
	if !ok {
		return nil, nil
	}
	pattern, _ := toString(arg(args, 1))
	var options map[string]string
	if o, ok := fieldsOf(arg(args, 2)); ok {
		options = make(map[string]string, o.n)
		for i := range o.n {
			name, v := o.at(i)
			options[name], _ = toString(v)
		}
	}
	s, err := picture.FormatNumber(f, pattern, options)
	return value.String(s), pictureError(err)
}

func formatBase(_ *run, args []any) (any, error) {
	f, ok := toFloat(arg(args, 0))
	if !ok {
		return nil, nil
	}
	radix, ok := toFloat(arg(args, 1))
	if !ok {
		radix = 10
	}
	s, err := picture.FormatBase(f, radix)
	return value.String(s), pictureError(err)
}

func formatInteger(_ *run, args []any) (any, error) {
	f, ok := toFloat(arg(args, 0))
	if !ok {
		return nil, nil
	}
	pattern, _ := toString(arg(args, 1))
	s, err := picture.FormatInteger(f, pattern)
	return value.String(s), pictureError(err)
}

func parseInteger(_ *run, args []any) (any, error) {
	s, ok := toString(arg(args, 0))
	if !ok {
		return nil, nil
	}
	pattern, _ := toString(arg(args, 1))
	f, err := picture.ParseInteger(s, pattern)
	return f, pictureError(err)
}
