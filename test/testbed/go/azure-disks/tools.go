// Command azure-disks makes a snapshot of a disk, a disk of that snapshot, and deletes the snapshot, with the
// calls and the version of Azure's SDK that Velero's plugin for Azure 1.14 has, and prints what it was told.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/arm"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/cloud"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/policy"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/to"
	"github.com/Azure/azure-sdk-for-go/sdk/resourcemanager/compute/armcompute/v4"
)

type question struct {
	Endpoint, Token, Subscription, Group, Disk, Zone string
}

type answer struct {
	Snapshot, Volume *string
	States           []*string
	Gone             bool
	Missing          string
}

// GetToken makes a question its own credential.
func (q question) GetToken(context.Context, policy.TokenRequestOptions) (azcore.AccessToken, error) {
	return azcore.AccessToken{Token: q.Token, ExpiresOn: time.Now().Add(time.Hour)}, nil
}

func main() {
	var asked question
	err := json.Unmarshal([]byte(os.Args[1]), &asked)
	if err == nil {
		var told answer
		if told, err = run(context.Background(), asked); err == nil {
			err = json.NewEncoder(os.Stdout).Encode(told)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context, asked question) (told answer, err error) {
	services := map[cloud.ServiceName]cloud.ServiceConfiguration{
		cloud.ResourceManager: {Endpoint: asked.Endpoint, Audience: "https://management.azure.com"},
	}
	options := &arm.ClientOptions{DisableRPRegistration: true, ClientOptions: policy.ClientOptions{
		Cloud:                           cloud.Configuration{ActiveDirectoryAuthorityHost: asked.Endpoint, Services: services},
		InsecureAllowCredentialWithHTTP: true,
	}}
	disks, err := armcompute.NewDisksClient(asked.Subscription, asked, options)
	if err != nil {
		return told, err
	}
	snapshots, err := armcompute.NewSnapshotsClient(asked.Subscription, asked, options)
	if err != nil {
		return told, err
	}
	poll := &runtime.PollUntilDoneOptions{Frequency: time.Second}
	copyOf := func(id *string) *armcompute.CreationData {
		return &armcompute.CreationData{CreateOption: to.Ptr(armcompute.DiskCreateOptionCopy), SourceResourceID: id}
	}
	disk, err := disks.Get(ctx, asked.Group, asked.Disk, nil)
	if err != nil {
		return told, err
	}
	name := asked.Disk + "-snapshot"
	making, err := snapshots.BeginCreateOrUpdate(ctx, asked.Group, name, armcompute.Snapshot{
		Name: &name, Location: disk.Location, Tags: disk.Tags,
		Properties: &armcompute.SnapshotProperties{CreationData: copyOf(disk.ID)},
	}, nil)
	if err != nil {
		return told, err
	}
	snapshot, err := making.PollUntilDone(ctx, poll)
	if err != nil {
		return told, err
	}
	filling, err := disks.BeginCreateOrUpdate(ctx, asked.Group, "restore", armcompute.Disk{
		Location: snapshot.Location, SKU: &armcompute.DiskSKU{Name: disk.SKU.Name}, Tags: snapshot.Tags,
		Zones:      []*string{&asked.Zone},
		Properties: &armcompute.DiskProperties{CreationData: copyOf(snapshot.ID)},
	}, nil)
	if err != nil {
		return told, err
	}
	volume, err := filling.PollUntilDone(ctx, poll)
	if err != nil {
		return told, err
	}
	told.Snapshot, told.Volume = snapshot.ID, volume.ID
	told.States = []*string{snapshot.Properties.ProvisioningState, volume.Properties.ProvisioningState}
	deleting, err := snapshots.BeginDelete(ctx, asked.Group, name, nil)
	if err != nil {
		return told, err
	}
	if _, err = deleting.PollUntilDone(ctx, poll); err != nil {
		return told, err
	}
	_, err = snapshots.Get(ctx, asked.Group, name, nil)
	refusal, isRefusal := err.(*azcore.ResponseError)
	told.Gone = isRefusal
	if isRefusal {
		told.Missing = refusal.ErrorCode
	}
	return told, nil
}
