package cli

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"github.com/docflow-asl/docflow/tasks/ocr"
	"github.com/docflow-asl/docflow/tasks/text"
	"github.com/spf13/pflag"
)

// ocrOptions say who reads pages that are images.
type ocrOptions struct {
	name    string
	region  string
	profile string
}

const bedrockPrefix = "bedrock:"

func (o *ocrOptions) flags(f *pflag.FlagSet) {
	f.StringVar(&o.name, "ocr", "auto", "who reads pages that are images: auto, none, tesseract, textract or bedrock:MODEL")
	f.StringVar(&o.region, "region", "", "AWS region, with --ocr textract and bedrock")
	f.StringVar(&o.profile, "profile", "", "profile of the AWS configuration files, with --ocr textract and bedrock")
}

// reader returns who reads, nil for nobody.
func (o *ocrOptions) reader(ctx context.Context) (text.OCR, error) {
	switch model, bedrock := strings.CutPrefix(o.name, bedrockPrefix); {
	case o.name == "none":
		return nil, nil
	case o.name == "auto", o.name == "tesseract":
		reader, err := ocr.NewTesseract(ctx, ocr.TesseractOptions{})
		var fault *ocr.Error
		switch {
		case err == nil:
			return reader, nil
		case o.name == "auto" && errors.As(err, &fault) && fault.Kind == ocr.NotInstalled:
			return nil, nil
		}
		return nil, err
	case o.name == "textract":
		cfg, err := o.config(ctx)
		if err != nil {
			return nil, err
		}
		return ocr.NewTextract(cfg)
	case bedrock && model != "":
		cfg, err := o.config(ctx)
		if err != nil {
			return nil, err
		}
		return ocr.NewBedrock(bedrockruntime.NewFromConfig(cfg), ocr.BedrockOptions{Model: model})
	}
	return nil, usagef("--ocr is %q; it takes auto, none, tesseract, textract or bedrock:MODEL", o.name)
}

func (o *ocrOptions) config(ctx context.Context) (aws.Config, error) {
	var options []func(*config.LoadOptions) error
	if o.region != "" {
		options = append(options, config.WithRegion(o.region))
	}
	if o.profile != "" {
		options = append(options, config.WithSharedConfigProfile(o.profile))
	}
	return config.LoadDefaultConfig(ctx, options...)
}
