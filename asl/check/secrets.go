package check

import (
	"fmt"
	"math"
	"regexp"
	"strings"

	"github.com/docflow-asl/docflow/asl"
)

// Secrets that stand in the definition itself.
var secretRules = []*Rule{{
	Code: "secret-literal", Severity: Warning, check: checkSecrets,
	Doc: "A key, token or password stands in the definition, where everybody reads it who may see the state machine, its executions or the repository. Keep it in Secrets Manager and let the called side read it, or call an HTTPS API through an EventBridge connection.",
}}

// tokens are secrets that their own form gives away. The forms are those that the vendors document.
var tokens = []struct {
	what    string
	start   string // without which the pattern is not tried
	pattern *regexp.Regexp
}{
	{"an AWS access key id", "AKIA", regexp.MustCompile(`\bAKIA[A-Z2-7]{16}\b`)},
	{"an AWS access key id", "ASIA", regexp.MustCompile(`\bASIA[A-Z2-7]{16}\b`)},
	{"a private key", "PRIVATE KEY", regexp.MustCompile(`-----BEGIN (?:[A-Z]+ )*PRIVATE KEY(?: BLOCK)?-----`)},
	{"a GitHub token", "gh", regexp.MustCompile(`\bgh[pousr]_[A-Za-z0-9]{36,}\b`)},
	{"a GitHub token", "github_pat_", regexp.MustCompile(`\bgithub_pat_[A-Za-z0-9_]{60,}\b`)},
	{"a GitLab token", "glpat-", regexp.MustCompile(`\bglpat-[A-Za-z0-9_-]{20,}`)},
	{"a Slack token", "xox", regexp.MustCompile(`\bxox[abprs]-[0-9A-Za-z-]{20,}`)},
	{"a Slack webhook", "hooks.slack.com", regexp.MustCompile(`hooks\.slack\.com/(?:services|workflows)/T[A-Z0-9]{6,}/[A-Z0-9]{6,}/[A-Za-z0-9]{16,}`)},
	{"a Stripe key", "k_live_", regexp.MustCompile(`\b[sr]k_live_[0-9A-Za-z]{16,}`)},
	{"a Google API key", "AIza", regexp.MustCompile(`\bAIza[0-9A-Za-z_-]{35}\b`)},
	{"an Anthropic API key", "sk-ant-", regexp.MustCompile(`\bsk-ant-[A-Za-z0-9_-]{24,}`)},
	{"an OpenAI API key", "sk-", regexp.MustCompile(`\bsk-(?:proj-|svcacct-)?[A-Za-z0-9_-]{20,}T3BlbkFJ[A-Za-z0-9_-]{20,}`)},
	{"a SendGrid key", "SG.", regexp.MustCompile(`\bSG\.[A-Za-z0-9_-]{20,}\.[A-Za-z0-9_-]{30,}`)},
	{"an npm token", "npm_", regexp.MustCompile(`\bnpm_[A-Za-z0-9]{36}\b`)},
	{"a Hugging Face token", "hf_", regexp.MustCompile(`\bhf_[A-Za-z0-9]{30,}\b`)},
	{"a JSON Web Token", "eyJ", regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}`)},
}

var (
	// urlPassword is a URL with a password in it.
	urlPassword = regexp.MustCompile(`\b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s:/@?#]*:([^\s/@?#]+)@[^\s/@]`)
	// listPassword is a connection string of the form key=value; the rest of which shows that it is one.
	listPassword = regexp.MustCompile(`(?i)(?:^|;)\s*(?:password|pwd|accountkey|sharedaccesskey)\s*=\s*([^;]+)`)
	listServer   = regexp.MustCompile(`(?i)(?:^|;)\s*(?:server|data source|host|endpoint|accountname|user id|uid)\s*=`)
	// bearer is the value of an Authorization header.
	bearer = regexp.MustCompile(`^(?i:bearer|basic|token|apikey)\s+([A-Za-z0-9._~+/=-]{16,})$`)
	// queryKey is a key or token among the parameters of a URL.
	queryKey = regexp.MustCompile(`(?i)[?&](?:api_?key|apikey|key|token|access_?token|auth|sig|signature|client_?secret|code)=([A-Za-z0-9._~+/%-]{16,})(?:&|$|#|['"])`)
	// quotedField is a field with a constant in the text of a JSONata object.
	quotedField = regexp.MustCompile(`["']([A-Za-z0-9_-]+)["']\s*:\s*(?:"([^"]{6,})"|'([^']{6,})')`)
	// passwordName and keyName are fields whose values are passwords of people's making or random keys.
	passwordName = regexp.MustCompile(`(?i)(?:^|[a-z0-9_-])?(?:password|passwd|passphrase|passcode|pwd)$`)
	keyName      = regexp.MustCompile(`(?i)(?:^token|secret|secret_?access_?key|secret_?key|api_?key|x-api-key|access_?token|auth_?token|api_?token|bearer_?token|client_?secret|subscription-?key|private_?key|refresh_?token)$`)
	awsSecret    = regexp.MustCompile(`^[A-Za-z0-9/+=]{40}$`)
)

