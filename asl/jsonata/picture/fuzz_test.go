package picture

import (
	"errors"
	"math"
	"strings"
	"testing"
	"unicode/utf8"
)

// maxOutput is more than any picture can ask for: every marker takes at least three characters of it.
const maxOutput = 512 * MaxPicture

// wellFormed checks what holds for every outcome.
func wellFormed(t *testing.T, text string, err error) {
	t.Helper()
	if err == nil {
		if len(text) > maxOutput {
			t.Fatalf("%d bytes", len(text))
		}
		return
	}
	var e *Error
	if !errors.As(err, &e) || e.Message == "" || e.Code != "" && messages[e.Code] == "" || text != "" {
		t.Fatalf("%#v with %q", err, text)
	}
}

func FuzzFormatNumber(f *testing.F) {
	for _, picture := range []string{"#,##0.00", "0.0e0", "01%;(0‰)", "#,#,0.0,0#", "x0e0", ";", "0;0;0"} {
		f.Add(-1234.5678, picture, ".", "0")
	}
	f.Add(0.0, "0e0", ".", "0")
	f.Add(math.Inf(1), "0e0", ",", "٠")
	f.Fuzz(func(t *testing.T, n float64, picture, separator, zero string) {
		text, err := FormatNumber(n, picture, map[string]string{"decimal-separator": separator, "zero-digit": zero})
		wellFormed(t, text, err)
		text, err = FormatBase(n, float64(len(picture)))
		wellFormed(t, text, err)
	})
}

func FuzzInteger(f *testing.F) {
	for _, picture := range []string{"#,##0;o", "#:###,##0", "A", "i", "Ww;o", "w", "٠٠", "0,", "α"} {
		f.Add(12345.6, picture, "one, two and three")
	}
	f.Add(math.Inf(-1), "I", "MCM")
	f.Add(1.7e308, "w", "12")
	f.Fuzz(func(t *testing.T, n float64, picture, text string) {
		written, err := FormatInteger(n, picture)
		wellFormed(t, written, err)
		_, err = ParseInteger(text, picture)
		wellFormed(t, "", err)
		n = math.Trunc(math.Mod(n, 1e6))
		// What is written in plain digits can be read again.
		if written, err = FormatInteger(n, "#,##0"); err != nil {
			t.Fatal(err)
		}
		if got, err := ParseInteger(written, "#,##0"); err == nil && got != n && !math.IsNaN(n) {
			t.Fatalf("%v is %q, which reads as %v", n, written, got)
		}
	})
}

func FuzzDate(f *testing.F) {
	for _, picture := range []string{
		"", "[Y0001]-[M01]-[D01]", "[FNn], [Dwo] [MN,*-3] [YI]", "[h]:[m] [P] [Z] [z0t]", "[X]-[W]-[F]", "[[[Y]]]", "[Y,*-4][M,2-2]", "[,5]", "[Yw][Mw][Dw]",
	} {
		f.Add(leapDay, picture, "+0530", "2024-02-29")
	}
	f.Add(8.64e15, "[x] [w] [W] [X]", "-0530", "one and two")
	f.Fuzz(func(t *testing.T, millis float64, picture, timezone, text string) {
		written, err := FromMillis(millis, picture, timezone)
		wellFormed(t, written, err)
		for _, text := range []string{text, written} {
			_, ok, err := ToMillisAt(text, picture, leapDay)
			wellFormed(t, "", err)
			if ok && err != nil {
				t.Fatal("a result and an error", err)
			}
		}
		if err == nil && !utf8.ValidString(written) && utf8.ValidString(picture) {
			t.Fatalf("%q", written)
		}
	})
}

// Pictures and texts that are made to take long, at the limits.
func TestLimitsBoundTheWork(t *testing.T) {
	for name, picture := range map[string]string{
		"digits":     strings.Repeat("[Y]", MaxPicture/3),
		"words":      strings.Repeat("[Yw]", MaxPicture/4),
		"literals":   strings.Repeat("[[", MaxPicture/2),
		"widths":     strings.Repeat("[Y,999]", MaxPicture/7),
		"separators": "[Y" + strings.Repeat("0.", MaxPicture/2-2) + "]",
		"zones":      strings.Repeat("[Z]", MaxPicture/3),
	} {
		t.Run(name, func(t *testing.T) {
			text, err := FromMillis(leapDay, picture, "")
			wellFormed(t, text, err)
			for _, text := range []string{strings.Repeat("1", MaxTimestamp), strings.Repeat("and ", MaxTimestamp/4), strings.Repeat("+1:", MaxTimestamp/3)} {
				_, _, err := ToMillisAt(text, picture, leapDay)
				wellFormed(t, "", err)
			}
		})
	}
	for name, picture := range map[string]string{
		"groups":          strings.Repeat("0,", MaxPicture/2-1) + "0",
		"optional":        strings.Repeat("#,", MaxPicture/2-1) + "0",
		"fraction groups": "0." + strings.Repeat("0,", 99) + "0",
	} {
		t.Run(name, func(t *testing.T) {
			text, err := FormatNumber(1e20, picture, map[string]string{"zero-digit": "0000", "decimal-separator": "."})
			wellFormed(t, text, err)
			text, err = FormatInteger(1e20, picture)
			wellFormed(t, text, err)
		})
	}
}
