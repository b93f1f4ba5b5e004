package dynamodb_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/dynamodb"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/loopback"
	"github.com/docflow-asl/docflow/tasks/index"
	gocmp "github.com/google/go-cmp/cmp"
)

var now = time.Date(2026, time.November, 26, 12, 0, 0, 0, time.UTC)

// indexClient is the real client, at an endpoint of its own.
func indexClient(t *testing.T, schemas ...dynamodb.Schema) *sdk.Client {
	t.Helper()
	server, err := dynamodb.Listen(schemas...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return sdk.New(sdk.Options{
		HTTPClient: loopback.Client(nil),
		Region:     "us-east-1", BaseEndpoint: &server.URL, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("docflow", "embedded", ""),
	})
}

// history makes what executions write, in any order: some write twice, some after a redrive, some once more when they had been given
// up, and some of what is written comes late.
func history(r *rand.Rand, executions int) []index.Entry {
	const months = 10
	var writes []index.Entry
	for i := range executions {
		span := months * 30 * 24 * time.Hour
		if i%3 > 0 { // a bulk
			span = 20 * 24 * time.Hour
		}
		end := now.Add(-time.Duration(r.Int64N(int64(span/time.Millisecond))) * time.Millisecond)
		if i%10 == 0 { // several at the same time
			end = end.Truncate(24 * time.Hour)
		}
		e := index.Entry{
			Execution: fmt.Sprintf("%016x-%d", r.Uint64(), i), Bucket: "documents", Key: fmt.Sprintf("in/%d/%s報告 +%d.pdf", r.IntN(20), strings.Repeat("folder/", 40), r.IntN(executions/3+1)),
			Version: "v1", Started: end.Add(-time.Minute), Ended: end,
		}
		refused := func(status string) index.Entry {
			e := e
			e.Status, e.Error, e.Record = status, "EmptyDocument", "s3://results/quarantine/"+e.Execution+".json"
			return e
		}
		done := func(later time.Duration, missing ...string) index.Entry {
			e := e
			e.Status, e.Result, e.Ended = "COMPLETE", "s3://results/results/"+e.Key+"/"+e.Execution+".json", end.Add(later)
			dollars := 0.25
			e.Pages, e.Chunks, e.InputTokens, e.OutputTokens, e.Dollars = 1+r.IntN(50), 2, 1_000, 200, &dollars
			if len(missing) > 0 {
				e.Status, e.Missing, e.MissingCount = "PARTIAL", missing, len(missing)
			}
			return e
		}
		switch r.IntN(8) {
		case 0:
			writes = append(writes, refused("QUARANTINED"), refused("QUARANTINED"))
		case 1:
			writes = append(writes, refused("FAILED"))
		case 2: // redriven
			writes = append(writes, refused("UNFINISHED"), done(time.Duration(r.Int64N(int64(40*24*time.Hour))).Truncate(time.Millisecond)))
		case 3: // finished although it had been given up, and given up again
			again := refused("UNFINISHED")
			again.Ended = end.Add(time.Hour)
			writes = append(writes, done(0), again)
		case 4:
			writes = append(writes, done(0, "summary"), done(time.Second))
		case 5:
			writes = append(writes, done(0, "summary", "keywords"))
		default:
			d := done(0)
			writes = append(writes, d, d)
		}
	}
	r.Shuffle(len(writes), func(i, j int) { writes[i], writes[j] = writes[j], writes[i] })
	return writes
}

// model is what the table should hold: of each execution its newest result, or else its newest word. The newest first.
func model(writes []index.Entry) []index.Entry {
	best := map[string]index.Entry{}
	for _, w := range writes {
		b, there := best[w.Execution]
		if !there || b.Result == "" && w.Result != "" || (b.Result == "") == (w.Result == "") && w.Ended.After(b.Ended) {
			best[w.Execution] = w
		}
	}
	all := make([]index.Entry, 0, len(best))
	for _, e := range best {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b index.Entry) int {
		return cmp.Or(b.Ended.Compare(a.Ended), strings.Compare(b.Execution, a.Execution))
	})
	return all
}

