package main

import (
	"context"

	v1 "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	rbac "k8s.io/api/rbac/v1"
	storage "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/utils/ptr"
)

const (
	// provisioner names the volumes that this program makes.
	provisioner = "sandbox/volumes"
	// deployers is the group of the namespace-only user; deployerRole is what
	// a RoleBinding gives it in a namespace.
	deployers        = "deployers"
	deployerRole     = "sandbox-deployer"
	sandboxNamespace = "sandbox"
)

// create calls a typed client's Create without its options.
func create[T any](ctx context.Context, call func(context.Context, *T, metav1.CreateOptions) (*T, error), object *T) error {
	_, err := call(ctx, object, metav1.CreateOptions{})
	return err
}

// existing accepts that an earlier start has made the object already.
func existing(err error) error {
	if errors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

// createBaseObjects makes what a fresh cluster of this kind is expected to
// have: default classes for ingresses and volumes, and a user who may do
// everything in one namespace and nothing elsewhere.
func createBaseObjects(ctx context.Context, client kubernetes.Interface) error {
	isDefault := func(kind string) map[string]string {
		return map[string]string{kind + ".kubernetes.io/is-default-class": "true"}
	}
	steps := []func() error{
		func() error {
			return create(ctx, client.CoreV1().Namespaces().Create,
				&v1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: sandboxNamespace}})
		},
		func() error {
			return create(ctx, client.NetworkingV1().IngressClasses().Create, &networking.IngressClass{
				ObjectMeta: metav1.ObjectMeta{Name: "sandbox", Annotations: isDefault("ingressclass")},
				Spec:       networking.IngressClassSpec{Controller: "sandbox/ingress"},
			})
		},
		func() error {
			return create(ctx, client.StorageV1().StorageClasses().Create, &storage.StorageClass{
				ObjectMeta:        metav1.ObjectMeta{Name: "sandbox", Annotations: isDefault("storageclass")},
				Provisioner:       provisioner,
				ReclaimPolicy:     ptr.To(v1.PersistentVolumeReclaimDelete),
				VolumeBindingMode: ptr.To(storage.VolumeBindingWaitForFirstConsumer),
			})
		},
		func() error {
			return create(ctx, client.RbacV1().ClusterRoles().Create, &rbac.ClusterRole{
				ObjectMeta: metav1.ObjectMeta{Name: deployerRole},
				Rules:      []rbac.PolicyRule{{APIGroups: []string{"*"}, Resources: []string{"*"}, Verbs: []string{"*"}}},
			})
		},
		func() error {
			return create(ctx, client.RbacV1().RoleBindings(sandboxNamespace).Create, &rbac.RoleBinding{
				ObjectMeta: metav1.ObjectMeta{Name: deployers, Namespace: sandboxNamespace},
				RoleRef:    rbac.RoleRef{APIGroup: rbac.GroupName, Kind: "ClusterRole", Name: deployerRole},
				Subjects:   []rbac.Subject{{APIGroup: rbac.GroupName, Kind: rbac.GroupKind, Name: deployers}},
			})
		},
	}
	for _, step := range steps {
		if err := existing(step()); err != nil {
			return err
		}
	}
	return nil
}
