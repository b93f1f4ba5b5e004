// Package cli is docflow's command line: one file a verb. Main takes arguments and streams and returns the exit code, so
// that every command is tested in process.
//
// Results go to stdout and everything else to stderr. Exit codes: 0 all well, 1 findings or a failed execution, 2 wrong use.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/cobra"
	"golang.org/x/term"
)

// The exit codes.
const (
	exitOK      = 0
	exitFailure = 1
	exitUsage   = 2
)

var (
	// errFailed ends a command that has already said what failed.
	errFailed = errors.New("failed")
	// errRefused ends a command that has already said why there is nothing that it could do.
	errRefused = errors.New("refused")
)

// usageError is a wrong use of the command line.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

// streams are where a command reads and writes.
type streams struct {
	in  io.Reader
	out io.Writer
	err io.Writer
}

// Main runs one command line and returns its exit code.
func Main(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	s := &streams{stdin, stdout, stderr}
	root := newRoot(s)
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	command, err := root.ExecuteContextC(ctx)
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errFailed):
		return exitFailure
	case errors.Is(err, errRefused):
		return exitUsage
	case errors.As(err, &usage) || command == root:
		// Cobra's own errors (unknown command, missing argument) come from the root or wrapped by usageArgs.
		fmt.Fprintf(stderr, "docflow: %v\nRun '%s --help' for usage.\n", err, command.CommandPath())
		return exitUsage
	default:
		fmt.Fprintf(stderr, "docflow: %s\n", describeError(err))
		return exitFailure
	}
}

func newRoot(s *streams) *cobra.Command {
	root := &cobra.Command{
		Use:   "docflow",
		Short: "Author, prove, run and ship AWS Step Functions document pipelines",
		Long: `docflow authors, proves, runs and ships AWS Step Functions document pipelines.

No document pipeline reaches AWS with a fault that a laptop could have found.`,
		Example: `  docflow run report.pdf                  run the whole pipeline on a document, without AWS
  docflow check my-machine.asl.json       find the faults of a definition
  docflow exec my-machine.asl.json        run any definition, without AWS
  docflow generate --check                are the committed definitions what Go describes?`,
		SilenceUsage:  true,
		SilenceErrors: true,
		Args:          usageArgs(cobra.NoArgs),
		RunE:          func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.AddCommand(
		newRun(s),
		newGenerate(s),
		newCheck(s),
		newIAM(s),
		newExplain(s),
		newExtract(s),
		newLSP(s),
		newTest(s),
		newBound(s),
		newCost(s),
		newGraph(s),
		newExec(s),
		newEval(s),
		newTestState(s),
		newPackage(s),
		newSimulate(s),
		newStart(s),
		newList(s),
		newShow(s),
		newWatch(s),
		newRedrive(s),
		newLogs(s),
		newVersion(s),
	)
	return root
}

// usageArgs makes a wrong number of arguments a wrong use.
func usageArgs(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if err := check(c, args); err != nil {
			return usageError{err}
		}
		return nil
	}
}

// oneOf checks a flag that takes one of a few words.
func oneOf(flag, got string, allowed ...string) error {
	for _, a := range allowed {
		if got == a {
			return nil
		}
	}
	return usagef("--%s is %q; it takes one of %q", flag, got, allowed)
}

// terminal tells whether w is a terminal that wants colour and progress.
func terminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd())) && os.Getenv("TERM") != "dumb"
}

// coloured tells whether to write colour to w (https://no-color.org).
func coloured(w io.Writer) bool { return terminal(w) && os.Getenv("NO_COLOR") == "" }
