package ocr

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"
	"golang.org/x/image/bmp"
	"golang.org/x/image/draw"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/tiff"

	"github.com/docflow-asl/docflow/tasks/text"
)

// TestMain stands in for tesseract when a test has started it as that.
func TestMain(m *testing.M) {
	if mode := os.Getenv("FAKE_TESSERACT"); mode != "" {
		os.Exit(fakeTesseract(mode, os.Args[1:]))
	}
	os.Exit(m.Run())
}

func fakeTesseract(mode string, args []string) int {
	if args[0] == "--list-langs" {
		os.Stdout.WriteString("List of available languages in \"/usr/share\" (3):\neng\njpn\nosd\n")
		return 0
	}
	stdin, _ := io.ReadAll(os.Stdin)
	if script, ok := strings.CutPrefix(mode, "script "); ok {
		if strings.HasSuffix(strings.Join(args, " "), "--psm 0") {
			os.Stdout.WriteString("Page number: 0\nRotate: 0\nScript: " + script + "\n")
			return 0
		}
		mode = "echo"
	}
	switch mode {
	case "echo":
		environment := 0
		for _, e := range os.Environ() {
			if strings.HasPrefix(e, "AWS_") {
				environment++
			}
		}
		json.NewEncoder(os.Stdout).Encode(map[string]any{"args": strings.Join(args, " "), "bytes": len(stdin), "secrets": environment})
	case "japanese":
		os.Stdout.WriteString("請 求 書\n上半期 業務改善報告書\nTotal 12,000 円 (税 込)\n\n\f")
	case "sleep":
		time.Sleep(time.Minute)
	case "flood":
		block := bytes.Repeat([]byte("x"), 1<<20)
		for range 100 {
			if _, err := os.Stdout.Write(block); err != nil {
				return 1
			}
		}
	case "fail":
		os.Stderr.WriteString("Estimating resolution\nError during processing.\n")
		return 1
	case "large":
		os.Stderr.WriteString("Image too large: (40000, 10)\nError during processing.\n")
		return 1
	}
	return 0
}

// written is a picture with a line of text on it.
func written(s string, size int) image.Image {
	small := image.NewGray(image.Rect(0, 0, 7*len(s)+20, 33))
	draw.Draw(small, small.Bounds(), image.White, image.Point{}, draw.Src)
	drawer := font.Drawer{Dst: small, Src: image.Black, Face: basicfont.Face7x13, Dot: fixed.P(10, 20)}
	drawer.DrawString(s)
	large := image.NewGray(image.Rect(0, 0, small.Rect.Dx()*size, small.Rect.Dy()*size))
	draw.CatmullRom.Scale(large, large.Bounds(), small, small.Bounds(), draw.Src, nil)
	return large
}

func inPNG(t testing.TB, picture image.Image) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func wantKind(t *testing.T, err error, kind Kind, retryable bool) {
	t.Helper()
	var own *Error
	if !errors.As(err, &own) || own.Kind != kind || own.Retryable() != retryable {
		t.Errorf("error = %v, want %s, retryable %v", err, kind, retryable)
	}
}

