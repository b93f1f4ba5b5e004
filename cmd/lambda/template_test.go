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
	for _, f := range checkTemplate([]byte(templateFile(t)), recordedCalls(t)) {
		t.Errorf("%s: %s", f.check, f.text)
	}
}

// Each fault that a check is there for, put into the template: the check must tell it.
func TestTemplateFaultsAreFound(t *testing.T) {
	cases := []struct{ name, check, old, new, want string }{
		{"handler renamed", "functions", "    Handler: bootstrap", "    Handler: main", "Handler is main; it should be bootstrap"},
		{"folder renamed", "functions", "CodeUri: cmd/lambda/prompt/", "CodeUri: cmd/lambda/prompts/", "CodeUri cmd/lambda/prompts holds no Go files"},
		{"folder of a library", "functions", "CodeUri: cmd/lambda/prompt/", "CodeUri: tasks/prompt/", "CodeUri tasks/prompt is not a main package"},
		{"function left out", "functions", "CodeUri: cmd/lambda/prompt/", "CodeUri: cmd/lambda/combine/", "no function has the CodeUri cmd/lambda/prompt"},
		{"processor", "functions", "Architectures: [arm64]", "Architectures: [x86_64]", "Architectures"},
		{"runtime", "functions", "Runtime: provided.al2023", "Runtime: go1.x", "Runtime is go1.x"},
		{"build method", "functions", "    Metadata: {BuildMethod: go1.x}", "    Metadata: {BuildMethod: makefile}", "BuildMethod is makefile"},
		{"table of what is spent", "functions", "          SPEND_TABLE: !Ref SpendTable\n          MAX_DOCUMENT", "          MAX_DOCUMENT", "the code needs the environment variable SPEND_TABLE"},
		{"cap of a day", "functions", "          MAX_DAILY_DOLLARS: !Ref MaxDailyDollars\n", "", "the code needs the environment variable MAX_DAILY_DOLLARS"},
		{"what calls cost cannot be settled", "roles", "              Action: dynamodb:UpdateItem\n", "              Action: dynamodb:PutItem\n", "CombineFunction: dynamodb:UpdateItem on"},
		{"index of results", "functions", "          INDEX_TABLE: !Ref IndexTable\n", "", "the code needs the environment variable INDEX_TABLE"},
		{"results cannot be listed", "roles", "            - Sid: ListResults\n              Effect: Allow\n              Action: dynamodb:PutItem\n", "            - Sid: ListResults\n              Effect: Allow\n              Action: dynamodb:GetItem\n", "CombineFunction: dynamodb:PutItem on"},
		{"what has no result cannot be listed", "state machine", "            - Sid: ListWhatHasNoResult\n              Effect: Allow\n              Action: dynamodb:PutItem\n              Resource: !GetAtt IndexTable.Arn\n", "", "dynamodb:PutItem on"},
		{"items in another table", "state machine", "        IndexTable: !Ref IndexTable\n", "        IndexTable: !Ref SpendTable\n", "table/docflow-SpendTable is needed and not granted"},
		{"quota of requests", "functions", "          MODEL_REQUESTS_PER_MINUTE: !Ref ModelRequestsPerMinute\n", "", "the code needs the environment variable MODEL_REQUESTS_PER_MINUTE"},
		{"guardrail that the function does not know", "functions", "          GUARDRAIL: !If", "          GUARD: !If", "the code needs the environment variable GUARDRAIL"},
		{"guardrail not granted", "state machine", "                  Action: bedrock:ApplyGuardrail\n", "                  Action: bedrock:GetGuardrail\n", "bedrock:ApplyGuardrail on"},
		{"setting", "functions", "          STATE_MACHINE_ARN: !Ref DocumentPipeline\n", "", "the code needs the environment variable STATE_MACHINE_ARN"},
		{"work that goes before its execution", "state machine", "    MinValue: 15 # an", "    MinValue: 7 # an", "is kept for 7 days with the least WorkRetentionDays; it should be 8"},
		{"work that is kept", "state machine", "            Prefix: work/\n", "            Prefix: works/\n", "the work of executions is kept for ever"},
		{"definition", "state machine", "document-pipeline.asl.json", "document-pipelines.asl.json", "no such file"},
		{"substitution left out", "state machine", "        PromptFunctionArn: !GetAtt PromptFunction.Arn\n", "", "the substitution PromptFunctionArn of"},
		{"substitution too many", "state machine", "        PromptFunctionArn:", "        OtherFunctionArn: x\n        PromptFunctionArn:", "the substitution OtherFunctionArn is given"},
		{"substitution renamed", "state machine", "        SummaryModelId: !Ref", "        SummaryModel: !Ref", "the substitution SummaryModelId of"},
		{"substitution of another function", "state machine", "CombineResultsFunctionArn: !GetAtt CombineFunction.Arn", "CombineResultsFunctionArn: !GetAtt TriggerFunction.Arn", "function:docflow-TriggerFunction is needed and not granted"},
		{"invoke not granted", "state machine", "                - !GetAtt CombineFunction.Arn\n", "", "function:docflow-CombineFunction is needed and not granted"},
		{"invoke of too much granted", "state machine", "                - !GetAtt CombineFunction.Arn\n", "                - !GetAtt CombineFunction.Arn\n                - !GetAtt TriggerFunction.Arn\n", "function:docflow-TriggerFunction is granted and not needed"},
		{"profile not granted", "state machine", `                - !Sub "arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}:inference-profile/${KeywordsModelId}"` + "\n            # A profile", "            # A profile", "inference-profile/jp.anthropic.claude-haiku-4-5-20251001-v1:0 is needed and not granted"},
		{"model behind a profile not granted", "state machine", `                    - !Sub "arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}:inference-profile/${KeywordsModelId}"` + "\n", "", "ap-northeast-1::foundation-model/anthropic.claude-haiku-4-5-20251001-v1:0 is needed and not granted"},
		{"answers of models cannot be written", "state machine", "            - Sid: RequestsAndAnswersOfModels\n              Effect: Allow\n              Action: [s3:GetObject, s3:PutObject]", "            - Sid: RequestsAndAnswersOfModels\n              Effect: Allow\n              Action: [s3:GetObject]", "DocumentPipeline: s3:PutObject on"},
		{"quarantine cannot be written", "state machine", `Resource: !Sub "${ResultsBucket.Arn}/quarantine/*"`, `Resource: !Sub "${ResultsBucket.Arn}/bad/*"`, "quarantine/*.json is needed and not granted"},
		{"tags cannot be written", "state machine", "Action: [s3:PutObjectTagging, s3:PutObjectVersionTagging]", "Action: [s3:PutObjectTagging]", "s3:PutObjectVersionTagging on"},
		{"topic cannot be told", "state machine", "Action: sns:Publish", "Action: sns:Subscribe", "sns:Publish on"},
		{"topic of nothing", "references", "NotificationTopicArn: !Ref NotificationTopic", "NotificationTopicArn: !Ref NotificationTopics", "there is no parameter or resource NotificationTopics"},
		{"executions of a Map cannot be started", "state machine", "            - Sid: StartExecutionsOfDistributedMaps\n              Effect: Allow\n              Action: states:StartExecution", "            - Sid: StartExecutionsOfDistributedMaps\n              Effect: Allow\n              Action: states:StartSyncExecution", "DocumentPipeline: states:StartExecution on"},
		{"executions of a Map cannot be stopped", "state machine", "[states:DescribeExecution, states:StopExecution]", "[states:DescribeExecution]", "states:StopExecution on"},
		{"state machine without a name", "state machine", "      Name: !Sub \"${AWS::StackName}-document-pipeline\"\n", "", "states:StartExecution on"},
		{"results of a Map cannot be written", "state machine", "Action: [s3:ListMultipartUploadParts, s3:AbortMultipartUpload]", "Action: [s3:ListMultipartUploadParts]", "s3:AbortMultipartUpload on"},
		{"denied instead of allowed", "state machine", "            - Sid: InvokeFunctions\n              Effect: Allow", "            - Sid: InvokeFunctions\n              Effect: Deny", "lambda:InvokeFunction on"},
		{"function may not read", "roles", "              Action: [s3:GetObject, s3:GetObjectVersion]", "              Action: [s3:GetObject]", "ExtractFunction: s3:GetObjectVersion on"},
		{"function may do more", "roles", "              Action: [s3:GetObject, s3:GetObjectVersion]", "              Action: [s3:GetObject, s3:GetObjectVersion, s3:DeleteObject]", "ExtractFunction: s3:DeleteObject on"},
		{"function may write everywhere", "roles", `Resource: !Sub "${ResultsBucket.Arn}/results/*"`, `Resource: !Sub "${ResultsBucket.Arn}/*"`, "CombineFunction: s3:PutObject on"},
		{"executions cannot be started", "roles", "Action: states:StartExecution", "Action: states:StartSyncExecution", "TriggerFunction: states:StartExecution on"},
		{"all actions", "actions", "Action: states:StartExecution", "Action: states:*", "allows states:*"},
		{"logs cannot be delivered", "state machine", "                - logs:CreateLogDelivery\n", "", "logs:CreateLogDelivery on *"},
		{"no logs", "state machine", "        Level: !Ref ExecutionLogLevel", "        Level: \"OFF\"", "DocumentPipeline should write logs"},
		{"no traces", "state machine", "      Tracing: {Enabled: true}", "      Tracing: {Enabled: false}", "DocumentPipeline should be traced"},
		{"partition", "partition", `Resource: !Sub "arn:${AWS::Partition}:bedrock:*::foundation-model/anthropic.*"`, `Resource: "arn:aws:bedrock:*::foundation-model/anthropic.*"`, "names its partition"},
		{"function slower than its state", "state machine", "      MemorySize: 2048\n      Timeout: 300", "      MemorySize: 2048\n      Timeout: 901", "DocumentPipeline/ExtractText ends after 900 seconds"},
		{"reference to nothing", "references", "RESULTS_BUCKET: !Ref ResultsBucket", "RESULTS_BUCKET: !Ref ResultBucket", "TriggerFunction: there is no parameter or resource ResultBucket"},
		{"attribute that is not there", "references", "SourceArn: !GetAtt ObjectCreatedRule.Arn", "SourceArn: !GetAtt ObjectCreatedRule.Name", "ObjectCreatedRule (AWS::Events::Rule) has no attribute Name"},
		{"hole of nothing", "references", "${AWS::StackName}-trigger", "${AWS::Stack}-trigger", "there is no parameter or resource AWS::Stack"},
		{"output of nothing", "references", "Value: !Ref TriggerQueue\n", "Value: !Ref Queue\n", "output TriggerQueueUrl: there is no parameter or resource Queue"},
		{"parameter that nobody uses", "references", "Threshold: !Ref AlarmQueueAgeSeconds", "Threshold: 900", "the parameter AlarmQueueAgeSeconds is used nowhere"},
		{"model that is unknown", "parameters", "Default: global.anthropic.claude-sonnet-4-6", "Default: global.anthropic.claude-sonata-4-6", "the default of AnalysisModelId"},
		{"model at its end", "parameters", "Default: global.anthropic.claude-sonnet-4-6", "Default: anthropic.claude-3-sonnet-20240229-v1:0", "is not active"},
		{"model without a profile", "parameters", "Default: global.anthropic.claude-sonnet-4-6", "Default: anthropic.claude-sonnet-4-6", "needs a profile: true"},
		{"public bucket", "storage", "BlockPublicPolicy: true", "BlockPublicPolicy: false", "should block public access"},
		{"bucket without versions", "storage", "VersioningConfiguration: {Status: Enabled}", "VersioningConfiguration: {Status: Suspended}", "should keep versions"},
		{"bucket in the clear", "storage", "      BucketEncryption:\n        ServerSideEncryptionConfiguration:\n", "      BucketEncryption:\n        Other:\n", "should be encrypted"},
		{"tag that is not there", "readable", "!Ref LogRetentionDays", "!Reference LogRetentionDays", "!Reference is no tag that CloudFormation has"},
		{"condition renamed", "references", "  WithTextract: !Equals", "  WithTesseract: !Equals", `there is no condition "WithTextract"`},
		{"condition of nobody", "references", "  WithTextract: !Equals [!Ref OcrReader, textract]\n", "  WithTextract: !Equals [!Ref OcrReaders, textract]\n", "no parameter or resource OcrReaders"},
		{"member twice", "readable", "      MemorySize: 2048", "      Timeout: 1\n      MemorySize: 2048", "Timeout stands there twice"},
		{"resources in a circle", "references", "      MessageRetentionPeriod: 1209600 # as above; a message's age goes on from the first queue\n", "      RedriveAllowPolicy: {redrivePermission: byQueue, sourceQueueArns: [!GetAtt TriggerQueue.Arn]}\n", "in a circle"},
		{"resource of another condition", "references", "    Condition: InVpc\n    Properties:\n      GroupDescription", "    Condition: WithVpcEndpoints\n    Properties:\n      GroupDescription", "FunctionsSecurityGroup is there only with the condition WithVpcEndpoints"},
		{"output of another condition", "references", "    Condition: MakesGuardrail\n    Value: !Ref Guardrail\n", "    Value: !Ref Guardrail\n", "output MadeGuardrailIdentifier: the resource Guardrail is there only with the condition MakesGuardrail"},
		{"condition that nobody needs", "references", "  MakesGuardrail: !Equals", "  WithMore: !Equals [!Ref CreateGuardrail, \"true\"]\n  MakesGuardrail: !Equals", "the condition WithMore is used nowhere"},
		{"resource that waits for nothing", "references", "  Dashboard:\n    Type: AWS::CloudWatch::Dashboard\n", "  Dashboard:\n    Type: AWS::CloudWatch::Dashboard\n    DependsOn: [Board]\n", "Dashboard: there is no parameter or resource Board"},
		{"rule about nothing", "references", "RuleCondition: !Equals [!Ref CreateVpcEndpoints", "RuleCondition: !Equals [!Ref CreateEndpoints", "rule EndpointsNeedVpc: there is no parameter or resource CreateEndpoints"},
		{"output without a description", "references", "    Description: Dashboard of the pipeline\n", "", "output DashboardUrl has no description"},
		{"unknown property", "schemas", "      SqsManagedSseEnabled: true\n", "      SqsManagedSseEnabled: true\n      MessageRetention: 5\n", "TriggerQueue (AWS::SQS::Queue): (root): Additional property MessageRetention is not allowed"},
		{"unknown property of a function", "schemas", "      MemorySize: 2048\n", "      MemorySize: 2048\n      Memory: 2048\n", "ExtractFunction (AWS::Serverless::Function): (root): Additional property Memory is not allowed"},
		{"unknown property within one that SAM passes on", "schemas", "LoggingConfig: {LogGroup: !Ref ExtractLogGroup}", "LoggingConfig: {LogGroup: !Ref ExtractLogGroup, Level: INFO}", "Additional property Level is not allowed"},
		{"required property left out", "schemas", "      Protocol: email\n", "", "AlarmSubscription (AWS::SNS::Subscription): (root): Protocol is required"},
		{"operator that is none", "schemas", "ComparisonOperator: GreaterThanOrEqualToThreshold", "ComparisonOperator: GreaterOrEqual", "ExecutionsFailedAlarm (AWS::CloudWatch::Alarm): ComparisonOperator"},
		{"number that is too large", "schemas", "      BatchSize: 10\n", "      BatchSize: 100000\n", "TriggerSource (AWS::Lambda::EventSourceMapping): BatchSize"},
		{"name that does not fit the pattern", "schemas", "      Name: !Sub \"${AWS::StackName}-documents\"", "      Name: !Sub \"${AWS::StackName} documents\"", "Guardrail (AWS::Bedrock::Guardrail): Name"},
		{"attribute that is set", "schemas", "      Name: !Sub \"${AWS::StackName}-documents\"\n", "      Name: !Sub \"${AWS::StackName}-documents\"\n      GuardrailArn: x\n", "GuardrailArn is read-only"},
		{"wrong only with a condition", "schemas", "{SecurityGroupIds: [!Ref FunctionsSecurityGroup], SubnetIds: !Ref SubnetIds}", "{SecurityGroupIds: !Ref FunctionsSecurityGroup, SubnetIds: !Ref SubnetIds}", "VpcConfig.SecurityGroupIds: Invalid type"},
		{"type that there is not", "schemas", "Type: AWS::Events::Rule", "Type: AWS::Event::Rule", "there is no schema of AWS::Event::Rule"},
		{"parameter without a group", "parameters", "AlarmErrors, AlarmQueueAgeSeconds,", "AlarmErrors,", "the parameter AlarmQueueAgeSeconds is in 0 groups"},
		{"group of nothing", "parameters", "AlarmErrors, AlarmQueueAgeSeconds,", "AlarmErrors, AlarmQueueAgeSeconds, AlarmAge,", "name AlarmAge, which is none"},
		{"default that is not allowed", "parameters", "    Default: 8 #", "    Default: 1 #", "the default of TriggerConcurrency is out of its range"},
		{"fraction out of a range", "parameters", "    Default: 8 #", "    Default: 0.8 #", "the default of TriggerConcurrency is out of its range"},
		{"default that does not match", "parameters", "AllowedPattern: \"|vpc-[0-9a-f]+\"", "AllowedPattern: \"vpc-[0-9a-f]+\"", "the default of VpcId does not match"},
		{"parameter that takes anything", "parameters", "    AllowedPattern: \"|[^@ ]+@[^@ ]+[.][^@ ]+\"\n", "", "the parameter AlarmEmail takes anything"},
		{"metrics without a dimension", "functions", "        PIPELINE_NAME: !Ref AWS::StackName", "        PIPELINE_NAMES: !Ref AWS::StackName", "the environment variable PIPELINE_NAME should be"},
		{"function without a log group", "functions", "LoggingConfig: {LogGroup: !Ref PromptLogGroup}", "LoggingConfig: {LogGroup: !Ref PromptFunctions}", "PromptFunction should log"},
		{"logs cannot be written", "roles", "              Action: [logs:CreateLogStream, logs:PutLogEvents]\n", "              Action: [logs:CreateLogStream]\n", "TriggerFunction: logs:PutLogEvents on"},
		{"logs of another function", "roles", "              Resource: !GetAtt PromptLogGroup.Arn\n", "              Resource: !GetAtt ExtractLogGroup.Arn\n", "PromptFunction: logs:PutLogEvents on"},
		{"traces cannot be sent", "roles", "              Action: [xray:PutTraceSegments, xray:PutTelemetryRecords]\n", "              Action: [xray:PutTraceSegments]\n", "TriggerFunction: xray:PutTelemetryRecords on"},
		{"queue cannot be read", "roles", "[sqs:ReceiveMessage, sqs:DeleteMessage, sqs:GetQueueAttributes]", "[sqs:ReceiveMessage, sqs:GetQueueAttributes]", "TriggerFunction: sqs:DeleteMessage on"},
		{"network interfaces cannot be made", "roles", "              - ec2:CreateNetworkInterface\n", "", "ec2:CreateNetworkInterface on * is needed"},
		{"no permissions in a VPC", "roles", "      ManagedPolicyArns: !If [InVpc, [!Ref NetworkInterfacesPolicy], !Ref AWS::NoValue]\n", "", "TriggerFunction: ec2:CreateNetworkInterface on * is needed"},
		{"role of SAM", "roles", "      Role: !GetAtt PromptRole.Arn\n", "", "PromptFunction: SAM would make its role"},
		{"role of another function", "roles", "      Role: !GetAtt PromptRole.Arn\n", "      Role: !GetAtt CombineRole.Arn\n", "PromptFunction: s3:PutObject on"},
		{"role for others", "roles", "Principal: {Service: lambda.amazonaws.com}", "Principal: {Service: ec2.amazonaws.com}", "TriggerRole: Lambda, and nobody else"},
		{"missing documents cannot be told", "roles", "              Action: s3:ListBucket\n              Resource: !GetAtt DocumentsBucket.Arn\n", "              Action: s3:GetBucketLocation\n              Resource: !GetAtt DocumentsBucket.Arn\n", "ExtractFunction: s3:ListBucket on"},
		{"cache cannot be written", "roles", "            - Sid: UseAnswersAgain\n              Effect: Allow\n              Action: [s3:GetObject, s3:PutObject]", "            - Sid: UseAnswersAgain\n              Effect: Allow\n              Action: [s3:GetObject]", "PromptFunction: s3:PutObject on arn:aws:s3:::docflow-resultsbucket/cache/"},
		{"pages cannot be read by Textract", "roles", "                  Action: textract:DetectDocumentText\n", "                  Action: textract:AnalyzeDocument\n", "ExtractFunction: textract:DetectDocumentText on"},
		{"pages are read by another model", "roles", "inference-profile/${OcrModelId}\"\n                - !Ref", "inference-profile/${SummaryModelIds}\"\n                - !Ref", "ExtractFunction: bedrock:InvokeModel on"},
		{"Textract whoever reads", "roles", "            - Fn::If:\n                - WithTextract\n                - Sid: ReadPagesWithTextract\n                  Effect: Allow\n                  Action: textract:DetectDocumentText\n                  Resource: \"*\" # the action knows no resources\n                - !Ref AWS::NoValue\n", "            - Sid: ReadPagesWithTextract\n              Effect: Allow\n              Action: textract:DetectDocumentText\n              Resource: \"*\"\n", "ExtractFunction: textract:DetectDocumentText on * is granted and not needed"},
		{"denied", "roles", "            - Sid: ReadAnswers\n", "            - {Sid: No, Effect: Deny, Action: [s3:GetObject], Resource: \"*\"}\n            - Sid: ReadAnswers\n", "CombineFunction: s3:GetObject on"},
		{"everything", "actions", "              Resource: !GetAtt SpendTable.Arn\n", "              Resource: \"*\"\n", "on everything"},
		{"everyone", "actions", "            Condition: {StringEquals: {aws:PrincipalAccount: !Ref AWS::AccountId}}\n", "", "is for everyone"},
		{"granted only with a condition", "state machine", "            - Sid: TellOfWhatFails\n              Effect: Allow\n              Action: sns:Publish\n              Resource: !Ref NotificationTopic\n", "            - !If [InVpc, {Sid: Tell, Effect: Allow, Action: sns:Publish, Resource: !Ref NotificationTopic}, !Ref AWS::NoValue]\n", "sns:Publish on"},
		{"data in the logs", "state machine", "        IncludeExecutionData: false", "        IncludeExecutionData: true", "keep the data of executions out"},
		{"queue in the clear", "storage", "      SqsManagedSseEnabled: true\n", "      SqsManagedSseEnabled: false\n", "TriggerQueue should be encrypted"},
		{"bucket that goes with the stack", "storage", "    DeletionPolicy: Retain\n", "    DeletionPolicy: Delete\n", "DocumentsBucket should outlive the stack"},
		{"table that is kept and cannot be brought back", "storage", "    DeletionPolicy: Delete\n", "    DeletionPolicy: Retain\n", "SpendTable is kept and cannot be restored"},
		{"table that grows for ever", "storage", "      TimeToLiveSpecification: {AttributeName: expires, Enabled: true}\n", "", "SpendTable should forget"},
		{"versions for ever", "storage", "            NoncurrentVersionExpiration: {NoncurrentDays: !Ref NoncurrentVersionDays}\n", "            ExpirationInDays: 1\n", "DocumentsBucket: its lifecycle has no NoncurrentVersionExpiration"},
		{"uploads for ever", "storage", "            AbortIncompleteMultipartUpload: {DaysAfterInitiation: 7}\n", "            ExpirationInDays: 900\n", "DocumentsBucket: its lifecycle has no AbortIncompleteMultipartUpload"},
		{"transport in the clear", "storage", "Condition: {Bool: {aws:SecureTransport: false}}", "Condition: {Bool: {aws:SecureTransport: true}}", "DocumentsBucket should refuse"},
		{"logs for ever", "storage", "      RetentionInDays: !Ref LogRetentionDays\n", "", "keeps logs for ever"},
		{"no dead letters", "ingest", "      RedrivePolicy:\n        deadLetterTargetArn: !GetAtt TriggerDeadLetters.Arn\n        maxReceiveCount: 10 # an hour; Step Functions may refuse for some of it\n", "", "TriggerQueue: messages that fail should go to dead letters"},
		{"dead letters of the rule", "ingest", "          DeadLetterConfig: {Arn: !GetAtt TriggerDeadLetters.Arn}\n", "", "events that cannot be delivered are lost"},
		{"dead letters too soon", "ingest", "maxReceiveCount: 10", "maxReceiveCount: 1", "after five times or more"},
		{"dead letters that are soon gone", "ingest", "      MessageRetentionPeriod: 1209600 # as above", "      MessageRetentionPeriod: 345600 # as above", "TriggerDeadLetters should keep messages for 14 days"},
		{"messages that come again too soon", "ingest", "      VisibilityTimeout: 361", "      VisibilityTimeout: 60", "it should be 6 × 60 + 1 at least"},
		{"batches that fail as a whole", "ingest", "      FunctionResponseTypes: [ReportBatchItemFailures]\n", "", "brings back its whole batch"},
		{"no bound on the trigger", "ingest", "      ScalingConfig: {MaximumConcurrency: !Ref TriggerConcurrency}\n", "", "should have a MaximumConcurrency"},
		{"reserved concurrency", "ingest", "      CodeUri: cmd/lambda/trigger/\n", "      CodeUri: cmd/lambda/trigger/\n      ReservedConcurrentExecutions: 5\n", "reserved concurrency sends throttled messages"},
		{"rule that may not send", "ingest", "            Action: sqs:SendMessage\n            Resource: !GetAtt TriggerQueue.Arn\n", "            Action: sqs:ReceiveMessage\n            Resource: !GetAtt TriggerQueue.Arn\n", "ObjectCreatedRule may not send to TriggerQueue"},
		{"rule that feeds another queue", "ingest", "          Arn: !GetAtt TriggerQueue.Arn\n", "          Arn: !GetAtt TriggerDeadLetters.Arn\n", "no rule sends events to the queue"},
		{"rule that may not tell", "ingest", "          - Sid: ExecutionsThatEnded\n            Effect: Allow\n", "          - Sid: ExecutionsThatEnded\n            Effect: Deny\n", "ExecutionEndedRule may not publish to NotificationTopic"},
		{"rule that may tell on a condition", "ingest", "            Action: sns:Publish\n            Resource: !Ref NotificationTopic\n\n", "            Action: sns:Publish\n            Resource: !Ref NotificationTopic\n            Condition: {ArnEquals: {aws:SourceArn: !GetAtt ExecutionEndedRule.Arn}}\n\n", "ExecutionEndedRule may not publish to NotificationTopic without a condition"},
		{"event source of the dead letters", "ingest", "      EventSourceArn: !GetAtt TriggerQueue.Arn\n", "      EventSourceArn: !GetAtt TriggerDeadLetters.Arn\n", "TriggerDeadLetters: messages that fail should go to dead letters"},
		{"alarm without an action", "alarms", "      AlarmActions: [!Ref AlarmTopic]\n", "", "ExecutionsFailedAlarm tells nobody"},
		{"alarm for another topic", "alarms", "      AlarmActions: [!Ref AlarmTopic]\n", "      AlarmActions: [!Ref NotificationTopic]\n", "takes nothing from CloudWatch"},
		{"topic that takes no alarms", "alarms", "Principal: {Service: cloudwatch.amazonaws.com}", "Principal: {Service: events.amazonaws.com}", "takes nothing from CloudWatch"},
		{"alarm that says nothing of missing data", "alarms", "      TreatMissingData: notBreaching\n", "", "ExecutionsFailedAlarm should say what missing data mean"},
		{"metric that there is not", "alarms", "MetricName: ExecutionThrottled", "MetricName: ExecutionsThrottled", "there is no metric ExecutionsThrottled"},
		{"metric of nobody", "alarms", "      MetricName: Dollars\n", "      MetricName: Euros\n", "there is no metric Euros in docflow"},
		{"namespace of nobody", "alarms", "      Namespace: docflow\n", "      Namespace: Docflow\n", "nobody publishes metrics in the namespace Docflow"},
		{"dimension of nobody", "alarms", "Dimensions: [{Name: QueueName, Value: !GetAtt TriggerDeadLetters", "Dimensions: [{Name: Queue, Value: !GetAtt TriggerDeadLetters", "AWS/SQS publishes it by QueueName"},
		{"dimension with another value", "alarms", "{Name: QueueName, Value: !GetAtt TriggerDeadLetters.QueueName}", "{Name: QueueName, Value: !GetAtt TriggerDeadLetters.Arn}", "nothing of the stack publishes ApproximateNumberOfMessagesVisible"},
		{"statistic that means nothing", "alarms", "      Statistic: Maximum\n", "      Statistic: Sum\n", "the statistic of ApproximateAgeOfOldestMessage is Sum"},
		{"alarm left out", "alarms", "      MetricName: ExecutionsTimedOut\n", "      MetricName: ExecutionsFailed\n", "no alarm watches ExecutionsTimedOut"},
		{"function without an alarm", "alarms", "Value: !Ref CombineFunction}", "Value: !Ref PromptFunction}", "no alarm watches Errors of docflow-CombineFunction"},
		{"alarm that looks too far back", "alarms", "      Period: 86400\n      EvaluationPeriods: 1\n", "      Period: 86400\n      EvaluationPeriods: 2\n", "SpendAlarm looks at 172800 seconds"},
		{"alarm that is always told", "alarms", "      Threshold: 50\n", "      Threshold: 0\n", "that is no alarm"},
		{"metric within an expression", "alarms", "MetricName: InvocationThrottles", "MetricName: Throttles", "there is no metric Throttles in AWS/Bedrock"},
		{"dashboard that is no JSON", "dashboard", "          \"widgets\": [\n", "          \"widgets\": [,\n", "Dashboard: the body is no JSON"},
		{"dashboard of another metric", "dashboard", "\"ExecutionsStarted\"", "\"ExecutionsBegun\"", "Dashboard/Executions: there is no metric ExecutionsBegun"},
		{"dashboard of another function", "dashboard", "\"FunctionName\", \"${TriggerFunction}\"", "\"FunctionName\", \"${AWS::StackName}\"", "nothing of the stack publishes Errors"},
		{"dashboard without a region", "dashboard", "\"region\": \"${AWS::Region}\"", "\"region\": \"\"", "shows no metrics of the region"},
		{"no endpoint for what a function calls", "network", "      ServiceName: !Sub \"com.amazonaws.${AWS::Region}.dynamodb\"\n", "      ServiceName: !Sub \"com.amazonaws.${AWS::Region}.sns\"\n", "PromptFunction: there is no endpoint for dynamodb:GetItem"},
		{"no endpoint for Textract", "network", "    Condition: WithTextractEndpoint\n", "    Condition: MakesGuardrail\n", "ExtractFunction: there is no endpoint for textract:DetectDocumentText"},
		{"endpoint that lets too little through", "network", "            Action: [s3:GetObject, s3:GetObjectVersion, s3:ListBucket, s3:PutObject, s3:AbortMultipartUpload]\n", "            Action: [s3:GetObject, s3:GetObjectVersion, s3:ListBucket]\n", "the endpoint of s3 does not let through s3:PutObject"},
		{"endpoint in the way of the logs", "network", "      ServiceName: !Sub \"com.amazonaws.${AWS::Region}.logs\"\n", "      ServiceName: !Sub \"com.amazonaws.${AWS::Region}.log\"\n", "there is no endpoint of logs"},
		{"endpoint under another name", "network", "      PrivateDnsEnabled: true\n", "      PrivateDnsEnabled: false\n", "under the service's own name"},
		{"endpoint behind a closed port", "network", "FromPort: 443, ToPort: 443, SourceSecurityGroupId", "FromPort: 80, ToPort: 80, SourceSecurityGroupId", "functions cannot reach it on port 443"},
		{"gateway without routes", "network", "      RouteTableIds: !Ref RouteTableIds\n", "", "should be a gateway in route tables"},
		{"functions outside of the VPC", "network", "    VpcConfig: !If [InVpc, {", "    VpcConfig: !If [WithVpcEndpoints, {", "has the VpcConfig null"},
		{"no tag", "tags", "      Tags: [{Key: docflow-pipeline, Value: !Ref AWS::StackName}]\n", "", "DocumentsBucket has no tag docflow-pipeline"},
		{"no tag on functions", "tags", "    Tags:\n      docflow-pipeline: !Ref AWS::StackName\n", "", "TriggerFunction has no tag docflow-pipeline"},
	}
	whole, recorded := templateFile(t), recordedCalls(t)
	tried := map[string]bool{}
	for i, c := range cases {
		tried[c.check] = true
		if raceEnabled && i%8 != 0 { // all of them run without it
			continue
		}
		t.Run(c.name, func(t *testing.T) {
			changed := strings.Replace(whole, c.old, c.new, 1)
			if changed == whole {
				t.Fatalf("the template has no %q", c.old)
			}
			found := checkTemplate([]byte(changed), recorded, c.check)
			for _, f := range found {
				if f.check == c.check && strings.Contains(f.text, c.want) {
					return
				}
			}
			t.Errorf("want a finding of the check %q with %q, got %q", c.check, c.want, found)
		})
	}
	for _, check := range templateChecks {
		if !tried[check.name] {
			t.Errorf("nothing shows that the check %q can fail", check.name)
		}
	}
}

