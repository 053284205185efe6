//! Choice states: the first rule that holds says where it goes on.

use super::expression::{QueryLanguage, Template};
use super::fields::{Fields, Targets};
use super::flow::Flow;
use super::pointer::Pointer;
use super::problem::Problem;
use super::state::StateId;

/// A choice state.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// How data comes in and leaves. Its `output` and `assign` are for when the default is taken.
    pub flow: Flow,
    /// `Choices`, in order.
    pub rules: Vec<ChoiceRule>,
    /// `Default`: where it goes on when no rule holds. Without it that is the error `States.NoChoiceMatched`.
    pub default: Option<StateId>,
}

/// One rule of a choice state.
#[derive(Debug, Clone, PartialEq)]
pub struct ChoiceRule {
    /// Where it stands.
    pub pointer: Pointer,
    /// When it holds.
    pub condition: Condition,
    /// Where it goes on then.
    pub next: StateId,
    /// `Assign` of the rule.
    pub assign: Option<Template>,
    /// `Output` of the rule (JSONata).
    pub output: Option<Template>,
    /// `Comment` of the rule.
    pub comment: Option<String>,
}

/// When a rule holds.
#[derive(Debug, Clone, PartialEq)]
pub enum Condition {
    /// JSONPath: the whole rule, of which `Variable` and an operator, or `And`, `Or` or `Not` are looked at.
    Comparison(Template),
    /// JSONata: the value of `Condition`, a boolean or a JSONata string.
    Jsonata(Template),
}

impl Choice {
    pub(super) fn read(fields: &Fields<'_>, targets: &Targets, problems: &mut Vec<Problem>) -> Self {
        if fields.required("Choices", problems).is_some_and(|choices| choices.as_array().is_some_and(Vec::is_empty)) {
            problems.push(Problem::at(&fields.pointer("Choices"), "there must be at least one rule"));
        }
        let mut rules = Vec::new();
        for (at, value) in fields.elements("Choices", problems) {
            let Some(rule) = Fields::of(value, &at, fields.language, problems) else { continue };
            let condition = match fields.language {
                QueryLanguage::JsonPath => {
                    Some(Condition::Comparison(Template { value: value.clone(), pointer: at.clone() }))
                }
                QueryLanguage::Jsonata => {
                    rule.required("Condition", problems);
                    rule.template("Condition").map(Condition::Jsonata)
                }
            };
            rule.required("Next", problems);
            let next = rule.target("Next", targets, problems);
            let (Some(condition), Some(next)) = (condition, next) else { continue };
            rules.push(ChoiceRule {
                pointer: at,
                condition,
                next,
                assign: rule.template("Assign"),
                output: rule.template("Output"),
                comment: rule.comment(),
            });
        }
        Self { flow: Flow::read(fields, problems), rules, default: fields.target("Default", targets, problems) }
    }
}
