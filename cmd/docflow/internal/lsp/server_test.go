package lsp

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestHostile: what cannot be read ends the connection with an error that says why, and takes no memory.
func TestHostile(t *testing.T) {
	tests := []struct{ name, sent, want string }{
		{"gigabytes", "Content-Length: 5000000000\r\n\r\n{", "a message of 5000000000 bytes; at most 33554432 are read"},
		{"more than a number holds", "Content-Length: 99999999999999999999999999\r\n\r\n{", "at most 33554432 are read"},
		{"negative", "Content-Length: -1\r\n\r\n{", `the Content-Length of a message is "-1", which is no number of bytes`},
		{"no number", "Content-Length: x\r\n\r\n", "no number of bytes"},
		{"none", "Content-Type: x\r\n\r\n{}", "no Content-Length"},
		{"zero", "Content-Length: 0\r\n\r\n{}", "no Content-Length, or one of 0"},
		{"no colon", "GET / HTTP/1.1\r\n\r\n", "which has no colon"},
		{"an endless header", strings.Repeat("x: y\r\n", 3000), "more than 8192 bytes"},
		{"an endless line", strings.Repeat("x", 100_000), "more than 8192 bytes"},
		{"broken JSON", "Content-Length: 5\r\n\r\n{\"a\":", `no JSON-RPC request or response (it starts with "{\"a\":")`},
		{"JSON that is no message", "Content-Length: 2\r\n\r\n[]", "no JSON-RPC request or response"},
		{"an end within a message", "Content-Length: 10\r\n\r\n{", "the input ends within a message of 10 bytes"},
		{"an end within a header", "Content-Le", "the input ends within the header"},
		{"an end without shutdown", "", ErrNoShutdown.Error()},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var out bytes.Buffer
			err := Serve(t.Context(), strings.NewReader(test.sent), &out, Options{})
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("the error is %v, not %s", err, test.want)
			}
			if test.sent != "" && !strings.Contains(out.String(), `"code":-32700`) {
				t.Errorf("the client is told %q", out.String())
			}
		})
	}
}

// TestStubborn: a request or notification that makes no sense does not end the connection.
func TestStubborn(t *testing.T) {
	c := connect(t, newServer(Options{}))
	if m := c.request("textDocument/hover", `{}`); !strings.Contains(string(m.Error), "-32002") {
		t.Errorf("before initialize: %s", m.Error)
	}
	c.request("initialize", initialize)
	for _, params := range []string{`{"textDocument": 7}`, `[]`, `"x"`, `null`, `{"textDocument":{"uri":"file:///none.asl.json"},"position":{"line":4000000000,"character":4000000000}}`} {
		for _, method := range []string{"textDocument/hover", "textDocument/completion", "textDocument/formatting", "textDocument/codeAction", "textDocument/rename", "textDocument/nonesuch"} {
			c.request(method, params)
		}
		for _, method := range []string{"textDocument/didOpen", "textDocument/didChange", "textDocument/didClose", "$/cancelRequest", "$/nonesuch"} {
			c.notify(method, params)
			c.request("textDocument/nonesuch", "{}") // reads what the server logs
		}
	}
	c.open("a.asl.json", "json", `{}`)
	c.request("textDocument/nonesuch", "{}")
	change := `{"textDocument":{"uri":"file:///work/a.asl.json","version":2},"contentChanges":[{"range":{"start":{"line":0,"character":2},"end":{"line":0,"character":0}},"text":"x"}]}`
	c.notify("textDocument/didChange", change)
	for {
		if m := c.next(); m.Method == "textDocument/publishDiagnostics" && strings.Contains(string(m.Params), `"diagnostics":[]`) {
			break // a text that is lost has no findings
		}
	}
	if m := c.request("shutdown", "null"); m.Error != nil || string(m.Result) != "null" {
		t.Errorf("shutdown: %s %s", m.Error, m.Result)
	}
	if m := c.request("textDocument/hover", `{}`); !strings.Contains(string(m.Error), "shut down") {
		t.Errorf("after shutdown: %s %s", m.Result, m.Error)
	}
	c.notify("exit", "null")
	if err := c.end(); err != nil {
		t.Errorf("exit after shutdown: %v", err)
	}
}

func TestExitWithoutShutdown(t *testing.T) {
	c := connect(t, newServer(Options{}))
	c.request("initialize", initialize)
	c.notify("exit", "null")
	if err := c.end(); !errors.Is(err, ErrNoShutdown) {
		t.Errorf("the error is %v", err)
	}
}

