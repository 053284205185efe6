//! Which origins may be called.

use std::fmt;

use reqwest::Url;

/// A text is no origin.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{text}` is no origin: it is `http` or `https`, `://`, a host, perhaps with `*.` in front, and perhaps a port"
)]
pub struct BadOrigin {
    text: String,
}

/// A scheme, a host and a port.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct Origin {
    scheme: String,
    host: String,
    port: u16,
    /// Whether hosts below it are meant.
    below: bool,
}

impl Origin {
    pub(super) fn parse(text: &str) -> Result<Self, BadOrigin> {
        let bad = || BadOrigin { text: text.to_owned() };
        let (scheme, rest) = text.split_once("://").ok_or_else(bad)?;
        let (below, rest) = rest.strip_prefix("*.").map_or((false, rest), |rest| (true, rest));
        let url = Url::parse(&format!("{scheme}://{rest}")).map_err(|_| bad())?;
        let is_origin = url.path() == "/" && url.query().is_none() && url.fragment().is_none();
        if !is_origin || rest.contains('*') || !is_plain(&url) {
            return Err(bad());
        }
        let (host, port) = url.host_str().zip(url.port_or_known_default()).ok_or_else(bad)?;
        Ok(Self { scheme: url.scheme().to_owned(), host: host.to_owned(), port, below })
    }

    /// Whether a URL is of that origin.
    pub(super) fn allows(&self, url: &Url) -> bool {
        let Some((host, port)) = url.host_str().zip(url.port_or_known_default()) else { return false };
        let host_fits = match self.below {
            true => host.strip_suffix(&self.host).is_some_and(|front| front.len() > 1 && front.ends_with('.')),
            false => host == self.host,
        };
        host_fits && port == self.port && url.scheme() == self.scheme && is_plain(url)
    }
}

/// Whether it is of HTTP and has no credentials in it.
fn is_plain(url: &Url) -> bool {
    matches!(url.scheme(), "http" | "https") && url.username().is_empty() && url.password().is_none()
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { scheme, host, port, below } = self;
        write!(f, "{scheme}://{}{host}:{port}", if *below { "*." } else { "" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allows(origin: &str, url: &str) -> bool {
        Origin::parse(origin).unwrap().allows(&Url::parse(url).unwrap())
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        let origin = "https://api.example.com";
        for url in ["https://api.example.com", "https://API.example.com:443/v1?q=1", "https://api.example.com/../x"] {
            assert!(allows(origin, url), "{url}");
        }
        for url in [
            "http://api.example.com",
            "https://api.example.com:8443",
            "https://example.com",
            "https://api.example.com.evil.example",
            "https://evil.example/api.example.com",
            "https://api.example.com@evil.example",
            "https://user@api.example.com",
            "ftp://api.example.com",
        ] {
            assert!(!allows(origin, url), "{url}");
        }
        assert!(allows("http://127.0.0.1:8080", "http://127.0.0.1:8080/x"));
        assert!(allows("http://[::1]:8080", "http://[0:0::1]:8080/x"));
    }

    #[test]
    fn a_star_stands_for_hosts_below() {
        let origin = "https://*.example.com";
        assert!(allows(origin, "https://a.example.com"));
        assert!(allows(origin, "https://a.b.example.com"));
        assert!(!allows(origin, "https://example.com"));
        assert!(!allows(origin, "https://aexample.com"));
    }

    #[test]
    fn what_is_no_origin_is_refused() {
        for text in
            ["", "example.com", "https://", "https://a/b", "https://a?b", "ftp://a", "https://u@a", "https://a.*.b"]
        {
            assert!(Origin::parse(text).is_err(), "{text}");
        }
    }
}
