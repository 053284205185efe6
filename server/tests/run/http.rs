//! Tasks that call HTTP APIs, on a server of the test's own.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Output};
use std::sync::{Arc, Mutex};

use data_encoding::BASE64;
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::{Value, json};

use crate::files::{Files, err, object, out};

/// A server that answers everything in one way and keeps the heads of the requests.
struct Server {
    origin: String,
    came: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn new(status: &'static str, body: &'static str) -> Self {
        Self::start(None, status, body)
    }

    fn start(tls: Option<ServerConfig>, status: &'static str, body: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let scheme = if tls.is_some() { "https" } else { "http" };
        let origin = format!("{scheme}://{}", listener.local_addr().unwrap());
        let came: Arc<Mutex<Vec<String>>> = Arc::default();
        let (seen, tls) = (came.clone(), tls.map(Arc::new));
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                let head = match &tls {
                    None => serve(stream, status, body),
                    Some(tls) => {
                        serve(StreamOwned::new(ServerConnection::new(tls.clone()).unwrap(), stream), status, body)
                    }
                };
                seen.lock().unwrap().extend(head);
            }
        });
        Self { origin, came }
    }

    fn came(&self) -> Vec<String> {
        self.came.lock().unwrap().clone()
    }
}

/// Answers, and gives the head of the request; nothing if there was none.
fn serve(mut stream: impl Read + Write, status: &str, body: &str) -> Option<String> {
    let (mut bytes, mut one) = (Vec::new(), [0]);
    while !bytes.ends_with(b"\r\n\r\n") {
        if stream.read(&mut one).ok()? == 0 {
            return None;
        }
        bytes.extend(one);
    }
    let length = body.len();
    let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\ncontent-length: {length}");
    write!(stream, "{head}\r\nconnection: close\r\n\r\n{body}").unwrap();
    stream.flush().unwrap();
    Some(String::from_utf8(bytes).unwrap())
}

const ARN: &str = "arn:aws:events:us-east-1:111111111111:connection/shop/0a1b";

/// A machine that calls the server, and a file of connections.
fn calling(server: &Server) -> Files {
    let call = json!({"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "End": true,
        "Parameters": {"ApiEndpoint": format!("{}/v1", server.origin), "Method": "GET", "Headers": {"x-who": "task"},
            "Authentication": {"ConnectionArn": ARN}},
        "ResultSelector": {"id.$": "$.ResponseBody.id"}});
    let files = Files::new(&json!({"StartAt": "Call", "States": {"Call": call}}));
    let key = json!({"name": "x-key", "value": {"env": "SHOP_KEY"}});
    files.put("connections.json", &json!({"shop": {"apiKey": key, "query": {"token": "hidden"}}}).to_string());
    files
}

/// Runs with these words behind, and with that key in the environment.
fn with_key(files: &Files, words: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_duramen"));
    command.arg("asl").args(words).current_dir(files.folder()).env("SHOP_KEY", "secret").output().unwrap()
}

const RUN: &[&str] = &["run", "machine.asl.json"];
const TRY: &[&str] = &["test-state", "machine.asl.json", "--state", "Call"];

fn allowing<'w>(front: &[&'w str], server: &'w Server, more: &[&'w str]) -> Vec<&'w str> {
    let flags = ["--allow-host", &server.origin, "--allow-private", "--connections", "connections.json"];
    [front, &flags, more].concat()
}

