package folder

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/docflow-asl/docflow/asl/engine/mapdata"
	"github.com/google/go-cmp/cmp"
)

func open(t *testing.T) (*Folder, string) {
	t.Helper()
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "b"), 0o777); err != nil {
		t.Fatal(err)
	}
	f, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return f, dir
}

func get(t *testing.T, f *Folder, key string) (string, error) {
	t.Helper()
	object, err := f.Get(t.Context(), mapdata.ObjectRef{Bucket: "b", Key: key})
	if err != nil {
		return "", err
	}
	defer object.Body.Close() //nolint:errcheck // read only
	body, err := io.ReadAll(object.Body)
	return string(body), err
}

func keys(t *testing.T, f *Folder, prefix string) []string {
	t.Helper()
	var all []string
	for info, err := range f.List(t.Context(), mapdata.ListInput{Bucket: "b", Prefix: prefix}) {
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, info.Key)
	}
	return all
}

func code(err error) string {
	var storage *mapdata.StorageError
	if errors.As(err, &storage) {
		return storage.Code
	}
	return fmt.Sprint(err)
}

func TestPutGet(t *testing.T) {
	f, dir := open(t)
	for _, body := range []string{"first", "second"} {
		if err := f.Put(t.Context(), "b", "a/b/c.txt", strings.NewReader(body)); err != nil {
			t.Fatal(err)
		}
		if got, err := get(t, f, "a/b/c.txt"); err != nil || got != body {
			t.Error(got, err)
		}
	}
	onDisk, err := os.ReadFile(filepath.Join(dir, "b", "a", "b", "c.txt"))
	if err != nil || string(onDisk) != "second" {
		t.Error(string(onDisk), err)
	}
	object, err := f.Get(t.Context(), mapdata.ObjectRef{Bucket: "b", Key: "a/b/c.txt", VersionID: "null"})
	if err != nil || object.ETag != `"a9f0e61a137d86aa9db53465e0801612"` || object.Size != 6 || object.StorageClass != "STANDARD" {
		t.Fatal(object, err)
	}
	_ = object.Body.Close()
	for _, test := range []struct {
		ref  mapdata.ObjectRef
		want string
	}{
		{mapdata.ObjectRef{Bucket: "b", Key: "none"}, mapdata.CodeNoSuchKey},
		{mapdata.ObjectRef{Bucket: "b", Key: "a/b"}, mapdata.CodeNoSuchKey},
		{mapdata.ObjectRef{Bucket: "b", Key: "a/b/"}, mapdata.CodeNoSuchKey},
		{mapdata.ObjectRef{Bucket: "b", Key: "a/b/c.txt/d"}, mapdata.CodeNoSuchKey},
		{mapdata.ObjectRef{Bucket: "b", Key: "a/b/c.txt", VersionID: "1"}, mapdata.CodeNoSuchVersion},
		{mapdata.ObjectRef{Bucket: "none", Key: "a"}, mapdata.CodeNoSuchBucket},
		{mapdata.ObjectRef{Bucket: "..", Key: "a"}, mapdata.CodeNoSuchBucket},
		{mapdata.ObjectRef{Bucket: "b/a", Key: "b"}, mapdata.CodeNoSuchBucket},
		{mapdata.ObjectRef{Bucket: "", Key: "b"}, mapdata.CodeNoSuchBucket},
	} {
		if _, err := f.Get(t.Context(), test.ref); code(err) != test.want {
			t.Error(test.ref, err)
		}
	}
	if err := f.Put(t.Context(), "none", "a", strings.NewReader("")); code(err) != mapdata.CodeNoSuchBucket {
		t.Error(err)
	}
	if err := f.Put(t.Context(), "b", "a/b", strings.NewReader("")); code(err) != mapdata.CodeAccessDenied {
		t.Error(err) // a directory is in the way
	}
	if diff := cmp.Diff([]string{"a/b/c.txt"}, keys(t, f, "")); diff != "" {
		t.Error(diff) // nothing is left of what failed
	}
	entries, _ := os.ReadDir(filepath.Join(dir, "b", "a"))
	if len(entries) != 1 {
		t.Error(entries)
	}
}

