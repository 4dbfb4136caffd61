package main

import (
	"context"
	"fmt"
	"hash/fnv"
	"slices"
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/scheme"
	typed "k8s.io/client-go/kubernetes/typed/core/v1"
	listers "k8s.io/client-go/listers/core/v1"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/record"
)

// A cluster is what the simulated kubelets share: what they know of the API's
// objects and one worker for each pod that is bound to one of their nodes.
type cluster struct {
	client     kubernetes.Interface
	nodeNames  []string
	recorders  map[string]record.EventRecorder
	informers  []informers.SharedInformerFactory
	podStore   cache.SharedIndexInformer
	nodes      listers.NodeLister
	secrets    listers.SecretLister
	configMaps listers.ConfigMapLister
	claims     listers.PersistentVolumeClaimLister
	volumes    listers.PersistentVolumeLister

	firsts firsts

	mutex   sync.Mutex
	workers map[types.UID]*worker
	// pulled remembers which node has which image.
	pulled map[string]bool
	// addresses are the pod IPs in use.
	addresses map[string]types.UID
}

func newCluster(ctx context.Context, client kubernetes.Interface, nodeNames []string) *cluster {
	all := informers.NewSharedInformerFactory(client, 0)
	bound := informers.NewSharedInformerFactoryWithOptions(client, 0,
		informers.WithTweakListOptions(func(options *metav1.ListOptions) {
			options.FieldSelector = fields.OneTermNotEqualSelector("spec.nodeName", "").String()
		}))
	core := all.Core().V1()
	c := &cluster{
		client:     client,
		nodeNames:  nodeNames,
		recorders:  map[string]record.EventRecorder{},
		informers:  []informers.SharedInformerFactory{all, bound},
		podStore:   bound.Core().V1().Pods().Informer(),
		nodes:      core.Nodes().Lister(),
		secrets:    core.Secrets().Lister(),
		configMaps: core.ConfigMaps().Lister(),
		claims:     core.PersistentVolumeClaims().Lister(),
		volumes:    core.PersistentVolumes().Lister(),
		workers:    map[types.UID]*worker{},
		pulled:     map[string]bool{},
		addresses:  map[string]types.UID{},
	}
	// The informer has not started, so there is nothing that could refuse.
	_ = c.podStore.AddIndexers(cache.Indexers{byAddress: podAddresses})
	broadcaster := record.NewBroadcaster(record.WithContext(ctx))
	broadcaster.StartRecordingToSink(&typed.EventSinkImpl{Interface: client.CoreV1().Events("")})
	for _, name := range nodeNames {
		c.recorders[name] = broadcaster.NewRecorder(scheme.Scheme, v1.EventSource{Component: "kubelet", Host: name})
	}
	return c
}

// start fills the caches and from then on gives each pod its worker.
func (c *cluster) start(ctx context.Context) error {
	for _, factory := range c.informers {
		factory.Start(ctx.Done())
	}
	for _, factory := range c.informers[:1] {
		for kind, synced := range factory.WaitForCacheSync(ctx.Done()) {
			if !synced {
				return fmt.Errorf("no list of %v", kind)
			}
		}
	}
	deliver := func(object any) {
		if pod, ok := object.(*v1.Pod); ok {
			c.deliver(ctx, pod)
		}
	}
	_, err := c.podStore.AddEventHandler(cache.ResourceEventHandlerFuncs{
		AddFunc:    deliver,
		UpdateFunc: func(_, object any) { deliver(object) },
		DeleteFunc: func(object any) {
			if unknown, ok := object.(cache.DeletedFinalStateUnknown); ok {
				object = unknown.Obj
			}
			if pod, ok := object.(*v1.Pod); ok {
				c.forget(pod)
			}
		},
	})
	return err
}

func (c *cluster) deliver(ctx context.Context, pod *v1.Pod) {
	if !slices.Contains(c.nodeNames, pod.Spec.NodeName) {
		return
	}
	c.firsts.note(pod)
	c.mutex.Lock()
	w, known := c.workers[pod.UID]
	if !known {
		w = newWorker(c, pod)
		c.workers[pod.UID] = w
		if pod.Status.PodIP != "" {
			c.addresses[pod.Status.PodIP] = pod.UID
		}
		go w.run(ctx)
	}
	c.mutex.Unlock()
	w.offer(pod)
}

func (c *cluster) forget(pod *v1.Pod) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if w, known := c.workers[pod.UID]; known {
		close(w.gone)
		delete(c.workers, pod.UID)
	}
	for _, ip := range pod.Status.PodIPs {
		if c.addresses[ip.IP] == pod.UID {
			delete(c.addresses, ip.IP)
		}
	}
}

// worker finds the worker of a pod by name.
func (c *cluster) worker(namespace, name string) (*worker, bool) {
	object, found, err := c.podStore.GetStore().GetByKey(namespace + "/" + name)
	if err != nil || !found {
		return nil, false
	}
	pod, ok := object.(*v1.Pod)
	if !ok {
		return nil, false
	}
	return c.workerOf(pod)
}

func (c *cluster) workerOf(pod *v1.Pod) (*worker, bool) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	w, known := c.workers[pod.UID]
	return w, known
}

// firstPull says whether the node has to pull the image, and notes that it did.
func (c *cluster) firstPull(node, image string) bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	key := node + " " + image
	first := !c.pulled[key]
	c.pulled[key] = true
	return first
}

// podIP hands out an unused address of the node's range.
func (c *cluster) podIP(pod *v1.Pod) string {
	index := slices.Index(c.nodeNames, pod.Spec.NodeName)
	if pod.Spec.HostNetwork {
		return hostIP(index)
	}
	digest := fnv.New32a()
	digest.Write([]byte(pod.UID))
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for offset := uint32(0); ; offset++ {
		// 0 and 255 never end an address.
		host := (digest.Sum32() + offset) % (256 * 254)
		ip := fmt.Sprintf("10.%d.%d.%d", 100+index, host/254, host%254+1)
		if _, used := c.addresses[ip]; !used {
			c.addresses[ip] = pod.UID
			return ip
		}
	}
}

// lost says whether the node was told to fall silent.
func (c *cluster) lost(name string) bool {
	node, err := c.nodes.Get(name)
	return err == nil && node.Annotations[lostAnnotation] == "true"
}

// healNode reports a node ready again after it was lost.
func (c *cluster) healNode(ctx context.Context, name string) {
	node, err := c.nodes.Get(name)
	if err != nil {
		return
	}
	for i, condition := range node.Status.Conditions {
		if condition.Type != v1.NodeReady || condition.Status == v1.ConditionTrue {
			continue
		}
		node = node.DeepCopy()
		node.Status.Conditions[i] = v1.NodeCondition{
			Type: v1.NodeReady, Status: v1.ConditionTrue,
			Reason: "KubeletReady", Message: "kubelet is posting ready status",
			LastHeartbeatTime: metav1.Now(), LastTransitionTime: metav1.NewTime(time.Now()),
		}
		_, err := c.client.CoreV1().Nodes().UpdateStatus(ctx, node, metav1.UpdateOptions{})
		report("healing "+name, err)
	}
}
