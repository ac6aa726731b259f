//go:build tools

// Package tools pins the S3 server of the testbed.
package tools

import (
	_ "github.com/minio/minio"
)
