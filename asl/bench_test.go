package asl_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl"
)

// hundredStates is a definition of 100 states, most of them tasks with parameters, retriers and a catcher.
func hundredStates() []byte {
	var b strings.Builder
	b.WriteString("{\n  \"StartAt\": \"S0\",\n  \"States\": {\n")
	for i := range 99 {
		if i%10 == 5 {
			fmt.Fprintf(&b, "    \"S%d\": {\"Type\": \"Choice\", \"Choices\": [{\"Variable\": \"$.n\", \"NumericGreaterThan\": %d, \"Next\": \"S%d\"}], \"Default\": \"S99\"},\n", i, i, i+1)
			continue
		}
		fmt.Fprintf(&b, `    "S%d": {
      "Type": "Task",
      "Resource": "arn:aws:states:::bedrock:invokeModel",
      "Parameters": {"ModelId": "${ModelId}", "Body": {"messages": [{"role": "user", "content.$": "$.text"}], "max_tokens": 1000}},
      "ResultPath": "$.result%d",
      "TimeoutSeconds": 60,
      "Retry": [{"ErrorEquals": ["ThrottlingException", "States.Timeout"], "IntervalSeconds": 2, "MaxAttempts": 5, "BackoffRate": 2.0, "JitterStrategy": "FULL"}],
      "Catch": [{"ErrorEquals": ["States.ALL"], "ResultPath": "$.error", "Next": "S99"}],
      "Next": "S%d"
    },
`, i, i, i+1)
	}
	b.WriteString("    \"S99\": {\"Type\": \"Succeed\"}\n  }\n}\n")
	return []byte(b.String())
}

func BenchmarkParseJSON(b *testing.B) {
	text := hundredStates()
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if d := asl.ParseJSON("", text); len(d.Problems) > 0 {
			b.Fatal(d.Problems)
		}
	}
}

func BenchmarkParseYAML(b *testing.B) {
	text, err := asl.MarshalYAML(asl.ParseJSON("", hundredStates()).Machine)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if d := asl.ParseYAML("", text); len(d.Problems) > 0 {
			b.Fatal(d.Problems)
		}
	}
}

func BenchmarkMarshal(b *testing.B) {
	m := asl.ParseJSON("", hundredStates()).Machine
	b.SetBytes(int64(len(asl.Marshal(m))))
	b.ReportAllocs()
	for b.Loop() {
		asl.Marshal(m)
	}
}

func BenchmarkMarshalYAML(b *testing.B) {
	m := asl.ParseJSON("", hundredStates()).Machine
	b.ReportAllocs()
	for b.Loop() {
		if _, err := asl.MarshalYAML(m); err != nil {
			b.Fatal(err)
		}
	}
}
