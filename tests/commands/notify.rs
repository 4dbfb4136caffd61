//! Who is told about a run, and that nobody who is told can change it.

use std::cell::RefCell;
use std::time::Duration;

use deploy::notify::inbox::{Received, Reply, serve};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::time::Instant;

use crate::world::{Ended, WEB_TEMPLATE, World};

const CHAT: &str = "notify: {team: {webhook: {url: {env: CHAT}}}}\n";

/// The small project, whose environment tells these.
fn world(notify: &str, more: &str) -> World {
    let mut world = World::small();
    let settings = |name: &str| {
        format!(
            "app: shop\nimages: {{web: registry.example.com/shop}}\nenvironments: {{staging: {{notify: [{name}]}}}}\nrollout: {{soak: 0s}}\n"
        )
    };
    world.write("deploy/deploy.yaml", &(settings("team") + notify + more));
    world.template("web", WEB_TEMPLATE);
    world.set("CI", "true");
    world
}

/// A chat that takes everything, and what it is told.
struct Chat {
    listener: TcpListener,
    told: RefCell<Vec<Received>>,
}

impl Chat {
    async fn new(world: &mut World) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!(
            "http://{}/hooks/a-long-secret-path",
            listener.local_addr().unwrap()
        );
        world.set("CHAT", &url);
        Self {
            listener,
            told: RefCell::default(),
        }
    }

    /// Runs a command beside the chat.
    async fn hears(&self, world: &World, line: &str) -> Ended {
        tokio::select! {
            ended = world.run(line) => ended,
            served = serve(&self.listener, |received| {
                self.told.borrow_mut().push(received);
                Reply::accepted(1)
            }) => panic!("{served:?}"),
        }
    }

    /// The messages since the last call.
    fn told(&self) -> Vec<Value> {
        let told = self.told.take();
        told.iter()
            .map(|received| serde_json::from_str(&received.body).unwrap())
            .collect()
    }

    fn titles(&self) -> Vec<String> {
        let titles = self.told();
        titles
            .iter()
            .map(|message| message["title"].as_str().unwrap().to_owned())
            .collect()
    }
}

#[tokio::test(start_paused = true)]
async fn a_team_hears_of_what_a_run_brings_and_how_it_ended() {
    let mut world = world(CHAT, "");
    let chat = Chat::new(&mut world).await;
    world.git("init -q");
    world.commit("first", 1);
    chat.hears(&world, "app --image web=1").await.exits(0);
    assert_eq!(
        chat.titles(),
        [
            "deploying shop release 1 to staging",
            "shop release 1 is live in staging"
        ]
    );
    world.commit("second", 2);
    world.write("deploy/README", "more");
    world.commit("third", 3);
    chat.hears(&world, "app --image web=2")
        .await
        .exits(0)
        .says("1 commit since release 1");
    let told = chat.told();
    let last = told.last().unwrap();
    assert_eq!(last["since"], 1);
    assert_eq!(last["commits"][0]["subject"], "third");
    assert_eq!(last["images"][0]["from"], "registry.example.com/shop:1");
    assert_eq!(last["images"][0]["to"], "registry.example.com/shop:2");
    chat.hears(&world, "app --image web=broken").await.exits(5);
    let told = chat.told();
    let last = told.last().unwrap();
    assert_eq!(
        (&last["occasion"], &last["rolledBackTo"]),
        (&"rolledBack".into(), &2.into())
    );
    assert_eq!(last["cause"]["object"], "Deployment/web");
    assert!(
        last["next"]
            .to_string()
            .contains("deploy show 3 --findings --env staging"),
        "{last}"
    );
}

