package cli

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sfn"
	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/report"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/watch"
	"github.com/mattn/go-runewidth"
	"github.com/vbauerster/cupwriter"
)

// screen is the live graph of an execution on a terminal. It is drawn again in its place (by cupwriter, Unlicense, which mpb draws
// with as well: it knows how to on each system's terminals).
type screen struct {
	writer   *cupwriter.Writer
	board    *watch.Board
	name     string
	failures []string // the latest
	colour   bool
}

// keptFailures are those that stand below the states.
const keptFailures = 3

// newScreen asks for the definition of the execution's machine. Without it, as without the permission for it, states stand in the
// order in which they are entered.
func newScreen(ctx context.Context, s *streams, client *sfn.Client, execution string) *screen {
	var machine *asl.Machine
	if described, err := client.DescribeStateMachineForExecution(ctx, &sfn.DescribeStateMachineForExecutionInput{ExecutionArn: &execution}); err == nil {
		machine = asl.Parse("definition", []byte(aws.ToString(described.Definition))).Machine
	}
	return &screen{
		writer: cupwriter.New(s.err, false), board: watch.NewBoard(machine), name: execution[strings.LastIndex(execution, ":")+1:],
		colour: coloured(s.err),
	}
}

func (c *screen) draw(f *watch.Follower, lines []watch.Line, ended bool) error {
	for _, line := range lines {
		if line.Kind == watch.Failed {
			c.failures = append(c.failures, line.State+": "+line.Text)
		}
	}
	c.failures = c.failures[max(0, len(c.failures)-keptFailures):]
	width, height, err := c.writer.GetTermSize()
	if err != nil || width <= 0 || height <= 0 {
		width, height = 80, 24
	}
	all := []string{c.name}
	all = append(all, c.board.Lines(f, time.Now(), ended, max(height-len(c.failures)-2, 1))...)
	for _, failure := range c.failures {
		all = append(all, "✗ "+failure)
	}
	for _, line := range all {
		line = runewidth.Truncate(report.Clean(line), width-1, "…") // a line that wraps would be two
		if c.colour && strings.HasPrefix(line, "✗") {
			line = "\x1b[31m" + line + "\x1b[0m"
		}
		fmt.Fprintln(c.writer, line)
	}
	return c.writer.Flush(len(all))
}