func TestFit(t *testing.T) {
	noise := image.NewRGBA(image.Rect(0, 0, 1200, 900))
	random := rand.New(rand.NewPCG(1, 2))
	for i := range noise.Pix {
		noise.Pix[i] = byte(random.Uint32())
	}
	clear := image.NewNRGBA(image.Rect(0, 0, 20, 20))
	clear.Set(3, 3, color.NRGBA{A: 255})
	encode := func(f func(*bytes.Buffer) error) []byte {
		var out bytes.Buffer
		if err := f(&out); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	page := written("Gate 4", 3)
	header := func(w, h uint32) []byte {
		data := bytes.Clone(inPNG(t, page))
		copy(data[16:], []byte{byte(w >> 24), byte(w >> 16), byte(w >> 8), byte(w), byte(h >> 24), byte(h >> 16), byte(h >> 8), byte(h)})
		// The checksum of the header is not looked at by all; make it right.
		return fixPNG(data)
	}
	b := bounds{bytes: 400_000, side: 1000, types: []string{"image/png", "image/jpeg"}}
	tests := []struct {
		name      string
		data      []byte
		mediaType string
		same      bool
		kind      Kind
	}{
		{name: "as it is", data: inPNG(t, page), mediaType: "image/png", same: true},
		{name: "bmp", data: encode(func(o *bytes.Buffer) error { return bmp.Encode(o, page) }), mediaType: "image/png"},
		{name: "tiff", data: encode(func(o *bytes.Buffer) error { return tiff.Encode(o, page, nil) }), mediaType: "image/png"},
		{name: "gif", data: encode(func(o *bytes.Buffer) error { return gif.Encode(o, page, nil) }), mediaType: "image/png"},
		{name: "photograph", data: encode(func(o *bytes.Buffer) error { return jpeg.Encode(o, noise, &jpeg.Options{Quality: 100}) }), mediaType: "image/jpeg"},
		{name: "transparent bmp of wrong type", data: inPNG(t, clear), mediaType: "image/png", same: true},
		{name: "wide", data: inPNG(t, image.NewGray(image.Rect(0, 0, 5000, 10))), mediaType: "image/png"},
		{name: "bomb", data: header(60_000, 60_000), kind: ImageTooLarge},
		{name: "no picture", data: []byte("hello"), kind: ImageUnreadable},
		{name: "cut", data: encode(func(o *bytes.Buffer) error { return bmp.Encode(o, page) })[:200], kind: ImageUnreadable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			data, mediaType, err := b.fit("x", text.Image{Data: test.data})
			if test.kind != "" {
				wantKind(t, err, test.kind, false)
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			config, _, err := image.DecodeConfig(bytes.NewReader(data))
			if err != nil || len(data) > b.bytes || max(config.Width, config.Height) > b.side || mediaType != test.mediaType || bytes.Equal(data, test.data) != test.same {
				t.Errorf("%s of %d bytes, %+v, %v", mediaType, len(data), config, err)
			}
		})
	}
	if white := flatten(clear); white.At(0, 0) != (color.RGBA{255, 255, 255, 255}) {
		t.Errorf("transparent is %v", white.At(0, 0))
	}
}

func TestTesseractProtocol(t *testing.T) {
	if raceEnabled {
		t.Skip("starts this program some thirty times, which takes long under the race detector")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	reader := func(mode string, opts TesseractOptions) (*Tesseract, error) {
		testEnvironment = []string{"FAKE_TESSERACT=" + mode}
		opts.Path = self
		return NewTesseract(t.Context(), opts)
	}
	defer func() { testEnvironment = nil }()
	picture := text.Image{Data: inPNG(t, written("Gate 4", 1)), MediaType: "image/png", Page: 1}

	for language, order := range map[string]string{"": "jpn+eng", "ja": "jpn+eng", "en": "eng"} {
		r, err := reader("echo", TesseractOptions{})
		if err != nil {
			t.Fatal(err)
		}
		picture.Language = language
		answer, err := r.Recognize(t.Context(), picture)
		var got struct {
			Args           string
			Bytes, Secrets int
		}
		if err != nil || json.Unmarshal([]byte(answer), &got) != nil {
			t.Fatalf("%q, %v", answer, err)
		}
		if want := "stdin stdout -l " + order + " --psm 3"; got.Args != want || got.Bytes == 0 || got.Secrets != 0 {
			t.Errorf("%q: %+v, want %s", language, got, want)
		}
	}
	for script, order := range map[string]string{
		"Latin\nScript confidence: 11.83": "eng", "Latin\nScript confidence: 1.2": "jpn+eng", "Japanese\nScript confidence: 9": "jpn+eng",
	} {
		r, err := reader("script "+script, TesseractOptions{})
		if err != nil {
			t.Fatal(err)
		}
		picture.Language = ""
		if answer, err := r.Recognize(t.Context(), picture); err != nil || !strings.Contains(answer, "-l "+order+" --psm 3") {
			t.Errorf("%q: %q, %v, want %s", script, answer, err, order)
		}
	}
	tests := []struct {
		mode      string
		opts      TesseractOptions
		want      string
		kind      Kind
		retryable bool
	}{
		{mode: "japanese", want: "請求書\n上半期 業務改善報告書\nTotal 12,000 円 (税込)"},
		{mode: "empty", want: ""},
		{mode: "sleep", opts: TesseractOptions{Timeout: 200 * time.Millisecond}, kind: TimedOut, retryable: true},
		{mode: "flood", kind: Incomplete},
		{mode: "fail", kind: ImageUnreadable},
		{mode: "large", kind: ImageTooLarge},
	}
	for _, test := range tests {
		t.Run(test.mode, func(t *testing.T) {
			r, err := reader(test.mode, test.opts)
			if err != nil {
				t.Fatal(err)
			}
			got, err := r.Recognize(t.Context(), picture)
			if test.kind != "" {
				wantKind(t, err, test.kind, test.retryable)
			} else if got != test.want || err != nil {
				t.Errorf("%q, %v, want %q", got, err, test.want)
			}
		})
	}
	t.Run("cancelled", func(t *testing.T) {
		r, err := reader("sleep", TesseractOptions{})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if _, err := r.Recognize(ctx, picture); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v", err)
		}
	})
	_, err = reader("echo", TesseractOptions{Languages: []string{"chi_sim"}})
	wantKind(t, err, NotInstalled, false)
	_, err = NewTesseract(t.Context(), TesseractOptions{Path: "/nowhere/tesseract"})
	wantKind(t, err, NotInstalled, false)
	r, _ := reader("echo", TesseractOptions{})
	_, err = r.Recognize(t.Context(), text.Image{Data: []byte("no picture")})
	wantKind(t, err, ImageUnreadable, false)
}

func TestTesseract(t *testing.T) {
	if _, err := exec.LookPath(tesseractName); err != nil {
		t.Skip("no tesseract on PATH")
	}
	r, err := NewTesseract(t.Context(), TesseractOptions{Languages: []string{"eng"}})
	if err != nil {
		t.Skip(err)
	}
	got, err := r.Recognize(t.Context(), text.Image{Data: inPNG(t, written("Gate 4 is open on Tuesday", 4)), MediaType: "image/png"})
	if err != nil || got != "Gate 4 is open on Tuesday" {
		t.Errorf("%q, %v", got, err)
	}
}

// answering starts a server that gives the same answer to every request and keeps the last one.
func answering(t *testing.T, status int, header map[string]string, body string) (aws.Config, *http.Request, *[]byte) {
	t.Helper()
	var sent []byte
	request := &http.Request{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sent, _ = io.ReadAll(r.Body)
		*request = *r
		for name, value := range header {
			w.Header().Set(name, value)
		}
		w.WriteHeader(status)
		io.WriteString(w, body)
	}))
	t.Cleanup(server.Close)
	return aws.Config{
		Region: "eu-central-1", BaseEndpoint: aws.String(server.URL), HTTPClient: server.Client(),
		Credentials:      credentials.NewStaticCredentialsProvider("AKID", "secret", ""),
		RetryMaxAttempts: 1,
	}, request, &sent
}

