package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	"sigs.k8s.io/yaml"
)

const deploy = "../deploy"

// drain is how long a node takes from SIGTERM to its end, at most (docs/contract.md, section 1).
const drain = 10 * time.Second

func read(t *testing.T, elements ...string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(append([]string{deploy}, elements...)...))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// manifests reads all objects of deploy/kubernetes with Kubernetes' own types; an unknown field is an error.
func manifests(t *testing.T) map[string]any {
	t.Helper()
	known := map[string]func() any{
		"ConfigMap": func() any { return new(corev1.ConfigMap) }, "Service": func() any { return new(corev1.Service) },
		"Deployment": func() any { return new(appsv1.Deployment) }, "PodDisruptionBudget": func() any { return new(policyv1.PodDisruptionBudget) },
		"NetworkPolicy": func() any { return new(networkingv1.NetworkPolicy) }, "Ingress": func() any { return new(networkingv1.Ingress) },
	}
	out := map[string]any{}
	files, err := filepath.Glob(filepath.Join(deploy, "kubernetes", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no manifests: %v", err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, document := range bytes.Split(data, []byte("\n---\n")) {
			var kind struct{ Kind string }
			if err := yaml.Unmarshal(document, &kind); err != nil {
				t.Fatal(err)
			}
			if known[kind.Kind] == nil {
				t.Fatalf("%s has an object of kind %q, which this test does not know", name, kind.Kind)
			}
			object := known[kind.Kind]()
			if err := yaml.UnmarshalStrict(document, object); err != nil {
				t.Errorf("%s: %s: %v", name, kind.Kind, err)
			}
			out[kind.Kind] = object
		}
	}
	return out
}

// TestKubernetes holds the manifests to Kubernetes' types, and to what a drain needs.
func TestKubernetes(t *testing.T) {
	objects := manifests(t)
	deployment := objects["Deployment"].(*appsv1.Deployment)
	pod := deployment.Spec.Template
	node := pod.Spec.Containers[0]
	for _, probe := range []struct {
		name string
		*corev1.Probe
		path string
	}{{"startup", node.StartupProbe, "/readyz"}, {"readiness", node.ReadinessProbe, "/readyz"}, {"liveness", node.LivenessProbe, "/healthz"}} {
		if probe.Probe == nil || probe.HTTPGet == nil || probe.HTTPGet.Path != probe.path {
			t.Errorf("the %s probe does not ask %s", probe.name, probe.path)
		}
	}
	grace := time.Duration(*pod.Spec.TerminationGracePeriodSeconds) * time.Second
	before := time.Duration(node.Lifecycle.PreStop.Sleep.Seconds) * time.Second
	noticed := time.Duration(node.ReadinessProbe.PeriodSeconds) * time.Second
	if before < noticed || grace < before+drain {
		t.Errorf("%s from preStop to the kill, %s of it before SIGTERM: a drain takes %s", grace, before, drain)
	}
	if u := deployment.Spec.Strategy.RollingUpdate; u.MaxUnavailable.IntValue() != 0 || u.MaxSurge.IntValue() < 1 {
		t.Error("an upgrade ends a node before the next one serves")
	}
	budget := objects["PodDisruptionBudget"].(*policyv1.PodDisruptionBudget)
	for what, labels := range map[string]map[string]string{
		"the deployment": deployment.Spec.Selector.MatchLabels, "the budget": budget.Spec.Selector.MatchLabels,
		"the service": objects["Service"].(*corev1.Service).Spec.Selector, "the policy": objects["NetworkPolicy"].(*networkingv1.NetworkPolicy).Spec.PodSelector.MatchLabels,
	} {
		for key, value := range labels {
			if pod.Labels[key] != value {
				t.Errorf("%s selects %s=%s, which the pods are not", what, key, value)
			}
		}
	}
	if *pod.Spec.EnableServiceLinks || !*pod.Spec.SecurityContext.RunAsNonRoot || !*node.SecurityContext.ReadOnlyRootFilesystem || node.Resources.Limits.Memory().IsZero() {
		t.Error("the pods have service links, or are root, or may write, or have no bound of memory")
	}
}

// TestSettings wants every setting in deploy/ to be one that the server knows.
func TestSettings(t *testing.T) {
	sources, err := filepath.Glob(filepath.Join("..", "cmd", "zikr", "*.go"))
	if err != nil || len(sources) == 0 {
		t.Fatalf("no sources: %v", err)
	}
	config := ""
	for _, name := range sources {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		config += string(data)
	}
	others := map[string]bool{"ZIKR_HOST": true, "ZIKR_PORT": true}
	for _, name := range []string{"docker/Dockerfile", "docker/compose.yaml", "kubernetes/zikr.yaml", "kubernetes/ingress.yaml", "systemd/zikr.service", "systemd/zikr.socket", "package/zikr.env", "package/zikrctl"} {
		for _, setting := range regexp.MustCompile(`ZIKR_[A-Z_]+`).FindAllString(string(read(t, name)), -1) {
			if !others[setting] && !strings.Contains(config, `"`+setting+`"`) {
				t.Errorf("%s speaks of %s, which is no setting", name, setting)
			}
		}
	}
}

