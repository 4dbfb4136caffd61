package main

import (
	"fmt"
	"path"
	"strconv"
	"strings"
	"time"
)

// A behaviour is what a container does once it is on a node. It is chosen by
// the image name alone, so that a manifest says what will happen to it and
// the program under test needs no knowledge of the sandbox.
type behaviour struct {
	name string

	// pullError is what the registry answers; pullFailures is how often
	// (0 with a pullError set means always).
	pullError    string
	pullFailures int

	configError string
	startError  string

	// exits says that the container ends by itself after `after`.
	exits      bool
	after      time.Duration
	exitCode   int32
	exitReason string

	// neverReady and readyAfter describe the readiness (or startup) probe;
	// unhealthy is what the failing probe reports.
	neverReady bool
	readyAfter time.Duration
	unhealthy  string
	// killedBy is "liveness" or "startup" when the kubelet ends the container.
	killedBy string

	// ignoresStop makes the container run until its grace period is over.
	ignoresStop bool
	// evictedAfter ends the whole pod as the kubelet does under memory pressure.
	evictedAfter time.Duration
	// backoff replaces the kubelet's first back-off of ten seconds.
	backoff time.Duration
	// printsEnv makes the log a list of the container's variables.
	printsEnv bool

	// status is what a healthy container answers over HTTP (0: 200), statusFor
	// how long after its start it does so (0: always), delay how long each
	// answer takes.
	status    int
	statusFor time.Duration
	delay     time.Duration
	// once makes all but the first pod of an owner behave as any image does.
	once bool
}

const (
	probe503     = "HTTP probe failed with statuscode: 503"
	probeRefused = "refused"
)

// behaviours is the table in docs/sandbox.md. A name that is not here is an
// application that starts at once (or, in a Job or an init container, succeeds).
var behaviours = map[string]behaviour{
	"ready":         {},
	"http":          {},
	"hang":          {},
	"slow-start":    {readyAfter: 10 * time.Second, unhealthy: probeRefused},
	"unready":       {neverReady: true, unhealthy: probe503},
	"refuses":       {neverReady: true, unhealthy: probeRefused},
	"unhealthy":     {killedBy: "liveness", unhealthy: probe503, exitCode: 137},
	"startup-fails": {killedBy: "startup", neverReady: true, unhealthy: probeRefused, exitCode: 137},
	"crash":         {exits: true, after: 200 * time.Millisecond, exitCode: 1, neverReady: true},
	"crash-late":    {exits: true, after: 5 * time.Second, exitCode: 1},
	"oom":           {exits: true, after: time.Second, exitCode: 137, exitReason: "OOMKilled", neverReady: true},
	"succeed":       {exits: true, after: time.Second},
	"fail":          {exits: true, after: time.Second, exitCode: 1, neverReady: true},
	"migrate":       {exits: true, after: 2 * time.Second},
	"print-env":     {exits: true, after: time.Second, printsEnv: true},
	"slow-stop":     {ignoresStop: true},
	"evicted":       {evictedAfter: 3 * time.Second},
	"config-error":  {configError: `secret "sandbox-missing" not found`},
	"start-error": {startError: "failed to create containerd task: failed to create shim task: OCI runtime create failed: " +
		`runc create failed: unable to start container process: error during container init: exec: "/app/server": ` +
		"executable file not found in $PATH"},
	"missing":       {pullError: "NotFound {image}: not found"},
	"denied":        {pullError: "PermissionDenied pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed"},
	"rate-limited":  {pullError: "Unknown unexpected status from HEAD request to https://{host}/v2/{repository}: 429 Too Many Requests: toomanyrequests: You have reached your unauthenticated pull rate limit."},
	"registry-down": {pullError: `Unknown failed to do request: Head "https://{host}/v2/{repository}": dial tcp: lookup {host}: no such host`},
	"no-platform":   {pullError: "NotFound no match for platform in manifest: not found"},
	"flaky-pull":    {pullError: `Unknown failed to do request: Head "https://{host}/v2/{repository}": dial tcp 192.0.2.1:443: i/o timeout`, pullFailures: 1},
}

