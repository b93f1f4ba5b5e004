// Package claim is the claim check between the steps of the document pipeline: what is
// too large for the state of a Step Functions execution (262,144 bytes) lies in S3, and
// the state carries where.
//
// Everything that an execution writes lies below one prefix of the results bucket,
// work/<execution name>/, and is a function of the execution's input alone: a step that
// runs twice writes the same bytes to the same keys.
package claim

// Object names an object in S3.
type Object struct {
	Bucket    string `json:"bucket"`
	Key       string `json:"key"`
	VersionID string `json:"versionId,omitempty"`
}

// URI returns the s3:// form, which is what a Bedrock task takes as S3Uri. The key
// stands in it as it is: S3 URIs are not percent-encoded.
func (o Object) URI() string { return "s3://" + o.Bucket + "/" + o.Key }

// Document describes the document that an execution is about.
type Document struct {
	Bucket    string `json:"bucket"`
	Key       string `json:"key"`
	VersionID string `json:"versionId,omitempty"`
	ETag      string `json:"eTag,omitempty"` // without its quotes
	Name      string `json:"name"`           // the last part of the key
	Format    string `json:"format"`         // as tasks/text names it: "pdf", "docx", …
	MediaType string `json:"mediaType,omitempty"`
	Title     string `json:"title,omitempty"`    // what the file itself says; untrusted
	Language  string `json:"language,omitempty"` // "ja", "en" or empty
	Pages     int    `json:"pages"`
	// Characters counts Unicode code points of the text.
	Characters int    `json:"characters"`
	Bytes      int64  `json:"bytes"`  // of the document
	SHA256     string `json:"sha256"` // of the document, in hex
}

// Warning is something that the reader of a result should know about a document.
type Warning struct {
	Code    string `json:"code"`
	Message string `json:"message"`
	Page    int    `json:"page,omitempty"` // from 1; 0: the document as a whole
}

// Manifest accounts for every page and every chunk of a document. It lies in S3.
type Manifest struct {
	Document Document  `json:"document"`
	Text     Object    `json:"text"`  // the whole text
	Fence    string    `json:"fence"` // the tag that encloses the whole text in a prompt
	Pages    []Page    `json:"pages"`
	Chunks   []Chunk   `json:"chunks"`
	Warnings []Warning `json:"warnings"`
	// Recognition is what a model took that has read pages which are pictures.
	Recognition *Recognition `json:"recognition,omitempty"`
}

// Recognition is what reading pages with a model took.
type Recognition struct {
	Model        string `json:"model"` // the id that was called
	Calls        int    `json:"calls"`
	InputTokens  int    `json:"inputTokens"`
	OutputTokens int    `json:"outputTokens"`
}

// Page is one page of a document. A format without pages has one.
type Page struct {
	Number     int    `json:"number"` // from 1
	Characters int    `json:"characters"`
	SHA256     string `json:"sha256"` // of the page's text in UTF-8, in hex
}

// Chunk is one part of the text. Chunks cover the text exactly once, in order.
type Chunk struct {
	Index           int    `json:"index"` // from 0
	Key             string `json:"key"`   // in the bucket of the manifest
	SHA256          string `json:"sha256"`
	FirstPage       int    `json:"firstPage"`
	LastPage        int    `json:"lastPage"`
	Start           int    `json:"start"` // byte offsets in the text
	End             int    `json:"end"`
	EstimatedTokens int    `json:"estimatedTokens"`
	Fence           string `json:"fence"`
}
