package index

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"golang.org/x/sync/errgroup"
)

// Getter is the part of the client that reading needs.
type Getter interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	Query(context.Context, *dynamodb.QueryInput, ...func(*dynamodb.Options)) (*dynamodb.QueryOutput, error)
}

// Reader reads a table.
type Reader struct {
	API   Getter
	Table string
	Now   func() time.Time
}

// first is the month before which there is no item: the pipeline has written none.
var first = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// Execution reads the entry of an execution.
func (r *Reader) Execution(ctx context.Context, name string) (Entry, bool, error) {
	out, err := r.API.GetItem(ctx, &dynamodb.GetItemInput{
		TableName: &r.Table, ConsistentRead: aws.Bool(true),
		Key: map[string]types.AttributeValue{ID: &types.AttributeValueMemberS{Value: name}},
	})
	if err != nil || len(out.Item) == 0 {
		return Entry{}, false, err
	}
	e, err := entryOf(out.Item)
	return e, err == nil, err
}

// Document reads the newest entry of a document, by its key.
func (r *Reader) Document(ctx context.Context, key string) (Entry, bool, error) {
	out, err := r.API.Query(ctx, &dynamodb.QueryInput{
		TableName: &r.Table, IndexName: aws.String(DocumentIndex), ScanIndexForward: aws.Bool(false), Limit: aws.Int32(1),
		KeyConditionExpression:    aws.String("#key = :key"),
		ExpressionAttributeNames:  map[string]string{"#key": Key},
		ExpressionAttributeValues: map[string]types.AttributeValue{":key": &types.AttributeValueMemberS{Value: key}},
	})
	if err != nil || len(out.Items) == 0 {
		return Entry{}, false, err
	}
	e, err := entryOf(out.Items[0])
	return e, err == nil, err
}

// Filter says which entries are listed.
type Filter struct {
	Prefix string    // of documents' keys
	Status []string  // any of these; empty: all
	Since  time.Time // not before; zero: all
	// Limit is how many are wanted; zero: all. It sizes requests, and bounds nothing.
	Limit int
}

// List gives the entries that match, the newest first, until take returns false.
func (r *Reader) List(ctx context.Context, filter Filter, take func(Entry) bool) error {
	since := filter.Since.UTC()
	if since.Before(first) {
		since = first
	}
	// Clocks differ, also at the end of a month.
	for month := startOfMonth(r.Now().UTC().Add(24 * time.Hour)); !month.Before(startOfMonth(since)); month = month.AddDate(0, -1, 0) {
		if more, err := r.month(ctx, month.Format(monthLayout), filter, take); err != nil || !more {
			return err
		}
	}
	return nil
}

func startOfMonth(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

// month gives the entries of a month. more tells that take wants those of the month before.
func (r *Reader) month(ctx context.Context, month string, filter Filter, take func(Entry) bool) (more bool, err error) {
	shards := make([]*cursor, Shards)
	group, groupContext := errgroup.WithContext(ctx)
	for i := range shards {
		shards[i] = &cursor{reader: r, query: r.query(shardName(month, i), filter)}
		group.Go(func() error { return shards[i].fill(groupContext) })
	}
	if err := group.Wait(); err != nil {
		return false, err
	}
	for {
		var newest *cursor
		for _, c := range shards {
			if len(c.entries) > 0 && (newest == nil || c.entries[0].sort() > newest.entries[0].sort()) {
				newest = c
			}
		}
		if newest == nil {
			return true, nil
		}
		e := newest.entries[0]
		newest.entries = newest.entries[1:]
		if !take(e) {
			return false, nil
		}
		if err := newest.fill(ctx); err != nil {
			return false, err
		}
	}
}

// query asks for what matches in a shard.
func (r *Reader) query(shard string, filter Filter) *dynamodb.QueryInput {
	text := func(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }
	q := &dynamodb.QueryInput{
		TableName: &r.Table, IndexName: aws.String(TimesIndex), ScanIndexForward: aws.Bool(false),
		ExpressionAttributeNames:  map[string]string{"#shard": Shard},
		ExpressionAttributeValues: map[string]types.AttributeValue{":shard": text(shard)},
	}
	condition := "#shard = :shard"
	if !filter.Since.IsZero() {
		condition += " AND #sort >= :since"
		q.ExpressionAttributeNames["#sort"] = Sort
		q.ExpressionAttributeValues[":since"] = text(filter.Since.UTC().Format(TimeLayout))
	}
	q.KeyConditionExpression = &condition
	var conditions []string
	if filter.Prefix != "" {
		conditions = append(conditions, "begins_with(#key, :prefix)")
		q.ExpressionAttributeNames["#key"] = Key
		q.ExpressionAttributeValues[":prefix"] = text(filter.Prefix)
	}
	if len(filter.Status) > 0 {
		var names []string
		for i, status := range filter.Status {
			name := fmt.Sprintf(":status%d", i)
			names = append(names, name)
			q.ExpressionAttributeValues[name] = text(status)
		}
		conditions = append(conditions, "#status IN ("+strings.Join(names, ", ")+")")
		q.ExpressionAttributeNames["#status"] = Status
	}
	switch {
	case len(conditions) > 0:
		// A filter is applied to what was read: pages as large as they may be.
		q.FilterExpression = aws.String(strings.Join(conditions, " AND "))
	case filter.Limit > 0:
		q.Limit = aws.Int32(int32(min(filter.Limit+1, maxPage))) //nolint:gosec // at most maxPage
	}
	return q
}

// maxPage is more items than a page of 1 MB has.
const maxPage = 10_000

// cursor is where one has got to in a shard.
type cursor struct {
	reader  *Reader
	query   *dynamodb.QueryInput
	entries []Entry // read, and not given yet
	ended   bool
}

// fill reads until there is an entry, or no more. A page may be empty and not the last.
func (c *cursor) fill(ctx context.Context) error {
	for len(c.entries) == 0 && !c.ended {
		out, err := c.reader.API.Query(ctx, c.query)
		if err != nil {
			return err
		}
		for _, item := range out.Items {
			e, err := entryOf(item)
			if err != nil {
				return err
			}
			c.entries = append(c.entries, e)
		}
		c.query.ExclusiveStartKey = out.LastEvaluatedKey
		c.ended = len(out.LastEvaluatedKey) == 0
	}
	return nil
}
