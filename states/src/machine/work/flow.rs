//! The way of data through a state: from its input to what it works on, and from its result to its output.

use serde_json::Value;

use super::Events;
use crate::definition::{StateId, Transition};
use crate::machine::event::{Carry, Event};
use crate::machine::failure::Failure;
use crate::machine::plan::{Form, Select};
use crate::machine::view::{About, View};
use crate::payload::{Beyond, Payload};
use crate::query::{JsonataTemplate, MAX_DEPTH};

/// Variables and the values they are given.
type Assigned = Vec<(String, Payload)>;

impl View<'_> {
    /// What the state works on: its input after `InputPath` and `Parameters`, or its `Arguments`.
    pub(super) fn arguments(&self) -> Result<Payload, Failure> {
        let input = self.input();
        if self.is_jsonata() {
            return match &self.compiled.arguments {
                Some(form) => {
                    let arguments = self.form(form, "Arguments", About::default())?;
                    self.inspect(|seen| seen.put("afterArguments", &arguments));
                    Ok(arguments.into())
                }
                None => Ok(input.clone()),
            };
        }
        let selected = self.selected_input()?;
        match &self.compiled.arguments {
            Some(form) => {
                let parameters = self.form(form, "Parameters", About::dollar(&selected))?;
                self.inspect(|seen| seen.put("afterParameters", &parameters));
                Ok(parameters.into())
            }
            None => {
                self.inspect(|seen| seen.put("afterParameters", &selected));
                Ok(selected)
            }
        }
    }

    /// The input after `InputPath`.
    pub(super) fn selected_input(&self) -> Result<Payload, Failure> {
        let selected = self.select(&self.compiled.input_path, self.input())?;
        if !self.is_jsonata() {
            self.inspect(|seen| seen.put("afterInputPath", &selected));
        }
        Ok(selected)
    }

    /// Leaves a state that has a result.
    pub(super) fn finish(&self, result: &Payload, transition: Transition) -> Events {
        let about = About::result(result);
        let output = if self.is_jsonata() {
            self.output(self.compiled.output.as_ref(), result, about)?
        } else {
            let selected = match &self.compiled.result_selector {
                Some(form) => Payload::from(self.form(form, "ResultSelector", About::dollar(result))?),
                None => result.clone(),
            };
            self.inspect(|seen| seen.put("afterResultSelector", &selected));
            self.placed(&self.compiled.result_path, selected)?
        };
        let assigned = self.assign(self.compiled.assign.as_ref(), about)?;
        self.leave(output, assigned, next(transition))
    }

    /// The output of a state whose result is placed into its input by `ResultPath`.
    pub(super) fn placed(&self, result_path: &Select, result: Payload) -> Result<Payload, Failure> {
        let whole = self.put_into_input(result_path, result)?;
        self.inspect(|seen| seen.put("afterResultPath", &whole));
        self.select(&self.compiled.output_path, &whole)
    }

    pub(super) fn put_into_input(&self, result_path: &Select, result: Payload) -> Result<Payload, Failure> {
        Ok(match result_path {
            Select::Whole => result,
            Select::Nothing => self.input().clone(),
            Select::Path(path) if path.is_root() => result,
            Select::Path(path) => {
                let mut whole = (**self.input()).clone();
                path.assign(&mut whole, result.into_value())?;
                whole.into()
            }
        })
    }

    /// What `Output` makes; else what stands for it.
    pub(super) fn output(
        &self,
        template: Option<&JsonataTemplate>,
        otherwise: &Payload,
        about: About<'_>,
    ) -> Result<Payload, Failure> {
        match template {
            Some(template) => Ok(self.jsonata(template, "Output", about)?.into()),
            None => Ok(otherwise.clone()),
        }
    }

    /// The variables that `Assign` sets, in the order of their names.
    pub(super) fn assign(&self, form: Option<&Form>, about: About<'_>) -> Result<Assigned, Failure> {
        let Some(form) = form else { return Ok(Vec::new()) };
        let Value::Object(fields) = self.form(form, "Assign", about)? else { return Ok(Vec::new()) };
        let mut assigned: Assigned = fields.into_iter().map(|(name, value)| (name, value.into())).collect();
        // A variable may be made of itself, again and again.
        if let Some((name, beyond)) =
            assigned.iter().find_map(|(name, value)| Some((name, value.is_beyond(self.limits.payload_bytes)?)))
        {
            let cause = match beyond {
                Beyond::Bytes => format!("The variable '{name}' has more bytes than a payload may have"),
                Beyond::Levels => format!("The variable '{name}' has more than {MAX_DEPTH} levels"),
            };
            return Err(Failure::found("States.DataLimitExceeded", cause));
        }
        assigned.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.bound(&assigned)?;
        Ok(assigned)
    }

    /// Sees to it that variables do not grow beyond their limits.
    fn bound(&self, assigned: &Assigned) -> Result<(), Failure> {
        let limits = self.limits;
        let exceeded = |what: String, most: usize| {
            let cause = format!("{what} exceed the maximum number of bytes service limit: {most}.");
            Err(Failure::found("States.DataLimitExceeded", cause))
        };
        if let Some((name, _)) = assigned.iter().find(|(_, value)| value.exceeds(limits.variable_bytes)) {
            return exceeded(format!("The contents of the variable '{name}'"), limits.variable_bytes);
        }
        let sizes = assigned.iter().map(|(name, value)| {
            let before = self.frame.variables.get(name).map_or(0, Payload::bytes);
            (value.bytes(), before)
        });
        let (bytes, before) = sizes.fold((0, 0), |sum, size| (sum.0 + size.0, sum.1 + size.1));
        if bytes > limits.assigned_bytes {
            return exceeded("The variables that are assigned".to_owned(), limits.assigned_bytes);
        }
        if (self.state.variables_bytes() + bytes).saturating_sub(before) > limits.variables_bytes {
            return exceeded("The variables of the execution".to_owned(), limits.variables_bytes);
        }
        Ok(())
    }

    pub(super) fn leave(&self, output: Payload, assigned: Assigned, next: Option<StateId>) -> Events {
        if let Some(beyond) = output.is_beyond(self.limits.payload_bytes) {
            return Err(Failure::found("States.DataLimitExceeded", beyond.cause(&self.definition.name)));
        }
        let output = Carry::of(output, self.input());
        Ok(vec![Event::Exited { frame: self.id, output, assigned, next }])
    }
}

pub(super) fn next(transition: Transition) -> Option<StateId> {
    match transition {
        Transition::Next(state) => Some(state),
        Transition::End => None,
    }
}
