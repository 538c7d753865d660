//! Operations about labs that ran in the learner's own browser.

use super::{Operation, get, post};
use crate::{HandIn, HandedIn, KeptFiles};

pub(super) fn operations() -> Vec<Operation> {
    let results = "/api/v1/courses/{course}/labs/{lab}/results";
    let kept = "/api/v1/courses/{course}/labs/{lab}/kept";
    vec![
        get(
            results,
            "carried",
            "How far the learner is in a lab, over all places; `attempts` is empty",
        )
        .reply::<HandedIn>(200),
        post(
            results,
            "handIn",
            "Hand in what was done in a browser; answers and queries are judged again",
        )
        .body::<HandIn>()
        .reply::<HandedIn>(200),
        get(kept, "kept", "The learner's saved files of a lab").reply::<KeptFiles>(200),
        post(
            kept,
            "putKept",
            "Files for the learner's next session of the lab: `multipart/form-data`, one archive a node, whose \
             name is the part's; all or none are taken. 409 while a session is open",
        )
        .reply::<KeptFiles>(200),
        get(
            "/api/v1/courses/{course}/labs/{lab}/kept/{node}",
            "keptOf",
            "One node's archive",
        )
        .empty(200),
        get(
            "/tab/{course}/{lab}/",
            "tab",
            "The lab as a page that runs in the learner's own browser",
        )
        .open()
        .empty(200),
        get("/tab/{course}/{lab}", "tabBare", "Leads there")
            .open()
            .empty(308),
        get(
            "/tab/{course}/{lab}/{path}",
            "tabFile",
            "A file of that page",
        )
        .open()
        .empty(200),
    ]
}
