package check

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl"
)

const (
	aFunction = `"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "f"}`
	aModel    = `"Type": "Task", "Resource": "arn:aws:states:::bedrock:invokeModel", "Parameters": {"ModelId": "m", "Body": {}}`
	retried   = `"Retry": [{"ErrorEquals": ["States.ALL"], "JitterStrategy": "FULL"}]`
	caught    = `"Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Z"}]`
)

// resilience lists the codes of the rules of resilience and cost that a definition breaks.
func resilience(t *testing.T, definition string, opts Options) []string {
	t.Helper()
	doc := asl.ParseJSON("m", []byte(definition))
	if doc.Root == nil {
		t.Fatal(doc.Problems)
	}
	var own []string
	for _, code := range codes(Document(doc, opts)) {
		if slices.ContainsFunc(slices.Concat(timeRules, retryRules, workRules), func(r *Rule) bool { return r.Code == code }) {
			own = append(own, code)
		}
	}
	slices.Sort(own)
	return slices.Compact(own)
}

// fewItemsOf is a machine in JSONata of a Pass and a Map of model calls without MaxConcurrency.
func fewItemsOf(pass, items string) string {
	return `{"QueryLanguage": "JSONata", "StartAt": "P", "States": {"P": {"Type": "Pass", ` + pass + `, "Next": "A"}, "A": {"Type": "Map", ` + items + `, "End": true, "ItemProcessor": {"StartAt": "B",
		"States": {"B": {` + aModel + `, ` + retried + `, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}], "End": true}, "C": {"Type": "Pass", "End": true}}}}}}`
}