func TestBedrock(t *testing.T) {
	answer := func(stop, s string) string {
		out, _ := json.Marshal(map[string]any{
			"output":     map[string]any{"message": map[string]any{"role": "assistant", "content": []any{map[string]any{"text": s}}}},
			"stopReason": stop, "usage": map[string]any{"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}, "metrics": map[string]any{"latencyMs": 1},
		})
		return string(out)
	}
	tests := []struct {
		name      string
		status    int
		errorType string
		body      string
		want      string
		kind      Kind
		retryable bool
	}{
		{name: "text", status: 200, body: answer("end_turn", "<transcript>\n請求書\nTotal\t12,000 \n</transcript>"), want: "請求書\nTotal\t12,000"},
		{name: "nothing on it", status: 200, body: answer("end_turn", "<transcript></transcript>"), want: ""},
		{name: "tag on the page", status: 200, body: answer("end_turn", "<transcript>a </transcript> b</transcript>"), want: "a </transcript> b"},
		{name: "preamble", status: 200, body: answer("end_turn", "Here it is: <transcript>a</transcript>"), want: "a"},
		{name: "half a page", status: 200, body: answer("max_tokens", "<transcript>a"), kind: Incomplete},
		{name: "half a page that looks whole", status: 200, body: answer("max_tokens", "<transcript>a</transcript>"), kind: Incomplete},
		{name: "guardrail", status: 200, body: answer("guardrail_intervened", "no"), kind: Refused},
		{name: "refusal", status: 200, body: answer("refusal", ""), kind: Refused},
		{name: "talks", status: 200, body: answer("end_turn", "I cannot help with that."), kind: Refused},
		{name: "tool", status: 200, body: answer("tool_use", ""), kind: Unavailable, retryable: true},
		{name: "throttled", status: 429, errorType: "ThrottlingException", body: `{"message":"slow down"}`, kind: Throttled, retryable: true},
		{name: "denied", status: 403, errorType: "AccessDeniedException", body: `{"message":"no"}`, kind: AccessDenied},
		{name: "validation", status: 400, errorType: "ValidationException", body: `{"message":"no"}`, kind: InvalidRequest},
		{name: "down", status: 503, errorType: "ServiceUnavailableException", body: `{}`, kind: Unavailable, retryable: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			config, request, sent := answering(t, test.status, map[string]string{"Content-Type": "application/json", "X-Amzn-ErrorType": test.errorType}, test.body)
			r, err := NewBedrock(bedrockruntime.NewFromConfig(config), BedrockOptions{Model: "a.model-v1:0"})
			if err != nil {
				t.Fatal(err)
			}
			var bitmap bytes.Buffer
			if err := bmp.Encode(&bitmap, written("Gate 4", 1)); err != nil {
				t.Fatal(err)
			}
			meter := &text.Meter{}
			got, err := r.Recognize(text.WithMeter(t.Context(), meter), text.Image{Data: bitmap.Bytes(), MediaType: "image/bmp"})
			if usage, answered := meter.Usage(), (text.Usage{Calls: 1, InputTokens: 1, OutputTokens: 1}); usage != answered && test.status == 200 || usage != (text.Usage{}) && test.status != 200 {
				t.Errorf("%+v was counted", usage)
			}
			if test.kind != "" {
				wantKind(t, err, test.kind, test.retryable)
			} else if got != test.want || err != nil {
				t.Errorf("%q, %v, want %q", got, err, test.want)
			}
			var body struct {
				Messages []struct {
					Content []struct {
						Image *struct {
							Format string
							Source struct{ Bytes []byte }
						}
					}
				}
				System          []struct{ Text string }
				InferenceConfig struct{ MaxTokens int }
			}
			if err := json.Unmarshal(*sent, &body); err != nil || request.URL.Path != "/model/a.model-v1:0/converse" {
				t.Fatalf("%s, %v", request.URL, err)
			}
			picture := body.Messages[0].Content[0].Image
			if picture.Format != "png" || !bytes.HasPrefix(picture.Source.Bytes, []byte("\x89PNG")) || body.InferenceConfig.MaxTokens != 8192 || !strings.Contains(body.System[0].Text, "never an instruction") {
				t.Errorf("sent %.300s", *sent)
			}
		})
	}
	_, err := NewBedrock(nil, BedrockOptions{})
	wantKind(t, err, InvalidRequest, false)
}

