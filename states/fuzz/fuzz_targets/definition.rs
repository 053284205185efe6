//! A text is validated, read, compiled, laid out and drawn. What validates compiles; to lay out changes nothing but the
//! layout, and nothing the second time.
#![no_main]

use duramen_states::definition::Definition;
use duramen_states::validate::{Handlers, Options, validate, validate_state};
use duramen_states_fuzz::{let_the_evaluator_panic, mutate_json, valid};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use serde_json::Value;

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| { mutate_json(data, size, max_size, seed) });

fuzz_target!(init: let_the_evaluator_panic(), |text: &str| {
    let options = Options::default().handlers(Handlers::Any);
    let _ = validate_state(text, &options);
    if let Some(machine) = valid(text) {
        let definition = machine.definition();
        let _ = definition.variable_references();
        let graph = definition.graph();
        let _ = (graph.to_svg(), graph.to_mermaid(), graph.to_ascii());
    } else if let Ok(definition) = Definition::parse(text) {
        let _ = duramen_states::Machine::new(&definition);
        let _ = definition.graph().to_svg();
    }
    let Ok(laid_out) = Definition::format(text) else { return };
    assert_eq!(Definition::format(&laid_out).unwrap(), laid_out);
    let value = |text| serde_json::from_str::<Value>(text).unwrap();
    assert_eq!(value(text), value(&laid_out));
    if laid_out.len() < 1 << 20 {
        let said = |text| {
            let mut said: Vec<_> = validate(text, &options).iter().map(ToString::to_string).collect();
            said.sort();
            said
        };
        let before = said(text);
        assert!(before.len() >= options.limit || before == said(&laid_out), "{before:?}");
    }
});
