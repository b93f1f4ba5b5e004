package logs

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Line is a record as people read it.
type Line struct {
	Level  string // INFO, ERROR …; empty when the record has none
	Text   string
	Fields string // name=value, as far as they are not in the rest
}

// Line reads a record: those of the functions, which are JSON objects with time, level and msg; those that Lambda writes itself
// (https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-logformat.html), with time, type and record; and those of
// Step Functions (https://docs.aws.amazon.com/step-functions/latest/dg/cw-logs.html), with type, details and execution_arn. Anything
// else is a text. It is false for metrics in embedded format, which nobody reads as a log.
func (r Record) Line() (line Line, readable bool) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal([]byte(r.Message), &members); err != nil || members == nil {
		return Line{Text: r.Message}, true
	}
	if _, metrics := members["_aws"]; metrics {
		return Line{}, false
	}
	take := func(name string) string {
		raw, ok := members[name]
		delete(members, name)
		if !ok {
			return ""
		}
		return plain(raw)
	}
	for _, name := range []string{"time", "timestamp", "event_timestamp"} {
		delete(members, name)
	}
	line.Level = strings.ToUpper(take("level"))
	switch {
	case members["msg"] != nil:
		line.Text = take("msg")
	case members["message"] != nil:
		line.Text = take("message")
	case members["type"] != nil:
		line.Text = take("type")
		spread(members, "record")
		spread(members, "details")
		if line.Level == "" && (strings.HasSuffix(line.Text, "Failed") || strings.HasSuffix(line.Text, "TimedOut") || strings.HasSuffix(line.Text, "Aborted")) {
			line.Level = "ERROR"
		}
		delete(members, "id")
		delete(members, "previous_event_id")
	}
	var fields []string
	for _, name := range slices.Sorted(maps.Keys(members)) {
		fields = append(fields, name+"="+quoted(plain(members[name])))
	}
	line.Fields = strings.Join(fields, " ")
	return line, true
}

// spread puts the members of a member in its place.
func spread(members map[string]json.RawMessage, name string) {
	var inner map[string]json.RawMessage
	if json.Unmarshal(members[name], &inner) != nil {
		return
	}
	delete(members, name)
	for inside, v := range inner {
		if _, taken := members[inside]; !taken {
			members[inside] = v
		}
	}
}

// plain is a string without its quotes, or the JSON of anything else.
func plain(raw json.RawMessage) string {
	var s string
	if json.Unmarshal(raw, &s) == nil {
		return s
	}
	return string(raw)
}

// quoted puts quotes around what would not be read as one value.
func quoted(s string) string {
	if s == "" || strings.ContainsAny(s, " \t\r\n\"=") && !strings.HasPrefix(s, "{") && !strings.HasPrefix(s, "[") {
		return fmt.Sprintf("%q", s)
	}
	return s
}
