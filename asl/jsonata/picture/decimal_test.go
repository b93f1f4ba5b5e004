package picture

import (
	"math"
	"strings"
	"testing"
)

// result is what a function should do: give text, or fail with an error of this code.
type result struct {
	text string
	code string
}

// check compares; a want without text and code is the empty text.
func check(t *testing.T, got string, err error, want result) {
	t.Helper()
	if want.code != "" {
		wantCode(t, err, want.code)
		return
	}
	if err != nil {
		t.Fatalf("error %v, want %q", err, want.text)
	}
	if got != want.text {
		t.Fatalf("%q, want %q", got, want.text)
	}
}

// none stands for an error without a code.
const none = "none"

func wantCode(t *testing.T, err error, code string) {
	t.Helper()
	e, ok := err.(*Error)
	if !ok {
		t.Fatalf("error %v, want one with code %s", err, code)
	}
	if code == none {
		code = ""
	}
	if e.Code != code {
		t.Fatalf("error %v, want one with code %q", err, code)
	}
	if e.Message == "" || strings.Contains(e.Message, "{{") {
		t.Fatalf("message %q", e.Message)
	}
}

func TestFormatNumber(t *testing.T) {
	for _, tt := range []struct {
		n       float64
		picture string
		want    result
	}{
		{1234.5, "#,##0.00", result{text: "1,234.50"}},
		{-1234.5, "#,##0.00", result{text: "-1,234.50"}},
		{0, "#,##0.00", result{text: "0.00"}},
		{0, "#.#", result{text: ".0"}},
		{0, "#", result{text: "0"}},
		{12, "#.##", result{text: "12.0"}},
		{1234567, "#,##0", result{text: "1,234,567"}},
		{1234567, "#,####,##0", result{text: ",1234,567"}}, // as the original,
		{42, "000000", result{text: "000042"}},
		{-42, "0;(0)", result{text: "(42)"}},
		{-42, "0;0 DR", result{text: "42 DR"}},
		{42, "0;(0)", result{text: "42"}},
		{0.256, "01%", result{text: "26%"}},
		{0.256, "#.0‰", result{text: "256.0‰"}},
		{0.5, "0", result{text: "0"}},         // ties go to even
		{1.5, "0", result{text: "2"}},         //
		{2.5, "0", result{text: "2"}},         //
		{2.675, "0.00", result{text: "2.68"}}, // a tie in its text, below it in binary
		{2.665, "0.00", result{text: "2.66"}},
		{1e-7, "0.00000000", result{text: "0.00000010"}},
		{1125899906842624.25, "0.0", result{text: "1125899906842624.3"}}, // a tie that JavaScript rounds up
		{5, "#,#,##0.0", result{text: ",5.,0"}},                          // as the original
		{1e300, "0.0", result{text: "1e+300.0"}},
		{1e21, "0", result{text: "1e+21"}}, // as JavaScript writes it
		{1234.5678, "0.00e0", result{text: "1.23e3"}},
		{0.00123, "00.00e00", result{text: "12.30e-04"}},
		{0, "0.0e0", result{text: "0.0e0"}},             // the original never ends
		{-1234.5678, "0.00e0", result{text: "-1.23e3"}}, // neither
		{12, "abc#xyz", result{text: "abc12xyz"}},
		{12, "😀0😀", result{text: "😀12😀"}},
		{1234.56789, "0.000,0", result{text: "1234.567,9"}},
		{math.NaN(), "0", result{text: "-NaN"}},
		{math.NaN(), "0000.0;(0)", result{text: "(NaN)"}},
		{math.Inf(1), "#,##0.00", result{text: "NaN.00"}},
		{math.Inf(1), "#,##0", result{text: "In,fin,ity"}},
		{math.Inf(1), "#0 kg", result{text: "Infinity kg"}},
		{math.Inf(-1), "0", result{text: "-Infinity"}},

		{1, "0;0;0", result{code: "D3080"}},
		{1, "0.0.0", result{code: "D3081"}},
		{1, "0%%", result{code: "D3082"}},
		{1, "0‰‰", result{code: "D3083"}},
		{1, "0%‰", result{code: "D3084"}},
		{1, ".", result{code: "D3085"}},
		{1, "", result{code: "D3085"}},
		{1, "abc", result{code: "D3085"}},
		{1, "0;", result{code: "D3085"}},
		{1, "0 0", result{code: "D3086"}},
		{1, "0,.0", result{code: "D3087"}},
		{1, "0.,0", result{code: "D3087"}},
		{1, "0,", result{code: "D3088"}},
		{1, "0,,0", result{code: "D3089"}},
		{1, "0#", result{code: "D3090"}},
		{1, "0.#0", result{code: "D3091"}},
		{1, "0e0%", result{code: "D3092"}},
		{1, "0e#", result{code: "D3093"}},
		{1, "0." + strings.Repeat("0", 100), result{text: "1." + strings.Repeat("0", 100)}},
		{1, "0." + strings.Repeat("0", 101), result{code: none}},
		{1, strings.Repeat("#", MaxPicture), result{text: "1"}},
		{1, strings.Repeat("#", MaxPicture+1), result{code: none}},
	} {
		t.Run(numberText(tt.n)+" as "+short(tt.picture), func(t *testing.T) {
			got, err := FormatNumber(tt.n, tt.picture, nil)
			check(t, got, err, tt.want)
		})
	}
}

