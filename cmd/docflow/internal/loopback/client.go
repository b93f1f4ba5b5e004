package loopback

import (
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
)

// Client returns a client for endpoints that answer at once, such as those of this package: of the SDK's clients none else should
// talk to one.
//
// The SDK closes a request's body as soon as it has the answer. What net/http does then with it, to see whether there is more than
// it was told of, gives an error when the body is an io.WriterTo (smithy-go v1.28.9, safeWriteToReadCloser), which cuts the
// connection off in the middle of an answer that is not read yet. Over a network that takes longer than the look; on loopback one
// answer of some thousands was lost. Without that method all is well.
//
// A nil client is the SDK's own, as a configuration has it that was not told otherwise.
func Client(client aws.HTTPClient) aws.HTTPClient {
	if client == nil {
		client = awshttp.NewBuildableClient()
	}
	return plainBodies{client}
}

type plainBodies struct{ aws.HTTPClient }

func (c plainBodies) Do(request *http.Request) (*http.Response, error) {
	if request.Body != nil && request.Body != http.NoBody {
		request.Body = struct{ io.ReadCloser }{request.Body}
	}
	return c.HTTPClient.Do(request)
}
