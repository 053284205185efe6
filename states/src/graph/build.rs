//! Makes the graph of a definition.

use super::labels::{condition, detail};
use super::{Edge, EdgeKind, Frame, Graph, Node, NodeKind};
use crate::definition::{Catcher, Definition, MachineId, State, StateId, StateKind, Transition};

impl Definition {
    /// The graph of this definition.
    #[must_use]
    pub fn graph(&self) -> Graph {
        let frames = self.machines().iter().map(|machine| {
            let parent = machine.parent.and_then(|parent| self.state(parent));
            let label = match parent {
                None => String::new(),
                Some(state) if matches!(state.kind, StateKind::Map(_)) => "For each item".to_owned(),
                Some(state) => {
                    let place = state.inner().iter().position(|inner| *inner == machine.id).unwrap_or_default();
                    format!("Branch {}", place + 1)
                }
            };
            Frame { machine: machine.id, around: machine.parent.map(node_of), label }
        });
        let mut graph = Graph { nodes: Vec::new(), edges: Vec::new(), boxes: frames.collect() };
        graph.nodes.push(mark(NodeKind::Start, "Start"));
        graph.nodes.extend(self.states().iter().map(|state| Node {
            kind: NodeKind::State(state.id, state.kind.name()),
            label: state.name.clone(),
            detail: detail(state),
            inside: state.machine.index(),
            run: None,
        }));
        let end = graph.nodes.len();
        graph.nodes.push(mark(NodeKind::End, "End"));
        graph.edge(0, node_of(self.root().start), EdgeKind::Start, String::new());
        for state in self.states() {
            graph.state_edges(state, end);
        }
        graph
    }
}

fn mark(kind: NodeKind, label: &str) -> Node {
    Node { kind, label: label.to_owned(), detail: String::new(), inside: 0, run: None }
}

/// The mark of the start comes before the states.
fn node_of(state: StateId) -> usize {
    state.index() + 1
}

impl Graph {
    fn edge(&mut self, from: usize, to: usize, kind: EdgeKind, label: String) {
        self.edges.push(Edge { from, to, kind, label });
    }

    fn state_edges(&mut self, state: &State, end: usize) {
        let from = node_of(state.id);
        let (transition, catch): (_, &[Catcher]) = match &state.kind {
            StateKind::Pass(pass) => (pass.transition, &[]),
            StateKind::Wait(wait) => (wait.transition, &[]),
            StateKind::Task(task) => (task.transition, &task.catch),
            StateKind::Parallel(parallel) => (parallel.transition, &parallel.catch),
            StateKind::Map(map) => (map.transition, &map.catch),
            StateKind::Succeed(_) | StateKind::Fail(_) => (Transition::End, &[]),
            StateKind::Choice(choice) => {
                for (index, rule) in choice.rules.iter().enumerate() {
                    self.edge(from, node_of(rule.next), EdgeKind::Rule(index), condition(&rule.condition));
                }
                if let Some(default) = choice.default {
                    self.edge(from, node_of(default), EdgeKind::Default, "otherwise".to_owned());
                }
                return;
            }
        };
        match transition {
            Transition::Next(next) => self.edge(from, node_of(next), EdgeKind::Next, String::new()),
            // Only the outermost machine has a mark for its end.
            Transition::End if state.machine == MachineId::ROOT => self.edge(from, end, EdgeKind::End, String::new()),
            Transition::End => {}
        }
        for (index, catcher) in catch.iter().enumerate() {
            let label = format!("catch {}", catcher.errors.join(", "));
            self.edge(from, node_of(catcher.next), EdgeKind::Catch(index), label);
        }
    }
}
