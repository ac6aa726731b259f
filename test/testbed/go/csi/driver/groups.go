package main

import (
	"context"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Snapshots of a group are cut under one lock, and have one time. With the parameter `members: bound`
// of a class they go only with their group, and say so when they are listed.
const boundMembers = "bound"

func (d *driver) GroupControllerGetCapabilities(
	context.Context,
	*csi.GroupControllerGetCapabilitiesRequest,
) (*csi.GroupControllerGetCapabilitiesResponse, error) {
	rpc := &csi.GroupControllerServiceCapability_RPC{
		Type: csi.GroupControllerServiceCapability_RPC_CREATE_DELETE_GET_VOLUME_GROUP_SNAPSHOT,
	}
	kind := &csi.GroupControllerServiceCapability_Rpc{Rpc: rpc}
	return &csi.GroupControllerGetCapabilitiesResponse{
		Capabilities: []*csi.GroupControllerServiceCapability{{Type: kind}},
	}, nil
}

// toGroup answers nil where a member is gone.
func (d *driver) toGroup(group *record) (*csi.VolumeGroupSnapshot, error) {
	answer := &csi.VolumeGroupSnapshot{
		GroupSnapshotId: group.ID,
		CreationTime:    timestamppb.New(group.Created),
		ReadyToUse:      true,
	}
	for _, id := range group.Members {
		one, err := d.store.find(snapshots, id)
		if err != nil || one == nil {
			return nil, err
		}
		snapshot := toSnapshot(one)
		snapshot.GroupSnapshotId = group.ID
		answer.ReadyToUse = answer.ReadyToUse && snapshot.ReadyToUse
		answer.Snapshots = append(answer.Snapshots, snapshot)
	}
	return answer, nil
}

// cut makes the snapshots of a group, then the record of it: a call that is repeated begins again.
func (d *driver) cut(r *csi.CreateVolumeGroupSnapshotRequest) (*record, error) {
	group := record{ID: idOf(groups, r.Name), Name: r.Name, Parameters: r.Parameters, Created: time.Now()}
	for _, volume := range r.SourceVolumeIds {
		source, err := d.store.find(volumes, volume)
		if err != nil {
			return nil, failed(err)
		}
		if source == nil {
			return nil, status.Errorf(codes.NotFound, "there is no volume %q", volume)
		}
		member := record{
			ID:         idOf(snapshots, r.Name+"/"+volume),
			Name:       r.Name + "/" + volume,
			Source:     source.ID,
			Bytes:      source.Bytes,
			Group:      group.ID,
			Created:    group.Created,
			Parameters: r.Parameters,
		}
		if _, err = d.store.create(snapshots, d.store.folder(volumes, source.ID), member); err != nil {
			return nil, failed(err)
		}
		group.Members = append(group.Members, member.ID)
	}
	made, err := d.store.create(groups, "", group)
	if err != nil {
		return nil, failed(err)
	}
	return made, nil
}

func (d *driver) CreateVolumeGroupSnapshot(
	ctx context.Context,
	r *csi.CreateVolumeGroupSnapshotRequest,
) (*csi.CreateVolumeGroupSnapshotResponse, error) {
	call := d.faults.call("group " + r.Name)
	if err := d.faults.before(ctx, call, r.Parameters); err != nil {
		return nil, err
	}
	d.store.Lock()
	defer d.store.Unlock()
	made, err := d.store.find(groups, idOf(groups, r.Name))
	if err != nil {
		return nil, failed(err)
	}
	if made == nil {
		if made, err = d.cut(r); err != nil {
			return nil, err
		}
	}
	if err := d.faults.after(call, r.Parameters); err != nil {
		return nil, err
	}
	answer, err := d.toGroup(made)
	if err != nil {
		return nil, failed(err)
	}
	return &csi.CreateVolumeGroupSnapshotResponse{GroupSnapshot: answer}, nil
}

func (d *driver) GetVolumeGroupSnapshot(
	_ context.Context,
	r *csi.GetVolumeGroupSnapshotRequest,
) (*csi.GetVolumeGroupSnapshotResponse, error) {
	d.store.Lock()
	defer d.store.Unlock()
	found, err := d.store.find(groups, r.GroupSnapshotId)
	if err != nil {
		return nil, failed(err)
	}
	if found == nil {
		return nil, status.Errorf(codes.NotFound, "there is no group %q", r.GroupSnapshotId)
	}
	answer, err := d.toGroup(found)
	if err != nil {
		return nil, failed(err)
	}
	if answer == nil {
		return nil, status.Errorf(codes.NotFound, "group %q is not whole", r.GroupSnapshotId)
	}
	return &csi.GetVolumeGroupSnapshotResponse{GroupSnapshot: answer}, nil
}

func (d *driver) DeleteVolumeGroupSnapshot(
	_ context.Context,
	r *csi.DeleteVolumeGroupSnapshotRequest,
) (*csi.DeleteVolumeGroupSnapshotResponse, error) {
	d.store.Lock()
	defer d.store.Unlock()
	found, err := d.store.find(groups, r.GroupSnapshotId)
	if err != nil {
		return nil, failed(err)
	}
	if found == nil {
		return &csi.DeleteVolumeGroupSnapshotResponse{}, nil
	}
	if found.Parameters["fault"] == "keep" {
		return nil, status.Error(codes.FailedPrecondition, "asked to keep the group")
	}
	asked := map[string]bool{}
	for _, id := range r.SnapshotIds {
		asked[id] = true
	}
	for _, id := range found.Members {
		if !asked[id] {
			return nil, status.Errorf(codes.InvalidArgument, "snapshot %q of the group is not named", id)
		}
	}
	for _, id := range found.Members {
		if err := d.store.remove(snapshots, id); err != nil {
			return nil, failed(err)
		}
	}
	if err := d.store.remove(groups, found.ID); err != nil {
		return nil, failed(err)
	}
	return &csi.DeleteVolumeGroupSnapshotResponse{}, nil
}
