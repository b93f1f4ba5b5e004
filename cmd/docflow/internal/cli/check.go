package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/check"
	"github.com/spf13/cobra"
)

func newCheck(s *streams) *cobra.Command {
	var (
		output      string
		machineType string
		disable     []string
		asOf        string
	)
	c := &cobra.Command{
		Use:   "check FILE…",
		Short: "Find the faults of definitions",
		Long: `Find the faults of Amazon States Language definitions: JSON or YAML files, folders (every .asl.json, .asl.yaml and
.asl.yml below them), or "-" for standard input. Every finding tells where it is and what would be right.

The exit code is 1 when there is an error; warnings alone leave it 0.`,
		Example: `  docflow check asl/definitions
  docflow check --output json machine.asl.json
  docflow check --type EXPRESS --disable unreachable-state machine.asl.yaml`,
		Args: usageArgs(cobra.MinimumNArgs(1)),
		RunE: func(_ *cobra.Command, args []string) error {
			if err := oneOf("output", output, "text", "json"); err != nil {
				return err
			}
			if err := oneOf("type", machineType, string(check.Standard), string(check.Express)); err != nil {
				return err
			}
			day, err := dayOf("as-of", asOf)
			if err != nil {
				return err
			}
			docs, err := readDefinitions(s, args)
			if err != nil {
				return err
			}
			return checkDocuments(s, docs, output, check.Options{Type: check.MachineType(machineType), Disable: disable, AsOf: day})
		},
	}
	c.Flags().StringVar(&output, "output", "text", "text or json")
	c.Flags().StringVar(&machineType, "type", string(check.Standard), "STANDARD or EXPRESS")
	c.Flags().StringSliceVar(&disable, "disable", nil, "codes of rules that are not to report")
	c.Flags().StringVar(&asOf, "as-of", "", "`DATE` (YYYY-MM-DD) for which the ends of life of models are judged (default today)")
	return c
}

// dayOf reads the value of a flag that takes a date; none is the zero time.
func dayOf(flag, value string) (time.Time, error) {
	if value == "" {
		return time.Time{}, nil
	}
	day, err := time.Parse(time.DateOnly, value)
	if err != nil {
		return day, usagef("--%s is %q; it takes a date such as 2026-11-25", flag, value)
	}
	return day, nil
}

// readDefinitions parses the files that the arguments name.
func readDefinitions(s *streams, args []string) ([]*asl.Document, error) {
	var docs []*asl.Document
	for _, arg := range args {
		names := []string{arg}
		if info, err := os.Stat(arg); err == nil && info.IsDir() {
			if names, err = definitionFiles(arg); err != nil {
				return nil, err
			}
		}
		for _, name := range names {
			doc, err := readDefinition(s, name)
			if errors.Is(err, fs.ErrNotExist) {
				return nil, usageError{err}
			}
			if err != nil {
				return nil, err
			}
			docs = append(docs, doc)
		}
	}
	return docs, nil
}

func definitionFiles(dir string) ([]string, error) {
	var names []string
	err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		for _, suffix := range []string{definitionSuffix, ".asl.yaml", ".asl.yml"} {
			if entry.Type().IsRegular() && strings.HasSuffix(path, suffix) {
				names = append(names, path)
			}
		}
		return nil
	})
	if err == nil && len(names) == 0 {
		err = usagef("%s: no .asl.json, .asl.yaml or .asl.yml file in this folder", dir)
	}
	return names, err
}

func checkDocuments(s *streams, docs []*asl.Document, output string, opts check.Options) error {
	results := make([]check.Result, len(docs))
	for i, doc := range docs {
		results[i] = check.Result{Document: doc, Diagnostics: check.Document(doc, opts)}
	}
	var err error
	if output == "json" {
		err = check.WriteJSON(s.out, results)
	} else {
		err = check.WriteText(s.out, results, check.TextOptions{Colour: coloured(s.out)})
		fmt.Fprintln(s.err, check.Summary(results))
	}
	if errors, _ := check.Count(results); err == nil && errors > 0 {
		return errFailed
	}
	return err
}
