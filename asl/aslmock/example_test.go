package aslmock_test

import (
	"testing"
	"time"

	"github.com/docflow-asl/docflow/asl/aslmock"
)

// The test of a definition in ten lines.
func TestExample(t *testing.T) {
	r := aslmock.Run(t, "testdata/flow.asl.json",
		aslmock.Input(`{"key": "report.pdf"}`),
		aslmock.State("Extract").Throws("Lambda.TooManyRequestsException", "slow down").Then().Returns(`{"Payload": {"pages": 12, "chunks": ["a", "b"]}}`),
		aslmock.Resource("arn:aws:states:::bedrock:*").Evaluates(`{"Body": $uppercase($states.input.Body)}`).Elapse(20*time.Second),
	)
	r.Succeeded(t, `["A", "B"]`)
	r.Visited(t, "Extract", "HowLong", "Each", "Analyze")
	r.Retried(t, "Extract", 1)
	r.Took(t, 22*time.Second) // a pause of two seconds, and two chunks at the same time
}
