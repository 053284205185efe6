//! A plan as a Rust function, to be pasted where somebody looks for what went wrong.

use std::fmt::Write;

use crate::plan::{Answer, Loser, Plan};

/// What every printed workflow stands on.
const BEGINNING: &str = "\
use std::time::Duration;

use duramen::{Completion, Condition, Context, Failure, Jitter, Retry};
use futures::FutureExt;
use futures::future::join_all;

fn every_second(attempts: u32) -> Retry {
    Retry::fixed(Duration::from_secs(1)).limit(attempts).jitter(Jitter::None)
}

";

impl Plan {
    /// A workflow that does the same, without what it would tell.
    pub(crate) fn to_rust(&self) -> String {
        let mut text = BEGINNING.to_owned();
        text.push_str("async fn workflow(ctx: Context, (): ()) -> Result<(), Failure> {\n");
        self.write(&mut Code { text: &mut text, depth: 1 });
        text.push_str("    Ok(())\n}\n");
        text
    }

    /// Statements that follow the plan; a failure of what fails for good leaves the block around them.
    fn write(&self, code: &mut Code<'_>) {
        match self {
            Self::Step { failures, at_most_once } => {
                let once = if *at_most_once { ".at_most_once()" } else { "" };
                code.line("let step = ctx.step_with(\"step\", |step| async move {");
                let attempt = format!("if step.attempt() <= {failures} {{ Err(Failure::new(\"Flaky\", \"\")) }}");
                code.line(&format!("    {attempt} else {{ Ok(()) }}"));
                code.line("});");
                code.line(&format!("let _ = step.retry(every_second(3)){once}.await;"));
            }
            Self::Slow => {
                code.line("let slow = ctx.step(\"slow\", || std::future::pending::<Result<(), Failure>>());");
                code.line("let _ = slow.timeout(Duration::from_secs(2)).retry(every_second(2)).await;");
            }
            Self::Refused => {
                code.line(
                    "let refused = ctx.step(\"refused\", || async { Err::<(), _>(Failure::new(\"Refused\", \"\")) });",
                );
                code.line("refused.retry(Retry::none()).await?;");
            }
            Self::Wait { seconds } => code.line(&format!("ctx.wait(\"wait\", Duration::from_secs({seconds})).await?;")),
            Self::Values => {
                code.line("let values = (ctx.record(\"recorded\", || 7)?, ctx.random(), ctx.uuid().to_string());");
                code.line("ctx.step(\"values\", || std::future::ready(Ok::<_, Failure>(values.clone()))).await?;");
            }
            Self::Patched => code.line("let _ = ctx.patched(\"patch\");"),
            Self::Condition { polls } => {
                code.line("let look = |seen: u32| async move {");
                let met = "Condition::Met(seen + 1)";
                let not_yet = "Condition::NotYet(seen + 1)";
                code.line(&format!("    Ok::<_, Failure>(if seen + 1 < {polls} {{ {not_yet} }} else {{ {met} }})"));
                code.line("};");
                code.line("ctx.wait_for_condition(\"condition\", 0, look).poll_every(every_second(10)).await?;");
            }
            Self::Callback(answer) => {
                let seconds = if *answer == Answer::Never { 5 } else { 10_000 };
                code.line(&format!("// Answered: {answer:?}."));
                code.line(&format!(
                    "let mut callback = ctx.callback::<String>(\"callback\").timeout(Duration::from_secs({seconds}));"
                ));
                code.line("ctx.publish(\"token\", &callback.token())?;");
                code.line("let _ = callback.await;");
            }
            Self::Signal { early } => {
                code.line(if *early { "// Sent before." } else { "// Sent once it is waited for." });
                code.line("ctx.signal::<String>(\"signal\").await?;");
            }
            Self::Update => code.line("ctx.update::<String>(\"update\").await?.accept(\"accepted\");"),
            Self::Sequence(plans) => plans.iter().for_each(|plan| plan.write(code)),
            Self::Join(plans) => code.branches("for ended in join_all([", plans, "]).await {", |code| {
                code.line("    ended?;");
                code.line("}");
            }),
            Self::All(plans) => code.branches("ctx.all([", plans, "]).await?;", |_| {}),
            Self::Settled(plans) => code.branches("ctx.all_settled([", plans, "]).await;", |_| {}),
            Self::Any { refused, after } => {
                let late = Self::Sequence(vec![Self::Wait { seconds: 3 }, after.as_ref().clone()]);
                let mut plans = vec![Self::Refused; *refused as usize];
                plans.push(late);
                code.branches("let _ = ctx.any([", &plans, "]).await;", |_| {});
            }
            Self::Race(losers) => {
                let mut plans: Vec<_> = losers.iter().map(Loser::plan).collect();
                plans.push(Self::Wait { seconds: 5 });
                code.branches("ctx.race([", &plans, "]).await?;", |_| {});
            }
            Self::Child { flat, plan } => {
                code.line("let child = ctx.child(\"child\", |ctx| async move {");
                code.inside(plan);
                code.line("});");
                code.line(if *flat { "child.flat().await?;" } else { "child.await?;" });
            }
            Self::Retried { failures, plan } => {
                let attempts = failures + 1;
                code.line(&format!("ctx.with_retry(\"block\", every_second({attempts}), |ctx, attempt| async move {{"));
                code.deeper(|code| {
                    plan.write(code);
                    code.line(&format!(
                        "if attempt <= {failures} {{ Err(Failure::new(\"Again\", \"\")) }} else {{ Ok(()) }}"
                    ));
                });
                code.line("})");
                code.line(".await?;");
            }
            Self::Map { items, most, flat, to_the_end, plan } => {
                code.line(&format!("let map = ctx.map(\"map\", 0..{items}, |ctx, _, _| async move {{"));
                code.inside(plan);
                let all = if *to_the_end { ".completion(Completion::all())" } else { "" };
                code.line(&format!("}}){}{all};", settings(*most, *flat)));
                code.line("map.await?;");
            }
            Self::Parallel { branches, most, flat } => {
                code.line("let parallel = ctx.parallel(\"parallel\")");
                for (nth, plan) in branches.iter().enumerate() {
                    code.line(&format!("    .branch(\"branch {nth}\", |ctx| async move {{"));
                    code.deeper(|code| code.inside(plan));
                    code.line("    })");
                }
                code.line(&format!("    {};", settings(*most, *flat)));
                code.line("parallel.await?;");
            }
            Self::Saga { steps, fails, plan } => {
                code.line("let saga = ctx.saga();");
                code.line("let _ = saga.settle(async {");
                code.deeper(|code| {
                    for nth in 1..=*steps {
                        let ends = if *fails && nth == *steps { "Err(Failure::new(\"Refused\", \"\"))" } else { "Ok::<_, Failure>(())" };
                        code.line(&format!(
                            "let step = saga.step(\"do\", || async {{ {ends} }}).undo(|| async {{ Ok::<_, Failure>(()) }});"
                        ));
                        code.line("let () = step.retry(Retry::none()).await?;");
                    }
                    plan.write(code);
                    code.line("Ok(())");
                });
                code.line("})");
                code.line(".await;");
            }
            Self::Invoke(plan) => {
                code.line("// Registered as `invoked`: async fn invoked(ctx: Context, (): ()) -> Result<(), Failure>");
                code.line("// {");
                let mut inside = String::new();
                plan.write(&mut Code { text: &mut inside, depth: 1 });
                inside.lines().for_each(|line| code.line(&format!("// {line}")));
                code.line("//     Ok(())");
                code.line("// }");
                code.line("let _ = ctx.invoke::<()>(\"invoked\", ()).await;");
            }
        }
    }
}

