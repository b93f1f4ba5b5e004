package claim_test

import (
	"testing"

	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
)

func TestPlaceOf(t *testing.T) {
	output := claim.Output{Bucket: "results", Prefix: "work/run-1"}
	for _, want := range []claim.Place{
		{output, "analysis", 0, 0}, {output, "merge1", 7, 1}, {output, "summary", 1999, 2}, {output, "analysis", 12345, 0},
	} {
		got, err := claim.PlaceOf(want.Output.Request(want.Folder, want.Index, want.Attempt).URI())
		if err != nil || got != want {
			t.Errorf("got %+v, %v; want %+v", got, err, want)
		}
	}
	for _, uri := range []string{
		"", "s3://", "s3://results", "results/work/run-1/analysis/0000.request.json", "s3://results/work/run-1/0000.request.json",
		"s3://results/results/run-1/analysis/0000.request.json", "s3://results/work/run-1/analysis/0.request.json",
		"s3://results/work/run-1/analysis/-001.request.json", "s3://results/work/run-1/analysis/0000.response.json",
		"s3://results/work/run-1/analysis/0000.repair3.request.json", "s3://results/work/run-1/analysis/0000.repair01.request.json",
		"s3://results/work/run-1/analysis/../0000.request.json", "s3:///work/run-1/analysis/0000.request.json",
	} {
		if got, err := claim.PlaceOf(uri); failure.Name(err) != failure.InvalidRequest {
			t.Errorf("%q gives %+v, %v", uri, got, err)
		}
	}
}
