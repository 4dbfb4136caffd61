package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	v1 "k8s.io/api/core/v1"
	certutil "k8s.io/client-go/util/cert"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
)

const followInterval = 100 * time.Millisecond

// serveLogs is the one part of a kubelet's own API that clients reach through
// the API server and that this program offers.
func serveLogs(ctx context.Context, cluster *cluster, port int) error {
	certificate, key, err := certutil.GenerateSelfSignedCertKey("127.0.0.1", nil, nil)
	if err != nil {
		return err
	}
	pair, err := tls.X509KeyPair(certificate, key)
	if err != nil {
		return err
	}
	routes := http.NewServeMux()
	routes.HandleFunc("GET /containerLogs/{namespace}/{pod}/{container}", cluster.containerLogs)
	routes.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "simulated nodes run nothing: only logs can be asked for", http.StatusNotImplemented)
	})
	server := &http.Server{
		Addr: fmt.Sprintf("127.0.0.1:%d", port), Handler: routes,
		TLSConfig:         &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12},
		ReadHeaderTimeout: 10 * time.Second,
	}
	go func() {
		<-ctx.Done()
		_ = server.Close()
	}()
	if err := server.ListenAndServeTLS("", ""); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}

func (c *cluster) containerLogs(w http.ResponseWriter, r *http.Request) {
	namespace, podName, name := r.PathValue("namespace"), r.PathValue("pod"), r.PathValue("container")
	options, err := parseLogOptions(r.URL.Query())
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	worker, found := c.worker(namespace, podName)
	if !found {
		http.Error(w, fmt.Sprintf("pod %q not found", podName), http.StatusNotFound)
		return
	}
	printer := &logPrinter{writer: w, options: options, left: options.limit}
	first := ""
	for {
		// Asked first, so that what a deleted pod wrote last is not lost.
		gone := worker.isGone()
		pod := worker.latest()
		status, container, err := c.find(pod, name)
		if err != nil {
			if first == "" {
				http.Error(w, err.Error(), http.StatusNotFound)
			}
			return
		}
		if first != "" && status.ContainerID != first {
			return
		}
		run, err := instance(pod, status, options.previous)
		var noLog errNoLog
		switch {
		case errors.As(err, &noLog):
			fmt.Fprint(w, noLog.text)
			return
		case err != nil && first == "":
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		case err != nil:
			return
		}
		first = status.ContainerID
		more := printer.print(container.log(run))
		if flusher, ok := w.(http.Flusher); ok {
			flusher.Flush()
		}
		if run.ended || gone || !more || !options.follow {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-worker.gone:
		case <-time.After(followInterval):
		}
	}
}

// find looks up what a log request needs. The container is made anew from the
// pod: the worker's own belongs to the worker's goroutine.
func (c *cluster) find(pod *v1.Pod, name string) (*v1.ContainerStatus, *container, error) {
	w := newWorker(c, pod)
	container, found := w.containers[name]
	if !found {
		return nil, nil, fmt.Errorf("container %q not found in pod %q", name, pod.Name)
	}
	statuses := pod.Status.ContainerStatuses
	if container.init {
		statuses = pod.Status.InitContainerStatuses
	}
	status, found := podutil.GetContainerStatus(statuses, name)
	if !found {
		return nil, nil, fmt.Errorf("container %q in pod %q is not available", name, pod.Name)
	}
	return &status, container, nil
}

type logOptions struct {
	follow, previous, timestamps bool
	tail                         int
	limit                        int
	since                        time.Time
}

func parseLogOptions(query url.Values) (logOptions, error) {
	options := logOptions{
		follow:     query.Get("follow") == "true",
		previous:   query.Get("previous") == "true",
		timestamps: query.Get("timestamps") == "true",
		tail:       -1, limit: -1,
	}
	number := func(name string, set func(int)) error {
		text := query.Get(name)
		if text == "" {
			return nil
		}
		value, err := strconv.Atoi(text)
		if err == nil {
			set(value)
		}
		return err
	}
	err := errors.Join(
		number("tailLines", func(n int) { options.tail = n }),
		number("limitBytes", func(n int) { options.limit = n }),
		number("sinceSeconds", func(n int) { options.since = time.Now().Add(-time.Duration(n) * time.Second) }),
	)
	if text := query.Get("sinceTime"); text != "" {
		since, sinceErr := time.Parse(time.RFC3339, text)
		options.since, err = since, errors.Join(err, sinceErr)
	}
	return options, err
}

// A logPrinter writes the lines it has not written yet.
type logPrinter struct {
	writer  http.ResponseWriter
	options logOptions
	left    int
	seen    int
	begun   bool
}

// print says whether the reader may still get more.
func (p *logPrinter) print(lines []line) bool {
	from := p.seen
	p.seen = max(p.seen, len(lines))
	if !p.begun {
		p.begun = true
		for from < len(lines) && lines[from].at.Before(p.options.since) {
			from++
		}
		if p.options.tail >= 0 {
			from = max(from, len(lines)-p.options.tail)
		}
	}
	for _, line := range lines[min(from, len(lines)):] {
		text := line.text + "\n"
		if p.options.timestamps {
			text = line.at.UTC().Format("2006-01-02T15:04:05.000000000Z07:00") + " " + text
		}
		if p.options.limit >= 0 && len(text) > p.left {
			text = text[:p.left]
		}
		p.left -= len(text)
		if _, err := fmt.Fprint(p.writer, text); err != nil || p.options.limit >= 0 && p.left <= 0 {
			return false
		}
	}
	return true
}
