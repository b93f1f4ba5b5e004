// Package jsonata compiles and evaluates JSONata 2.0.6 (https://docs.jsonata.org), the expression language between {% and %} in
// Amazon States Language, with AWS Step Functions' dialect of it as an option.
//
// Results, error codes and error texts are those of the JavaScript original, with its number, string and regular-expression
// semantics: strings count in UTF-16 code units where it does, numbers are float64. What an expression passes on without
// touching it keeps its source text, though, number text included, as the JSON values of package value do.
//
// An Expression is immutable and may be evaluated by any number of goroutines at once. Every evaluation is bounded: by a number of
// steps, a depth, sizes of what it makes, the time of one regular-expression match, and its context.Context. See Limits.
package jsonata
