//! Tasks that call HTTP APIs: `arn:aws:states:::http:invoke`.
//!
//! What a definition may call is for the program to say, since a definition may come from a stranger: [`Http`] reaches the
//! origins that it was told to [allow](Http::allow), and nothing by default. Addresses that are not public are refused as
//! well, wherever a name leads, until they are [allowed](Http::allow_private). Redirects are not followed.
//!
//! A server is believed to be who it says when an authority says so that the platform trusts, or that the program
//! [trusts](Http::trust). There is no way to believe it without.
//!
//! Credentials stand in [connections](Connection), which tasks name and never see.

mod address;
mod connection;
mod encode;
mod oauth;
mod origin;
mod request;
mod send;
mod trace;
mod trust;

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

pub use connection::Connection;
pub use origin::BadOrigin;
pub use trace::Exchange;
pub(crate) use trace::Trace;
pub use trust::BadCertificates;

use oauth::Tokens;
use origin::Origin;

type Watcher = Box<dyn Fn(&Exchange) + Send + Sync>;

/// Calls HTTP APIs for tasks.
///
/// ```
/// use duramen_states::Tasks;
/// use duramen_states::http::{Connection, Http};
///
/// let shop = Connection::api_key("x-api-key", "secret").header("x-caller", "duramen");
/// let http = Http::new().allow("https://api.example.com")?.allow("https://*.shop.example")?.connection("shop", shop);
/// let tasks = Tasks::new().http(http);
/// # Ok::<(), duramen_states::http::BadOrigin>(())
/// ```
///
/// A task names a connection in `Authentication.ConnectionArn` or `InvocationConfig.ConnectionArn`: by the ARN under which
/// it was registered, or by one in which its name stands.
pub struct Http {
    origins: Vec<Origin>,
    private: bool,
    trusted: Vec<reqwest::Certificate>,
    connections: HashMap<String, Connection>,
    timeout: Duration,
    response_bytes: usize,
    user_agent: String,
    watch: Option<Watcher>,
    reveal: bool,
    client: OnceLock<Result<reqwest::Client, String>>,
    tokens: Tokens,
}

impl Default for Http {
    fn default() -> Self {
        Self {
            origins: Vec::new(),
            private: false,
            trusted: Vec::new(),
            connections: HashMap::new(),
            timeout: Duration::from_secs(60),
            response_bytes: 1024 * 1024,
            user_agent: concat!("duramen-states/", env!("CARGO_PKG_VERSION")).to_owned(),
            watch: None,
            reveal: false,
            client: OnceLock::new(),
            tokens: Tokens::default(),
        }
    }
}

impl Http {
    /// One that calls nothing.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Allows an origin: `https://api.example.com`, perhaps with a port. `*.` in front stands for any host below the
    /// domain, and not for the domain itself.
    ///
    /// # Errors
    /// [`BadOrigin`] when it is no scheme and host.
    pub fn allow(mut self, origin: &str) -> Result<Self, BadOrigin> {
        self.origins.push(Origin::parse(origin)?);
        Ok(self)
    }

    /// Allows addresses that are not public: those of the own machine, of private networks, of the link and the like, at
    /// which often services are that trust who reaches them.
    #[must_use]
    pub fn allow_private(mut self) -> Self {
        self.private = true;
        self
    }

    /// Trusts authorities beside those that the platform trusts, as that of a company: their certificates, in PEM. They
    /// count for calls, and for the requests of tokens too.
    ///
    /// # Errors
    /// [`BadCertificates`] when there is none, or one that cannot be read.
    ///
    /// ```
    /// use duramen_states::http::Http;
    ///
    /// let error = Http::new().trust(b"no certificate").unwrap_err();
    /// assert!(error.to_string().contains("BEGIN CERTIFICATE"));
    /// ```
    pub fn trust(mut self, pem: &[u8]) -> Result<Self, BadCertificates> {
        self.trusted.extend(trust::read(pem)?);
        Ok(self)
    }

    /// With a connection under that name or ARN, in place of the one that had it.
    #[must_use]
    pub fn connection(mut self, name: impl Into<String>, connection: Connection) -> Self {
        self.connections.insert(name.into(), connection);
        self
    }

    /// How long a call may take as a whole; 60 s if not set.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.timeout = timeout;
        self
    }

    /// How many bytes the body of a response may have; 1 MiB if not set.
    #[must_use]
    pub fn response_bytes(mut self, bytes: usize) -> Self {
        self.response_bytes = bytes;
        self
    }

    /// What it calls itself in the header `User-Agent`.
    #[must_use]
    pub fn user_agent(mut self, text: impl Into<String>) -> Self {
        self.user_agent = text.into();
        self
    }

    /// Tells of each request that was sent, when its response is there or it is known that none comes. What is called
    /// then must return soon, as the task waits for it.
    #[must_use]
    pub fn watch(mut self, watch: impl Fn(&Exchange) + Send + Sync + 'static) -> Self {
        self.watch = Some(Box::new(watch));
        self
    }

    /// Who watches sees what connections add to requests, too.
    #[must_use]
    pub fn reveal_secrets(mut self) -> Self {
        self.reveal = true;
        self
    }

    /// The connection of that name or ARN, which ends in `connection/NAME/ID`.
    fn find(&self, named: &str) -> Option<(&str, &Connection)> {
        let short = named.split_once(":connection/").and_then(|(_, rest)| rest.split('/').next());
        let names = [Some(named), short].into_iter().flatten();
        names.filter_map(|name| self.connections.get_key_value(name)).map(|(name, found)| (name.as_str(), found)).next()
    }

    fn client(&self) -> Result<&reqwest::Client, String> {
        let made = self.client.get_or_init(|| {
            let resolver = Arc::new(address::Resolver { private: self.private });
            let client = building(&self.trusted).timeout(self.timeout).dns_resolver(resolver);
            client.build().map_err(send::words)
        });
        made.as_ref().map_err(Clone::clone)
    }
}

/// A client that follows nothing, goes through nobody, and trusts these authorities too.
fn building(trusted: &[reqwest::Certificate]) -> reqwest::ClientBuilder {
    // rustls needs to be told once for each process with what it encrypts: an error says that something was installed before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy();
    client.tls_certs_merge(trusted.iter().cloned())
}

impl fmt::Debug for Http {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Http")
            .field("origins", &self.origins)
            .field("connections", &self.connections)
            .finish_non_exhaustive()
    }
}
