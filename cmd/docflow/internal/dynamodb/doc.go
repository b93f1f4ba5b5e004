// Package dynamodb is the part of Amazon DynamoDB that a state machine needs for counters and locks, in memory: getItem, putItem and
// updateItem with ConditionExpression, as tasks of the integrations aws-sdk:dynamodb and dynamodb call them. Of expressions it takes
//
//	SET a = b, c = d + :v, e = if_not_exists(e, :v) - :w    ADD a :v    REMOVE a
//	a < :v AND (attribute_not_exists(b) OR NOT b = :w)
//
// over whole attributes, with #names. Numbers are float64, which holds integers up to 2^53 exactly.
//
// A task fails as on AWS: with DynamoDb.ConditionalCheckFailedException (DynamoDB.… of the optimized integration) or
// DynamoDb.ValidationException. Table is for one goroutine at a time.
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html.
package dynamodb
