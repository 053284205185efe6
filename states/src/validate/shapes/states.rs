//! The eight types of states.

use super::handlers::{CATCHER, RETRIER};
use super::machines::PROCESSOR;
use super::maps::{ITEM_BATCHER, ITEM_READER, RESULT_WRITER};
use crate::validate::shape::{Field, Object, Shape, at_most_one_of, field, jsonata_field, one_of, path_field};

const MAX_SECONDS: u64 = 99_999_999;

/// What all states have. `Type` and `QueryLanguage` are looked at before the rest.
const COMMON: &[Field] = &[field("Type", Shape::Any), field("QueryLanguage", Shape::Any), field("Comment", Shape::Any)];

/// How data comes into a state and leaves it.
const DATA: &[Field] = &[
    path_field("InputPath", Shape::Path),
    path_field("OutputPath", Shape::Path),
    jsonata_field("Output", Shape::Expressions),
];

const ASSIGN: &[Field] = &[field("Assign", Shape::Variables)];

/// What is made of the input before the work, and where its result is put.
const RESULT: &[Field] = &[path_field("Parameters", Shape::Template), path_field("ResultPath", Shape::ResultPath)];

const ARGUMENTS: &[Field] = &[jsonata_field("Arguments", Shape::Expressions)];

/// What states have whose work may fail.
const WORK: &[Field] = &[
    path_field("ResultSelector", Shape::Template),
    field("Retry", Shape::Objects(&RETRIER, true)),
    field("Catch", Shape::Objects(&CATCHER, true)),
];

/// Where a state goes on.
const GOES_ON: &[Field] = &[field("Next", Shape::Text), field("End", Shape::Flag)];

const PASS: Object = Object {
    fields: &[COMMON, DATA, RESULT, ASSIGN, GOES_ON, &[path_field("Result", Shape::Any)]],
    required: &[],
    alternatives: &[],
};

const TASK: Object = Object {
    fields: &[
        COMMON,
        DATA,
        RESULT,
        ARGUMENTS,
        ASSIGN,
        WORK,
        GOES_ON,
        &[
            field("Resource", Shape::Resource),
            field("Credentials", Shape::Credentials),
            field("TimeoutSeconds", Shape::Whole(1, MAX_SECONDS)),
            path_field("TimeoutSecondsPath", Shape::ReferencePath),
            field("HeartbeatSeconds", Shape::Whole(1, MAX_SECONDS)),
            path_field("HeartbeatSecondsPath", Shape::ReferencePath),
        ],
    ],
    required: &["Resource"],
    alternatives: &[
        at_most_one_of(&["TimeoutSeconds", "TimeoutSecondsPath"]),
        at_most_one_of(&["HeartbeatSeconds", "HeartbeatSecondsPath"]),
    ],
};

const CHOICE: Object = Object {
    fields: &[COMMON, DATA, ASSIGN, &[field("Choices", Shape::Rules), field("Default", Shape::Text)]],
    required: &["Choices"],
    alternatives: &[],
};

const WAIT: Object = Object {
    fields: &[
        COMMON,
        DATA,
        ASSIGN,
        GOES_ON,
        &[
            field("Seconds", Shape::Whole(0, MAX_SECONDS)),
            path_field("SecondsPath", Shape::ReferencePath),
            field("Timestamp", Shape::Timestamp),
            path_field("TimestampPath", Shape::ReferencePath),
        ],
    ],
    required: &[],
    alternatives: &[one_of(&["SecondsPath", "Seconds", "TimestampPath", "Timestamp"])],
};

const SUCCEED: Object = Object { fields: &[COMMON, DATA], required: &[], alternatives: &[] };

const FAIL: Object = Object {
    fields: &[
        COMMON,
        &[
            field("Error", Shape::DynamicText),
            path_field("ErrorPath", Shape::PathOrFunction),
            field("Cause", Shape::DynamicText),
            path_field("CausePath", Shape::PathOrFunction),
        ],
    ],
    required: &[],
    alternatives: &[at_most_one_of(&["Error", "ErrorPath"]), at_most_one_of(&["Cause", "CausePath"])],
};

const PARALLEL: Object = Object {
    fields: &[COMMON, DATA, RESULT, ARGUMENTS, ASSIGN, WORK, GOES_ON, &[field("Branches", Shape::Machines)]],
    required: &["Branches"],
    alternatives: &[],
};

const MAP: Object = Object {
    fields: &[
        COMMON,
        DATA,
        RESULT,
        ASSIGN,
        WORK,
        GOES_ON,
        &[
            field("ItemProcessor", Shape::Machine(&PROCESSOR)),
            field("Iterator", Shape::Machine(&PROCESSOR)),
            path_field("ItemsPath", Shape::ReferencePath),
            jsonata_field("Items", Shape::Expressions),
            field("ItemSelector", Shape::Template),
            field("ItemReader", Shape::Object(&ITEM_READER)),
            field("ItemBatcher", Shape::Object(&ITEM_BATCHER)),
            field("ResultWriter", Shape::Object(&RESULT_WRITER)),
            field("MaxConcurrency", Shape::Whole(0, u64::MAX)),
            path_field("MaxConcurrencyPath", Shape::ReferencePath),
            field("ToleratedFailureCount", Shape::Whole(0, u64::MAX)),
            path_field("ToleratedFailureCountPath", Shape::ReferencePath),
            field("ToleratedFailurePercentage", Shape::Number(0.0, 100.0)),
            path_field("ToleratedFailurePercentagePath", Shape::ReferencePath),
            field("Label", Shape::Text),
        ],
    ],
    required: &[],
    alternatives: &[
        one_of(&["ItemProcessor", "Iterator"]),
        at_most_one_of(&["MaxConcurrency", "MaxConcurrencyPath"]),
        at_most_one_of(&["ToleratedFailureCount", "ToleratedFailureCountPath"]),
        at_most_one_of(&["ToleratedFailurePercentage", "ToleratedFailurePercentagePath"]),
    ],
};

/// The shape of that type, and whether such a state goes on by `Next` or `End`.
pub(in crate::validate) fn state_shape(kind: &str) -> Option<(&'static Object, bool)> {
    Some(match kind {
        "Pass" => (&PASS, true),
        "Task" => (&TASK, true),
        "Choice" => (&CHOICE, false),
        "Wait" => (&WAIT, true),
        "Succeed" => (&SUCCEED, false),
        "Fail" => (&FAIL, false),
        "Parallel" => (&PARALLEL, true),
        "Map" => (&MAP, true),
        _ => return None,
    })
}
