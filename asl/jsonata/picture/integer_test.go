package picture

import (
	"math"
	"strings"
	"testing"
)

func TestFormatInteger(t *testing.T) {
	for _, tt := range []struct {
		n       float64
		picture string
		want    result
	}{
		{7, "1", result{text: "7"}},
		{7, "000", result{text: "007"}},
		{-7.5, "000", result{text: "-008"}}, // the greatest integer that is not above it
		{1234567, "#,##0", result{text: "1,234,567"}},
		{1234567, "#'##0", result{text: "1'234'567"}},
		{1234567, "#,###,00", result{text: "12,345,67"}},
		{5, "#:###,##0", result{text: ",5"}}, // as the original
		{1234567, "#:###,##0", result{text: "1:234,567"}},
		{42, "###१", result{text: "४२"}},
		{42, "１", result{text: "４２"}},
		{1e21, "0", result{text: "1e+21"}},
		{1, "1;o", result{text: "1st"}},
		{2, "1;o", result{text: "2nd"}},
		{3, "1;o", result{text: "3rd"}},
		{4, "1;o", result{text: "4th"}},
		{11, "1;o", result{text: "11th"}},
		{112, "1;o", result{text: "112th"}},
		{121, "1;o", result{text: "121st"}},
		{1, "1;c", result{text: "1"}},
		{1, "a", result{text: "a"}},
		{703, "A", result{text: "AAA"}},
		{0, "a", result{text: ""}},
		{1999, "I", result{text: "MCMXCIX"}},
		{4, "i", result{text: "iv"}},
		{-4, "i", result{text: "-iv"}},
		{0, "w", result{text: "zero"}},
		{21, "Ww", result{text: "Twenty-One"}},
		{100, "W", result{text: "ONE HUNDRED"}},
		{1001, "w", result{text: "one thousand and one"}},
		{1100, "w", result{text: "one thousand, one hundred"}},
		{30, "w;o", result{text: "thirtieth"}},
		{200, "w;o", result{text: "two hundredth"}},
		{5000000, "w;o", result{text: "five millionth"}},
		{999999, "w;o", result{text: "nine hundred and ninety-nine thousand, nine hundred and ninety-ninth"}},
		{2e15, "w", result{text: "two thousand trillion"}},
		{math.NaN(), "0", result{text: "NaN"}},

		{7, "", result{code: "D3130"}},
		{7, "#", result{code: "D3130"}},
		{7, "α", result{code: "D3130"}},
		{7, "0१", result{code: "D3131"}},
		{math.NaN(), "w", result{code: none}},
		{math.Inf(1), "a", result{code: none}},
		{math.Inf(1), "w", result{code: none}},
		{MaxRoman + 1, "I", result{code: none}},
		{7, strings.Repeat("0", MaxPicture+1), result{code: none}},
	} {
		t.Run(numberText(tt.n)+" as "+short(tt.picture), func(t *testing.T) {
			got, err := FormatInteger(tt.n, tt.picture)
			check(t, got, err, tt.want)
		})
	}
}

func TestParseInteger(t *testing.T) {
	for _, tt := range []struct {
		text, picture string
		want          float64
		code          string
	}{
		{text: "007", picture: "000", want: 7},
		{text: " -7 apples", picture: "0", want: -7},
		{text: "1,234,567", picture: "#,##0", want: 1234567},
		{text: "1'234'567", picture: "#'##0", want: 1}, // as the original: regular pictures leave out commas
		{text: "12:34,567", picture: "#:##,##0", want: 1234567},
		{text: "21st", picture: "1;o", want: 21},
		{text: "४२", picture: "१", want: 42},
		{text: "0x1F", picture: "0", want: 31}, // as parseInt
		{text: "none", picture: "0", want: math.NaN()},
		{text: "AAA", picture: "A", want: 703},
		{text: "zz", picture: "a", want: 702},
		{text: "😀", picture: "A", want: 1494386}, // two characters
		{text: "MCMXCIX", picture: "I", want: 1999},
		{text: "iv", picture: "i", want: 4},
		{text: "iv", picture: "I", want: math.NaN()},
		{text: "", picture: "I", want: 0},
		{text: "Twenty-One", picture: "w", want: 21},
		{text: "five millionth", picture: "w;o", want: 5e6},
		{text: "two thousand, three hundred and forty-fifth", picture: "w;o", want: 2345},
		{text: "many", picture: "w", want: math.NaN()},
		{text: "7", picture: "α", code: "D3130"},
		{text: "7", picture: "0१", code: "D3131"},
		{text: "-1", picture: "१", code: none},
		{text: "7", picture: strings.Repeat("0", MaxPicture+1), code: none},
	} {
		t.Run(tt.text+" as "+short(tt.picture), func(t *testing.T) {
			got, err := ParseInteger(tt.text, tt.picture)
			if tt.code != "" {
				wantCode(t, err, tt.code)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			wantNumber(t, got, tt.want)
		})
	}
}

func wantNumber(t *testing.T, got, want float64) {
	t.Helper()
	if got != want && !(math.IsNaN(got) && math.IsNaN(want)) {
		t.Fatalf("%v, want %v", got, want)
	}
}

// What is written can be read again, in every layout.
func TestIntegersRoundTrip(t *testing.T) {
	for _, picture := range []string{"0", "#,##0", "0000;o", "٠", "a", "A", "i", "I", "w", "W", "Ww", "w;o", "Ww;o"} {
		for _, n := range []float64{1, 2, 9, 10, 11, 19, 20, 21, 40, 99, 100, 101, 110, 444, 999, 1000, 1001, 1999, 3888, 12345, 54321} {
			text, err := FormatInteger(n, picture)
			if err != nil {
				t.Fatal(err)
			}
			got, err := ParseInteger(text, picture)
			if err != nil || got != n {
				t.Errorf("%v as %q is %q, which reads as %v (%v)", n, picture, text, got, err)
			}
		}
	}
}

func TestParseIntegerLikeJavaScript(t *testing.T) {
	for text, want := range map[string]float64{
		"":                         math.NaN(),
		"\ufeff\u00a042":           42,
		"+5":                       5,
		"-":                        math.NaN(),
		"0x":                       math.NaN(),
		"-0XfF":                    -255,
		"1e5":                      1,
		strings.Repeat("9", 400):   math.Inf(1),
		"123456789012345678901234": 123456789012345678901234,
	} {
		wantNumber(t, parseInt(text), want)
	}
}
