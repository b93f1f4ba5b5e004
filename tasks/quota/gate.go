// Package quota lets calls to models begin at the rate of the account's quotas, so that
// calls that are throttled are rare. Retries alone do the same work at the price of many
// calls that are refused, and of those whose attempts are used up before their turn comes.
package quota

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/spend"
)

// Gate hands out the times at which calls begin, by virtual scheduling (the generic cell
// rate algorithm): an item of a table, a lane, holds when the next call may begin; calls
// take their time of the quota from there on, and move it. Each model has two:
//
//   - "rate#<model>" lets documents in. A document takes the time of all its calls before
//     the first of them, with those that follow from it, so that one that was let in is
//     finished before those begin that came later, and the length of a backlog is known.
//   - "rate#<model>#calls" is of the calls themselves, shortly before they are made. So none
//     comes too late for its time and meets others, and what nobody foresaw, such as a
//     call that asks again, moves those that come later.
//
// With the first alone one call of fifty is throttled where with both none is; with the
// second alone all documents of a backlog are under way until its end.
//
// When DynamoDB fails there is no gate: calls begin at once. The model's own throttling and
// the state machine's retriers are still there. A step that runs twice takes its time
// twice, which wastes some of the quota.
//
// A nil Gate has no limits.
type Gate struct {
	API   spend.DynamoDB // which retries: nothing else sees its errors
	Table string         // its partition key is the text "id"
	// Analysis is the limit of the model of the analysis, Others that of every other one.
	Analysis, Others Limit
	Now              func() time.Time
	Log              *slog.Logger
}

// Call is a call to a model.
type Call struct {
	Model string
	// Analysis tells that it is the model of the analysis.
	Analysis bool
	Tokens   int // of the request, and max_tokens
}

// MaxWait is how long a document waits for its first call at most. One that would have to
// wait longer is refused, with a name: an execution that runs out of time leaves no record.
// The time-out of the state machine has to leave room for the work behind it.
const MaxWait = 6 * 24 * time.Hour

// What lies as near as that is now. A transition takes some time as well, and a Wait is to
// the second; and for a document that is let in later its calls are prepared again.
const (
	soon = time.Second
	near = 20 * time.Second
)

// Admit lets a document in. It returns when its calls are to be paced: the zero time for
// at once. later are calls that will follow from them. The error is ModelBacklogExceeded, or
// nil.
func (g *Gate) Admit(ctx context.Context, calls, later []Call) (time.Time, error) {
	if g == nil || len(calls) == 0 {
		return time.Time{}, nil
	}
	now := g.Now()
	spans, analysis := map[string]time.Duration{}, ""
	for _, c := range slices.Concat(calls, later) {
		spans[c.Model] += g.interval(c)
		if c.Analysis {
			analysis = c.Model
		}
	}
	// The model of the analysis comes last: its calls begin when the others have time, too.
	models := slices.DeleteFunc(slices.Sorted(maps.Keys(spans)), func(model string) bool { return model == analysis })
	if analysis != "" {
		models = append(models, analysis)
	}
	begin := now
	var taken []string
	for _, model := range models {
		at, err := g.take(ctx, lane(model), begin, spans[model], MaxWait)
		var late *backlogError
		if errors.As(err, &late) {
			for _, other := range taken {
				g.giveBack(ctx, other, spans[other])
			}
			return time.Time{}, failure.New(failure.ModelBacklogExceeded, "the calls of %s that were let in before last until %s; a document waits for %v at most, and nothing was called for this one",
				model, late.until.UTC().Format(time.RFC3339), MaxWait)
		}
		if err != nil {
			g.warn(ctx, model, err)
			continue
		}
		taken = append(taken, model)
		if at.After(begin) {
			begin = at
		}
	}
	if begin.Sub(now) <= near {
		return time.Time{}, nil
	}
	return begin, nil
}

// Pace returns when calls begin of a document that has been let in: the zero time for those
// that may at once.
func (g *Gate) Pace(ctx context.Context, calls []Call) []time.Time {
	times := make([]time.Time, len(calls))
	if g == nil {
		return times
	}
	now := g.Now()
	of := map[string][]int{}
	for i, c := range calls {
		of[c.Model] = append(of[c.Model], i)
	}
	for _, model := range slices.Sorted(maps.Keys(of)) {
		var span time.Duration
		for _, i := range of[model] {
			span += g.interval(calls[i])
		}
		at, err := g.take(ctx, callsLane(model), now, span, 0)
		if err != nil {
			g.warn(ctx, model, err)
			continue
		}
		for _, i := range of[model] {
			if at.Sub(now) > soon {
				times[i] = at
			}
			at = at.Add(g.interval(calls[i]))
		}
	}
	return times
}

// Charge counts a call that nobody foresaw, which begins at once.
func (g *Gate) Charge(ctx context.Context, call Call) {
	if g == nil {
		return
	}
	for _, lane := range []func(string) string{lane, callsLane} {
		if _, err := g.take(ctx, lane(call.Model), g.Now(), g.interval(call), 0); err != nil {
			g.warn(ctx, call.Model, err)
		}
	}
}