// standIns are what stands where a secret will be.
var standIns = regexp.MustCompile(`(?i)^(?:x+|\*+|\.+|-+|password|passwd|pass|pwd|secret|token|string|example|sample|test|dummy|null|none|todo|redacted|replace[-_ ]?me|change[-_ ]?me|your[-_ ].*|my[-_]?(?:password|secret|token|key)|<.*>|\[.*\]|\(.*\))$`)

// free tells whether a text is no constant at all or stands for a value that comes later.
func free(text string) bool {
	text = strings.TrimSpace(text)
	return text == "" || strings.Contains(text, "${") || strings.Contains(text, "{{") || strings.Contains(text, "{%") || strings.HasPrefix(text, "$") || strings.HasPrefix(text, "States.") ||
		strings.HasPrefix(text, "arn:") || strings.Contains(text, "EXAMPLE") || strings.Contains(text, "<") || standIns.MatchString(text)
}

// random tells whether a text looks like no word: long, of letters and digits, with as many different ones as a random text has.
func random(text string) bool {
	if len(text) < 16 || strings.ContainsAny(text, " \t\n") {
		return false
	}
	counts := map[rune]float64{}
	var lower, upper, digit bool
	for _, r := range text {
		counts[r]++
		lower = lower || r >= 'a' && r <= 'z'
		upper = upper || r >= 'A' && r <= 'Z'
		digit = digit || r >= '0' && r <= '9'
	}
	entropy := 0.0
	for _, n := range counts {
		share := n / float64(len([]rune(text)))
		entropy -= share * math.Log2(share)
	}
	return digit && (lower || upper) && entropy >= 3.2
}

// secretIn tells which secret a string holds, or "". name is that of the field that it stands in.
func (n secretNames) secretIn(name, text string) string {
	for _, t := range tokens {
		if len(text) >= leastToken && strings.Contains(text, t.start) {
			for _, found := range t.pattern.FindAllString(text, -1) {
				if !strings.HasSuffix(found, "EXAMPLE") && !strings.Contains(found, "xxxx") && !strings.Contains(found, "XXXX") {
					return t.what
				}
			}
		}
	}
	if strings.Contains(text, "://") {
		if m := urlPassword.FindStringSubmatch(text); m != nil && !free(m[1]) && !strings.ContainsAny(m[1], "{}%$") {
			return "a password in a URL"
		}
		if m := queryKey.FindStringSubmatch(text); m != nil && random(m[1]) && !free(m[1]) {
			return "a key or token in a URL"
		}
	}
	if strings.Contains(text, ";") {
		if m := listPassword.FindStringSubmatch(text); m != nil && listServer.MatchString(text) && !free(m[1]) && !strings.ContainsAny(m[1], "{}$") {
			return "a password in a connection string"
		}
	}
	if strings.HasPrefix(strings.TrimSpace(text), "{%") {
		for _, m := range quotedField.FindAllStringSubmatch(text, -1) {
			if what := n.secretIn(m[1], m[2]+m[3]); what != "" {
				return what
			}
		}
	}
	kind := n.kind(name)
	if kind == 0 || free(text) {
		return ""
	}
	if kind&authorization != 0 {
		if m := bearer.FindStringSubmatch(text); m != nil && random(m[1]) {
			return "an authorization token"
		}
	}
	switch {
	case kind&secretKey != 0 && awsSecret.MatchString(text) && random(text):
		return "a secret access key"
	case kind&password != 0 && len(text) >= 6 && !strings.ContainsAny(text, " /:") && strings.ContainsAny(text, "0123456789!@#$%^&*"):
		return "a password"
	case kind&randomKey != 0 && random(text) && !strings.Contains(text, "/"):
		return "a key or token"
	}
	return ""
}

// leastToken is the length of the shortest secret that its own form gives away.
const leastToken = 20

// secretKind sorts names by what their values may be.
type secretKind uint8

const (
	authorization secretKind = 1 << iota
	secretKey
	password
	randomKey
)

// secretNames remembers what names say of their values: definitions have few different ones.
type secretNames map[string]secretKind

func (n secretNames) kind(name string) secretKind {
	kind, known := n[name]
	if known {
		return kind
	}
	if strings.EqualFold(name, "authorization") {
		kind |= authorization
	}
	if strings.Contains(strings.ToLower(name), "secret") {
		kind |= secretKey
	}
	if passwordName.MatchString(name) {
		kind |= password
	}
	if keyName.MatchString(name) {
		kind |= randomKey
	}
	n[name] = kind
	return kind
}

func checkSecrets(p *pass, r *Rule) {
	names := secretNames{}
	var walk func(n *asl.Node, name string)
	walk = func(n *asl.Node, name string) {
		if text, ok := textOf(n); ok {
			if what := names.secretIn(name, text); what != "" {
				p.report(r, finding{
					node: n, message: fmt.Sprintf("%s holds what looks like %s", p.place(n), what),
					cure: "keep it in AWS Secrets Manager and pass the secret's name, or use a connection of EventBridge; then change the secret, since whoever has read this knows it",
				})
			}
			return
		}
		for _, item := range n.Items {
			walk(item, name)
		}
		for _, m := range n.Members {
			if text, ok := textOf(n.Member("Name")); ok && m.Name == "Value" { // an environment variable, a header: {"Name": "DB_PASSWORD", "Value": …}
				walk(m.Value, text)
				continue
			}
			walk(m.Value, m.Name)
		}
	}
	if p.root != nil {
		walk(p.root, "")
	}
}
