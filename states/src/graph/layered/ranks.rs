//! Breaks cycles, gives ranks, and leads long edges through the ranks between.

use super::{Flat, Layers, Metrics};
use crate::graph::column::{Column, ColumnMut};

/// How many points edges may be led through in all. Edges beyond that are drawn straight.
const MAX_POINTS: usize = 20_000;

pub(super) fn layers(flat: &Flat, metrics: &Metrics) -> Layers {
    let count = flat.sizes.len();
    let backward = backward(flat);
    let down: Vec<(usize, usize)> = flat
        .edges
        .iter()
        .zip(&backward)
        .map(|((from, to), backward)| if *backward { (*to, *from) } else { (*from, *to) })
        .collect();
    let rank = ranks(count, &down);
    let mut layers = Layers {
        sizes: flat.sizes.iter().map(|(width, height)| (*width, *height)).collect(),
        ranks: vec![Vec::new(); rank.iter().max().map_or(0, |last| last + 1)],
        above: vec![Vec::new(); count],
        below: vec![Vec::new(); count],
        chains: Vec::new(),
    };
    // The edge from a node to itself needs room beside it.
    for (from, _) in flat.edges.iter().filter(|(from, to)| from == to) {
        let (width, height) = flat.sizes.at(*from);
        layers.sizes.put(*from, (width + metrics.own, height));
    }
    for (node, rank) in rank.iter().enumerate() {
        layers.put(node, *rank);
    }
    for ((from, to), backward) in down.iter().zip(backward) {
        let chain = if from == to { Vec::new() } else { layers.chain(*from, *to, &rank, metrics.through) };
        for pair in chain.windows(2) {
            if let [upper, lower] = pair {
                layers.below.get_mut(*upper).into_iter().for_each(|below| below.push(*lower));
                layers.above.get_mut(*lower).into_iter().for_each(|above| above.push(*upper));
            }
        }
        layers.chains.push((chain, backward));
    }
    layers
}

impl Layers {
    fn put(&mut self, item: usize, rank: usize) {
        if let Some(items) = self.ranks.get_mut(rank) {
            items.push(item);
        }
    }

    /// The items on the way from one node to another, with a point in every rank between.
    fn chain(&mut self, from: usize, to: usize, rank: &[usize], width: i64) -> Vec<usize> {
        let mut chain = vec![from];
        let between = rank.at(from) + 1..rank.at(to);
        let room = self.sizes.len() + between.len() <= rank.len() + MAX_POINTS;
        for rank in between.filter(|_| room) {
            let point = self.sizes.len();
            self.sizes.push((width, 0));
            self.above.push(Vec::new());
            self.below.push(Vec::new());
            self.put(point, rank);
            chain.push(point);
        }
        chain.push(to);
        chain
    }
}

/// Which edges lead back to where a search from the first node came from. Without them there is no cycle.
fn backward(flat: &Flat) -> Vec<bool> {
    #[derive(Clone, Copy, Default, PartialEq)]
    enum Seen {
        #[default]
        Not,
        Open,
        Closed,
    }
    let count = flat.sizes.len();
    let mut out: Vec<Vec<(usize, usize)>> = vec![Vec::new(); count];
    for (edge, (from, to)) in flat.edges.iter().enumerate() {
        out.get_mut(*from).into_iter().for_each(|out| out.push((edge, *to)));
    }
    let mut seen = vec![Seen::Not; count];
    let mut backward = vec![false; flat.edges.len()];
    for root in 0..count {
        if seen.at(root) != Seen::Not {
            continue;
        }
        seen.put(root, Seen::Open);
        let mut open = vec![(root, 0)];
        while let Some((node, next)) = open.last_mut() {
            match out.get(*node).and_then(|out| out.get(*next)) {
                None => {
                    seen.put(*node, Seen::Closed);
                    open.pop();
                }
                Some((edge, to)) => {
                    *next += 1;
                    match seen.at(*to) {
                        Seen::Not => {
                            seen.put(*to, Seen::Open);
                            open.push((*to, 0));
                        }
                        Seen::Open => backward.put(*edge, to != node),
                        Seen::Closed => {}
                    }
                }
            }
        }
    }
    backward
}

/// The longest way to each node, over edges without cycles.
fn ranks(count: usize, down: &[(usize, usize)]) -> Vec<usize> {
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut waiting = vec![0_usize; count];
    for (from, to) in down.iter().filter(|(from, to)| from != to) {
        out.get_mut(*from).into_iter().for_each(|out| out.push(*to));
        waiting.put(*to, waiting.at(*to) + 1);
    }
    let mut rank = vec![0; count];
    let mut ready: Vec<usize> = (0..count).filter(|node| waiting.at(*node) == 0).collect();
    while let Some(node) = ready.pop() {
        for to in out.get(node).into_iter().flatten() {
            rank.put(*to, rank.at(*to).max(rank.at(node) + 1));
            waiting.put(*to, waiting.at(*to) - 1);
            if waiting.at(*to) == 0 {
                ready.push(*to);
            }
        }
    }
    rank
}
