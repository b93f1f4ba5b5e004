// Package dynamodb is the part of Amazon DynamoDB that a state machine needs for counters, locks and an index, in memory:
// getItem, putItem, updateItem and deleteItem with ConditionExpression, as tasks of the integrations aws-sdk:dynamodb and dynamodb call
// them, and query, of tables with a Schema, with pages of 1 MB. Of expressions it takes
//
//	SET a = b, c = d + :v, e = if_not_exists(e, :v) - :w    ADD a :v    REMOVE a
//	a < :v AND (attribute_not_exists(b) OR NOT b = :w)    a IN (:v, :w)    begins_with(a, :v)
//	a = :v AND b BETWEEN :w AND :x                          of keys
//
// over whole attributes, with #names. Numbers are float64, which holds integers up to 2^53 exactly.
//
// A task fails as on AWS: with DynamoDb.ConditionalCheckFailedException (DynamoDB.… of the optimized integration) or
// DynamoDb.ValidationException. Table is for one goroutine at a time.
//
// Source: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.html.
package dynamodb
