package check

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/internal/awsapi"
	"github.com/docflow-asl/docflow/asl/nearest"
)

// errorPrefixes are how the error names of services begin: at an optimised integration, and at an SDK integration, where it is the
// name of the client in the AWS SDK for Java 2. Names are compared with case. Recorded are Lambda, DynamoDB and DynamoDb, SNS, SQS, S3, EventBridge and
// SecretsManager (LocalStack's snapshots of AWS) and ECS (https://github.com/wellcomecollection/catalogue-pipeline/pull/3554); StepFunctions and
// Glue stand in AWS's sample projects; the others follow the same rule.
var errorPrefixes = map[string][2]string{
	"athena":              {"Athena", "Athena"},
	"batch":               {"Batch", "Batch"},
	"bedrockagent":        {"", "BedrockAgent"},
	"bedrockagentruntime": {"", "BedrockAgentRuntime"},
	"cloudwatch":          {"", "CloudWatch"},
	"cloudwatchlogs":      {"", "CloudWatchLogs"},
	"codebuild":           {"CodeBuild", "CodeBuild"},
	"comprehend":          {"", "Comprehend"},
	"dynamodb":            {"DynamoDB", "DynamoDb"},
	"ec2":                 {"", "Ec2"},
	"ecs":                 {"ECS", "Ecs"},
	"eventbridge":         {"", "EventBridge"},
	"events":              {"EventBridge", ""},
	"glue":                {"Glue", "Glue"},
	"kms":                 {"", "Kms"},
	"lambda":              {"Lambda", "Lambda"},
	"rds":                 {"", "Rds"},
	"rekognition":         {"", "Rekognition"},
	"s3":                  {"", "S3"},
	"sagemaker":           {"SageMaker", "SageMaker"},
	"secretsmanager":      {"", "SecretsManager"},
	"sfn":                 {"", "Sfn"},
	"sns":                 {"SNS", "Sns"},
	"sqs":                 {"SQS", "Sqs"},
	"ssm":                 {"", "Ssm"},
	"states":              {"StepFunctions", ""},
	"textract":            {"", "Textract"},
	"transcribe":          {"", "Transcribe"},
	"translate":           {"", "Translate"},
}

// errorFamilies are the services, in small letters and without hyphens, whose names are taken for each other in error names: either may be
// right, or nobody has recorded which one is.
var errorFamilies = [][]string{
	{"bedrock", "bedrockruntime"},
	{"states", "sfn", "stepfunctions"},
	{"events", "eventbridge", "cloudwatchevents"},
	{"elasticmapreduce", "emr"},
	{"apigateway", "apigatewayv2", "http"},
	{"logs", "cloudwatchlogs"},
	{"cognitoidp", "cognitoidentityprovider"},
	{"elbv2", "elasticloadbalancingv2", "elasticloadbalancing"},
}

// plainService is the name of a service as names of errors are compared with.
func plainService(name string) string { return strings.ToLower(strings.ReplaceAll(name, "-", "")) }

// sameService tells whether the first part of an error name may stand for a service.
func sameService(prefix, service string) bool {
	a, b := plainService(prefix), plainService(service)
	return a == b || slices.ContainsFunc(errorFamilies, func(family []string) bool { return slices.Contains(family, a) && slices.Contains(family, b) })
}

// isService tells whether the first part of an error name is the name of an AWS service.
func isService(prefix string) bool {
	plain := plainService(prefix)
	_, optimisedToo := integrations()[plain]
	return optimisedToo || awsapi.Find(plain) != nil || slices.ContainsFunc(errorFamilies, func(family []string) bool { return slices.Contains(family, plain) })
}

// errorPrefix is how the errors of what a task calls begin, as far as that is known.
func (res resource) errorPrefix() string {
	switch {
	case res.kind == lambdaFunction:
		return "Lambda"
	case res.kind == sdk && res.service == "bedrockruntime":
		return "BedrockRuntime"
	case res.kind == sdk:
		return errorPrefixes[res.service][1]
	case res.service == "bedrock":
		return "Bedrock"
	}
	return errorPrefixes[res.service][0]
}

