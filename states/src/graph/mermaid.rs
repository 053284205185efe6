//! The graph in the language of Mermaid.

use std::fmt::Write;

use super::labels::shortened;
use super::run::Mark;
use super::{Graph, NodeKind};

const MAX_EDGE_LABEL: usize = 60;

const LOOKS: [(Mark, &str); 6] = [
    (Mark::Untouched, "fill:#ffffff,stroke:#c6d0d9,color:#8a96a3"),
    (Mark::Done, "fill:#e3f5ea,stroke:#2f9e5f,color:#1f2933"),
    (Mark::Aborted, "fill:#eef0f2,stroke:#6b7785,color:#1f2933,stroke-dasharray:4 3"),
    (Mark::Running, "fill:#e2effd,stroke:#2474c4,color:#1f2933,stroke-width:3px"),
    (Mark::Caught, "fill:#fdf1d9,stroke:#c98a14,color:#1f2933"),
    (Mark::Failed, "fill:#fce4e1,stroke:#c8382a,color:#1f2933,stroke-width:3px"),
];

impl Graph {
    /// The graph as a Mermaid flowchart. Boxes are subgraphs, catchers dotted lines, and what a run made of a state is its
    /// class.
    #[must_use]
    pub fn to_mermaid(&self) -> String {
        let mut out = "flowchart TD\n".to_owned();
        let members = self.members();
        let inner = self.inner();
        self.mermaid_box(0, 1, &members, &inner, &mut out);
        for edge in &self.edges {
            let arrow = if matches!(edge.kind, super::EdgeKind::Catch(_)) { "-.->" } else { "-->" };
            let label = match edge.label.as_str() {
                "" => String::new(),
                label => format!("|\"{}\"|", escaped(&shortened(label, MAX_EDGE_LABEL))),
            };
            let _ = writeln!(out, "  n{} {arrow}{label} n{}", edge.from, edge.to);
        }
        for (mark, look) in LOOKS {
            let of_mark =
                self.nodes.iter().enumerate().filter(|(_, node)| node.run.is_some_and(|run| run.mark() == mark));
            let names: Vec<String> = of_mark.map(|(index, _)| format!("n{index}")).collect();
            if !names.is_empty() {
                let word = mark.word();
                let _ = writeln!(out, "  classDef {word} {look}\n  class {} {word}", names.join(","));
            }
        }
        out
    }

    fn mermaid_box(
        &self,
        index: usize,
        depth: usize,
        members: &[Vec<usize>],
        inner_of: &[Vec<usize>],
        out: &mut String,
    ) {
        let indent = "  ".repeat(depth);
        for node in members.get(index).into_iter().flatten().copied() {
            let Some(about) = self.nodes.get(node) else { continue };
            let mut label = escaped(&about.label);
            if let Some(numbers) = about.run.map(|run| run.numbers("×", "↻")).filter(|numbers| !numbers.is_empty()) {
                let _ = write!(label, "<br/>{numbers}");
            }
            let inner = inner_of.get(node).map(Vec::as_slice).unwrap_or_default();
            let _ = match about.kind {
                NodeKind::Start | NodeKind::End => writeln!(out, "{indent}n{node}(({label}))"),
                NodeKind::State(_, "Choice") => writeln!(out, "{indent}n{node}{{\"{label}\"}}"),
                NodeKind::State(_, "Wait") => writeln!(out, "{indent}n{node}([\"{label}\"])"),
                NodeKind::State(_, "Task") => writeln!(out, "{indent}n{node}[[\"{label}\"]]"),
                _ if inner.is_empty() => writeln!(out, "{indent}n{node}[\"{label}\"]"),
                _ => writeln!(out, "{indent}subgraph n{node}[\"{label}\"]"),
            };
            for inside in inner {
                let label = self.boxes.get(*inside).map(|frame| escaped(&frame.label)).unwrap_or_default();
                let _ = writeln!(out, "{indent}  subgraph b{inside}[\"{label}\"]");
                self.mermaid_box(*inside, depth + 2, members, inner_of, out);
                let _ = writeln!(out, "{indent}  end");
            }
            if !inner.is_empty() {
                let _ = writeln!(out, "{indent}end");
            }
        }
    }
}

/// The text as it may stand between double quotes. Mermaid has no escapes but the codes of characters.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            c if c.is_alphanumeric() || " ._-,:()+/=!$".contains(c) => out.push(c),
            c if c.is_control() => out.push(' '),
            '"' => out.push_str("#quot;"),
            c => {
                let _ = write!(out, "#{};", u32::from(c));
            }
        }
    }
    out
}
