//! A server on this machine that behaves as badly as it is told to, on the runtime of its test.

use std::cell::RefCell;
use std::rc::Rc;

use tokio::net::TcpListener;

use super::inbox::{Received, Reply, exchange};
use crate::redact::Secret;

/// What happens to one connection.
pub enum Does {
    /// It is answered.
    Answers(Reply),
    /// Nothing, ever.
    Hangs,
    /// It is closed at once.
    Closes,
}

/// A server that does these things, one for each connection, and the last one for ever.
pub struct Server {
    pub address: String,
    pub received: Rc<RefCell<Vec<Received>>>,
}

impl Server {
    pub async fn that(does: Vec<Does>) -> (Self, impl Future<Output = ()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let received = Rc::new(RefCell::new(Vec::new()));
        let kept = received.clone();
        let serve = async move {
            let mut held = Vec::new();
            for number in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                match does.get(number).unwrap_or(&does[does.len() - 1]) {
                    Does::Hangs => held.push(stream),
                    Does::Closes => drop(stream),
                    Does::Answers(reply) => {
                        let answer = &mut |request| {
                            kept.borrow_mut().push(request);
                            reply.clone()
                        };
                        exchange(stream, answer).await.unwrap();
                    }
                }
            }
        };
        (Self { address, received }, serve)
    }

    pub fn url(&self, path: &str) -> Secret<String> {
        Secret::new(format!("{}{path}", self.address))
    }
}

pub fn answers(status: &'static str, headers: &[(&'static str, &str)], body: &str) -> Does {
    let headers = headers
        .iter()
        .map(|(name, value)| (*name, (*value).to_owned()));
    Does::Answers(Reply {
        status,
        headers: headers.collect(),
        body: body.to_owned(),
    })
}