#[test]
fn a_run_calls_what_is_allowed_and_tells_of_it_without_secrets() {
    let server = Server::new("200 OK", r#"{"id": 7}"#);
    let files = calling(&server);
    let run = with_key(&files, &allowing(RUN, &server, &[]));
    assert_eq!(out(&run, 0), "{\n  \"id\": 7\n}\n");
    assert!(err(&run).contains(&format!("\n            . GET {}/v1 -> 200 OK\n", server.origin)), "{}", err(&run));
    let came = &server.came()[0];
    assert!(came.starts_with("GET /v1?token=hidden HTTP/1.1\r\n"), "{came}");
    assert!(came.contains("x-key: secret\r\n") && came.contains("x-who: task\r\n"), "{came}");

    let words = allowing(RUN, &server, &["--output", "json", "--fast-forward"]);
    let run = with_key(&files, &words);
    let said = object(&run, 0);
    let request = json!({"protocol": "http", "method": "GET", "url": format!("{}/v1", server.origin),
        "headers": "[x-who: task]"});
    assert_eq!(said["requests"][0]["request"], request);
    assert_eq!(said["requests"][0]["response"]["statusCode"], "200");
    let shown = [out(&run, 0), err(&run)].concat();
    assert!(!shown.contains("secret") && !shown.contains("hidden"), "{shown}");
    let said = object(&with_key(&files, &[&words as &[&str], &["--reveal-secrets"]].concat()), 0);
    assert_eq!(said["requests"][0]["request"]["headers"], "[x-who: task, x-key: secret]");
    assert_eq!(said["requests"][0]["request"]["url"], format!("{}/v1?token=hidden", server.origin));
}

#[test]
fn a_mock_stands_before_what_is_allowed() {
    let server = Server::new("200 OK", "{}");
    let files = calling(&server);
    files.put("mocks.json", r#"{"Call": {"result": {"ResponseBody": {"id": 1}}}}"#);
    let words = allowing(RUN, &server, &["--mock", "mocks.json", "--output", "json"]);
    let said = object(&with_key(&files, &words), 0);
    assert_eq!((&said["output"], &said["requests"]), (&json!({"id": 1}), &json!([])));
    assert_eq!(server.came(), Vec::<String>::new());
}

#[test]
fn what_is_not_allowed_is_not_called_and_the_flag_is_named() {
    let server = Server::new("200 OK", "{}");
    let files = calling(&server);
    let said = with_key(&files, RUN);
    out(&said, 1);
    assert!(err(&said).contains("allow the host that it calls with --allow-host"), "{}", err(&said));
    files.put("none.json", "{}");
    for (words, flag) in [
        (&["--allow-host", "api.example.com"] as &[&str], "--allow-host http://HOST[:PORT]"),
        // By https, which it does not call.
        (&["--allow-host", &server.origin.replace("http://", "")], "--allow-host http://HOST[:PORT]"),
        (&["--allow-host", &server.origin], "--allow-private"),
        (&["--allow-host", &server.origin, "--allow-private"], "--connections"),
        (&["--allow-host", &server.origin, "--allow-private", "--connections", "none.json"], "--connections"),
    ] {
        let run = with_key(&files, &[RUN, words].concat());
        out(&run, 3);
        assert!(err(&run).contains("[States.Permissions] Error: "), "{}", err(&run));
        assert!(err(&run).contains("Help: ") && err(&run).contains(flag), "{}", err(&run));
        let said = object(&with_key(&files, &[RUN, words, &["--output", "json"]].concat()), 3);
        assert!(said["help"].as_str().unwrap().contains(flag), "{said}");
        let tried = with_key(&files, &[TRY, words].concat());
        out(&tried, 3);
        assert!(err(&tried).contains("\nhelp: ") && err(&tried).contains(flag), "{}", err(&tried));
    }
    let tried = object(&with_key(&files, &[TRY, &["--output", "json"]].concat()), 3);
    assert_eq!(tried["error"], "States.Permissions");
    assert!(tried["help"].as_str().unwrap().starts_with("--allow-host"), "{tried}");
    assert_eq!(server.came(), Vec::<String>::new());
}

#[test]
fn a_state_that_is_tried_shows_its_request_and_secrets_only_if_they_are_asked_for() {
    let server = Server::new("200 OK", r#"{"id": 7}"#);
    let files = calling(&server);
    let trace = ["--inspection", "trace"];
    let tried = with_key(&files, &allowing(TRY, &server, &trace));
    let text = out(&tried, 0);
    assert!(text.starts_with("SUCCEEDED\noutput: {\n  \"id\": 7\n}\n"), "{text}");
    assert!(text.contains("\nrequest: {\n") && text.contains("\"headers\": \"[x-who: task]\""), "{text}");
    assert!(text.contains("\nresponse: {\n") && !text.contains("secret"), "{text}");
    let words = allowing(TRY, &server, &["--inspection", "TRACE", "--reveal-secrets", "--output", "json"]);
    let said = object(&with_key(&files, &words), 0);
    assert_eq!(said["inspectionData"]["request"]["headers"], "[x-who: task, x-key: secret]");
    let said = object(&with_key(&files, &allowing(TRY, &server, &["--output", "json"])), 0);
    assert_eq!(said.get("inspectionData"), None);
    let wrong = with_key(&files, &allowing(TRY, &server, &["--reveal-secrets"]));
    out(&wrong, 2);
    assert!(err(&wrong).contains("--reveal-secrets goes with --inspection trace"), "{}", err(&wrong));
}

#[test]
fn an_error_of_the_api_is_that_of_the_state() {
    let server = Server::new("503 Service Unavailable", "{}");
    let files = calling(&server);
    let run = with_key(&files, &allowing(RUN, &server, &["--output", "json"]));
    let said = object(&run, 3);
    assert_eq!((&said["error"], said.get("help")), (&json!("States.Http.StatusCode.503"), None));
    assert_eq!(said["requests"][0]["response"]["statusCode"], "503");
    let tried = with_key(&files, &allowing(TRY, &server, &[]));
    assert_eq!(
        (out(&tried, 3).as_str(), err(&tried).as_str()),
        ("FAILED\n", "error: States.Http.StatusCode.503: {}\n")
    );
}

#[test]
fn an_authority_that_the_system_does_not_know_is_trusted_by_a_flag() {
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap().self_signed(&key).unwrap();
    let body = BASE64.encode(certificate.der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let tls = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let tls = tls.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
    let server = Server::start(Some(tls), "200 OK", r#"{"id": 7}"#);
    let files = calling(&server);
    files.put("ours.pem", &format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n"));

    let run = with_key(&files, &allowing(RUN, &server, &[]));
    out(&run, 3);
    assert!(
        err(&run).contains("[States.Http.Socket] Error: ") && err(&run).contains("-> no response\n"),
        "{}",
        err(&run)
    );
    let run = with_key(&files, &allowing(RUN, &server, &["--trust", "ours.pem"]));
    assert_eq!(out(&run, 0), "{\n  \"id\": 7\n}\n");
    let run = with_key(&files, &allowing(RUN, &server, &["--trust", "machine.asl.json"]));
    assert_eq!(out(&run, 1), "");
    assert!(err(&run).starts_with("error: machine.asl.json: it has no certificates in PEM"), "{}", err(&run));
}

#[test]
fn what_is_wrong_with_connections_is_shown_with_its_line() {
    let server = Server::new("200 OK", "{}");
    let files = calling(&server);
    let unset = files.asl(&allowing(RUN, &server, &[]), "");
    assert_eq!(out(&unset, 1), "");
    let said = err(&unset);
    assert!(said.starts_with("error: connections.json is no file of connections\n"), "{said}");
    assert!(said.contains("the environment variable SHOP_KEY is not set"), "{said}");
    files.put("connections.json", "{\n  \"shop\": {\"basci\": {}}\n}");
    let said = err(&with_key(&files, &allowing(RUN, &server, &[])));
    assert!(said.contains("connections.json:2:21") && said.contains("but no `basci`"), "{said}");
    files.put("connections.json", "{");
    let broken = with_key(&files, &allowing(TRY, &server, &["--output", "json"]));
    out(&broken, 1);
    let said: Value = serde_json::from_str(&err(&broken)).unwrap();
    assert!(said["error"].as_str().unwrap().starts_with("connections.json: it is not JSON: EOF"), "{said}");
    for words in [
        &["--allow-host", "a/b"] as &[&str],
        &["--allow-host", "ftp://a"],
        &["--connections", "connections.json"],
        &["--allow-private"],
    ] {
        out(&with_key(&files, &[RUN, words].concat()), 2);
    }
}
