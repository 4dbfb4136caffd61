// Command control-plane is every part of a sandbox cluster in one binary: the
// first argument names the part, the rest are that part's own flags.
//
// etcd, the API server, the controller manager and the scheduler are the real
// ones. "nodes" takes the place of kubelets: it registers nodes, reports what
// a kubelet would report about the pods that were scheduled to them, and
// serves their logs, without running anything.
package main

import (
	"fmt"
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
	"k8s.io/client-go/util/keyutil"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	controllers "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
)

const usage = "usage: control-plane etcd|kube-apiserver|kube-controller-manager|kube-scheduler|nodes|service-account-key [flags]"

func main() {
	if len(os.Args) < 2 {
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
	// Each part parses os.Args itself and must see its own name first.
	os.Args = os.Args[1:]
	switch os.Args[0] {
	case "etcd":
		etcdmain.Main(os.Args)
	case "kube-apiserver":
		os.Exit(cli.Run(apiserver.NewAPIServerCommand()))
	case "kube-controller-manager":
		os.Exit(cli.Run(controllers.NewControllerManagerCommand()))
	case "kube-scheduler":
		os.Exit(cli.Run(scheduler.NewSchedulerCommand()))
	case "service-account-key":
		os.Exit(writeKey(os.Args[1:]))
	case "nodes":
		os.Exit(runNodes(os.Args[1:]))
	default:
		fmt.Fprintln(os.Stderr, usage)
		os.Exit(2)
	}
}

// writeKey makes the key that signs service account tokens, which the API
// server and the controller manager must both have before they start.
func writeKey(args []string) int {
	key, err := keyutil.MakeEllipticPrivateKeyPEM()
	if err == nil && len(args) == 1 {
		err = os.WriteFile(args[0], key, 0o600)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "service-account-key:", err)
		return 1
	}
	return 0
}
