//! Every workload once, very short, through the real binary.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test may fail by panicking")]

use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

fn bench(arguments: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_duramen-bench"));
    command.args(arguments.split_ascii_whitespace()).arg("--dir").arg(env!("CARGO_TARGET_TMPDIR")).output().unwrap()
}

/// What the workload prints as JSON.
fn measured(arguments: &str) -> Vec<Value> {
    let output = bench(&format!("{arguments} --json"));
    assert!(output.status.success(), "{arguments}: {}", String::from_utf8_lossy(&output.stderr));
    let lines = String::from_utf8(output.stdout).unwrap();
    let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    for row in &rows {
        assert_eq!(row["workload"], arguments.split_ascii_whitespace().next().unwrap());
    }
    rows
}

#[track_caller]
fn assert_positive(row: &Value, names: &[&str]) {
    for name in names {
        assert!(row[name].as_f64().is_some_and(|figure| figure > 0.0), "{name} is missing or not positive in {row}");
    }
}

#[test]
fn append_measures_each_number_of_writers_beside_the_raw_file() {
    let rows = measured("append --seconds 0.2 --writers 1,64");
    assert_eq!(rows.iter().map(|row| row["writers"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 64]);
    for row in &rows {
        assert_eq!(row["seconds"], 0.2);
        assert_positive(row, &["appends_per_s", "raw_appends_per_s", "ratio_to_raw"]);
    }
}

#[test]
fn sequential_syncs_once_a_step() {
    let rows = measured("sequential --steps 60");
    assert_eq!(rows[0]["steps"], 60);
    assert_eq!(rows[0]["syncs_per_step"], 1.0);
    assert_positive(
        &rows[0],
        &[
            "steps_per_s",
            "ms_per_step",
            "p50_ms",
            "p99_ms",
            "raw_sync_ms",
            "ratio_to_raw",
            "raw_in_place_ms",
            "ratio_to_raw_in_place",
            "last_to_early_ratio",
        ],
    );
}

#[test]
fn throughput_counts_executions_and_their_steps() {
    let rows = measured("throughput --concurrency 16 --seconds 0.5");
    assert_eq!(rows[0]["concurrency"], 16);
    assert_positive(&rows[0], &["steps_per_s", "executions_per_s", "p50_ms", "p99_ms", "syncs_per_step"]);
    assert!(rows[0]["cpu_s_per_1000_steps"].as_f64().is_some(), "{}", rows[0]);
    let (steps, executions) = (rows[0]["steps_per_s"].as_f64().unwrap(), rows[0]["executions_per_s"].as_f64().unwrap());
    assert!((steps / executions - 10.0).abs() < 0.01, "{}", rows[0]);
}

#[test]
fn latency_needs_two_syncs() {
    let rows = measured("latency --count 20");
    assert_eq!(rows[0]["count"], 20);
    assert_eq!(rows[0]["syncs_per_step"], 2.0);
    assert_positive(
        &rows[0],
        &["p50_ms", "p99_ms", "raw_sync_ms", "ratio_to_raw", "raw_in_place_ms", "ratio_to_raw_in_place"],
    );
}

#[test]
fn sleeping_executions_are_on_the_disk() {
    let rows = measured("sleeping --count 300");
    assert_eq!(rows[0]["count"], 300);
    assert_positive(&rows[0], &["asleep_per_s", "open_s"]);
    assert!(rows[0]["memory_bytes_each"].as_f64().is_some_and(|bytes| bytes >= 0.0), "{}", rows[0]);
    assert!(rows[0]["disk_bytes_each"].as_f64().is_some_and(|bytes| bytes >= 0.0), "{}", rows[0]);
}

#[test]
fn fanout_shares_syncs_among_its_steps() {
    let rows = measured("fanout --width 100");
    assert_eq!(rows[0]["width"], 100);
    assert_positive(&rows[0], &["seconds", "steps_per_s", "ms_per_step", "syncs", "syncs_per_step"]);
    assert!(rows[0]["syncs"].as_u64().unwrap() < 50, "{}", rows[0]);
}

#[test]
fn fanout_by_a_map_does_too() {
    let rows = measured("fanout --width 100 --by map");
    assert_eq!(rows[0]["by"], "map");
    assert!(rows[0]["syncs"].as_u64().unwrap() < 50, "{}", rows[0]);
}

#[test]
fn signals_share_syncs_among_their_senders() {
    let rows = measured("signals --count 500 --senders 50");
    assert_eq!((rows[0]["count"].as_u64(), rows[0]["senders"].as_u64()), (Some(500), Some(50)));
    assert_positive(&rows[0], &["seconds", "signals_per_s", "p50_ms", "p99_ms"]);
    assert!(rows[0]["syncs_per_signal"].as_f64().unwrap() < 0.5, "{}", rows[0]);
}

#[test]
fn children_have_histories_of_their_own() {
    let rows = measured("children --count 100 --concurrency 20");
    assert_eq!((rows[0]["count"].as_u64(), rows[0]["concurrency"].as_u64()), (Some(100), Some(20)));
    assert_positive(&rows[0], &["seconds", "children_per_s", "syncs_per_child"]);
    assert!(rows[0]["records_per_child"].as_f64().unwrap() > 2.0, "{}", rows[0]);
}

#[test]
fn machine_transitions_counts_the_states_entered() {
    let rows = measured("machine-transitions --concurrency 16 --seconds 0.5 --rounds 9");
    assert_eq!((rows[0]["concurrency"].as_u64(), rows[0]["rounds"].as_u64()), (Some(16), Some(9)));
    assert_positive(&rows[0], &["transitions_per_s", "executions_per_s", "p50_us", "p99_us", "syncs_per_execution"]);
    let figure = |name: &str| rows[0][name].as_f64().unwrap();
    assert!((figure("transitions_per_s") / figure("executions_per_s") - 20.0).abs() < 0.02, "{}", rows[0]);
}

#[test]
fn machine_tasks_counts_ten_tasks_an_execution() {
    let rows = measured("machine-tasks --concurrency 16 --seconds 0.5");
    assert_positive(&rows[0], &["tasks_per_s", "executions_per_s", "p50_us", "p99_us", "syncs_per_execution"]);
    let figure = |name: &str| rows[0][name].as_f64().unwrap();
    assert!((figure("tasks_per_s") / figure("executions_per_s") - 10.0).abs() < 0.01, "{}", rows[0]);
}

#[test]
fn machine_express_stores_nothing() {
    let rows = measured("machine-express --seconds 0.2");
    assert_positive(&rows[0], &["executions_per_s", "p50_us", "p99_us"]);
    assert!(rows[0].get("syncs_per_execution").is_none(), "{}", rows[0]);
}

#[test]
fn machine_start_shares_syncs_among_executions() {
    let rows = measured("machine-start --concurrency 64 --seconds 0.5");
    assert_positive(&rows[0], &["executions_per_s", "p50_us", "p99_us", "syncs_per_execution"]);
    assert!(rows[0]["syncs_per_execution"].as_f64().unwrap() < 1.0, "{}", rows[0]);
}

#[test]
fn machine_map_gives_every_item_back() {
    let rows = measured("machine-map --items 300 --mode inline,tasks,express,standard");
    for (row, mode) in rows.iter().zip(["inline", "tasks", "express", "standard"]) {
        assert_eq!((&row["items"], &row["mode"]), (&serde_json::json!(300), &serde_json::json!(mode)));
        assert_positive(row, &["seconds", "items_per_s", "syncs", "records", "record_bytes"]);
    }
    assert!(rows[2]["record_bytes"].as_u64() < rows[0]["record_bytes"].as_u64(), "{rows:?}");
}

#[test]
fn machine_map_reads_its_items_and_comes_back_from_a_kill() {
    for from in ["jsonl", "csv"] {
        let rows = measured(&format!("machine-map --items 300 --bytes 9000 --from {from} --mode express --kill"));
        assert_eq!(rows[0]["from"], from);
        assert_positive(&rows[0], &["seconds", "largest_record_bytes", "log_bytes", "peak_bytes", "back_s", "end_s"]);
        assert!(rows[0]["largest_record_bytes"].as_u64() < rows[0]["record_bytes"].as_u64(), "{rows:?}");
    }
}

#[test]
fn recovery_finds_everything_right() {
    let rows = measured("recovery --concurrency 8 --seconds-of-load 0.5");
    assert_eq!(rows[0]["concurrency"], 8);
    assert_eq!(rows[0]["all_right"], true);
    assert_positive(&rows[0], &["open_s", "seconds", "executions"]);
}

#[test]
fn several_runs_give_their_spread() {
    let rows = measured("fanout --width 10 --runs 3");
    assert_eq!(rows.len(), 1);
    assert_eq!(rows[0]["runs"], 3);
    let seconds = |row: &Value| row["seconds"].as_f64().unwrap();
    assert!(seconds(&rows[0]["min"]) <= seconds(&rows[0]));
    assert!(seconds(&rows[0]) <= seconds(&rows[0]["max"]));
}

#[test]
fn without_json_people_get_a_table() {
    let output = bench("fanout --width 10");
    let table = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(table.starts_with("fanout\n") && table.contains("--width") && table.contains("steps_per_s"), "{table}");
    let widths: Vec<_> = table.lines().skip(1).map(str::len).collect();
    assert!(widths.iter().all(|width| *width == widths[0]), "{table}");
}

#[test]
fn an_unknown_workload_is_an_error_of_usage() {
    let output = bench("sideways");
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("sideways"));
}

#[test]
fn nothing_is_left_behind() {
    let place = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("nothing-is-left-behind");
    let output = Command::new(env!("CARGO_BIN_EXE_duramen-bench"))
        .args(["fanout", "--width", "10", "--dir"])
        .arg(&place)
        .output()
        .unwrap();
    assert!(output.status.success());
    assert_eq!(std::fs::read_dir(&place).unwrap().count(), 0);
}
