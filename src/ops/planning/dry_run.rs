//! Asks the server what an apply would do, and sorts its answers.

use serde_json::Value;

use super::probe::Probe;
use crate::cluster::{ApiError, Apply, Cluster};
use crate::manifest::{Manifest, fields};
use crate::plan::check::Wanted;
use crate::plan::immutable::{self, WayOut};
use crate::plan::{Conflict, conflict, takeover};

/// What the server says to one object.
pub(super) enum Answer {
    /// It would be like this.
    Fine(Box<Fine>),
    /// Other managers own fields of it.
    Conflicted(Vec<Conflict>),
    /// A field cannot be changed; it is to be deleted and made again.
    Replace { orphan: bool },
    /// Something it names is made by this very deploy.
    Later(String),
    /// No, with a hint.
    Refused(ApiError, Option<String>),
}

/// A passed dry run.
pub(super) struct Fine {
    /// The object as it would be.
    pub object: Value,
    /// Fields taken from other managers.
    pub forced: Vec<Conflict>,
    /// Client-side kubectl's fields become ours first.
    pub takes_over: bool,
    /// Whether its pods would be let in.
    pub pod: Probe,
}

/// Asks about one object. `made_here` are the objects it names that this deploy makes or changes.
///
/// # Errors
/// The server cannot be asked: no connection, no credentials.
pub(super) async fn ask(
    cluster: &Cluster,
    wanted: &Wanted<'_>,
    sent: &Value,
    live: Option<&Value>,
    force: Apply,
    made_here: &[String],
) -> Result<Answer, ApiError> {
    let takes_over = live.is_some_and(fields::is_client_side);
    let mut forced = Vec::new();
    let mut result = cluster
        .apply_kind(&wanted.kind, sent, Apply::dry_run())
        .await;
    if let Err(error) = &result
        && error.is_conflict()
    {
        let conflicts = conflict::foreign(read_conflicts(error, live, sent));
        if !conflicts.is_empty() && !force.force {
            return Ok(Answer::Conflicted(conflicts));
        }
        forced = conflicts;
        result = cluster
            .apply_kind(&wanted.kind, sent, Apply::dry_run().forced(true))
            .await;
    }
    match result {
        Ok(applied) => {
            let object = match live.filter(|_| takes_over) {
                Some(live) => takeover::foreseen(&applied.object, live, sent),
                None => applied.object,
            };
            Ok(Answer::Fine(Box::new(Fine {
                object,
                forced,
                takes_over,
                pod: Probe::Fine,
            })))
        }
        Err(error) if error.code == 0 || error.code == 401 => Err(error),
        Err(error) => Ok(sort(error, wanted.manifest, made_here)),
    }
}

fn read_conflicts(error: &ApiError, live: Option<&Value>, sent: &Value) -> Vec<Conflict> {
    let objections = error.causes.iter().map(|cause| {
        (
            cause.field.as_str(),
            cause.reason.as_str(),
            cause.message.as_str(),
        )
    });
    conflict::read(objections, live.unwrap_or(&Value::Null), sent)
}

fn sort(error: ApiError, manifest: &Manifest, made_here: &[String]) -> Answer {
    let missing = |name: &&String| {
        error.message.contains(name.as_str()) && error.message.contains("not found")
    };
    if let Some(name) = made_here.iter().find(missing) {
        return Answer::Later(format!("it needs `{name}`, which this deploy makes"));
    }
    if !immutable::is_immutable(&error.message) {
        return Answer::Refused(error, None);
    }
    match immutable::way_out(manifest) {
        WayOut::Replace { orphan } => Answer::Replace { orphan },
        WayOut::Ask(hint) => Answer::Refused(error, Some(hint)),
    }
}
