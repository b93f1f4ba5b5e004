// Package event reads the forms in which an S3 object is named to a Lambda function: the
// plain {"bucket", "key"}, an EventBridge event, an S3 notification, one of the last two in
// the envelope of an SNS topic (which calls the function, or a queue passes on) or of a
// Lambda destination, and an SQS batch of these.
//
// The forms differ where it hurts: keys of S3 notifications are URL-encoded with "+" for
// a space, keys of EventBridge events are not (Amazon S3 user guide, "Event message
// structure" and "EventBridge event message structure").
package event

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
)

// Form is how an event names its objects.
type Form string

// The forms.
const (
	Direct       Form = "direct"
	EventBridge  Form = "EventBridge"
	Notification Form = "S3 notification"
	Queue        Form = "SQS batch"
	Test         Form = "S3 test event" // S3 sends it when a notification is configured
)

// Event is what was read. It has Objects, or for the form Queue, Messages.
type Event struct {
	Form     Form
	Objects  []Object
	Messages []Message
}

// Object is an object and what happened to it.
type Object struct {
	Bucket    string
	Key       string // decoded
	VersionID string // empty in a bucket without versions
	ETag      string
	Sequencer string // tells events of the same key apart, in hexadecimal
	Action    string // "ObjectCreated:Put", "Object Created"; empty in the form Direct
}

// Created tells whether the object is there to be read.
func (o Object) Created() bool {
	return o.Action == "" || o.Action == "Object Created" || strings.HasPrefix(o.Action, "ObjectCreated:")
}

// Message is one message of an SQS batch. Its body is read with Decode.
type Message struct {
	ID   string
	Body []byte
}

// MaxRecords bounds the records of one event. SQS batches have at most 10,000 messages
// (Lambda developer guide, "Using Lambda with Amazon SQS").
const MaxRecords = 10_000

// forms has what tells the forms apart.
type forms struct {
	Bucket     *json.RawMessage `json:"bucket"`
	Key        *json.RawMessage `json:"key"`
	Detail     json.RawMessage  `json:"detail"`
	DetailType string           `json:"detail-type"`
	Source     json.RawMessage  `json:"source"`
	Records    json.RawMessage  `json:"Records"`
	Event      string           `json:"Event"`
	// Of the envelope that Amazon SNS puts around a message for SQS, unless raw message
	// delivery is on.
	Type     string `json:"Type"`
	TopicArn string `json:"TopicArn"`
	Message  string `json:"Message"`
	// Of the record that Lambda sends to the destination of an asynchronous call that failed:
	// the event that the function was called with.
	RequestContext json.RawMessage `json:"requestContext"`
	RequestPayload json.RawMessage `json:"requestPayload"`
}

const want = `give {"bucket": "…", "key": "…"}, an EventBridge event of Amazon S3, or an S3 notification`

// Decode reads an event. Its errors are declared as InvalidRequest. When records of an S3
// notification cannot be read, the error is about the first of these, and the event has the
// objects of all others: one broken record is no reason to lose its neighbours.
func Decode(data []byte) (Event, error) { return decode(data, true) }

// decode reads an event; an envelope holds no other one.
func decode(data []byte, envelope bool) (Event, error) {
	if trimmed := bytes.TrimSpace(data); len(trimmed) == 0 || trimmed[0] != '{' {
		return Event{}, invalid("the event is not a JSON object; %s", want)
	}
	var f forms
	if err := json.Unmarshal(data, &f); err != nil {
		return Event{}, invalid("the event cannot be read: %s; %s", failure.JSONFault(err), want)
	}
	switch {
	case envelope && f.Type == "Notification" && f.TopicArn != "":
		return decode([]byte(f.Message), false)
	case envelope && present(f.RequestContext) && present(f.RequestPayload):
		return decode(f.RequestPayload, false)
	case f.Event == "s3:TestEvent": // it has a Bucket too
		return Event{Form: Test}, nil
	case present(f.Records):
		return decodeRecords(f.Records, envelope)
	case present(f.Detail):
		return decodeEventBridge(f)
	case f.Bucket != nil || f.Key != nil:
		return decodeDirect(data)
	}
	return Event{}, invalid("the event names no object; %s", want)
}

