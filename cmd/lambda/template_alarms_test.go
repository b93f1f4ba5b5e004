package lambda_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// source is who publishes metrics: under which dimension, and which metrics with which
// statistic that means something.
type source struct {
	dimension string
	metrics   map[string][]string // statistics by metric
}

var (
	sum     = []string{"Sum"}
	highest = []string{"Maximum"}
	spread  = []string{"Average", "Maximum", "p50", "p90", "p99"}
)

// sources are from: "Step Functions metrics in CloudWatch" (Step Functions Developer Guide; ExecutionThrottled is one
// without an s), "Types of metrics for Lambda functions" (Lambda Developer Guide), "Available CloudWatch metrics for
// Amazon SQS" (Amazon SQS Developer Guide), "Amazon Bedrock runtime metrics" (Amazon Bedrock User Guide), and docflow.
var sources = map[string]source{
	"AWS/States": {"StateMachineArn", map[string][]string{
		"ExecutionsStarted": sum, "ExecutionsSucceeded": sum, "ExecutionsFailed": sum, "ExecutionsTimedOut": sum, "ExecutionsAborted": sum,
		"ExecutionThrottled": sum, "ExecutionTime": spread,
	}},
	"AWS/Lambda": {"FunctionName", map[string][]string{"Invocations": sum, "Errors": sum, "Throttles": sum, "Duration": spread, "ConcurrentExecutions": highest}},
	"AWS/SQS": {"QueueName", map[string][]string{
		"ApproximateAgeOfOldestMessage": highest, "ApproximateNumberOfMessagesVisible": highest, "ApproximateNumberOfMessagesNotVisible": highest,
		"NumberOfMessagesSent": sum, "NumberOfMessagesReceived": sum, "NumberOfMessagesDeleted": sum,
	}},
	"AWS/Bedrock": {"ModelId", map[string][]string{
		"Invocations": sum, "InvocationThrottles": sum, "InvocationClientErrors": sum, "InvocationServerErrors": sum, "InvocationLatency": spread,
		"InputTokenCount": sum, "OutputTokenCount": sum,
	}},
	"docflow": {"Pipeline", map[string][]string{"Documents": sum, "Pages": sum, "Tokens": sum, "Dollars": sum, "Retries": sum, "TruncatedAnswers": sum}},
}

// metric is one that an alarm or a widget asks for, in a stack.
type metric struct {
	namespace, name, statistic string
	dimensions                 map[string]string
}

// checkMetric wants a metric to be published, by something of the stack.
func (c *checked) checkMetric(s *stack, where string, m metric) {
	from, ok := sources[m.namespace]
	if !ok {
		c.add("%s: nobody publishes metrics in the namespace %s", where, m.namespace)
		return
	}
	statistics, ok := from.metrics[m.name]
	if !ok {
		c.add("%s: there is no metric %s in %s", where, m.name, m.namespace)
		return
	}
	if !slices.Contains(statistics, m.statistic) {
		c.add("%s: the statistic of %s is %s; it should be one of %v", where, m.name, m.statistic, statistics)
	}
	if got := sortedKeys(m.dimensions); !slices.Equal(got, []string{from.dimension}) {
		c.add("%s: the dimensions of %s are %v; %s publishes it by %s", where, m.name, got, m.namespace, from.dimension)
		return
	}
	if value := m.dimensions[from.dimension]; !slices.Contains(c.publishers(s, m.namespace), value) {
		c.add("%s: nothing of the stack publishes %s with %s %s", where, m.name, from.dimension, value)
	}
}

// publishers are the values of the dimension of a namespace that the stack has.
func (c *checked) publishers(s *stack, namespace string) []string {
	var out []string
	each := func(kind string, value func(string) string) {
		for _, name := range c.t.of(kind) {
			if s.has(name) {
				out = append(out, value(name))
			}
		}
	}
	switch namespace {
	case "AWS/States":
		each("AWS::Serverless::StateMachine", s.arn)
	case "AWS/Lambda":
		each("AWS::Serverless::Function", s.physical)
	case "AWS/SQS":
		each("AWS::SQS::Queue", s.physical)
	case "AWS/Bedrock":
		for _, name := range sortedKeys(c.t.Parameters) {
			if strings.HasSuffix(name, "ModelId") {
				out = append(out, text(s.parameters[name]))
			}
		}
	case "docflow":
		each("AWS::Serverless::Function", func(name string) string {
			value, err := s.value(at(c.t.property(name, "Environment"), "Variables", pipelineName))
			if err != nil {
				return ""
			}
			return text(value)
		})
	}
	return out
}

// alarmed are the metrics that must have an alarm, for each publisher of the stack but as said.
var alarmed = []struct{ namespace, name string }{
	{"AWS/States", "ExecutionsFailed"},
	{"AWS/States", "ExecutionsTimedOut"},
	{"AWS/States", "ExecutionsAborted"},
	{"AWS/States", "ExecutionThrottled"},
	{"AWS/Lambda", "Errors"},
	{"AWS/Lambda", "Throttles"},
	{"AWS/SQS", "ApproximateAgeOfOldestMessage"},      // of queues that a function reads
	{"AWS/SQS", "ApproximateNumberOfMessagesVisible"}, // of dead letters
	{"docflow", "Dollars"},
}

