package logs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

var began = time.Date(2026, time.November, 26, 12, 0, 0, 0, time.UTC)

// groups answers FilterLogEvents: the records of each group, two a page, with an empty page between.
type groups map[string][]types.FilteredLogEvent

func (g groups) FilterLogEvents(_ context.Context, in *cloudwatchlogs.FilterLogEventsInput, _ ...func(*cloudwatchlogs.Options)) (*cloudwatchlogs.FilterLogEventsOutput, error) {
	events, ok := g[*in.LogGroupName]
	if !ok {
		return nil, &types.ResourceNotFoundException{Message: aws.String("The specified log group does not exist.")}
	}
	page := 0
	if in.NextToken != nil {
		if _, err := fmt.Sscan(*in.NextToken, &page); err != nil {
			return nil, err
		}
	}
	var found []types.FilteredLogEvent
	for _, e := range events {
		if *e.Timestamp >= *in.StartTime && (in.EndTime == nil || *e.Timestamp < *in.EndTime) && strings.Contains(*e.Message, strings.Trim(aws.ToString(in.FilterPattern), `"`)) {
			found = append(found, e)
		}
	}
	out := &cloudwatchlogs.FilterLogEventsOutput{NextToken: aws.String(fmt.Sprint(page + 1))}
	if page%2 == 1 {
		return out, nil
	}
	from := page
	out.Events = found[min(from, len(found)):min(from+2, len(found))]
	if from+2 >= len(found) {
		out.NextToken = nil
	}
	return out, nil
}

func event(id string, second int, message string) types.FilteredLogEvent {
	return types.FilteredLogEvent{EventId: &id, Timestamp: aws.Int64(began.Add(time.Duration(second) * time.Second).UnixMilli()), Message: &message}
}

func TestReaderJoinsGroupsByTime(t *testing.T) {
	store := groups{
		"/aws/lambda/docs-extract": {event("e1", 1, "one\n"), event("e2", 3, "three"), event("e3", 5, "five"), event("e4", 7, "seven")},
		"/aws/lambda/docs-prompt":  {event("p1", 2, "two"), event("p2", 4, "four"), event("p3", 6, "six")},
	}
	reader := &Reader{Client: store, Sources: Sources("docs")}
	read := func(q Query) (string, bool) {
		t.Helper()
		records, truncated, err := reader.Read(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		var words []string
		for _, r := range records {
			words = append(words, r.Source+":"+r.Message)
		}
		return strings.Join(words, " "), truncated
	}
	if got, _ := read(Query{Since: began}); got != "extract:one prompt:two extract:three prompt:four extract:five prompt:six extract:seven" {
		t.Errorf("read %s", got)
	}
	store["/aws/lambda/docs-prompt"] = append(store["/aws/lambda/docs-prompt"], event("p4", 6, "late"))
	if got, _ := read(Query{Since: began.Add(5 * time.Second)}); got != "prompt:late" {
		t.Errorf("then %s", got)
	}
	reader.Forget(began.Add(6 * time.Second))
	if got, _ := read(Query{Since: began.Add(6 * time.Second)}); got != "" {
		t.Errorf("what was given is given again: %s", got)
	}
	reader = &Reader{Client: store, Sources: Sources("docs")}
	if got, truncated := read(Query{Since: began, Limit: 1}); got != "extract:one prompt:two" || !truncated {
		t.Errorf("one each: %s, %v", got, truncated)
	}
	reader = &Reader{Client: store, Sources: Sources("docs")}
	if got, _ := read(Query{Since: began, Until: began.Add(4 * time.Second), Pattern: `"three"`}); got != "extract:three" {
		t.Errorf("filtered: %s", got)
	}
	reader = &Reader{Client: store, Sources: Sources("other")}
	var missing *MissingError
	if _, _, err := reader.Read(t.Context(), Query{Since: began}); !errors.As(err, &missing) || len(missing.Groups) != 7 {
		t.Errorf("another stack: %v", err)
	}
}

func TestLine(t *testing.T) {
	for _, test := range []struct{ message, level, text, fields string }{
		{`{"time":"2026-11-26T12:00:00Z","level":"INFO","msg":"done","function":"extract","pages":3,"execution":"a b"}`, "INFO", "done", `execution="a b" function=extract pages=3`},
		{`{"timestamp":"2026-11-26T12:00:00Z","level":"ERROR","message":"boom","requestId":"r"}`, "ERROR", "boom", "requestId=r"},
		{`{"time":"2026-11-26T12:00:00Z","type":"platform.report","record":{"requestId":"r","metrics":{"durationMs":12.5}}}`, "", "platform.report", `metrics={"durationMs":12.5} requestId=r`},
		{`{"id":"7","type":"TaskFailed","details":{"resourceType":"lambda","error":"Unexpected"},"previous_event_id":"6","event_timestamp":"1","execution_arn":"arn"}`, "ERROR", "TaskFailed", "error=Unexpected execution_arn=arn resourceType=lambda"},
		{"START RequestId: r", "", "START RequestId: r", ""},
		{`"text"`, "", `"text"`, ""},
		{`{"a":""}`, "", "", `a=""`},
	} {
		line, readable := Record{Message: test.message}.Line()
		if !readable || line != (Line{test.level, test.text, test.fields}) {
			t.Errorf("%s\nis %+v", test.message, line)
		}
	}
	if _, readable := (Record{Message: `{"_aws":{},"Pages":3}`}).Line(); readable {
		t.Error("metrics are read as a log")
	}
}

// TestSourcesAreThoseOfTheTemplate reads the names of log groups in template.yaml.
func TestSourcesAreThoseOfTheTemplate(t *testing.T) {
	template, err := os.ReadFile(filepath.Join("..", "..", "..", "..", "template.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var ours []string
	for _, source := range Sources("${AWS::StackName}") {
		ours = append(ours, source.Group)
	}
	var theirs []string
	for _, match := range regexp.MustCompile(`LogGroupName: !Sub "?([^"\n]+)`).FindAllStringSubmatch(string(template), -1) {
		theirs = append(theirs, match[1])
	}
	slices.Sort(ours)
	slices.Sort(theirs)
	if !slices.Equal(ours, theirs) {
		t.Errorf("sources %q, log groups of the template %q", ours, theirs)
	}
}

func FuzzLine(f *testing.F) {
	f.Add(`{"time":"2026-11-26T12:00:00Z","level":"INFO","msg":"done"}`)
	f.Add(`{"type":"x","record":{"type":{"record":1}},"details":7}`)
	f.Fuzz(func(t *testing.T, message string) {
		record := Record{Message: message}
		if line, readable := record.Line(); readable && line == (Line{}) && strings.TrimSpace(message) != "" && !strings.HasPrefix(strings.TrimSpace(message), "{") {
			t.Errorf("%q is lost", message)
		}
	})
}