func decodeDirect(data []byte) (Event, error) {
	var in struct {
		Bucket    string `json:"bucket"`
		Key       string `json:"key"`
		VersionID string `json:"versionId"`
		ETag      string `json:"eTag"`
		Sequencer string `json:"sequencer"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return Event{}, invalid("the event cannot be read: %s; %s", failure.JSONFault(err), want)
	}
	object := Object{Bucket: in.Bucket, Key: in.Key, VersionID: in.VersionID, ETag: in.ETag, Sequencer: in.Sequencer}
	return single(Direct, object, "")
}

func decodeEventBridge(f forms) (Event, error) {
	var detail struct {
		Bucket struct {
			Name string `json:"name"`
		} `json:"bucket"`
		Object struct {
			Key       string `json:"key"`
			VersionID string `json:"version-id"`
			ETag      string `json:"etag"`
			Sequencer string `json:"sequencer"`
		} `json:"object"`
	}
	if err := json.Unmarshal(f.Detail, &detail); err != nil {
		return Event{}, invalid("the detail of the EventBridge event cannot be read: %s; "+
			"it should be that of an Amazon S3 event, with bucket.name and object.key", failure.JSONFault(err))
	}
	action := f.DetailType
	if action == "" {
		action = "Object Created" // {"detail": …} alone, as a flow passes it on
	}
	object := Object{
		Bucket: detail.Bucket.Name, Key: detail.Object.Key, VersionID: detail.Object.VersionID,
		ETag: detail.Object.ETag, Sequencer: detail.Object.Sequencer, Action: action,
	}
	return single(EventBridge, object, "detail.")
}

func single(form Form, object Object, where string) (Event, error) {
	object, err := checked(object, where)
	if err != nil {
		return Event{}, err
	}
	return Event{Form: form, Objects: []Object{object}}, nil
}

// record is one of Records, of S3, SQS or SNS.
type record struct {
	EventSource string `json:"eventSource"`
	EventName   string `json:"eventName"`
	S3          *struct {
		Bucket struct {
			Name string `json:"name"`
		} `json:"bucket"`
		Object struct {
			Key       string `json:"key"`
			VersionID string `json:"versionId"`
			ETag      string `json:"eTag"`
			Sequencer string `json:"sequencer"`
		} `json:"object"`
	} `json:"s3"`
	MessageID string `json:"messageId"`
	Body      string `json:"body"`
	// Of an SNS topic that calls a function itself (AWS Lambda developer guide, "Invoking
	// Lambda functions with Amazon SNS notifications").
	SNS *struct {
		Message string `json:"Message"`
	} `json:"Sns"`
}

func decodeRecords(data json.RawMessage, envelope bool) (Event, error) {
	var records []record
	if err := json.Unmarshal(data, &records); err != nil {
		return Event{}, invalid("the Records of the event cannot be read: %s", failure.JSONFault(err))
	}
	if len(records) == 0 {
		return Event{}, invalid("the event has no Records; an S3 notification has at least one")
	}
	if len(records) > MaxRecords {
		return Event{}, invalid("the event has %d Records; the limit is %d", len(records), MaxRecords)
	}
	var event Event
	var first error
	for i, r := range records {
		where := fmt.Sprintf("Records[%d].", i)
		if envelope && r.SNS != nil {
			inner, err := decode([]byte(r.SNS.Message), false)
			switch {
			case inner.Form == Queue:
				err = invalid("%sSns.Message holds an SQS batch; it should hold an event of Amazon S3", where)
			case err != nil:
				err = invalid("%sSns.Message: %s", where, failure.Message(err))
			}
			first = cmp.Or(first, err)
			if inner.Form != Queue {
				event.Form = inner.Form
				event.Objects = append(event.Objects, inner.Objects...)
			}
			continue
		}
		form := Notification
		switch {
		case r.EventSource == "aws:sqs":
			form = Queue
		case r.S3 == nil:
			first = cmp.Or(first, invalid("%ss3 is missing (eventSource %q); the records should be of Amazon S3 or Amazon SQS", where, clip(r.EventSource)))
			continue
		}
		if event.Form != "" && event.Form != form {
			return Event{}, invalid("the event mixes records of Amazon S3 and Amazon SQS")
		}
		event.Form = form
		if form == Queue {
			if r.MessageID == "" {
				return Event{}, invalid("%smessageId is missing", where)
			}
			event.Messages = append(event.Messages, Message{ID: r.MessageID, Body: []byte(r.Body)})
			continue
		}
		object, err := r.object(where)
		if err != nil {
			first = cmp.Or(first, err)
			continue
		}
		event.Objects = append(event.Objects, object)
	}
	return event, first
}

// object is what a record of S3 is about.
func (r record) object(where string) (Object, error) {
	key, err := url.QueryUnescape(r.S3.Object.Key)
	if err != nil {
		return Object{}, invalid("%ss3.object.key %q is not URL-encoded, as keys of S3 notifications are: %v", where, clip(r.S3.Object.Key), err)
	}
	return checked(Object{
		Bucket: r.S3.Bucket.Name, Key: key, VersionID: r.S3.Object.VersionID,
		ETag: r.S3.Object.ETag, Sequencer: r.S3.Object.Sequencer, Action: r.EventName,
	}, where+"s3.")
}

// checked returns the object as the rest of the program takes it, or says what is wrong.
func checked(o Object, where string) (Object, error) {
	bucketField, keyField := where+"bucket", where+"key"
	if where != "" {
		bucketField, keyField = where+"bucket.name", where+"object.key"
	}
	switch {
	case o.Bucket == "":
		return o, invalid("%s is missing or empty; it should be the name of an S3 bucket", bucketField)
	case strings.ContainsAny(o.Bucket, "/ \t\n"):
		return o, invalid("%s is %q; it should be the bare name of an S3 bucket, without s3:// and without the key", bucketField, clip(o.Bucket))
	case o.Key == "":
		return o, invalid("%s is missing or empty; it should be the key of an object in %s", keyField, o.Bucket)
	case len(o.Key) > claim.MaxKey:
		return o, invalid("%s has %d bytes; the limit of S3 is %d", keyField, len(o.Key), claim.MaxKey)
	case !utf8.ValidString(o.Key):
		return o, invalid("%s %q is not UTF-8, as keys of S3 are", keyField, clip(o.Key))
	}
	o.VersionID = claim.RealVersion(o.VersionID)
	o.ETag = strings.Trim(o.ETag, `"`)
	return o, nil
}

func present(raw json.RawMessage) bool { return len(raw) > 0 && string(raw) != "null" }

func invalid(format string, args ...any) error {
	return failure.New(failure.InvalidRequest, format, args...)
}

func clip(s string) string {
	const max = 120
	if len(s) <= max {
		return s
	}
	return strings.ToValidUTF8(s[:max], "") + "…"
}
