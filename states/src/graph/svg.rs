//! The graph as SVG: one file that stands for itself.

mod edge_labels;

use std::fmt::Write;

use super::labels::shortened;
use super::layered::Metrics;
use super::layout::{Layout, Rect, Route, Style};
use super::run::Mark;
use super::{Bundle, Graph, Node, NodeKind};

pub(super) const STYLE: Style = Style {
    metrics: Metrics { gap_x: 36, gap_y: 54, lane: 7, through: 16, port: 34, snap: 4, own: 26 },
    node: node_size,
    text: text_width,
    header: 48,
    box_header: 22,
    padding: (18, 16),
};

/// How much is free around the picture.
const MARGIN: i64 = 12;
const MAX_LABEL: usize = 40;
const MAX_EDGE_LABEL: usize = 34;

const CSS: &str = "\
text{font-family:system-ui,-apple-system,'Segoe UI','DejaVu Sans',sans-serif;fill:#1f2933}\
.name{font-size:14px;font-weight:600}.detail{font-size:11px;fill:#5b6875}.count{font-size:11px;font-weight:600}\
.node rect{fill:#fff;stroke:#9aa7b4;stroke-width:1.4}.box{fill:#f4f6f8;stroke:#c6d0d9;stroke-dasharray:5 4}\
.box-label{font-size:11px;fill:#5b6875}.mark circle{fill:#3d4a57}.mark text{fill:#fff;font-size:11px}\
.edge path{fill:none;stroke:#67788a;stroke-width:1.5}.edge text{font-size:11px;fill:#45525f;paint-order:stroke;\
stroke:#fff;stroke-width:4px;stroke-linejoin:round}.catch path{stroke:#b4432f;stroke-dasharray:6 4}.catch text{fill:#b4432f}\
.done rect.body{fill:#e3f5ea;stroke:#2f9e5f}.aborted rect.body{fill:#eef0f2;stroke:#6b7785;stroke-dasharray:4 3}\
.running rect.body{fill:#e2effd;stroke:#2474c4;stroke-width:2.4}\
.caught rect.body{fill:#fdf1d9;stroke:#c98a14}.failed rect.body{fill:#fce4e1;stroke:#c8382a;stroke-width:2.4}\
.untouched{opacity:.55}";

/// The colour of the strip on a state, by its type.
fn strip(kind: &str) -> &'static str {
    match kind {
        "Task" => "#2f6fde",
        "Choice" => "#d99a1c",
        "Wait" => "#8a6fd1",
        "Parallel" => "#0f9aa0",
        "Map" => "#b0549c",
        "Succeed" => "#2f9e5f",
        "Fail" => "#c8382a",
        _ => "#7b8794",
    }
}

impl Graph {
    /// The graph as SVG. Each state is a group with the class `node`, the class of its [`Mark`] if the graph has a run, and
    /// its name in `data-state`, so that a page may add to it.
    #[must_use]
    pub fn to_svg(&self) -> String {
        let bundles = self.bundles();
        let layout = self.layout_in(&STYLE, &bundles);
        let whole = layout.boxes.first().copied().unwrap_or_default();
        let (width, height) = (whole.width + 2 * MARGIN, whole.height + 2 * MARGIN);
        let mut out = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"-{MARGIN} -{MARGIN} {width} {height}\" role=\"img\">\n<style>{CSS}</style>\n<defs>"
        );
        for (id, colour) in [("arrow", "#67788a"), ("arrow-catch", "#b4432f")] {
            let _ = write!(
                out,
                "<marker id=\"{id}\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"7\" markerHeight=\"7\" \
                 orient=\"auto\"><path d=\"M0 0.8L10 5L0 9.2z\" fill=\"{colour}\"/></marker>"
            );
        }
        let _ = writeln!(
            out,
            "</defs>\n<rect x=\"-{MARGIN}\" y=\"-{MARGIN}\" width=\"{width}\" height=\"{height}\" fill=\"#fff\"/>"
        );
        self.boxes_and_nodes(&layout, &mut out);
        for (bundle, (.., route)) in bundles.iter().zip(&layout.routes) {
            edge(bundle, route, &mut out);
        }
        // Labels come last, so that no line runs over them.
        edge_labels::draw(&bundles, &layout, &mut out);
        out.push_str("</svg>\n");
        out
    }

    /// From the outside to the inside: nodes of a box, then the boxes in them.
    fn boxes_and_nodes(&self, layout: &Layout, out: &mut String) {
        let mut members = vec![Vec::new(); self.boxes.len()];
        for (node, rect) in self.nodes.iter().zip(&layout.nodes) {
            members.get_mut(node.inside).into_iter().for_each(|members| members.push((node, *rect)));
        }
        for ((frame, rect), members) in self.boxes.iter().zip(&layout.boxes).zip(members) {
            if frame.around.is_some() {
                let Rect { x, y, width, height } = rect;
                let _ = writeln!(
                    out,
                    "<rect class=\"box\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"8\"/>\
                     <text class=\"box-label\" x=\"{}\" y=\"{}\">{}</text>",
                    x + 10,
                    y + 16,
                    escaped(&frame.label)
                );
            }
            for (node, rect) in members {
                draw(node, &rect, out);
            }
        }
    }
}

