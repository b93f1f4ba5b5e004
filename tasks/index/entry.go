package index

import (
	"crypto/sha256"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Entry is what an item says of an execution.
type Entry struct {
	Execution            string // its name
	Bucket, Key, Version string // of the document
	Status               string
	Error                string    // why there is no result
	Record, Result       string    // S3 URIs; one of them
	Missing              []string  // parts of the result, at most MaxMissing
	MissingCount         int       // how many there are
	Started              time.Time // zero: not known
	Ended                time.Time
	Pages, Chunks        int
	InputTokens          int
	OutputTokens         int
	Dollars              *float64 // nil: not known
}

// TimeLayout is how times are written: as Step Functions does, and of one length, so that
// their order as text is that of time.
const TimeLayout = "2006-01-02T15:04:05.000Z"

const monthLayout = "2006-01"

// sort is the place of an entry among others, in time.
func (e *Entry) sort() string { return e.Ended.UTC().Format(TimeLayout) + "#" + e.Execution }

// shard is the partition that an entry is in.
func (e *Entry) shard() string {
	return shardName(e.Ended.UTC().Format(monthLayout), ShardOf(e.Execution))
}

func shardName(month string, shard int) string { return month + "#" + strconv.Itoa(shard) }

// ShardOf is the shard of an execution: the first hexadecimal digit of the SHA-256 of its
// name, which an expression of a state machine can find too, modulo Shards.
func ShardOf(execution string) int { return int(sha256.Sum256([]byte(execution))[0]>>4) % Shards }

// item writes an entry as DynamoDB keeps it. What is empty is absent: the key of an index
// cannot be.
func (e *Entry) item() map[string]types.AttributeValue {
	item := map[string]types.AttributeValue{}
	for name, text := range map[string]string{
		ID: e.Execution, Shard: e.shard(), Sort: e.sort(), Key: e.Key, Bucket: e.Bucket, Version: e.Version,
		Status: e.Status, Error: e.Error, Record: e.Record, Result: e.Result,
	} {
		if text != "" {
			item[name] = &types.AttributeValueMemberS{Value: text}
		}
	}
	if !e.Started.IsZero() {
		item[Started] = &types.AttributeValueMemberS{Value: e.Started.UTC().Format(TimeLayout)}
	}
	numbers := map[string]int{Pages: e.Pages, Chunks: e.Chunks, InputTokens: e.InputTokens, OutputTokens: e.OutputTokens, MissingCount: max(e.MissingCount, len(e.Missing))}
	if e.Result == "" {
		numbers = nil
	}
	for name, n := range numbers {
		item[name] = &types.AttributeValueMemberN{Value: strconv.Itoa(n)}
	}
	if e.Dollars != nil {
		item[MicroDollars] = &types.AttributeValueMemberN{Value: strconv.FormatFloat(*e.Dollars*1e6, 'f', 0, 64)}
	}
	if len(e.Missing) > 0 {
		var parts []types.AttributeValue
		for _, part := range e.Missing[:min(len(e.Missing), MaxMissing)] {
			parts = append(parts, &types.AttributeValueMemberS{Value: part})
		}
		item[Missing] = &types.AttributeValueMemberL{Value: parts}
	}
	return item
}

// entryOf reads an item.
func entryOf(item map[string]types.AttributeValue) (Entry, error) {
	r := reader{item: item}
	e := Entry{
		Execution: r.text(ID), Key: r.text(Key), Bucket: r.text(Bucket), Version: r.text(Version),
		Status: r.text(Status), Error: r.text(Error), Record: r.text(Record), Result: r.text(Result),
		Pages: r.number(Pages), Chunks: r.number(Chunks), InputTokens: r.number(InputTokens), OutputTokens: r.number(OutputTokens),
		MissingCount: r.number(MissingCount),
	}
	ended, _, _ := strings.Cut(r.text(Sort), "#")
	e.Ended = r.time(Sort, ended)
	if started := r.text(Started); started != "" {
		e.Started = r.time(Started, started)
	}
	if _, known := item[MicroDollars]; known {
		dollars := float64(r.number(MicroDollars)) / 1e6
		e.Dollars = &dollars
	}
	if parts, ok := item[Missing].(*types.AttributeValueMemberL); ok {
		for _, part := range parts.Value {
			if text, ok := part.(*types.AttributeValueMemberS); ok {
				e.Missing = append(e.Missing, text.Value)
			}
		}
	}
	if r.err != nil {
		return e, fmt.Errorf("the item %q: %w", e.Execution, r.err)
	}
	return e, nil
}

// reader reads attributes, and keeps the first fault.
type reader struct {
	item map[string]types.AttributeValue
	err  error
}

func (r *reader) fail(name string, err error) {
	if r.err == nil {
		r.err = fmt.Errorf("the attribute %s: %w", name, err)
	}
}

func (r *reader) text(name string) string {
	switch v := r.item[name].(type) {
	case nil:
	case *types.AttributeValueMemberS:
		return v.Value
	default:
		r.fail(name, fmt.Errorf("a %T; it should be a text", v))
	}
	return ""
}

func (r *reader) number(name string) int {
	switch v := r.item[name].(type) {
	case nil:
	case *types.AttributeValueMemberN:
		n, err := strconv.Atoi(v.Value)
		if err != nil {
			r.fail(name, err)
		}
		return n
	default:
		r.fail(name, fmt.Errorf("a %T; it should be a number", v))
	}
	return 0
}

func (r *reader) time(name, text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		r.fail(name, err)
	}
	return t.UTC()
}
