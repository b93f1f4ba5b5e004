// Package clients makes the AWS client that Lambda functions share, and reads their settings.
package clients

import (
	"context"
	"fmt"
	"os"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// PathStyle is the environment variable that makes the S3 client put the bucket into the
// path. An endpoint on loopback (AWS_ENDPOINT_URL_S3) has no host name for each bucket.
const PathStyle = "DOCFLOW_S3_PATH_STYLE"

// S3 returns the client of a function inside a state machine. It does not retry: the
// state machine does, and two layers of retries multiply.
func S3(ctx context.Context) (*s3.Client, error) {
	return newS3(ctx, config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} }))
}

// S3Bulk returns the client of a function that works on thousands of objects in one call. It
// retries as the SDK does by default: one request that is throttled is no reason to begin
// again with the first.
func S3Bulk(ctx context.Context) (*s3.Client, error) { return newS3(ctx) }

func newS3(ctx context.Context, options ...func(*config.LoadOptions) error) (*s3.Client, error) {
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, fmt.Errorf("configuration of the AWS SDK: %w", err)
	}
	return s3.NewFromConfig(cfg, func(o *s3.Options) {
		o.UsePathStyle = os.Getenv(PathStyle) == "true"
		// Objects that were stored without a checksum are nothing to write a line about.
		o.DisableLogOutputChecksumValidationSkipped = true
	}), nil
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

// IndexTable is the environment variable of the table that results are listed in.
const IndexTable = "INDEX_TABLE"

// The environment variables of how models are called: the quotas of requests and tokens a
// minute (quota.ParseLimits), how many calls of a document there may be at the same time,
// and the guardrail over them, as ID:VERSION.
const (
	ModelRequestsPerMinute = "MODEL_REQUESTS_PER_MINUTE"
	ModelTokensPerMinute   = "MODEL_TOKENS_PER_MINUTE"
	ModelConcurrency       = "MODEL_CONCURRENCY"
	Guardrail              = "GUARDRAIL"
)

// Concurrency returns how many calls of a document there may be at the same time; 0 is what
// the function takes by itself.
func Concurrency() (int, error) {
	text := os.Getenv(ModelConcurrency)
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("the environment variable %s is %q; it should be a number, 0 or above", ModelConcurrency, text)
	}
	return n, nil
}

// Setting returns the value of an environment variable that must be set.
func Setting(name string) (string, error) {
	value := os.Getenv(name)
	if value == "" {
		return "", fmt.Errorf("the environment variable %s is not set; template.yaml sets it", name)
	}
	return value, nil
}
