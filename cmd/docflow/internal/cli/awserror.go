package cli

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"
	"syscall"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
)

// describeError is the text of a command's error. The part of it that is a call to AWS that failed, of which the SDK tells every
// layer, is said in the words of AWS alone, and is followed by a line with what may help, if docflow knows.
func describeError(err error) string {
	text := err.Error()
	var operation *smithy.OperationError
	var profile config.SharedConfigProfileNotExistError
	switch {
	case errors.As(err, &profile):
		return fmt.Sprintf("%s\n  The profile %q is not in the AWS configuration files. `aws configure list-profiles` lists those that are.", text, profile.Profile)
	case !errors.As(err, &operation):
		return text
	}
	short, help := describeOperation(operation)
	text = strings.Replace(text, operation.Error(), short, 1)
	if help != "" {
		text += "\n  " + help
	}
	return text
}

// describeOperation says why a call failed, and what may help.
func describeOperation(operation *smithy.OperationError) (short, help string) {
	name := operation.Service() + " " + operation.Operation()
	var api smithy.APIError
	var response *awshttp.ResponseError
	if errors.As(operation, &api) && api.ErrorCode() != "UnknownError" {
		short = name + ": " + api.ErrorCode()
		if message := api.ErrorMessage(); message != "" {
			short += ": " + message
		}
		if errors.As(operation, &response) && response.ServiceRequestID() != "" {
			short += " (request id " + response.ServiceRequestID() + ")"
		}
		return short, helpForCode(api.ErrorCode())
	}
	var dns *net.DNSError
	var call *url.Error
	switch text := operation.Error(); {
	case errors.Is(operation, context.Canceled):
		return name + ": interrupted", ""
	case strings.Contains(text, "Missing Region"), strings.Contains(text, "Invalid region"): // how S3 takes an empty one
		return name + ": no region is set, or it is none", "Give --region, or set AWS_REGION, or a region for the profile."
	case strings.Contains(text, "get credentials") || strings.Contains(text, "get identity"):
		return name + ": no valid AWS credentials were found: " + credentialsReason(text),
			"Log in (`aws sso login`), choose a profile (--profile, AWS_PROFILE), or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
	case errors.As(operation, &dns):
		return fmt.Sprintf("%s: the host %s is not known", name, dns.Name), "Is the region's name right, and this computer on line? --endpoint-url takes a host of yours."
	case errors.As(operation, &call) && errors.Is(operation, syscall.ECONNREFUSED):
		return fmt.Sprintf("%s: nobody answers at %s", name, hostOf(call.URL)), "Is --endpoint-url (or AWS_ENDPOINT_URL) right, and does the server run?"
	case errors.As(operation, &call):
		return fmt.Sprintf("%s: %s cannot be reached: %v", name, hostOf(call.URL), call.Err), ""
	case errors.As(operation, &response):
		return fmt.Sprintf("%s: the answer is not one of AWS (HTTP status %d)", name, response.HTTPStatusCode()), "Is --endpoint-url (or AWS_ENDPOINT_URL) the endpoint of this service?"
	}
	return operation.Error(), ""
}

// hostOf is a URL without its path.
func hostOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Scheme + "://" + u.Host
}

// credentialsReason is the last of the reasons that the SDK chains.
func credentialsReason(text string) string {
	for _, layer := range []string{"get identity: ", "get credentials: ", "failed to refresh cached credentials, "} {
		if _, after, ok := strings.Cut(text, layer); ok {
			text = after
		}
	}
	return text
}

// helpForCode says what may help with an error code that services share
// (https://docs.aws.amazon.com/step-functions/latest/apireference/CommonErrors.html, and the error codes of Amazon S3).
func helpForCode(code string) string {
	switch code {
	case "ExpiredToken", "ExpiredTokenException":
		return "The session has expired: log in again (`aws sso login`), or renew the temporary credentials."
	case "InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "SignatureDoesNotMatch", "InvalidSignatureException", "AuthFailure":
		return "AWS does not know these credentials. `aws sts get-caller-identity` shows whose they are; --profile chooses others."
	case "RequestTimeTooSkewed", "RequestExpired":
		return "The clock of this computer differs from AWS's."
	case "AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "Forbidden":
		return "The credentials are valid but may not do this: their policies need the action on that resource, and no boundary or organization's policy may deny it."
	case "ExecutionDoesNotExist", "StateMachineDoesNotExist", "ResourceNotFoundException", "NoSuchBucket", "QueueDoesNotExist", "AWS.SimpleQueueService.NonExistentQueue":
		return "Are account (--profile) and region (--region) those of the stack? Its outputs have the names."
	case "PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException":
		return "The bucket is in another region: --region chooses it."
	}
	if _, throttled := retry.DefaultThrottleErrorCodes[code]; throttled {
		return "The account's rate is used up at the moment, and the attempts of the SDK with it. Try again later, or set AWS_RETRY_MODE=adaptive and AWS_MAX_ATTEMPTS."
	}
	return ""
}
