package main

import (
	"crypto/sha256"
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/kubernetes/pkg/kubelet/util/format"
)

// A step is where a container is between its image and its end.
type step int

const (
	pull step = iota
	pullFailed
	pullBackoff
	configure
	running
	exited
	backoff
	crashLoop
	finished
)

const (
	firstBackoff = 10 * time.Second
	maxBackoff   = 5 * time.Minute
	// A run this long makes the kubelet forget earlier crashes.
	backoffReset = 10 * time.Minute
	// relist is how soon a kubelet notices that a container ended, resync how
	// often it writes down what else it knows.
	relist      = 300 * time.Millisecond
	resync      = time.Minute
	repeatEvent = 15 * time.Second
)

// A container is one container's state machine; its status is what a kubelet
// would report of it.
type container struct {
	worker    *worker
	spec      *v1.Container
	init      bool
	sidecar   bool
	behaviour behaviour
	status    v1.ContainerStatus

	step      step
	due       time.Time
	started   time.Time
	pulls     int
	wait      time.Duration
	nextProbe time.Time
	probes    int32
	// nextComplaint spaces out events about what is retried more often.
	nextComplaint time.Time
	// startFailed is the error of a container that never ran.
	startFailed string
}

func newContainer(w *worker, spec *v1.Container, init bool) *container {
	c := &container{
		worker: w, spec: spec, init: init,
		sidecar: init && podutil.IsRestartableInitContainer(spec),
		status:  v1.ContainerStatus{Name: spec.Name, Image: spec.Image, Started: new(bool)},
	}
	c.status.State.Waiting = &v1.ContainerStateWaiting{Reason: "ContainerCreating"}
	if len(w.pod.Spec.InitContainers) > 0 {
		c.status.State.Waiting.Reason = "PodInitializing"
	}
	c.behaviour = c.choose()
	return c
}

// choose reads the image, or the SANDBOX variable in its place, which lets a
// change of configuration alone make an application fail.
func (c *container) choose() behaviour {
	image := c.spec.Image
	if environment, err := c.environment(); err == nil {
		for _, variable := range environment {
			if variable.name == "SANDBOX" {
				image = "sandbox/" + variable.value
			}
		}
	}
	chosen, known := behaviourOf(image)
	if known && (!chosen.once || c.worker.cluster.firsts.is(c.worker.pod)) {
		return chosen
	}
	if c.init && !c.sidecar {
		return behaviour{name: "succeed", exits: true, after: 50 * time.Millisecond}
	}
	if c.worker.pod.Spec.RestartPolicy != v1.RestartPolicyAlways && !c.sidecar {
		return behaviour{name: "succeed", exits: true, after: 200 * time.Millisecond}
	}
	return behaviour{name: "ready"}
}

// resume continues where an earlier process left the container.
func (c *container) resume(status v1.ContainerStatus) {
	c.status = *status.DeepCopy()
	c.wait = 0
	if status.RestartCount > 0 {
		c.wait = min(c.firstBackoff()<<min(status.RestartCount-1, 5), maxBackoff)
	}
	switch state := status.State; {
	case state.Running != nil:
		c.step, c.started = running, state.Running.StartedAt.Time
	case state.Terminated != nil && c.restarts(state.Terminated.ExitCode):
		c.step, c.due = exited, time.Now()
	case state.Terminated != nil:
		c.step = finished
	case status.LastTerminationState.Terminated != nil:
		c.step = crashLoop
	}
}

func (c *container) initialized() bool {
	if c.sidecar {
		return c.status.Started != nil && *c.status.Started
	}
	return c.step == finished && c.status.State.Terminated != nil && c.status.State.Terminated.ExitCode == 0
}

func (c *container) restarts(exitCode int32) bool {
	if c.init && !c.sidecar && exitCode == 0 {
		return false
	}
	return podutil.ContainerShouldRestart(*c.spec, c.worker.pod.Spec, exitCode)
}

// advance does all that is due and says when the next thing will be.
func (c *container) advance(now time.Time) time.Time {
	for c.step != finished && !now.Before(c.due) {
		was, due := c.step, c.due
		c.move(now)
		if c.step == was && c.due.Equal(due) {
			break
		}
	}
	if c.step == finished {
		return time.Time{}
	}
	return c.due
}

