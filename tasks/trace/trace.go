// Package trace sends what a function knows of a call to AWS X-Ray: a subsegment of the segment that Lambda makes of it when
// tracing is active, with annotations, which X-Ray can be searched by.
//
// A subsegment is one datagram to the daemon that Lambda runs (AWS X-Ray developer guide, "AWS X-Ray segment documents" and
// "Sending segment documents to the X-Ray daemon"). Nobody waits for it, and that it is lost is no error.
//
// AWS's SDK for that is in maintenance. OpenTelemetry's (v1.47, its SDK and the exporter of OTLP over HTTP) makes an empty function
// 7.7 MB larger, doubles the processor's time to its first poll (2.8 to 5.2 ms), and needs a collector beside it, which starts too.
package trace

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"
	"unicode/utf8"
)

// Header is the tracing header of a call: "Root=1-…;Parent=…;Sampled=1".
type Header struct {
	Root    string // the trace's id
	Parent  string // of the segment that a subsegment belongs to
	Sampled bool
}

// ParseHeader reads a tracing header. What it does not know it leaves out (AWS X-Ray developer guide, "Tracing header").
func ParseHeader(text string) Header {
	var h Header
	for part := range strings.SplitSeq(text, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(part), "=")
		switch name {
		case "Root":
			h.Root = value
		case "Parent":
			h.Parent = value
		case "Sampled":
			h.Sampled = value == "1"
		}
	}
	return h
}

// contextKey is where aws-lambda-go puts the header of a call into its context (lambda/invoke_loop.go). It is a string there.
const contextKey = "x-amzn-trace-id"

// FromContext returns the tracing header of a call under aws-lambda-go.
func FromContext(ctx context.Context) Header {
	text, _ := ctx.Value(contextKey).(string)
	return ParseHeader(text)
}

// Segment is what is told of a call.
type Segment struct {
	Name       string // of the function
	Start, End time.Time
	// Annotations are texts, numbers and truth values; others are left out. Nothing that a document says belongs here.
	Annotations []slog.Attr
	// Error is the declared name of the error that the call ended with, or "".
	Error string
}

// Tracer sends subsegments. A nil Tracer sends nothing.
type Tracer struct {
	conn net.Conn
}

// New returns a tracer that sends to a daemon at an address as in AWS_XRAY_DAEMON_ADDRESS: "127.0.0.1:2000", or
// "tcp:127.0.0.1:2000 udp:127.0.0.2:2001". Nothing is sent yet, and nobody needs to listen.
func New(address string) (*Tracer, error) {
	for part := range strings.FieldsSeq(address) {
		if udp, ok := strings.CutPrefix(part, "udp:"); ok {
			address = udp
		}
	}
	conn, err := net.Dial("udp", address)
	if err != nil {
		return nil, fmt.Errorf("address of the X-Ray daemon: %w", err)
	}
	return &Tracer{conn}, nil
}

// datagram is what precedes a document.
const datagram = `{"format": "json", "version": 1}` + "\n"

// maxWait bounds the time that sending may take: a datagram to the own machine takes microseconds, and the answer to the call
// waits for it.
const maxWait = 5 * time.Millisecond

// Send sends a subsegment of the segment that the header names, if the trace is sampled.
func (t *Tracer) Send(header Header, segment Segment) {
	if t == nil || !header.Sampled || header.Root == "" || header.Parent == "" {
		return
	}
	document, err := json.Marshal(newDocument(header, segment))
	if err != nil || t.conn.SetWriteDeadline(time.Now().Add(maxWait)) != nil {
		return
	}
	// A trace is a help to whoever looks for a fault, never a fault of its own.
	_, _ = t.conn.Write(append([]byte(datagram), document...))
}

type document struct {
	Name        string         `json:"name"`
	ID          string         `json:"id"`
	TraceID     string         `json:"trace_id"`
	ParentID    string         `json:"parent_id"`
	Type        string         `json:"type"`
	StartTime   seconds        `json:"start_time"`
	EndTime     seconds        `json:"end_time"`
	Fault       bool           `json:"fault,omitempty"`
	Cause       *cause         `json:"cause,omitempty"`
	Annotations map[string]any `json:"annotations,omitempty"`
}

type cause struct {
	Exceptions []exception `json:"exceptions"`
}

type exception struct {
	ID   string `json:"id"`
	Type string `json:"type"`
}

// seconds are since 1970, with microseconds.
type seconds time.Time

func (s seconds) MarshalJSON() ([]byte, error) {
	micros := time.Time(s).UnixMicro()
	return fmt.Appendf(nil, "%d.%06d", micros/1e6, micros%1e6), nil
}

func newDocument(header Header, segment Segment) document {
	d := document{
		Name: segment.Name, ID: newID(), TraceID: header.Root, ParentID: header.Parent, Type: "subsegment",
		StartTime: seconds(segment.Start), EndTime: seconds(segment.End), Annotations: annotations(segment.Annotations),
	}
	if segment.Error != "" {
		d.Fault = true
		d.Cause = &cause{[]exception{{ID: newID(), Type: segment.Error}}}
	}
	return d
}

// Limits of X-Ray on annotations ("Annotations" of the page on segment documents).
const (
	maxAnnotations = 50
	maxText        = 1000 // Unicode characters
)

func annotations(attrs []slog.Attr) map[string]any {
	out := map[string]any{}
	for _, a := range attrs {
		key := strings.Map(func(r rune) rune {
			if r == '_' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' {
				return r
			}
			return '_'
		}, a.Key)
		if len(out) == maxAnnotations || key == "" {
			continue
		}
		switch value := a.Value.Resolve(); value.Kind() {
		case slog.KindString:
			if value.String() != "" {
				out[key] = clip(value.String())
			}
		case slog.KindInt64, slog.KindUint64, slog.KindFloat64, slog.KindBool:
			out[key] = value.Any()
		}
	}
	return out
}

func clip(s string) string {
	if s = strings.ToValidUTF8(s, "\uFFFD"); utf8.RuneCountInString(s) <= maxText {
		return s
	}
	return string([]rune(s)[:maxText])
}

// newID returns 16 random hexadecimal digits.
func newID() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails (crypto/rand)
	return hex.EncodeToString(b[:])
}
