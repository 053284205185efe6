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
            if self.holds(rule, &input)? {
                self.chosen.set(Some(Some(index)));
                let output = rule.output.as_ref().or(self.compiled.output.as_ref());
                return self.choose(&input, output, rule.assign.as_ref(), rule.next);
            }
        }
        match choice.default {
            Some(next) => {
                self.chosen.set(Some(None));
                self.choose(&input, self.compiled.output.as_ref(), self.compiled.assign.as_ref(), next)
            }
            None => Err(Failure::found(
                "States.NoChoiceMatched",
                "Failed to transition out of the state. The state does not point to a next state.",
            )),
        }
    }

    fn holds(&self, rule: &RulePlan, input: &Payload) -> Result<bool, Failure> {
        match &rule.when {
            When::Rule(rule) => self.rule(rule, input),
            When::Jsonata(template) => match self.jsonata(template, "Condition", About::default())? {
                Value::Bool(holds) => Ok(holds),
                other => {
                    let source = template.expression().map_or("", |expression| expression.source());
                    Err(Failure::evaluation(
                        format!(
                            "The JSONata expression '{source}' specified for the field 'Condition' returned an unexpected \
                             result type. Expected 'boolean', but was '{}' for value: {other}",
                            crate::query::kind(&other)
                        ),
                        Some("Condition"),
                    ))
                }
            },
        }
    }

    fn choose(
        &self,
        input: &Payload,
        output: Option<&JsonataTemplate>,
        assign: Option<&Form>,
        next: crate::definition::StateId,
    ) -> Events {
        let output = if self.is_jsonata() {
            self.output(output, self.input(), About::default())?
        } else {
            self.select(&self.compiled.output_path, input)?
        };
        let assigned = self.assign(assign, About::dollar(input))?;
        self.leave(output, assigned, Some(next))
    }
}
