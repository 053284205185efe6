//! Pictures of definitions: what goes on to what, laid out in ranks, as SVG, Mermaid and plain text.
//!
//! # What is promised
//!
//! - The picture is a function of the definition and the [`Run`]: the same every time.
//! - Nodes do not overlap, and what is inside a parallel or a map state is drawn inside its box.
//! - Every text is escaped for what it is put into. The SVG stands for itself: it loads nothing and runs nothing.
//! - Cycles, unreachable states and definitions of the greatest size are drawn too; what would be too large for a
//!   picture of text becomes a list of its edges.

mod ascii;
mod build;
mod canvas;
mod column;
mod labels;
mod layered;
mod layout;
mod mermaid;
mod past;
mod run;
mod svg;

pub(crate) use labels::condition;
pub use layout::{Layout, Rect, Route};
pub use run::{Mark, Run, StateRun};

use crate::definition::{MachineId, StateId};

/// The graph of a definition.
///
/// ```
/// use duramen_states::definition::Definition;
///
/// let text = r#"{"StartAt": "Greet", "States": {"Greet": {"Type": "Pass", "End": true}}}"#;
/// let graph = Definition::parse(text).unwrap().graph();
/// assert_eq!(graph.to_mermaid(), "flowchart TD
///   n0((Start))
///   n1[\"Greet\"]
///   n2((End))
///   n0 --> n1
///   n1 --> n2
/// ");
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Graph {
    /// The states, and the marks of the start and of the end.
    pub nodes: Vec<Node>,
    /// What goes on to what.
    pub edges: Vec<Edge>,
    /// The machines. The first is the outermost.
    pub boxes: Vec<Frame>,
}

/// A node.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// What it is.
    pub kind: NodeKind,
    /// The name of the state, or `Start` or `End`.
    pub label: String,
    /// What else is said about it: the type of the state, and what a task calls.
    pub detail: String,
    /// The box it stands in, by its index.
    pub inside: usize,
    /// What became of it in a run.
    pub run: Option<StateRun>,
}

/// What a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NodeKind {
    /// Where the definition begins.
    Start,
    /// Where it ends.
    End,
    /// A state, and the value of its `Type`.
    State(StateId, &'static str),
}

/// An edge between two nodes of the same box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// The node it leaves, by its index.
    pub from: usize,
    /// The node it reaches, by its index.
    pub to: usize,
    /// Why it is there.
    pub kind: EdgeKind,
    /// What is said about it: the condition of a rule, the errors of a catcher. Empty when there is nothing to say.
    pub label: String,
}

/// Why an edge is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EdgeKind {
    /// `StartAt`.
    Start,
    /// `Next`.
    Next,
    /// That rule of a choice state, counted from zero.
    Rule(usize),
    /// `Default`.
    Default,
    /// That catcher, counted from zero.
    Catch(usize),
    /// `End`.
    End,
}

/// The box of a machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Frame {
    /// The machine.
    pub machine: MachineId,
    /// The node of the parallel or map state around it, by its index. None for the outermost.
    pub around: Option<usize>,
    /// What is written on it; empty for the outermost.
    pub label: String,
}

impl Graph {
    /// The graph with what became of the states in a run. States that the run does not know are shown as not reached.
    #[must_use]
    pub fn with_run(&self, run: &Run) -> Self {
        let mut graph = self.clone();
        for node in &mut graph.nodes {
            if let NodeKind::State(..) = node.kind {
                node.run = Some(run.states.get(&node.label).copied().unwrap_or_default());
            }
        }
        graph
    }

    /// The nodes of each box.
    pub(crate) fn members(&self) -> Vec<Vec<usize>> {
        let mut members = vec![Vec::new(); self.boxes.len()];
        for (node, about) in self.nodes.iter().enumerate() {
            members.get_mut(about.inside).into_iter().for_each(|members| members.push(node));
        }
        members
    }

    /// The boxes inside each node.
    pub(crate) fn inner(&self) -> Vec<Vec<usize>> {
        let mut inner = vec![Vec::new(); self.nodes.len()];
        for (index, frame) in self.boxes.iter().enumerate() {
            let around = frame.around.and_then(|around| inner.get_mut(around));
            around.into_iter().for_each(|inner| inner.push(index));
        }
        inner
    }

    /// The edges with those between the same two nodes put together: their nodes, whether all are catchers, and what is
    /// said about them.
    pub(crate) fn bundles(&self) -> Vec<Bundle> {
        let mut bundles: Vec<Bundle> = Vec::new();
        let mut places = std::collections::HashMap::new();
        for edge in &self.edges {
            let place = *places.entry((edge.from, edge.to)).or_insert_with(|| {
                bundles.push(Bundle { from: edge.from, to: edge.to, catch: true, labels: Vec::new() });
                bundles.len() - 1
            });
            if let Some(bundle) = bundles.get_mut(place) {
                bundle.catch &= matches!(edge.kind, EdgeKind::Catch(_));
                if !edge.label.is_empty() {
                    bundle.labels.push(edge.label.clone());
                }
            }
        }
        bundles
    }
}

/// Edges between the same two nodes.
pub(crate) struct Bundle {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) catch: bool,
    pub(crate) labels: Vec<String>,
}
