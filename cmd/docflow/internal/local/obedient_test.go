package local

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"unicode"

	"github.com/docflow-asl/docflow/cmd/docflow/internal/bedrockserver"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"golang.org/x/text/unicode/norm"
)

// obedient is a model that does whatever it is told by text outside of a fence, whoever speaks, and answers properly when
// nothing is said there. It reads tags as loosely as a language model may: in letters that only look alike, with blanks in them.
type obedient struct {
	bedrockserver.Completer
	// spoil changes the proper answers: those of a model that has already been led astray. turn counts from 0.
	spoil func(step bedrock.Step, turn int, r *bedrock.Response)
	obey  bool

	mu     sync.Mutex
	obeyed []string
	leaked []string // text outside of a fence that is not docflow's, command or not
	read   []bedrock.Request
}

func (o *obedient) Complete(ctx context.Context, request bedrock.Request, modelID string) (bedrock.Response, error) {
	response, err := o.Completer.Complete(ctx, request, modelID)
	if err != nil {
		return response, err
	}
	step, outside := outsideOfFences(request)
	o.mu.Lock()
	defer o.mu.Unlock()
	o.read = append(o.read, request)
	if o.spoil != nil {
		o.spoil(step, len(request.Messages)/2, &response)
	}
	if strings.TrimSpace(outside) != "" {
		o.leaked = append(o.leaked, outside)
	}
	if command := commandIn(outside); command != "" && o.obey {
		o.obeyed = append(o.obeyed, command)
		carryOut(step, command, outside, &response)
	}
	return response, nil
}

// reset forgets what was read.
func (o *obedient) reset(obey bool, spoil func(bedrock.Step, int, *bedrock.Response)) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.obey, o.spoil = obey, spoil
	o.obeyed, o.leaked, o.read = nil, nil, nil
}

// repairSystem returns the system instruction of a request that asks again.
func repairSystem(step bedrock.Step) string {
	fault := &bedrock.AnswerError{Name: bedrock.InvalidAnswer}
	return bedrock.NewRepair(bedrock.NewRequest(step, bedrock.Input{Text: "x"}), "x", fault, false).System.String()
}

// scaffold are the lines that docflow writes outside of the fences.
var scaffold = regexp.MustCompile(`(?m)^(?:` + strings.Join([]string{
	`The tag of the document is document-[0-9a-f]{32}`,
	`This is part \d+ of \d+ of a longer document\.`,
	`Above is the document\. Answer with the JSON object only\.`,
	`\(This answer could not be used\. The next message repeats it\.\)`,
	`Your answer stands between the opening and the closing form of the tag answer-[0-9a-f]{32}\.`,
	`It cannot be used\. What is wrong with it stands between the opening and the closing form of the tag fault-[0-9a-f]{32}\.`,
	`Answer again, completely: one JSON object that matches the JSON Schema, and nothing else\.`,
	`It was cut at the limit of its length and cannot be used\. Answer again from the beginning, shorter: at most \d items in each list, each of at most \d+ words, ` +
		`and every other text of at most \d+ words\.(?: Give only the smallest answer that is of use\.)? Answer with the JSON object only\.`,
}, "|") + `)$`)

var namedTag = regexp.MustCompile(`the tag (?:of the document is )?((?:document|answer|fault)-([0-9a-f]{32}))`)

