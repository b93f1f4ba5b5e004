package cli

import (
	"math/rand/v2"
	"os"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/engine/mapdata/folder"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/cmd/docflow/internal/trace"
	"github.com/spf13/cobra"
)

type execOptions struct {
	input         string
	machineType   string
	sync          bool
	name          string
	mockConfig    string
	testCase      string
	stateMachine  string
	arn           string
	s3            string
	clock         string
	seed          uint64
	startTime     string
	history       string
	output        string
	substitutions []string
	machines      []string
	timeout       time.Duration
}

func newExec(s *streams) *cobra.Command {
	o := &execOptions{}
	c := &cobra.Command{
		Use:   "exec FILE",
		Short: "Run any definition, on this machine",
		Long: `Run a definition of the Amazon States Language (JSON or YAML; "-" is standard input) as AWS Step Functions would, on this
machine and without AWS.

Time is virtual: a wait of a year takes no time, and time-outs, retries and heartbeats happen in the order in which they
would. Tasks are answered by a test case of a mock configuration file of Step Functions Local (--mock-config); tasks that
start an execution also by a definition (--machine). A task that nothing answers fails the execution. Distributed Maps read
their items from and write their results to a folder that is laid out BUCKET/KEY (--s3).

Errors, causes and the history are those that AWS gives. --output json prints one object with the members status, output (JSON
text), error, cause and history, which has the events as GetExecutionHistory gives them.

A definition that AWS would refuse is run all the same where it can be. Ctrl-C aborts the execution.

Exit codes: 0 the execution succeeded; 1 it failed, timed out or was aborted; 2 nothing was run.`,
		Example: `  docflow exec flow.asl.json --input '{"key": "a.pdf"}'
  docflow exec flow.asl.yaml --input event.json --mock-config mocks.json --test-case Throttled
  docflow exec flow.asl.json --mock-config mocks.json --test-case Happy --output json | jq -r .output
  docflow exec batch.asl.json --s3 buckets --history history.json
  docflow exec parent.asl.json --machine arn:aws:states:us-east-1:123456789012:stateMachine:child=child.asl.json
  docflow exec template.asl.json --substitution ExtractFunctionArn=arn:aws:lambda:us-east-1:123456789012:function:extract
  docflow exec poll.asl.json --type EXPRESS --clock real --timeout 1m`,
		Args: usageArgs(cobra.ExactArgs(1)),
		RunE: func(c *cobra.Command, args []string) error {
			e, err := o.prepare(s, args[0])
			if err != nil {
				return err
			}
			defer e.close()
			return e.run(c.Context(), s)
		},
	}
	f := c.Flags()
	f.StringVar(&o.input, "input", "", `the execution's input: a file, JSON text, or "-" for standard input; default: {}`)
	f.StringVar(&o.machineType, "type", string(engine.Standard), "STANDARD or EXPRESS")
	f.BoolVar(&o.sync, "sync", false, "start it with StartSyncExecution; with --type EXPRESS")
	f.StringVar(&o.name, "name", "", "of the execution; default: a random UUID")
	f.StringVar(&o.mockConfig, "mock-config", "", "mock configuration file of Step Functions Local that answers the tasks")
	f.StringVar(&o.testCase, "test-case", "", "test case in --mock-config; default: its only one")
	f.StringVar(&o.stateMachine, "state-machine", "", "state machine in --mock-config; default: its only one, or the one that is called as the file")
	f.StringVar(&o.arn, "state-machine-arn", "", "ARN of the state machine that the definition is of; default: "+defaultMachineArn+"NAME, the file's name without .asl.json")
	f.StringVar(&o.s3, "s3", "", "folder laid out BUCKET/KEY, for ItemReader and ResultWriter")
	f.StringVar(&o.clock, "clock", "virtual", "virtual: no waiting; real: as long as it takes")
	f.Uint64Var(&o.seed, "seed", 0, "any number above 0 makes runs repeatable: jitter, UUIDs and random numbers come from it")
	f.StringVar(&o.startTime, "start-time", "", "when the execution starts, such as 2025-01-31T12:00:00Z; default: now, with --seed 2025-01-01T00:00:00Z")
	f.StringVar(&o.history, "history", "", "file for the events, as aws stepfunctions get-execution-history gives them")
	f.StringVar(&o.output, "output", "text", "text or json")
	f.StringArrayVar(&o.substitutions, "substitution", nil, "NAME=VALUE: what to put in the place of ${NAME} in the definitions; repeatable")
	f.StringArrayVar(&o.machines, "machine", nil, "ARN=FILE: the definition of a state machine that tasks start executions of; repeatable")
	f.DurationVar(&o.timeout, "timeout", 0, "abort the execution after that much real time; default: never")
	return c
}

