// Package documents finds the files that a command line names.
package documents

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// File is one document on disk.
type File struct {
	Path string // as it can be opened
	Name string // unique among the files found: the base name, or the path below the folder that was named
}

// Find lists the documents that the arguments name, in order: files as they are, folders with everything below them but hidden
// files. A file that is named twice is listed once. It is an error when an argument does not exist or a folder is empty.
func Find(args []string) ([]File, error) {
	var files []File
	seen := map[string]bool{}
	names := map[string]int{}
	add := func(path, name string) {
		clean := filepath.Clean(path)
		if seen[clean] {
			return
		}
		seen[clean] = true
		name = filepath.ToSlash(name)
		names[name]++
		if n := names[name]; n > 1 { // a/report.pdf and b/report.pdf, both named on the command line
			name = fmt.Sprintf("%s~%d%s", strings.TrimSuffix(name, filepath.Ext(name)), n, filepath.Ext(name))
		}
		files = append(files, File{Path: path, Name: name})
	}
	for _, arg := range args {
		info, err := os.Stat(arg)
		if err != nil {
			return nil, err
		}
		if !info.IsDir() {
			add(arg, filepath.Base(arg))
			continue
		}
		before := len(files)
		err = filepath.WalkDir(arg, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case strings.HasPrefix(entry.Name(), ".") && path != arg:
				if entry.IsDir() {
					return fs.SkipDir
				}
			case entry.Type().IsRegular():
				name, err := filepath.Rel(arg, path)
				if err != nil {
					return err
				}
				add(path, name)
			}
			return nil
		})
		if err != nil {
			return nil, err
		}
		if len(files) == before {
			return nil, fmt.Errorf("%s: no documents in this folder", arg)
		}
	}
	return files, nil
}
