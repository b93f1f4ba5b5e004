package text

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/unicode/norm"
)

// extractZIP reads each file of an archive as a document of its own.
func extractZIP(ctx context.Context, src *source, doc *Document) error {
	reader, err := zip.NewReader(bytes.NewReader(src.data), int64(len(src.data)))
	if err != nil {
		return fail(CorruptDocument, "the ZIP directory cannot be read, as in a file cut short: %w", err)
	}
	if n := int64(len(reader.File)); n > src.limits.ZipEntries {
		return over("ZipEntries", src.limits.ZipEntries, "the archive holds %d files", n)
	}
	if err := overlapping(reader.File); err != nil {
		return err
	}
	a := &archive{limits: src.limits, shared: src.shared}
	names := zipNames(reader.File)
	seen := false
	for i, file := range reader.File {
		name := names[i]
		if file.FileInfo().IsDir() || litter(name) {
			continue
		}
		seen = true
		data, err := readFile(ctx, a, file, name)
		if err != nil {
			err = attachError(doc, name, int64(min(file.UncompressedSize64, 1<<62)), err)
		} else {
			err = src.attach(ctx, doc, name, data)
		}
		if err != nil {
			return err
		}
	}
	if !seen {
		return fail(EmptyDocument, "the archive holds no files")
	}
	return nil
}

func readFile(ctx context.Context, a *archive, file *zip.File, name string) ([]byte, error) {
	content, err := a.openFile(file, name)
	if err != nil {
		return nil, err
	}
	defer content.Close()
	return readAll(ctx, content)
}

