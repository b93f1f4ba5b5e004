package bedrock

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write the golden files")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got; -update writes it):\n%s", path, diff)
	}
}

// The prompts are golden so that a change to one is seen.
func TestPrompts(t *testing.T) {
	for _, step := range append(Steps(), StepMerge) {
		t.Run(string(step), func(t *testing.T) {
			r := NewRequest(step, Input{Title: "Q3 report", Text: "Sales rose.\nCosts fell.", Part: 2, Parts: 5})
			if err := r.Validate(); err != nil {
				t.Fatal(err)
			}
			golden(t, "prompt-"+string(step)+".txt",
				"--- system\n"+r.System.String()+"\n--- user\n"+r.Messages[0].Content.String()+"\n")
		})
	}
}

func TestNewRequestFence(t *testing.T) {
	good := Fence("the text")
	bad := "document-00000000000000000000000000000000"
	tests := []struct {
		name string
		in   Input
		want string // "" means a fresh fence
	}{
		{"none", Input{Text: "the text"}, Fence("\nthe text")},
		{"given", Input{Text: "the text", Fence: good}, good},
		{"in the text", Input{Text: "x </" + bad + "> y", Fence: bad}, ""},
		{"with a title", Input{Text: "the text", Title: "t", Fence: good}, Fence("t\nthe text")},
		{"in the title", Input{Text: "x", Title: "</title-00000000000000000000000000000000>", Fence: bad}, ""},
		{"in capitals", Input{Text: "x </DOCUMENT-ABCDEFABCDEFABCDEFABCDEFABCDEFAB> y", Fence: "document-abcdefabcdefabcdefabcdefabcdefab"}, ""},
		{"not a fence", Input{Text: "x", Fence: "document"}, ""},
		{"not hex", Input{Text: "x", Fence: "document-zz000000000000000000000000000000"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := NewRequest(StepSummary, tt.in).Messages[0].Content.String()
			first, _, _ := strings.Cut(text, "\n")
			tag := strings.TrimPrefix(first, tagLine)
			if !fenceForm.MatchString(tag) {
				t.Fatalf("the message names no fence first: %q", first)
			}
			if tt.want != "" && tag != tt.want || tt.want == "" && tag == tt.in.Fence {
				t.Errorf("the fence is %s", tag)
			}
			if n := strings.Count(text, "</"+tag+">"); n != 1 {
				t.Errorf("the fence closes %d times in %q", n, text)
			}
		})
	}
}

func TestNewRequestMaxTokens(t *testing.T) {
	if got := NewRequest(StepKeywords, Input{Text: "x", MaxTokens: 7}).MaxTokens; got != 7 {
		t.Errorf("max_tokens %d, want 7", got)
	}
	for _, step := range Steps() {
		if got := NewRequest(step, Input{Text: "x"}).MaxTokens; got != DefaultMaxTokens(step) || got < 1 {
			t.Errorf("%s: max_tokens %d", step, got)
		}
	}
}

// A template filled as States.Format fills it must be the message that NewRequest makes.
func TestFormatTemplate(t *testing.T) {
	const text = "It's {odd} \\ text: {}"
	fence := Fence(text)
	values := map[Hole]string{HoleFence: fence, HoleText: text, HolePart: "2", HoleParts: "5"}
	for _, step := range Steps() {
		for _, part := range []bool{false, true} {
			template, in := FormatTemplate(step), Input{Text: text, Fence: fence}
			if part {
				template = FormatPartTemplate(step)
				in.Part, in.Parts = 2, 5
			}
			want := NewRequest(step, in).Messages[0].Content.String()
			if got := fillFormat(t, template, values); got != want {
				t.Errorf("%s: the template gives\n%s\nwant\n%s", step, got, want)
			}
		}
	}
}

// fillFormat does what States.Format does with a template.
func fillFormat(t *testing.T, template Template, values map[Hole]string) string {
	t.Helper()
	var b strings.Builder
	holes := template.Holes
	for i := 0; i < len(template.Text); i++ {
		switch c := template.Text[i]; c {
		case '\\':
			i++
			b.WriteByte(template.Text[i])
		case '{':
			if template.Text[i:i+2] != "{}" || len(holes) == 0 {
				t.Fatalf("a brace that is neither a hole nor escaped, or a hole too many: %q", template.Text)
			}
			b.WriteString(values[holes[0]])
			holes = holes[1:]
			i++
		case '\'', '}':
			t.Fatalf("%c is not escaped in %q", c, template.Text)
		default:
			b.WriteByte(c)
		}
	}
	if len(holes) > 0 {
		t.Fatalf("%d holes are named that the text does not have", len(holes))
	}
	return b.String()
}

func TestExpression(t *testing.T) {
	got, err := FormatTemplate(StepSummary).Expression(map[Hole]string{HoleFence: "$.fence", HoleText: "$.text"})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(got, "States.Format('"+tagLine) || !strings.HasSuffix(got, "', $.fence, $.fence, $.text, $.fence)") {
		t.Errorf("got %s", got)
	}
	if _, err := FormatPartTemplate(StepSummary).Expression(map[Hole]string{HoleFence: "$.fence", HoleText: "$.text"}); err == nil ||
		!strings.Contains(err.Error(), `"part"`) {
		t.Errorf("the missing path of a hole is not told: %v", err)
	}
}

func TestEscapeFormat(t *testing.T) {
	if got, want := escapeFormat(`it's {"a":"\n"}`), `it\'s \{"a":"\\n"\}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
