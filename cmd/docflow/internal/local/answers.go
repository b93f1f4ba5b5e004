package local

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/docflow-asl/docflow/tasks/claim"
)

// answerFiles keeps the answers of models, which the prompt function has in S3 below claim.CachePrefix, in files. Their keys have the
// model that a flow calls, not who answers in its place: each of those has a folder.
type answerFiles struct {
	client *s3.Client
	dir    string

	mu   sync.Mutex
	kept map[string]bool // keys
}

// openAnswers puts the answers of before into S3.
func openAnswers(ctx context.Context, client *s3.Client, dir string, m Model) (*answerFiles, error) {
	a := &answerFiles{client: client, dir: filepath.Join(dir, m.folder()), kept: map[string]bool{}}
	if err := os.MkdirAll(a.dir, 0o755); err != nil {
		return nil, err
	}
	files := os.DirFS(a.dir)
	return a, fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".json" {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		key := claim.CachePrefix + name
		a.kept[key] = true
		_, err = client.PutObject(ctx, &s3.PutObjectInput{
			Bucket: aws.String(ResultsBucket), Key: &key, Body: bytes.NewReader(data), ContentType: aws.String(claim.TypeJSON),
		})
		return err
	})
}

// keep writes an object into a file, if it is an answer and new.
func (a *answerFiles) keep(ctx context.Context, key string) error {
	name, isAnswer := strings.CutPrefix(key, claim.CachePrefix)
	if a == nil || !isAnswer || !filepath.IsLocal(name) {
		return nil
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.kept[key] {
		return nil
	}
	out, err := a.client.GetObject(ctx, &s3.GetObjectInput{Bucket: aws.String(ResultsBucket), Key: &key})
	if err != nil {
		return fmt.Errorf("the answer s3://%s/%s: %w", ResultsBucket, key, err)
	}
	data, err := io.ReadAll(out.Body)
	if err = errors.Join(err, out.Body.Close()); err != nil {
		return fmt.Errorf("the answer s3://%s/%s: %w", ResultsBucket, key, err)
	}
	file := filepath.Join(a.dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	// Whole or not at all: another run may read it.
	if err := os.WriteFile(file+".part", data, 0o644); err != nil {
		return err
	}
	a.kept[key] = true
	return os.Rename(file+".part", file)
}

// folder names who answers.
func (m Model) folder() string {
	switch m.Name {
	case "", ModelOffline:
		return ModelOffline
	case ModelBedrock:
		return ModelBedrock
	}
	sum := sha256.Sum256([]byte(m.Name + "\n" + m.Served))
	return hex.EncodeToString(sum[:8])
}
