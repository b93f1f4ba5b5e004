package intrinsic

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"strings"

	"github.com/docflow-asl/docflow/asl/jsonpath/javalang"
	"github.com/docflow-asl/docflow/asl/value"
)

// hash gives the digest in hexadecimal digits. AWS takes data of all types, and hashes what Java prints for them.
func hash(e *evaluation, call *Call, args []value.Value) (value.Value, error) {
	if value.Size(args[0]) > 8*MaxInput { // before it is printed
		return nil, e.invalid(call)
	}
	data := javalang.Text(args[0])
	if javalang.Length(data) > MaxInput {
		return nil, e.invalid(call)
	}
	var sum []byte
	switch algorithm, _ := args[1].(value.String); algorithm {
	case "MD5":
		digest := md5.Sum([]byte(data))
		sum = digest[:]
	case "SHA-1":
		digest := sha1.Sum([]byte(data))
		sum = digest[:]
	case "SHA-256":
		digest := sha256.Sum256([]byte(data))
		sum = digest[:]
	case "SHA-384":
		digest := sha512.Sum384([]byte(data))
		sum = digest[:]
	case "SHA-512":
		digest := sha512.Sum512([]byte(data))
		sum = digest[:]
	default:
		return nil, e.invalid(call)
	}
	return value.String(hex.EncodeToString(sum)), nil
}

func base64Encode(e *evaluation, call *Call, args []value.Value) (value.Value, error) {
	text, _ := args[0].(value.String)
	if javalang.Length(string(text)) > MaxInput {
		return nil, e.invalid(call)
	}
	return value.String(base64.StdEncoding.EncodeToString([]byte(text))), nil
}

// base64Decode is as lenient as AWS: characters outside of the alphabet are passed over, padding may be missing and ends the text
// where it stands. Bytes that are not UTF-8 become U+FFFD.
func base64Decode(e *evaluation, call *Call, args []value.Value) (value.Value, error) {
	text, _ := args[0].(value.String)
	if javalang.Length(string(text)) > MaxInput {
		return nil, e.invalid(call)
	}
	digits := make([]byte, 0, len(text))
	for i := range len(text) {
		c := text[i]
		if c == '=' {
			break
		}
		switch {
		case c == '-':
			c = '+'
		case c == '_':
			c = '/'
		}
		if 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '+' || c == '/' {
			digits = append(digits, c)
		}
	}
	if len(digits)%4 == 1 {
		digits = digits[:len(digits)-1] // six bits make no byte
	}
	decoded := make([]byte, base64.RawStdEncoding.DecodedLen(len(digits)))
	n, err := base64.RawStdEncoding.Decode(decoded, digits)
	if err != nil {
		return nil, e.invalid(call)
	}
	return value.String(strings.ToValidUTF8(string(decoded[:n]), "\ufffd")), nil
}

// stringSplit splits at every character of the second text and drops empty pieces, like Java's StringTokenizer.
func stringSplit(e *evaluation, call *Call, args []value.Value) (value.Value, error) {
	text, _ := args[0].(value.String)
	if len(text) > maxTaken {
		return nil, e.tooLarge(call)
	}
	separators, _ := args[1].(value.String)
	set := make(map[rune]bool)
	for _, r := range string(separators) {
		set[r] = true
	}
	pieces := strings.FieldsFunc(string(text), func(r rune) bool { return set[r] })
	list := make([]value.Value, len(pieces))
	for i, piece := range pieces {
		list[i] = value.String(piece)
	}
	return value.NewArray(list...), nil
}

// stringToJSON gives null for a text without anything in it, as recorded on AWS, which tells of faults in the words of Jackson. Numbers come out as Jackson writes them.
func stringToJSON(e *evaluation, call *Call, args []value.Value) (value.Value, error) {
	text, _ := args[0].(value.String)
	if strings.Trim(string(text), " \t\r\n") == "" {
		return value.Null{}, nil
	}
	if len(text) > maxTaken {
		return nil, e.tooLarge(call)
	}
	v, err := value.Parse(string(text))
	if err != nil {
		fault := jacksonFault(string(text))
		if fault == "" {
			fault = err.Error()
		}
		return nil, e.failed(call, "Cannot convert String to Json in States.StringToJson, caused by: "+fault)
	}
	return rewritten(v), nil
}

func jsonToString(e *evaluation, call *Call, args []value.Value) (value.Value, error) {
	if value.Size(args[0]) > MaxOutput {
		return nil, e.tooLarge(call)
	}
	return value.String(value.Text(rewritten(args[0]))), nil
}

// rewritten returns v as Java reads it and writes it again: without blanks, -0 as 0, 1e3 as 1000.0.
func rewritten(v value.Value) value.Value {
	switch v := v.(type) {
	case value.Number:
		if text := value.Number(javalang.NumberText(v)); text != "Infinity" && text != "-Infinity" {
			return text
		}
	case *value.Array:
		list := make([]value.Value, v.Len())
		for i, item := range v.Items() {
			list[i] = rewritten(item)
		}
		return value.NewArray(list...)
	case *value.Object:
		members := make([]value.Member, v.Len())
		for i, m := range v.Members() {
			members[i] = value.Member{Name: m.Name, Value: rewritten(m.Value)}
		}
		return value.NewObject(members...)
	}
	return v
}

// jsonMerge puts the members of the second object over those of the first. Only shallow merging exists: the third argument must not be
// true. The members come out in the order of a Java HashMap, as recorded on AWS.
func jsonMerge(e *evaluation, call *Call, args []value.Value) (value.Value, error) {
	if args[2] == value.Bool(true) {
		return nil, e.invalid(call)
	}
	merged := make(map[string]value.Value)
	var names []string
	for _, arg := range args[:2] {
		object, ok := arg.(*value.Object)
		if !ok {
			return nil, e.invalid(call)
		}
		for _, m := range object.Members() {
			names = append(names, m.Name)
			merged[m.Name] = m.Value
		}
	}
	names = javalang.HashOrder(names)
	members := make([]value.Member, len(names))
	for i, name := range names {
		members[i] = value.Member{Name: name, Value: merged[name]}
	}
	return value.NewObject(members...), nil
}
