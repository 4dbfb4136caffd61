package main

import (
	"testing"
	"time"
)

func TestBehaviourOf(t *testing.T) {
	cases := []struct {
		image   string
		name    string
		code    int32
		after   time.Duration
		ready   time.Duration
		backoff time.Duration
	}{
		{image: "nginx"},
		{image: "crash"},
		{image: "sandbox/unheard-of"},
		{image: "sandbox/crash", name: "crash", code: 1, after: 200 * time.Millisecond},
		{image: "registry.example.com:5000/team/sandbox/crash:1.4.2", name: "crash", code: 1, after: 200 * time.Millisecond},
		{image: "sandbox/crash:exit-137", name: "crash", code: 137, after: 200 * time.Millisecond},
		{image: "sandbox/crash:v2-exit-3-after-2s-backoff-1s", name: "crash", code: 3, after: 2 * time.Second, backoff: time.Second},
		{image: "sandbox/crash:exit-3@sha256:00", name: "crash", code: 3, after: 200 * time.Millisecond},
		{image: "sandbox/slow-start:30s", name: "slow-start", ready: 30 * time.Second},
		{image: "sandbox/slow-start:7", name: "slow-start", ready: 10 * time.Second},
		{image: "sandbox/crash-late:1m", name: "crash-late", code: 1, after: time.Minute},
	}
	for _, c := range cases {
		got, known := behaviourOf(c.image)
		if known != (c.name != "") || got.name != c.name || got.exitCode != c.code ||
			got.after != c.after || got.readyAfter != c.ready || got.backoff != c.backoff {
			t.Errorf("%s: %+v", c.image, got)
		}
	}
}

func TestWordsForHTTPAndRetries(t *testing.T) {
	got, _ := behaviourOf("sandbox/http:1.4.2-status-503-for-10s-delay-2s-once")
	if got.status != 503 || got.statusFor != 10*time.Second || got.delay != 2*time.Second || !got.once || got.readyAfter != 0 {
		t.Errorf("%+v", got)
	}
	got, _ = behaviourOf("sandbox/evicted:1s-once")
	if got.evictedAfter != time.Second || !got.once {
		t.Errorf("%+v", got)
	}
}

func TestPullMessage(t *testing.T) {
	missing, _ := behaviourOf("sandbox/missing:1.0")
	want := `rpc error: code = NotFound desc = failed to pull and unpack image "docker.io/sandbox/missing:1.0": ` +
		`failed to resolve reference "docker.io/sandbox/missing:1.0": docker.io/sandbox/missing:1.0: not found`
	if got := missing.pullMessage("sandbox/missing:1.0"); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestCanonical(t *testing.T) {
	for image, want := range map[string]string{
		"nginx":                  "docker.io/library/nginx:latest",
		"team/app:1":             "docker.io/team/app:1",
		"localhost/app":          "localhost/app:latest",
		"r.example.com:5000/a:2": "r.example.com:5000/a:2",
		"app@sha256:00":          "docker.io/library/app@sha256:00",
	} {
		if got, _, _ := canonical(image); got != want {
			t.Errorf("%s: got %s, want %s", image, got, want)
		}
	}
}
