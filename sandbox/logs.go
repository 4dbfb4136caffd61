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

const (
	requestEvery = 5 * time.Second
	migrateEvery = 300 * time.Millisecond
)

// A run is one instance of a container from its start to its end, or to now.
type run struct {
	started, until time.Time
	ended          bool
	code           int32
}

func ended(t *v1.ContainerStateTerminated) run {
	r := run{started: t.StartedAt.Time, until: t.FinishedAt.Time, ended: true, code: t.ExitCode}
	switch {
	case t.Reason == "StartError":
		r.started, r.until = t.FinishedAt.Time, time.Time{}
	case r.until.Nanosecond() == 0:
		// Read back from the API, which keeps whole seconds: almost one may be missing.
		r.until = r.until.Add(time.Second)
	}
	return r
}

// log computes what an instance has written. Nothing is stored: the same
// behaviour and times always give the same lines.
func (c *container) log(r run) []line {
	b := c.behaviour
	// What was killed has no last words.
	byItself := r.ended && r.code == b.exitCode
	var lines []line
	add := func(after time.Duration, text string) {
		if at := r.started.Add(after); !at.After(r.until) {
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
		if byItself {
			add(b.after, "panic: cannot connect to DATABASE_URL")
			add(b.after, fmt.Sprintf("exit status %d", b.exitCode))
		}
	case b.name == "oom":
		add(b.after/2, "loading everything into memory")
	case b.name == "migrate":
		count := 0
		for after := migrateEvery; after < b.after; after += migrateEvery {
			count++
			add(after, fmt.Sprintf("applied migration %04d", count))
		}
		switch {
		case byItself && b.exitCode == 0:
			add(b.after, fmt.Sprintf("done: %d migrations", count))
		case byItself:
			add(b.after, fmt.Sprintf("error: migration %04d failed: relation \"orders\" already exists", count+1))
		}
	case b.exits && b.exitCode == 0:
		add(b.after/3, "step 1 of 2")
		add(2*b.after/3, "step 2 of 2")
		if byItself {
			add(b.after, "done")
		}
	case b.exits:
		add(b.after/2, "step 1 of 2")
		if byItself {
			add(b.after, fmt.Sprintf("error: step 1 failed (exit code %d)", b.exitCode))
		}
	case b.name == "hang":
		add(0, "waiting for something that never comes")
	case b.neverReady:
		add(100*time.Millisecond, "waiting for the database")
	default:
		add(b.readyAfter, "listening on :8080")
		for after := b.readyAfter + requestEvery; !r.started.Add(after).After(r.until); after += requestEvery {
			add(after, "GET / 200")
		}
	}
	return lines
}

// instance picks the run that a log request is about, by the rules of the
// kubelet's validateContainerLogStatus.
func instance(pod *v1.Pod, status *v1.ContainerStatus, previous bool) (run, error) {
	name := pod.Name
	last, state := status.LastTerminationState.Terminated, status.State
	switch {
	case previous && last == nil:
		return run{}, fmt.Errorf("previous terminated container %q in pod %q not found", status.Name, name)
	case previous && state.Terminated != nil:
		// Only one dead instance is kept, and that is the current one.
		return run{}, errNoLog{"unable to retrieve container logs for " + last.ContainerID}
	case previous:
		return ended(last), nil
	case state.Running != nil:
		return run{started: state.Running.StartedAt.Time, until: time.Now()}, nil
	case state.Terminated != nil:
		return ended(state.Terminated), nil
	case last != nil:
		return ended(last), nil
	default:
		return run{}, fmt.Errorf("container %q in pod %q is waiting to start: %s", status.Name, name, waitingFor(state.Waiting))
	}
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