func TestTextract(t *testing.T) {
	blocks := `{"Blocks":[{"BlockType":"PAGE"},
		{"BlockType":"LINE","Text":"Second","Geometry":{"BoundingBox":{"Left":0.1,"Top":0.2,"Width":0.3,"Height":0.02}}},
		{"BlockType":"LINE","Text":"First","Geometry":{"BoundingBox":{"Left":0.1,"Top":0.1,"Width":0.3,"Height":0.02}}},
		{"BlockType":"WORD","Text":"First"}]}`
	tests := []struct {
		name      string
		language  string
		status    int
		header    map[string]string
		body      string
		want      string
		kind      Kind
		retryable bool
	}{
		{name: "text", status: 200, body: blocks, want: "First\n\nSecond"},
		{name: "nothing on it", status: 200, body: `{"Blocks":[{"BlockType":"PAGE"}]}`},
		{name: "Japanese", language: "ja", kind: LanguageNotRead},
		{name: "not JSON", status: 200, body: "<html>", kind: Unavailable, retryable: true},
		{name: "throttled", status: 400, body: `{"__type":"com.amazonaws.textract#ProvisionedThroughputExceededException","Message":"slow"}`, kind: Throttled, retryable: true},
		{name: "throttled in the header", status: 400, header: map[string]string{"X-Amzn-ErrorType": "ThrottlingException:http://x/"}, kind: Throttled, retryable: true},
		{name: "denied", status: 400, body: `{"__type":"AccessDeniedException","message":"no"}`, kind: AccessDenied},
		{name: "bad", status: 400, body: `{"__type":"UnsupportedDocumentException"}`, kind: ImageUnreadable},
		{name: "down", status: 502, body: `bad gateway`, kind: Unavailable, retryable: true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			config, request, sent := answering(t, test.status, test.header, test.body)
			r, err := NewTextract(config)
			if err != nil {
				t.Fatal(err)
			}
			data := inPNG(t, written("Gate 4", 1))
			got, err := r.Recognize(t.Context(), text.Image{Data: data, MediaType: "image/png", Language: test.language})
			if test.kind != "" {
				wantKind(t, err, test.kind, test.retryable)
			} else if got != test.want || err != nil {
				t.Errorf("%q, %v, want %q", got, err, test.want)
			}
			if test.status == 0 {
				if *sent != nil {
					t.Error("a request was sent")
				}
				return
			}
			if request.Header.Get("X-Amz-Target") != "Textract.DetectDocumentText" || request.Header.Get("Content-Type") != "application/x-amz-json-1.1" ||
				!strings.Contains(request.Header.Get("Authorization"), "/eu-central-1/textract/aws4_request") ||
				string(*sent) != `{"Document":{"Bytes":"`+base64.StdEncoding.EncodeToString(data)+`"}}` {
				t.Errorf("sent %v %.100s", request.Header, *sent)
			}
		})
	}
	_, err := NewTextract(aws.Config{Region: "x"})
	wantKind(t, err, AccessDenied, false)
	_, err = NewTextract(aws.Config{Credentials: credentials.NewStaticCredentialsProvider("a", "b", "")})
	wantKind(t, err, InvalidRequest, false)
	t.Run("nobody there", func(t *testing.T) {
		config, _, _ := answering(t, 200, nil, "")
		config.BaseEndpoint = aws.String("http://127.0.0.1:1")
		r, err := NewTextract(config)
		if err != nil {
			t.Fatal(err)
		}
		_, err = r.Recognize(t.Context(), text.Image{Data: inPNG(t, written("Gate 4", 1))})
		wantKind(t, err, Unavailable, true)
	})
}

