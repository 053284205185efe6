//! Calls over TLS, with an authority that is thrown away.

use std::sync::{Arc, LazyLock};

use data_encoding::BASE64;
use duramen_states::http::{Connection, Http};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

use crate::server::{Server, ok, response};
use crate::{fails, state, succeeds};

/// Who says of servers that they are who they say.
struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().unwrap();
        let body = BASE64.encode(params.self_signed(&key).unwrap().der());
        let pem = format!("-----BEGIN CERTIFICATE-----\n{body}\n-----END CERTIFICATE-----\n");
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// The end of a server that has that name, with a certificate of this authority.
    fn named(&self, name: &str) -> TlsAcceptor {
        self.acceptor(&CertificateParams::new([name.to_owned()]).unwrap())
    }

    fn acceptor(&self, params: &CertificateParams) -> TlsAcceptor {
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions().unwrap();
        let config = config.with_no_client_auth().with_single_cert(vec![certificate.der().clone()], key).unwrap();
        TlsAcceptor::from(Arc::new(config))
    }
}

static OURS: LazyLock<Authority> = LazyLock::new(|| Authority::new("ours"));
static ANOTHER: LazyLock<Authority> = LazyLock::new(|| Authority::new("another"));

const ADDRESS: &str = "127.0.0.1";

/// Everything that the server serves may be called, if it is believed to be who it says.
fn distrusting(server: &Server, connection: Connection) -> Http {
    Http::new().allow(&server.origin).unwrap().allow_private().connection("c", connection)
}

fn trusting(server: &Server, connection: Connection) -> Http {
    distrusting(server, connection).trust(OURS.pem.as_bytes()).unwrap()
}

