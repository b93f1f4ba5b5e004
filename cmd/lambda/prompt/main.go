// Command prompt is the Lambda function that writes the requests to the model (package tasks/prompt).
package main

import (
	"context"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/clients"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/start"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/tables"
	"github.com/docflow-asl/docflow/tasks/prompt"
)

func main() { start.Run(newHandler) }

func newHandler(ctx context.Context, process start.Process) (lambda.Handler, error) {
	s3, err := clients.S3(ctx)
	if err != nil {
		return nil, err
	}
	spending, err := tables.Spend(ctx, false)
	if err != nil {
		return nil, err
	}
	gate, err := tables.Gate(ctx, process.Log)
	if err != nil {
		return nil, err
	}
	concurrency, err := clients.Concurrency()
	if err != nil {
		return nil, err
	}
	function := (&prompt.Handler{
		S3: s3, Log: process.Log, Spend: spending, Cache: os.Getenv(clients.CacheAnswers) == "true",
		Gate: gate, Guardrail: os.Getenv(clients.Guardrail), Concurrency: concurrency,
	}).Function()
	function.Observer = process.Observer
	return function, nil
}
