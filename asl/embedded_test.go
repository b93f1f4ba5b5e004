package asl

import (
	"strings"
	"testing"
)

// A definition within a string of another file has the places of that file, in messages too.
func TestParseEmbedded(t *testing.T) {
	const file = "definition: |\n    {\"StartAt\": \"A\",\n     \"StartAt\": \"B\", \"x\": [1 2}\n"
	text := "{\"StartAt\": \"A\",\n \"StartAt\": \"B\", \"x\": [1 2}"
	locate := func(offset int) int {
		at := strings.Index(file, "{") + offset
		if second := strings.Index(text, "\n") + 1; offset >= second {
			at += 4 // the indentation of the second line
		}
		return at
	}
	d := ParseEmbedded("f.yaml", file, text, locate)
	var got []string
	for _, p := range d.Problems {
		got = append(got, p.Error())
	}
	const want = `3:6: "StartAt" is in this object already, at 2:6; only the last one counts
3:22: "x" is no field of the definition
3:29: a comma is missing between two items
3:31: '}' where ']' should be, which ends the array from 3:27`
	if joined := strings.Join(got, "\n"); joined != want {
		t.Errorf("got\n%s", joined)
	}
	start := d.Root.Member("StartAt")
	if at := file[start.Span.Start.Offset:start.Span.End.Offset]; at != `"B"` || d.Machine.StartAt != "B" || d.Text != file || d.Embedded != text {
		t.Errorf("StartAt stands at %v: %s", start.Span, at)
	}
}

func TestWithin(t *testing.T) {
	outer := ParseData("t.yaml", []byte("a: {StartAt: A, StartAt: B, Statess: 1}\nb: {x: 1, x: 2}\n"))
	d := Within(outer, outer.Root.Member("a"))
	if d.Root.Pointer() != "" || d.Root.Member("StartAt").Pointer() != "/StartAt" || d.Machine.StartAt != "B" || d.Embedded != "{StartAt: A, StartAt: B, Statess: 1}" {
		t.Errorf("%+v", d)
	}
	if len(d.Problems) != 2 || d.Problems[0].Kind != DuplicateName || d.Problems[1].Kind != UnknownField {
		t.Errorf("problems %v", d.Problems)
	}
}
