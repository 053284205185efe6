//! Pictures of definitions.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test")]

mod definition_machines;

use duramen_states::definition::Definition;
use duramen_states::graph::*;
use duramen_states::{Fault, Machine, Options, Tasks};
use proptest::prelude::*;
use serde_json::{Value, json};

const DECIDE: &str = r#"{"StartAt": "Try", "States": {
    "Try": {"Type": "Task", "Resource": "work", "Catch": [{"ErrorEquals": ["Busy"], "Next": "Try"}], "Next": "Good?"},
    "Good?": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": 5, "Next": "Try"}], "Default": "All"},
    "All": {"Type": "Map", "ItemProcessor": {"StartAt": "One", "States": {"One": {"Type": "Succeed"}}}, "End": true}}}"#;

fn graph_of(text: &str) -> Graph {
    Definition::parse(text).unwrap().graph()
}

fn decide() -> Graph {
    graph_of(DECIDE)
}

fn run() -> Run {
    let mut run = Run::default();
    let reached = StateRun { entered: 2, retried: 1, ..StateRun::default() };
    run.states.insert("Try".into(), StateRun { failed: 1, caught: 1, ..reached });
    run.states.insert("Good?".into(), StateRun { entered: 1, running: 1, ..StateRun::default() });
    run
}

const PICTURE: &str = concat!(
    "          o-------o\n",
    "          | Start |\n",
    "          o-------o\n",
    "              |\n",
    "              |\n",
    "              v\n",
    "  +--------------------+<-+\n",
    "  | ~ Try (Task) x2 r1 |  |\n",
    "  +--------------------+--+\n",
    "           |   ^\n",
    "           |   |\n",
    "           v   |\n",
    "    <------------------>\n",
    "    | * Good? (Choice) |\n",
    "    <------------------>\n",
    "              |\n",
    "              |\n",
    "              v\n",
    "  +-----------------------+\n",
    "  |       All (Map)       |\n",
    "  | .. For each item .... |\n",
    "  | :                   : |\n",
    "  | : +---------------+ : |\n",
    "  | : | One (Succeed) | : |\n",
    "  | : +---------------+ : |\n",
    "  | ..................... |\n",
    "  +-----------------------+\n",
    "              |\n",
    "              |\n",
    "              v\n",
    "           o-----o\n",
    "           | End |\n",
    "           o-----o\n",
    "* running, ~ failed and caught\n",
    "Try -> Try: catch Busy\n",
    "Good? -> Try: $.n < 5\n",
    "Good? -> All: otherwise\n",
);

#[test]
fn the_picture_of_characters_shows_boxes_cycles_and_marks() {
    let picture = decide().with_run(&run()).to_ascii();
    assert_eq!(picture, PICTURE, "{picture}");
}

