package lambda_test

import (
	"encoding/json"
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
	"time"

	"github.com/docflow-asl/docflow/cmd/lambda/internal/clients"
	"github.com/docflow-asl/docflow/tasks/bedrock"
)

// root is the top of the repository.
const root = "../.."

// findings collects what is wrong with a template.
type findings struct{ list []string }

func (f *findings) add(format string, args ...any) {
	f.list = append(f.list, fmt.Sprintf(format, args...))
}

// checkTemplate holds a template together with the code and the definitions.
func checkTemplate(data []byte) []string {
	var f findings
	t, err := readTemplate(data)
	if err != nil {
		f.add("the template cannot be read: %v", err)
		return f.list
	}
	checkReferences(t, &f)
	checkFunctions(t, &f)
	checkParameters(t, &f)
	checkActions(t, &f)
	checkBuckets(t, &f)
	for _, name := range t.of("AWS::Serverless::StateMachine") {
		checkStateMachine(t, name, &f)
	}
	if regexp.MustCompile(`\barn:aws[a-z-]*:`).Match(data) {
		f.add(`an ARN names its partition; it should say ${AWS::Partition}`)
	}
	return f.list
}

var pseudoParameters = []string{
	"AWS::AccountId", "AWS::NoValue", "AWS::NotificationARNs", "AWS::Partition", "AWS::Region", "AWS::StackId", "AWS::StackName", "AWS::URLSuffix",
}

// attributes of the resource types in use (CloudFormation template reference, "Return
// values" of each).
var attributes = map[string][]string{
	"AWS::DynamoDB::Table":          {"Arn", "StreamArn"},
	"AWS::S3::Bucket":               {"Arn", "DomainName"},
	"AWS::SNS::Topic":               {"TopicArn", "TopicName"},
	"AWS::SQS::Queue":               {"Arn", "QueueName"},
	"AWS::Events::Rule":             {"Arn"},
	"AWS::Logs::LogGroup":           {"Arn"},
	"AWS::Serverless::Function":     {"Arn"},
	"AWS::Serverless::StateMachine": {"Arn", "Name"},
}

func checkReferences(t *template, f *findings) {
	used := map[string]bool{}
	ref := func(where, name string) {
		used[name] = true
		_, parameter := t.Parameters[name]
		_, isResource := t.Resources[name]
		if !parameter && !isResource && !slices.Contains(pseudoParameters, name) {
			f.add("%s: there is no parameter or resource %s", where, name)
		}
	}
	getAtt := func(where, of, attribute string) {
		used[of] = true
		r, ok := t.Resources[of]
		if !ok {
			f.add("%s: there is no resource %s", where, of)
		} else if !slices.Contains(attributes[r.Type], attribute) {
			f.add("%s: %s (%s) has no attribute %s", where, of, r.Type, attribute)
		}
	}
	visit := func(where string) func(map[string]any) {
		return func(object map[string]any) {
			if name, ok := object["Ref"].(string); ok {
				ref(where, name)
			}
			if pair := list(object["Fn::GetAtt"]); len(pair) == 2 {
				getAtt(where, text(pair[0]), text(pair[1]))
			}
			if branches := list(object["Fn::If"]); object["Fn::If"] != nil {
				condition := ""
				if len(branches) == 3 {
					condition, _ = branches[0].(string)
				}
				used["condition "+condition] = true
				if t.Conditions[condition] == nil {
					f.add("%s: there is no condition %q", where, condition)
				}
			}
			if sub, ok := object["Fn::Sub"].(string); ok {
				for _, name := range holes(sub) {
					if of, attribute, dotted := strings.Cut(name, "."); dotted {
						getAtt(where, of, attribute)
					} else {
						ref(where, name)
					}
				}
			}
		}
	}
	for _, name := range sortedKeys(t.Resources) {
		walk(any(t.Resources[name].Properties), visit(name))
		for _, other := range list(t.Resources[name].DependsOn) {
			ref(name, text(other))
		}
	}
	for _, name := range sortedKeys(t.Conditions) {
		walk(t.Conditions[name], visit("condition "+name))
		if !used["condition "+name] {
			f.add("the condition %s is used nowhere", name)
		}
	}
	for _, name := range sortedKeys(t.Outputs) {
		walk(any(t.Outputs[name]), visit("output "+name))
		if text(t.Outputs[name]["Description"]) == "null" {
			f.add("output %s has no description", name)
		}
	}
	for _, name := range sortedKeys(t.Parameters) {
		if !used[name] {
			f.add("the parameter %s is used nowhere", name)
		}
	}
}