// exceptionsOf are the errors of services whose names are often misspelt. Lambda's are those of the Invoke API, and those that
// Step Functions adds (https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html); the others' are those of the
// APIs' references. Only what is nearly one of them is told.
var exceptionsOf = map[string][]string{
	"Lambda": {
		"ServiceException", "AWSLambdaException", "SdkClientException", "TooManyRequestsException", "ClientExecutionTimeoutException", "Unknown", "ResourceNotFoundException",
		"ResourceConflictException", "ResourceNotReadyException", "InvalidParameterValueException", "InvalidRequestContentException", "RequestTooLargeException",
		"UnsupportedMediaTypeException", "EC2ThrottledException", "EC2AccessDeniedException", "EC2UnexpectedException", "ENILimitReachedException",
		"SnapStartException", "SnapStartTimeoutException", "SnapStartNotReadyException", "InvalidRuntimeException", "InvalidSecurityGroupIDException", "InvalidSubnetIDException", "SubnetIPAddressLimitReachedException",
	},
	"Bedrock":        bedrockExceptions,
	"BedrockRuntime": bedrockExceptions,
	"DynamoDB":       dynamoExceptions,
	"DynamoDb":       dynamoExceptions,
	"Textract": {
		"AccessDeniedException", "BadDocumentException", "DocumentTooLargeException", "IdempotentParameterMismatchException", "InternalServerError", "InternalServerErrorException", "InvalidJobIdException",
		"InvalidKMSKeyException", "InvalidParameterException", "InvalidS3ObjectException", "LimitExceededException", "ProvisionedThroughputExceededException", "SdkClientException", "TextractException",
		"ThrottlingException", "UnsupportedDocumentException", "HumanLoopQuotaExceededException",
	},
	"StepFunctions": stepFunctionsExceptions,
	"Sfn":           stepFunctionsExceptions,
	// As the AWS SDK for Java 2 names them; others, such as SlowDown, come as S3Exception.
	"S3": {
		"S3Exception", "SdkClientException", "NoSuchKeyException", "NoSuchBucketException", "NoSuchUploadException", "BucketAlreadyExistsException", "BucketAlreadyOwnedByYouException",
		"InvalidObjectStateException", "InvalidRequestException", "EncryptionTypeMismatchException", "TooManyPartsException", "ObjectAlreadyInActiveTierErrorException", "ObjectNotInActiveTierErrorException",
	},
}

var bedrockExceptions = []string{
	"ThrottlingException", "ServiceUnavailableException", "ModelTimeoutException", "ModelNotReadyException", "ModelErrorException", "ModelStreamErrorException", "InternalServerException",
	"ValidationException", "AccessDeniedException", "ResourceNotFoundException", "ServiceQuotaExceededException", "ConflictException", "SdkClientException",
}

var dynamoExceptions = []string{
	"AmazonDynamoDBException", "DynamoDbException", "SdkClientException", "ConditionalCheckFailedException", "InternalServerError", "InternalServerErrorException", "ItemCollectionSizeLimitExceededException",
	"ProvisionedThroughputExceededException", "ReplicatedWriteConflictException", "RequestLimitExceeded", "RequestLimitExceededException", "ResourceNotFoundException", "ThrottlingException",
	"TransactionCanceledException", "TransactionConflictException", "TransactionInProgressException", "DuplicateItemException", "IdempotentParameterMismatchException", "ResourceInUseException",
	"LimitExceededException", "ValidationException", "AccessDeniedException", "ServiceUnavailable", "ServiceUnavailableException",
}

var stepFunctionsExceptions = []string{
	"AWSStepFunctionsException", "SfnException", "SdkClientException", "ExecutionAlreadyExistsException", "ExecutionLimitExceededException", "ExecutionDoesNotExistException", "InvalidArnException",
	"InvalidExecutionInputException", "InvalidNameException", "StateMachineDoesNotExistException", "StateMachineDeletingException", "ThrottlingException", "KmsAccessDeniedException",
	"KmsInvalidStateException", "KmsThrottlingException", "ValidationException", "TaskTimedOutException", "TaskDoesNotExistException", "InvalidTokenException",
	"InvalidOutputException", "ActivityDoesNotExistException", "ServiceQuotaExceededException",
}

// onlyOf says which states raise a name of Step Functions' own, where not all do; "" when all may.
func onlyOf(name string) (test func(s *state) bool, who string) {
	switch name {
	case "States.ExceedToleratedFailureThreshold", "States.ItemReaderFailed", "States.ResultWriterFailed":
		return func(s *state) bool { return s.typ == asl.TypeMap && !s.surelyInline() }, "a Map state in DISTRIBUTED mode"
	case "States.BranchFailed":
		return func(s *state) bool { return s.typ == asl.TypeParallel }, "a Parallel state"
	case "States.NoChoiceMatched":
		return func(s *state) bool { return s.typ == asl.TypeChoice }, "a Choice state"
	}
	if strings.HasPrefix(name, "States.Http.") {
		return func(s *state) bool { return s.resource.service == "http" || s.resource.service == "apigateway" }, "an HTTP task"
	}
	return nil, ""
}

// surelyInline tells whether a Map runs its iterations within the execution.
func (s *state) surelyInline() bool {
	for _, name := range []string{"ItemProcessor", "Iterator"} {
		processor := s.field(name)
		if processor == nil {
			continue
		}
		if isHole(processor) || isHole(processor.Member("ProcessorConfig")) {
			return false
		}
		mode := processor.Member("ProcessorConfig").Member("Mode")
		text, ok := textOf(mode)
		return mode == nil || ok && text == "INLINE"
	}
	return false
}

