//! Chooses the order within each rank: sweeps down and up, in which each item goes to the mean place of its neighbours,
//! and the order that crosses the fewest edges stays.

use super::Layers;
use crate::graph::column::{Column, ColumnMut};

const SWEEPS: usize = 12;

pub(super) fn order(layers: &mut Layers) {
    let mut best = layers.ranks.clone();
    let mut fewest = crossings(layers);
    for sweep in 0..SWEEPS {
        if fewest == 0 {
            break;
        }
        let down = sweep % 2 == 0;
        let mut places = places(layers);
        let count = layers.ranks.len();
        for step in 1..count {
            let rank = if down { step } else { count - 1 - step };
            let neighbours = if down { &layers.above } else { &layers.below };
            let Some(items) = layers.ranks.get_mut(rank) else { continue };
            let mut keyed: Vec<(f64, usize)> = items
                .iter()
                .map(|item| {
                    let near = neighbours.get(*item).map(Vec::as_slice).unwrap_or_default();
                    let sum: usize = near.iter().map(|near| places.at(*near)).sum();
                    let mean = if near.is_empty() { places.at(*item) as f64 } else { sum as f64 / near.len() as f64 };
                    (mean, *item)
                })
                .collect();
            keyed.sort_by(|left, right| left.0.total_cmp(&right.0));
            *items = keyed.into_iter().map(|(_, item)| item).collect();
            for (place, item) in items.iter().enumerate() {
                places.put(*item, place);
            }
        }
        let crossed = crossings(layers);
        if crossed < fewest {
            fewest = crossed;
            best.clone_from(&layers.ranks);
        }
    }
    layers.ranks = best;
}

fn places(layers: &Layers) -> Vec<usize> {
    let mut places = vec![0; layers.sizes.len()];
    for rank in &layers.ranks {
        for (place, item) in rank.iter().enumerate() {
            places.put(*item, place);
        }
    }
    places
}

/// How many pairs of edges between neighbouring ranks cross.
fn crossings(layers: &Layers) -> u64 {
    let places = places(layers);
    let mut crossed = 0;
    for rank in &layers.ranks {
        let mut ends = Vec::new();
        for item in rank {
            let mut below: Vec<usize> =
                layers.below.get(*item).into_iter().flatten().map(|below| places.at(*below)).collect();
            below.sort_unstable();
            ends.append(&mut below);
        }
        crossed += inversions(&ends);
    }
    crossed
}

/// How many pairs stand in the wrong order, counted with a tree of sums.
fn inversions(values: &[usize]) -> u64 {
    let size = values.iter().max().map_or(0, |most| most + 2);
    let mut tree = vec![0_u64; size];
    let mut count = 0;
    for (seen, value) in values.iter().enumerate() {
        let mut not_greater = 0;
        let mut at = value + 1;
        while at > 0 {
            not_greater += tree.at(at);
            at &= at - 1;
        }
        count += seen as u64 - not_greater;
        let mut at = value + 1;
        while at < size {
            tree.put(at, tree.at(at) + 1);
            at += at & at.wrapping_neg();
        }
    }
    count
}

#[cfg(test)]
mod tests {
    use super::inversions;

    #[test]
    fn pairs_in_the_wrong_order_are_counted() {
        assert_eq!(inversions(&[0, 1, 2]), 0);
        assert_eq!(inversions(&[2, 1, 0]), 3);
        assert_eq!(inversions(&[1, 1, 0, 3, 2]), 3);
        assert_eq!(inversions(&[]), 0);
    }
}
