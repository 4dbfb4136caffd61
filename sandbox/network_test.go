package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
)

// testCluster has one node and these pods, of which nothing is ever written.
func testCluster(t *testing.T, pods ...*v1.Pod) *cluster {
	t.Helper()
	c := newCluster(t.Context(), fake.NewClientset(), []string{"sandbox-1"})
	for _, pod := range pods {
		if err := c.podStore.GetIndexer().Add(pod); err != nil {
			t.Fatal(err)
		}
		c.firsts.note(pod)
		c.workers[pod.UID] = newWorker(c, pod)
	}
	return c
}

func testPod(name, ip, image string, since time.Duration) *v1.Pod {
	started := metav1.NewTime(time.Now().Add(-since))
	return &v1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "shop", UID: types.UID(name)},
		Spec: v1.PodSpec{NodeName: "sandbox-1", RestartPolicy: v1.RestartPolicyAlways, Containers: []v1.Container{{
			Name: "main", Image: image, Ports: []v1.ContainerPort{{ContainerPort: 8080}},
		}}},
		Status: v1.PodStatus{Phase: v1.PodRunning, PodIP: ip, PodIPs: []v1.PodIP{{IP: ip}},
			ContainerStatuses: []v1.ContainerStatus{{
				Name: "main", ContainerID: "containerd://1",
				State: v1.ContainerState{Running: &v1.ContainerStateRunning{StartedAt: started}},
			}}},
	}
}

func TestPodsAnswer(t *testing.T) {
	for _, c := range []struct {
		image string
		since time.Duration
		want  int
	}{
		{"registry/shop:1.4.2", 0, 200},
		{"sandbox/http", 0, 200},
		{"sandbox/http:status-503", time.Hour, 503},
		{"sandbox/ready:v1-status-404", 0, 404},
		{"sandbox/http:status-503-for-10s", 5 * time.Second, 503},
		{"sandbox/http:status-503-for-10s", 15 * time.Second, 200},
		{"sandbox/http:status-99", 0, 200},
		{"sandbox/unready", time.Hour, 503},
		{"sandbox/unhealthy", 0, 503},
		{"sandbox/refuses", time.Hour, 0},
		{"sandbox/startup-fails", 0, 0},
		{"sandbox/slow-start", 5 * time.Second, 0},
		{"sandbox/slow-start", 15 * time.Second, 200},
	} {
		cluster := testCluster(t, testPod("web", "10.100.0.1", c.image, c.since))
		answer, simulated, err := cluster.answer("10.100.0.1:8080")
		switch {
		case !simulated:
			t.Errorf("%s: not simulated: %v", c.image, err)
		case c.want == 0 && (err == nil || !strings.Contains(err.Error(), "connection refused")):
			t.Errorf("%s: %+v, %v", c.image, answer, err)
		case c.want != 0 && (err != nil || answer.status != c.want || answer.body != "web ("+c.image+")\n"):
			t.Errorf("%s: %+v, %v", c.image, answer, err)
		}
	}
}

func TestWhoListens(t *testing.T) {
	undeclared := testPod("any", "10.100.0.2", "shop", 0)
	undeclared.Spec.Containers[0].Ports = nil
	ended := testPod("ended", "10.100.0.3", "shop", 0)
	ended.Status.ContainerStatuses[0].State = v1.ContainerState{Terminated: &v1.ContainerStateTerminated{}}
	cluster := testCluster(t, testPod("web", "10.100.0.1", "shop", 0), undeclared, ended)
	for address, want := range map[string]string{
		"10.100.0.1:8080": "",
		"10.100.0.1:9090": "connection refused",
		"10.100.0.2:9090": "",
		"10.100.0.3:8080": "connection refused",
		"10.100.0.9:8080": "no route to host",
	} {
		_, _, err := cluster.answer(address)
		if got := fmt.Sprint(err); want == "" && err != nil || want != "" && !strings.Contains(got, want) {
			t.Errorf("%s: %v", address, err)
		}
	}
	if _, simulated, err := cluster.answer("127.0.0.1:80"); simulated || err != nil {
		t.Errorf("an address of this machine: simulated %v, %v", simulated, err)
	}
}

// connect asks for a tunnel the way the API server does.
func connect(t *testing.T, socket, address string) (net.Conn, *http.Response) {
	t.Helper()
	conn, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	fmt.Fprintf(conn, "CONNECT %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", address)
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	return conn, response
}

func TestTunnels(t *testing.T) {
	server, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer server.Close()
	go func() {
		for {
			conn, err := server.Accept()
			if err != nil {
				return
			}
			_, _ = io.Copy(conn, conn)
		}
	}()
	socket := filepath.Join(t.TempDir(), "s")
	// What a killed process left is in nobody's way.
	left, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	left.(*net.UnixListener).SetUnlinkOnClose(false)
	left.Close()
	listener, err := listenForTunnels(socket)
	if err != nil {
		t.Fatal(err)
	}
	cluster := testCluster(t, testPod("web", "10.100.0.1", "sandbox/http:status-503", 0))
	go func() { _ = serveTunnels(t.Context(), cluster, listener) }()

	conn, _ := connect(t, socket, server.Addr().String())
	fmt.Fprint(conn, "hello")
	echo := make([]byte, 5)
	if _, err := io.ReadFull(conn, echo); err != nil || string(echo) != "hello" {
		t.Errorf("%q, %v", echo, err)
	}

	conn, _ = connect(t, socket, "10.100.0.1:8080")
	// More than the server reads at once.
	body := strings.Repeat("x", 1<<20)
	if _, err := fmt.Fprintf(conn, "POST /any HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(body), body); err != nil {
		t.Errorf("it hung up before the request was over: %v", err)
	}
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	said, _ := io.ReadAll(response.Body)
	if response.StatusCode != 503 || string(said) != "web (sandbox/http:status-503)\n" {
		t.Errorf("%s: %s", response.Status, said)
	}

	_, response = connect(t, socket, "10.100.0.1:9090")
	if want := "502 dial tcp 10.100.0.1:9090: connect: connection refused"; response.Status != want {
		t.Errorf("%s", response.Status)
	}
}
