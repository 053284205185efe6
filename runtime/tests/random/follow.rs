//! The workflow that follows a plan.

use std::time::Duration;

use duramen::{Completion, Condition, Context, Failure, Jitter, Outcomes, Retry};
use futures::FutureExt;
use futures::future::{BoxFuture, join_all};
use serde::{Deserialize, Serialize};

use crate::plan::{Answer, Loser, Plan};

type Told = Result<Vec<String>, Failure>;

/// What an execution is started with: the plans of its runs, and what was told in those before.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Input {
    pub(crate) runs: Vec<Plan>,
    pub(crate) told: Vec<String>,
}

pub(crate) async fn workflow(ctx: Context, mut input: Input) -> Told {
    if input.runs.is_empty() {
        return Ok(input.told);
    }
    let plan = input.runs.remove(0);
    input.told.extend(follow(ctx.clone(), plan, format!("run{}", ctx.run())).await?);
    if input.runs.is_empty() { Ok(input.told) } else { ctx.continue_as_new(input).await }
}

fn every_second(attempts: u32) -> Retry {
    Retry::fixed(Duration::from_secs(1)).limit(attempts).jitter(Jitter::None)
}

const LONG: Duration = Duration::from_secs(10_000);

/// Follows a plan; the result tells what each part gave, in the order of the plan. `place` is where in the plan it is.
fn follow(ctx: Context, plan: Plan, place: String) -> BoxFuture<'static, Told> {
    Box::pin(async move {
        match plan {
            Plan::Step { failures, at_most_once } => {
                let step = ctx.step_with("step", move |step| async move {
                    if step.attempt() <= failures { Err(Failure::new("Flaky", "")) } else { Ok("step".to_owned()) }
                });
                let step = step.retry(every_second(3));
                let ended = if at_most_once { step.at_most_once().await } else { step.await };
                Ok(vec![ended.unwrap_or_else(name_of)])
            }
            Plan::Slow => {
                let never = || std::future::pending::<Result<String, Failure>>();
                let ended = ctx.step("slow", never).timeout(Duration::from_secs(2)).retry(every_second(2)).await;
                Ok(vec![ended.unwrap_or_else(name_of)])
            }
            Plan::Refused => {
                let refuse = || async { Err::<Vec<String>, _>(Failure::new("Refused", "")) };
                ctx.step("refused", refuse).retry(Retry::none()).await
            }
            Plan::Wait { seconds } => {
                ctx.wait("wait", Duration::from_secs(seconds)).await.map(|()| vec![format!("{seconds} s")])
            }
            Plan::Values => values(&ctx).await,
            Plan::Patched => Ok(vec![ctx.patched(&place).to_string()]),
            Plan::Condition { polls } => {
                let look = move |seen: u32| async move {
                    let seen = seen + 1;
                    Ok::<_, Failure>(if seen < polls { Condition::NotYet(seen) } else { Condition::Met(seen) })
                };
                let looks = ctx.wait_for_condition("condition", 0, look).poll_every(every_second(10)).await?;
                Ok(vec![format!("{looks} looks")])
            }
            Plan::Callback(answer) => {
                let mut callback = ctx.callback::<String>("callback").timeout(Duration::from_secs(5));
                if answer != Answer::Never {
                    callback = callback.timeout(LONG);
                }
                ctx.publish(format!("callback {answer:?} {place}"), &callback.token())?;
                Ok(vec![callback.await.unwrap_or_else(name_of)])
            }
            Plan::Signal { .. } => {
                ctx.publish(format!("signal {place}"), &())?;
                let word: String = ctx.signal(place).await?;
                Ok(vec![word])
            }
            Plan::Update => {
                ctx.publish(format!("update {place}"), &())?;
                let update = ctx.update::<String>(place).await?;
                Ok(vec![update.accept("accepted")])
            }
            Plan::Sequence(plans) => {
                let mut all = Vec::new();
                for (nth, plan) in plans.into_iter().enumerate() {
                    all.extend(follow(ctx.clone(), plan, format!("{place}.{nth}")).await?);
                }
                Ok(all)
            }
            Plan::Join(plans) => {
                let all = join_all(each(&ctx, plans, &place)).await;
                Ok(all.into_iter().collect::<Result<Vec<_>, _>>()?.concat())
            }
            Plan::All(plans) => ctx.all(each(&ctx, plans, &place)).await.map(|all| all.concat()),
            Plan::Settled(plans) => {
                let all = ctx.all_settled(each(&ctx, plans, &place)).await;
                Ok(all.into_iter().map(|told| told.map_or_else(name_of, |told| told.join(" "))).collect())
            }
            Plan::Any { refused, after } => {
                let slow = async {
                    ctx.wait("before", Duration::from_secs(3)).await?;
                    follow(ctx.clone(), *after, format!("{place}.any")).await
                };
                let others = (0..refused).map(|_| follow(ctx.clone(), Plan::Refused, String::new()));
                match ctx.any(others.chain([slow.boxed()])).await {
                    Ok(told) => Ok(told),
                    Err(failure) => Ok(vec![name_of(failure)]),
                }
            }
            Plan::Race(losers) => {
                let won = ctx.wait("won", Duration::from_secs(5)).map(|won| won.map(|()| vec!["won".to_owned()]));
                let losers = losers.into_iter().enumerate();
                let losers = losers.map(|(nth, loser)| lose(ctx.clone(), loser, format!("{place}.{nth}")));
                ctx.race(losers.chain([won.boxed()])).await
            }
            Plan::Child { flat, plan } => {
                let child = ctx.child("child", |ctx| follow(ctx, *plan, format!("{place}.child")));
                if flat { child.flat().await } else { child.await }
            }
            Plan::Retried { failures, plan } => {
                let place = &place;
                ctx.with_retry("block", every_second(failures + 1), move |ctx, attempt| {
                    let (plan, place) = (plan.clone(), format!("{place}.try{attempt}"));
                    async move {
                        let told = follow(ctx, *plan, place).await?;
                        if attempt <= failures { Err(Failure::new("Again", "")) } else { Ok(told) }
                    }
                })
                .await
            }
            Plan::Map { items, most, flat, to_the_end, plan } => {
                let place = &place;
                let mut map = ctx.map("map", 0..items, move |ctx, item, _| {
                    follow(ctx, plan.as_ref().clone(), format!("{place}.item{item}"))
                });
                if let Some(most) = most {
                    map = map.max_concurrency(most);
                }
                if flat {
                    map = map.flat();
                }
                if to_the_end {
                    map = map.completion(Completion::all());
                }
                tell(map.await?)
            }
            Plan::Parallel { branches, most, flat } => {
                let mut parallel = ctx.parallel("parallel");
                for (nth, plan) in branches.into_iter().enumerate() {
                    let place = format!("{place}.branch{nth}");
                    parallel = parallel.branch(format!("branch {nth}"), |ctx| follow(ctx, plan, place));
                }
                if let Some(most) = most {
                    parallel = parallel.max_concurrency(most);
                }
                if flat {
                    parallel = parallel.flat();
                }
                tell(parallel.await?)
            }
            Plan::Saga { steps, fails, plan } => {
                let saga = ctx.saga();
                let settled = saga
                    .settle(async {
                        for nth in 1..=steps {
                            let refused = fails && nth == steps;
                            let run = move || async move {
                                if refused { Err(Failure::new("Refused", nth.to_string())) } else { Ok(nth) }
                            };
                            let undo = || async { Ok::<_, Failure>(()) };
                            saga.step("do", run).undo(undo).retry(Retry::none()).await?;
                        }
                        follow(ctx.clone(), *plan, format!("{place}.saga")).await
                    })
                    .await;
                Ok(vec![format!("{settled:?}")])
            }
            Plan::Invoke(plan) => {
                let told = ctx.invoke::<Vec<String>>("plan", Input { runs: vec![*plan], told: Vec::new() }).await;
                Ok(vec![told.map_or_else(name_of, |told| told.join(" "))])
            }
        }
    })
}

