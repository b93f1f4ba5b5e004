package dynamodb

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/quota"
	"github.com/docflow-asl/docflow/tasks/spend"
)

// everySecond is a limit with which a call takes a second.
var everySecond = quota.Limit{Requests: 60 / quota.Share}

func gateOn(api spend.DynamoDB, now func() time.Time) *quota.Gate {
	return &quota.Gate{API: api, Table: "spend", Analysis: everySecond, Others: quota.Limit{Requests: 30 / quota.Share}, Now: now}
}

func calls(model string, analysis bool, n int) []quota.Call {
	return slices.Repeat([]quota.Call{{Model: model, Analysis: analysis}}, n)
}

// after are the times as seconds from noon; 0 is at once.
func after(times []time.Time) []float64 {
	var all []float64
	for _, t := range times {
		s := 0.0
		if !t.IsZero() {
			s = t.Sub(noon).Seconds()
		}
		all = append(all, s)
	}
	return all
}

func TestGatePacesCalls(t *testing.T) {
	ctx := context.Background()
	g := gateOn(Client{&Tables{}}, func() time.Time { return noon })
	for _, c := range []struct {
		name  string
		calls []quota.Call
		want  []float64
	}{
		{"nobody waits; within a second is at once", calls("sonnet", true, 4), []float64{0, 0, 2, 3}},
		{"behind them", calls("sonnet", true, 2), []float64{4, 5}},
		{"another model has its own time, and its own quota", calls("haiku", false, 3), []float64{0, 2, 4}},
		{"of two models", append(calls("haiku", false, 2), calls("sonnet", true, 1)...), []float64{6, 8, 6}},
		{"none", nil, nil},
	} {
		if got := after(g.Pace(ctx, c.calls)); !slices.Equal(got, c.want) {
			t.Errorf("%s: after %v seconds, want %v", c.name, got, c.want)
		}
	}
	g.Charge(ctx, quota.Call{Model: "sonnet", Analysis: true})
	if got := after(g.Pace(ctx, calls("sonnet", true, 1))); !slices.Equal(got, []float64{8}) {
		t.Errorf("behind one that was charged: after %v seconds", got)
	}
	g.Now = func() time.Time { return noon.Add(time.Hour) }
	if got := after(g.Pace(ctx, calls("sonnet", true, 1))); !slices.Equal(got, []float64{0}) {
		t.Errorf("after a pause: after %v seconds", got)
	}
}

func TestGateAdmitsDocuments(t *testing.T) {
	ctx := context.Background()
	g := gateOn(Client{&Tables{}}, func() time.Time { return noon })
	admit := func(now, later []quota.Call) float64 {
		t.Helper()
		at, err := g.Admit(ctx, now, later)
		if err != nil {
			t.Fatal(err)
		}
		return after([]time.Time{at})[0]
	}
	for i, want := range []float64{0, 0, 26, 39} { // 13 s each, and up to 20 s from now is now
		if got := admit(calls("sonnet", true, 10), calls("sonnet", true, 3)); got != want {
			t.Errorf("document %d: after %v seconds, want %v", i, got, want)
		}
	}
	// Of two models it is the one that has the less time.
	for i, want := range []float64{52, 54, 56} { // 6 s of the other model, 2 s of this
		if got := admit(calls("sonnet", true, 2), calls("haiku", false, 3)); got != want {
			t.Errorf("document %d of two models: after %v seconds, want %v", i, got, want)
		}
	}
	if got := admit(calls("opus", true, 1), calls("haiku", false, 100)); got != 0 {
		t.Errorf("within 20 seconds: after %v seconds", got)
	}
	if got := admit(calls("opus", true, 1), calls("haiku", false, 1)); got != 218 {
		t.Errorf("behind 109 calls of the other model: after %v seconds", got)
	}
	if got := admit(nil, calls("haiku", false, 3)); got != 0 {
		t.Errorf("without a call: after %v seconds", got)
	}
	var none *quota.Gate
	if at, err := none.Admit(ctx, calls("sonnet", true, 1), nil); err != nil || !at.IsZero() {
		t.Errorf("no gate: %v, %v", at, err)
	}
}

// What would wait for longer than an execution can is refused, and takes no time.
func TestGateRefusesALongWait(t *testing.T) {
	ctx := context.Background()
	now := noon
	g := gateOn(Client{&Tables{}}, func() time.Time { return now })
	whole := int(quota.MaxWait / time.Second)
	for i, c := range []struct {
		calls  int
		refuse bool
	}{{whole - 10, false}, {11, true}, {10, false}, {1, true}} {
		_, err := g.Admit(ctx, calls("sonnet", true, c.calls), nil)
		if refused := failure.Name(orNone(err)) == failure.ModelBacklogExceeded; refused != c.refuse || err != nil && !refused {
			t.Errorf("document %d: %v", i, err)
		}
		if c.refuse && !strings.Contains(failure.Message(err), "the calls of sonnet that were let in before last until 2026-12-01T1") {
			t.Errorf("document %d: %s", i, failure.Message(err))
		}
	}
	now = now.Add(time.Second)
	if at, err := g.Admit(ctx, calls("sonnet", true, 1), nil); err != nil || after([]time.Time{at})[0] != float64(whole) {
		t.Errorf("a second later: %v, %v", at, err)
	}
}

