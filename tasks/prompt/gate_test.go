package prompt_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/internal/s3test"
	"github.com/docflow-asl/docflow/tasks/prompt"
	"github.com/docflow-asl/docflow/tasks/quota"
	"github.com/docflow-asl/docflow/tasks/spend"
	"github.com/google/go-cmp/cmp"
)

// lanes is the table of a gate: its three updates, in Go.
type lanes struct {
	spend.DynamoDB
	mu   sync.Mutex
	next map[string]int64
}

func (l *lanes) UpdateItem(_ context.Context, in *dynamodb.UpdateItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	number := func(name string) int64 {
		n, err := strconv.ParseInt(in.ExpressionAttributeValues[name].(*types.AttributeValueMemberN).Value, 10, 64)
		if err != nil {
			panic(err)
		}
		return n
	}
	id := in.Key["id"].(*types.AttributeValueMemberS).Value
	if in.ExpressionAttributeValues[":from"] == nil {
		l.next[id] -= number(":span")
		return &dynamodb.UpdateItemOutput{}, nil
	}
	old, waits := l.next[id], l.next[id] > number(":from")
	behind := strings.Contains(*in.UpdateExpression, ":span")
	if waits != behind || behind && strings.Contains(*in.ConditionExpression, ":latest") && old > number(":latest") {
		return nil, &types.ConditionalCheckFailedException{}
	}
	if !behind {
		l.next[id] = number(":next")
		return &dynamodb.UpdateItemOutput{}, nil
	}
	l.next[id] += number(":span")
	return &dynamodb.UpdateItemOutput{Attributes: map[string]types.AttributeValue{"nextCall": &types.AttributeValueMemberN{Value: strconv.FormatInt(old, 10)}}}, nil
}

func (l *lanes) GetItem(_ context.Context, in *dynamodb.GetItemInput, _ ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	next := l.next[in.Key["id"].(*types.AttributeValueMemberS).Value]
	return &dynamodb.GetItemOutput{Item: map[string]types.AttributeValue{"nextCall": &types.AttributeValueMemberN{Value: strconv.FormatInt(next, 10)}}}, nil
}

var morning = time.Date(2026, 11, 30, 8, 0, 0, 0, time.UTC)

// taken are the lanes as seconds of the quota that were taken from morning on.
func (l *lanes) taken() map[string]float64 {
	all := map[string]float64{}
	for id, next := range l.next {
		all[id] = float64(next-morning.UnixMilli()) / 1000
	}
	return all
}

// startGated starts a handler with a gate on which a call of each model takes two seconds.
func startGated(t *testing.T) (*s3test.Server, *prompt.Handler, *lanes) {
	t.Helper()
	server, handler := start(t)
	limit := quota.Limit{Requests: 30 / quota.Share}
	table := &lanes{next: map[string]int64{}}
	handler.Gate = &quota.Gate{API: table, Table: "spend", Analysis: limit, Others: limit, Now: func() time.Time { return morning }}
	return server, handler, table
}

var twoModels = &spend.Models{Analysis: "sonnet", Summary: "haiku", Sentiment: "haiku", Keywords: "haiku"}

func handle(t *testing.T, handler *prompt.Handler, request prompt.Request) prompt.Result {
	t.Helper()
	result, err := handler.Handle(context.Background(), request)
	if err != nil {
		t.Fatal(err)
	}
	return result
}

func times(calls ...prompt.Call) []string {
	var all []string
	for _, c := range calls {
		all = append(all, strings.TrimSuffix(strings.TrimPrefix(c.NotBefore, "2026-11-30T08:"), "Z"))
	}
	return all
}

