package local

import (
	"testing"

	"github.com/docflow-asl/docflow/cmd/docflow/internal/offline"
	"github.com/docflow-asl/docflow/tasks/combine"
)

// tasks may not import cmd, so the name by which a result tells that the offline model answered stands in both.
func TestCombineKnowsTheOfflineModel(t *testing.T) {
	if combine.OfflineModel != offline.Name {
		t.Errorf("combine.OfflineModel is %q, the offline model calls itself %q", combine.OfflineModel, offline.Name)
	}
}