#[test]
fn mermaid_has_subgraphs_dotted_catchers_and_classes() {
    let expected = "flowchart TD
  n0((Start))
  n1[[\"Try<br/>×2 ↻1\"]]
  n2{\"Good#63;\"}
  subgraph n3[\"All\"]
    subgraph b1[\"For each item\"]
      n4[\"One\"]
    end
  end
  n5((End))
  n0 --> n1
  n1 --> n2
  n1 -.->|\"catch Busy\"| n1
  n2 -->|\"$.n #60; 5\"| n1
  n2 -->|\"otherwise\"| n3
  n3 --> n5
  classDef untouched fill:#ffffff,stroke:#c6d0d9,color:#8a96a3
  class n3,n4 untouched
  classDef running fill:#e2effd,stroke:#2474c4,color:#1f2933,stroke-width:3px
  class n2 running
  classDef caught fill:#fdf1d9,stroke:#c98a14,color:#1f2933
  class n1 caught
";
    assert_eq!(decide().with_run(&run()).to_mermaid(), expected);
}

#[test]
fn names_cannot_break_out_of_the_picture() {
    let text =
        r#"{"StartAt": "</title><script>\"&'", "States": {"</title><script>\"&'": {"Type": "Pass", "End": true}}}"#;
    let graph = Definition::parse(text).unwrap().graph();
    let svg = graph.to_svg();
    assert!(!svg.contains("<script>") && svg.contains("&lt;script&gt;&quot;&amp;&#39;"));
    assert!(!graph.to_mermaid().contains('>') || !graph.to_mermaid().contains("<script"));
}

#[test]
fn the_look_tells_the_worst_that_goes_on() {
    let of =
        |entered, failed, caught, running| StateRun { entered, failed, caught, running, ..StateRun::default() }.mark();
    assert_eq!(of(0, 0, 0, 0), Mark::Untouched);
    assert_eq!(of(1, 0, 0, 0), Mark::Done);
    assert_eq!(of(2, 1, 1, 0), Mark::Caught);
    assert_eq!(of(2, 2, 1, 0), Mark::Failed);
    assert_eq!(of(2, 2, 1, 1), Mark::Running);
}

#[test]
fn large_definitions_are_drawn_too() {
    let chain = |fan: bool| {
        let mut states = serde_json::Map::new();
        for index in 0..1500 {
            let next = if index == 1499 { "F".to_owned() } else { format!("{}", index + 1) };
            let catch = serde_json::json!([{"ErrorEquals": ["E"], "Next": if fan { format!("{}", (index * 7) % 1500) } else { "F".into() }}]);
            let state = serde_json::json!({"Type": "Task", "Resource": "r", "Next": next, "Catch": catch});
            states.insert(format!("{index}"), state);
        }
        states.insert("F".into(), serde_json::json!({"Type": "Fail"}));
        serde_json::json!({"StartAt": "0", "States": states}).to_string()
    };
    for fan in [false, true] {
        let graph = Definition::parse(&chain(fan)).unwrap().graph();
        assert!(graph.to_svg().contains("data-state=\"1499\""));
        assert!(graph.to_ascii().contains("1499 -> F"));
    }
}

proptest! {
    #[test]
    fn nodes_do_not_overlap_and_lie_in_their_boxes(definition in definition_machines::definition()) {
        let definition = Definition::parse(&definition.to_string()).unwrap();
        let graph = definition.graph();
        let layout = graph.layout();
        for (index, node) in graph.nodes.iter().enumerate() {
            let rect = layout.nodes[index];
            prop_assert!(rect.width > 0 && rect.height > 0);
            prop_assert!(layout.boxes[node.inside].contains(&rect), "{} in {:?}", node.label, layout.boxes[node.inside]);
            for (other, about) in graph.nodes.iter().enumerate().skip(index + 1) {
                let apart = !rect.overlaps(&layout.nodes[other]);
                prop_assert!(apart || node.inside != about.inside, "{} and {}", node.label, about.label);
            }
        }
        for (index, frame) in graph.boxes.iter().enumerate() {
            if let Some(around) = frame.around {
                prop_assert!(layout.nodes[around].contains(&layout.boxes[index]));
            }
            for other in index + 1..graph.boxes.len() {
                let beside = graph.boxes[other].around == frame.around;
                prop_assert!(!beside || !layout.boxes[index].overlaps(&layout.boxes[other]));
            }
        }
        for (from, to, route) in &layout.routes {
            let (first, last) = (route.points[0], route.points[route.points.len() - 1]);
            for (node, (x, y)) in [(*from, first), (*to, last)] {
                let rect = layout.nodes[node];
                prop_assert!(rect.x <= x && x <= rect.x + rect.width && rect.y <= y && y <= rect.y + rect.height);
            }
            prop_assert_eq!(route.lanes.len() + 1, route.points.len());
        }
    }

    #[test]
    fn the_picture_is_the_same_every_time(definition in definition_machines::definition()) {
        let text = definition.to_string();
        let draw = || {
            let graph = Definition::parse(&text).unwrap().graph();
            (graph.to_svg(), graph.to_ascii(), graph.to_mermaid())
        };
        prop_assert_eq!(draw(), draw());
    }

    #[test]
    fn every_state_is_in_every_picture(definition in definition_machines::definition()) {
        let definition = Definition::parse(&definition.to_string()).unwrap();
        let graph = definition.graph();
        let (svg, ascii, mermaid) = (graph.to_svg(), graph.to_ascii(), graph.to_mermaid());
        for state in definition.states() {
            let (attribute, caption) =
                (format!("data-state=\"{}\"", state.name), format!("{} ({})", state.name, state.kind.name()));
            prop_assert!(svg.contains(&attribute));
            prop_assert!(ascii.contains(&caption), "{}", ascii);
            prop_assert!(mermaid.contains(&state.name));
        }
    }
}

fn machine(states: &str) -> Machine {
    Machine::new(&Definition::parse(states).unwrap()).unwrap()
}

/// Runs it and reads the history twice: as it is, and as AWS's JSON in reverse order.
fn past(text: &str, input: Value, tasks: &Tasks) -> Run {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let run = runtime.block_on(machine(text).run(input, tasks, Options::default().skip_waits().seed(1)));
    let events: Vec<Value> = run.history.iter().rev().map(duramen_states::HistoryEvent::to_json).collect();
    let past = Run::of_history(&run.history);
    assert_eq!(Run::of_json(&json!({"events": events})), Ok(past.clone()), "{events:#?}");
    past
}

fn tasks() -> Tasks {
    let busy = |error: &str| Fault { error: Some(error.to_owned()), cause: None };
    Tasks::new()
        .handler("good", |_| async { Ok(json!({})) })
        .handler("bad", move |_| async move { Err(busy("Bad")) })
        .handler("second", move |call| async move { if call.number > 1 { Ok(json!({})) } else { Err(busy("Bad")) } })
}

#[track_caller]
fn of(run: &Run, name: &str) -> (Mark, u64, u64) {
    let state = run.states.get(name).copied().unwrap_or_default();
    (state.mark(), state.entered, state.retried)
}

#[test]
fn a_history_tells_what_ran_was_tried_again_was_caught_and_failed() {
    let text = r#"{"StartAt": "A", "States": {
        "A": {"Type": "Task", "Resource": "second", "Retry": [{"ErrorEquals": ["Bad"]}], "Next": "B"},
        "B": {"Type": "Task", "Resource": "bad", "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "C"}], "Next": "D"},
        "C": {"Type": "Task", "Resource": "bad", "Retry": [{"ErrorEquals": ["Bad"], "MaxAttempts": 2}], "Next": "D"},
        "D": {"Type": "Succeed"}}}"#;
    let run = past(text, json!({}), &tasks());
    assert_eq!(of(&run, "A"), (Mark::Done, 1, 1));
    assert_eq!(of(&run, "B"), (Mark::Caught, 1, 0));
    assert_eq!(of(&run, "C"), (Mark::Failed, 1, 2));
    assert_eq!(of(&run, "D"), (Mark::Untouched, 0, 0));
}

#[test]
fn a_history_tells_of_what_is_inside_of_parallel_and_map_states() {
    let text = r#"{"StartAt": "P", "States": {
        "P": {"Type": "Parallel", "Retry": [{"ErrorEquals": ["Odd"], "MaxAttempts": 1}],
            "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "M"}], "Next": "M", "Branches": [
            {"StartAt": "In", "States": {"In": {"Type": "Parallel", "End": true, "Branches": [
                {"StartAt": "X", "States": {"X": {"Type": "Task", "Resource": "good", "End": true}}}]}}},
            {"StartAt": "Z", "States": {"Z": {"Type": "Wait", "Seconds": 9, "End": true}}},
            {"StartAt": "Y", "States": {"Y": {"Type": "Fail", "Error": "Odd"}}}]},
        "M": {"Type": "Map", "ItemsPath": "$.items", "ItemProcessor": {"StartAt": "I", "States": {
            "I": {"Type": "Choice", "Choices": [{"Variable": "$", "NumericLessThan": 2, "Next": "J"}]},
            "J": {"Type": "Pass", "End": true}}}, "End": true}}}"#;
    let text = text.replace("\"Next\": \"M\"}]", "\"Next\": \"M\", \"ResultPath\": \"$.e\"}]");
    let run = past(&text, json!({"items": [0, 1]}), &tasks());
    assert_eq!(of(&run, "P"), (Mark::Caught, 1, 1));
    assert_eq!(of(&run, "Y"), (Mark::Failed, 2, 0));
    assert_eq!(of(&run, "Z"), (Mark::Aborted, 2, 0));
    assert_eq!(of(&run, "M"), (Mark::Done, 1, 0));
    assert_eq!(of(&run, "J"), (Mark::Done, 2, 0));
    let run = past(&text, json!({"items": [0, 2]}), &tasks());
    assert_eq!(of(&run, "M"), (Mark::Failed, 1, 0));
    assert_eq!(of(&run, "I").0, Mark::Failed);
    assert_eq!(run.states["I"].failed, 1);
}

#[test]
fn what_fails_with_what_is_inside_of_it_has_failed_too() {
    let text = r#"{"StartAt": "O", "States": {"O": {"Type": "Parallel", "Branches": [{"StartAt": "P", "States": {
        "P": {"Type": "Parallel", "Branches": [{"StartAt": "M", "States": {"M": {"Type": "Map", "ItemsPath": "$.items",
            "ItemProcessor": {"StartAt": "T", "States": {"T": {"Type": "Task", "Resource": "bad", "End": true}}},
            "End": true}}}], "End": true}}}],
        "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "S"}], "Next": "S"}, "S": {"Type": "Succeed"}}}"#;
    let run = past(text, json!({"items": [1]}), &tasks());
    for (state, mark) in
        [("O", Mark::Caught), ("P", Mark::Failed), ("M", Mark::Failed), ("T", Mark::Failed), ("S", Mark::Done)]
    {
        assert_eq!(of(&run, state), (mark, 1, 0), "{state}");
    }
}

