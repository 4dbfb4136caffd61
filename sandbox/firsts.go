package main

import (
	"sync"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// firsts remembers the first pod of each Job, ReplicaSet or other owner, so
// that a behaviour can befall that one only and its replacement does well.
type firsts struct {
	mutex sync.Mutex
	of    map[types.UID]first
}

type first struct {
	pod     types.UID
	created time.Time
}

// note takes pods in the order in which they appear. After a restart of this
// process that order means nothing, so an older pod takes the place.
func (f *firsts) note(pod *v1.Pod) {
	owner := metav1.GetControllerOf(pod)
	if owner == nil {
		return
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	known, found := f.of[owner.UID]
	if found && !pod.CreationTimestamp.Time.Before(known.created) {
		return
	}
	if f.of == nil {
		f.of = map[types.UID]first{}
	}
	f.of[owner.UID] = first{pod.UID, pod.CreationTimestamp.Time}
}

// is says whether a pod is its owner's first; one without an owner always is.
func (f *firsts) is(pod *v1.Pod) bool {
	owner := metav1.GetControllerOf(pod)
	if owner == nil {
		return true
	}
	f.mutex.Lock()
	defer f.mutex.Unlock()
	return f.of[owner.UID].pod == pod.UID
}
