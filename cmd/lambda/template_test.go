package lambda_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func templateFile(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestTemplateHoldsTogether(t *testing.T) {
	for _, finding := range checkTemplate([]byte(templateFile(t))) {
		t.Error(finding)
	}
}

// Each fault that the check is there for, put into the template: the check must tell it.
func TestTemplateFaultsAreFound(t *testing.T) {
	cases := []struct{ name, old, new, want string }{
		{"handler renamed", "    Handler: bootstrap", "    Handler: main", "Handler is main; it should be bootstrap"},
		{"folder renamed", "CodeUri: cmd/lambda/prompt/", "CodeUri: cmd/lambda/prompts/", "CodeUri cmd/lambda/prompts holds no Go files"},
		{"folder of a library", "CodeUri: cmd/lambda/prompt/", "CodeUri: tasks/prompt/", "CodeUri tasks/prompt is not a main package"},
		{"function left out", "CodeUri: cmd/lambda/prompt/", "CodeUri: cmd/lambda/combine/", "no function has the CodeUri cmd/lambda/prompt"},
		{"processor", "Architectures: [arm64]", "Architectures: [x86_64]", "Architectures"},
		{"runtime", "Runtime: provided.al2023", "Runtime: go1.x", "Runtime is go1.x"},
		{"build method", "    Metadata: {BuildMethod: go1.x}", "    Metadata: {BuildMethod: makefile}", "BuildMethod is makefile"},
		{"table of what is spent", "          SPEND_TABLE: !Ref SpendTable\n          MAX_DOCUMENT", "          MAX_DOCUMENT", "the code needs the environment variable SPEND_TABLE"},
		{"cap of a day", "          MAX_DAILY_DOLLARS: !Ref MaxDailyDollars\n", "", "the code needs the environment variable MAX_DAILY_DOLLARS"},
		{"what calls cost cannot be settled", "              Action: dynamodb:UpdateItem\n", "              Action: dynamodb:PutItem\n", "CombineFunction: dynamodb:UpdateItem on"},
		{"index of results", "          INDEX_TABLE: !Ref IndexTable\n", "", "the code needs the environment variable INDEX_TABLE"},
		{"results cannot be listed", "            - Sid: ListResults\n              Effect: Allow\n              Action: dynamodb:PutItem\n", "            - Sid: ListResults\n              Effect: Allow\n              Action: dynamodb:GetItem\n", "CombineFunction: dynamodb:PutItem on"},
		{"what has no result cannot be listed", "            - Sid: ListWhatHasNoResult\n              Effect: Allow\n              Action: dynamodb:PutItem\n              Resource: !GetAtt IndexTable.Arn\n", "", `DocumentPipeline: dynamodb:PutItem on {"Fn::GetAtt":["IndexTable","Arn"]} is needed and not granted`},
		{"items in another table", "        IndexTable: !Ref IndexTable\n", "        IndexTable: !Ref SpendTable\n", `dynamodb:PutItem on {"Fn::GetAtt":["SpendTable","Arn"]} is needed and not granted`},
		{"setting", "          STATE_MACHINE_ARN: !Ref DocumentPipeline\n", "", "the code needs the environment variable STATE_MACHINE_ARN"},
		{"definition", "document-pipeline.asl.json", "document-pipelines.asl.json", "no such file"},
		{"substitution left out", "        PromptFunctionArn: !GetAtt PromptFunction.Arn\n", "", "the substitution PromptFunctionArn of"},
		{"substitution too many", "        PromptFunctionArn:", "        OtherFunctionArn: x\n        PromptFunctionArn:", "the substitution OtherFunctionArn is given"},
		{"substitution renamed", "        SummaryModelId: !Ref", "        SummaryModel: !Ref", "the substitution SummaryModelId of"},
		{"substitution of another function", "CombineResultsFunctionArn: !GetAtt CombineFunction.Arn", "CombineResultsFunctionArn: !GetAtt TriggerFunction.Arn", `lambda:InvokeFunction on {"Fn::GetAtt":["TriggerFunction","Arn"]} is needed and not granted`},
		{"invoke not granted", "                - !GetAtt CombineFunction.Arn\n", "", `lambda:InvokeFunction on {"Fn::GetAtt":["CombineFunction","Arn"]} is needed and not granted`},
		{"invoke of too much granted", "                - !GetAtt CombineFunction.Arn\n", "                - !GetAtt CombineFunction.Arn\n                - !GetAtt TriggerFunction.Arn\n", `lambda:InvokeFunction on {"Fn::GetAtt":["TriggerFunction","Arn"]} is granted and not needed`},
		{"profile not granted", `                - !Sub "arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}:inference-profile/${KeywordsModelId}"` + "\n            # A profile", "            # A profile", "inference-profile/${KeywordsModelId}\"} is needed and not granted"},
		{"model behind a profile not granted", `                    - !Sub "arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}:inference-profile/${KeywordsModelId}"` + "\n", "", "inference-profile/${KeywordsModelId}\"} is needed and not granted"},
		{"answers of models cannot be written", "            - Sid: RequestsAndAnswersOfModels\n              Effect: Allow\n              Action: [s3:GetObject, s3:PutObject]", "            - Sid: RequestsAndAnswersOfModels\n              Effect: Allow\n              Action: [s3:GetObject]", "DocumentPipeline: s3:PutObject on"},
		{"quarantine cannot be written", `Resource: !Sub "${ResultsBucket.Arn}/quarantine/*"`, `Resource: !Sub "${ResultsBucket.Arn}/bad/*"`, "quarantine/*\"} is needed and not granted"},
		{"tags cannot be written", "Action: [s3:PutObjectTagging, s3:PutObjectVersionTagging]", "Action: [s3:PutObjectTagging]", "s3:PutObjectVersionTagging on"},
		{"topic cannot be told", "Action: sns:Publish", "Action: sns:Subscribe", "sns:Publish on"},
		{"topic of nothing", "NotificationTopicArn: !Ref NotificationTopic", "NotificationTopicArn: !Ref NotificationTopics", "there is no parameter or resource NotificationTopics"},
		{"executions of a Map cannot be started", "            - Sid: StartExecutionsOfDistributedMaps\n              Effect: Allow\n              Action: states:StartExecution", "            - Sid: StartExecutionsOfDistributedMaps\n              Effect: Allow\n              Action: states:StartSyncExecution", "DocumentPipeline: states:StartExecution on"},
		{"executions of a Map cannot be stopped", "[states:DescribeExecution, states:StopExecution]", "[states:DescribeExecution]", "states:StopExecution on"},
		{"state machine without a name", "      Name: !Sub \"${AWS::StackName}-document-pipeline\"\n", "", "which should have a Name"},
		{"results of a Map cannot be written", "Action: [s3:ListMultipartUploadParts, s3:AbortMultipartUpload]", "Action: [s3:ListMultipartUploadParts]", "s3:AbortMultipartUpload on"},
		{"denied instead of allowed", "            - Sid: InvokeFunctions\n              Effect: Allow", "            - Sid: InvokeFunctions\n              Effect: Deny", "lambda:InvokeFunction on"},
		{"function may not read", "              Action: [s3:GetObject, s3:GetObjectVersion]", "              Action: [s3:GetObject]", "ExtractFunction: s3:GetObjectVersion on"},
		{"function may do more", "              Action: [s3:GetObject, s3:GetObjectVersion]", "              Action: [s3:GetObject, s3:GetObjectVersion, s3:DeleteObject]", "ExtractFunction: s3:DeleteObject on"},
		{"function may write everywhere", `Resource: !Sub "${ResultsBucket.Arn}/results/*"`, `Resource: !Sub "${ResultsBucket.Arn}/*"`, "CombineFunction: s3:PutObject on"},
		{"executions cannot be started", "Action: states:StartExecution", "Action: states:StartSyncExecution", "TriggerFunction: states:StartExecution on"},
		{"dead letters cannot be sent", "            - Sid: SendDeadLetters\n              Effect: Allow\n              Action: sqs:SendMessage", "            - Sid: SendDeadLetters\n              Effect: Allow\n              Action: sqs:ReceiveMessage", "TriggerFunction: sqs:SendMessage on"},
		{"all actions", "Action: states:StartExecution", "Action: states:*", "allows states:*"},
		{"logs cannot be delivered", "                - logs:CreateLogDelivery\n", "", "logs:CreateLogDelivery on * is needed"},
		{"no logs", "        Level: ALL", "        Level: \"OFF\"", "DocumentPipeline should write logs"},
		{"no traces", "      Tracing: {Enabled: true}", "      Tracing: {Enabled: false}", "DocumentPipeline should be traced"},
		{"partition", `Resource: !Sub "arn:${AWS::Partition}:bedrock:*::foundation-model/anthropic.*"`, `Resource: "arn:aws:bedrock:*::foundation-model/anthropic.*"`, "names its partition"},
		{"function slower than its state", "      MemorySize: 2048\n      Timeout: 300", "      MemorySize: 2048\n      Timeout: 901", "DocumentPipeline/ExtractText ends after 900 seconds"},
		{"reference to nothing", "RESULTS_BUCKET: !Ref ResultsBucket", "RESULTS_BUCKET: !Ref ResultBucket", "TriggerFunction: there is no parameter or resource ResultBucket"},
		{"attribute that is not there", "SourceArn: !GetAtt ObjectCreatedRule.Arn", "SourceArn: !GetAtt ObjectCreatedRule.Name", "ObjectCreatedRule (AWS::Events::Rule) has no attribute Name"},
		{"hole of nothing", "${AWS::StackName}-trigger", "${AWS::Stack}-trigger", "there is no parameter or resource AWS::Stack"},
		{"output of nothing", "Value: !Ref TriggerDeadLetters", "Value: !Ref DeadLetters", "output TriggerDeadLettersUrl: there is no parameter or resource DeadLetters"},
		{"parameter that nobody uses", "          PIPELINE_VERSION: !Ref PipelineVersion\n", "", "the parameter PipelineVersion is used nowhere"},
		{"model that is unknown", "Default: global.anthropic.claude-sonnet-4-6", "Default: global.anthropic.claude-sonata-4-6", "the default of AnalysisModelId"},
		{"model at its end", "Default: global.anthropic.claude-sonnet-4-6", "Default: anthropic.claude-3-sonnet-20240229-v1:0", "is not active"},
		{"model without a profile", "Default: global.anthropic.claude-sonnet-4-6", "Default: anthropic.claude-sonnet-4-6", "needs a profile: true"},
		{"public bucket", "BlockPublicPolicy: true", "BlockPublicPolicy: false", "should block public access"},
		{"bucket without versions", "VersioningConfiguration: {Status: Enabled}", "VersioningConfiguration: {Status: Suspended}", "should keep versions"},
		{"bucket in the clear", "      BucketEncryption:\n        ServerSideEncryptionConfiguration:\n", "      BucketEncryption:\n        Other:\n", "should be encrypted"},
		{"tag that is not there", "!Ref LogRetentionDays", "!Reference LogRetentionDays", "!Reference is no tag that CloudFormation has"},
		{"condition renamed", "  WithTextract: !Equals", "  WithTesseract: !Equals", `there is no condition "WithTextract"`},
		{"condition of nobody", "  WithTextract: !Equals [!Ref OcrReader, textract]\n", "  WithTextract: !Equals [!Ref OcrReaders, textract]\n", "no parameter or resource OcrReaders"},
		{"member twice", "      MemorySize: 2048", "      Timeout: 1\n      MemorySize: 2048", "Timeout stands there twice"},
	}
	whole := templateFile(t)
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			changed := strings.Replace(whole, c.old, c.new, 1)
			if changed == whole {
				t.Fatalf("the template has no %q", c.old)
			}
			found := checkTemplate([]byte(changed))
			for _, finding := range found {
				if strings.Contains(finding, c.want) {
					return
				}
			}
			t.Errorf("want a finding with %q, got %q", c.want, found)
		})
	}
}