func TestReadingOrder(t *testing.T) {
	type box struct {
		text      string
		left, top float64
		width     float64
	}
	tests := []struct {
		name  string
		boxes []box
		want  string
	}{
		{"one column", []box{{"b", .1, .12, .8}, {"a", .1, .1, .8}}, "a\nb"},
		{"paragraphs", []box{{"a", .1, .1, .8}, {"b", .1, .2, .8}}, "a\n\nb"},
		{"columns under a title", []box{
			{"Title across both", .1, .05, .8},
			{"left one is the first of all the lines here", .1, .1, .35},
			{"right one is the fourth of all the lines here", .55, .101, .35},
			{"left two is the second of all the lines here", .1, .13, .35},
			{"right two is the fifth of all the lines here", .55, .131, .35},
			{"left three", .1, .16, .2},
			{"right three", .55, .161, .2},
		}, "Title across both\n\nleft one is the first of all the lines here\nleft two is the second of all the lines here\nleft three\n\n" +
			"right one is the fourth of all the lines here\nright two is the fifth of all the lines here\nright three"},
		{"table", []box{{"Item", .1, .1, .1}, {"Count", .6, .1, .1}, {"Box", .1, .13, .1}, {"300", .6, .13, .1}, {"Bag", .1, .16, .1}, {"20", .6, .16, .1}}, "Item\nCount\nBox\n300\nBag\n20"},
		{"nothing", nil, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			var blocks []textractBlock
			for _, b := range test.boxes {
				block := textractBlock{BlockType: "LINE", Text: b.text}
				block.Geometry.BoundingBox.Left, block.Geometry.BoundingBox.Top = b.left, b.top
				block.Geometry.BoundingBox.Width, block.Geometry.BoundingBox.Height = b.width, .02
				blocks = append(blocks, block)
			}
			if got := readingOrder(blocks); got != test.want {
				t.Errorf("got  %q\nwant %q", got, test.want)
			}
		})
	}
}

// fixPNG makes the checksum of a changed PNG header right.
func fixPNG(data []byte) []byte {
	binary.BigEndian.PutUint32(data[29:], crc32.ChecksumIEEE(data[12:29]))
	return data
}
