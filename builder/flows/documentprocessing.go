package flows

import (
	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/builder"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/extract"
)

// DocumentProcessingName is the name of the flow that DocumentProcessing describes.
const DocumentProcessingName = "document-processing"

// DocumentInput is what DocumentProcessing and DocumentPipeline start with, in its shortest form. The functions also take the
// events of Amazon S3.
type DocumentInput struct {
	Bucket    string `json:"bucket"`
	Key       string `json:"key"`
	VersionID string `json:"versionId,omitempty"`
}

// DocumentProcessing is the article's first flow: text, analysis, summary. The text travels in the execution's state, so that a
// document has some 200,000 bytes of text at most; DocumentPipeline has no such limit.
//
// The summary is made of the text, inside its fence, and the output holds analysis and summary. With a prompt of its own, as in
// the article, the summary is made of the analysis and is all that the flow gives: the answer of a model is untrusted text too,
// for which no fence is known.
func DocumentProcessing(o Options) (*asl.Machine, error) {
	in := builder.InputOf[DocumentInput]()
	extractText := function[extract.Request, extract.Result](o, "ExtractText", o.ExtractFunction, in.Ref(""), o.ExtractTimeout, extract.Errors())
	text, fence := extractText.Result("extractedText"), extractText.Result("fence")
	analyze := ask(o, bedrock.StepAnalysis, "AnalyzeContent", o.Analysis, text, fence).ResultPath("$.analysis")
	ofAnalysis := o.Summary.Prompt != ""
	if ofAnalysis {
		text = analyze.Result("Body.content[0].text")
	}
	summarize := ask(o, bedrock.StepSummary, "GenerateSummary", o.Summary, text, fence)
	if !o.Unguarded {
		refused, fail := failed("DocumentRefused"), failed("ProcessingFailed")
		extractText.Catch(builder.Catch(refused, extract.Errors().Poison()...), builder.Catch(fail))
		analyze.Catch(builder.Catch(fail))
		summarize.Catch(builder.Catch(fail))
	}
	chain := builder.Chain(extractText, analyze, summarize)
	if !ofAnalysis {
		summarize.ResultPath("$.summary")
		chain.Then(builder.Pass("Result").Comment("Without the text, which lies in S3 anyway").Parameters(builder.Object{
			"document": extractText.Result("document"),
			"warnings": extractText.Result("warnings"),
			"analysis": analyze.Result("Body"),
			"summary":  summarize.Result("Body"),
		}))
	}
	return builder.Machine{Comment: o.Comments[DocumentProcessingName], Input: in, Timeout: o.Timeout, Start: chain}.Build()
}
