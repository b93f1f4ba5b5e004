// Package answer reads what a model answered from where Bedrock wrote it in S3. An
// answer that cannot be used is not an error of the task that reads it: it is a part of
// the result that is missing, with a reason.
package answer

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/failure"
	"golang.org/x/sync/errgroup"
)

// MaxResponse bounds a response body, in bytes. Bedrock's own limit is 25 MB; an answer
// that is used has at most bedrock.MaxAnswerBytes of text.
const MaxResponse = 8 << 20

// readers is how many responses are read at once.
const readers = 8

// The names of faults that are not errors of bedrock.ParseAnswer.
const (
	ResponseNotFound = "ResponseNotFound" // the call succeeded, but nothing was written
	NotAnswered      = "NotAnswered"      // nothing says that the call was made
)

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

// Reading is one response: either Answer is set or Fault.
type Reading struct {
	Index    int
	Answer   bedrock.Answer
	Fault    *Fault
	Response bedrock.Response // also when the answer cannot be used: its tokens were paid
}

// Call names a response to read. A call that is known to have failed has a Fault.
type Call struct {
	Step  bedrock.Step
	Index int
	Fault *Fault
}

// Read reads and checks one response. Its errors are those of storage.
func Read(ctx context.Context, api claim.Getter, output claim.Output, call Call) (Reading, error) {
	reading := Reading{Index: call.Index}
	if call.Fault != nil {
		reading.Fault = call.Fault
		return reading, nil
	}
	body, err := claim.Get(ctx, api, output.Response(string(call.Step), call.Index), MaxResponse)
	var storage *claim.StorageError
	if errors.As(err, &storage) {
		switch storage.Kind {
		case claim.NotFound:
			reading.Fault = &Fault{ResponseNotFound, storage.Error()}
			return reading, nil
		case claim.TooLarge:
			reading.Fault = &Fault{bedrock.InvalidAnswer, storage.Error()}
			return reading, nil
		}
	}
	if err != nil {
		return reading, claim.Failure(err, ResponseNotFound)
	}
	if err := json.Unmarshal(body.Data, &reading.Response); err != nil {
		reading.Response = bedrock.Response{}
		reading.Fault = &Fault{bedrock.InvalidAnswer, "the response is not that of a Messages model: " + failure.JSONFault(err)}
		return reading, nil
	}
	reading.Answer, reading.Fault = Parse(call.Step, reading.Response)
	return reading, nil
}

// Parse checks a response.
func Parse(step bedrock.Step, response bedrock.Response) (bedrock.Answer, *Fault) {
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

// ReadAll reads many responses, several at once, and returns them in the order of calls.
func ReadAll(ctx context.Context, api claim.Getter, output claim.Output, calls []Call) ([]Reading, error) {
	out := make([]Reading, len(calls))
	group, groupContext := errgroup.WithContext(ctx)
	group.SetLimit(readers)
	for i, call := range calls {
		group.Go(func() error {
			reading, err := Read(groupContext, api, output, call)
			out[i] = reading
			return err
		})
	}
	if err := group.Wait(); err != nil {
		return nil, err
	}
	return out, nil
}
