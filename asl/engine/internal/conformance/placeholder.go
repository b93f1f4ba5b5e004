package conformance

import (
	"maps"
	"regexp"
	"strings"
	"time"
)

var (
	placeholder = regexp.MustCompile(`<[A-Za-z][\w-]*(?::\d+)?>`)
	onlyOne     = regexp.MustCompile(`^` + placeholder.String() + `$`)
	instant     = regexp.MustCompile(`[1-9]\d{3}-\d\d-\d\dT(?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:Z|[+-][01]\d:?(?:[0-5]\d)?)`)
	addressName = regexp.MustCompile(`^[a-z_]*_(?:arn|url)$`) // stands for an ARN or a URL
)

// anyText are the words that stand alone in a recording for any text.
var anyText = words(`
	timestamp date time datetime creation-date start-date stop-date start-time entered-time
	RequestId x-amzn-RequestId x-amzn-requestid X-Amzn-Trace-Id x-amz-crc32 x-amz-apigw-id
	task_token a_task_token a_message_id message_id sfn_role_arn snf_role_arn role-arn map_run_arn execution-arn
	ip_value subnet_value sg_value eni_value mac_value`)

func words(text string) map[string]bool {
	set := map[string]bool{}
	for _, word := range strings.Fields(text) {
		set[word] = true
	}
	return set
}

// bindings are the texts that numbered placeholders stand for, once they are known.
type bindings map[string]string

func (b bindings) clone() bindings { return maps.Clone(b) }

// fill replaces the placeholders that are bound by their texts.
func (b bindings) fill(text string) string {
	return placeholder.ReplaceAllStringFunc(text, func(name string) string {
		if bound, ok := b[name]; ok {
			return bound
		}
		return name
	})
}

// match tells whether a recorded text stands for the other one.
func (b bindings) match(recorded, got string) bool {
	if recorded == got || anyText[recorded] {
		return true
	}
	if !placeholder.MatchString(recorded) {
		if strings.Contains(recorded, "date") && blankInstants(got) == recorded {
			return true
		}
		return addressName.MatchString(recorded) && (strings.HasPrefix(got, "arn:") || strings.HasPrefix(got, "http"))
	}
	parts := b.split(recorded)
	for _, text := range []string{got, blankInstants(got)} {
		found := bindings{}
		if fits(parts, text, found) {
			maps.Copy(b, found)
			return true
		}
	}
	return false
}

// part is a piece of a recorded text: a literal, or a placeholder when it has a name. The name * fits anything.
type part struct {
	literal, name string
}

// split cuts a recorded text at its placeholders; those already bound are literals.
func (b bindings) split(recorded string) []part {
	var parts []part
	at := 0
	literal := func(text string) {
		if n := len(parts); n > 0 && parts[n-1].name == "" {
			parts[n-1].literal += text
		} else {
			parts = append(parts, part{literal: text})
		}
	}
	for _, loc := range placeholder.FindAllStringIndex(recorded, -1) {
		literal(recorded[at:loc[0]])
		name := recorded[loc[0]:loc[1]]
		bound, ok := b[name]
		switch {
		case ok:
			literal(bound)
		case strings.Contains(name, ":"):
			parts = append(parts, part{name: name})
		default:
			parts = append(parts, part{name: "*"})
		}
		at = loc[1]
	}
	literal(recorded[at:])
	return parts
}

// fits matches all of text with parts, each placeholder with as little as possible, and tells in found what they stand for.
func fits(parts []part, text string, found bindings) bool {
	if len(parts) == 0 {
		return text == ""
	}
	p, rest := parts[0], parts[1:]
	if p.name == "" {
		after, ok := strings.CutPrefix(text, p.literal)
		return ok && fits(rest, after, found)
	}
	if bound, ok := found[p.name]; ok {
		after, ok := strings.CutPrefix(text, bound)
		return ok && fits(rest, after, found)
	}
	next := ""
	if len(rest) > 0 {
		next = rest[0].literal
	}
	for at := 0; at <= len(text); at++ {
		i := strings.Index(text[at:], next)
		if i < 0 {
			return false
		}
		at += i
		if p.name != "*" {
			found[p.name] = text[:at]
		}
		if fits(rest, text[at:], found) {
			return true
		}
		if p.name != "*" {
			delete(found, p.name)
		}
	}
	return false
}

// blankInstants replaces points in time by "date", as the recordings do.
func blankInstants(text string) string {
	return instant.ReplaceAllStringFunc(text, func(s string) string {
		if _, err := time.Parse(time.DateOnly, s[:len(time.DateOnly)]); err != nil {
			return s
		}
		return "date"
	})
}