// Calls get times at the rate of the quota, in the result and in the list, and the document's time is taken with that of the questions
// that will follow.
func TestGatedCalls(t *testing.T) {
	server, handler, table := startGated(t)
	request := store(t, server, "one", "two", "three", "four")
	request.Models = twoModels
	result := handle(t, handler, request)
	if got := times(result.Items...); !slices.Equal(got, []string{"", "00:02", "00:04", "00:06"}) || result.NotBefore != "" || result.Concurrency != prompt.GatedConcurrency {
		t.Errorf("the calls have the times %q: %+v", got, result)
	}
	var listed []prompt.Call
	server.GetJSON(t, "results", result.Calls.Key, &listed)
	if diff := cmp.Diff(result.Items, listed); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]float64{"rate#sonnet": 8, "rate#haiku": 6, "rate#sonnet#calls": 8}, table.taken()); diff != "" {
		t.Error(diff)
	}
	for i := range 4 {
		respond(t, server, i, bedrock.StopEndTurn, analysis(t, bedrock.Analysis{Language: "en", Title: "x"}))
	}
	request.Step = prompt.Synthesis
	result = handle(t, handler, request)
	if got := times(*result.Summary, *result.Sentiment, *result.Keywords); !slices.Equal(got, []string{"", "00:02", "00:04"}) {
		t.Errorf("the questions have the times %q", got)
	}
	if got := table.taken()["rate#haiku#calls"]; got != 6 {
		t.Errorf("the questions took %v seconds", got)
	}
	// An answer that has to be asked for again.
	putResponse(t, server, "summary", 0, 0, bedrock.StopMaxTokens, "")
	if _, err := handler.Check(context.Background(), prompt.CheckRequest{Step: prompt.Check, Request: output.Request("summary", 0, 0).URI(), Model: "haiku"}); err != nil {
		t.Fatal(err)
	}
	if taken := table.taken(); taken["rate#haiku"] != 8 || taken["rate#haiku#calls"] != 8 {
		t.Errorf("with the second try are taken %v", taken)
	}
}

// With a quota of tokens a call takes what its request has and the longest answer may have.
func TestGatedTokens(t *testing.T) {
	server, handler, table := startGated(t)
	limit := quota.Limit{Tokens: 60_000 / quota.Share} // a thousand a second
	handler.Gate.Analysis, handler.Gate.Others = limit, limit
	request := store(t, server, strings.Repeat("The harbour grew. ", 2_000), "short")
	request.Models = twoModels
	result := handle(t, handler, request)
	asked := readRequest(t, server, &result.Items[0])
	want := float64(prompt.RequestTokens(asked)+asked.MaxTokens) / 1000
	second := readRequest(t, server, &result.Items[1])
	if at, err := time.Parse(time.RFC3339, result.Items[1].NotBefore); err != nil || want < 5 || at.Sub(morning).Seconds() < want-0.01 || at.Sub(morning).Seconds() > want+1 {
		t.Errorf("the second call begins at %s; the first takes %v seconds", result.Items[1].NotBefore, want)
	}
	want += float64(prompt.RequestTokens(second)+second.MaxTokens) / 1000
	if got := table.taken()["rate#sonnet#calls"]; got < want-0.01 || got > want+0.01 {
		t.Errorf("the calls took %v seconds, want %v", got, want)
	}
}

// Behind a backlog the document waits as a whole, and its calls are prepared when its turn has come.
func TestGatedDocument(t *testing.T) {
	server, handler, table := startGated(t)
	request := store(t, server, "one", "two")
	request.Models = twoModels
	table.next["rate#sonnet"] = morning.Add(3 * time.Hour).UnixMilli()
	result := handle(t, handler, request)
	if diff := cmp.Diff(prompt.Result{NotBefore: "2026-11-30T11:00:00Z"}, result); diff != "" {
		t.Error(diff)
	}
	if got := table.taken()["rate#sonnet#calls"]; got != 0 {
		t.Errorf("%v seconds are taken for calls", got)
	}
	request.Admitted = true
	before := table.taken()
	if result = handle(t, handler, request); len(result.Items) != 2 || result.NotBefore != "" {
		t.Errorf("got %+v", result)
	}
	after := table.taken()
	if after["rate#sonnet#calls"] != 4 || after["rate#sonnet"] != before["rate#sonnet"] || after["rate#haiku"] != before["rate#haiku"] {
		t.Errorf("are taken %v, before %v", after, before)
	}
	// So long a backlog that the document is not let in.
	table.next["rate#sonnet"] = morning.Add(quota.MaxWait).UnixMilli()
	request.Admitted = false
	before = table.taken()
	if _, err := handler.Handle(context.Background(), request); failure.Name(err) != failure.ModelBacklogExceeded || !slices.Contains(prompt.Errors().Poison(), failure.ModelBacklogExceeded) {
		t.Errorf("got %v", err)
	}
	if diff := cmp.Diff(before, table.taken()); diff != "" {
		t.Error("a document that is not let in took time:", diff)
	}
}

