//! Pictures of definitions.

mod definition_machines;

use duramen_states::definition::Definition;
use duramen_states::graph::*;
use proptest::prelude::*;

const DECIDE: &str = r#"{"StartAt": "Try", "States": {
    "Try": {"Type": "Task", "Resource": "work", "Catch": [{"ErrorEquals": ["Busy"], "Next": "Try"}], "Next": "Good?"},
    "Good?": {"Type": "Choice", "Choices": [{"Variable": "$.n", "NumericLessThan": 5, "Next": "Try"}], "Default": "All"},
    "All": {"Type": "Map", "ItemProcessor": {"StartAt": "One", "States": {"One": {"Type": "Succeed"}}}, "End": true}}}"#;

#[allow(clippy::unwrap_used)]
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
    let of = |entered, failed, caught, running| StateRun { entered, failed, retried: 0, caught, running }.mark();
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