// TestCompose holds compose.yaml to the compose specification's schema.
func TestCompose(t *testing.T) {
	load := func(env types.Mapping) (*types.Project, error) {
		return loader.LoadWithContext(context.Background(), types.ConfigDetails{
			WorkingDir: filepath.Join(deploy, "docker"), Environment: env,
			ConfigFiles: []types.ConfigFile{{Filename: "compose.yaml", Content: read(t, "docker", "compose.yaml")}},
		})
	}
	project, err := load(types.Mapping{"ZIKR_HOST": "zikr.example.org", "ZIKR_JWT_SECRET": "secret", "POSTGRES_PASSWORD": "password"})
	if err != nil {
		t.Fatal(err)
	}
	nodes := 0
	for name, service := range project.Services {
		if service.Image != "zikr" {
			if service.HealthCheck == nil && name != "caddy" {
				t.Errorf("%s has no health check", name)
			}
			continue
		}
		nodes++
		if time.Duration(*service.StopGracePeriod) < drain || !service.ReadOnly || service.MemLimit == 0 {
			t.Errorf("%s is killed before it has drained, or may write, or has no bound of memory", name)
		}
		if _, err := os.Stat(service.Build.Dockerfile); err != nil {
			if _, err := os.Stat(filepath.Join(service.Build.Context, service.Build.Dockerfile)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
	if nodes != 3 {
		t.Errorf("got %d nodes, want 3", nodes)
	}
	for _, missing := range []string{"ZIKR_HOST", "ZIKR_JWT_SECRET", "POSTGRES_PASSWORD"} {
		env := types.Mapping{"ZIKR_HOST": "zikr.example.org", "ZIKR_JWT_SECRET": "secret", "POSTGRES_PASSWORD": "password"}
		delete(env, missing)
		if _, err := load(env); err == nil || !strings.Contains(err.Error(), missing) {
			t.Errorf("without %s: got %v", missing, err)
		}
	}
}

// TestDockerfile wants the image to be the static binary alone, not root's, and what it copies to be there.
func TestDockerfile(t *testing.T) {
	text := string(read(t, "docker", "Dockerfile"))
	stages := strings.Split(text, "\nFROM ")
	last := stages[len(stages)-1]
	for _, want := range []string{"scratch\n", "\nUSER 65532:65532\n", `CMD ["/zikr", "healthcheck"]`, `ENTRYPOINT ["/zikr"]`, "/zikr /zikr\n"} {
		if !strings.Contains(last, want) {
			t.Errorf("the image lacks %q", want)
		}
	}
	for _, copied := range regexp.MustCompile(`(?m)^COPY ([^-].*) \S+$`).FindAllStringSubmatch(text, -1) {
		for _, name := range strings.Fields(copied[1]) {
			if _, err := os.Stat(filepath.Join("..", name)); err != nil {
				t.Errorf("the image is built from what is not there: %v", err)
			}
		}
	}
}

// TestUnit asks systemd how much the service is exposed: 2.0 at most, of 10.
func TestUnit(t *testing.T) {
	program, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	unit := filepath.Join(deploy, "systemd", "zikr.service")
	out, err := exec.Command(program, "security", "--offline=true", "--no-pager", "--threshold=20", unit).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "Overall exposure level") || strings.Contains(string(out), "Unknown") {
		t.Errorf("%v\n%s", err, out)
	}
	if !strings.Contains(string(read(t, "systemd", "zikr.service")), "\nMemoryMax=") {
		t.Error("the service has no bound of memory")
	}
}

// TestSocketUnit asks systemd whether zikr.socket and its service fit.
func TestSocketUnit(t *testing.T) {
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("systemd-analyze is not installed")
	}
	dir := t.TempDir()
	service := strings.Replace(string(read(t, "systemd", "zikr.service")), "ExecStart=/usr/bin/zikr ", "ExecStart=/bin/true ", 1)
	for unit, text := range map[string]string{"zikr.service": service, "zikr.socket": string(read(t, "systemd", "zikr.socket"))} {
		if err := os.WriteFile(filepath.Join(dir, unit), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	verify := exec.Command(analyze, "verify", "--man=no", "--recursive-errors=no", filepath.Join(dir, "zikr.socket"), filepath.Join(dir, "zikr.service"))
	if out, err := verify.CombinedOutput(); err != nil || strings.Contains(string(out), dir) {
		t.Errorf("%v\n%s", err, out)
	}
}
