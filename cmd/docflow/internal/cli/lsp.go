package cli

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/docflow-asl/docflow/asl/check"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/lsp"
)

func newLSP(s *streams) *cobra.Command {
	var (
		machineType string
		disable     []string
	)
	c := &cobra.Command{
		Use:   "lsp",
		Short: "Serve an editor as a language server for definitions",
		Long: `Serve an editor as a language server for definitions in the Amazon States Language, over standard input and output. Editors
start it themselves.

It looks after .asl.json, .asl.yaml, .asl.yml and .asl files, and whatever the editor opens as "asl", "asl-json" or "asl-yaml": findings
while you type, completion (states, fields, errors, functions, variables, paths), hover, definition, references, rename, symbols, quick
fixes, and layout of JSON.`,
		Example: `  docflow lsp
  docflow lsp --type EXPRESS`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(c *cobra.Command, _ []string) error {
			if err := oneOf("type", machineType, string(check.Standard), string(check.Express)); err != nil {
				return err
			}
			err := lsp.Serve(c.Context(), s.in, s.out, lsp.Options{
				Version: readVersion().Version, Check: check.Options{Type: check.MachineType(machineType), Disable: disable}, RulePages: rulePages(),
			})
			if err != nil {
				return fmt.Errorf("the editor's connection ended: %w", err)
			}
			return nil
		},
	}
	c.Flags().StringVar(&machineType, "type", string(check.Standard), "STANDARD or EXPRESS")
	c.Flags().StringSliceVar(&disable, "disable", nil, "codes of rules that are not to report")
	c.Flags().Bool("stdio", true, "standard input and output, which is all there is; some editors add this flag")
	return c
}

// rulePages is the folder for pages on rules that editors open from a finding; empty where there is no place for such.
func rulePages() string {
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	return filepath.Join(cache, "docflow", "rules")
}
