package main

import (
	"slices"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	kubelet "k8s.io/kubernetes/pkg/kubelet/status"
)

// compose makes the pod's status out of its containers'. The conditions come
// from the kubelet's own functions, so that reasons and messages are its words.
func (w *worker) compose(now time.Time) {
	index := slices.Index(w.cluster.nodeNames, w.pod.Spec.NodeName)
	w.status.HostIP = hostIP(index)
	w.status.HostIPs = []v1.HostIP{{IP: w.status.HostIP}}
	w.status.InitContainerStatuses = w.statuses(w.pod.Spec.InitContainers)
	w.status.ContainerStatuses = w.statuses(w.pod.Spec.Containers)
	w.status.Phase = w.phase()
	w.finished = w.status.Phase == v1.PodSucceeded || w.status.Phase == v1.PodFailed

	ready := v1.ConditionFalse
	if w.mounted && !w.finished {
		ready = v1.ConditionTrue
	}
	w.setCondition(now, v1.PodCondition{Type: v1.PodReadyToStartContainers, Status: ready,
		ObservedGeneration: w.observed(v1.PodReadyToStartContainers)})
	w.setCondition(now, kubelet.GeneratePodInitializedCondition(w.pod, &w.pod.Status, w.all(), w.status.Phase))
	w.readiness(now)
	if _, scheduled := podutil.GetPodCondition(&w.pod.Status, v1.PodScheduled); scheduled == nil {
		w.setCondition(now, v1.PodCondition{Type: v1.PodScheduled, Status: v1.ConditionTrue,
			ObservedGeneration: w.observed(v1.PodScheduled)})
	}
}

func (w *worker) readiness(now time.Time) {
	w.setCondition(now, kubelet.GenerateContainersReadyCondition(w.pod, &w.pod.Status, w.all(), w.status.Phase))
	w.setCondition(now, kubelet.GeneratePodReadyCondition(w.pod, &w.pod.Status, w.pod.Status.Conditions, w.all(), w.status.Phase))
}

func (w *worker) all() []v1.ContainerStatus {
	return slices.Concat(w.status.InitContainerStatuses, w.status.ContainerStatuses)
}

func (w *worker) observed(kind v1.PodConditionType) int64 {
	return podutil.CalculatePodConditionObservedGeneration(&w.pod.Status, w.pod.Generation, kind)
}

func (w *worker) statuses(specs []v1.Container) []v1.ContainerStatus {
	var all []v1.ContainerStatus
	for i := range specs {
		status := w.containers[specs[i].Name].status
		status.Resources = specs[i].Resources.DeepCopy()
		status.AllocatedResources = status.Resources.Requests
		status.VolumeMounts = nil
		for _, mount := range specs[i].VolumeMounts {
			status.VolumeMounts = append(status.VolumeMounts, v1.VolumeMountStatus{
				Name: mount.Name, MountPath: mount.MountPath, ReadOnly: mount.ReadOnly,
			})
		}
		all = append(all, *status.DeepCopy())
	}
	return all
}

// setCondition keeps the time of the last change if nothing changed.
func (w *worker) setCondition(now time.Time, condition v1.PodCondition) {
	condition.LastTransitionTime = metav1.NewTime(now)
	_, old := podutil.GetPodCondition(&w.status, condition.Type)
	if old == nil {
		w.status.Conditions = append(w.status.Conditions, condition)
		return
	}
	if old.Status == condition.Status {
		condition.LastTransitionTime = old.LastTransitionTime
	}
	*old = condition
}

// desired is the live status with what a kubelet owns replaced, since
// schedulers and controllers write conditions of their own into it.
func (w *worker) desired() v1.PodStatus {
	desired := *w.pod.Status.DeepCopy()
	ours := w.status.DeepCopy()
	desired.ObservedGeneration = w.pod.Generation
	desired.Phase, desired.Reason, desired.Message = ours.Phase, ours.Reason, ours.Message
	desired.StartTime = ours.StartTime
	desired.HostIP, desired.HostIPs = ours.HostIP, ours.HostIPs
	desired.PodIP, desired.PodIPs = ours.PodIP, ours.PodIPs
	desired.InitContainerStatuses = ours.InitContainerStatuses
	desired.ContainerStatuses = ours.ContainerStatuses
	for _, condition := range ours.Conditions {
		if !owned(condition.Type) {
			continue
		}
		if _, old := podutil.GetPodCondition(&desired, condition.Type); old != nil {
			*old = condition
		} else {
			desired.Conditions = append(desired.Conditions, condition)
		}
	}
	return desired
}

func owned(kind v1.PodConditionType) bool {
	switch kind {
	case v1.PodReadyToStartContainers, v1.PodInitialized, v1.PodReady, v1.ContainersReady, v1.PodScheduled, v1.DisruptionTarget:
		return true
	}
	return false
}

// phase follows the kubelet's getPhase.
func (w *worker) phase() v1.PodPhase {
	for i := range w.pod.Spec.InitContainers {
		c := w.containers[w.pod.Spec.InitContainers[i].Name]
		if c.initialized() {
			continue
		}
		if c.step == finished && !c.sidecar {
			return v1.PodFailed
		}
		if !w.begun() {
			return v1.PodPending
		}
	}
	var alive, waiting, failed bool
	for i := range w.pod.Spec.Containers {
		c := w.containers[w.pod.Spec.Containers[i].Name]
		switch {
		case c.step == finished:
			terminated := c.status.State.Terminated
			failed = failed || terminated == nil || terminated.ExitCode != 0
		case c.status.State.Waiting != nil && c.status.LastTerminationState.Terminated == nil:
			waiting = true
		default:
			alive = true
		}
	}
	switch {
	case waiting:
		return v1.PodPending
	case alive:
		return v1.PodRunning
	case failed:
		return v1.PodFailed
	default:
		return v1.PodSucceeded
	}
}

// begun says whether any of the pod's main containers ever ran.
func (w *worker) begun() bool {
	return slices.ContainsFunc(w.pod.Spec.Containers, func(spec v1.Container) bool {
		return w.containers[spec.Name].status.ContainerID != ""
	})
}
