package mapdata

import (
	"bytes"
	"context"
	"crypto/md5" // what S3's ETag is
	"encoding/hex"
	"io"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Memory is an Objects in memory, with versions. Its zero value has no buckets. It is safe for concurrent use; its exported
// fields must be set before.
type Memory struct {
	// Now is the clock behind LastModified; time.Now when nil.
	Now func() time.Time
	// Owner is the account that all buckets belong to, which ExpectedBucketOwner is held against; "" belongs to everyone.
	Owner string

	mu      sync.RWMutex
	buckets map[string]*memoryBucket
}

type memoryBucket struct {
	objects map[string][]memoryVersion // the last one is the current one
	keys    []string                   // sorted; nil when it must be made anew
}

type memoryVersion struct {
	body []byte
	info ObjectInfo
}

// CreateBucket makes a bucket, if there is none of that name.
func (m *Memory) CreateBucket(bucket string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bucket(bucket)
}

func (m *Memory) bucket(name string) *memoryBucket {
	b := m.buckets[name]
	if b == nil {
		if m.buckets == nil {
			m.buckets = map[string]*memoryBucket{}
		}
		b = &memoryBucket{objects: map[string][]memoryVersion{}}
		m.buckets[name] = b
	}
	return b
}

// Store writes an object, makes its bucket if there is none, and returns the id of the new version: "1" for an object's first.
// The body must not be changed afterwards.
func (m *Memory) Store(bucket, key string, body []byte) (versionID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.put(m.bucket(bucket), key, body)
}

func (m *Memory) put(b *memoryBucket, key string, body []byte) string {
	now := time.Now
	if m.Now != nil {
		now = m.Now
	}
	sum := md5.Sum(body)
	if len(b.objects[key]) == 0 {
		b.keys = nil
	}
	b.objects[key] = append(b.objects[key], memoryVersion{body, ObjectInfo{
		Key: key, ETag: `"` + hex.EncodeToString(sum[:]) + `"`, Size: int64(len(body)), LastModified: now(), StorageClass: "STANDARD",
	}})
	return strconv.Itoa(len(b.objects[key]))
}

// Bytes returns what an object holds, and whether there is one.
func (m *Memory) Bytes(bucket, key string) ([]byte, bool) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	if b := m.buckets[bucket]; b != nil {
		if versions := b.objects[key]; len(versions) > 0 {
			return versions[len(versions)-1].body, true
		}
	}
	return nil, false
}

// Get opens an object.
func (m *Memory) Get(ctx context.Context, ref ObjectRef) (*Object, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	b := m.buckets[ref.Bucket]
	if b == nil {
		return nil, NoSuchBucket(ref.Bucket)
	}
	if !m.owns(ref.ExpectedBucketOwner) {
		return nil, AccessDenied(ref.Bucket, ref.Key, nil)
	}
	versions := b.objects[ref.Key]
	if len(versions) == 0 {
		return nil, NoSuchKey(ref.Bucket, ref.Key)
	}
	version := versions[len(versions)-1]
	if ref.VersionID != "" {
		n, err := strconv.Atoi(ref.VersionID)
		if err != nil || n < 1 || n > len(versions) {
			return nil, NoSuchVersion(ref.Bucket, ref.Key)
		}
		version = versions[n-1]
	}
	return &Object{version.info, io.NopCloser(bytes.NewReader(version.body))}, nil
}

func (m *Memory) owns(expected string) bool {
	return expected == "" || m.Owner == "" || expected == m.Owner
}

// List gives the objects that were there when it began.
func (m *Memory) List(ctx context.Context, in ListInput) iter.Seq2[ObjectInfo, error] {
	return func(yield func(ObjectInfo, error) bool) {
		infos, err := m.list(ctx, in)
		if err != nil {
			yield(ObjectInfo{}, err)
			return
		}
		for _, info := range infos {
			if err := ctx.Err(); err != nil {
				yield(ObjectInfo{}, err)
				return
			}
			if !yield(info, nil) {
				return
			}
		}
	}
}

func (m *Memory) list(ctx context.Context, in ListInput) ([]ObjectInfo, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.buckets[in.Bucket]
	if b == nil {
		return nil, NoSuchBucket(in.Bucket)
	}
	if !m.owns(in.ExpectedBucketOwner) {
		return nil, AccessDenied(in.Bucket, "", nil)
	}
	if b.keys == nil {
		b.keys = slices.Sorted(maps.Keys(b.objects))
	}
	from, _ := slices.BinarySearch(b.keys, in.Prefix)
	var infos []ObjectInfo
	for _, key := range b.keys[from:] {
		if !strings.HasPrefix(key, in.Prefix) {
			break
		}
		versions := b.objects[key]
		infos = append(infos, versions[len(versions)-1].info)
	}
	return infos, nil
}

// Put writes an object to a bucket that exists.
func (m *Memory) Put(ctx context.Context, bucket, key string, body io.Reader) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	data, err := io.ReadAll(body)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	b := m.buckets[bucket]
	if b == nil {
		return NoSuchBucket(bucket)
	}
	m.put(b, key, data)
	return nil
}
