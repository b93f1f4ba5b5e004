package check

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl"
)

// hostile are definitions that are made to take long. Each has half the size that AWS takes.
func hostile() map[string]string {
	const size = 1 << 19
	fill := func(head, item, tail string) string {
		var b strings.Builder
		b.WriteString(head)
		for i := 0; b.Len() < size; i++ {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(strings.ReplaceAll(item, "#", fmt.Sprint(i)))
		}
		return b.String() + tail
	}
	pass := `{"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true, `
	task := `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:lambda:r:1:function:f", "End": true, `
	return map[string]string{
		"unknown fields of a state":   fill(pass, `"x#": 1`, `}}}`),
		"unknown fields of a machine": fill(`{`, `"x#": 1`, `, "StartAt": "A", "States": {"A": {"Type": "Succeed"}}}`),
		"template names":              fill(pass+`"Parameters": {`, `"x#.$": "$"`, `}}}}`),
		"colliding template names":    fill(pass+`"Parameters": {`, `"x#.$": "$", "x#": 1`, `}}}}`),
		"bad paths":                   fill(pass+`"Parameters": {`, `"x#.$": "x"`, `}}}}`),
		"bad paths in arrays":         fill(pass+`"Parameters": {"a": [`, `{"x.$": "x"}`, `]}}}}`),
		"retriers":                    fill(task+`"Retry": [`, `{"ErrorEquals": ["States.ALL"]}`, `]}}}`),
		"error names":                 fill(task+`"Retry": [{"ErrorEquals": [`, `"States.x#"`, `]}]}}}`),
		"wrong error names":           fill(task+`"Retry": [{"ErrorEquals": [`, `1`, `]}]}}}`),
		"states that lead nowhere":    fill(`{"StartAt": "A", "States": {`, `"state #": {"Type": "Pass", "Next": "stat #"}`, `}}`),
		"states without a type":       fill(`{"StartAt": "A", "States": {`, `"s#": {}`, `}}`),
		"states that are numbers":     fill(`{"StartAt": "A", "States": {`, `"s#": #`, `}}`),
		"equal names":                 fill(`{"StartAt": "A", "States": {`, `"A": {"Type": "Succeed"}`, `}}`),
		"variables":                   fill(pass+`"Assign": {`, `"x-#": 1`, `}}}}`),
		"branches":                    fill(`{"StartAt": "A", "States": {"A": {"Type": "Parallel", "End": true, "Branches": [`, `{}`, `]}}}`),
		"choices":                     fill(`{"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [`, `{"And": []}`, `]}}}`),
		"operands":                    `{"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [` + strings.Repeat(`{"Not": {"And": [`, 160) + `1` + strings.Repeat(`]}}`, 160) + `]}}}`,
		"nested maps":                 strings.Repeat(`{"StartAt": "A", "States": {"B": {"Type": "Map", "ItemProcessor": `, 160) + `1` + strings.Repeat(`}}}`, 160),
		"unknown actions":             fill(`{"StartAt": "A", "States": {`, `"s#": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:ec2:describeInstancez#", "Parameters": {}}`, `}}`),
		"unknown services":            fill(`{"StartAt": "A", "States": {`, `"s#": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:nosuch#:x", "Parameters": {}}`, `}}`),
		"unknown parameters":          fill(`{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:ec2:runInstances", "Parameters": {`, `"Parameter#": 1`, `}}}}`),
		"unknown models":              fill(`{"StartAt": "A", "States": {`, `"s#": {"Type": "Task", "Resource": "arn:aws:states:::bedrock:invokeModel", "Parameters": {"ModelId": "anthropic.cloude-#"}}`, `}}`),
		"almost secrets":              fill(pass+`"Result": [`, `"postgres://a:b://AKIAeyJ.#"`, `]}}}`),
		"long name":                   `{"StartAt": "A", "States": {"` + strings.Repeat("名", size/3) + `": {"Type": "Succeed"}}}`,
		"long path":                   pass + `"InputPath": "$` + strings.Repeat(".a", size/2) + `."}}}`,
		"long template":               pass + `"Parameters": {"a.$": "States.Format('` + strings.Repeat("{}", size/2) + `')"}}}}`,
	}
}

// TestHostileDefinitions makes sure that no definition keeps the checker busy for long, or makes it print without end. The bound
// is a hundred times what is needed, so that a loaded machine does not fail the test.
func TestHostileDefinitions(t *testing.T) {
	if raceEnabled {
		t.Skip("nothing runs at the same time here, and the race detector makes it ten times slower")
	}
	for name, definition := range hostile() {
		start := time.Now()
		doc := asl.ParseJSON("hostile", []byte(definition))
		parsed := time.Since(start)
		r := Result{Document: doc, Diagnostics: Document(doc, Options{})}
		checked := time.Since(start) - parsed
		output := text(t, r)
		t.Logf("%-28s parse %4d ms, check %4d ms, print %4d ms, %d diagnostics, %d bytes", name, parsed.Milliseconds(), checked.Milliseconds(), (time.Since(start) - parsed - checked).Milliseconds(), len(r.Diagnostics), len(output))
		if len(r.Diagnostics) > MaxDiagnostics {
			t.Errorf("%s: %d diagnostics", name, len(r.Diagnostics))
		}
		if elapsed := time.Since(start); elapsed > time.Minute {
			t.Errorf("%s: %v", name, elapsed)
		}
	}
}
