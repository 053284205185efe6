//! Which HTTP APIs tasks may call, and who calls them.

mod connections;

use std::path::PathBuf;

use anyhow::{Context, Result, anyhow};
use clap::Args;
use duramen_states::Fault;
use duramen_states::definition::{Resource, State, StateKind};
use duramen_states::http::Http;

use crate::source::Source;

/// What is said of connections in `--help`.
pub(super) const HELP: &str = "\
Connections: a JSON object with a connection for each name. A task names one by its ARN, or by an ARN in which its name stands
(`connection/NAME/...`). One without credentials is {}.

  { \"shop\": {\"apiKey\": {\"name\": \"x-api-key\", \"value\": {\"env\": \"SHOP_KEY\"}}, \"headers\": {\"x-caller\": \"me\"}},
    \"stock\": {\"basic\": {\"user\": \"me\", \"password\": {\"env\": \"STOCK_PASSWORD\"}}, \"query\": {\"version\": \"2\"}},
    \"bank\": {\"oauth\": {\"endpoint\": \"https://bank.example/token\", \"client\": \"me\", \"secret\": {\"env\": \"BANK_SECRET\"},
             \"body\": {\"scope\": \"all\"}}, \"body\": {\"customer\": 7}},
    \"open\": {} }

{\"env\": \"NAME\"} stands for what the environment variable has, wherever a text may stand. `headers`, `query` and `body` are added
to each call, those within `oauth` to each request of a token, which goes to the endpoint whether its host is allowed or not.";

#[derive(Args)]
#[command(next_help_heading = "HTTP APIs")]
pub(super) struct Apis {
    /// A host that tasks of `http:invoke` may call, by https, or by http with `http://` in front.
    ///
    /// `*.NAME` is every host below a name. Given several times, all of them. No other is called.
    #[arg(long, value_name = "HOST[:PORT]", value_parser = origin)]
    allow_host: Vec<String>,
    /// Allow addresses that are not public too.
    ///
    /// They are those of this machine, of private networks and the like; without it no host is called that leads there.
    #[arg(long, requires = "allow_host")]
    allow_private: bool,
    /// The connections that tasks name: a file, see `--help`; `-` is the standard input.
    #[arg(long, value_name = "FILE", requires = "allow_host")]
    connections: Option<Source>,
    /// Trust the authorities whose certificates are in that file, in PEM, besides those that the system trusts.
    #[arg(long, value_name = "FILE", requires = "allow_host")]
    trust: Vec<PathBuf>,
    /// Show what a connection adds to a request too.
    #[arg(long)]
    pub(super) reveal_secrets: bool,
}

impl Apis {
    pub(super) fn are_allowed(&self) -> bool {
        !self.allow_host.is_empty()
    }

    pub(super) fn is_stdin(&self) -> bool {
        self.connections == Some(Source::Stdin)
    }

    pub(super) fn http(&self) -> Result<Http> {
        let mut http = Http::new();
        for origin in &self.allow_host {
            http = http.allow(origin)?;
        }
        if self.allow_private {
            http = http.allow_private();
        }
        for file in &self.trust {
            let name = file.display();
            let pem = std::fs::read(file).with_context(|| format!("{name} cannot be read"))?;
            http = http.trust(&pem).map_err(|error| anyhow!("{name}: {error}"))?;
        }
        if let Some(source) = &self.connections {
            for (name, connection) in connections::read(source)? {
                http = http.connection(name, connection);
            }
        }
        Ok(if self.reveal_secrets { http.reveal_secrets() } else { http })
    }
}

/// The origin that a host stands for.
fn origin(text: &str) -> Result<String, String> {
    let origin = if text.contains("://") { text.to_owned() } else { format!("https://{text}") };
    match Http::new().allow(&origin) {
        Ok(_) => Ok(origin),
        Err(_) => {
            Err("it is a host, perhaps with `http://` or `*.` in front and a port behind, and no path".to_owned())
        }
    }
}

/// Whether a state calls HTTP APIs.
pub(super) fn is_call(state: &State) -> bool {
    let StateKind::Task(task) = &state.kind else { return false };
    matches!(&task.resource, Resource::Service(service) if service.service == "http" && service.api == "invoke")
}

/// What can be done about a call that failed, if it lies with the command line.
pub(super) fn help(fault: &Fault) -> Option<&'static str> {
    let cause = fault.cause.as_deref().unwrap_or_default();
    match fault.error.as_deref() {
        Some("States.Permissions") if cause.contains("public") => Some("--allow-private allows such addresses"),
        Some("States.Permissions") if cause.contains("connection") => {
            Some("the file that is given with --connections needs a connection of that name")
        }
        Some("States.Permissions") => {
            Some("--allow-host HOST[:PORT] allows a host by https, --allow-host http://HOST[:PORT] one by http")
        }
        Some("States.Http.Socket" | "Events.ConnectionResource.InvalidConnectionState")
            if cause.contains("certificate") =>
        {
            Some("--trust FILE names the certificate of an authority that the system does not know")
        }
        _ => None,
    }
}