func checkAlarms(c *checked) {
	s := c.stacks[0]
	var watched []metric
	for _, name := range c.t.of("AWS::CloudWatch::Alarm") {
		properties, err := s.properties(name)
		if err != nil {
			continue
		}
		metrics := alarmMetrics(properties)
		for _, m := range metrics {
			c.checkMetric(s, name, m)
		}
		watched = append(watched, metrics...)
		checkActionsOf(c, s, name, properties)
		if properties["TreatMissingData"] == nil {
			c.add("%s should say what missing data mean", name)
		}
		period, _ := properties["Period"].(float64)
		if period == 0 {
			walk(properties["Metrics"], func(o map[string]any) {
				if p, ok := o["Period"].(float64); ok {
					period = p
				}
			})
		}
		evaluated, _ := properties["EvaluationPeriods"].(float64)
		if window := period * evaluated; window == 0 || window > 86400 { // what CloudWatch allows
			c.add("%s looks at %.0f seconds; it should be a day at most", name, window)
		}
		comparison := text(properties["ComparisonOperator"])
		if threshold, ok := properties["Threshold"].(float64); !ok || threshold <= 0 || comparison != "GreaterThanOrEqualToThreshold" {
			c.add("%s is told when %s %s: that is no alarm", name, comparison, text(properties["Threshold"]))
		}
	}
	for _, want := range alarmed {
		for _, publisher := range c.publishers(s, want.namespace) {
			if want.namespace == "AWS/SQS" && isDeadLetters(c, s, publisher) != (want.name == "ApproximateNumberOfMessagesVisible") {
				continue
			}
			if !slices.ContainsFunc(watched, func(m metric) bool {
				return m.namespace == want.namespace && m.name == want.name && slices.Contains(slices.Collect(maps.Values(m.dimensions)), publisher)
			}) {
				c.add("no alarm watches %s of %s", want.name, publisher)
			}
		}
	}
}

func isDeadLetters(c *checked, s *stack, queue string) bool {
	return slices.ContainsFunc(c.t.of("AWS::SQS::Queue"), func(name string) bool {
		redrive, err := s.value(c.t.property(name, "RedrivePolicy"))
		return err == nil && strings.HasSuffix(text(at(redrive, "deadLetterTargetArn")), ":"+queue)
	})
}

// alarmMetrics returns the metrics of an alarm, also those of an expression.
func alarmMetrics(properties map[string]any) []metric {
	if properties["Metrics"] == nil {
		return []metric{{
			text(properties["Namespace"]), text(properties["MetricName"]), text(properties["Statistic"]), dimensionsOf(properties["Dimensions"]),
		}}
	}
	var out []metric
	for _, item := range list(properties["Metrics"]) {
		if m := at(item, "MetricStat", "Metric"); m != nil {
			out = append(out, metric{text(at(m, "Namespace")), text(at(m, "MetricName")), text(at(item, "MetricStat", "Stat")), dimensionsOf(at(m, "Dimensions"))})
		}
	}
	return out
}

func dimensionsOf(value any) map[string]string {
	out := map[string]string{}
	for _, d := range list(value) {
		out[text(at(d, "Name"))] = text(at(d, "Value"))
	}
	return out
}

// checkActionsOf wants an alarm to tell a topic, which takes it.
func checkActionsOf(c *checked, s *stack, name string, properties map[string]any) {
	if properties["ActionsEnabled"] == false || len(list(properties["AlarmActions"])) == 0 {
		c.add("%s tells nobody", name)
		return
	}
	for _, action := range list(properties["AlarmActions"]) {
		takes := slices.ContainsFunc(c.t.of("AWS::SNS::TopicPolicy"), func(policy string) bool {
			p, err := s.properties(policy)
			return err == nil && slices.Contains(list(p["Topics"]), action) && slices.ContainsFunc(statements(any(p)), func(st statement) bool {
				return st.allow && slices.Contains(st.actions, "sns:Publish") && slices.Contains(st.resources, text(action)) &&
					text(st.whole["Principal"]) == `{"Service":"cloudwatch.amazonaws.com"}`
			})
		})
		if !takes {
			c.add("%s tells %s, which takes nothing from CloudWatch", name, text(action))
		}
	}
}

// checkDashboards reads the bodies of dashboards, and wants each metric in them to be published.
func checkDashboards(c *checked) {
	s := c.stacks[0]
	names := c.t.of("AWS::CloudWatch::Dashboard")
	if len(names) == 0 {
		c.add("there is no dashboard")
	}
	for _, name := range names {
		properties, err := s.properties(name)
		if err != nil {
			continue
		}
		var body struct {
			Widgets []struct {
				Type       string
				Properties struct {
					Title, Stat, Region string
					Metrics             [][]any
				}
			}
		}
		if err := json.Unmarshal([]byte(text(properties["DashboardBody"])), &body); err != nil {
			c.add("%s: the body is no JSON: %v", name, err)
			continue
		}
		if len(body.Widgets) == 0 {
			c.add("%s shows nothing", name)
		}
		for _, w := range body.Widgets {
			where := name + "/" + w.Properties.Title
			if w.Type != "metric" || w.Properties.Region != region || len(w.Properties.Metrics) == 0 {
				c.add("%s shows no metrics of the region", where)
			}
			for _, line := range w.Properties.Metrics {
				// Namespace, metric, names and values of dimensions, options.
				statistic := w.Properties.Stat
				if options, ok := line[len(line)-1].(map[string]any); ok {
					line = line[:len(line)-1]
					if options["stat"] != nil {
						statistic = text(options["stat"])
					}
				}
				if len(line) < 2 {
					c.add("%s: %s is no metric", where, text(line))
					continue
				}
				m := metric{text(line[0]), text(line[1]), statistic, map[string]string{}}
				for i := 2; i+1 < len(line); i += 2 {
					m.dimensions[text(line[i])] = text(line[i+1])
				}
				c.checkMetric(s, where, m)
			}
		}
	}
}
