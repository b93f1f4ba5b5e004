package mapdata

import (
	"bufio"
	"bytes"
	"io"
)

// lineReader splits a text as java.io.BufferedReader.readLine does: at \n, \r and \r\n, none of which is part of a line; a
// line end at the end of the text begins no further line.
type lineReader struct {
	r      *bufio.Reader
	buf    []byte // a line that does not lie within the reader's buffer as a whole
	skipLF bool   // the last line ended with \r: a \n that follows belongs to it
	line   int64  // the number of the last line, from 1
	start  int64  // where it begins
	offset int64  // up to where was read
}

func newLineReader(r io.Reader) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(r, 64<<10)}
}

// next returns the next line, which is valid until the next call, or io.EOF. A line of more than limit bytes gives errTooLong.
func (l *lineReader) next(limit int64) ([]byte, error) {
	l.buf = l.buf[:0]
	for started := false; ; {
		chunk, err := l.r.Peek(1)
		if err == nil {
			chunk, _ = l.r.Peek(l.r.Buffered())
		} else if err != io.EOF {
			return nil, err
		}
		if l.skipLF && len(chunk) > 0 {
			l.skipLF = false
			if chunk[0] == '\n' {
				l.discard(1)
				continue
			}
		}
		if len(chunk) == 0 {
			if !started {
				return nil, io.EOF
			}
			l.line++
			return l.buf, nil
		}
		if !started {
			started, l.start = true, l.offset
		}
		end := endOfLine(chunk)
		if int64(len(l.buf)+end) > limit {
			return nil, errTooLong
		}
		if end == len(chunk) {
			l.buf = append(l.buf, chunk...)
			l.discard(len(chunk))
			continue
		}
		line := chunk[:end]
		if len(l.buf) > 0 {
			l.buf = append(l.buf, line...)
			line = l.buf
		}
		l.skipLF = chunk[end] == '\r'
		l.discard(end + 1) // chunk stays valid until the next Peek
		l.line++
		return line, nil
	}
}

func (l *lineReader) discard(n int) {
	_, _ = l.r.Discard(n) // within what is buffered: it cannot fail
	l.offset += int64(n)
}

// endOfLine is the index of the first line end, or len(chunk).
func endOfLine(chunk []byte) int {
	end := bytes.IndexByte(chunk, '\n')
	if end < 0 {
		end = len(chunk)
	}
	if cr := bytes.IndexByte(chunk[:end], '\r'); cr >= 0 {
		end = cr
	}
	return end
}
