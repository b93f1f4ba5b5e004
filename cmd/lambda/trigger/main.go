// Command trigger is the Lambda function that starts an execution for each object that
// comes into a bucket (package tasks/trigger).
package main

import (
	"context"
	"log"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/clients"
	"github.com/docflow-asl/docflow/tasks/trigger"
)

func main() {
	handler, err := newHandler(context.Background())
	if err != nil {
		log.Fatal(err)
	}
	lambda.Start(handler.Function())
}

func newHandler(ctx context.Context) (*trigger.Handler, error) {
	machine, err := clients.Setting("STATE_MACHINE_ARN")
	if err != nil {
		return nil, err
	}
	results, err := clients.Setting("RESULTS_BUCKET")
	if err != nil {
		return nil, err
	}
	sfn, err := clients.SFN(ctx)
	if err != nil {
		return nil, err
	}
	return &trigger.Handler{
		SFN: sfn, Log: lambdacontext.NewLogger(),
		StateMachineARN: machine, ResultsBucket: results, PipelineVersion: os.Getenv("PIPELINE_VERSION"),
	}, nil
}
