package cli

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/builder/flows"
	"github.com/rogpeppe/go-internal/diff"
	"github.com/spf13/cobra"
)

const definitionSuffix = ".asl.json"

func newGenerate(s *streams) *cobra.Command {
	var (
		check   bool
		dir     string
		profile string
	)
	c := &cobra.Command{
		Use:   "generate",
		Short: "Write the flows' definitions, or check that the committed ones are up to date",
		Long: `Write the Amazon States Language definition of every flow that is described in Go (builder/flows).

With --check nothing is written: the files are compared with what Go describes, differences are printed as a diff,
and the exit code is 1 when there are any.`,
		Example: `  docflow generate
  docflow generate --check
  docflow generate --profile article --dir /tmp/article`,
		Args: usageArgs(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			if err := oneOf("profile", profile, "default", "article"); err != nil {
				return err
			}
			definitions, err := flows.Definitions(flows.Profile(profile))
			if err != nil {
				return err
			}
			if check {
				return checkDefinitions(s, dir, definitions)
			}
			return writeDefinitions(s, dir, definitions)
		},
	}
	c.Flags().BoolVar(&check, "check", false, "compare only; exit 1 when a file differs, is missing or is superfluous")
	c.Flags().StringVar(&dir, "dir", filepath.Join("asl", "definitions"), "the folder of the definitions")
	c.Flags().StringVar(&profile, "profile", "default", "default: time-outs, retriers, catchers, today's models; article: the first two flows exactly as the article has them")
	return c
}

func writeDefinitions(s *streams, dir string, definitions map[string][]byte) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(definitions)) {
		path := filepath.Join(dir, name+definitionSuffix)
		old, err := os.ReadFile(path)
		if err == nil && bytes.Equal(old, definitions[name]) {
			fmt.Fprintf(s.err, "unchanged %s\n", path)
			continue
		}
		if err := os.WriteFile(path, definitions[name], 0o644); err != nil {
			return err
		}
		fmt.Fprintf(s.err, "written   %s\n", path)
	}
	return nil
}

func checkDefinitions(s *streams, dir string, definitions map[string][]byte) error {
	failed := false
	for _, name := range slices.Sorted(maps.Keys(definitions)) {
		path := filepath.Join(dir, name+definitionSuffix)
		committed, err := os.ReadFile(path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			fmt.Fprintf(s.err, "%s is missing; 'docflow generate --dir %s' writes it\n", path, dir)
			failed = true
		case err != nil:
			return err
		case !bytes.Equal(committed, definitions[name]):
			if _, err := s.out.Write(diff.Diff(path, committed, "builder/flows", definitions[name])); err != nil {
				return err
			}
			fmt.Fprintf(s.err, "%s is not what builder/flows describes; 'docflow generate --dir %s' rewrites it\n", path, dir)
			failed = true
		}
	}
	present, err := filepath.Glob(filepath.Join(dir, "*"+definitionSuffix))
	if err != nil {
		return err
	}
	for _, path := range present {
		if _, known := definitions[strings.TrimSuffix(filepath.Base(path), definitionSuffix)]; !known {
			fmt.Fprintf(s.err, "%s belongs to no flow of builder/flows; remove it, or describe it there\n", path)
			failed = true
		}
	}
	if failed {
		return errFailed
	}
	fmt.Fprintf(s.err, "%d definitions are up to date\n", len(definitions))
	return nil
}
