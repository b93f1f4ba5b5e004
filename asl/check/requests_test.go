package check

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl"
)

// task is a definition of one task.
func task(resource, field, request string) string {
	language := ""
	if field == "Arguments" {
		language = `"QueryLanguage": "JSONata", `
	}
	return fmt.Sprintf(`{%s"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::%s", "TimeoutSeconds": 60, "%s": %s, "End": true}}}`, language, resource, field, request)
}

// requestCodes are the codes that are about requests and models; other rules may find more.
var requestCodes = []string{
	"unknown-resource", "unknown-action", "parameter-case", "unknown-parameter", "parameter-type", "missing-parameter", "end-of-life-model", "model-without-profile",
	"unknown-model", "secret-literal", "request-alternative",
}

func findings(definition string, opts Options) []string {
	var found []string
	for _, d := range Document(asl.ParseJSON("", []byte(definition)), opts) {
		if slices.Contains(requestCodes, d.Code) {
			found = append(found, d.Code+" "+string(d.Severity))
		}
	}
	return found
}

func TestRequests(t *testing.T) {
	const p, a = "Parameters", "Arguments"
	for _, c := range []struct {
		resource, field, request string
		want                     []string
	}{
		{"aws-sdk:s3:getObject", p, `{"Bucket": "b", "Key.$": "$.k"}`, nil},
		{"aws-sdk:s3:getObject", p, `{"bucket": "b", "Key.$": "$.k"}`, []string{"parameter-case error"}},
		{"aws-sdk:s3:getObject", p, `{"bucket.$": "$.b", "Key.$": "$.k"}`, []string{"parameter-case error"}},
		{"aws-sdk:s3:getObject", a, `{"Bucket": "{% $b %}", "Key": "{% $k %}"}`, nil},
		{"aws-sdk:s3:getObject", a, `"{% $states.input %}"`, nil},
		{"aws-sdk:s3:getObject", p, `{"Bucket": "b"}`, []string{"missing-parameter error"}},
		{"aws-sdk:s3:getObject", p, `{"Bukcet": "b", "Key": "k"}`, []string{"unknown-parameter error"}},
		{"aws-sdk:s3:getObject", p, `{"Bucket": "b", "Key": "k", "Whatever": 1}`, []string{"unknown-parameter warning"}},
		{"aws-sdk:s3:getObject", p, `{"Bucket": ["b"], "Key": "k"}`, []string{"parameter-type error"}},
		{"aws-sdk:s3:getObject", p, `{"Bucket": null, "Key": "k", "PartNumber": "7"}`, nil},
		{"aws-sdk:s3:getObject", p, `{"Bucket": "b", "Key": "k", "PartNumber": "seven"}`, []string{"parameter-type error"}},
		{"aws-sdk:s3:getObject", p, `{"Bucket": "b", "Key": "k", "PartNumber": "${Part}", "${Name}": 1}`, nil},
		{"aws-sdk:s3:putObject", p, `{"Bucket": "b", "Key": "k", "Body": {"any": ["thing"]}}`, nil},
		{"aws-sdk:dynamodb:putItem", p, `{"TableName": "t", "Item": {"id": {"S": "1"}, "tags": {"SS": ["a"]}, "ok": {"BOOL": true}}}`, nil},
		{"aws-sdk:dynamodb:putItem", p, `{"TableName": "t", "Item": {"id": {"s": "1"}}}`, []string{"parameter-case error"}},
		{"aws-sdk:dynamodb:putItem", p, `{"TableName": "t", "Item": "x"}`, []string{"parameter-type error"}},
		{"aws-sdk:rds:stopDBInstance", p, `{"DbInstanceIdentifier": "d"}`, nil},
		{"aws-sdk:rds:stopDBInstance", p, `{"DBInstanceIdentifier": "d"}`, []string{"parameter-case error"}},
		{"aws-sdk:eventbridge:putTargets", p, `{"Rule": "r", "Targets": [{"Id": "1", "Arn": "a", "SqsParameters": {}}]}`, nil},
		{"aws-sdk:eventbridge:putTargets", p, `{"Rule": "r", "Targets": [{"Id": "1"}]}`, []string{"missing-parameter error"}},
		{"aws-sdk:bedrockagentruntime:retrieve", p, `{"KnowledgeBaseId": "k", "RetrievalQuery": {"Text": "t"}, "RetrievalConfiguration": {"VectorSearchConfiguration": {"Filter": {"EqualsValue": {"Key": "a", "Value": "b"}}}}}`, nil},
		{"aws-sdk:bedrockagentruntime:retrieve", p, `{"KnowledgeBaseId": "k", "RetrievalQuery": {"Text": "t"}, "RetrievalConfiguration": {"VectorSearchConfiguration": {"Filter": {"Equals": {"Key": "a", "Value": "b"}}}}}`, []string{"parameter-case error"}},
		{"aws-sdk:sfn:listStateMachines", p, `{}`, nil},
		{"aws-sdk:sfn:startExecution.waitForTaskToken", p, `{"StateMachineArn": "a", "Input": {"token.$": "$$.Task.Token"}}`, nil},
		{"aws-sdk:lookoutvision:detectAnomalies", p, `{"Whatever": 1}`, nil},
		{"aws-sdk:nosuchservicehere:doIt", p, `{}`, []string{"unknown-action warning"}},
		{"aws-sdk:s3:frobnicateEverything", p, `{}`, []string{"unknown-action warning"}},
		{"aws-sdk:s3:getObjct", p, `{}`, []string{"unknown-resource error"}},
		{"aws-sdk:s3:getObjectV2", p, `{}`, []string{"unknown-action warning"}},
		{"aws-sdk:stepfunctions:startExecution", p, `{}`, []string{"unknown-resource error"}},
		{"aws-sdk:bedrock-runtime:invokeModel", p, `{}`, []string{"unknown-resource error"}},
		{"aws-sdk:bedrock:converse", p, `{}`, []string{"unknown-resource error"}},
		{"aws-sdk:bedrockruntime:invokeModelWithResponseStream", p, `{"ModelId.$": "$.m"}`, []string{"unknown-action warning"}},
		{"lambda:invoke", p, `{"FunctionName": "f", "Payload": {"any": 1}, "ClientContext": {"a": 1}}`, nil},
		{"lambda:invoke", p, `{"FunctionName": "f", "payload.$": "$"}`, []string{"parameter-case error"}},
		{"lambda:invoke.waitForTaskToken", p, `{"FunctionName": "f", "TaskToken.$": "$$.Task.Token"}`, []string{"unknown-parameter error"}},
		{"sqs:sendMessage", p, `{"QueueUrl": "q", "MessageBody": {"any": ["thing"]}}`, nil},
		{"sqs:sendMessage", p, `{"QueueURL": "q", "MessageBody": "m"}`, []string{"missing-parameter error"}},
		{"batch:submitJob", p, `{"JobName": "j", "JobQueue": "q", "JobDefinition": "d", "RetryStrategy": {"Attempts": 5}, "Parameters": {"any": "thing"}}`, nil},
		{"batch:submitJob", p, `{"JobName": "j", "JobQueue": "q", "JobDefinition": "d", "RetryStrategy": {"attempts": 5}}`, []string{"parameter-case error"}},
		{"ecs:runTask", p, `{"TaskDefinition": "t", "Overrides": {"ContainerOverrides": [{"Name": "c", "Command.$": "$.c"}]}, "NetworkConfiguration": {"AwsvpcConfiguration": {"Subnets": ["s"]}}}`, nil},
		{"ecs:runTask.sync", p, `{"TaskDefinition": "t", "NetworkConfiguration": {"awsvpcConfiguration": {"Subnets": ["s"]}}}`, []string{"parameter-case error"}},
		{"ecs:runTask", a, `{"TaskDefinition": "t", "Overrides": {"ContainerOverrides": [{"name": "c", "Command": "{% [$states.input.c] %}"}]}}`, []string{"parameter-case error"}},
		{"events:putEvents", p, `{"Entries": [{"source": "s", "DetailType": "d", "Detail": {"any": "thing"}}]}`, []string{"parameter-case error"}},
		{"events:putEvents", p, `{"Entries": [{"DetailType": "d", "Detail.$": "$"}]}`, []string{"missing-parameter error"}},
		{"events:putEvents", a, `{"Entries": "{% $states.input.entries %}"}`, nil},
		{"ecs:runTask", p, `{"TaskDefinition": "t", "NetworkConfiguration": {"AwsVpcConfiguration": {"Subnets": ["s"]}}}`, []string{"parameter-case error"}},
		{"sqs:sendMessage", p, `{"QueueUrl": "arn:aws:sqs:eu-west-1:123456789012:q", "MessageBody": "m"}`, []string{"parameter-type error"}},
		{"dynamodb:putItem", p, `{"TableName": "t", "Item": {"id": "x", "n": 1}}`, []string{"parameter-type error"}},
		{"codebuild:startBuild", p, `{"ProjectName": "p", "EnvironmentVariablesOverride": [{"Name": "a", "Value": ["b"]}]}`, []string{"parameter-type error"}},
		{"events:putEvents", p, `{"Source": "s", "DetailType": "d", "Detail": {"any": "thing"}}`, []string{"missing-parameter error", "unknown-parameter warning", "unknown-parameter warning", "unknown-parameter warning"}},
		{"sqs:sendMessage", p, `{"QueueName": "q", "MessageBody": "m"}`, []string{"missing-parameter error", "unknown-parameter warning"}},
		{"dynamodb:putItem", p, `{"TableName": "t", "Item": {"id": {"s": "1"}}}`, []string{"parameter-case error"}},
		{"states:startExecution", p, `{"StateMachineArn": "a", "Input": {"any": {"thing": 1}}}`, nil},
		{"http:invoke", p, `{"ApiEndpoint": "https://example.com", "Method": "GET"}`, []string{"request-alternative error"}},
		{"http:invoke", p, `{"ApiEndpoint": "https://example.com", "Method": "GET", "Authentication": {"ConnectionArn.$": "$.c"}}`, nil},
		{"http:invoke", p, `{"ApiEndpoint": "https://example.com", "Method": "GET", "InvocationConfig": {}}`, []string{"missing-parameter error"}},
		{"http:invoke", a, `{"ApiEndpoint": "https://example.com", "Method": "GET", "Headers": {"a": "b"}}`, []string{"request-alternative error"}},
		{"bedrock:invokeModel", p, `{"ModelId": "${Model}", "Body": {"prompt": "p"}, "GuardrailIdentifier": "g"}`, []string{"request-alternative error"}},
		{"bedrock:invokeModel", p, `{"ModelId": "${Model}", "Body": {"prompt": "p"}, "GuardrailIdentifier.$": "$.g", "GuardrailVersion.$": "$.v"}`, nil},
		{"aws-sdk:bedrockruntime:invokeModel", a, `{"ModelId": "${Model}", "Body": {"prompt": "p"}, "GuardrailVersion": "1"}`, []string{"request-alternative error"}},
		{"aws-sdk:bedrockruntime:converse", a, `{"ModelId": "${Model}", "Messages": [], "GuardrailConfig": {"GuardrailIdentifier": "g"}}`, []string{"request-alternative error"}},
		{"bedrock:invokeModel", p, `{"ModelId": "us.anthropic.claude-sonnet-4-6", "Body": {"anthropic_version": "bedrock-2023-05-31", "max_tokens": 9, "messages.$": "$.m"}}`, nil},
		{"bedrock:invokeModel", p, `{"ModelId": "us.anthropic.claude-sonnet-4-6", "Body": {"max_tokens": 9, "messages": []}}`, []string{"missing-parameter error"}},
		{"bedrock:invokeModel", a, `{"ModelId": "us.anthropic.claude-sonnet-4-6", "Body": {"anthropic_version": "bedrock-2023-05-31", "messages": "{% $m %}"}}`, []string{"missing-parameter error"}},
		{"bedrock:invokeModel", a, `{"ModelId": "us.anthropic.claude-sonnet-4-6", "Body": "{% {'anthropic_version': 'bedrock-2023-05-31', 'max_tokens': 9} %}"}`, []string{"missing-parameter error"}},
		{"bedrock:invokeModel", a, `{"ModelId": "us.anthropic.claude-sonnet-4-6", "Body": "{% $states.input.body %}"}`, nil},
		{"bedrock:invokeModel", p, `{"ModelId.$": "$.m", "Body": {"anthropic_version": "bedrock-2023-05-31", "messages": []}}`, []string{"missing-parameter error"}},
		{"bedrock:invokeModel", p, `{"ModelId.$": "$.m", "Body": {"messages": []}}`, nil},
		{"bedrock:invokeModel", p, `{"ModelId": "arn:aws:bedrock:${AWS::Region}:${AWS::AccountId}:inference-profile/us.anthropic.claude-sonnet-4-6", "Body": {"prompt": "p", "max_tokens_to_sample": 9}}`, []string{"missing-parameter error"}},
		{"bedrock:invokeModel", p, `{"ModelId": "us.amazon.nova-lite-v1:0", "Body": {"inputText": "p"}}`, []string{"missing-parameter error"}},
		{"bedrock:invokeModel", p, `{"ModelId": "us.meta.llama3-3-70b-instruct-v1:0", "Body": {"prompt.$": "$.p"}}`, nil},
		{"aws-sdk:bedrockruntime:invokeModel", p, `{"ModelId": "us.anthropic.claude-sonnet-4-6", "Body.$": "States.JsonToString($.b)"}`, nil},
		{"aws-sdk:bedrockruntime:invokeModel", p, `{"ModelId": "us.anthropic.claude-sonnet-4-6", "Body": "{\"messages\": []}"}`, []string{"missing-parameter error"}},
		{"bedrock:invokeModel", p, `{"ModelId": "${Model}", "Input": {"S3Uri.$": "$.in"}, "Output": {"S3Uri.$": "$.out"}}`, nil},
		{"http:invoke", p, `{"ApiEndpoint": "https://example.com", "Method": "GET", "InvocationConfig": {"ConnectionArn": "a"}, "Querys": {}}`, []string{"unknown-parameter warning"}},
		{"glue:startJobRun.sync", p, `{"JobName": "j", "Arguments": "x"}`, []string{"parameter-type error"}},
		{"athena:startQueryExecution.sync", p, `{"WorkGroup": "w"}`, []string{"missing-parameter error"}},
		{"aws-sdk:${Service}:${Action}", p, `{"a": 1}`, nil},
	} {
		if got := findings(task(c.resource, c.field, c.request), Options{}); !slices.Equal(got, c.want) {
			t.Errorf("%s %s: got %q, want %q", c.resource, c.request, got, c.want)
		}
	}
}

