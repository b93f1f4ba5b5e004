package iam

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl"
	"go.yaml.in/yaml/v4"
)

var update = flag.Bool("update", false, "write the golden files")

func machine(t testing.TB, text string) *asl.Machine {
	t.Helper()
	doc := asl.Parse("m.asl.json", []byte(text))
	if doc.Machine == nil || len(doc.Problems) > 0 {
		t.Fatalf("%s: %v", text, doc.Problems)
	}
	return doc.Machine
}

var here = Options{Region: "us-east-1", Account: "123456789012", Name: "docs"}

// needed lists what one task needs, as "action resource", sorted.
func needed(t testing.TB, resource, field, request string) []string {
	t.Helper()
	language := ""
	if field == "Arguments" {
		language = `"QueryLanguage": "JSONata", `
	}
	m := machine(t, fmt.Sprintf(`{%s"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": %q, %q: %s, "End": true}}}`, language, resource, field, request))
	var list []string
	for _, s := range Derive(m, here).Statements {
		for _, r := range s.Resources {
			for _, a := range s.Actions {
				list = append(list, a+" "+r)
			}
		}
	}
	slices.Sort(list)
	return list
}

func TestTasks(t *testing.T) {
	const (
		states   = "arn:aws:states:::"
		p, a     = "Parameters", "Arguments"
		function = "arn:aws:lambda:us-east-1:123456789012:function:"
		rule     = "arn:aws:events:us-east-1:123456789012:rule/"
	)
	sync := func(name string, more ...string) []string {
		for _, action := range []string{"events:DescribeRule", "events:PutRule", "events:PutTargets"} {
			more = append(more, action+" "+rule+name)
		}
		slices.Sort(more)
		return more
	}
	for _, c := range []struct {
		resource, field, request string
		want                     []string
	}{
		{states + "lambda:invoke", p, `{"FunctionName": "f"}`, []string{"lambda:InvokeFunction " + function + "f"}},
		{states + "lambda:invoke", p, `{"FunctionName": "f:prod"}`, []string{"lambda:InvokeFunction " + function + "f:prod"}},
		{states + "lambda:invoke", p, `{"FunctionName": "f", "Qualifier": "prod"}`, []string{"lambda:InvokeFunction " + function + "f:prod"}},
		{states + "lambda:invoke", p, `{"FunctionName": "f", "Qualifier.$": "$.v"}`, []string{"lambda:InvokeFunction " + function + "f:*"}},
		{states + "lambda:invoke", p, `{"FunctionName": "` + function + `f"}`, []string{"lambda:InvokeFunction " + function + "f"}},
		{states + "lambda:invoke", p, `{"FunctionName": "123456789012:function:f"}`, []string{"lambda:InvokeFunction " + function + "f"}},
		{states + "lambda:invoke", p, `{"FunctionName.$": "$.f"}`, []string{"lambda:InvokeFunction *"}},
		{states + "lambda:invoke", p, `{"FunctionName.$": "States.Format('extract-{}', $.kind)"}`, []string{"lambda:InvokeFunction " + function + "extract-*"}},
		{states + "lambda:invoke", a, `{"FunctionName": "{% 'extract-' & $kind %}"}`, []string{"lambda:InvokeFunction " + function + "extract-*"}},
		{states + "lambda:invoke", a, `{"FunctionName": "{% $x ? 'a' : 'b' %}"}`, []string{"lambda:InvokeFunction *"}},
		{states + "lambda:invoke", a, `"{% $states.input %}"`, []string{"lambda:InvokeFunction *"}},
		{states + "lambda:invoke", p, `{"FunctionName": "${ExtractFunctionArn}"}`, []string{"lambda:InvokeFunction ${ExtractFunctionArn}"}},
		{function + "f", p, `{}`, []string{"lambda:InvokeFunction " + function + "f"}},
		{"arn:aws:states:us-east-1:123456789012:activity:a", p, `{}`, nil},
		{states + "aws-sdk:lambda:invoke", p, `{"FunctionName": "f"}`, []string{"lambda:InvokeFunction " + function + "f"}},
		{states + "states:startExecution", p, `{"StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:m"}`, []string{"states:StartExecution arn:aws:states:us-east-1:123456789012:stateMachine:m"}},
		{states + "states:startExecution.sync:2", p, `{"StateMachineArn": "arn:aws:states:us-east-1:123456789012:stateMachine:m"}`, sync("StepFunctionsGetEventsForStepFunctionsExecutionRule",
			"states:StartExecution arn:aws:states:us-east-1:123456789012:stateMachine:m", "states:DescribeExecution arn:aws:states:us-east-1:123456789012:execution:m:*",
			"states:StopExecution arn:aws:states:us-east-1:123456789012:execution:m:*")},
		{states + "sqs:sendMessage", p, `{"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/q", "MessageBody": "m"}`, []string{"sqs:SendMessage arn:aws:sqs:eu-west-1:111122223333:q"}},
		{states + "aws-sdk:sqs:sendMessageBatch", p, `{"QueueUrl": "https://sqs.eu-west-1.amazonaws.com/111122223333/q", "Entries": []}`, []string{"sqs:SendMessage arn:aws:sqs:eu-west-1:111122223333:q"}},
		{states + "sns:publish", p, `{"TopicArn": "arn:aws:sns:us-east-1:123456789012:t", "Message": "m"}`, []string{"sns:Publish arn:aws:sns:us-east-1:123456789012:t"}},
		{states + "events:putEvents", p, `{"Entries": [{"Detail": {}}, {"EventBusName": "b"}]}`, []string{"events:PutEvents arn:aws:events:us-east-1:123456789012:event-bus/b", "events:PutEvents arn:aws:events:us-east-1:123456789012:event-bus/default"}},
		{states + "dynamodb:updateItem", p, `{"TableName": "t", "Key": {}}`, []string{"dynamodb:UpdateItem arn:aws:dynamodb:us-east-1:123456789012:table/t"}},
		{states + "aws-sdk:dynamodb:query", p, `{"TableName": "t", "IndexName": "i"}`, []string{"dynamodb:Query arn:aws:dynamodb:us-east-1:123456789012:table/t/index/i"}},
		{states + "aws-sdk:dynamodb:transactWriteItems", p, `{"TransactItems": [{"Put": {"TableName": "a", "Item": {}}}, {"ConditionCheck": {"TableName.$": "$.t"}}]}`, []string{"dynamodb:ConditionCheckItem *", "dynamodb:PutItem arn:aws:dynamodb:us-east-1:123456789012:table/a"}},
		{states + "ecs:runTask.sync", p, `{"TaskDefinition": "d", "Cluster": "c"}`, sync("StepFunctionsGetEventsForECSTaskRule",
			"ecs:RunTask arn:aws:ecs:us-east-1:123456789012:task-definition/d:*", "ecs:StopTask *", "ecs:DescribeTasks *", "iam:PassRole *")},
		{states + "glue:startJobRun.sync", p, `{"JobName": "j"}`, []string{"glue:BatchStopJobRun arn:aws:glue:us-east-1:123456789012:job/j", "glue:GetJobRun arn:aws:glue:us-east-1:123456789012:job/j", "glue:GetJobRuns arn:aws:glue:us-east-1:123456789012:job/j", "glue:StartJobRun arn:aws:glue:us-east-1:123456789012:job/j"}},
		{states + "batch:submitJob.sync", p, `{"JobName": "n", "JobDefinition": "d", "JobQueue": "q"}`, sync("StepFunctionsGetEventsForBatchJobsRule",
			"batch:SubmitJob arn:aws:batch:us-east-1:123456789012:job-definition/d", "batch:SubmitJob arn:aws:batch:us-east-1:123456789012:job-queue/q", "batch:DescribeJobs *", "batch:TerminateJob *")},
		{states + "codebuild:batchGetReports", p, `{"ReportArns": ["a"]}`, []string{"codebuild:BatchGetReports arn:aws:codebuild:us-east-1:123456789012:report-group/*"}},
		{states + "codebuild:startBuild.sync", p, `{"ProjectName": "p"}`, sync("StepFunctionsGetEventForCodeBuildStartBuildRule",
			"codebuild:StartBuild arn:aws:codebuild:us-east-1:123456789012:project/p", "codebuild:StopBuild arn:aws:codebuild:us-east-1:123456789012:project/p", "codebuild:BatchGetBuilds arn:aws:codebuild:us-east-1:123456789012:project/p")},
		{states + "athena:getQueryResults", p, `{"QueryExecutionId.$": "$.q"}`, []string{"athena:GetQueryResults arn:aws:athena:us-east-1:123456789012:workgroup/*", "s3:GetObject *"}},
		{states + "eks:deleteCluster.sync", p, `{"Name": "c"}`, []string{"eks:DeleteCluster arn:aws:eks:us-east-1:123456789012:cluster/c", "eks:DescribeCluster arn:aws:eks:us-east-1:123456789012:cluster/c"}},
		{states + "eks:createCluster.sync", p, `{"Name": "c", "RoleArn": "arn:aws:iam::123456789012:role/r"}`, []string{
			"eks:CreateCluster arn:aws:eks:us-east-1:123456789012:cluster/c", "eks:DeleteCluster arn:aws:eks:us-east-1:123456789012:cluster/c", "eks:DescribeCluster arn:aws:eks:us-east-1:123456789012:cluster/c",
			"iam:PassRole arn:aws:iam::123456789012:role/r",
		}},
		{states + "sagemaker:createTransformJob", p, `{"TransformJobName": "t"}`, []string{
			"sagemaker:AddTags arn:aws:sagemaker:us-east-1:123456789012:transform-job/t", "sagemaker:CreateTransformJob arn:aws:sagemaker:us-east-1:123456789012:transform-job/t", "sagemaker:ListTags *",
		}},
		{states + "codebuild:startBuild", p, `{"ProjectName": "p"}`, []string{"codebuild:StartBuild arn:aws:codebuild:us-east-1:123456789012:project/p"}},
		{states + "elasticmapreduce:addStep.sync", p, `{"ClusterId": "j-1", "Step": {}}`, sync("StepFunctionsGetEventForEMRAddJobFlowStepsRule",
			"elasticmapreduce:AddJobFlowSteps arn:aws:elasticmapreduce:us-east-1:123456789012:cluster/j-1", "elasticmapreduce:DescribeStep arn:aws:elasticmapreduce:us-east-1:123456789012:cluster/j-1",
			"elasticmapreduce:CancelSteps arn:aws:elasticmapreduce:us-east-1:123456789012:cluster/j-1")},
		{states + "aws-sdk:s3:headObject", p, `{"Bucket": "b", "Key": "k"}`, []string{"s3:GetObject arn:aws:s3:::b/k"}},
		{states + "aws-sdk:s3:listObjectsV2", p, `{"Bucket": "b"}`, []string{"s3:ListBucket arn:aws:s3:::b"}},
		{states + "aws-sdk:s3:getObject", p, `{"Bucket": "b", "Key.$": "$.k"}`, []string{"s3:GetObject arn:aws:s3:::b/*"}},
		{states + "aws-sdk:s3:getObject", p, `{"Bucket.$": "$.b", "Key.$": "$.k"}`, []string{"s3:GetObject *"}},
		{states + "aws-sdk:s3:getObject", p, `{"Bucket": "b", "Key": "k", "VersionId": "v"}`, []string{"s3:GetObject arn:aws:s3:::b/k", "s3:GetObjectVersion arn:aws:s3:::b/k"}},
		{states + "aws-sdk:s3:copyObject", p, `{"Bucket": "b", "Key": "k", "CopySource": "a/x"}`, []string{"s3:GetObject arn:aws:s3:::a/x", "s3:PutObject arn:aws:s3:::b/k"}},
		{states + "aws-sdk:s3:putObject", p, `{"Bucket": "b", "Key.$": "States.Format('out/{}.json', $.id)", "Body": {}}`, []string{"s3:PutObject arn:aws:s3:::b/out/*.json"}},
		{states + "aws-sdk:s3:listBuckets", p, `{}`, []string{"s3:ListAllMyBuckets *"}},
		{
			states + "aws-sdk:textract:startDocumentTextDetection", p, `{"DocumentLocation": {"S3Object": {"Bucket": "b", "Name.$": "$.k"}}, "NotificationChannel": {"SnsTopicArn": "t", "RoleArn": "arn:aws:iam::123456789012:role/r"}}`,
			[]string{"iam:PassRole arn:aws:iam::123456789012:role/r", "s3:GetObject arn:aws:s3:::b/*", "textract:StartDocumentTextDetection *"},
		},
		{states + "aws-sdk:secretsmanager:getSecretValue", p, `{"SecretId": "s"}`, []string{"secretsmanager:GetSecretValue arn:aws:secretsmanager:us-east-1:123456789012:secret:s-??????"}},
		{states + "aws-sdk:ssm:getParameter", p, `{"Name": "/docs/p"}`, []string{"ssm:GetParameter arn:aws:ssm:us-east-1:123456789012:parameter/docs/p"}},
		{states + "aws-sdk:sfn:describeExecution", p, `{"ExecutionArn.$": "$.e"}`, []string{"states:DescribeExecution *"}},
		{states + "aws-sdk:cloudwatchlogs:putLogEvents", p, `{"LogGroupName": "g", "LogStreamName": "s", "LogEvents": []}`, []string{"logs:PutLogEvents arn:aws:logs:us-east-1:123456789012:log-group:g:*"}},
		{states + "aws-sdk:kms:reEncrypt", p, `{"CiphertextBlob": "x", "DestinationKeyId": "k"}`, []string{"kms:ReEncryptFrom *", "kms:ReEncryptTo *"}},
		{states + "aws-sdk:sts:getCallerIdentity", p, `{}`, nil},
		{states + "aws-sdk:nosuch:call", p, `{}`, nil},
		{states + "bedrock:invokeModel", p, `{"ModelId": "amazon.nova-lite-v1:0", "Body": {}}`, []string{"bedrock:InvokeModel arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0"}},
		{states + "bedrock:invokeModel", p, `{"ModelId": "jp.anthropic.claude-sonnet-4-6", "Body": {}, "GuardrailIdentifier": "g"}`, []string{
			"bedrock:ApplyGuardrail arn:aws:bedrock:us-east-1:123456789012:guardrail/g", "bedrock:InvokeModel arn:aws:bedrock:ap-northeast-1::foundation-model/anthropic.claude-sonnet-4-6",
			"bedrock:InvokeModel arn:aws:bedrock:ap-northeast-3::foundation-model/anthropic.claude-sonnet-4-6", "bedrock:InvokeModel arn:aws:bedrock:us-east-1:123456789012:inference-profile/jp.anthropic.claude-sonnet-4-6",
		}},
		{states + "aws-sdk:bedrockruntime:converse", a, `{"ModelId": "global.anthropic.claude-sonnet-4-6"}`, []string{
			"bedrock:InvokeModel arn:aws:bedrock:*::foundation-model/anthropic.claude-sonnet-4-6", "bedrock:InvokeModel arn:aws:bedrock:us-east-1:123456789012:inference-profile/global.anthropic.claude-sonnet-4-6",
		}},
		{states + "bedrock:invokeModel", p, `{"ModelId": "arn:aws:bedrock:us-east-1:123456789012:provisioned-model/x", "Input": {"S3Uri": "s3://b/in.json"}, "Output": {"S3Uri.$": "States.Format('s3://b/out/{}', $.id)"}}`, []string{
			"bedrock:InvokeModel arn:aws:bedrock:us-east-1:123456789012:provisioned-model/x", "s3:GetObject arn:aws:s3:::b/in.json", "s3:PutObject arn:aws:s3:::b/out/*",
		}},
		{states + "apigateway:invoke", p, `{"ApiEndpoint": "abc.execute-api.us-east-1.amazonaws.com", "Method": "GET", "Stage": "prod", "Path": "/p", "AuthType": "IAM_ROLE"}`, []string{"execute-api:Invoke arn:aws:execute-api:us-east-1:123456789012:abc/prod/GET/p"}},
		{states + "apigateway:invoke", p, `{"ApiEndpoint": "abc.execute-api.us-east-1.amazonaws.com", "Method": "GET"}`, nil},
		{states + "http:invoke", p, `{"ApiEndpoint": "https://example.com/a", "Method": "GET", "Authentication": {"ConnectionArn": "arn:aws:events:us-east-1:123456789012:connection/c/1"}}`, []string{
			"events:RetrieveConnectionCredentials arn:aws:events:us-east-1:123456789012:connection/c/1", "secretsmanager:DescribeSecret arn:aws:secretsmanager:us-east-1:123456789012:secret:events!connection/c/*",
			"secretsmanager:GetSecretValue arn:aws:secretsmanager:us-east-1:123456789012:secret:events!connection/c/*", "states:InvokeHTTPEndpoint arn:aws:states:us-east-1:123456789012:stateMachine:docs",
		}},
	} {
		slices.Sort(c.want)
		if got := needed(t, c.resource, c.field, c.request); !slices.Equal(got, c.want) {
			t.Errorf("%s %s:\ngot  %q\nwant %q", c.resource, c.request, got, c.want)
		}
	}
}

