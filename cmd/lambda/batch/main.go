// Command batch is the Lambda function of the flow document-batch (package tasks/batch).
package main

import (
	"context"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/clients"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/start"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/tables"
	"github.com/docflow-asl/docflow/tasks/batch"
	"github.com/docflow-asl/docflow/tasks/prompt"
)

func main() { start.Run(newHandler) }

func newHandler(ctx context.Context, process start.Process) (lambda.Handler, error) {
	s3, err := clients.S3Bulk(ctx)
	if err != nil {
		return nil, err
	}
	spending, err := tables.Spend(ctx, false)
	if err != nil {
		return nil, err
	}
	// Without a gate and a guardrail: neither is for batch inference.
	check := &prompt.Handler{S3: s3, Log: process.Log, Spend: spending, Cache: os.Getenv(clients.CacheAnswers) == "true"}
	function := (&batch.Handler{S3: s3, Log: process.Log, Check: check}).Function()
	function.Observer = process.Observer
	return function, nil
}