func TestResilience(t *testing.T) {
	one := func(state string) string {
		return `{"StartAt": "A", "States": {"A": {` + state + `, "End": true}, "Z": {"Type": "Succeed"}}}`
	}
	choice := func(rules string) string {
		return `{"StartAt": "A", "States": {"A": {"Type": "Choice", "Choices": [` + rules + `]}, "Z": {"Type": "Succeed"}}}`
	}
	in := func(group, inner string) string {
		return one(group + `, "ItemProcessor": {"StartAt": "B", "States": {"B": {` + inner + `, "End": true}}}`)
	}
	parallel := func(fields string, branches ...string) string {
		var list []string
		for i, b := range branches {
			list = append(list, fmt.Sprintf(`{"StartAt": "B%d", "States": {"B%d": {%s, "End": true}, "N%d": {"Type": "Pass", "End": true}}}`, i, i, strings.ReplaceAll(b, `"Z"`, fmt.Sprintf(`"N%d"`, i)), i))
		}
		return one(`"Type": "Parallel"` + fields + `, "Branches": [` + strings.Join(list, ", ") + `]`)
	}
	callback := `"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke.waitForTaskToken", "Parameters": {"FunctionName": "f", "Payload": {"t.$": "$$.Task.Token"}}`
	job := `"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "Parameters": {"JobName": "j"}`
	tests := []struct {
		name       string
		definition string
		opts       Options
		want       []string
	}{
		{"a callback with a heartbeat", one(callback + `, "HeartbeatSeconds": 60`), Options{}, nil},
		{"a callback with a time-out from the input", one(callback + `, "TimeoutSecondsPath": "$.t"`), Options{}, nil},
		{"a callback in a machine with a time-out", `{"TimeoutSeconds": 9, ` + one(callback)[1:], Options{}, nil},
		{"a job in a machine with a time-out", `{"TimeoutSeconds": 9, ` + one(job)[1:], Options{}, nil},
		{"an Express machine ends by itself", one(callback), Options{Type: Express}, nil},
		{"a model that the Map around it retries", in(`"Type": "Map", "MaxConcurrency": 2, `+caught+`, `+retried, aModel), Options{}, []string{"discarded-work"}},
		{"a model that the Parallel of one branch around it retries", parallel(`, `+caught+`, `+retried, aModel), Options{}, nil},
		{"a model with a retrier that never tries again", one(aModel + `, "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 0}]`), Options{}, []string{"model-without-retry"}},
		{"a model with a retrier for something else", one(aModel + `, "Retry": [{"ErrorEquals": ["Bedrock.ModelTimeoutException"]}]`), Options{}, []string{"model-without-retry"}},
		{"a model whose retriers are a substitution", one(aModel + `, "Retry": "${Retry}"`), Options{}, nil},
		{"a guardrail is no model", one(`"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:bedrockruntime:applyGuardrail", "Parameters": {"Content": [], "GuardrailIdentifier": "g", "GuardrailVersion": "1", "Source": "INPUT"}`), Options{}, nil},
		{"MaxAttempts 0 is how to say no", one(aFunction + `, "Retry": [{"ErrorEquals": ["States.DataLimitExceeded"], "MaxAttempts": 0}]`), Options{}, nil},
		{"a function raises what it wants", one(aFunction + `, "Retry": [{"ErrorEquals": ["TimeoutException", "Bedrock.TimeoutException"]}]`), Options{}, nil},
		{"a function is no Parallel", one(aFunction + `, "Retry": [{"ErrorEquals": ["States.BranchFailed"]}]`), Options{}, []string{"unmatched-error"}},
		{"a worker raises what it wants", one(callback + `, "TimeoutSeconds": 9, "Retry": [{"ErrorEquals": ["Bedrock.TimeoutException", "NoSuchException"]}]`), Options{}, nil},
		{"a Map raises what is within", in(`"Type": "Map", "Retry": [{"ErrorEquals": ["Lambda.ServiceException"]}], "Catch": [{"ErrorEquals": ["Lambda.ServiceException"], "Next": "Z"}]`, aFunction), Options{}, nil},
		{"an inline Map reads no items", in(`"Type": "Map", "Catch": [{"ErrorEquals": ["States.ItemReaderFailed"], "Next": "Z"}]`, aFunction), Options{}, []string{"unmatched-error"}},
		{"a Map raises what a Parallel within does", in(`"Type": "Map", "Catch": [{"ErrorEquals": ["States.BranchFailed"], "Next": "Z"}]`, `"Type": "Parallel", "Branches": [{"StartAt": "C", "States": {"C": {"Type": "Pass", "End": true}}}]`), Options{}, nil},
		{"BackoffRate 1 needs no cap", one(aFunction + `, "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 1000, "MaxAttempts": 50, "BackoffRate": 1}]`), Options{}, nil},
		{"a number of attempts that is not known", one(aFunction + `, "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 1000, "MaxAttempts": "${N}"}]`), Options{}, nil},
		{"delays beyond the five minutes of an Express machine", one(aFunction + `, "Retry": [{"ErrorEquals": ["E"], "IntervalSeconds": 100, "MaxAttempts": 3}]`), Options{Type: Express}, []string{"retry-beyond-timeout"}},
		{"nested retriers of different errors", in(`"Type": "Map", "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 9}]`, aFunction+`, "Retry": [{"ErrorEquals": ["F"], "MaxAttempts": 9}]`), Options{}, nil},
		{"nested retriers with a catcher between", parallel(`, "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 9}]`, aFunction+`, `+caught+`, "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 9}]`), Options{}, nil},
		{"nested retriers of few attempts", in(`"Type": "Map", "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 1}]`, aFunction+`, "Retry": [{"ErrorEquals": ["E"], "MaxAttempts": 1}]`), Options{}, nil},
		{"a distributed Map that is tried again", one(`"Type": "Map", "MaxConcurrency": 2, ` + caught + `, "Retry": [{"ErrorEquals": ["States.ALL"]}], "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "B", "States": {"B": {` + aFunction + `, "Retry": [{"ErrorEquals": ["E"]}], "End": true}}}`), Options{}, []string{"nested-retries"}},
		{"a distributed Map that is tried again, but tolerates failures", one(`"Type": "Map", "MaxConcurrency": 2, "ToleratedFailurePercentage": 10, ` + caught + `, "Retry": [{"ErrorEquals": ["States.ALL"]}], "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "B", "States": {"B": {` + aFunction + `, "Retry": [{"ErrorEquals": ["E"]}], "End": true}}}`), Options{}, nil},
		{"a misspelt error", one(aFunction + `, "Retry": [{"ErrorEquals": ["Lambda.TooManyRequestException"]}]`), Options{}, []string{"unmatched-error"}},
		{"an error that nobody knows here", one(aFunction + `, "Retry": [{"ErrorEquals": ["Lambda.SomethingElse"]}]`), Options{}, nil},
		{"a function that finds the request invalid", one(aFunction + `, "Retry": [{"ErrorEquals": ["ValidationException"]}]`), Options{}, []string{"futile-retry"}},
		{"a Map over three items", one(`"Type": "Map", "QueryLanguage": "JSONata", "Items": [1, 2, 3], "ItemProcessor": {"StartAt": "B", "States": {"B": {` + aModel + `, ` + retried + `, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}], "End": true}, "C": {"Type": "Pass", "End": true}}}`), Options{}, nil},
		{"a Map over a variable of two items", fewItemsOf(`"Assign": {"q": [1, 2]}`, `"Items": "{% $q %}"`), Options{}, nil},
		{"a Map over an output of two items", fewItemsOf(`"Output": {"q": [1, 2]}`, `"Items": "{% $states.input.q %}"`), Options{}, nil},
		{"a Map over an expression of three items", fewItemsOf(`"Comment": "c"`, `"Items": "{% ['a', 'b', 'c'] %}"`), Options{}, nil},
		{"a Map over a range of five", fewItemsOf(`"Comment": "c"`, `"Items": "{% [1..5] %}"`), Options{}, nil},
		{"a Map over a range of fifty", fewItemsOf(`"Comment": "c"`, `"Items": "{% [1..50] %}"`), Options{}, []string{"unbounded-map"}},
		{"a Map over eleven items", fewItemsOf(`"Comment": "c"`, `"Items": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]`), Options{}, []string{"unbounded-map"}},
		{"a Map of functions", in(`"Type": "Map"`, aFunction), Options{}, nil},
		{"the one branch that can fail does the dear work", parallel("", aModel+`, `+retried, aFunction+`, `+caught), Options{}, nil},
		{"the other branch can fail", parallel("", aModel+`, `+retried+`, `+caught, aFunction), Options{}, []string{"discarded-work"}},
		{"a catcher around gets the error only", parallel(`, `+caught, aModel+`, `+retried, aModel+`, `+retried), Options{}, []string{"discarded-work"}},
		{"a retrier around pays again", parallel(`, `+caught+`, `+retried, aModel, aFunction), Options{}, []string{"discarded-work"}},
		{"what fails is caught within", parallel(`, `+caught, aModel+`, `+retried+`, `+caught, aFunction+`, `+caught), Options{}, nil},
		{"a catcher within that fails all the same", `{"StartAt": "A", "States": {"A": {"Type": "Map", "MaxConcurrency": 2, "End": true, "ItemProcessor": {"StartAt": "B", "States": {"B": {` + aModel + `, ` + retried + `, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "F"}], "End": true}, "F": {"Type": "Fail"}}}}}}`, Options{}, []string{"discarded-work"}},
		{"a Fail state within", `{"StartAt": "A", "States": {"A": {"Type": "Map", "MaxConcurrency": 2, "End": true, "ItemProcessor": {"StartAt": "B", "States": {"B": {` + aModel + `, ` + retried + `, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "P"}], "Next": "C"}, "P": {"Type": "Pass", "End": true}, "C": {"Type": "Choice", "Default": "P", "Choices": [{"Variable": "$.a", "IsPresent": false, "Next": "F"}]}, "F": {"Type": "Fail"}}}}}}`, Options{}, []string{"discarded-work"}},
		{"a distributed Map that writes its results", one(`"Type": "Map", "MaxConcurrency": 2, "ResultWriter": {"Resource": "arn:aws:states:::s3:putObject", "Parameters": {"Bucket": "b"}}, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "B", "States": {"B": {` + aModel + `, ` + retried + `, "End": true}}}`), Options{}, nil},
		{"a distributed Map that tolerates none", one(`"Type": "Map", "MaxConcurrency": 2, "ToleratedFailurePercentage": 0, "ItemProcessor": {"ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}, "StartAt": "B", "States": {"B": {` + aModel + `, ` + retried + `, "End": true}}}`), Options{}, []string{"discarded-work"}},
		{"the wildcard by another name", one(aFunction + `, "Retry": [{"ErrorEquals": ["Errors.ALL"]}]`), Options{}, []string{"unmatched-error"}},
		{"the wildcard in small letters", one(aFunction + `, "Catch": [{"ErrorEquals": ["states.all"], "Next": "Z"}]`), Options{}, []string{"unmatched-error"}},
		{"the wildcard as a star", in(`"Type": "Map", "Catch": [{"ErrorEquals": ["*"], "Next": "Z"}]`, aFunction), Options{}, []string{"unmatched-error"}},
		{"a Fail state of that name", `{"StartAt": "A", "States": {"A": {` + aFunction + `, "Catch": [{"ErrorEquals": ["Errors.ALL"], "Next": "F"}], "End": true}, "F": {"Type": "Fail", "Error": "Errors.ALL"}}}`, Options{}, nil},
		{"a throttling that Lambda calls otherwise", one(aFunction + `, "Retry": [{"ErrorEquals": ["Lambda.ThrottlingException"], "JitterStrategy": "FULL"}]`), Options{}, []string{"unmatched-error"}},
		{"Lambda's own error without its prefix", one(aFunction + `, "Retry": [{"ErrorEquals": ["AWSLambdaException"]}]`), Options{}, []string{"unmatched-error"}},
		{"what code may raise", one(aFunction + `, "Retry": [{"ErrorEquals": ["TooManyRequestsException", "Timeout", "ServiceException"], "JitterStrategy": "FULL"}]`), Options{}, nil},
		{"a prefix of nobody", one(`"Type": "Task", "Resource": "arn:aws:states:::dynamodb:putItem", "Parameters": {"TableName": "t", "Item": {}}, "Retry": [{"ErrorEquals": ["Dynamo.InternalServerError"]}]`), Options{}, []string{"unmatched-error"}},
		{"names that are seen of ECS", one(`"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask", "Parameters": {"TaskDefinition": "t"}, "Retry": [{"ErrorEquals": ["AmazonECS.Unknown"]}]`), Options{}, nil},
		{"the API's name of an error in S3", one(`"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"}, "Catch": [{"ErrorEquals": ["S3.NoSuchKey"], "Next": "Z"}]`), Options{}, []string{"unmatched-error"}},
		{"other names of S3", one(`"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "Parameters": {"Bucket": "b", "Key": "k"}, "Retry": [{"ErrorEquals": ["S3.S3Exception", "S3.ThrottlingException", "S3.SlowDown", "S3.SdkClientException"], "JitterStrategy": "FULL"}]`), Options{}, nil},
		{"a status of HTTP without States", one(`"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "Parameters": {"ApiEndpoint": "https://x", "Method": "GET", "InvocationConfig": {"ConnectionArn": "a"}}, "Retry": [{"ErrorEquals": ["Http.StatusCode.503", "ServiceUnavailable"]}]`), Options{}, []string{"unmatched-error"}},
		{"a status that stays", one(`"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "Parameters": {"ApiEndpoint": "https://x", "Method": "GET", "InvocationConfig": {"ConnectionArn": "a"}}, "Retry": [{"ErrorEquals": ["States.Http.StatusCode.401"]}]`), Options{}, []string{"futile-retry"}},
		{"a status that passes", one(`"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "Parameters": {"ApiEndpoint": "https://x", "Method": "GET", "InvocationConfig": {"ConnectionArn": "a"}}, "Retry": [{"ErrorEquals": ["States.Http.StatusCode.503", "States.Http.Socket", "Events.ConnectionResource.InvalidConnectionState"]}]`), Options{}, nil},
		{"the prefix of ECS", one(`"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask", "Parameters": {"TaskDefinition": "t"}, "Retry": [{"ErrorEquals": ["Ecs.ServerException"]}]`), Options{}, []string{"unmatched-error"}},
		{"the right prefix of ECS", one(`"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask", "Parameters": {"TaskDefinition": "t"}, "Retry": [{"ErrorEquals": ["ECS.ServerException", "ECS.AmazonECSException"]}]`), Options{}, nil},
		{"the prefix of a function", one(aFunction + `, "Retry": [{"ErrorEquals": ["lambda.ServiceException"]}]`), Options{}, []string{"unmatched-error"}},
		{"another service", one(`"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {"QueueUrl": "q", "MessageBody": "m"}, "Retry": [{"ErrorEquals": ["Kinesis.ThrottlingException"], "JitterStrategy": "FULL"}]`), Options{}, []string{"unmatched-error"}},
		{"a service that nobody knows", one(`"Type": "Task", "Resource": "arn:aws:states:::lamda:invoke", "Parameters": {}, "Retry": [{"ErrorEquals": ["Lambda.ServiceException", "Whatever"]}]`), Options{}, nil},
		{"an error of the job itself", one(`"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "TimeoutSeconds": 9, "Parameters": {"JobName": "j"}, "Retry": [{"ErrorEquals": ["NoPartition"]}]`), Options{}, []string{"unmatched-error"}},
		{"what a failed job raises", one(`"Type": "Task", "Resource": "arn:aws:states:::glue:startJobRun.sync", "TimeoutSeconds": 9, "Parameters": {"JobName": "j"}, "Retry": [{"ErrorEquals": ["States.TaskFailed", "Glue.ConcurrentRunsExceededException"], "JitterStrategy": "FULL"}]`), Options{}, nil},
		{"a Map over what a Pass has", `{"StartAt": "P", "States": {"P": {"Type": "Pass", "Result": {"q": [1, 2]}, "ResultPath": "$.a", "Next": "A"}, ` + strings.Replace(in(`"Type": "Map", "ItemsPath": "$.a.q"`, aModel+`, `+retried+`, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}], "End": true}, "C": {"Type": "Pass"`), `{"StartAt": "A", "States": {`, "", 1), Options{}, nil},
		{"a Map over what a function gives", `{"StartAt": "P", "States": {"P": {` + aFunction + `, "ResultPath": "$.a", "Next": "A"}, ` + strings.Replace(in(`"Type": "Map", "ItemsPath": "$.a.Payload"`, aModel+`, `+retried+`, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}], "End": true}, "C": {"Type": "Pass"`), `{"StartAt": "A", "States": {`, "", 1), Options{}, []string{"unbounded-map"}},
		{"failed, told, begun again", `{"StartAt": "A", "States": {"A": {` + aFunction + `, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "N"}], "Next": "Z"}, "N": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Parameters": {"TopicArn": "t", "Message": "m"}, "Next": "A"}, "Z": {"Type": "Succeed"}}}`, Options{}, []string{"endless-retry"}},
		{"begun again within a time", `{"TimeoutSeconds": 900, "StartAt": "A", "States": {"A": {` + aFunction + `, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "N"}], "Next": "Z"}, "N": {"Type": "Pass", "Next": "A"}, "Z": {"Type": "Succeed"}}}`, Options{}, []string{"endless-retry"}},
		{"begun again after a while, within a time", `{"TimeoutSeconds": 900, "StartAt": "A", "States": {"A": {` + aFunction + `, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "N"}], "Next": "Z"}, "N": {"Type": "Wait", "Seconds": 60, "Next": "A"}, "Z": {"Type": "Succeed"}}}`, Options{}, nil},
		{"a Choice on the usual way decides nothing", `{"StartAt": "C", "States": {"C": {"Type": "Choice", "Choices": [{"Variable": "$.kind", "StringEquals": "pdf", "Next": "A"}], "Default": "Z"}, "A": {` + aFunction + `, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "N", "ResultPath": "$.e"}], "Next": "Z"}, "N": {"Type": "Pass", "Next": "C"}, "Z": {"Type": "Succeed"}}}`, Options{}, []string{"endless-retry"}},
		{"a Choice on the usual way counts", `{"StartAt": "C", "States": {"C": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": 3, "Next": "A"}], "Default": "Z"}, "A": {` + aFunction + `, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "N", "ResultPath": "$.e"}], "Next": "Z"}, "N": {"Type": "Pass", "Next": "C"}, "Z": {"Type": "Succeed"}}}`, Options{}, nil},
		{"a Choice looks at the error", `{"StartAt": "A", "States": {"A": {` + aFunction + `, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C", "ResultPath": "$.e"}], "Next": "Z"}, "C": {"Type": "Choice", "Choices": [{"Variable": "$.e.Error", "StringEquals": "Busy", "Next": "A"}], "Default": "Z"}, "Z": {"Type": "Succeed"}}}`, Options{}, nil},
		{"a Map within a branch that loses nothing by it", parallel(`, `+caught, `"Type": "Map", "MaxConcurrency": 2, "ItemProcessor": {"StartAt": "C", "States": {"C": {`+aModel+`, `+retried+`, "End": true}}}`, aFunction+`, `+caught), Options{}, []string{"discarded-work"}},
		{"a Map over one item", one(`"Type": "Map", "QueryLanguage": "JSONata", "MaxConcurrency": 2, "Items": [1], "ItemProcessor": {"StartAt": "B", "States": {"B": {` + aModel + `, ` + retried + `, "End": true}}}`), Options{}, nil},
		{"Maps in Maps that are all tried again", in(`"Type": "Map", "Retry": [{"ErrorEquals": ["States.ALL"]}]`, `"Type": "Map", "Retry": [{"ErrorEquals": ["States.ALL"]}], "ItemProcessor": {"StartAt": "C", "States": {"C": {`+aFunction+`, "End": true}}}`), Options{}, []string{"nested-retries"}},
		{"cheap work", parallel("", aFunction+`, `+retried, aFunction+`, `+retried), Options{}, nil},
		{"true and false", choice(`{"Variable": "$.a", "BooleanEquals": true, "Next": "Z"}, {"Variable": "$.a", "BooleanEquals": false, "Next": "Z"}`), Options{}, nil},
		{"true and false of another", choice(`{"Variable": "$.a", "BooleanEquals": true, "Next": "Z"}, {"Variable": "$.b", "BooleanEquals": false, "Next": "Z"}`), Options{}, []string{"choice-without-default"}},
		{"a test and its Not", choice(`{"Variable": "$.a", "StringEquals": "x", "Next": "Z"}, {"Not": {"Variable": "$.a", "StringEquals": "x"}, "Next": "Z"}`), Options{}, nil},
		{"below and from", choice(`{"Variable": "$.a", "NumericLessThan": 3, "Next": "Z"}, {"Variable": "$.a", "NumericGreaterThanEquals": 3, "Next": "Z"}`), Options{}, nil},
		{"below, equal and above", choice(`{"Variable": "$.a", "NumericLessThan": 3, "Next": "Z"}, {"Variable": "$.a", "NumericGreaterThan": 3, "Next": "Z"}, {"Variable": "$.a", "NumericEquals": 3, "Next": "Z"}`), Options{}, nil},
		{"below, equal and above in JSONata", `{"QueryLanguage": "JSONata", ` + choice(`{"Condition": "{% $x < 3 %}", "Next": "Z"}, {"Condition": "{% $x = 3 %}", "Next": "Z"}, {"Condition": "{% $x > 3 %}", "Next": "Z"}`)[1:], Options{}, nil},
		{"below, equal and above others", choice(`{"Variable": "$.a", "NumericLessThan": 3, "Next": "Z"}, {"Variable": "$.a", "NumericGreaterThan": 5, "Next": "Z"}, {"Variable": "$.a", "NumericEquals": 3, "Next": "Z"}`), Options{}, []string{"choice-without-default"}},
		{"a counter that equals", `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 1, "Next": "C"}, "C": {"Type": "Choice", "Choices": [{"Condition": "{% $tries = 5 %}", "Next": "Z"}], "Default": "A"}, "Z": {"Type": "Succeed"}}}`, Options{}, nil},
		{"below and above", choice(`{"Variable": "$.a", "NumericLessThan": 3, "Next": "Z"}, {"Variable": "$.a", "NumericGreaterThan": 3, "Next": "Z"}`), Options{}, []string{"choice-without-default"}},
		{"conditions that cover", `{"QueryLanguage": "JSONata", ` + choice(`{"Condition": "{% $x > 3 %}", "Next": "Z"}, {"Condition": "{% $x<=3 %}", "Next": "Z"}`)[1:], Options{}, nil},
		{"conditions with $not", `{"QueryLanguage": "JSONata", ` + choice(`{"Condition": "{% $not($x) %}", "Next": "Z"}, {"Condition": "{% $x %}", "Next": "Z"}`)[1:], Options{}, nil},
		{"a condition that holds", `{"QueryLanguage": "JSONata", ` + choice(`{"Condition": "{% $x %}", "Next": "Z"}, {"Condition": true, "Next": "Z"}`)[1:], Options{}, nil},
		{"conditions that do not", `{"QueryLanguage": "JSONata", ` + choice(`{"Condition": "{% $x = 1 %}", "Next": "Z"}, {"Condition": "{% $x = 2 %}", "Next": "Z"}`)[1:], Options{}, []string{"choice-without-default"}},
		{"a text that has to be the right one", `{"StartAt": "A", "States": {"A": {` + aFunction + `, "Next": "C"}, "C": {"Type": "Choice", "Choices": [{"Variable": "$.verdict", "StringEquals": "good", "Next": "Z"}], "Default": "A"}, "Z": {"Type": "Succeed"}}}`, Options{}, []string{"unbounded-loop"}},
		{"a text that has to be the right one, in JSONata", `{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {` + aFunction + `, "Next": "C"}, "C": {"Type": "Choice", "Choices": [{"Condition": "{% $states.input.verdict = 'good' %}", "Next": "Z"}], "Default": "A"}, "Z": {"Type": "Succeed"}}}`, Options{}, []string{"unbounded-loop"}},
		{"the pages of a list", `{"StartAt": "A", "States": {"A": {` + aFunction + `, "Next": "C"}, "C": {"Type": "Choice", "Choices": [{"Variable": "$.NextToken", "IsPresent": true, "Next": "A"}], "Default": "Z"}, "Z": {"Type": "Succeed"}}}`, Options{}, nil},
		{"an iterator that says whether to go on", `{"StartAt": "A", "States": {"A": {` + aFunction + `, "Next": "C"}, "C": {"Type": "Choice", "Choices": [{"Variable": "$.more", "BooleanEquals": true, "Next": "A"}], "Default": "Z"}, "Z": {"Type": "Succeed"}}}`, Options{}, nil},
		{"a machine that starts itself when it fails", `{"StartAt": "A", "States": {"A": {` + aFunction + `, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "B"}], "Next": "Z"}, "B": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "Parameters": {"StateMachineArn.$": "$$.StateMachine.Id", "Input.$": "$"}, "End": true}, "Z": {"Type": "Succeed"}}}`, Options{}, []string{"endless-loop"}},
		{"a machine that starts itself in JSONata", `{"QueryLanguage": "JSONata", "StartAt": "B", "States": {"B": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:sfn:startExecution", "Arguments": {"StateMachineArn": "{% $states.context.StateMachine.Id %}", "Input": "{}"}, "End": true}}}`, Options{}, []string{"endless-loop"}},
		{"a machine that starts itself while there is more", `{"StartAt": "C", "States": {"C": {"Type": "Choice", "Choices": [{"Variable": "$.next", "IsPresent": true, "Next": "B"}], "Default": "Z"}, "B": {"Type": "Task", "Resource": "arn:aws:states:::states:startExecution", "Parameters": {"StateMachineArn.$": "$$.StateMachine.Id", "Input.$": "$"}, "End": true}, "Z": {"Type": "Succeed"}}}`, Options{}, nil},
		{"a model whose error the Map never sees", `{"StartAt": "A", "States": {"A": {"Type": "Map", "MaxConcurrency": 2, "End": true, ` + retried + `, "ItemProcessor": {"StartAt": "B", "States": {"B": {` + aModel + `, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "P"}], "End": true}, "P": {"Type": "Pass", "End": true}}}}}}`, Options{}, []string{"model-without-retry"}},
		{"a knowledge base that answers", one(`"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:bedrockagentruntime:retrieveAndGenerate", "Parameters": {"Input": {"Text": "q"}}`), Options{}, []string{"model-without-retry"}},
		{"everything of a model without jitter", one(aModel + `, "Retry": [{"ErrorEquals": ["States.ALL"]}]`), Options{}, []string{"retry-without-jitter"}},
		{"everything of a function without jitter", one(aFunction + `, "Retry": [{"ErrorEquals": ["States.ALL"]}]`), Options{}, nil},
		{"delays with jitter that may take longer than the execution", `{"TimeoutSeconds": 100, ` + one(aModel + `, "Retry": [{"ErrorEquals": ["Bedrock.ThrottlingException"], "IntervalSeconds": 30, "MaxAttempts": 3, "JitterStrategy": "FULL"}]`)[1:], Options{}, []string{"retry-beyond-timeout"}},
		{"time-outs that take longer than the execution", `{"TimeoutSeconds": 600, ` + one(aFunction + `, "TimeoutSeconds": 300, "Retry": [{"ErrorEquals": ["States.Timeout"], "MaxAttempts": 2}]`)[1:], Options{}, []string{"retry-beyond-timeout"}},
		{"permissions that are missing", one(aFunction + `, "Retry": [{"ErrorEquals": ["States.Permissions"]}]`), Options{}, []string{"futile-retry"}},
		{"code that is wrong", one(aFunction + `, "Retry": [{"ErrorEquals": ["KeyError", "Runtime.ImportModuleError"]}]`), Options{}, []string{"futile-retry"}},
		{"a document that is wrong", one(aFunction + `, "Retry": [{"ErrorEquals": ["UnsupportedDocumentType"]}]`), Options{}, []string{"futile-retry"}},
		{"an answer that is wrong", one(aFunction + `, "Retry": [{"ErrorEquals": ["InvalidAnswer", "InvalidModelOutput", "InvalidStateException"]}]`), Options{}, nil},
		{"a container that is not placed", one(`"Type": "Task", "Resource": "arn:aws:states:::ecs:runTask", "Parameters": {"TaskDefinition": "t"}, "Retry": [{"ErrorEquals": ["ECS.InvalidParameterException"]}]`), Options{}, nil},
		{"a function that notifies at the end", `{"StartAt": "A", "States": {"A": {` + aModel + `, ` + retried + `, "Next": "NotifyTeam"}, "NotifyTeam": {` + aFunction + `, "End": true}}}`, Options{}, []string{"lost-at-the-end"}},
		{"a function that stores at the end", `{"StartAt": "A", "States": {"A": {` + aModel + `, ` + retried + `, "Next": "StoreResult"}, "StoreResult": {` + aFunction + `, "End": true}}}`, Options{}, nil},
		{"a notice whose failure fails all the same", `{"StartAt": "A", "States": {"A": {` + aModel + `, ` + retried + `, "Next": "B"}, "B": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Parameters": {"TopicArn": "t", "Message": "m"}, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "F"}], "End": true}, "F": {"Type": "Fail"}}}`, Options{}, []string{"lost-at-the-end"}},
		{"a loop that counts", `{"StartAt": "A", "States": {"A": {"Type": "Wait", "Seconds": 1, "Next": "C"}, "C": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericGreaterThan": 9, "Next": "Z"}], "Default": "A"}, "Z": {"Type": "Succeed"}}}`, Options{}, nil},
		{"a last step behind cheap work", `{"StartAt": "A", "States": {"A": {` + aFunction + `, "Next": "B"}, "B": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Parameters": {"TopicArn": "t", "Message": "m"}, "End": true}}}`, Options{}, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			if got := resilience(t, test.definition, test.opts); !slices.Equal(got, test.want) {
				t.Errorf("%v, not %v", got, test.want)
			}
		})
	}
}

