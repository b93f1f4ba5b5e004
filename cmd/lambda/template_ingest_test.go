package lambda_test

import (
	"slices"
)

// checkIngest follows uploads: rule, queue, function, dead letters.
func checkIngest(c *checked) {
	s := c.stacks[0]
	sources := c.t.of("AWS::Lambda::EventSourceMapping")
	queues := map[string]string{} // by ARN
	for _, name := range c.t.of("AWS::SQS::Queue") {
		queues[s.arn(name)] = name
	}
	fed := false
	for _, rule := range c.t.of("AWS::Events::Rule") {
		properties, err := s.properties(rule)
		if err != nil {
			continue
		}
		for _, target := range list(properties["Targets"]) {
			checkTopic(c, s, rule, text(at(target, "Arn")))
			queue := queues[text(at(target, "Arn"))]
			if queue == "" {
				continue
			}
			fed = fed || slices.ContainsFunc(sources, func(source string) bool {
				return text(c.t.property(source, "EventSourceArn")) == text(map[string]any{"Fn::GetAtt": []any{queue, "Arn"}})
			})
			dead := queues[text(at(target, "DeadLetterConfig", "Arn"))]
			if dead == "" {
				c.add("%s: events that cannot be delivered are lost", rule)
			}
			for _, queue := range []string{queue, dead} {
				if queue != "" && !maySend(c, s, rule, queue) {
					c.add("%s may not send to %s", rule, queue)
				}
			}
		}
	}
	if !fed {
		c.add("no rule sends events to the queue of an event source")
	}
	for _, source := range sources {
		checkSource(c, s, source, queues)
	}
}

// checkTopic wants a rule that tells a topic to be allowed to. The statement must have no
// condition: EventBridge gives Amazon SNS no context, so that none would hold ("Using
// resource-based policies for Amazon EventBridge", EventBridge user guide).
func checkTopic(c *checked, s *stack, rule, target string) {
	topic := slices.IndexFunc(c.t.of("AWS::SNS::Topic"), func(name string) bool { return s.arn(name) == target })
	if topic < 0 {
		return
	}
	name := c.t.of("AWS::SNS::Topic")[topic]
	if !slices.ContainsFunc(c.t.of("AWS::SNS::TopicPolicy"), func(policy string) bool {
		properties, err := s.properties(policy)
		return err == nil && slices.Contains(list(properties["Topics"]), any(target)) && slices.ContainsFunc(statements(any(properties)), func(st statement) bool {
			return st.allow && slices.Contains(st.actions, "sns:Publish") && slices.Contains(st.resources, target) &&
				text(st.whole["Principal"]) == `{"Service":"events.amazonaws.com"}` && st.condition == nil
		})
	}) {
		c.add("%s may not publish to %s without a condition", rule, name)
	}
}

func maySend(c *checked, s *stack, rule, queue string) bool {
	return slices.ContainsFunc(c.t.of("AWS::SQS::QueuePolicy"), func(policy string) bool {
		properties, err := s.properties(policy)
		if err != nil || !slices.Contains(list(properties["Queues"]), any("https://sqs."+region+".amazonaws.com/"+account+"/"+s.physical(queue))) {
			return false
		}
		return slices.ContainsFunc(statements(any(properties)), func(st statement) bool {
			return st.allow && slices.Contains(st.actions, "sqs:SendMessage") && slices.Contains(st.resources, s.arn(queue)) &&
				text(st.whole["Principal"]) == `{"Service":"events.amazonaws.com"}` && text(at(st.condition, "ArnEquals", "aws:SourceArn")) == s.arn(rule)
		})
	})
}

func checkSource(c *checked, s *stack, source string, queues map[string]string) {
	mapping, err := s.properties(source)
	if err != nil {
		return
	}
	queue := queues[text(mapping["EventSourceArn"])]
	function := slices.IndexFunc(c.t.of("AWS::Serverless::Function"), func(name string) bool { return s.physical(name) == mapping["FunctionName"] })
	if queue == "" || function < 0 {
		c.add("%s joins no queue and function of the template", source)
		return
	}
	name := c.t.of("AWS::Serverless::Function")[function]
	if !slices.Contains(list(mapping["FunctionResponseTypes"]), any("ReportBatchItemFailures")) {
		c.add("%s: one message that fails brings back its whole batch", source)
	}
	if at(mapping["ScalingConfig"], "MaximumConcurrency") == nil {
		c.add("%s should have a MaximumConcurrency", source)
	}
	if c.t.property(name, "ReservedConcurrentExecutions") != nil {
		c.add("%s: reserved concurrency sends throttled messages to the dead letters; use MaximumConcurrency of %s", name, source)
	}
	timeout, _ := c.t.property(name, "Timeout").(float64)
	window, _ := mapping["MaximumBatchingWindowInSeconds"].(float64)
	visible, _ := c.t.property(queue, "VisibilityTimeout").(float64)
	if visible < 6*timeout+window {
		c.add("%s: messages come again after %.0f seconds; it should be 6 × %.0f + %.0f at least", queue, visible, timeout, window)
	}
	redrive, err := s.value(c.t.property(queue, "RedrivePolicy"))
	dead := queues[text(at(redrive, "deadLetterTargetArn"))]
	received, _ := at(redrive, "maxReceiveCount").(float64)
	if err != nil || dead == "" || received < 5 { // the least that Lambda's documentation advises
		c.add("%s: messages that fail should go to dead letters, after five times or more", queue)
	} else if c.t.property(dead, "MessageRetentionPeriod") != 1209600.0 {
		c.add("%s should keep messages for 14 days", dead)
	}
}