// TestParameterLocation holds to what AWS was seen to say: its words, at the request as a whole.
func TestParameterLocation(t *testing.T) {
	definition := task("aws-sdk:textract:startDocumentTextDetection", "Parameters", `{"DocumentLocation": {}, "NotificationChannel": {"SNSTopicArn": "t", "RoleArn": "r"}}`)
	found := Document(asl.ParseJSON("", []byte(definition)), Options{})
	if len(found) != 1 || found[0].Location != "/States/A/Parameters" || found[0].AWSMessage != `The field "SNSTopicArn" is not supported by Step Functions` || found[0].AWSCode != awsSchema {
		t.Errorf("got %+v", found)
	}
}

func TestModels(t *testing.T) {
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for _, c := range []struct {
		id, asOf string
		want     []string
		says     string
	}{
		{"us.anthropic.claude-sonnet-4-20250514-v1:0", "2026-04-01", nil, ""},
		{"us.anthropic.claude-sonnet-4-20250514-v1:0", "2026-04-14", []string{"end-of-life-model warning"}, "is legacy since 2026-04-14"},
		{"us.anthropic.claude-sonnet-4-20250514-v1:0", "2026-10-13", []string{"end-of-life-model warning"}, "is legacy since"},
		{"us.anthropic.claude-sonnet-4-20250514-v1:0", "2026-10-14", []string{"end-of-life-model warning"}, "reached its end of life on 2026-10-14"},
		{"anthropic.claude-3-7-sonnet-20250219-v1:0", "2025-06-01", []string{"model-without-profile warning"}, ""},
		{"us.anthropic.claude-3-7-sonnet-20250219-v1:0", "2026-01-01", []string{"end-of-life-model warning"}, "reaches its end of life on 2026-04-28"},
		{"anthropic.claude-v2", "2026-11-25", []string{"end-of-life-model warning"}, "has reached"},
		{"anthropic.claude-haiku-4-5-20251001-v1:0", "2026-11-25", []string{"model-without-profile warning"}, ""},
		{"global.anthropic.claude-haiku-4-5-20251001-v1:0", "2026-11-25", nil, ""},
		{"arn:aws:bedrock:us-east-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0", "2026-11-25", []string{"model-without-profile warning"}, ""},
		{"arn:aws:bedrock:${AWS::Region}:${AWS::AccountId}:inference-profile/us.anthropic.claude-haiku-4-5-20251001-v1:0", "2026-11-25", nil, ""},
		{"arn:aws:bedrock:us-east-1:123456789012:inference-profile/abcd1234", "2026-11-25", nil, ""},
		{"arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abcd1234", "2026-11-25", nil, ""},
		{"arn:aws:bedrock:us-east-1::foundation-model/${Model}", "2026-11-25", nil, ""},
		{"${Model}", "2026-11-25", nil, ""},
		{"us.${Model}", "2026-11-25", nil, ""},
		{"$.model", "2026-11-25", nil, ""},
		{"amazon.nova-pro-v1:0:300k", "2026-11-25", nil, ""},
		{"anthropic.claude-sonet-4-6", "2026-11-25", []string{"unknown-model warning"}, ""},
		{"claude-3-haiku-20240307", "2026-11-25", []string{"unknown-model warning"}, ""},
		{"anthropic.claude-haiku-4-5-20251001", "2026-11-25", []string{"unknown-model warning"}, ""},
		{"anthropic.claude-sonnet-7", "2026-11-25", nil, ""},
		{"anthropic.claude-haiku-5", "2026-11-25", nil, ""},
		{"vendor.some-model-v1:0", "2026-11-25", nil, ""},
		{"amazon.nova-ultra-v1:0", "2026-11-25", nil, ""},
	} {
		opts := Options{AsOf: day(c.asOf)}
		for _, definition := range []string{
			task("bedrock:invokeModel", "Parameters", fmt.Sprintf(`{"ModelId": %q, "Body": {}}`, c.id)),
			task("aws-sdk:bedrockruntime:converse", "Arguments", fmt.Sprintf(`{"ModelId": %q}`, c.id)),
		} {
			if got := findings(definition, opts); !slices.Equal(got, c.want) {
				t.Errorf("%s on %s: got %q, want %q", c.id, c.asOf, got, c.want)
			}
			for _, d := range Document(asl.ParseJSON("", []byte(definition)), opts) {
				if c.says != "" && d.Code == "end-of-life-model" && !strings.Contains(d.Message, c.says) {
					t.Errorf("%s on %s: %s", c.id, c.asOf, d.Message)
				}
			}
		}
	}
	for id, m := range models() {
		if !m.legacy.IsZero() && !m.end.After(m.legacy) || m.past && !m.end.IsZero() {
			t.Errorf("%s: the dates do not fit together", id)
		}
	}
}

