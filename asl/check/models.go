package check

import (
	_ "embed"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/docflow-asl/docflow/asl"
	"github.com/docflow-asl/docflow/asl/nearest"
	"github.com/docflow-asl/docflow/asl/value"
)

// Which model a Task asks of Bedrock. AWS looks at model ids only when the state runs, and the same id may work in one account or
// region and not in another: all of this are warnings.
var modelRules = []*Rule{
	{
		Code: "end-of-life-model", Severity: Warning, check: checkModelLives,
		Doc: "Bedrock answers no more calls of a model after its end of life, and says half a year before when that will be. The dates are those of docflow's table (models.txt); --as-of DATE judges for another day than today.",
	},
	{
		Code: "model-without-profile", Severity: Warning, check: checkModelProfiles,
		Doc: `Bedrock takes on-demand calls of this model only through an inference profile, and answers "Invocation of model ID … with on-demand throughput isn't supported" else.`,
	},
	{
		Code: "unknown-model", Severity: Warning, check: checkModelNames,
		Doc: "No Bedrock model has this id, but one has an id much like it.",
	},
}

// model is what is known of a Bedrock model; dates are zero where nobody knows.
type model struct {
	id          string
	legacy, end time.Time
	past        bool // its life has ended, at a day that is not known
	profile     bool // on-demand calls need an inference profile
}

//go:embed models.txt
var modelsFile string

var models = sync.OnceValue(func() map[string]model {
	all := map[string]model{}
	for line := range strings.Lines(modelsFile) {
		f := strings.Fields(line)
		if len(f) < 3 || f[0] == "#" {
			continue
		}
		m := model{id: f[0], past: f[2] == "past", profile: len(f) > 3 && f[3] == "profile"}
		m.legacy, _ = time.Parse(time.DateOnly, f[1]) // "-" is no date
		m.end, _ = time.Parse(time.DateOnly, f[2])
		all[m.id] = m
	}
	return all
})

var modelIDs = sync.OnceValue(func() []string { return slices.Sorted(maps.Keys(models())) })

// geographies are the prefixes of inference profiles that AWS defines.
var geographies = map[string]bool{"us": true, "us-gov": true, "eu": true, "apac": true, "jp": true, "au": true, "ca": true, "in": true, "global": true}

// modelUse is a constant that names a model.
type modelUse struct {
	node    *asl.Node
	id      string // the model's, without the geography
	known   bool
	model   model
	profile bool // called through an inference profile
}

var modelARN = regexp.MustCompile(`^arn:[^:]*:bedrock:[^:]*:[^:]*:(foundation-model|inference-profile)/(.+)$`)

// contextSize is what follows an id that means a variant with another context window: amazon.nova-pro-v1:0:300k.
var contextSize = regexp.MustCompile(`:[0-9]+[km]$`)

// modelUses finds the models that tasks name by constants. Application inference profiles, provisioned throughput, custom models and
// prompts are nobody's to know.
func (p *pass) modelUses(visit func(modelUse)) {
	for _, s := range p.states {
		var names []string
		switch res := s.resource; {
		case s.hidden:
		case res.service == "bedrock" && res.kind == optimised && res.api == "invokeModel", res.service == "bedrockruntime" && res.kind == sdk:
			names = []string{"ModelId"}
		case res.service == "bedrockagentruntime" && res.kind == sdk:
			names = []string{"ModelArn"}
		}
		_, object := request(s)
		if len(names) == 0 || object == nil {
			continue
		}
		var walk func(n *asl.Node)
		walk = func(n *asl.Node) {
			for _, m := range n.Members {
				if text, ok := textOf(m.Value); ok && slices.Contains(names, m.Name) {
					if u, ok := readModel(m.Value, text); ok {
						visit(u)
					}
				}
				if m.Value.Kind == value.KindObject && names[0] == "ModelArn" {
					walk(m.Value)
				}
			}
		}
		walk(object)
	}
}

func readModel(n *asl.Node, text string) (modelUse, bool) {
	u := modelUse{node: n, id: text}
	if strings.HasPrefix(text, "arn:") {
		// The region and account may be substitutions.
		m := modelARN.FindStringSubmatch(holePattern.ReplaceAllString(text, "x"))
		if m == nil {
			return u, false
		}
		u.id, u.profile = m[2], m[1] == "inference-profile"
	}
	if strings.ContainsAny(u.id, "${}%/ ") || hasHole(text) && !strings.HasPrefix(text, "arn:") || u.id == "" || hasHole(text[strings.LastIndexByte(text, ':')+1:]) {
		return u, false
	}
	if geography, rest, ok := strings.Cut(u.id, "."); ok && geographies[geography] {
		u.id, u.profile = rest, true
	} else if u.profile {
		return u, false // an application inference profile
	}
	u.id = contextSize.ReplaceAllString(u.id, "")
	u.model, u.known = models()[u.id]
	return u, true
}