func put(t *testing.T, client *sdk.Client, writes []index.Entry) {
	t.Helper()
	writer := index.Writer{API: client, Table: "index"}
	const writers = 4
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			for j := i; j < len(writes); j += writers {
				if _, err := writer.Put(t.Context(), writes[j]); err != nil {
					t.Errorf("%s: %v", writes[j].Execution, err)
				}
			}
		})
	}
	group.Wait()
}

// pages counts the requests for what follows a page, and makes pages small if most is set.
type pages struct {
	index.Getter
	mu        sync.Mutex
	random    *rand.Rand
	most      int
	continued int
}

func (p *pages) Query(ctx context.Context, in *sdk.QueryInput, options ...func(*sdk.Options)) (*sdk.QueryOutput, error) {
	request := *in
	p.mu.Lock()
	if in.ExclusiveStartKey != nil {
		p.continued++
	}
	if p.most > 0 {
		request.Limit = aws.Int32(1 + p.random.Int32N(int32(p.most)))
	}
	p.mu.Unlock()
	return p.Getter.Query(ctx, &request, options...)
}

func list(t *testing.T, reader *index.Reader, filter index.Filter) []index.Entry {
	t.Helper()
	got := []index.Entry{}
	if err := reader.List(t.Context(), filter, func(e index.Entry) bool {
		got = append(got, e)
		return filter.Limit == 0 || len(got) < filter.Limit
	}); err != nil {
		t.Fatal(err)
	}
	return got
}

// Whatever the order in which executions write, and how often, the index lists what became of each, the newest first, and finds each
// by its name and the newest of a document by its key.
func TestIndexIsWhatBecameOfEachExecution(t *testing.T) {
	sizes := []int{1, 40, 300, 10_000}
	if raceDetector || testing.Short() {
		sizes[3] = 600
	}
	for seed, executions := range sizes {
		t.Run(fmt.Sprint(executions), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(seed), 7))
			writes := history(r, executions)
			client := indexClient(t, dynamodb.IndexSchema("index"))
			put(t, client, writes)
			all := model(writes)
			paged := &pages{Getter: client, random: r}
			if executions < 10_000 {
				paged.most = 20
			}
			reader := &index.Reader{API: paged, Table: "index", Now: func() time.Time { return now.Add(40 * 24 * time.Hour) }}
			since := now.Add(-100 * 24 * time.Hour)
			for _, f := range []index.Filter{
				{},
				{Limit: 1},
				{Limit: executions/2 + 1},
				{Since: since},
				{Since: since, Limit: 7},
				{Prefix: "in/1"},
				{Status: []string{"PARTIAL"}},
				{Status: []string{"QUARANTINED", "FAILED"}, Prefix: "in/", Since: since, Limit: 25},
				{Prefix: "none"},
			} {
				var want []index.Entry
				for _, e := range all {
					if strings.HasPrefix(e.Key, f.Prefix) && !e.Ended.Before(f.Since) && (len(f.Status) == 0 || slices.Contains(f.Status, e.Status)) {
						want = append(want, e)
					}
				}
				if f.Limit > 0 {
					want = want[:min(len(want), f.Limit)]
				}
				if diff := gocmp.Diff(append([]index.Entry{}, want...), list(t, reader, f)); diff != "" {
					t.Errorf("%+v (-want +got):\n%.2000s", f, diff)
				}
			}
			if executions > 100 && paged.continued == 0 {
				t.Error("every answer was the last")
			}
			newest := map[string]index.Entry{}
			for _, e := range slices.Backward(all) {
				newest[e.Key] = e
			}
			for range 50 {
				want := all[r.IntN(len(all))]
				if got, ok, err := reader.Execution(t.Context(), want.Execution); err != nil || !ok || !gocmp.Equal(got, want) {
					t.Errorf("execution %s: %+v, %v, %v; want %+v", want.Execution, got, ok, err, want)
				}
				if got, ok, err := reader.Document(t.Context(), want.Key); err != nil || !ok || !gocmp.Equal(got, newest[want.Key]) {
					t.Errorf("document %s: %+v, %v, %v; want %+v", want.Key, got, ok, err, newest[want.Key])
				}
			}
			for _, find := range []func() (index.Entry, bool, error){
				func() (index.Entry, bool, error) { return reader.Execution(t.Context(), "none") },
				func() (index.Entry, bool, error) { return reader.Document(t.Context(), "none") },
			} {
				if _, ok, err := find(); ok || err != nil {
					t.Errorf("what is not there: %v, %v", ok, err)
				}
			}
		})
	}
}

