package lambda_test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/cmd/lambda/internal/clients"
)

// root is the top of the repository.
const root = "../.."

// checked is a template with what its checks have found.
type checked struct {
	t      *template
	stacks []*stack // for each combination of the conditions
	calls  calls
	check  string // the one that runs
	list   []finding
}

type finding struct{ check, text string }

func (c *checked) add(format string, args ...any) {
	f := finding{c.check, fmt.Sprintf(format, args...)}
	if !slices.Contains(c.list, f) { // as for several stacks
		c.list = append(c.list, f)
	}
}

// The name of the check that finds that a template cannot be read at all.
const readable = "readable"

var templateChecks = []struct {
	name string
	run  func(*checked)
}{
	{"references", checkReferences},
	{"schemas", checkSchemas},
	{"parameters", checkParameters},
	{"functions", checkFunctions},
	{"actions", checkActions},
	{"roles", checkRoles},
	{"state machine", checkStateMachines},
	{"storage", checkStorage},
	{"ingest", checkIngest},
	{"alarms", checkAlarms},
	{"dashboard", checkDashboards},
	{"network", checkNetwork},
	{"tags", checkTags},
	{"partition", checkPartition},
}

// checkTemplate holds a template together with the code, the definitions, and what
// CloudFormation says of resources: by the checks of these names, or by all.
func checkTemplate(data []byte, recorded calls, names ...string) []finding {
	t, err := readTemplate(data)
	if err != nil {
		return []finding{{readable, err.Error()}}
	}
	c := &checked{t: t, calls: recorded}
	if c.stacks, err = t.stacks(); err != nil {
		return []finding{{"references", err.Error()}}
	}
	for _, check := range templateChecks {
		if len(names) == 0 || slices.Contains(names, check.name) {
			c.check = check.name
			check.run(c)
		}
	}
	return c.list
}

func checkPartition(c *checked) {
	if regexp.MustCompile(`\barn:aws[a-z-]*:`).MatchString(c.t.text) {
		c.add(`an ARN names its partition; it should say ${AWS::Partition}`)
	}
}

func checkFunctions(c *checked) {
	t := c.t
	var folders []string
	for _, name := range t.of("AWS::Serverless::Function") {
		folder := path.Clean(text(t.property(name, "CodeUri")))
		folders = append(folders, folder)
		if fault := mainPackage(folder); fault != "" {
			c.add("%s: CodeUri %s %s", name, folder, fault)
		}
		for property, want := range map[string]string{
			"Handler": "bootstrap", "Runtime": "provided.al2023", "Architectures": `["arm64"]`, "Tracing": "Active",
		} {
			if got := text(t.property(name, property)); got != want {
				c.add("%s: %s is %s; it should be %s", name, property, got, want)
			}
		}
		if got := text(t.Resources[name].Metadata["BuildMethod"]); got != "go1.x" {
			c.add("%s: the BuildMethod is %s; it should be go1.x", name, got)
		}
		if t.property(name, "Timeout") == nil || t.property(name, "MemorySize") == nil {
			c.add("%s should have a Timeout and a MemorySize", name)
		}
		if t.Resources[text(at(t.property(name, "LoggingConfig"), "LogGroup", "Ref"))].Type != "AWS::Logs::LogGroup" {
			c.add("%s should log into a log group of its own", name)
		}
		variables, _ := at(t.property(name, "Environment"), "Variables").(map[string]any)
		for _, setting := range settings(folder) {
			if variables[setting] == nil {
				c.add("%s: the code needs the environment variable %s", name, setting)
			}
		}
		if text(variables[pipelineName]) != `{"Ref":"AWS::StackName"}` {
			c.add("%s: the environment variable %s should be the stack's name", name, pipelineName)
		}
	}
	for _, name := range functions {
		if !slices.Contains(folders, "cmd/lambda/"+name) {
			c.add("no function has the CodeUri cmd/lambda/%s", name)
		}
	}
}

// pipelineName is the environment variable with the dimension Pipeline of docflow's own metrics.
const pipelineName = "PIPELINE_NAME"

// mainPackage says what is wrong with a folder of a function, or "".
func mainPackage(folder string) string {
	files, err := filepath.Glob(filepath.Join(root, folder, "*.go"))
	if err != nil || len(files) == 0 {
		return "holds no Go files"
	}
	for _, file := range files {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			return err.Error()
		}
		for _, declaration := range parsed.Decls {
			if d, ok := declaration.(*ast.FuncDecl); ok && d.Name.Name == "main" && parsed.Name.Name == "main" {
				return ""
			}
		}
	}
	return "is not a main package"
}

var setting = regexp.MustCompile(`clients\.Setting\("(\w+)"\)`)