// nearEnd is how long before its end a model is reported as near to it when nobody says since when it is legacy.
const nearEnd = 180 * 24 * time.Hour

func (p *pass) today() time.Time {
	day := p.opts.AsOf
	if day.IsZero() {
		day = time.Now()
	}
	return time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, time.UTC)
}

func checkModelLives(p *pass, r *Rule) {
	today := p.today()
	p.modelUses(func(u modelUse) {
		if !u.known {
			return
		}
		f := finding{node: u.node, cure: "move to a model that is active, such as global.anthropic.claude-sonnet-4-6, and pass its id in from outside (a substitution)"}
		m := u.model
		switch {
		case m.past:
			f.message = fmt.Sprintf("the model %s has reached its end of life: Bedrock answers no calls", m.id)
		case m.end.IsZero():
			return
		case !today.Before(m.end):
			f.message = fmt.Sprintf("the model %s reached its end of life on %s: Bedrock answers no calls", m.id, m.end.Format(time.DateOnly))
		case !m.legacy.IsZero() && !today.Before(m.legacy):
			f.message = fmt.Sprintf("the model %s is legacy since %s and reaches its end of life on %s", m.id, m.legacy.Format(time.DateOnly), m.end.Format(time.DateOnly))
		case m.end.Sub(today) <= nearEnd:
			f.message = fmt.Sprintf("the model %s reaches its end of life on %s", m.id, m.end.Format(time.DateOnly))
		default:
			return
		}
		p.report(r, f)
	})
}

func checkModelProfiles(p *pass, r *Rule) {
	today := p.today()
	p.modelUses(func(u modelUse) {
		if !u.known || !u.model.profile || u.profile || u.model.past || !u.model.end.IsZero() && !today.Before(u.model.end) {
			return // one that is gone needs another cure
		}
		p.report(r, finding{
			node: u.node, message: fmt.Sprintf("the model %s takes on-demand calls through an inference profile only", u.id),
			cure: fmt.Sprintf("write the id of its inference profile, such as %q", profileOf(u.id)),
		})
	})
}

// profileOf is an inference profile of a model: the one for all regions where there is one.
func profileOf(id string) string {
	for _, part := range []string{"claude-haiku-4-5", "claude-sonnet-4-", "claude-opus-4-5", "claude-opus-4-6"} {
		if strings.Contains(id, part) {
			return "global." + id
		}
	}
	return "us." + id
}

// letters leaves the letters of an id: ids that differ in digits alone are of other models or versions.
func letters(id string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' {
			return r
		}
		return -1
	}, strings.ToLower(id))
}

func checkModelNames(p *pass, r *Rule) {
	p.modelUses(func(u modelUse) {
		if u.known {
			return
		}
		if best := p.meantModel(u.id); best != "" {
			p.report(r, finding{node: u.node, message: fmt.Sprintf("Bedrock has no model %q", shorten(u.id)), cure: fmt.Sprintf("did you mean %q?", best)})
		}
	})
}

// meantModel is the model that an unknown id certainly stands for, or "".
func (p *pass) meantModel(id string) string {
	for _, known := range modelIDs() {
		// The version, the vendor or both are missing, as in the model's name in its vendor's own API.
		_, name, _ := strings.Cut(known, ".")
		if strings.HasPrefix(known, id+"-v") || strings.HasPrefix(known, id+":") || name == id || strings.HasPrefix(name, id+"-v") {
			return known
		}
	}
	best := p.near(id, modelIDs())
	if best == "" || !strings.Contains(id, ".") || letters(best) == letters(id) {
		return ""
	}
	// A name that is like another but for a word is that of another model: claude-opus, claude-haiku.
	if a, b := strings.FieldsFunc(id, separator), strings.FieldsFunc(best, separator); len(a) == len(b) {
		for i := range a {
			if a[i] != b[i] && nearest.Name(a[i], []string{b[i]}) == "" {
				return ""
			}
		}
		return best
	}
	return ""
}

func separator(r rune) bool { return r == '-' || r == '.' || r == ':' }
