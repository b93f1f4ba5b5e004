package text

import (
	"context"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"
	"testing"
	"time"
	"unicode"
)

// TestQuality measures what is read of the documents in the folder DOCFLOW_DOCUMENTS against the truth that stands next
// to them (NAME.truth.txt, NAME.truth.md) and against the tools on the PATH: pdftotext, soffice, pandoc. Their answers
// are kept in DOCFLOW_REFERENCES (TOOL/NAME.txt), without which a temporary folder serves. DOCFLOW_FORMATS=docx,rtf
// limits the formats. The measure is F1 over the multiset of words (runs of letters and digits), for Japanese text over
// characters. The line "best" takes the truth where there is one and a tool's answer elsewhere. With -v the worst files are named.
func TestQuality(t *testing.T) {
	folder := os.Getenv("DOCFLOW_DOCUMENTS")
	if folder == "" {
		t.Skip("DOCFLOW_DOCUMENTS names no folder with documents to measure")
	}
	references := os.Getenv("DOCFLOW_REFERENCES")
	if references == "" {
		references = t.TempDir()
	}
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	var wanted []string
	if formats := os.Getenv("DOCFLOW_FORMATS"); formats != "" {
		wanted = strings.Split(formats, ",")
	}
	q := quality{folder: folder, references: references, scores: map[string][]score{}, read: map[string][2]int{}}
	for _, entry := range entries {
		name := entry.Name()
		format := strings.TrimPrefix(strings.ToLower(filepath.Ext(name)), ".")
		if entry.IsDir() || strings.Contains(name, ".truth.") || name == "index.json" || format == "" {
			continue
		}
		if wanted == nil || slices.Contains(wanted, format) {
			q.measure(t, name, format)
		}
	}
	q.report(t)
}

type quality struct {
	folder, references string
	// scores are by format and reference; read counts the files read and failed by format.
	scores map[string][]score
	read   map[string][2]int
}

type score struct {
	name string
	f1   float64
	// differences are the words that one side has more often than the other.
	differences string
}

func (q *quality) measure(t *testing.T, name, format string) {
	file := filepath.Join(q.folder, name)
	begun := time.Now()
	doc, err := Extract(t.Context(), mustReadFile(t, file), name, Options{})
	took := time.Since(begun)
	counts := q.read[format]
	if err != nil {
		counts[1]++
		q.read[format] = counts
		if testing.Verbose() {
			t.Logf("%-5s not read: %v", format, err)
		}
	} else {
		counts[0]++
		q.read[format] = counts
	}
	got := ""
	if doc != nil {
		got = doc.Flat().Text()
	}
	if took > 2*time.Second {
		t.Logf("%-5s %s took %s", format, name, took)
	}
	hasTruth := false
	for _, kind := range []string{"txt", "md"} {
		want, err := os.ReadFile(file + ".truth." + kind)
		if err != nil {
			continue
		}
		truth := string(want)
		if kind == "md" {
			truth = stripMarkdown(truth)
		}
		hasTruth = true
		q.add(format+" truth", name, got, truth)
		q.add(format+" best", name, got, truth)
	}
	if doc == nil {
		return
	}
	for tool, command := range referenceTools(format) {
		want, ok := q.reference(t, tool, name, command)
		if ok && strings.TrimSpace(want) != "" {
			q.add(format+" "+tool, name, got, want)
			if !hasTruth && (tool != "pandoc" || format == "epub") {
				q.add(format+" best", name, got, want)
			}
		}
	}
}

func (q *quality) add(key, name, got, want string) {
	one := score{name: name, f1: wordF1(got, want)}
	if testing.Verbose() && one.f1 < 0.99 {
		one.differences = differences(got, want)
	}
	q.scores[key] = append(q.scores[key], one)
}

func (q *quality) report(t *testing.T) {
	fmt.Printf("%-16s %5s %6s %6s %8s\n", "format", "files", "read", "failed", "mean F1")
	for _, key := range slices.Sorted(maps.Keys(q.scores)) {
		scores := q.scores[key]
		sort.Slice(scores, func(i, j int) bool { return scores[i].f1 < scores[j].f1 })
		sum := 0.0
		for _, s := range scores {
			sum += s.f1
		}
		format, _, _ := strings.Cut(key, " ")
		fmt.Printf("%-16s %5d %6d %6d %8.3f\n", key, len(scores), q.read[format][0], q.read[format][1], sum/float64(len(scores)))
		if testing.Verbose() {
			for _, s := range scores[:min(len(scores), 8)] {
				if s.f1 < 0.99 {
					t.Logf("  %.3f %s %s: %s", s.f1, key, s.name, s.differences)
				}
			}
		}
	}
}

