package nearest

import (
	"strings"
	"testing"
)

func TestName(t *testing.T) {
	names := []string{"Parameters", "ResultPath", "ResultSelector", "End", "Summarize", "日本語"}
	for name, want := range map[string]string{
		"parameters":              "Parameters", // another case
		"Paramters":               "Parameters", // a letter left out
		"Parameterss":             "Parameters",
		"ResultPaht":              "ResultPath", // two swapped
		"Sumarise":                "Summarize",
		"日本誤":                     "日本語",
		"En":                      "End",
		"Completely":              "",
		"x":                       "",
		"":                        "",
		strings.Repeat("End", 99): "",
	} {
		if got := Name(name, names); got != want {
			t.Errorf("Name(%.20q) = %q, want %q", name, got, want)
		}
	}
	if got := Name("bc", []string{"bcd", "abc"}); got != "bcd" {
		t.Errorf("of two that are as near: %q, want the first", got)
	}
}

func FuzzName(f *testing.F) {
	f.Add("Paramters", "Parameters")
	f.Add("\xff", "é")
	f.Fuzz(func(t *testing.T, name, candidate string) {
		got := Name(name, []string{candidate})
		if got != "" && got != candidate {
			t.Fatalf("%q is no candidate", got)
		}
		if name != "" && len(name) <= maxLength && len(candidate) <= maxLength && strings.EqualFold(name, candidate) && got == "" {
			t.Fatalf("%q is not found as %q", name, candidate)
		}
	})
}