#[tokio::test(start_paused = true)]
async fn what_changes_nothing_is_no_news() {
    let mut world = world(CHAT, "");
    let chat = Chat::new(&mut world).await;
    chat.hears(&world, "app --image web=1 --dry-run")
        .await
        .exits(0);
    chat.hears(&world, "plan --image web=1").await.exits(0);
    assert_eq!(chat.titles(), [""; 0]);
    chat.hears(&world, "app --image web=1").await.exits(0);
    assert_eq!(chat.titles().len(), 2);
    chat.hears(&world, "app")
        .await
        .exits(0)
        .says("nothing to do");
    chat.hears(&world, "rollback --to 99").await.exits(2);
    assert_eq!(chat.titles(), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_deploy_of_ci_that_could_not_begin_is_told() {
    let mut world = world(CHAT, "");
    let chat = Chat::new(&mut world).await;
    world
        .fake
        .fail("PATCH", "dryRun=All", 1, 422, "Invalid", "no");
    chat.hears(&world, "app --image web=1").await.exits(4);
    assert_eq!(chat.titles(), ["app of shop in staging could not begin"]);
    world.template(
        "bad",
        "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: '{{ nothing }}'}\n",
    );
    chat.hears(&world, "app --image web=1 --dry-run")
        .await
        .exits(3);
    assert_eq!(chat.titles(), [""; 0]);
    chat.hears(&world, "app --image web=1").await.exits(3);
    let told = chat.told();
    assert!(
        told[0]["cause"]["message"]
            .as_str()
            .unwrap()
            .starts_with("deploy/templates/bad.yaml:3"),
        "{told:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_dead_notifier_changes_nothing_and_costs_three_seconds_at_most() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let time = async |chat: Option<&str>, image: &str, code: u8| {
        let mut world = world(CHAT, "");
        if let Some(chat) = chat {
            world.set("CHAT", chat);
        }
        world.run("app --image web=1").await.exits(0);
        let begun = Instant::now();
        let ended = world
            .run(&format!("app --image web={image} --output json"))
            .await
            .exits(code);
        assert_eq!(ended.last_event()["event"], "finished");
        (begun.elapsed(), ended)
    };
    // Connections are made, and nobody ever takes them.
    let dead = format!(
        "http://{}/a-long-secret-path",
        listener.local_addr().unwrap()
    );
    for (image, code) in [("2", 0), ("broken", 5)] {
        let (alone, ended) = time(None, image, code).await;
        ended.says("team is not told: CHAT is not set");
        let (beside, ended) = time(Some(&dead), image, code).await;
        assert!(
            beside <= alone + Duration::from_secs(3),
            "{beside:?} {alone:?}"
        );
        ended.says("team").does_not_say("a-long-secret-path");
    }
}

#[tokio::test(start_paused = true)]
async fn values_of_secrets_are_not_told() {
    let mut world = world(CHAT, "secrets: {db: {env: [PASSWORD]}}\n");
    world.set("PASSWORD", "hunter2hunter2");
    let chat = Chat::new(&mut world).await;
    chat.hears(&world, "app --image web=hunter2hunter2")
        .await
        .exits(0);
    let told = format!("{:?}", chat.told());
    assert!(told.contains("registry.example.com/shop:***"), "{told}");
    assert!(!told.contains("hunter2"), "{told}");
}

#[tokio::test(start_paused = true)]
async fn without_a_checkout_the_record_says_who_is_told_and_files_are_not_read() {
    let more = "  other: {mattermost: {webhook: {file: hook}}}\n";
    let notify = "notify:\n  team: {webhook: {url: {env: CHAT}}}\n".to_owned() + more;
    let mut world = world(
        &notify.replace("team:", "chat:").replace("other:", "team:"),
        "",
    );
    let text = std::fs::read_to_string(world.folder.path().join("deploy/deploy.yaml")).unwrap();
    world.write(
        "deploy/deploy.yaml",
        &text.replace("notify: [team]", "notify: [team, chat]"),
    );
    let chat = Chat::new(&mut world).await;
    world.write("deploy/hook", "http://127.0.0.1:1/hooks/never-there");
    for image in ["1", "2"] {
        let ended = chat
            .hears(&world, &format!("app --image web={image}"))
            .await
            .exits(0);
        ended
            .does_not_say("with a checkout only")
            .does_not_say("never-there");
    }
    chat.told();
    world.leave_checkout();
    let ended = chat.hears(&world, "rollback --app shop").await.exits(0);
    ended.says(
        "team is not told: its secret is in the file hook, which is read with a checkout only",
    );
    assert_eq!(
        chat.titles(),
        [
            "rolling shop back to release 1 in staging",
            "rolled back: shop release 3 is live in staging, with the objects of release 1"
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_file_with_a_secret_is_never_kept_in_a_release() {
    let world = world(
        "notify: {team: {discord: {webhook: {file: ./hooks/discord}}}}\n",
        "",
    );
    world.write(
        "deploy/hooks/discord",
        "https://discord.com/api/webhooks/1/x",
    );
    let project = deploy::project::Project::load(world.folder.path()).unwrap();
    assert!(project.bundle.get("deploy/deploy.yaml").is_some());
    assert_eq!(project.bundle.get("deploy/hooks/discord"), None);
}

#[tokio::test(start_paused = true)]
async fn a_test_message_says_who_took_it() {
    let mut world = world(
        "notify:\n  team: {webhook: {url: {env: CHAT}}}\n  other: {slack: {webhook: {env: SLACK}}}\n",
        "",
    );
    let chat = Chat::new(&mut world).await;
    chat.hears(&world, "notify test")
        .await
        .exits(0)
        .says("team (webhook) took it");
    assert_eq!(
        chat.titles(),
        ["test message: shop in staging would be told here; nothing was deployed"]
    );
    let ended = chat
        .hears(&world, "notify test team other --output json")
        .await
        .exits(6);
    let document: Value = serde_json::from_str(&ended.stdout).unwrap();
    assert_eq!(document["notifiers"][0]["accepted"], true);
    assert_eq!(document["notifiers"][1]["problem"], "SLACK is not set");
    world
        .run("notify test oter")
        .await
        .exits(2)
        .says("did you mean `other`?");
    world
        .run("notify test --env prod")
        .await
        .exits(2)
        .says("no environment");
    world.set("CHAT", "not a url");
    world
        .run("notify test")
        .await
        .exits(6)
        .says("cannot be asked");
}

#[tokio::test(start_paused = true)]
async fn mistakes_in_the_settings_are_found_before_anything_is_done() {
    for (notify, problem) in [
        (
            "notify: {taem: {slack: {webhook: {env: A}}}}",
            "did you mean `taem`?",
        ),
        (
            "notify: {team: {slack: {webhook: 'https://hooks.slack.com/services/T/B/secretsecret'}}}",
            "is secret",
        ),
        ("notify: {team: {}}", "names no service"),
        (
            "notify: {team: {slack: {webhook: {env: A}}, teams: {webhook: {env: B}}}}",
            "slack and teams",
        ),
        (
            "notify: {team: {slack: {token: {env: A}}}}",
            "a token and no channel",
        ),
        (
            "notify: {team: {discord: {webhook: {}}}}",
            "needs one source",
        ),
        (
            "notify: {team: {webhook: {url: 'http://a', body: '{{ titel }}'}}}",
            "did you mean `title`?",
        ),
        (
            "notify: {team: {webhook: {url: 'http://a', body: '{{ title'}}}",
            "syntax error",
        ),
        (
            "notify: {team: {webhook: {url: 'http://a', headers: {A: '{{ secrets.b }}'}}}}",
            "`secrets.b` is not a name",
        ),
        (
            "notify: {team: {slack: {webhook: {env: A}}, when: [faild]}}",
            "did you mean `failed`?",
        ),
        (
            "notify: {team: {slack: {webhook: {env: A}}, on: [failed]}}",
            "YAML reads `on`",
        ),
        ("notify: {team: {github: {}}}", "not supported yet"),
    ] {
        let world = world(&format!("{notify}\n"), "");
        let ended = world.run("app --image web=1").await.exits(3).says(problem);
        ended.does_not_say("secretsecret");
        assert_eq!(world.fake.writes(), Vec::<String>::new());
    }
}

#[tokio::test(start_paused = true)]
async fn a_variable_that_may_be_absent_is_missed_in_silence() {
    let mut world = world(&CHAT.replace("CHAT", "\"CHAT?\""), "");
    world
        .run("app --image web=1")
        .await
        .exits(0)
        .does_not_say("CHAT");
    world
        .run("notify test")
        .await
        .exits(6)
        .says("CHAT is not set");
    let chat = Chat::new(&mut world).await;
    chat.hears(&world, "app --image web=2").await.exits(0);
    assert_eq!(chat.titles().len(), 2, "started and succeeded");
}

#[tokio::test(start_paused = true)]
async fn why_it_failed_is_said_before_a_dead_notifier_gets_its_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut world = world(CHAT, "");
    world.set(
        "CHAT",
        &format!("http://{}/a", listener.local_addr().unwrap()),
    );
    world.fake.fail(
        "PATCH",
        "/deployments/web",
        9,
        403,
        "Forbidden",
        "no, says admission",
    );
    let ended = world.run("app --image web=1").await.exits(4);
    let at = |text: &str| ended.stderr.find(text);
    let (why, late) = (at("no, says admission"), at("may not have been told"));
    assert!(why.is_some() && why < late, "{}", ended.stderr);
    let said = ended.stderr.matches("no, says admission").count();
    assert_eq!(said, 1, "{}", ended.stderr);
}
