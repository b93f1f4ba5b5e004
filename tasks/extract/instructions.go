package extract

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/tasks/text"
	"golang.org/x/text/unicode/norm"
)

// warnInstructions is the code of the warning that a text seems to speak to a language
// model. It changes nothing else: the fence and the checks of answers protect every
// document. It tells a person which documents to look at.
const warnInstructions text.WarningCode = "instruction-like-text"

// The heuristic: a sentence that begins with one of these, outside of quotation marks,
// code and quoted lines. It is made to be silent on texts about instructions, prompts and
// models, and misses much that is cleverly put.
var toModel = []struct {
	pattern *regexp.Regexp
	// hints are parts, in small letters, of which every match has one: most lines cost no more than the search for them.
	hints []string
}{
	// Ignore all previous instructions. "The previous instructions" are another letter's.
	{regexp.MustCompile(`(?i)(?:please |now |and |just )*(?:ignore|disregard|forget|override)(?: (?:all|any|every|everything|of|your))*(?: the)?(?: (?:previous|prior|above|earlier|preceding|existing|original|initial|system))* (?:instructions?|prompts?)\b`), []string{"ignore", "disregard", "forget", "override"}},
	{regexp.MustCompile(`(?i)you are (?:now|no longer) (?:in |an? |the |bound |under )*(?:maintenance|developer|debug|admin|unrestricted|jailbroken|dan|root|by|evil|different|new|free)\b`), []string{"you are "}},
	{regexp.MustCompile(`(?i)(?:please |now |then )*(?:print|reveal|repeat|output|show|disclose|quote)(?: me)? (?:your|the) (?:system|hidden|initial|original|secret) (?:prompt|instructions?|message)\b`), []string{" prompt", " instruction", " message"}},
	{regexp.MustCompile(`(?i)(?:note|message|instructions?|attention|important)(?: to| for)? (?:the |any |all )*(?:ai|llm|language model|ai assistant|ai model|summarizer|ai reader)s?\b`), []string{" ai", " llm", "language model", "summarizer"}},
	{regexp.MustCompile(`(?i)if you are an? (?:ai|llm|language model|ai assistant|ai model)\b`), []string{"if you are a"}},
	{regexp.MustCompile(`(?i)(?:system|system message|system override|developer)\s*: ?(?:you (?:are|must|will)|ignore|disregard|answer|respond|reply|output|set|call)\b`), []string{"system", "developer"}},
	{regexp.MustCompile(`(?i)</?\s*(?:document|title|answer|fault)-[0-9a-f]{4,}|<\|(?:im_start|im_end|system|endoftext)\|>|\[/?INST\]|<</?SYS>>`), []string{"document-", "title-", "answer-", "fault-", "<|", "inst]", "sys>>"}},
	{regexp.MustCompile(`(?:これまで|今まで|いままで|以前|以上|上記|前|先|すべて|全て|あなた)(?:の|に受けた|までの)?(?:すべて|全て)?の?(?:指示|命令|プロンプト)(?:は|を)?(?:すべて|全て|完全に|一切)?(?:無視|忘れ|破棄)`), []string{"無視", "忘れ", "破棄"}},
	{regexp.MustCompile(`(?:システム)?プロンプトを(?:そのまま|すべて|全て)?(?:表示|出力|開示|引用)(?:せよ|しろ|しなさい|してください)`), []string{"プロンプトを"}},
	{regexp.MustCompile(`(?:あなたは(?:今から|これから|いまから|もはや)|AIへの(?:指示|命令)|システム[:：] ?(?:あなたは|これまで|以前|以後))`), []string{"あなたは", "aiへの", "システム"}},
}

// speaksToModel tells whether text seems to hold instructions to a model.
func speaksToModel(content string) bool {
	content = strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, norm.NFKC.String(content))
	code := false
	for line := range strings.Lines(content) {
		if strings.HasPrefix(line, "```") {
			code = !code
		}
		if code || strings.HasPrefix(line, "\t") || strings.HasPrefix(line, "    ") || strings.HasPrefix(line, ">") {
			continue
		}
		lower := strings.ToLower(line)
		for _, p := range toModel {
			if !slices.ContainsFunc(p.hints, func(hint string) bool { return strings.Contains(lower, hint) }) {
				continue
			}
			for _, at := range p.pattern.FindAllStringIndex(line, -1) {
				if beginsSentence(line[:at[0]]) {
					return true
				}
			}
		}
	}
	return false
}

// maxBefore is how far quotation marks are looked for, in bytes: a line may have as many
// bytes as a document, and as many matches.
const maxBefore = 500

// beginsSentence tells whether a sentence begins after before, which is not inside of
// quotation marks or code.
func beginsSentence(before string) bool {
	before = before[max(0, len(before)-maxBefore):]
	trimmed := strings.TrimRight(before, " \t\u3000")
	if last, _ := utf8.DecodeLastRuneInString(trimmed); trimmed != "" && !strings.ContainsRune(".!?:;,。！？、・-–—*#|)]}>」』】(", last) {
		return false
	}
	for _, marks := range []string{"“”", "「」", "『』"} {
		open, size := utf8.DecodeRuneInString(marks)
		if strings.Count(before, string(open)) > strings.Count(before, marks[size:]) {
			return false
		}
	}
	return strings.Count(before, `"`)%2 == 0 && strings.Count(before, "`")%2 == 0
}

// instructionWarnings returns a warning when text of a document seems to speak to a
// model: one, with the first page of which it holds.
func instructionWarnings(doc *text.Document) []text.Warning {
	pages, first := 0, 0
	for _, page := range doc.Pages {
		if speaksToModel(page.Text) {
			if pages++; pages == 1 {
				first = page.Number
			}
		}
	}
	switch {
	case pages > 1:
		return []text.Warning{{Code: warnInstructions, Page: first, Message: fmt.Sprintf("text of %d pages seems to give instructions to a language model: look at it before you rely on the result", pages)}}
	case pages == 1:
		return []text.Warning{{Code: warnInstructions, Page: first, Message: "text seems to give instructions to a language model: look at it before you rely on the result"}}
	case speaksToModel(doc.Metadata.Title):
		return []text.Warning{{Code: warnInstructions, Message: "the title seems to give instructions to a language model: look at it before you rely on the result"}}
	}
	return nil
}
