package cfnschema_test

import (
	"testing"

	"github.com/docflow-asl/docflow/cmd/lambda/internal/cfnschema"
	"github.com/xeipuuv/gojsonschema"
)

func TestRead(t *testing.T) {
	s, err := cfnschema.Read()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"cfn-lint", "aws-sam-translator", "region"} {
		if s.Versions[name] == "" {
			t.Errorf("the schemas do not say which %s they are of", name)
		}
	}
	queue, err := gojsonschema.NewSchema(gojsonschema.NewBytesLoader(s.Schemas["AWS::SQS::Queue"]))
	if err != nil {
		t.Fatal(err)
	}
	for document, right := range map[string]bool{
		`{"VisibilityTimeout": 30}`:    true,
		`{"VisibilityTimeout": 50000}`: false, // 12 hours at most
		`{"VisibilityTimeOut": 30}`:    false,
	} {
		result, err := queue.Validate(gojsonschema.NewStringLoader(document))
		if err != nil || result.Valid() != right {
			t.Errorf("%s: valid is %v, %v", document, result.Valid(), err)
		}
	}
	// A metric has a name or is computed, never both: cfn-lint's word for that is not JSON Schema's.
	alarm, err := gojsonschema.NewSchema(gojsonschema.NewBytesLoader(s.Schemas["AWS::CloudWatch::Alarm"]))
	if err != nil {
		t.Fatal(err)
	}
	result, err := alarm.Validate(gojsonschema.NewStringLoader(`{"ComparisonOperator": "LessThanThreshold", "EvaluationPeriods": 1}`))
	if err != nil || result.Valid() {
		t.Errorf("an alarm of nothing is valid: %v", err)
	}
}
