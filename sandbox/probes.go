package main

import (
	"fmt"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
)

// live is a running container's share of a sync: it may become ready, fail a
// probe, be killed for that, or end by itself.
func (c *container) live(now time.Time) {
	b := c.behaviour
	end := c.started.Add(b.after)
	if b.exits && !now.Before(end) {
		c.exit(end)
		return
	}
	var next time.Time
	if b.exits {
		next = end
	}
	c.status.Started = ptr.To(true)
	ready := c.started.Add(b.readyAfter)
	if probe := c.spec.ReadinessProbe; probe != nil {
		ready = later(ready, c.started.Add(seconds(probe.InitialDelaySeconds)))
	}
	if c.spec.StartupProbe != nil || b.killedBy == "startup" {
		started := c.started.Add(b.readyAfter)
		c.status.Started = ptr.To(!b.neverReady && !now.Before(started))
	}
	c.status.Ready = !b.neverReady && !now.Before(ready) && *c.status.Started
	if !c.status.Ready && !b.neverReady {
		next = earlier(next, ready)
	}
	if failing := b.unhealthy != "" && (!c.status.Ready || b.killedBy == "liveness"); failing {
		if c.failProbe(now) {
			return
		}
		next = earlier(next, c.nextProbe)
	}
	if next.IsZero() {
		next = now.Add(time.Hour)
	}
	c.due = next
}

// failProbe reports a failed probe when its period has passed, and says
// whether that was one too many.
func (c *container) failProbe(now time.Time) bool {
	kind, probe := "Readiness", c.spec.ReadinessProbe
	switch {
	case c.behaviour.killedBy == "liveness":
		kind, probe = "Liveness", c.spec.LivenessProbe
	case c.behaviour.killedBy == "startup" || c.spec.StartupProbe != nil && !*c.status.Started:
		kind, probe = "Startup", c.spec.StartupProbe
	}
	if probe == nil {
		probe = &v1.Probe{PeriodSeconds: 10, FailureThreshold: 3}
	}
	if c.nextProbe.IsZero() {
		// The first probe falls anywhere in the first period.
		first := max(seconds(probe.InitialDelaySeconds), min(time.Second, seconds(probe.PeriodSeconds)))
		c.nextProbe = c.started.Add(first)
	}
	if now.Before(c.nextProbe) {
		return false
	}
	c.nextProbe = now.Add(max(seconds(probe.PeriodSeconds), time.Second))
	c.probes++
	c.event(v1.EventTypeWarning, "Unhealthy", kind+" probe failed: "+c.unhealthy(probe))
	if c.behaviour.killedBy == "" || c.probes < max(probe.FailureThreshold, 1) {
		return false
	}
	c.event(v1.EventTypeNormal, "Killing", fmt.Sprintf("Container %s failed %s probe, will be restarted", c.spec.Name, c.behaviour.killedBy))
	c.exit(now)
	return true
}

// unhealthy words the failure for the kind of probe that the pod has.
func (c *container) unhealthy(probe *v1.Probe) string {
	ip := c.worker.status.PodIP
	switch {
	case probe.Exec != nil:
		return "command failed"
	case probe.TCPSocket != nil:
		return fmt.Sprintf("dial tcp %s:%s: connect: connection refused", ip, c.port(probe.TCPSocket.Port.String()))
	case probe.GRPC != nil:
		return fmt.Sprintf("timeout: failed to connect service \"%s:%d\" within 1s", ip, probe.GRPC.Port)
	case c.behaviour.unhealthy == probeRefused && probe.HTTPGet != nil:
		address := fmt.Sprintf("%s:%s", ip, c.port(probe.HTTPGet.Port.String()))
		return fmt.Sprintf("Get \"http://%s%s\": dial tcp %s: connect: connection refused", address, probe.HTTPGet.Path, address)
	case c.behaviour.unhealthy == probeRefused:
		return fmt.Sprintf("dial tcp %s:8080: connect: connection refused", ip)
	default:
		return c.behaviour.unhealthy
	}
}

// port turns a port's name into its number, as the kubelet does.
func (c *container) port(name string) string {
	for _, port := range c.spec.Ports {
		if port.Name == name {
			return fmt.Sprint(port.ContainerPort)
		}
	}
	return name
}

func (c *container) exit(at time.Time) {
	reason := c.behaviour.exitReason
	switch {
	case reason != "":
	case c.behaviour.exitCode == 0:
		reason = "Completed"
	default:
		reason = "Error"
	}
	message := ""
	if c.spec.TerminationMessagePolicy == v1.TerminationMessageFallbackToLogsOnError && c.behaviour.exitCode != 0 {
		message = tail(c.log(run{started: c.started, until: at, ended: true, code: c.behaviour.exitCode}), 80)
	}
	c.startFailed = ""
	c.end(at, c.started, c.behaviour.exitCode, reason, message)
}

// stopTime is how long the container lives on after SIGTERM.
func (c *container) stopTime() time.Duration {
	pod := c.worker.pod
	grace := seconds(int32(ptr.Deref(pod.DeletionGracePeriodSeconds, 30)))
	if c.behaviour.ignoresStop {
		return grace
	}
	if hooks := c.spec.Lifecycle; hooks != nil && hooks.PreStop != nil && hooks.PreStop.Sleep != nil {
		return min(grace, time.Duration(hooks.PreStop.Sleep.Seconds)*time.Second)
	}
	return 0
}

// stopCode is the exit code after SIGTERM: a service ends in good order,
// anything else dies of the signal.
func (c *container) stopCode() int32 {
	switch {
	case c.behaviour.ignoresStop:
		return 137
	case c.behaviour.exits || c.worker.pod.Spec.RestartPolicy != v1.RestartPolicyAlways:
		return 143
	default:
		return 0
	}
}

func seconds(n int32) time.Duration { return time.Duration(n) * time.Second }

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}
