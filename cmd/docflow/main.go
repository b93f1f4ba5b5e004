// Command docflow authors, proves, runs and ships AWS Step Functions document pipelines.
package main

import (
	"context"
	"os"
	"os/signal"

	"github.com/docflow-asl/docflow/cmd/docflow/internal/cli"
	"github.com/docflow-asl/docflow/tasks/text"
)

func main() {
	text.ServeWorker() // PDFs are read by child processes of this executable
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second interrupt ends what does not end by the first
	code := cli.Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
