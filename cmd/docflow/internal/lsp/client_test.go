package lsp

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"testing"
	"time"
)

// client speaks the protocol with a server over pipes.
type client struct {
	t    testing.TB
	in   chan message // what came from the server
	out  io.WriteCloser
	id   int
	done chan error // what serve returned
	kept []message  // notifications that came while a response was awaited
}

type message struct {
	ID     json.RawMessage `json:"id,omitempty"`
	Method string          `json:"method,omitempty"`
	Params json.RawMessage `json:"params,omitempty"`
	Result json.RawMessage `json:"result,omitempty"`
	Error  json.RawMessage `json:"error,omitempty"`
}

const initialize = `{"capabilities":{}}`

func connect(t testing.TB, s *server) *client {
	t.Helper()
	toServer, fromClient := io.Pipe()
	toClient, fromServer := io.Pipe()
	c := &client{t: t, in: make(chan message, 10_000), out: fromClient, done: make(chan error, 1)}
	go c.listen(bufio.NewReader(toClient))
	go func() {
		c.done <- s.serve(context.Background(), toServer, fromServer)
		fromServer.Close()
		toServer.Close()
	}()
	t.Cleanup(func() { fromClient.Close(); toClient.Close() })
	return c
}

func (c *client) raw(text string) {
	c.t.Helper()
	if _, err := fmt.Fprintf(c.out, "Content-Length: %d\r\n\r\n%s", len(text), text); err != nil {
		c.t.Fatal(err)
	}
}

func (c *client) notify(method, params string) {
	c.t.Helper()
	c.raw(fmt.Sprintf(`{"jsonrpc":"2.0","method":%q,"params":%s}`, method, params))
}

// listen reads all the time, as an editor does: else client and server could wait for each other.
func (c *client) listen(in *bufio.Reader) {
	defer close(c.in)
	for {
		length := 0
		for {
			line, err := in.ReadString('\n')
			if err != nil {
				return
			}
			if line = strings.TrimSpace(line); line == "" {
				break
			}
			if text, ok := strings.CutPrefix(line, "Content-Length: "); ok {
				length, _ = strconv.Atoi(text)
			}
		}
		body := make([]byte, length)
		if _, err := io.ReadFull(in, body); err != nil {
			return
		}
		var m message
		if err := json.Unmarshal(body, &m); err != nil {
			m = message{Method: "not JSON: " + string(body)}
		}
		c.in <- m
	}
}

func (c *client) read() message {
	c.t.Helper()
	select {
	case m, ok := <-c.in:
		if !ok {
			c.t.Fatal("the server has gone")
		}
		return m
	case <-time.After(10 * time.Second):
		c.t.Fatal("the server does not answer")
		return message{}
	}
}

// request sends a request and waits for its response.
func (c *client) request(method, params string) message {
	c.t.Helper()
	c.send(method, params)
	return c.response()
}

func (c *client) send(method, params string) {
	c.t.Helper()
	c.id++
	c.raw(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q,"params":%s}`, c.id, method, params))
}

func (c *client) response() message {
	c.t.Helper()
	for {
		m := c.read()
		if m.Method == "" {
			return m
		}
		c.kept = append(c.kept, m)
	}
}

// next gives the next notification.
func (c *client) next() message {
	c.t.Helper()
	if len(c.kept) > 0 {
		m := c.kept[0]
		c.kept = c.kept[1:]
		return m
	}
	m := c.read()
	if m.Method == "" {
		c.t.Fatalf("a response where a notification should be: %+v", m)
	}
	return m
}

func (c *client) end() error {
	c.t.Helper()
	select {
	case err := <-c.done:
		return err
	case <-time.After(10 * time.Second):
		c.t.Fatal("the server does not end")
		return nil
	}
}

// open opens a text.
func (c *client) open(name, language, text string) {
	c.t.Helper()
	quoted, err := json.Marshal(text)
	if err != nil {
		c.t.Fatal(err)
	}
	c.notify("textDocument/didOpen", fmt.Sprintf(`{"textDocument":{"uri":"file:///work/%s","languageId":%q,"version":1,"text":%s}}`, name, language, quoted))
}