func (c *container) move(now time.Time) {
	switch c.step {
	case pull:
		c.pull(now)
	case pullFailed:
		c.waitWith("ImagePullBackOff", fmt.Sprintf("Back-off pulling image %q: ErrImagePull: %s",
			c.spec.Image, c.behaviour.pullMessage(c.spec.Image)))
		c.event(v1.EventTypeNormal, "BackOff", fmt.Sprintf("Back-off pulling image %q", c.spec.Image))
		c.event(v1.EventTypeWarning, "Failed", "Error: ImagePullBackOff")
		c.to(pullBackoff, now.Add(c.wait-c.wait/2))
	case pullBackoff:
		c.to(pull, now)
	case configure:
		c.configure(now)
	case running:
		c.live(now)
	case exited:
		c.restart(now)
	case backoff:
		c.endBackoff(now)
	case crashLoop:
		c.status.LastTerminationState = c.terminatedState()
		c.status.RestartCount++
		c.to(pull, now)
	}
}

func (c *container) to(next step, due time.Time) { c.step, c.due = next, due }

func (c *container) waitWith(reason, message string) {
	c.status.State = v1.ContainerState{Waiting: &v1.ContainerStateWaiting{Reason: reason, Message: message}}
	c.status.Ready, c.status.Started = false, new(bool)
}

func (c *container) firstBackoff() time.Duration {
	if c.behaviour.backoff > 0 {
		return c.behaviour.backoff
	}
	return firstBackoff
}

func (c *container) lengthen() {
	if c.wait == 0 {
		c.wait = c.firstBackoff()
		return
	}
	c.wait = min(2*c.wait, maxBackoff)
}

func (c *container) pull(now time.Time) {
	image := c.spec.Image
	c.pulls++
	if c.behaviour.pullError != "" && (c.behaviour.pullFailures == 0 || c.pulls <= c.behaviour.pullFailures) {
		message := c.behaviour.pullMessage(image)
		c.event(v1.EventTypeNormal, "Pulling", fmt.Sprintf("Pulling image %q", image))
		c.event(v1.EventTypeWarning, "Failed", fmt.Sprintf("Failed to pull image %q: %s", image, message))
		c.event(v1.EventTypeWarning, "Failed", "Error: ErrImagePull")
		c.waitWith("ErrImagePull", message)
		c.lengthen()
		c.to(pullFailed, now.Add(c.wait/2))
		return
	}
	if c.pulls > 1 && c.behaviour.pullError != "" {
		c.wait = 0
	}
	if c.worker.cluster.firstPull(c.worker.pod.Spec.NodeName, image) || c.spec.ImagePullPolicy == v1.PullAlways {
		c.event(v1.EventTypeNormal, "Pulling", fmt.Sprintf("Pulling image %q", image))
		c.event(v1.EventTypeNormal, "Pulled", fmt.Sprintf(
			"Successfully pulled image %q in 12ms (12ms including waiting). Image size: 10485760 bytes.", image))
	} else {
		c.event(v1.EventTypeNormal, "Pulled", fmt.Sprintf(
			"Container image %q already present on machine and can be accessed by the pod", image))
	}
	c.status.Image, _, _ = canonical(image)
	_, host, repository := canonical(image)
	c.status.ImageID = fmt.Sprintf("%s/%s@sha256:%x", host, repository, sha256.Sum256([]byte(image)))
	c.to(configure, now)
}

