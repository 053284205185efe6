//! Lays out a graph with its boxes: what is inside a state is laid out first, and the state is as large as that.

use super::column::{Column, ColumnMut};
use super::layered::{Flat, Metrics, lay_out};
use super::{Bundle, Graph, NodeKind};

pub use super::layered::Route;

/// A rectangle. Units are pixels in an SVG and characters in a picture of text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rect {
    /// The left edge.
    pub x: i64,
    /// The upper edge.
    pub y: i64,
    /// The width.
    pub width: i64,
    /// The height.
    pub height: i64,
}

impl Rect {
    /// Whether the other rectangle lies within this one.
    #[must_use]
    pub fn contains(&self, other: &Self) -> bool {
        self.x <= other.x
            && self.y <= other.y
            && other.x + other.width <= self.x + self.width
            && other.y + other.height <= self.y + self.height
    }

    /// Whether the two have a part in common.
    #[must_use]
    pub fn overlaps(&self, other: &Self) -> bool {
        self.x < other.x + other.width
            && other.x < self.x + self.width
            && self.y < other.y + other.height
            && other.y < self.y + self.height
    }

    fn moved(&self, x: i64, y: i64) -> Self {
        Self { x: self.x + x, y: self.y + y, ..*self }
    }
}

/// Where all parts of a graph are.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Layout {
    /// The rectangle of each node, by its index.
    pub nodes: Vec<Rect>,
    /// The rectangle of each box, by its index.
    pub boxes: Vec<Rect>,
    /// The ways of the edges, those between the same two nodes put together: the two nodes and the way.
    pub routes: Vec<(usize, usize, Route)>,
}

/// The sizes of what is drawn.
pub(super) struct Style {
    pub(super) metrics: Metrics,
    /// How large a node is that has nothing inside.
    pub(super) node: fn(&super::Node) -> (i64, i64),
    /// How wide what is written on a box is.
    pub(super) text: fn(&str) -> i64,
    /// How much of a node's and of a box's upper part is taken by what is written there.
    pub(super) header: i64,
    pub(super) box_header: i64,
    /// Between a box and what is in it, on the left and right, and above and below.
    pub(super) padding: (i64, i64),
}

impl Graph {
    /// Where all is drawn in an SVG, in pixels.
    #[must_use]
    pub fn layout(&self) -> Layout {
        self.layout_in(&super::svg::STYLE, &self.bundles())
    }

    pub(super) fn layout_in(&self, style: &Style, bundles: &[Bundle]) -> Layout {
        let mut layout = Layout {
            nodes: vec![Rect::default(); self.nodes.len()],
            boxes: vec![Rect::default(); self.boxes.len()],
            routes: bundles.iter().map(|bundle| (bundle.from, bundle.to, Route::default())).collect(),
        };
        let mut edges = vec![Vec::new(); self.boxes.len()];
        for (edge, bundle) in bundles.iter().enumerate() {
            let inside = self.nodes.get(bundle.from).map_or(0, |node| node.inside);
            edges.get_mut(inside).into_iter().for_each(|edges| edges.push((edge, bundle.from, bundle.to)));
        }
        let work = Work { graph: self, style, members: self.members(), edges, inner: self.inner() };
        // Boxes are numbered from the outside to the inside, so the last need no other.
        for index in (0..self.boxes.len()).rev() {
            work.lay_out_box(index, &mut layout);
        }
        for index in 0..self.boxes.len() {
            work.move_inside(index, &mut layout);
        }
        layout
    }
}

struct Work<'a> {
    graph: &'a Graph,
    style: &'a Style,
    /// Of each box its nodes and its edges.
    members: Vec<Vec<usize>>,
    edges: Vec<Vec<(usize, usize, usize)>>,
    /// Of each node the boxes inside.
    inner: Vec<Vec<usize>>,
}

impl Work<'_> {
    /// Lays out what is in a box, as if the box began at zero.
    fn lay_out_box(&self, index: usize, layout: &mut Layout) {
        let members = self.members.get(index).map(Vec::as_slice).unwrap_or_default();
        let edges = self.edges.get(index).map(Vec::as_slice).unwrap_or_default();
        let place = |node: usize| members.binary_search(&node).unwrap_or_default();
        let flat = Flat {
            sizes: members.iter().map(|node| self.size(*node, layout)).collect(),
            edges: edges.iter().map(|(_, from, to)| (place(*from), place(*to))).collect(),
        };
        let placed = lay_out(&flat, &self.style.metrics);
        let frame = self.graph.boxes.get(index);
        let outermost = frame.is_none_or(|frame| frame.around.is_none());
        let header = if outermost { 0 } else { self.style.box_header };
        let (side, edge) = self.style.padding;
        let label = frame.map_or(0, |frame| (self.style.text)(&frame.label));
        let width = placed.width.max(label);
        let (x, y) = (side + (width - placed.width) / 2, edge + header);
        for (node, ((left, top), (width, height))) in members.iter().zip(placed.nodes.iter().zip(&flat.sizes)) {
            layout.nodes.put(*node, Rect { x: left + x, y: top + y, width: *width, height: *height });
        }
        for ((edge, ..), mut route) in edges.iter().zip(placed.routes) {
            shift(&mut route, x, y);
            if let Some(slot) = layout.routes.get_mut(*edge) {
                slot.2 = route;
            }
        }
        let height = placed.height + header + 2 * edge;
        layout.boxes.put(index, Rect { x: 0, y: 0, width: width + 2 * side, height });
    }

    /// The size of a node with what is inside it.
    fn size(&self, node: usize, layout: &Layout) -> (i64, i64) {
        let Some(about) = self.graph.nodes.get(node) else { return (0, 0) };
        let (width, height) = (self.style.node)(about);
        let inner = self.inner.get(node).map(Vec::as_slice).unwrap_or_default();
        if inner.is_empty() || !matches!(about.kind, NodeKind::State(..)) {
            return (width, height);
        }
        let (side, edge) = self.style.padding;
        let boxes = inner.iter().map(|index| layout.boxes.at(*index));
        let wide: i64 = boxes.clone().map(|rect| rect.width + side).sum::<i64>() + side;
        let high = boxes.map(|rect| rect.height).max().unwrap_or_default();
        (width.max(wide), self.style.header + high + edge)
    }

    /// Moves the boxes inside the nodes of a box to where those are now.
    fn move_inside(&self, index: usize, layout: &mut Layout) {
        let members = self.members.get(index).map(Vec::as_slice).unwrap_or_default();
        for node in members {
            let inner = self.inner.get(*node).map(Vec::as_slice).unwrap_or_default();
            let rect = layout.nodes.at(*node);
            let (side, _) = self.style.padding;
            let wide: i64 = inner.iter().map(|index| layout.boxes.at(*index).width + side).sum::<i64>() - side;
            let mut x = rect.x + (rect.width - wide) / 2;
            let y = rect.y + self.style.header;
            for index in inner {
                let moved = layout.boxes.at(*index).moved(x, y);
                layout.boxes.put(*index, moved);
                for node in self.members.get(*index).into_iter().flatten() {
                    let moved = layout.nodes.at(*node).moved(x, y);
                    layout.nodes.put(*node, moved);
                }
                for (edge, ..) in self.edges.get(*index).into_iter().flatten() {
                    layout.routes.get_mut(*edge).into_iter().for_each(|(.., route)| shift(route, x, y));
                }
                x += moved.width + side;
            }
        }
    }
}

fn shift(route: &mut Route, x: i64, y: i64) {
    for point in &mut route.points {
        *point = (point.0 + x, point.1 + y);
    }
}
