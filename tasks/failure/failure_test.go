package failure_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aws/aws-lambda-go/lambda/messages"
	"github.com/docflow-asl/docflow/tasks/failure"
)

// aws-lambda-go finds a declared error by a type assertion on the value type. Anything
// else, a pointer or a wrapped one, is reported under its Go type name.
func TestDeclaredErrorIsTheBareValue(t *testing.T) {
	table := failure.NewTable([]string{failure.NoText}, []string{failure.StorageUnavailable})
	cases := []struct {
		name    string
		err     error
		want    string
		message string
	}{
		{"bare", failure.New(failure.NoText, "no text in %s", "a.pdf"), failure.NoText, "no text in a.pdf"},
		{"wrapped", fmt.Errorf("step 1: %w", failure.New(failure.StorageUnavailable, "gone")), failure.StorageUnavailable, "gone"},
		{"undeclared name", failure.New(failure.NoUsableAnswer, "nothing"), failure.Unexpected, "nothing"},
		{"no name", errors.New("plain"), failure.Unexpected, "plain"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, ok := table.Declared(c.err).(messages.InvokeResponse_Error)
			if !ok || got.Type != c.want || got.Message != c.message {
				t.Errorf("got %#v, want %s: %s", table.Declared(c.err), c.want, c.message)
			}
			if failure.Name(got) != c.want || failure.Message(got) != c.message {
				t.Errorf("Name and Message give %q and %q", failure.Name(got), failure.Message(got))
			}
		})
	}
}

func TestMessageIsBounded(t *testing.T) {
	for _, text := range []string{strings.Repeat("a", 10_000), strings.Repeat("報", 10_000), "x" + strings.Repeat("報", 10_000)} {
		message := failure.Message(failure.New(failure.NoText, "%s", text))
		if len(message) > failure.MaxMessage || len(message) < failure.MaxMessage-8 || !utf8.ValidString(message) || !strings.HasSuffix(message, "…") {
			t.Errorf("%d bytes, valid %v, ends %q", len(message), utf8.ValidString(message), message[len(message)-6:])
		}
	}
}

// A detail is beside the error, whose name and message stay what they are.
func TestDetail(t *testing.T) {
	table := failure.NewTable(nil, []string{failure.StorageUnavailable})
	message := failure.New(failure.StorageUnavailable, "cannot read secret.pdf: SlowDown")
	for _, c := range []struct {
		err          error
		want, detail string
	}{
		{message, "cannot read secret.pdf: SlowDown", ""},
		{fmt.Errorf("step: %w", failure.WithDetail(message, "read: %s", "SlowDown")), "cannot read secret.pdf: SlowDown", "read: SlowDown"},
		{failure.Plain(failure.StorageUnavailable, "%d dollars", 7), "7 dollars", "7 dollars"},
		{errors.New("plain"), "plain", ""},
	} {
		if got := failure.Detail(c.err); got != c.detail {
			t.Errorf("%v: the detail is %q, want %q", c.err, got, c.detail)
		}
		if got, ok := table.Declared(c.err).(messages.InvokeResponse_Error); !ok || got.Message != c.want {
			t.Errorf("%v: declared as %#v", c.err, table.Declared(c.err))
		}
	}
}

func TestTableGivesCopies(t *testing.T) {
	table := failure.NewTable([]string{"A"}, []string{"B"})
	table.Poison()[0], table.Transient()[0] = "x", "y"
	if !table.Declares("A") || !table.Declares("B") || table.Declares("x") {
		t.Error("a caller can change the table")
	}
}

func TestJSONFault(t *testing.T) {
	var target struct {
		A struct {
			B int `json:"b"`
		} `json:"a"`
	}
	cases := []struct{ in, want string }{
		{`{"a"`, "it is not JSON (near byte"},
		{`{"a": {"b": "x"}}`, "a.b is a string, which it should not be"},
		{`[]`, "it is an array where another type belongs"},
	}
	for _, c := range cases {
		err := json.Unmarshal([]byte(c.in), &target)
		if got := failure.JSONFault(err); !strings.Contains(got, c.want) {
			t.Errorf("%s: got %q, want %q", c.in, got, c.want)
		}
	}
}
