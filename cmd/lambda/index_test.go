package lambda_test

import (
	"encoding/json"
	"testing"

	"github.com/docflow-asl/docflow/tasks/index"
	"github.com/google/go-cmp/cmp"
)

// The template's table has the keys that package index writes and reads, and keeps what it holds.
func TestIndexTable(t *testing.T) {
	parsed, err := readTemplate([]byte(templateFile(t)))
	if err != nil {
		t.Fatal(err)
	}
	type key struct{ AttributeName, KeyType string }
	var got struct {
		KeySchema              []key
		GlobalSecondaryIndexes []struct {
			IndexName  string
			KeySchema  []key
			Projection struct{ ProjectionType string }
		}
		PointInTimeRecoverySpecification struct{ PointInTimeRecoveryEnabled bool }
	}
	table := parsed.Resources["IndexTable"]
	data, err := json.Marshal(table.Properties)
	if err == nil {
		err = json.Unmarshal(data, &got)
	}
	if err != nil {
		t.Fatal(err)
	}
	want := got
	want.KeySchema = []key{{index.ID, "HASH"}}
	want.PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled = true
	want.GlobalSecondaryIndexes = nil
	for _, keys := range [][3]string{{index.TimesIndex, index.Shard, index.Sort}, {index.DocumentIndex, index.Key, index.Sort}} {
		i := got.GlobalSecondaryIndexes[len(want.GlobalSecondaryIndexes)]
		i.IndexName, i.KeySchema, i.Projection.ProjectionType = keys[0], []key{{keys[1], "HASH"}, {keys[2], "RANGE"}}, "ALL"
		want.GlobalSecondaryIndexes = append(want.GlobalSecondaryIndexes, i)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