// TestConditions looks at what bounds statements.
func TestConditions(t *testing.T) {
	p := Derive(machine(t, `{"StartAt": "A", "States": {
		"A": {"Type": "Task", "Resource": "arn:aws:states:::bedrock:invokeModel", "Parameters": {"ModelId": "us.anthropic.claude-sonnet-4-6", "Body": {}}, "Next": "B"},
		"B": {"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "Parameters": {"ApiEndpoint.$": "States.Format('https://example.com/{}', $.p)", "Method": "GET"}, "End": true}}}`), here)
	text := p.Text()
	for _, want := range []string{
		"bedrock:InferenceProfileArn: arn:aws:bedrock:us-east-1:123456789012:inference-profile/us.anthropic.claude-sonnet-4-6", "us-west-2::foundation-model/anthropic.claude-sonnet-4-6",
		`states:HTTPEndpoint: "https://example.com/*"`, `states:HTTPMethod: "GET"`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the policy lacks %s:\n%s", want, text)
		}
	}
	if strings.Contains(Derive(machine(t, `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::bedrock:invokeModel", "Parameters": {"ModelId": "us.anthropic.claude-sonnet-4-6", "Body": {}}, "End": true}}}`), Options{}).Text(), "StringEquals") {
		t.Error("a profile of any region is compared without wildcards")
	}
}

