//! A client of HTTP/1.0, in which an answer ends with its connection: as much of one as the story needs.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};

use serde_json::Value;

use crate::Outcome;
use crate::events::Data;
use crate::problem::Told;
use crate::routes::Shown;
use crate::server_process::PATIENCE;

/// Asks a server.
pub(crate) struct Client {
    pub(crate) address: SocketAddr,
}

/// What a server answered.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// In seconds.
    pub(crate) retry_after: Option<u64>,
    body: String,
}

impl Answer {
    /// The order that it shows.
    pub(crate) fn order(&self) -> Outcome<Shown> {
        Ok(serde_json::from_str(&self.body)?)
    }

    /// What it says of an error; nothing when there was none.
    pub(crate) fn error(&self) -> String {
        serde_json::from_str(&self.body).map_or_else(|_| String::new(), |told: Told| told.error)
    }
}

impl Client {
    pub(crate) fn get(&self, path: &str) -> Outcome<Answer> {
        self.ask("GET", path, &Value::Null)
    }

    pub(crate) fn post(&self, path: &str, body: &Value) -> Outcome<Answer> {
        self.ask("POST", path, body)
    }

    pub(crate) fn delete(&self, path: &str) -> Outcome<Answer> {
        self.ask("DELETE", path, &Value::Null)
    }

    /// The events of an order behind number `after`.
    pub(crate) fn events(&self, order: &str, after: u64) -> Outcome<Events> {
        let path = format!("/orders/{order}/events");
        let (status, _, reader) = self.send("GET", &path, &format!("Last-Event-ID: {after}\r\n"), "")?;
        if status == 200 { Ok(Events { reader }) } else { Err(format!("{path} gives {status}").into()) }
    }

    fn ask(&self, method: &str, path: &str, body: &Value) -> Outcome<Answer> {
        let body = if body.is_null() { String::new() } else { body.to_string() };
        let (status, retry_after, mut reader) = self.send(method, path, "Content-Type: application/json\r\n", &body)?;
        let mut body = String::new();
        reader.read_to_string(&mut body)?;
        Ok(Answer { status, retry_after, body })
    }

    /// Gives the status, the header `Retry-After`, and what follows the headers.
    fn send(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &str,
    ) -> Outcome<(u16, Option<u64>, BufReader<TcpStream>)> {
        let mut stream = TcpStream::connect(self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let length = body.len();
        let request = format!("{method} {path} HTTP/1.0\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
        stream.write_all(request.as_bytes())?;
        let mut reader = BufReader::new(stream);
        let first = line(&mut reader)?.ok_or("the server hung up")?;
        let status = first.split(' ').nth(1).ok_or("no status")?.parse()?;
        let mut retry_after = None;
        while let Some(header) = line(&mut reader)?.filter(|header| !header.is_empty()) {
            if let Some(("retry-after", seconds)) = header.split_once(": ") {
                retry_after = Some(seconds.parse()?);
            }
        }
        Ok((status, retry_after, reader))
    }
}

/// One event of an order, as it was sent.
#[derive(Default)]
pub(crate) struct Sent {
    pub(crate) id: u64,
    pub(crate) kind: String,
    pub(crate) data: Data,
}

/// Server-sent events, one after another.
pub(crate) struct Events {
    reader: BufReader<TcpStream>,
}

impl Iterator for Events {
    type Item = Outcome<Sent>;

    fn next(&mut self) -> Option<Outcome<Sent>> {
        self.read().transpose()
    }
}

impl Events {
    fn read(&mut self) -> Outcome<Option<Sent>> {
        let mut sent = Sent::default();
        while let Some(line) = line(&mut self.reader)? {
            match line.split_once(": ") {
                Some(("id", id)) => sent.id = id.parse()?,
                Some(("event", kind)) => kind.clone_into(&mut sent.kind),
                Some(("data", data)) => sent.data = serde_json::from_str(data)?,
                _ if line.is_empty() && !sent.kind.is_empty() => return Ok(Some(sent)),
                // A comment, by which the server shows that it still lives.
                _ => {}
            }
        }
        Ok(None)
    }
}

fn line(reader: &mut BufReader<TcpStream>) -> Outcome<Option<String>> {
    let mut line = String::new();
    let read = reader.read_line(&mut line)?;
    Ok((read > 0).then(|| line.trim_end().to_owned()))
}
