package text

import (
	"archive/zip"
	"bytes"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"
)

// TestDamagedParts breaks the parts inside containers, where the checksums of ZIP would catch damage from outside: tags
// are taken out, doubled and swapped, values changed. DOCFLOW_DAMAGED says how many documents are made (300 without),
// DOCFLOW_DOCUMENTS names a folder with more samples.
func TestDamagedParts(t *testing.T) {
	count := 300
	if n, err := strconv.Atoi(os.Getenv("DOCFLOW_DAMAGED")); err == nil {
		count = n
	}
	type sample struct {
		format Format
		parts  map[string]string
		names  []string
	}
	var samples []sample
	add := func(data []byte) {
		format, err := detectZip(data)
		if err != nil {
			return
		}
		switch format {
		case FormatDOCX, FormatPPTX, FormatXLSX, FormatODT, FormatODS, FormatODP, FormatEPUB:
		default:
			return
		}
		archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
		if err != nil {
			return
		}
		one := sample{format: format, parts: map[string]string{}}
		for _, file := range archive.File {
			content, err := file.Open()
			if err != nil {
				continue
			}
			part, err := io.ReadAll(content)
			if err != nil {
				continue
			}
			one.parts[file.Name] = string(part)
			if bytes.HasPrefix(part, []byte("<")) {
				one.names = append(one.names, file.Name)
			}
		}
		if len(one.names) > 0 {
			samples = append(samples, one)
		}
	}
	add(readDocument(t, "minutes.docx"))
	add(presentationOf(t, map[string]string{"ppt/slides/_rels/slide1.xml.rels": relsOf(rel("c", "chart", "../c.xml")), "ppt/c.xml": chartXML}, slideOf("", sp("title", 0, 0, ap("a"))+`<c:chart r:id="c"/>`)))
	add(workbookOf(t, nil, `<sheetData><row r="1"><c r="A1" s="1"><v>1</v></c><c r="C1" t="s"><v>1</v></c></row></sheetData>`))
	add(openDocumentOf(t, "text", odfListStyles, listOf("N", tp("a")+listOf("N", tp("b")))+`<table:table><table:table-row><table:table-cell>`+tp("x")+`</table:table-cell></table:table-row></table:table>`, nil))
	add(bookOf(t, nil, "<p>a</p>", "<table><tr><td>b</table>"))
	if folder := os.Getenv("DOCFLOW_DOCUMENTS"); folder != "" {
		files, _ := filepath.Glob(filepath.Join(folder, "*.*"))
		for _, file := range files {
			if info, err := os.Stat(file); err == nil && info.Size() < 200_000 {
				add(mustReadFile(t, file))
			}
		}
	}
	random := rand.New(rand.NewPCG(6, 1))
	for i := range count {
		chosen := samples[i%len(samples)]
		parts := make(map[string]string, len(chosen.parts))
		for name, content := range chosen.parts {
			parts[name] = content
		}
		name := chosen.names[random.IntN(len(chosen.names))]
		parts[name] = damagedXML(random, parts[name])
		begun := time.Now()
		func() {
			defer func() {
				if r := recover(); r != nil {
					t.Fatalf("%s, damaged in %s: panic: %v\n%s", chosen.format, name, r, parts[name])
				}
			}()
			checkExtract(t, chosen.format, zipOf(t, parts))
		}()
		if took := time.Since(begun); took > 10*time.Second {
			t.Errorf("%s, damaged in %s, took %s", chosen.format, name, took)
		}
	}
}

var xmlTag = regexp.MustCompile(`<[^<>]*>`)

func damagedXML(random *rand.Rand, s string) string {
	for range 1 + random.IntN(4) {
		tags := xmlTag.FindAllStringIndex(s, -1)
		if len(tags) < 3 {
			return s
		}
		a, b := tags[random.IntN(len(tags))], tags[random.IntN(len(tags))]
		switch random.IntN(6) {
		case 0:
			s = s[:a[0]] + s[a[1]:]
		case 1:
			s = s[:a[1]] + s[b[0]:b[1]] + s[a[1]:]
		case 2:
			s = s[:a[0]] + s[b[0]:b[1]] + s[a[1]:]
		case 3:
			s = s[:a[1]]
		case 4:
			// Numbers out of range.
			tag := regexp.MustCompile(`"\d+"`).ReplaceAllStringFunc(s[a[0]:a[1]], func(string) string {
				return []string{`"-1"`, `"99999999999999999999"`, `"2147483648"`, `""`, `"x"`}[random.IntN(5)]
			})
			s = s[:a[0]] + tag + s[a[1]:]
		case 5:
			s = s[:a[0]] + strings.ReplaceAll(s[a[0]:a[1]], "/>", ">") + s[a[1]:]
		}
	}
	return s
}
