//! A workflow that does with its context what it must not do by itself.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use duramen::{Context, Failure};
use futures::FutureExt;

use crate::steps;

/// Counts the words of pages, picks one at random, and waits for somebody to say that it is a good one, for an hour at most.
///
/// # Errors
/// When a page cannot be read.
pub async fn word_of_the_day(ctx: Context, pages: Vec<String>) -> Result<Option<String>, Failure> {
    let day: SystemTime = ctx.now();
    let language = ctx.record("language", steps::language)?;
    let texts = ctx
        .map("pages", pages, |ctx, page: String, _| async move { ctx.step("read", || steps::read(page.clone())).await })
        .max_concurrency(10)
        .await?
        .or_failure()?;
    let mut words = BTreeMap::new();
    for word in texts.iter().flat_map(|text| text.split_whitespace()) {
        *words.entry(word).or_insert(0_u32) += 1;
    }
    let mut chance = fastrand::Rng::with_seed(ctx.random());
    let word = chance.choice(words.keys()).map_or_else(String::new, |word| (*word).to_owned());
    let (id, stored) = (ctx.uuid(), word.clone());
    ctx.step("store", move || steps::store(id, day, format!("{language}: {stored}"))).await?;
    let good = ctx
        .race([
            async { ctx.signal::<bool>("good").await }.boxed(),
            async { ctx.wait("patience", Duration::from_secs(3600)).await.map(|()| false) }.boxed(),
        ])
        .await?;
    Ok(good.then_some(word))
}
