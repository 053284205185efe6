//! The ARNs of state machines and executions.

/// Where ARNs say that things are.
#[derive(Debug, Clone)]
pub(crate) struct Arns {
    pub(crate) region: String,
    pub(crate) account: String,
}

impl Default for Arns {
    fn default() -> Self {
        Self { region: "local".to_owned(), account: "000000000000".to_owned() }
    }
}

impl Arns {
    fn prefix(&self) -> String {
        let partition = match self.region.split('-').next() {
            Some("cn") => "aws-cn",
            Some("us") if self.region.starts_with("us-gov-") => "aws-us-gov",
            _ => "aws",
        };
        format!("arn:{partition}:states:{}:{}:", self.region, self.account)
    }

    pub(crate) fn machine(&self, name: &str) -> String {
        format!("{}stateMachine:{name}", self.prefix())
    }

    pub(crate) fn activity(&self, name: &str) -> String {
        format!("{}activity:{name}", self.prefix())
    }

    /// The ARN of a version or an alias.
    pub(crate) fn qualified(&self, name: &str, qualifier: &str) -> String {
        format!("{}stateMachine:{name}:{qualifier}", self.prefix())
    }

    pub(crate) fn execution(&self, machine: &str, name: &str) -> String {
        format!("{}execution:{machine}:{name}", self.prefix())
    }

    /// The ARN of an Express execution, whose name is used more than once.
    pub(crate) fn express(&self, machine: &str, name: &str, id: &str) -> String {
        format!("{}express:{machine}:{name}:{id}", self.prefix())
    }

    /// What follows on `stateMachine:` if it is the ARN of one of these; the text itself if it is no ARN.
    pub(crate) fn machine_of<'a>(&self, text: &'a str) -> Option<&'a str> {
        if !text.starts_with("arn:") {
            return Some(text);
        }
        text.strip_prefix(&self.prefix())?.strip_prefix("stateMachine:")
    }

    /// The state machine and the name by which an execution with that ARN is filed.
    pub(crate) fn execution_of<'a>(&self, arn: &'a str) -> Option<(&'a str, &'a str)> {
        let rest = arn.strip_prefix(&self.prefix())?;
        let named = rest.strip_prefix("execution:").or_else(|| rest.strip_prefix("express:"))?;
        named.split_once(':')
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_again() {
        let arns = Arns { region: "us-gov-west-1".to_owned(), account: "123456789012".to_owned() };
        let machine = arns.machine("m");
        assert_eq!(machine, "arn:aws-us-gov:states:us-gov-west-1:123456789012:stateMachine:m");
        assert_eq!(arns.machine_of(&machine), Some("m"));
        assert_eq!(arns.machine_of(&arns.qualified("m", "3")), Some("m:3"));
        assert_eq!(arns.machine_of("m:prod"), Some("m:prod"));
        assert_eq!(arns.execution_of(&arns.execution("m", "e")), Some(("m", "e")));
        assert_eq!(arns.execution_of(&arns.express("m", "e", "id")), Some(("m", "e:id")));
        assert_eq!(arns.machine_of(&Arns::default().machine("m")), None);
        assert_eq!(arns.execution_of(&machine), None);
    }
}