fn each(ctx: &Context, plans: Vec<Plan>, place: &str) -> impl Iterator<Item = BoxFuture<'static, Told>> {
    plans.into_iter().enumerate().map(move |(nth, plan)| follow(ctx.clone(), plan, format!("{place}.{nth}")))
}

fn lose(ctx: Context, loser: Loser, place: String) -> BoxFuture<'static, Told> {
    let late = |plan: Plan| Plan::Sequence(vec![Plan::Wait { seconds: LONG.as_secs() }, plan]);
    match loser {
        Loser::Late(plan) => follow(ctx, late(plan), place),
        Loser::LateInside(plan) => follow(ctx, Plan::Child { flat: false, plan: Box::new(late(plan)) }, place),
        Loser::Signal => async move { ctx.signal(place).await }.boxed(),
        Loser::Callback => async move { ctx.callback("lost").await }.boxed(),
        Loser::Step => async move { ctx.step("lost", std::future::pending::<Told>).await }.boxed(),
        Loser::Invoke => follow(ctx, Plan::Invoke(Box::new(late(Plan::Values))), place),
    }
}

/// What is left to chance or to the clock is the same when it is looked at again.
async fn values(ctx: &Context) -> Told {
    let recorded = ctx.record("recorded", something)?;
    let values = (recorded, ctx.random(), ctx.uuid().to_string(), ctx.now_ms());
    let kept = values.clone();
    let seen = ctx.step("values", move || std::future::ready(Ok::<_, Failure>(kept.clone()))).await?;
    Ok(vec![(if seen == values { "same" } else { "other" }).to_owned()])
}

/// Something that is different each time.
fn something() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(0)
}

#[allow(clippy::needless_pass_by_value, reason = "as failures come")]
fn name_of(failure: Failure) -> String {
    failure.name().to_owned()
}

/// The results of a map or parallel, or that one of them failed: which one, and how many had begun, may be otherwise in
/// another life.
fn tell(outcomes: Outcomes<Vec<String>>) -> Told {
    if outcomes.has_failure() { Ok(vec!["some failed".to_owned()]) } else { Ok(outcomes.into_results().concat()) }
}
