//! A valid definition is run in memory: it comes to an end, its history is one, and the same seed gives the same again.
#![no_main]

use std::time::{Duration, Instant};

use duramen_states::{Fault, Limits, Options, Run, Tasks};
use duramen_states_fuzz::{let_the_evaluator_panic, mutate_with_json, parts, valid};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use serde_json::Value;

/// Events of a run: enough to come through every state some times.
const EVENTS: u64 = 400;

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    mutate_with_json(data, size, max_size, seed)
});

fuzz_target!(init: let_the_evaluator_panic(), |data: &[u8]| {
    let Some((text, input)) = parts(data) else { return };
    let Some(machine) = valid(text) else { return };
    let limits = Limits::default().payload_bytes(1 << 16).history_events(EVENTS).turn_events(40);
    let machine = machine.limits(limits);
    let tasks = tasks();
    let run = |input: Value| -> Run {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let options = Options::default().skip_waits().seed(7).start_ms(1_700_000_000_000);
        // A map run or a call that nobody answers waits until it is stopped.
        runtime.block_on(machine.run(input, &tasks, options.stop_after_ms(u64::from(u32::MAX) * 1000)))
    };
    let begun = Instant::now();
    let one = run(input.clone());
    let mut last = 0;
    for event in &one.history {
        assert_eq!(event.id, last + 1, "{:?}", one.history);
        assert!(event.previous < event.id);
        last = event.id;
    }
    if begun.elapsed() < Duration::from_millis(200) {
        let other = run(input);
        assert_eq!(one, other);
    }
});

fn tasks() -> Tasks {
    let echo = |call: duramen_states::Call| async move { Ok(call.input.into_value()) };
    let odd = |_| async { Err(Fault { error: Some("Odd".to_owned()), cause: Some("why".to_owned()) }) };
    let slow = |call: duramen_states::Call| async move {
        tokio::time::sleep(Duration::from_secs(100)).await;
        Ok(call.input.into_value())
    };
    Tasks::new().handler("echo", echo).handler("fail", odd).handler("slow", slow)
}
