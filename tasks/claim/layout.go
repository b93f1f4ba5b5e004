package claim

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/docflow-asl/docflow/tasks/failure"
)

// The prefixes of the results bucket. The trigger ignores objects below them, so that
// the pipeline cannot start itself.
const (
	WorkPrefix       = "work/"
	ResultsPrefix    = "results/"
	QuarantinePrefix = "quarantine/"
)

// OutputPrefixes returns every prefix that the pipeline writes below.
func OutputPrefixes() []string { return []string{WorkPrefix, ResultsPrefix, QuarantinePrefix} }

// Output is where an execution writes. Prefix is "work/<execution name>", with or
// without a slash at its end.
type Output struct {
	Bucket string `json:"bucket"`
	Prefix string `json:"prefix"`
}

// Check returns an InvalidRequest that says what o should be, or nil. A nil o, which is
// no output at all, is right.
func (o *Output) Check() error {
	const should = `it should be {"bucket": "…", "prefix": "work/<execution name>"}`
	if o == nil {
		return nil
	}
	prefix := strings.TrimSuffix(o.Prefix, "/")
	switch {
	case o.Bucket == "":
		return failure.New(failure.InvalidRequest, "output.bucket is missing or empty; %s", should)
	case strings.ContainsAny(o.Bucket, "/ "):
		return failure.New(failure.InvalidRequest, "output.bucket is %q; it should be the bare name of an S3 bucket", o.Bucket)
	case prefix == "":
		return failure.New(failure.InvalidRequest, "output.prefix is missing or empty; %s", should)
	case !strings.HasPrefix(prefix, WorkPrefix) || strings.Count(prefix, "/") != 1:
		// Two executions must never share a prefix, and the trigger ignores work/.
		return failure.New(failure.InvalidRequest, "output.prefix is %q; %s", o.Prefix, should)
	}
	return nil
}

// SHA256 returns the hash of data in hex.
func SHA256(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Execution returns the name of the execution: the last part of the prefix.
func (o Output) Execution() string {
	prefix := strings.TrimSuffix(o.Prefix, "/")
	return prefix[strings.LastIndexByte(prefix, '/')+1:]
}

func (o Output) object(name string) Object {
	return Object{Bucket: o.Bucket, Key: strings.TrimSuffix(o.Prefix, "/") + "/" + name}
}

// Text is where the whole text lies.
func (o Output) Text() Object { return o.object("text.txt") }

// Manifest is where the manifest lies.
func (o Output) Manifest() Object { return o.object("manifest.json") }

// Chunk is where the text of a chunk lies.
func (o Output) Chunk(index int) Object { return o.object(fmt.Sprintf("chunks/%04d.txt", index)) }

// Request is where the request of a call to a model lies.
func (o Output) Request(step string, index int) Object {
	return o.object(fmt.Sprintf("%s/%04d.request.json", step, index))
}

// Response is where Bedrock writes the response of a call.
func (o Output) Response(step string, index int) Object {
	return o.object(fmt.Sprintf("%s/%04d.response.json", step, index))
}
