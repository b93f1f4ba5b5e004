package simulate_test

import (
	"testing"

	"github.com/docflow-asl/docflow/builder/flows"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/simulate"
)

// BenchmarkSimulate is a document of the pipeline on an ordinary day.
func BenchmarkSimulate(b *testing.B) {
	m, err := flows.DocumentPipeline(flows.DefaultOptions())
	if err != nil {
		b.Fatal(err)
	}
	simulate.Substitute(m, nil, haiku)
	o := simulate.Defaults()
	o.Machine, o.Documents, o.RPM = m, b.N, 0
	b.ReportAllocs()
	if _, err := simulate.Run(b.Context(), o); err != nil {
		b.Fatal(err)
	}
}
