package check

import (
	"fmt"
	"slices"
	"testing"

	"github.com/docflow-asl/docflow/asl"
)

// TestExpressChildren: the children of a distributed Map may be Express executions, with all their restrictions.
func TestExpressChildren(t *testing.T) {
	machine := func(kind, inner string) string {
		return fmt.Sprintf(`{"TimeoutSeconds": 3600, "StartAt": "M", "States": {"M": {"Type": "Map", "MaxConcurrency": 2, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": %q},
			"StartAt": "A", "States": {"A": {%s, "End": true}}}, "End": true}}}`, kind, inner)
	}
	const job = `"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": "j"}`
	for _, c := range []struct {
		definition string
		want       string
	}{
		{machine("EXPRESS", job), "express-pattern"},
		{machine("STANDARD", job), ""},
		{machine("EXPRESS", `"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage.waitForTaskToken", "Parameters": {"QueueUrl": "q", "MessageBody": {"t.$": "$$.Task.Token"}}`), "express-pattern"},
		{machine("EXPRESS", `"Type": "Task", "Resource": "arn:aws:states:eu-west-1:123456789012:activity:a"`), "express-activity"},
		{machine("EXPRESS", `"Type": "Wait", "Seconds": 900`), "express-duration"},
		{machine("EXPRESS", `"Type": "Wait", "Seconds": 200`), ""},
		{machine("EXPRESS", `"Type": "Map", "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "B", "States": {"B": {"Type": "Pass", "End": true}}}`), "express-distributed"},
		{machine("EXPRESS", `"Type": "Parallel", "Branches": [{"StartAt": "B", "States": {"B": {`+job+`, "End": true}}}]`), "express-pattern"},
		{machine("${Kind}", job), ""},
	} {
		found := slices.DeleteFunc(codes(Document(asl.ParseJSON("", []byte(c.definition)), Options{})), func(code string) bool { return RuleOf(code).Type != Express })
		if c.want == "" && len(found) > 0 || c.want != "" && !slices.Equal(found, []string{c.want}) {
			t.Errorf("%s: %v, not %q", c.definition, found, c.want)
		}
	}
}
