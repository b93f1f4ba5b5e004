package claim

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/docflow-asl/docflow/tasks/failure"
)

// The prefixes of the results bucket. The trigger ignores objects below them, so that
// the pipeline cannot start itself.
const (
	WorkPrefix       = "work/"
	ResultsPrefix    = "results/"
	QuarantinePrefix = "quarantine/"
	CachePrefix      = "cache/" // answers of models, by what they answer
)

// OutputPrefixes returns every prefix that the pipeline writes below.
func OutputPrefixes() []string {
	return []string{WorkPrefix, ResultsPrefix, QuarantinePrefix, CachePrefix}
}

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

// MaxRepairs is how often a model is asked again after an answer that cannot be used.
const MaxRepairs = 2

// A call to a model has a folder, which is the step's name ("analysis", "summary"; those
// of the levels of a tree of merges are "merge1" and "merge2"), and a number in it:
//
//	analysis/calls.json                    all calls of a Map (package prompt)
//	analysis/0007.request.json             what the model is asked
//	analysis/0007.response.json            what it answered
//	analysis/0007.repair1.request.json     what it is asked again when that cannot be used
//	analysis/0007.repair1.response.json
//	analysis/0007.error.json               the error that the call ended with: {"Error", "Cause"}

// Calls is where the list of the calls in a folder lies.
func (o Output) Calls(folder string) Object { return o.object(folder + "/calls.json") }

// Request is where the request of a call lies; attempt counts from 0.
func (o Output) Request(folder string, index, attempt int) Object {
	return o.object(fmt.Sprintf("%s/%04d%s.request.json", folder, index, repairOf(attempt)))
}

// Response is where Bedrock writes the response to a request.
func (o Output) Response(folder string, index, attempt int) Object {
	return o.object(fmt.Sprintf("%s/%04d%s.response.json", folder, index, repairOf(attempt)))
}

// Fault is where the state machine writes the error that a call ended with.
func (o Output) Fault(folder string, index int) Object {
	return o.object(fmt.Sprintf("%s/%04d.error.json", folder, index))
}

func repairOf(attempt int) string {
	if attempt == 0 {
		return ""
	}
	return ".repair" + strconv.Itoa(attempt)
}

// Place is where a request lies.
type Place struct {
	Output  Output
	Folder  string
	Index   int
	Attempt int
}

// PlaceOf reads the URI of a request, as Request and Object.URI make it.
func PlaceOf(uri string) (Place, error) {
	fault := failure.New(failure.InvalidRequest, "%q is not the URI of a request that this pipeline wrote; it should be s3://<bucket>/work/<execution name>/<folder>/0000.request.json", uri)
	bucket, key, ok := strings.Cut(strings.TrimPrefix(uri, "s3://"), "/")
	parts := strings.Split(key, "/")
	const levels = 4 // work, execution, folder, name
	if !ok || len(parts) != levels {
		return Place{}, fault
	}
	place := Place{Output: Output{Bucket: bucket, Prefix: strings.Join(parts[:2], "/")}, Folder: parts[2]}
	number, rest, _ := strings.Cut(parts[3], ".")
	var err error
	if place.Index, err = strconv.Atoi(number); err != nil || place.Output.Check() != nil {
		return Place{}, fault
	}
	if n, found := strings.CutPrefix(rest, "repair"); found {
		n, _, _ = strings.Cut(n, ".")
		if place.Attempt, err = strconv.Atoi(n); err != nil {
			return Place{}, fault
		}
	}
	if place.Index < 0 || place.Attempt < 0 || place.Attempt > MaxRepairs || place.Output.Request(place.Folder, place.Index, place.Attempt).URI() != uri {
		return Place{}, fault
	}
	return place, nil
}
