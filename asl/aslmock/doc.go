// Package aslmock runs definitions with mocked tasks: in `go test` with Run, and under anything else with Definition.Run or
// Mocks.Start. Executions run on the engine's virtual clock with a fixed seed, so that a wait of a day takes no time and two
// runs are the same.
//
//	func TestThrottledOnce(t *testing.T) {
//		r := aslmock.Run(t, "flow.asl.json",
//			aslmock.Input(`{"key": "a.pdf"}`),
//			aslmock.State("Extract").Throws("Lambda.TooManyRequestsException", "").Then().Returns(`{"Payload": {"text": "…"}}`),
//			aslmock.Resource("arn:aws:states:::bedrock:*").Returns(`{"Body": {}}`).Elapse(20*time.Second),
//		)
//		r.Succeeded(t, `{"text": "…"}`)
//		r.Visited(t, "Extract", "Analyze")
//		r.Retried(t, "Extract", 1)
//	}
//
// Mocks are written in Go (State, Resource), come from a mock configuration file of Step Functions Local (Config, TestCase), or
// have the form of the mock parameter of the TestState API (TestStateMock). Package coverage tells what a set of runs went
// through, package asltest reads files of tests.
package aslmock
