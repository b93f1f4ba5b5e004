package awsapi

import (
	"slices"
	"testing"
)

func TestParameterName(t *testing.T) {
	for member, want := range map[string]string{
		"SNSTopicArn": "SnsTopicArn", "DBInstanceIdentifier": "DbInstanceIdentifier", "ETag": "ETag", "S3Bucket": "S3Bucket", "queueUrl": "QueueUrl",
		"ACL": "Acl", "SSEKMSKeyId": "SsekmsKeyId", "N": "N", "": "", "equals": "EqualsValue",
	} {
		if got := ParameterName(member); got != want {
			t.Errorf("%s: got %s, want %s", member, got, want)
		}
	}
	if got := ActionName("ListObjectsV2"); got != "listObjectsV2" {
		t.Errorf("got %s", got)
	}
}

// TestServices reads every service and every structure of it.
func TestServices(t *testing.T) {
	if len(Services()) < 400 {
		t.Errorf("only %d services", len(Services()))
	}
	for _, name := range []string{
		"bedrock", "bedrockruntime", "bedrockagentruntime", "textract", "comprehend", "translate", "transcribe", "s3", "dynamodb", "sqs", "sns", "eventbridge", "lambda", "sfn",
		"ecs", "batch", "glue", "athena", "secretsmanager", "ssm", "kms", "cloudwatchlogs", "ses", "sesv2", "polly", "rekognition", "opensearch", "opensearchserverless", "config",
	} {
		if !slices.Contains(Services(), name) {
			t.Errorf("no service %s", name)
		}
	}
	for _, name := range Services() {
		s := Find(name)
		if s.IAMPrefix == "" || len(s.Actions()) == 0 {
			t.Errorf("%s: no IAM prefix or no actions", name)
		}
		for _, a := range s.Actions() {
			if request := s.actions[a].request; request != "" && s.Request(a) == nil {
				t.Errorf("%s:%s: no structure %s", name, a, request)
			}
		}
		for shape := range s.shapes {
			for _, m := range s.structure(shape).Members {
				at := m.Type
				for at.Kind == List || at.Kind == Map {
					at = at.Items()
				}
				if at.Kind == Object && at.Structure() == nil {
					t.Errorf("%s: %s.%s has a type that is not there", name, shape, m.Name)
				}
			}
		}
		if Retired(name) {
			t.Errorf("%s is retired, but there", name)
		}
	}
	if Find("lamda") != nil || Version() == "" {
		t.Error("an unknown service is known, or the version is not")
	}
}

func TestRequest(t *testing.T) {
	r := Find("textract").Request("startDocumentAnalysis")
	m, ok := r.Member("documentlocation")
	if !ok || m.Name != "DocumentLocation" || !m.Required || m.Type.Kind != Object {
		t.Errorf("got %+v", m)
	}
	if m, ok = r.Member("FeatureTypes"); !ok || m.Type.Kind != List || m.Type.Items().Kind != String {
		t.Errorf("got %+v", m)
	}
	if _, ok := r.Member("Feature"); ok {
		t.Error("an unknown member is known")
	}
	filter := Find("bedrockagentruntime").structure("RetrievalFilter")
	for _, name := range []string{"Equals", "EqualsValue"} {
		if m, ok := filter.Member(name); !ok || m.Name != "EqualsValue" {
			t.Errorf("%s is %+v", name, m)
		}
	}
	if m, ok := Find("appsync").Request("createApi").Member("EventConfigValue"); ok {
		t.Errorf("got %+v", m)
	}
	// What the SDK fills in by itself is not required.
	if m, _ := Find("sfn").Request("createStateMachine").Member("ClientToken"); m.Required {
		t.Error("a token for idempotency is required")
	}
	if !Find("bedrockruntime").Streams("converseStream") || Find("bedrockruntime").Streams("converse") {
		t.Error("streams")
	}
	if m, ok := Named("A").Member("a"); !ok || m.Type.Kind != Any {
		t.Error("Named")
	}
}