// behaviourOf reads the behaviour off an image: the last two parts of its path
// are `sandbox/NAME`, whatever the registry, and its tag may tune it.
func behaviourOf(image string) (behaviour, bool) {
	repository, tag := splitImage(image)
	dir, name := path.Split(repository)
	if path.Base(dir) != "sandbox" {
		return behaviour{}, false
	}
	found, known := behaviours[name]
	if !known {
		return behaviour{}, false
	}
	found.name = name
	found.tune(tag)
	return found, true
}

// tune applies a tag such as `exit-137`, `after-5s`, `ready-30s`, `backoff-1s`,
// `status-503`, `for-10s`, `delay-2s`, `once` or just `30s`. Words may be joined (`exit-3-after-2s`); those it does not
// know, such as versions, mean nothing.
func (b *behaviour) tune(tag string) {
	words := strings.Split(tag, "-")
	for i, word := range words {
		if duration, ok := parseDuration(word); ok && (i == 0 || !isTuning(words[i-1])) {
			b.setMain(duration)
		}
		b.once = b.once || word == "once"
		if i+1 == len(words) {
			break
		}
		value := words[i+1]
		duration, isDuration := parseDuration(value)
		switch {
		case word == "exit":
			if code, err := strconv.ParseInt(value, 10, 32); err == nil {
				b.exitCode = int32(code)
			}
		case word == "status":
			if status, err := strconv.Atoi(value); err == nil && status >= 200 && status < 600 {
				b.status = status
			}
		case word == "for" && isDuration:
			b.statusFor = duration
		case word == "delay" && isDuration:
			b.delay = duration
		case word == "after" && isDuration:
			b.after, b.evictedAfter = duration, min(b.evictedAfter, duration)
		case word == "ready" && isDuration:
			b.readyAfter, b.neverReady = duration, false
		case word == "backoff" && isDuration:
			b.backoff = duration
		}
	}
}

func isTuning(word string) bool {
	switch word {
	case "exit", "after", "ready", "backoff", "status", "for", "delay":
		return true
	}
	return false
}

// setMain gives a bare duration its natural meaning for this behaviour.
func (b *behaviour) setMain(duration time.Duration) {
	switch {
	case b.exits:
		b.after = duration
	case b.evictedAfter > 0:
		b.evictedAfter = duration
	default:
		b.readyAfter = duration
	}
}

// parseDuration wants a unit, so that the tag `1` stays a version.
func parseDuration(word string) (time.Duration, bool) {
	if word == "" || !strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "m") {
		return 0, false
	}
	duration, err := time.ParseDuration(word)
	return duration, err == nil
}

// splitImage parts an image reference into repository and tag.
func splitImage(image string) (repository, tag string) {
	image, _, _ = strings.Cut(image, "@")
	if colon := strings.LastIndex(image, ":"); colon > strings.LastIndex(image, "/") {
		return image[:colon], image[colon+1:]
	}
	return image, "latest"
}

// canonical is the image's full name as a container runtime writes it.
func canonical(image string) (full, host, repository string) {
	repository, tag := splitImage(image)
	host, rest, found := strings.Cut(repository, "/")
	switch {
	case !found:
		host, rest = "docker.io", "library/"+repository
	case !strings.ContainsAny(host, ".:") && host != "localhost":
		host, rest = "docker.io", repository
	}
	full = host + "/" + rest + ":" + tag
	if _, digest, ok := strings.Cut(image, "@"); ok {
		full = host + "/" + rest + "@" + digest
	}
	return full, host, rest
}

// pullMessage is the error a kubelet passes on from containerd.
func (b *behaviour) pullMessage(image string) string {
	full, host, repository := canonical(image)
	if host == "docker.io" {
		host = "registry-1.docker.io"
	}
	code, detail, _ := strings.Cut(b.pullError, " ")
	detail = strings.NewReplacer("{image}", full, "{host}", host, "{repository}", repository).Replace(detail)
	reference := fmt.Sprintf("failed to resolve reference %q: ", full)
	if b.name == "no-platform" {
		reference = ""
	}
	return fmt.Sprintf("rpc error: code = %s desc = failed to pull and unpack image %q: %s%s", code, full, reference, detail)
}
