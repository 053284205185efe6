//! The examples tell what they are meant to show. Whether it is so they check themselves, and end with an error if not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test says what is wrong by panicking")]

mod program;

use program::{assert_in_order, told};

#[test]
fn approval_is_given_refused_awaited_in_vain_and_not_to_be_forged() {
    assert_in_order(
        &told("approval"),
        &[
            "A chair is approved at once.",
            "  to the boss: may we pay 120 for a chair?",
            "  the cash desk pays 120 for a chair",
            "  refused: callback of execution ",
            "  refused: callback of execution ",
            "  refused: `open-sesame` is not the token of a callback",
            "A piano is rejected",
            "  to the boss: a piano still waits for your answer",
            "  execution `a piano` of workflow `expense` ",
            "A yacht is never decided about",
            "  to the boss: a yacht still waits for your answer",
            "  to the colleague: nobody has decided about a yacht",
            "  execution `a yacht` of workflow `expense` ",
            "  refused: callback of execution ",
        ],
    );
}

#[test]
fn functions_and_state_machines_call_each_other_and_survive() {
    assert_in_order(
        &told("compose"),
        &[
            "Both are being packed, and wait for a carrier. The process dies.",
            "The customer is told: a chair comes in a box, label 7006",
            "ChainedInvokeStarted",
            "ChainedInvokeSucceeded",
            "How it was packed:",
            "LambdaFunctionScheduled",
            "LambdaFunctionSucceeded",
            "The statue stays: Unsent: No carrier takes a crate",
        ],
    );
}

#[test]
fn fan_out_counts_what_failed_and_stops_when_too_much_did() {
    let text = told("fan_out");
    assert_in_order(
        &text,
        &[
            "holiday: 989 made, 11 failed, 0 given up (AllCompleted)",
            "  4004 events in ",
            "  the first that failed has index 89: Damaged: picture 90 ends in the middle",
            "holiday, recorded flat: 989 made, 11 failed, 0 given up (AllCompleted)",
            "  2004 events in ",
            "flooded cellar: ",
        ],
    );
    assert!(text.contains(" 51 failed, ") && text.contains("(FailureToleranceExceeded)"), "{text}");
}

#[test]
fn signals_are_kept_updates_answered_and_the_cart_survives() {
    assert_in_order(
        &told("signals"),
        &[
            "A discount is asked for",
            "  execution `ada` of workflow `cart` ",
            "  the total is 13000",
            "  10 % are granted: 11700 are to be paid",
            "The process dies",
            "  the total is 11700",
            "  the total is 18000",
            "  a lamp, a rug, a chair for 18000",
            "Who comes too late",
            "  execution `ada` of workflow `cart` ",
        ],
    );
}

#[test]
fn the_agent_is_asked_for_leave_dies_twice_and_pays_once() {
    let text = told("agent");
    assert_in_order(
        &text,
        &[
            "The process dies while the model answers",
            "  to a human: may it delete everything?",
            "The process dies while the human thinks.",
            "  the human: I will not let you delete everything",
            "  to a human: may it delete old?",
            "  tool: delete old",
            "The agent says: ",
            "  run 1 has ",
            "  run 3 has ",
            "Another one may spend 8 cents.",
        ],
    );
    assert!(text.contains(" 5 are paid: 15 cents"), "{text}");
    assert!(text.contains("failed: BudgetSpent: 2 cents are left"), "{text}");
    assert!(!text.contains("tool: delete everything"), "{text}");
}

#[test]
fn an_upgrade_goes_on_or_pauses_with_what_does_not_match() {
    let text = told("upgrade");
    assert_in_order(
        &text,
        &[
            "  version 1 is in use: 1 running, 0 paused",
            "  version 2 is in use: 1 running, 0 paused",
            "Release 3",
            "  version 2 is in use: 2 running, 0 paused",
            "Release 4",
            "  order-1 is paused: execution `order-1` runs version 1 of workflow `order`, which is not registered",
            "  order-2 is paused: the code of workflow `order` does not match the history",
            "  order-3 is paused: the code of workflow `order` does not match the history",
            "Release 3 is brought back",
            "  order-1: a chair was sent (reserve, send)",
            "  order-2: a chair was sent to a checked address (check address, reserve, send)",
            "  order-3: a chair was sent to a checked address (check address, reserve near by, send)",
        ],
    );
    assert!(text.contains("step `reserve` as event 4, and the code asks for operation 2, step `put aside`"), "{text}");
}
