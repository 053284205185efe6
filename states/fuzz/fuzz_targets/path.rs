//! A path is read, printed and read again, which gives the same path; it is followed, and what is put where it leads is
//! found there.
#![no_main]

use duramen_states::query::{Path, Roots};
use duramen_states_fuzz::parts;
use libfuzzer_sys::fuzz_target;
use serde_json::json;

fuzz_target!(|data: &[u8]| {
    let Some((text, value)) = parts(data) else { return };
    let Ok(path) = Path::parse(text) else { return };
    let printed = path.to_string();
    let again = Path::parse(&printed).unwrap_or_else(|error| panic!("{text} prints as {printed}: {error}"));
    assert_eq!(path, again, "{printed}");
    assert_eq!(printed, again.to_string());
    let variables = serde_json::Map::from_iter([("x".to_owned(), value.clone())]);
    let roots = Roots::of(&value).context(&value).variables(&variables);
    let found = path.evaluate(&roots);
    match (&found, &again.evaluate(&roots)) {
        (Ok(found), Ok(same)) => {
            assert_eq!(found, same);
            assert!(path.is_definite() || found.is_array());
        }
        (Err(_), Err(_)) => {}
        (one, other) => panic!("{one:?}, but {other:?} of {printed}"),
    }
    if path.has_reference_segments() {
        assert!(path.is_definite());
        let mut target = value.clone();
        let new = json!({"new": [1]});
        match path.assign(&mut target, new.clone()) {
            Ok(()) => {
                let roots = Roots { input: &target, context: &target, variables: &variables };
                if path.variable().is_none() {
                    assert_eq!(*path.evaluate(&roots).unwrap(), new);
                }
            }
            Err(_) => assert_eq!(target, value),
        }
    }
});
