package lsp

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"

	"github.com/sourcegraph/jsonrpc2"
)

// Limits of what a client may send.
const (
	maxMessage = 32 << 20 // bytes of a message; a definition has at most 4 MiB, which JSON may write as six times as much
	maxHeader  = 8 << 10  // bytes of a message's header
)

// stream frames messages as the protocol does: a header with Content-Length, an empty line, JSON. What cannot be read ends the
// connection, since nobody knows where the next message starts; the client is told why.
type stream struct {
	in     *bufio.Reader
	out    io.Writer
	closer io.Closer
	mu     sync.Mutex // for writing
	// failure is why reading ended; it is set before the connection is closed.
	failure error
}

func newStream(in io.Reader, out io.Writer) *stream {
	s := &stream{in: bufio.NewReaderSize(in, 64<<10), out: out}
	s.closer, _ = in.(io.Closer)
	return s
}

// ReadObject reads one message.
func (s *stream) ReadObject(message any) error {
	err := s.read(message)
	if err == nil {
		return nil
	}
	if s.failure = err; !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrClosedPipe) && !errors.Is(err, os.ErrClosed) {
		_ = s.WriteObject(refusal{Version: "2.0", Error: jsonrpc2.Error{Code: jsonrpc2.CodeParseError, Message: err.Error()}}) // the error that ends the connection is the one to report
	}
	return err
}

// refusal is the response to what cannot be read: nobody knows which request it was.
type refusal struct {
	Version string         `json:"jsonrpc"`
	ID      any            `json:"id"`
	Error   jsonrpc2.Error `json:"error"`
}

func (s *stream) read(message any) error {
	length, err := s.header()
	if err != nil {
		return err
	}
	body := make([]byte, length)
	if _, err := io.ReadFull(s.in, body); err != nil {
		return fmt.Errorf("the input ends within a message of %d bytes", length)
	}
	if err := json.Unmarshal(body, message); err != nil {
		const shown = 40
		start := strings.ToValidUTF8(string(body[:min(len(body), shown)]), "\ufffd")
		return fmt.Errorf("a message that is no JSON-RPC request or response (it starts with %q): %w", start, err)
	}
	return nil
}

// header reads up to the empty line.
func (s *stream) header() (length int, err error) {
	length = -1
	read := 0
	for {
		line, err := s.in.ReadSlice('\n')
		read += len(line)
		switch {
		case errors.Is(err, io.EOF) && read == 0:
			return 0, io.EOF
		case errors.Is(err, io.EOF):
			return 0, errors.New("the input ends within the header of a message")
		case errors.Is(err, bufio.ErrBufferFull) || read > maxHeader:
			return 0, fmt.Errorf("the header of a message has more than %d bytes", maxHeader)
		case err != nil:
			return 0, err
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			break
		}
		name, content, ok := strings.Cut(string(line), ":")
		if !ok {
			return 0, fmt.Errorf("the header of a message has the line %.60q, which has no colon", line)
		}
		if !strings.EqualFold(name, "Content-Length") {
			continue // Content-Type is always the same
		}
		n, err := strconv.ParseUint(strings.TrimSpace(content), 10, 64)
		switch {
		case err != nil && !errors.Is(err, strconv.ErrRange):
			return 0, fmt.Errorf("the Content-Length of a message is %.60q, which is no number of bytes", strings.TrimSpace(content))
		case err != nil || n > maxMessage:
			return 0, fmt.Errorf("a message of %.30s bytes; at most %d are read", strings.TrimSpace(content), maxMessage)
		}
		length = int(n)
	}
	if length <= 0 {
		return 0, errors.New("the header of a message has no Content-Length, or one of 0")
	}
	return length, nil
}

// WriteObject writes one message.
func (s *stream) WriteObject(message any) error {
	body, err := json.Marshal(message)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	_, err = s.out.Write(append(fmt.Appendf(nil, "Content-Length: %d\r\n\r\n", len(body)), body...))
	return err
}

// Close closes the input, as far as it can be closed.
func (s *stream) Close() error {
	if s.closer != nil {
		return s.closer.Close()
	}
	return nil
}