// defaultMachineArn is the ARN of a state machine without its name, in the account that AWS's documentation has for examples.
const defaultMachineArn = "arn:aws:states:us-east-1:123456789012:stateMachine:"

// execution is a run that has everything that it needs.
type execution struct {
	options  *execOptions
	program  *program
	input    value.Value
	world    *world
	mocks    *taskMocks // nil for none
	engine   engine.Options
	clock    string // what to call the execution's time
	recorder *trace.Recorder
}

func (e *execution) close() {
	if e.world.objects != nil {
		_ = e.world.objects.Close() // nothing is left to be written
	}
}

// prepare makes everything ready, so that nothing is wrong with the command line when the execution starts.
func (o *execOptions) prepare(s *streams, file string) (_ *execution, err error) {
	e := &execution{options: o}
	if err := o.check(file, e); err != nil {
		return nil, err
	}
	substitutions, err := pairs("substitution", "NAME=VALUE", o.substitutions)
	if err != nil {
		return nil, err
	}
	machines, err := pairs("machine", "ARN=FILE", o.machines)
	if err != nil {
		return nil, err
	}
	e.world = &world{machines: map[string]*program{}}
	if err := e.load(s, file, substitutions, machines); err != nil {
		return nil, err
	}
	if err := e.name(); err != nil {
		return nil, err
	}
	if err := e.readMocks(); err != nil {
		return nil, err
	}
	if e.input, err = readInput(s, o.input); err != nil {
		return nil, err
	}
	if o.s3 != "" {
		if info, err := os.Stat(o.s3); err != nil || !info.IsDir() {
			return nil, usagef("--s3 %s: there is no such folder; it takes one that has a folder for each bucket, with the objects below it", o.s3)
		}
		if e.world.objects, err = folder.Open(o.s3); err != nil {
			return nil, usagef("--s3: %w", err)
		}
		e.engine.Objects = e.world.objects
	}
	e.recorder = trace.New(e.program.machine)
	return e, e.program.warn(s)
}

// check looks at the flags that need no files.
func (o *execOptions) check(file string, e *execution) error {
	if err := oneOf("output", o.output, "text", "json"); err != nil {
		return err
	}
	if err := oneOf("type", o.machineType, string(engine.Standard), string(engine.Express)); err != nil {
		return err
	}
	if err := oneOf("clock", o.clock, "virtual", "real"); err != nil {
		return err
	}
	e.engine = engine.Options{Type: engine.WorkflowType(o.machineType), Sync: o.sync, Name: o.name, Seed: o.seed}
	e.clock = "virtual time"
	if o.clock == "real" {
		e.engine.Clock, e.clock = engine.RealClock, ""
	}
	switch {
	case o.sync && e.engine.Type != engine.Express:
		return usagef("--sync is for Express workflows: add --type EXPRESS")
	case o.mockConfig == "" && o.testCase != "":
		return usagef("--test-case names a test case of a file: --mock-config says which")
	case o.mockConfig == "" && o.stateMachine != "":
		return usagef("--state-machine names a state machine in a file: --mock-config says which")
	case file == "-" && o.input == "-":
		return usagef("the definition and the input cannot both come from standard input")
	case o.timeout < 0:
		return usagef("--timeout is %v; it takes a time above zero, such as 30s", o.timeout)
	case o.startTime != "" && o.clock == "real":
		return usagef("--start-time is for the virtual clock; the real one starts now")
	}
	if o.name != "" {
		if err := checkExecutionName(o.name); err != nil {
			return err
		}
	}
	if o.startTime != "" {
		start, err := time.Parse(time.RFC3339Nano, o.startTime)
		if err != nil {
			return usagef("--start-time is %q; it takes a time such as 2025-01-31T12:00:00Z", o.startTime)
		}
		e.engine.StartTime = start.UTC()
	}
	if o.seed == 0 {
		// Another one for each run: with a seed the tasks run in the order in which they were scheduled, and so the numbers of a mock's
		// answers mean the same in every run.
		e.engine.Seed = rand.Uint64() | 1
		if o.startTime == "" {
			e.engine.StartTime = time.Now().UTC()
		}
	}
	return nil
}

