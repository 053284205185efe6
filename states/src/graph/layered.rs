//! Lays out one graph without boxes in ranks, after Sugiyama: cycles are broken, each node gets a rank below those that
//! lead to it, long edges are led through the ranks between, the order within a rank is chosen to cross few edges, and
//! every node is put as near as can be to the middle of its neighbours.
//!
//! All is done with whole numbers at the end, so that a picture made of characters is as good as one of pixels.

mod order;
mod place;
mod ranks;
mod route;

pub use route::Route;

/// What is to be laid out. Edges may form cycles, and may lead from a node to itself.
pub(super) struct Flat {
    /// Width and height of each node.
    pub(super) sizes: Vec<(i64, i64)>,
    pub(super) edges: Vec<(usize, usize)>,
}

/// The distances.
#[derive(Debug, Clone, Copy)]
pub(super) struct Metrics {
    /// Between two nodes of a rank.
    pub(super) gap_x: i64,
    /// Between two ranks, without what the edges between them need.
    pub(super) gap_y: i64,
    /// What each edge that runs sidewards beside others adds to the distance of two ranks.
    pub(super) lane: i64,
    /// How much room an edge takes that is led through a rank.
    pub(super) through: i64,
    /// How far apart edges touch a node, if it is wide enough.
    pub(super) port: i64,
    /// How far an edge may be from straight to be drawn straight.
    pub(super) snap: i64,
    /// How far the edge from a node to itself stands out.
    pub(super) own: i64,
}

/// Where all is.
pub(super) struct Placed {
    /// The left upper corner of each node.
    pub(super) nodes: Vec<(i64, i64)>,
    /// The way of each edge, in the order of the edges.
    pub(super) routes: Vec<Route>,
    pub(super) width: i64,
    pub(super) height: i64,
}

/// Nodes and the points at which edges are led through ranks, with ranks and neighbours.
pub(super) struct Layers {
    /// Width and height of each item: first the nodes, then the points.
    sizes: Vec<(i64, i64)>,
    /// The items of each rank, from left to right.
    ranks: Vec<Vec<usize>>,
    /// The neighbours of each item in the rank above and in that below.
    above: Vec<Vec<usize>>,
    below: Vec<Vec<usize>>,
    /// The items on the way of each edge, from above to below, and whether the edge goes the other way. Empty for an edge
    /// from a node to itself.
    chains: Vec<(Vec<usize>, bool)>,
}

pub(super) fn lay_out(flat: &Flat, metrics: &Metrics) -> Placed {
    let mut layers = ranks::layers(flat, metrics);
    order::order(&mut layers);
    let lefts = place::place(&layers, metrics);
    route::route(flat, &layers, &lefts, metrics)
}
