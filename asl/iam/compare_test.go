package iam

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl"
)

func read(t testing.TB, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func compare(t testing.TB, template, definition string) []string {
	t.Helper()
	return compareFile(t, template, "m.asl.json", definition)
}

// compareFile compares the role of the state machine whose definition is in that file.
func compareFile(t testing.TB, template, file, definition string) []string {
	t.Helper()
	tpl, err := ReadTemplate([]byte(template))
	if err != nil {
		t.Fatal(err)
	}
	id, err := tpl.StateMachineOf(file, ".")
	if err != nil {
		t.Fatal(err)
	}
	c := tpl.Compare(machine(t, definition), id)
	var lines []string
	for _, g := range c.Lacks {
		lines = append(lines, "lacks "+g.Action+" "+g.Resource)
	}
	for _, e := range c.TooMuch {
		lines = append(lines, "too much "+e.Action+" "+e.Resource)
	}
	for _, n := range c.Notes {
		lines = append(lines, "note "+n)
	}
	return lines
}

// TestOurTemplate holds template.yaml to the definition that it deploys, and finds what is wrong with it when something is.
func TestOurTemplate(t *testing.T) {
	const file = "asl/definitions/document-pipeline.asl.json"
	template, definition := read(t, "../../template.yaml"), read(t, "../../"+file)
	if got := compareFile(t, template, file, definition); len(got) > 0 {
		t.Errorf("template.yaml: %q", got)
	}
	profile := `                - !Sub "arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}:inference-profile/${AnalysisModelId}"` + "\n"
	for _, c := range []struct{ name, old, new, want string }{
		{"function", "                - !GetAtt CombineFunction.Arn\n", "", "lacks lambda:InvokeFunction arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:${CombineFunction}"},
		{"another function", "                - !GetAtt CombineFunction.Arn\n", "                - !GetAtt CombineFunction.Arn\n                - !GetAtt TriggerFunction.Arn\n", "too much lambda:InvokeFunction arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:${TriggerFunction}"},
		{"profile", profile, "", "lacks bedrock:InvokeModel arn:aws:bedrock:${AWS::Region}:${AWS::AccountId}:inference-profile/global.anthropic.claude-sonnet-4-6"},
		{"profile of the condition", "    " + profile, "", "lacks bedrock:InvokeModel arn:aws:bedrock:*::foundation-model/anthropic.claude-sonnet-4-6"},
		{"other models", "foundation-model/anthropic.*", "foundation-model/amazon.*", "lacks bedrock:InvokeModel arn:aws:bedrock:*::foundation-model/anthropic.claude-sonnet-4-6"},
		{"answers", "Action: [s3:GetObject, s3:PutObject]\n              Resource: !Sub \"${ResultsBucket.Arn}/work/*\"\n            - Sid: WriteQuarantineRecords", "Action: s3:PutObject\n              Resource: !Sub \"${ResultsBucket.Arn}/work/*\"\n            - Sid: WriteQuarantineRecords", "lacks s3:GetObject *"},
		{"quarantine", `Resource: !Sub "${ResultsBucket.Arn}/quarantine/*"`, `Resource: !Sub "${ResultsBucket.Arn}/bad/*"`, "lacks s3:PutObject arn:aws:s3:::${ResultsBucket}/quarantine/*.json"},
		{"guardrail", "                  Action: bedrock:ApplyGuardrail\n", "                  Action: bedrock:GetGuardrail\n", "lacks bedrock:ApplyGuardrail arn:aws:bedrock:${AWS::Region}:${AWS::AccountId}:guardrail/${GuardrailIdentifier}"},
		{"deny", "            - Sid: InvokeFunctions\n              Effect: Allow", "            - Sid: InvokeFunctions\n              Effect: Deny", "lacks lambda:InvokeFunction arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:${ExtractFunction}"},
		{"logs", "                - logs:CreateLogDelivery\n", "", "lacks logs:CreateLogDelivery *"},
		{"no traces", "      Tracing: {Enabled: true}", "      Tracing: {Enabled: false}", "too much xray:PutTraceSegments *"},
		{"all of S3", "              Action: [s3:GetObject, s3:PutObject]\n              Resource: !Sub \"${ResultsBucket.Arn}/work/*\"\n            - Sid: WriteQuarantineRecords", "              Action: s3:*\n              Resource: !Sub \"${ResultsBucket.Arn}/work/*\"\n            - Sid: WriteQuarantineRecords", "too much s3:* arn:aws:s3:::${ResultsBucket}/work/*"},
		{"all functions", "              Action: lambda:InvokeFunction\n              Resource:\n                - !GetAtt ExtractFunction.Arn\n", "              Action: lambda:InvokeFunction\n              Resource:\n                - \"*\"\n", "too much lambda:InvokeFunction *"},
		{"something else", "              Action: states:StartExecution\n              Resource: !Ref DocumentPipeline\n", "              Action: states:StartExecution\n              Resource: !Ref DocumentPipeline\n", ""},
	} {
		changed := strings.Replace(template, c.old, c.new, 1)
		if c.name == "profile of the condition" {
			changed = strings.Replace(template, c.old, c.new, 1)
		}
		if c.want != "" && changed == template {
			t.Errorf("%s: the template does not hold %q", c.name, c.old)
			continue
		}
		got := compareFile(t, changed, file, definition)
		if c.want == "" && len(got) > 0 || c.want != "" && !slices.Contains(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestCompare(t *testing.T) {
	definition := `{"StartAt": "A", "States": {
		"A": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "Parameters": {"FunctionName": "${Function}"}, "Next": "B"},
		"B": {"Type": "Task", "Resource": "arn:aws:states:::sqs:sendMessage", "Parameters": {"QueueUrl": "${Queue}", "MessageBody": "m"}, "Next": "C"},
		"C": {"Type": "Task", "Resource": "arn:aws:states:::aws-sdk:s3:getObject", "Parameters": {"Bucket": "${Bucket}", "Key.$": "$.key"}, "End": true}}}`
	const resources = `
  Function: {Type: AWS::Serverless::Function}
  Queue: {Type: AWS::SQS::Queue}
  Bucket: {Type: AWS::S3::Bucket}
`
	const head = `      DefinitionSubstitutions: {Function: !Ref Function, Queue: !Ref Queue, Bucket: !Ref Bucket}
`
	const function = "arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:${Function}"
	const queue = "arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:${Queue}"
	for _, c := range []struct {
		name, properties, more string
		want                   []string
	}{
		{"SAM policy templates", `      Policies:
        - LambdaInvokePolicy: {FunctionName: !Ref Function}
        - SQSSendMessagePolicy: {QueueName: !GetAtt Queue.QueueName}
        - S3ReadPolicy: {BucketName: !Ref Bucket}
`, "", []string{
			"too much s3:ListBucket arn:aws:s3:::${Bucket}, arn:aws:s3:::${Bucket}/*", "too much s3:GetBucketLocation arn:aws:s3:::${Bucket}, arn:aws:s3:::${Bucket}/*",
			"too much s3:GetObjectVersion arn:aws:s3:::${Bucket}, arn:aws:s3:::${Bucket}/*", "too much s3:GetLifecycleConfiguration arn:aws:s3:::${Bucket}, arn:aws:s3:::${Bucket}/*",
		}},
		{"no policies", "", "", []string{"lacks lambda:InvokeFunction " + function, "lacks sqs:SendMessage " + queue, "lacks s3:GetObject arn:aws:s3:::${Bucket}/*"}},
		{"managed", "      Policies: [AWSLambda_FullAccess]\n", "", []string{
			"note the content of AWSLambda_FullAccess is not in the template: what it grants is not judged",
			"note lambda:InvokeFunction on " + function + " is needed; only a policy that is not in the template can grant it",
			"note sqs:SendMessage on " + queue + " is needed; only a policy that is not in the template can grant it",
			"note s3:GetObject on arn:aws:s3:::${Bucket}/* is needed; only a policy that is not in the template can grant it",
		}},
		{"role", "      Role: !GetAtt Role.Arn\n", `
  Role:
    Type: AWS::IAM::Role
    Properties:
      Policies:
        - PolicyName: p
          PolicyDocument:
            Statement:
              - {Effect: Allow, Action: lambda:InvokeFunction, Resource: !Sub "arn:aws:lambda:us-east-1:123456789012:function:${Function}"}
              - {Effect: Allow, Action: ["sqs:Send*"], Resource: {"Fn::GetAtt": [Queue, Arn]}}
  More:
    Type: AWS::IAM::Policy
    Properties:
      Roles: [!Ref Role]
      PolicyDocument:
        Statement: {Effect: Allow, Action: s3:getobject, Resource: !Join ["", [!GetAtt Bucket.Arn, "/*"]]}
`, []string{"too much sqs:Send* " + queue}},
		{"role from outside", "      Role: !ImportValue role\n", "", []string{
			"note the content of the role ${?} is not in the template: what it grants is not judged",
			"note lambda:InvokeFunction on " + function + " is needed; only a policy that is not in the template can grant it",
			"note sqs:SendMessage on " + queue + " is needed; only a policy that is not in the template can grant it",
			"note s3:GetObject on arn:aws:s3:::${Bucket}/* is needed; only a policy that is not in the template can grant it",
		}},
		{"under a condition", `      Policies:
        - Fn::If: [A, SQSSendMessagePolicy: {QueueName: !GetAtt Queue.QueueName}, !Ref AWS::NoValue]
        - Statement:
            - !If [B, {Effect: Allow, Action: lambda:InvokeFunction, Resource: !GetAtt Function.Arn}, {Effect: Allow, Action: s3:DeleteObject, Resource: !Sub "${Bucket.Arn}/*"}]
            - Fn::If: [C, !Ref AWS::NoValue, {Effect: Allow, Action: s3:GetObject, Resource: !Sub "${Bucket.Arn}/*"}]
`, "", []string{"too much s3:DeleteObject arn:aws:s3:::${Bucket}/*"}},
		{"what only the deployment knows", `      Policies:
        - Statement:
            - {Effect: Allow, Action: [lambda:InvokeFunction, sqs:SendMessage], Resource: !ImportValue x}
            - {Effect: Allow, Action: s3:GetObject, Resource: !If [A, b, c]}
`, "", nil},
	} {
		template := "Resources:" + resources + "  M:\n    Type: AWS::Serverless::StateMachine\n    Properties:\n" + head + c.properties + c.more
		if got := compare(t, template, definition); !slices.Equal(got, c.want) {
			t.Errorf("%s:\ngot  %q\nwant %q", c.name, got, c.want)
		}
	}
}

func TestReadTemplate(t *testing.T) {
	for _, text := range []string{"", "a: [", "a: 1", "Resources: {}", "[]", "Resources: &a {A: *a}", strings.Repeat("{a: ", 500), "Resources: " + strings.Repeat("[", 300) + strings.Repeat("]", 300)} {
		if _, err := ReadTemplate([]byte(text)); err == nil {
			t.Errorf("%.40q is read", text)
		}
	}
	tpl, err := ReadTemplate([]byte(`{"Resources": {"A": {"Type": "AWS::StepFunctions::StateMachine", "Properties": {"DefinitionUri": "x/a.asl.json"}}, "B": {"Type": "AWS::Serverless::StateMachine", "Properties": {"DefinitionUri": "x/b.asl.json"}}}}`))
	if err != nil {
		t.Fatal(err)
	}
	if id, err := tpl.StateMachineOf("x/b.asl.json", "."); id != "B" || err != nil {
		t.Error(id, err)
	}
	if id, err := tpl.StateMachineOf("c.asl.json", "."); err == nil {
		t.Error(id, "is not known to be of c.asl.json")
	}
}

// TestSAMTemplates reads every policy template of SAM.
func TestSAMTemplates(t *testing.T) {
	tpl := &Template{region: "r", account: "a"}
	for name, statements := range samTemplates() {
		grants := tpl.statements(statements, map[string]any{}, name)
		if len(grants) == 0 {
			t.Errorf("%s has no statements", name)
		}
		for _, g := range grants {
			if len(g.resources) == 0 {
				t.Errorf("%s has no resources", name)
			}
		}
	}
}

func FuzzDerive(f *testing.F) {
	f.Add(read(f, "testdata/pages.asl.json"), read(f, "../../template.yaml"))
	f.Add(`{"States": {"A": {"Type": "Task", "Resource": "arn:aws:states:::bedrock:invokeModel", "Parameters": {"ModelId": "arn:aws:bedrock:::inference-profile/"}}}}`, "Resources: {M: {Type: AWS::Serverless::StateMachine}}")
	f.Fuzz(func(t *testing.T, definition, template string) {
		doc := asl.ParseJSON("f", []byte(definition))
		if doc.Machine == nil {
			return
		}
		p := Derive(doc.Machine, Options{})
		if text := p.Text(); text != p.Text() {
			t.Error("not the same twice")
		}
		if _, err := p.JSON(); err != nil {
			t.Error(err)
		}
		tpl, err := ReadTemplate([]byte(template))
		if err != nil {
			return
		}
		for _, id := range tpl.StateMachines() {
			a, b := tpl.Compare(doc.Machine, id), tpl.Compare(doc.Machine, id)
			if fmt.Sprint(a) != fmt.Sprint(b) {
				t.Error("not the same twice")
			}
		}
	})
}
