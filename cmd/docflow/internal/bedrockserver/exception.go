package bedrockserver

import (
	"context"
	"errors"
	"net/http"

	"github.com/docflow-asl/docflow/tasks/bedrock"
)

// The exceptions of the Bedrock runtime (Amazon Bedrock API reference, InvokeModel).
const (
	AccessDenied       = "AccessDeniedException"
	InternalServer     = "InternalServerException"
	ModelError         = "ModelErrorException"
	ModelNotReady      = "ModelNotReadyException"
	ModelTimeout       = "ModelTimeoutException"
	ResourceNotFound   = "ResourceNotFoundException"
	ServiceQuota       = "ServiceQuotaExceededException"
	ServiceUnavailable = "ServiceUnavailableException"
	Throttling         = "ThrottlingException"
	Validation         = "ValidationException"
	unknownOperation   = "UnknownOperationException"
)

var statusOf = map[string]int{
	AccessDenied:       http.StatusForbidden,
	InternalServer:     http.StatusInternalServerError,
	ModelError:         http.StatusFailedDependency,
	ModelNotReady:      http.StatusTooManyRequests,
	ModelTimeout:       http.StatusRequestTimeout,
	ResourceNotFound:   http.StatusNotFound,
	ServiceQuota:       http.StatusBadRequest,
	ServiceUnavailable: http.StatusServiceUnavailable,
	Throttling:         http.StatusTooManyRequests,
	Validation:         http.StatusBadRequest,
	unknownOperation:   http.StatusNotFound,
}

// Exception is an error that goes to the client as Bedrock sends it. Type is one of the
// constants above.
type Exception struct {
	Type    string
	Message string
}

func (e *Exception) Error() string { return e.Type + ": " + e.Message }

// asException makes an exception of what a Completer returned.
func asException(err error) *Exception {
	var exception *Exception
	var fault *bedrock.RequestError
	switch {
	case errors.As(err, &exception):
		return exception
	case errors.As(err, &fault):
		return &Exception{Validation, fault.Error()}
	case errors.Is(err, context.DeadlineExceeded):
		return &Exception{ModelTimeout, "Model has timed out in processing the request. Try your request again."}
	default:
		return &Exception{InternalServer, err.Error()}
	}
}
