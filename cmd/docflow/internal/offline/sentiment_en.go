package offline

import (
	"strings"
	"sync"

	"github.com/jonreiter/govader"
)

// vader is the VADER lexicon and its rules for negation, emphasis and "but", with the
// words of business documents set right: VADER was made for posts in social media.
var vader = sync.OnceValue(func() *govader.SentimentIntensityAnalyzer {
	analyzer := govader.NewSentimentIntensityAnalyzer()
	for _, w := range strings.Fields(notOpinions) {
		delete(analyzer.Lexicon, w)
	}
	for w, v := range businessWords {
		analyzer.Lexicon[w] = v
	}
	return analyzer
})

// notOpinions name things in business documents; VADER takes them for attitudes.
const notOpinions = `
support supported supporter supporters supporting supports please share shared shares interest interests secure security value values number
agree agreement agreements alarm alarms arrest assets asset active actively antitrust authority bonus care cash chance charge charges clear cleared
credit credits cut cuts debt defense dear demand demands deposit drop earnest empty engage engaged engagement ensure execute faithful faithfully
fire fired forced free fresh gross hard help helped helping helps hand hero injury intense kind leave leaves like likes limited load lower miss
lie lies natural neutral numb opportunity original pay pressure problem-free promise promised promises protect protected protecting protection resolve
short sincere sincerely solution solutions sort stock stop stopped stops strike strong submit test top trust trusts tops true validate validated war
warm want wants wanted wish wishes wished yes no number fun`

// businessWords are attitudes that VADER does not know, or weighs for another kind of text.
var businessWords = map[string]float64{
	"slow": -1.5, "slowed": -1.2, "slower": -1.3, "slowly": -0.8, "late": -1.0, "delay": -1.5, "delays": -1.5, "delayed": -1.5, "overdue": -1.6,
	"complaint": -1.6, "complaints": -1.6, "complained": -1.6, "outage": -1.9, "outages": -1.9, "downtime": -1.6,
	"broken": -1.7, "damaged": -1.6, "damage": -1.6, "faulty": -1.8, "defect": -1.7, "defects": -1.7, "error": -1.2, "errors": -1.2, "jammed": -1.2,
	"failed": -2.0, "failure": -2.0, "failures": -2.0, "fails": -1.8, "contradictory": -1.5, "confusing": -1.6, "unclear": -1.3, "maze": -1.2,
	"cancelled": -1.2, "canceled": -1.2, "missed": -1.2, "missing": -1.2, "ruined": -2.2, "loss": -1.5, "losses": -1.5, "decline": -1.2, "declined": -1.2,
	"warns": -1.0, "warned": -1.0, "shortage": -1.5, "unresolved": -1.4, "inadequate": -1.7, "unacceptable": -2.4, "disappointed": -2.0, "annoyed": -1.7, "lost": -1.3,
	"improved": 1.9, "improvement": 1.9, "improvements": 1.9, "improves": 1.7, "improve": 1.2, "record": 0.8, "exceeded": 1.6, "on-time": 1.2,
	"reliable": 1.8, "efficient": 1.7, "smooth": 1.4, "smoothly": 1.5, "quick": 1.1, "quickly": 1.0, "faster": 1.2, "solved": 1.2, "solves": 1.1,
	"praised": 2.1, "praise": 1.9, "grateful": 2.2, "gratitude": 2.2, "thanked": 1.6, "patience": 0.8, "growth": 1.0, "recommend": 1.4, "repaired": 0.5,
	"successful": 2.2, "successfully": 2.0, "success": 2.4, "excellent": 2.7, "best": 2.2, "proud": 2.1, "polite": 1.4, "liked": 1.5, "well": 1.0, "spare": 0,
}

// englishSentiment returns VADER's compound score of a sentence, -1 to 1, and the words
// that it rests on.
func englishSentiment(text string) (float64, []string) {
	analyzer := vader()
	score := analyzer.PolarityScores(strings.NewReplacer("’", "'", "“", `"`, "”", `"`).Replace(text)).Compound
	var found []string
	for _, w := range words(text) {
		value := analyzer.Lexicon[strings.ToLower(w.text)]
		if value*score > 0 {
			found = append(found, strings.ToLower(w.text))
		}
	}
	return score, found
}
