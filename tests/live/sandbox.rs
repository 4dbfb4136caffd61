//! The sandbox itself: coming, going, staying clean; and a deploy while its API server is away.

use std::io::{BufRead as _, BufReader, Read as _};
use std::process::Stdio;

use deploy::sandbox::Part;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use super::Test;
use super::support::{Own, Space, signal, until, web};

/// Not run against another cluster: they are about sandboxes of their own.
pub const TESTS: &[Test] = &[
    (
        "sandbox::comes_and_goes_and_heals_and_leaves_nothing",
        comes_and_goes_and_heals_and_leaves_nothing,
    ),
    (
        "sandbox::a_rollout_outlives_its_api_server",
        a_rollout_outlives_its_api_server,
    ),
    (
        "sandbox::images_do_what_their_names_say",
        images_do_what_their_names_say,
    ),
];

fn pids(status: &Value) -> Vec<i32> {
    let processes = status["processes"].as_object().unwrap();
    processes
        .values()
        .map(|pid| i32::try_from(pid.as_i64().unwrap()).unwrap())
        .collect()
}

fn kill(pid: i32) {
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
}

fn comes_and_goes_and_heals_and_leaves_nothing(space: &Space) {
    let own = Own::new("life");
    let before = own.status();
    assert_eq!(before["running"], false);
    own.down();

    let first = own.up();
    assert_eq!(first["name"], own.name.as_str());
    assert_eq!(first["version"], "v1.36.3");
    assert_eq!(first["contexts"]["admin"], own.context());
    assert_eq!(
        first["contexts"]["namespaced"],
        format!("{}-user", own.context())
    );
    let kubeconfig = std::fs::read_to_string(first["kubeconfig"].as_str().unwrap()).unwrap();
    assert!(kubeconfig.contains(&own.context()));
    assert_eq!(pids(&first).len(), Part::ALL.len());
    assert_eq!(own.up(), first, "up again changes nothing");
    assert_eq!(own.status(), first);

    // What is left after a kill is cleaned up by the next `up`: some parts, then all.
    kill(pids(&first)[0]);
    kill(pids(&first)[2]);
    std::thread::sleep(std::time::Duration::from_millis(300));
    assert_eq!(own.status()["running"], false);
    let second = own.up();
    for pid in pids(&second) {
        kill(pid);
    }
    let third = own.up();
    let seen = own
        .command(&["history", "-A", "--context", &own.context()])
        .current_dir(own.state.path())
        .output()
        .unwrap();
    assert_eq!(seen.status.code(), Some(0), "{seen:?}");

    own.down();
    assert_eq!(own.status()["running"], false);
    for pid in [first, second, third].iter().flat_map(pids) {
        let left = std::fs::read_to_string(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        assert!(!left.contains(&own.name), "process {pid} is left: {left}");
    }
    let config = std::fs::read_to_string(own.state.path().join("config")).unwrap_or_default();
    assert!(
        !config.contains(&own.name),
        "the contexts are gone: {config}"
    );
    own.down();
    // Others side by side did not notice.
    assert!(space.list("v1/serviceaccounts").len() <= 1);
}

fn a_rollout_outlives_its_api_server(space: &Space) {
    let own = Own::new("away");
    own.up();
    space.small().write(
        "deploy/templates/web.yaml",
        &web(
            "{{ images.web }}",
            "          readinessProbe: {httpGet: {path: /, port: 80}, periodSeconds: 1}\n",
        ),
    );
    let place = ["--context", &own.context(), "--namespace", "sandbox"];
    let command = |arguments: &[&str]| {
        let mut command = own.command(&[arguments, &place].concat());
        command
            .current_dir(space.root())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    };
    // Ready only after the API server has come back.
    let deploy = command(&["app", "--image", "web=sandbox/slow-start:ready-9s"]);
    let child = until(deploy, |event| event["phase"] == "rollout");
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let mut sandbox = own.sandbox();
    runtime.block_on(async {
        sandbox.kill(Part::KubeApiserver).await;
        tokio::time::sleep(std::time::Duration::from_secs(2)).await;
        sandbox.restart(Part::KubeApiserver).await.unwrap();
    });
    let output = child.wait_with_output().unwrap();
    let talk = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(0), "{talk}");
    let again = command(&["app"]).output().unwrap();
    assert_eq!(again.status.code(), Some(0), "{again:?}");
    assert!(String::from_utf8_lossy(&again.stderr).contains("nothing to do"));

    // Stopping cleanly needs the server. When it hangs, the second Ctrl-C ends the run where it is.
    let deploy = command(&["app", "--image", "web=sandbox/slow-start:ready-60s"]);
    let mut child = until(deploy, |event| event["phase"] == "rollout");
    sandbox.pause(Part::KubeApiserver);
    signal(&child, Signal::INT);
    let mut talk = String::new();
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    while !talk.contains("stopping cleanly") {
        assert!(stderr.read_line(&mut talk).unwrap() > 0, "{talk}");
    }
    signal(&child, Signal::INT);
    // Were the second one ignored, the run would hang as long as the server does.
    let status = child.wait().unwrap();
    sandbox.resume(Part::KubeApiserver);
    stderr.read_to_string(&mut talk).unwrap();
    assert_eq!(status.code(), Some(130), "{talk}");
    assert!(talk.contains("deploy resume"), "{talk}");
}

