package tables

import (
	"log/slog"
	"testing"

	"github.com/docflow-asl/docflow/cmd/lambda/internal/clients"
	"github.com/docflow-asl/docflow/tasks/quota"
)

func TestGate(t *testing.T) {
	t.Setenv("AWS_REGION", "us-east-1")
	for _, c := range []struct {
		table, requests, tokens string
		analysis, others        quota.Limit
		gate, fails             bool
	}{
		{"spend", "", "", quota.Limit{}, quota.Limit{}, false, false},
		{"spend", "0", "0", quota.Limit{}, quota.Limit{}, false, false},
		{"", "200", "0", quota.Limit{}, quota.Limit{}, false, false},
		{"spend", "200", "0", quota.Limit{Requests: 200}, quota.Limit{Requests: 200}, true, false},
		{"spend", "0", "1000000,4000000", quota.Limit{Tokens: 1e6}, quota.Limit{Tokens: 4e6}, true, false},
		{"spend", "200 a minute", "0", quota.Limit{}, quota.Limit{}, false, true},
	} {
		t.Setenv(clients.SpendTable, c.table)
		t.Setenv(clients.ModelRequestsPerMinute, c.requests)
		t.Setenv(clients.ModelTokensPerMinute, c.tokens)
		gate, err := Gate(t.Context(), slog.New(slog.DiscardHandler))
		if (gate != nil) != c.gate || (err != nil) != c.fails {
			t.Errorf("%+v: %v, %v", c, gate, err)
		}
		if gate != nil && (gate.Table != c.table || gate.Analysis != c.analysis || gate.Others != c.others || gate.API == nil || gate.Now == nil || gate.Log == nil) {
			t.Errorf("%+v: %+v", c, gate)
		}
	}
}
