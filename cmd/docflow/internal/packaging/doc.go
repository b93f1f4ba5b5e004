// Package packaging makes what a deployment uploads: a ZIP file for each Lambda function, and the template that names them.
//
// The same source gives the same bytes, whoever builds it and when: paths, times and version control are left out of the
// binaries, and the files of a ZIP have a fixed time and order. So a deployment changes only what has changed.
package packaging
