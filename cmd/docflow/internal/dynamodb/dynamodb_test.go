package dynamodb_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/dynamodb"
)

const integration = "arn:aws:states:::aws-sdk:dynamodb:"

func TestRequests(t *testing.T) {
	const key = `"TableName":"t","Key":{"id":{"S":"a"}},`
	update := func(expression, condition, values, returns string) string {
		names := ""
		if strings.Contains(expression+condition, "#n") {
			names = `"ExpressionAttributeNames":{"#n":"n"},`
		}
		return `{` + key + `"UpdateExpression":"` + expression + `","ConditionExpression":"` + condition + `",` +
			names + `"ExpressionAttributeValues":` + values + `,"ReturnValues":"` + returns + `"}`
	}
	// One after the other, on one table.
	steps := []struct {
		action, request, want, fails string
	}{
		{"getItem", `{` + key + `"x":1}`, `{}`, ""},
		{"updateItem", update("SET n = n + :v", "n > :v", `{":v":{"N":"1"}}`, "UPDATED_OLD"), "", "DynamoDb.ConditionalCheckFailedException"},
		{"updateItem", update("SET n = if_not_exists(n, :v) + :v", "attribute_not_exists(n) OR n <= :v", `{":v":{"N":"100"}}`, "UPDATED_OLD"), `{}`, ""},
		{"updateItem", update("SET n = n + :i", "n > :v", `{":v":{"N":"20"},":i":{"N":"1764000000000"}}`, "UPDATED_OLD"), `{"Attributes":{"n":{"N":"200"}}}`, ""},
		{"updateItem", update("SET #n = #n - :v, s = :s", "", `{":v":{"N":"0.5"},":s":{"S":"x"}}`, "ALL_NEW"), `{"Attributes":{"id":{"S":"a"},"n":{"N":"1764000000199.5"},"s":{"S":"x"}}}`, ""},
		{"updateItem", update("ADD c :v REMOVE s", "s = :x AND NOT (c = :v OR attribute_exists(c))", `{":v":{"N":"2"},":x":{"S":"x"}}`, "UPDATED_NEW"), `{"Attributes":{"c":{"N":"2"}}}`, ""},
		{"updateItem", update("ADD c :v", "c <> :v", `{":v":{"N":"2"}}`, "NONE"), "", "DynamoDb.ConditionalCheckFailedException"},
		{"getItem", `{` + key + `"x":1}`, `{"Item":{"c":{"N":"2"},"id":{"S":"a"},"n":{"N":"1764000000199.5"}}}`, ""},
		{"updateItem", update("SET m = q", "", `{}`, ""), "", "DynamoDb.ValidationException"},
		{"updateItem", update("SET = q", "", `{}`, ""), "", "DynamoDb.ValidationException"},
		{"updateItem", update("SET m = :none", "", `{}`, ""), "", "DynamoDb.ValidationException"},
		{"updateItem", update("SET m = :v", "m ! 1", `{":v":{"N":"2"}}`, ""), "", "DynamoDb.ValidationException"},
		{"updateItem", update("", "", `{}`, ""), "", "DynamoDb.ValidationException"},
		{"putItem", `{"TableName":"t","Item":{"id":{"S":"b"}},"ConditionExpression":"attribute_not_exists(id)"}`, `{}`, ""},
		{"putItem", `{"TableName":"t","Item":{"id":{"S":"b"}},"ConditionExpression":"attribute_not_exists(id)"}`, "", "DynamoDb.ConditionalCheckFailedException"},
		{"putItem", `{"TableName":"t","Item":{"id":{"S":"b"}},"ExpressionAttributeNames":{"#n":"n"}}`, "", "DynamoDb.ValidationException"},
		{"deleteItem", `{` + key + `"ConditionExpression":"attribute_not_exists(c)"}`, "", "DynamoDb.ConditionalCheckFailedException"},
		{"deleteItem", `{` + key + `"x":1}`, `{}`, ""},
		{"getItem", `{` + key + `"x":1}`, `{}`, ""},
		{"query", `{"TableName":"t","KeyConditionExpression":"id = :v","ExpressionAttributeValues":{":v":{"S":"a"}}}`, "", "DynamoDb.ValidationException"},
		{"scan", `{"TableName":"t"}`, "", "DynamoDb.ValidationException"},
	}
	var tables dynamodb.Tables
	for i, step := range steps {
		got, err := tables.Handle(t.Context(), &engine.Call{Resource: integration + step.action, Input: value.MustParse(step.request)})
		var failed *engine.TaskError
		switch {
		case errors.As(err, &failed):
			if failed.Name != step.fails {
				t.Errorf("step %d %s: %v", i, step.request, err)
			}
		case step.fails != "" || value.Compact(got) != step.want:
			t.Errorf("step %d %s: got %s, %v, want %s %s", i, step.request, value.Text(got), err, step.want, step.fails)
		}
	}
	if tables.Conflicts != 4 || tables.Requests["getItem"] != 3 {
		t.Errorf("%d conflicts, %v", tables.Conflicts, tables.Requests)
	}
}
