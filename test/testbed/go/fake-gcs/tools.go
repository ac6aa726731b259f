//go:build tools

// Package tools pins the double of Google Cloud Storage.
package tools

import _ "github.com/fsouza/fake-gcs-server"
