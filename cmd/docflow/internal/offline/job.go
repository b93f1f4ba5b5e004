package offline

import (
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/tasks/bedrock"
)

// job is what a request asks for.
type job struct {
	step     bedrock.Step // "" when the instruction names none
	json     bool
	japanese bool // the instruction is in Japanese
	title    string
	document string
	turns    int // answers that stand in the conversation already
}

const (
	// maxLeadRunes is how long an instruction before a colon may be.
	maxLeadRunes = 200
	// maxAskRunes is how long a paragraph of instructions before or after a document may be.
	maxAskRunes = 1000
)

// readJob takes a request apart. What decides the step is only the system instruction
// and the part of the user message that is not the document: the last message that has a
// document in a fence, since what follows may only say what was wrong with an answer.
func readJob(request bedrock.Request) job {
	system := request.System.String()
	user, turns := "", 0
	enclosed := false // whether user has a document in its fence
	for _, m := range request.Messages {
		if m.Role != bedrock.User {
			turns++
			continue
		}
		text := m.Content.String()
		if _, _, _, fenced := splitUser(text); fenced || !enclosed {
			user, enclosed = text, fenced
		}
	}
	ask, title, document, fenced := splitUser(user)
	step := findStep(system)
	if step == "" && fenced {
		step = findStep(ask)
	}
	if !fenced {
		var askStep bedrock.Step
		ask, document, askStep = splitAsk(user, step != "")
		if step == "" {
			step = askStep
		}
	}
	instruction := system + "\n" + ask
	return job{
		step:     step,
		json:     strings.Contains(strings.ToUpper(instruction), "JSON"),
		japanese: needsDictionary(ask) || needsDictionary(system),
		title:    title,
		document: dropNotes(document),
		turns:    turns,
	}
}

// The fence of bedrock.Fence, and the tags that people use in prompts of their own.
var (
	fenceOpen   = regexp.MustCompile(`<document-([0-9a-f]{32})>`)
	commonFence = regexp.MustCompile(`<(document|doc|text|input|article|content)>`)
)

// splitUser takes the document out of its fence. The opening tag is the first in the
// message; the closing one is the last, so that a document that closes the fence of
// another prompt stays whole.
func splitUser(user string) (ask, title, document string, fenced bool) {
	open := fenceOpen.FindStringSubmatchIndex(user)
	closing := ""
	if open != nil {
		digits := user[open[2]:open[3]]
		closing = "</document-" + digits + ">"
		title = between(user[:open[0]], "<title-"+digits+">", "</title-"+digits+">")
	} else if open = commonFence.FindStringSubmatchIndex(user); open != nil {
		closing = "</" + user[open[2]:open[3]] + ">"
	}
	if open == nil {
		return "", "", "", false
	}
	end := strings.LastIndex(user, closing)
	if end < open[1] {
		return "", "", "", false
	}
	before := user[:open[0]]
	if title != "" {
		before, _, _ = strings.Cut(before, "<title-")
	}
	return before + "\n" + user[end+len(closing):], strings.TrimSpace(title), user[open[1]:end], true
}

func between(text, open, closing string) string {
	_, rest, ok := strings.Cut(text, open)
	if !ok {
		return ""
	}
	inside, _, ok := strings.Cut(rest, closing)
	if !ok {
		return ""
	}
	return inside
}

// splitAsk splits a message without a fence: "summarize this: …", or a paragraph that
// asks before or after the document. When the step is known already, all that can be
// cut off is such an opening.
func splitAsk(user string, known bool) (ask, document string, step bedrock.Step) {
	if lead, rest, ok := cutLead(user); ok {
		if s := findStep(lead); s != "" {
			return lead, rest, s
		}
	}
	if known {
		return "", user, ""
	}
	text := strings.TrimSpace(user)
	if first, rest, ok := strings.Cut(text, "\n\n"); ok && utf8.RuneCountInString(first) <= maxAskRunes {
		if s := findStep(first); s != "" {
			return first, rest, s
		}
	}
	if i := strings.LastIndex(text, "\n\n"); i >= 0 && utf8.RuneCountInString(text[i:]) <= maxAskRunes {
		if s := findStep(text[i:]); s != "" {
			return text[i:], text[:i], s
		}
	}
	return "", user, ""
}

// cutLead cuts "instruction: document" at the first colon, if that is near the start.
func cutLead(user string) (lead, rest string, ok bool) {
	n := 0
	for i, r := range user {
		if r == ':' || r == '：' {
			return user[:i], user[i+utf8.RuneLen(r):], true
		}
		if n++; n > maxLeadRunes {
			break
		}
	}
	return "", "", false
}

// The words that name a step, in the order in which they decide: sentiment analysis is
// not analysis, and a prompt for keywords may well say that a summary follows later.
var stepWords = []struct {
	step  bedrock.Step
	words []string
}{
	{bedrock.StepSentiment, []string{"sentiment", "polarity", "感情", "センチメント", "極性"}},
	{bedrock.StepKeywords, []string{"keyword", "key word", "key phrase", "keyphrase", "キーワード", "キーフレーズ", "重要語"}},
	{bedrock.StepSummary, []string{"summar", "tl;dr", "digest", "shorten", "要約", "サマリ", "まとめて", "あらすじ"}},
	{bedrock.StepAnalysis, []string{"analy", "分析", "解析"}},
}

// taskSentence is how docflow's own instructions name the step; it decides alone, since
// the words of the other steps may stand in the rest of an instruction.
var taskSentence = regexp.MustCompile(`(?i)your task is (document analysis|summarization|sentiment analysis|keyword extraction)`)

func findStep(instruction string) bedrock.Step {
	lower := strings.ToLower(instruction)
	if m := taskSentence.FindStringSubmatch(lower); m != nil {
		lower = m[1]
	}
	for _, entry := range stepWords {
		for _, word := range entry.words {
			if strings.Contains(lower, word) {
				return entry.step
			}
		}
	}
	return ""
}

// hasKana tells that text holds hiragana or katakana, which no other language uses.
func hasKana(text string) bool {
	for _, r := range text {
		if isKana(r) {
			return true
		}
	}
	return false
}

func isKana(r rune) bool {
	return r >= 0x3041 && r <= 0x30FF && r != '・' || r >= 0xFF66 && r <= 0xFF9D
}