func TestSecrets(t *testing.T) {
	for text, want := range map[string]bool{
		`"key": "AKIAQ7LMNOPQRS2TUVWX"`:                                                              true,
		`"key": "AKIAIOSFODNN7EXAMPLE"`:                                                              false,
		`"aws_secret_access_key": "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"`:                        true,
		`"hash": "wJalrXUtnFEMIK7MDENGbPxRfiCYzK2LmQ9rT4uV"`:                                         false,
		`"token": "ghp_16C7e42F292c6912E7710c838347Ae178B4a"`:                                        true,
		`"pem": "-----BEGIN RSA PRIVATE KEY-----\nMIIE"`:                                             true,
		`"pem": "-----BEGIN PUBLIC KEY-----\nMIIE"`:                                                  false,
		`"url": "postgres://docs:k7Vq2wZr9s@db:5432/docs"`:                                           true,
		`"url": "postgres://docs:${Password}@db:5432/docs"`:                                          false,
		`"url": "https://api.example.com/x?api_key=9f8e7d6c5b4a39281706f5e4d3c2b1a0"`:                true,
		`"url": "https://api.example.com/x?key=${ApiKey}"`:                                           false,
		`"url": "https://example.com/list?token=aaaaaaaaaaaaaaaaaaaaaaaa"`:                           false,
		`"env": [{"Name": "DB_PASSWORD", "Value": "hunter2hunter2"}]`:                                true,
		`"env": [{"Name": "DB_HOST", "Value": "hunter2hunter2"}]`:                                    false,
		`"env": [{"Name": "DB_PASSWORD", "Value": "${Password}"}]`:                                   false,
		`"token": "8f14e45fceea167a5a36dedd4bea2543"`:                                                true,
		`"db_pwd": "Tr0ub4dor3"`:                                                                     true,
		`"Authorization": "Basic dXNlcjpTM2NyZXRQYXNz"`:                                              true,
		`"body": "{% {'password': 'Tr0ub4dor&3', 'user': $states.input.user} %}"`:                    true,
		`"body": "{% {'password': $states.input.password} %}"`:                                       false,
		`"url": "postgres://docs:{{resolve:secretsmanager:db}}@db/docs"`:                             false,
		`"url": "postgres://user:password@localhost/docs"`:                                           false,
		`"url": "https://example.com:8080/a@b"`:                                                      false,
		`"url": "https://example.com/users?mail=a:b@c"`:                                              false,
		`"conn": "Server=tcp:x;Database=d;User ID=u;Password=h4rdT0gu3ss;"`:                          true,
		`"conn": "Server=x;Password=${Password}"`:                                                    false,
		`"password": "h4rdT0gu3ss"`:                                                                  true,
		`"DbPassword": "h4rdT0gu3ss"`:                                                                true,
		`"password": "password"`:                                                                     false,
		`"password": "{{resolve:secretsmanager:docs:SecretString:password}}"`:                        false,
		`"password.$": "$.password"`:                                                                 false,
		`"password": "docs/database/password1"`:                                                      false,
		`"MasterUserPassword": "${Password}"`:                                                        false,
		`"apiKey": "8f14e45fceea167a5a36dedd4bea2543"`:                                               true,
		`"apiKey": "the-name-of-the-api-key"`:                                                        false,
		`"ClientToken": "8f14e45fceea167a5a36dedd4bea2543"`:                                          false,
		`"NextToken": "8f14e45fceea167a5a36dedd4bea2543"`:                                            false,
		`"secret": "arn:aws:secretsmanager:us-east-1:123456789012:secret:x"`:                         false,
		`"SecretId": "prod/docs/key-1a2b3c4d5e6f"`:                                                   false,
		`"Headers": {"Authorization": "Bearer 8f14e45fceea167a5a36dedd4b"}`:                          true,
		`"Headers": {"Authorization": "Bearer ${Token}"}`:                                            false,
		`"webhook": "https://hooks.slack.com/services/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"`: true,
	} {
		definition := task("lambda:invoke", "Parameters", `{"FunctionName": "f", "Payload": {`+text+`}}`)
		if got := slices.Contains(findings(definition, Options{}), "secret-literal warning"); got != want {
			t.Errorf("%s: reported %v", text, got)
		}
	}
	for _, definition := range []string{
		`{"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": {"key": "AKIAQ7LMNOPQRS2TUVWX"}, "End": true}}}`,
		`{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Pass", "Output": {"key": ["AKIAQ7LMNOPQRS2TUVWX"]}, "End": true}}}`,
		`{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Pass", "Output": "{% 'AKIAQ7LMNOPQRS2TUVWX' %}", "End": true}}}`,
	} {
		if !slices.Contains(findings(definition, Options{}), "secret-literal warning") {
			t.Errorf("no finding: %s", definition)
		}
	}
}
