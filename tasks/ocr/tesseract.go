package ocr

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/tasks/text"
)

// Tesseract reads with the tesseract program of this computer.
type Tesseract struct {
	path      string
	languages []string
	timeout   time.Duration
	// osd: the data for telling scripts apart is installed.
	osd bool
}

// TesseractOptions are the choices of a caller. The zero value is right for most.
type TesseractOptions struct {
	// Path is the program; empty means the tesseract on PATH.
	Path string
	// Languages are tesseract's names ("eng", "jpn"), the likeliest first. Empty means those of jpn and eng that are
	// installed.
	Languages []string
	// Timeout bounds one page. Default one minute.
	Timeout time.Duration
}

const (
	tesseractName = "tesseract"
	// tesseractSide is the longest side that tesseract accepts, in pixels.
	tesseractSide = 32_767
	// tesseractOutput bounds what is read of the program's answer; a dense page has some 10 kB.
	tesseractOutput = 4 << 20
)

// NewTesseract looks for the program and asks it for its languages.
func NewTesseract(ctx context.Context, opts TesseractOptions) (*Tesseract, error) {
	t := &Tesseract{path: opts.Path, languages: opts.Languages, timeout: opts.Timeout}
	if t.timeout <= 0 {
		t.timeout = time.Minute
	}
	if t.path == "" {
		path, err := exec.LookPath(tesseractName)
		if err != nil {
			return nil, failed(tesseractName, NotInstalled, "there is no tesseract on PATH (Debian: apt install tesseract-ocr tesseract-ocr-jpn): %w", err)
		}
		t.path = path
	}
	// Old releases write the list to stderr.
	stdout, stderr, err := t.run(ctx, nil, "--list-langs")
	if err != nil {
		return nil, ended(ctx, failed(tesseractName, NotInstalled, "%s does not tell its languages: %w", t.path, err))
	}
	_, list, _ := strings.Cut(stdout+"\n"+stderr, "\n")
	installed := strings.Fields(list)
	t.osd = slices.Contains(installed, "osd")
	if len(t.languages) == 0 {
		for _, language := range []string{"jpn", "eng"} {
			if slices.Contains(installed, language) {
				t.languages = append(t.languages, language)
			}
		}
		if len(t.languages) == 0 {
			return nil, failed(tesseractName, NotInstalled, "tesseract has neither eng nor jpn (Debian: apt install tesseract-ocr-eng tesseract-ocr-jpn)")
		}
	}
	for _, language := range t.languages {
		if !slices.Contains(installed, language) {
			return nil, failed(tesseractName, NotInstalled, "tesseract has no language %q (Debian: apt install tesseract-ocr-%s)", language, language)
		}
	}
	return t, nil
}

// Name returns "tesseract".
func (t *Tesseract) Name() string { return tesseractName }

// Recognize reads one picture.
func (t *Tesseract) Recognize(ctx context.Context, picture text.Image) (string, error) {
	limits := bounds{
		bytes: len(picture.Data), side: tesseractSide,
		types: []string{"image/png", "image/jpeg", "image/tiff", "image/gif", "image/webp", "image/bmp"},
	}
	if picture.MediaType != "image/tiff" {
		// Go reads fewer kinds of TIFF than tesseract does.
		data, _, err := limits.fit(tesseractName, picture)
		if err != nil {
			return "", err
		}
		picture.Data = enlarge(data)
	}
	pageCtx, cancel := context.WithTimeout(ctx, t.timeout)
	defer cancel()
	if picture.Language == "" && len(t.languages) > 1 && t.latin(pageCtx, picture.Data) {
		picture.Language = "en"
	}
	// PSM 3, the default: find columns and blocks, but take the page as it is turned.
	stdout, stderr, err := t.run(pageCtx, picture.Data, "stdin", "stdout", "-l", t.order(picture.Language), "--psm", "3")
	switch {
	case ctx.Err() != nil:
		return "", context.Cause(ctx)
	case pageCtx.Err() != nil:
		return "", failed(tesseractName, TimedOut, "the page took longer than %s", t.timeout)
	case errors.Is(err, errTooMuch):
		return "", failed(tesseractName, Incomplete, "the answer is longer than %d bytes", tesseractOutput)
	case err != nil && (strings.Contains(stderr, "too large") || strings.Contains(stderr, "too small")):
		return "", failed(tesseractName, ImageTooLarge, "%s", lastLine(stderr))
	case err != nil:
		return "", failed(tesseractName, ImageUnreadable, "tesseract ends with %w: %s", err, lastLine(stderr))
	case !utf8.ValidString(stdout):
		return "", failed(tesseractName, Unavailable, "the answer is not UTF-8")
	}
	return tidy(joinCJK(stdout)), nil
}

