//! The graph as a picture of characters, for terminals and logs.

use std::fmt::Write;

use super::canvas::Canvas;
use super::labels::shortened;
use super::layered::Metrics;
use super::layout::{Layout, Rect, Route, Style};
use super::run::Mark;
use super::{Bundle, Graph, Node, NodeKind};

const STYLE: Style = Style {
    metrics: Metrics { gap_x: 3, gap_y: 3, lane: 1, through: 1, port: 4, snap: 1, own: 3 },
    node: |node| (characters(&caption(node)) + 4, 3),
    text: |text| characters(text) + 4,
    header: 2,
    box_header: 1,
    padding: (2, 1),
};

const MAX_LABEL: usize = 48;

/// What stands before the states of a run, and what it means.
const SIGNS: [(Mark, char, &str); 5] = [
    (Mark::Done, '+', "done"),
    (Mark::Running, '*', "running"),
    (Mark::Caught, '~', "failed and caught"),
    (Mark::Failed, '!', "failed"),
    (Mark::Aborted, 'x', "ended from outside"),
];

/// How many characters a picture may have. What would be larger is written as a list.
const MAX_CELLS: i64 = 2_000_000;

impl Graph {
    /// The graph as a picture of characters, and below it what is said about its edges. Of a run, `+` stands before a state
    /// that is done, `x` before one that was ended from outside, `*` before one that runs, `~` before one whose error was caught, `!` before one that failed.
    #[must_use]
    pub fn to_ascii(&self) -> String {
        let bundles = self.bundles();
        let layout = self.layout_in(&STYLE, &bundles);
        let whole = layout.boxes.first().copied().unwrap_or_default();
        let mut out = String::new();
        let small = whole.width.saturating_mul(whole.height) <= MAX_CELLS;
        if small {
            out = self.picture(&layout, &bundles);
        }
        if let Some(legend) = self.legend() {
            let _ = writeln!(out, "{legend}");
        }
        let name = |node: usize| self.nodes.get(node).map(|node| shortened(&node.label, MAX_LABEL)).unwrap_or_default();
        for bundle in &bundles {
            if !bundle.labels.is_empty() {
                let said = shortened(&bundle.labels.join(" | "), 100);
                let _ = writeln!(out, "{} -> {}: {said}", name(bundle.from), name(bundle.to));
            } else if !small {
                let _ = writeln!(out, "{} -> {}", name(bundle.from), name(bundle.to));
            }
        }
        out
    }

    /// What the signs mean that stand before the states of a run.
    fn legend(&self) -> Option<String> {
        let marks: Vec<Mark> = self.nodes.iter().filter_map(|node| Some(node.run?.mark())).collect();
        let there = SIGNS.iter().filter(|(mark, ..)| marks.contains(mark));
        let said: Vec<String> = there.map(|(_, sign, meaning)| format!("{sign} {meaning}")).collect();
        (!said.is_empty()).then(|| said.join(", "))
    }

    fn picture(&self, layout: &Layout, bundles: &[Bundle]) -> String {
        let mut canvas = Canvas::default();
        let mut members = vec![Vec::new(); self.boxes.len()];
        for (node, rect) in self.nodes.iter().zip(&layout.nodes) {
            members.get_mut(node.inside).into_iter().for_each(|members| members.push((node, *rect)));
        }
        for ((frame, rect), members) in self.boxes.iter().zip(&layout.boxes).zip(members) {
            if frame.around.is_some() {
                canvas.frame((rect.x, rect.y), (rect.width, rect.height), ['.', ':', '.']);
                canvas.text(rect.x + 2, rect.y, &format!(" {} ", frame.label));
            }
            for (node, rect) in members {
                draw(node, &rect, &mut canvas);
            }
        }
        for (from, to, route) in &layout.routes {
            lines(route, from == to, &mut canvas);
        }
        for (bundle, (.., route)) in bundles.iter().zip(&layout.routes) {
            arrow(bundle, route, &mut canvas);
        }
        canvas.into_text()
    }
}

fn characters(text: &str) -> i64 {
    i64::try_from(text.chars().count()).unwrap_or(i64::MAX)
}

/// What is written in a node.
fn caption(node: &Node) -> String {
    let name = shortened(&node.label, MAX_LABEL);
    let NodeKind::State(_, kind) = node.kind else { return name };
    let Some(run) = node.run else { return format!("{name} ({kind})") };
    let sign = SIGNS.iter().find(|(mark, ..)| *mark == run.mark());
    let mark = sign.map(|(_, sign, _)| format!("{sign} ")).unwrap_or_default();
    let numbers = run.numbers("x", "r");
    let numbers = if numbers.is_empty() { numbers } else { format!(" {numbers}") };
    format!("{mark}{name} ({kind}){numbers}")
}

fn draw(node: &Node, rect: &Rect, canvas: &mut Canvas) {
    let border = match node.kind {
        NodeKind::State(_, "Choice") => ['-', '|', '<'],
        NodeKind::State(..) => ['-', '|', '+'],
        _ => ['-', '|', 'o'],
    };
    canvas.frame((rect.x, rect.y), (rect.width, rect.height), border);
    if border == ['-', '|', '<'] {
        canvas.put(rect.x + rect.width - 1, rect.y, '>');
        canvas.put(rect.x + rect.width - 1, rect.y + rect.height - 1, '>');
    }
    let caption = caption(node);
    canvas.text(rect.x + (rect.width - characters(&caption)) / 2, rect.y + 1, &caption);
}

/// The lines of an edge. A corner of the route stands in the first row behind what is above it.
fn lines(route: &Route, own: bool, canvas: &mut Canvas) {
    for (index, pair) in route.points.windows(2).enumerate() {
        let [from, to] = pair else { continue };
        let (upper, lower) = if from.1 <= to.1 { (from, to) } else { (to, from) };
        if own {
            canvas.line(*from, *to);
        } else if upper.1 == lower.1 {
            if upper.0 != lower.0 {
                canvas.line(*from, *to);
            }
        } else if upper.0 == lower.0 {
            canvas.line(*upper, (lower.0, lower.1 - 1));
        } else {
            let lane = route.lanes.get(index).copied().and_then(|lane| i64::try_from(lane).ok()).unwrap_or_default();
            let turn = (upper.1 + 1 + lane).min(lower.1 - 1);
            canvas.line(*upper, (upper.0, turn));
            canvas.line((upper.0, turn), (lower.0, turn));
            canvas.line((lower.0, turn), (lower.0, lower.1 - 1));
        }
    }
}

fn arrow(bundle: &Bundle, route: &Route, canvas: &mut Canvas) {
    let Some((x, y)) = route.points.last() else { return };
    match (bundle.from == bundle.to, route.up) {
        (true, _) => canvas.put(*x, *y, '<'),
        (false, true) => canvas.put(*x, *y, '^'),
        (false, false) => canvas.put(*x, y - 1, 'v'),
    }
}
