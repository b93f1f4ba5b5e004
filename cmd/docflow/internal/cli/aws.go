package cli

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/loopback"
	"github.com/spf13/pflag"
)

// awsOptions are the flags that say which AWS to talk to, named as in the AWS CLI.
type awsOptions struct {
	region      string
	profile     string
	endpointURL string
}

// flags adds them; region says what the region is for, and what it is without the flag.
func (a *awsOptions) flags(f *pflag.FlagSet, region string) {
	f.StringVar(&a.region, "region", "", region)
	f.StringVar(&a.profile, "profile", "", "profile of the AWS configuration files")
	f.StringVar(&a.endpointURL, "endpoint-url", "", "endpoint to use in place of AWS's")
}

// load reads the configuration of the AWS SDK, as the flags change it.
func (a awsOptions) load(ctx context.Context) (aws.Config, error) {
	var options []func(*config.LoadOptions) error
	if a.region != "" {
		options = append(options, config.WithRegion(a.region))
	}
	if a.profile != "" {
		options = append(options, config.WithSharedConfigProfile(a.profile))
	}
	if a.endpointURL != "" {
		options = append(options, config.WithBaseEndpoint(a.endpointURL))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return cfg, fmt.Errorf("AWS configuration: %w", err)
	}
	cfg.HTTPClient = loopback.Client(cfg.HTTPClient) // an endpoint may be one on this computer
	return cfg, nil
}