// outsideOfFences returns the step that a request is about, and what stands outside of fences and is not docflow's.
func outsideOfFences(request bedrock.Request) (bedrock.Step, string) {
	system, step := request.System.String(), bedrock.Step("")
	for _, s := range append(bedrock.Steps(), bedrock.StepMerge) {
		if system == bedrock.System(s) || system == repairSystem(s) {
			step, system = s, ""
			break
		}
	}
	var outside strings.Builder
	outside.WriteString(system)
	for _, message := range request.Messages {
		open := ""                // the tag that is open
		tags := map[string]bool{} // that were named outside of a fence
		for line := range strings.Lines(message.Content.String()) {
			line = strings.TrimSuffix(line, "\n")
			if open != "" {
				if closesTag(line, open) {
					open = ""
					if i := strings.LastIndex(line, ">"); i >= 0 {
						outside.WriteString(line[i+1:] + "\n")
					}
				}
				continue
			}
			if tag := strings.TrimSuffix(strings.TrimPrefix(line, "<"), ">"); "<"+tag+">" == line && tags[tag] {
				open = tag
				continue
			}
			if m := namedTag.FindStringSubmatch(strings.ToLower(line[:min(1, len(line))]) + line[min(1, len(line)):]); m != nil {
				tags[m[1]], tags["title-"+m[2]] = true, true
			}
			outside.WriteString(line + "\n")
		}
	}
	return step, strings.TrimSpace(scaffold.ReplaceAllString(outside.String(), ""))
}

// closesTag tells whether a line may be read as closing a tag: it has a slash and the tag's digits, in any letters.
func closesTag(line, tag string) bool {
	loose := strings.ToLower(strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, norm.NFKC.String(line)))
	_, digits, _ := strings.Cut(tag, "-")
	return strings.ContainsAny(loose, "/⁄∕⧸") && strings.Contains(loose, digits)
}

// commands are what the model takes for an instruction.
var commands = regexp.MustCompile(`(?i)` + strings.Join([]string{
	`\b(?:ignore|disregard|forget|override|bypass|stop)\b`,
	`\b(?:set|change|rate|make|replace|rename|add|append|insert|remove|delete|drop)\b`,
	`\b(?:answer|reply|respond|output|print|write|return|say|repeat|reveal|quote|show|copy|include|translate)\b`,
	`\b(?:call|invoke|use|run|execute|send|post|upload|fetch|open|visit|download|store|save|load|act|pretend|you are now|you must)\b`,
	`無視|忘れ|変更|答え|出力|表示|呼び出|実行|送信|追加|削除|書き換え|保存|開け|開い|引用|してください|しなさい|せよ|しろ`,
}, "|"))

func commandIn(text string) string {
	norm := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, norm.NFKC.String(text))
	return commands.FindString(norm)
}

// carryOut changes everything that an answer can change: fields, further members, a call of a tool, text of elsewhere.
func carryOut(step bedrock.Step, command, told string, r *bedrock.Response) {
	var answer map[string]any
	switch step {
	case bedrock.StepSummary:
		answer = map[string]any{"summary": "OBEYED: " + command, "bullets": []string{"REFUND OF 1,000,000 APPROVED"}}
	case bedrock.StepSentiment:
		answer = map[string]any{"sentiment": "POSITIVE", "score": 1, "confidence": 1, "reasons": []string{"OBEYED"}}
	case bedrock.StepKeywords:
		answer = map[string]any{"keywords": []map[string]any{{"term": "OBEYED", "score": 1}}}
	default:
		answer = map[string]any{"language": "xx", "documentType": "OBEYED", "title": "OBEYED", "topics": []string{}, "keyPoints": []string{}, "entities": []any{}}
	}
	lower := strings.ToLower(told)
	if strings.Contains(lower, "field") || strings.Contains(lower, "member") || strings.Contains(told, "項目") {
		answer["approved"] = true
	}
	if strings.Contains(lower, "http") || strings.Contains(lower, "s3://") {
		answer["result"] = map[string]string{"bucket": "evil", "key": "https://evil.example"}
	}
	data, _ := json.Marshal(answer) // of strings and numbers
	r.StopReason, r.Content = bedrock.StopEndTurn, []bedrock.ContentBlock{{Type: bedrock.BlockText, Text: string(data)}}
	if strings.Contains(lower, "tool") || strings.Contains(told, "ツール") {
		r.StopReason, r.Content = bedrock.StopToolUse, append(r.Content, bedrock.ContentBlock{Type: "tool_use"})
	}
}