func checkParameters(t *template, f *findings) {
	for _, name := range sortedKeys(t.Parameters) {
		p := t.Parameters[name]
		if p["Description"] == nil || p["Default"] == nil {
			f.add("the parameter %s should have a description and a default", name)
		}
		if !strings.HasSuffix(name, "ModelId") {
			continue
		}
		id := text(p["Default"])
		model, geography, err := bedrock.Lookup(id)
		switch {
		case err != nil:
			f.add("the default of %s: %v", name, err)
		case model.NeedsProfile != (geography != ""):
			f.add("the default of %s is %s, and the model needs a profile: %v", name, id, model.NeedsProfile)
		// A fixed day, not today: a commit that was right must stay so. The command line
		// tells people about models that end.
		case bedrock.Status(model, time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC)) != bedrock.Active:
			f.add("the default of %s, %s, is not active", name, id)
		}
	}
}

func checkFunctions(t *template, f *findings) {
	var folders []string
	for _, name := range t.of("AWS::Serverless::Function") {
		folder := path.Clean(text(t.property(name, "CodeUri")))
		folders = append(folders, folder)
		if fault := mainPackage(folder); fault != "" {
			f.add("%s: CodeUri %s %s", name, folder, fault)
		}
		for property, want := range map[string]string{
			"Handler": "bootstrap", "Runtime": "provided.al2023", "Architectures": `["arm64"]`, "Tracing": "Active",
		} {
			if got := text(t.property(name, property)); got != want {
				f.add("%s: %s is %s; it should be %s", name, property, got, want)
			}
		}
		if got := text(t.Resources[name].Metadata["BuildMethod"]); got != "go1.x" {
			f.add("%s: the BuildMethod is %s; it should be go1.x", name, got)
		}
		if t.property(name, "Timeout") == nil || t.property(name, "MemorySize") == nil {
			f.add("%s should have a Timeout and a MemorySize", name)
		}
		if at(t.property(name, "LoggingConfig"), "LogGroup") == nil {
			f.add("%s should log into a log group of its own", name)
		}
		variables, _ := at(t.property(name, "Environment"), "Variables").(map[string]any)
		for _, setting := range settings(folder) {
			if variables[setting] == nil {
				f.add("%s: the code needs the environment variable %s", name, setting)
			}
		}
		checkNeeds(t, name, path.Base(folder), f)
	}
	for _, name := range functions {
		if !slices.Contains(folders, "cmd/lambda/"+name) {
			f.add("no function has the CodeUri cmd/lambda/%s", name)
		}
	}
}

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
		}
	}
	return names
}

// need is a permission that code needs.
type need struct{ action, resource string }

// needs is what the code of each function calls, and on what.
var needs = map[string][]need{
	"extract": {
		{"s3:GetObject", sub("${DocumentsBucket.Arn}/*")},
		{"s3:GetObjectVersion", sub("${DocumentsBucket.Arn}/*")},
		{"s3:ListBucket", getAtt("DocumentsBucket")},
		{"s3:PutObject", sub("${ResultsBucket.Arn}/work/*")},
	},
	"prompt": {
		{"dynamodb:GetItem", getAtt("SpendTable")},
		{"dynamodb:UpdateItem", getAtt("SpendTable")},
		{"s3:GetObject", sub("${ResultsBucket.Arn}/work/*")},
		{"s3:PutObject", sub("${ResultsBucket.Arn}/work/*")},
		{"s3:GetObject", sub("${ResultsBucket.Arn}/cache/*")},
		{"s3:PutObject", sub("${ResultsBucket.Arn}/cache/*")},
		{"s3:ListBucket", getAtt("ResultsBucket")},
	},
	"combine": {
		{"dynamodb:UpdateItem", getAtt("SpendTable")},
		{"dynamodb:PutItem", getAtt("IndexTable")},
		{"s3:GetObject", sub("${ResultsBucket.Arn}/work/*")},
		{"s3:PutObject", sub("${ResultsBucket.Arn}/results/*")},
		{"s3:ListBucket", getAtt("ResultsBucket")},
	},
	"trigger": {
		{"states:StartExecution", text(map[string]any{"Ref": "DocumentPipeline"})},
		{"sqs:SendMessage", getAtt("TriggerDeadLetters")},
	},
}

func sub(s string) string     { return text(map[string]any{"Fn::Sub": s}) }
func getAtt(of string) string { return text(map[string]any{"Fn::GetAtt": []any{of, "Arn"}}) }

func checkNeeds(t *template, name, function string, f *findings) {
	compareNeeds(name, statements(t.Resources[name].Properties["Policies"]), needs[function], nil, f)
}

// compareNeeds wants what is granted to be what is needed, no less and no more. Actions
// in also may be granted on everything.
func compareNeeds(name string, granted []statement, needed []need, also []string, f *findings) {
	for _, n := range needed {
		if !grants(granted, n.action, n.resource) {
			f.add("%s: %s on %s is needed and not granted", name, n.action, n.resource)
		}
	}
	for _, s := range granted {
		for _, action := range s.actions {
			for _, r := range s.resources {
				if !slices.Contains(needed, need{action, r}) && s.condition == nil && !(r == "*" && slices.Contains(also, action)) {
					f.add("%s: %s on %s is granted and not needed", name, action, r)
				}
			}
		}
	}
}