// TestResilienceOfHostileDefinitions checks definitions that are made to take long.
func TestResilienceOfHostileDefinitions(t *testing.T) {
	join := func(n int, state func(i int) string) string {
		list := make([]string, n)
		for i := range list {
			list[i] = state(i)
		}
		return strings.Join(list, ", ")
	}
	names := join(20000, func(i int) string { return fmt.Sprintf(`"E%d"`, i) })
	deep := `"A": {` + aModel + `, "End": true}`
	for i := range 300 {
		deep = fmt.Sprintf(`"P%d": {"Type": "Parallel", "End": true, %s, "Branches": [{"StartAt": "X", "States": {%s}}]}`, i, retried, deep)
	}
	for name, states := range map[string]string{
		"names": `"A": {"Type": "Map", "End": true, "Retry": [{"ErrorEquals": [` + names + `]}], "ItemProcessor": {"StartAt": "B", "States": {"B": {` + aFunction + `, "End": true, "Retry": [{"ErrorEquals": [` + names + `]}]}}}}`,
		"deep":  deep,
		"branches": `"A": {"Type": "Parallel", "End": true, "Branches": [` + join(1000, func(i int) string {
			return fmt.Sprintf(`{"StartAt": "B%d", "States": {"B%d": {%s, "End": true}}}`, i, i, aModel)
		}) + `]}`,
		"waits": join(3000, func(i int) string {
			return fmt.Sprintf(`"W%d": {"Type": "Wait", "Seconds": 1, "Next": "W%d"}`, i, (i+1)%3000)
		}),
		"notices": join(3000, func(i int) string {
			return fmt.Sprintf(`"N%d": {"Type": "Task", "Resource": "arn:aws:states:::sns:publish", "Parameters": {}, "Next": "N%d"}`, i, (i+1)%3000)
		}),
		"rules": `"A": {"Type": "Choice", "Choices": [` + join(100, func(i int) string {
			return fmt.Sprintf(`{"Condition": "{%% $x = %d%s %%}", "Next": "A"}`, i, strings.Repeat(" ", 5000))
		}) + `]}`,
	} {
		t.Run(name, func(t *testing.T) {
			Document(asl.ParseJSON("h", []byte(`{"StartAt": "A", "States": {`+states+`}}`)), Options{})
		})
	}
}