#[tokio::test]
async fn a_server_whose_authority_is_trusted_is_called() {
    let server = Server::secure(OURS.named(ADDRESS), |_, _| ok(r#"{"id": 7}"#)).await;
    let call = state(&format!("{}/v1", server.origin), json!({"Method": "POST", "RequestBody": {"a": 1}}));
    let output = succeeds(trusting(&server, Connection::api_key("x-key", "secret")), &call).await;
    assert_eq!((&output["ResponseBody"], &output["StatusCode"]), (&json!({"id": 7}), &json!(200)));
    let came = &server.came()[0];
    assert_eq!((came.line.as_str(), came.body.as_str()), ("POST /v1 HTTP/1.1", r#"{"a":1}"#));
    assert_eq!(came.header("x-key"), Some("secret"));
}

#[tokio::test]
async fn a_server_may_be_called_by_name_and_one_of_several_authorities_is_enough() {
    let server = Server::secure(OURS.named("localhost"), |_, _| ok("{}")).await;
    let origin = server.origin.replace(ADDRESS, "localhost");
    let both = format!("{}\nin between\n{}", ANOTHER.pem, OURS.pem);
    let http = Http::new().allow(&origin).unwrap().allow_private().trust(both.as_bytes()).unwrap();
    succeeds(http.connection("c", Connection::open()), &state(&origin, json!({}))).await;
    assert_eq!(server.came().len(), 1);
}

#[tokio::test]
async fn an_error_of_the_api_is_named_by_its_status_over_tls_too() {
    let server = Server::secure(OURS.named(ADDRESS), |_, _| response("404 Not Found", "text/plain", "gone")).await;
    let said = fails(trusting(&server, Connection::open()), &state(&server.origin, json!({}))).await;
    assert_eq!(said, ("States.Http.StatusCode.404".to_owned(), "gone".to_owned()));
}

#[tokio::test]
async fn a_server_that_is_not_proved_to_be_who_it_says_is_told_nothing() {
    let authority = &OURS;
    let mut late = CertificateParams::new([ADDRESS.to_owned()]).unwrap();
    late.not_after = date_time_ymd(2020, 1, 1);
    for (acceptor, why) in [
        (ANOTHER.named(ADDRESS), "UnknownIssuer"),
        (authority.named("api.example.com"), "not valid for name"),
        (authority.acceptor(&late), "expired"),
    ] {
        let server = Server::secure(acceptor, |_, _| ok("{}")).await;
        let call = state(&format!("{}/?q=hidden", server.origin), json!({}));
        let connection = Connection::api_key("x-key", "secret");
        let (error, cause) = fails(trusting(&server, connection), &call).await;
        assert_eq!(error, "States.Http.Socket");
        assert!(cause.contains("invalid peer certificate") && cause.contains(why), "{cause}");
        assert!(!cause.contains("secret") && !cause.contains("hidden"), "{cause}");
        assert_eq!(server.came(), [], "{why}");
    }
}

#[tokio::test]
async fn an_authority_is_not_trusted_before_it_is_said() {
    let server = Server::secure(OURS.named(ADDRESS), |_, _| ok("{}")).await;
    let (error, cause) = fails(distrusting(&server, Connection::open()), &state(&server.origin, json!({}))).await;
    assert_eq!(error, "States.Http.Socket", "{cause}");
    assert_eq!(server.came(), []);
}

#[tokio::test]
async fn a_server_without_tls_is_no_server_with_it() {
    let listener = TcpListener::bind((ADDRESS, 0)).await.unwrap();
    let origin = format!("https://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut some = [0; 5];
            let _ = stream.read_exact(&mut some).await;
            let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
        }
    });
    let http = Http::new().allow(&origin).unwrap().allow_private().connection("c", Connection::open());
    let (error, cause) = fails(http.trust(OURS.pem.as_bytes()).unwrap(), &state(&origin, json!({}))).await;
    assert_eq!(error, "States.Http.Socket", "{cause}");
}

#[tokio::test]
async fn what_leads_elsewhere_is_not_followed_and_what_is_not_allowed_not_called_over_tls_either() {
    let elsewhere = Server::secure(OURS.named(ADDRESS), |_, _| ok("{}")).await;
    let location = elsewhere.origin.clone();
    let server = Server::secure(OURS.named(ADDRESS), move |_, _| {
        format!(
            "HTTP/1.1 307 Temporary Redirect\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
        )
    })
    .await;
    let http = || trusting(&server, Connection::open());
    let both = http().allow(&elsewhere.origin).unwrap();
    assert_eq!(fails(both, &state(&server.origin, json!({}))).await.0, "States.Http.StatusCode.307");
    assert_eq!(server.came().len(), 1);

    assert_eq!(fails(http(), &state(&elsewhere.origin, json!({}))).await.0, "States.Permissions");
    let plain = server.origin.replace("https:", "http:");
    assert_eq!(fails(http(), &state(&plain, json!({}))).await.0, "States.Permissions");
    let public = Http::new().allow(&elsewhere.origin).unwrap().trust(OURS.pem.as_bytes()).unwrap();
    let public = public.connection("c", Connection::open());
    let (error, cause) = fails(public, &state(&elsewhere.origin, json!({}))).await;
    assert_eq!(error, "States.Permissions");
    assert!(cause.contains("public"), "{cause}");
    assert_eq!(elsewhere.came(), []);
}

#[tokio::test]
async fn tokens_come_from_those_alone_who_are_trusted() {
    let server = Server::secure(OURS.named(ADDRESS), |_, _| ok("{}")).await;
    for (authority, is_trusted) in [(&OURS, true), (&ANOTHER, false)] {
        let issuer = Server::secure(authority.named(ADDRESS), |_, _| ok(r#"{"access_token": "t"}"#)).await;
        let http = trusting(&server, Connection::oauth(&issuer.origin, "me", "secret"));
        let call = state(&server.origin, json!({}));
        if is_trusted {
            succeeds(http, &call).await;
            assert_eq!(server.came()[0].header("authorization"), Some("Bearer t"));
            continue;
        }
        let (error, cause) = fails(http, &call).await;
        assert_eq!(error, "Events.ConnectionResource.InvalidConnectionState");
        assert!(cause.contains("invalid peer certificate") && !cause.contains("secret"), "{cause}");
        assert_eq!((issuer.came().len(), server.came().len()), (0, 1));
    }
}
