package main

import (
	"context"
	"fmt"
	"strconv"
	"sync/atomic"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/record"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	kubecontainer "k8s.io/kubernetes/pkg/kubelet/container"
	patch "k8s.io/kubernetes/pkg/util/pod"
	"k8s.io/utils/ptr"
)

// A worker is the life of one pod. All that must survive a restart of this
// process is in the pod's status; the rest is in `containers`.
type worker struct {
	cluster *cluster
	events  record.EventRecorder
	offers  chan *v1.Pod
	gone    chan struct{}

	// known is the pod as last decided here, for those who ask the node itself.
	known      atomic.Pointer[v1.Pod]
	pod        *v1.Pod
	status     v1.PodStatus
	containers map[string]*container
	mounted    bool
	nextMount  time.Time
	// nextComplaint spaces out events about what is retried more often.
	nextComplaint time.Time
	stopping      bool
	stopAt        time.Time
	finished      bool
}

func newWorker(c *cluster, pod *v1.Pod) *worker {
	w := &worker{
		cluster:    c,
		events:     c.recorders[pod.Spec.NodeName],
		offers:     make(chan *v1.Pod, 1),
		gone:       make(chan struct{}),
		pod:        pod,
		status:     *pod.Status.DeepCopy(),
		containers: map[string]*container{},
	}
	w.known.Store(pod)
	w.finished = pod.Status.Phase == v1.PodSucceeded || pod.Status.Phase == v1.PodFailed
	w.mounted = pod.Status.PodIP != ""
	w.adopt(pod.Spec.InitContainers, pod.Status.InitContainerStatuses, true)
	w.adopt(pod.Spec.Containers, pod.Status.ContainerStatuses, false)
	return w
}

func (w *worker) adopt(specs []v1.Container, statuses []v1.ContainerStatus, init bool) {
	for i := range specs {
		c := newContainer(w, &specs[i], init)
		if status, found := podutil.GetContainerStatus(statuses, specs[i].Name); found {
			c.resume(status)
		}
		w.containers[specs[i].Name] = c
	}
}

// latest is the pod as last decided here, which may be ahead of the API. It
// may be called from any goroutine.
func (w *worker) latest() *v1.Pod { return w.known.Load() }

// isGone says whether the API has no such pod any more.
func (w *worker) isGone() bool {
	select {
	case <-w.gone:
		return true
	default:
		return false
	}
}

// offer hands over the newest version of the pod and never waits.
func (w *worker) offer(pod *v1.Pod) {
	for {
		select {
		case w.offers <- pod:
			return
		default:
		}
		select {
		case <-w.offers:
		default:
		}
	}
}

func (w *worker) run(ctx context.Context) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.gone:
			return
		case pod := <-w.offers:
			if newer(pod, w.pod) {
				w.pod = pod
			}
		case <-timer.C:
		}
		if w.cluster.lost(w.pod.Spec.NodeName) {
			timer.Reset(time.Second)
			continue
		}
		wait := time.Hour
		if next := w.sync(time.Now()); !next.IsZero() {
			wait = max(time.Until(next), time.Millisecond)
		}
		if err := w.write(ctx); err != nil {
			wait = min(wait, 500*time.Millisecond)
		}
		timer.Reset(wait)
	}
}

// newer compares versions, since our own writes come back late and in order.
func newer(a, b *v1.Pod) bool {
	left, _ := strconv.ParseUint(a.ResourceVersion, 10, 64)
	right, _ := strconv.ParseUint(b.ResourceVersion, 10, 64)
	return left >= right
}

// sync moves the pod as far as it goes now and says when to look again.
func (w *worker) sync(now time.Time) time.Time {
	if w.pod.DeletionTimestamp != nil {
		return w.stop(now)
	}
	if w.finished {
		return time.Time{}
	}
	if w.status.StartTime == nil {
		w.status.StartTime = ptr.To(metav1.NewTime(now))
	}
	if retry := w.mount(now); !retry.IsZero() {
		w.compose(now)
		return retry
	}
	next := w.advance(now)
	if after := w.evictedAfter(); after > 0 {
		if due := w.status.StartTime.Add(after); now.Before(due) {
			next = earlier(next, due)
		} else {
			w.evict(now)
			return time.Time{}
		}
	}
	w.compose(now)
	return next
}

// advance takes init containers one after the other, then all the others.
func (w *worker) advance(now time.Time) time.Time {
	var next time.Time
	for i := range w.pod.Spec.InitContainers {
		c := w.containers[w.pod.Spec.InitContainers[i].Name]
		next = earlier(next, c.advance(now))
		if !c.initialized() {
			return next
		}
	}
	running := false
	for i := range w.pod.Spec.Containers {
		c := w.containers[w.pod.Spec.Containers[i].Name]
		next = earlier(next, c.advance(now))
		running = running || c.step != finished
	}
	if !running {
		// Sidecars live as long as the containers they serve.
		for i := range w.pod.Spec.InitContainers {
			w.containers[w.pod.Spec.InitContainers[i].Name].terminate(now, 0)
		}
		return time.Time{}
	}
	return next
}

