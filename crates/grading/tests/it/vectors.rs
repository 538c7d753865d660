//! `vectors.json`: rows, orders and answers, and what they come to. The page that judges without a server
//! (`web/src/tab/judge`) is tested against the same file. `LABWRIGHT_UPDATE=1` writes the verdicts anew; read the diff.

use labwright_grading::{
    Cell, Sealed, Table, Words, compare, compare_rows, is_ordered, judge_rows, parse_answer, seal,
};
use labwright_model::{Answer, Expect, Text};
use serde_json::{Value, json};

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/vectors.json");
const SALT: &str = "salt of the vectors";

fn cell(cell: &Value) -> Cell {
    let text = |name: &str| cell.get(name).and_then(Value::as_str);
    if let Some(whole) = text("integer") {
        return Cell::Integer(whole.parse().unwrap());
    }
    if let Some(real) = text("real") {
        return Cell::Real(real.parse().unwrap());
    }
    if let Some(hex) = text("blob") {
        let pairs = (0..hex.len()).step_by(2);
        return Cell::Blob(
            pairs
                .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap())
                .collect(),
        );
    }
    text("text").map_or(Cell::Null, |text| Cell::Text(text.to_owned()))
}

fn table(columns: &Value, rows: &Value) -> Table {
    let columns = columns.as_array().unwrap();
    let rows = rows.as_array().unwrap();
    Table {
        columns: columns
            .iter()
            .map(|name| name.as_str().unwrap().to_owned())
            .collect(),
        rows: rows
            .iter()
            .map(|row| row.as_array().unwrap().iter().map(cell).collect())
            .collect(),
    }
}

fn rows(vector: &Value) -> Value {
    let expected = table(&vector["expected_columns"], &vector["expected"]);
    let given = table(&vector["given_columns"], &vector["given"]);
    let verdict = compare_rows(&expected, &given, vector["ordered"].as_bool().unwrap());
    json!({
        "en": judge_rows(&verdict, Words::English).feedback,
        "fr": judge_rows(&verdict, Words::French).feedback,
    })
}

fn answer(vector: &Value) -> Value {
    let choices = vector["choices"].as_array().unwrap();
    let kind = match vector["kind"].as_str().unwrap() {
        "text" => Answer::Text,
        "number" => Answer::Number,
        _ => Answer::Choice(
            choices
                .iter()
                .map(|texts| serde_json::from_value::<Text>(texts.clone()).unwrap())
                .collect(),
        ),
    };
    let expect = Expect {
        value: vector["expected"].as_str().unwrap().to_owned(),
        exact: vector["exact"].as_bool().unwrap(),
        tolerance: vector["tolerance"].as_f64().unwrap(),
    };
    let (of, digest) = match seal(&expect, &expect.value, &kind, SALT).unwrap() {
        Sealed::Exact(digest) => ("exact", json!(digest)),
        Sealed::Text(digest) => ("text", json!(digest)),
        Sealed::Choice(digest) => ("choice", json!(digest)),
        Sealed::Whole(digest) => ("whole", json!(digest)),
        Sealed::Near { value, .. } => ("near", json!(value)),
    };
    let judged: Vec<Value> = vector["given"]
        .as_array()
        .unwrap()
        .iter()
        .map(|given| match parse_answer(&kind, given.as_str()) {
            Err(_) => json!("fault"),
            Ok(answer) => json!(compare(&expect, &expect.value, &kind, &answer).unwrap()),
        })
        .collect();
    json!({"of": of, "digest": digest, "judged": judged})
}

#[test]
fn vectors() {
    let text = std::fs::read_to_string(PATH).unwrap();
    let mut vectors: Value = serde_json::from_str(&text).unwrap();
    let before = vectors.clone();
    for vector in vectors["rows"].as_array_mut().unwrap() {
        vector["says"] = rows(vector);
    }
    for vector in vectors["ordered"].as_array_mut().unwrap() {
        vector["is"] = json!(is_ordered(vector["sql"].as_str().unwrap()));
    }
    for vector in vectors["answers"].as_array_mut().unwrap() {
        vector["seal"] = answer(vector);
    }
    if std::env::var_os("LABWRIGHT_UPDATE").is_some() {
        std::fs::write(PATH, serde_json::to_string_pretty(&vectors).unwrap() + "\n").unwrap();
    } else {
        assert_eq!(vectors, before, "{PATH} is stale");
    }
}
