package ocr

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"

	"github.com/docflow-asl/docflow/tasks/text"
)

// Textract reads with Amazon Textract (DetectDocumentText), which knows English, French, German, Italian, Portuguese and
// Spanish. It calls the service's JSON protocol directly: the one operation needs no client of its own in the program.
type Textract struct {
	config   aws.Config
	endpoint string
	signer   *v4.Signer
}

const textractName = "textract"

// NewTextract makes a reader that uses the configuration's region, credentials, HTTP client and base endpoint.
func NewTextract(config aws.Config) (*Textract, error) {
	if config.Credentials == nil {
		return nil, failed(textractName, AccessDenied, "the configuration has no credentials")
	}
	if config.Region == "" {
		return nil, failed(textractName, InvalidRequest, "the configuration has no region")
	}
	t := &Textract{config: config, endpoint: aws.ToString(config.BaseEndpoint), signer: v4.NewSigner()}
	if t.endpoint == "" {
		domain := "amazonaws.com"
		if strings.HasPrefix(config.Region, "cn-") {
			domain = "amazonaws.com.cn"
		}
		t.endpoint = "https://textract." + config.Region + "." + domain
	}
	if t.config.HTTPClient == nil {
		t.config.HTTPClient = &http.Client{Timeout: time.Minute}
	}
	return t, nil
}

// textractBounds are the quotas of the synchronous operations: 10 MB, 10,000 pixels.
var textractBounds = bounds{bytes: 10 << 20, side: 10_000, types: []string{"image/png", "image/jpeg", "image/tiff"}}

// textractAnswer bounds what is read of an answer: every word of a page comes with its outline.
const textractAnswer = 32 << 20

// Name returns "textract".
func (t *Textract) Name() string { return textractName }

// Recognize reads one picture.
func (t *Textract) Recognize(ctx context.Context, picture text.Image) (string, error) {
	if picture.Language == "ja" {
		return "", failed(textractName, LanguageNotRead, "Textract reads no Japanese: use a model on Bedrock or tesseract")
	}
	data, _, err := textractBounds.fit(textractName, picture)
	if err != nil {
		return "", err
	}
	type document struct{ Bytes []byte }
	body, err := json.Marshal(struct{ Document document }{document{data}})
	if err != nil {
		return "", failed(textractName, InvalidRequest, "%w", err)
	}
	answer, err := t.call(ctx, "DetectDocumentText", body)
	if err != nil {
		return "", ended(ctx, err)
	}
	var found struct{ Blocks []textractBlock }
	if err := json.Unmarshal(answer, &found); err != nil {
		return "", failed(textractName, Unavailable, "the answer is not as documented: %w", err)
	}
	return readingOrder(found.Blocks), nil
}

// call sends a request of the AWS JSON 1.1 protocol.
func (t *Textract) call(ctx context.Context, operation string, body []byte) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, t.endpoint+"/", bytes.NewReader(body))
	if err != nil {
		return nil, failed(textractName, InvalidRequest, "%w", err)
	}
	request.Header.Set("Content-Type", "application/x-amz-json-1.1")
	request.Header.Set("X-Amz-Target", "Textract."+operation)
	credentials, err := t.config.Credentials.Retrieve(ctx)
	if err != nil {
		return nil, failed(textractName, AccessDenied, "no credentials: %w", err)
	}
	hash := sha256.Sum256(body)
	if err := t.signer.SignHTTP(ctx, credentials, request, hex.EncodeToString(hash[:]), "textract", t.config.Region, time.Now()); err != nil {
		return nil, failed(textractName, AccessDenied, "the request cannot be signed: %w", err)
	}
	response, err := t.config.HTTPClient.Do(request)
	if err != nil {
		return nil, failed(textractName, transport(err), "%w", err)
	}
	defer response.Body.Close()
	answer, err := io.ReadAll(io.LimitReader(response.Body, textractAnswer+1))
	switch {
	case err != nil:
		return nil, failed(textractName, transport(err), "the answer breaks off: %w", err)
	case len(answer) > textractAnswer:
		return nil, failed(textractName, Incomplete, "the answer is longer than %d bytes", textractAnswer)
	case response.StatusCode != http.StatusOK:
		return nil, textractError(response, answer)
	}
	return answer, nil
}

