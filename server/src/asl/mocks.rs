//! Files of mocks on the command line.

use std::io::stderr;

use anyhow::{Result, anyhow};
use duramen_states::rehearsal::{MockError, MockFile};

use crate::output::has_colour;
use crate::report::{self, Said};
use crate::source::Source;

/// What is said of mocks in `--help`.
pub(super) const HELP: &str = "\
Mocks: a JSON object with an answer, or a list of answers, for each state or resource. The answers are given to the calls
one after another, the last one to all that follow.

  { \"Charge\": [ {\"error\": \"Card.Busy\", \"cause\": \"try again\"}, {\"result\": {\"paid\": true}, \"seconds\": 5} ],
    \"arn:aws:states:::sns:publish\": {\"result\": {\"MessageId\": \"1\"}},
    \"Label\": {\"answers\": [...], \"iterations\": {\"0\": [...], \"3-5\": [...]}, \"exactly\": true},
    \"Each order\": {\"items\": [{\"id\": 1}, {\"id\": 2}]} }

A name is that of a state, or of what states call: an ARN, a function, an activity. `seconds` is how long the call takes,
`iterations` are those of the map around the state, with `exactly` more calls than answers are an error, `items` are what
the ItemReader of a distributed map reads. The configuration files of Step Functions Local are taken too: `--case` chooses.";

/// Reads a file of mocks; what is wrong with it is shown with its line.
pub(super) fn read(source: &Source) -> Result<MockFile> {
    let text = source.read()?;
    MockFile::parse(&text).map_err(|error| match &error {
        MockError::Shape { message, pointer } => {
            let said = Said { code: None, message, label: &pointer.location(), help: None };
            match report::at(&text, &source.to_string(), pointer, &said, has_colour(&stderr())) {
                Ok(shown) => anyhow!("{source} is no file of mocks\n{}", shown.trim_end()),
                Err(_) => anyhow!("{source}: {error}"),
            }
        }
        _ => anyhow!("{source}: {error}"),
    })
}
