//! `duramen asl run FILE`

mod failure;
mod progress;
mod told;

use std::io::{Write, stderr};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, anyhow};
use clap::Args;
use duramen_states::definition::Definition;
use duramen_states::http::Exchange;
use duramen_states::machine::{Sight, Stop, Watch};
use duramen_states::objects::Buckets;
use duramen_states::rehearsal::{Mocks, Rehearsal};
use duramen_states::{About, Fault, Limits, Options, Tasks};
use serde_json::{Value, json};

use super::http::{self, Apis};
use super::mocks;
use super::picture::Format;
use super::validate::Type;
use crate::argument::Argument;
use crate::definition;
use crate::output::{Outcome, Output, has_colour, only_one_stdin};
use crate::source::Source;
use failure::Failing;
pub(in crate::asl) use progress::words;
use told::Told;

#[derive(Args)]
#[command(after_long_help = format!("{}\n\n{}", mocks::HELP, http::HELP))]
pub(crate) struct Run {
    /// The definition; `-` is the standard input.
    file: Source,
    /// The input: JSON, `@` and the name of a file, or `-` for the standard input. Given several times, an execution is run
    /// with each.
    #[arg(long, value_name = "JSON", default_value = "{}")]
    input: Vec<Argument>,
    /// What answers in place of tasks: a file, see below; `-` is the standard input.
    #[arg(long, value_name = "FILE")]
    mock: Option<Source>,
    /// Which test case of a file for Step Functions Local. Given several times, an execution is run with each.
    #[arg(long, value_name = "NAME", requires = "mock")]
    case: Vec<String>,
    /// Which state machine of a file for Step Functions Local, if several have the case.
    #[arg(long, value_name = "NAME", requires = "mock")]
    machine: Option<String>,
    /// Do not wait: waits, pauses before retries and the time that mocks take are over at once.
    #[arg(long)]
    fast_forward: bool,
    /// The name of the execution.
    #[arg(long, default_value = "execution")]
    name: String,
    /// As which type of state machine it is run.
    #[arg(long = "type", value_enum, default_value_t)]
    machine_type: Type,
    /// The source of all that is left to chance. With --fast-forward an execution then starts at 2026-01-01T00:00:00Z, so that
    /// the same seed gives the same in all.
    #[arg(long)]
    seed: Option<u64>,
    /// After how many seconds the execution times out, if the definition does not say less.
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<u64>,
    /// The limits of Step Functions for payloads, histories and Express executions. Without them a history may have 100,000 events.
    #[arg(long)]
    aws_limits: bool,
    /// A folder of buckets, each of which is a folder, for readers and writers of distributed maps and tasks of S3.
    #[arg(long, value_name = "FOLDER")]
    buckets: Option<PathBuf>,
    /// Say in the end which states, rules of choices, retriers and catchers were covered.
    #[arg(long)]
    coverage: bool,
    /// Draw in the end what became of the states.
    #[arg(long, value_enum, value_name = "FORMAT")]
    graph: Option<Format>,
    /// Draw it into that file instead of writing it out.
    #[arg(long, value_name = "FILE", requires = "graph")]
    graph_file: Option<PathBuf>,
    /// Do not tell what the states do.
    #[arg(long, short)]
    quiet: bool,
    #[command(flatten)]
    apis: Apis,
}

/// What was seen of an execution.
#[derive(Default)]
struct Seen {
    sights: Vec<Sight>,
    requests: Vec<Exchange>,
}

/// One execution that is to be run.
struct Planned {
    input: Value,
    mocks: Mocks,
    case: Option<String>,
}

