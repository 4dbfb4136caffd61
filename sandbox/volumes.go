package main

import (
	"context"
	"fmt"
	"os"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

const (
	provisionerAnnotation = "volume.kubernetes.io/storage-provisioner"
	provisionedBy         = "pv.kubernetes.io/provisioned-by"
)

// provisionVolumes answers claims of the default storage class with volumes
// that hold nothing, and takes them away when they are released.
func provisionVolumes(ctx context.Context, cluster *cluster) {
	for ctx.Err() == nil {
		claims, _ := cluster.claims.List(labels.Everything())
		for _, claim := range claims {
			if wanted(claim) {
				report("volume for "+claim.Namespace+"/"+claim.Name, provision(ctx, cluster, claim))
			}
		}
		volumes, _ := cluster.volumes.List(labels.Everything())
		for _, volume := range volumes {
			if volume.Status.Phase == v1.VolumeReleased && volume.Annotations[provisionedBy] == provisioner {
				report("releasing "+volume.Name, cluster.client.CoreV1().PersistentVolumes().Delete(ctx, volume.Name, metav1.DeleteOptions{}))
			}
		}
		time.Sleep(250 * time.Millisecond)
	}
}

func report(what string, err error) {
	if err != nil {
		fmt.Fprintf(os.Stderr, "nodes: %s: %v\n", what, err)
	}
}

// wanted says whether the volume controller waits for us; for a class that
// waits for its first consumer, that is once the scheduler has chosen a node.
func wanted(claim *v1.PersistentVolumeClaim) bool {
	return claim.Status.Phase == v1.ClaimPending && claim.Spec.VolumeName == "" &&
		claim.DeletionTimestamp == nil &&
		claim.Annotations[provisionerAnnotation] == provisioner
}

func provision(ctx context.Context, cluster *cluster, claim *v1.PersistentVolumeClaim) error {
	class := ""
	if claim.Spec.StorageClassName != nil {
		class = *claim.Spec.StorageClassName
	}
	volume := &v1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{
			Name:        "pvc-" + string(claim.UID),
			Annotations: map[string]string{provisionedBy: provisioner},
		},
		Spec: v1.PersistentVolumeSpec{
			Capacity:                      v1.ResourceList{v1.ResourceStorage: claim.Spec.Resources.Requests[v1.ResourceStorage]},
			AccessModes:                   claim.Spec.AccessModes,
			PersistentVolumeReclaimPolicy: v1.PersistentVolumeReclaimDelete,
			StorageClassName:              class,
			VolumeMode:                    claim.Spec.VolumeMode,
			PersistentVolumeSource:        v1.PersistentVolumeSource{HostPath: &v1.HostPathVolumeSource{Path: "/sandbox/" + string(claim.UID)}},
			ClaimRef: &v1.ObjectReference{
				APIVersion: "v1", Kind: "PersistentVolumeClaim",
				Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID,
			},
		},
	}
	return existing(create(ctx, cluster.client.CoreV1().PersistentVolumes().Create, volume))
}
