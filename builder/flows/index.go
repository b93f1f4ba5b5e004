package flows

import (
	"fmt"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/builder"
	"github.com/docflow-asl/docflow/tasks/claim"
	"github.com/docflow-asl/docflow/tasks/index"
)

// putItem is what the flow gives to aws-sdk:dynamodb:putItem.
type putItem struct {
	TableName string
	Item      map[string]map[string]string
}

const dynamodbPutItem = "arn:aws:states:::aws-sdk:dynamodb:putItem"

// index lists an execution that has no result. What follows does so also when it cannot be listed: the record in S3 says the same.
func (p *pipeline) index(name, status string, next builder.Flow) *builder.TaskState {
	return p.aside(builder.SDKTask[putItem, any](name, "dynamodb", "putItem", builder.Object{
		"TableName": p.options.IndexTable, "Item": builder.Object{index.Status: builder.Object{"S": status}},
	}), next)
}

// items gives the states of index their items. They are in JSONata: an attribute that is not there, as the version of a document in
// a bucket without versions, has to be left out, and the month be cut from a time.
func (p *pipeline) items(m *asl.Machine) {
	asl.Walk(m, func(_ *asl.Scope, s asl.State) {
		task, ok := s.(*asl.TaskState)
		if !ok || task.Resource != dynamodbPutItem {
			return
		}
		keep := asl.Assignment{Output: value.String("{% $states.input %}")}
		task.QueryLanguage, task.Assignment = asl.JSONata, keep
		task.Arguments = object(
			"TableName", p.options.IndexTable,
			"Item", p.item(statusOf(task.Parameters)),
			"ConditionExpression", index.NoResultCondition,
			"ExpressionAttributeNames", object("#id", index.ID, "#result", index.Result, "#sort", index.Sort),
			"ExpressionAttributeValues", object(":sort", object("S", "{% "+sortExpression+" %}")),
		)
		task.Parameters, task.ResultPath = nil, asl.Path{}
		for i := range task.Catch {
			task.Catch[i].ResultPath, task.Catch[i].Assignment = asl.Path{}, keep
		}
	})
}

// statusOf is the status in the parameters that index has given.
func statusOf(parameters value.Value) string {
	for _, name := range []string{"Item", index.Status, "S"} {
		o, ok := parameters.(*value.Object)
		if !ok {
			return ""
		}
		parameters, _ = o.Get(name)
	}
	status, _ := parameters.(value.String)
	return string(status)
}

// sortExpression is index.Sort. The time is written anew, with milliseconds also when there are none.
const sortExpression = "$fromMillis($toMillis($states.context.State.EnteredTime)) & '#' & $states.context.Execution.Name"

// item is the expression of an item: that of a document as {bucket, key} or an event of Amazon EventBridge names it. Of an input in
// another form it has no document.
func (p *pipeline) item(status string) string {
	const name = "$states.context.Execution.Name"
	// As index.ShardOf: the first digit of the hash is how many digits stand before it.
	shard := fmt.Sprintf("$substring(%s, 0, 7) & '#' & $length($substringBefore('0123456789abcdef', $substring($hash(%s, 'SHA-256'), 0, 1))) %% %d",
		"$states.context.State.EnteredTime", name, index.Shards)
	texts := []struct{ name, expression string }{
		{index.ID, name},
		{index.Shard, shard},
		{index.Sort, sortExpression},
		{index.Status, "'" + status + "'"},
		{index.Error, "$" + failedError},
		{index.Record, fmt.Sprintf("'s3://%s/%s' & %s & '.json'", p.options.ResultsBucket, claim.QuarantinePrefix, name)},
		{index.Started, "$fromMillis($toMillis($states.context.Execution.StartTime))"},
		{index.Key, "[$in.key, $in.detail.object.key][0]"},
		{index.Bucket, "[$in.bucket, $in.detail.bucket.name][0]"},
		{index.Version, "[$in.versionId, $in.detail.object.`version-id`][0]"},
	}
	var list []string
	for _, t := range texts {
		list = append(list, fmt.Sprintf("$text('%s', %s)", t.name, t.expression))
	}
	return "{% ($in := $states.context.Execution.Input; " +
		"$text := function($name, $value) { $type($value) = 'string' and $value != '' ? {$name: {'S': $value}} : {} }; " +
		"$merge([" + strings.Join(list, ", ") + "])) %}"
}

// object makes an object of names and values, which are strings or objects.
func object(pairs ...any) *value.Object {
	var members []value.Member
	for i := 0; i < len(pairs); i += 2 {
		m := value.Member{Name: pairs[i].(string)}
		switch v := pairs[i+1].(type) {
		case string:
			m.Value = value.String(v)
		case *value.Object:
			m.Value = v
		}
		members = append(members, m)
	}
	return value.NewObject(members...)
}
