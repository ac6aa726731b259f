package main

import (
	"context"
	"strconv"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func failed(err error) error { return status.Error(codes.Internal, err.Error()) }

func (d *driver) ControllerGetCapabilities(
	context.Context,
	*csi.ControllerGetCapabilitiesRequest,
) (*csi.ControllerGetCapabilitiesResponse, error) {
	able := []csi.ControllerServiceCapability_RPC_Type{
		csi.ControllerServiceCapability_RPC_CREATE_DELETE_VOLUME,
		csi.ControllerServiceCapability_RPC_CREATE_DELETE_SNAPSHOT,
		csi.ControllerServiceCapability_RPC_LIST_SNAPSHOTS,
		csi.ControllerServiceCapability_RPC_CLONE_VOLUME,
		csi.ControllerServiceCapability_RPC_SINGLE_NODE_MULTI_WRITER,
	}
	answer := &csi.ControllerGetCapabilitiesResponse{}
	for _, one := range able {
		rpc := &csi.ControllerServiceCapability_RPC{Type: one}
		kind := &csi.ControllerServiceCapability_Rpc{Rpc: rpc}
		answer.Capabilities = append(answer.Capabilities, &csi.ControllerServiceCapability{Type: kind})
	}
	return answer, nil
}

func (d *driver) ValidateVolumeCapabilities(
	_ context.Context,
	r *csi.ValidateVolumeCapabilitiesRequest,
) (*csi.ValidateVolumeCapabilitiesResponse, error) {
	return &csi.ValidateVolumeCapabilitiesResponse{
		Confirmed: &csi.ValidateVolumeCapabilitiesResponse_Confirmed{
			VolumeCapabilities: r.VolumeCapabilities,
		},
	}, nil
}

// sourceFolder is that of the snapshot or volume of which a volume is made; empty: of nothing.
func (d *driver) sourceFolder(source *csi.VolumeContentSource) (string, error) {
	kind, id := "", ""
	switch {
	case source.GetSnapshot() != nil:
		kind, id = snapshots, source.GetSnapshot().SnapshotId
	case source.GetVolume() != nil:
		kind, id = volumes, source.GetVolume().VolumeId
	default:
		return "", nil
	}
	found, err := d.store.find(kind, id)
	if err != nil {
		return "", failed(err)
	}
	if found == nil {
		return "", status.Errorf(codes.NotFound, "there is nothing called %q in %s", id, kind)
	}
	return d.store.folder(kind, id), nil
}

func (d *driver) CreateVolume(
	ctx context.Context,
	r *csi.CreateVolumeRequest,
) (*csi.CreateVolumeResponse, error) {
	for _, capability := range r.VolumeCapabilities {
		if capability.GetBlock() != nil {
			return nil, status.Error(codes.InvalidArgument, "volumes are folders, and no block devices")
		}
	}
	call := d.faults.call("volume " + r.Name)
	if err := d.faults.before(ctx, call, r.Parameters); err != nil {
		return nil, err
	}
	d.store.Lock()
	defer d.store.Unlock()
	id := idOf(volumes, r.Name)
	made, err := d.store.find(volumes, id)
	if err == nil && made == nil {
		var from string
		if from, err = d.sourceFolder(r.VolumeContentSource); err != nil {
			return nil, err
		}
		bytes := r.GetCapacityRange().GetRequiredBytes()
		made, err = d.store.create(volumes, from, record{ID: id, Name: r.Name, Bytes: bytes})
	}
	if err != nil {
		return nil, failed(err)
	}
	if err := d.faults.after(call, r.Parameters); err != nil {
		return nil, err
	}
	return &csi.CreateVolumeResponse{Volume: &csi.Volume{
		VolumeId:      made.ID,
		CapacityBytes: made.Bytes,
		ContentSource: r.VolumeContentSource,
	}}, nil
}

func (d *driver) DeleteVolume(
	_ context.Context,
	r *csi.DeleteVolumeRequest,
) (*csi.DeleteVolumeResponse, error) {
	d.store.Lock()
	defer d.store.Unlock()
	if err := d.store.remove(volumes, r.VolumeId); err != nil {
		return nil, failed(err)
	}
	return &csi.DeleteVolumeResponse{}, nil
}

func toSnapshot(one *record) *csi.Snapshot {
	isReady := one.Parameters["fault"] != "not-ready" ||
		time.Since(one.Created) >= milliseconds(one.Parameters)
	group := ""
	if one.Parameters["members"] == boundMembers {
		group = one.Group
	}
	return &csi.Snapshot{
		GroupSnapshotId: group,
		SnapshotId:      one.ID,
		SourceVolumeId:  one.Source,
		SizeBytes:       one.Bytes,
		CreationTime:    timestamppb.New(one.Created),
		ReadyToUse:      isReady,
	}
}

func (d *driver) CreateSnapshot(
	ctx context.Context,
	r *csi.CreateSnapshotRequest,
) (*csi.CreateSnapshotResponse, error) {
	call := d.faults.call("snapshot " + r.Name)
	if err := d.faults.before(ctx, call, r.Parameters); err != nil {
		return nil, err
	}
	d.store.Lock()
	defer d.store.Unlock()
	name := r.Name
	if r.Parameters["fault"] == "twice" && call.number > 1 {
		name += " " + strconv.Itoa(call.number)
	}
	id := idOf(snapshots, name)
	made, err := d.store.find(snapshots, id)
	if err == nil && made == nil {
		var source *record
		source, err = d.store.find(volumes, r.SourceVolumeId)
		if err == nil && source == nil {
			return nil, status.Errorf(codes.NotFound, "there is no volume %q", r.SourceVolumeId)
		}
		if err == nil {
			wanted := record{
				ID:         id,
				Name:       name,
				Source:     source.ID,
				Bytes:      source.Bytes,
				Parameters: r.Parameters,
			}
			made, err = d.store.create(snapshots, d.store.folder(volumes, source.ID), wanted)
		}
	}
	if err != nil {
		return nil, failed(err)
	}
	if err := d.faults.after(call, r.Parameters); err != nil {
		return nil, err
	}
	return &csi.CreateSnapshotResponse{Snapshot: toSnapshot(made)}, nil
}

func (d *driver) DeleteSnapshot(
	_ context.Context,
	r *csi.DeleteSnapshotRequest,
) (*csi.DeleteSnapshotResponse, error) {
	d.store.Lock()
	defer d.store.Unlock()
	found, err := d.store.find(snapshots, r.SnapshotId)
	if err == nil && found != nil && found.Parameters["fault"] == "keep" {
		return nil, status.Error(codes.FailedPrecondition, "asked to keep the snapshot")
	}
	if err == nil && found != nil && found.Group != "" && found.Parameters["members"] == boundMembers {
		return nil, status.Errorf(codes.InvalidArgument, "it goes only with group %q", found.Group)
	}
	if err == nil {
		err = d.store.remove(snapshots, r.SnapshotId)
	}
	if err != nil {
		return nil, failed(err)
	}
	return &csi.DeleteSnapshotResponse{}, nil
}

func (d *driver) ListSnapshots(
	_ context.Context,
	r *csi.ListSnapshotsRequest,
) (*csi.ListSnapshotsResponse, error) {
	d.store.Lock()
	defer d.store.Unlock()
	all, err := d.store.list(snapshots)
	if err != nil {
		return nil, failed(err)
	}
	answer := &csi.ListSnapshotsResponse{}
	for _, one := range all {
		isAsked := (r.SnapshotId == "" || r.SnapshotId == one.ID) &&
			(r.SourceVolumeId == "" || r.SourceVolumeId == one.Source)
		if isAsked {
			entry := &csi.ListSnapshotsResponse_Entry{Snapshot: toSnapshot(one)}
			answer.Entries = append(answer.Entries, entry)
		}
	}
	return answer, nil
}
