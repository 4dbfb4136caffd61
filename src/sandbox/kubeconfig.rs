//! Makes a sandbox reachable: its own kubeconfig, and our entries in the user's. Nobody else's entries are touched.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use crate::error::{Failure, Result};

use super::state::replace;
use super::{DEPLOYERS, Machine, NAMESPACE, Name, lock, yaml};

/// What the two users identify themselves with.
pub(super) struct Tokens {
    admin: String,
    user: String,
}

impl Tokens {
    /// New ones for each start.
    pub fn random() -> Result<Self> {
        Ok(Self {
            admin: token()?,
            user: token()?,
        })
    }

    /// The API server's token file: token, user, id, groups.
    pub fn file(&self) -> String {
        format!(
            "{},admin,admin,\"system:masters\"\n{},deployer,deployer,\"{DEPLOYERS}\"\n",
            self.admin, self.user
        )
    }
}

fn token() -> Result<String> {
    let mut bytes = [0; 24];
    getrandom::fill(&mut bytes).map_err(|error| Failure::bug(format!("no randomness: {error}")))?;
    Ok(bytes
        .iter()
        .fold(String::new(), |text, byte| format!("{text}{byte:02x}")))
}

/// The sandbox's own kubeconfig.
pub(super) fn text(name: &Name, server: &str, certificate: &[u8], tokens: &Tokens) -> String {
    let (admin, user) = (name.context(), name.user_context());
    yaml::write(&json!({
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": admin, "cluster": {
            "server": server, "certificate-authority-data": STANDARD.encode(certificate),
        }}],
        "users": [
            {"name": admin, "user": {"token": tokens.admin}},
            {"name": user, "user": {"token": tokens.user}},
        ],
        "contexts": [
            {"name": admin, "context": {"cluster": admin, "user": admin}},
            {"name": user, "context": {"cluster": admin, "user": user, "namespace": NAMESPACE}},
        ],
        "current-context": admin,
    }))
}

/// Adds the contexts to the user's kubeconfig.
pub(super) async fn merge(machine: &Machine, name: &Name, own: &Path) -> Result<()> {
    let own = read(own)?;
    edit(machine, |config| insert(config, &own, name)).await
}

/// Takes our contexts out of the user's kubeconfig.
pub(super) async fn remove(machine: &Machine, name: &Name) -> Result<()> {
    if !machine.user_kubeconfig.exists() {
        return Ok(());
    }
    edit(machine, |config| take_out(config, name)).await
}

async fn edit(machine: &Machine, change: impl FnOnce(&mut Map<String, Value>)) -> Result<()> {
    let _lock = lock::take(&machine.state.join("kubeconfig.lock"), || {}).await?;
    // A link to a dotfiles folder must stay one.
    let path = resolve(&machine.user_kubeconfig);
    let old = if path.exists() {
        read(&path)?
    } else {
        Map::new()
    };
    let mut new = old.clone();
    change(&mut new);
    if new == old {
        return Ok(());
    }
    let written = || {
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        replace(&path, yaml::write(&Value::Object(new)).as_bytes())
    };
    written().map_err(|failure| failure.context(format!("cannot write {}", path.display())))
}

fn resolve(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_path_buf())
}

fn read(path: &Path) -> Result<Map<String, Value>> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Failure::from(error).context(format!("cannot read {}", path.display())))?;
    if text.trim().is_empty() {
        return Ok(Map::new());
    }
    match serde_yaml::from_str(&text) {
        Ok(Value::Object(map)) => Ok(map),
        Ok(_) => Err(Failure::usage(format!(
            "{} is not a kubeconfig",
            path.display()
        ))),
        Err(error) => Err(Failure::usage(format!(
            "{} is not a kubeconfig: {error}",
            path.display()
        ))),
    }
}

const LISTS: [&str; 3] = ["clusters", "users", "contexts"];

