package local

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/bedrockserver"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/embeddeds3"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/loopback"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/offline"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/openai"
)

// The models that are named by a word; any other name is the URL of an OpenAI-compatible server.
const (
	ModelOffline = "offline"
	ModelBedrock = "bedrock"
)

// Model says who answers the flow's Bedrock calls.
type Model struct {
	Name string // ModelOffline, ModelBedrock, or the base URL of an OpenAI-compatible server
	// Served is the name by which an OpenAI-compatible server knows the model.
	Served string
	APIKey string // of that server; may be empty
	// Region and Profile are of the AWS configuration, for ModelBedrock.
	Region, Profile string
	// before is called before each request; tests inject faults with it.
	before func(bedrockserver.Call) error
	// wrap stands around who answers; tests see requests and change answers with it.
	wrap func(bedrockserver.Completer) bedrockserver.Completer
}

// remote tells whether answers come from outside of this process, so that waits between retries have to be real.
func (m Model) remote() bool { return m.Name != ModelOffline && m.Name != "" }

// client returns a Bedrock runtime client, and a function that stops what is behind it.
func (m Model) client(ctx context.Context) (*bedrockruntime.Client, func() error, error) {
	var completer bedrockserver.Completer
	switch {
	case m.Name == ModelBedrock:
		return m.aws(ctx)
	case m.Name == ModelOffline || m.Name == "":
		completer = &offline.Model{}
	case strings.HasPrefix(m.Name, "http://") || strings.HasPrefix(m.Name, "https://"):
		var err error
		if completer, err = openai.New(openai.Config{BaseURL: m.Name, Model: m.Served, APIKey: m.APIKey}); err != nil {
			return nil, nil, err
		}
	default:
		return nil, nil, fmt.Errorf("no model is named %q; there are %q, %q and the URL of an OpenAI-compatible server such as http://localhost:11434/v1",
			m.Name, ModelOffline, ModelBedrock)
	}
	if m.wrap != nil {
		completer = m.wrap(completer)
	}
	server, err := bedrockserver.Listen(bedrockserver.Options{Completer: completer, Before: m.before})
	if err != nil {
		return nil, nil, err
	}
	client := bedrockruntime.New(bedrockruntime.Options{
		HTTPClient:   loopback.Client(nil),
		Region:       embeddeds3.Region,
		BaseEndpoint: aws.String(server.URL),
		Credentials:  credentials.NewStaticCredentialsProvider("docflow", "embedded", ""),
		Retryer:      aws.NopRetryer{}, // the state machine is the one that retries
	})
	return client, server.Close, nil
}

func (m Model) aws(ctx context.Context) (*bedrockruntime.Client, func() error, error) {
	var options []func(*config.LoadOptions) error
	if m.Region != "" {
		options = append(options, config.WithRegion(m.Region))
	}
	if m.Profile != "" {
		options = append(options, config.WithSharedConfigProfile(m.Profile))
	}
	cfg, err := config.LoadDefaultConfig(ctx, options...)
	if err != nil {
		return nil, nil, fmt.Errorf("AWS configuration: %w", err)
	}
	client := bedrockruntime.NewFromConfig(cfg, func(o *bedrockruntime.Options) { o.Retryer = aws.NopRetryer{} })
	return client, func() error { return nil }, nil
}
