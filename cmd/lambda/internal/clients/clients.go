// Package clients makes the AWS clients of the Lambda functions.
package clients

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/docflow-asl/docflow/tasks/spend"
)

// PathStyle is the environment variable that makes the S3 client put the bucket into the
// path. An endpoint on loopback (AWS_ENDPOINT_URL_S3) has no host name for each bucket.
const PathStyle = "DOCFLOW_S3_PATH_STYLE"

// S3 returns the client of a function inside a state machine. It does not retry: the
// state machine does, and two layers of retries multiply.
func S3(ctx context.Context) (*s3.Client, error) {
	cfg, err := config.LoadDefaultConfig(ctx, config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }))
	if err != nil {
		return nil, fmt.Errorf("configuration of the AWS SDK: %w", err)
	}
	return s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = os.Getenv(PathStyle) == "true"
		// Objects that were stored without a checksum are nothing to write a line about.
		o.DisableLogOutputChecksumValidationSkipped = true
	}), nil
}

// SFN returns the client of the function that starts executions. It retries as the SDK
// does by default: nothing above it does so at once.
func SFN(ctx context.Context) (*sfn.Client, error) {
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("configuration of the AWS SDK: %w", err)
	}
	return sfn.NewFromConfig(cfg), nil
}

// The environment variables of the caps on what models may cost. Without a table there are
// none.
const (
	SpendTable         = "SPEND_TABLE"
	MaxDocumentDollars = "MAX_DOCUMENT_DOLLARS"
	MaxDailyDollars    = "MAX_DAILY_DOLLARS"
)

// CacheAnswers is the environment variable that lets answers of models be used again.
const CacheAnswers = "CACHE_ANSWERS"

// Spend returns the ledger of what calls to models cost, or nil when there is no table for
// it. retry is for a function whose state machine does not get to see its errors.
func Spend(ctx context.Context, retry bool) (*spend.Ledger, error) {
	table := os.Getenv(SpendTable)
	if table == "" {
		return nil, nil
	}
	ledger := &spend.Ledger{Table: table, Now: time.Now}
	for name, amount := range map[string]*spend.Micros{MaxDocumentDollars: &ledger.Caps.Document, MaxDailyDollars: &ledger.Caps.Day} {
		var err error
		if *amount, err = spend.ParseDollars(os.Getenv(name)); err != nil {
			return nil, fmt.Errorf("the environment variable %s: %w", name, err)
		}
	}
	var options []func(*config.LoadOptions) error
	if !retry {
		options = append(options, config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("configuration of the AWS SDK: %w", err)
	}
	ledger.API = dynamodb.NewFromConfig(cfg)
	return ledger, nil
}

// Setting returns the value of an environment variable that must be set.
func Setting(name string) (string, error) {
	value := os.Getenv(name)
	if value == "" {
		return "", fmt.Errorf("the environment variable %s is not set; template.yaml sets it", name)
	}
	return value, nil
}
