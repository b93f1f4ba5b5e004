// Package answer reads what a model answered from where Bedrock wrote it in S3. An
// answer that cannot be used is not an error of the task that reads it: it is a part of
// the result that is missing, with a reason.
//
// What became of a call is told by the objects in its place alone (claim.Output): a
// response that can be used, else the faults of the responses there are, else the error
// that the state machine recorded, else nothing: NotAnswered.
package answer

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/function"
	"golang.org/x/sync/errgroup"
)

// Limits on what is read, in bytes.
const (
	// MaxResponse bounds a response body. Bedrock's own limit is 25 MB; an answer that is
	// used has at most bedrock.MaxAnswerBytes of text.
	MaxResponse = 8 << 20
	// maxRecord bounds the record of an error: Step Functions cuts a cause at 32,768
	// characters.
	maxRecord = 256 << 10
)

// readers is how many calls are read at once.
const readers = 16

// NotAnswered is the name of the fault of a call of which nothing is known.
const NotAnswered = "NotAnswered"

// Fault tells why there is no answer. Error is a name as a state machine gives it.
type Fault struct {
	Error string
	Cause string
}

// Loggable returns what may stand in a log or in the message of an error: of an answer
// that is not of its shape only that, since the cause quotes names from it, and a model
// can have written anything there.
func (f Fault) Loggable() string {
	if f.Error == bedrock.InvalidAnswer || f.Cause == "" {
		return f.Error
	}
	return f.Error + ": " + f.Cause
}

// Record is the record of an error, as Step Functions has it.
type Record struct {
	Error string `json:"Error"`
	Cause string `json:"Cause,omitempty"`
}

// Reading is what became of one call: either Answer is set or Fault.
type Reading struct {
	Call
	Answer bedrock.Answer
	Fault  *Fault
	// Response is the one that counts: that of Answer, else the last. Zero: there is none.
	Response bedrock.Response
	Key      string // where it lies
	SHA256   string // of the whole response
	// Attempts are the responses that there are, and Usage the tokens of all of them.
	Attempts int
	Usage    bedrock.Usage
	// Truncated counts the responses that were cut at their maximum of tokens.
	Truncated int
	// Models are those of all responses, as they name themselves.
	Models []string
	// Billed are the responses one by one, since a price can depend on the length of one.
	Billed []Billed
}

// Billed is what one response was billed for.
type Billed struct {
	Model string // as the response names it
	Usage bedrock.Usage
	Batch bool // by a batch inference job
}

// Call names a call to a model.
type Call struct {
	Step   bedrock.Step
	Folder string // of claim.Output; empty: that of the step
	Index  int
}

func (c Call) folder() string {
	if c.Folder == "" {
		return string(c.Step)
	}
	return c.Folder
}

// Read reads what became of a call. Its errors are those of storage, declared.
func Read(ctx context.Context, api claim.Getter, output claim.Output, call Call) (Reading, error) {
	reading := Reading{Call: call}
	for attempt := range 1 + claim.MaxRepairs {
		found, err := reading.attempt(ctx, api, output.Response(call.folder(), call.Index, attempt))
		if err != nil {
			return reading, err
		}
		if reading.Answer != nil {
			return reading, nil
		}
		if !found {
			break
		}
	}
	var record Record
	err := claim.GetJSON(ctx, api, output.Fault(call.folder(), call.Index), maxRecord, &record)
	recorded := err == nil && record.Error != ""
	if unreadable(err) {
		err = nil
	}
	switch {
	case err != nil:
		return reading, claim.Failure(err, NotAnswered)
	case reading.Fault == nil && recorded:
		reading.Fault = &Fault{record.Error, record.Cause}
	case reading.Fault == nil:
		reading.Fault = &Fault{NotAnswered, "nothing says that the call was made"}
	case recorded:
		reading.Fault.Cause += "; asking again failed with " + record.Error
	}
	return reading, nil
}

// unreadable tells that an object is not there, or is not what it should be.
func unreadable(err error) bool {
	var storage *claim.StorageError
	return errors.As(err, &storage) && (storage.Kind == claim.NotFound || storage.Kind == claim.TooLarge || storage.Kind == claim.Malformed)
}

// attempt reads one response, if it is there.
func (r *Reading) attempt(ctx context.Context, api claim.Getter, object claim.Object) (bool, error) {
	body, err := claim.Get(ctx, api, object, MaxResponse)
	var storage *claim.StorageError
	if errors.As(err, &storage) && storage.Kind == claim.NotFound {
		return false, nil
	}
	large := errors.As(err, &storage) && storage.Kind == claim.TooLarge
	if err != nil && !large {
		return false, claim.Failure(err, NotAnswered)
	}
	r.Response, r.Key, r.SHA256 = bedrock.Response{}, object.Key, ""
	r.Attempts++
	if large {
		r.Fault = &Fault{bedrock.InvalidAnswer, storage.Error()}
		return true, nil
	}
	r.SHA256 = claim.SHA256(body.Data)
	r.Response, r.Answer, r.Fault = Parse(r.Step, body.Data)
	r.Usage.InputTokens += max(0, r.Response.Usage.InputTokens)
	r.Usage.OutputTokens += max(0, r.Response.Usage.OutputTokens)
	if r.Response.StopReason == bedrock.StopMaxTokens {
		r.Truncated++
	}
	if !r.Response.Cached {
		r.Billed = append(r.Billed, Billed{r.Response.Model, r.Response.Usage, r.Response.Batch})
	}
	if r.Response.Model != "" {
		r.Models = append(r.Models, r.Response.Model)
	}
	return true, nil
}

// Parse reads and checks a response body.
func Parse(step bedrock.Step, body []byte) (bedrock.Response, bedrock.Answer, *Fault) {
	var response bedrock.Response
	if err := json.Unmarshal(body, &response); err != nil {
		return bedrock.Response{}, nil, &Fault{bedrock.InvalidAnswer, "the response is not that of a Messages model: " + failure.JSONFault(err)}
	}
	answer, fault := Check(step, response)
	return response, answer, fault
}

// Check checks a response.
func Check(step bedrock.Step, response bedrock.Response) (bedrock.Answer, *Fault) {
	answer, err := bedrock.ParseAnswer(step, response)
	var fault *bedrock.AnswerError
	switch {
	case errors.As(err, &fault):
		return nil, &Fault{fault.Name, fault.Message}
	case err != nil:
		return nil, &Fault{bedrock.InvalidAnswer, err.Error()}
	}
	return answer, nil
}

// ReadAll reads what became of many calls, several at once, in the order of calls.
func ReadAll(ctx context.Context, api claim.Getter, output claim.Output, calls []Call) ([]Reading, error) {
	out := make([]Reading, len(calls))
	group, groupContext := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i, call := range calls {
		group.Go(function.Guarded(func() error {
			reading, err := Read(groupContext, api, output, call)
			out[i] = reading
			return err
		}))
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return out, nil
}
