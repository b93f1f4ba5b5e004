// Package awsapi knows the requests of the AWS APIs that Step Functions calls by arn:aws:states:::aws-sdk:SERVICE:ACTION: which services and
// actions there are, and the names and types of their parameters. The data are in requests.zip; gen/main.go makes it from AWS's own models.
//
// A file of requests.zip is a service, named as in a Resource. Its lines are the prefix of its IAM actions, its actions with their
// request, and structures. After the name of an action ~ means a stream of events, - an IAM action that knows no resources, and ? that IAM has no
// action of this name:
//
//	= lambda
//	getAlias GetAliasRequest
//	invokeWithResponseStream~? InvokeWithResponseStreamRequest
//	listFunctions- ListFunctionsRequest
//	GetAliasRequest : FunctionName!:s Name!:s
//
// A type is s (string), n (number), b (boolean), * (anything), [ and the type of the items, { and the type of the values (an object whose
// members have any name), or the name of a structure. A member with ! is required.
package awsapi

import (
	"archive/zip"
	"bytes"
	_ "embed"
	"io"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode"
)

//go:embed requests.zip
var archive []byte

// Version names the data: botocore's version.
func Version() string {
	_, rest, _ := strings.Cut(open().Comment, "botocore ")
	version, _, _ := strings.Cut(rest, " ")
	return version
}

var open = sync.OnceValue(func() *zip.Reader {
	z, err := zip.NewReader(bytes.NewReader(archive), int64(len(archive)))
	if err != nil {
		panic("awsapi: requests.zip: " + err.Error()) // part of the program: every test reads it
	}
	return z
})

var files = sync.OnceValue(func() map[string]*zip.File {
	all := make(map[string]*zip.File, len(open().File))
	for _, f := range open().File {
		all[f.Name] = f
	}
	return all
})

// Services lists the names of all services, in order.
var Services = sync.OnceValue(func() []string {
	names := make([]string, 0, len(open().File))
	for _, f := range open().File {
		names = append(names, f.Name)
	}
	slices.Sort(names)
	return names
})

// retired are services that AWS has ended: definitions may still name them, but the models that requests.zip is made of have no
// word of them. They are those of the AWS SDK for Go v1.55.8 that botocore has no more.
var retired = map[string]bool{
	"apptest": true, "codestar": true, "elasticinference": true, "elastictranscoder": true, "evidently": true, "iot1clickdevices": true, "iot1clickprojects": true,
	"iotanalytics": true, "iotfleethub": true, "lookoutmetrics": true, "lookoutvision": true, "mobileanalytics": true, "nimble": true, "opsworks": true, "opsworkscm": true,
	"privatenetworks": true, "qldb": true, "qldbsession": true, "robomaker": true, "sms": true, "worklink": true,
}

// Retired tells whether a service is one that AWS has ended.
func Retired(name string) bool { return retired[name] }

// Service is what is known of one service.
type Service struct {
	Name      string
	IAMPrefix string // of its IAM actions
	actions   map[string]action
	names     []string          // of the actions, in order
	shapes    map[string]string // the members of a structure, not yet taken apart
	parsed    sync.Map          // name of a structure → *Structure
}

type action struct {
	request string
	marks   string // ~, ? and -
}

var loaded sync.Map // name → *Service

// Find gives a service by its name in a Resource, such as bedrockruntime; nil when it is not known.
func Find(name string) *Service {
	if s, ok := loaded.Load(name); ok {
		return s.(*Service)
	}
	f := files()[name]
	if f == nil {
		return nil
	}
	r, err := f.Open()
	if err != nil {
		panic("awsapi: " + name + ": " + err.Error())
	}
	text, err := io.ReadAll(r)
	if err != nil {
		panic("awsapi: " + name + ": " + err.Error())
	}
	s := &Service{Name: name, actions: map[string]action{}, shapes: map[string]string{}}
	for line := range strings.Lines(string(text)) {
		head, rest, _ := strings.Cut(strings.TrimSuffix(line, "\n"), " ")
		switch {
		case head == "=":
			s.IAMPrefix = rest
		case strings.HasPrefix(rest, ":"):
			s.shapes[head] = strings.TrimPrefix(rest, ":")
		default:
			name := strings.TrimRight(head, "~?-")
			s.actions[name] = action{rest, head[len(name):]}
		}
	}
	s.names = slices.Sorted(maps.Keys(s.actions))
	kept, _ := loaded.LoadOrStore(name, s)
	return kept.(*Service)
}

// Actions lists the names of the service's actions, in order.
func (s *Service) Actions() []string { return s.names }

// Has tells whether the service has an action.
func (s *Service) Has(name string) bool { _, ok := s.actions[name]; return ok }

// Streams tells whether a request or the response of an action is a stream of events.
func (s *Service) Streams(name string) bool { return strings.Contains(s.actions[name].marks, "~") }

// WithoutResources tells whether the IAM action of the same name is known to have no resources: a policy can allow it on "*" alone.
func (s *Service) WithoutResources(name string) bool {
	return strings.Contains(s.actions[name].marks, "-")
}