impl Run {
    pub(crate) fn run(self, output: Output) -> Result<Outcome> {
        let inputs_from_stdin = self.input.iter().map(Argument::is_stdin);
        let files = [self.file == Source::Stdin, self.mock == Some(Source::Stdin), self.apis.is_stdin()];
        only_one_stdin(&files.into_iter().chain(inputs_from_stdin).collect::<Vec<_>>());
        let Some(definition) = definition::read(&self.file, output)? else { return Ok(Outcome::Faulty) };
        let planned = self.planned()?;
        let stop = Stop::new();
        let seen = Arc::new(Mutex::new(Seen::default()));
        let rehearsal = self.rehearsal(&definition, output, &stop, &seen)?;
        for mocks in planned.iter().map(|planned| &planned.mocks) {
            for name in rehearsal.unknown(mocks) {
                let _ =
                    writeln!(stderr(), "warning: the mock '{name}' is of no state, and of nothing that a state calls");
            }
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.spawn(stop_on_interrupt(stop));
        // Behind this it listens.
        runtime.block_on(tokio::task::yield_now());
        let mut told = Vec::new();
        for planned in &planned {
            if output == Output::Text && !self.quiet && planned.case.is_some() {
                let _ = writeln!(stderr(), "case {}", planned.case.as_deref().unwrap_or_default());
            }
            *seen.lock().unwrap_or_else(PoisonError::into_inner) = Seen::default();
            let run = runtime.block_on(rehearsal.run(planned.input.clone(), &planned.mocks)).map_err(|error| {
                let failing = Failing { definition: &definition, source: &self.file };
                anyhow!("{}", failing.rehearsal(&error, self.mock.is_some()))
            })?;
            let seen = std::mem::take(&mut *seen.lock().unwrap_or_else(PoisonError::into_inner));
            let requests = self.apis.are_allowed().then_some(seen.requests);
            let one = Told::new(run, &seen.sights, &definition, planned.case.clone()).requests(requests);
            if output == Output::Text {
                one.write_text(&Failing { definition: &definition, source: &self.file })?;
            }
            let aborted = one.outcome() == Outcome::Aborted;
            told.push(one);
            if aborted {
                break;
            }
        }
        self.write_end(output, &definition, &rehearsal, &told)?;
        let failed = told.iter().map(Told::outcome).max_by_key(|outcome| outcome.code());
        Ok(failed.unwrap_or(Outcome::Done))
    }

    /// Every case with every input.
    fn planned(&self) -> Result<Vec<Planned>> {
        let mut planned = Vec::new();
        let inputs = self.input.iter().map(|input| input.value("input")).collect::<Result<Vec<_>>>()?;
        let file = self.mock.as_ref().map(mocks::read).transpose()?;
        let cases = if self.case.is_empty() { vec![None] } else { self.case.iter().cloned().map(Some).collect() };
        for case in cases {
            let mocks = match (&file, &self.mock) {
                (Some(file), Some(source)) => {
                    let mocks = file.mocks(self.machine.as_deref(), case.as_deref());
                    mocks.map_err(|error| anyhow!("{source}: {error}"))?
                }
                _ => Mocks::new(),
            };
            let one = |input: &Value| Planned { input: input.clone(), mocks: mocks.clone(), case: case.clone() };
            planned.extend(inputs.iter().map(one));
        }
        Ok(planned)
    }

    fn rehearsal(
        &self,
        definition: &Definition,
        output: Output,
        stop: &Stop,
        seen: &Arc<Mutex<Seen>>,
    ) -> Result<Rehearsal> {
        let rehearsal = Rehearsal::new(definition).map_err(|problems| {
            let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
            anyhow!("{}: {}", self.file, said.join(", "))
        })?;
        let tells = output == Output::Text && !self.quiet;
        let progress = tells.then(|| progress::Progress::new(definition, has_colour(&stderr())));
        let watch = Watch::new({
            let seen = seen.clone();
            move |sight| {
                seen.lock().unwrap_or_else(PoisonError::into_inner).sights.push(sight.clone());
                if let Some(progress) = &progress {
                    progress.tell(sight);
                }
            }
        });
        let mut options = Options::default().about(self.about()).stop(stop.clone()).watch(watch);
        options.skip_waits = self.fast_forward;
        options.seed = self.seed;
        options.start_ms = self.seed.filter(|_| self.fast_forward).map(|_| 1_767_225_600_000);
        options.timeout_seconds = self.timeout;
        let limits = if self.aws_limits { Limits::aws() } else { Limits::default().history_events(100_000) };
        let mut tasks = Tasks::new();
        if let Some(folder) = &self.buckets {
            let is_none = || format!("{} is no folder", folder.display());
            if !folder.is_dir() {
                return Err(anyhow!(is_none()));
            }
            tasks = tasks.objects(Buckets::open(folder).with_context(is_none)?);
        }
        if self.apis.are_allowed() {
            let seen = seen.clone();
            tasks = tasks.http(self.apis.http()?.watch(move |exchange| {
                seen.lock().unwrap_or_else(PoisonError::into_inner).requests.push(exchange.clone());
                if tells {
                    progress::tell_request(exchange, has_colour(&stderr()));
                }
            }));
        }
        Ok(rehearsal.options(options).limits(limits).tasks(tasks))
    }

    fn about(&self) -> About {
        let about = About::new(&self.file.stem(), &self.name);
        match self.machine_type {
            Type::Standard => about,
            Type::Express => about.express(),
        }
    }

    /// The picture, the coverage, and for programs all else.
    fn write_end(&self, output: Output, definition: &Definition, rehearsal: &Rehearsal, told: &[Told]) -> Result<()> {
        let coverage = rehearsal.coverage();
        let picture = self.graph.zip(told.last()).map(|(format, last)| {
            let graph = definition.graph().with_run(&last.drawn(definition, &coverage));
            (format, format.draw(&graph))
        });
        if let (Some(file), Some((_, picture))) = (&self.graph_file, &picture) {
            std::fs::write(file, picture).with_context(|| format!("{} cannot be written", file.display()))?;
        }
        let picture = picture.filter(|_| self.graph_file.is_none());
        let mut text = picture.as_ref().map(|(_, picture)| format!("\n{picture}")).unwrap_or_default();
        if self.coverage {
            text += &format!("\n{coverage}");
        }
        let mut object = match told {
            [one] => one.object(),
            all => json!({ "runs": all.iter().map(Told::object).collect::<Vec<_>>() }),
        };
        if let Some(fields) = object.as_object_mut() {
            if self.coverage {
                fields.insert("coverage".to_owned(), coverage.to_json());
            }
            if let Some((format, picture)) = picture {
                fields.insert("graph".to_owned(), json!({ "format": format.name(), "picture": picture }));
            }
        }
        output.write(&text, &object)
    }
}

/// The first Ctrl-C stops the execution, the second one the process.
async fn stop_on_interrupt(stop: Stop) {
    if tokio::signal::ctrl_c().await.is_ok() {
        let cause = Some("It was interrupted".to_owned());
        stop.stop(Fault { error: None, cause });
    }
    if tokio::signal::ctrl_c().await.is_ok() {
        std::process::exit(i32::from(Outcome::Aborted.code()));
    }
}
