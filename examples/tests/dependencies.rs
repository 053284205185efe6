//! What the workspace depends on is held to `deny.toml`, by nothing but cargo: cargo-deny takes longer to build than all
//! the rest, and the advisories that it also checks come from the network.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what is wrong by panicking")]

use std::path::Path;
use std::process::Command;

use serde::Deserialize;

#[derive(Deserialize)]
struct Metadata {
    packages: Vec<Package>,
}

#[derive(Deserialize)]
struct Package {
    name: String,
    version: String,
    license: Option<String>,
    /// `None` for a member of the workspace.
    source: Option<String>,
    dependencies: Vec<Dependency>,
}

#[derive(Deserialize)]
struct Dependency {
    name: String,
    req: String,
    /// `None` for a path.
    source: Option<String>,
}

fn packages() -> Vec<Package> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .args(["metadata", "--format-version", "1", "--locked", "--all-features"])
        .current_dir(env!("CARGO_MANIFEST_DIR"));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: Metadata = serde_json::from_slice(&output.stdout).unwrap();
    assert!(metadata.packages.len() > 50, "cargo names {} packages only", metadata.packages.len());
    metadata.packages
}

fn deny() -> String {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deny.toml");
    std::fs::read_to_string(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}

/// The texts in quotes of the list `allow` of licences.
fn allowed(deny: &str) -> Vec<&str> {
    let from = deny.lines().skip_while(|line| *line != "[licenses]").skip_while(|line| *line != "allow = [").skip(1);
    let list: Vec<_> = from.take_while(|line| *line != "]").filter_map(|line| line.split('"').nth(1)).collect();
    assert!(!list.is_empty(), "deny.toml has no list `allow` under [licenses]");
    list
}

/// Whether a licence expression can be met with these licences. `AND` binds closer than `OR`, and old expressions have
/// `/` for `OR`.
fn is_met(expression: &str, allowed: &[&str]) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let words: Vec<&str> = spaced.split_whitespace().collect();
    let mut rest = words.as_slice();
    let met = either(&mut rest, allowed);
    assert!(rest.is_empty(), "`{expression}` is not understood from {rest:?} on");
    met
}

fn either(rest: &mut &[&str], allowed: &[&str]) -> bool {
    let mut met = both(rest, allowed);
    while let [word, after @ ..] = *rest
        && *word == "OR"
    {
        *rest = after;
        met |= both(rest, allowed);
    }
    met
}

fn both(rest: &mut &[&str], allowed: &[&str]) -> bool {
    let mut met = one(rest, allowed);
    while let [word, after @ ..] = *rest
        && *word == "AND"
    {
        *rest = after;
        met &= one(rest, allowed);
    }
    met
}

fn one(rest: &mut &[&str], allowed: &[&str]) -> bool {
    match *rest {
        [open, after @ ..] if *open == "(" => {
            *rest = after;
            let met = either(rest, allowed);
            let [close, after @ ..] = *rest else { panic!("a parenthesis is not closed") };
            assert_eq!(*close, ")");
            *rest = after;
            met
        }
        [licence, with, exception, after @ ..] if *with == "WITH" => {
            *rest = after;
            allowed.contains(&format!("{licence} WITH {exception}").as_str())
        }
        [licence, after @ ..] => {
            *rest = after;
            allowed.contains(licence)
        }
        [] => panic!("a licence expression ends too early"),
    }
}

#[test]
fn every_licence_is_allowed() {
    let deny = deny();
    let allowed = allowed(&deny);
    for Package { name, version, license, .. } in packages() {
        let license = license.unwrap_or_else(|| panic!("{name} {version} states no licence"));
        assert!(is_met(&license, &allowed), "{name} {version} is under {license}; allowed are {allowed:?}");
    }
}

#[test]
fn licence_expressions_are_read_as_they_bind() {
    let met = |expression| is_met(expression, &["MIT", "Unicode-3.0"]);
    assert!(met("MIT/Apache-2.0"));
    assert!(met("(MIT OR Apache-2.0) AND Unicode-3.0"));
    assert!(met("Apache-2.0 WITH LLVM-exception OR MIT"));
    assert!(met("GPL-3.0 AND ISC OR MIT"));
    assert!(!met("(GPL-3.0 OR MIT) AND ISC"));
    assert!(!met("Apache-2.0 WITH LLVM-exception"));
}

#[test]
fn everything_comes_from_crates_io_and_pins_stand() {
    let packages = packages();
    let mut pinned = Vec::new();
    for Package { name, source, dependencies, .. } in &packages {
        if let Some(source) = source {
            let crates_io = "registry+https://github.com/rust-lang/crates.io-index";
            assert_eq!(source, crates_io, "{name} comes from elsewhere");
            continue;
        }
        for Dependency { name: on, req, source } in dependencies {
            assert!(source.is_none() || req != "*", "{name} takes any version of {on}");
            if let Some(version) = req.strip_prefix('=') {
                let had: Vec<_> = packages.iter().filter(|package| package.name == *on).map(|p| &p.version).collect();
                assert_eq!(had, [version], "{on} is pinned by {name}");
                pinned.push(on.as_str());
            }
        }
    }
    assert!(pinned.contains(&"bincode") && pinned.contains(&"sled"), "pinned are only {pinned:?}");
}

#[test]
fn every_accepted_advisory_has_a_reason_that_still_holds() {
    let (deny, packages) = (deny(), packages());
    let accepted: Vec<_> = deny.lines().filter(|line| line.contains("id = \"RUSTSEC-")).collect();
    assert!(!accepted.is_empty(), "deny.toml accepts no advisory: then this test has nothing to read");
    for line in accepted {
        let reason = line.split("reason = \"").nth(1).unwrap_or_else(|| panic!("no reason: {line}"));
        let on = reason.split_whitespace().next().unwrap();
        assert!(packages.iter().any(|package| package.name == on), "{on} is no longer depended on: {line}");
    }
}
