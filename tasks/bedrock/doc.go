// Package bedrock holds what every part of docflow must agree on when it talks to a
// language model through Amazon Bedrock: the table of models, the request and response
// bodies of InvokeModel for Anthropic models, the prompts and the fence that encloses
// untrusted document text, the shapes of the answers, and the names of the errors that
// a state machine retries.
//
// It makes no calls. Lambda functions, the flow builder and the command line import it,
// so it needs nothing but the standard library and a JSON Schema validator.
//
// Document text is untrusted. It reaches a model only inside a fence that the text
// cannot close (see Fence), after instructions that say so, and what the model returns
// is only used after ParseAnswer has checked it against a JSON Schema.
package bedrock
