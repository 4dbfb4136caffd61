//! What a shell is answered while a word is being typed: from files, from records, and nothing where something is wrong.

use crate::world::{Ended, WEB_TEMPLATE, World};

/// Asks for the last word of a line; a line that ends with a space asks for a new word.
async fn tab(world: &World, line: &str) -> Ended {
    let index = line.split(' ').count() - 1;
    world
        .run(&format!("complete {index} -- {line}"))
        .await
        .exits(0)
}

/// The same, as the words that are offered.
async fn words(world: &World, line: &str) -> Vec<String> {
    let ended = tab(world, line).await;
    assert_eq!(ended.stderr, "", "{line}");
    let first = |line: &str| line.split('\t').next().unwrap().to_owned();
    ended.stdout.lines().map(first).collect()
}

fn regions() -> World {
    let world = World::new();
    world
        .write(
            "deploy/deploy.yaml",
            "app: shop
images: {web: registry.example.com/shop, worker: registry.example.com/worker}
environments:
  staging: {context: kind-a, namespace: shop}
  production: {targets: [{name: eu, context: eu}, {name: us, context: us}]}
rollout: {soak: 0s}
",
        )
        .template("web", WEB_TEMPLATE);
    world
}

#[tokio::test(start_paused = true)]
async fn names_of_the_project() {
    let world = regions();
    for (line, expected) in [
        ("deploy app --env ", &["production", "staging"] as &[&str]),
        ("deploy app --env s", &["staging"]),
        ("deploy app -e p", &["production"]),
        ("deploy app --env=s", &["--env=staging"]),
        ("deploy app --env production --target ", &["eu", "us"]),
        ("deploy --env production app --target u", &["us"]),
        ("deploy app --env nowhere --target ", &[]),
        ("deploy app --image w", &["web=", "worker="]),
        ("deploy app --image web=1 --image wo", &["worker="]),
        ("deploy app --namespace s", &["shop"]),
        ("deploy sand", &["sandbox"]),
        ("deploy sandbox d", &["down"]),
        ("deploy app --output j", &["json"]),
        ("deploy explain image-not-f", &["image-not-found"]),
        ("deploy explain 13", &["130"]),
        ("deploy app --from-l", &["--from-live"]),
    ] {
        assert_eq!(words(&world, line).await, expected, "{line}");
    }
    tab(&world, "deploy app --env ")
        .await
        .says("staging\tkind-a/shop")
        .says("production\teu and us");
    assert!(world.fake.requests().is_empty(), "no cluster is asked");
}

#[tokio::test(start_paused = true)]
async fn flags_wait_for_a_dash_where_a_word_is_wanted() {
    let world = regions();
    let commands = words(&world, "deploy ").await;
    assert!(commands.contains(&"rollback".to_owned()), "{commands:?}");
    assert!(
        !commands.contains(&"complete".to_owned()),
        "it is for shells"
    );
    assert!(
        commands.iter().all(|word| !word.starts_with('-')),
        "{commands:?}"
    );
    let flags = words(&world, "deploy app ").await;
    assert!(flags.contains(&"--image".to_owned()), "{flags:?}");
}

#[tokio::test(start_paused = true)]
async fn releases_say_what_they_are() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    world.run("app --image web=2").await.exits(0);
    world.change_header(2, |header| header["state"] = "failed".into());
    let written = world.fake.writes();
    assert_eq!(words(&world, "deploy show ").await, ["2", "1"]);
    assert_eq!(words(&world, "deploy rollback --to ").await, ["1"]);
    tab(&world, "deploy show 2")
        .await
        .says("2\tfailed, ")
        .says("web=2");

    world.leave_checkout();
    assert_eq!(words(&world, "deploy show --app ").await, ["shop"]);
    assert_eq!(words(&world, "deploy rollback -A --app s").await, ["shop"]);
    assert_eq!(
        words(&world, "deploy rollback --app shop --to ").await,
        ["1"]
    );
    assert_eq!(
        words(&world, "deploy rollback --app shop --env ").await,
        ["staging"]
    );
    assert_eq!(
        words(&world, "deploy status --app shop --target ").await,
        ["staging"]
    );
    assert_eq!(world.fake.writes(), written, "it only reads");
}

#[tokio::test(start_paused = true)]
async fn a_description_is_one_line_without_escape_codes() {
    let world = World::small();
    world.run("app --image web=1").await.exits(0);
    world.change_header(1, |header| {
        header["images"]["web"] = "shop:a\tb\nc\u{1b}[31m".into();
    });
    let ended = tab(&world, "deploy show 1").await;
    assert_eq!(ended.stdout.lines().count(), 1, "{}", ended.stdout);
    assert_eq!(ended.stdout.matches('\t').count(), 1, "{}", ended.stdout);
    assert!(!ended.stdout.contains('\u{1b}'), "{:?}", ended.stdout);
}

#[tokio::test(start_paused = true)]
async fn whatever_is_wrong_nothing_is_said() {
    let world = World::small();
    world.write("deploy/deploy.yaml", "app: [\n");
    for line in [
        "deploy app --env ",
        "deploy app --env staging --target ",
        "deploy show 1",
        "deploy show --app ",
        "deploy --project nowhere app --image ",
        "deploy nonsense --env ",
        "deploy app --nonsense ",
        "deploy rollback --to=x --to ",
        "deploy app --kubeconfig nowhere --context ",
        "other",
    ] {
        let ended = tab(&world, line).await;
        assert_eq!(ended.stderr, "", "{line}");
    }
    world.run("complete 7").await.exits(0).does_not_say("app");
}
