package prompt

import (
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/spend"
)

// Step says what to do.
type Step string

// The steps.
const (
	// Analysis writes one request for each chunk.
	Analysis Step = "analysis"
	// Synthesis writes the requests for summary, sentiment and keywords of the whole, or,
	// when the analyses are too long to be read at once, those that merge them.
	Synthesis Step = "synthesis"
	// Check reads a response and, when it cannot be used, writes a request that asks again.
	Check Step = "check"
	// SettleSpend settles what the calls of an execution that ends did cost.
	SettleSpend Step = "settle"
)

// Request asks for model requests to be written to S3: the step Analysis or Synthesis.
type Request struct {
	Step     Step           `json:"step"`
	Document claim.Document `json:"document"`
	Manifest claim.Object   `json:"manifest"`
	Output   claim.Output   `json:"output"`
	// Level says what Synthesis reads: 0 the analyses of the chunks, 1 those merged, 2
	// those merged again.
	Level int `json:"level,omitempty"`
	// Models are those that will be called; a cap on what they may cost needs them.
	Models *spend.Models `json:"models,omitempty"`
	// Batch tells that the calls are those of batch inference jobs: no quota of requests
	// holds for them, and no guardrail can watch over them.
	Batch bool `json:"batch,omitempty"`
	// Admitted tells that the document has waited for its turn (Result.NotBefore).
	Admitted bool `json:"admitted,omitempty"`
	// Execution is the name or ARN of the execution, for the log. Without it the name
	// is taken from Output.
	Execution string `json:"execution,omitempty"`
}

// Result says which calls to make: those of a Map (Calls, Count and, when they are few,
// Items), or those of the synthesis.
type Result struct {
	// Calls is where the list of all calls lies: a JSON array of Call.
	Calls *claim.Object `json:"calls,omitempty"`
	Count int           `json:"count,omitempty"`
	// Items are the calls themselves, when there are at most MaxItems in MaxItemsBytes.
	Items     []Call `json:"items,omitempty"`
	Summary   *Call  `json:"summary,omitempty"`
	Sentiment *Call  `json:"sentiment,omitempty"`
	Keywords  *Call  `json:"keywords,omitempty"`
	// Concurrency is how many calls of the list may be made at the same time.
	Concurrency int `json:"concurrency,omitempty"`
	// NotBefore is when Analysis is to be asked again, with Admitted: the document has to
	// wait for its turn. There are no calls yet. Its form is that of Call.NotBefore.
	NotBefore string `json:"notBefore,omitempty"`

	// Spent is, beside an error after which no calls follow, what those before it cost in
	// US dollars, if nobody counted that before.
	Spent float64 `json:"-"`
}

// Call is one call to a model whose bodies lie in S3.
type Call struct {
	Index    int    `json:"index"`    // of the chunk or group; 0 for the whole
	Request  string `json:"request"`  // s3:// URI of the request body: Input.S3Uri
	Response string `json:"response"` // s3:// URI for the response body: Output.S3Uri
	// Error is where the error goes that the call ends with, as {"Error", "Cause"}: the
	// key below claim.WorkPrefix in the same bucket.
	Error string `json:"error"`
	// Cached tells that the response is there already, and no call to be made.
	Cached bool `json:"cached,omitempty"`
	// NotBefore is when the call may be made, when that lies ahead: RFC 3339, in whole
	// seconds, since a Wait takes no fraction of them.
	// https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html
	NotBefore string `json:"notBefore,omitempty"`
	// Guarded tells that a guardrail is to watch over the call.
	Guarded bool `json:"guarded,omitempty"`
	// First and Last are the chunks, from 0, that a merge is about.
	First int `json:"first,omitempty"`
	Last  int `json:"last,omitempty"`
}

// CheckRequest asks for the step Check.
type CheckRequest struct {
	Step Step `json:"step"`
	// Request is the s3:// URI of the request whose response is to be checked.
	Request string `json:"request"`
	// Model is the one that will be asked again; a cap on what that may cost needs it.
	Model string `json:"model,omitempty"`
}

// SettleRequest asks for the step SettleSpend.
type SettleRequest struct {
	Step   Step         `json:"step"`
	Output claim.Output `json:"output"`
	Models spend.Models `json:"models"`
}

// Settled is the result of the step SettleSpend.
type Settled struct {
	Calls int `json:"calls"` // that were answered

	// Spent is what they cost in US dollars, if nobody counted that before.
	Spent float64 `json:"-"`
}

// Checked tells what to do after a call.
type Checked struct {
	Status CheckStatus `json:"status"`
	// Request and Response are those of the call to make when the status is Repair, else
	// those that were checked.
	Request  string `json:"request"`
	Response string `json:"response"`
	// Fault names what is wrong with the answer.
	Fault string `json:"fault,omitempty"`
	// Guarded tells that a guardrail is to watch over the call to make.
	Guarded bool `json:"guarded,omitempty"`
}

// CheckStatus says what can be done with an answer.
type CheckStatus string

// The statuses.
const (
	Usable   CheckStatus = "USABLE"
	Repair   CheckStatus = "REPAIR"   // ask again
	Unusable CheckStatus = "UNUSABLE" // asking again would not help: refused, filtered, or asked often enough
)

// Limits of the function.
const (
	// MaxChunks bounds the calls of an analysis.
	MaxChunks = 2_000
	// MaxItems and MaxItemsBytes bound the calls that a result carries: an inline Map
	// runs at most 40 iterations at once, and a state stays below 32 KiB.
	MaxItems      = 40
	MaxItemsBytes = 20_000
	// MaxLevel is how often analyses are merged.
	MaxLevel = 2
	// DefaultConcurrency is how many calls of a list are made at the same time. Where a gate
	// hands out their times it is GatedConcurrency: calls that wait for theirs are among them,
	// and one that comes too late would meet others.
	DefaultConcurrency = 5
	GatedConcurrency   = MaxItems
)

// Errors returns the errors that the function declares.
func Errors() failure.Table {
	return failure.NewTable(
		[]string{
			failure.ManifestNotFound,
			failure.LimitExceeded,
			failure.InvalidRequest,
			failure.NoUsableAnswer,
			failure.SpendCapExceeded,
			failure.DailySpendCapExceeded,
			failure.ModelBacklogExceeded,
			failure.AccessDenied,
			failure.Unexpected,
		},
		[]string{failure.StorageUnavailable},
	)
}
