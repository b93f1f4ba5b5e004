// Command extract is the Lambda function that turns a document in S3 into text (package tasks/extract).
package main

import (
	"context"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/clients"
	"github.com/docflow-asl/docflow/tasks/extract"
	"github.com/docflow-asl/docflow/tasks/text"
)

func main() {
	// PDFs are read by child processes of this executable, without its credentials.
	text.ServeWorker()
	s3, err := clients.S3(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	reader, err := ocrReader(context.Background(), os.Getenv(ocrSetting))
	if err != nil {
		log.Fatal(err)
	}
	handler := &extract.Handler{S3: s3, Log: lambdacontext.NewLogger(), Text: text.Options{OCR: reader}}
	lambda.Start(handler.Function())
}