// referenceTools are the commands whose output a format is measured against. Each prints or writes to a folder.
func referenceTools(format string) map[string]func(ctx context.Context, file, folder string) (string, error) {
	run := func(name string, args ...string) func(context.Context, string, string) (string, error) {
		return func(ctx context.Context, file, _ string) (string, error) {
			all := slices.Clone(args)
			for i, arg := range all {
				all[i] = strings.ReplaceAll(arg, "FILE", file)
			}
			out, err := exec.CommandContext(ctx, name, all...).Output()
			return string(out), err
		}
	}
	office := func(convert string) func(context.Context, string, string) (string, error) {
		return func(ctx context.Context, file, folder string) (string, error) {
			err := exec.CommandContext(ctx, "soffice", "--headless", "--convert-to", convert, "--outdir", folder, file).Run()
			if err != nil {
				return "", err
			}
			made, err := filepath.Glob(filepath.Join(folder, "*"))
			var all strings.Builder
			for _, one := range made {
				var content []byte
				if strings.HasSuffix(one, ".pdf") {
					content, err = exec.CommandContext(ctx, "pdftotext", "-enc", "UTF-8", one, "-").Output()
				} else {
					content, err = os.ReadFile(one)
				}
				all.Write(content)
				all.WriteByte('\n')
			}
			return all.String(), err
		}
	}
	switch format {
	case "pdf":
		return map[string]func(context.Context, string, string) (string, error){"pdftotext": run("pdftotext", "-enc", "UTF-8", "FILE", "-")}
	case "docx", "odt", "rtf":
		return map[string]func(context.Context, string, string) (string, error){
			"soffice": office("txt:Text (encoded):UTF8"), "pandoc": run("pandoc", "-t", "plain", "--wrap=none", "FILE"),
		}
	case "epub":
		return map[string]func(context.Context, string, string) (string, error){"pandoc": run("pandoc", "-t", "plain", "--wrap=none", "FILE")}
	case "xlsx", "ods":
		return map[string]func(context.Context, string, string) (string, error){"soffice": office("csv:Text - txt - csv (StarCalc):9,34,76,1,,0,false,true,false,false,false,-1")}
	case "pptx", "odp":
		return map[string]func(context.Context, string, string) (string, error){"soffice": office("pdf")}
	}
	return nil
}

func (q *quality) reference(t *testing.T, tool, name string, command func(context.Context, string, string) (string, error)) (string, bool) {
	kept := filepath.Join(q.references, tool, name+".txt")
	if content, err := os.ReadFile(kept); err == nil {
		return string(content), true
	}
	if _, err := exec.LookPath(tool); err != nil {
		return "", false
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	// What cannot be read is remembered as an empty answer.
	answer, err := command(ctx, filepath.Join(q.folder, name), t.TempDir())
	if err != nil && testing.Verbose() {
		t.Logf("%s does not read %s: %v", tool, name, err)
	}
	if err := os.MkdirAll(filepath.Dir(kept), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(kept, []byte(answer), 0o644); err != nil {
		t.Fatal(err)
	}
	return answer, true
}

var (
	markdownComment = regexp.MustCompile(`(?s)<!--.*?-->`)
	markdownLink    = regexp.MustCompile(`\]\([^)\s]*\)`)
	markdownEntity  = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&amp;", "&")
)

// stripMarkdown takes the marks of Markdown off that would count as words.
func stripMarkdown(s string) string {
	s = markdownComment.ReplaceAllString(s, " ")
	s = markdownLink.ReplaceAllString(s, "]")
	return markdownEntity.Replace(strings.ReplaceAll(s, `\`, ""))
}

// words splits a text into runs of letters and digits; kana and Chinese characters are words of their own.
func wordsOf(s string) map[string]int {
	counts := map[string]int{}
	for word := range strings.FieldsFuncSeq(s, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r) }) {
		if !strings.ContainsFunc(word, cjkWord) {
			counts[word]++
			continue
		}
		for _, r := range word {
			counts[string(r)]++
		}
	}
	return counts
}

func cjkWord(r rune) bool { return unicode.In(r, unicode.Hiragana, unicode.Katakana, unicode.Han) }

// differences lists words that only the reading (+) or only the reference (-) has, the first few of each.
func differences(got, want string) string {
	a, b := wordsOf(got), wordsOf(want)
	var extra, missing []string
	for _, word := range slices.Sorted(maps.Keys(a)) {
		if n := a[word] - b[word]; n > 0 {
			extra = append(extra, fmt.Sprintf("%s×%d", word, n))
		}
	}
	for _, word := range slices.Sorted(maps.Keys(b)) {
		if n := b[word] - a[word]; n > 0 {
			missing = append(missing, fmt.Sprintf("%s×%d", word, n))
		}
	}
	const enough = 25
	return fmt.Sprintf("+%d %s -%d %s", len(extra), extra[:min(len(extra), enough)], len(missing), missing[:min(len(missing), enough)])
}

func wordF1(got, want string) float64 {
	a, b := wordsOf(got), wordsOf(want)
	both, all := 0, 0
	for word, n := range a {
		both += min(n, b[word])
		all += n
	}
	for _, n := range b {
		all += n
	}
	if all == 0 {
		return 1
	}
	return 2 * float64(both) / float64(all)
}
