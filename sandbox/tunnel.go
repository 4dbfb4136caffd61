package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

const dialTimeout = 10 * time.Second

// listenForTunnels opens the socket through which the API server reaches
// everything that is not part of the control plane. A killed process leaves
// its socket behind.
func listenForTunnels(socket string) (net.Listener, error) {
	if err := os.Remove(socket); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, err
	}
	return net.Listen("unix", socket)
}

// serveTunnels takes HTTP CONNECT requests: to a simulated pod it speaks for
// the pod, to any other address it passes bytes on.
func serveTunnels(ctx context.Context, cluster *cluster, listener net.Listener) error {
	server := &http.Server{ReadHeaderTimeout: dialTimeout, Handler: http.HandlerFunc(cluster.tunnel)}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (c *cluster) tunnel(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodConnect {
		http.Error(w, "only CONNECT is understood", http.StatusMethodNotAllowed)
		return
	}
	client, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	defer client.Close()
	// The request's deadline must not end a log that is followed.
	_ = client.SetDeadline(time.Time{})

	address := r.URL.Host
	answer, simulated, err := c.answer(address)
	var other net.Conn
	if err == nil && !simulated {
		other, err = net.DialTimeout("tcp", address, dialTimeout)
	}
	if err != nil {
		// The reason phrase is all that the API server passes on to its client.
		reason := strings.ReplaceAll(err.Error(), "\n", " ")
		fmt.Fprintf(client, "HTTP/1.1 502 %s\r\nContent-Length: 0\r\n\r\n", reason)
		return
	}
	fmt.Fprint(client, "HTTP/1.1 200 OK\r\n\r\n")
	if simulated {
		answer.serve(client, buffered.Reader)
		return
	}
	defer other.Close()
	relay(client, buffered.Reader, other)
}

// relay copies both ways until one side is done.
func relay(client net.Conn, fromClient io.Reader, other net.Conn) {
	done := make(chan struct{}, 2)
	pass := func(to io.Writer, from io.Reader) {
		_, _ = io.Copy(to, from)
		done <- struct{}{}
	}
	go pass(other, fromClient)
	go pass(client, other)
	<-done
}

// An answer is what a container says to a request, whatever its path.
type answer struct {
	status int
	body   string
	delay  time.Duration
}

// serve answers one request and closes: the next one may meet another state.
func (a answer) serve(client net.Conn, from *bufio.Reader) {
	request, err := http.ReadRequest(from)
	if err != nil {
		return
	}
	// A connection that is closed before everything was read loses the answer.
	_, _ = io.Copy(io.Discard, request.Body)
	time.Sleep(a.delay)
	response := &http.Response{
		StatusCode: a.status, ProtoMajor: 1, ProtoMinor: 1, Request: request, Close: true,
		Header:        http.Header{"Content-Type": {"text/plain; charset=utf-8"}},
		Body:          io.NopCloser(strings.NewReader(a.body)),
		ContentLength: int64(len(a.body)),
	}
	_ = response.Write(client)
}