// Nothing outside of the directory is read or written.
func TestTraversal(t *testing.T) {
	f, dir := open(t)
	outside := filepath.Join(filepath.Dir(dir), "outside")
	if err := os.MkdirAll(outside, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(outside, "secret"), []byte("secret"), 0o666); err != nil {
		t.Fatal(err)
	}
	for link, target := range map[string]string{"link": outside, "file": filepath.Join(outside, "secret"), "up": "../../outside", "loop": "."} {
		if err := os.Symlink(target, filepath.Join(dir, "b", link)); err != nil {
			t.Skip(err)
		}
	}
	if err := os.Symlink(outside, filepath.Join(dir, "linked")); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{
		"../../outside/secret", "../b/x", "/etc/passwd", "a/../../x", ".", "..", "a//b", "a/./b", "", "/", "a\x00b", "link/secret", "file", "up/secret", "\xff",
	} {
		if got, err := get(t, f, key); err == nil {
			t.Errorf("Get %q: %q", key, got)
		}
		if key == "file" {
			continue // a link is replaced, not followed
		}
		if err := f.Put(t.Context(), "b", key, strings.NewReader("mine")); err == nil {
			t.Errorf("Put %q succeeded", key)
		}
	}
	if err := f.Put(t.Context(), "b", "file", strings.NewReader("mine")); err != nil {
		t.Error(err)
	}
	if secret, _ := os.ReadFile(filepath.Join(outside, "secret")); string(secret) != "secret" {
		t.Error("written outside")
	}
	entries, _ := os.ReadDir(outside)
	if len(entries) != 1 {
		t.Error(entries)
	}
	if _, err := f.Get(t.Context(), mapdata.ObjectRef{Bucket: "linked", Key: "secret"}); err == nil {
		t.Error("a bucket outside")
	}
	if diff := cmp.Diff([]string{"file"}, keys(t, f, "")); diff != "" {
		t.Error(diff)
	}
}

func TestListOrder(t *testing.T) {
	f, dir := open(t)
	want := []string{"a", "a-b", "a.txt", "a/b", "a/b.c", "a/b/c", "a0", "ab/x", "é/é", "z", "\uFF5E", "\U0001F600/x"}
	want = slices.DeleteFunc(want, func(key string) bool { return key == "a" || key == "a/b" }) // a directory cannot have these beside a/b/c
	for _, key := range want {
		if err := f.Put(t.Context(), "b", key, strings.NewReader(key)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "b", underWay+"1"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "b", "empty"), 0o777); err != nil {
		t.Fatal(err)
	}
	sorted := slices.Clone(want)
	slices.Sort(sorted)
	if diff := cmp.Diff(sorted, keys(t, f, "")); diff != "" {
		t.Error(diff)
	}
	for _, prefix := range []string{"a", "a/", "a/b", "a/b/", "a/b/c", "ab", "é", "zz", "/", "a.", "..", "../"} {
		var some []string
		for _, key := range sorted {
			if strings.HasPrefix(key, prefix) {
				some = append(some, key)
			}
		}
		if diff := cmp.Diff(some, keys(t, f, prefix)); diff != "" {
			t.Error(prefix, diff)
		}
	}
	for range f.List(t.Context(), mapdata.ListInput{Bucket: "b"}) {
		break // and no panic
	}
	for info, err := range f.List(t.Context(), mapdata.ListInput{Bucket: "b", Prefix: "z"}) {
		if err != nil || info.ETag != `"fbade9e36a3f36d3d676c1b808451dd7"` || info.Size != 1 {
			t.Error(info, err)
		}
	}
	for _, err := range f.List(t.Context(), mapdata.ListInput{Bucket: "none"}) {
		if code(err) != mapdata.CodeNoSuchBucket {
			t.Error(err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, err := range f.List(ctx, mapdata.ListInput{Bucket: "b"}) {
		if !errors.Is(err, context.Canceled) {
			t.Error(err)
		}
	}
}

type failing struct{}

func (failing) Read(p []byte) (int, error) { return copy(p, "half"), errors.New("broken off") }

// Nobody sees half an object.
func TestPutIsAtomic(t *testing.T) {
	f, dir := open(t)
	if err := f.Put(t.Context(), "b", "k", strings.NewReader("whole")); err != nil {
		t.Fatal(err)
	}
	if err := f.Put(t.Context(), "b", "k", failing{}); err == nil || !strings.Contains(err.Error(), "broken off") {
		t.Error(err)
	}
	if got, err := get(t, f, "k"); got != "whole" {
		t.Error(got, err)
	}
	if entries, _ := os.ReadDir(filepath.Join(dir, "b")); len(entries) != 1 {
		t.Error(entries)
	}
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for range 20 {
				if err := f.Put(t.Context(), "b", "k", strings.NewReader(strings.Repeat(fmt.Sprint(i), 10_000))); err != nil {
					t.Error(err)
				}
				if got, err := get(t, f, "k"); err != nil || len(got) != 10_000 && got != "whole" || strings.Trim(got, got[:1]) != "" {
					t.Error(len(got), err)
				}
			}
		})
	}
	wait.Wait()
}