// latin looks whether a page is plainly in Latin script: read as Japanese, too, English takes twice as long and gets worse.
// Pages of a few words cannot be told.
func (t *Tesseract) latin(ctx context.Context, data []byte) bool {
	if !t.osd {
		return false
	}
	stdout, _, err := t.run(ctx, data, "stdin", "stdout", "-l", "osd", "--psm", "0")
	if err != nil {
		return false
	}
	// Pages in one script have 8 and more, mixed ones less.
	const plainly = 5
	script, confidence := "", 0.0
	for l := range strings.Lines(stdout) {
		name, value, _ := strings.Cut(strings.TrimSpace(l), ": ")
		switch name {
		case "Script":
			script = value
		case "Script confidence":
			if c, err := strconv.ParseFloat(value, 64); err == nil {
				confidence = c
			}
		}
	}
	return script == "Latin" && confidence >= plainly
}

// order puts the language of the document first: tesseract prefers it.
func (t *Tesseract) order(language string) string {
	first := map[string]string{"ja": "jpn", "en": "eng"}[language]
	if !slices.Contains(t.languages, first) {
		return strings.Join(t.languages, "+")
	}
	if first == "eng" {
		// Japanese is written with Latin letters among it, English not the other way round.
		return first
	}
	rest := slices.DeleteFunc(slices.Clone(t.languages), func(l string) bool { return l == first })
	return strings.Join(append([]string{first}, rest...), "+")
}

var errTooMuch = errors.New("too much output")

// limited keeps the first bytes that are written to it.
type limited struct {
	// Not embedded: os/exec would find its ReadFrom and pass the limit by.
	kept bytes.Buffer
	left int
	full bool
}

func (l *limited) String() string { return l.kept.String() }

func (l *limited) Write(p []byte) (int, error) {
	if len(p) > l.left {
		l.full = true
		return 0, errTooMuch
	}
	l.left -= len(p)
	return l.kept.Write(p)
}

// run starts the program without a shell, and without the environment, which may hold credentials.
func (t *Tesseract) run(ctx context.Context, stdin []byte, args ...string) (stdout, stderr string, err error) {
	command := exec.CommandContext(ctx, t.path, args...)
	command.Stdin = bytes.NewReader(stdin)
	out, problems := &limited{left: tesseractOutput}, &limited{left: 64 << 10}
	command.Stdout, command.Stderr = out, problems
	command.WaitDelay = 2 * time.Second
	// How many pages are read at once is the caller's choice; more threads for one page hardly make it faster.
	command.Env = []string{"OMP_THREAD_LIMIT=1", "LC_ALL=C"}
	for _, name := range []string{"PATH", "TESSDATA_PREFIX", "LD_LIBRARY_PATH", "SystemRoot"} {
		if value, ok := os.LookupEnv(name); ok {
			command.Env = append(command.Env, name+"="+value)
		}
	}
	command.Env = append(command.Env, testEnvironment...)
	if err = command.Run(); out.full {
		// The program may have died of the closed pipe.
		err = errTooMuch
	}
	return out.String(), problems.String(), err
}

// testEnvironment is what tests add, to stand in for the program.
var testEnvironment []string

func lastLine(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	line := lines[len(lines)-1]
	if len(line) > 300 {
		line = strings.ToValidUTF8(line[:300], "") + "…"
	}
	return line
}

// joinCJK drops the blanks that tesseract puts between Japanese characters, in lines where it does: one blank among many
// characters that stand together is the author's.
func joinCJK(s string) string {
	var out strings.Builder
	for l := range strings.Lines(s) {
		runes := []rune(l)
		parted := func(i int) bool {
			return i > 0 && i+1 < len(runes) && runes[i] == ' ' && cjk(runes[i-1]) && cjk(runes[i+1])
		}
		apart, together := 0, 0
		for i, r := range runes {
			switch {
			case parted(i):
				apart++
			case i > 0 && cjk(r) && cjk(runes[i-1]):
				together++
			}
		}
		for i, r := range runes {
			if apart <= together || !parted(i) {
				out.WriteRune(r)
			}
		}
	}
	return out.String()
}

func cjk(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana) || r >= 0x3000 && r <= 0x303F || r == 'ー' || r >= 0xFF01 && r <= 0xFF60
}
