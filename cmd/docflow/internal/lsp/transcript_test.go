package lsp

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"
)

var update = flag.Bool("update", false, "write the transcripts anew")

// TestTranscripts plays the scripts in testdata and compares what the server answers. A line of a script is one of
//
//	> METHOD JSON          a request, whose response is printed
//	! METHOD JSON          a notification
//	open NAME [LANGUAGE]   opens a file of the archive
//	next                   the next notification from the server is printed
//	end                    what Serve returns is printed
func TestTranscripts(t *testing.T) {
	files, err := filepath.Glob("testdata/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("no transcripts: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			pages := t.TempDir()
			c := connect(t, newServer(Options{Version: "1.2.3", RulePages: pages}))
			got := play(c, archive)
			got = strings.ReplaceAll(got, filepath.ToSlash(pages), "/PAGES")
			last := len(archive.Files) - 1
			if archive.Files[last].Name != "transcript" {
				archive.Files = append(archive.Files, txtar.File{Name: "transcript"})
				last++
			}
			if *update {
				archive.Files[last].Data = []byte(got)
				if err := os.WriteFile(file, txtar.Format(archive), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if want := string(archive.Files[last].Data); got != want {
				t.Errorf("the transcript differs (go test -update writes it anew):\n%s", difference(want, got))
			}
		})
	}
}

func play(c *client, archive *txtar.Archive) string {
	var b strings.Builder
	show := func(sign string, raw json.RawMessage) {
		var indented bytes.Buffer
		if err := json.Indent(&indented, raw, "", " "); err != nil {
			c.t.Fatalf("%s: %v", raw, err)
		}
		fmt.Fprintf(&b, "%s %s\n", sign, indented.String())
	}
	for line := range strings.Lines(string(archive.Comment)) {
		line = strings.TrimSpace(line)
		command, rest, _ := strings.Cut(line, " ")
		method, params, _ := strings.Cut(rest, " ")
		if params == "" {
			params = "null"
		}
		switch command {
		case "", "#":
			continue
		case ">":
			fmt.Fprintln(&b, line)
			if m := c.request(method, params); m.Error != nil {
				show("< error", m.Error)
			} else {
				show("<", m.Result)
			}
		case "!":
			fmt.Fprintln(&b, line)
			c.notify(method, params)
		case "open":
			fmt.Fprintln(&b, line)
			name, language, _ := strings.Cut(rest, " ")
			for _, f := range archive.Files {
				if f.Name == name {
					c.open(name, language, strings.TrimSuffix(string(f.Data), "\n"))
				}
			}
		case "next":
			m := c.next()
			show("< "+m.Method, m.Params)
		case "end":
			fmt.Fprintf(&b, "end: %v\n", c.end())
		default:
			c.t.Fatalf("no such command: %s", line)
		}
	}
	return b.String()
}

// difference shows the first lines that differ.
func difference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		if i >= len(w) || i >= len(g) || w[i] != g[i] {
			end := func(list []string) string {
				return strings.Join(list[min(i, len(list)):min(i+8, len(list))], "\n")
			}
			return fmt.Sprintf("line %d, want\n%s\ngot\n%s", i+1, end(w), end(g))
		}
	}
	return ""
}