// TestCancel: a request that is cancelled is answered so, and others go on.
func TestCancel(t *testing.T) {
	s := newServer(Options{})
	s.started = func(ctx context.Context, method string) {
		if method == "textDocument/hover" {
			<-ctx.Done()
		}
	}
	c := connect(t, s)
	c.request("initialize", initialize)
	c.open("a.asl.json", "json", `{}`)
	at := `{"textDocument":{"uri":"file:///work/a.asl.json"},"position":{"line":0,"character":1}}`
	c.send("textDocument/hover", at)
	if m := c.request("textDocument/completion", at); m.Error != nil || !strings.Contains(string(m.Result), "StartAt") {
		t.Errorf("completion beside a request that takes long: %s %s", m.Result, m.Error)
	}
	c.notify("$/cancelRequest", `{"id":2}`)
	if m := c.response(); string(m.ID) != "2" || !strings.Contains(string(m.Error), "-32800") {
		t.Errorf("cancelled: %+v", m)
	}
}

// TestRequestsSeeTheirText: a request is about the text as it was when the request came, whatever is typed while it is answered.
func TestRequestsSeeTheirText(t *testing.T) {
	s := newServer(Options{})
	release := make(chan bool)
	s.started = func(context.Context, string) { <-release }
	c := connect(t, s)
	c.request("initialize", initialize)
	c.open("a.asl.json", "json", `{"StartAt": "A", "States": {"A": {"Type": "Succeed"}}}`)
	c.next()
	c.send("textDocument/documentSymbol", `{"textDocument":{"uri":"file:///work/a.asl.json"}}`)
	c.notify("textDocument/didChange", `{"textDocument":{"uri":"file:///work/a.asl.json","version":2},"contentChanges":[{"text":"{}"}]}`)
	c.next()
	close(release)
	if m := c.response(); !strings.Contains(string(m.Result), `"A"`) {
		t.Errorf("symbols: %s", m.Result)
	}
}

// TestManyStates: of very many candidates those are sent that go with what is typed.
func TestManyStates(t *testing.T) {
	c := connect(t, newServer(Options{}))
	c.request("initialize", initialize)
	var b strings.Builder
	b.WriteString(`{"StartAt": "S42", "States": {`)
	for i := range 3000 {
		fmt.Fprintf(&b, `"S%d": {"Type": "Succeed"}, `, i)
	}
	b.WriteString(`"Z": {"Type": "Succeed"}}}`)
	c.open("a.asl.json", "json", b.String())
	m := c.request("textDocument/completion", `{"textDocument":{"uri":"file:///work/a.asl.json"},"position":{"line":0,"character":16}}`)
	if got := strings.Count(string(m.Result), `"label"`); got != 11 || !strings.Contains(string(m.Result), `"isIncomplete":true`) || !strings.Contains(string(m.Result), `"S429"`) {
		t.Errorf("%d candidates: %.200s", got, m.Result)
	}
}

// TestManyTexts: one text more than may be open is not taken, and the client's log says so.
func TestManyTexts(t *testing.T) {
	c := connect(t, newServer(Options{}))
	c.request("initialize", initialize)
	for i := range maxDocuments + 1 {
		c.open(fmt.Sprintf("%d.asl.json", i), "json", `{}`)
	}
	for {
		if m := c.next(); m.Method == "window/logMessage" {
			if !strings.Contains(string(m.Params), "more than 1000 texts") {
				t.Errorf("the log: %s", m.Params)
			}
			return
		}
	}
}

// TestManyRequests: more requests than can wait are refused, and one with an id that is in use.
func TestManyRequests(t *testing.T) {
	s := newServer(Options{})
	release := make(chan bool)
	s.started = func(context.Context, string) { <-release }
	c := connect(t, s)
	c.request("initialize", initialize)
	at := `{"textDocument":{"uri":"file:///work/a.asl.json"},"position":{"line":0,"character":1}}`
	for range maxRequests {
		c.send("textDocument/hover", at)
	}
	if m := c.request("textDocument/hover", at); !strings.Contains(string(m.Error), "more than 1000 requests") {
		t.Errorf("one too many: %+v", m)
	}
	c.id = 1
	if m := c.request("textDocument/hover", at); !strings.Contains(string(m.Error), "another request with this id") {
		t.Errorf("an id twice: %+v", m)
	}
	close(release)
	for range maxRequests {
		if m := c.response(); m.Error != nil {
			t.Fatalf("%+v", m)
		}
	}
}
