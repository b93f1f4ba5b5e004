package trigger

import (
	"errors"
	"net/http"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/sfn/types"
	smithy "github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
	"github.com/docflow-asl/docflow/tasks/event"
	"github.com/docflow-asl/docflow/tasks/failure"
)

// alreadyExists tells that the execution was started before. While an execution runs,
// Step Functions answers a StartExecution with the same name and input as if it had
// started it; this error comes for 90 days after it has ended (Step Functions API
// reference, StartExecution).
func alreadyExists(err error) bool {
	var exists *types.ExecutionAlreadyExists
	return errors.As(err, &exists)
}

// The error codes of StartExecution that are not a passing trouble.
var (
	codesNotFound = []string{"StateMachineDoesNotExist", "StateMachineDeleting", "InvalidArn"}
	codesDenied   = []string{
		"AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException", "KmsAccessDeniedException",
		"IncompleteSignature", "MissingAuthenticationToken", "NotAuthorized",
	}
	codesFault = []string{"InvalidExecutionInput", "InvalidName", "ValidationException"}
)

func startFailure(object event.Object, execution string, err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return failure.WithDetail(failure.New(failure.StepFunctionsUnavailable, "cannot start an execution for %s/%s: %v", object.Bucket, object.Key, err),
			"cannot start the execution %s: no answer", execution)
	}
	code := api.ErrorCode()
	name := failure.StepFunctionsUnavailable
	var response *smithyhttp.ResponseError
	switch {
	case slices.Contains(codesNotFound, code):
		name = failure.StateMachineNotFound
	case slices.Contains(codesDenied, code),
		errors.As(err, &response) && response.HTTPStatusCode() == http.StatusForbidden:
		name = failure.AccessDenied
	case slices.Contains(codesFault, code):
		name = failure.Unexpected
	}
	return failure.WithDetail(failure.New(name, "cannot start an execution for %s/%s: %s: %s", object.Bucket, object.Key, code, api.ErrorMessage()),
		"cannot start the execution %s: %s", execution, code)
}
