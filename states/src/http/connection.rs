//! How a program makes itself known to an API.

use std::fmt;

use serde_json::{Map, Value};

/// How a program makes itself known to an API, and what it adds to each call. Tasks name it and do not see it.
///
/// ```
/// use duramen_states::http::Connection;
///
/// let connection = Connection::basic("duramen", "secret").query("version", "2");
/// assert!(!format!("{connection:?}").contains("secret"));
/// ```
#[derive(Clone)]
pub struct Connection {
    pub(super) auth: Auth,
    pub(super) added: Added,
}

#[derive(Clone)]
pub(super) enum Auth {
    Open,
    Basic { user: String, password: String },
    ApiKey { name: String, value: String },
    Client(Box<OAuth>),
}

#[derive(Clone)]
pub(super) struct OAuth {
    pub(super) endpoint: String,
    pub(super) client: String,
    pub(super) secret: String,
    pub(super) added: Added,
}

/// What is added to a call.
#[derive(Clone, Default)]
pub(super) struct Added {
    pub(super) headers: Vec<(String, String)>,
    pub(super) query: Vec<(String, String)>,
    pub(super) body: Map<String, Value>,
}

impl Connection {
    fn new(auth: Auth) -> Self {
        Self { auth, added: Added::default() }
    }

    /// Without credentials.
    #[must_use]
    pub fn open() -> Self {
        Self::new(Auth::Open)
    }

    /// With a name and a password (`BASIC`).
    #[must_use]
    pub fn basic(user: impl Into<String>, password: impl Into<String>) -> Self {
        Self::new(Auth::Basic { user: user.into(), password: password.into() })
    }

    /// With a key in a header of that name (`API_KEY`).
    #[must_use]
    pub fn api_key(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new(Auth::ApiKey { name: name.into(), value: value.into() })
    }

    /// With a token that is fetched by a POST to that URL with the credentials of a client (`OAUTH_CLIENT_CREDENTIALS`). The
    /// token is kept until it expires, and fetched anew when an API does not take it. The URL may be of any origin.
    #[must_use]
    pub fn oauth(endpoint: impl Into<String>, client: impl Into<String>, secret: impl Into<String>) -> Self {
        let (endpoint, client, secret) = (endpoint.into(), client.into(), secret.into());
        Self::new(Auth::Client(Box::new(OAuth { endpoint, client, secret, added: Added::default() })))
    }

    /// With a header in each call, in place of one that a task gives.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.added.headers.push((name.into(), value.into()));
        self
    }

    /// With a parameter in the query of each call, in place of one that a task gives.
    #[must_use]
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.added.query.push((name.into(), value.into()));
        self
    }

    /// With a field in the body of each call, in place of one that a task gives. The body must then be an object.
    #[must_use]
    pub fn body(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        self.added.body.insert(name.into(), value.into());
        self
    }

    /// With a parameter in the body of each request of a token, such as `scope`. Nothing, if there are none.
    #[must_use]
    pub fn token_parameter(mut self, name: impl Into<String>, value: impl Into<Value>) -> Self {
        if let Auth::Client(oauth) = &mut self.auth {
            oauth.added.body.insert(name.into(), value.into());
        }
        self
    }

    /// With a header in each request of a token. Nothing, if there are none.
    #[must_use]
    pub fn token_header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        if let Auth::Client(oauth) = &mut self.auth {
            oauth.added.headers.push((name.into(), value.into()));
        }
        self
    }
}

impl fmt::Debug for Connection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.auth {
            Auth::Open => "Open",
            Auth::Basic { .. } => "Basic",
            Auth::ApiKey { .. } => "ApiKey",
            Auth::Client(_) => "OAuth",
        })
    }
}
