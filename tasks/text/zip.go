package text

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"errors"
	"hash"
	"hash/crc32"
	"io"
	"io/fs"
	"path"
	"strings"
)

// archive is a ZIP container that is opened under limits.
type archive struct {
	files  map[string]*zip.File
	limits Limits
	shared *shared
	// budget is how much text its XML parts may still hold.
	budget int64
}

// textSlack is what the parts of a container may hold beyond the limit on text: not all in them is text.
const textSlack = 16 << 20

func openArchive(src *source) (*archive, error) {
	reader, err := zip.NewReader(bytes.NewReader(src.data), int64(len(src.data)))
	if err != nil {
		return nil, fail(CorruptDocument, "the ZIP directory cannot be read, as in a file cut short: %w", err)
	}
	if n := int64(len(reader.File)); n > src.limits.ZipEntries {
		return nil, over("ZipEntries", src.limits.ZipEntries, "the container holds %d files", n)
	}
	a := &archive{files: make(map[string]*zip.File, len(reader.File)), limits: src.limits, shared: src.shared, budget: src.limits.TextBytes + textSlack}
	for _, file := range reader.File {
		name := path.Clean(strings.TrimPrefix(strings.ReplaceAll(file.Name, `\`, "/"), "/"))
		if _, twice := a.files[name]; !twice {
			a.files[name] = file
		}
	}
	return a, nil
}

// open returns a reader of one part that fails when a limit is passed. A missing part gives fs.ErrNotExist.
func (a *archive) open(name string) (io.ReadCloser, error) {
	file, ok := a.files[name]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return a.openFile(file, name)
}

// openFile is open for a file that has been found already.
func (a *archive) openFile(file *zip.File, name string) (io.ReadCloser, error) {
	if file.Flags&1 != 0 {
		return nil, fail(EncryptedDocument, "the part %s is encrypted: save the document without a password", name)
	}
	if packed := int64(max(file.CompressedSize64, 1)); file.UncompressedSize64 > ratioFrom && int64(file.UncompressedSize64/uint64(packed)) >= a.limits.CompressionRatio {
		// The directory itself says so: nothing needs unpacking.
		return nil, a.bomb(name)
	}
	raw, err := file.OpenRaw()
	if err != nil {
		return nil, fail(CorruptDocument, "the part %s cannot be found in the container: %w", name, err)
	}
	p := &part{archive: a, name: name, packed: &countingReader{reader: raw}, sum: crc32.NewIEEE(), want: file.CRC32}
	switch file.Method {
	case zip.Store:
		p.content = io.NopCloser(p.packed)
	case zip.Deflate:
		p.content = flate.NewReader(p.packed)
	default:
		return nil, fail(CorruptDocument, "the part %s is packed with method %d: only stored and deflated ones can be read", name, file.Method)
	}
	return p, nil
}

func (a *archive) bomb(name string) *Error {
	limit := a.limits.CompressionRatio
	return over("CompressionRatio", limit, "the part %s unpacks to more than %d times its size, as a zip bomb does", name, limit)
}

// ratioFrom is the size up to which a part may be packed as tightly as it likes.
const ratioFrom = 1 << 20

// part is an open part. It is unpacked here and not by archive/zip because the ratio must be known while reading: what
// has come out against what has gone in.
type part struct {
	archive  *archive
	name     string
	packed   *countingReader
	content  io.ReadCloser
	unpacked int64
	sum      hash.Hash32
	want     uint32
}

type countingReader struct {
	reader io.Reader
	count  int64
}

func (c *countingReader) Read(buffer []byte) (int, error) {
	n, err := c.reader.Read(buffer)
	c.count += int64(n)
	return n, err
}

// Read counts what really comes out: the sizes in a ZIP directory are claims.
func (p *part) Read(buffer []byte) (int, error) {
	n, err := p.content.Read(buffer)
	p.unpacked += int64(n)
	p.archive.shared.unpacked += int64(n)
	p.sum.Write(buffer[:n])
	limits := p.archive.limits
	switch {
	case p.archive.shared.unpacked > limits.DecompressedBytes:
		return 0, over("DecompressedBytes", limits.DecompressedBytes, "the container unpacks to more than is allowed, at the part %s", p.name)
	case p.unpacked > ratioFrom && p.unpacked/max(p.packed.count, 1) >= limits.CompressionRatio:
		return 0, p.archive.bomb(p.name)
	case errors.Is(err, io.EOF) && p.sum.Sum32() != p.want:
		return n, fail(CorruptDocument, "the part %s does not match its checksum", p.name)
	case err != nil && !errors.Is(err, io.EOF):
		return n, fail(CorruptDocument, "the part %s cannot be unpacked: %w", p.name, err)
	}
	return n, err
}

func (p *part) Close() error { return p.content.Close() }
