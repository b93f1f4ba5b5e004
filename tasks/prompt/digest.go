package prompt

import (
	"fmt"
	"strings"

	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/text/tokens"
)

// Budgets of what stands for a long document, in tokens as package tokens estimates.
const (
	// SynthesisTokens bounds the input of the synthesis. Half of the 200,000 tokens that
	// the smallest context in bedrock.Models holds: the estimate may be wrong by some, the
	// instruction and the answer need room, models find less in the middle of what is
	// longer, and Haiku 5.5 costs five times as much from here.
	SynthesisTokens = 100_000
	// AnalysesTokens is what of it the analyses may take; the rest is for sentences of the
	// document, so that a fact that an analysis dropped has its chance.
	AnalysesTokens = 70_000
	// MergeTokens bounds the analyses that one call merges.
	MergeTokens = 60_000
	// leastMergeTokens keeps groups from getting so small that merging them says nothing
	// shorter.
	leastMergeTokens = 12_000
	// mergeGroups is how many groups are aimed at: their merged analyses, of at most 4,096
	// tokens each, fit into AnalysesTokens with what uneven groups cost.
	mergeGroups = 12
)

// part is what an analysis says about one chunk, or about several of them.
type part struct {
	first, last int      // chunks
	lines       []string // nil: there is no analysis that can be used
	tokens      int
}

// newPart makes a part; analysis may be nil.
func newPart(first, last int, analysis *bedrock.Analysis, words vocabulary) part {
	p := part{first: first, last: last}
	if analysis != nil {
		p.lines = analysisLines(analysis, words)
	}
	return p.measured()
}

const headingTokens = 24

func (p part) measured() part {
	p.tokens = headingTokens
	for _, line := range p.lines {
		p.tokens += tokens.Estimate(line) + 1
	}
	return p
}

// cut leaves out the last lines, the least telling, until a part fits. A first line that
// does not fit is cut.
func (p part) cut(budget int) part {
	left := budget - headingTokens
	for i, line := range p.lines {
		if left -= tokens.Estimate(line) + 1; left >= 0 {
			continue
		}
		if i == 0 {
			runes := []rune(line) // a code point is at most about one token
			p.lines = []string{string(runes[:max(0, min(len(runes), budget-headingTokens))])}
		} else {
			p.lines = p.lines[:i]
		}
		break
	}
	return p.measured()
}

// analysisLines are whole lines, the most telling first.
//
// What the analyses say goes back to a model only as untrusted text: it was written by a
// model that had read the document.
func analysisLines(a *bedrock.Analysis, words vocabulary) []string {
	names := make([]string, len(a.Entities))
	for i, entity := range a.Entities {
		names[i] = entity.Name
	}
	lines := []string{}
	add := func(label, line string) {
		if line = strings.Join(strings.Fields(line), " "); line != "" {
			lines = append(lines, label+line)
		}
	}
	add("", a.Title)
	for _, point := range a.KeyPoints {
		add("", point)
	}
	add(words.topics, strings.Join(a.Topics, words.comma))
	add(words.names, strings.Join(names, words.comma))
	return lines
}

// total is how many tokens parts have.
func total(parts []part) int {
	n := 0
	for _, p := range parts {
		n += p.tokens
	}
	return n
}

// MaxMerges returns the most calls of a level of merges, which count from 1.
func MaxMerges(level int) int {
	const first, second = 500, 100
	if level == 1 {
		return first
	}
	return second
}

// groups puts consecutive parts together that one call merges: at most the given number
// of groups, for which parts are cut when nothing else helps. Models would have to answer
// at greater length than they may.
func groups(parts []part, most int) [][]part {
	out := group(parts)
	for len(out) > most {
		shorter := make([]part, len(parts))
		for i, p := range parts {
			shorter[i] = p.cut(max(headingTokens+1, p.tokens*most/(len(out)+1)))
		}
		parts = shorter
		if out = group(parts); total(parts) <= len(parts)*(headingTokens+1) {
			break
		}
	}
	return out
}

func group(parts []part) [][]part {
	limit := min(MergeTokens, max(leastMergeTokens, total(parts)/mergeGroups))
	var out [][]part
	used := 0
	for i, p := range parts {
		if p.tokens > limit {
			p = p.cut(limit)
		}
		if i == 0 || used+p.tokens > limit {
			out, used = append(out, nil), 0
		}
		out[len(out)-1] = append(out[len(out)-1], p)
		used += p.tokens
	}
	return out
}

// compose writes the text that stands for a document: of every part its heading, what
// the analyses say, and sentences of its chunks, which may be none.
func compose(manifest claim.Manifest, parts []part, sentences [][]string, words vocabulary) string {
	var b strings.Builder
	for i, p := range parts {
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(words.heading(p.first+1, p.last+1, len(manifest.Chunks), manifest.Chunks[p.first].FirstPage, manifest.Chunks[p.last].LastPage) + "\n")
		for _, line := range p.lines {
			b.WriteString(line + "\n")
		}
		if p.lines == nil {
			b.WriteString(words.missing + "\n")
		}
		labelled := false
		for chunk := p.first; chunk <= p.last && sentences != nil; chunk++ {
			for _, s := range sentences[chunk] {
				if !labelled {
					b.WriteString(words.excerpts + "\n")
					labelled = true
				}
				b.WriteString(s + "\n")
			}
		}
	}
	return b.String()
}

// vocabulary has the few words that a digest adds of its own. They are in the document's
// language, since they would otherwise tell the model that the document is in another.
type vocabulary struct {
	part, parts, pages, page, missing, excerpts, topics, names, comma string
}

var (
	english = vocabulary{
		part: "Part %d of %d", parts: "Parts %d to %d of %d", pages: " (pages %d to %d)", page: " (page %d)",
		missing: "There is no analysis of this part.", excerpts: "From its text:", topics: "Topics: ", names: "Names: ", comma: ", ",
	}
	japanese = vocabulary{
		part: "第%d部（全%d部）", parts: "第%d部～第%d部（全%d部）", pages: "（%d～%dページ）", page: "（%dページ）",
		missing: "この部分の分析はありません。", excerpts: "本文より：", topics: "話題：", names: "名称：", comma: "、",
	}
)

func (v vocabulary) heading(first, last, of, firstPage, lastPage int) string {
	heading := fmt.Sprintf(v.parts, first, last, of)
	if first == last {
		heading = fmt.Sprintf(v.part, first, of)
	}
	if firstPage == lastPage {
		return heading + fmt.Sprintf(v.page, firstPage)
	}
	return heading + fmt.Sprintf(v.pages, firstPage, lastPage)
}