// readAll is io.ReadAll that looks at the time.
func readAll(ctx context.Context, content io.Reader) ([]byte, error) {
	var out bytes.Buffer
	for {
		if err := contextError(ctx); err != nil {
			return nil, err
		}
		_, err := io.CopyN(&out, content, 1<<20)
		if errors.Is(err, io.EOF) {
			return out.Bytes(), nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// overlapping finds two files that share bytes: no archiver makes them, and a small archive of them unpacks to any size.
func overlapping(files []*zip.File) error {
	type span struct{ start, end int64 }
	var spans []span
	for _, file := range files {
		start, err := file.DataOffset()
		if err != nil {
			// The file itself will be found unreadable.
			continue
		}
		if size := int64(file.CompressedSize64); size > 0 {
			spans = append(spans, span{start, start + size})
		}
	}
	slices.SortFunc(spans, func(a, b span) int { return int(min(max(a.start-b.start, -1), 1)) })
	for i := 1; i < len(spans); i++ {
		if spans[i].start < spans[i-1].end {
			return fail(CorruptDocument, "files in the archive overlap, as in a zip bomb")
		}
	}
	return nil
}

// litter are the files that systems put into archives for themselves.
func litter(name string) bool {
	base := path.Base(name)
	return strings.HasPrefix(name, "__MACOSX/") || strings.HasPrefix(base, "._") || base == ".DS_Store" ||
		strings.EqualFold(base, "Thumbs.db") || strings.EqualFold(base, "desktop.ini")
}

// tidyName makes a name of a path. A path that leads out of the archive leads nowhere: nothing is written to disk.
func tidyName(name string) string {
	name = path.Clean("/" + strings.ReplaceAll(name, `\`, "/"))[1:]
	name = norm.NFC.String(strings.ToValidUTF8(name, "\uFFFD"))
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7F {
			return -1
		}
		return r
	}, name)
}

// zipNames returns the names of files as UTF-8. Those that are not marked as UTF-8 are in the charset of whoever made
// the archive, which all of them together tell: one name is short.
func zipNames(files []*zip.File) []string {
	names := make([]string, len(files))
	var unmarked []string
	for i, file := range files {
		names[i] = file.Name
		if name := unicodePath(file.Extra); name != "" {
			names[i] = name
		} else if file.NonUTF8 && !utf8.ValidString(file.Name) {
			unmarked = append(unmarked, file.Name)
		}
	}
	if len(unmarked) > 0 {
		// DOS wrote code page 437.
		sample := scoringSample([]byte(strings.Join(unmarked, "\n")))
		var enc encoding.Encoding = charmap.CodePage437
		if best, score := bestCharset(sample); score > likeness(decodeWith(enc, sample), scriptLatin) && !candidates[best].script.latin() {
			enc = candidates[best].encoding
		}
		for i, file := range files {
			if file.NonUTF8 && !utf8.ValidString(names[i]) {
				names[i] = decodeWith(enc, []byte(file.Name))
			}
		}
	}
	for i := range names {
		names[i] = tidyName(names[i])
	}
	return names
}

// unicodePath reads the name in Info-ZIP's extra field 0x7075.
func unicodePath(extra []byte) string {
	for len(extra) >= 4 {
		id, size := binary.LittleEndian.Uint16(extra), int(binary.LittleEndian.Uint16(extra[2:]))
		if extra = extra[4:]; size > len(extra) {
			return ""
		}
		if id == 0x7075 && size > 5 && extra[0] == 1 && utf8.Valid(extra[5:size]) {
			return string(extra[5:size])
		}
		extra = extra[size:]
	}
	return ""
}

// unpacking counts what comes out of a compressed stream against what went in.
type unpacking struct {
	src      *source
	name     string
	content  io.Reader
	packed   func() int64
	unpacked int64
}

func (u *unpacking) Read(buffer []byte) (int, error) {
	n, err := u.content.Read(buffer)
	u.unpacked += int64(n)
	u.src.shared.unpacked += int64(n)
	limits := u.src.limits
	switch {
	case u.src.shared.unpacked > limits.DecompressedBytes:
		return 0, over("DecompressedBytes", limits.DecompressedBytes, "the archive unpacks to more than is allowed, at %s", u.name)
	case u.unpacked > ratioFrom && u.unpacked/max(u.packed(), 1) >= limits.CompressionRatio:
		return 0, over("CompressionRatio", limits.CompressionRatio, "%s unpacks to more than %d times its size, as a bomb does", u.name, limits.CompressionRatio)
	case err != nil && !errors.Is(err, io.EOF):
		return n, fail(CorruptDocument, "%s cannot be unpacked: %w", u.name, err)
	}
	return n, err
}

// extractTAR reads each file of a tape archive as a document of its own.
func extractTAR(ctx context.Context, src *source, doc *Document) error {
	return readTAR(ctx, src, doc, src.data)
}

func readTAR(ctx context.Context, src *source, doc *Document, data []byte) error {
	reader := tar.NewReader(bytes.NewReader(data))
	seen := false
	for n := int64(0); ; n++ {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			err := fail(CorruptDocument, "the archive cannot be read after %d files: %w", n, err)
			if !seen {
				return err
			}
			doc.warn(0, WarnPartUnreadable, err.Message)
			break
		}
		if n >= src.limits.ZipEntries {
			return over("ZipEntries", src.limits.ZipEntries, "the archive holds more files than are allowed")
		}
		name := tidyName(tarName(header.Name))
		if header.Typeflag != tar.TypeReg || litter(name) {
			continue
		}
		seen = true
		// A sparse file says that it is larger than the archive.
		content, err := readAll(ctx, &unpacking{src: src, name: name, content: reader, packed: func() int64 { return int64(len(data)) }})
		if err != nil {
			err = attachError(doc, name, header.Size, err)
		} else {
			err = src.attach(ctx, doc, name, content)
		}
		if err != nil {
			return err
		}
	}
	if !seen {
		return fail(EmptyDocument, "the archive holds no files")
	}
	return nil
}

func tarName(name string) string {
	if utf8.ValidString(name) {
		return name
	}
	text, _, _ := decodeByScore([]byte(name))
	return text
}

// extractGZIP reads the one file in a GZIP stream, or the files of the tape archive in it.
func extractGZIP(ctx context.Context, src *source, doc *Document) error {
	packed := &countingReader{reader: bytes.NewReader(src.data)}
	reader, err := gzip.NewReader(packed)
	if err != nil {
		return fail(CorruptDocument, "the GZIP header cannot be read: %w", err)
	}
	name := tidyName(tarName(reader.Name))
	if name == "" || name == "." {
		name = strings.TrimSuffix(strings.TrimSuffix(path.Base(strings.ReplaceAll(src.name, `\`, "/")), ".gz"), ".GZ")
	}
	if base, ok := strings.CutSuffix(name, ".tgz"); ok {
		name = base + ".tar"
	}
	content, err := readAll(ctx, &unpacking{src: src, name: name, content: reader, packed: func() int64 { return packed.count }})
	if err != nil {
		return err
	}
	if format, _ := detectBinary(content, ""); format == FormatTAR {
		return readTAR(ctx, src, doc, content)
	}
	return src.attach(ctx, doc, name, content)
}
