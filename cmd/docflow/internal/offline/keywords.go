package offline

import (
	"math"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/tasks/bedrock"
)

const (
	// maxKeywords is how many keywords an answer gives at most.
	maxKeywords = 15
	// maxTermWords and maxTermMorphemes bound a term.
	maxTermWords     = 3
	maxTermMorphemes = 5
	// headingWeight is how often a term in a heading or the title counts.
	headingWeight = 3
)

// termCount is a candidate for a keyword.
type termCount struct {
	forms   map[string]int // how often each written form stands inside a sentence
	opening string         // the form at the start of a sentence, in small letters
	count   float64
	first   int // index of the sentence where it first stands
	parts   []string
	capital bool
}

// keywords ranks terms by how often they stand in the text, how often their words do,
// whether a heading has them, and how early they come: RAKE's idea of a candidate (the
// words between stop words), with compound nouns for Japanese.
func keywords(doc *document) []bedrock.Keyword {
	terms := map[string]*termCount{}
	partCount := map[string]float64{}
	add := func(index int, weight float64, text string) {
		for _, c := range candidateTerms(text) {
			t := terms[c.key]
			if t == nil {
				t = &termCount{forms: map[string]int{}, first: index, parts: c.parts}
				terms[c.key] = t
			}
			if c.opening {
				t.opening = strings.ToLower(c.form)
			} else {
				t.forms[c.form]++
			}
			t.count += weight
			t.capital = t.capital || c.capital
			for _, p := range c.parts {
				partCount[p] += weight
			}
		}
	}
	for _, h := range append([]string{doc.title}, doc.headings...) {
		if !sectionNames[strings.ToLower(h)] {
			add(0, headingWeight, h)
		}
	}
	for i, s := range doc.sentences {
		add(i, 1, s.text)
	}
	if len(doc.sentences) == 0 {
		for _, f := range doc.fragments {
			add(0, 1, f)
		}
	}
	type scored struct {
		key   string
		score float64
	}
	var ranked []scored
	n := float64(len(doc.sentences) + 1)
	for _, key := range sortedKeys(terms) {
		t := terms[key]
		parts := 0.0
		for _, p := range t.parts {
			parts += math.Log2(1 + partCount[p])
		}
		parts /= math.Sqrt(float64(len(t.parts)))
		score := parts * math.Pow(t.count, 0.75)
		switch {
		case len(t.parts) > 1 && t.count < 2:
			score *= 0.6 // a phrase that stands once may be an accident
		case len(t.parts) > 1:
			score *= 1.25
		}
		if t.capital {
			score *= 1.1
		}
		score *= 1 + 0.2*(1-float64(t.first)/n)
		ranked = append(ranked, scored{key, score})
	}
	slices.SortStableFunc(ranked, func(a, b scored) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		default:
			return strings.Compare(a.key, b.key)
		}
	})
	var out []bedrock.Keyword
	var taken []*termCount
	for _, r := range ranked {
		t := terms[r.key]
		if len(out) == maxKeywords {
			break
		}
		if slices.ContainsFunc(taken, func(o *termCount) bool { return covers(o, t) }) {
			continue
		}
		taken = append(taken, t)
		out = append(out, bedrock.Keyword{Term: t.form(), Score: math.Round(100*r.score/ranked[0].score) / 100})
	}
	return out
}

// covers tells that b adds nothing to a: its parts are all parts of a, or a's of b, and
// it does not stand on its own more often.
func covers(a, b *termCount) bool {
	short, long := a, b
	if len(short.parts) > len(long.parts) {
		short, long = long, short
	}
	for _, p := range short.parts {
		if !slices.Contains(long.parts, p) {
			return false
		}
	}
	if len(a.parts) == len(b.parts) {
		return true
	}
	if b == long {
		return b.count < 2 // the single word is taken, and the phrase is rare
	}
	return b.count < 3*a.count
}

// form is the written form that stands most often. A capital at the start of a sentence
// tells nothing.
func (t *termCount) form() string {
	best := ""
	if len(t.forms) == 0 {
		return t.opening
	}
	for _, f := range sortedKeys(t.forms) {
		if best == "" || t.forms[f] > t.forms[best] || t.forms[f] == t.forms[best] && strings.ToLower(f) == f {
			best = f
		}
	}
	return best
}

// candidate is one occurrence of a term.
type candidate struct {
	key     string // stems, for counting forms of one term together
	form    string
	parts   []string
	capital bool
	opening bool // at the start of a sentence, with a capital that tells nothing
}

func candidateTerms(text string) []candidate {
	if needsDictionary(text) {
		return japaneseTerms(text)
	}
	return englishTerms(text)
}

