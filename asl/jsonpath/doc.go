// Package jsonpath reads and evaluates JSONPath as AWS Step Functions does.
//
// The service uses Jayway's JsonPath for Java: the texts of its failures, as recorded on AWS, are that library's. So this
// package follows the dialect of Jayway 2.10, habits included: [0:4:2] ignores the 2, ['a','b'] at the end gives an object,
// a filter on an object tests the object itself, 1 == '1'. Where AWS was recorded to differ, AWS wins:
//
//   - a path starts with `$` (the state's data), `$$` (the context object) or `$name` (a variable); Jayway knows only `$`.
//   - an indefinite path (one with a wildcard, slice, union, filter or `..`) always gives an array, an empty one when a part of
//     the path is missing; Jayway throws there.
//   - in a quoted name a backslash stands for itself, but before the quote that would end the name.
//   - an unquoted word in a filter is a string: AWS's own samples hold `[?(@.Type.Text==VENDOR_NAME)]`.
//
// Parse makes a Path, which is immutable and may be shared; Eval applies it. A ReferencePath (ASL specification, "Reference
// Paths") names one place and can also be written to, as ResultPath does.
package jsonpath
