package results

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithy "github.com/aws/smithy-go"
	"github.com/docflow-asl/docflow/tasks/index"
)

// Catalog lists and finds what the pipeline has written.
type Catalog interface {
	// List lists what matches, the newest first. more tells that there is more than the limit.
	List(ctx context.Context, filter Filter) (entries []Entry, more bool, err error)
	// Find finds the newest result of a document by its key, or a result by the name of its execution.
	Find(ctx context.Context, name string) (Document, error)
}

// Objects is the catalog of a source whose objects are the index.
type Objects struct{ Source }

// List lists what matches.
func (o Objects) List(ctx context.Context, filter Filter) (entries []Entry, more bool, err error) {
	return List(ctx, o.Source, filter)
}

// Find finds one.
func (o Objects) Find(ctx context.Context, name string) (Document, error) {
	return Find(ctx, o.Source, name)
}

// Table is the catalog that the index in DynamoDB is. A listing reads nothing else; what is found is read from S3.
type Table struct {
	Index  *index.Reader
	S3     *s3.Client
	Region string // for errors
}

// List lists what matches.
func (t Table) List(ctx context.Context, filter Filter) (entries []Entry, more bool, err error) {
	entries = []Entry{}
	err = t.Index.List(ctx, index.Filter{Prefix: filter.Prefix, Status: filter.Status, Since: filter.Since, Limit: filter.Limit}, func(e index.Entry) bool {
		if filter.Limit > 0 && len(entries) == filter.Limit {
			more = true
			return false
		}
		entries = append(entries, entryIn(e))
		return true
	})
	if err != nil {
		return nil, false, t.explain(err)
	}
	return entries, more, nil
}

// Find finds one, first by the key, and reads its result or the record of why there is none.
func (t Table) Find(ctx context.Context, name string) (Document, error) {
	e, found, err := t.Index.Document(ctx, name)
	if err == nil && !found {
		e, found, err = t.Index.Execution(ctx, name)
	}
	if err != nil {
		return Document{}, t.explain(err)
	}
	if !found {
		return Document{}, fmt.Errorf("there is no result of %q; docflow list shows what there is", name)
	}
	entry := entryIn(e)
	bucket, key, _ := strings.Cut(strings.TrimPrefix(entry.Result, "s3://"), "/")
	d, ok, err := Bucket{t.S3, bucket}.Read(ctx, Item{Name: key, Time: e.Ended})
	if err != nil {
		return Document{}, err
	}
	if !ok {
		return Document{}, fmt.Errorf("the index says that %q is %s; there is no result or record at %s", e.Key, e.Status, entry.Result)
	}
	d.Entry = entry
	return d, nil
}

// entryIn is an entry as it stands in the index.
func entryIn(e index.Entry) Entry {
	entry := Entry{
		Key: e.Key, Bucket: e.Bucket, Version: e.Version, Status: e.Status, Pages: e.Pages, Chunks: e.Chunks, InputTokens: e.InputTokens, OutputTokens: e.OutputTokens,
		Dollars: e.Dollars, Missing: append([]string{}, e.Missing...), MissingMore: max(0, e.MissingCount-len(e.Missing)),
		Error: e.Error, Execution: e.Execution, Time: e.Ended, Result: e.Result + e.Record, // one of them
	}
	if !e.Started.IsZero() {
		entry.Started = &e.Started
	}
	return entry
}

// explain says what is wrong with a table.
func (t Table) explain(err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return fmt.Errorf("the table %q: %w", t.Index.Table, err)
	}
	switch api.ErrorCode() {
	case "ResourceNotFoundException":
		return fmt.Errorf("there is no table %q in %s; the output IndexTableName of the stack is its name", t.Index.Table, t.Region)
	case "AccessDeniedException":
		return fmt.Errorf("the table %q may not be read: %s; to list takes dynamodb:Query on its indexes, to show also dynamodb:GetItem and, in the results bucket, s3:GetObject",
			t.Index.Table, api.ErrorMessage())
	case "ValidationException":
		if strings.Contains(api.ErrorMessage(), "specified index") {
			return fmt.Errorf("the table %q is no index of results: %s; the output IndexTableName of the stack is the name of one", t.Index.Table, api.ErrorMessage())
		}
	}
	return fmt.Errorf("the table %q: %w", t.Index.Table, err)
}
