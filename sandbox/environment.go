package main

import (
	"fmt"
	"slices"
	"sort"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/kubernetes/pkg/fieldpath"
	"k8s.io/utils/ptr"
)

// A variable is one entry of a container's environment.
type variable struct{ name, value string }

// environment resolves a container's variables; its errors are worded as the
// kubelet words them in CreateContainerConfigError.
func (c *container) environment() ([]variable, error) {
	var all []variable
	for _, source := range c.spec.EnvFrom {
		data, err := c.worker.from(source)
		if err != nil {
			return nil, err
		}
		names := make([]string, 0, len(data))
		for name := range data {
			names = append(names, name)
		}
		sort.Strings(names)
		for _, name := range names {
			all = append(all, variable{source.Prefix + name, data[name]})
		}
	}
	for _, entry := range c.spec.Env {
		value, present := entry.Value, true
		if entry.ValueFrom != nil {
			var err error
			if value, present, err = c.worker.valueFrom(entry.ValueFrom); err != nil {
				return nil, err
			}
		}
		if present {
			all = slices.DeleteFunc(all, func(v variable) bool { return v.name == entry.Name })
			all = append(all, variable{entry.Name, value})
		}
	}
	return all, nil
}

func (w *worker) from(source v1.EnvFromSource) (map[string]string, error) {
	switch {
	case source.ConfigMapRef != nil:
		return w.configMap(source.ConfigMapRef.Name, source.ConfigMapRef.Optional)
	case source.SecretRef != nil:
		return w.secret(source.SecretRef.Name, source.SecretRef.Optional)
	}
	return nil, nil
}

func (w *worker) valueFrom(source *v1.EnvVarSource) (value string, present bool, err error) {
	namespace := w.pod.Namespace
	switch {
	case source.ConfigMapKeyRef != nil:
		reference := source.ConfigMapKeyRef
		data, err := w.configMap(reference.Name, reference.Optional)
		value, present = data[reference.Key]
		if err == nil && !present && !ptr.Deref(reference.Optional, false) {
			err = fmt.Errorf("couldn't find key %s in ConfigMap %s/%s", reference.Key, namespace, reference.Name)
		}
		return value, present, err
	case source.SecretKeyRef != nil:
		reference := source.SecretKeyRef
		data, err := w.secret(reference.Name, reference.Optional)
		value, present = data[reference.Key]
		if err == nil && !present && !ptr.Deref(reference.Optional, false) {
			err = fmt.Errorf("couldn't find key %s in Secret %s/%s", reference.Key, namespace, reference.Name)
		}
		return value, present, err
	case source.FieldRef != nil:
		switch path := source.FieldRef.FieldPath; path {
		case "spec.nodeName":
			value = w.pod.Spec.NodeName
		case "spec.serviceAccountName":
			value = w.pod.Spec.ServiceAccountName
		case "status.podIP":
			value = w.status.PodIP
		case "status.hostIP":
			value = w.status.HostIP
		default:
			value, err = fieldpath.ExtractFieldPathAsString(w.pod, path)
		}
		return value, true, err
	}
	return "", true, nil
}

func (w *worker) configMap(name string, optional *bool) (map[string]string, error) {
	object, err := w.cluster.configMaps.ConfigMaps(w.pod.Namespace).Get(name)
	if err != nil {
		return nil, unlessOptional(err, optional, "configmap", name)
	}
	return object.Data, nil
}

func (w *worker) secret(name string, optional *bool) (map[string]string, error) {
	object, err := w.cluster.secrets.Secrets(w.pod.Namespace).Get(name)
	if err != nil {
		return nil, unlessOptional(err, optional, "secret", name)
	}
	data := make(map[string]string, len(object.Data))
	for key, value := range object.Data {
		data[key] = string(value)
	}
	return data, nil
}

func unlessOptional(err error, optional *bool, kind, name string) error {
	if !errors.IsNotFound(err) {
		return err
	}
	if ptr.Deref(optional, false) {
		return nil
	}
	return fmt.Errorf("%s %q not found", kind, name)
}

// mountable says why a volume cannot be set up yet.
func (w *worker) mountable(volume *v1.Volume) error {
	switch {
	case volume.ConfigMap != nil:
		data, err := w.configMap(volume.ConfigMap.Name, volume.ConfigMap.Optional)
		return missingKey(err, data, volume.ConfigMap.Items, volume.ConfigMap.Optional, "configmap references non-existent config key")
	case volume.Secret != nil:
		data, err := w.secret(volume.Secret.SecretName, volume.Secret.Optional)
		return missingKey(err, data, volume.Secret.Items, volume.Secret.Optional, "references non-existent secret key")
	}
	return nil
}

func missingKey(err error, data map[string]string, items []v1.KeyToPath, optional *bool, complaint string) error {
	if err != nil || ptr.Deref(optional, false) {
		return err
	}
	for _, item := range items {
		if _, present := data[item.Key]; !present {
			return fmt.Errorf("%s: %s", complaint, item.Key)
		}
	}
	return nil
}
