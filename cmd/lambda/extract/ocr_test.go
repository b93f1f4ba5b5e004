package main

import (
	"strings"
	"testing"
)

func TestOCRReader(t *testing.T) {
	t.Setenv("AWS_REGION", "eu-west-1")
	t.Setenv("AWS_ACCESS_KEY_ID", "test")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "test")
	for _, test := range []struct{ setting, name, fault string }{
		{setting: ""},
		{setting: "textract", name: "textract"},
		{setting: "bedrock:anthropic.claude-haiku-4-5", name: "anthropic.claude-haiku-4-5"},
		{setting: "bedrock:", fault: "it takes textract, bedrock:MODEL or nothing"},
		{setting: "tesseract", fault: `DOCFLOW_OCR is "tesseract"`},
	} {
		reader, err := ocrReader(t.Context(), test.setting)
		switch {
		case test.fault != "":
			if err == nil || !strings.Contains(err.Error(), test.fault) {
				t.Errorf("%q: error %v, want %q", test.setting, err, test.fault)
			}
		case err != nil:
			t.Errorf("%q: %v", test.setting, err)
		case test.name == "" && reader != nil:
			t.Errorf("%q: somebody reads", test.setting)
		case test.name != "" && (reader == nil || reader.Name() != test.name):
			t.Errorf("%q: the reader is %v, want %s", test.setting, reader, test.name)
		}
	}
}
