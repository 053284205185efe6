//! A server on the own machine.

use std::sync::{Arc, Mutex};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A request as it came: its first line, its headers and its body.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Came {
    pub(crate) line: String,
    headers: Vec<(String, String)>,
    pub(crate) body: String,
}

impl Came {
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

type Answer = Arc<dyn Fn(usize, &Came) -> String + Send + Sync>;

/// A server with one answer for each request; the first is number 0.
pub(crate) struct Server {
    pub(crate) origin: String,
    came: Arc<Mutex<Vec<Came>>>,
}

impl Server {
    pub(crate) async fn new(answer: impl Fn(usize, &Came) -> String + Send + Sync + 'static) -> Self {
        Self::start(None, answer).await
    }

    /// One that speaks TLS.
    pub(crate) async fn secure(
        acceptor: TlsAcceptor,
        answer: impl Fn(usize, &Came) -> String + Send + Sync + 'static,
    ) -> Self {
        Self::start(Some(acceptor), answer).await
    }

    async fn start(
        acceptor: Option<TlsAcceptor>,
        answer: impl Fn(usize, &Came) -> String + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let scheme = if acceptor.is_some() { "https" } else { "http" };
        let origin = format!("{scheme}://{}", listener.local_addr().unwrap());
        let came: Arc<Mutex<Vec<Came>>> = Arc::default();
        let (seen, answer): (_, Answer) = (Arc::clone(&came), Arc::new(answer));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, answer, acceptor) = (Arc::clone(&seen), Arc::clone(&answer), acceptor.clone());
                tokio::spawn(async move {
                    match acceptor {
                        None => serve(stream, seen, answer).await,
                        // Who does not trust the server goes away.
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                serve(stream, seen, answer).await;
                            }
                        }
                    }
                });
            }
        });
        Self { origin, came }
    }

    pub(crate) fn came(&self) -> Vec<Came> {
        self.came.lock().unwrap().clone()
    }
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, seen: Arc<Mutex<Vec<Came>>>, answer: Answer) {
    let mut bytes = Vec::new();
    let head = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if stream.read_buf(&mut bytes).await.unwrap_or(0) == 0 {
            return;
        }
    };
    let text = String::from_utf8(bytes[..head].to_vec()).unwrap();
    let mut lines = text.split("\r\n");
    let line = lines.next().unwrap().to_owned();
    let split = |line: &str| line.split_once(": ").map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()));
    let mut came = Came { line, headers: lines.filter_map(split).collect(), body: String::new() };
    let length: usize = came.header("content-length").map_or(0, |length| length.parse().unwrap());
    while bytes.len() < head + 4 + length {
        stream.read_buf(&mut bytes).await.unwrap();
    }
    came.body = String::from_utf8(bytes[head + 4..].to_vec()).unwrap();
    let number = {
        let mut seen = seen.lock().unwrap();
        seen.push(came.clone());
        seen.len() - 1
    };
    let answer = answer(number, &came);
    if answer.is_empty() {
        return std::future::pending().await;
    }
    stream.write_all(answer.as_bytes()).await.unwrap();
    let _ = stream.shutdown().await;
}

pub(crate) fn response(status: &str, of_type: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-type: {of_type}\r\nx-two: a\r\nx-two: b\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}

pub(crate) fn ok(body: &str) -> String {
    response("200 OK", "application/json", body)
}
