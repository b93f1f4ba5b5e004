package claim

import (
	"fmt"
	"path"
	"strings"
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

// Execution returns the name of the execution: the last part of the prefix.
func (o Output) Execution() string { return path.Base(strings.TrimSuffix(o.Prefix, "/")) }

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
