package combine_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/google/go-cmp/cmp"
)

func TestArticleForm(t *testing.T) {
	item := func(stop bedrock.StopReason, text string) string {
		body, err := json.Marshal(bedrock.InvokeModelResult{Body: response("some-model", stop, text), ContentType: "application/json"})
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	const failed = `{"Error":"Bedrock.ThrottlingException","Cause":"slow"}`
	type want struct {
		status              combine.Status
		sentiment, keywords bool
		prose               map[bedrock.Step]string
		missing             []string
	}
	cases := []struct {
		name, payload string
		want          want
	}{
		{"both", "[" + item(bedrock.StopEndTurn, sentimentJSON) + "," + item(bedrock.StopEndTurn, "```json\n"+keywordsJSON+"\n```") + "]", want{combine.Complete, true, true, nil, nil}},
		{"one failed", "[" + item(bedrock.StopEndTurn, sentimentJSON) + "," + failed + "]", want{combine.Partial, true, false, nil, []string{"keywords: Bedrock.ThrottlingException: slow"}}},
		{"one failed, as a member", `[{"text":"…","error":` + failed + "}," + item(bedrock.StopEndTurn, keywordsJSON) + "]", want{combine.Partial, false, true, nil, []string{"sentiment: Bedrock.ThrottlingException: slow"}}},
		{"one is not there", "[" + item(bedrock.StopEndTurn, sentimentJSON) + "]", want{combine.Partial, true, false, nil, []string{"keywords: NotAnswered: the array has no item for it"}}},
		{"named steps", `[{"step":"keywords","Body":` + strings.TrimPrefix(strings.Split(item(bedrock.StopEndTurn, keywordsJSON), `,"ContentType"`)[0], `{"Body":`) + `},{"step":"sentiment","Error":"E"}]`, want{combine.Partial, false, true, nil, []string{"sentiment: E: "}}},
		{"prose, as the article's prompts ask for", "[" + item(bedrock.StopEndTurn, "全体として前向きです。") + "," + item(bedrock.StopEndTurn, "港、貿易") + "]", want{combine.Complete, false, false, map[bedrock.Step]string{"sentiment": "全体として前向きです。", "keywords": "港、貿易"}, nil}},
		{"prose that was cut", "[" + item(bedrock.StopMaxTokens, "全体として") + "," + item(bedrock.StopEndTurn, keywordsJSON) + "]", want{combine.Partial, false, true, map[bedrock.Step]string{"sentiment": "全体として"}, []string{"sentiment: TruncatedAnswer"}}},
		{"JSON that does not match", "[" + item(bedrock.StopEndTurn, `{"sentiment":"GREAT"}`) + "," + item(bedrock.StopEndTurn, keywordsJSON) + "]", want{combine.Partial, false, true, nil, []string{"sentiment: InvalidAnswer"}}},
		{"refusal", "[" + item(bedrock.StopRefusal, "I will not.") + "," + item(bedrock.StopEndTurn, keywordsJSON) + "]", want{combine.Partial, false, true, nil, []string{"sentiment: RefusedAnswer"}}},
	}
	handler := &combine.Handler{Log: slog.New(slog.DiscardHandler)}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			result, err := invoke(t, handler, c.payload)
			if err != nil {
				t.Fatal(err)
			}
			if result.Status != c.want.status || (result.Sentiment != nil) != c.want.sentiment || (result.Keywords != nil) != c.want.keywords || !cmp.Equal(result.Prose, c.want.prose) {
				t.Errorf("got %+v", result)
			}
			if len(result.Missing) != len(c.want.missing) {
				t.Fatalf("missing %+v, want %v", result.Missing, c.want.missing)
			}
			for i, m := range result.Missing {
				if got := m.Part + ": " + m.Error + ": " + m.Cause; !strings.HasPrefix(got, c.want.missing[i]) {
					t.Errorf("missing %s, want %s", got, c.want.missing[i])
				}
			}
		})
	}
}

func TestArticleFormThatMakesNoSense(t *testing.T) {
	handler := &combine.Handler{Log: slog.New(slog.DiscardHandler)}
	cases := []struct{ payload, want, text string }{
		{`[]`, failure.InvalidRequest, "the array of branches is empty"},
		{`[7]`, failure.InvalidRequest, "the output array of a Parallel state"},
		{`[{}]`, failure.InvalidRequest, "item 0 of the array (sentiment) has neither Body nor Error"},
		{`[{"Error":"E"},{"Error":"E"},{"Error":"E"}]`, failure.InvalidRequest, "item 2 of the array is of no known step"},
		{`[{"step":"analysis","Error":"E"}]`, failure.InvalidRequest, `item 0 of the array is of no known step ("analysis")`},
		{`[{"step":"keywords","Error":"E"},{"Error":"E"}]`, failure.InvalidRequest, "item 1 of the array is of the step keywords, as an earlier one"},
		{`[{"Body":{"content":7}}]`, failure.InvalidRequest, "content is a number"},
		{`[{"Error":"E","Cause":"c"},{"Error":"F"}]`, failure.NoUsableAnswer, "sentiment: E: c; keywords: F"},
		{`"x"`, failure.InvalidRequest, "or the output array of a Parallel state"},
	}
	for _, c := range cases {
		_, err := invoke(t, handler, c.payload)
		if failure.Name(err) != c.want || !strings.Contains(failure.Message(err), c.text) {
			t.Errorf("%s\n got %v\nwant %s with %q", c.payload, err, c.want, c.text)
		}
	}
}

func FuzzArticleForm(f *testing.F) {
	f.Add([]byte(`[{"Body":{"content":[{"type":"text","text":"x"}],"stop_reason":"end_turn"},"ContentType":"application/json"},{"Error":"E","Cause":"c"}]`))
	f.Add([]byte(`[{"error":{"Error":"E"}}]`))
	f.Fuzz(func(t *testing.T, payload []byte) {
		handler := &combine.Handler{Log: slog.New(slog.DiscardHandler)}
		if !bytes.HasPrefix(bytes.TrimSpace(payload), []byte("[")) {
			return
		}
		out, err := handler.Function().Invoke(context.Background(), payload)
		if err != nil {
			if name := failure.Name(err); name != failure.InvalidRequest && name != failure.NoUsableAnswer {
				t.Errorf("got %v", err)
			}
			return
		}
		var result combine.Result
		if err := json.Unmarshal(out, &result); err != nil || (result.Status == combine.Complete) != (len(result.Missing) == 0) {
			t.Errorf("got %s, %v", out, err)
		}
	})
}
