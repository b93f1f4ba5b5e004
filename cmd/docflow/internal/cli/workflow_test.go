package cli

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"
)

const workflowFile = "../../../../.github/workflows/pipeline.yml"

type workflow struct {
	On          any `yaml:"on"`
	Permissions map[string]string
	Jobs        map[string]struct {
		RunsOn      string `yaml:"runs-on"`
		Timeout     int    `yaml:"timeout-minutes"`
		Needs       []string
		Permissions map[string]string
		Strategy    any
		Steps       []struct{ Name, Uses, Run, If string }
	}
}

// expression is what GitHub puts in the place of ${{ … }}.
var expression = regexp.MustCompile(`\$\{\{ *matrix\.arch *\}\}`)

// docflowLines are the arguments of the calls of docflow in a script.
func docflowLines(script string) [][]string {
	var lines [][]string
	for line := range strings.SplitSeq(strings.ReplaceAll(script, "\\\n", " "), "\n") {
		command, found := strings.CutPrefix(strings.TrimSpace(expression.ReplaceAllString(line, "arm64")), "bin/docflow ")
		if !found {
			continue
		}
		command, _, _ = strings.Cut(command, " > ")
		lines = append(lines, strings.Fields(command))
	}
	return lines
}

// workflowFaults says what is wrong with a workflow that calls docflow.
func workflowFaults(text []byte) []string {
	var faults []string
	add := func(parts ...string) { faults = append(faults, strings.Join(parts, " ")) }
	var w workflow
	if err := yaml.Unmarshal(text, &w); err != nil {
		return []string{err.Error()}
	}
	if regexp.MustCompile(`\$\{\{[^}]*\bsecrets\b`).Match(text) {
		add("it uses a secret")
	}
	if len(w.Permissions) != 1 || w.Permissions["contents"] != "read" {
		add("its permissions should be to read contents")
	}
	pinned := regexp.MustCompile(`^[\w-]+/[\w/-]+@v\d+$`)
	called := map[string]bool{}
	for name, job := range w.Jobs {
		if job.RunsOn == "" || job.Timeout == 0 {
			add("the job", name, "has no machine or no time-out")
		}
		for _, other := range job.Needs {
			if _, ok := w.Jobs[other]; !ok {
				add("the job", name, "needs", other+", which is none")
			}
		}
		uploads := false
		for _, step := range job.Steps {
			uploads = uploads || strings.Contains(step.Uses, "upload-sarif")
			if step.Uses != "" && !pinned.MatchString(step.Uses) {
				add(step.Uses, "is not pinned to a major version")
			}
			if (step.Uses == "") == (step.Run == "") {
				add("a step of", name, "should use or run something")
			}
			for _, arguments := range docflowLines(step.Run) {
				called[arguments[0]] = true
				if fault := callFault(arguments); fault != "" {
					add(fault)
				}
			}
		}
		for scope, access := range job.Permissions {
			if access != "read" && !(scope == "security-events" && uploads) {
				add("the job", name, "may", access, scope, "and has no use for it")
			}
		}
		if uploads && job.Permissions["security-events"] != "write" {
			add("the job", name, "may not upload findings")
		}
	}
	for _, command := range []string{"generate", "check", "iam", "test", "package"} {
		if !called[command] {
			add("docflow", command, "is not called")
		}
	}
	slices.Sort(faults)
	return faults
}

// callFault says what is wrong with a call of docflow, or "": its command, its flags, the files that it names.
func callFault(arguments []string) string {
	root := newRoot(&streams{strings.NewReader(""), os.Stdout, os.Stderr})
	command, rest, err := root.Find(arguments)
	if err == nil && command == root {
		return "docflow has no command " + arguments[0]
	}
	if err == nil {
		err = command.ParseFlags(rest)
	}
	if err == nil {
		err = command.ValidateArgs(command.Flags().Args())
	}
	if err != nil {
		return "docflow " + strings.Join(arguments, " ") + ": " + err.Error()
	}
	for _, file := range command.Flags().Args() {
		if _, err := os.Stat(filepath.Join("../../../..", file)); err != nil {
			return err.Error()
		}
	}
	return ""
}

func TestWorkflow(t *testing.T) {
	whole, err := os.ReadFile(workflowFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, fault := range workflowFaults(whole) {
		t.Error(fault)
	}
	for _, c := range []struct{ name, old, new, want string }{
		{"command that there is not", "bin/docflow generate --check", "bin/docflow regenerate --check", "docflow has no command regenerate"},
		{"flag that there is not", "--threshold 100", "--minimum 100", "unknown flag: --minimum"},
		{"value that is none", "--threshold 100", "--threshold all", `invalid argument "all"`},
		{"file that there is not", "--output sarif asl/definitions template.yaml", "--output sarif asl/definition template.yaml", "no such file"},
		{"arguments that are missing", "bin/docflow iam asl/definitions/document-pipeline.asl.json --check", "bin/docflow iam --check", "docflow iam --check template.yaml"},
		{"step left out", "bin/docflow package --arch ${{ matrix.arch }}", "bin/pack --arch ${{ matrix.arch }}", "docflow package is not called"},
		{"action that is not pinned", "actions/setup-go@v6", "actions/setup-go@main", "actions/setup-go@main is not pinned"},
		{"more permissions than there is use for", "permissions:\n  contents: read\n", "permissions: {contents: write}\n", "its permissions should be"},
		{"permission that is missing", "      security-events: write # for upload-sarif\n", "", "may not upload findings"},
		{"permission too many", "      security-events: write # for upload-sarif\n", "      security-events: write\n      packages: write\n", "may write packages and has no use"},
		{"secret", "persist-credentials: false", "token: ${{ secrets.TOKEN }}", "it uses a secret"},
		{"job of nothing", "needs: [check, test]", "needs: [check, tests]", "needs tests, which is none"},
		{"no end", "    timeout-minutes: 30\n", "", "the job test has no machine or no time-out"},
	} {
		t.Run(c.name, func(t *testing.T) {
			changed := strings.ReplaceAll(string(whole), c.old, c.new)
			if changed == string(whole) {
				t.Fatalf("the workflow has no %q", c.old)
			}
			faults := workflowFaults([]byte(changed))
			if !slices.ContainsFunc(faults, func(f string) bool { return strings.Contains(f, c.want) }) {
				t.Errorf("want %q, got %q", c.want, faults)
			}
		})
	}
}
