// Command combine is the Lambda function that joins what the model answered into one result (package tasks/combine).
package main

import (
	"context"
	"log"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/clients"
	"github.com/docflow-asl/docflow/tasks/combine"
)

func main() {
	s3, err := clients.S3(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	ledger, err := clients.Spend(context.Background(), true)
	if err != nil {
		log.Fatal(err)
	}
	handler := &combine.Handler{S3: s3, Log: lambdacontext.NewLogger(), Spend: ledger}
	lambda.Start(handler.Function())
}
