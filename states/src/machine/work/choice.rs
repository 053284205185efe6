//! Choice states: the first rule that holds says where it goes on.

use serde_json::Value;

use super::Events;
use crate::definition::Choice;
use crate::machine::failure::Failure;
use crate::machine::plan::{Form, RulePlan, When};
use crate::machine::view::{About, View};
use crate::payload::Payload;
use crate::query::JsonataTemplate;

impl View<'_> {
    pub(super) fn choice(&self, choice: &Choice) -> Events {
        let input = self.selected_input()?;
        for (index, rule) in self.compiled.rules.iter().enumerate() {
            let within = About::default().within("Choices", index);
            if self.holds(rule, &input, within)? {
                self.chosen.set(Some(Some(index)));
                let output = match &rule.output {
                    Some(output) => (Some(output), within),
                    None => (self.compiled.output.as_ref(), About::default()),
                };
                return self.choose(&input, output, (rule.assign.as_ref(), within), rule.next);
            }
        }
        match choice.default {
            Some(next) => {
                self.chosen.set(Some(None));
                let (output, assign) = (self.compiled.output.as_ref(), self.compiled.assign.as_ref());
                self.choose(&input, (output, About::default()), (assign, About::default()), next)
            }
            None => Err(Failure::found(
                "States.NoChoiceMatched",
                "Failed to transition out of the state. The state does not point to a next state.",
            )),
        }
    }

    fn holds(&self, rule: &RulePlan, input: &Payload, within: About<'_>) -> Result<bool, Failure> {
        match &rule.when {
            When::Rule(rule) => self.rule(rule, input),
            When::Jsonata(template) => match self.jsonata(template, "Condition", within)? {
                Value::Bool(holds) => Ok(holds),
                other => {
                    let source = template.expression().map_or("", |expression| expression.source());
                    let field = within.field("Condition");
                    Err(Failure::evaluation(
                        format!(
                            "The JSONata expression '{source}' specified for the field '{field}' returned an unexpected \
                             result type. Expected 'boolean', but was '{}' for value: {}",
                            crate::query::kind(&other),
                            crate::query::java_text(&other)
                        ),
                        Some(&field),
                    ))
                }
            },
        }
    }

    /// Goes on with that output and those variables, each with where it stands.
    fn choose(
        &self,
        input: &Payload,
        (output, output_within): (Option<&JsonataTemplate>, About<'_>),
        (assign, assign_within): (Option<&Form>, About<'_>),
        next: crate::definition::StateId,
    ) -> Events {
        let output = if self.is_jsonata() {
            self.output(output, self.input(), output_within)?
        } else {
            self.select(&self.compiled.output_path, input)?
        };
        let assigned = self.assign(assign, About { dollar: Some(input), ..assign_within })?;
        self.leave(output, assigned, Some(next))
    }
}