fn node_size(node: &Node) -> (i64, i64) {
    if !matches!(node.kind, NodeKind::State(..)) {
        return (46, 46);
    }
    // Names are larger, and bold.
    let name = text_width(&shortened(&node.label, MAX_LABEL)) * 7 / 5;
    let detail = text_width(&shortened(&node.detail, MAX_LABEL));
    let numbers = node.run.map_or(0, |run| text_width(&run.numbers("×", "↻")) + 14);
    ((name.max(detail + numbers) + 36).max(120), 46)
}

/// About how wide a text of 11 pixels is.
fn text_width(text: &str) -> i64 {
    let tenths: i64 = text
        .chars()
        .map(|c| match c {
            'i' | 'j' | 'l' | 't' | 'f' | 'r' | 'I' | '.' | ',' | ':' | ';' | '\'' | '|' | ' ' | '(' | ')' => 42,
            'm' | 'w' | 'M' | 'W' | '@' | '%' => 98,
            'A'..='Z' => 76,
            _ if c < '\u{1100}' => 66,
            _ => 116,
        })
        .sum();
    tenths / 10
}

fn draw(node: &Node, rect: &Rect, out: &mut String) {
    let Rect { x, y, width, height } = rect;
    let NodeKind::State(_, kind) = node.kind else {
        let (cx, cy) = (x + width / 2, y + height / 2);
        let _ = writeln!(
            out,
            "<g class=\"mark\"><circle cx=\"{cx}\" cy=\"{cy}\" r=\"22\"/>\
             <text x=\"{cx}\" y=\"{}\" text-anchor=\"middle\">{}</text></g>",
            cy + 4,
            escaped(&node.label)
        );
        return;
    };
    let mark = node.run.map(|run| run.mark());
    let class = mark.map_or("", Mark::word);
    let name = escaped(&node.label);
    let _ = write!(
        out,
        "<g class=\"node {class}\" data-state=\"{name}\"><title>{name} ({})</title>\
         <rect class=\"body\" x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"7\"/>\
         <rect x=\"{}\" y=\"{}\" width=\"5\" height=\"30\" rx=\"2.5\" style=\"fill:{};stroke:none\"/>\
         <text class=\"name\" x=\"{}\" y=\"{}\">{}</text><text class=\"detail\" x=\"{}\" y=\"{}\">{}</text>",
        escaped(&node.detail),
        x + 8,
        y + 8,
        strip(kind),
        x + 21,
        y + 20,
        escaped(&shortened(&node.label, MAX_LABEL)),
        x + 21,
        y + 36,
        escaped(&shortened(&node.detail, MAX_LABEL)),
    );
    if let Some(numbers) = node.run.map(|run| run.numbers("×", "↻")).filter(|numbers| !numbers.is_empty()) {
        let _ = write!(
            out,
            "<text class=\"count\" x=\"{}\" y=\"{}\" text-anchor=\"end\">{numbers}</text>",
            x + width - 9,
            y + 36
        );
    }
    out.push_str("</g>\n");
}

fn edge(bundle: &Bundle, route: &Route, out: &mut String) {
    let mut points = route.points.iter();
    let Some((x, y)) = points.next() else { return };
    let (class, arrow) = if bundle.catch { ("edge catch", "arrow-catch") } else { ("edge", "arrow") };
    let mut path = format!("M{x} {y}");
    let (mut from_x, mut from_y) = (*x, *y);
    let own = bundle.from == bundle.to;
    for (x, y) in points {
        if *x == from_x || own {
            let _ = write!(path, "L{x} {y}");
        } else {
            let middle = (from_y + y) / 2;
            let _ = write!(path, "C{from_x} {middle} {x} {middle} {x} {y}");
        }
        (from_x, from_y) = (*x, *y);
    }
    let title = match bundle.labels.join(" | ") {
        labels if labels.is_empty() => labels,
        labels => format!("<title>{}</title>", escaped(&labels)),
    };
    let _ = writeln!(out, "<g class=\"{class}\"><path d=\"{path}\" marker-end=\"url(#{arrow})\">{title}</path></g>");
}

/// The text as it may stand in elements and in attributes. What XML cannot hold at all is replaced.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' | '\r' => out.push(' '),
            '\u{fffe}' | '\u{ffff}' => out.push('\u{fffd}'),
            c if c.is_control() => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
    out
}
