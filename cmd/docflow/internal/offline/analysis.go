package offline

import (
	"context"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/tasks/bedrock"
)

// analysisResult is what the rules find in a document.
type analysisResult struct {
	language     string
	documentType string
	title        string
	topics       []string
	summary      summaryResult
	entities     []bedrock.Entity
}

const (
	maxTopics   = 8
	maxEntities = 30
	// maxTitleRunes bounds a first sentence that stands in for a title.
	maxTitleRunes = 80
)

func analyze(ctx context.Context, doc *document) (analysisResult, error) {
	r := analysisResult{language: language(doc), title: doc.title, documentType: documentType(doc)}
	for _, s := range doc.sentences {
		if r.title == "" && !hasAny(strings.ToLower(s.text), formulas) {
			r.title = clipRunes(s.text, maxTitleRunes)
		}
	}
	for _, k := range keywords(doc) {
		if len(r.topics) == maxTopics {
			break
		}
		r.topics = append(r.topics, k.Term)
	}
	var err error
	if r.summary, err = summarize(ctx, doc); err != nil {
		return r, err
	}
	r.entities, err = entities(ctx, doc)
	return r, err
}

// language tells "ja", "en", or "und". Other languages in Latin letters are told from
// English by the share of English stop words.
func language(doc *document) string {
	if doc.japanese {
		return "ja"
	}
	stops, total := 0, 0
	for _, s := range doc.sentences {
		for _, w := range words(s.text) {
			total++
			if isStopWord(strings.ToLower(w.text)) {
				stops++
			}
		}
		if total > 2000 {
			break
		}
	}
	if total > 0 && stops*4 >= total {
		return "en"
	}
	return "und"
}

// documentKind is a type of document and the words that speak for it.
type documentKind struct {
	english, japanese string
	words             []string
}

// The earlier kind wins when two have the same weight.
var documentKinds = []documentKind{
	{"minutes", "議事録", []string{"minutes of", "chair", "agenda", "next meeting", "any other business", "present:", "議事録", "出席者", "欠席", "次回会議", "議題", "決定事項"}},
	{"invoice", "請求書", []string{"invoice", "amount due", "payment terms", "vat ", "請求書", "請求金額", "お支払期限", "振込先"}},
	{"contract", "契約書", []string{"this agreement", "hereinafter", "the parties", "governing law", "termination", "契約書", "甲は", "乙は", "本契約", "準拠法"}},
	{"complaint", "苦情", []string{"complaint", "we ask for a refund", "disappointed", "replacement or refund", "苦情申立", "苦情の申し"}},
	{"letter", "手紙", []string{"yours faithfully", "yours sincerely", "dear ", "kind regards", "best regards", "拝啓", "敬具", "前略", "草々", "お喜び申し上げ"}},
	{"memo", "連絡文書", []string{"memo", "to all staff", "notice", "各位", "連絡", "お知らせ", "通達", "回覧"}},
	{"yearbook", "年報", []string{"yearbook", "annual review", "年報", "年鑑"}},
	{"report", "報告書", []string{"this report", "review", "quarter", "results", "recommendation", "conclusion", "overview", "報告書", "概要", "成果", "課題", "まとめ", "上半期", "下半期"}},
	{"manual", "手順書", []string{"step 1", "installation", "user guide", "how to", "click ", "手順", "マニュアル", "操作方法", "取扱説明"}},
	{"article", "論文", []string{"abstract", "references", "et al", "methodology", "要旨", "参考文献", "本稿", "本論文"}},
	{"notes", "メモ", []string{"notes on", "my notes", "notes", "覚書", "メモ"}},
}

// titleFactor is how much more a word in the title or a heading says than one in the text.
const titleFactor = 3

func documentType(doc *document) string {
	const headSentences, tailSentences = 12, 6
	heads := strings.ToLower(doc.title + "\n" + strings.Join(doc.headings, "\n"))
	var text strings.Builder
	for i, s := range doc.sentences {
		if i < headSentences || i >= len(doc.sentences)-tailSentences {
			text.WriteString(strings.ToLower(s.text) + "\n")
		}
	}
	for i, f := range doc.fragments {
		if i < headSentences {
			text.WriteString(strings.ToLower(f) + "\n")
		}
	}
	body := text.String()
	best, bestScore := -1, 0
	for i, kind := range documentKinds {
		score := 0
		for _, w := range kind.words {
			if strings.Contains(heads, w) {
				score += titleFactor
			} else if strings.Contains(body, w) {
				score++
			}
		}
		if score > bestScore {
			best, bestScore = i, score
		}
	}
	switch {
	case best >= 0 && doc.japanese:
		return documentKinds[best].japanese
	case best >= 0:
		return documentKinds[best].english
	case len(doc.sentences) == 0 && len(doc.fragments) > 3 && doc.japanese:
		return "表データ"
	case len(doc.sentences) == 0 && len(doc.fragments) > 3:
		return "table"
	case doc.japanese:
		return "文書"
	default:
		return "document"
	}
}

// clipRunes shortens text to n characters, at a word boundary where there is one.
func clipRunes(text string, n int) string {
	if utf8.RuneCountInString(text) <= n {
		return text
	}
	runes := []rune(text)[:n]
	for i := len(runes) - 1; i > n/2; i-- {
		if unicode.IsSpace(runes[i]) {
			runes = runes[:i]
			break
		}
	}
	return strings.TrimRight(string(runes), " ,、") + "…"
}