func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func (w *worker) evictedAfter() time.Duration {
	for _, c := range w.containers {
		if c.behaviour.evictedAfter > 0 {
			return c.behaviour.evictedAfter
		}
	}
	return 0
}

// evict ends the pod the way a kubelet under memory pressure does.
func (w *worker) evict(now time.Time) {
	const message = "The node was low on resource: memory. Threshold quantity: 100Mi, available: 62Mi. "
	w.events.Event(w.reference(), v1.EventTypeWarning, "Evicted", message)
	for _, c := range w.containers {
		if c.step == running {
			c.event(v1.EventTypeNormal, "Killing", "Stopping container "+c.spec.Name)
			c.terminate(now, 137)
		}
		c.step = finished
	}
	w.compose(now)
	w.finished = true
	w.status.Phase, w.status.Reason, w.status.Message = v1.PodFailed, "Evicted", message
	w.setCondition(now, v1.PodCondition{Type: v1.DisruptionTarget, Status: v1.ConditionTrue,
		Reason: v1.PodReasonTerminationByKubelet, Message: message})
	w.readiness(now)
}

// stop follows a deletion: signal, wait as long as the behaviour wants, report.
func (w *worker) stop(now time.Time) time.Time {
	if !w.stopping {
		w.stopping = true
		var wait time.Duration
		for _, c := range w.containers {
			if c.step == running {
				c.event(v1.EventTypeNormal, "Killing", "Stopping container "+c.spec.Name)
				wait = max(wait, c.stopTime())
			}
		}
		w.stopAt = now.Add(wait)
	}
	if now.Before(w.stopAt) {
		return w.stopAt
	}
	for _, c := range w.containers {
		c.terminate(now, c.stopCode())
	}
	if !w.finished {
		w.compose(now)
	}
	return time.Time{}
}

// write sends the status if it changed and, at the end, lets the pod go.
func (w *worker) write(ctx context.Context) error {
	desired := w.desired()
	known := w.pod.DeepCopy()
	known.Status = desired
	w.known.Store(known)
	updated, _, unchanged, err := patch.PatchPodStatus(ctx, w.cluster.client,
		w.pod.Namespace, w.pod.Name, w.pod.UID, w.pod.Status, desired)
	if err == nil && !unchanged && newer(updated, w.pod) {
		w.pod = updated
	}
	if errors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		report("status of "+w.pod.Namespace+"/"+w.pod.Name, err)
		return err
	}
	if !w.stopping || time.Now().Before(w.stopAt) {
		return nil
	}
	err = w.cluster.client.CoreV1().Pods(w.pod.Namespace).Delete(ctx, w.pod.Name, metav1.DeleteOptions{
		GracePeriodSeconds: ptr.To(int64(0)),
		Preconditions:      metav1.NewUIDPreconditions(string(w.pod.UID)),
	})
	if errors.IsNotFound(err) || errors.IsConflict(err) {
		return nil
	}
	return err
}

func (w *worker) reference() *v1.ObjectReference {
	return &v1.ObjectReference{APIVersion: "v1", Kind: "Pod", Namespace: w.pod.Namespace,
		Name: w.pod.Name, UID: w.pod.UID, ResourceVersion: w.pod.ResourceVersion}
}

// mount checks the volumes as a kubelet must before any container starts.
func (w *worker) mount(now time.Time) time.Time {
	if w.mounted {
		return time.Time{}
	}
	if now.Before(w.nextMount) {
		return w.nextMount
	}
	for i := range w.pod.Spec.Volumes {
		if err := w.mountable(&w.pod.Spec.Volumes[i]); err != nil {
			if !now.Before(w.nextComplaint) {
				w.nextComplaint = now.Add(repeatEvent)
				w.events.Event(w.reference(), v1.EventTypeWarning, "FailedMount",
					fmt.Sprintf("MountVolume.SetUp failed for volume %q : %v", w.pod.Spec.Volumes[i].Name, err))
			}
			w.nextMount = now.Add(2 * time.Second)
			return w.nextMount
		}
	}
	w.mounted = true
	ip := w.cluster.podIP(w.pod)
	w.status.PodIP, w.status.PodIPs = ip, []v1.PodIP{{IP: ip}}
	return time.Time{}
}

func (c *container) reference() *v1.ObjectReference {
	reference, err := kubecontainer.GenerateContainerRef(c.worker.pod, c.spec)
	if err != nil {
		return c.worker.reference()
	}
	return reference
}

func (c *container) event(kind, reason, message string) {
	c.worker.events.Event(c.reference(), kind, reason, message)
}
