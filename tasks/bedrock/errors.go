package bedrock

// Step Functions puts the service in front of the exception when a Bedrock integration
// fails. Public definitions use "Bedrock." and "BedrockRuntime.", and no recording
// settles which one AWS sends, so both are listed.
var servicePrefixes = []string{"Bedrock.", "BedrockRuntime."}

// Exceptions of InvokeModel (Amazon Bedrock API reference, InvokeModel, Errors).
// ModelErrorException stands in neither list: it covers passing and lasting faults of a
// model, and a flow that does not name it treats it as any other failure.
var (
	retryableExceptions = []string{
		"InternalServerException",     // 500
		"ModelNotReadyException",      // 429, the model is being loaded
		"ModelTimeoutException",       // 408
		"ServiceUnavailableException", // 503
		"ThrottlingException",         // 429
	}
	permanentExceptions = []string{
		"AccessDeniedException",         // 403
		"ResourceNotFoundException",     // 404, also a model at end of life
		"ServiceQuotaExceededException", // 400
		"ValidationException",           // 400
	}
)

// Exceptions of the control plane, of which those of a batch inference job are (Amazon Bedrock
// API reference, CreateModelInvocationJob, GetModelInvocationJob, StopModelInvocationJob).
var (
	retryableJobExceptions = []string{"InternalServerException", "ThrottlingException"}
	permanentJobExceptions = []string{"AccessDeniedException", "ConflictException", "ResourceNotFoundException", "ValidationException"}
)

// JobQuotaExceeded is the error of CreateModelInvocationJob when as many jobs run as may: it
// passes when one of them ends, which can take hours.
const JobQuotaExceeded = "Bedrock.ServiceQuotaExceededException"

// RetryableJobErrors returns the errors of tasks that create, get and stop jobs (SDK
// integrations, which name the service as the SDK for Java does) that a retry may cure.
func RetryableJobErrors() []string { return withPrefix("Bedrock.", retryableJobExceptions) }

// PermanentJobErrors returns those that no retry cures.
func PermanentJobErrors() []string { return withPrefix("Bedrock.", permanentJobExceptions) }

func withPrefix(prefix string, names []string) []string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = prefix + name
	}
	return out
}

// RetryableErrors returns the error names that a Retry on a Bedrock task should list:
// the same request may succeed later. The caller owns the slice.
func RetryableErrors() []string { return prefixed(retryableExceptions) }

// PermanentErrors returns the error names that no retry cures: the request, the
// permissions or the model id are wrong. The caller owns the slice.
func PermanentErrors() []string { return prefixed(permanentExceptions) }

func prefixed(names []string) []string {
	out := make([]string, 0, len(names)*len(servicePrefixes))
	for _, prefix := range servicePrefixes {
		for _, name := range names {
			out = append(out, prefix+name)
		}
	}
	return out
}