// A document that one model refuses gives back the time of the others: they have no backlog of
// documents that were never let in.
func TestGateGivesBack(t *testing.T) {
	ctx := context.Background()
	g := gateOn(Client{&Tables{}}, func() time.Time { return noon })
	if _, err := g.Admit(ctx, calls("sonnet", true, int(quota.MaxWait/time.Second)), nil); err != nil {
		t.Fatal(err)
	}
	for range 100 {
		if _, err := g.Admit(ctx, calls("sonnet", true, 1), calls("haiku", false, 300)); failure.Name(orNone(err)) != failure.ModelBacklogExceeded {
			t.Fatal(err)
		}
	}
	if at, err := g.Admit(ctx, calls("opus", true, 1), calls("haiku", false, 1)); err != nil || !at.IsZero() {
		t.Errorf("a document of the other model is let in at %v, %v", at, err)
	}
}

// A model without a limit takes nothing, and has no item.
func TestGateOfOneModel(t *testing.T) {
	ctx := context.Background()
	tables := &countedTable{DynamoDB: Client{&Tables{}}}
	g := gateOn(tables, func() time.Time { return noon })
	g.Others = quota.Limit{}
	if at, err := g.Admit(ctx, calls("sonnet", true, 2), calls("haiku", false, 300)); err != nil || !at.IsZero() {
		t.Errorf("%v, %v", at, err)
	}
	if got := after(g.Pace(ctx, calls("haiku", false, 3))); !slices.Equal(got, []float64{0, 0, 0}) {
		t.Errorf("after %v seconds", got)
	}
	if want := []string{"rate#sonnet", "rate#sonnet"}; !slices.Equal(tables.ids, want) { // behind others, and as the first
		t.Errorf("updates of %q, want %q", tables.ids, want)
	}
}

// countedTable knows which items were updated.
type countedTable struct {
	spend.DynamoDB
	ids []string
}

func (c *countedTable) UpdateItem(ctx context.Context, in *sdk.UpdateItemInput, o ...func(*sdk.Options)) (*sdk.UpdateItemOutput, error) {
	c.ids = append(c.ids, in.Key["id"].(*types.AttributeValueMemberS).Value)
	return c.DynamoDB.UpdateItem(ctx, in, o...)
}

func orNone(err error) error {
	if err == nil {
		return failure.New("", "")
	}
	return err
}

// Many that ask at the same time get each a time of their own. Run under the race detector.
func TestGateAtTheSameTime(t *testing.T) {
	const documents, each = 64, 3
	l := ledger(t, 0, 0) // for the real client on the endpoint
	g := gateOn(l.API, func() time.Time { return noon })
	var mu sync.Mutex
	var all []float64
	var wait sync.WaitGroup
	for range documents {
		wait.Go(func() {
			times := after(g.Pace(context.Background(), calls("haiku", false, each)))
			mu.Lock()
			defer mu.Unlock()
			all = append(all, times...)
		})
	}
	wait.Wait()
	slices.Sort(all)
	for i, at := range all {
		if at != float64(2*i) {
			t.Fatalf("call %d begins after %v seconds", i, at)
		}
	}
}

// brokenTable is a DynamoDB that fails.
type brokenTable struct{ spend.DynamoDB }

func (brokenTable) UpdateItem(context.Context, *sdk.UpdateItemInput, ...func(*sdk.Options)) (*sdk.UpdateItemOutput, error) {
	return nil, errors.New("no such host")
}

// Without DynamoDB calls begin at once, and the log says so.
func TestGateWithoutItsTable(t *testing.T) {
	ctx := context.Background()
	var log bytes.Buffer
	g := gateOn(brokenTable{}, func() time.Time { return noon })
	g.Log = slog.New(slog.NewTextHandler(&log, nil))
	if at, err := g.Admit(ctx, calls("sonnet", true, 3), nil); err != nil || !at.IsZero() {
		t.Errorf("%v, %v", at, err)
	}
	if got := after(g.Pace(ctx, calls("sonnet", true, 3))); !slices.Equal(got, []float64{0, 0, 0}) {
		t.Errorf("after %v seconds", got)
	}
	g.Charge(ctx, quota.Call{Model: "sonnet", Analysis: true})
	if n := strings.Count(log.String(), `msg="calls begin without a gate" model=sonnet error="no such host"`); n != 4 {
		t.Errorf("the log is\n%s", log.String())
	}
}