impl Loser {
    fn plan(&self) -> Plan {
        let late = |plan: &Plan| Plan::Sequence(vec![Plan::Wait { seconds: 10_000 }, plan.clone()]);
        match self {
            Self::Late(plan) => late(plan),
            Self::LateInside(plan) => Plan::Child { flat: false, plan: Box::new(late(plan)) },
            Self::Signal => Plan::Signal { early: false },
            Self::Callback => Plan::Callback(Answer::Never),
            Self::Step => Plan::Slow,
            Self::Invoke => Plan::Invoke(Box::new(late(&Plan::Values))),
        }
    }
}

fn settings(most: Option<usize>, flat: bool) -> String {
    let most = most.map_or_else(String::new, |most| format!(".max_concurrency({most})"));
    format!("{most}{}", if flat { ".flat()" } else { "" })
}

struct Code<'a> {
    text: &'a mut String,
    depth: usize,
}

impl Code<'_> {
    fn line(&mut self, line: &str) {
        writeln!(self.text, "{:width$}{line}", "", width = self.depth * 4).unwrap();
    }

    fn deeper(&mut self, write: impl FnOnce(&mut Code<'_>)) {
        write(&mut Code { text: self.text, depth: self.depth + 1 });
    }

    /// The plan as the inside of a block of its own.
    fn inside(&mut self, plan: &Plan) {
        self.deeper(|code| {
            plan.write(code);
            code.line("Ok::<_, Failure>(())");
        });
    }

    fn branches(&mut self, first: &str, plans: &[Plan], last: &str, behind: impl FnOnce(&mut Self)) {
        self.line(first);
        self.deeper(|code| {
            for plan in plans {
                code.line("async {");
                code.inside(plan);
                code.line("}");
                code.line(".boxed(),");
            }
        });
        self.line(last);
        behind(self);
    }
}

