use serde_json::json;
use tokio::time::Instant;

use super::super::bad_server::{Does, Server, answers};
use super::*;

struct Told {
    result: Result<Answer, Problem>,
    requests: usize,
    waited: Duration,
}

impl Told {
    #[track_caller]
    fn says(&self, problem: &str) -> &Self {
        let told = self.result.as_ref().unwrap_err();
        assert!(told.message.contains(problem), "{told:?}");
        self
    }
}

/// Sends one request to a server that does this.
async fn send(does: Vec<Does>) -> Told {
    let (server, serve) = Server::that(does).await;
    let redactor = Redactor::default();
    redactor.learn("hunter2hunter2");
    let post = Post::new(&redactor).unwrap();
    let request = Request::json(&server.url("/hook"), &json!({"text": "hello"}));
    let begun = Instant::now();
    let result = tokio::select! {
        result = post.send(&request) => result,
        () = serve => unreachable!(),
    };
    let requests = server.received.borrow().len();
    Told {
        result,
        requests,
        waited: begun.elapsed(),
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_accepted_is_sent_once() {
    let told = send(vec![answers("204 No Content", &[], "")]).await;
    assert_eq!((told.result, told.requests), (Ok(String::new()), 1));
}

#[tokio::test(start_paused = true)]
async fn a_busy_service_is_asked_again_when_it_says() {
    let busy = || answers("429 Too Many Requests", &[("retry-after", "7")], "");
    let told = send(vec![busy(), busy(), answers("200 OK", &[], "ok")]).await;
    assert_eq!((told.result, told.requests), (Ok("ok".to_owned()), 3));
    assert_eq!(told.waited.as_secs(), 14);
    let told = send(vec![answers(
        "429 Too Many Requests",
        &[("retry-after", "9000")],
        "slow down",
    )])
    .await;
    told.says("answered 429 Too Many Requests: slow down, tried 4 times");
    assert_eq!(told.waited.as_secs(), 90, "three pauses of at most 30 s");
}

#[tokio::test(start_paused = true)]
async fn a_service_in_trouble_is_asked_again_with_growing_pauses() {
    let told = send(vec![answers("503 Service Unavailable", &[], "")]).await;
    told.says("answered 503 Service Unavailable, tried 4 times");
    assert_eq!((told.requests, told.waited.as_millis()), (4, 3500));
    let told = send(vec![
        Does::Closes,
        Does::Closes,
        answers("200 OK", &[], "ok"),
    ])
    .await;
    assert_eq!((told.result, told.requests), (Ok("ok".to_owned()), 1));
}

#[tokio::test(start_paused = true)]
async fn a_refusal_is_final_and_says_why() {
    let told = send(vec![answers("404 Not Found", &[], "no_service")]).await;
    told.says("answered 404 Not Found: no_service");
    assert_eq!(told.requests, 1);
    assert!(told.result.unwrap_err().hint.is_some());
    let told = send(vec![answers(
        "403 Forbidden",
        &[],
        "key hunter2hunter2 is\nwrong",
    )])
    .await;
    told.says("answered 403 Forbidden: key *** is wrong");
}

#[tokio::test(start_paused = true)]
async fn a_redirect_is_not_followed_and_a_web_page_is_no_answer() {
    let elsewhere = ("location", "https://login.example.com/secret?token=x");
    let told = send(vec![answers("302 Found", &[elsewhere], "")]).await;
    told.says("answered 302 Found, a redirect to https://login.example.com, which is not followed");
    assert_eq!(told.requests, 1);
    for page in [
        answers(
            "200 OK",
            &[("content-type", "text/html; charset=utf-8")],
            "<p>Sign in</p>",
        ),
        answers("200 OK", &[], "\n<!DOCTYPE html><p>Sign in</p>"),
    ] {
        send(vec![page]).await.says("with a web page");
    }
}

#[tokio::test(start_paused = true)]
async fn a_service_that_hangs_is_given_up_and_not_told_twice() {
    let told = send(vec![Does::Hangs]).await;
    told.says("did not answer within 10s");
    assert_eq!(told.waited, LIMIT);
}

#[tokio::test(start_paused = true)]
async fn an_endless_answer_is_read_in_part() {
    let told = send(vec![answers("200 OK", &[], &"x".repeat(3_000_000))]).await;
    assert_eq!(told.result.unwrap().len(), MOST_ANSWER);
    let told = send(vec![answers(
        "400 Bad Request",
        &[],
        &"x".repeat(3_000_000),
    )])
    .await;
    assert!(told.result.unwrap_err().message.len() < 300);
}

#[tokio::test(start_paused = true)]
async fn nobody_there_and_no_url_at_all() {
    let post = Post::new(&Redactor::default()).unwrap();
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let send = async |url: String| {
        let request = Request::json(&Secret::new(url), &json!({}));
        post.send(&request).await.unwrap_err().message
    };
    let problem = send(format!("http://{address}/services/T0/B0/secretsecret")).await;
    assert!(problem.starts_with("cannot be reached: "), "{problem}");
    assert!(!problem.contains("secretsecret"), "{problem}");
    let problem = send("hooks.example.com/secretsecret".to_owned()).await;
    assert!(problem.starts_with("cannot be asked: "), "{problem}");
    assert!(!problem.contains("secretsecret"), "{problem}");
}
