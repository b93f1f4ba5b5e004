// Command gen writes shapes.txt from the API models that botocore carries (Apache-2.0, Copyright Amazon.com, Inc. or its affiliates):
//
//	go run ./asl/internal/apishape/gen -models $(python3 -c 'import botocore; print(botocore.__path__[0])')/data -version 1.43.11 >asl/internal/apishape/shapes.txt
package main

import (
	"bufio"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// selected are the operations that the table has, by the service's name in Step Functions: what workflows with documents call.
// model is the folder of the service in botocore.
var selected = map[string]struct{ model, operations string }{
	"appconfigdata":       {"appconfigdata", `.*`},
	"athena":              {"athena", `StartQueryExecution|GetQueryExecution|GetQueryResults|StopQueryExecution`},
	"batch":               {"batch", `SubmitJob`},
	"bedrockagentruntime": {"bedrock-agent-runtime", `Retrieve|RetrieveAndGenerate|Rerank`},
	"bedrockruntime":      {"bedrock-runtime", `InvokeModel|Converse|ApplyGuardrail|CountTokens|StartAsyncInvoke|GetAsyncInvoke`},
	"cloudwatch":          {"cloudwatch", `GetMetricData`},
	"cloudwatchlogs":      {"logs", `PutLogEvents|GetLogEvents|FilterLogEvents|StartQuery|GetQueryResults`},
	"comprehend":          {"comprehend", `Detect.*|BatchDetect.*|ClassifyDocument|Start(Entities|KeyPhrases|Sentiment|PiiEntities)DetectionJob|Describe(Entities|KeyPhrases|Sentiment|PiiEntities)DetectionJob`},
	"dynamodb":            {"dynamodb", `GetItem|PutItem|UpdateItem|DeleteItem|Query|Scan|BatchGetItem|BatchWriteItem|TransactGetItems|TransactWriteItems|ExecuteStatement`},
	"ecs":                 {"ecs", `RunTask|DescribeTasks|StopTask`},
	"eventbridge":         {"events", `PutEvents|DescribeRule|PutRule|PutTargets`},
	"glue":                {"glue", `StartJobRun|GetJobRun|StartCrawler|GetCrawler`},
	"kms":                 {"kms", `Encrypt|Decrypt|GenerateDataKey|DescribeKey|Sign|Verify`},
	"lambda":              {"lambda", `Invoke|InvokeAsync|GetFunction|GetFunctionConfiguration|ListFunctions|PublishVersion|UpdateFunctionCode|UpdateFunctionConfiguration|GetAlias|UpdateAlias`},
	"polly":               {"polly", `SynthesizeSpeech|StartSpeechSynthesisTask|GetSpeechSynthesisTask`},
	"rdsdata":             {"rds-data", `ExecuteStatement|BatchExecuteStatement|BeginTransaction|CommitTransaction|RollbackTransaction`},
	"redshiftdata":        {"redshift-data", `ExecuteStatement|BatchExecuteStatement|DescribeStatement|GetStatementResult`},
	"rekognition":         {"rekognition", `Detect(Labels|Text|Faces|ModerationLabels)|CompareFaces|RecognizeCelebrities`},
	"s3":                  {"s3", `GetObject|PutObject|HeadObject|CopyObject|DeleteObjects?|ListObjects(V2)?|ListObjectVersions|ListBuckets|HeadBucket|(Get|Put)ObjectTagging|GetObjectAttributes|(Create|Complete|Abort)MultipartUpload|UploadPart`},
	"scheduler":           {"scheduler", `.*Schedule`},
	"secretsmanager":      {"secretsmanager", `GetSecretValue|BatchGetSecretValue|PutSecretValue|DescribeSecret`},
	"sesv2":               {"sesv2", `SendEmail|SendBulkEmail`},
	"sfn":                 {"stepfunctions", `StartExecution|StartSyncExecution|DescribeExecution|StopExecution|ListExecutions|DescribeStateMachine|ListStateMachines|DescribeMapRun|RedriveExecution`},
	"sns":                 {"sns", `Publish|PublishBatch|CreateTopic|Subscribe`},
	"sqs":                 {"sqs", `.*`},
	"ssm":                 {"ssm", `GetParameters?|GetParametersByPath|PutParameter|SendCommand|GetCommandInvocation|StartAutomationExecution`},
	"sts":                 {"sts", `AssumeRole|GetCallerIdentity`},
	"textract":            {"textract", `(Analyze|Detect).*|(Start|Get)(DocumentAnalysis|DocumentTextDetection|ExpenseAnalysis|LendingAnalysis|LendingAnalysisSummary)`},
	"transcribe":          {"transcribe", `StartTranscriptionJob|GetTranscriptionJob`},
	"translate":           {"translate", `TranslateText|TranslateDocument|StartTextTranslationJob|DescribeTextTranslationJob`},
}

// recorded are bounds that AWS was recorded to check (December 2025) and that the models have widened since.
var recorded = map[string]string{"lambda MemorySize": "n(128..10240)"}

type model struct {
	Operations map[string]struct{ Output *ref }
	Shapes     map[string]*shape
}

type ref struct{ Shape string }

type shape struct {
	Type     string
	Document bool
	Members  members
	Required []string
	Enum     []string
	Min, Max *json.Number
	Member   ref // of a list
	Value    ref // of a map
}

// members are the members of a structure, in the model's order.
type members []member

type member struct{ name, shape string }

func (m *members) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(strings.NewReader(string(text)))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var r ref
		if err := d.Decode(&r); err != nil {
			return err
		}
		*m = append(*m, member{name.(string), r.Shape})
	}
	return nil
}

