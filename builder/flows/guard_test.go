package flows_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/check"
	"github.com/docflow-asl/docflow/asl/value"
	"github.com/docflow-asl/docflow/builder"
	"github.com/docflow-asl/docflow/builder/flows"
	"github.com/docflow-asl/docflow/tasks/batch"
	"github.com/docflow-asl/docflow/tasks/bedrock"
	"github.com/docflow-asl/docflow/tasks/combine"
	"github.com/docflow-asl/docflow/tasks/extract"
	"github.com/docflow-asl/docflow/tasks/failure"
	"github.com/docflow-asl/docflow/tasks/prompt"
)

func defaultFlows(t *testing.T) []flows.Flow {
	t.Helper()
	all, err := flows.All(flows.ProfileDefault)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// errorsOf lists what a task can raise: errors that may pass, errors that do not.
func errorsOf(t *testing.T, task *asl.TaskState) (transient, permanent []string) {
	t.Helper()
	switch {
	case strings.HasSuffix(task.Resource, ":bedrock:invokeModel"):
		return bedrock.RetryableErrors(), bedrock.PermanentErrors()
	case strings.Contains(task.Resource, ":aws-sdk:bedrock:"):
		transient = bedrock.RetryableJobErrors()
		if task.Name == "CreateJob" {
			transient = append(transient, bedrock.JobQuotaExceeded)
		}
		return transient, bedrock.PermanentJobErrors()
	case strings.HasSuffix(task.Resource, ":s3:putObject"), strings.HasSuffix(task.Resource, ":s3:putObjectTagging"), strings.HasSuffix(task.Resource, ":sns:publish"),
		strings.HasSuffix(task.Resource, ":dynamodb:putItem"):
		return nil, nil // its errors are not listed; States.TaskFailed stands for them
	case !strings.HasSuffix(task.Resource, ":lambda:invoke"):
		t.Fatalf("state %s has the unknown resource %s", task.Name, task.Resource)
	}
	tables := map[string]failure.Table{
		"ExtractText": extract.Errors(), "Prepare": prompt.Errors(), "Check": prompt.Errors(), "Settle": prompt.Errors(), "Combine": combine.Errors(),
		"List": batch.Errors(), "Plan": batch.Errors(), "Finish": batch.Errors(), "Write": batch.Errors(), "Read": batch.Errors(),
	}
	table, ok := tables[task.Name]
	for prefix, t := range tables {
		if strings.HasPrefix(task.Name, prefix) {
			table, ok = t, true
		}
	}
	if !ok {
		t.Fatalf("no errors are listed for the function of state %s", task.Name)
	}
	return slices.Concat(table.Transient(), builder.LambdaErrors(), []string{builder.LambdaThrottled}, builder.LambdaCrashes()), table.Poison()
}

// The flows' retriers and catchers and the tasks' declared errors are the same lists: nothing is named that the task cannot
// raise, and nothing that it can raise is left alone.
func TestErrorNamesAreTheDeclaredOnes(t *testing.T) {
	tasks := 0
	for _, f := range defaultFlows(t) {
		asl.Walk(f.Machine, func(_ *asl.Scope, s asl.State) {
			task, ok := s.(*asl.TaskState)
			if !ok {
				return
			}
			tasks++
			transient, permanent := errorsOf(t, task)
			var retried, caught []string
			for _, r := range task.Retry {
				retried = append(retried, r.ErrorEquals...)
			}
			for _, c := range task.Catch {
				caught = append(caught, c.ErrorEquals...)
			}
			for _, name := range retried {
				if !slices.Contains(transient, name) && !strings.HasPrefix(name, "States.") {
					t.Errorf("%s: %s retries %s, which it cannot raise or which does not pass", f.Name, task.Name, name)
				}
			}
			for _, name := range caught {
				if !slices.Contains(permanent, name) && name != builder.All {
					t.Errorf("%s: %s catches %s, which it cannot raise or which is retried", f.Name, task.Name, name)
				}
			}
			for _, name := range transient {
				if !slices.Contains(retried, name) {
					t.Errorf("%s: %s does not retry %s", f.Name, task.Name, name)
				}
			}
			if !slices.Contains(caught, builder.All) && !lastTry(task) {
				t.Errorf("%s: %s has no catcher for all errors", f.Name, task.Name)
			}
			// A check that fails does no harm, whatever its error, nor does settling behind a failure; of the last step's errors one is the document's fault;
			// what fails of a batch as a whole is no document's.
			wholeBatch := strings.Contains(value.Text(task.Parameters), "${BatchFunctionArn}") || f.Name+task.Name == flows.DocumentBatchName+"CombineResults"
			if !wholeBatch && strings.HasSuffix(task.Resource, ":lambda:invoke") && !strings.HasPrefix(task.Name, "Check") && !strings.HasPrefix(task.Name, "Settle") && f.Name+task.Name != flows.DocumentPipelineName+"CombineResults" && !lastTry(task) {
				for _, name := range permanent {
					if !slices.Contains(caught, name) {
						t.Errorf("%s: %s does not catch %s by name", f.Name, task.Name, name)
					}
				}
			}
		})
	}
	if tasks < 10 {
		t.Errorf("only %d tasks were looked at", tasks)
	}
}

// lastTry tells that a task is one that fails as the execution does, to be redriven there.
func lastTry(task *asl.TaskState) bool {
	return strings.HasSuffix(task.Name, "Again") && strings.HasSuffix(task.Resource, ":lambda:invoke")
}

// Every machine and task has a time-out, every retrier jitter and a cap, and only tasks retry.
func TestGuards(t *testing.T) {
	for _, f := range defaultFlows(t) {
		if !f.Machine.TimeoutSeconds.Set() {
			t.Errorf("%s has no TimeoutSeconds", f.Name)
		}
		asl.Walk(f.Machine, func(_ *asl.Scope, s asl.State) {
			name := f.Name + ": " + s.Common().Name
			if task, ok := s.(*asl.TaskState); ok && !task.TimeoutSeconds.Set() {
				t.Errorf("%s has no TimeoutSeconds", name)
			}
			handling := asl.ErrorHandlingOf(s)
			if handling == nil {
				return
			}
			if s.Type() != asl.TypeTask && len(handling.Retry) > 0 {
				t.Errorf("%s retries what its tasks have retried", name)
			}
			for _, r := range handling.Retry {
				if r.JitterStrategy != "FULL" || !r.MaxDelaySeconds.Set() || !r.MaxAttempts.Set() {
					t.Errorf("%s retries %v without jitter or a cap", name, r.ErrorEquals)
				}
			}
		})
	}
}

// The checker finds nothing in any definition, the article's included.
func TestFlowsHaveNoFindings(t *testing.T) {
	for _, profile := range []flows.Profile{flows.ProfileDefault, flows.ProfileArticle} {
		definitions, err := flows.Definitions(profile)
		if err != nil {
			t.Fatal(err)
		}
		for name, text := range definitions {
			for _, d := range check.Document(asl.Parse(name+suffix, text), check.Options{}) {
				if profile != flows.ProfileArticle || d.Severity == check.Error {
					t.Errorf("%s (%s): %s %s: %s", name, profile, d.Severity, d.Pointer, d.Message)
				}
			}
		}
	}
}

// Options reach the definitions, and every flow builds without guards and time-outs.
func TestOptions(t *testing.T) {
	o := flows.DefaultOptions()
	o.Timeout, o.ExtractTimeout, o.FunctionTimeout, o.ModelTimeout, o.StorageTimeout = 0, 0, 0, 0, 0
	o.Analysis.ID = "jp." + bedrock.DefaultAnalysisModel
	machine, err := flows.DocumentPipeline(o)
	if err != nil {
		t.Fatal(err)
	}
	text := string(asl.Marshal(machine))
	for part, want := range map[string]bool{
		`"TimeoutSeconds"`: false, `"ModelId": "jp.anthropic.claude-sonnet-4-6"`: true, "${AnalysisModelId}": false,
	} {
		if strings.Contains(text, part) != want {
			t.Errorf("that the definition holds %s should be %v", part, want)
		}
	}
	o.Unguarded = true
	for name, describe := range map[string]func(flows.Options) (*asl.Machine, error){
		flows.DocumentPipelineName: flows.DocumentPipeline, flows.DocumentProcessingName: flows.DocumentProcessing, flows.ParallelAnalysisName: flows.ParallelAnalysis,
		flows.DocumentBatchName: flows.DocumentBatch,
	} {
		machine, err := describe(o)
		if err != nil {
			t.Errorf("%s without guards: %v", name, err)
			continue
		}
		if text := string(asl.Marshal(machine)); strings.Contains(text, `"Retry"`) || strings.Contains(text, `"Catch"`) {
			t.Errorf("%s has guards", name)
		}
	}
	o.ModelTimeout = 1
	if _, err := flows.DocumentPipeline(o); err == nil || !strings.Contains(err.Error(), "whole number of seconds") {
		t.Errorf("a time-out of a nanosecond gives the error %v", err)
	}
}
