package lambda_test

import (
	"path"
	"slices"
	"strings"
)

// serviceOf is the endpoint that calls of an action go to.
func serviceOf(action string) string {
	prefix, _, _ := strings.Cut(action, ":")
	if prefix == "bedrock" {
		return "bedrock-runtime"
	}
	return prefix
}

// checkNetwork wants a function in a VPC to reach all that it calls.
func checkNetwork(c *checked) {
	private := 0
	for _, s := range variants(c.t, c.stacks, append(c.t.of("AWS::Serverless::Function"), c.t.of("AWS::EC2::VPCEndpoint")...)...) {
		endpoints := map[string]map[string]any{} // by service
		for _, name := range c.t.of("AWS::EC2::VPCEndpoint") {
			properties, err := s.properties(name)
			if err != nil || !s.has(name) {
				continue
			}
			service := strings.TrimPrefix(text(properties["ServiceName"]), "com.amazonaws."+region+".")
			endpoints[service] = properties
			checkEndpoint(c, s, name, service, properties)
		}
		inVPC := false
		for _, name := range c.t.of("AWS::Serverless::Function") {
			properties, err := s.properties(name)
			if err != nil {
				continue
			}
			inVPC = inVPC || properties["VpcConfig"] != nil
			if (properties["VpcConfig"] != nil) != (s.parameters["VpcId"] != "") {
				c.add("%s: with the VpcId %q it has the VpcConfig %s", name, text(s.parameters["VpcId"]), text(properties["VpcConfig"]))
			}
			byReader := c.calls[path.Base(text(c.t.property(name, "CodeUri")))]
			for _, p := range byReader[text(s.parameters["OcrReader"])] {
				endpoint, ok := endpoints[serviceOf(p.action)]
				switch {
				case len(endpoints) == 0:
				case !ok:
					c.add("%s: there is no endpoint for %s", name, p)
				case !grants(statements(endpoint["PolicyDocument"]), permission{p.action, p.resource, map[string]string{"aws:PrincipalAccount": account}}):
					c.add("%s: the endpoint of %s does not let through %s", name, serviceOf(p.action), p)
				}
			}
		}
		if len(endpoints) > 0 {
			private++
			for _, service := range []string{"bedrock-runtime", "dynamodb", "logs", "s3", "sqs", "states"} {
				if endpoints[service] == nil {
					c.add("there is no endpoint of %s", service)
				}
			}
		}
		if len(endpoints) > 0 && !inVPC {
			c.add("there are endpoints, and no function is in the VPC")
		}
	}
	if private == 0 {
		c.add("no stack has endpoints")
	}
}

func checkEndpoint(c *checked, s *stack, name, service string, properties map[string]any) {
	if service == "s3" || service == "dynamodb" {
		if properties["VpcEndpointType"] != "Gateway" || len(list(properties["RouteTableIds"])) == 0 {
			c.add("%s should be a gateway in route tables", name)
		}
		return
	}
	if properties["VpcEndpointType"] != "Interface" || properties["PrivateDnsEnabled"] != true || len(list(properties["SubnetIds"])) == 0 {
		c.add("%s should be an interface in subnets, under the service's own name", name)
	}
	reached := false
	for _, group := range list(c.t.property(name, "SecurityGroupIds")) {
		rules, err := s.value(at(any(c.t.Resources[text(at(group, "Ref"))].Properties), "SecurityGroupIngress"))
		reached = reached || err == nil && slices.ContainsFunc(list(rules), func(rule any) bool {
			return at(rule, "FromPort") == 443.0 && at(rule, "IpProtocol") == "tcp" && at(rule, "SourceSecurityGroupId") != nil
		})
	}
	if !reached {
		c.add("%s: functions cannot reach it on port 443", name)
	}
}
