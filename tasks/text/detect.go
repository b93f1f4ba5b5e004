package text

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"io"
	"path"
	"regexp"
	"strings"
	"unicode/utf16"

	"github.com/gabriel-vasile/mimetype"
)

// detect finds the format from the bytes. For formats that are text it also decodes them. The name decides only where
// bytes cannot: a table or a Markdown file is plain text, too.
func detect(src *source, doc *Document) (Format, error) {
	extension := strings.ToLower(path.Ext(strings.ReplaceAll(src.name, `\`, "/")))
	format, err := detectBinary(src.data, extension)
	if err != nil {
		return "", err
	}
	if format == "" {
		if err := decodeSource(src, doc); err != nil {
			return "", err
		}
		format = detectText(src.text, extension)
	}
	if want, known := extensions[extension]; known && want != format && binaryFormat[want] != binaryFormat[format] {
		doc.warn(0, WarnNameMismatch, "the name ends in "+extension+", but the document is "+format.MediaType())
	}
	return format, nil
}

var extensions = map[string]Format{
	".pdf": FormatPDF, ".docx": FormatDOCX, ".docm": FormatDOCX, ".dotx": FormatDOCX, ".dotm": FormatDOCX,
	".pptx": FormatPPTX, ".pptm": FormatPPTX, ".potx": FormatPPTX, ".potm": FormatPPTX, ".ppsx": FormatPPTX, ".ppsm": FormatPPTX,
	".xlsx": FormatXLSX, ".xlsm": FormatXLSX, ".xltx": FormatXLSX, ".xltm": FormatXLSX,
	".odt": FormatODT, ".ott": FormatODT, ".ods": FormatODS, ".ots": FormatODS, ".odp": FormatODP, ".otp": FormatODP, ".odg": FormatODP,
	".rtf": FormatRTF, ".epub": FormatEPUB, ".json": FormatJSON, ".jsonl": FormatJSON, ".ndjson": FormatJSON, ".geojson": FormatJSON,
	".html": FormatHTML, ".htm": FormatHTML, ".xhtml": FormatHTML,
	".md": FormatMarkdown, ".markdown": FormatMarkdown,
	".eml": FormatEML, ".mht": FormatEML, ".mhtml": FormatEML, ".mbox": FormatEML, ".msg": FormatMSG,
	".zip": FormatZIP, ".tar": FormatTAR, ".gz": FormatGZIP, ".tgz": FormatGZIP,
	".png": FormatImage, ".jpg": FormatImage, ".jpeg": FormatImage, ".gif": FormatImage, ".webp": FormatImage,
	".tif": FormatImage, ".tiff": FormatImage, ".bmp": FormatImage,
	".csv": FormatCSV, ".tsv": FormatCSV, ".txt": FormatPlain, ".text": FormatPlain, ".log": FormatPlain,
}

var binaryFormat = map[Format]bool{
	FormatPDF: true, FormatDOCX: true, FormatPPTX: true, FormatXLSX: true, FormatODT: true, FormatODS: true, FormatODP: true,
	FormatRTF: true, FormatEPUB: true,
	FormatEML: true, FormatMSG: true, FormatZIP: true, FormatTAR: true, FormatGZIP: true, FormatImage: true,
}

// detectBinary knows the formats that begin with a signature. Without one it returns "", and the bytes may be text.
func detectBinary(data []byte, extension string) (Format, error) {
	if isMail(data, extension) {
		// The parts of a message may be in several charsets: it is not decoded as a whole.
		return FormatEML, nil
	}
	// ISO 32000-1, annex H: readers accept the header within the first 1,024 bytes.
	head := data[:min(len(data), 1024)]
	switch {
	case bytes.HasPrefix(data, []byte("PK\x03\x04")), bytes.HasPrefix(data, []byte("PK\x05\x06")):
		return detectZip(data)
	case bytes.HasPrefix(data, []byte("\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1")):
		return detectOLE(data)
	case imageKind(data) >= 0:
		return FormatImage, nil
	case bytes.HasPrefix(data, []byte("\x1F\x8B\x08")):
		return FormatGZIP, nil
	case len(data) >= 512 && string(data[257:262]) == "ustar":
		return FormatTAR, nil
	case bytes.Contains(head, []byte("%PDF-")):
		// After the containers: what stands in them may be a PDF.
		return FormatPDF, nil
	case bytes.HasPrefix(bytes.TrimLeft(head, "\xEF\xBB\xBF \t\r\n"), []byte(`{\rtf`)):
		return FormatRTF, nil
	}
	return "", nil
}

// kinds are the containers that are recognised by an entry, to name them in the error.
var kinds = []struct{ entry, kind string }{
	{"xl/workbook.bin", "a binary Excel workbook (save it as XLSX)"},
	{"visio/document.xml", "a Visio drawing (export it as PDF)"},
	{"AndroidManifest.xml", "an Android package"},
	{"Index/Document.iwa", "an Apple iWork document (export it as PDF)"},
}

func detectZip(data []byte) (Format, error) {
	archive, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return "", fail(CorruptDocument, "the file begins as a ZIP container (DOCX is one) but its directory cannot be read, as in a file cut short: %w", err)
	}
	names := make(map[string]bool, len(archive.File))
	for _, file := range archive.File {
		names[strings.ReplaceAll(file.Name, `\`, "/")] = true
	}
	for _, k := range kinds {
		if names[k.entry] {
			return "", unsupported(k.kind)
		}
	}
	if format := detectOffice(archive, names); format != "" {
		return format, nil
	}
	if names["META-INF/MANIFEST.MF"] {
		return "", unsupported("a Java archive")
	}
	return FormatZIP, nil
}

// detectOffice tells the formats apart that are ZIP containers of parts: by the media type that OpenDocument and EPUB put
// first, by the usual parts, and by the folders, since a producer may call the main part otherwise.
func detectOffice(archive *zip.Reader, names map[string]bool) Format {
	for _, file := range archive.File {
		if file.Name != "mimetype" || file.UncompressedSize64 > 200 {
			continue
		}
		if content, err := file.Open(); err == nil {
			kind, _ := io.ReadAll(io.LimitReader(content, 200))
			_ = content.Close()
			if format := mediaFormat(string(kind)); format != "" {
				return format
			}
		}
	}
	switch {
	case names["word/document.xml"]:
		return FormatDOCX
	case names["xl/workbook.xml"]:
		return FormatXLSX
	case names["ppt/presentation.xml"]:
		return FormatPPTX
	case names["META-INF/container.xml"]:
		return FormatEPUB
	case names["content.xml"] && (names["META-INF/manifest.xml"] || names["styles.xml"] || names["meta.xml"]):
		return FormatODT
	case !names["[Content_Types].xml"] && !names["_rels/.rels"]:
		return ""
	}
	folders := map[string]int{}
	for name := range names {
		folder, _, _ := strings.Cut(strings.TrimPrefix(name, "/"), "/")
		folders[strings.ToLower(folder)]++
	}
	switch {
	case folders["ppt"] > folders["word"]:
		return FormatPPTX
	case folders["xl"] > folders["word"]:
		return FormatXLSX
	case names["[Content_Types].xml"] && names["_rels/.rels"] || folders["word"] > 0:
		return FormatDOCX
	}
	return ""
}

// mediaFormat returns the format of a media type of OpenDocument, of its templates, or of EPUB.
func mediaFormat(kind string) Format {
	kind = strings.TrimSpace(kind)
	if kind == "application/epub+zip" {
		return FormatEPUB
	}
	kind, ok := strings.CutPrefix(kind, "application/vnd.oasis.opendocument.")
	switch {
	case !ok:
		return ""
	case strings.HasPrefix(kind, "text"):
		return FormatODT
	case strings.HasPrefix(kind, "spreadsheet"):
		return FormatODS
	case strings.HasPrefix(kind, "presentation"), strings.HasPrefix(kind, "graphics"):
		return FormatODP
	}
	return ""
}

// detectOLE tells the kinds of OLE compound files apart by the names of their streams.
func detectOLE(data []byte) (Format, error) {
	file, err := openOLE(&source{data: data, limits: DefaultLimits(), shared: &shared{}})
	has := func(stream string) bool {
		if err == nil {
			return file.find(0, stream) >= 0
		}
		// The file is damaged: any directory that may be left holds the names in UTF-16.
		var name []byte
		for _, unit := range utf16.Encode([]rune(stream)) {
			name = binary.LittleEndian.AppendUint16(name, unit)
		}
		return bytes.Contains(data, name)
	}
	switch {
	case has("EncryptedPackage"):
		return "", fail(EncryptedDocument, "the Office document is protected with a password: save it without one")
	case has("WordDocument"):
		return "", unsupported("a Word 97-2003 document (save it as DOCX)")
	case has("Workbook"), has("Book"):
		return "", unsupported("an Excel 97-2003 workbook (save it as XLSX)")
	case has("PowerPoint Document"):
		return "", unsupported("a PowerPoint 97-2003 presentation (save it as PPTX)")
	case has("__properties_version1.0"):
		return FormatMSG, nil
	}
	return "", unsupported("an OLE compound file")
}

const readable = "PDF, Word, PowerPoint, Excel, OpenDocument, RTF, EPUB, HTML, Markdown, CSV, JSON, mail, archives, pictures and plain text can be read"

func unsupported(kind string) *Error {
	return fail(UnsupportedFormat, "the document is %s: %s", kind, readable)
}

// unsupportedBytes is the error for bytes that are neither a known binary format nor text.
func unsupportedBytes(data []byte) *Error {
	kind := mimetype.Detect(data)
	if kind.Is("application/octet-stream") || strings.HasPrefix(kind.String(), "text/") {
		return fail(UnsupportedFormat, "the bytes are of no known format and are not text: %s", readable)
	}
	return fail(UnsupportedFormat, "the document is of type %s: %s", kind, readable)
}

var (
	htmlStart = regexp.MustCompile(`(?is)^(?:\s|<!--.*?-->|<\?xml[^>]*>)*<(?:!doctype\s+html|html|head|body|meta|title)[\s>/]`)
	htmlTag   = regexp.MustCompile(`(?i)</(?:p|div|table|ul|ol|h[1-6]|span|a|section|article|td)\s*>|<(?:p|br|div|table|h[1-6])\b[^<>]*>`)
	// Lines that hardly occur outside Markdown: headings, fences, list-and-link syntax, table rules.
	markdownLine = regexp.MustCompile(`(?m)^(?:#{1,6} \S|` + "```" + `|\|? ?:?-{3,}:? ?\|)|\[[^\]\n]+\]\([^)\s]+\)|\*\*[^*\n]+\*\*`)
)

func detectText(text, extension string) Format {
	head := text[:min(len(text), 16<<10)]
	if htmlStart.MatchString(head) {
		return FormatHTML
	}
	switch named := extensions[extension]; {
	case named == FormatHTML && strings.ContainsRune(head, '<'):
		return FormatHTML
	case named == FormatMarkdown, named == FormatCSV:
		return named
	case (named == FormatJSON || extension == "") && isJSON(text):
		return FormatJSON
	case named == FormatPlain || extension != "" && !binaryFormat[named]:
		// A name with an extension that says nothing of the three (.json, .go, .log) is text as it is.
		return FormatPlain
	}
	if strings.HasPrefix(strings.TrimLeft(head, " \t\r\n"), "<") && len(htmlTag.FindAllStringIndex(head, 5)) == 5 {
		return FormatHTML
	}
	if len(markdownLine.FindAllStringIndex(head, 3)) == 3 {
		return FormatMarkdown
	}
	if _, regular := delimiter(normalise(head)); regular {
		return FormatCSV
	}
	return FormatPlain
}