// checkExecutionName refuses what StartExecution does, in its words.
func checkExecutionName(name string) error {
	if utf8.RuneCountInString(name) > maxNameLength {
		return usagef("--name: ValidationException: 1 validation error detected: Value '%s' at 'name' failed to satisfy constraint: Member must have length less than or equal to %d", name, maxNameLength)
	}
	if strings.ContainsFunc(name, func(r rune) bool {
		return r <= ' ' || 0x7F <= r && r <= 0x9F || r == '\u3000' || r == '\uFFFE' || r == '\uFFFF' || strings.ContainsRune("<>{}[]?*\"#%\\^|~`$&,;:/", r)
	}) {
		return usagef("--name: InvalidName: Invalid Name: '%s'", name)
	}
	return nil
}

// load reads and compiles the definitions.
func (e *execution) load(s *streams, file string, substitutions, machines map[string]string) (err error) {
	if e.program, err = readProgram(s, file, e.engine.Type); err != nil {
		return err
	}
	all := []*program{e.program}
	for _, name := range sortedKeys(machines) {
		p, err := readProgram(s, machines[name], engine.Standard)
		if err != nil {
			return err
		}
		e.world.machines[name] = p
		all = append(all, p)
	}
	holes := map[string]bool{}
	for _, p := range all {
		for _, name := range asl.Holes(p.doc.Text) {
			holes[name] = true
		}
	}
	for _, name := range sortedKeys(substitutions) {
		if !holes[name] {
			return usagef("--substitution: no definition has ${%s}; %s", name, instead("--substitution", name, sortedKeys(holes)))
		}
	}
	for _, p := range all {
		if err := p.compile(s, substitutions); err != nil {
			return err
		}
	}
	return nil
}

// name gives the state machine its names.
func (e *execution) name() error {
	if e.engine.StateMachineArn = e.options.arn; e.engine.StateMachineArn == "" {
		e.engine.StateMachineArn = defaultMachineArn + machineName(e.program.name())
	}
	parsed, err := arn.Parse(e.engine.StateMachineArn)
	if err != nil || parsed.Service != "states" || !strings.HasPrefix(parsed.Resource, "stateMachine:") {
		return usagef("--state-machine-arn is %q; it takes an ARN such as %s", e.options.arn, defaultMachineArn+"pipeline")
	}
	e.engine.RoleArn = "arn:" + parsed.Partition + ":iam::" + parsed.AccountID + ":role/StepFunctionsRole"
	return nil
}

func (e *execution) readMocks() error {
	config, err := readMocks(e.options.mockConfig)
	if config == nil {
		return err
	}
	machine, testCase, err := config.choose(e.options.stateMachine, e.program.name(), e.options.testCase)
	if err != nil {
		return err
	}
	if e.mocks, err = config.mocks(machine, testCase, e.program); err != nil {
		return err
	}
	return e.world.mockMachines(config, testCase)
}
