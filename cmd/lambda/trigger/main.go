// Command trigger is the Lambda function that starts an execution for each object that
// comes into a bucket (package tasks/trigger).
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/clients"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/start"
	"github.com/docflow-asl/docflow/tasks/trigger"
)

func main() { start.Run(newHandler) }

func newHandler(ctx context.Context, process start.Process) (lambda.Handler, error) {
	machine, err := clients.Setting("STATE_MACHINE_ARN")
	if err != nil {
		return nil, err
	}
	results, err := clients.Setting("RESULTS_BUCKET")
	if err != nil {
		return nil, err
	}
	// The client retries as the SDK does by default: nothing above it does so at once.
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("configuration of the AWS SDK: %w", err)
	}
	function := (&trigger.Handler{
		SFN: sfn.NewFromConfig(cfg), Log: process.Log,
		StateMachineARN: machine, ResultsBucket: results, PipelineVersion: os.Getenv("PIPELINE_VERSION"),
	}).Function()
	function.Observer = process.Observer
	return function, nil
}
