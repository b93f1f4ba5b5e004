package delivery

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithy "github.com/aws/smithy-go"
	"github.com/docflow-asl/docflow/tasks/extract"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/trigger"
)

// key is a place without its version.
type key struct{ bucket, key string }

// object is what lay at a key, as long as somebody may ask for it.
type object struct {
	groups   int // that are about it
	contents []content
}

// content is what one upload, or a delete marker, put there. Its bytes are its entity tag.
type content struct {
	version     string
	etag        string // of a delete marker: ""
	from, until time.Duration
}

const forever time.Duration = math.MaxInt64

func (c *content) there(at time.Duration) bool { return c.from <= at && at < c.until }

// put is an upload: in a bucket without versions, or with versioning suspended, it replaces what lay there.
func (o *object) put(version, etag string, at time.Duration) {
	if version == "" {
		o.remove("", at)
	}
	o.contents = append(o.contents, content{version, etag, at, forever})
}

// remove deletes a version for good.
func (o *object) remove(version string, at time.Duration) {
	for i := range o.contents {
		if c := &o.contents[i]; c.version == version && c.until == forever {
			c.until = at
		}
	}
}

// get is what a GET finds, or nil.
func (o *object) get(version string, at time.Duration) *content {
	for i := len(o.contents) - 1; i >= 0; i-- {
		if c := &o.contents[i]; c.there(at) && (version == "" || c.version == version) {
			return c
		}
	}
	return nil
}

// bucketAt is S3 as it stood at a time.
type bucketAt struct {
	m  *Model
	at time.Duration
}

func (b bucketAt) GetObject(_ context.Context, in *s3.GetObjectInput, _ ...func(*s3.Options)) (*s3.GetObjectOutput, error) {
	version := aws.ToString(in.VersionId)
	var found *content
	if o := b.m.objects[key{aws.ToString(in.Bucket), aws.ToString(in.Key)}]; o != nil {
		found = o.get(version, b.at)
	}
	switch {
	case found != nil && found.etag != "":
	case version != "":
		return nil, &smithy.GenericAPIError{Code: "NoSuchVersion", Message: "The specified version does not exist."}
	default:
		return nil, &smithy.GenericAPIError{Code: "NoSuchKey", Message: "The specified key does not exist."}
	}
	out := &s3.GetObjectOutput{
		Body: io.NopCloser(strings.NewReader(found.etag)), ContentLength: aws.Int64(int64(len(found.etag))), ETag: aws.String(`"` + found.etag + `"`),
	}
	if found.version != "" {
		out.VersionId = &found.version
	}
	return out, nil
}

// execution is one that has been started, and what it has read.
type execution struct {
	group     *group
	input     trigger.Input
	processed []string // entity tags of what it read
	replaced  bool     // it said so, at last
	missing   bool
}

// Read reads a document as the function of tasks/extract does, at a time after the start of the model, for an execution that has
// been started. payload is what the function gets. The error is that of the function; nil where the payload names no object
// that the model knows: what the execution works on is then not the model's to judge.
func (m *Model) Read(at time.Duration, name string, payload []byte) error {
	x := m.executions[name]
	if x == nil {
		return nil
	}
	request, err := extract.Decode(payload)
	if err != nil {
		return nil
	}
	const limit = 1 << 10
	object, body, err := extract.Read(context.Background(), bucketAt{m, at}, request, limit)
	if m.objects[key{object.Bucket, object.Key}] == nil {
		return nil
	}
	x.replaced, x.missing = false, false
	switch failure.Name(err) {
	case failure.DocumentReplaced:
		x.replaced = true
	case failure.DocumentNotFound:
		x.missing = true
	default:
		if err != nil {
			m.lost("execution %s cannot read its document: %v", name, err)
			return err
		}
		x.processed = append(x.processed, string(bytes.Clone(body.Data)))
		return nil
	}
	// The function says that there is nothing to process: is that so?
	own := x.own()
	if c := m.objects[key{x.input.Bucket, x.input.Key}].get(x.input.VersionID, at); c != nil && own != "" && c.etag == own {
		m.lost("execution %s ended with %s, although its content lies at s3://%s/%s (version %q)", name, failure.Name(err), x.input.Bucket, x.input.Key, x.input.VersionID)
	}
	return err
}

// own is the entity tag of what an execution is about, or "" when its input does not tell.
func (x *execution) own() string {
	if x.input.VersionID != "" {
		return x.group.uploads[0].etag
	}
	return x.input.ETag
}

// End tells that an execution has ended.
func (m *Model) End(name string) {
	x := m.executions[name]
	if x == nil {
		return
	}
	delete(m.executions, name)
	g := x.group
	g.ended = append(g.ended, ended{x, name})
	g.open--
	m.settled(placeOf(x.input), g)
}

type ended struct {
	*execution
	name string
}

func placeOf(in trigger.Input) place { return place{in.Bucket, in.Key, in.VersionID} }

// settled gives up a place when nothing more can happen to it: no event is left in the queues, and no execution runs.
func (m *Model) settled(p place, g *group) {
	if g.flight > 0 || g.open > 0 {
		return
	}
	m.check(p, g)
	m.judge(p, g)
	delete(m.groups, p)
	k := key{p.bucket, p.key}
	if o := m.objects[k]; o != nil {
		if o.groups--; o.groups == 0 {
			delete(m.objects, k)
		}
	}
}

// judge compares what was uploaded to a place with what was processed. Which upload an execution is for it does not ask: what counts
// is how often a content was uploaded, and how often processed.
func (m *Model) judge(p place, g *group) {
	where := fmt.Sprintf("s3://%s/%s (version %q)", p.bucket, p.key, p.version)
	uploaded, processed := map[string]int{}, map[string]int{}
	for _, u := range g.uploads {
		uploaded[u.etag]++
	}
	silent := 0 // executions of which nothing is known
	for _, x := range g.ended {
		switch {
		case len(x.processed) > 0:
			m.Report.Processed++
		case x.replaced:
			m.Report.Replaced++
		case x.missing:
			m.Report.Deleted++
		default:
			silent++
		}
		counted := ""
		for _, etag := range x.processed {
			if own := x.own(); own != "" && etag != own {
				m.twice("execution %s for %s with the entity tag %s processed the content with the tag %s: that of another upload", x.name, where, own, etag)
			}
			if etag != counted { // the same again: the answer was lost
				processed[etag]++
				counted = etag
			}
		}
	}
	for _, etag := range sorted(processed) {
		if n := processed[etag]; n > uploaded[etag] && uploaded[etag] > 0 {
			m.twice("the content of %s with the entity tag %s was uploaded %d times and processed %d times", where, etag, uploaded[etag], n)
		}
	}
	for _, c := range m.objects[key{p.bucket, p.key}].contents {
		if c.version == p.version && c.etag != "" && c.until == forever && processed[c.etag] == 0 && silent == 0 {
			m.lost("the content that lies at %s, with the entity tag %s, was never processed", where, c.etag)
		}
	}
}
