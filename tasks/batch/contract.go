package batch

import (
	"encoding/json"

	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/prompt"
	"github.com/docflow-asl/docflow/tasks/spend"
)

// Step says what to do.
type Step string

// The steps.
const (
	List       Step = "list"       // which documents are there
	Plan       Step = "plan"       // what is to be done next
	WriteInput Step = "writeInput" // the file that a job reads
	ReadOutput Step = "readOutput" // the file that a job has written
	Finish     Step = "finish"     // the report on the batch
)

// Request is the input of the function. Each step has its members.
type Request struct {
	Step   Step         `json:"step"`
	Output claim.Output `json:"output"` // of the batch: work/<execution name>
	Models spend.Models `json:"models"`

	// Source is of List: which documents.
	Source *Source `json:"source,omitempty"`

	// Cursor is of Plan: where the batch stands. Again tells that planning has failed just before: what made it fail, fails
	// it once more, so that the execution ends there, and what comes after that is a redrive.
	Cursor Cursor `json:"cursor,omitzero"`
	Again  bool   `json:"again,omitempty"`

	// Job is of WriteInput and ReadOutput.
	Job *Job `json:"job,omitempty"`
	// State is of ReadOutput: what Bedrock says of the job.
	State *JobState `json:"state,omitempty"`
	// From is of ReadOutput: the byte at which a line begins, the first to be read.
	From int64 `json:"from,omitempty"`
}

// Source names the documents of a batch: all below a prefix of a bucket, or those that a file lists.
type Source struct {
	Bucket string `json:"bucket,omitempty"`
	Prefix string `json:"prefix,omitempty"`
	// Manifest is a file that lists them. Its format is told by the end of its name: .json (an array), .jsonl (a line
	// each) or .csv (with a line of names). Members and columns are bucket (else that of Source), key and versionId; of
	// JSON, a string is a key.
	Manifest *claim.Object `json:"manifest,omitempty"`
}

// Document is one document of a batch, as the lists of documents have it.
type Document struct {
	// Name is the name under which it is known: of its folder below work/, of its result, of its record in quarantine.
	// In document-pipeline an execution's name is that.
	Name      string       `json:"name"`
	Bucket    string       `json:"bucket"`
	Key       string       `json:"key"`
	VersionID string       `json:"versionId,omitempty"`
	Output    claim.Output `json:"output"`
}

// Extracted is a document whose text is there.
type Extracted struct {
	Document
	Text     claim.Document `json:"document"`
	Manifest claim.Object   `json:"manifest"`
	// Level is what prompt.Synthesis reads.
	Level int `json:"level"`
}

// Fault is why there is no result of a document: what the state machine writes to work/<name>/fault.json.
type Fault struct {
	State  string `json:"state"`
	Error  string `json:"error"`
	Cause  string `json:"cause"`
	Poison bool   `json:"poison"` // no retry helps: it belongs in quarantine
}

// Faulty is a document with its fault.
type Faulty struct {
	Document
	Fault
}

// Call is a call to a model that is made on demand, and the id of the model.
type Call struct {
	prompt.Call
	Model string `json:"model"`
}

// Action says what the state machine does next.
type Action string

// The actions. All but Done are about the items of a list.
const (
	Extract Action = "EXTRACT" // Document: extract the text, write the requests for the analyses
	RunJobs Action = "RUN_JOBS"
	Invoke  Action = "INVOKE"  // Call: those that are no matter for a job
	Prepare Action = "PREPARE" // Extracted: write the requests for the synthesis, or for merges
	Combine Action = "COMBINE" // Extracted
	End     Action = "END"     // Faulty: record why
	Done    Action = "DONE"
)

// Cursor says where a batch stands. A round is what is asked of all documents at once: their analyses, then what is made of
// those, in up to three rounds of which the first are merges. A pass is one try to have it answered by jobs.
type Cursor struct {
	Stage Stage `json:"stage"`
	Round int   `json:"round"`
	Pass  int   `json:"pass"`
}

// Stage is what has been done of a round.
type Stage string

// The stages.
const (
	Prepared Stage = "PREPARED" // the requests are written
	Calls    Stage = "CALLS"    // jobs have been run for so many passes
	Invoked  Stage = "INVOKED"  // and the rest was called on demand
	Combined Stage = "COMBINED"
	Ended    Stage = "ENDED"
)

// Planned is the result of the steps List and Plan.
type Planned struct {
	Action Action        `json:"action"`
	Cursor Cursor        `json:"cursor"`          // for the next Plan, after the action
	Items  *claim.Object `json:"items,omitempty"` // a JSON array
	// Key is its key below claim.WorkPrefix: the definition says where the state machine may read.
	Key   string `json:"key,omitempty"`
	Count int    `json:"count"` // of the items
}

