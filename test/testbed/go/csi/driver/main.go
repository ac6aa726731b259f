// Command driver is a CSI driver whose volumes and snapshots are folders, with faults on demand. It needs
// no registrar beside it: it answers the kubelet's registration itself.
package main

import (
	"context"
	"flag"
	"log"
	"net"
	"os"
	"path/filepath"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	registration "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

type driver struct {
	csi.UnimplementedIdentityServer
	csi.UnimplementedControllerServer
	csi.UnimplementedGroupControllerServer
	csi.UnimplementedNodeServer
	registration.UnimplementedRegistrationServer

	name, node, endpoint string
	store                *store
	faults               *faults
}

// listen opens a unix socket, in place of what a former process left.
func listen(path string) net.Listener {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		log.Fatal(err)
	}
	if err := os.Remove(path); err != nil && !os.IsNotExist(err) {
		log.Fatal(err)
	}
	listener, err := net.Listen("unix", path)
	if err != nil {
		log.Fatal(err)
	}
	return listener
}

// logged writes one line for each call, so that a test can tell what was asked of the storage.
func logged(ctx context.Context, request any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler) (any, error) {
	answer, err := handler(ctx, request)
	if info.FullMethod != csi.Identity_Probe_FullMethodName {
		log.Printf("%s %v: %v", info.FullMethod, request, err)
	}
	return answer, err
}

func main() {
	d := &driver{faults: newFaults()}
	data := flag.String("data", "", "folder of volumes and snapshots; survives the cluster")
	plugins := flag.String("plugins", "/var/lib/kubelet/plugins", "the kubelet's folder of sockets")
	registry := flag.String("registry", "/var/lib/kubelet/plugins_registry", "watched by the kubelet")
	flag.StringVar(&d.name, "name", "", "of the driver")
	flag.StringVar(&d.node, "node", "", "name of the node")
	flag.Parse()
	var err error
	if d.store, err = openStore(*data); err != nil {
		log.Fatal(err)
	}
	d.endpoint = filepath.Join(*plugins, d.name, "csi.sock")
	serving := grpc.NewServer(grpc.UnaryInterceptor(logged))
	csi.RegisterIdentityServer(serving, d)
	csi.RegisterControllerServer(serving, d)
	csi.RegisterGroupControllerServer(serving, d)
	csi.RegisterNodeServer(serving, d)
	registering := grpc.NewServer()
	registration.RegisterRegistrationServer(registering, d)
	sockets := listen(d.endpoint)
	go func() { log.Fatal(registering.Serve(listen(filepath.Join(*registry, d.name+"-reg.sock")))) }()
	log.Fatal(serving.Serve(sockets))
}

func (d *driver) GetInfo(context.Context, *registration.InfoRequest) (*registration.PluginInfo, error) {
	return &registration.PluginInfo{
		Type:              registration.CSIPlugin,
		Name:              d.name,
		Endpoint:          d.endpoint,
		SupportedVersions: []string{"1.0.0"},
	}, nil
}

func (d *driver) NotifyRegistrationStatus(
	_ context.Context,
	status *registration.RegistrationStatus,
) (*registration.RegistrationStatusResponse, error) {
	log.Printf("registered: %v %s", status.PluginRegistered, status.Error)
	return &registration.RegistrationStatusResponse{}, nil
}

func (d *driver) GetPluginInfo(context.Context, *csi.GetPluginInfoRequest) (*csi.GetPluginInfoResponse, error) {
	return &csi.GetPluginInfoResponse{Name: d.name, VendorVersion: "1"}, nil
}

func (d *driver) Probe(context.Context, *csi.ProbeRequest) (*csi.ProbeResponse, error) {
	return &csi.ProbeResponse{}, nil
}

func (d *driver) GetPluginCapabilities(
	context.Context,
	*csi.GetPluginCapabilitiesRequest,
) (*csi.GetPluginCapabilitiesResponse, error) {
	answer := &csi.GetPluginCapabilitiesResponse{}
	for _, one := range []csi.PluginCapability_Service_Type{
		csi.PluginCapability_Service_CONTROLLER_SERVICE,
		csi.PluginCapability_Service_GROUP_CONTROLLER_SERVICE,
	} {
		service := &csi.PluginCapability_Service{Type: one}
		kind := &csi.PluginCapability_Service_{Service: service}
		answer.Capabilities = append(answer.Capabilities, &csi.PluginCapability{Type: kind})
	}
	return answer, nil
}
