//! The eight types of states.

use super::handlers::{CATCHER, RETRIER};
use super::machines::PROCESSOR;
use super::maps::{ITEM_BATCHER, ITEM_READER, RESULT_WRITER};
use crate::validate::shape::{Field, Object, Shape, at_most_one_of, field, jsonata_field, one_of, path_field};

const MAX_SECONDS: u64 = 99_999_999;

// What all states have. `Type` and `QueryLanguage` are looked at before the rest.
const TYPE: Field = field("Type", Shape::Any);
const LANGUAGE: Field = field("QueryLanguage", Shape::Any);
const COMMENT: Field = field("Comment", Shape::Any);

const INPUT_PATH: Field = path_field("InputPath", Shape::Path { null: true });
const OUTPUT_PATH: Field = path_field("OutputPath", Shape::Path { null: true });
const RESULT_PATH: Field = path_field("ResultPath", Shape::ReferencePath { null: true });
const PARAMETERS: Field = path_field("Parameters", Shape::Template);
const RESULT_SELECTOR: Field = path_field("ResultSelector", Shape::Template);
const ARGUMENTS: Field = jsonata_field("Arguments", Shape::Expressions);
const OUTPUT: Field = jsonata_field("Output", Shape::Expressions);
const ASSIGN: Field = field("Assign", Shape::Variables);
const RETRY: Field = field("Retry", Shape::Objects(&RETRIER, true));
const CATCH: Field = field("Catch", Shape::Objects(&CATCHER, true));
const NEXT: Field = field("Next", Shape::Text);
const END: Field = field("End", Shape::Flag);

const PASS: Object = Object {
    fields: &[
        TYPE,
        LANGUAGE,
        COMMENT,
        INPUT_PATH,
        OUTPUT_PATH,
        RESULT_PATH,
        PARAMETERS,
        OUTPUT,
        ASSIGN,
        path_field("Result", Shape::Any),
        NEXT,
        END,
    ],
    required: &[],
    alternatives: &[],
};

const TASK: Object = Object {
    fields: &[
        TYPE,
        LANGUAGE,
        COMMENT,
        INPUT_PATH,
        OUTPUT_PATH,
        RESULT_PATH,
        PARAMETERS,
        RESULT_SELECTOR,
        ARGUMENTS,
        OUTPUT,
        ASSIGN,
        RETRY,
        CATCH,
        field("Resource", Shape::Resource),
        field("Credentials", Shape::Credentials),
        field("TimeoutSeconds", Shape::Whole(1, MAX_SECONDS)),
        path_field("TimeoutSecondsPath", Shape::ReferencePath { null: false }),
        field("HeartbeatSeconds", Shape::Whole(1, MAX_SECONDS)),
        path_field("HeartbeatSecondsPath", Shape::ReferencePath { null: false }),
        NEXT,
        END,
    ],
    required: &["Resource"],
    alternatives: &[
        at_most_one_of(&["TimeoutSeconds", "TimeoutSecondsPath"]),
        at_most_one_of(&["HeartbeatSeconds", "HeartbeatSecondsPath"]),
    ],
};

const CHOICE: Object = Object {
    fields: &[
        TYPE,
        LANGUAGE,
        COMMENT,
        INPUT_PATH,
        OUTPUT_PATH,
        OUTPUT,
        ASSIGN,
        field("Choices", Shape::Rules),
        field("Default", Shape::Text),
    ],
    required: &["Choices"],
    alternatives: &[],
};

const WAIT: Object = Object {
    fields: &[
        TYPE,
        LANGUAGE,
        COMMENT,
        INPUT_PATH,
        OUTPUT_PATH,
        OUTPUT,
        ASSIGN,
        field("Seconds", Shape::Whole(0, MAX_SECONDS)),
        path_field("SecondsPath", Shape::ReferencePath { null: false }),
        field("Timestamp", Shape::Timestamp),
        path_field("TimestampPath", Shape::ReferencePath { null: false }),
        NEXT,
        END,
    ],
    required: &[],
    alternatives: &[one_of(&["SecondsPath", "Seconds", "TimestampPath", "Timestamp"])],
};

const SUCCEED: Object =
    Object { fields: &[TYPE, LANGUAGE, COMMENT, INPUT_PATH, OUTPUT_PATH, OUTPUT], required: &[], alternatives: &[] };

const FAIL: Object = Object {
    fields: &[
        TYPE,
        LANGUAGE,
        COMMENT,
        field("Error", Shape::DynamicText),
        path_field("ErrorPath", Shape::PathOrFunction),
        field("Cause", Shape::DynamicText),
        path_field("CausePath", Shape::PathOrFunction),
    ],
    required: &[],
    alternatives: &[at_most_one_of(&["Error", "ErrorPath"]), at_most_one_of(&["Cause", "CausePath"])],
};

const PARALLEL: Object = Object {
    fields: &[
        TYPE,
        LANGUAGE,
        COMMENT,
        INPUT_PATH,
        OUTPUT_PATH,
        RESULT_PATH,
        PARAMETERS,
        RESULT_SELECTOR,
        ARGUMENTS,
        OUTPUT,
        ASSIGN,
        RETRY,
        CATCH,
        field("Branches", Shape::Machines),
        NEXT,
        END,
    ],
    required: &["Branches"],
    alternatives: &[],
};

const MAP: Object = Object {
    fields: &[
        TYPE,
        LANGUAGE,
        COMMENT,
        INPUT_PATH,
        OUTPUT_PATH,
        RESULT_PATH,
        PARAMETERS,
        RESULT_SELECTOR,
        OUTPUT,
        ASSIGN,
        RETRY,
        CATCH,
        field("ItemProcessor", Shape::Machine(&PROCESSOR)),
        field("Iterator", Shape::Machine(&PROCESSOR)),
        path_field("ItemsPath", Shape::ReferencePath { null: false }),
        jsonata_field("Items", Shape::Expressions),
        field("ItemSelector", Shape::Template),
        field("ItemReader", Shape::Object(&ITEM_READER)),
        field("ItemBatcher", Shape::Object(&ITEM_BATCHER)),
        field("ResultWriter", Shape::Object(&RESULT_WRITER)),
        field("MaxConcurrency", Shape::Whole(0, u64::MAX)),
        path_field("MaxConcurrencyPath", Shape::ReferencePath { null: false }),
        field("ToleratedFailureCount", Shape::Whole(0, u64::MAX)),
        path_field("ToleratedFailureCountPath", Shape::ReferencePath { null: false }),
        field("ToleratedFailurePercentage", Shape::Number(0.0, 100.0)),
        path_field("ToleratedFailurePercentagePath", Shape::ReferencePath { null: false }),
        field("Label", Shape::Text),
        NEXT,
        END,
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