// englishTerms returns runs of words between stop words and punctuation. A run that is
// too long for a term gives its single words only.
func englishTerms(text string) []candidate {
	var out []candidate
	var run []word
	flush := func() {
		if len(run) > 0 && len(run) <= maxTermWords {
			out = append(out, newCandidate(text, run))
		}
		if len(run) > 1 {
			for i := range run {
				out = append(out, newCandidate(text, run[i:i+1]))
			}
		}
		run = nil
	}
	for _, w := range words(text) {
		if len(run) > 0 && text[run[len(run)-1].end:w.start] != " " {
			flush()
		}
		lower := strings.ToLower(w.text)
		if isStopWord(lower) || emptyWords[lower] || strings.HasSuffix(lower, "ly") && len(lower) > 4 {
			flush()
			continue
		}
		run = append(run, w)
	}
	flush()
	return out
}

func newCandidate(text string, run []word) candidate {
	c := candidate{}
	for _, w := range run {
		c.parts = append(c.parts, stem(w.text))
	}
	c.key = strings.Join(c.parts, " ")
	c.form = text[run[0].start:run[len(run)-1].end]
	first, _ := utf8.DecodeRuneInString(c.form)
	acronym := len(c.form) > 1 && strings.ToUpper(c.form) == c.form
	c.opening = run[0].start == 0 && unicode.IsUpper(first) && !acronym
	c.capital = unicode.IsUpper(first) && !c.opening
	return c
}

// sectionNames are headings that every report has.
var sectionNames = map[string]bool{}

func init() {
	for _, name := range []string{
		"overview", "introduction", "summary", "executive summary", "background", "main results", "results", "findings", "problems", "discussion",
		"conclusion", "conclusions", "recommendations", "next steps", "appendix", "references", "decisions", "actions", "notes", "any other business",
		"contents", "table of contents", "settings used",
		"概要", "はじめに", "序論", "背景", "目的", "主な成果", "成果", "結果", "課題", "問題点", "考察", "提案", "対策", "結論", "まとめ", "おわりに", "付録", "参考文献", "目次",
		"日程", "決定事項", "議題", "記",
	} {
		sectionNames[name] = true
	}
}

// emptyWords are verbs and adjectives that are no topic, though no stop words either.
var emptyWords = wordSet(`
able accepted added agreed allowed answered appear arrived asked based began begin begins better bought bring brought buy called calls carried cause caused change changed
chose clear close closed compared confirmed consider continue contradictory could cover covered cut decided depend described deserve did double dropped easy entire
equal especially exact excellent expect expected experienced explain explained fact failed fall fell felt finally finished finish fit follow followed following form free gained grew greatly
grow grown handle handled handles happen happened happens hard held help helped helps hope hurried ignored important improve improved increase increased instead interesting
join joined keep lead learned leave leaves left less liked likes listed live longer looked lost lower main measure met mostly move moved moves moving normal normally note nice
offer offered open opened operate order ordered passed people person plain pleased possible prepare prepared present presented proud provide provided pushed quick quickly raise ran
reach reached reacted real reason received recommend reduce reduced remain remained remaining repeated replace replaced report reported require required return review rise rose run runs
safe section seen send sends sent serious served sharply shared ship short show showed shown shows similar simple single slow slower sold solve solved special spend spent start
started starts stay stayed stop stopped strong sum supports sure talk team tell tells tend terrible thank thanked thanks think thought train tried true try turn turned understand value valued view
visit wait waited warned welcomed whole wide wish worse worst wrong accept arrive attached become describe expectation friendly grateful welcome happy angry enjoyed enjoy
promised budget-year level number total amount kind example case percent point points result results rest
`)

// japaneseTerms returns compound nouns.
func japaneseTerms(text string) []candidate {
	list, err := morphemes(text)
	if err != nil {
		return nil // parse would have failed with the same error
	}
	var out []candidate
	var run []morpheme
	flush := func() {
		for len(run) > 0 && (run[len(run)-1].prefix() || japaneseStopWords[run[len(run)-1].surface]) {
			run = run[:len(run)-1]
		}
		for len(run) > 0 && (run[0].suffix() || japaneseStopWords[run[0].surface]) {
			run = run[1:]
		}
		if c, ok := compound(run); ok {
			out = append(out, c)
		}
		run = nil
	}
	for _, m := range list {
		switch {
		case m.noun() || m.prefix() || m.suffix() && len(run) > 0:
			run = append(run, m)
		default:
			flush()
		}
	}
	flush()
	return out
}

func compound(run []morpheme) (candidate, bool) {
	if len(run) == 0 || len(run) > maxTermMorphemes {
		return candidate{}, false
	}
	c := candidate{}
	for _, m := range run {
		c.form += m.surface
		if m.noun() && !m.suffix() {
			c.parts = append(c.parts, m.surface)
		}
	}
	c.key = c.form
	if len(c.parts) == 0 || utf8.RuneCountInString(c.form) < 2 || japaneseStopWords[c.form] {
		return candidate{}, false
	}
	return c, true
}
