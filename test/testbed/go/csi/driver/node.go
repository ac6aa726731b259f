package main

import (
	"context"
	"errors"
	"os"
	"strings"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"golang.org/x/sys/unix"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func (d *driver) NodeGetInfo(context.Context, *csi.NodeGetInfoRequest) (*csi.NodeGetInfoResponse, error) {
	return &csi.NodeGetInfoResponse{NodeId: d.node}, nil
}

func (d *driver) NodeGetCapabilities(
	context.Context,
	*csi.NodeGetCapabilitiesRequest,
) (*csi.NodeGetCapabilitiesResponse, error) {
	rpc := &csi.NodeServiceCapability_RPC{
		Type: csi.NodeServiceCapability_RPC_SINGLE_NODE_MULTI_WRITER,
	}
	return &csi.NodeGetCapabilitiesResponse{Capabilities: []*csi.NodeServiceCapability{
		{Type: &csi.NodeServiceCapability_Rpc{Rpc: rpc}},
	}}, nil
}

func isMounted(target string) (bool, error) {
	text, err := os.ReadFile("/proc/self/mountinfo")
	return strings.Contains(string(text), " "+target+" "), err
}

func (d *driver) NodePublishVolume(
	_ context.Context,
	r *csi.NodePublishVolumeRequest,
) (*csi.NodePublishVolumeResponse, error) {
	found, err := d.store.find(volumes, r.VolumeId)
	if err == nil && found == nil {
		return nil, status.Errorf(codes.NotFound, "there is no volume %q", r.VolumeId)
	}
	mounted := false
	if err == nil {
		mounted, err = isMounted(r.TargetPath)
	}
	if err == nil && !mounted {
		err = os.MkdirAll(r.TargetPath, 0o750)
		if err == nil {
			err = unix.Mount(d.store.folder(volumes, r.VolumeId), r.TargetPath, "", unix.MS_BIND, "")
		}
		if err == nil && r.Readonly {
			flags := uintptr(unix.MS_BIND | unix.MS_REMOUNT | unix.MS_RDONLY)
			err = unix.Mount("", r.TargetPath, "", flags, "")
		}
	}
	if err != nil {
		return nil, failed(err)
	}
	return &csi.NodePublishVolumeResponse{}, nil
}

// NodeUnpublishVolume removes an empty folder only: through a mount that stayed, more would be data.
func (d *driver) NodeUnpublishVolume(
	_ context.Context,
	r *csi.NodeUnpublishVolumeRequest,
) (*csi.NodeUnpublishVolumeResponse, error) {
	mounted, err := isMounted(r.TargetPath)
	if err == nil && mounted {
		err = unix.Unmount(r.TargetPath, 0)
	}
	if err == nil {
		err = os.Remove(r.TargetPath)
	}
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, failed(err)
	}
	return &csi.NodeUnpublishVolumeResponse{}, nil
}