func main() {
	models := flag.String("models", "", "botocore's `folder` data")
	version := flag.String("version", "", "botocore's version")
	flag.Parse()
	out := bufio.NewWriter(os.Stdout)
	fmt.Fprintf(out, "# Response shapes of AWS APIs. Written by gen from the models in botocore %s (Apache-2.0, Copyright Amazon.com, Inc. or its affiliates). See apishape.go.\n", *version)
	for _, service := range slices.Sorted(maps.Keys(selected)) {
		if err := write(out, *models, service); err != nil {
			log.Fatalf("%s: %v", service, err)
		}
	}
	if err := out.Flush(); err != nil {
		log.Fatal(err)
	}
}

func read(dir string) (*model, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", "service-2.json.gz"))
	if err != nil || len(files) == 0 {
		return nil, fmt.Errorf("no model in %s: %w", dir, cmp.Or(err, os.ErrNotExist))
	}
	f, err := os.Open(files[len(files)-1]) // the newest version of the API
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	text, err := io.ReadAll(z)
	if err != nil {
		return nil, err
	}
	m := &model{}
	return m, json.Unmarshal(text, m)
}

func write(out io.Writer, dir, service string) error {
	m, err := read(filepath.Join(dir, selected[service].model))
	if err != nil {
		return err
	}
	w := &writer{model: m, service: service, written: map[string]bool{}}
	wanted := regexp.MustCompile(`^(?:` + selected[service].operations + `)$`)
	fmt.Fprintf(out, "\nservice %s\n", service)
	for _, name := range slices.Sorted(maps.Keys(m.Operations)) {
		if output := m.Operations[name].Output; output != nil && wanted.MatchString(name) {
			fmt.Fprintf(out, "%s %s\n", strings.ToLower(name[:1])+name[1:], w.ref(output.Shape))
		}
	}
	for _, line := range w.lines {
		fmt.Fprintln(out, line)
	}
	return nil
}

type writer struct {
	model   *model
	service string
	written map[string]bool
	lines   []string
}

// ref is a shape in shapes.txt's notation.
func (w *writer) ref(name string) string {
	s := w.model.Shapes[name]
	if bounds := recorded[w.service+" "+name]; bounds != "" {
		return bounds
	}
	switch s.Type {
	case "structure":
		if s.Document {
			return "*"
		}
		return w.named(name, s)
	case "list":
		return "[" + w.ref(s.Member.Shape) + "]" + s.bounds()
	case "map":
		return "{" + w.ref(s.Value.Shape) + "}"
	case "string", "character":
		if len(s.Enum) > 0 {
			return w.named(name, s)
		}
		return "s" + s.bounds()
	case "blob", "timestamp":
		return "s"
	case "boolean":
		return "b"
	case "integer", "long", "float", "double":
		return "n" + s.bounds()
	}
	panic("a shape of the type " + s.Type)
}

// bounds are (min..max), each of which may be missing.
func (s *shape) bounds() string {
	text := func(n *json.Number) string {
		if n == nil {
			return ""
		}
		f, err := n.Float64()
		if err != nil {
			panic(err)
		}
		return strconv.FormatFloat(f, 'f', -1, 64)
	}
	low, high := text(s.Min), text(s.Max)
	if s.Type != "integer" && s.Type != "long" && s.Type != "float" && s.Type != "double" && low == "0" {
		low = ""
	}
	if low == "" && high == "" {
		return ""
	}
	return "(" + low + ".." + high + ")"
}

func (w *writer) named(name string, s *shape) string {
	title := upper(name)
	if w.written[name] {
		return title
	}
	w.written[name] = true
	at := len(w.lines)
	w.lines = append(w.lines, "")
	if s.Type != "structure" {
		w.lines[at] = title + " = " + strings.Join(s.Enum, "|")
		return title
	}
	line := title + " :"
	for _, m := range s.Members {
		line += " " + upper(m.name)
		if slices.Contains(s.Required, m.name) {
			line += "!"
		}
		line += ":" + w.ref(m.shape)
	}
	w.lines[at] = line
	return title
}

func upper(name string) string { return strings.ToUpper(name[:1]) + name[1:] }
