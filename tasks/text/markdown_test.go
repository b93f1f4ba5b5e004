package text

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMarkdownBlocks(t *testing.T) {
	body := "# One\ntext\nmore\n\nTwo\n===\n\n| a | b |\n|---|:-:|\n| 1 | 2 |\n\n- x\n  - y\n    goes on\n1. z\n\n```go\n# no heading\n\n```\n\n#hash\n---\n> quoted"
	var got []string
	for _, b := range markdownBlocks(body) {
		got = append(got, fmt.Sprintf("%s %d %q", b.Kind, b.Level, body[b.Start:b.End]))
	}
	want := []string{
		`heading 1 "# One"`,
		`paragraph 0 "text\nmore"`,
		`heading 1 "Two\n==="`,
		`table 0 "| a | b |\n|---|:-:|\n| 1 | 2 |"`,
		`list-item 1 "- x"`,
		`list-item 2 "  - y\n    goes on"`,
		`list-item 1 "1. z"`,
		"code 0 \"```go\\n# no heading\\n\\n```\"",
		`heading 2 "#hash\n---"`,
		`paragraph 0 "> quoted"`,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("blocks (-want +got):\n%s", diff)
	}
}

// Blocks lie in the text one behind the other, with nothing but white space between.
func FuzzMarkdownBlocks(f *testing.F) {
	f.Add("# a\n\n```\nx")
	f.Add("a\n---\n| b |\n|-|\n\n1) c")
	f.Fuzz(func(t *testing.T, body string) {
		end := 0
		for _, b := range markdownBlocks(body) {
			if b.Start < end || b.End < b.Start || b.End > len(body) || strings.TrimSpace(body[end:b.Start]) != "" {
				t.Fatalf("block %+v behind %d in %q", b, end, body)
			}
			end = b.End
		}
		if strings.TrimSpace(body[end:]) != "" {
			t.Fatalf("%q is in no block", body[end:])
		}
	})
}
