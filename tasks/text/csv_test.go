package text

import (
	"strings"
	"testing"
)

func TestCSV(t *testing.T) {
	tests := []struct{ name, data, want, warning string }{
		{"comma", "a,b\n1,2\n", "a\tb\n1\t2", ""},
		{"semicolon", "name;price\nA;1,50\nB;2,75\n", "name\tprice\nA\t1,50\nB\t2,75", ""},
		{"tab", "a\tb, c\n1\t2, 3\n", "a\tb, c\n1\t2, 3", ""},
		{"pipe", "a|b\n1|2\n", "a\tb\n1\t2", ""},
		{"sep line", "sep=;\na;b\n", "a\tb", ""},
		{"quoted", "\"a \"\"x\"\"\",\"b\nc\"\n", "a \"x\"\tb c", ""},
		{"CR line ends", "a,b\r1,2\r", "a\tb\n1\t2", ""},
		{"ragged", "a,b,c\n1\n1,2,3,4\n", "a\tb\tc\n1\n1\t2\t3\t4", ""},
		{"empty cells", "a,,c,,\n,,\n,x\n", "a\t\tc\n\tx", ""},
		{"stray quote", "5\" pipe,1\n6\" pipe,2\n", "5\" pipe\t1\n6\" pipe\t2", ""},
		{"quote never closed", "a,b\n\"c,d\ne,f\n", "a\tb\nc,d e,f", ""},
		{"one column", "only\none\n", "only\none", ""},
		{"byte order mark", "\uFEFFa,b\n1,2\n", "a\tb\n1\t2", ""},
		{"Japanese", "氏名,数量\n高橋,2\n", "氏名\t数量\n高橋\t2", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc, err := Extract(t.Context(), []byte(test.data), "a.csv", Options{})
			if err != nil {
				t.Fatal(err)
			}
			if got := doc.Text(); got != test.want {
				t.Errorf("text = %q\nwant   %q", got, test.want)
			}
			if got := strings.Join(warningCodes(doc), " "); got != test.warning {
				t.Errorf("warnings = %q, want %q", got, test.warning)
			}
		})
	}
}

func FuzzCSV(f *testing.F) {
	f.Add(string(readDocument(f, "orders.csv")))
	f.Add("sep=;\na;b")
	f.Add("sep=\"\na\"b")
	f.Add("\"\n\n,\"\"\"")
	f.Fuzz(func(t *testing.T, data string) {
		doc := &Document{}
		src := &source{text: data, limits: DefaultLimits()}
		if err := extractCSV(t.Context(), src, doc); err != nil {
			return
		}
		rows := strings.Count(doc.Text(), "\n")
		if lines := strings.Count(normalise(data), "\n"); rows > lines {
			t.Errorf("%d line ends from %d: a row must be one line", rows, lines)
		}
	})
}
