package cli

import (
	"fmt"

	"github.com/docflow-asl/docflow/cmd/docflow/internal/packaging"
	"github.com/spf13/cobra"
)

type packageOptions struct {
	out       string
	source    string
	processor string
	output    string
}

func newPackage(s *streams) *cobra.Command {
	o := &packageOptions{}
	c := &cobra.Command{
		Use:   "package",
		Short: "Build the Lambda functions and the template for a deployment",
		Long: `Build the Lambda functions and write what a deployment needs into a folder: a ZIP file for each function, the definition of the
state machine, and template.yaml, which names them. The same source gives the same bytes.

The folder is deployed without the SAM CLI: "aws cloudformation package" uploads the files, "aws cloudformation deploy" creates
the stack.

Where the processor is that of this Linux machine, the extract function carries the compiled PDF engine, which saves seconds at
each cold start. For another processor it is compiled by the function itself.`,
		Example: `  docflow package --out dist
  docflow package --out dist --arch amd64
  aws cloudformation package --template-file dist/template.yaml --s3-bucket BUCKET --output-template-file dist/packaged.yaml
  aws cloudformation deploy --template-file dist/packaged.yaml --stack-name docflow --capabilities CAPABILITY_IAM CAPABILITY_AUTO_EXPAND`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := oneOf("output", o.output, "text", "json"); err != nil {
				return err
			}
			if err := oneOf("arch", o.processor, packaging.Processors()...); err != nil {
				return err
			}
			made := packaging.Options{Source: o.source, Out: o.out, Processor: o.processor}
			if terminal(s.err) {
				made.Step = func(what string) { fmt.Fprintf(s.err, "%s…\n", what) }
			}
			artifacts, withEngine, err := packaging.Make(c.Context(), made)
			if err != nil {
				return err
			}
			if !withEngine {
				fmt.Fprintf(s.err, "the extract function compiles its PDF engine at each cold start: package it on a Linux machine of %s to ship it compiled\n", o.processor)
			}
			if o.output == "json" {
				return writeJSON(s.out, artifacts)
			}
			for _, a := range artifacts {
				if _, err := fmt.Fprintf(s.out, "%s  %8.1f kB  %s\n", a.SHA256[:16], float64(a.Bytes)/1000, a.Path); err != nil {
					return err
				}
			}
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&o.out, "out", "dist", "folder to write to")
	f.StringVar(&o.source, "source", ".", "root of a clone of docflow")
	f.StringVar(&o.processor, "arch", "arm64", "processor of the functions: arm64 or amd64")
	f.StringVar(&o.output, "output", "text", "text or json")
	return c
}
