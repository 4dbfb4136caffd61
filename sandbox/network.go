package main

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"time"

	v1 "k8s.io/api/core/v1"
)

// byAddress names the index of pods by their IPs.
const byAddress = "ip"

func podAddresses(object any) ([]string, error) {
	var all []string
	if pod, ok := object.(*v1.Pod); ok {
		for _, ip := range pod.Status.PodIPs {
			all = append(all, ip.IP)
		}
	}
	return all, nil
}

// answer finds the container that listens on an address. `simulated` is false
// where the address belongs to no node or pod of ours. Errors are worded as a
// dial to a real pod would word them.
func (c *cluster) answer(address string) (answer answer, simulated bool, err error) {
	host, portText, err := net.SplitHostPort(address)
	if err != nil {
		return answer, false, err
	}
	port, err := strconv.ParseInt(portText, 10, 32)
	if err != nil {
		return answer, false, err
	}
	pods, err := c.podStore.GetIndexer().ByIndex(byAddress, host)
	if err != nil {
		return answer, false, err
	}
	// Pods of the host's network share its address.
	for _, object := range pods {
		pod, ok := object.(*v1.Pod)
		if !ok || c.lost(pod.Spec.NodeName) {
			continue
		}
		w, ours := c.workerOf(pod)
		if !ours {
			continue
		}
		simulated = true
		// The worker's containers belong to its goroutine.
		w = newWorker(c, w.latest())
		if listener := w.listener(int32(port)); listener != nil {
			if answer, ok := listener.answer(time.Now()); ok {
				return answer, true, nil
			}
		}
	}
	switch {
	case simulated:
		err = fmt.Errorf("dial tcp %s: connect: connection refused", address)
	case c.inPodRange(host):
		// The pod or its node is gone; in the real network this may be anybody's address.
		err = fmt.Errorf("dial tcp %s: connect: no route to host", address)
	}
	return answer, simulated, err
}

func (c *cluster) inPodRange(host string) bool {
	address, err := netip.ParseAddr(host)
	if err != nil {
		return false
	}
	for index := range c.nodeNames {
		if netip.MustParsePrefix(podRange(index)).Contains(address) {
			return true
		}
	}
	return false
}

// listener is the container that declares the port; where none declares any,
// the first one listens on all.
func (w *worker) listener(port int32) *container {
	declared := false
	for _, specs := range [][]v1.Container{w.pod.Spec.Containers, w.pod.Spec.InitContainers} {
		for i := range specs {
			for _, p := range specs[i].Ports {
				declared = true
				if p.ContainerPort == port {
					return w.containers[specs[i].Name]
				}
			}
		}
	}
	if declared || len(w.pod.Spec.Containers) == 0 {
		return nil
	}
	return w.containers[w.pod.Spec.Containers[0].Name]
}

// answer is what the container says now; false when nothing listens.
func (c *container) answer(now time.Time) (answer, bool) {
	if c.step != running {
		return answer{}, false
	}
	b := c.behaviour
	healthy := !b.neverReady && !now.Before(c.started.Add(b.readyAfter)) && b.killedBy == ""
	status := http.StatusOK
	switch {
	case !healthy && b.unhealthy != probe503:
		return answer{}, false
	case !healthy:
		status = http.StatusServiceUnavailable
	case b.status != 0 && (b.statusFor == 0 || now.Before(c.started.Add(b.statusFor))):
		status = b.status
	}
	body := fmt.Sprintf("%s (%s)\n", c.worker.pod.Name, c.spec.Image)
	return answer{status: status, body: body, delay: b.delay}, true
}