// TestGolden holds policies of whole definitions, in all three forms.
func TestGolden(t *testing.T) {
	files, err := filepath.Glob("testdata/*.asl.json")
	if err != nil || len(files) == 0 {
		t.Fatal(err, "no files")
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		p := Derive(machine(t, string(text)), Options{Region: "eu-central-1", Account: "123456789012", Name: "docs", Logging: true, Tracing: true, KMSKey: "arn:aws:kms:eu-central-1:123456789012:key/k"})
		jsonText, err := p.JSON()
		if err != nil {
			t.Fatal(err)
		}
		golden := strings.TrimSuffix(file, ".asl.json") + ".want"
		if *update {
			if err := os.WriteFile(golden, []byte(p.Text()), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if p.Text() != string(want) {
			t.Errorf("%s: got\n%s", golden, p.Text())
		}
		// The three forms say the same.
		yamlText, err := p.YAML()
		if err != nil {
			t.Fatal(err)
		}
		var forms [3]any
		for i, form := range []string{string(jsonText), string(yamlText), p.Text()} {
			if err := yaml.Unmarshal([]byte(form), &forms[i]); err != nil {
				t.Fatalf("%v:\n%s", err, form)
			}
		}
		for _, form := range forms {
			a, err := json.Marshal(form)
			b, err2 := json.Marshal(forms[0])
			if err != nil || err2 != nil || string(a) != string(b) {
				t.Errorf("the forms differ:\n%s\n%s", a, b)
			}
		}
	}
}

func TestPatterns(t *testing.T) {
	for expression, want := range map[string]string{
		"{% 'a' & $x & 'b' %}": "a*b", "{% $x %}": "*", "{% 'a' %}": "a", "{% $f('a') & '/b' %}": "*/b", "{% $x = 1 ? 'a' : 'b' %}": "*", `{% 'a\'' %}`: "*", "{% 'a": "*", "{%%}": "*",
		"{% 'a' & (1 + 2) & 'c' %}": "a*c",
	} {
		if got := jsonataPattern(expression); got != want {
			t.Errorf("%s: got %s, want %s", expression, got, want)
		}
	}
	for _, c := range []struct {
		a, b       string
		glob, meet bool
	}{
		{"*", "a", true, true},
		{"a*", "ab*", true, true},
		{"a", "a*", false, true},
		{"ab*", "a*", false, true},
		{"a*c", "abc", true, true},
		{"a*c", "abd", false, false},
		{"a*", "*b", false, true},
		{"a?", "ab", true, true},
		{"", "", true, true},
		{"*a", "", false, false},
		{"work/*", "quarantine/*", false, false},
		{"*/x", "a/*", false, true},
	} {
		if got := glob(c.a, c.b); got != c.glob {
			t.Errorf("glob(%q, %q) is %v", c.a, c.b, got)
		}
		if meet(c.a, c.b) != c.meet || meet(c.b, c.a) != c.meet {
			t.Errorf("meet(%q, %q) is not %v", c.a, c.b, c.meet)
		}
	}
}

// TestProfileSources looks for the region of the call among those that a profile routes to.
func TestProfileSources(t *testing.T) {
	for region, want := range map[string]bool{"ca-central-1": true, "us-west-1": true, "us-east-1": true, "eu-west-1": false, "us-gov-west-1": false} {
		definition := `{"StartAt": "A", "States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::bedrock:invokeModel", "Parameters": {"ModelId": "us.anthropic.claude-sonnet-4-6", "Body": {}}, "End": true}}}`
		text := Derive(machine(t, definition), Options{Region: region}).Text()
		if got := strings.Contains(text, "arn:aws:bedrock:"+region+"::foundation-model/"); got != want {
			t.Errorf("%s: %v, not %v", region, got, want)
		}
	}
}