// Job is a batch inference job to be run.
type Job struct {
	// Name is that of the job, and its clientRequestToken: the same job is created once, however often it is asked for.
	Name string `json:"name"`
	// Batch is the output of the batch.
	Batch   claim.Output `json:"batch"`
	Model   string       `json:"model"`
	Calls   string       `json:"calls"`  // key of the list of its calls: record n is about the nth
	Input   string       `json:"input"`  // s3:// URI of the file
	Output  string       `json:"output"` // s3:// URI of the folder
	Records int          `json:"records"`
	// Outcome is where it is written how the job ended: the key below claim.WorkPrefix.
	Outcome string `json:"outcome"`
}

// Written is the result of WriteInput.
type Written struct {
	Records int   `json:"records"`
	Bytes   int64 `json:"bytes"`
}

// JobState is what bedrock:GetModelInvocationJob says of a job, as far as it matters here.
type JobState struct {
	JobArn  string    `json:"JobArn"`
	Status  JobStatus `json:"Status"`
	Message string    `json:"Message,omitempty"`
}

// JobStatus is the status of a job (Amazon Bedrock API reference, GetModelInvocationJob).
type JobStatus string

// The statuses. Expired is a job that did not begin in its time, PartiallyCompleted one that did not end in it.
const (
	Submitted          JobStatus = "Submitted"
	Validating         JobStatus = "Validating"
	Scheduled          JobStatus = "Scheduled"
	InProgress         JobStatus = "InProgress"
	Stopping           JobStatus = "Stopping"
	Completed          JobStatus = "Completed"
	PartiallyCompleted JobStatus = "PartiallyCompleted"
	Failed             JobStatus = "Failed"
	Stopped            JobStatus = "Stopped"
	Expired            JobStatus = "Expired"
)

// JobOverdue is the error of a job that went on after its time, and after it was told to stop.
const JobOverdue = "BatchJobOverdue"

// FinalStatuses returns those after which nothing follows.
func FinalStatuses() []JobStatus {
	return []JobStatus{Completed, PartiallyCompleted, Failed, Stopped, Expired}
}

// Read is the result of ReadOutput.
type Read struct {
	Done bool  `json:"done"`
	Next int64 `json:"next"` // where to go on, when it is not done
	// What this reading found: answers, records with an error, and records that no call belongs to.
	Answers int `json:"answers"`
	Errors  int `json:"errors"`
	Unknown int `json:"unknown,omitempty"`
}

// Outcome is how a job ended. The state machine writes one with an Error when it could not wait for the end.
type Outcome struct {
	JobArn  string    `json:"jobArn,omitempty"`
	Status  JobStatus `json:"status,omitempty"`
	Message string    `json:"message,omitempty"`
	Error   string    `json:"Error,omitempty"`
	Cause   string    `json:"Cause,omitempty"`
}

// Report is the result of Finish, and what it writes to work/<execution name>/batch.json. The documents that are in none of
// the lists are there with a fault.
type Report struct {
	Documents   int `json:"documents"`
	Complete    int `json:"complete"`
	Partial     int `json:"partial"`
	Quarantined int `json:"quarantined"`
	Failed      int `json:"failed"`
	// Calls are those that models answered, and BatchCalls those of them that jobs did.
	Calls        int `json:"calls"`
	BatchCalls   int `json:"batchCalls"`
	InputTokens  int `json:"inputTokens"`
	OutputTokens int `json:"outputTokens"`
	// Dollars is the sum; absent when a price is not known.
	Dollars    *float64 `json:"dollars,omitempty"`
	PricedAsOf string   `json:"pricedAsOf,omitempty"`
	// Report is where it lies.
	Report claim.Object `json:"report"`
}

// Quotas of batch inference (AWS General Reference, "Amazon Bedrock endpoints and quotas", by model; these are those of
// Anthropic's). A job of docflow has one file, so that those of a file hold.
const (
	MinRecords = 100
	MaxRecords = 50_000
	MaxBytes   = 1 << 30
)

// Limits of the function.
const (
	// MaxDocuments bounds the documents of a batch.
	MaxDocuments = 100_000
	// MaxPasses is how often jobs are run for what is asked in one round.
	MaxPasses = 2
	// maxRead is how much of a file is read in one call of the function, in bytes.
	maxRead = 256 << 20
	// maxLine bounds a line of what a job has written: a request and an answer, of which Bedrock takes 25 MB each.
	maxLine = 64 << 20
	// maxCause bounds the cause of a fault in a list, in bytes.
	maxCause = 4_000
)

// Errors returns the errors that the function declares.
func Errors() failure.Table {
	return failure.NewTable(
		[]string{
			failure.InvalidRequest,
			failure.LimitExceeded,
			failure.ManifestNotFound,
			failure.BatchJobFailed,
			failure.BatchJobStopped,
			failure.BatchUnfinished,
			failure.AccessDenied,
			failure.Unexpected,
		},
		[]string{failure.StorageUnavailable},
	)
}

// raw is JSON that is passed on as it is.
type raw = json.RawMessage