func checkActions(t *template, f *findings) {
	for _, name := range sortedKeys(t.Resources) {
		for _, s := range statements(any(t.Resources[name].Properties)) {
			for _, action := range s.actions {
				if s.allow && strings.Contains(action, "*") {
					f.add("%s: the statement %s allows %s; it should name actions", name, s.sid, action)
				}
			}
		}
	}
}

func checkBuckets(t *template, f *findings) {
	for _, name := range t.of("AWS::S3::Bucket") {
		p := any(t.Resources[name].Properties)
		if text(at(p, "PublicAccessBlockConfiguration")) != `{"BlockPublicAcls":true,"BlockPublicPolicy":true,"IgnorePublicAcls":true,"RestrictPublicBuckets":true}` {
			f.add("%s should block public access", name)
		}
		if at(p, "BucketEncryption", "ServerSideEncryptionConfiguration") == nil {
			f.add("%s should be encrypted", name)
		}
		if at(p, "VersioningConfiguration", "Status") != "Enabled" {
			f.add("%s should keep versions", name)
		}
	}
}

// definition is as much of a state machine as permissions follow from.
type definition struct {
	States map[string]state
}

type state struct {
	Type           string
	Resource       string
	Parameters     map[string]any
	Arguments      map[string]any // in JSONata
	TimeoutSeconds float64
	Branches       []definition
	ItemProcessor  *definition
	ItemReader     *access // of a distributed Map
	ResultWriter   *access
}

type access struct{ Parameters map[string]any }

// tasks visits the Task states of a definition, also those within others.
func (d definition) tasks(visit func(name string, s state)) {
	for _, name := range sortedKeys(d.States) {
		s := d.States[name]
		if s.Type == "Task" || s.ItemReader != nil || s.ResultWriter != nil {
			visit(name, s)
		}
		for _, branch := range s.Branches {
			branch.tasks(visit)
		}
		if s.ItemProcessor != nil {
			s.ItemProcessor.tasks(visit)
		}
	}
}

func checkStateMachine(t *template, name string, f *findings) {
	properties := t.Resources[name].Properties
	file := text(properties["DefinitionUri"])
	data, err := os.ReadFile(filepath.Join(root, file))
	if err != nil {
		f.add("%s: the definition: %v", name, err)
		return
	}
	given, _ := properties["DefinitionSubstitutions"].(map[string]any)
	wanted := holes(string(data))
	for _, s := range wanted {
		if given[s] == nil {
			f.add("%s: the substitution %s of %s is not given", name, s, file)
		}
	}
	for _, s := range sortedKeys(given) {
		if !slices.Contains(wanted, s) {
			f.add("%s: the substitution %s is given, but %s has no ${%s}", name, s, file, s)
		}
	}
	var d definition
	if err := json.Unmarshal(data, &d); err != nil {
		f.add("%s: %s: %v", name, file, err)
		return
	}
	granted := statements(properties["Policies"])
	var needed []need
	d.tasks(func(task string, s state) {
		needed = append(needed, taskNeeds(t, name+"/"+task, s, given, f)...)
	})
	checkModels(needed, granted, name, f)
	var also []string
	if at(properties["Tracing"], "Enabled") == true {
		also = append(also, "xray:GetSamplingRules", "xray:GetSamplingTargets", "xray:PutTelemetryRecords", "xray:PutTraceSegments")
	} else {
		f.add("%s should be traced", name)
	}
	if level := at(properties["Logging"], "Level"); level != nil && level != "OFF" {
		also = append(also, "logs:CreateLogDelivery", "logs:DeleteLogDelivery", "logs:DescribeLogGroups", "logs:DescribeResourcePolicies",
			"logs:GetLogDelivery", "logs:ListLogDeliveries", "logs:PutResourcePolicy", "logs:UpdateLogDelivery")
	} else {
		f.add("%s should write logs", name)
	}
	for _, action := range also {
		needed = append(needed, need{action, "*"})
	}
	compareNeeds(name, granted, needed, also, f)
}

