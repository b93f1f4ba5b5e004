// Command combine is the Lambda function that joins what the model answered into one result (package tasks/combine).
package main

import (
	"context"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/clients"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/start"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/tables"
	"github.com/docflow-asl/docflow/tasks/combine"
)

func main() { start.Run(newHandler) }

func newHandler(ctx context.Context, process start.Process) (lambda.Handler, error) {
	s3, err := clients.S3(ctx)
	if err != nil {
		return nil, err
	}
	spending, err := tables.Spend(ctx, true)
	if err != nil {
		return nil, err
	}
	writer, err := tables.Index(ctx)
	if err != nil {
		return nil, err
	}
	function := (&combine.Handler{S3: s3, Log: process.Log, Spend: spending, Index: writer}).Function()
	function.Observer = process.Observer
	return function, nil
}
