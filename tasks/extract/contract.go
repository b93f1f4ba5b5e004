package extract

import (
	"encoding/json"

	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
)

// Request names a document in S3, in one of these forms:
//
//	{"bucket": "…", "key": "…", "versionId": "…"}        the article's; or "eTag"
//	{"detail": {"bucket": {…}, "object": {…}}, …}        an EventBridge event of S3
//	{"Records": [{"s3": {…}}]}                           an S3 notification of one object
//	{"source": any of these, "output": …}                what the pipeline sends
//
// Without Output the text is in the result; with it, text and chunks go to S3 and the
// result says where.
type Request struct {
	Bucket     string          `json:"bucket,omitempty"`
	Key        string          `json:"key,omitempty"`
	VersionID  string          `json:"versionId,omitempty"`
	ETag       string          `json:"eTag,omitempty"`
	DetailType string          `json:"detail-type,omitempty"`
	Detail     json.RawMessage `json:"detail,omitempty"`
	Records    json.RawMessage `json:"Records,omitempty"`
	Source     json.RawMessage `json:"source,omitempty"`
	Output     *claim.Output   `json:"output,omitempty"`
	// Execution is the name or ARN of the execution, for the log. Without it the name
	// is taken from Output.
	Execution string `json:"execution,omitempty"`
}

// Result is what was found.
type Result struct {
	// ExtractedText is the whole text, only when the request has no Output.
	ExtractedText string `json:"extractedText,omitempty"`
	// Fence is a tag that can enclose the whole text in a prompt (bedrock.Fence).
	Fence    string         `json:"fence"`
	Document claim.Document `json:"document"`
	// Manifest says where the manifest lies, only when the request has an Output.
	Manifest   *claim.Object   `json:"manifest,omitempty"`
	ChunkCount int             `json:"chunkCount"`
	Warnings   []claim.Warning `json:"warnings"` // at most MaxWarnings, with an Output also MaxStateWarnings; the manifest has all
}

// Limits of the function.
const (
	// MaxInlineResult bounds a result that carries the text, in bytes of JSON. The state
	// of an execution holds 262,144 bytes, of which the rest is left to the flow.
	MaxInlineResult = 200_000
	// MaxWarnings bounds the warnings in a result.
	MaxWarnings = 20
	// MaxChunks bounds the chunks of a document: each is an execution of a distributed Map
	// and a call to a model. At 8,000 tokens a chunk that is 16 million tokens, which is
	// what the 64 MiB of English text come to that text.Limits lets a document have.
	MaxChunks = 2_000
	// MaxStateWarnings bounds the warnings of a result without a text, in bytes: the state
	// of the pipeline stays below 32 KiB, and the manifest has them all.
	MaxStateWarnings = 4_000
)

// Errors returns the errors that the function declares.
func Errors() failure.Table {
	return failure.NewTable(
		[]string{
			failure.UnsupportedFormat,
			failure.EmptyDocument,
			failure.NoText,
			failure.EncryptedDocument,
			failure.WrongPassword,
			failure.CorruptDocument,
			failure.LimitExceeded,
			failure.TimedOut,
			failure.TextTooLarge,
			failure.DocumentNotFound,
			failure.DocumentReplaced,
			failure.InvalidRequest,
			failure.AccessDenied,
			failure.Unexpected,
		},
		[]string{failure.StorageUnavailable, failure.ReaderFailed},
	)
}
