//! A workflow, as data.

use proptest::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Plan {
    /// A step that fails so often before it succeeds, and may be tried three times.
    Step {
        failures: u32,
        at_most_once: bool,
    },
    /// A step that never ends, and is broken off.
    Slow,
    /// A step that fails for good, and with it what it stands in.
    Refused,
    Wait {
        seconds: u64,
    },
    /// A recorded value, random bits, an id and the time.
    Values,
    Patched,
    /// Looked at so often until it is so.
    Condition {
        polls: u32,
    },
    Callback(Answer),
    Signal {
        early: bool,
    },
    Update,
    Sequence(Vec<Plan>),
    Join(Vec<Plan>),
    All(Vec<Plan>),
    Settled(Vec<Plan>),
    /// The first to succeed is a wait; before it, some are refused.
    Any {
        refused: u32,
        after: Box<Plan>,
    },
    /// Won by a wait.
    Race(Vec<Loser>),
    Child {
        flat: bool,
        plan: Box<Plan>,
    },
    /// A block that fails so often as a whole before it succeeds.
    Retried {
        failures: u32,
        plan: Box<Plan>,
    },
    Map {
        items: usize,
        most: Option<usize>,
        flat: bool,
        to_the_end: bool,
        plan: Box<Plan>,
    },
    Parallel {
        branches: Vec<Plan>,
        most: Option<usize>,
        flat: bool,
    },
    /// Steps with undos around a plan; the last one fails for good, if so.
    Saga {
        steps: u32,
        fails: bool,
        plan: Box<Plan>,
    },
    Invoke(Box<Plan>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Answer {
    Yes,
    No,
    Never,
}

/// What is given up.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Loser {
    Late(Plan),
    LateInside(Plan),
    Signal,
    Callback,
    Step,
    Invoke,
}

pub(crate) fn leaves() -> impl Strategy<Value = Plan> {
    prop_oneof![
        3 => (0_u32..4, any::<bool>()).prop_map(|(failures, at_most_once)| Plan::Step {
            failures,
            // An attempt that was interrupted has failed, and another one succeeds.
            at_most_once: at_most_once && failures == 0,
        }),
        1 => Just(Plan::Slow),
        1 => Just(Plan::Refused),
        3 => (0_u64..10).prop_map(|seconds| Plan::Wait { seconds }),
        1 => Just(Plan::Values),
        1 => Just(Plan::Patched),
        1 => (1_u32..4).prop_map(|polls| Plan::Condition { polls }),
        1 => prop_oneof![Just(Answer::Yes), Just(Answer::No), Just(Answer::Never)].prop_map(Plan::Callback),
        2 => any::<bool>().prop_map(|early| Plan::Signal { early }),
        1 => Just(Plan::Update),
    ]
}

fn losers(plans: impl Strategy<Value = Plan> + Clone) -> impl Strategy<Value = Loser> {
    prop_oneof![
        plans.clone().prop_map(Loser::Late),
        plans.prop_map(Loser::LateInside),
        Just(Loser::Signal),
        Just(Loser::Callback),
        Just(Loser::Step),
        Just(Loser::Invoke),
    ]
}

pub(crate) fn plans() -> impl Strategy<Value = Plan> {
    leaves().prop_recursive(3, 14, 4, |inner| {
        let some = || prop::collection::vec(inner.clone(), 1..4);
        let boxed = || inner.clone().prop_map(Box::new);
        let most = || prop::option::of(1_usize..3);
        prop_oneof![
            4 => some().prop_map(Plan::Sequence),
            2 => some().prop_map(Plan::Join),
            1 => some().prop_map(Plan::All),
            1 => some().prop_map(Plan::Settled),
            1 => (0_u32..3, boxed()).prop_map(|(refused, after)| Plan::Any { refused, after }),
            1 => prop::collection::vec(losers(inner.clone()), 1..3).prop_map(Plan::Race),
            3 => (any::<bool>(), boxed()).prop_map(|(flat, plan)| Plan::Child { flat, plan }),
            1 => (0_u32..3, boxed()).prop_map(|(failures, plan)| Plan::Retried { failures, plan }),
            1 => (0_usize..4, most(), any::<bool>(), any::<bool>(), boxed()).prop_map(
                |(items, most, flat, to_the_end, plan)| Plan::Map { items, most, flat, to_the_end, plan }
            ),
            1 => (some(), most(), any::<bool>())
                .prop_map(|(branches, most, flat)| Plan::Parallel { branches, most, flat }),
            2 => (1_u32..4, any::<bool>(), boxed()).prop_map(|(steps, fails, plan)| Plan::Saga { steps, fails, plan }),
            1 => boxed().prop_map(Plan::Invoke),
        ]
    })
}

impl Plan {
    /// Whether this holds for it and for all that is in it.
    pub(crate) fn all(&self, holds: &impl Fn(&Plan) -> bool) -> bool {
        holds(self)
            && match self {
                Self::Sequence(plans)
                | Self::Join(plans)
                | Self::All(plans)
                | Self::Settled(plans)
                | Self::Parallel { branches: plans, .. } => plans.iter().all(|plan| plan.all(holds)),
                Self::Any { after: plan, .. }
                | Self::Child { plan, .. }
                | Self::Retried { plan, .. }
                | Self::Map { plan, .. }
                | Self::Saga { plan, .. }
                | Self::Invoke(plan) => plan.all(holds),
                Self::Race(losers) => losers.iter().all(|loser| match loser {
                    Loser::Late(plan) | Loser::LateInside(plan) => plan.all(holds),
                    _ => true,
                }),
                _ => true,
            }
    }

    /// Whether the same happens however often it is interrupted: attempts that are not run twice, and that are broken off
    /// so many seconds after they began, come to their end at another time in another life, and what ends with the first
    /// failure then has come further or not so far.
    pub(crate) fn is_exact(&self) -> bool {
        let ends_early = |plan: &Self| {
            matches!(
                plan,
                Self::All(_) | Self::Parallel { .. } | Self::Map { to_the_end: false, .. } | Self::Any { .. }
            )
        };
        self.all(&|plan| !matches!(plan, Self::Slow | Self::Step { at_most_once: true, .. }))
            && self
                .all(&|plan| !ends_early(plan) || plan.all(&|plan| !matches!(plan, Self::Refused | Self::Any { .. })))
    }
}
