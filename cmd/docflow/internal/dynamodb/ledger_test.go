package dynamodb

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/loopback"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/prompt"
	"github.com/docflow-asl/docflow/tasks/spend"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// ledger is one on an endpoint of its own, with the real client.
func ledger(t *testing.T, document, day spend.Micros) *spend.Ledger {
	t.Helper()
	server, err := Listen()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	client := sdk.New(sdk.Options{
		HTTPClient: loopback.Client(nil),
		Region:     "us-east-1", BaseEndpoint: &server.URL, Retryer: aws.NopRetryer{},
		Credentials: credentials.NewStaticCredentialsProvider("docflow", "embedded", ""),
	})
	return &spend.Ledger{API: client, Table: "spend", Caps: spend.Caps{Document: document, Day: day}, Now: func() time.Time { return noon }}
}

func wantDay(t *testing.T, l *spend.Ledger, reserved, spent spend.Micros) {
	t.Helper()
	r, s, err := l.Day(context.Background(), noon)
	if err != nil || r != reserved || s != spent {
		t.Errorf("the day has %v reserved, %v spent, %v; want %v, %v", r, s, err, reserved, spent)
	}
}

func TestLedgerReservesOnceAndSettlesOnce(t *testing.T) {
	ctx := context.Background()
	l := ledger(t, 100, 1000)
	for range 2 { // a step that runs twice
		if err := l.Reserve(ctx, "a", "calls", 60, "4 calls"); err != nil {
			t.Fatal(err)
		}
	}
	wantDay(t, l, 60, 0)
	if err := l.Reserve(ctx, "a", "summary/0000.repair1", 40, "1 call"); err != nil {
		t.Fatal(err)
	}
	if err := l.Reserve(ctx, "a", "summary/0000.repair2", 1, "1 call"); failure.Name(err) != failure.SpendCapExceeded {
		t.Errorf("beyond the document's cap: %v", err)
	}
	wantDay(t, l, 100, 0)
	for range 2 {
		if _, err := l.Settle(ctx, "a", 25); err != nil {
			t.Fatal(err)
		}
	}
	wantDay(t, l, 25, 25)
	if _, err := l.Settle(ctx, "never-seen", 25); err != nil {
		t.Error(err)
	}
	wantDay(t, l, 25, 25)
}

func TestLedgerRefusesWithTheFigures(t *testing.T) {
	ctx := context.Background()
	l := ledger(t, 2_000_000, 3_000_000)
	err := l.Reserve(ctx, "a", "calls", 2_500_000, "41 calls with 9 tokens in and 8 out")
	if failure.Name(err) != failure.SpendCapExceeded || !strings.Contains(failure.Message(err), "41 calls with 9 tokens in and 8 out may cost $2.50") || !strings.Contains(failure.Message(err), "$2.00 (MaxDocumentDollars)") {
		t.Errorf("got %v", err)
	}
	wantDay(t, l, 0, 0)
	if err := l.Reserve(ctx, "b", "calls", 2_000_000, "calls"); err != nil {
		t.Fatal(err)
	}
	err = l.Reserve(ctx, "c", "calls", 1_000_001, "calls")
	if failure.Name(err) != failure.DailySpendCapExceeded || !strings.Contains(failure.Message(err), "calls may cost $1.000001") || !strings.Contains(failure.Message(err), "of the $3.00") || !strings.Contains(failure.Message(err), "$2.00 are reserved or spent on 2026-11-25") {
		t.Errorf("got %v", err)
	}
	if err := l.Reserve(ctx, "d", "calls", 1_000_000, "calls"); err != nil {
		t.Errorf("just what is left: %v", err)
	}
	l.Now = func() time.Time { return noon.AddDate(0, 0, 1) }
	if err := l.Reserve(ctx, "c", "calls", 1_000_001, "calls"); err != nil {
		t.Errorf("on the next day: %v", err)
	}
	// What was reserved yesterday is settled there.
	if _, err := l.Settle(ctx, "b", 500_000); err != nil {
		t.Fatal(err)
	}
	wantDay(t, l, 1_500_000, 500_000)
}

func TestLedgerNoCapTakesAll(t *testing.T) {
	var none *spend.Ledger
	if err := none.Reserve(context.Background(), "a", "calls", 1<<50, "calls"); err != nil {
		t.Error(err)
	}
	l := ledger(t, 0, 0)
	if err := l.Reserve(context.Background(), "a", "calls", 1<<50, "calls"); err != nil {
		t.Error(err)
	}
}

// The cap of a day and that of a document hold whoever comes at the same time.
func TestLedgerCapsHoldUnderConcurrency(t *testing.T) {
	const workers, cost, day = 64, 7, 100
	ctx := context.Background()
	l := ledger(t, 0, day)
	same := ledger(t, 20, 0)
	granted, grantedSame := make([]error, workers), make([]error, workers)
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() { granted[i] = l.Reserve(ctx, fmt.Sprint(i), "calls", cost, "calls") })
		group.Go(func() { grantedSame[i] = same.Reserve(ctx, "one", fmt.Sprint(i), cost, "calls") })
	}
	group.Wait()
	count := func(errs []error, refused string) (n spend.Micros) {
		for _, err := range errs {
			switch name := failure.Name(err); {
			case err == nil:
				n++
			case name != refused && name != failure.StorageUnavailable:
				t.Errorf("refused with %v", err)
			}
		}
		return n
	}
	if n := count(granted, failure.DailySpendCapExceeded); n != day/cost {
		t.Errorf("%d were granted; the cap of the day has room for %d", n, day/cost)
	}
	wantDay(t, l, day/cost*cost, 0)
	if n := count(grantedSame, failure.SpendCapExceeded); n != 2 {
		t.Errorf("%d parts were granted; the cap of the document has room for 2", n)
	}
	wantDay(t, same, 2*cost, 0)
}

// What reading pages with a model did cost counts against the day, although nothing was reserved for it.
func TestReadingPagesIsSettled(t *testing.T) {
	ctx := context.Background()
	l := ledger(t, 0, 1_000_000)
	if err := l.Reserve(ctx, "a", "calls", 60, "4 calls"); err != nil {
		t.Fatal(err)
	}
	haiku := "global." + bedrock.DefaultSummaryModel
	dollars, known := bedrock.CallCost(haiku, 90_000, 20_000)
	if !known || dollars == 0 {
		t.Fatalf("%v dollars", dollars)
	}
	read := &claim.Recognition{Model: haiku, Calls: 60, InputTokens: 90_000, OutputTokens: 20_000}
	models := spend.Models{Analysis: haiku, Summary: haiku, Sentiment: haiku, Keywords: haiku}
	if _, _, err := prompt.Settle(ctx, l, claim.Output{Bucket: "b", Prefix: "work/a"}, models, nil, read); err != nil {
		t.Fatal(err)
	}
	wantDay(t, l, spend.RoundUp(dollars), spend.RoundUp(dollars))
}