// surelyCannot tells whether neither a state nor what is within it passes a test. What is not known passes.
func (p *pass) surelyCannot(s *state, test func(*state) bool) bool {
	may := test(s)
	p.eachWithin(s, func(inner *state, _ *scope) {
		may = may || test(inner) || inner.typ == "" || isHole(inner.node)
	})
	return !may
}

// plainIntegration tells whether the errors of a task are those of the service that it calls: not of a function, a worker or an HTTP API. A
// job that fails fails its task with States.TaskFailed, whatever its own error is.
func (s *state) plainIntegration() bool {
	if s.typ != asl.TypeTask || s.waits() || s.resource.service == "lambda" || s.resource.service == "http" || s.resource.service == "apigateway" {
		return false
	}
	switch s.resource.kind {
	case optimised:
		return integrations()[s.resource.service] != nil
	case sdk:
		return awsapi.Find(s.resource.service) != nil
	}
	return false
}

// wildcard are the ways of writing States.ALL wrongly.
var wildcard = regexp.MustCompile(`^(?i:(?:[a-z]+\.)?(?:all|any|\*|all_?errors|any_?error)|[a-z]+\.all\.?errors|states?[_:-]all|statesall)$`)

// meantError is the name of Step Functions' own that a name without "States." before it certainly stands for; "" when there is none.
func meantError(name string) string {
	if strings.HasPrefix(name, "States.") {
		return "" // unknown-error-name
	}
	if wildcard.MatchString(name) {
		return "States.ALL"
	}
	prefix, rest, ok := strings.Cut(name, ".")
	if !ok {
		prefix, rest = "", name
	}
	for _, known := range stateErrors {
		switch own := strings.TrimPrefix(known, "States."); {
		case strings.EqualFold(name, known), strings.EqualFold(own, rest) && slices.Contains([]string{"state", "states", "errors", "error", "task", "stepfunctions"}, strings.ToLower(prefix)):
			return known
		}
	}
	return ""
}

// plainMeant are the names of Step Functions' own that are clear without "States.", too.
var plainMeant = []string{
	"TaskFailed", "HeartbeatTimeout", "BranchFailed", "NoChoiceMatched", "DataLimitExceeded", "IntrinsicFailure", "ParameterPathFailure", "ResultPathMatchFailure", "ItemReaderFailed",
	"ResultWriterFailed", "ExceedToleratedFailureThreshold", "QueryEvaluationError", "Timeout", "Permissions",
}

// nearException is the error of a service that a name which is none of its errors stands for, or "".
func nearException(prefix, rest string) string {
	exceptions := exceptionsOf[prefix]
	if len(exceptions) == 0 || slices.Contains(exceptions, rest) {
		return ""
	}
	if slices.Contains(exceptions, rest+"Exception") {
		return rest + "Exception"
	}
	if near := nearest.Name(rest, exceptions); near != "" {
		return near
	}
	if prefix == "S3" || !throttling(prefix+"."+rest) {
		return ""
	}
	if i := slices.IndexFunc(exceptions, func(name string) bool { return throttling(prefix + "." + name) }); i >= 0 {
		return exceptions[i]
	}
	return ""
}

func checkUnmatchedErrors(p *pass, r *Rule) {
	own, computed := p.failErrors()
	p.eachHandlers(func(s *state, field string, handlers []*asl.Node) {
		for _, handler := range handlers {
			for _, name := range errorNames(handler) {
				if hasHole(name.text) || slices.Contains(own, name.text) {
					continue
				}
				if message, cure := p.unmatched(s, field, name.text, computed); message != "" {
					p.report(r, finding{node: name.node, message: message, cure: cure})
				}
			}
		}
	})
}

