// Package builder describes state machines in Go and makes their Amazon States Language.
//
// A state is a value and a transition is a reference to one, so that no transition can lead to a state that does not exist:
//
//	extract := builder.LambdaInvoke[Request, Result]("ExtractText", builder.Sub("ExtractTextFunctionArn"), builder.Object{"key": in.Ref("key")})
//	analyze := builder.InvokeModel[Body, Answer]("AnalyzeContent", model, builder.Object{"prompt": extract.Result("text")})
//	machine, err := builder.Machine{Input: in, Start: builder.Chain(extract, analyze)}.Build()
//
// Tasks know the Go types of their requests and results. A reference such as extract.Result("text") is relative to what the
// task returns; Build follows the data through InputPath, Parameters, ResultSelector, ResultPath and OutputPath of all states
// and writes the path at which the value lies for the state that refers to it. It refuses a reference to a field that the type
// does not have, to a state that does not run before on every way, and to a result that was discarded or overwritten.
// It cannot know whether a field that may be absent (omitempty) is there.
//
// Methods that describe a state return the state, so that calls can be chained; where the documentation says S, that is the
// state's own type.
//
// Build returns all faults at once, each with the line of Go that made the state.
//
// The machines are in JSONPath. The package knows nothing of particular Lambda functions or flows: see builder/flows.
package builder
