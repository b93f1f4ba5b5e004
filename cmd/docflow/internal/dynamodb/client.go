package dynamodb

import (
	"context"
	"errors"
	"fmt"

	sdk "github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	smithy "github.com/aws/smithy-go"
	"github.com/docflow-asl/docflow/asl/value"
)

// Client lets a function that takes the SDK's client work on tables in this process, without the HTTP between them: a simulation
// makes millions of requests. Attributes are numbers and strings.
type Client struct{ Tables *Tables }

// GetItem reads an item.
func (c Client) GetItem(_ context.Context, in *sdk.GetItemInput, _ ...func(*sdk.Options)) (*sdk.GetItemOutput, error) {
	result, err := c.do("getItem", in.TableName, in.Key)
	if err != nil {
		return nil, err
	}
	item, err := attributesIn(result, "Item")
	return &sdk.GetItemOutput{Item: item}, err
}

// UpdateItem changes an item.
func (c Client) UpdateItem(_ context.Context, in *sdk.UpdateItemInput, _ ...func(*sdk.Options)) (*sdk.UpdateItemOutput, error) {
	var more []value.Member
	for name, text := range map[string]*string{"UpdateExpression": in.UpdateExpression, "ConditionExpression": in.ConditionExpression} {
		if text != nil {
			more = append(more, value.Member{Name: name, Value: value.String(*text)})
		}
	}
	values, err := itemOf(in.ExpressionAttributeValues)
	if err != nil {
		return nil, err
	}
	var names []value.Member
	for name, stands := range in.ExpressionAttributeNames {
		names = append(names, value.Member{Name: name, Value: value.String(stands)})
	}
	more = append(more,
		value.Member{Name: "ExpressionAttributeValues", Value: values},
		value.Member{Name: "ExpressionAttributeNames", Value: value.NewObject(names...)},
		value.Member{Name: "ReturnValues", Value: value.String(in.ReturnValues)},
	)
	result, err := c.do("updateItem", in.TableName, in.Key, more...)
	if err != nil {
		return nil, err
	}
	attributes, err := attributesIn(result, "Attributes")
	return &sdk.UpdateItemOutput{Attributes: attributes}, err
}

// do makes a request. Its errors are those of the SDK's client.
func (c Client) do(action string, table *string, key map[string]types.AttributeValue, more ...value.Member) (value.Value, error) {
	item, err := itemOf(key)
	if err != nil {
		return nil, err
	}
	members := append([]value.Member{{Name: "Key", Value: item}}, more...)
	if table != nil {
		members = append(members, value.Member{Name: "TableName", Value: value.String(*table)})
	}
	result, err := c.Tables.do(action, value.NewObject(members...))
	var f *fault
	switch {
	case errors.As(err, &f) && f.code == "ConditionalCheckFailedException":
		return nil, &types.ConditionalCheckFailedException{Message: &f.message}
	case errors.As(err, &f):
		return nil, &smithy.GenericAPIError{Code: f.code, Message: f.message}
	}
	return result, err
}

func itemOf(attributes map[string]types.AttributeValue) (*value.Object, error) {
	var members []value.Member
	for name, a := range attributes {
		kind, text := "", ""
		switch a := a.(type) {
		case *types.AttributeValueMemberN:
			kind, text = "N", a.Value
		case *types.AttributeValueMemberS:
			kind, text = "S", a.Value
		default:
			return nil, fmt.Errorf("the attribute %s is a %T; it should be a number or a string", name, a)
		}
		members = append(members, value.Member{Name: name, Value: value.NewObject(value.Member{Name: kind, Value: value.String(text)})})
	}
	return value.NewObject(members...), nil
}

func attributesIn(result value.Value, member string) (map[string]types.AttributeValue, error) {
	of, _ := result.(*value.Object)
	if of == nil {
		return nil, nil
	}
	v, _ := of.Get(member)
	object, _ := v.(*value.Object)
	if object == nil {
		return nil, nil
	}
	item, err := attributesOf(object)
	if err != nil {
		return nil, err
	}
	attributes := make(map[string]types.AttributeValue, len(item))
	for name, a := range item {
		switch a.kind {
		case "N":
			attributes[name] = &types.AttributeValueMemberN{Value: a.text}
		case "S":
			attributes[name] = &types.AttributeValueMemberS{Value: a.text}
		default:
			return nil, fmt.Errorf("the attribute %s is a %s; it should be a number or a string", name, a.kind)
		}
	}
	return attributes, nil
}
