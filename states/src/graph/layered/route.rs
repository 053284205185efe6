//! Chooses how far down each rank stands, and the way of each edge.

use super::{Flat, Layers, Metrics, Placed};
use crate::graph::column::{Column, ColumnMut};

/// The way of an edge.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Route {
    /// The corners, from the node it leaves to the node it reaches. Between two corners that do not lie above each other
    /// it runs through the free space between two ranks.
    pub points: Vec<(i64, i64)>,
    /// For each two corners, at which height of that free space it runs sidewards, counted from zero.
    pub lanes: Vec<usize>,
    /// Whether it goes upwards.
    pub up: bool,
}

pub(super) fn route(flat: &Flat, layers: &Layers, lefts: &[i64], metrics: &Metrics) -> Placed {
    let ports = Ports::of(flat, layers, lefts, metrics);
    let rank_of = rank_of(layers);
    // The sideward parts between each rank and the next: from where to where, and whose.
    let mut parts: Vec<Vec<(i64, i64, usize, usize)>> = vec![Vec::new(); layers.ranks.len()];
    for (edge, (chain, _)) in layers.chains.iter().enumerate() {
        for (step, pair) in chain.windows(2).enumerate() {
            let [upper, lower] = pair else { continue };
            let from = ports.below(edge, *upper);
            let to = ports.above(edge, *lower);
            parts.get_mut(rank_of.at(*upper)).into_iter().for_each(|parts| parts.push((from, to, edge, step)));
        }
    }
    let mut lanes: Vec<Vec<usize>> = layers.chains.iter().map(|(chain, _)| vec![0; chain.len().max(1) - 1]).collect();
    let needed: Vec<usize> = parts.iter_mut().map(|parts| give_lanes(parts, &mut lanes)).collect();
    let mut tops = Vec::new();
    let mut bottoms = Vec::new();
    let mut top = 0;
    for (rank, needed) in layers.ranks.iter().zip(needed) {
        let height = rank.iter().map(|item| layers.sizes.at(*item).1).max().unwrap_or_default();
        tops.push(top);
        bottoms.push(top + height);
        top += height + metrics.gap_y + metrics.lane * i64::try_from(needed).unwrap_or_default();
    }
    let height = bottoms.last().copied().unwrap_or_default();
    let corner = |node: usize| {
        let rank = rank_of.at(node);
        (lefts.at(node), tops.at(rank) + (bottoms.at(rank) - tops.at(rank) - layers.sizes.at(node).1) / 2)
    };
    let routes = layers.chains.iter().enumerate().map(|(edge, (chain, up))| {
        let mut points = Vec::new();
        let mut own_lanes = Vec::new();
        for (step, item) in chain.iter().enumerate() {
            let rank = rank_of.at(*item);
            let (x_in, x_out) = (ports.above(edge, *item), ports.below(edge, *item));
            if step > 0 {
                own_lanes.push(lanes.get(edge).map_or(0, |lanes| lanes.at(step - 1)));
                points.push((x_in, tops.at(rank)));
            }
            let node_top = corner(*item).1;
            let ends: &[(i64, i64)] = match step {
                0 => &[(x_out, node_top + layers.sizes.at(*item).1), (x_out, bottoms.at(rank))],
                _ if step + 1 == chain.len() => &[(x_in, node_top)],
                _ => &[(x_out, bottoms.at(rank))],
            };
            own_lanes.extend(ends.iter().skip(usize::from(step == 0)).map(|_| 0));
            points.extend(ends);
        }
        if chain.is_empty() {
            (points, own_lanes) = around(flat, layers, edge, metrics, corner);
        }
        if *up {
            points.reverse();
            own_lanes.reverse();
        }
        Route { points, lanes: own_lanes, up: *up }
    });
    let routes = routes.collect();
    let right = |item: usize| lefts.at(item) + layers.sizes.at(item).0;
    let width = (0..layers.sizes.len()).map(right).max().unwrap_or_default();
    Placed { nodes: (0..flat.sizes.len()).map(corner).collect(), routes, width, height }
}

