package event_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/tasks/event"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/google/go-cmp/cmp"
)

// The shapes are those of the Amazon S3 user guide, "Event message structure" and
// "EventBridge event message structure".
const (
	eventBridge = `{"version":"0","id":"17793124-05d4-b198-2fde-7ededc63b103","detail-type":"Object Created","source":"aws.s3",
		"account":"111122223333","time":"2026-11-12T00:00:00Z","region":"ca-central-1","resources":["arn:aws:s3:::uploads"],
		"detail":{"version":"0","bucket":{"name":"uploads"},"object":{"key":"a b+c%20日本.pdf","size":5,
		"etag":"b1946ac92492d2347c6235b4d2611184","version-id":"IYV3p45BT0ac8hjHg1houSdS1a.Mro8e","sequencer":"617f08299329d189"},
		"request-id":"N4N7GDK58NMKJ12R","requester":"123456789012","source-ip-address":"1.2.3.4","reason":"PutObject"}}`
	notification = `{"Records":[{"eventVersion":"2.5","eventSource":"aws:s3","awsRegion":"us-west-2","eventTime":"1970-01-01T00:00:00.000Z",
		"eventName":"%s","s3":{"s3SchemaVersion":"1.0","configurationId":"c","bucket":{"name":"uploads","arn":"arn:aws:s3:::uploads"},
		"object":{"key":"%s","size":1024,"eTag":"d41d8cd98f00b204e9800998ecf8427e","versionId":%s,"sequencer":"0055AED6DCD90281E5"}}}]}`
)

