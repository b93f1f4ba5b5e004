package prompt

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/tasks/answer"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
)

// Bounds on the text that stands for a long document, in Unicode code points: a code
// point is at most about one token (Japanese), so that the whole stays well inside a
// context of 200,000 tokens.
const (
	digestSize = 100_000
	partSize   = 6_000
)

// digest returns a text made of the analyses of the chunks, in the language of the
// document, and how many of them could be used. Parts that have none are named in it.
//
// What the analyses say goes back to a model only as untrusted text: it was written by a
// model that had read the document.
func digest(manifest claim.Manifest, readings []answer.Reading) (string, int) {
	usable := 0
	words := english
	for _, r := range readings {
		if a, ok := r.Answer.(*bedrock.Analysis); ok {
			if usable == 0 && strings.HasPrefix(a.Language, "ja") {
				words = japanese
			}
			usable++
		}
	}
	if usable == 0 {
		return "", 0
	}
	size := min(partSize, digestSize/len(readings))
	var b strings.Builder
	for i, r := range readings {
		chunk := manifest.Chunks[i]
		if i > 0 {
			b.WriteString("\n")
		}
		b.WriteString(words.heading(i+1, len(readings), chunk.FirstPage, chunk.LastPage) + "\n")
		a, ok := r.Answer.(*bedrock.Analysis)
		if !ok {
			b.WriteString(words.missing + "\n")
			continue
		}
		b.WriteString(digestPart(a, words, size))
	}
	return b.String(), usable
}

// digestPart writes whole lines, the most telling first, as many as fit; a first line
// that does not fit is cut.
func digestPart(a *bedrock.Analysis, words vocabulary, size int) string {
	lines := append([]string{a.Title}, a.KeyPoints...)
	lines = append(lines, strings.Join(a.Topics, words.comma))
	names := make([]string, len(a.Entities))
	for i, entity := range a.Entities {
		names[i] = entity.Name
	}
	lines = append(lines, strings.Join(names, words.comma))
	var b strings.Builder
	for _, line := range lines {
		line = strings.Join(strings.Fields(line), " ")
		if line == "" {
			continue
		}
		length := utf8.RuneCountInString(line)
		if length > size && b.Len() > 0 {
			break
		}
		b.WriteString(string([]rune(line)[:min(length, size)]) + "\n")
		size -= length
	}
	return b.String()
}

// vocabulary has the few words that a digest adds of its own. They are in the document's
// language, since they would otherwise tell the model that the document is in another.
type vocabulary struct {
	part, pages, page, missing, comma string
}

var (
	english = vocabulary{
		part: "Part %d of %d", pages: " (pages %d to %d)", page: " (page %d)",
		missing: "This part could not be read.", comma: ", ",
	}
	japanese = vocabulary{
		part: "第%d部（全%d部）", pages: "（%d～%dページ）", page: "（%dページ）",
		missing: "この部分は読み取れませんでした。", comma: "、",
	}
)

func (v vocabulary) heading(part, parts, first, last int) string {
	heading := fmt.Sprintf(v.part, part, parts)
	if first == last {
		return heading + fmt.Sprintf(v.page, first)
	}
	return heading + fmt.Sprintf(v.pages, first, last)
}