/// A pod, and what its status must say in the end.
type Expected = (&'static str, &'static str, fn(&Value) -> bool);

fn images_do_what_their_names_say(space: &Space) {
    fn condition(pod: &Value, kind: &str) -> Value {
        let conditions = pod["status"]["conditions"].as_array();
        let found = conditions
            .into_iter()
            .flatten()
            .find(|found| found["type"] == kind);
        found.cloned().unwrap_or_default()
    }
    fn ready(pod: &Value) -> bool {
        condition(pod, "Ready")["status"] == "True" && pod["status"]["phase"] == "Running"
    }
    fn waits(pod: &Value, reasons: &[&str]) -> bool {
        let waiting = &pod["status"]["containerStatuses"][0]["state"]["waiting"];
        reasons.iter().any(|reason| waiting["reason"] == *reason)
    }
    fn ended(pod: &Value) -> Value {
        let status = &pod["status"]["containerStatuses"][0];
        match &status["state"]["terminated"] {
            Value::Null => status["lastState"]["terminated"].clone(),
            now => now.clone(),
        }
    }
    let expected: &[Expected] = &[
        ("plain", "registry.example.com/any:1", ready),
        ("ready", "sandbox/ready", ready),
        ("slow", "sandbox/slow-start:2s", ready),
        ("second-try", "sandbox/flaky-pull", ready),
        ("missing", "sandbox/missing:1", |pod| {
            waits(pod, &["ErrImagePull", "ImagePullBackOff"])
        }),
        ("config", "sandbox/config-error", |pod| {
            waits(pod, &["CreateContainerConfigError"])
        }),
        ("crash", "sandbox/crash:exit-3-backoff-1s", |pod| {
            ended(pod)["exitCode"] == 3
                && pod["status"]["containerStatuses"][0]["restartCount"].as_u64() >= Some(1)
        }),
        ("oom", "sandbox/oom", |pod| {
            ended(pod)["reason"] == "OOMKilled" && ended(pod)["exitCode"] == 137
        }),
        ("start", "sandbox/start-error", |pod| {
            ended(pod)["reason"] == "StartError" && ended(pod)["exitCode"] == 128
        }),
        ("unready", "sandbox/unready", |pod| {
            pod["status"]["containerStatuses"][0]["started"] == true
                && condition(pod, "Ready")["status"] == "False"
        }),
        ("nowhere", "sandbox/ready", |pod| {
            condition(pod, "PodScheduled")["reason"] == "Unschedulable"
        }),
        ("succeeds", "sandbox/succeed", |pod| {
            pod["status"]["phase"] == "Succeeded"
        }),
        ("fails", "sandbox/fail", |pod| {
            pod["status"]["phase"] == "Failed"
        }),
        ("hangs", "sandbox/hang", ready),
    ];
    for (name, image, _) in expected {
        let once = ["succeeds", "fails", "hangs"].contains(name);
        let mut pod = serde_json::json!({
            "metadata": {"name": name},
            "spec": {"restartPolicy": if once { "Never" } else { "Always" }, "containers": [{
                "name": "main", "image": image, "readinessProbe": {"httpGet": {"path": "/", "port": 80}, "periodSeconds": 1},
            }]},
        });
        if *name == "nowhere" {
            pod["spec"]["nodeSelector"] = serde_json::json!({"no": "such"});
        }
        space.api("POST", &space.path("v1/pods"), Some(&pod));
    }
    let begun = std::time::Instant::now();
    let mut open: Vec<&Expected> = expected.iter().collect();
    while !open.is_empty() && begun.elapsed().as_secs() < 40 {
        std::thread::sleep(std::time::Duration::from_millis(500));
        open.retain(|(name, _, done)| !done(&space.get(&format!("v1/pods/{name}"))));
    }
    let left: Vec<String> = open
        .iter()
        .map(|(name, ..)| {
            format!(
                "{name}: {}",
                space.get(&format!("v1/pods/{name}"))["status"]
            )
        })
        .collect();
    assert!(left.is_empty(), "{}", left.join("\n"));
    assert!(!space.text("v1/pods/crash/log?previous=true").is_empty());
    assert!(!space.text("v1/pods/plain/log").is_empty());
    let classes = space.api("GET", "/apis/networking.k8s.io/v1/ingressclasses", None);
    assert_ne!(classes["items"], serde_json::json!([]));
}