// Unnamed tells whether IAM is known to have no action of the same name.
func (s *Service) Unnamed(name string) bool { return strings.Contains(s.actions[name].marks, "?") }

// Request is the request of an action; nil when the action is not known or has none.
func (s *Service) Request(name string) *Structure { return s.structure(s.actions[name].request) }

// Structure is an object with known members.
type Structure struct {
	Members []Member // in the order of the model
	byName  map[string]int
}

// Member is a member of a structure.
type Member struct {
	Name     string // in PascalCase, as Step Functions wants it
	Required bool
	Type     Type
}

// Member gives a member by its name; letters may be of any case.
func (s *Structure) Member(name string) (Member, bool) {
	i, ok := s.byName[strings.ToLower(name)]
	if !ok {
		return Member{}, false
	}
	return s.Members[i], true
}

// Named is a structure of members that may hold anything.
func Named(names ...string) *Structure {
	s := &Structure{byName: map[string]int{}}
	for i, name := range names {
		s.byName[strings.ToLower(name)] = i
		s.Members = append(s.Members, Member{Name: name, Type: Type{Kind: Any}})
	}
	return s
}

// Kind sorts types.
type Kind byte

// The kinds.
const (
	Any     Kind = '*'
	String  Kind = 's'
	Number  Kind = 'n'
	Boolean Kind = 'b'
	List    Kind = '['
	Map     Kind = '{'
	Object  Kind = ':'
)

// Type is the type of a parameter.
type Type struct {
	Kind    Kind
	service *Service
	rest    string
}

// Items is the type of the items of a list or of the values of a map.
func (t Type) Items() Type { return t.service.typeOf(t.rest) }

// Structure is what an object holds.
func (t Type) Structure() *Structure { return t.service.structure(t.rest) }

func (s *Service) typeOf(text string) Type {
	if text == "" {
		return Type{Kind: Any}
	}
	switch k := Kind(text[0]); k {
	case Any, String, Number, Boolean:
		return Type{Kind: k}
	case List, Map:
		return Type{k, s, text[1:]}
	}
	return Type{Object, s, text}
}

func (s *Service) structure(name string) *Structure {
	if parsed, ok := s.parsed.Load(name); ok {
		return parsed.(*Structure)
	}
	text, ok := s.shapes[name]
	if !ok {
		return nil
	}
	fields := strings.Fields(text)
	parsed := &Structure{byName: make(map[string]int, len(fields))}
	for _, field := range fields {
		name, text, _ := strings.Cut(field, ":")
		name, required := strings.CutSuffix(name, "!")
		lower := strings.ToLower(name)
		parsed.byName[lower] = len(parsed.Members)
		if javaNames[lower] {
			parsed.byName[lower+"value"] = len(parsed.Members)
		} else if lower == "equalsvalue" {
			parsed.byName["equals"] = len(parsed.Members)
		}
		parsed.Members = append(parsed.Members, Member{name, required, s.typeOf(text)})
	}
	s.parsed.Store(name, parsed)
	return parsed
}

// javaNames are names that the AWS SDK for Java does not give to a method: it adds Value to them (DefaultNamingStrategy). Whether Step
// Functions does so with others than equals is not known; both are taken.
var javaNames = func() map[string]bool {
	all := map[string]bool{}
	for _, name := range strings.Fields(`abstract assert boolean break byte case catch char class const continue default do double else enum extends false
		final finally float for goto if implements import instanceof int interface long native new null package private protected public return short static strictfp super
		switch synchronized this throw throws transient true try void volatile while getclass hashcode tostring notify notifyall wait clone finalize`) {
		all[name] = true
	}
	return all
}()

// ActionName is the name of an operation in a Resource: that of the method of the AWS SDK for Java 2.x, GetObject as getObject.
func ActionName(operation string) string { return uncapitalize(operation) }

// ParameterName is the name of a parameter as Step Functions wants it: that of the AWS SDK for Java 2.x with a capital letter. The SDK makes
// small letters of a leading acronym: SNSTopicArn of the API is snsTopicArn and so SnsTopicArn. AWS says of the API's own name
// that it "is not supported by Step Functions" (aws/aws-step-functions-data-science-sdk-python issue 198).
//
// What the API calls equals is EqualsValue, says AWS's page on SDK integrations, since equals is a method of every object of Java.
func ParameterName(member string) string {
	name := uncapitalize(member)
	switch name {
	case "":
		return ""
	case "equals":
		return "EqualsValue"
	}
	return strings.ToUpper(name[:1]) + name[1:]
}

// uncapitalize is what Utils.unCapitalize of the code generator of the AWS SDK for Java 2.x does.
func uncapitalize(name string) string {
	r := []rune(name)
	for i := range r {
		if i > 0 && (!unicode.IsUpper(r[i]) || i+1 < len(r) && unicode.IsLower(r[i+1])) {
			break
		}
		r[i] = unicode.ToLower(r[i])
	}
	return string(r)
}
