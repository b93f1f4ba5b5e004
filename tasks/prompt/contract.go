package prompt

import (
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
)

// Step says which requests to write.
type Step string

// The steps.
const (
	Analysis  Step = "analysis"  // one request for each chunk
	Synthesis Step = "synthesis" // summary, sentiment and keywords of the whole
)

// Request asks for model requests to be written to S3.
type Request struct {
	Step     Step           `json:"step"`
	Document claim.Document `json:"document"`
	Manifest claim.Object   `json:"manifest"`
	Output   claim.Output   `json:"output"`
	// Calls tells how the calls of the analysis went; for Synthesis only.
	Calls []Outcome `json:"calls,omitempty"`
	// Execution is the name or ARN of the execution, for the log. Without it the name
	// is taken from Output.
	Execution string `json:"execution,omitempty"`
}

// Outcome tells how the analysis of one chunk went.
type Outcome struct {
	Index  int          `json:"index"` // of the chunk
	Status Status       `json:"status"`
	Error  *ErrorRecord `json:"error,omitempty"`
}

// Status is how a call to a model went.
type Status string

// The statuses.
const (
	Succeeded Status = "SUCCEEDED"
	Failed    Status = "FAILED"
)

// ErrorRecord is what a Catch of Step Functions leaves.
type ErrorRecord struct {
	Error string `json:"Error"`
	Cause string `json:"Cause,omitempty"`
}

// Result says which calls to make. Analysis is set for the step analysis, the others
// for synthesis.
type Result struct {
	Analysis  []Call `json:"analysis,omitempty"`
	Summary   *Call  `json:"summary,omitempty"`
	Sentiment *Call  `json:"sentiment,omitempty"`
	Keywords  *Call  `json:"keywords,omitempty"`
}

// Call is one call to a model whose bodies lie in S3.
type Call struct {
	Index    int    `json:"index"`    // of the chunk; 0 for the whole
	Request  string `json:"request"`  // s3:// URI of the request body: Input.S3Uri
	Response string `json:"response"` // s3:// URI for the response body: Output.S3Uri
}

// Limits of the function.
const (
	// MaxChunks bounds the calls of an analysis.
	MaxChunks = 500
	// MaxResult bounds the result, in bytes of JSON.
	MaxResult = 200_000
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
