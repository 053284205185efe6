//! Retriers: which errors a state is tried again after, and how.

use super::fields::Fields;
use super::pointer::Pointer;
use super::problem::Problem;

/// One element of `Retry`.
#[derive(Debug, Clone, PartialEq)]
pub struct Retrier {
    /// Where it stands.
    pub pointer: Pointer,
    /// `ErrorEquals`: the names of the errors.
    pub errors: Vec<String>,
    /// `IntervalSeconds`: before the first retry, in seconds. 1 when absent.
    pub interval_seconds: u64,
    /// `MaxAttempts`: how often at most it is tried again; 0 is never. 3 when absent.
    pub max_attempts: u64,
    /// `BackoffRate`: by how much the interval grows each time, at least 1. 2 when absent.
    pub backoff_rate: f64,
    /// `MaxDelaySeconds`: what the interval grows to at most, in seconds.
    pub max_delay_seconds: Option<u64>,
    /// `JitterStrategy`: whether the interval is drawn by chance. `NONE` when absent.
    pub jitter: Jitter,
    /// `Comment`.
    pub comment: Option<String>,
}

/// The values of `JitterStrategy`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Jitter {
    /// `NONE`: the interval as computed.
    #[default]
    None,
    /// `FULL`: drawn between zero and the interval.
    Full,
}

impl Retrier {
    pub(super) fn read_all(state: &Fields<'_>, problems: &mut Vec<Problem>) -> Vec<Self> {
        let mut retriers = Vec::new();
        for (at, value) in state.elements("Retry", problems) {
            let Some(fields) = Fields::of(value, &at, state.language, problems) else { continue };
            fields.required("ErrorEquals", problems);
            let whole = |name: &str, problems: &mut Vec<Problem>| {
                let value = fields.get(name)?;
                let number = value.as_u64();
                if number.is_none() {
                    let message = format!("`{name}` must be a whole number that is not negative");
                    problems.push(Problem::at(&fields.pointer(name), message));
                }
                number
            };
            let backoff_rate = match fields.get("BackoffRate") {
                None => 2.0,
                Some(value) => value.as_f64().unwrap_or_else(|| {
                    problems.push(Problem::at(&fields.pointer("BackoffRate"), "`BackoffRate` must be a number"));
                    2.0
                }),
            };
            retriers.push(Self {
                errors: fields.texts("ErrorEquals", problems),
                interval_seconds: whole("IntervalSeconds", problems).unwrap_or(1),
                max_attempts: whole("MaxAttempts", problems).unwrap_or(3),
                backoff_rate,
                max_delay_seconds: whole("MaxDelaySeconds", problems),
                jitter: fields
                    .word("JitterStrategy", &[("NONE", Jitter::None), ("FULL", Jitter::Full)], problems)
                    .unwrap_or_default(),
                comment: fields.comment(),
                pointer: at,
            });
        }
        retriers
    }
}
