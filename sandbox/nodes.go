package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	coordination "k8s.io/api/coordination/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/component-base/version"
	"k8s.io/utils/ptr"
)

const (
	leaseSeconds  = 40
	leaseRenewal  = 10 * time.Second
	nodeNamespace = "kube-node-lease"
	// lostAnnotation on a Node makes it fall silent, as if its machine had died.
	lostAnnotation = "sandbox/lost"
)

// runNodes is the component that stands in for kubelets. It returns the exit code.
func runNodes(args []string) int {
	flags := flag.NewFlagSet("nodes", flag.ExitOnError)
	kubeconfig := flags.String("kubeconfig", "", "how to reach the API server, as an administrator")
	port := flags.Int("port", 0, "the port that serves container logs")
	socket := flags.String("socket", "", "where the API server asks for connections to pods and nodes")
	count := flags.Int("nodes", 3, "how many nodes to register")
	_ = flags.Parse(args)

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := simulate(ctx, *kubeconfig, *socket, *port, *count); err != nil {
		fmt.Fprintln(os.Stderr, "nodes:", err)
		return 1
	}
	return 0
}

func simulate(ctx context.Context, kubeconfig, socket string, port, count int) error {
	// Whoever connects early waits until it is served.
	tunnels, err := listenForTunnels(socket)
	if err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", kubeconfig)
	if err != nil {
		return err
	}
	// Protobuf and no client-side limit: nodes must never be what is measured.
	config.ContentType = "application/vnd.kubernetes.protobuf"
	config.QPS, config.Burst = 5000, 10000
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	if err := until(ctx, func() error { return createBaseObjects(ctx, client) }); err != nil {
		return err
	}
	names := make([]string, count)
	for i := range names {
		node := newNode(i, port)
		names[i] = node.Name
		if err := until(ctx, func() error { return register(ctx, client, node) }); err != nil {
			return err
		}
	}
	cluster := newCluster(ctx, client, names)
	go heartbeat(ctx, cluster, names)
	if err := cluster.start(ctx); err != nil {
		return err
	}
	go provisionVolumes(ctx, cluster)
	failed := make(chan error, 2)
	go func() { failed <- serveTunnels(ctx, cluster, tunnels) }()
	go func() { failed <- serveLogs(ctx, cluster, port) }()
	return <-failed
}

// until repeats what fails while the API server is still starting.
func until(ctx context.Context, try func() error) error {
	for {
		err := try()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// newNode describes a roomy but finite machine; zones go round the alphabet.
func newNode(index, port int) *v1.Node {
	name := fmt.Sprintf("sandbox-%d", index+1)
	resources := v1.ResourceList{
		v1.ResourceCPU:              resource.MustParse("32"),
		v1.ResourceMemory:           resource.MustParse("256Gi"),
		v1.ResourceEphemeralStorage: resource.MustParse("1Ti"),
		v1.ResourcePods:             resource.MustParse("1000"),
	}
	now := metav1.Now()
	condition := func(kind v1.NodeConditionType, status v1.ConditionStatus, reason, message string) v1.NodeCondition {
		return v1.NodeCondition{Type: kind, Status: status, Reason: reason, Message: message,
			LastHeartbeatTime: now, LastTransitionTime: now}
	}
	return &v1.Node{
		ObjectMeta: metav1.ObjectMeta{
			Name: name,
			Labels: map[string]string{
				v1.LabelHostname:           name,
				v1.LabelOSStable:           "linux",
				v1.LabelArchStable:         "amd64",
				v1.LabelTopologyZone:       fmt.Sprintf("zone-%c", 'a'+index%26),
				v1.LabelTopologyRegion:     "sandbox",
				v1.LabelInstanceTypeStable: "sandbox",
			},
		},
		Spec: v1.NodeSpec{PodCIDR: podRange(index), PodCIDRs: []string{podRange(index)}},
		Status: v1.NodeStatus{
			Capacity:    resources,
			Allocatable: resources,
			// The API server is told to prefer ExternalIP, where the logs are;
			// pods and Services see the made-up internal address.
			Addresses: []v1.NodeAddress{
				{Type: v1.NodeInternalIP, Address: hostIP(index)},
				{Type: v1.NodeExternalIP, Address: "127.0.0.1"},
				{Type: v1.NodeHostName, Address: name},
			},
			DaemonEndpoints: v1.NodeDaemonEndpoints{KubeletEndpoint: v1.DaemonEndpoint{Port: int32(port)}},
			NodeInfo: v1.NodeSystemInfo{
				KubeletVersion: version.Get().GitVersion, ContainerRuntimeVersion: "sandbox://1",
				OSImage: "sandbox", OperatingSystem: "linux", Architecture: "amd64",
			},
			Conditions: []v1.NodeCondition{
				condition(v1.NodeReady, v1.ConditionTrue, "KubeletReady", "kubelet is posting ready status"),
				condition(v1.NodeMemoryPressure, v1.ConditionFalse, "KubeletHasSufficientMemory", "kubelet has sufficient memory available"),
				condition(v1.NodeDiskPressure, v1.ConditionFalse, "KubeletHasNoDiskPressure", "kubelet has no disk pressure"),
				condition(v1.NodePIDPressure, v1.ConditionFalse, "KubeletHasSufficientPID", "kubelet has sufficient PID available"),
			},
		},
	}
}

func hostIP(index int) string { return fmt.Sprintf("10.0.0.%d", index+1) }

func podRange(index int) string { return fmt.Sprintf("10.%d.0.0/16", 100+index) }

// register creates the node, or takes over one that an earlier run left.
func register(ctx context.Context, client kubernetes.Interface, node *v1.Node) error {
	nodes := client.CoreV1().Nodes()
	if err := existing(create(ctx, nodes.Create, node)); err != nil {
		return err
	}
	if err := renewLease(ctx, client, node.Name); err != nil {
		return err
	}
	live, err := nodes.Get(ctx, node.Name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	live.Status = node.Status
	_, err = nodes.UpdateStatus(ctx, live, metav1.UpdateOptions{})
	return err
}

// heartbeat keeps the nodes alive in the eyes of the node controller.
func heartbeat(ctx context.Context, cluster *cluster, names []string) {
	ticker := time.NewTicker(leaseRenewal)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		for _, name := range names {
			if cluster.lost(name) {
				continue
			}
			if err := renewLease(ctx, cluster.client, name); err != nil {
				fmt.Fprintln(os.Stderr, "nodes: lease of", name+":", err)
			}
			cluster.healNode(ctx, name)
		}
	}
}

func renewLease(ctx context.Context, client kubernetes.Interface, name string) error {
	leases := client.CoordinationV1().Leases(nodeNamespace)
	spec := coordination.LeaseSpec{
		HolderIdentity:       ptr.To(name),
		LeaseDurationSeconds: ptr.To(int32(leaseSeconds)),
		RenewTime:            ptr.To(metav1.NowMicro()),
	}
	lease, err := leases.Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		_, err = leases.Create(ctx, &coordination.Lease{
			ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: nodeNamespace}, Spec: spec,
		}, metav1.CreateOptions{})
		return err
	}
	lease.Spec = spec
	_, err = leases.Update(ctx, lease, metav1.UpdateOptions{})
	return err
}
