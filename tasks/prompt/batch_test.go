package prompt_test

import (
	"context"
	"testing"

	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/prompt"
)

// No guardrail can watch over batch inference: where there is one, nothing is asked without it.
func TestBatchWithAGuardrailIsRefused(t *testing.T) {
	h := &prompt.Handler{Guardrail: "g:1"}
	for _, step := range []prompt.Step{prompt.Analysis, prompt.Synthesis} {
		_, err := h.Handle(context.Background(), prompt.Request{Step: step, Batch: true, Output: claim.Output{Bucket: "results", Prefix: "work/x"}})
		if failure.Name(err) != failure.InvalidRequest {
			t.Errorf("%s: %v", step, err)
		}
	}
}
