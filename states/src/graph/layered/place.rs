//! Chooses how far right each item stands: near the middle of its neighbours, in the order of its rank, not on others.

use super::{Layers, Metrics};
use crate::graph::column::{Column, ColumnMut};

const SWEEPS: usize = 10;

/// The left edge of each item, none of them negative.
pub(super) fn place(layers: &Layers, metrics: &Metrics) -> Vec<i64> {
    let mut lefts = vec![0.0_f64; layers.sizes.len()];
    for rank in &layers.ranks {
        let mut left = 0;
        for item in rank {
            lefts.put(*item, left as f64);
            left += layers.sizes.at(*item).0 + metrics.gap_x;
        }
    }
    let count = layers.ranks.len();
    for sweep in 0..SWEEPS {
        for step in 0..count {
            let rank = if sweep % 2 == 0 { step } else { count - 1 - step };
            let both = sweep + 2 >= SWEEPS;
            let Some(items) = layers.ranks.get(rank) else { continue };
            let wanted: Vec<f64> = items.iter().map(|item| wish(layers, &lefts, *item, sweep % 2 == 0, both)).collect();
            for (item, left) in items.iter().zip(apart(items, &wanted, layers, metrics.gap_x)) {
                lefts.put(*item, left);
            }
        }
    }
    let least = lefts.iter().copied().fold(f64::INFINITY, f64::min);
    // Rounding down keeps the distances, since they are whole numbers.
    lefts.iter().map(|left| (left - least).floor() as i64).collect()
}

/// Where the left edge of an item would be if its middle were that of its neighbours.
fn wish(layers: &Layers, lefts: &[f64], item: usize, down: bool, both: bool) -> f64 {
    let width = |item: usize| layers.sizes.at(item).0 as f64;
    let above = layers.above.get(item).into_iter().flatten().filter(|_| down || both);
    let below = layers.below.get(item).into_iter().flatten().filter(|_| !down || both);
    let middles: Vec<f64> = above.chain(below).map(|near| lefts.at(*near) + width(*near) / 2.0).collect();
    if middles.is_empty() {
        return lefts.at(item);
    }
    middles.iter().sum::<f64>() / middles.len() as f64 - width(item) / 2.0
}

/// The places nearest to those wanted, by the sum of squares, at which items stand in order and apart: neighbours that
/// would stand too near to each other form a block, which stands where its members want it in the mean.
fn apart(items: &[usize], wanted: &[f64], layers: &Layers, gap: i64) -> Vec<f64> {
    let mut offsets = Vec::new();
    let mut offset = 0;
    let mut blocks: Vec<(f64, usize)> = Vec::new();
    for (item, wanted) in items.iter().zip(wanted) {
        offsets.push(offset as f64);
        let mut block = (wanted - offset as f64, 1);
        while let Some(last) = blocks.last().copied()
            && last.0 >= block.0
        {
            blocks.pop();
            let count = last.1 + block.1;
            block = ((last.0 * last.1 as f64 + block.0 * block.1 as f64) / count as f64, count);
        }
        blocks.push(block);
        offset += layers.sizes.at(*item).0 + gap;
    }
    let starts = blocks.into_iter().flat_map(|(start, count)| std::iter::repeat_n(start, count));
    starts.zip(offsets).map(|(start, offset)| start + offset).collect()
}