/// The way of an edge from a node to itself: out of its right side and back.
fn around(
    flat: &Flat,
    layers: &Layers,
    edge: usize,
    metrics: &Metrics,
    corner: impl Fn(usize) -> (i64, i64),
) -> (Vec<(i64, i64)>, Vec<usize>) {
    let Some((node, _)) = flat.edges.get(edge) else { return Default::default() };
    let (left, top) = corner(*node);
    let right = left + layers.sizes.at(*node).0 - metrics.own;
    let (upper, lower) = (top, top + (layers.sizes.at(*node).1 - 1).max(1));
    let out = right + metrics.own - 1;
    (vec![(right, lower), (out, lower), (out, upper), (right, upper)], vec![0; 3])
}

fn rank_of(layers: &Layers) -> Vec<usize> {
    let mut ranks = vec![0; layers.sizes.len()];
    for (rank, items) in layers.ranks.iter().enumerate() {
        for item in items {
            ranks.put(*item, rank);
        }
    }
    ranks
}

/// How many heights there are at most between two ranks. Parts beyond that share them.
const MAX_LANES: usize = 60;

/// Gives the sideward parts between two ranks heights at which they do not run into each other. Gives how many.
fn give_lanes(parts: &mut [(i64, i64, usize, usize)], lanes: &mut [Vec<usize>]) -> usize {
    parts.sort_unstable_by_key(|(from, to, edge, step)| (*from.min(to), *from.max(to), *edge, *step));
    let mut rights: Vec<i64> = Vec::new();
    for (from, to, edge, step) in parts.iter().filter(|(from, to, ..)| from != to) {
        let free = rights.iter().position(|right| right < from.min(to));
        let lane = free.unwrap_or(if rights.len() < MAX_LANES { rights.len() } else { edge % MAX_LANES });
        match rights.get_mut(lane) {
            Some(right) => *right = *from.max(to),
            None => rights.push(*from.max(to)),
        }
        lanes.get_mut(*edge).into_iter().for_each(|lanes| lanes.put(*step, lane));
    }
    rights.len()
}

/// Where edges touch the items: spread along their lower and upper side, in the order of where they lead.
struct Ports {
    below: std::collections::HashMap<(usize, usize), i64>,
    above: std::collections::HashMap<(usize, usize), i64>,
}

impl Ports {
    fn of(flat: &Flat, layers: &Layers, lefts: &[i64], metrics: &Metrics) -> Self {
        let middle = |item: usize| lefts.at(item) + layers.sizes.at(item).0 / 2;
        let count = flat.sizes.len();
        let mut lower: Vec<Vec<(i64, usize)>> = vec![Vec::new(); layers.sizes.len()];
        let mut upper = lower.clone();
        for (edge, (chain, _)) in layers.chains.iter().enumerate() {
            for pair in chain.windows(2) {
                let [from, to] = pair else { continue };
                lower.get_mut(*from).into_iter().for_each(|ports| ports.push((middle(*to), edge)));
                upper.get_mut(*to).into_iter().for_each(|ports| ports.push((middle(*from), edge)));
            }
        }
        let spread = |sides: Vec<Vec<(i64, usize)>>| {
            let mut ports = std::collections::HashMap::new();
            for (item, mut side) in sides.into_iter().enumerate() {
                side.sort_unstable();
                let width = if item < count { flat.sizes.at(item).0 } else { layers.sizes.at(item).0 };
                let number = i64::try_from(side.len()).unwrap_or(i64::MAX);
                let distance = metrics.port.min(width / (number + 1));
                let first = lefts.at(item) + width / 2 - distance * (number - 1) / 2;
                for (place, (_, edge)) in (0..).zip(side) {
                    ports.insert((edge, item), first + distance * place);
                }
            }
            ports
        };
        let mut ports = Self { below: spread(lower), above: spread(upper) };
        // What is nearly straight becomes straight.
        for (edge, (chain, _)) in layers.chains.iter().enumerate() {
            for pair in chain.windows(2) {
                let [from, to] = pair else { continue };
                let x = ports.below(edge, *from);
                if (x - ports.above(edge, *to)).abs() <= metrics.snap {
                    ports.above.insert((edge, *to), x);
                    if *to >= count {
                        ports.below.insert((edge, *to), x);
                    }
                }
            }
        }
        ports
    }

    fn below(&self, edge: usize, item: usize) -> i64 {
        self.below.get(&(edge, item)).copied().unwrap_or_default()
    }

    fn above(&self, edge: usize, item: usize) -> i64 {
        self.above.get(&(edge, item)).copied().unwrap_or_default()
    }
}