// Timestamp is a time as a Wait of a state machine reads it; "" for the zero time. A Wait
// drops fractions of a second, so it is the next whole one.
// https://docs.aws.amazon.com/step-functions/latest/dg/state-wait.html
func Timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.Add(time.Second - 1).Truncate(time.Second).UTC().Format(time.RFC3339)
}

func (g *Gate) interval(c Call) time.Duration {
	if c.Analysis {
		return g.Analysis.interval(c.Tokens)
	}
	return g.Others.interval(c.Tokens)
}

// giveBack returns the time of a model that a document has taken and is not let in. Without it
// a backlog of one model would grow in another that has none, by every document that is
// refused. Who came behind it keeps the later time that it was given.
func (g *Gate) giveBack(ctx context.Context, model string, span time.Duration) {
	if span <= 0 {
		return
	}
	_, err := g.update(ctx, lane(model), "SET nextCall = nextCall - :span", "attribute_exists(nextCall)",
		map[string]types.AttributeValue{":span": number(millisUp(span))})
	if err != nil {
		g.warn(ctx, model, err)
	}
}

func (g *Gate) warn(ctx context.Context, model string, err error) {
	if g.Log != nil {
		g.Log.WarnContext(ctx, "calls begin without a gate", "model", model, "error", err.Error())
	}
}

func lane(model string) string { return "rate#" + model }

func callsLane(model string) string { return lane(model) + "#calls" }

// The attributes of an item.
const (
	attributeID       = "id"
	attributeNextCall = "nextCall" // milliseconds since 1970
)

// keptDays is for how long an item is kept that nobody uses; behind MaxWait.
const keptDays = 30

// maxConflicts bounds how often a time is asked for when others come in between. Once
// somebody waits, they do not any more.
const maxConflicts = 8

// backlogError tells that the wait would be too long.
type backlogError struct{ until time.Time }

func (e *backlogError) Error() string { return "the backlog lasts until " + e.until.String() }

// take moves a lane by a span, and returns when that begins: at from, or when those end that
// came before. A limit above 0 is how far from now it may end. Calls of a model without a limit
// have no span, and take nothing.
func (g *Gate) take(ctx context.Context, lane string, from time.Time, span, limit time.Duration) (time.Time, error) {
	if span <= 0 {
		return from, nil
	}
	now, millis := g.Now(), millisUp(span)
	latest := now.Add(limit).UnixMilli() - millis
	expires := number(now.AddDate(0, 0, keptDays).Unix())
	for range maxConflicts {
		// Others wait already: behind them.
		condition, values := "nextCall > :from", map[string]types.AttributeValue{":from": number(from.UnixMilli()), ":span": number(millis), ":expires": expires}
		if limit > 0 {
			condition += " AND nextCall <= :latest"
			values[":latest"] = number(latest)
		}
		out, err := g.update(ctx, lane, "SET nextCall = nextCall + :span, expires = :expires", condition, values)
		if err == nil {
			at, err := millisOf(out.Attributes)
			return time.UnixMilli(at), err
		}
		if !refused(err) {
			return time.Time{}, err
		}
		// Nobody waits. Somebody else may have come in between.
		_, err = g.update(ctx, lane, "SET nextCall = :next, expires = :expires", "attribute_not_exists(nextCall) OR nextCall <= :from",
			map[string]types.AttributeValue{":from": number(from.UnixMilli()), ":next": number(from.UnixMilli() + millis), ":expires": expires})
		if err == nil {
			return from, nil
		}
		if !refused(err) {
			return time.Time{}, err
		}
		if limit == 0 {
			continue
		}
		item, err := g.API.GetItem(ctx, &dynamodb.GetItemInput{TableName: &g.Table, Key: key(lane), ConsistentRead: aws.Bool(true)})
		if err != nil {
			return time.Time{}, err
		}
		if at, err := millisOf(item.Item); err == nil && at > latest {
			return time.Time{}, &backlogError{time.UnixMilli(at)}
		}
	}
	return time.Time{}, fmt.Errorf("%s: others came first %d times", lane, maxConflicts)
}

func (g *Gate) update(ctx context.Context, lane, expression, condition string, values map[string]types.AttributeValue) (*dynamodb.UpdateItemOutput, error) {
	return g.API.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: &g.Table, Key: key(lane),
		UpdateExpression: &expression, ConditionExpression: &condition, ExpressionAttributeValues: values,
		ReturnValues: types.ReturnValueUpdatedOld,
	})
}

func key(lane string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{attributeID: &types.AttributeValueMemberS{Value: lane}}
}

// millisUp is a span in milliseconds, rounded up.
func millisUp(span time.Duration) int64 { return (span + time.Millisecond - 1).Milliseconds() }

func number(n int64) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(n, 10)}
}

func millisOf(item map[string]types.AttributeValue) (int64, error) {
	n, ok := item[attributeNextCall].(*types.AttributeValueMemberN)
	if !ok {
		return 0, errors.New("the item has no " + attributeNextCall)
	}
	return strconv.ParseInt(n.Value, 10, 64)
}

// refused tells that the condition of a write did not hold.
func refused(err error) bool {
	var condition *types.ConditionalCheckFailedException
	return errors.As(err, &condition)
}
