package spend

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	smithy "github.com/aws/smithy-go"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/failure"
)

// DynamoDB is the part of the client that a ledger needs.
type DynamoDB interface {
	GetItem(context.Context, *dynamodb.GetItemInput, ...func(*dynamodb.Options)) (*dynamodb.GetItemOutput, error)
	UpdateItem(context.Context, *dynamodb.UpdateItemInput, ...func(*dynamodb.Options)) (*dynamodb.UpdateItemOutput, error)
}

// Caps bound what calls may cost. 0 is no cap.
type Caps struct {
	Document Micros // the calls for one document
	Day      Micros // those of all documents of a day, in UTC
}

// Ledger keeps what calls may cost below caps. What they cost at worst is reserved before
// they are made, and set right to what they did cost at the end.
//
// A day has one item, "day#2026-11-25", whose "reserved" grows only under the condition
// that it stays below the cap; whoever shares the table shares the cap. An execution has
// one, "execution#<name>", that tells which parts of its calls are reserved already: a
// step that runs twice reserves once. Where a step ends between the two, the day has too
// much reserved, never too little; so it has when an execution ends without settling,
// being stopped or out of time. The next day begins at zero.
//
// A nil Ledger has no caps.
type Ledger struct {
	API   DynamoDB
	Table string // its partition key is the text "id"
	Caps  Caps
	Now   func() time.Time
}

// The attributes of the items. Amounts are Micros.
const (
	attributeID       = "id"
	attributeReserved = "reserved" // of a day: with what was settled at its real cost
	attributeSpent    = "spent"    // what was settled
	attributeDay      = "day"
	attributeSettled  = "settled"
	attributeExpires  = "expires" // when DynamoDB may delete the item
	partPrefix        = "part:"
)

// keptDays is for how long items are kept.
const keptDays = 90

// Reserve reserves what a part of an execution's calls costs at worst, before any of them
// is made. Its errors are declared: SpendCapExceeded when the document would cost too much,
// DailySpendCapExceeded when the day would.
func (l *Ledger) Reserve(ctx context.Context, execution, part string, cost Micros, what string) error {
	if l == nil {
		return nil
	}
	id := executionID(execution)
	item, err := l.get(ctx, id)
	if err != nil {
		return err
	}
	if _, done := item[partPrefix+part]; done {
		return nil
	}
	if err := l.checkDocument(item, cost, what); err != nil {
		return err
	}
	now := l.Now().UTC()
	day := textOf(item, attributeDay)
	if day == "" {
		day = now.Format(time.DateOnly)
	}
	expires := strconv.FormatInt(now.AddDate(0, 0, keptDays).Unix(), 10)
	if err := l.take(ctx, day, expires, cost, what); err != nil {
		return err
	}
	condition := "attribute_not_exists(#part) AND attribute_not_exists(#settled)"
	values := map[string]types.AttributeValue{":cost": number(cost), ":day": text(day), ":expires": &types.AttributeValueMemberN{Value: expires}}
	if l.Caps.Document > 0 {
		condition += " AND (attribute_not_exists(#reserved) OR #reserved <= :room)"
		values[":room"] = number(l.Caps.Document - cost)
	}
	_, err = l.update(ctx, &dynamodb.UpdateItemInput{
		Key:                 key(id),
		UpdateExpression:    aws.String("SET #part = :cost, #day = if_not_exists(#day, :day), #expires = :expires ADD #reserved :cost"),
		ConditionExpression: aws.String(condition),
		ExpressionAttributeNames: map[string]string{
			"#part": partPrefix + part, "#day": attributeDay, "#expires": attributeExpires, "#reserved": attributeReserved, "#settled": attributeSettled,
		},
		ExpressionAttributeValues: values,
	})
	if !refused(err) {
		return declared(err)
	}
	// Someone else was first, for the same execution. What was taken goes back.
	if err := l.add(ctx, day, -cost, 0); err != nil {
		return err
	}
	if item, err = l.get(ctx, id); err != nil {
		return err
	}
	if _, done := item[partPrefix+part]; done {
		return nil
	}
	if err := l.checkDocument(item, cost, what); err != nil {
		return err
	}
	return failure.New(failure.StorageUnavailable, "%s changed while it was read", id)
}

// checkDocument tells whether there is room for a cost below the cap of a document.
func (l *Ledger) checkDocument(item map[string]types.AttributeValue, cost Micros, what string) error {
	reserved := amountOf(item, attributeReserved)
	if _, settled := item[attributeSettled]; settled {
		return failure.Plain(failure.InvalidRequest, "the execution has been settled; no call can follow")
	}
	if l.Caps.Document == 0 || reserved+cost <= l.Caps.Document {
		return nil
	}
	before := ""
	if reserved > 0 {
		before = fmt.Sprintf(" beside the %v reserved before", reserved)
	}
	return failure.Plain(failure.SpendCapExceeded, "%s may cost %v%s (prices of %s); a document may cost %v (MaxDocumentDollars): nothing was called for that",
		what, cost, before, bedrock.PricesAsOf(), l.Caps.Document)
}

