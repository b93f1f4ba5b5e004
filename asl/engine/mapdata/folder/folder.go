// Package folder is a mapdata.Objects in a directory: a bucket is a directory in it, an object a file below that. It is what
// `docflow exec --s3 DIR` reads from and writes to.
//
// What S3 has and a directory has not: versions (every object has the one version "null"), keys with empty segments, with "." or
// ".." as a segment or with a slash at the end, and an object "a" beside an object "a/b". Nothing outside of the directory is
// read or written, through symbolic links neither. An ETag is the MD5 of what the file holds, so a listing reads every file.
package folder

import (
	"context"
	"crypto/md5" // what S3's ETag is
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path"
	"slices"
	"strings"
	"sync/atomic"
	"unicode/utf8"

	"github.com/docflow-asl/docflow/asl/engine/mapdata"
)

// Folder is the storage. It is safe for concurrent use.
type Folder struct {
	root *os.Root
	puts atomic.Int64
}

var _ mapdata.Objects = (*Folder)(nil)

// Open opens the storage in a directory that exists.
func Open(dir string) (*Folder, error) {
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, err
	}
	return &Folder{root: root}, nil
}

// Close gives the directory back.
func (f *Folder) Close() error { return f.root.Close() }

// underWay begins the names of files that are being written. They are no objects.
const underWay = ".docflow-put-"

// name is the path of an object, and whether there can be one of that key.
func name(bucket, key string) (string, bool) {
	for segment := range strings.SplitSeq(key, "/") {
		if !segmentOK(segment) {
			return "", false
		}
	}
	return bucket + "/" + key, true
}

func segmentOK(segment string) bool {
	return segment != "" && segment != "." && segment != ".." && utf8.ValidString(segment) && !strings.HasPrefix(segment, underWay) &&
		!strings.ContainsFunc(segment, func(c rune) bool {
			return c == 0 || c == '\\' && os.PathSeparator == '\\' || c == ':' && os.PathSeparator == '\\'
		})
}

// bucket checks that a bucket is there.
func (f *Folder) bucket(bucket string) error {
	if !segmentOK(bucket) || strings.Contains(bucket, "/") {
		return mapdata.NoSuchBucket(bucket)
	}
	info, err := f.root.Stat(bucket)
	switch {
	case errors.Is(err, fs.ErrNotExist), err == nil && !info.IsDir():
		return mapdata.NoSuchBucket(bucket)
	case err != nil:
		return mapdata.AccessDenied(bucket, "", err)
	}
	return nil
}

// Get opens an object.
func (f *Folder) Get(ctx context.Context, ref mapdata.ObjectRef) (*mapdata.Object, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := f.bucket(ref.Bucket); err != nil {
		return nil, err
	}
	file, ok := name(ref.Bucket, ref.Key)
	if !ok {
		return nil, mapdata.NoSuchKey(ref.Bucket, ref.Key)
	}
	if ref.VersionID != "" && ref.VersionID != "null" {
		return nil, mapdata.NoSuchVersion(ref.Bucket, ref.Key)
	}
	body, info, err := f.open(file)
	if err != nil {
		return nil, storageError(ref.Bucket, ref.Key, err)
	}
	etag, err := etagOf(body)
	if err == nil {
		_, err = body.Seek(0, io.SeekStart)
	}
	if err != nil {
		_ = body.Close()
		return nil, storageError(ref.Bucket, ref.Key, err)
	}
	return &mapdata.Object{ObjectInfo: objectInfo(ref.Key, info, etag), Body: body}, nil
}

// open opens a regular file.
func (f *Folder) open(file string) (*os.File, fs.FileInfo, error) {
	info, err := f.root.Stat(file) // before it is opened: opening a pipe would wait
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fs.ErrNotExist
	}
	body, err := f.root.Open(file)
	if err != nil {
		return nil, nil, err
	}
	if info, err = body.Stat(); err != nil { // of what was opened, which may be another file by now
		_ = body.Close()
		return nil, nil, err
	}
	return body, info, nil
}

func etagOf(body io.Reader) (string, error) {
	sum := md5.New()
	if _, err := io.Copy(sum, body); err != nil {
		return "", err
	}
	return `"` + hex.EncodeToString(sum.Sum(nil)) + `"`, nil
}