// A shard takes a fair share of executions' names, and the same one in every month.
func TestShards(t *testing.T) {
	var count [index.Shards]int
	const names = 4_000
	for i := range names {
		count[index.ShardOf(fmt.Sprintf("report-%d", i))]++
	}
	for shard, n := range count {
		if n < names/index.Shards*9/10 || n > names/index.Shards*11/10 {
			t.Errorf("shard %d has %d of %d: %v", shard, n, names, count)
		}
	}
}

// An item stays small whatever a result lacks and a document is called.
func TestItemsAreSmall(t *testing.T) {
	client := indexClient(t, dynamodb.IndexSchema("index"))
	dollars := 1.5
	e := index.Entry{
		Execution: strings.Repeat("x", 80), Bucket: strings.Repeat("b", 63), Key: strings.Repeat("k", 1024), Version: strings.Repeat("v", 1024), Status: "PARTIAL",
		Result: "s3://" + strings.Repeat("r", 1087), Ended: now, Started: now, Pages: 10_000, Chunks: 2_000, InputTokens: 1e8, OutputTokens: 1e8, Dollars: &dollars,
	}
	for i := range 2_000 {
		e.Missing = append(e.Missing, fmt.Sprintf("analysis of chunk %d", i+1))
	}
	put(t, client, []index.Entry{e})
	got, ok, err := (&index.Reader{API: client, Table: "index"}).Execution(t.Context(), e.Execution)
	if err != nil || !ok || len(got.Missing) != index.MaxMissing || got.MissingCount != 2_000 {
		t.Errorf("%d parts of %d, %v, %v", len(got.Missing), got.MissingCount, ok, err)
	}
	const most = 4 << 10
	if n := len(fmt.Sprintf("%+v", got)); n > most {
		t.Errorf("an item has some %d bytes", n)
	}
}

func TestQueriesThatDynamoDBRefuses(t *testing.T) {
	client := indexClient(t, dynamodb.IndexSchema("index"))
	_, err := client.Query(t.Context(), &sdk.QueryInput{TableName: aws.String("other"), KeyConditionExpression: aws.String("a = b")})
	if err == nil || !strings.Contains(err.Error(), "ResourceNotFoundException") {
		t.Errorf("another table: %v", err)
	}
	text := func(s string) *string { return &s }
	for _, c := range []struct {
		name string
		in   sdk.QueryInput
		want string
	}{
		{"another index", sdk.QueryInput{IndexName: text("none")}, "does not have the specified index: none"},
		{"not the key", sdk.QueryInput{KeyConditionExpression: text("key = id")}, "missed key schema element: id"},
		{"a range of the hash key", sdk.QueryInput{KeyConditionExpression: text("id > key")}, "key condition not supported"},
		{"only the sort key", sdk.QueryInput{IndexName: text("times"), KeyConditionExpression: text("sort > key")}, "missed key schema element: shard"},
		{"a filter on the key", sdk.QueryInput{IndexName: text("times"), KeyConditionExpression: text("shard = :s"), FilterExpression: text("sort > :s")}, "non-primary key attributes"},
		{"consistent", sdk.QueryInput{IndexName: text("times"), ConsistentRead: aws.Bool(true)}, "not supported on global secondary indexes"},
		{"no page", sdk.QueryInput{KeyConditionExpression: text("id = :s"), Limit: aws.Int32(0)}, "greater than or equal to 1"},
		{"none", sdk.QueryInput{}, "missed key schema element"},
	} {
		c.in.TableName = text("index")
		if strings.Contains(aws.ToString(c.in.KeyConditionExpression), ":s") {
			c.in.ExpressionAttributeValues = map[string]types.AttributeValue{":s": &types.AttributeValueMemberS{Value: "x"}}
		}
		if _, err := client.Query(t.Context(), &c.in); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v; want %s", c.name, err, c.want)
		}
	}
}
