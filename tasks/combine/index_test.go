package combine_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/docflow-asl/docflow/tasks/answer"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/index"
	"github.com/google/go-cmp/cmp"
)

// table takes items, or fails.
type table struct {
	items []*dynamodb.PutItemInput
	err   error
}

func (t *table) PutItem(_ context.Context, in *dynamodb.PutItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error) {
	t.items = append(t.items, in)
	return &dynamodb.PutItemOutput{}, t.err
}

func TestResultIsListed(t *testing.T) {
	f := newFixture(t, 2)
	f.fail(t, bedrock.StepSummary, 0, answer.Record{Error: "Bedrock.ThrottlingException", Cause: "slow down"})
	items := &table{}
	f.handler.Index = &index.Writer{API: items, Table: "index"}
	f.handler.Now = func() time.Time { return time.Date(2026, 11, 26, 9, 30, 0, 5e6, time.UTC) }
	f.request.StartTime = "2026-11-26T09:29:00.5Z"
	result, err := invoke(t, f.handler, f.request)
	if err != nil || result.Status != combine.Partial {
		t.Fatalf("%s, %v", result.Status, err)
	}
	if len(items.items) != 1 {
		t.Fatalf("%d items were written", len(items.items))
	}
	got := map[string]string{}
	for name, v := range items.items[0].Item {
		switch v := v.(type) {
		case *types.AttributeValueMemberS:
			got[name] = v.Value
		case *types.AttributeValueMemberN:
			got[name] = v.Value
		case *types.AttributeValueMemberL:
			for _, part := range v.Value {
				got[name] += part.(*types.AttributeValueMemberS).Value
			}
		}
	}
	want := map[string]string{
		index.ID: "run-1", index.Shard: "2026-11#0", index.Sort: "2026-11-26T09:30:00.005Z#run-1", index.Status: "PARTIAL",
		index.Bucket: "uploads", index.Key: "in/報告 1.pdf", index.Result: "s3://results/results/in/報告 1.pdf/run-1.json",
		index.Missing: "summary", index.MissingCount: "1", index.Started: "2026-11-26T09:29:00.500Z",
		index.Pages: "4", index.Chunks: "2", index.InputTokens: "400", index.OutputTokens: "40",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// What has been written stands, whatever becomes of the index, and so does a newer item.
func TestResultStandsWithoutTheIndex(t *testing.T) {
	for name, c := range map[string]struct {
		err error
		log string
	}{
		"unavailable": {errors.New("503"), `"level":"WARN","msg":"the result is not in the index"`},
		"superseded":  {&types.ConditionalCheckFailedException{}, `"level":"INFO","msg":"the index has a newer result of the execution"`},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, 1)
			f.handler.Index = &index.Writer{API: &table{err: c.err}, Table: "index"}
			result, err := invoke(t, f.handler, f.request)
			if err != nil || result.Status != combine.Complete {
				t.Fatalf("%s, %v", result.Status, err)
			}
			if report := f.report(t, result); report.Status != combine.Complete {
				t.Errorf("the report is %s", report.Status)
			}
			if !strings.Contains(f.log.String(), c.log) {
				t.Errorf("the log is %s", f.log.String())
			}
		})
	}
}

// Nothing is listed that is not written.
func TestOnlyWhatIsWrittenIsListed(t *testing.T) {
	f := newFixture(t, 1)
	for _, step := range append(bedrock.Steps(), bedrock.StepAnalysis) {
		f.lose(t, step, 0)
	}
	items := &table{}
	f.handler.Index = &index.Writer{API: items, Table: "index"}
	if _, err := invoke(t, f.handler, f.request); err == nil || len(items.items) > 0 {
		t.Errorf("%v, %d items", err, len(items.items))
	}
}
