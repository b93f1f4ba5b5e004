package check

// What the data flow finds. Of what nobody can know nothing is ever reported. All are warnings, also where a state certainly fails when it is
// reached: AWS takes the definition, and a way on which states fail may be meant, as in tests.
var flowRules = []*Rule{
	{
		Code: "path-not-found", Severity: Warning, check: flowFindings,
		Doc: "On every way to the state, nothing writes what the path or expression reads: the state fails when it is reached.",
	},
	{
		Code: "value-lost", Severity: Warning, check: flowFindings,
		Doc: "An earlier state had the value, but a state in between lost it: without ResultPath its result takes the place of the whole data, with it that of what was there; OutputPath and Output keep what they name only. The state that reads it fails.",
	},
	{
		Code: "missing-payload", Severity: Warning, check: flowFindings,
		Doc: "arn:aws:states:::lambda:invoke gives an envelope: StatusCode, ExecutedVersion and the like, and what the function returned as Payload.",
	},
	{
		Code: "array-as-object", Severity: Warning, check: flowFindings,
		Doc: "The result of a Parallel is an array with the results of its branches, that of a Map one with those of its items. A name leads nowhere in it.",
	},
	{
		Code: "unassigned-variable", Severity: Warning, check: flowFindings,
		Doc: "No way to the state assigns the variable that it reads. What a state assigns is there from the next state on; what is assigned within a branch or a processor is gone when that ends; a distributed Map's states do not see the variables around it. In JSONPath the state fails; in JSONata the variable counts as nothing.",
	},
	{
		Code: "outer-variable", Severity: Warning, check: flowFindings,
		Doc: "A branch or an iteration reads the variables around it, but may not assign a variable of the same name: its own are gone when it ends.",
	},
	{
		Code: "maybe-absent", Severity: Warning, check: flowFindings,
		Doc: "On one way to the state, nothing writes what it reads, or the answer of a service does not always have it, as that of dynamodb:getItem its Item: the execution fails when it takes that way.",
	},
	{
		Code: "undefined-field", Severity: Warning, check: flowFindings,
		Doc: "A part of a JSONata expression reads what is not there. It counts as nothing, and the expression goes on without it.",
	},
	{
		Code: "unknown-response-member", Severity: Warning, check: flowFindings,
		Doc: "The answer of the AWS API has no such member, as far as AWS's documentation goes; upper and lower case count. AWS adds members from time to time.",
	},
	{
		Code: "argument-type", Severity: Warning, check: flowFindings,
		Doc: "What the path leads to is of a type that the intrinsic function cannot take: the state fails when it is reached.",
	},
	{
		Code: "field-type", Severity: Warning, check: flowFindings,
		Doc: "The field gets a value of a type that it cannot take: items that are no array, seconds that are no number. The state fails when it is reached.",
	},
	{
		Code: "comparison-type", Severity: Warning, check: flowFindings,
		Doc: "The operator is for values of another type than the one that is compared: the comparison never holds.",
	},
	{
		Code: "result-path-conflict", Severity: Warning, check: flowFindings,
		Doc: "ResultPath leads through a value that has no members. The state fails with States.ResultPathMatchFailure.",
	},
}
