package text

import "testing"

func TestNumberFormat(t *testing.T) {
	tests := []struct {
		code  string
		value float64
		want  string
	}{
		{"General", 0.1 + 0.2, "0.3"},
		{"General", 1234567890123, "1234567890123"},
		{"General", 3.14159265358979, "3.1415926536"},
		{"General", 1e20, "1E+20"},
		{"General", -2.5, "-2.5"},
		{"0", 2.5, "3"},
		{"0.00", 1.005, "1.01"},
		{"0.00", -0.001, "0.00"},
		{"#,##0", 1234567, "1,234,567"},
		{"#,##0.00", -1234.5, "-1,234.50"},
		{"#,##0", 0, "0"},
		{"#", 0, ""},
		{"0000", 42, "0042"},
		{"0.0#", 1.5, "1.5"},
		{"0.###", 2, "2"},
		{"0%", 0.256, "26%"},
		{"0.00%", 0.12345, "12.35%"},
		{"0.00E+00", 12345, "1.23E+04"},
		{"0.0E-0", 0.00012, "1.2E-4"},
		{"#,##0,", 1234567, "1,235"},
		{`#,##0.0,,"M"`, 1234567, "1.2M"},
		{`"$"#,##0.00`, 5, "$5.00"},
		{`[$€-407] #,##0.00`, 1234.5, "€ 1,234.50"},
		{`[Red]-0;[Blue](0);"zero"`, 0, "zero"},
		{"0;(0)", -3, "(3)"},
		{"[>=100]0;[<100]0.0", 99, "99.0"},
		{"[>=100]0;[<100]0.0", 100, "100"},
		{"[=1]\"yes\";[=0]\"no\";General", 1, "yes"},
		{"[=1]\"yes\";[=0]\"no\";General", 7, "7"},
		{"000-0000", 1234567, "123-4567"},
		{"(000) 000-0000", 5551234567, "(555) 123-4567"},
		{"# ?/?", 1.5, "1 1/2"},
		{"# ??/??", 3.14159, "3 14/99"},
		{"?/8", 0.25, "2/8"},
		{"yyyy-mm-dd", 45000, "2023-03-15"},
		{"yyyy-mm-dd hh:mm:ss", 45000.75, "2023-03-15 18:00:00"},
		{"d/m/yy h:mm AM/PM", 45000.25, "15/3/23 6:00 AM"},
		{"mmm d, yyyy", 45000, "Mar 15, 2023"},
		{"dddd", 45000, "Wednesday"},
		{"[h]:mm:ss", 1.5, "36:00:00"},
		{"mm:ss.0", 0.000701389, "01:00.6"},
		{"h:mm", 0.999999, "0:00"},
		{`ggge"年"m"月"d"日"(aaa)`, 45000, "令和5年3月15日(水)"},
		{`[$-411]ge.m.d`, 32000, "S62.8.11"},
		{`yyyy\年m\月`, 45000, "2023年3月"},
		{"yyyy", -1, "-1"},
		{"@", 12, "12"},
		{`"text only"`, 12, "text only"},
		{"\"", 1, ""},
		{"\\", 1, ""},
		{"[", 1, "["},
	}
	for _, test := range tests {
		if got := parseNumberFormat(test.code).format(test.value, false); got != test.want {
			t.Errorf("format(%q, %v) = %q, want %q", test.code, test.value, got, test.want)
		}
	}
	if got := parseNumberFormat("yyyy-mm-dd").format(0, true); got != "1904-01-01" {
		t.Errorf("day 0 from 1904 = %s", got)
	}
}

func FuzzNumberFormat(f *testing.F) {
	for _, code := range builtinFormats {
		f.Add(code, 1234.5)
	}
	f.Add("0.0.0,,0E+0?/?%[h]", -1e300)
	f.Fuzz(func(t *testing.T, code string, value float64) {
		if got := parseNumberFormat(code).format(value, false); len(got) > 3000 {
			t.Errorf("%d bytes for a number", len(got))
		}
	})
}