// textractError reads the name of an error from the header or the body, as AWS JSON services give it.
func textractError(response *http.Response, answer []byte) *Error {
	var body struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
		Capital string `json:"Message"`
	}
	// A body that is no JSON has no name for the error.
	_ = json.Unmarshal(answer, &body)
	code := cmp.Or(response.Header.Get("X-Amzn-ErrorType"), body.Type)
	code, _, _ = strings.Cut(code, ":")
	code = code[strings.LastIndexByte(code, '#')+1:]
	message := cmp.Or(body.Message, body.Capital, "no message")
	kind := kindOf(code)
	switch {
	case code != "":
	case response.StatusCode == http.StatusTooManyRequests:
		kind = Throttled
	case response.StatusCode >= 500:
		kind = Unavailable
	case response.StatusCode == http.StatusForbidden || response.StatusCode == http.StatusUnauthorized:
		kind = AccessDenied
	}
	return failed(textractName, kind, "%s (HTTP %d): %s", cmp.Or(code, "error"), response.StatusCode, message)
}

// textractBlock is a piece of an answer. Only lines are used; places are parts of the page's width and height.
type textractBlock struct {
	BlockType string
	Text      string
	Geometry  struct {
		BoundingBox struct{ Left, Top, Width, Height float64 }
	}
}

type line struct {
	text                     string
	left, top, right, bottom float64
}

// readingOrder joins lines, columns one after the other, with a blank line where the page has more room than between
// two lines.
func readingOrder(blocks []textractBlock) string {
	var lines []line
	for _, block := range blocks {
		if box := block.Geometry.BoundingBox; block.BlockType == "LINE" && strings.TrimSpace(block.Text) != "" {
			lines = append(lines, line{block.Text, box.Left, box.Top, box.Left + box.Width, box.Top + box.Height})
		}
	}
	lines = cut(lines, 0)
	var out strings.Builder
	for i, l := range lines {
		if i > 0 {
			out.WriteByte('\n')
			before := lines[i-1]
			height := max(min(l.bottom-l.top, before.bottom-before.top), 0.001)
			if l.top-before.bottom > 0.8*height || l.top < before.top-height {
				out.WriteByte('\n')
			}
		}
		out.WriteString(l.text)
	}
	return tidy(out.String())
}

// cut orders lines by cutting the page where nothing stands (the XY cut): first into columns that have several lines
// each, else between lines from top to bottom.
func cut(lines []line, depth int) []line {
	if len(lines) < 2 || depth > 20 {
		return lines
	}
	slices.SortStableFunc(lines, func(a, b line) int { return cmp.Or(cmp.Compare(a.top, b.top), cmp.Compare(a.left, b.left)) })
	if left, right := columns(lines); left != nil {
		return append(cut(left, depth+1), cut(right, depth+1)...)
	}
	// A line across the page (a title) hides the columns below it: take lines off the top until what is left has some.
	for i := 1; i+3 < len(lines); i++ {
		if lines[i].top < lines[i-1].bottom-0.002 {
			continue
		}
		if left, _ := columns(lines[i:]); left != nil {
			return append(cut(slices.Clone(lines[:i]), depth+1), cut(slices.Clone(lines[i:]), depth+1)...)
		}
	}
	return lines
}

// columns finds the widest upright gap with at least two lines on both sides that stand beside each other. Rows of a table
// have gaps, too, but their cells are at one height: those are left together.
func columns(lines []line) (left, right []line) {
	const narrowest = 0.015
	byLeft := slices.Clone(lines)
	slices.SortFunc(byLeft, func(a, b line) int { return cmp.Compare(a.left, b.left) })
	edge, at, widest := byLeft[0].right, 0, narrowest
	for i, l := range byLeft[1:] {
		if gap := l.left - edge; gap > widest {
			widest, at = gap, i+1
		}
		edge = max(edge, l.right)
	}
	if at < 2 || len(byLeft)-at < 2 {
		return nil, nil
	}
	border := byLeft[at].left
	level := 0
	for _, l := range lines {
		if l.left >= border {
			right = append(right, l)
		} else {
			left = append(left, l)
		}
	}
	for _, r := range right {
		for _, l := range left {
			if d := r.top - l.top; d < 0.004 && d > -0.004 && len(l.text) < 40 && len(r.text) < 40 {
				level++
				break
			}
		}
	}
	if level*2 > len(right) {
		return nil, nil
	}
	return left, right
}
