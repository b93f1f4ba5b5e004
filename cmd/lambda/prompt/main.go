// Command prompt is the Lambda function that writes the requests to the model (package tasks/prompt).
package main

import (
	"context"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/clients"
	"github.com/docflow-asl/docflow/tasks/prompt"
)

func main() {
	s3, err := clients.S3(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	ledger, err := clients.Spend(context.Background(), false)
	if err != nil {
		log.Fatal(err)
	}
	handler := &prompt.Handler{S3: s3, Log: lambdacontext.NewLogger(), Spend: ledger, Cache: os.Getenv(clients.CacheAnswers) == "true"}
	lambda.Start(handler.Function())
}