#[test]
fn a_plan_is_printed_as_a_workflow() {
    let plan = Plan::Sequence(vec![
        Plan::Step { failures: 1, at_most_once: false },
        Plan::Child { flat: true, plan: Box::new(Plan::Wait { seconds: 3 }) },
        Plan::Race(vec![Loser::Signal]),
    ]);
    let expected = r#"async fn workflow(ctx: Context, (): ()) -> Result<(), Failure> {
    let step = ctx.step_with("step", |step| async move {
        if step.attempt() <= 1 { Err(Failure::new("Flaky", "")) } else { Ok(()) }
    });
    let _ = step.retry(every_second(3)).await;
    let child = ctx.child("child", |ctx| async move {
        ctx.wait("wait", Duration::from_secs(3)).await?;
        Ok::<_, Failure>(())
    });
    child.flat().await?;
    ctx.race([
        async {
            // Sent once it is waited for.
            ctx.signal::<String>("signal").await?;
            Ok::<_, Failure>(())
        }
        .boxed(),
        async {
            ctx.wait("wait", Duration::from_secs(5)).await?;
            Ok::<_, Failure>(())
        }
        .boxed(),
    ]).await?;
    Ok(())
}
"#;
    assert_eq!(plan.to_rust(), format!("{BEGINNING}{expected}"));
}

/// Prints a plan with one of everything, for whoever changes the printing and wants to see that it compiles.
#[test]
fn every_operation_is_printed() {
    let everything = Plan::Sequence(vec![
        Plan::Step { failures: 0, at_most_once: true },
        Plan::Slow,
        Plan::Values,
        Plan::Patched,
        Plan::Condition { polls: 2 },
        Plan::Callback(Answer::Yes),
        Plan::Update,
        Plan::Join(vec![Plan::Wait { seconds: 1 }]),
        Plan::All(vec![Plan::Wait { seconds: 1 }]),
        Plan::Settled(vec![Plan::Refused]),
        Plan::Any { refused: 1, after: Box::new(Plan::Patched) },
        Plan::Race(vec![Loser::LateInside(Plan::Values), Loser::Invoke, Loser::Step, Loser::Callback]),
        Plan::Retried { failures: 1, plan: Box::new(Plan::Patched) },
        Plan::Map { items: 2, most: Some(1), flat: true, to_the_end: true, plan: Box::new(Plan::Patched) },
        Plan::Parallel { branches: vec![Plan::Patched, Plan::Refused], most: Some(2), flat: false },
        Plan::Saga { steps: 2, fails: true, plan: Box::new(Plan::Patched) },
    ]);
    let text = everything.to_rust();
    let calls = [
        "at_most_once",
        "ctx.record",
        "ctx.patched",
        "ctx.wait_for_condition",
        "ctx.callback",
        "ctx.update",
        "join_all([",
        "ctx.all([",
        "ctx.all_settled([",
        "ctx.any([",
        "ctx.race([",
        "ctx.child(",
        "ctx.with_retry(",
        "ctx.map(",
        "ctx.parallel(",
        "ctx.saga(",
        "ctx.invoke::<()>(",
        "max_concurrency(1).flat()",
        "Completion::all()",
    ];
    for call in calls {
        assert!(text.contains(call), "{call} is missing in\n{text}");
    }
    if let Ok(file) = std::env::var("PRINTED_WORKFLOW") {
        std::fs::write(file, text).unwrap();
    }
}
