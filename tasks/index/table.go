package index

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// Putter is the part of the client that writing needs.
type Putter interface {
	PutItem(context.Context, *dynamodb.PutItemInput, ...func(*dynamodb.Options)) (*dynamodb.PutItemOutput, error)
}

// Writer writes to a table.
type Writer struct {
	API   Putter
	Table string
}

// The conditions under which an item is written. A step that runs twice writes the same
// item twice.
const (
	// ResultCondition is that of an item with a result.
	ResultCondition = "attribute_not_exists(#result) OR #sort <= :sort"
	// NoResultCondition is that of an item without one.
	NoResultCondition = "attribute_not_exists(#id) OR (attribute_not_exists(#result) AND #sort <= :sort)"
)

// Put writes the entry of an execution. That a newer one is there already, or one with a
// result where this one has none, is no error: written is false then.
func (w *Writer) Put(ctx context.Context, e Entry) (written bool, err error) {
	in := &dynamodb.PutItemInput{
		TableName: &w.Table, Item: e.item(),
		ConditionExpression:       aws.String(ResultCondition),
		ExpressionAttributeNames:  map[string]string{"#result": Result, "#sort": Sort},
		ExpressionAttributeValues: map[string]types.AttributeValue{":sort": &types.AttributeValueMemberS{Value: e.sort()}},
	}
	if e.Result == "" {
		in.ConditionExpression = aws.String(NoResultCondition)
		in.ExpressionAttributeNames["#id"] = ID
	}
	_, err = w.API.PutItem(ctx, in)
	var superseded *types.ConditionalCheckFailedException
	switch {
	case errors.As(err, &superseded):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("the table %s: %w", w.Table, err)
	}
	return true, nil
}
