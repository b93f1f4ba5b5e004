package mapdata

import (
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// records reads all records of a text, with | between the cells of one and a line for each.
func records(text string, separator byte) (string, error) {
	r := &csvReader{lines: newLineReader(strings.NewReader(text)), separator: separator, limit: 1 << 20}
	var b strings.Builder
	for {
		cells, err := r.record()
		if err == io.EOF {
			return b.String(), nil
		}
		if err != nil {
			return b.String(), err
		}
		b.WriteString(strings.Join(cells, "|") + ";")
	}
}

func TestCSVGrammar(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"plain", "a,b\nc,d\n", "a|b;c|d;"},
		{"no line end at the end", "a,b", "a|b;"},
		{"all line ends", "a\r\nb\rc\nd", "a;b;c;d;"},
		{"empty text", "", ""},
		{"empty line", "a\n\nb", "a;;b;"},
		{"a line of blanks", "a\n   \nb", "a;   ;b;"},
		{"nothing is trimmed", " a , b\t,c ", " a | b\t|c ;"},
		{"an empty cell at the end", "a,\n,", "a|;|;"},
		{"quoted", `"a,b","c"`, "a,b|c;"},
		{"quoted line ends", "\"a\nb\r\nc\",d\ne", "a\nb\nc|d;e;"},
		{"empty quoted", `"",a`, "|a;"},
		{"doubled quotes", `"a ""b"" c"`, `a "b" c;`},
		{"doubled quotes in an open field", `{""a"":1},x`, `{"a":1}|x;`},
		{"doubled quotes begin a field", `x,""y""`, `x|"y";`},
		{"a quote within a field", `a,bc"d"ef,g`, `a|bc"d"ef|g;`},
		{"a quote near the start of a line", `ab"c"d`, `abc"d;`},
		{"near the start counts units, not bytes", `日本"c"d`, `日本c"d;`},
		{"a surrogate pair is two units", `𝕏𝕏"c"d`, `𝕏𝕏"c"d;`},
		{"blanks before a quote", `abcd,  "x,y"`, `abcd|x,y;`},
		{"a no-break space is not blank", "abcd,\u00a0\"x\"", "abcd|\u00a0\"x;"},
		{"blanks before a quote near the start", `  "x,y"`, `  x,y;`},
		{"escaped", `a\\b,c\"d,e\,f`, `a\b|c"d|e,f;`},
		{"escaped in quotes", `"a\\b","c\"d"`, `a\b|c"d;`},
		{"a backslash that escapes nothing", `a\bc,\n`, `abc|n;`},
		{"a backslash at the end of a line", "a\\\nb", "a;b;"},
		{"an escaped quote begins a field", `\"a\",b`, `"a"|b;`},
		{"bytes that are not UTF-8", "a\xff\xfeb", "a\ufffd\ufffdb;"},
		{"a byte order mark stays", "\ufeffa,b", "\ufeffa|b;"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := records(test.text, ',')
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// The file of https://docs.aws.amazon.com/step-functions/latest/dg/example-csv-parse-dist-map.html and what that page says of it.
func TestCSVDocumentedExample(t *testing.T) {
	got, err := records("abc,123,\"This string contains commas, a double quotation marks (\"\"), and a newline (\n)\",{\"\"MyKey\"\":\"\"MyValue\"\"},\"[1,2,3]\"", ',')
	if err != nil {
		t.Fatal(err)
	}
	want := "abc|123|This string contains commas, a double quotation marks (\"), and a newline (\n)|{\"MyKey\":\"MyValue\"}|[1,2,3];"
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCSVUnterminated(t *testing.T) {
	_, err := records("a\nb,\"c\nd", ',')
	var failure *Error
	if !errors.As(err, &failure) || failure.Cause != "Unterminated quoted field at end of CSV line. Beginning of lost text: [c\nd\n]" {
		t.Error(err)
	}
	_, err = records("\""+strings.Repeat("x", 200), ',')
	if !errors.As(err, &failure) || !strings.HasSuffix(failure.Cause, "["+strings.Repeat("x", 97)+"...]") {
		t.Error(err)
	}
}

// Lines must not depend on where the reader's buffer ends.
func TestLineReaderBuffers(t *testing.T) {
	var text strings.Builder
	var want []string
	for i := range 3000 {
		line := strings.Repeat(string(rune('a'+i%26)), 1+i%97)
		want = append(want, line)
		text.WriteString(line + []string{"\n", "\r\n", "\r"}[i%3])
	}
	want = append(want, strings.Repeat("z", 200_000))
	text.WriteString(want[len(want)-1])
	for _, size := range []int{1, 7, 1 << 20} {
		lines := newLineReader(&chunks{text.String(), size})
		var got []string
		for {
			line, err := lines.next(1 << 20)
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(line))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("chunks of %d: %s", size, diff)
		}
	}
	if _, err := newLineReader(strings.NewReader("abc\n")).next(2); !errors.Is(err, errTooLong) {
		t.Error(err)
	}
}

// chunks gives a text in pieces of at most size bytes.
type chunks struct {
	text string
	size int
}

func (c *chunks) Read(p []byte) (int, error) {
	if c.text == "" {
		return 0, io.EOF
	}
	n := copy(p, c.text[:min(c.size, len(c.text))])
	c.text = c.text[n:]
	return n, nil
}