// taskNeeds returns the permissions that a Task state needs.
func taskNeeds(t *template, where string, s state, given map[string]any, f *findings) []need {
	value := func(parameter any) any { // what a substitution stands for
		names := holes(text(parameter))
		if len(names) != 1 || text(parameter) != "${"+names[0]+"}" {
			f.add("%s: %s is not one substitution", where, text(parameter))
			return nil
		}
		return given[names[0]]
	}
	if s.Type == "Map" {
		return mapNeeds(t, where, s, f)
	}
	switch s.Resource {
	case "arn:aws:states:::lambda:invoke":
		function := value(s.Parameters["FunctionName"])
		if pair := list(at(function, "Fn::GetAtt")); len(pair) == 2 {
			if limit, ok := t.property(text(pair[0]), "Timeout").(float64); ok && limit > s.TimeoutSeconds {
				f.add("%s ends after %.0f seconds, its function %s only after %.0f", where, s.TimeoutSeconds, pair[0], limit)
			}
		}
		return []need{{"lambda:InvokeFunction", text(function)}}
	case "arn:aws:states:::bedrock:invokeModel":
		out := []need{{"bedrock:InvokeModel", profileARN(text(at(value(s.Parameters["ModelId"]), "Ref")))}}
		if s.Parameters["Input"] != nil {
			out = append(out, need{"s3:GetObject", sub("${ResultsBucket.Arn}/work/*")})
		}
		if s.Parameters["Output"] != nil {
			out = append(out, need{"s3:PutObject", sub("${ResultsBucket.Arn}/work/*")})
		}
		return out
	case "arn:aws:states:::sns:publish":
		return []need{{"sns:Publish", text(value(s.Parameters["TopicArn"]))}}
	case "arn:aws:states:::aws-sdk:dynamodb:putItem":
		return []need{{"dynamodb:PutItem", getAtt(text(at(value(s.Arguments["TableName"]), "Ref")))}}
	case "arn:aws:states:::aws-sdk:s3:putObjectTagging":
		action := "s3:PutObjectTagging"
		if s.Parameters["VersionId.$"] != nil {
			action = "s3:PutObjectVersionTagging"
		}
		return []need{{action, sub("${DocumentsBucket.Arn}/*")}}
	case "arn:aws:states:::aws-sdk:s3:putObject":
		bucket := text(at(value(s.Parameters["Bucket"]), "Ref"))
		match := regexp.MustCompile(`^States\.Format\('([\w-]+/)`).FindStringSubmatch(text(s.Parameters["Key.$"]))
		if match == nil {
			f.add("%s: the key does not begin with a prefix", where)
			return nil
		}
		return []need{{"s3:PutObject", sub("${" + bucket + ".Arn}/" + match[1] + "*")}}
	}
	f.add("%s: nobody knows what permissions %s needs", where, s.Resource)
	return nil
}

// mapNeeds returns the permissions that a distributed Map needs itself: executions of its
// own state machine, whose name the role knows before there is one, items and results.
func mapNeeds(t *template, where string, s state, f *findings) []need {
	machine, _, _ := strings.Cut(where, "/")
	name, _ := at(t.property(machine, "Name"), "Fn::Sub").(string)
	if name == "" {
		f.add("%s: the role cannot name the state machine, which should have a Name", machine)
	}
	for _, at := range []*access{s.ItemReader, s.ResultWriter} {
		if at == nil || text(at.Parameters["Bucket"]) != "${ResultsBucket}" {
			f.add("%s should read items from the results bucket and write results there", where)
		}
	}
	work := sub("${ResultsBucket.Arn}/work/*")
	const states = "arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:"
	return []need{
		{"states:StartExecution", sub(states + "stateMachine:" + name)},
		{"states:DescribeExecution", sub(states + "execution:" + name + ":*")},
		{"states:StopExecution", sub(states + "execution:" + name + ":*")},
		{"states:RedriveExecution", sub(states + "execution:" + name + "/*:*")},
		{"s3:GetObject", work},
		{"s3:PutObject", work},
		{"s3:ListMultipartUploadParts", work},
		{"s3:AbortMultipartUpload", work},
	}
}

func profileARN(parameter string) string {
	return sub("arn:${AWS::Partition}:bedrock:${AWS::Region}:${AWS::AccountId}:inference-profile/${" + parameter + "}")
}

// checkModels wants, for the profiles in needed, the permission on the models that they
// route to, bound to calls through these profiles.
func checkModels(needed []need, granted []statement, name string, f *findings) {
	models := sub("arn:${AWS::Partition}:bedrock:*::foundation-model/anthropic.*")
	for _, n := range needed {
		if n.action != "bedrock:InvokeModel" {
			continue
		}
		bound := slices.ContainsFunc(granted, func(s statement) bool {
			profiles := list(at(s.condition, "StringEquals", "bedrock:InferenceProfileArn"))
			return s.allow && slices.Contains(s.actions, n.action) && slices.Contains(s.resources, models) &&
				slices.ContainsFunc(profiles, func(p any) bool { return text(p) == n.resource })
		})
		if !bound {
			f.add("%s: bedrock:InvokeModel on %s through %s is needed and not granted", name, models, n.resource)
		}
	}
}
