package intrinsic

import (
	"strings"

	"github.com/docflow-asl/docflow/asl/jsonpath/javalang"
	"github.com/docflow-asl/docflow/asl/value"
)

// segment is a piece of a template: text, or the place of an argument.
type segment struct {
	text        string
	placeholder bool
}

// AWS's words for templates with a single brace.
const (
	noClosingBrace = "matching '}' not found for '{'."
	noOpeningBrace = "matching '{' not found for '}'."
)

// splitTemplate takes a template apart at its {}. A backslash takes the meaning from the next brace, quote or backslash.
// The second result says what is wrong with the template, and is empty when it is right.
func splitTemplate(template string) ([]segment, string) {
	var segments []segment
	var text strings.Builder
	for i := 0; i < len(template); i++ {
		switch c := template[i]; {
		case c == '\\' && i+1 < len(template) && strings.IndexByte(`'\{}`, template[i+1]) >= 0:
			i++
			text.WriteByte(template[i])
		case c == '{':
			if i+1 >= len(template) || template[i+1] != '}' {
				return nil, noClosingBrace
			}
			i++
			if text.Len() > 0 {
				segments = append(segments, segment{text: text.String()})
				text.Reset()
			}
			segments = append(segments, segment{placeholder: true})
		case c == '}':
			return nil, noOpeningBrace
		default:
			text.WriteByte(c)
		}
	}
	if text.Len() > 0 {
		segments = append(segments, segment{text: text.String()})
	}
	return segments, ""
}

// format is States.Format. The template may come from a path; what is no string is printed first.
func format(e *evaluation, call *Call, args []value.Value) (value.Value, error) {
	segments := call.template
	if segments == nil {
		template := call.Args[0].raw
		if !call.Args[0].isString() {
			template = javalang.Text(args[0])
		}
		var fault string
		if segments, fault = splitTemplate(template); fault != "" {
			return nil, e.failed(call, "Invalid template in States.Format: "+fault)
		}
	}
	placeholders := 0
	for _, s := range segments {
		if s.placeholder {
			placeholders++
		}
	}
	if placeholders != len(args)-1 {
		return nil, e.failed(call, "Invalid arguments in States.Format: number of arguments do not match the occurrences of {}.")
	}
	var out []byte
	next := 1
	for _, s := range segments {
		if !s.placeholder {
			out = append(out, s.text...)
			continue
		}
		arg := args[next]
		if _, text := arg.(value.String); !text && len(out)+value.Size(arg) > MaxOutput {
			return nil, e.tooLarge(call)
		}
		if inner := call.Args[next].Call; inner != nil && inner.Function == "States.StringToJson" {
			// What StringToJson gives is no map or list of Java, but a tree of Jackson, which prints as JSON: strings keep
			// their quotes.
			out = value.Append(out, value.Detach(arg))
		} else {
			out = javalang.Append(out, arg)
		}
		if len(out) > MaxOutput {
			return nil, e.tooLarge(call)
		}
		next++
	}
	return value.String(out), nil
}