// configure resolves the environment and starts the container.
func (c *container) configure(now time.Time) {
	_, err := c.environment()
	if err == nil && c.behaviour.configError != "" {
		err = fmt.Errorf("%s", c.behaviour.configError)
	}
	if err != nil {
		if !now.Before(c.nextComplaint) {
			c.nextComplaint = now.Add(repeatEvent)
			c.event(v1.EventTypeWarning, "Failed", "Error: "+err.Error())
		}
		c.waitWith("CreateContainerConfigError", err.Error())
		c.to(configure, now.Add(2*time.Second))
		return
	}
	c.behaviour = c.choose()
	c.status.ContainerID = c.id(c.status.RestartCount)
	c.event(v1.EventTypeNormal, "Created", "Container created")
	if c.behaviour.startError != "" {
		c.event(v1.EventTypeWarning, "Failed", "Error: "+c.behaviour.startError)
		c.startFailed = c.behaviour.startError
		c.end(now, time.Unix(0, 0), 128, "StartError", c.behaviour.startError)
		return
	}
	c.event(v1.EventTypeNormal, "Started", "Container started")
	c.started, c.nextProbe, c.probes = now, time.Time{}, 0
	c.status.State = v1.ContainerState{Running: &v1.ContainerStateRunning{StartedAt: metav1.NewTime(now)}}
	c.to(running, now)
}

// id is what a runtime would have called the nth instance.
func (c *container) id(instance int32) string {
	key := fmt.Sprintf("%s/%s/%d", c.worker.pod.UID, c.spec.Name, instance)
	return fmt.Sprintf("containerd://%x", sha256.Sum256([]byte(key)))
}

// end records how an instance ended and whether there will be another.
func (c *container) end(now, started time.Time, code int32, reason, message string) {
	c.status.State = v1.ContainerState{Terminated: &v1.ContainerStateTerminated{
		ExitCode: code, Reason: reason, Message: message,
		StartedAt: metav1.NewTime(started), FinishedAt: metav1.NewTime(now),
		ContainerID: c.status.ContainerID,
	}}
	c.status.Started = new(bool)
	// A finished init container counts as ready, everything else does not.
	c.status.Ready = c.init && !c.sidecar && code == 0
	if c.restarts(code) {
		c.to(exited, now.Add(relist))
		return
	}
	c.to(finished, now)
}

// terminate ends a running container from outside.
func (c *container) terminate(now time.Time, code int32) {
	if c.step != running {
		return
	}
	reason := "Completed"
	if code != 0 {
		reason = "Error"
	}
	c.end(now, c.started, code, reason, "")
	c.step = finished
}

func (c *container) terminatedState() v1.ContainerState {
	if c.status.State.Terminated != nil {
		return c.status.State
	}
	return c.status.LastTerminationState
}

// restart is what a kubelet does with a container that ended: the first time
// it starts at once, later it waits longer and longer. While it waits the
// state stays `terminated`: the kubelet only writes CrashLoopBackOff when it
// next looks at the pod, which is a minute later or when the wait is over.
func (c *container) restart(now time.Time) {
	last := c.terminatedState().Terminated
	if last.FinishedAt.Sub(last.StartedAt.Time) > backoffReset && c.startFailed == "" {
		c.wait = 0
	}
	if c.wait == 0 {
		c.lengthen()
		c.step = crashLoop
		return
	}
	pod := format.Pod(c.worker.pod)
	c.event(v1.EventTypeWarning, "BackOff", fmt.Sprintf("Back-off restarting failed container %s in pod %s", c.spec.Name, pod))
	if c.startFailed != "" {
		c.status.LastTerminationState = c.terminatedState()
		c.waitWith("RunContainerError", c.startFailed)
	}
	c.to(backoff, now.Add(min(repeatEvent, c.wait)))
}

func (c *container) endBackoff(now time.Time) {
	finishedAt := c.terminatedState().Terminated.FinishedAt.Time
	pod := format.Pod(c.worker.pod)
	over := !now.Before(finishedAt.Add(c.wait))
	if over || now.Sub(finishedAt) >= resync {
		c.status.LastTerminationState = c.terminatedState()
		c.waitWith("CrashLoopBackOff", fmt.Sprintf("back-off %s restarting failed container=%s pod=%s", c.wait, c.spec.Name, pod))
	}
	if over {
		c.lengthen()
		c.to(crashLoop, now.Add(relist))
		return
	}
	c.event(v1.EventTypeWarning, "BackOff", fmt.Sprintf("Back-off restarting failed container %s in pod %s", c.spec.Name, pod))
	c.to(backoff, now.Add(min(repeatEvent, finishedAt.Add(c.wait).Sub(now))))
}