// settings returns the environment variables that a function cannot do without.
func settings(folder string) []string {
	data, err := os.ReadFile(filepath.Join(root, folder, "main.go"))
	if err != nil {
		return nil // mainPackage has told
	}
	var names []string
	for _, match := range setting.FindAllStringSubmatch(string(data), -1) {
		names = append(names, match[1])
	}
	if strings.Contains(string(data), "tables.Index(") {
		names = append(names, clients.IndexTable)
	}
	if strings.Contains(string(data), "tables.Spend(") {
		names = append(names, clients.SpendTable)
		if folder == "cmd/lambda/prompt" { // who reserves holds the caps
			names = append(names, clients.MaxDocumentDollars, clients.MaxDailyDollars, clients.CacheAnswers)
			names = append(names, clients.ModelRequestsPerMinute, clients.ModelTokensPerMinute, clients.ModelConcurrency, clients.Guardrail)
		}
	}
	return names
}

func checkStorage(c *checked) {
	s := c.stacks[0]
	for _, name := range c.t.of("AWS::S3::Bucket") {
		r := c.t.Resources[name]
		p := any(r.Properties)
		if text(at(p, "PublicAccessBlockConfiguration")) != `{"BlockPublicAcls":true,"BlockPublicPolicy":true,"IgnorePublicAcls":true,"RestrictPublicBuckets":true}` {
			c.add("%s should block public access", name)
		}
		if at(p, "BucketEncryption", "ServerSideEncryptionConfiguration") == nil {
			c.add("%s should be encrypted", name)
		}
		if at(p, "VersioningConfiguration", "Status") != "Enabled" {
			c.add("%s should keep versions", name)
		}
		if r.DeletionPolicy != "Retain" || r.UpdateReplacePolicy != "Retain" {
			c.add("%s should outlive the stack", name)
		}
		for _, kind := range []string{"AbortIncompleteMultipartUpload", "NoncurrentVersionExpiration"} {
			if !slices.ContainsFunc(list(at(p, "LifecycleConfiguration", "Rules")), func(rule any) bool {
				return at(rule, kind) != nil && at(rule, "Status") == "Enabled" && at(rule, "Prefix") == nil
			}) {
				c.add("%s: its lifecycle has no %s for everything", name, kind)
			}
		}
		if !slices.ContainsFunc(c.t.of("AWS::S3::BucketPolicy"), func(policy string) bool {
			properties, err := s.properties(policy)
			return err == nil && properties["Bucket"] == s.physical(name) && slices.ContainsFunc(statements(any(properties)), func(st statement) bool {
				return !st.allow && slices.Equal(st.actions, []string{"s3:*"}) && text(st.condition) == `{"Bool":{"aws:SecureTransport":false}}` &&
					slices.Contains(st.resources, s.arn(name)+"/*") && slices.Contains(st.resources, s.arn(name))
			})
		}) {
			c.add("%s should refuse what is not encrypted on its way", name)
		}
	}
	for _, name := range c.t.of("AWS::DynamoDB::Table") {
		kept, p := c.t.Resources[name].DeletionPolicy == "Retain", any(c.t.properties(name))
		if kept && at(p, "PointInTimeRecoverySpecification", "PointInTimeRecoveryEnabled") != true {
			c.add("%s is kept and cannot be restored", name)
		}
		if !kept && at(p, "TimeToLiveSpecification", "Enabled") != true {
			c.add("%s should forget what is not kept", name)
		}
	}
	for _, name := range c.t.of("AWS::SQS::Queue") {
		if c.t.property(name, "SqsManagedSseEnabled") != true && c.t.property(name, "KmsMasterKeyId") == nil {
			c.add("%s should be encrypted", name)
		}
	}
	for _, name := range c.t.of("AWS::Logs::LogGroup") {
		if c.t.property(name, "RetentionInDays") == nil {
			c.add("%s keeps logs for ever", name)
		}
	}
}

func checkTags(c *checked) {
	schemas, err := resourceSchemas()
	if err != nil {
		c.add("the schemas: %v", err)
		return
	}
	for _, name := range sortedKeys(c.t.Resources) {
		schema := schemas[c.t.Resources[name].Type]
		if schema == nil || !schema.taggable {
			continue
		}
		tags := c.t.property(name, "Tags")
		const want = `{"Ref":"AWS::StackName"}`
		if text(at(tags, "docflow-pipeline")) != want && !slices.ContainsFunc(list(tags), func(tag any) bool {
			return at(tag, "Key") == "docflow-pipeline" && text(at(tag, "Value")) == want
		}) {
			c.add("%s has no tag docflow-pipeline", name)
		}
	}
}