#[test]
fn a_failed_evaluation_is_that_of_its_state_and_a_redriven_execution_goes_on() {
    let text = r#"{"QueryLanguage": "JSONata", "StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "B"},
        "B": {"Type": "Map", "Items": "{% 1 %}", "ItemProcessor": {"StartAt": "C", "States": {
            "C": {"Type": "Pass", "End": true}}}, "End": true}}}"#;
    let run = past(text, json!({}), &tasks());
    assert_eq!((of(&run, "A").0, of(&run, "B").0), (Mark::Done, Mark::Failed));
    let event = |id: u64, previous: u64, kind: &str| json!({"id": id, "previousEventId": previous, "type": kind});
    let mut entered = event(2, 0, "TaskStateEntered");
    entered["stateEnteredEventDetails"] = json!({"name": "T"});
    let mut events = vec![event(1, 0, "ExecutionStarted"), entered];
    events.extend([event(3, 2, "TaskScheduled"), event(4, 3, "TaskFailed"), event(5, 4, "ExecutionFailed")]);
    assert_eq!(of(&Run::of_json(&json!(events)).unwrap(), "T"), (Mark::Failed, 1, 0));
    events.extend([event(6, 5, "ExecutionRedriven"), event(7, 6, "TaskScheduled")]);
    assert_eq!(of(&Run::of_json(&json!(events)).unwrap(), "T"), (Mark::Running, 1, 1));
}

