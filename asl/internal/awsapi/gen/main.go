// Command gen writes requests.zip from the API models that botocore carries (Apache-2.0, Copyright Amazon.com, Inc. or its affiliates):
//
//	go run ./asl/internal/awsapi/gen -models $(python3 -c 'import botocore; print(botocore.__path__[0])')/data -version 1.43.11 \
//		-policies $(python3 -c 'import cfnlint; print(cfnlint.__path__[0])')/data/AdditionalSpecs/Policies.json -o asl/internal/awsapi/requests.zip
//
// Which IAM actions there are, and which of them know resources, is from the list that cfn-lint 1.51.0 (MIT-0) carries; it stems from AWS's
// Service Authorization Reference.
//
// The same models give the same bytes.
package main

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/docflow-asl/docflow/asl/internal/awsapi"
)

type model struct {
	Metadata   struct{ ServiceID, EndpointPrefix, SigningName string }
	Operations map[string]*operation
	Shapes     map[string]*shape
}

type operation struct{ Input, Output *ref }

type ref struct {
	Shape            string
	IdempotencyToken bool
}

type shape struct {
	Type        string
	Document    bool
	EventStream bool
	Members     members
	Required    []string
	Member      ref // of a list
	Value       ref // of a map
}

// members are the members of a structure, in the model's order.
type members []member

type member struct {
	name string
	ref
}

func (m *members) UnmarshalJSON(text []byte) error {
	d := json.NewDecoder(bytes.NewReader(text))
	if _, err := d.Token(); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var r ref
		if err := d.Decode(&r); err != nil {
			return err
		}
		*m = append(*m, member{name.(string), r})
	}
	return nil
}

func main() {
	models := flag.String("models", "", "botocore's `folder` data")
	version := flag.String("version", "", "botocore's version")
	policies := flag.String("policies", "", "cfn-lint's `file` Policies.json")
	output := flag.String("o", "requests.zip", "the `file` to write")
	flag.Parse()
	dirs, err := os.ReadDir(*models)
	if err != nil {
		log.Fatal(err)
	}
	text, err := os.ReadFile(*policies)
	if err != nil {
		log.Fatal(err)
	}
	if err := json.Unmarshal(text, &authorization); err != nil {
		log.Fatal(err)
	}
	services := map[string]string{}
	for _, dir := range dirs {
		if !dir.IsDir() {
			continue
		}
		m, err := read(filepath.Join(*models, dir.Name()))
		if err != nil {
			log.Fatal(err)
		}
		if m == nil {
			continue
		}
		name := serviceName(m.Metadata.ServiceID)
		services[name] += m.text(name)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	if err := z.SetComment("Requests of AWS APIs. Written by gen from the models in botocore " + *version + " (Apache-2.0, Copyright Amazon.com, Inc. or its affiliates). See awsapi.go."); err != nil {
		log.Fatal(err)
	}
	for _, name := range slices.Sorted(maps.Keys(services)) {
		w, err := z.Create(name)
		if err == nil {
			_, err = io.WriteString(w, services[name])
		}
		if err != nil {
			log.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		log.Fatal(err)
	}
	if err := os.WriteFile(*output, b.Bytes(), 0o644); err != nil {
		log.Fatal(err)
	}
}

// read gives the newest model in a folder, or nil when there is none.
func read(dir string) (*model, error) {
	files, err := filepath.Glob(filepath.Join(dir, "*", "service-2.json.gz"))
	if err != nil || len(files) == 0 {
		return nil, err
	}
	f, err := os.Open(files[len(files)-1])
	if err != nil {
		return nil, err
	}
	defer f.Close() // only read
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	m := &model{}
	return m, json.NewDecoder(z).Decode(m)
}

// serviceName is the name of the service in the AWS SDK for Java 2.x, which Step Functions takes over: its codegen drops blanks, the
// vendor and a trailing "Service" from the service id (DefaultNamingStrategy.getServiceName).
func serviceName(id string) string {
	id = strings.NewReplacer(" ", "", "-", "").Replace(id)
	for _, vendor := range []string{"Amazon", "AWS"} {
		id = strings.TrimPrefix(id, vendor)
	}
	return strings.ToLower(strings.TrimSuffix(id, "Service"))
}

// authorization has the IAM actions of each prefix, in small letters.
var authorization map[string]struct {
	Actions map[string]struct{ Resources []string }
}

// prefixes are the services whose IAM actions have another prefix than their signatures (Service Authorization Reference).
var prefixes = map[string]string{
	"cloudwatch": "cloudwatch", "cloudcontrol": "cloudformation", "iotdataplane": "iot", "iotjobsdataplane": "iotjobsdata", "ioteventsdata": "iotevents", "iotsecuretunneling": "iot",
	"resourcegroupstaggingapi": "tag", "mturk": "mechanicalturk", "partnercentralaccount": "partnercentral", "partnercentralbenefits": "partnercentral",
	"partnercentralchannel": "partnercentral", "partnercentralselling": "partnercentral", "sso": "sso",
}

func (m *model) text(service string) string {
	prefix := m.Metadata.SigningName
	if prefix == "" {
		prefix = m.Metadata.EndpointPrefix
	}
	if other := prefixes[service]; other != "" {
		prefix = other
	}
	w := &writer{model: m, written: map[string]bool{}}
	var b strings.Builder
	fmt.Fprintf(&b, "= %s\n", prefix)
	for _, name := range slices.Sorted(maps.Keys(m.Operations)) {
		op := m.Operations[name]
		b.WriteString(awsapi.ActionName(name))
		if m.streams(op.Input) || m.streams(op.Output) {
			b.WriteString("~")
		}
		if known, ok := authorization[prefix]; ok {
			if a, ok := known.Actions[strings.ToLower(name)]; !ok {
				b.WriteString("?")
			} else if len(a.Resources) == 0 {
				b.WriteString("-")
			}
		}
		if op.Input != nil {
			b.WriteString(" " + w.ref(op.Input.Shape))
		}
		b.WriteString("\n")
	}
	for _, line := range w.lines {
		b.WriteString(line + "\n")
	}
	return b.String()
}

// streams tells whether a request or response holds a stream of events, with which no task can deal.
func (m *model) streams(r *ref) bool {
	return r != nil && slices.ContainsFunc(m.Shapes[r.Shape].Members, func(member member) bool { return m.Shapes[member.Shape].EventStream })
}

type writer struct {
	model   *model
	written map[string]bool
	lines   []string
}

// ref is a shape in awsapi's notation.
func (w *writer) ref(name string) string {
	s := w.model.Shapes[name]
	switch s.Type {
	case "structure":
		if s.Document || s.EventStream {
			return "*"
		}
		return w.structure(name, s)
	case "list":
		return "[" + w.ref(s.Member.Shape)
	case "map":
		return "{" + w.ref(s.Value.Shape)
	case "string", "character":
		return "s"
	case "boolean":
		return "b"
	case "integer", "long", "float", "double":
		return "n"
	}
	return "*" // a blob or a time, which have several forms
}

func (w *writer) structure(name string, s *shape) string {
	title := strings.ToUpper(name[:1]) + name[1:]
	if w.written[name] {
		return title
	}
	w.written[name] = true
	at := len(w.lines)
	w.lines = append(w.lines, "")
	line := title + " :"
	for _, m := range s.Members {
		line += " " + awsapi.ParameterName(m.name)
		if slices.Contains(s.Required, m.name) && !m.IdempotencyToken {
			line += "!"
		}
		line += ":" + w.ref(m.Shape)
	}
	w.lines[at] = line
	return title
}
