//! Resources: who does the work of a task.

use std::fmt;

/// What a `Resource` names.
///
/// ```
/// use duramen_states::definition::{Pattern, Resource};
///
/// let Resource::Service(service) = Resource::parse("arn:aws:states:::aws-sdk:sfn:startExecution.waitForTaskToken") else {
///     panic!()
/// };
/// assert_eq!((service.service.as_str(), service.api.as_str()), ("aws-sdk:sfn", "startExecution"));
/// assert_eq!(service.pattern, Pattern::WaitForTaskToken);
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Resource {
    /// A function: `arn:aws:lambda:REGION:ACCOUNT:function:NAME`, perhaps with `:QUALIFIER`.
    Lambda {
        /// The ARN as written.
        arn: String,
        /// The function's name.
        function: String,
        /// The version or alias.
        qualifier: Option<String>,
    },
    /// An activity: `arn:aws:states:REGION:ACCOUNT:activity:NAME`.
    Activity {
        /// The ARN as written.
        arn: String,
        /// The activity's name.
        name: String,
    },
    /// An API of a service: `arn:aws:states:::SERVICE:API`, perhaps with a pattern.
    Service(ServiceResource),
    /// Not an ARN: a handler that the embedding program registered under that name.
    Handler(String),
    /// An ARN of any other form.
    Other(String),
}

/// An integrated service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServiceResource {
    /// The ARN as written.
    pub arn: String,
    /// `aws`, `aws-cn`, `aws-us-gov`, …
    pub partition: String,
    /// The region, empty as a rule.
    pub region: String,
    /// The service, such as `lambda`; `aws-sdk:` and a name for those reached by their SDK.
    pub service: String,
    /// The API, such as `invoke`.
    pub api: String,
    /// What is waited for.
    pub pattern: Pattern,
}

/// What a task waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Pattern {
    /// The answer of the service.
    #[default]
    RequestResponse,
    /// `.sync`: the end of the job.
    Sync,
    /// `.sync:2`: the end of the job, whose output is given as JSON.
    Sync2,
    /// `.waitForTaskToken`: the token's return.
    WaitForTaskToken,
}

impl Pattern {
    /// How the pattern is written behind the API.
    #[must_use]
    pub fn suffix(self) -> &'static str {
        match self {
            Self::RequestResponse => "",
            Self::Sync => ".sync",
            Self::Sync2 => ".sync:2",
            Self::WaitForTaskToken => ".waitForTaskToken",
        }
    }

    /// Whether the end of the job is waited for.
    pub(crate) fn waits_for_end(self) -> bool {
        matches!(self, Self::Sync | Self::Sync2)
    }
}

impl Resource {
    /// What the text names. Every text names something; whether it exists is another question.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let Some(rest) = text.strip_prefix("arn:") else { return Self::Handler(text.to_owned()) };
        let other = || Self::Other(text.to_owned());
        let mut parts = rest.splitn(5, ':');
        let (Some(partition), Some(service), Some(region), Some(account), Some(last)) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return other();
        };
        let arn = text.to_owned();
        match service {
            "lambda" => {
                let mut parts = last.split(':');
                let (Some("function"), Some(function)) = (parts.next(), parts.next().filter(|name| !name.is_empty()))
                else {
                    return other();
                };
                Self::Lambda { arn, function: function.to_owned(), qualifier: parts.next().map(str::to_owned) }
            }
            "states" => match last.strip_prefix("activity:") {
                Some("") => other(),
                Some(name) => Self::Activity { arn, name: name.to_owned() },
                None if account.is_empty() => {
                    let patterns = [Pattern::WaitForTaskToken, Pattern::Sync2, Pattern::Sync];
                    let found = patterns.into_iter().find(|pattern| last.ends_with(pattern.suffix()));
                    let pattern = found.unwrap_or_default();
                    let call = last.strip_suffix(pattern.suffix()).unwrap_or(last);
                    match call.rsplit_once(':') {
                        Some((service, api)) if !service.is_empty() && !api.is_empty() => {
                            Self::Service(ServiceResource {
                                arn,
                                partition: partition.to_owned(),
                                region: region.to_owned(),
                                service: service.to_owned(),
                                api: api.to_owned(),
                                pattern,
                            })
                        }
                        _ => other(),
                    }
                }
                None => other(),
            },
            _ => other(),
        }
    }

    /// The text of the resource, as written.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Lambda { arn, .. } | Self::Activity { arn, .. } => arn,
            Self::Service(service) => &service.arn,
            Self::Handler(text) | Self::Other(text) => text,
        }
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.text())
    }
}