// unmatched tells why a state cannot raise an error, and the cure; nothing where it may. known tells whether all errors of the definition's
// Fail states are known.
func (p *pass) unmatched(s *state, field, name string, known bool) (message, cure string) {
	const drop = "drop it"
	prefix, rest, dotted := strings.Cut(name, ".")
	res := s.resource
	plain := s.plainIntegration()
	if meant := meantError(name); meant != "" && known {
		return fmt.Sprintf("%s names %s, which nothing raises", field, shorten(name)), fmt.Sprintf("did you mean %q?", meant)
	}
	// What a worker, or a function in its own code, calls so is another thing.
	if dotted && (s.typ != asl.TypeTask || plain || prefix == "Lambda" && !s.waits() && res.kind != unknownKind) {
		if near := nearException(prefix, rest); near != "" {
			return fmt.Sprintf("%s names %s, an error that %s does not raise", field, shorten(name), prefix), fmt.Sprintf("did you mean %q?", prefix+"."+near)
		}
	}
	if name == "States.Runtime" && known {
		return fmt.Sprintf("%s of %s names States.Runtime, which ends the execution all the same", field, s.title()), "drop it, and see to it that paths find what they name"
	}
	if test, who := onlyOf(name); test != nil {
		if s.typ == asl.TypeTask && (s.waits() || res.kind == unknownKind) || !p.surelyCannot(s, test) {
			return "", ""
		}
		return fmt.Sprintf("%s names %s, but %s raises that, and not %s", field, name, who, s.title()), drop
	}
	if message, cure := s.unmatchedByCode(field, name); message != "" {
		return message, cure
	}
	right := res.errorPrefix()
	// At an SDK integration people write the names of the optimised one, too: let it be, since only a few names are recorded.
	if dotted && right != "" && prefix != right && prefix != errorPrefixes[res.service][0] && strings.EqualFold(prefix, right) && (plain || s.callsFunction()) {
		return fmt.Sprintf("%s names %s, but the errors of this integration start with %q, and case counts", field, shorten(name), right+"."), fmt.Sprintf("write %q", right+"."+shorten(rest))
	}
	if !plain || strings.HasPrefix(name, "States.") {
		return "", ""
	}
	switch {
	case dotted && rest != "" && isService(prefix) && !sameService(prefix, res.service):
		return fmt.Sprintf("%s names %s, but %s calls %s", field, shorten(name), s.title(), res.service), drop
	case dotted && rest != "" && right != "" && !isService(prefix) && !strings.HasPrefix(prefix, "Amazon") && !strings.HasPrefix(prefix, "AWS") && !strings.EqualFold(prefix, "com"):
		return fmt.Sprintf("%s names %s, but the errors of this integration start with %q", field, shorten(name), right+"."), fmt.Sprintf("write %q", right+"."+shorten(rest))
	case !dotted && slices.Contains(plainMeant, name):
		return fmt.Sprintf("%s names %s, which nothing raises", field, name), fmt.Sprintf("did you mean %q?", "States."+name)
	case !dotted && name != "" && (strings.HasPrefix(res.pattern, "sync") && !strings.HasSuffix(name, "Exception")):
		return fmt.Sprintf("%s names %s, but a job that fails fails %s with States.TaskFailed, whatever its own error is", field, shorten(name), s.title()),
			`write "States.TaskFailed": the job's own error stands in the cause`
	case !dotted && name != "":
		return fmt.Sprintf("%s names %s, but the errors of a service integration have the service's name before them", field, shorten(name)), fmt.Sprintf("write %q", prefixOr(right)+"."+shorten(name))
	}
	return "", ""
}

// serviceOnly are errors that Lambda itself raises, and hardly any function.
var serviceOnly = []string{"AWSLambdaException", "ClientExecutionTimeoutException", "EC2ThrottledException", "ENILimitReachedException"}

// unmatchedByCode tells of names that a Lambda function or an HTTP API could not have meant.
func (s *state) unmatchedByCode(field, name string) (message, cure string) {
	switch {
	case s.callsFunction() && (name == "Lambda.Timeout" || name == "Lambda.TimeoutException" || name == "Lambda.TimedOut" || name == "Lambda.Timedout"):
		return fmt.Sprintf("%s names %s, which nothing raises", field, name), `a function that runs out of its own time fails with "Sandbox.Timedout", one that runs out of TimeoutSeconds with "States.Timeout"`
	case s.callsFunction() && slices.Contains(serviceOnly, name):
		return fmt.Sprintf("%s names %s, but the errors of Lambda itself start with %q", field, name, "Lambda."), fmt.Sprintf("write %q", "Lambda."+name)
	case s.callsFunction() && slices.Contains(plainMeant, name) && name != "Timeout" && name != "Permissions":
		return fmt.Sprintf("%s names %s, which nothing raises", field, name), fmt.Sprintf("did you mean %q?", "States."+name)
	case s.resource.kind == optimised && s.resource.service == "http" && strings.HasPrefix(name, "Http."):
		return fmt.Sprintf("%s names %s, which nothing raises", field, shorten(name)), fmt.Sprintf("did you mean %q?", "States."+shorten(name))
	case s.resource.kind == optimised && s.resource.service == "http" && s.resource.pattern == "" && name != "" && !strings.Contains(name, "."):
		return fmt.Sprintf("%s names %s, but the errors of an HTTP task are called by the status of the answer", field, shorten(name)), `write "States.Http.StatusCode.429" for its status 429`
	}
	return "", ""
}

func prefixOr(right string) string {
	if right == "" {
		return "SERVICE"
	}
	return right
}
