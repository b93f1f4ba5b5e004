package prompt

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestSentences(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"One. Two!  Three?\nFour", []string{"One.", "Two!", "Three?", "Four"}},
		{"It rose by 3.5 % to 48,213. \"Good,\" said Mr. Ito (e.g. of the port).", []string{"It rose by 3.5 % to 48,213.", "\"Good,\" said Mr. Ito (e.g. of the port)."}},
		{"A line that\ngoes on. And\n\na new paragraph", []string{"A line that goes on.", "And", "a new paragraph"}},
		{"港は成長した。費用は3.5％減った！「良い。」と彼は言った。", []string{"港は成長した。", "費用は3.5％減った！", "「良い。」", "と彼は言った。"}},
		{"He said \"no.\" Then he left.", []string{"He said \"no.\"", "Then he left."}},
		{" \n\n ", nil},
		{strings.Repeat("word ", 200), []string{strings.TrimSpace(strings.Repeat("word ", 120)), strings.TrimSpace(strings.Repeat("word ", 80))}},
	} {
		if got := sentences(c.text); !slices.Equal(got, c.want) {
			t.Errorf("%q:\n got %q\nwant %q", c.text, got, c.want)
		}
	}
}

// Nothing of a text is lost, whatever it is made of.
func FuzzSentences(f *testing.F) {
	for _, seed := range []string{"One. Two", "港。\n\n", "a\n\nb", strings.Repeat("x", 2000), "\xff.\x80 A"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := strings.Join(strings.Fields(strings.Join(sentences(text), " ")), "")
		if want := strings.Join(strings.Fields(text), ""); got != want {
			t.Errorf("%q became %q", text, got)
		}
	})
}

func TestTerms(t *testing.T) {
	var got []string
	terms("The Port-Mary harbour's 48,213 crates (R2-17) 港湾のコンテナ", func(t term) { got = append(got, fmt.Sprintf("%s:%d:%v", t.text, t.kind, t.upper)) })
	want := []string{"the:0:true", "port-mary:0:true", "harbour's:0:false", "48,213:1:false", "crates:0:false", "r2:1:true", "17:1:false", "港湾:3:false", "コンテナ:2:false"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// The sentence with rare names and numbers comes first, in English and in Japanese.
func TestCandidates(t *testing.T) {
	for _, c := range []struct{ text, rare string }{
		{strings.Repeat("The rain fell on the town. People went to the market. ", 20) + "The Quorvex ledger records 48,213 crates. " + strings.Repeat("The market was in the town. ", 20), "The Quorvex ledger records 48,213 crates."},
		{strings.Repeat("町に雨が降った。人々は市場に行った。", 20) + "クオルベックス社は48,213箱を輸出した。" + strings.Repeat("市場は町にある。", 20), "クオルベックス社は48,213箱を輸出した。"},
	} {
		ranked := candidates([]string{c.text}, nil)[0]
		if ranked[0].text != c.rare {
			t.Errorf("the first is %q", ranked[0].text)
		}
		if got := candidates([]string{c.text}, map[string]bool{c.rare: true})[0]; len(got) != len(ranked)-1 || got[0].text == c.rare {
			t.Error("what is said already is said again")
		}
	}
}

// Every chunk gives as many as the others, and when not all fit the most distinctive go first.
func TestChoose(t *testing.T) {
	from := [][]candidate{
		{{text: "a2", at: 2, tokens: 10, score: 9}, {text: "a1", at: 1, tokens: 10, score: 8}, {text: "a0", at: 0, tokens: 10, score: 7}},
		{{text: "b0", at: 0, tokens: 10, score: 1}},
		{},
		{{text: "d0", at: 0, tokens: 30, score: 5}, {text: "d1", at: 1, tokens: 10, score: 4}},
	}
	for budget, want := range map[int]string{
		0:    "[[] [] [] []]",
		15:   "[[a2] [] [] []]",
		50:   "[[a2] [] [] [d0]]",
		60:   "[[a2] [b0] [] [d0]]",
		80:   "[[a1 a2] [b0] [] [d0 d1]]",
		1000: "[[a0 a1 a2] [b0] [] [d0 d1]]",
	} {
		if got := fmt.Sprint(choose(from, budget, 2)); got != want {
			t.Errorf("%d tokens: %s, want %s", budget, got, want)
		}
	}
}

func BenchmarkCandidates(b *testing.B) {
	chunk := strings.Repeat("The Quorvex ledger records 48,213 crates. People went to the market in the rain, and came home late. ", 300)
	chunks := make([]string, 160)
	for i := range chunks {
		chunks[i] = chunk
	}
	b.SetBytes(int64(len(chunk) * len(chunks)))
	for b.Loop() {
		candidates(chunks, nil)
	}
}
