package combine

import (
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/spend"
)

// Request is what the pipeline sends: where things lie. What became of each call is read
// from there. The function also takes the article's form, which
// is the output array of its Parallel state, in branch order (sentiment, keywords): each
// item is the result of a Bedrock task, {"Body": …, "ContentType": …}, or the record of
// an error, {"Error": …, "Cause": …}.
type Request struct {
	Document claim.Document `json:"document"`
	Manifest claim.Object   `json:"manifest"`
	Output   claim.Output   `json:"output"`
	// Models are those that were called. Without them the result says nothing of dollars.
	Models *spend.Models `json:"models,omitempty"`
	// StartTime is when the execution started, in ISO 8601, for the index.
	StartTime string `json:"startTime,omitempty"`
	// Execution is the name or ARN of the execution, for the log. Without it the name
	// is taken from Output.
	Execution string `json:"execution,omitempty"`
}

// Status tells whether everything that was asked for is there.
type Status string

// The statuses.
const (
	Complete Status = "COMPLETE"
	Partial  Status = "PARTIAL" // Missing says what is not there
)

// Result is the state's output. The object that Result.Result names holds the same and
// the manifest of every page and chunk (type Report).
type Result struct {
	Status    Status             `json:"status"`
	Document  *claim.Document    `json:"document,omitempty"`
	Analysis  *Analysis          `json:"analysis,omitempty"`
	Summary   *bedrock.Summary   `json:"summary,omitempty"`
	Sentiment *bedrock.Sentiment `json:"sentiment,omitempty"`
	Keywords  *bedrock.Keywords  `json:"keywords,omitempty"`
	// Prose holds answers that are plain text, by step: what the article's prompts ask
	// for. Only in the article's form.
	Prose   map[bedrock.Step]string `json:"prose,omitempty"`
	Missing []Missing               `json:"missing"`
	// Warnings are those of the document.
	Warnings []claim.Warning `json:"warnings,omitempty"`
	Counts   *Counts         `json:"counts,omitempty"`
	Usage    Usage           `json:"usage"`
	Cost     *spend.Cost     `json:"cost,omitempty"`
	Models   []string        `json:"models"` // as the responses name them, sorted
	// OfflineModel tells that docflow's offline model answered, not a language model.
	OfflineModel bool `json:"offlineModel"`
	// Result is where the report lies in S3. Absent in the article's form.
	Result *claim.Object `json:"result,omitempty"`
	// Omitted names the members that are only in the report, since the state's output
	// would be too large with them.
	Omitted []string `json:"omitted,omitempty"`

	// New tells that there was no report of this execution before: the call is not one
	// that is made again since its answer was lost.
	New bool `json:"-"`
	// Retries counts the responses beyond the first of their call, Truncated those that
	// were cut at their maximum of tokens.
	Retries   int `json:"-"`
	Truncated int `json:"-"`
}

// Analysis is the merged analysis of all chunks.
type Analysis struct {
	Language     string           `json:"language"`
	DocumentType string           `json:"documentType"`
	Title        string           `json:"title"`
	Topics       []string         `json:"topics"`
	KeyPoints    []string         `json:"keyPoints"`
	Entities     []bedrock.Entity `json:"entities"`
	Note         string           `json:"note,omitempty"`
}

// Missing names a part of the result that is not there, and why.
type Missing struct {
	// Part is "summary", "sentiment", "keywords", "analysis" (no chunk has one),
	// "analysis of chunk 3" (chunks from 1, as a person counts), "merge of chunks 1 to 20",
	// "text of page 2" or "text of the document" (a part of it that belongs to no page).
	Part  string `json:"part"`
	Error string `json:"error"`
	Cause string `json:"cause,omitempty"` // at most MaxCause bytes
}

// Counts says how much of the document was worked on.
type Counts struct {
	Pages          int `json:"pages"`
	Chunks         int `json:"chunks"`
	ChunksAnalyzed int `json:"chunksAnalyzed"`
}

// Usage counts the tokens of all responses, also of those that could not be used and were
// asked for again.
type Usage struct {
	InputTokens  int `json:"inputTokens"`
	OutputTokens int `json:"outputTokens"`
}

// SchemaVersion is the version of the report's shape (ReportSchema). It changes with
// every change that a reader may notice; version 1 had no member for it, version 2
// no cost, version 3 none for batch inference.
const SchemaVersion = 4

// Report is the JSON document at results/<document key>/<execution name>.json.
type Report struct {
	SchemaVersion int `json:"schemaVersion"`
	Result
	PromptVersion string   `json:"promptVersion"`
	Execution     string   `json:"execution"`
	Manifest      Manifest `json:"manifest"`
}

// Manifest accounts for every page and chunk, and for every call to a model.
type Manifest struct {
	Pages  []claim.Page  `json:"pages"`
	Chunks []ChunkReport `json:"chunks"` // with the call of the analysis
	// Synthesis are the calls about the whole: the merges of analyses, if the document is
	// so long that there are any, then summary, sentiment and keywords.
	Synthesis []CallReport `json:"synthesis"`
}

// ChunkReport tells what became of one chunk.
type ChunkReport struct {
	Index     int    `json:"index"`
	SHA256    string `json:"sha256"` // of its text
	FirstPage int    `json:"firstPage"`
	LastPage  int    `json:"lastPage"`
	CallState
}

// CallReport tells what became of one call of the synthesis.
type CallReport struct {
	Step bedrock.Step `json:"step"`
	// Level, FirstChunk and LastChunk are of a merge: its level from 1, chunks from 0.
	Level      int  `json:"level,omitempty"`
	FirstChunk *int `json:"firstChunk,omitempty"`
	LastChunk  *int `json:"lastChunk,omitempty"`
	CallState
}

// CallStatus is how a call to a model ended.
type CallStatus string

// The statuses.
const (
	Succeeded CallStatus = "SUCCEEDED" // with an answer that can be used
	Failed    CallStatus = "FAILED"    // Error says why
)

// CallState tells how a call to a model ended.
type CallState struct {
	Status CallStatus `json:"status"`
	Error  string     `json:"error,omitempty"`
	// Response is the key of the response that counts, in the results bucket: the one that
	// can be used, else the last. ResponseSHA256 is of its bytes.
	Response       string             `json:"response,omitempty"`
	ResponseSHA256 string             `json:"responseSha256,omitempty"`
	StopReason     bedrock.StopReason `json:"stopReason,omitempty"`
	// Attempts counts the responses, with those that could not be used; so do the tokens.
	Attempts int `json:"attempts"`
	// Cached tells that the answer was given to the same request before, and cost nothing.
	Cached bool `json:"cached,omitempty"`
	// Batch tells that a batch inference job answered.
	Batch        bool `json:"batch,omitempty"`
	InputTokens  int  `json:"inputTokens"`
	OutputTokens int  `json:"outputTokens"`
}

// Limits of the function.
const (
	// MaxStateOutput bounds Result, in bytes of JSON: every state of the pipeline stays
	// below 32 KiB.
	MaxStateOutput = 28_000
	// MaxCause bounds the cause of a missing part, in bytes.
	MaxCause = 500
)

// Errors returns the errors that the function declares.
func Errors() failure.Table {
	return failure.NewTable(
		[]string{
			failure.ManifestNotFound,
			failure.LimitExceeded,
			failure.InvalidRequest,
			failure.NoUsableAnswer,
			failure.AccessDenied,
			failure.Unexpected,
		},
		[]string{failure.StorageUnavailable},
	)
}