// A template's values are what YAML says that they are, also where rain's parser says otherwise.
func TestReadTemplate(t *testing.T) {
	read, err := readTemplate([]byte("Parameters:\n  P: {Default: 0.5, MinValue: .25, Other: \"0.5\", Version: 2012-10-17}\n  Q: {Default: !Sub \"${P}\", Attribute: !GetAtt A.B.C, If: !If [C, !Ref P, !Ref AWS::NoValue]}\n"))
	if err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]any{
		"P/Default": 0.5, "P/MinValue": 0.25, "P/Other": "0.5", "P/Version": "2012-10-17", "Q/Default": `{"Fn::Sub":"${P}"}`,
		"Q/Attribute": `{"Fn::GetAtt":["A","B.C"]}`, "Q/If": `{"Fn::If":["C",{"Ref":"P"},{"Ref":"AWS::NoValue"}]}`,
	} {
		parameter, member, _ := strings.Cut(path, "/")
		got := read.Parameters[parameter][member]
		if _, isText := want.(string); isText {
			got = text(got)
		}
		if got != want {
			t.Errorf("%s is %v, want %v", path, got, want)
		}
	}
	for _, wrong := range []string{"a: [", "a: !Reference b", "a: 1\na: 2\n", "a: &x 1\nb: *x\n", ""} {
		if _, err := readTemplate([]byte(wrong)); err == nil {
			t.Errorf("%q was read", wrong)
		}
	}
}
