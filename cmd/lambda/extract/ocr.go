package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/docflow-asl/docflow/tasks/ocr"
	"github.com/docflow-asl/docflow/tasks/text"
)

// ocrSetting is the environment variable that says who reads pages that are images: textract, bedrock:MODEL, or nobody when
// it is empty.
const ocrSetting = "DOCFLOW_OCR"

// ocrReader makes the reader. Its client retries as the SDK does by default: the state machine can only retry the document
// as a whole, which would read the pages again that were read already.
func ocrReader(ctx context.Context, name string) (text.OCR, error) {
	if name == "" {
		return nil, nil
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("configuration of the AWS SDK: %w", err)
	}
	if model, ok := strings.CutPrefix(name, "bedrock:"); ok && model != "" {
		return ocr.NewBedrock(bedrockruntime.NewFromConfig(cfg), ocr.BedrockOptions{Model: model})
	}
	if name == "textract" {
		return ocr.NewTextract(cfg)
	}
	return nil, fmt.Errorf("the environment variable %s is %q; it takes textract, bedrock:MODEL or nothing", ocrSetting, name)
}
