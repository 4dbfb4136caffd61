//! The completion scripts in the shells they are for. bash is taken for granted; zsh and fish are tried where they
//! are installed. For PowerShell the program is called as its script calls it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use super::{deploy, write};

const PROJECT: &str = "app: shop
images: {web: registry.example.com/shop, worker: registry.example.com/worker}
environments:
  staging: {context: kind-a}
  production: {targets: [{name: eu, context: 'arn:eu'}, {name: us, context: us}]}
";

const KUBECONFIG: &str = "apiVersion: v1
kind: Config
current-context: arn:eu/live
contexts:
- {name: 'arn:eu/live', context: {cluster: live, user: ci, namespace: shop}}
- {name: 'arn:eu/test', context: {cluster: test, user: ci}}
- {name: kind-a, context: {cluster: a, user: ci}}
clusters: [{name: live, cluster: {server: 'https://127.0.0.1:1'}}]
users: [{name: ci, user: {}}]
";

fn project() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "deploy/deploy.yaml", PROJECT);
    write(folder.path(), ".kube/config", KUBECONFIG);
    folder
}

#[expect(clippy::print_stdout, reason = "a test that is left out says so")]
/// Runs a script in a shell, with `deploy` in PATH, and returns what it printed; `None` where there is no such shell.
fn shell(folder: &Path, program: &str, arguments: &[&str], script: &str) -> Option<String> {
    let binary = Path::new(env!("CARGO_BIN_EXE_deploy")).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let child = Command::new(program)
        .args(arguments)
        .current_dir(folder)
        .env_clear()
        .env("PATH", format!("{}:{path}", binary.display()))
        .env("HOME", folder)
        .env("LANG", "C.UTF-8")
        .env(
            "SCRIPTS",
            concat!(env!("CARGO_MANIFEST_DIR"), "/completions"),
        )
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn();
    let mut child = match child {
        Ok(child) => child,
        Err(error) => {
            println!("{program} is not tried: {error}");
            return None;
        }
    };
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(script.as_bytes()).unwrap();
    drop(stdin);
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(errors.is_empty(), "{program} {arguments:?}: {errors}");
    Some(String::from_utf8(output.stdout).unwrap())
}