func objectInfo(key string, info fs.FileInfo, etag string) mapdata.ObjectInfo {
	return mapdata.ObjectInfo{Key: key, ETag: etag, Size: info.Size(), LastModified: info.ModTime(), StorageClass: "STANDARD"}
}

// storageError tells what is missing from what is forbidden.
func storageError(bucket, key string, err error) error {
	if errors.Is(err, fs.ErrNotExist) || notDirectory(err) {
		return mapdata.NoSuchKey(bucket, key)
	}
	return mapdata.AccessDenied(bucket, key, err)
}

// List gives the objects of a bucket in the order of the bytes of their keys, which is not that of a walk through directories:
// "a.txt" comes before "a/b", since a dot is less than a slash.
func (f *Folder) List(ctx context.Context, in mapdata.ListInput) iter.Seq2[mapdata.ObjectInfo, error] {
	return func(yield func(mapdata.ObjectInfo, error) bool) {
		err := f.bucket(in.Bucket)
		if err == nil {
			_, err = f.walk(ctx, in, "", yield)
		}
		if err != nil {
			yield(mapdata.ObjectInfo{}, err)
		}
	}
}

// walk lists the objects below a key that is empty or ends with a slash. It tells whether to go on.
func (f *Folder) walk(ctx context.Context, in mapdata.ListInput, below string, yield func(mapdata.ObjectInfo, error) bool) (bool, error) {
	dir, err := f.root.Open(strings.TrimSuffix(in.Bucket+"/"+below, "/"))
	if err != nil {
		return false, mapdata.AccessDenied(in.Bucket, below, err)
	}
	entries, err := dir.ReadDir(-1)
	_ = dir.Close()
	if err != nil {
		return false, mapdata.AccessDenied(in.Bucket, below, err)
	}
	var keys []string // those of directories end with a slash, as all keys below them have it
	for _, entry := range entries {
		if !segmentOK(entry.Name()) {
			continue
		}
		key := below + entry.Name()
		if entry.IsDir() {
			key += "/"
		}
		if strings.HasPrefix(key, in.Prefix) || entry.IsDir() && strings.HasPrefix(in.Prefix, key) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		if strings.HasSuffix(key, "/") {
			if goOn, err := f.walk(ctx, in, key, yield); !goOn || err != nil {
				return false, err
			}
			continue
		}
		info, err := f.info(in.Bucket, key)
		if err != nil {
			return false, err
		}
		if info != nil && !yield(*info, nil) {
			return false, nil
		}
	}
	return true, nil
}

// info describes an object. What is no object (a link that leads out of the directory or to another one, a pipe, a file that
// has just gone) gives nil.
func (f *Folder) info(bucket, key string) (*mapdata.ObjectInfo, error) {
	body, stat, err := f.open(bucket + "/" + key)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) {
			return nil, mapdata.AccessDenied(bucket, key, err)
		}
		return nil, nil //nolint:nilnil // as the comment says
	}
	defer body.Close() //nolint:errcheck // read only
	etag, err := etagOf(body)
	if err != nil {
		return nil, mapdata.AccessDenied(bucket, key, err)
	}
	info := objectInfo(key, stat, etag)
	return &info, nil
}

// Put writes an object to a bucket that exists: to a file of another name first, so that nobody sees half of it.
func (f *Folder) Put(ctx context.Context, bucket, key string, body io.Reader) (err error) {
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := f.bucket(bucket); err != nil {
		return err
	}
	file, ok := name(bucket, key)
	if !ok {
		return mapdata.AccessDenied(bucket, key, fmt.Errorf("a directory cannot hold the key %q", key))
	}
	if err := f.root.MkdirAll(path.Dir(file), 0o777); err != nil {
		return mapdata.AccessDenied(bucket, key, err)
	}
	temporary := fmt.Sprintf("%s/%s%d-%d", path.Dir(file), underWay, os.Getpid(), f.puts.Add(1))
	out, err := f.root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return mapdata.AccessDenied(bucket, key, err)
	}
	defer func() {
		if err != nil {
			_ = f.root.Remove(temporary)
		}
	}()
	_, err = io.Copy(out, body)
	if closed := out.Close(); err == nil {
		err = closed
	}
	if err == nil {
		err = f.root.Rename(temporary, file)
	}
	if err != nil {
		return mapdata.AccessDenied(bucket, key, err)
	}
	return nil
}
