package prompt

import (
	"fmt"
	"math/rand/v2"
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

// A hostile text costs linear time: these take minutes when anything is quadratic.
func TestSentencesOfHostileTexts(t *testing.T) {
	for _, piece := range []string{".\u00a0", ". ", ".\"", "。\"", "\n ", "\n\n", "!", "a", "「」", "ab.", "アー", "\xff\x80", "1,", "-"} {
		text := strings.Repeat(piece, 1<<18/len(piece))
		candidates([]string{text}, nil)
		candidates([]string{text + strings.Repeat("\"", 1<<18)}, nil)
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

// The facts of a long Japanese document, sentences with invented names and numbers among prose of a large vocabulary, are
// chosen, in a budget of a few sentences a chunk.
func TestFactsOfAJapaneseDocumentAreChosen(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 3))
	pick := func(from string, n int) string {
		runes := []rune(from)
		var b strings.Builder
		for range n {
			b.WriteRune(runes[random.IntN(len(runes))])
		}
		return b.String()
	}
	const (
		kanji    = "会社港湾開発計画市場経済技術産業輸送貨物倉庫管理部門報告調査結果地域住民交通道路建設費用予算収入支出人口増加減少水質環境対策教育研究制度改革時間年度月間売上利益"
		katakana = "アイウエオカキクケコサシスセソタチツテトナニヌネノハヒフヘホマミムメモヤユヨラリルレロワン"
	)
	words := make([]string, 4_000)
	for i := range words {
		if words[i] = pick(kanji, 2); i%5 == 0 {
			words[i] = pick(katakana, 3+random.IntN(3))
		}
	}
	zipf := rand.NewZipf(random, 1.1, 8, uint64(len(words)-1))
	var chunks []string
	var facts []string
	const perChunk, count = 300, 60
	for range count {
		var b strings.Builder
		for i := range perChunk {
			particles := []string{"は", "の", "を", "に", "で"}
			for _, p := range particles[:2+random.IntN(4)] {
				b.WriteString(words[zipf.Uint64()] + p)
			}
			b.WriteString("行われた。")
			if i == perChunk/2 {
				for range random.IntN(4) {
					fact := fmt.Sprintf("%s社は%sに%d箱を送った。", pick(katakana, 6), pick(katakana, 5), 1_000+random.IntN(900_000))
					b.WriteString(fact)
					facts = append(facts, fact)
				}
			}
		}
		chunks = append(chunks, b.String())
	}
	chosen := choose(candidates(chunks, nil), count*300, 6)
	found := 0
	for _, fact := range facts {
		for _, list := range chosen {
			if slices.Contains(list, fact) {
				found++
			}
		}
	}
	t.Logf("%d of %d facts", found, len(facts))
	if found*100 < 99*len(facts) {
		t.Errorf("%d of %d facts were chosen", found, len(facts))
	}
}