/// A line as bash hands it over: its words, which it takes apart at `=` and `:`, and what comes of them.
const BASH: &str = r#"
source "$SCRIPTS/deploy.bash"
tab() {
  COMP_LINE=$1 COMP_POINT=${#1} COMP_TYPE=$2
  shift 2
  COMP_WORDS=("$@")
  COMP_CWORD=$(($# - 1))
  _deploy deploy
  printf '%s\n' "$COMP_LINE"
  printf '  [%s]\n' "${COMPREPLY[@]}"
}
tab 'deploy rol' 9 deploy rol
tab 'deploy app --env ' 9 deploy app --env ''
tab 'deploy app --env ' 37 deploy app --env ''
tab 'deploy app --env=s' 9 deploy app --env = s
tab 'deploy app --env=' 37 deploy app --env =
tab 'deploy app -e production --target e' 9 deploy app -e production --target e
tab 'deploy  app --context arn:eu/l' 9 deploy app --context arn : eu/l
tab 'deploy app --context=arn:eu/t' 9 deploy app --context = arn : eu/t
tab 'deploy app --image web=1 --image wo' 9 deploy app --image web = 1 --image wo
tab 'deploy app --values deploy/d' 9 deploy app --values deploy/d
tab 'deploy app --env nowhere --target ' 9 deploy app --env nowhere --target ''
COMP_WORDBREAKS=${COMP_WORDBREAKS//[=:]/}
tab 'deploy app --env=s' 9 deploy app --env=s
"#;

const BASH_SAYS: &str = "deploy rol
  [rollback]
deploy app --env 
  [production  (eu and us)]
  [staging  (kind-a/shop)]
deploy app --env 
  [production]
  [staging]
deploy app --env=s
  [staging]
deploy app --env=
  [production]
  [staging]
deploy app -e production --target e
  [eu]
deploy  app --context arn:eu/l
  [eu/live]
deploy app --context=arn:eu/t
  [eu/test]
deploy app --image web=1 --image wo
  [worker=]
deploy app --values deploy/d
  [deploy/deploy.yaml]
deploy app --env nowhere --target 
  []
deploy app --env=s
  [--env=staging]
";

#[test]
fn bash_gets_whole_words_and_keeps_its_own_way_with_them() {
    let folder = project();
    let said = shell(folder.path(), "bash", &["--norc"], BASH).expect("bash is needed");
    assert_eq!(said, BASH_SAYS);
}

#[test]
fn zsh_offers_words_with_descriptions() {
    let folder = project();
    let script = r#"
words=() CURRENT=0 PREFIX=
_describe() {
  [[ $1 == -V ]] || print "no group: $*"
  local name=$3
  shift 3
  (( ${#${(P)name}} )) && print -rl -- "  $name $*" "    ${(@P)^name}"
}
compdef() { :; }
source "$SCRIPTS/_deploy"
tab() { words=("$@"); CURRENT=$#; PREFIX=${@[-1]}; print -r -- "$*"; _deploy; }
tab deploy app --env ''
tab deploy app --env=s
tab deploy app --context arn:eu/l
tab deploy app --image w
"#;
    let expected = "deploy app --env 
  closed 
    production:eu and us
    staging:kind-a/shop
deploy app --env=s
  closed 
    --env=staging:kind-a/shop
deploy app --context arn:eu/l
  closed 
    arn\\:eu/live:cluster live
deploy app --image w
  open -S 
    web=:registry.example.com/shop
    worker=:registry.example.com/worker
";
    if let Some(said) = shell(folder.path(), "zsh", &["-f"], script) {
        assert_eq!(said, expected);
    }
}

#[test]
fn fish_offers_words_with_descriptions() {
    let folder = project();
    let script = "source $SCRIPTS/deploy.fish
for line in 'deploy rol' 'deploy app --env ' 'deploy app --env=s' 'deploy app --context arn:eu/l' 'deploy app --env nowhere --target '
  echo $line
  complete --do-complete $line
end
";
    let expected = "deploy rol
rollback\tGo back to the last good release, or to the one you name; works with no checkout
deploy app --env 
production\teu and us
staging\tkind-a/shop
deploy app --env=s
--env=staging\tkind-a/shop
deploy app --context arn:eu/l
arn:eu/live\tcluster live
deploy app --env nowhere --target 
";
    if let Some(said) = shell(folder.path(), "fish", &["--no-config"], script) {
        assert_eq!(said, expected);
    }
}

/// An empty word is left out, because Windows PowerShell hands no empty arguments to a program.
#[test]
fn powershell_leaves_the_empty_word_out() {
    let folder = project();
    let ask = |arguments: &[&str]| {
        let output = deploy(folder.path(), arguments);
        assert!(output.status.success() && output.stderr.is_empty());
        String::from_utf8(output.stdout).unwrap()
    };
    let all = ask(&["complete", "3", "--", "deploy", "app", "--env"]);
    assert_eq!(all, "production\teu and us\nstaging\tkind-a/shop\n");
    assert_eq!(
        all,
        ask(&["complete", "3", "--", "deploy", "app", "--env", ""])
    );
    assert_eq!(
        ask(&["complete", "3", "--", "deploy", "app", "--env", "s"]),
        "staging\tkind-a/shop\n"
    );
}

#[test]
fn what_is_printed_is_what_is_in_the_repository() {
    let folder = tempfile::tempdir().unwrap();
    for (shell, file) in [
        ("bash", "deploy.bash"),
        ("elvish", "deploy.elv"),
        ("fish", "deploy.fish"),
        ("powershell", "_deploy.ps1"),
        ("zsh", "_deploy"),
    ] {
        let path = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("completions")
            .join(file);
        let printed = deploy(folder.path(), &["completions", shell]).stdout;
        assert_eq!(printed, std::fs::read(path).unwrap(), "{shell}");
    }
}

/// Accepts connections and says nothing. A shell must get its prompt back all the same: this test ends, or it fails.
#[test]
fn a_cluster_that_does_not_answer_is_given_up() {
    let silent = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = project();
    let server = format!("http://{}", silent.local_addr().unwrap());
    let config = KUBECONFIG.replace("https://127.0.0.1:1", &server);
    write(folder.path(), ".kube/config", &config);
    let line = "complete 5 -- deploy show --context arn:eu/live --app";
    let line: Vec<&str> = line.split(' ').collect();
    let output = deploy(folder.path(), &line);
    silent.set_nonblocking(true).unwrap();
    silent.accept().expect("it was asked");
    assert!(output.status.success());
    assert!(
        output.stdout.is_empty() && output.stderr.is_empty(),
        "{output:?}"
    );
}

/// The login program of a kubeconfig is waited for no longer than the cluster, and what it says goes nowhere.
#[test]
fn a_login_program_that_hangs_is_left_behind() {
    let folder = project();
    let config = KUBECONFIG.replace(
        "user: {}",
        "user: {exec: {apiVersion: client.authentication.k8s.io/v1, command: sh, args: [./login], interactiveMode: Never}}",
    );
    write(folder.path(), ".kube/config", &config);
    let hang = "touch begun\nwhile [ ! -e end ]; do sleep 0.1; done\n";
    write(folder.path(), "login", hang);
    let line = "complete 5 -- deploy show --context arn:eu/live --app";
    let line: Vec<&str> = line.split(' ').collect();
    let output = deploy(folder.path(), &line);
    assert!(folder.path().join("begun").exists());
    write(folder.path(), "end", "");
    assert!(output.status.success());
    assert!(
        output.stdout.is_empty() && output.stderr.is_empty(),
        "{output:?}"
    );
}
