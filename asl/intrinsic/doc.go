// Package intrinsic reads and evaluates the intrinsic functions of the Amazon States Language, such as
// States.Format('{}-{}', $.a, States.UUID()).
//
// Parse makes a Call, which is immutable and may be shared; Eval applies it. What the functions do is, in this order, what was
// recorded on AWS (LocalStack's snapshot tests; captures by the authors of other emulators, named where they matter) and
// what the Step Functions developer guide says ("Intrinsic functions for JSONPath states in Step Functions"). AWS is more
// lenient than its guide: fractions are cut off where integers are asked for (but rounded by States.MathAdd), Base64 text may
// hold characters that are none, States.ArrayContains compares texts.
package intrinsic
