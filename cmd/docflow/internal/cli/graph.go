package cli

import (
	"fmt"
	"io"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/graph"
	"github.com/spf13/cobra"
)

func newGraph(s *streams) *cobra.Command {
	var format string
	c := &cobra.Command{
		Use:   "graph FILE",
		Short: "Draw a definition",
		Long: `Draw a definition (JSON or YAML; "-" is standard input) as a Mermaid or Graphviz text, or as an SVG picture.
The definition need not be right: what can be read of it is drawn.`,
		Example: `  docflow graph asl/definitions/document-pipeline.asl.json
  docflow graph --format svg machine.asl.yaml > machine.svg
  docflow graph --format dot machine.asl.json | dot -Tpng > machine.png`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			draw, ok := map[string]func(*asl.Machine) string{"mermaid": graph.Mermaid, "dot": graph.DOT, "svg": graph.SVG}[format]
			if !ok {
				return oneOf("format", format, "mermaid", "dot", "svg")
			}
			doc, err := readDefinition(s, args[0])
			if err != nil {
				return err
			}
			if len(doc.Machine.States) == 0 {
				for _, p := range doc.Problems {
					fmt.Fprintf(s.err, "%s:%v\n", doc.Filename, p)
				}
				return fmt.Errorf("%s: no states to draw", doc.Filename)
			}
			_, err = io.WriteString(s.out, draw(doc.Machine))
			return err
		},
	}
	c.Flags().StringVar(&format, "format", "mermaid", "mermaid, dot or svg")
	return c
}
