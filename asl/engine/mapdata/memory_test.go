package mapdata

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func keys(t *testing.T, objects Objects, bucket, prefix string) []string {
	t.Helper()
	var all []string
	for info, err := range objects.List(t.Context(), ListInput{Bucket: bucket, Prefix: prefix}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, info.Key)
	}
	return all
}

func TestMemory(t *testing.T) {
	m := &Memory{}
	if err := m.Put(t.Context(), "b", "k", strings.NewReader("")); code(err) != CodeNoSuchBucket {
		t.Error(err)
	}
	for _, key := range []string{"a/b", "a.b", "a", "é", "\U0001F600", "\uFF5E", "a//b", "../x"} {
		m.Store("b", key, []byte(key))
	}
	// The order of UTF-8 bytes: a character beyond U+FFFF comes after U+FF5E, which it would not in UTF-16.
	if diff := cmp.Diff([]string{"../x", "a", "a.b", "a//b", "a/b", "é", "\uFF5E", "\U0001F600"}, keys(t, m, "b", "")); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"a//b", "a/b"}, keys(t, m, "b", "a/")); diff != "" {
		t.Error(diff)
	}
	if id := m.Store("b", "a", []byte("new")); id != "2" {
		t.Error(id)
	}
	object, err := m.Get(t.Context(), ObjectRef{Bucket: "b", Key: "a"})
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(object.Body)
	if string(body) != "new" || object.ETag != `"22af645d1859cb5ca6da0c484f1f37ea"` || object.Size != 3 {
		t.Error(object.ObjectInfo, string(body))
	}
	for bucket, want := range map[string]string{"b": CodeNoSuchKey, "c": CodeNoSuchBucket} {
		if _, err := m.Get(t.Context(), ObjectRef{Bucket: bucket, Key: "none"}); code(err) != want {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := m.Get(ctx, ObjectRef{Bucket: "b", Key: "a"}); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	for _, err := range m.List(ctx, ListInput{Bucket: "b"}) {
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

func code(err error) string {
	var storage *StorageError
	if errors.As(err, &storage) {
		return storage.Code
	}
	return fmt.Sprint(err)
}

func TestMemoryConcurrently(t *testing.T) {
	m := &Memory{}
	m.CreateBucket("b")
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for j := range 50 {
				key := fmt.Sprintf("%d/%d", i, j)
				if err := m.Put(t.Context(), "b", key, strings.NewReader(key)); err != nil {
					t.Error(err)
				}
				if object, err := m.Get(t.Context(), ObjectRef{Bucket: "b", Key: key}); err != nil || object.Size != int64(len(key)) {
					t.Error(err)
				}
				for _, err := range m.List(t.Context(), ListInput{Bucket: "b", Prefix: fmt.Sprint(i)}) {
					if err != nil {
						t.Error(err)
					}
				}
			}
		})
	}
	wait.Wait()
	if n := len(keys(t, m, "b", "")); n != 400 {
		t.Error(n)
	}
}
