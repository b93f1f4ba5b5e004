package flows

import (
	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/builder"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/combine"
)

// ParallelAnalysisName is the name of the flow that ParallelAnalysis describes.
const ParallelAnalysisName = "parallel-analysis"

// TextInput is what ParallelAnalysis starts with.
type TextInput struct {
	Text string `json:"text"`
}

// ParallelAnalysis is the article's second flow: sentiment and keywords of a text at the same time, then one result of both.
// Guarded, a branch that fails leaves its error in the place of its answer, so that the other's work is not lost.
func ParallelAnalysis(o Options) (*asl.Machine, error) {
	in := builder.InputOf[TextInput]()
	text := in.Ref("text")

	// Whoever wrote the text cannot know its tag: it is the hash of a random number, in the form of bedrock.Fence.
	fence := builder.Pass("Fence").Comment("A tag for the text, which the text cannot hold").ResultPath("$.fence").
		Parameters(builder.Object{"tag": builder.Format("document-{}", builder.Intrinsic("States.Hash", builder.Intrinsic("States.UUID"), "MD5"))})
	sentiment := ask(o, bedrock.StepSentiment, "SentimentAnalysis", o.Sentiment, text, fence.Result("tag"))
	keywords := ask(o, bedrock.StepKeywords, "KeywordExtraction", o.Keywords, text, fence.Result("tag"))
	both := builder.Parallel("ParallelAnalysis", sentiment, keywords)
	combineResults := function[[]combine.Item, combine.Result](o, "CombineResults", o.CombineFunction, both.Result(""), o.FunctionTimeout, combine.Errors())
	if !o.Unguarded {
		sentiment.Catch(builder.Catch(errorRecord("SentimentFailed")))
		keywords.Catch(builder.Catch(errorRecord("KeywordsFailed")))
		fail := failed("AnalysisFailed")
		combineResults.Catch(
			builder.Catch(fail, combine.Errors().Poison()...).ResultPath("$"), // the state's input is an array
			builder.Catch(fail).ResultPath("$"),
		)
	}
	chain := builder.Chain(both, combineResults)
	if o.Sentiment.Prompt == "" || o.Keywords.Prompt == "" {
		chain = builder.Chain(fence, chain)
	}
	return builder.Machine{Comment: o.Comments[ParallelAnalysisName], Input: in, Timeout: o.Timeout, Start: chain}.Build()
}

// errorRecord ends a branch with the error that was caught, as tasks/combine wants it.
func errorRecord(name string) *builder.PassState {
	return builder.Pass(name).Parameters(builder.Object{"Error": builder.CaughtError("Error"), "Cause": builder.CaughtError("Cause")})
}
