package builder_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/builder"
)

// What AWS rejects is an error of Build, also where the builder itself has no rule for it.
func TestBuildChecks(t *testing.T) {
	tests := []struct {
		name  string
		start builder.Flow
		state string
		words string
	}{
		{"no ARN", builder.Task[any, any]("Call", "extract", nil), "Call", "invalid-arn"},
		{"integration that does not exist", builder.Task[any, any]("Call", "arn:aws:states:::sqs:sendMessages", builder.Object{"QueueUrl": "q", "MessageBody": "m"}), "Call", "sendMessage"},
		{"parameter in camel case", builder.SDKTask[any, any]("Store", "s3", "putObject", builder.Object{"bucket": "b", "Key": "k"}), "Store", "Bucket"},
		{"required parameter", builder.Task[any, any]("Send", "arn:aws:states:::sqs:sendMessage", builder.Object{"MessageBody": "m"}), "Send", "QueueUrl"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			machine, err := builder.Machine{Start: test.start}.Build()
			var fault *builder.Error
			if machine != nil || !errors.As(err, &fault) {
				t.Fatalf("machine %v, error %v", machine, err)
			}
			if fault.Kind != builder.Rejected || fault.State != test.state || !strings.Contains(err.Error(), test.words) || fault.Position.Line == 0 {
				t.Errorf("error %v (%+v), want one of the state %s with %q", err, fault, test.state, test.words)
			}
		})
	}
}
