package text

import (
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestEstimateTokens(t *testing.T) {
	tests := []struct {
		text string
		want int
	}{
		{"", 0},
		{"a", 1},
		{"harbour", 2},
		{"the harbour", 3},
		{"understanding", 3},
		{"港町物流", 4},
		{"こんにちは。", 6},
		{"AWSで文書", 4},
		{"1234567", 3},
		{"a, b.", 4},
		{"----------", 3},
		{"a\n\nb", 3},
		{"a    b", 3},
		{"Привет", 3},
		{"😀", 2},
		{"e\u0301", 1},
	}
	for _, test := range tests {
		if got := EstimateTokens(test.text); got != test.want {
			t.Errorf("EstimateTokens(%q) = %d, want %d", test.text, got, test.want)
		}
	}
}

// The estimate of running text stays near what tokenizers make of it: about four characters a token in English, one
// in Japanese.
func TestEstimateTokensOfProse(t *testing.T) {
	tests := []struct {
		file     string
		min, max float64
	}{{"report-en.pdf", 3.2, 4.5}, {"long-en.pdf", 3.2, 4.5}, {"report-ja.pdf", 0.9, 1.2}, {"letter-sjis.txt", 0.9, 1.2}}
	for _, test := range tests {
		doc, err := Extract(t.Context(), readDocument(t, test.file), test.file, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if ratio := float64(doc.Characters()) / float64(EstimateTokens(doc.Text())); ratio < test.min || ratio > test.max {
			t.Errorf("%s: %.2f characters a token, want %.1f to %.1f", test.file, ratio, test.min, test.max)
		}
	}
}

func TestSplit(t *testing.T) {
	tests := []struct {
		name   string
		pages  []string
		budget int
		want   []string
	}{
		{"fits", []string{"one two"}, 10, []string{"one two"}},
		{"empty", []string{""}, 10, nil},
		{"no pages", nil, 10, nil},
		{"page", []string{"one two three.", "four five six."}, 6, []string{"one two three.\n\n", "four five six."}},
		{"paragraph", []string{"one two three four\n\nfive six seven eight"}, 7, []string{"one two three four\n\n", "five six seven eight"}},
		{"line", []string{"one two three four\nfive six seven eight"}, 7, []string{"one two three four\n", "five six seven eight"}},
		{"sentence", []string{"One two three four. Five six seven eight."}, 8, []string{"One two three four. ", "Five six seven eight."}},
		{"word", []string{"one two three four five six"}, 3, []string{"one two three ", "four five six"}},
		{"long word", []string{strings.Repeat("a", 26)}, 3, []string{strings.Repeat("a", 14), strings.Repeat("a", 12)}},
		{"Japanese sentence", []string{"今日は晴れです。明日は雨です。"}, 10, []string{"今日は晴れです。", "明日は雨です。"}},
		{"Japanese quotation", []string{"「今日は晴れ。」と彼は言った。"}, 10, []string{"「今日は晴れ。」", "と彼は言った。"}},
		{"no comma in front", []string{"あいうえお、かきくけこ"}, 5, []string{"あいうえ", "お、かきく", "けこ"}},
		{"accent", []string{"e\u0301e\u0301e\u0301"}, 1, []string{"e\u0301", "e\u0301", "e\u0301"}},
		{"flags", []string{"🇯🇵🇬🇧"}, 5, []string{"🇯🇵", "🇬🇧"}},
		{"more than the budget", []string{"👨‍👩‍👧x"}, 1, []string{"👨", "\u200D", "👩", "\u200D", "👧", "x"}},
		{"border too early", []string{"a\n\n" + strings.Repeat("word ", 20)}, 10, []string{"a\n\nword word word word word word word word ", strings.Repeat("word ", 10), "word word "}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc := &Document{}
			for i, page := range test.pages {
				doc.Pages = append(doc.Pages, Page{Number: i + 1, Text: page})
			}
			chunks := Split(doc, ChunkOptions{MaxTokens: test.budget})
			var got []string
			for _, chunk := range chunks {
				got = append(got, chunk.Text)
			}
			if strings.Join(got, "|") != strings.Join(test.want, "|") || len(got) != len(test.want) {
				t.Errorf("chunks = %q\nwant     %q", got, test.want)
			}
			checkChunks(t, doc, chunks, test.budget, 0)
		})
	}
}

// checkChunks holds Split to what its comment promises.
func checkChunks(t *testing.T, doc *Document, chunks []Chunk, budget, overlapBudget int) {
	t.Helper()
	text := doc.Text()
	end := 0
	for i, c := range chunks {
		switch {
		case c.Index != i:
			t.Fatalf("chunk %d has index %d", i, c.Index)
		case c.Start != end:
			t.Fatalf("chunk %d starts at %d, the one before ends at %d", i, c.Start, end)
		case c.End <= c.Start:
			t.Fatalf("chunk %d is empty: %d-%d", i, c.Start, c.End)
		case c.Text != text[c.Start:c.End]:
			t.Fatalf("chunk %d: text is not that of its range", i)
		case c.FirstPage != doc.PageAt(c.Start) || c.LastPage != doc.PageAt(c.End-1):
			t.Fatalf("chunk %d: pages %d-%d, want %d-%d", i, c.FirstPage, c.LastPage, doc.PageAt(c.Start), doc.PageAt(c.End-1))
		case utf8.ValidString(text) && !utf8.ValidString(c.Text):
			t.Fatalf("chunk %d is cut inside a character: %q", i, c.Text)
		case EstimateTokens(c.Text) > budget && utf8.RuneCountInString(c.Text) > 1:
			t.Fatalf("chunk %d has %d tokens, budget %d: %q", i, EstimateTokens(c.Text), budget, c.Text)
		case !strings.HasSuffix(text[:c.Start], c.Overlap):
			t.Fatalf("chunk %d: overlap %q is not the text before it", i, c.Overlap)
		case EstimateTokens(c.Overlap) > overlapBudget:
			t.Fatalf("chunk %d: overlap of %d tokens, budget %d", i, EstimateTokens(c.Overlap), overlapBudget)
		}
		end = c.End
	}
	if end != len(text) {
		t.Fatalf("the chunks end at %d, the text at %d", end, len(text))
	}
}

// randomDocument mixes what documents are made of, and what breaks careless cutting.
func randomDocument(r *rand.Rand) *Document {
	pieces := []string{
		"word", "harbour ", "understandable", "。", "港", "物流", "です。", " ", "  ", "\n", "\n\n", ". ", "! ", "\r\n",
		"e\u0301", "👨‍👩‍👧‍👦", "🇯🇵", "👍🏽", "が", "か\u3099", "」", "、", "12,345", "-----", "\u00A0", "Привет ", "한국어", "", "\uFE0F", "\u200D",
	}
	doc := &Document{}
	for number := range 1 + r.IntN(6) {
		var page strings.Builder
		for range r.IntN(60) {
			page.WriteString(pieces[r.IntN(len(pieces))])
		}
		doc.Pages = append(doc.Pages, Page{Number: number + 1, Text: page.String()})
	}
	return doc
}

func TestSplitProperties(t *testing.T) {
	for seed := range uint64(3000) {
		r := rand.New(rand.NewPCG(seed, 7))
		doc := randomDocument(r)
		budget, overlapBudget := 1+r.IntN(40), r.IntN(15)
		checkChunks(t, doc, Split(doc, ChunkOptions{MaxTokens: budget, OverlapTokens: overlapBudget}), budget, overlapBudget)
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func TestSplitLong(t *testing.T) {
	doc, err := Extract(t.Context(), readDocument(t, "long-en.pdf"), "long-en.pdf", Options{})
	if err != nil {
		t.Fatal(err)
	}
	chunks := Split(doc, ChunkOptions{MaxTokens: 4000, OverlapTokens: 100})
	checkChunks(t, doc, chunks, 4000, 100)
	for _, chunk := range chunks[1:] {
		if doc.PageAt(chunk.Start-1) == chunk.FirstPage {
			t.Errorf("chunk %d begins in the midst of page %d, though pages are short", chunk.Index, chunk.FirstPage)
		}
		if chunk.Overlap == "" {
			t.Errorf("chunk %d has no overlap", chunk.Index)
		}
	}
	if whole := Split(doc, ChunkOptions{}); len(whole) < 4 || len(whole) > 8 {
		t.Errorf("%d chunks with the default budget, want about 5", len(whole))
	}
}

func FuzzSplit(f *testing.F) {
	f.Add("one two\n\nthree", "four", 3, 2)
	f.Add("日本語の文。「はい。」", "", 4, 1)
	f.Add("👨‍👩‍👧🇯🇵🇯", "e\u0301\r\n", 1, 1)
	f.Add("\xff\xfe", "\xe3\x81", 1, 3)
	f.Fuzz(func(t *testing.T, first, second string, budget, overlapBudget int) {
		if budget <= 0 || budget > 1000 || overlapBudget < 0 || overlapBudget > 1000 {
			return
		}
		doc := &Document{Pages: []Page{{Number: 1, Text: first}, {Number: 2, Text: second}}}
		checkChunks(t, doc, Split(doc, ChunkOptions{MaxTokens: budget, OverlapTokens: overlapBudget}), budget, overlapBudget)
	})
}

func TestSplitByStructure(t *testing.T) {
	tests := []struct {
		name   string
		blocks []block
		budget int
		want   []string
		heads  []string
	}{
		{
			name:   "before a heading",
			blocks: []block{{kind: BlockParagraph, text: "one two three."}, {kind: BlockHeading, level: 1, text: "Head"}, {kind: BlockParagraph, text: "Body here."}},
			budget: 6,
			want:   []string{"one two three.\n\n", "Head\n\nBody here."},
			heads:  []string{"", ""},
		},
		{
			name:   "not between a heading and its paragraph",
			blocks: []block{{kind: BlockParagraph, text: "one two."}, {kind: BlockHeading, level: 1, text: "Head"}, {kind: BlockParagraph, text: "Some more of the body."}},
			budget: 8,
			want:   []string{"one two.\n\n", "Head\n\nSome more of the body."},
			heads:  []string{"", ""},
		},
		{
			name:   "rows stay whole",
			blocks: []block{{kind: BlockTable, text: "name\tplace of birth\nAda\tLondon in England\nAlan\tMaida Vale, London"}},
			budget: 9,
			want:   []string{"name\tplace of birth\n", "Ada\tLondon in England\n", "Alan\tMaida Vale, London"},
			heads:  []string{"", "name\tplace of birth", "name\tplace of birth"},
		},
		{
			name:   "a row larger than the budget",
			blocks: []block{{kind: BlockTable, text: "a b\nc d e f g h\ni"}},
			budget: 4,
			want:   []string{"a b\n", "c d e f ", "g h\ni"},
			heads:  []string{"", "a b", "a b"},
		},
		{
			name: "headings above",
			blocks: []block{
				{kind: BlockHeading, level: 1, text: "A"},
				{kind: BlockHeading, level: 2, text: "B"},
				{kind: BlockParagraph, text: "one two three four five six"},
				{kind: BlockHeading, level: 2, text: "C"},
				{kind: BlockParagraph, text: "one two three four five six"},
			},
			budget: 9,
			want:   []string{"A\n\nB\n\none two three four five ", "six\n\nC\n\none two three four five ", "six"},
			heads:  []string{"", "A B", "A C"},
		},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			doc := &Document{Pages: []Page{compose(1, "", test.blocks)}}
			chunks := Split(doc, ChunkOptions{MaxTokens: test.budget})
			var got, heads []string
			for _, c := range chunks {
				got = append(got, c.Text)
				heads = append(heads, strings.TrimSpace(strings.Join(c.Headings, " ")+" "+c.TableHead))
			}
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("chunks (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(test.heads, heads); diff != "" {
				t.Errorf("headings and table heads (-want +got):\n%s", diff)
			}
			checkChunks(t, doc, chunks, test.budget, 0)
		})
	}
}

// No chunk begins inside the row of a table, unless the row alone is more than the budget.
func TestSplitKeepsRows(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	words := []string{"a", "depot", "港町", "12,800", "Größe", "e\u0301", "🇯🇵", "."}
	kinds := []BlockKind{BlockParagraph, BlockHeading, BlockListItem, BlockTable, BlockTable, BlockCode}
	for range 2_000 {
		doc := &Document{}
		for page := range 1 + random.IntN(3) {
			var blocks []block
			for range random.IntN(6) {
				b := block{kind: kinds[random.IntN(len(kinds))], level: 1 + random.IntN(3)}
				var rows []string
				for range 1 + random.IntN(4) {
					var cells []string
					for range 1 + random.IntN(8) {
						cells = append(cells, words[random.IntN(len(words))])
					}
					rows = append(rows, strings.Join(cells, []string{" ", "\t"}[random.IntN(2)]))
				}
				b.text = strings.Join(rows, "\n")
				blocks = append(blocks, b)
			}
			doc.Pages = append(doc.Pages, compose(page+1, "", blocks))
		}
		budget := 1 + random.IntN(30)
		chunks := Split(doc, ChunkOptions{MaxTokens: budget})
		checkChunks(t, doc, chunks, budget, 0)
		starts := map[int]bool{}
		for _, c := range chunks {
			starts[c.Start] = true
		}
		offset := 0
		for _, page := range doc.Pages {
			for _, b := range page.Blocks {
				if b.Kind != BlockTable {
					continue
				}
				at := b.Start
				for row := range strings.SplitAfterSeq(page.Text[b.Start:b.End], "\n") {
					for i := at + 1; i < at+len(row); i++ {
						// The line end after a row may be more than fits.
						if starts[offset+i] && EstimateTokens(page.Text[at:min(at+len(row)+2, len(page.Text))]) <= budget {
							t.Fatalf("budget %d: the row %q is cut at %d; chunks %+v", budget, row, i-at, chunks)
						}
					}
					at += len(row)
				}
			}
			offset += len(page.Text) + len(pageSeparator)
		}
	}
}
