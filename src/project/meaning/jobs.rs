//! What the lists of jobs mean together.

use super::Checks;
use crate::manifest::job::LONGEST_NAME;
use crate::project::names;
use crate::project::schema::Spec;

impl Checks<'_> {
    pub(super) fn jobs(&mut self, spec: &Spec) {
        let several = spec
            .environments
            .iter()
            .find(|(_, environment)| environment.targets.len() > 1);
        let mut seen: Vec<String> = Vec::new();
        for (list, steps) in [("before", &spec.jobs.before), ("after", &spec.jobs.after)] {
            for (index, step) in steps.iter().enumerate() {
                let job = step.detailed();
                let position = index.to_string();
                let path = ["jobs", list, &position];
                if let Some(problem) = name_problem(&job.name) {
                    self.found(&path, format!("the job `{}` {problem}", job.name), None);
                }
                if seen.contains(&job.name) {
                    self.found(
                        &path,
                        format!("the job `{}` is listed twice", job.name),
                        Some(
                            "a release runs each job once; give the second one a Job of its own"
                                .to_owned(),
                        ),
                    );
                }
                if job.timeout.is_some_and(|timeout| timeout.0.is_zero()) {
                    self.found(
                        &["jobs", list, &position, "timeout"],
                        format!("the job `{}` has no time to run", job.name),
                        Some("write a duration such as 10m".to_owned()),
                    );
                }
                if let Some((name, environment)) = several
                    && job.runs.is_none()
                {
                    self.found(
                        &path,
                        format!(
                            "{name} has {} targets, so the job `{}` must say how often it runs",
                            environment.targets.len(),
                            job.name
                        ),
                        Some(format!(
                            "write {{name: {}, runs: once}} where the targets share what it works on, else runs: perTarget",
                            job.name
                        )),
                    );
                }
                seen.push(job.name);
            }
        }
    }
}

/// Why a name cannot be that of a listed job.
fn name_problem(name: &str) -> Option<String> {
    if name.len() > LONGEST_NAME {
        return Some(format!(
            "has more than {LONGEST_NAME} characters; the release's number has to fit behind it"
        ));
    }
    names::label_problem(name)
}
