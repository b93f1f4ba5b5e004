package iam

import (
	"regexp"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/value"
)

// destinations are the regions that the inference profiles of a geography may route to. They differ by model and by the region of the
// call; these are all that a profile of that geography is known to have. AWS's table is
// https://docs.aws.amazon.com/bedrock/latest/userguide/inference-profiles-support.html, of which only the beginning was at hand, and the models'
// cards, so the regions are those that public repositories quote of bedrock:GetInferenceProfile:
//
//   - us: us-east-1, us-east-2 and us-west-2 (Claude Haiku 4.5, 2026); us-west-1 as in policies for it;
//   - eu: eu-central-1, eu-north-1, eu-south-1, eu-south-2, eu-west-1 and eu-west-3 (Claude Haiku 4.5, 2026-10);
//   - au: ap-southeast-2 and ap-southeast-4 (Claude Haiku 4.5, 2026);
//   - ca: ca-central-1 and ca-west-1 (Nova Lite, 2026-09);
//   - jp, apac, in, us-gov: no source was found. They are as generally known.
//
// The region of the call is one of them, too (source):
// https://docs.aws.amazon.com/bedrock/latest/userguide/geographic-cross-region-inference.html. "global" may route to all commercial regions, says
// the first page.
var destinations = map[string][]string{
	"us":     {"us-east-1", "us-east-2", "us-west-1", "us-west-2"},
	"us-gov": {"us-gov-east-1", "us-gov-west-1"},
	"eu":     {"eu-central-1", "eu-north-1", "eu-south-1", "eu-south-2", "eu-west-1", "eu-west-3"},
	"apac":   {"ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-4"},
	"jp":     {"ap-northeast-1", "ap-northeast-3"},
	"au":     {"ap-southeast-2", "ap-southeast-4"},
	"ca":     {"ca-central-1", "ca-west-1"},
	"in":     {"ap-south-1", "ap-south-2"},
	"global": {"*"},
}

// sources are the beginnings of the regions that call profiles of a geography, and are destinations of them though not in the list.
var sources = map[string][]string{"us": {"us-", "ca-"}, "eu": {"eu-", "il-"}, "apac": {"ap-", "me-"}}

// source is the region of a call, where the profile may route to it.
func source(geography, region string) []string {
	if slices.ContainsFunc(sources[geography], func(start string) bool { return strings.HasPrefix(region, start) }) && !slices.Contains(destinations[geography], region) &&
		!strings.HasPrefix(region, "us-gov-") {
		return []string{region}
	}
	return nil
}

func (d *deriver) bedrock(api string, sync bool, r *value.Object) {
	switch api {
	case "invokeModel":
		d.model(d.param(r, "ModelId"), "bedrock:InvokeModel")
		d.guardrail(d.param(r, "GuardrailIdentifier"), r)
		d.location(d.within(r, "Input", "S3Uri"), "the request", "s3:GetObject")
		d.location(d.within(r, "Output", "S3Uri"), "the answer", "s3:PutObject")
	case "createModelCustomizationJob":
		d.model(d.param(r, "BaseModelIdentifier"), "bedrock:CreateModelCustomizationJob")
		d.add(d.arn("bedrock", "model-customization-job/")("*"), "the job has no id yet", "bedrock:CreateModelCustomizationJob")
		d.add(d.arn("bedrock", "custom-model/")("*"), "the model has no id yet", "bedrock:CreateModelCustomizationJob")
		d.pass(d.param(r, "RoleArn"), "bedrock.amazonaws.com")
		if sync {
			d.add(d.arn("bedrock", "model-customization-job/")("*"), "the job has no id yet", "bedrock:GetModelCustomizationJob", "bedrock:StopModelCustomizationJob")
		}
	}
}

func (d *deriver) guardrail(id known, r *value.Object) {
	if r != nil && id.present {
		d.on(id, "guardrail", d.arn("bedrock", "guardrail/"), "bedrock:ApplyGuardrail")
	}
}

var profileID = regexp.MustCompile(`^([a-z-]+)\.([a-z0-9]+\..+)$`)

// model adds an action on a model: a foundation model, an inference profile (and the models behind it in every region that it may route
// to, for calls through the profile alone), or what else has an ARN.
func (d *deriver) model(id known, action string) {
	if !id.present || id.pattern == "*" {
		d.on(id, "model", nil, action)
		return
	}
	text := id.pattern
	region, account := d.Region, d.Account
	if strings.HasPrefix(text, "arn:") {
		parts := strings.SplitN(protect(text), ":", 6)
		if len(parts) < 6 {
			d.add(text, "", action)
			return
		}
		kind, name, _ := strings.Cut(parts[5], "/")
		region, account = unprotect(parts[3]), unprotect(parts[4])
		if kind != "inference-profile" || !geographic(unprotect(name)) {
			d.add(text, "", action)
			if kind == "application-inference-profile" || kind == "inference-profile" {
				d.through(text, "*", nil, "an application inference profile does not tell its models", action)
			}
			return
		}
		text = unprotect(name)
	}
	switch {
	case asl.IsHole(text):
		// Nobody knows whether it is a model or a profile.
		profile := "arn:" + d.Partition + ":bedrock:" + region + ":" + account + ":inference-profile/" + text
		note := text + " has no value (--substitution): it may be a model or an inference profile"
		d.add("arn:"+d.Partition+":bedrock:"+region+"::foundation-model/"+text, note, action)
		d.add(profile, note, action)
		d.through(profile, "*", nil, note, action)
	case geographic(text):
		m := profileID.FindStringSubmatch(text)
		profile := "arn:" + d.Partition + ":bedrock:" + region + ":" + account + ":inference-profile/" + text
		d.add(profile, "", action)
		d.through(profile, m[2], slices.Concat(destinations[m[1]], source(m[1], region)), "the profile routes to these, which needs permission too", action)
	default:
		d.add("arn:"+d.Partition+":bedrock:"+region+"::foundation-model/"+text, "", action)
	}
}

func geographic(name string) bool {
	m := profileID.FindStringSubmatch(name)
	return m != nil && destinations[m[1]] != nil
}

// through adds an action on models for calls through a profile.
func (d *deriver) through(profile, model string, regions []string, note, action string) {
	if regions == nil {
		regions = []string{"*"}
	}
	condition := Condition{"StringEquals": {"bedrock:InferenceProfileArn": {profile}}}
	if strings.Contains(profile, "*") {
		condition = Condition{"StringLike": {"bedrock:InferenceProfileArn": {profile}}}
	}
	for _, region := range regions {
		d.needs = append(d.needs, need{
			actions: []string{action}, resource: "arn:" + d.Partition + ":bedrock:" + region + "::foundation-model/" + model, state: d.state, note: note, condition: condition,
		})
	}
}