#[test]
fn a_history_that_is_not_at_its_end_tells_what_runs() {
    let text = r#"{"StartAt": "A", "States": {"A": {"Type": "Pass", "Next": "W"},
        "W": {"Type": "Wait", "Seconds": 1, "End": true}}}"#;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let run = runtime.block_on(machine(text).run(json!({}), &Tasks::new(), Options::default().skip_waits()));
    let begun = Run::of_history(&run.history[..4]);
    assert_eq!((of(&begun, "A").0, of(&begun, "W").0), (Mark::Done, Mark::Running));
    assert_eq!(of(&Run::of_history(&run.history), "W").0, Mark::Done);
    let picture = graph_of(text).with_run(&begun).to_ascii();
    assert!(picture.contains("| + A (Pass) |") && picture.contains("| * W (Wait) |"), "{picture}");
}

#[test]
fn what_is_no_history_is_refused() {
    assert!(Run::of_json(&json!({"events": 1})).is_err());
    assert!(Run::of_json(&json!([{"id": 1}])).unwrap_err().contains("event 0"));
    assert_eq!(Run::of_json(&json!([])), Ok(Run::default()));
    let loose = json!([{"id": 7, "type": "TaskFailed", "previousEventId": 3}, {"id": 9, "type": "MapStateFailed"}]);
    assert_eq!(Run::of_json(&loose), Ok(Run::default()));
}

#[test]
fn what_nobody_does_was_tried_as_often_as_it_was_not_scheduled() {
    let text = r#"{"StartAt": "A", "States": {
        "A": {"Type": "Task", "Resource": "nobody", "End": true,
            "Retry": [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}]}}}"#;
    assert_eq!(of(&past(text, json!({}), &tasks()), "A"), (Mark::Failed, 1, 2));
    let text = text.replace("nobody", "arn:aws:states:::sns:publish");
    assert_eq!(of(&past(&text, json!({}), &tasks()), "A"), (Mark::Failed, 1, 2));
}