// Calls whose answers are there take no time, and a document of which all are waits for nothing.
func TestGatedCache(t *testing.T) {
	server, handler, table := startGated(t)
	handler.Cache = true
	request := store(t, server, "one", "two", "three")
	request.Models = twoModels
	first := handle(t, handler, request)
	remember := func(i int) {
		t.Helper()
		respond(t, server, i, bedrock.StopEndTurn, analysis(t, bedrock.Analysis{Language: "en", Title: "x"}))
		checked, err := handler.Check(context.Background(), prompt.CheckRequest{Step: prompt.Check, Request: first.Items[i].Request, Model: "sonnet"})
		if err != nil || checked.Status != prompt.Usable {
			t.Fatalf("%+v, %v", checked, err)
		}
	}
	remember(0)
	remember(2)
	clear(table.next)
	result := handle(t, handler, request)
	if !result.Items[0].Cached || result.Items[1].Cached || !result.Items[2].Cached {
		t.Fatalf("got %+v", result.Items)
	}
	if diff := cmp.Diff(map[string]float64{"rate#sonnet": 2, "rate#haiku": 6, "rate#sonnet#calls": 2}, table.taken()); diff != "" {
		t.Error(diff)
	}
	remember(1)
	clear(table.next)
	table.next["rate#sonnet"] = morning.Add(3 * time.Hour).UnixMilli()
	if result = handle(t, handler, request); len(result.Items) != 3 || len(table.next) != 1 {
		t.Errorf("got %+v, taken %v", result, table.taken())
	}
	// Under a guardrail nothing was answered yet.
	handler.Guardrail = "g:1"
	if result = handle(t, handler, request); result.NotBefore == "" {
		t.Errorf("got %+v", result)
	}
}

func TestGuardedCalls(t *testing.T) {
	server, handler := start(t)
	handler.Guardrail, handler.Concurrency = "g:1", 17
	request := store(t, server, "one", "two")
	result := handle(t, handler, request)
	if len(result.Items) != 2 || !result.Items[0].Guarded || !result.Items[1].Guarded || result.Concurrency != 17 {
		t.Errorf("got %+v", result)
	}
	for i := range 2 {
		respond(t, server, i, bedrock.StopEndTurn, analysis(t, bedrock.Analysis{Language: "en", Title: "x"}))
	}
	request.Step = prompt.Synthesis
	if result = handle(t, handler, request); !result.Summary.Guarded || !result.Sentiment.Guarded || !result.Keywords.Guarded {
		t.Errorf("got %+v", result)
	}
	putResponse(t, server, "summary", 0, 0, bedrock.StopMaxTokens, "")
	if checked := check(t, handler, result.Summary.Request); checked.Status != prompt.Repair || !checked.Guarded {
		t.Errorf("got %+v", checked)
	}
}

// With all that a call can have, the calls of a list fit a state, and its size is what is promised.
func TestGatedCallsFitAState(t *testing.T) {
	server, handler, table := startGated(t)
	handler.Guardrail = "g:1"
	request := store(t, server, make([]string, prompt.MaxItems)...)
	request.Models = twoModels
	request.Output.Prefix = "work/" + strings.Repeat("n", 80)
	table.next["rate#sonnet#calls"] = morning.Add(time.Minute).UnixMilli()
	result := handle(t, handler, request)
	data, err := json.Marshal(result.Items)
	if err != nil || len(result.Items) != prompt.MaxItems || len(data) > prompt.MaxItemsBytes {
		t.Errorf("%d calls with %d bytes, %v", len(result.Items), len(data), err)
	}
	for i, c := range result.Items {
		if c.NotBefore == "" || !c.Guarded {
			t.Fatalf("call %d: %+v", i, c)
		}
	}
	t.Log(fmt.Sprint(len(data), " bytes"))
}
