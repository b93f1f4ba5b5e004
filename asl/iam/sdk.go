package iam

import (
	"fmt"
	"strings"

	"github.com/docflow-asl/docflow/asl/value"
)

// renamed are the actions whose permissions have other names than the API, by IAM prefix and action. A list of none is an action that
// needs no permission. The names are those of the Service Authorization Reference.
var renamed = map[string][]string{
	"bedrock:converse":                 {"bedrock:InvokeModel"},
	"bedrock:converseStream":           {"bedrock:InvokeModelWithResponseStream"},
	"bedrock:startAsyncInvoke":         {"bedrock:InvokeModel"},
	"lambda:invoke":                    {"lambda:InvokeFunction"},
	"lambda:invokeAsync":               {"lambda:InvokeFunction"},
	"lambda:getLayerVersionByArn":      {"lambda:GetLayerVersion"},
	"dynamodb:transactGetItems":        {"dynamodb:GetItem"},
	"dynamodb:transactWriteItems":      {"dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem"},
	"dynamodb:executeStatement":        {"dynamodb:PartiQLSelect", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete"},
	"dynamodb:batchExecuteStatement":   {"dynamodb:PartiQLSelect", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete"},
	"dynamodb:executeTransaction":      {"dynamodb:PartiQLSelect", "dynamodb:PartiQLInsert", "dynamodb:PartiQLUpdate", "dynamodb:PartiQLDelete"},
	"kms:reEncrypt":                    {"kms:ReEncryptFrom", "kms:ReEncryptTo"},
	"sns:publishBatch":                 {"sns:Publish"},
	"sqs:sendMessageBatch":             {"sqs:SendMessage"},
	"sqs:deleteMessageBatch":           {"sqs:DeleteMessage"},
	"sqs:changeMessageVisibilityBatch": {"sqs:ChangeMessageVisibility"},
	"timestream:query":                 {"timestream:Select"},
	"execute-api:postToConnection":     {"execute-api:ManageConnections"},
	"execute-api:getConnection":        {"execute-api:ManageConnections"},
	"execute-api:deleteConnection":     {"execute-api:ManageConnections"},
	"budgets:createBudget":             {"budgets:ModifyBudget"},
	"budgets:updateBudget":             {"budgets:ModifyBudget"},
	"budgets:deleteBudget":             {"budgets:ModifyBudget"},
	"budgets:describeBudget":           {"budgets:ViewBudget"},
	"budgets:describeBudgets":          {"budgets:ViewBudget"},
	"sts:getCallerIdentity":            {},

	"s3:listObjectsV2":                      {"s3:ListBucket"},
	"s3:listObjects":                        {"s3:ListBucket"},
	"s3:headBucket":                         {"s3:ListBucket"},
	"s3:listBuckets":                        {"s3:ListAllMyBuckets"},
	"s3:listObjectVersions":                 {"s3:ListBucketVersions"},
	"s3:listMultipartUploads":               {"s3:ListBucketMultipartUploads"},
	"s3:listParts":                          {"s3:ListMultipartUploadParts"},
	"s3:headObject":                         {"s3:GetObject"},
	"s3:selectObjectContent":                {"s3:GetObject"},
	"s3:getObjectAttributes":                {"s3:GetObject", "s3:GetObjectAttributes"},
	"s3:copyObject":                         {"s3:PutObject"},
	"s3:createMultipartUpload":              {"s3:PutObject"},
	"s3:uploadPart":                         {"s3:PutObject"},
	"s3:uploadPartCopy":                     {"s3:PutObject"},
	"s3:completeMultipartUpload":            {"s3:PutObject"},
	"s3:deleteObjects":                      {"s3:DeleteObject"},
	"s3:getBucketEncryption":                {"s3:GetEncryptionConfiguration"},
	"s3:putBucketEncryption":                {"s3:PutEncryptionConfiguration"},
	"s3:deleteBucketEncryption":             {"s3:PutEncryptionConfiguration"},
	"s3:getBucketLifecycle":                 {"s3:GetLifecycleConfiguration"},
	"s3:getBucketLifecycleConfiguration":    {"s3:GetLifecycleConfiguration"},
	"s3:putBucketLifecycle":                 {"s3:PutLifecycleConfiguration"},
	"s3:putBucketLifecycleConfiguration":    {"s3:PutLifecycleConfiguration"},
	"s3:deleteBucketLifecycle":              {"s3:PutLifecycleConfiguration"},
	"s3:getBucketReplication":               {"s3:GetReplicationConfiguration"},
	"s3:putBucketReplication":               {"s3:PutReplicationConfiguration"},
	"s3:deleteBucketReplication":            {"s3:PutReplicationConfiguration"},
	"s3:deleteBucketTagging":                {"s3:PutBucketTagging"},
	"s3:deleteBucketCors":                   {"s3:PutBucketCORS"},
	"s3:deleteBucketOwnershipControls":      {"s3:PutBucketOwnershipControls"},
	"s3:getBucketNotificationConfiguration": {"s3:GetBucketNotification"},
	"s3:putBucketNotificationConfiguration": {"s3:PutBucketNotification"},
	"s3:getBucketAccelerateConfiguration":   {"s3:GetAccelerateConfiguration"},
	"s3:putBucketAccelerateConfiguration":   {"s3:PutAccelerateConfiguration"},
	"s3:getPublicAccessBlock":               {"s3:GetBucketPublicAccessBlock"},
	"s3:putPublicAccessBlock":               {"s3:PutBucketPublicAccessBlock"},
	"s3:deletePublicAccessBlock":            {"s3:PutBucketPublicAccessBlock"},
	"s3:getObjectLockConfiguration":         {"s3:GetBucketObjectLockConfiguration"},
	"s3:putObjectLockConfiguration":         {"s3:PutBucketObjectLockConfiguration"},
}

// unresolved are services whose IAM actions are not named after their APIs, so that nobody can tell them by rule.
var unresolved = map[string]bool{"apigateway": true, "apigatewayv2": true, "s3control": true, "codecatalyst": true, "neptunedata": true, "keyspaces": true, "connectparticipant": true, "finspacedata": true}

// places say which parameter names the resource of a service's actions, and the ARN that it stands in. Where an action lacks the parameter,
// its resource is not known.
var places = map[string][]struct{ parameter, service, kind string }{
	"lambda":                  {{"FunctionName", "lambda", "function:"}},
	"dynamodb":                {{"TableName", "dynamodb", "table/"}, {"TableArn", "dynamodb", "table/"}},
	"sns":                     {{"TopicArn", "sns", ""}, {"TargetArn", "sns", ""}},
	"sfn":                     {{"StateMachineArn", "states", "stateMachine:"}, {"ExecutionArn", "states", "execution:"}, {"ActivityArn", "states", "activity:"}},
	"secretsmanager":          {{"SecretId", "secretsmanager", "secret:"}},
	"ssm":                     {{"Name", "ssm", "parameter/"}, {"Path", "ssm", "parameter/"}},
	"kms":                     {{"KeyId", "kms", "key/"}},
	"kinesis":                 {{"StreamARN", "kinesis", ""}, {"StreamName", "kinesis", "stream/"}},
	"firehose":                {{"DeliveryStreamName", "firehose", "deliverystream/"}},
	"glue":                    {{"JobName", "glue", "job/"}},
	"batch":                   {{"JobQueue", "batch", "job-queue/"}, {"JobDefinition", "batch", "job-definition/"}},
	"codebuild":               {{"ProjectName", "codebuild", "project/"}},
	"athena":                  {{"WorkGroup", "athena", "workgroup/"}},
	"cloudwatchlogs":          {{"LogGroupName", "logs", "log-group:"}},
	"bedrockagent":            {{"KnowledgeBaseId", "bedrock", "knowledge-base/"}, {"AgentId", "bedrock", "agent/"}},
	"bedrockagentruntime":     {{"KnowledgeBaseId", "bedrock", "knowledge-base/"}, {"AgentId", "bedrock", "agent-alias/"}},
	"opensearchserverless":    {{"Id", "aoss", "collection/"}},
	"cognitoidentityprovider": {{"UserPoolId", "cognito-idp", "userpool/"}},
	"rdsdata":                 {{"ResourceArn", "rds", "cluster:"}},
	"eks":                     {{"ClusterName", "eks", "cluster/"}},
	"sagemakerruntime":        {{"EndpointName", "sagemaker", "endpoint/"}},
}

// withoutResources are actions with other names than their APIs that know no resources.
var withoutResources = map[string]bool{"s3:ListAllMyBuckets": true}

// sdk adds what a call of an API needs.
func (d *deriver) sdk(service, action string, r *value.Object) {
	target := api(service)
	if target == nil || !target.Has(action) {
		d.note(fmt.Sprintf("%s calls %s:%s, which docflow does not know: its permission is not in the policy", d.state, service, action))
		return
	}
	if unresolved[service] {
		d.note(fmt.Sprintf("%s calls %s:%s, whose permission is not named after the API: it is not in the policy", d.state, service, action))
		return
	}
	prefix := target.IAMPrefix
	actions, ok := renamed[prefix+":"+action]
	switch {
	case !ok && target.Unnamed(action):
		d.note(fmt.Sprintf("%s calls %s:%s; IAM has no action of this name: its permission is not in the policy", d.state, service, action))
		return
	case !ok:
		actions = []string{prefix + ":" + strings.ToUpper(action[:1]) + action[1:]}
	case len(actions) == 0:
		return
	}
	switch service {
	case "s3":
		d.s3(action, actions, r)
		return
	case "sqs":
		if target.Request(action) != nil {
			if _, has := target.Request(action).Member("QueueUrl"); has {
				d.on(d.param(r, "QueueUrl"), "queue", d.queue, actions...)
				return
			}
		}
	case "eventbridge":
		if action == "putEvents" {
			d.events(r)
			return
		}
	case "ecs":
		if action == "runTask" || action == "startTask" {
			d.on(d.param(r, "TaskDefinition"), "task definition", d.taskDefinition, actions...)
			d.pass(known{}, "ecs-tasks.amazonaws.com")
			return
		}
	case "lambda":
		if action == "invoke" || action == "invokeAsync" {
			d.function(r)
			return
		}
	case "bedrockruntime":
		if _, has := target.Request(action).Member("ModelId"); has {
			for _, a := range actions {
				d.model(d.param(r, "ModelId"), a)
			}
			d.guardrail(d.within(r, "GuardrailConfig", "GuardrailIdentifier"), r)
			d.guardrail(d.param(r, "GuardrailIdentifier"), r)
			if action == "startAsyncInvoke" {
				d.late("where the answer goes in S3", "s3:PutObject")
			}
			return
		}
	case "glue":
		for suffix, kind := range map[string]string{"Crawler": "crawler/", "WorkflowRun": "workflow/"} {
			if strings.HasSuffix(action, suffix) {
				d.on(d.param(r, "Name"), "name", d.arn("glue", kind), actions...)
				return
			}
		}
	case "dynamodb":
		if d.transaction(action, actions, r) {
			return
		}
	case "sns":
		if action == "publish" {
			d.publish(r)
			return
		}
	}
	d.roles(service, r)
	d.documents(service, r)
	request := target.Request(action)
	for _, place := range places[service] {
		if request == nil {
			break
		}
		if _, has := request.Member(place.parameter); !has {
			continue
		}
		p := d.param(r, strings.ReplaceAll(place.parameter, "ARN", "Arn"))
		if !p.present && r != nil {
			continue
		}
		d.on(p, place.parameter, func(name string) string {
			if service == "ssm" {
				name = strings.TrimPrefix(name, "/")
			}
			arn := d.arn(place.service, place.kind)(name)
			switch {
			case service == "dynamodb" && (action == "query" || action == "scan") && r != nil && d.param(r, "IndexName").present:
				arn += "/index/" + d.param(r, "IndexName").pattern
			case service == "secretsmanager" && !isARN(name):
				arn += "-??????" // Secrets Manager adds six characters to the name
			case service == "cloudwatchlogs" && !isARN(name):
				arn += ":*"
			case service == "kms" && strings.HasPrefix(name, "alias/"):
				return "*" // a policy names keys, not aliases
			}
			return arn
		}, actions...)
		return
	}
	for _, a := range actions {
		if target.WithoutResources(action) || withoutResources[a] {
			d.add("*", "this action knows no resources", a)
		} else {
			d.add("*", "docflow derives no resource for "+a, a)
		}
	}
}

// s3 adds needs for S3's actions: on a bucket or on an object in it.
func (d *deriver) s3(action string, actions []string, r *value.Object) {
	bucket, key := d.param(r, "Bucket"), d.param(r, "Key")
	request := api("s3").Request(action)
	if request == nil {
		d.add("*", "this action knows no resources", actions...)
		return
	}
	if _, has := request.Member("Bucket"); !has {
		d.add("*", "this action knows no resources", actions...)
		return
	}
	_, onObject := request.Member("Key")
	if !onObject && action != "deleteObjects" {
		d.on(bucket, "bucket", d.bucket, actions...)
		return
	}
	if action == "deleteObjects" {
		key = known{"*", true}
	}
	if version := d.param(r, "VersionId"); r != nil && version.present {
		switch action {
		case "getObject", "headObject":
			actions = append(actions[:len(actions):len(actions)], "s3:GetObjectVersion")
		case "deleteObject":
			actions = append(actions[:len(actions):len(actions)], "s3:DeleteObjectVersion")
		case "putObjectTagging", "getObjectTagging", "deleteObjectTagging":
			actions = append(actions[:len(actions):len(actions)], "s3:"+strings.ToUpper(action[:1])+strings.Replace(action[1:], "ObjectTagging", "ObjectVersionTagging", 1))
		}
	}
	if tags := d.param(r, "Tagging"); r != nil && tags.present && (action == "putObject" || action == "copyObject" || action == "createMultipartUpload") {
		actions = append(actions[:len(actions):len(actions)], "s3:PutObjectTagging")
	}
	if acl := d.param(r, "Acl"); r != nil && acl.present && action != "putBucketAcl" && action != "putObjectAcl" {
		actions = append(actions[:len(actions):len(actions)], "s3:PutObjectAcl")
	}
	d.object(bucket, key, actions...)
	if source := d.param(r, "CopySource"); source.present && (action == "copyObject" || action == "uploadPartCopy") {
		d.location(known{"s3://" + strings.TrimPrefix(source.pattern, "/"), true}, "the object to copy", "s3:GetObject")
	}
}

// transaction adds needs for DynamoDB's actions on several tables.
func (d *deriver) transaction(action string, actions []string, r *value.Object) bool {
	switch action {
	case "batchGetItem", "batchWriteItem":
		items, ok := object(r, "RequestItems")
		if !ok {
			d.late("the tables are known only at run time", actions...)
			return true
		}
		for _, m := range items.Members() {
			d.add(d.arn("dynamodb", "table/")(strings.TrimSuffix(m.Name, ".$")), "", actions...)
		}
		return true
	case "transactGetItems", "transactWriteItems":
		var list *value.Array
		if r != nil {
			v, _ := r.Get("TransactItems")
			list, _ = v.(*value.Array)
		}
		if list == nil {
			d.late("the tables are known only at run time", actions...)
			return true
		}
		names := map[string]string{"Get": "GetItem", "Put": "PutItem", "Update": "UpdateItem", "Delete": "DeleteItem", "ConditionCheck": "ConditionCheckItem"}
		for _, item := range list.Items() {
			o, ok := item.(*value.Object)
			if !ok {
				d.late("the tables are known only at run time", actions...)
				continue
			}
			for _, m := range o.Members() {
				if name := names[m.Name]; name != "" {
					d.on(d.within(o, m.Name, "TableName"), "table", d.arn("dynamodb", "table/"), "dynamodb:"+name)
				}
			}
		}
		return true
	case "executeStatement", "batchExecuteStatement", "executeTransaction":
		d.late("the statement says which table it reads or writes", actions...)
		return true
	}
	return false
}

// roles adds iam:PassRole for a role that a call hands to a service.
func (d *deriver) roles(service string, r *value.Object) {
	to := map[string]string{
		"transcribe": "transcribe.amazonaws.com", "comprehend": "comprehend.amazonaws.com", "translate": "translate.amazonaws.com", "textract": "textract.amazonaws.com",
		"rekognition": "rekognition.amazonaws.com", "scheduler": "scheduler.amazonaws.com", "bedrock": "bedrock.amazonaws.com", "sagemaker": "sagemaker.amazonaws.com",
		"emrserverless": "emr-serverless.amazonaws.com", "glue": "glue.amazonaws.com", "mediaconvert": "mediaconvert.amazonaws.com",
	}[service]
	if to == "" || r == nil {
		return
	}
	for _, name := range []string{"DataAccessRoleArn", "RoleArn", "ExecutionRoleArn", "Role"} {
		if p := d.param(r, name); p.present {
			d.pass(p, to)
		}
	}
	for _, outer := range []string{"NotificationChannel", "Target", "JobExecutionSettings"} {
		for _, name := range []string{"RoleArn", "DataAccessRoleArn"} {
			if p := d.within(r, outer, name); p.present {
				d.pass(p, to)
			}
		}
	}
}

// documents adds what the services that read documents for the caller need in S3: they do it with the caller's permissions.
func (d *deriver) documents(service string, r *value.Object) {
	if r == nil {
		return
	}
	nested := func(outer, inner string) {
		o, ok := object(r, outer)
		if !ok {
			if r.Has(outer + ".$") {
				d.late("the document's place in S3 is known only at run time", "s3:GetObject")
			}
			return
		}
		if s, ok := object(o, inner); ok {
			d.object(d.param(s, "Bucket"), d.param(s, "Name"), "s3:GetObject")
		} else if o.Has(inner + ".$") {
			d.late("the document's place in S3 is known only at run time", "s3:GetObject")
		}
	}
	switch service {
	case "textract":
		nested("Document", "S3Object")
		nested("DocumentLocation", "S3Object")
		if output, ok := object(r, "OutputConfig"); ok {
			prefix := d.param(output, "S3Prefix")
			if !prefix.present {
				prefix = known{"textract_output", true}
			}
			d.object(d.param(output, "S3Bucket"), known{squeeze(strings.TrimSuffix(prefix.pattern, "/") + "/*"), true}, "s3:PutObject")
		}
	case "rekognition":
		nested("Image", "S3Object")
		nested("Video", "S3Object")
	case "transcribe":
		d.location(d.within(r, "Media", "MediaFileUri"), "the recording", "s3:GetObject")
		if bucket := d.param(r, "OutputBucketName"); bucket.present {
			d.object(bucket, d.param(r, "OutputKey"), "s3:PutObject")
		}
	case "polly":
		if bucket := d.param(r, "OutputS3BucketName"); bucket.present {
			d.object(bucket, known{squeeze(d.param(r, "OutputS3KeyPrefix").pattern + "*"), true}, "s3:PutObject")
		}
	}
}