fn insert(config: &mut Map<String, Value>, own: &Map<String, Value>, name: &Name) {
    config.entry("apiVersion").or_insert_with(|| json!("v1"));
    config.entry("kind").or_insert_with(|| json!("Config"));
    for list in LISTS {
        let entries = config.entry(list).or_insert_with(|| json!([]));
        if !entries.is_array() {
            *entries = json!([]);
        }
        let Some(entries) = entries.as_array_mut() else {
            continue;
        };
        for ours in own
            .get(list)
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
        {
            match entries
                .iter_mut()
                .find(|entry| entry["name"] == ours["name"])
            {
                Some(entry) => entry.clone_from(ours),
                None => entries.push(ours.clone()),
            }
        }
    }
    let unset = config
        .get("current-context")
        .and_then(Value::as_str)
        .is_none_or(str::is_empty);
    if unset {
        config.insert("current-context".to_owned(), json!(name.context()));
    }
}

fn take_out(config: &mut Map<String, Value>, name: &Name) {
    let ours = [name.context(), name.user_context()];
    let is_ours = |name: &Value| {
        name.as_str()
            .is_some_and(|name| ours.iter().any(|own| own == name))
    };
    for list in LISTS {
        if let Some(entries) = config.get_mut(list).and_then(Value::as_array_mut) {
            entries.retain(|entry| !is_ours(&entry["name"]));
        }
    }
    if config.get("current-context").is_some_and(is_ours) {
        config.insert("current-context".to_owned(), json!(""));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own(name: &Name) -> Map<String, Value> {
        let tokens = Tokens {
            admin: "a".to_owned(),
            user: "u".to_owned(),
        };
        let text = text(name, "https://127.0.0.1:6443", b"certificate", &tokens);
        serde_yaml::from_str(&text).unwrap()
    }

    fn users() -> Map<String, Value> {
        serde_yaml::from_str(
            "apiVersion: v1\nkind: Config\npreferences: {colors: true}\ncurrent-context: work\n\
             clusters: [{name: work, cluster: {server: https://work, extra: 1}}]\n\
             users: [{name: work, user: {exec: {command: login, args: [\"0123\"]}}}]\n\
             contexts: [{name: work, context: {cluster: work, user: work}}]\n",
        )
        .unwrap()
    }

    #[test]
    fn others_entries_and_the_current_context_stay() {
        let name = Name::default();
        let mut config = users();
        insert(&mut config, &own(&name), &name);
        assert_eq!(config["current-context"], "work");
        assert_eq!(config["clusters"].as_array().unwrap().len(), 2);
        assert_eq!(config["contexts"].as_array().unwrap().len(), 3);
        take_out(&mut config, &name);
        assert_eq!(config, users());
    }

    #[test]
    fn a_second_start_replaces_the_first() {
        let name = Name::default();
        let mut config = users();
        insert(&mut config, &own(&name), &name);
        let once = config.clone();
        insert(&mut config, &own(&name), &name);
        assert_eq!(config, once);
    }

    #[test]
    fn a_new_file_starts_with_our_context_and_ends_without() {
        let name = Name::new("two").unwrap();
        let mut config = Map::new();
        insert(&mut config, &own(&name), &name);
        assert_eq!(config["current-context"], "deploy-sandbox-two");
        take_out(&mut config, &name);
        assert_eq!(config["current-context"], "");
        assert_eq!(config["users"], json!([]));
    }

    #[tokio::test]
    async fn the_file_keeps_its_mode_and_stays_a_link() {
        use std::os::unix::fs::PermissionsExt as _;
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("real");
        let link = folder.path().join("config");
        std::fs::write(&target, yaml::write(&Value::Object(users()))).unwrap();
        std::fs::set_permissions(&target, std::fs::Permissions::from_mode(0o640)).unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        let machine = Machine {
            cache: folder.path().join("cache"),
            state: folder.path().join("state"),
            user_kubeconfig: link.clone(),
            variables: std::collections::BTreeMap::new(),
        };
        let name = Name::default();
        let file = folder.path().join("own");
        std::fs::write(&file, yaml::write(&Value::Object(own(&name)))).unwrap();
        merge(&machine, &name, &file).await.unwrap();
        assert!(link.is_symlink());
        assert_eq!(
            target.metadata().unwrap().permissions().mode() & 0o777,
            0o640
        );
        assert_eq!(
            read(&link).unwrap()["contexts"].as_array().unwrap().len(),
            3
        );
        remove(&machine, &name).await.unwrap();
        assert_eq!(read(&link).unwrap(), users());
    }
}
