//! Tasks that call HTTP APIs, with a server on the own machine, without and with TLS.

#![cfg(feature = "http")]
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, clippy::panic, reason = "a test")]

mod server;
mod tls;

use std::sync::Arc;
use std::time::Duration;

use duramen_states::definition::Definition;
use duramen_states::http::{Connection, Http};
use duramen_states::machine::{InspectionLevel, TestState, TestStatus, Tested};
use duramen_states::{End, Machine, Options, StateMachines, Tasks};
use duramen_storage::MemoryLog;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use server::{Server, ok, response};

/// Everything that the server serves may be called, under a connection `c`.
fn http(server: &Server, connection: Connection) -> Http {
    Http::new().allow(&server.origin).unwrap().allow_private().connection("c", connection)
}

fn state(endpoint: &str, more: Value) -> Value {
    let mut arguments = json!({
        "ApiEndpoint": endpoint, "Method": "GET",
        "Authentication": {"ConnectionArn": "arn:aws:events:us-east-1:111111111111:connection/c/0a1b"},
    });
    if let Value::Object(more) = more {
        arguments.as_object_mut().unwrap().extend(more);
    }
    json!({"Type": "Task", "Resource": "arn:aws:states:::http:invoke", "Parameters": arguments, "End": true})
}

async fn run(http: Http, state: &Value) -> End {
    let definition = Definition::parse(&json!({"StartAt": "A", "States": {"A": state}}).to_string()).unwrap();
    let machine = Machine::new(&definition).unwrap();
    machine.run(json!({}), &Tasks::new().http(http), Options::default()).await.end
}

async fn succeeds(http: Http, state: &Value) -> Value {
    match run(http, state).await {
        End::Succeeded(output) => (*output).clone(),
        other => panic!("{other:?}"),
    }
}

