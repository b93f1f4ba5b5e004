package iam

import (
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

// optimised adds what arn:aws:states:::service:api needs; sync tells whether the state waits for the job.
//
// The source are the policies that Step Functions generates for each integrated service, which AWS publishes below
// https://docs.aws.amazon.com/step-functions/latest/dg/service-integration-iam-templates.html, a page a service: athena-iam.html, batch-iam,
// codebuild-iam, databrew-iam, ecs-iam, eks-iam, emr-iam, emr-eks-iam, glue-iam, sagemaker-iam, stepfunctions-iam … They were read as they stand in
// github.com/awsdocs/aws-step-functions-developer-guide, archived in 2023. The integrations of Bedrock, EMR Serverless (emr-serverless-iam.html) and
// MediaConvert are younger: their actions for .sync follow the others' pattern (start, get, cancel), and no text that lists them was at hand.
func (d *deriver) optimised(service, api string, sync bool, r *value.Object) {
	call := service + ":" + api
	switch service {
	case "lambda":
		d.function(r)
	case "states":
		d.execution(d.param(r, "StateMachineArn"), sync)
	case "bedrock":
		d.bedrock(api, sync, r)
	case "dynamodb":
		d.sdk(service, api, r)
	case "sqs":
		d.on(d.param(r, "QueueUrl"), "queue", d.queue, "sqs:SendMessage")
	case "sns":
		d.publish(r)
	case "events":
		d.events(r)
	case "ecs":
		d.on(d.param(r, "TaskDefinition"), "task definition", d.taskDefinition, "ecs:RunTask")
		d.pass(known{}, "ecs-tasks.amazonaws.com")
		if sync {
			d.add("*", "the task's ARN is known only once it runs", "ecs:StopTask", "ecs:DescribeTasks")
			d.rule("StepFunctionsGetEventsForECSTaskRule")
		}
	case "batch":
		d.on(d.param(r, "JobDefinition"), "job definition", d.arn("batch", "job-definition/"), "batch:SubmitJob")
		d.on(d.param(r, "JobQueue"), "job queue", d.arn("batch", "job-queue/"), "batch:SubmitJob")
		if sync {
			d.add("*", "the job's id is known only once it runs", "batch:DescribeJobs", "batch:TerminateJob")
			d.rule("StepFunctionsGetEventsForBatchJobsRule")
		}
	case "glue":
		actions := []string{"glue:StartJobRun"}
		if sync {
			actions = append(actions, "glue:GetJobRun", "glue:GetJobRuns", "glue:BatchStopJobRun")
		}
		d.on(d.param(r, "JobName"), "job", d.arn("glue", "job/"), actions...)
	case "databrew":
		actions := []string{"databrew:StartJobRun"}
		if sync {
			actions = append(actions, "databrew:ListJobRuns", "databrew:StopJobRun")
		}
		d.on(d.param(r, "Name"), "job", d.arn("databrew", "job/"), actions...)
	case "athena":
		d.athena(api, sync, r)
	case "codebuild":
		d.codebuild(api, sync, r)
	case "sagemaker":
		d.sagemaker(api, sync, r)
	case "elasticmapreduce":
		d.emr(api, sync, r)
	case "emr-containers":
		d.emrContainers(api, sync, r)
	case "emr-serverless":
		d.emrServerless(api, sync, r)
	case "mediaconvert":
		d.add("*", "the queue may be the default one", "mediaconvert:CreateJob")
		d.pass(d.param(r, "Role"), "mediaconvert.amazonaws.com")
		if sync {
			d.add("*", "the job's id is known only once it runs", "mediaconvert:GetJob", "mediaconvert:CancelJob")
			d.rule("StepFunctionsGetEventsForMediaConvertJobRule")
		}
	case "eks":
		d.eks(api, sync, r)
	case "apigateway":
		d.gateway(r)
	case "http":
		d.http(r)
	default:
		d.note(d.state + " calls " + call + ", of which docflow knows no permissions")
	}
}

// function adds lambda:InvokeFunction for FunctionName and Qualifier: a name, a part of an ARN or a whole one.
func (d *deriver) function(r *value.Object) {
	name, qualifier := d.param(r, "FunctionName"), d.param(r, "Qualifier")
	d.on(name, "function", func(name string) string {
		arn := name
		switch {
		case isARN(name):
		case strings.Contains(name, ":function:"): // ACCOUNT:function:NAME
			arn = "arn:" + d.Partition + ":lambda:" + d.Region + ":" + name
		default:
			arn = d.arn("lambda", "function:")(name)
		}
		if r != nil && qualifier.present {
			arn += ":" + qualifier.pattern
		}
		return arn
	}, "lambda:InvokeFunction")
}

func (d *deriver) execution(machine known, sync bool) {
	whole := func(text string) string {
		if asl.IsHole(text) {
			return text // the parameter takes ARNs alone
		}
		return d.arn("states", "stateMachine:")(text)
	}
	d.on(machine, "state machine", whole, "states:StartExecution")
	if !sync {
		return
	}
	executions := func(arn string) string {
		if i := strings.Index(arn, ":stateMachine:"); i >= 0 && strings.HasPrefix(arn, "arn:") {
			name, _, _ := strings.Cut(arn[i+len(":stateMachine:"):], ":")
			return arn[:i] + ":execution:" + name + ":*"
		}
		return d.arn("states", "execution:")("*")
	}
	d.on(machine, "state machine", executions, "states:DescribeExecution", "states:StopExecution")
	d.rule("StepFunctionsGetEventsForStepFunctionsExecutionRule")
}

func (d *deriver) publish(r *value.Object) {
	for _, name := range []string{"TopicArn", "TargetArn"} {
		if topic := d.param(r, name); topic.present {
			d.on(topic, "topic", func(arn string) string { return arn }, "sns:Publish")
			return
		}
	}
	d.add("*", "a message to a telephone number has no resource", "sns:Publish")
}

func (d *deriver) events(r *value.Object) {
	var entries []value.Value
	if r != nil {
		v, _ := r.Get("Entries")
		if list, ok := v.(*value.Array); ok {
			entries = list.Items()
		}
	}
	if len(entries) == 0 {
		d.late("the event bus is known only at run time", "events:PutEvents")
		return
	}
	for _, e := range entries {
		entry, ok := e.(*value.Object)
		if !ok {
			d.late("the event bus is known only at run time", "events:PutEvents")
			continue
		}
		bus := d.param(entry, "EventBusName")
		if !bus.present {
			bus = known{"default", true}
		}
		d.on(bus, "event bus", d.arn("events", "event-bus/"), "events:PutEvents")
	}
}

func (d *deriver) taskDefinition(name string) string {
	if !isARN(name) {
		name = d.arn("ecs", "task-definition/")(name)
	}
	if last := name[strings.LastIndexByte(name, '/')+1:]; !strings.Contains(last, ":") && !strings.HasPrefix(name, "${") {
		name += ":*" // any revision
	}
	return name
}

func (d *deriver) athena(api string, sync bool, r *value.Object) {
	action := "athena:" + strings.ToUpper(api[:min(1, len(api))]) + api[min(1, len(api)):]
	if api != "startQueryExecution" {
		d.add(d.arn("athena", "workgroup/")("*"), "the query's workgroup is not in the request", action)
		if api == "getQueryResults" {
			d.late("the result lies where the query put it", "s3:GetObject")
		}
		return
	}
	group := d.param(r, "WorkGroup")
	if !group.present {
		group = known{"primary", true}
	}
	actions := []string{action}
	if sync {
		actions = append(actions, "athena:GetQueryExecution", "athena:StopQueryExecution")
	}
	d.on(group, "workgroup", d.arn("athena", "workgroup/"), actions...)
	d.add(d.arn("athena", "datacatalog/")("*"), "the query says which catalogs it reads", "athena:GetDataCatalog")
	d.late("the query says which tables it reads, also those that Lake Formation guards", "lakeformation:GetDataAccess")
	d.location(d.within(r, "ResultConfiguration", "OutputLocation"), "the result", "s3:GetObject", "s3:PutObject", "s3:ListMultipartUploadParts", "s3:AbortMultipartUpload")
	d.late("the query says which tables and objects it reads", "s3:GetBucketLocation", "s3:GetObject", "s3:ListBucket", "s3:ListBucketMultipartUploads")
	d.late("the query says which tables and objects it reads", "glue:GetDatabase", "glue:GetDatabases", "glue:GetTable", "glue:GetTables", "glue:GetPartition", "glue:GetPartitions", "glue:BatchGetPartition")
}

func (d *deriver) codebuild(api string, sync bool, r *value.Object) {
	project := d.param(r, "ProjectName")
	if !project.present {
		project = known{"*", true}
	}
	actions := map[string][]string{
		"startBuild": {"codebuild:StartBuild"}, "stopBuild": {"codebuild:StopBuild"}, "retryBuild": {"codebuild:RetryBuild"}, "batchDeleteBuilds": {"codebuild:BatchDeleteBuilds"},
		"batchGetReports": {"codebuild:BatchGetReports"}, "startBuildBatch": {"codebuild:StartBuildBatch"}, "stopBuildBatch": {"codebuild:StopBuildBatch"},
		"retryBuildBatch": {"codebuild:RetryBuildBatch"}, "deleteBuildBatch": {"codebuild:DeleteBuildBatch"},
	}[api]
	if len(actions) == 0 {
		return
	}
	if sync && api == "startBuild" {
		actions = append(actions, "codebuild:StopBuild", "codebuild:BatchGetBuilds")
		d.rule("StepFunctionsGetEventForCodeBuildStartBuildRule")
	} else if sync {
		actions = append(actions, "codebuild:StopBuildBatch", "codebuild:BatchGetBuildBatches")
		d.rule("StepFunctionsGetEventForCodeBuildStartBuildBatchRule")
	}
	if api == "batchGetReports" {
		d.add(d.arn("codebuild", "report-group/")("*"), "the reports' ARNs are those of their groups", actions...)
		return
	}
	d.on(project, "project", d.arn("codebuild", "project/"), actions...)
}

// sagemakerJobs are the jobs of SageMaker that a state can wait for.
var sagemakerJobs = map[string]struct{ job, kind, name, rule string }{
	"createTrainingJob":             {"TrainingJob", "training-job/", "TrainingJobName", "StepFunctionsGetEventsForSageMakerTrainingJobsRule"},
	"createTransformJob":            {"TransformJob", "transform-job/", "TransformJobName", "StepFunctionsGetEventsForSageMakerTransformJobsRule"},
	"createProcessingJob":           {"ProcessingJob", "processing-job/", "ProcessingJobName", "StepFunctionsGetEventsForSageMakerProcessingJobsRule"},
	"createLabelingJob":             {"LabelingJob", "labeling-job/", "LabelingJobName", "StepFunctionsGetEventsForSageMakerLabelingJobsRule"},
	"createHyperParameterTuningJob": {"HyperParameterTuningJob", "hyper-parameter-tuning-job/", "HyperParameterTuningJobName", "StepFunctionsGetEventsForSageMakerTuningJobsRule"},
}

func (d *deriver) sagemaker(api string, sync bool, r *value.Object) {
	if job, ok := sagemakerJobs[api]; ok {
		actions := []string{"sagemaker:Create" + job.job, "sagemaker:AddTags"}
		if sync {
			actions = append(actions, "sagemaker:Describe"+job.job, "sagemaker:Stop"+job.job)
			d.rule(job.rule)
		}
		d.add("*", "AWS grants it for all jobs", "sagemaker:ListTags")
		d.on(d.param(r, job.name), "name of the job", d.arn("sagemaker", job.kind), actions...)
		if api != "createTransformJob" {
			d.pass(d.param(r, "RoleArn"), "sagemaker.amazonaws.com")
		}
		return
	}
	kinds := map[string][2]string{
		"createEndpoint": {"endpoint/", "EndpointName"}, "updateEndpoint": {"endpoint/", "EndpointName"}, "createEndpointConfig": {"endpoint-config/", "EndpointConfigName"}, "createModel": {"model/", "ModelName"},
	}
	if kind, ok := kinds[api]; ok {
		d.on(d.param(r, kind[1]), "name", d.arn("sagemaker", kind[0]), "sagemaker:"+strings.ToUpper(api[:1])+api[1:], "sagemaker:AddTags")
		if api == "createModel" {
			d.pass(d.param(r, "ExecutionRoleArn"), "sagemaker.amazonaws.com")
		}
	}
}

func (d *deriver) emr(api string, sync bool, r *value.Object) {
	cluster := d.param(r, "ClusterId")
	on := func(actions ...string) {
		d.on(cluster, "cluster", d.arn("elasticmapreduce", "cluster/"), actions...)
	}
	switch api {
	case "createCluster":
		d.add("*", "the cluster has no id yet", "elasticmapreduce:RunJobFlow")
		d.pass(d.param(r, "ServiceRole"), "elasticmapreduce.amazonaws.com")
		d.pass(d.param(r, "JobFlowRole"), "ec2.amazonaws.com")
		if sync {
			d.add(d.arn("elasticmapreduce", "cluster/")("*"), "the cluster has no id yet", "elasticmapreduce:DescribeCluster", "elasticmapreduce:TerminateJobFlows")
			d.rule("StepFunctionsGetEventForEMRRunJobFlowRule")
		}
	case "terminateCluster":
		on("elasticmapreduce:TerminateJobFlows")
		if sync {
			on("elasticmapreduce:DescribeCluster")
			d.rule("StepFunctionsGetEventForEMRTerminateJobFlowsRule")
		}
	case "addStep":
		on("elasticmapreduce:AddJobFlowSteps")
		if sync {
			on("elasticmapreduce:DescribeStep", "elasticmapreduce:CancelSteps")
			d.rule("StepFunctionsGetEventForEMRAddJobFlowStepsRule")
		}
	case "cancelStep":
		on("elasticmapreduce:CancelSteps")
	case "setClusterTerminationProtection":
		on("elasticmapreduce:SetTerminationProtection")
	case "modifyInstanceFleetByName":
		on("elasticmapreduce:ModifyInstanceFleet", "elasticmapreduce:ListInstanceFleets")
	case "modifyInstanceGroupByName":
		on("elasticmapreduce:ModifyInstanceGroups", "elasticmapreduce:ListInstanceGroups")
	}
}

func (d *deriver) emrContainers(api string, sync bool, r *value.Object) {
	switch api {
	case "createVirtualCluster":
		d.add("*", "the cluster has no id yet", "emr-containers:CreateVirtualCluster")
		d.needs = append(d.needs, need{
			actions: []string{"iam:CreateServiceLinkedRole"}, state: d.state, note: "for the first virtual cluster of the account",
			resource:  "arn:" + d.Partition + ":iam::" + d.Account + ":role/aws-service-role/emr-containers.amazonaws.com/AWSServiceRoleForAmazonEMRContainers",
			condition: Condition{"StringLike": {"iam:AWSServiceName": {"emr-containers.amazonaws.com"}}},
		})
	case "deleteVirtualCluster":
		actions := []string{"emr-containers:DeleteVirtualCluster"}
		if sync {
			actions = append(actions, "emr-containers:DescribeVirtualCluster")
		}
		d.on(d.param(r, "Id"), "cluster", d.arn("emr-containers", "/virtualclusters/"), actions...)
	case "startJobRun":
		d.on(d.param(r, "VirtualClusterId"), "cluster", d.arn("emr-containers", "/virtualclusters/"), "emr-containers:StartJobRun")
		if sync {
			d.on(d.param(r, "VirtualClusterId"), "cluster", func(id string) string { return d.arn("emr-containers", "/virtualclusters/")(id) + "/jobruns/*" },
				"emr-containers:DescribeJobRun", "emr-containers:CancelJobRun")
		}
	}
}

func (d *deriver) emrServerless(api string, sync bool, r *value.Object) {
	app := d.param(r, "ApplicationId")
	on := func(actions ...string) {
		d.on(app, "application", d.arn("emr-serverless", "/applications/"), actions...)
	}
	jobs := func(actions ...string) {
		d.on(app, "application", func(id string) string { return d.arn("emr-serverless", "/applications/")(id) + "/jobruns/*" }, actions...)
	}
	if sync {
		switch api {
		case "startJobRun", "cancelJobRun":
			d.rule("StepFunctionsGetEventsForEMRServerlessJobRule")
		default:
			d.rule("StepFunctionsGetEventsForEMRServerlessApplicationRule")
		}
	}
	switch api {
	case "createApplication":
		d.add("*", "the application has no id yet", "emr-serverless:CreateApplication")
		if sync {
			d.add(d.arn("emr-serverless", "/applications/")("*"), "the application has no id yet", "emr-serverless:GetApplication", "emr-serverless:DeleteApplication")
		}
	case "startApplication", "stopApplication", "deleteApplication":
		on("emr-serverless:" + strings.ToUpper(api[:1]) + api[1:])
		if sync {
			on("emr-serverless:GetApplication")
		}
		if sync && api == "startApplication" {
			on("emr-serverless:StopApplication")
		}
	case "startJobRun":
		on("emr-serverless:StartJobRun")
		d.pass(d.param(r, "ExecutionRoleArn"), "emr-serverless.amazonaws.com")
		if sync {
			jobs("emr-serverless:GetJobRun", "emr-serverless:CancelJobRun")
		}
	case "cancelJobRun":
		jobs("emr-serverless:CancelJobRun")
		if sync {
			jobs("emr-serverless:GetJobRun")
		}
	}
}

func (d *deriver) eks(api string, sync bool, r *value.Object) {
	what := map[string]string{"createCluster": "Name", "deleteCluster": "Name", "createNodegroup": "ClusterName", "deleteNodegroup": "ClusterName", "createFargateProfile": "ClusterName", "deleteFargateProfile": "ClusterName"}[api]
	if what == "" {
		d.note(d.state + " calls the Kubernetes API of a cluster: the cluster itself says what the role may do there (RBAC), not IAM")
		return
	}
	kind := strings.TrimPrefix(strings.TrimPrefix(api, "create"), "delete")
	actions := []string{"eks:" + strings.ToUpper(api[:1]) + api[1:]}
	if sync {
		actions = append(actions, "eks:Describe"+kind)
		if strings.HasPrefix(api, "create") && kind != "FargateProfile" { // of which AWS publishes no policy
			actions = append(actions, "eks:Delete"+kind)
		}
	}
	d.on(d.param(r, what), "cluster", func(name string) string {
		if kind == "Cluster" || strings.HasPrefix(api, "create") {
			return d.arn("eks", "cluster/")(name)
		}
		return d.arn("eks", strings.ToLower(kind)+"/")(name + "/*")
	}, actions...)
	switch api {
	case "createCluster":
		d.pass(d.param(r, "RoleArn"), "eks.amazonaws.com")
	case "createNodegroup":
		d.add("*", "EKS looks at the subnets and the role with the caller's permissions", "ec2:DescribeSubnets")
		d.add("arn:"+d.Partition+":iam::"+d.Account+":role/*", "EKS looks at the subnets and the role with the caller's permissions", "iam:GetRole", "iam:ListAttachedRolePolicies")
		d.pass(d.param(r, "NodeRole"), "eks.amazonaws.com")
	case "createFargateProfile":
		d.pass(d.param(r, "PodExecutionRoleArn"), "eks.amazonaws.com")
	}
}

// gateway adds execute-api:Invoke, which only an API with IAM authorization asks for.
func (d *deriver) gateway(r *value.Object) {
	auth := d.param(r, "AuthType")
	if !auth.present || auth.pattern == "NO_AUTH" {
		return
	}
	endpoint, stage, method, path := d.param(r, "ApiEndpoint"), d.param(r, "Stage"), d.param(r, "Method"), d.param(r, "Path")
	id, _, _ := strings.Cut(endpoint.pattern, ".execute-api.")
	if !strings.Contains(endpoint.pattern, ".execute-api.") {
		id = "*"
	}
	or := func(k known) string {
		if !k.present {
			return "*"
		}
		return strings.Trim(k.pattern, "/")
	}
	d.add(d.arn("execute-api", "")(strings.Join([]string{id, or(stage), or(method), or(path)}, "/")), "", "execute-api:Invoke")
}

// http adds what an HTTP task needs: the call itself, bound to its endpoint and method, and the connection with its secret.
func (d *deriver) http(r *value.Object) {
	condition := map[string][]string{}
	like := map[string][]string{}
	put := func(k known, key string) {
		switch {
		case !k.present || k.pattern == "*":
		case strings.Contains(k.pattern, "*"):
			like[key] = []string{k.pattern}
		default:
			condition[key] = []string{k.pattern}
		}
	}
	put(d.param(r, "Method"), "states:HTTPMethod")
	put(d.param(r, "ApiEndpoint"), "states:HTTPEndpoint")
	n := need{actions: []string{"states:InvokeHTTPEndpoint"}, resource: d.arn("states", "stateMachine:")(d.Name), state: d.state, condition: Condition{}}
	if len(condition) > 0 {
		n.condition["StringEquals"] = condition
	}
	if len(like) > 0 {
		n.condition["StringLike"] = like
	}
	if len(condition)+len(like) == 0 {
		n.condition = nil
	}
	if d.Name == "*" {
		n.note = "the state machine's name is not given (--name)"
	}
	d.needs = append(d.needs, n)
	connection := d.within(r, "Authentication", "ConnectionArn")
	if !connection.present {
		connection = d.within(r, "InvocationConfig", "ConnectionArn")
	}
	d.on(connection, "connection", func(arn string) string { return arn }, "events:RetrieveConnectionCredentials")
	secret := "arn:" + d.Partition + ":secretsmanager:" + d.Region + ":" + d.Account + ":secret:events!connection/*"
	if _, name, ok := strings.Cut(connection.pattern, ":connection/"); ok && connection.present {
		name, _, _ = strings.Cut(name, "/")
		secret = strings.TrimSuffix(secret, "*") + name + "/*"
	}
	d.add(secret, "the secret that EventBridge keeps the connection's credentials in", "secretsmanager:GetSecretValue", "secretsmanager:DescribeSecret")
}
