//go:build tools

// Package tools pins Velero's plugin for GCP, which the testbed runs as a peer.
package tools

import _ "github.com/vmware-tanzu/velero-plugin-for-gcp/velero-plugin-for-gcp"
