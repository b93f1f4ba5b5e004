package apishape

import (
	"regexp"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl/value"
)

func TestCheck(t *testing.T) {
	for _, c := range []struct {
		service, operation, mock string
		strict                   bool
		want                     string
	}{
		{"sfn", "startExecution", `{"ExecutionArn": "arn", "StartDate": "2030-01-01T00:00:00Z"}`, true, ""},
		{"sfn", "startExecution", `{"ExecutionArn": "arn", "startDate": "2030-01-01T00:00:00Z"}`, true, "Required field 'StartDate' is missing"},
		{"sfn", "startExecution", `{"ExecutionArn": "arn", "StartDate": null}`, true, "Required field 'StartDate' is missing"},
		{"sfn", "startExecution", `{"ExecutionArn": "arn"}`, false, ""},
		{"sfn", "startExecution", `{"StartDate": 1.5}`, false, "Field 'StartDate' must be a string"},
		{"sfn", "describeExecution", `{"Status": "DONE"}`, false, "Field 'Status' is not an expected value"},
		{"lambda", "getAlias", `{"RoutingConfig": {"AdditionalVersionWeights": {"2": "0.5"}}}`, true, "Field 'AdditionalVersionWeights' must be a number"},
		{"lambda", "getAlias", `{"RoutingConfig": {"AdditionalVersionWeights": {"2": 1.5}}}`, true, "Field 'AdditionalVersionWeights' exceeds the maximum value"},
		{"lambda", "getAlias", `{"RoutingConfig": []}`, true, "Field 'RoutingConfig' must be an object"},
		{"lambda", "getAlias", `{"RoutingConfig": {"AdditionalVersionWeights": "x"}}`, true, "Field 'AdditionalVersionWeights' must be an object"},
		{"lambda", "getFunctionConfiguration", `{"Timeout": 0}`, true, "Field 'Timeout' is less than the minimum value"},
		{"lambda", "getFunctionConfiguration", `{"Version": ""}`, true, "Field 'Version' is less than the minimum length"},
		{"s3", "listObjectsV2", `{"IsTruncated": "no"}`, true, "Field 'IsTruncated' must be a boolean"},
		{"s3", "listObjectsV2", `{"Contents": [{"Key": "a"}, {"Key": 1}]}`, true, "Field 'Key' must be a string"},
		{"s3", "listObjectsV2", `{"Contents": {}}`, true, "Field 'Contents' must be an array"},
		{"s3", "listObjectsV2", `{"SdkHttpMetadata": {"HttpStatusCode": 200}}`, true, ""},
		{"dynamodb", "getItem", `{"Item": {"tags": {"L": [{"S": "a"}, {"N": 1}]}}}`, true, "Field 'N' must be a string"},
		{"bedrockruntime", "invokeModel", `{"Body": {"completion": "x"}, "ContentType": "application/json"}`, true, "Field 'Body' must be a string"},
	} {
		r, ok := Find(c.service, c.operation)
		if !ok {
			t.Errorf("%s:%s is not known", c.service, c.operation)
			continue
		}
		if got := r.Check(value.MustParse(c.mock).(*value.Object), c.strict); got != c.want {
			t.Errorf("%s:%s %s: got %q, want %q", c.service, c.operation, c.mock, got, c.want)
		}
	}
}

func TestFree(t *testing.T) {
	r, _ := Find("bedrockruntime", "invokeModel", "Body")
	if fault := r.Check(value.MustParse(`{"Body": {"completion": "x"}, "ContentType": "application/json"}`).(*value.Object), true); fault != "" {
		t.Error(fault)
	}
	if fault := r.Check(value.MustParse(`{"ContentType": "application/json"}`).(*value.Object), true); fault == "" {
		t.Error("a free member is required all the same")
	}
}

func TestUnknown(t *testing.T) {
	for _, name := range [][2]string{{"s3", "getobject"}, {"s4", "getObject"}, {"", ""}} {
		if _, ok := Find(name[0], name[1]); ok {
			t.Errorf("%v is known", name)
		}
	}
}

// TestTable holds shapes.txt together: every type that a line names is there.
func TestTable(t *testing.T) {
	member := regexp.MustCompile(`^[A-Z]\w*!?:[\[{]*(\w+|\*)(?:[\]}]|\([-\d.]*\.\.[-\d.]*\))*$`)
	operations := 0
	for name, s := range services() {
		for operation, response := range s.operations {
			operations++
			if s.shapes[response] == "" {
				t.Errorf("%s:%s: no shape %s", name, operation, response)
			}
		}
		for shape, line := range s.shapes {
			if values, ok := strings.CutPrefix(line, "= "); ok {
				if strings.Contains(values, " ") {
					t.Errorf("%s %s: blanks in %q", name, shape, values)
				}
				continue
			}
			for _, m := range strings.Fields(line)[1:] {
				parts := member.FindStringSubmatch(m)
				if parts == nil {
					t.Errorf("%s %s: cannot read %q", name, shape, m)
					continue
				}
				if typ := parts[1]; typ[0] >= 'A' && typ[0] <= 'Z' && s.shapes[typ] == "" {
					t.Errorf("%s %s: no shape %s", name, shape, typ)
				}
			}
		}
	}
	if operations < 150 {
		t.Errorf("only %d operations", operations)
	}
}
