package main

import (
	"fmt"
	"strings"
	"time"

	v1 "k8s.io/api/core/v1"
)

// A line is one line that a container wrote.
type line struct {
	at   time.Time
	text string
}

const requestEvery = 5 * time.Second

// log computes what an instance has written between its start and `until`.
// Nothing is stored: the same behaviour and times always give the same lines.
func (c *container) log(started, until time.Time, ended bool) []line {
	b := c.behaviour
	if ended {
		// The API keeps whole seconds; the end may be cut off by almost one.
		until = until.Add(time.Second)
	}
	var lines []line
	add := func(after time.Duration, text string) {
		if at := started.Add(after); !at.After(until) {
			lines = append(lines, line{at, text})
		}
	}
	if b.printsEnv {
		environment, _ := c.environment()
		for _, variable := range environment {
			add(0, variable.name+"="+variable.value)
		}
		return lines
	}
	add(0, "starting "+c.spec.Name)
	switch {
	case b.name == "crash", b.name == "crash-late":
		add(b.after/4, "connecting to the database")
		if ended {
			add(b.after, "panic: cannot connect to DATABASE_URL")
			add(b.after, fmt.Sprintf("exit status %d", b.exitCode))
		}
	case b.name == "oom":
		add(b.after/2, "loading everything into memory")
	case b.exits && b.exitCode == 0:
		add(b.after/3, "step 1 of 2")
		add(2*b.after/3, "step 2 of 2")
		add(b.after, "done")
	case b.exits:
		add(b.after/2, "step 1 of 2")
		add(b.after, fmt.Sprintf("error: step 1 failed (exit code %d)", b.exitCode))
	case b.name == "hang":
		add(0, "waiting for something that never comes")
	case b.neverReady:
		add(100*time.Millisecond, "waiting for the database")
	default:
		add(b.readyAfter, "listening on :8080")
		for after := b.readyAfter + requestEvery; !started.Add(after).After(until); after += requestEvery {
			add(after, "GET / 200")
		}
	}
	return lines
}

// instance picks the run that a log request is about, by the rules of the
// kubelet's validateContainerLogStatus.
func (c *container) instance(pod *v1.Pod, status *v1.ContainerStatus, previous bool) (started, until time.Time, ended bool, err error) {
	name := pod.Name
	of := func(t *v1.ContainerStateTerminated) (time.Time, time.Time, bool, error) {
		if t.Reason == "StartError" {
			return t.FinishedAt.Time, time.Time{}, true, nil
		}
		return t.StartedAt.Time, t.FinishedAt.Time, true, nil
	}
	last, state := status.LastTerminationState.Terminated, status.State
	switch {
	case previous && last == nil:
		err = fmt.Errorf("previous terminated container %q in pod %q not found", status.Name, name)
	case previous && state.Terminated != nil:
		// Only one dead instance is kept, and that is the current one.
		err = errNoLog{"unable to retrieve container logs for " + last.ContainerID}
	case previous:
		return of(last)
	case state.Running != nil:
		return state.Running.StartedAt.Time, time.Now(), false, nil
	case state.Terminated != nil:
		return of(state.Terminated)
	case last != nil:
		return of(last)
	default:
		err = fmt.Errorf("container %q in pod %q is waiting to start: %s", status.Name, name, waitingFor(state.Waiting))
	}
	return time.Time{}, time.Time{}, true, err
}

func waitingFor(state *v1.ContainerStateWaiting) string {
	switch {
	case state == nil:
		return "ContainerCreating"
	case state.Reason == "ErrImagePull":
		return "image can't be pulled"
	case state.Reason == "ImagePullBackOff":
		return "trying and failing to pull image"
	default:
		return state.Reason
	}
}

// errNoLog is an error that a kubelet sends as the log itself, with status 200.
type errNoLog struct{ text string }

func (e errNoLog) Error() string { return e.text }

func tail(lines []line, count int) string {
	lines = lines[max(0, len(lines)-count):]
	texts := make([]string, len(lines))
	for i, line := range lines {
		texts[i] = line.text
	}
	return strings.Join(texts, "\n")
}