func TestDecode(t *testing.T) {
	plain := func(o event.Object) event.Event { return event.Event{Form: event.Direct, Objects: []event.Object{o}} }
	cases := []struct {
		name string
		in   string
		want event.Event
	}{
		{"direct", `{"bucket":"uploads","key":"a b+c%20.pdf"}`, plain(event.Object{Bucket: "uploads", Key: "a b+c%20.pdf"})},
		{"direct with version", `{"bucket":"uploads","key":"k","versionId":"v1","extra":[1]}`, plain(event.Object{Bucket: "uploads", Key: "k", VersionID: "v1"})},
		{"direct with the version null", `{"bucket":"uploads","key":"k","versionId":"null","sequencer":"1","eTag":"\"e\""}`, plain(event.Object{Bucket: "uploads", Key: "k", Sequencer: "1", ETag: "e"})},
		{"keys of EventBridge are not encoded", eventBridge, event.Event{Form: event.EventBridge, Objects: []event.Object{{
			Bucket: "uploads", Key: "a b+c%20日本.pdf", VersionID: "IYV3p45BT0ac8hjHg1houSdS1a.Mro8e",
			ETag: "b1946ac92492d2347c6235b4d2611184", Sequencer: "617f08299329d189", Action: "Object Created",
		}}}},
		{"detail alone", `{"detail":{"bucket":{"name":"b"},"object":{"key":"k"}}}`, event.Event{Form: event.EventBridge, Objects: []event.Object{{
			Bucket: "b", Key: "k", Action: "Object Created",
		}}}},
		{"keys of notifications are encoded", fmt.Sprintf(notification, "ObjectCreated:Put", "a+b%2Bc%2520%E6%97%A5%E6%9C%AC.pdf", `"v1"`), event.Event{Form: event.Notification, Objects: []event.Object{{
			Bucket: "uploads", Key: "a b+c%20日本.pdf", VersionID: "v1", ETag: "d41d8cd98f00b204e9800998ecf8427e", Sequencer: "0055AED6DCD90281E5", Action: "ObjectCreated:Put",
		}}}},
		{"notification without versions", fmt.Sprintf(notification, "ObjectCreated:CompleteMultipartUpload", "k", `null`), event.Event{Form: event.Notification, Objects: []event.Object{{
			Bucket: "uploads", Key: "k", ETag: "d41d8cd98f00b204e9800998ecf8427e", Sequencer: "0055AED6DCD90281E5", Action: "ObjectCreated:CompleteMultipartUpload",
		}}}},
		{"queue", `{"Records":[{"messageId":"m1","body":"{}","eventSource":"aws:sqs"},{"messageId":"m2","body":"x","eventSource":"aws:sqs"}]}`, event.Event{
			Form: event.Queue, Messages: []event.Message{{ID: "m1", Body: []byte("{}")}, {ID: "m2", Body: []byte("x")}},
		}},
		{"topic", fmt.Sprintf(`{"Type":"Notification","MessageId":"m","TopicArn":"arn:aws:sns:us-east-1:1:t","Message":%q}`, fmt.Sprintf(notification, "ObjectCreated:Put", "k", `"v1"`)), event.Event{Form: event.Notification, Objects: []event.Object{{
			Bucket: "uploads", Key: "k", VersionID: "v1", ETag: "d41d8cd98f00b204e9800998ecf8427e", Sequencer: "0055AED6DCD90281E5", Action: "ObjectCreated:Put",
		}}}},
		{"a call that failed", `{"version":"1.0","requestContext":{"condition":"RetriesExhausted","approximateInvokeCount":3},"requestPayload":` + eventBridge + `,"responseContext":{"statusCode":200}}`, event.Event{Form: event.EventBridge, Objects: []event.Object{{
			Bucket: "uploads", Key: "a b+c%20日本.pdf", VersionID: "IYV3p45BT0ac8hjHg1houSdS1a.Mro8e",
			ETag: "b1946ac92492d2347c6235b4d2611184", Sequencer: "617f08299329d189", Action: "Object Created",
		}}}},
		{"call of a topic", fmt.Sprintf(`{"Records":[{"EventSource":"aws:sns","EventVersion":"1.0","Sns":{"Type":"Notification","MessageId":"m","Message":%q}}]}`, eventBridge), event.Event{Form: event.EventBridge, Objects: []event.Object{{
			Bucket: "uploads", Key: "a b+c%20日本.pdf", VersionID: "IYV3p45BT0ac8hjHg1houSdS1a.Mro8e",
			ETag: "b1946ac92492d2347c6235b4d2611184", Sequencer: "617f08299329d189", Action: "Object Created",
		}}}},
		{"test event of a topic", `{"Type":"Notification","TopicArn":"arn:aws:sns:us-east-1:1:t","Message":"{\"Event\":\"s3:TestEvent\"}"}`, event.Event{Form: event.Test}},
		{"test event", `{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2014-10-13T15:57:02.089Z","Bucket":"uploads"}`, event.Event{Form: event.Test}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := event.Decode([]byte(c.in))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestDecodeSaysWhatIsWrong(t *testing.T) {
	cases := []struct{ in, want string }{
		{``, "not a JSON object"},
		{`null`, "not a JSON object"},
		{`[{"bucket":"b","key":"k"}]`, "not a JSON object"},
		{`{"bucket":"b"`, "it is not JSON (near byte"},
		{`{}`, "names no object"},
		{`{"Type":"Notification","TopicArn":"t","Message":"{\"Type\":\"Notification\",\"TopicArn\":\"t\",\"Message\":\"{}\"}"}`, "names no object"},
		{`{"Type":"Notification","TopicArn":"t"}`, "not a JSON object"},
		{`{"name":"x"}`, `give {"bucket": "…", "key": "…"}`},
		{`{"bucket":"b"}`, "key is missing or empty; it should be the key of an object in b"},
		{`{"key":"k"}`, "bucket is missing or empty"},
		{`{"bucket":"","key":"k"}`, "bucket is missing or empty"},
		{`{"bucket":7,"key":"k"}`, "bucket is a number"},
		{`{"bucket":"s3://b/k","key":"k"}`, `bucket is "s3://b/k"; it should be the bare name`},
		{`{"bucket":"b","key":"` + strings.Repeat("k", 1025) + `"}`, "key has 1025 bytes; the limit of S3 is 1024"},
		{`{"Records":[]}`, "has no Records"},
		{`{"Records":7}`, "it is a number where another type belongs"},
		{`{"Records":[{"EventSource":"aws:sns","Sns":{}}]}`, "Records[0].Sns.Message: the event is not a JSON object"},
		{`{"Records":[{"EventSource":"aws:sns","Sns":{"Message":"{\"Records\":[{\"eventSource\":\"aws:sqs\",\"messageId\":\"m\"}]}"}}]}`, "Records[0].Sns.Message holds an SQS batch"},
		{`{"Records":[{"EventSource":"aws:sns","Sns":{"Message":"{\"Records\":[{\"Sns\":{\"Message\":\"{}\"}}]}"}}]}`, "Records[0].Sns.Message: Records[0].s3 is missing"},
		{`{"Records":[{"eventSource":"aws:sqs","body":"x"}]}`, "Records[0].messageId is missing"},
		{`{"Records":[{"eventSource":"aws:s3","s3":{"bucket":{"name":"b"},"object":{"key":"100%"}}}]}`, `key "100%" is not URL-encoded`},
		{`{"Records":[{"eventSource":"aws:s3","s3":{"bucket":{"name":"b"},"object":{"key":"%ff%fe"}}}]}`, "is not UTF-8"},
		{`{"Records":[{"eventSource":"aws:s3","s3":{"bucket":{},"object":{"key":"k"}}}]}`, "Records[0].s3.bucket.name is missing"},
		{`{"Records":[{"eventSource":"aws:s3","s3":{"bucket":{"name":"b"},"object":{"key":"k"}}},{"eventSource":"aws:sqs","messageId":"m"}]}`, "mixes records"},
		{`{"detail":{}}`, "detail.bucket.name is missing"},
		{`{"detail":"x"}`, "the detail of the EventBridge event cannot be read"},
		{`{"detail":{"bucket":{"name":"b"},"object":{}}}`, "detail.object.key is missing"},
	}
	for _, c := range cases {
		_, err := event.Decode([]byte(c.in))
		if failure.Name(err) != failure.InvalidRequest || !strings.Contains(failure.Message(err), c.want) {
			t.Errorf("%.80s\n got %v\nwant %s with %q", c.in, err, failure.InvalidRequest, c.want)
		}
	}
}

func TestCreated(t *testing.T) {
	for action, want := range map[string]bool{
		"": true, "Object Created": true, "ObjectCreated:Put": true, "ObjectCreated:Copy": true,
		"Object Deleted": false, "ObjectRemoved:Delete": false, "Object Tags Added": false, "ObjectRestore:Completed": false,
	} {
		if got := (event.Object{Action: action}).Created(); got != want {
			t.Errorf("%q: got %v", action, got)
		}
	}
}

// S3 encodes keys as url.QueryEscape does (a space is "+"); whatever the key, what comes
// out is what the object is called.
func FuzzNotificationKey(f *testing.F) {
	for _, key := range []string{"a b", "a+b", "a%2Bb", "日本語/報告書 1.pdf", "100%", "é", "a&b=c?d#e"} {
		f.Add(key)
	}
	f.Fuzz(func(t *testing.T, key string) {
		if key == "" || len(key) > 1024 || !utf8.ValidString(key) {
			return
		}
		in := fmt.Sprintf(notification, "ObjectCreated:Put", url.QueryEscape(key), "null")
		got, err := event.Decode([]byte(in))
		if err != nil || got.Objects[0].Key != key {
			t.Errorf("%q: got %+v, %v", key, got, err)
		}
	})
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(eventBridge))
	f.Add([]byte(fmt.Sprintf(notification, "ObjectCreated:Put", "k", "null")))
	f.Add([]byte(`{"bucket":"b","key":"k"}`))
	f.Add([]byte(`{"Records":[{"messageId":"m1","body":"{}","eventSource":"aws:sqs"}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := event.Decode(data)
		if err != nil {
			if failure.Name(err) != failure.InvalidRequest {
				t.Errorf("the error is not declared: %v", err)
			}
			return
		}
		for _, object := range got.Objects {
			if object.Bucket == "" || object.Key == "" || !utf8.ValidString(object.Key) || object.VersionID == "null" {
				t.Errorf("an object that names nothing: %+v", object)
			}
		}
		if len(got.Objects) == 0 && len(got.Messages) == 0 && got.Form != event.Test {
			t.Errorf("nothing came out: %+v", got)
		}
	})
}