// take reserves a cost for the day.
func (l *Ledger) take(ctx context.Context, day, expires string, cost Micros, what string) error {
	in := &dynamodb.UpdateItemInput{
		Key:                       key(dayID(day)),
		UpdateExpression:          aws.String("SET #expires = :expires ADD #reserved :cost"),
		ExpressionAttributeNames:  map[string]string{"#expires": attributeExpires, "#reserved": attributeReserved},
		ExpressionAttributeValues: map[string]types.AttributeValue{":cost": number(cost), ":expires": &types.AttributeValueMemberN{Value: expires}},
	}
	if l.Caps.Day > 0 {
		// A condition cannot add: what may be there already is what the cost leaves room for,
		// which is below zero when the cost alone is too much.
		in.ConditionExpression = aws.String("attribute_not_exists(#reserved) OR #reserved <= :room")
		in.ExpressionAttributeValues[":room"] = number(l.Caps.Day - cost)
	}
	err := error(nil)
	if l.Caps.Day == 0 || cost <= l.Caps.Day {
		_, err = l.update(ctx, in)
		if !refused(err) {
			return declared(err)
		}
	}
	item, err := l.get(ctx, dayID(day))
	if err != nil {
		return err
	}
	return failure.Plain(failure.DailySpendCapExceeded, "%s may cost %v (prices of %s); of the %v that a day may cost (MaxDailyDollars) %v are reserved or spent on %s UTC: nothing was called for that",
		what, cost, bedrock.PricesAsOf(), l.Caps.Day, amountOf(item, attributeReserved), day)
}

// Settle puts what an execution's calls did cost in the place of what was reserved for
// them. An execution that reserved nothing, or is settled, stays as it is; then first is
// false.
func (l *Ledger) Settle(ctx context.Context, execution string, cost Micros) (first bool, err error) {
	if l == nil {
		return false, nil
	}
	out, err := l.update(ctx, &dynamodb.UpdateItemInput{
		Key:                       key(executionID(execution)),
		UpdateExpression:          aws.String("SET #settled = :cost"),
		ConditionExpression:       aws.String("attribute_exists(#reserved) AND attribute_not_exists(#settled)"),
		ExpressionAttributeNames:  map[string]string{"#settled": attributeSettled, "#reserved": attributeReserved},
		ExpressionAttributeValues: map[string]types.AttributeValue{":cost": number(cost)},
		ReturnValues:              types.ReturnValueAllNew,
	})
	if refused(err) {
		return false, nil
	}
	if err != nil {
		return false, declared(err)
	}
	return true, l.add(ctx, textOf(out.Attributes, attributeDay), cost-amountOf(out.Attributes, attributeReserved), cost)
}

// Day returns what is reserved or spent on a day, and what of it is spent.
func (l *Ledger) Day(ctx context.Context, day time.Time) (reserved, spent Micros, err error) {
	item, err := l.get(ctx, dayID(day.UTC().Format(time.DateOnly)))
	return amountOf(item, attributeReserved), amountOf(item, attributeSpent), err
}

func (l *Ledger) add(ctx context.Context, day string, reserved, spent Micros) error {
	_, err := l.update(ctx, &dynamodb.UpdateItemInput{
		Key:                       key(dayID(day)),
		UpdateExpression:          aws.String("ADD #reserved :reserved, #spent :spent"),
		ExpressionAttributeNames:  map[string]string{"#reserved": attributeReserved, "#spent": attributeSpent},
		ExpressionAttributeValues: map[string]types.AttributeValue{":reserved": number(reserved), ":spent": number(spent)},
	})
	return declared(err)
}

func (l *Ledger) get(ctx context.Context, id string) (map[string]types.AttributeValue, error) {
	out, err := l.API.GetItem(ctx, &dynamodb.GetItemInput{TableName: &l.Table, Key: key(id), ConsistentRead: aws.Bool(true)})
	if err != nil {
		return nil, declared(err)
	}
	return out.Item, nil
}

func (l *Ledger) update(ctx context.Context, in *dynamodb.UpdateItemInput) (*dynamodb.UpdateItemOutput, error) {
	in.TableName = &l.Table
	return l.API.UpdateItem(ctx, in)
}

func executionID(name string) string { return "execution#" + name }

func dayID(day string) string { return "day#" + day }

func key(id string) map[string]types.AttributeValue {
	return map[string]types.AttributeValue{attributeID: text(id)}
}

func number(m Micros) types.AttributeValue {
	return &types.AttributeValueMemberN{Value: strconv.FormatInt(int64(m), 10)}
}

func text(s string) types.AttributeValue { return &types.AttributeValueMemberS{Value: s} }

func amountOf(item map[string]types.AttributeValue, name string) Micros {
	n, ok := item[name].(*types.AttributeValueMemberN)
	if !ok {
		return 0
	}
	amount, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil {
		return 0 // of another program: amounts are whole numbers
	}
	return Micros(amount)
}

func textOf(item map[string]types.AttributeValue, name string) string {
	if s, ok := item[name].(*types.AttributeValueMemberS); ok {
		return s.Value
	}
	return ""
}

// refused tells that the condition of a write did not hold.
func refused(err error) bool {
	var condition *types.ConditionalCheckFailedException
	return errors.As(err, &condition)
}

// declared returns the declared error for one of the client.
func declared(err error) error {
	if err == nil {
		return nil
	}
	name, reason, code := failure.StorageUnavailable, err.Error(), "no answer"
	var api smithy.APIError
	if errors.As(err, &api) {
		reason, code = api.ErrorCode()+": "+api.ErrorMessage(), api.ErrorCode()
		switch api.ErrorCode() {
		case "AccessDeniedException", "UnrecognizedClientException":
			name = failure.AccessDenied
		case "ResourceNotFoundException", "ValidationException":
			name = failure.InvalidRequest
		}
	}
	return failure.WithDetail(failure.New(name, "the table of what is spent: %s", reason), "the table of what is spent: %s", code)
}