async fn fails(http: Http, state: &Value) -> (String, String) {
    match run(http, state).await {
        End::Failed(fault) => (fault.error.unwrap(), fault.cause.unwrap()),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_call_gives_what_the_api_answers() {
    let server = Server::new(|_, _| ok(r#"{"id": 7}"#)).await;
    let more = json!({
        "Method": "POST", "Headers": {"X-Who": "task"}, "QueryParameters": {"page": 2, "of": ["a", "b"]},
        "RequestBody": {"name": "world"},
    });
    let output = succeeds(http(&server, Connection::open()), &state(&format!("{}/v1", server.origin), more)).await;
    assert_eq!(output["ResponseBody"], json!({"id": 7}));
    assert_eq!((&output["StatusCode"], &output["StatusText"]), (&json!(200), &json!("OK")));
    assert_eq!(output["Headers"]["x-two"], json!(["a", "b"]));
    let came = &server.came()[0];
    assert_eq!(came.line, "POST /v1?page=2&of=a&of=b HTTP/1.1");
    assert_eq!((came.header("x-who"), came.header("content-type")), (Some("task"), Some("application/json")));
    assert_eq!(came.body, r#"{"name":"world"}"#);
    assert!(came.header("user-agent").unwrap().starts_with("duramen-states/"));
}

#[tokio::test]
async fn what_is_no_json_is_given_as_text() {
    let server = Server::new(|_, _| response("201 Created", "text/plain", "{no json")).await;
    let output = succeeds(http(&server, Connection::open()), &state(&server.origin, json!({}))).await;
    assert_eq!((&output["ResponseBody"], &output["StatusText"]), (&json!("{no json"), &json!("Created")));
}

#[tokio::test]
async fn an_error_of_the_api_is_named_by_its_status() {
    let server = Server::new(|_, _| response("404 Not Found", "application/json", r#"{"why": "gone"}"#)).await;
    let said = fails(http(&server, Connection::open()), &state(&server.origin, json!({}))).await;
    assert_eq!(said, ("States.Http.StatusCode.404".to_owned(), r#"{"why": "gone"}"#.to_owned()));
}

#[tokio::test]
async fn a_response_that_leads_elsewhere_is_not_followed() {
    let server = Server::new(|_, _| {
        "HTTP/1.1 302 Found\r\nlocation: http://169.254.169.254/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
            .to_owned()
    })
    .await;
    let said = fails(http(&server, Connection::open()), &state(&server.origin, json!({}))).await;
    assert_eq!(said.0, "States.Http.StatusCode.302");
    assert_eq!(server.came().len(), 1);
}

#[tokio::test]
async fn nothing_is_called_that_is_not_allowed() {
    let server = Server::new(|_, _| ok("{}")).await;
    let port = server.origin.rsplit(':').next().unwrap().to_owned();
    let call = state(&server.origin, json!({}));
    let named = state(&format!("http://localhost:{port}"), json!({}));
    let connection = || Connection::open();
    let nothing = Http::new().connection("c", connection());
    assert_eq!(fails(nothing, &call).await.0, "States.Permissions");
    let elsewhere = Http::new().allow("https://api.example.com").unwrap().allow_private().connection("c", connection());
    assert_eq!(fails(elsewhere, &call).await.0, "States.Permissions");
    let public = Http::new().allow(&server.origin).unwrap().connection("c", connection());
    let (error, cause) = fails(public, &call).await;
    assert_eq!(error, "States.Permissions");
    assert!(cause.contains("public"), "{cause}");
    let by_name = Http::new().allow(&format!("http://localhost:{port}")).unwrap().connection("c", connection());
    let (error, cause) = fails(by_name, &named).await;
    assert_eq!(error, "States.Permissions");
    assert!(cause.contains("public"), "{cause}");
    let unknown = Http::new().allow(&server.origin).unwrap().allow_private();
    assert_eq!(fails(unknown, &call).await.0, "States.Permissions");
    assert_eq!(server.came(), []);
}

#[tokio::test]
async fn a_connection_makes_itself_known_by_name_and_password_or_by_a_key() {
    let server = Server::new(|_, _| ok("{}")).await;
    let call = state(&server.origin, json!({"Method": "PUT", "RequestBody": {"a": 1}, "Headers": {"x-key": "task"}}));
    let connection = Connection::basic("Aladdin", "open sesame").query("v", "2").body("b", 3).header("x-extra", "e");
    succeeds(http(&server, connection), &call).await;
    succeeds(http(&server, Connection::api_key("x-key", "secret")), &call).await;
    let came = server.came();
    assert_eq!(came[0].header("authorization"), Some("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="));
    assert_eq!((came[0].line.as_str(), came[0].body.as_str()), ("PUT /?v=2 HTTP/1.1", r#"{"a":1,"b":3}"#));
    assert_eq!(came[0].header("x-extra"), Some("e"));
    assert_eq!(came[1].header("x-key"), Some("secret"));
}

#[tokio::test]
async fn a_token_is_fetched_once_and_again_when_it_is_not_taken() {
    let issuer = Server::new(|number, _| ok(&format!(r#"{{"access_token": "t{number}", "expires_in": 3600}}"#))).await;
    // The third call is the first that does not take the first token.
    let server = Server::new(|number, came| match came.header("authorization") {
        Some("Bearer t0") if number < 2 => ok("{}"),
        Some("Bearer t1") => ok("{}"),
        _ => response("401 Unauthorized", "application/json", "{}"),
    })
    .await;
    let connection =
        Connection::oauth(format!("{}/token", issuer.origin), "me", "s&cret").token_parameter("scope", "all");
    let tasks = Tasks::new().http(http(&server, connection));
    let definition =
        Definition::parse(&json!({"StartAt": "A", "States": {"A": state(&server.origin, json!({}))}}).to_string())
            .unwrap();
    let machine = Machine::new(&definition).unwrap();
    for _ in 0..4 {
        let run = machine.run(json!({}), &tasks, Options::default()).await;
        assert!(matches!(run.end, End::Succeeded(_)), "{:?}", run.end);
    }
    let asked = issuer.came();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].line, "POST /token HTTP/1.1");
    assert_eq!(asked[0].body, "grant_type=client_credentials&client_id=me&client_secret=s%26cret&scope=all");
    assert_eq!(server.came().len(), 5);
}

#[tokio::test]
async fn a_connection_without_a_token_is_said_to_be_none() {
    let issuer = Server::new(|_, _| response("400 Bad Request", "application/json", "{}")).await;
    let server = Server::new(|_, _| ok("{}")).await;
    let connection = Connection::oauth(&issuer.origin, "me", "secret");
    let (error, cause) = fails(http(&server, connection), &state(&server.origin, json!({}))).await;
    assert_eq!(error, "Events.ConnectionResource.InvalidConnectionState");
    assert!(!cause.contains("secret"), "{cause}");
    assert_eq!(server.came(), []);
}

#[tokio::test]
async fn a_silent_server_a_long_answer_and_a_picture_are_errors() {
    let silent = Server::new(|_, _| String::new()).await;
    let http_of = |server: &Server| http(server, Connection::open().query("key", "secret"));
    let quick = http_of(&silent).timeout(Duration::from_millis(200));
    let (error, cause) = fails(quick, &state(&silent.origin, json!({}))).await;
    assert_eq!(error, "States.Http.Socket");
    assert!(!cause.contains("secret"), "{cause}");

    let long = Server::new(|_, _| ok(&format!("[{}1]", "1,".repeat(600)))).await;
    let (error, _) = fails(http_of(&long).response_bytes(1000), &state(&long.origin, json!({}))).await;
    assert_eq!(error, "States.DataLimitExceeded");

    let picture = Server::new(|_, _| response("200 OK", "image/png", "png")).await;
    assert_eq!(fails(http_of(&picture), &state(&picture.origin, json!({}))).await.0, "States.Runtime");

    let nobody = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    let allowed = Http::new().allow(&nobody).unwrap().allow_private().connection("c", Connection::open());
    assert_eq!(fails(allowed, &state(&nobody, json!({}))).await.0, "States.Http.Socket");
}

#[tokio::test]
async fn it_is_a_task_like_any_other_on_the_log() {
    let server = Server::new(|number, _| match number {
        0 => response("503 Service Unavailable", "text/plain", "later"),
        _ => ok(r#"{"id": 7}"#),
    })
    .await;
    let mut call = state(&server.origin, json!({}));
    call["Retry"] = json!([{"ErrorEquals": ["States.Http.StatusCode.503"], "IntervalSeconds": 1}]);
    call["ResultSelector"] = json!({"id.$": "$.ResponseBody.id"});
    let definition = Definition::parse(&json!({"StartAt": "A", "States": {"A": call}}).to_string()).unwrap();
    let builder = StateMachines::builder(Arc::new(MemoryLog::new())).machine("m", &definition).unwrap();
    let machines = builder.tasks(Tasks::new().http(http(&server, Connection::open()))).open().await.unwrap();
    let execution = machines.start("m", "one", json!({})).await.unwrap();
    assert_eq!(machines.result(execution).await.unwrap(), End::Succeeded(json!({"id": 7}).into()));
}

async fn tried(server: &Server, connection: Connection, level: InspectionLevel, reveal: bool) -> Tested {
    let call = state(&format!("{}/v1", server.origin), json!({"Headers": {"x-who": "task"}}));
    let test = TestState::new(call.to_string()).level(level);
    let test = if reveal { test.reveal_secrets() } else { test };
    test.run(&Tasks::new().http(http(server, connection))).await.unwrap()
}

#[tokio::test]
async fn who_tries_a_state_may_see_what_went_to_and_fro() {
    let server = Server::new(|_, _| ok(r#"{"id":7}"#)).await;
    let connection = || Connection::api_key("x-key", "secret").query("token", "secret");
    let tested = tried(&server, connection(), InspectionLevel::Trace, false).await;
    assert_eq!(tested.status, TestStatus::Succeeded);
    let seen = tested.inspection.values();
    assert_eq!(
        seen["request"],
        json!({
            "protocol": "http", "method": "GET", "url": format!("{}/v1", server.origin), "headers": "[x-who: task]",
        })
    );
    let response = &seen["response"];
    assert_eq!((&response["statusCode"], &response["statusMessage"]), (&json!("200"), &json!("OK")));
    assert_eq!(response["body"], r#"{"id":7}"#);
    assert!(response["headers"].as_str().unwrap().contains("x-two: a, x-two: b"), "{response}");
    assert!(!Value::Object(seen.clone()).to_string().contains("secret"));

    let revealed = tried(&server, connection(), InspectionLevel::Trace, true).await;
    let request = &revealed.inspection.values()["request"];
    assert_eq!(request["headers"], "[x-who: task, x-key: secret]");
    assert_eq!(request["url"], format!("{}/v1?token=secret", server.origin));

    let debug = tried(&server, connection(), InspectionLevel::Debug, false).await;
    assert!(debug.inspection.values().contains_key("afterParameters"));
    assert!(!debug.inspection.values().contains_key("request"));
    let info = tried(&server, connection(), InspectionLevel::Info, false).await;
    assert!(info.inspection.values().is_empty());
}

#[tokio::test]
async fn who_watches_is_told_of_each_request_and_of_secrets_only_if_that_was_said() {
    let server = Server::new(|number, _| match number {
        0 => response("401 Unauthorized", "text/plain", "no"),
        _ => ok("{}"),
    })
    .await;
    let issuer = Server::new(|_, _| ok(r#"{"access_token": "secret"}"#)).await;
    for reveals in [false, true] {
        let (tell, told) = std::sync::mpsc::channel();
        let watching = http(&server, Connection::oauth(&issuer.origin, "me", "secret"));
        let watching = watching.watch(move |exchange| tell.send(exchange.clone()).unwrap());
        let watching = if reveals { watching.reveal_secrets() } else { watching };
        succeeds(watching, &state(&server.origin, json!({}))).await;
        let told: Vec<_> = told.into_iter().collect();
        let statuses: Vec<_> = told.iter().map(|one| one.response.as_ref().unwrap()["statusCode"].clone()).collect();
        assert_eq!(statuses, if reveals { vec!["200"] } else { vec!["401", "200"] });
        assert!(told.iter().all(|one| one.request.to_string().contains("secret") == reveals), "{told:?}");
    }
}

#[tokio::test]
async fn who_watches_is_told_of_a_request_without_a_response_but_not_of_one_that_was_refused() {
    let silent = Server::new(|_, _| String::new()).await;
    let (tell, told) = std::sync::mpsc::channel();
    let watching = http(&silent, Connection::open()).timeout(Duration::from_millis(200));
    let watching = watching.watch(move |exchange| tell.send(exchange.clone()).unwrap());
    let tasks = Tasks::new().http(watching);
    for endpoint in [&silent.origin, "https://api.example.com"] {
        let text = json!({"StartAt": "A", "States": {"A": state(endpoint, json!({}))}}).to_string();
        let machine = Machine::new(&Definition::parse(&text).unwrap()).unwrap();
        assert!(matches!(machine.run(json!({}), &tasks, Options::default()).await.end, End::Failed(_)));
    }
    drop(tasks);
    let told: Vec<_> = told.into_iter().collect();
    assert_eq!(told.len(), 1);
    assert_eq!((&told[0].request["method"], &told[0].response), (&json!("GET"), &None));
}
