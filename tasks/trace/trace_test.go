package trace_test

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/docflow-asl/docflow/tasks/trace"
	"github.com/google/go-cmp/cmp"
)

var sampled = trace.Header{Root: "1-5bef4de7-ad49b0e87f6ef6c87fc2e700", Parent: "9a9197af755a6419", Sampled: true}

func TestParseHeader(t *testing.T) {
	for text, want := range map[string]trace.Header{
		"Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1":                      sampled,
		"Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Parent=9a9197af755a6419;Sampled=1;Lineage=1:d8df8ed6:0": sampled,
		" Sampled=1 ; Parent=9a9197af755a6419 ; Self=x; Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700":         sampled,
		"Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=0":                                              {Root: sampled.Root},
		"Root=1-5bef4de7-ad49b0e87f6ef6c87fc2e700;Sampled=?":                                              {Root: sampled.Root},
		"":         {},
		";;=;Root": {},
	} {
		if got := trace.ParseHeader(text); got != want {
			t.Errorf("%q: got %+v", text, got)
		}
	}
}

func TestFromContext(t *testing.T) {
	//lint:ignore SA1029 the key is aws-lambda-go's
	ctx := context.WithValue(t.Context(), "x-amzn-trace-id", "Root=1-a;Parent=b;Sampled=1")
	if got := trace.FromContext(ctx); got != (trace.Header{Root: "1-a", Parent: "b", Sampled: true}) {
		t.Errorf("got %+v", got)
	}
	if got := trace.FromContext(t.Context()); got != (trace.Header{}) {
		t.Errorf("without a header: got %+v", got)
	}
}

// daemon listens as the X-Ray daemon does.
func daemon(t *testing.T) (address string, next func() []byte) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn.LocalAddr().String(), func() []byte {
		t.Helper()
		buffer := make([]byte, 64<<10)
		if err := conn.SetReadDeadline(time.Now().Add(10 * time.Second)); err != nil {
			t.Fatal(err)
		}
		n, _, err := conn.ReadFrom(buffer)
		if err != nil {
			t.Fatal(err)
		}
		return buffer[:n]
	}
}

func TestSend(t *testing.T) {
	address, next := daemon(t)
	start := time.Date(2026, 10, 9, 9, 30, 0, 5_000, time.UTC)
	for name, form := range map[string]string{"plain": address, "with protocols": "tcp:127.0.0.1:1 udp:" + address} {
		t.Run(name, func(t *testing.T) {
			tracer, err := trace.New(form)
			if err != nil {
				t.Fatal(err)
			}
			tracer.Send(trace.Header{Root: "1-a", Parent: "b"}, trace.Segment{Name: "not sampled"})
			tracer.Send(trace.Header{Root: "1-a", Sampled: true}, trace.Segment{Name: "no parent"})
			tracer.Send(sampled, trace.Segment{
				Name: "extract", Start: start, End: start.Add(1500 * time.Millisecond), Error: "NoText",
				Annotations: []slog.Attr{
					slog.String("execution", "run-1"), slog.Int("pages", 3), slog.Float64("dollars", 0.5), slog.Bool("coldStart", true),
					slog.String("not-a key", "x"), slog.String("empty", ""), slog.Any("list", []string{"left out"}),
					slog.String("long", strings.Repeat("長", 2000)),
				},
			})
			header, document, _ := strings.Cut(string(next()), "\n")
			if header != `{"format": "json", "version": 1}` {
				t.Errorf("the header is %s", header)
			}
			var got map[string]any
			if err := json.Unmarshal([]byte(document), &got); err != nil {
				t.Fatal(err)
			}
			id, _ := got["id"].(string)
			if !regexp.MustCompile("^[0-9a-f]{16}$").MatchString(id) {
				t.Errorf("the id is %q", id)
			}
			if !strings.Contains(document, `"start_time":1791538200.000005,"end_time":1791538201.500005`) {
				t.Errorf("the times are lost: %s", document)
			}
			exceptions := got["cause"].(map[string]any)["exceptions"].([]any)
			delete(exceptions[0].(map[string]any), "id")
			delete(got, "id")
			delete(got, "start_time")
			delete(got, "end_time")
			want := map[string]any{
				"name": "extract", "trace_id": sampled.Root, "parent_id": sampled.Parent, "type": "subsegment", "fault": true,
				"cause": map[string]any{"exceptions": []any{map[string]any{"type": "NoText"}}},
				"annotations": map[string]any{
					"execution": "run-1", "pages": 3.0, "dollars": 0.5, "coldStart": true, "not_a_key": "x", "long": strings.Repeat("長", 1000),
				},
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestAnnotationsAreBounded(t *testing.T) {
	address, next := daemon(t)
	tracer, err := trace.New(address)
	if err != nil {
		t.Fatal(err)
	}
	attrs := make([]slog.Attr, 80)
	for i := range attrs {
		attrs[i] = slog.Int(strings.Repeat("k", i+1), i)
	}
	tracer.Send(sampled, trace.Segment{Name: "many", Annotations: attrs})
	var got struct{ Annotations map[string]int }
	_, document, _ := strings.Cut(string(next()), "\n")
	if err := json.Unmarshal([]byte(document), &got); err != nil || len(got.Annotations) != 50 {
		t.Errorf("%d annotations, %v", len(got.Annotations), err)
	}
}

// Nobody listens, and a document is too long for a datagram: neither is anybody's business.
func TestSendDoesNotFail(t *testing.T) {
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := conn.LocalAddr().String()
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	tracer, err := trace.New(address)
	if err != nil {
		t.Fatal(err)
	}
	for range 3 { // the second write is told that nobody listens
		tracer.Send(sampled, trace.Segment{Name: "lost"})
	}
	tracer.Send(sampled, trace.Segment{Name: strings.Repeat("x", 70<<10)})
	var none *trace.Tracer
	none.Send(sampled, trace.Segment{Name: "none"})
	if _, err := trace.New("no port"); err == nil {
		t.Error("an address without a port was taken")
	}
}