// short cuts a text for the name of a test.
func short(text string) string {
	if len(text) > 40 {
		return text[:40] + "…"
	}
	return text
}

func TestFormatNumberOptions(t *testing.T) {
	for _, tt := range []struct {
		name    string
		n       float64
		picture string
		options map[string]string
		want    result
	}{
		{"German", 1234.5, "#.##0,00", map[string]string{"decimal-separator": ",", "grouping-separator": "."}, result{text: "1.234,50"}},
		{"circled digits", 305, "①②③", map[string]string{"zero-digit": "\u245f"}, result{text: "③\u245f⑤"}},
		{"Arabic digits", 305.5, "٠.٠", map[string]string{"zero-digit": "٠"}, result{text: "٣٠٥.٥"}},
		{"mathematical digits", 305.5, "𝟎.𝟎", map[string]string{"zero-digit": "𝟎"}, result{text: "𝟑𝟎𝟓.𝟓"}},
		{"percent", 0.5, "0pc", map[string]string{"percent": "pc"}, result{text: "50pc"}},
		{"per-mille", 0.5, "0pm", map[string]string{"per-mille": "pm"}, result{text: "500pm"}},
		{"minus", -5, "0", map[string]string{"minus-sign": "−"}, result{text: "−5"}},
		{"no minus", -5, "0", map[string]string{"minus-sign": ""}, result{text: "5"}},
		{"exponent", 0.05, "0E0", map[string]string{"exponent-separator": "E"}, result{text: "5E-2"}},
		{"digit and pattern", -5, "__0|[0]", map[string]string{"digit": "_", "pattern-separator": "|"}, result{text: "[5]"}},
		{"infinity", math.Inf(1), "0", map[string]string{"infinity": "∞"}, result{text: "Infinity"}},
		{"not a number", math.NaN(), "0", map[string]string{"NaN": "?"}, result{text: "-NaN"}},
		{"unknown", 5, "0", map[string]string{"colour": "red"}, result{text: "5"}},
		{"empty", 5, "0", map[string]string{"grouping-separator": ""}, result{code: none}},
		{"long", 5, "0", map[string]string{"grouping-separator": strings.Repeat(".", maxSymbol+1)}, result{code: none}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got, err := FormatNumber(tt.n, tt.picture, tt.options)
			check(t, got, err, tt.want)
		})
	}
}

func TestFormatBase(t *testing.T) {
	for _, tt := range []struct {
		n, radix float64
		want     result
	}{
		{255, 16, result{text: "ff"}},
		{-255, 2, result{text: "-11111111"}},
		{0, 2, result{text: "0"}},
		{35.5, 36, result{text: "10"}}, // rounded to 36
		{34.5, 36, result{text: "y"}},  // rounded to 34
		{10, 9.6, result{text: "10"}},
		{1e21, 10, result{text: "1e+21"}},
		{9007199254740992, 16, result{text: "20000000000000"}},
		{1e22, 3, result{text: "10101101120122002111101201110222022000000000000"}}, // as V8,
		{5, 1, result{code: "D3100"}},
		{5, 37, result{code: "D3100"}},
		{5, math.NaN(), result{code: "D3100"}},
		{math.Inf(-1), 2, result{text: "-Infinity"}},
	} {
		t.Run(numberText(tt.n)+" to "+numberText(tt.radix), func(t *testing.T) {
			got, err := FormatBase(tt.n, tt.radix)
			check(t, got, err, tt.want)
		})
	}
}
