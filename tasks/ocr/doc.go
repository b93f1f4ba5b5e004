// Package ocr reads the text of pictures, for package text (text.Options.OCR): with a local tesseract, with a model on
// Amazon Bedrock, or with Amazon Textract.
//
//	reader       Japanese  pictures                                 costs
//	Tesseract    yes       PNG, JPEG, TIFF, GIF, WebP, BMP          CPU time: seconds a page
//	Bedrock      yes       PNG, JPEG, GIF, WebP; others converted   tokens of the model, see Amazon Bedrock pricing
//	Textract     no        PNG, JPEG, TIFF; others converted        a price a page, see Amazon Textract pricing
//
// All of them read one picture at a time and may be called for several at once; how many is the caller's choice. None
// tries again by itself: whoever called the extraction retries, and [Error] says whether that helps.
//
// # Textract and PDF
//
// Textract's synchronous operation takes pictures and one-page documents, the asynchronous one PDFs of many pages out of
// S3. Package text makes a picture of each page that needs it and hands over only those, so the synchronous operation is
// enough: no job to wait for, no topic, no second state in the flow, and the pages that have text cost nothing.
package ocr

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/docflow-asl/docflow/tasks/text"
)

var (
	_ text.OCR = (*Tesseract)(nil)
	_ text.OCR = (*Bedrock)(nil)
	_ text.OCR = (*Textract)(nil)
)

// Kind names what went wrong.
type Kind string

// The ways in which reading a picture fails.
const (
	// NotInstalled: there is no tesseract, or not the language.
	NotInstalled Kind = "NotInstalled"
	// ImageUnreadable: the bytes are no picture of a kind that can be read.
	ImageUnreadable Kind = "ImageUnreadable"
	// ImageTooLarge: the picture has too many pixels, or too many bytes however it is packed.
	ImageTooLarge Kind = "ImageTooLarge"
	// LanguageNotRead: the reader does not know the language of the document.
	LanguageNotRead Kind = "LanguageNotRead"
	// Incomplete: the page has more text than the reader may answer. Half a page is never taken for the whole.
	Incomplete Kind = "Incomplete"
	// Refused: the model or a guardrail did not want to read the page.
	Refused Kind = "Refused"
	// AccessDenied: the credentials are missing, wrong or not allowed to do it.
	AccessDenied Kind = "AccessDenied"
	// InvalidRequest: the service does not accept the request: the model id may be wrong.
	InvalidRequest Kind = "InvalidRequest"
	// Throttled: too many requests; later there may be fewer.
	Throttled Kind = "Throttled"
	// Unavailable: the service is not there just now, or answers nonsense.
	Unavailable Kind = "Unavailable"
	// TimedOut: the page took longer than it may.
	TimedOut Kind = "TimedOut"
)

// Error is the error of a reader.
type Error struct {
	Kind    Kind
	Reader  string
	Message string
	cause   error
}

func (e *Error) Error() string { return string(e.Kind) + ": " + e.Message }

// Unwrap returns the error underneath, if there is one.
func (e *Error) Unwrap() error { return e.cause }

// Retryable says whether the same picture may be read on another try.
func (e *Error) Retryable() bool {
	return e.Kind == Throttled || e.Kind == Unavailable || e.Kind == TimedOut
}

func failed(reader string, kind Kind, format string, args ...any) *Error {
	err := fmt.Errorf(format, args...)
	return &Error{Kind: kind, Reader: reader, Message: err.Error(), cause: errors.Unwrap(err)}
}

// kindOf maps the names that AWS services give their errors.
func kindOf(code string) Kind {
	switch code {
	case "ThrottlingException", "ProvisionedThroughputExceededException", "LimitExceededException", "ServiceQuotaExceededException", "TooManyRequestsException", "RequestLimitExceeded":
		return Throttled
	case "InternalServerError", "InternalServerException", "ServiceUnavailableException", "ServiceUnavailable", "ModelNotReadyException", "ModelErrorException", "InternalFailure":
		return Unavailable
	case "ModelTimeoutException":
		return TimedOut
	case "AccessDeniedException", "UnrecognizedClientException", "InvalidSignatureException", "ExpiredTokenException", "IncompleteSignature", "MissingAuthenticationTokenException", "InvalidClientTokenId", "OptInRequired":
		return AccessDenied
	case "BadDocumentException", "UnsupportedDocumentException":
		return ImageUnreadable
	case "DocumentTooLargeException":
		return ImageTooLarge
	}
	return InvalidRequest
}

// ended returns the context's own error when it is over, so that a cancelled call is no fault of the reader.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// transport is the kind of an error that no service has answered.
func transport(err error) Kind {
	var network net.Error
	if errors.As(err, &network) && network.Timeout() {
		return TimedOut
	}
	return Unavailable
}

// tidy drops what readers put around lines.
func tidy(s string) string {
	lines := strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \t\f")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}
