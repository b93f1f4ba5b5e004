package dynamodb

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// Tables holds the items of all tables. Its zero value has none, and takes a table of any name.
type Tables struct {
	Latency time.Duration // of a request

	// Requests counts them by action; Conflicts are those whose condition did not hold.
	Requests  map[string]int
	Conflicts int

	// Schemas are the tables that there are. Without any there is a table of any name, whose key is what an item has of the
	// attributes pk, sk and id, and which cannot be queried.
	Schemas []Schema

	items   map[string]map[string]attribute
	updates map[string][]assignment
	tests   map[string]condition
	tokens  map[string][]string // of expressions
}

// Patterns are the resources that Tables answers.
func Patterns() []string {
	return []string{"arn:aws:states:::aws-sdk:dynamodb:*", "arn:aws:states:::dynamodb:*"}
}

var _ engine.Handler = (*Tables)(nil)

// attribute is an attribute's value: {"N": "1"} and the like.
type attribute struct {
	kind string // N, S, BOOL, …
	text string // of N and S
	n    float64
	raw  value.Value
}

// fault is a failure of the API.
type fault struct{ code, message string }

func (f *fault) Error() string { return f.code + ": " + f.message }

func invalid(format string, args ...any) error {
	return &fault{"ValidationException", fmt.Sprintf(format, args...)}
}

// Handle answers a task.
func (t *Tables) Handle(_ context.Context, call *engine.Call) (value.Value, error) {
	call.Elapse(t.Latency)
	action := call.Resource[strings.LastIndexByte(call.Resource, ':')+1:]
	result, err := t.do(action, call.Input)
	if f, ok := err.(*fault); ok {
		prefix := "DynamoDb."
		if strings.Contains(call.Resource, ":::dynamodb:") {
			prefix = "DynamoDB."
		}
		return nil, &engine.TaskError{Name: prefix + f.code, Cause: f.message + " (Service: DynamoDb, Status Code: 400)"}
	}
	return result, err
}

func (t *Tables) do(action string, input value.Value) (value.Value, error) {
	if t.items == nil {
		t.items, t.updates, t.tests, t.Requests = map[string]map[string]attribute{}, map[string][]assignment{}, map[string]condition{}, map[string]int{}
		t.tokens = map[string][]string{}
	}
	t.Requests[action]++
	request, _ := input.(*value.Object)
	if request == nil {
		return nil, invalid("the request is no object")
	}
	if len(t.Schemas) > 0 && t.schema(request) == nil {
		return nil, &fault{"ResourceNotFoundException", "Requested resource not found"}
	}
	if err := t.checkUsed(request); err != nil {
		return nil, err
	}
	switch action {
	case "updateItem":
		return t.update(request)
	case "getItem":
		id, _, err := identify(request, "Key")
		if err != nil {
			return nil, err
		}
		item, ok := t.items[id]
		if !ok {
			return value.NewObject(), nil
		}
		return value.NewObject(value.Member{Name: "Item", Value: itemValue(item)}), nil
	case "putItem":
		return t.put(request)
	case "deleteItem":
		id, _, err := identify(request, "Key")
		if err == nil {
			err = t.check(request, t.items[id])
		}
		if err != nil {
			return nil, err
		}
		delete(t.items, id)
		return value.NewObject(), nil
	case "query":
		return t.query(request)
	}
	return nil, invalid("the action %s is not simulated; there are getItem, putItem, updateItem, deleteItem and query", action)
}

func (t *Tables) put(request *value.Object) (value.Value, error) {
	// Which attributes are the key is not in the request; of tables with a key called id or pk it is known.
	item, _ := request.Get("Item")
	object, _ := item.(*value.Object)
	if object == nil {
		return nil, invalid("Item is missing")
	}
	names := []string{"pk", "sk", "id"}
	schema := t.schema(request)
	if schema != nil {
		names = schema.names()
	}
	var key []value.Member
	for _, name := range names {
		if v, ok := object.Get(name); ok {
			key = append(key, value.Member{Name: name, Value: v})
		} else if schema != nil {
			return nil, invalid("One or more parameter values were invalid: Missing the key %s in the item", name)
		}
	}
	if len(key) == 0 {
		return nil, invalid("Item has none of the keys id, pk and sk")
	}
	id := textOf(request, "TableName") + "\x00" + value.Compact(value.NewObject(key...))
	old := t.items[id]
	if err := t.check(request, old); err != nil {
		return nil, err
	}
	next, err := attributesOf(object)
	if err == nil && schema != nil {
		err = schema.checkItem(next)
	}
	if err != nil {
		return nil, err
	}
	t.items[id] = next
	return value.NewObject(), nil
}

func (t *Tables) update(request *value.Object) (value.Value, error) {
	id, key, err := identify(request, "Key")
	if err != nil {
		return nil, err
	}
	old := t.items[id]
	if err := t.check(request, old); err != nil {
		return nil, err
	}
	text := textOf(request, "UpdateExpression")
	assignments, ok := t.updates[text]
	if !ok {
		if assignments, err = parseUpdate(text); err != nil {
			return nil, err
		}
		t.updates[text] = assignments
	}
	e := &env{request: request, item: old}
	next := make(map[string]attribute, len(old)+len(assignments))
	for name, v := range old {
		next[name] = v
	}
	if old == nil {
		if next, err = attributesOf(key); err != nil {
			return nil, err
		}
	}
	var touched []string
	for _, a := range assignments {
		name, err := e.name(a.path)
		if err != nil {
			return nil, err
		}
		touched = append(touched, name)
		if a.value == nil {
			delete(next, name)
			continue
		}
		v, err := a.value(e)
		if err != nil {
			return nil, err
		}
		next[name] = v
	}
	t.items[id] = next
	answer := func(item map[string]attribute, all bool) value.Value {
		part := map[string]attribute{}
		for name, v := range item {
			if all {
				part[name] = v
			}
		}
		for _, name := range touched {
			if v, ok := item[name]; ok {
				part[name] = v
			}
		}
		if len(part) == 0 {
			return value.NewObject()
		}
		return value.NewObject(value.Member{Name: "Attributes", Value: itemValue(part)})
	}
	switch kind := textOf(request, "ReturnValues"); kind {
	case "", "NONE":
		return value.NewObject(), nil
	case "ALL_OLD", "UPDATED_OLD":
		return answer(old, kind == "ALL_OLD"), nil
	case "ALL_NEW", "UPDATED_NEW":
		return answer(next, kind == "ALL_NEW"), nil
	default:
		return nil, invalid("ReturnValues is %q", kind)
	}
}

// check fails when the request's condition does not hold.
func (t *Tables) check(request *value.Object, item map[string]attribute) error {
	text := textOf(request, "ConditionExpression")
	if text == "" {
		return nil
	}
	test, ok := t.tests[text]
	if !ok {
		var err error
		if test, err = parseCondition(text); err != nil {
			return err
		}
		t.tests[text] = test
	}
	holds, err := test(&env{request: request, item: item})
	if err != nil {
		return err
	}
	if !holds {
		t.Conflicts++
		return &fault{"ConditionalCheckFailedException", "The conditional request failed"}
	}
	return nil
}

func identify(request *value.Object, member string) (string, *value.Object, error) {
	v, _ := request.Get(member)
	key, _ := v.(*value.Object)
	table := textOf(request, "TableName")
	if key == nil || table == "" {
		return "", nil, invalid("TableName or %s is missing", member)
	}
	return table + "\x00" + value.Compact(key), key, nil
}

func textOf(o *value.Object, name string) string {
	v, _ := o.Get(name)
	s, _ := v.(value.String)
	return string(s)
}
