package builder

import (
	"slices"
	"time"
)

// All is the error name that matches every error but States.Runtime. It stands alone, in the last retrier or catcher.
const All = "States.ALL"

// Retrier says how often, and after how long, a state is tried again after one of the errors.
type Retrier struct {
	Errors      []string
	Interval    time.Duration // before the first retry; whole seconds
	Backoff     float64       // by which each interval is longer than the one before
	MaxDelay    time.Duration // that no interval is longer than; whole seconds
	MaxAttempts int           // retries, without the first attempt
	NoJitter    bool          // wait for exactly the interval, not for a random part of it
}

// Retry is a retrier for the errors; without errors for all. It tries 4 times more, after 2, 4, 8 and 16 seconds at most: the
// jitter is FULL, so that machines that failed together do not come back together, and no interval is above one minute.
func Retry(errors ...string) Retrier {
	if len(errors) == 0 {
		errors = []string{All}
	}
	return Retrier{Errors: slices.Clone(errors), Interval: 2 * time.Second, Backoff: 2, MaxDelay: time.Minute, MaxAttempts: 4}
}

// RetryThrottled is a retrier for a service that has been asked too much, such as a model on Amazon Bedrock, whose quotas count
// by the minute: 8 retries, after 3 seconds at first and 90 seconds at most, which is up to 6 minutes and 3 seconds in all.
func RetryThrottled(errors ...string) Retrier {
	r := Retry(errors...)
	r.Interval, r.MaxDelay, r.MaxAttempts = 3*time.Second, 90*time.Second, 8
	return r
}

// RetryLambda is a retrier for what can go wrong with AWS Lambda itself, not with the function.
func RetryLambda() Retrier {
	r := Retry(LambdaErrors()...)
	r.MaxAttempts = 6
	return r
}

// RetryLambdaThrottled is a retrier for functions of which more are wanted at once than the account's concurrency allows. Only
// waiting helps, and whoever comes last must outlast everybody before: 24 retries, 5 minutes apart at most, which is up to 89
// minutes in all and half of that on average.
func RetryLambdaThrottled() Retrier {
	r := Retry(LambdaThrottled)
	r.MaxDelay, r.MaxAttempts = 5*time.Minute, 24
	return r
}

// RetryLambdaCrash is a retrier for a function that ended without an answer. It tries once more: what was an accident passes,
// and a document that kills whoever reads it has cost two attempts.
func RetryLambdaCrash() Retrier { return Retry(LambdaCrashes()...).Attempts(1) }

// LambdaErrors lists the errors of AWS Lambda that may pass soon.
// https://docs.aws.amazon.com/step-functions/latest/dg/bp-lambda-serviceexception.html
func LambdaErrors() []string {
	return []string{
		"Lambda.ClientExecutionTimeoutException",
		"Lambda.ServiceException",
		"Lambda.AWSLambdaException",
		"Lambda.SdkClientException",
	}
}

// LambdaThrottled is the error of a call beyond the concurrency of the account or the function (same source).
const LambdaThrottled = "Lambda.TooManyRequestsException"

// LambdaCrashes lists how a function ends that gives no answer: its time or memory ran out, or its process died. Step Functions
// takes the errorType that Lambda reports, and says Lambda.Unknown when there is none (same source); States.Timeout is what the
// state's own time-out raises.
func LambdaCrashes() []string {
	return []string{"Lambda.Unknown", "Runtime.ExitError", "Runtime.OutOfMemory", "Sandbox.Timedout", "States.Timeout"}
}

// Never is a retrier that does not retry the errors, for use before one that retries all others.
func Never(errors ...string) Retrier {
	r := Retry(errors...)
	r.MaxAttempts = 0
	return r
}

// Attempts returns the retrier with another number of retries.
func (r Retrier) Attempts(n int) Retrier {
	r.MaxAttempts = n
	return r
}

// Catcher says what follows after one of the errors, once no retrier is left.
type Catcher struct {
	errors     []string
	next       *node
	resultPath string
	discard    bool
	assign     []assignment
	pos        Position
}

// Catch goes on with next after one of the errors; without errors after all. The error, {"Error", "Cause"}, goes to $.error of
// the state's input, so that the input is not lost; CaughtError refers to it.
func Catch(next Flow, errors ...string) *Catcher {
	if len(errors) == 0 {
		errors = []string{All}
	}
	first, _ := ends(next)
	return &Catcher{errors: slices.Clone(errors), next: first, resultPath: "$.error", pos: caller()}
}

// ResultPath says where in the state's input the error goes; "$" replaces the input.
func (c *Catcher) ResultPath(place string) *Catcher {
	c.resultPath, c.discard = place, false
	return c
}

// DiscardError keeps the state's input as it was (ResultPath null).
func (c *Catcher) DiscardError() *Catcher {
	c.discard = true
	return c
}

// Assign sets a variable when the error is caught.
func (c *Catcher) Assign(variable string, value any) *Catcher {
	c.assign = append(c.assign, assignment{variable, value})
	return c
}
