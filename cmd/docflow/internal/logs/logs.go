// Package logs reads the log groups of a deployed stack in Amazon CloudWatch Logs as one log: the functions' and the state
// machine's records in the order of their times.
package logs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
)

// Source is one log group of a stack.
type Source struct {
	Name  string // such as extract
	Group string // such as /aws/lambda/docs-extract
}

// The names of the state machines' sources; those of functions are the functions' own.
const (
	States      = "states"
	BatchStates = "batch-states"
)

// Sources are the log groups of a stack, as template.yaml names them. Those of batches are there with BatchInference only.
func Sources(stack string) []Source {
	var sources []Source
	for _, function := range []string{"trigger", "extract", "prompt", "combine", "batch"} {
		sources = append(sources, Source{function, "/aws/lambda/" + stack + "-" + function})
	}
	machines := "/aws/vendedlogs/states/" + stack + "-"
	return append(sources, Source{States, machines + "document-pipeline"}, Source{BatchStates, machines + "document-batch"})
}

// Record is one record of a log.
type Record struct {
	Time    time.Time
	Source  string
	ID      string // unique within the account
	Message string // as it was written, without the line's end
}

// Query says which records to read.
type Query struct {
	Since, Until time.Time // Until may be zero
	Pattern      string    // a filter pattern of CloudWatch Logs; empty: all
	Limit        int       // of records of one source; 0 is all
}

// Reader reads the records of sources; what it has given once it gives no more.
type Reader struct {
	Client  cloudwatchlogs.FilterLogEventsAPIClient
	Sources []Source

	given map[string]time.Time // by the record's id
}

// MissingError is that no log group of the stack exists.
type MissingError struct{ Groups []string }

func (e *MissingError) Error() string {
	return "there is no log group " + strings.Join(e.Groups, ", nor ") + "; is the stack's name right, and account and region?"
}

// Read reads what is new, in the order of time. Groups that do not exist are left out: a function that was never deployed, or of an
// older template; when there is none at all the error is a *MissingError. truncated tells that a source has more than the limit.
func (r *Reader) Read(ctx context.Context, q Query) (records []Record, truncated bool, err error) {
	var missing []string
	for _, source := range r.Sources {
		more, cut, err := r.read(ctx, source, q)
		var none *types.ResourceNotFoundException
		switch {
		case errors.As(err, &none):
			missing = append(missing, source.Group)
		case err != nil:
			return nil, false, fmt.Errorf("log group %s: %w", source.Group, err)
		}
		records = append(records, more...)
		truncated = truncated || cut
	}
	if len(missing) > 0 && len(missing) == len(r.Sources) {
		return nil, false, &MissingError{missing}
	}
	slices.SortStableFunc(records, func(a, b Record) int { return cmp.Or(a.Time.Compare(b.Time), cmp.Compare(a.Source, b.Source)) })
	return records, truncated, nil
}

func (r *Reader) read(ctx context.Context, source Source, q Query) (records []Record, truncated bool, err error) {
	in := &cloudwatchlogs.FilterLogEventsInput{LogGroupName: &source.Group, StartTime: aws.Int64(q.Since.UnixMilli())}
	if !q.Until.IsZero() {
		in.EndTime = aws.Int64(q.Until.UnixMilli())
	}
	if q.Pattern != "" {
		in.FilterPattern = &q.Pattern
	}
	// A page may be empty and not be the last: CloudWatch Logs gives one for each part of the group that it has searched.
	pages := cloudwatchlogs.NewFilterLogEventsPaginator(r.Client, in)
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, false, err
		}
		for _, e := range page.Events {
			id := aws.ToString(e.EventId)
			if _, known := r.given[id]; known {
				continue
			}
			if q.Limit > 0 && len(records) == q.Limit {
				return records, true, nil
			}
			at := time.UnixMilli(aws.ToInt64(e.Timestamp)).UTC()
			if r.given == nil {
				r.given = map[string]time.Time{}
			}
			r.given[id] = at
			records = append(records, Record{Time: at, Source: source.Name, ID: id, Message: strings.TrimRight(aws.ToString(e.Message), "\r\n")})
		}
	}
	return records, false, nil
}

// Forget drops what is known of records before a time, of which none will be asked for again.
func (r *Reader) Forget(before time.Time) {
	for id, at := range r.given {
		if at.Before(before) {
			delete(r.given, id)
		}
	}
}
