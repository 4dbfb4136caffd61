package main

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
)

func texts(lines []line) string {
	var all []string
	for _, line := range lines {
		all = append(all, line.text)
	}
	return strings.Join(all, "\n")
}

func TestWhatWasKilledHasNoLastWords(t *testing.T) {
	pod := testPod("migrate", "10.100.0.1", "sandbox/migrate:1s", 0)
	c := newWorker(testCluster(t, pod), pod).containers["main"]
	started := time.Now()
	of := func(after time.Duration, code int32) string {
		return texts(c.log(run{started: started, until: started.Add(after), ended: true, code: code}))
	}
	if got := of(time.Second, 0); !strings.HasSuffix(got, "applied migration 0003\ndone: 3 migrations") {
		t.Error(got)
	}
	if got := of(time.Second, 143); !strings.HasSuffix(got, "applied migration 0003") {
		t.Error(got)
	}
	if got := of(700*time.Millisecond, 143); !strings.HasSuffix(got, "applied migration 0002") {
		t.Error(got)
	}
	c.behaviour.exitCode = 1
	if got := of(time.Second, 1); !strings.Contains(got, "error: migration 0004 failed") {
		t.Error(got)
	}
}

func TestAFollowedLogEndsWithItsContainer(t *testing.T) {
	pod := testPod("migrate", "10.100.0.1", "sandbox/migrate:1h", time.Second)
	cluster := testCluster(t, pod)
	routes := http.NewServeMux()
	routes.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", cluster.containerLogs)
	server := httptest.NewServer(routes)
	defer server.Close()

	ended := pod.DeepCopy()
	ended.Status.ContainerStatuses[0].State = v1.ContainerState{Terminated: &v1.ContainerStateTerminated{
		ExitCode: 143, StartedAt: pod.Status.ContainerStatuses[0].State.Running.StartedAt, FinishedAt: metav1.Now(),
	}}
	worker, _ := cluster.worker("shop", "migrate")
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	request, _ := http.NewRequestWithContext(ctx, http.MethodGet, server.URL+"/containerLogs/shop/migrate/main?follow=true", nil)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	first := make([]byte, len("starting main"))
	if _, err := io.ReadFull(response.Body, first); err != nil || string(first) != "starting main" {
		t.Fatalf("%q, %v", first, err)
	}
	worker.known.Store(ended)
	rest, err := io.ReadAll(response.Body)
	if err != nil || !strings.Contains(string(rest), "applied migration 0003") {
		t.Errorf("%q, %v", rest, err)
	}
}

func TestOnceBefallsTheFirstPodOfAnOwner(t *testing.T) {
	pod := func(name string, age time.Duration) *v1.Pod {
		pod := testPod(name, "10.100.0.1", "sandbox/evicted:1s-once", 0)
		pod.CreationTimestamp = metav1.NewTime(time.Now().Add(-age))
		pod.OwnerReferences = []metav1.OwnerReference{{UID: types.UID("job"), Controller: ptr.To(true)}}
		return pod
	}
	first, second := pod("first", time.Minute), pod("second", time.Second)
	alone := testPod("alone", "10.100.0.2", "sandbox/evicted:1s-once", 0)
	for _, order := range [][]*v1.Pod{{first, second, alone}, {second, first, alone}} {
		cluster := testCluster(t, order...)
		for _, pod := range order {
			got := newWorker(cluster, pod).evictedAfter()
			if want := pod.Name != "second"; want != (got == time.Second) {
				t.Errorf("%s: evicted after %v", pod.Name, got)
			}
		}
	}
}

func TestAServiceEndsInGoodOrder(t *testing.T) {
	for image, want := range map[string]int32{
		"shop": 0, "sandbox/slow-stop": 137, "sandbox/migrate": 143,
	} {
		pod := testPod("web", "10.100.0.1", image, 0)
		if got := newWorker(testCluster(t, pod), pod).containers["main"].stopCode(); got != want {
			t.Errorf("%s: %d", image, got)
		}
	}
	job := testPod("job", "10.100.0.1", "sandbox/hang", 0)
	job.Spec.RestartPolicy = v1.RestartPolicyNever
	if got := newWorker(testCluster(t, job), job).containers["main"].stopCode(); got != 143 {
		t.Errorf("sandbox/hang in a job: %d", got)
	}
}
