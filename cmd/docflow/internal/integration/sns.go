package integration

import (
	"context"
	"fmt"
	"sync"

	"github.com/docflow-asl/docflow/asl/engine"
	"github.com/docflow-asl/docflow/asl/value"
)

// SNSPublish is the resource of the optimized Amazon SNS integration.
const SNSPublish = "arn:aws:states:::sns:publish"

// Topics stands for Amazon SNS: it keeps what is published. The zero value is ready for use.
type Topics struct {
	mu       sync.Mutex
	messages []Message
}

// maxMessages is how many messages are kept; the oldest go first.
const maxMessages = 1000

// Message is one message that was published.
type Message struct {
	TopicArn, Subject string
	Message           value.Value // a text, or the object whose JSON text would be sent
}

// Handle runs sns:publish.
// https://docs.aws.amazon.com/step-functions/latest/dg/connect-sns.html
func (t *Topics) Handle(_ context.Context, call *engine.Call) (value.Value, error) {
	parameters, ok := call.Input.(*value.Object)
	if !ok {
		return nil, &engine.TaskError{Name: "States.Runtime", Cause: "sns:publish takes an object as parameters"}
	}
	var m Message
	for _, p := range parameters.Members() {
		text, isText := p.Value.(value.String)
		switch {
		case p.Name == "Message":
			m.Message = p.Value
		case p.Name == "TopicArn" && isText:
			m.TopicArn = string(text)
		case p.Name == "Subject" && isText:
			m.Subject = string(text)
		default:
			return nil, &engine.TaskError{Name: "States.Runtime", Cause: fmt.Sprintf("docflow's sns:publish does not take the parameter %s = %s", p.Name, value.Text(p.Value))}
		}
	}
	if m.TopicArn == "" || m.Message == nil {
		return nil, &engine.TaskError{Name: "States.Runtime", Cause: "sns:publish needs a TopicArn and a Message"}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.messages) == maxMessages {
		t.messages = t.messages[1:]
	}
	t.messages = append(t.messages, m)
	id := fmt.Sprintf("00000000-0000-4000-8000-%012d", len(t.messages))
	return value.NewObject(value.Member{Name: "MessageId", Value: value.String(id)}), nil
}

// Messages returns what was published, the oldest first.
func (t *Topics) Messages() []Message {
	t.mu.Lock()
	defer t.mu.Unlock()
	return append([]Message{}, t.messages...)
}
