package delivery

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
	"time"
)

type form uint8

const (
	bridge form = iota
	notification
)

// event is one event of S3; its copies are the same event.
type event struct {
	place     place
	group     *group // nil of one that no execution is for
	form      form
	removed   bool
	sequencer string
	etag      string
}

// source is a bucket, and how it tells of uploads.
type source struct {
	name      string
	versioned bool
	null      bool // the version id is "null"
	form      form
}

// sources are the buckets of a path.
func (p Path) sources() []source {
	var all []source
	for _, b := range buckets {
		if p == AllPaths || (p == Called) == (b.name == callBucket) {
			all = append(all, b)
		}
	}
	return all
}

// buckets are those of the uploads: with versions, without, and with versioning suspended.
var buckets = []source{
	{"uploads-versioned", true, false, bridge},
	{"uploads-plain", false, false, notification},
	{"uploads-suspended", false, true, bridge},
	{"uploads-both", true, false, notification},
	{topicBucket, false, false, notification},
	{callBucket, true, false, bridge},
}

// callBucket sends its events by EventBridge to the function, without a queue between.
const callBucket = "uploads-call"

// topicBucket sends its notifications to an SNS topic, to which the queue subscribes.
const topicBucket = "uploads-topic"

// pieces are what keys are made of.
var pieces = []string{
	"report", "a b", "a+b", "100%", "%2B", "%20", "日本語", "é", "e\u0301", "x&y=z?#", "'q'", `"`, `\`, "(1)", "😀", "～", "ａ", "sub/dir", "..", "&amp;", "\u00a0", ";", ",", "@:$",
}

// store is an upload: S3 takes the object and sends its events.
func (m *Model) store(number int) {
	b := m.sources[m.rng.IntN(len(m.sources))]
	p := place{bucket: b.name}
	if len(m.recent) > 0 && m.chance(m.o.Overwrites) {
		p = m.recent[m.rng.IntN(len(m.recent))]
		for _, candidate := range m.sources {
			if candidate.name == p.bucket {
				b = candidate
			}
		}
	} else {
		var parts []string
		for range 1 + m.rng.IntN(3) {
			parts = append(parts, pieces[m.rng.IntN(len(pieces))])
		}
		p.key = fmt.Sprintf("%s-%d.pdf", strings.Join(parts, " "), number)
	}
	if len(m.recent) < 50 {
		m.recent = append(m.recent, p)
	} else {
		m.recent[m.rng.IntN(len(m.recent))] = p
	}
	m.versions++
	p.version = ""
	if b.versioned {
		p.version = fmt.Sprintf("v%016x", m.rng.Uint64())
	}
	g := m.groups[p]
	if g == nil {
		g = &group{names: map[string]bool{}}
		m.groups[p] = g
		m.objectAt(p).groups++
	}
	e := &event{
		place: p, group: g, form: b.form, sequencer: fmt.Sprintf("%016X", 0x0055AED6DCD90281+m.versions), etag: fmt.Sprintf("%032x", m.rng.Uint64()%7),
	}
	g.uploads = append(g.uploads, upload{number: number, stored: m.now, etag: e.etag})
	m.objectAt(p).put(p.version, e.etag, m.now)
	m.Report.Uploads++
	m.hold(e, 1) // until all copies are sent
	m.send(e)
	for m.chance(m.o.Duplicates) {
		m.Report.Duplicates++
		m.send(e)
	}
	m.hold(e, -1)
	if m.chance(m.o.Deletes) {
		m.after(time.Duration(m.rng.ExpFloat64()*float64(10*time.Second)), func() {
			m.versions++
			m.delete(b, p)
			m.send(&event{place: p, form: b.form, removed: true, sequencer: fmt.Sprintf("%016X", 0x0055AED6DCD90281+m.versions)})
		})
	}
}

// objectAt is the object of a place.
func (m *Model) objectAt(p place) *object {
	k := key{p.bucket, p.key}
	o := m.objects[k]
	if o == nil {
		o = &object{}
		m.objects[k] = o
	}
	return o
}

// delete deletes what lies at a place. In a bucket with versions that is, each other time, a delete marker, below which the version
// still is; else the version itself.
func (m *Model) delete(b source, p place) {
	o := m.objects[key{p.bucket, p.key}]
	switch {
	case o == nil: // nobody asks for it any more
	case b.versioned && m.chance(0.5):
		o.put(fmt.Sprintf("d%016x", m.rng.Uint64()), "", m.now)
	default:
		o.remove(p.version, m.now)
	}
}

func (msg *message) body() string {
	if msg.test {
		return `{"Service":"Amazon S3","Event":"s3:TestEvent","Time":"2014-10-13T15:57:02.089Z","Bucket":"uploads-plain","RequestId":"5582815E1AEA5ADF","HostId":"8cLeGAmw098X5cv4Zkwcmo8vvZa3eH3eKxsPzbB9wrR+YstdA6Knx4Ip8EXAMPLE"}`
	}
	if msg.events[0].form == bridge {
		if msg.record {
			return marshal(map[string]any{
				"version": "1.0", "requestContext": map[string]any{"condition": "RetriesExhausted", "approximateInvokeCount": callAttempts},
				"requestPayload": msg.events[0].bridge(), "responseContext": map[string]any{"statusCode": 200, "functionError": "Unhandled"},
			})
		}
		return marshal(msg.events[0].bridge())
	}
	var records []any
	if msg.broken {
		records = append(records, map[string]any{"eventSource": "aws:s3", "eventName": "ObjectCreated:Put", "s3": map[string]any{
			"bucket": map[string]any{"name": "uploads-plain"}, "object": map[string]any{"key": "100%"},
		}})
	}
	for _, e := range msg.events {
		records = append(records, e.notification())
	}
	body := marshal(map[string]any{"Records": records})
	if msg.events[0].place.bucket == topicBucket {
		return marshal(map[string]any{"Type": "Notification", "MessageId": msg.id, "TopicArn": "arn:aws:sns:us-east-1:111122223333:uploads", "Message": body})
	}
	return body
}

func (e *event) bridge() any {
	action, object := "Object Created", map[string]any{"key": e.place.key, "sequencer": e.sequencer}
	if e.removed {
		action = "Object Deleted"
	} else {
		object["etag"], object["size"] = e.etag, 1024
	}
	if e.place.version != "" {
		object["version-id"] = e.place.version
	} else if e.place.bucket == "uploads-suspended" {
		object["version-id"] = "null"
	}
	return map[string]any{
		"version": "0", "id": "17793124-05d4-b198-2fde-7ededc63b103", "detail-type": action, "source": "aws.s3", "account": "111122223333",
		"detail": map[string]any{"version": "0", "bucket": map[string]any{"name": e.place.bucket}, "object": object, "reason": "PutObject"},
	}
}

func (e *event) notification() any {
	action, object := "ObjectCreated:Put", map[string]any{"key": url.QueryEscape(e.place.key), "sequencer": e.sequencer}
	if e.removed {
		action = "ObjectRemoved:Delete"
	} else {
		object["eTag"], object["size"] = e.etag, 1024
	}
	if e.place.version != "" {
		object["versionId"] = e.place.version
	}
	return map[string]any{
		"eventVersion": "2.5", "eventSource": "aws:s3", "awsRegion": "us-east-1", "eventTime": "1970-01-01T00:00:00.000Z", "eventName": action,
		"s3": map[string]any{"s3SchemaVersion": "1.0", "configurationId": "docflow", "bucket": map[string]any{"name": e.place.bucket}, "object": object},
	}
}

func marshal(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps and strings
	}
	return string(text)
}
