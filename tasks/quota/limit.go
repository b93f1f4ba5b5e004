package quota

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Limit is what an account may ask of a model. 0 is no limit.
type Limit struct {
	Requests float64 // a minute
	// Tokens a minute: those of the request and max_tokens, which Amazon Bedrock takes from
	// the quota when a call begins.
	// https://docs.aws.amazon.com/bedrock/latest/userguide/quotas-token-burndown.html
	Tokens float64
}

// Share of a limit is what is handed out. The rest is for calls that are made a second
// time, and for those that meet because they come later than they might.
const Share = 0.95

// interval is the part of the limit's time that a call of so many tokens takes.
func (l Limit) interval(tokens int) time.Duration {
	minutes := 0.0
	if l.Requests > 0 {
		minutes = 1 / l.Requests
	}
	if l.Tokens > 0 {
		minutes = max(minutes, float64(tokens)/l.Tokens)
	}
	return time.Duration(minutes / Share * float64(time.Minute))
}

// ParseLimits reads the limits of the model of the analysis and of the other models: of
// each the requests and the tokens a minute. A text has one number for all models, or two
// with a comma between; "" and 0 are none.
func ParseLimits(requests, tokens string) (analysis, others Limit, err error) {
	if analysis.Requests, others.Requests, err = pair(requests); err != nil {
		return Limit{}, Limit{}, err
	}
	if analysis.Tokens, others.Tokens, err = pair(tokens); err != nil {
		return Limit{}, Limit{}, err
	}
	return analysis, others, nil
}

func pair(text string) (first, second float64, err error) {
	if text == "" {
		return 0, 0, nil
	}
	parts := strings.Split(text, ",")
	numbers := make([]float64, len(parts))
	for i, part := range parts {
		if numbers[i], err = strconv.ParseFloat(strings.TrimSpace(part), 64); err != nil || !(numbers[i] >= 0 && numbers[i] <= mostPerMinute) || len(parts) > 2 {
			return 0, 0, fmt.Errorf("%q is no quota: one number a minute for all models, or two with a comma between", text)
		}
	}
	return numbers[0], numbers[len(numbers)-1], nil
}

// mostPerMinute is more than any quota.
const mostPerMinute = 1e12
