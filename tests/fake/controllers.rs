//! What controllers would do, in the simplest way: a Deployment is rolled out as soon as it is written, or never, when an
//! image of it is called `broken`; a Job ends at once, or never, when its image is called `hang`.

use serde_json::{Value, json};

/// The status that an object's controller would write.
pub(super) fn roll_out(object: &mut Value, all_broken: bool) {
    match object["kind"].as_str() {
        Some("Deployment") => deployment(object, all_broken),
        Some("Job") if object["status"].is_null() => job(object),
        _ => {}
    }
}

fn job(object: &mut Value) {
    let template = object["spec"]["template"].to_string();
    object["status"] = if template.contains("hang") {
        json!({"active": 1})
    } else if template.contains("broken") {
        json!({"failed": 1, "conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded",
            "message": "Job has reached the specified backoff limit"}]})
    } else {
        json!({"succeeded": 1, "conditions": [{"type": "Complete", "status": "True"}]})
    };
}

fn deployment(object: &mut Value, all_broken: bool) {
    let replicas = object["spec"]["replicas"].as_u64().unwrap_or(1);
    let generation = object["metadata"]["generation"].clone();
    let broken = all_broken || object["spec"]["template"].to_string().contains("broken");
    let ready = if broken { 0 } else { replicas };
    let progressing = if broken {
        json!({"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "no progress"})
    } else {
        json!({"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable"})
    };
    object["status"] = json!({
        "observedGeneration": generation, "replicas": replicas, "updatedReplicas": replicas,
        "readyReplicas": ready, "availableReplicas": ready, "conditions": [progressing],
    });
}
