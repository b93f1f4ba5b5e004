// Package tables makes what the functions keep in DynamoDB with. It is apart from the other clients, so that functions without
// a table carry no client of DynamoDB.
package tables

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/docflow-asl/docflow/cmd/lambda/internal/clients"
	"github.com/docflow-asl/docflow/tasks/index"
	"github.com/docflow-asl/docflow/tasks/quota"
	"github.com/docflow-asl/docflow/tasks/spend"
)

// Spend returns the ledger of what calls to models cost, or nil when there is no table for
// it. retry is for a function whose state machine does not get to see its errors.
func Spend(ctx context.Context, retry bool) (*spend.Ledger, error) {
	table := os.Getenv(clients.SpendTable)
	if table == "" {
		return nil, nil
	}
	ledger := &spend.Ledger{Table: table, Now: time.Now}
	for name, amount := range map[string]*spend.Micros{clients.MaxDocumentDollars: &ledger.Caps.Document, clients.MaxDailyDollars: &ledger.Caps.Day} {
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

// Index returns what lists results, or nil when there is no table for it. It retries: the
// state machine does not get to see its errors.
func Index(ctx context.Context) (*index.Writer, error) {
	table := os.Getenv(clients.IndexTable)
	if table == "" {
		return nil, nil
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("configuration of the AWS SDK: %w", err)
	}
	return &index.Writer{API: dynamodb.NewFromConfig(cfg), Table: table}, nil
}

// Gate returns what hands out the times of calls, or nil when no quota is known. It shares
// the table of what calls cost. Its client retries: nothing else sees its errors.
func Gate(ctx context.Context, log *slog.Logger) (*quota.Gate, error) {
	analysis, others, err := quota.ParseLimits(os.Getenv(clients.ModelRequestsPerMinute), os.Getenv(clients.ModelTokensPerMinute))
	if err != nil {
		return nil, fmt.Errorf("the environment variables %s and %s: %w", clients.ModelRequestsPerMinute, clients.ModelTokensPerMinute, err)
	}
	table := os.Getenv(clients.SpendTable)
	if table == "" || analysis == (quota.Limit{}) && others == (quota.Limit{}) {
		return nil, nil
	}
	cfg, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		return nil, fmt.Errorf("configuration of the AWS SDK: %w", err)
	}
	return &quota.Gate{API: dynamodb.NewFromConfig(cfg), Table: table, Analysis: analysis, Others: others, Now: time.Now, Log: log}, nil
}
