// Command extract is the Lambda function that turns a document in S3 into text (package tasks/extract).
package main

import (
	"context"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/clients"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/start"
	"github.com/docflow-asl/docflow/tasks/extract"
	"github.com/docflow-asl/docflow/tasks/text"
)

func main() {
	// PDFs are read by child processes of this executable, without its credentials.
	text.ServeWorker()
	start.Run(newHandler)
}

func newHandler(ctx context.Context, process start.Process) (lambda.Handler, error) {
	s3, err := clients.S3(ctx)
	if err != nil {
		return nil, err
	}
	reader, err := ocrReader(ctx, os.Getenv(ocrSetting))
	if err != nil {
		return nil, err
	}
	function := (&extract.Handler{S3: s3, Log: process.Log, Text: text.Options{OCR: reader}}).Function()
	function.Observer = process.Observer
	return function, nil
}
