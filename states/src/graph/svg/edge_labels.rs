//! Where the labels of edges stand: on their line, but neither on each other nor on a node.

use super::{MAX_EDGE_LABEL, escaped, text_width};
use crate::graph::Bundle;
use crate::graph::labels::shortened;
use crate::graph::layout::{Layout, Rect};

use std::fmt::Write;

/// How far along a part of the way a label may stand, in the order in which that is tried.
const ALONG: [f64; 5] = [0.5, 0.7, 0.3, 0.85, 0.15];

/// On how many parts of its way, from where it begins, a label is tried.
const PARTS: usize = 6;

/// To how many characters a label is shortened for want of room.
const SHORT: usize = 16;

/// Up to how many nodes a label is held against all of them, and not only against those of its edge.
const MANY: usize = 2000;

/// Draws the labels. One for which there is no room is left out; the line has it as its title all the same.
pub(super) fn draw(bundles: &[Bundle], layout: &Layout, out: &mut String) {
    let mut taken: Vec<Rect> = Vec::new();
    for (bundle, (from, to, route)) in bundles.iter().zip(&layout.routes) {
        if bundle.labels.is_empty() {
            continue;
        }
        let text = bundle.labels.join(" | ");
        let mut points = route.points.clone();
        if route.up {
            points.reverse();
        }
        let own = from == to;
        let ends = [layout.nodes.get(*from), layout.nodes.get(*to)];
        let near = if layout.nodes.len() <= MANY { layout.nodes.as_slice() } else { &[] };
        let fits = |rect: &Rect| {
            // A label inside a state that holds others lies wholly in it.
            let mut nodes = ends.into_iter().flatten().chain(near);
            nodes.all(|node| !node.overlaps(rect) || node.contains(rect))
                && taken.iter().all(|other| !other.overlaps(rect))
        };
        let found = [MAX_EDGE_LABEL, SHORT].into_iter().find_map(|most| {
            let shown = shortened(&text, most);
            let width = text_width(&shown) + 6;
            let rects =
                places(&points, own).into_iter().map(|(x, y)| Rect { x: x - width / 2, y: y - 7, width, height: 14 });
            rects.into_iter().find(&fits).map(|rect| (shown, rect))
        });
        let Some((shown, rect)) = found else { continue };
        taken.push(rect);
        let class = if bundle.catch { "edge catch" } else { "edge" };
        let _ = writeln!(
            out,
            "<g class=\"{class}\"><text x=\"{}\" y=\"{}\" text-anchor=\"middle\">{}</text></g>",
            rect.x + rect.width / 2,
            rect.y + 11,
            escaped(&shown)
        );
    }
}

/// Where on the way a label may stand, the best first: where the line leaves its node, then further on.
fn places(points: &[(i64, i64)], own: bool) -> Vec<(i64, i64)> {
    let mut places = Vec::new();
    for pair in points.windows(2).take(PARTS) {
        let [from, to] = pair else { continue };
        if own {
            places.extend([(to.0, to.1 + 9), (to.0, to.1 - 9)]);
        } else if to.1 - from.1 > 16 {
            places.extend(ALONG.iter().map(|along| on_curve(*from, *to, *along)));
        }
    }
    if own {
        // Below or above the corners that stand farthest out.
        places.sort_by_key(|(x, _)| -x);
    }
    places
}

/// The point at that part of the curve that is drawn between two corners.
fn on_curve(from: (i64, i64), to: (i64, i64), along: f64) -> (i64, i64) {
    let middle = ((from.1 + to.1) / 2) as f64;
    let rest = 1.0 - along;
    let weights = [rest * rest * rest, 3.0 * rest * rest * along, 3.0 * rest * along * along, along * along * along];
    let mix = |values: [f64; 4]| weights.iter().zip(values).map(|(weight, value)| weight * value).sum::<f64>() as i64;
    let (left, right) = (from.0 as f64, to.0 as f64);
    (mix([left, left, right, right]), mix([from.1 as f64, middle, middle, to.1 as f64]))
}
