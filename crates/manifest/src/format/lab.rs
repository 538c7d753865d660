//! The top of `lab.yaml`.

use super::node::{LIMITS, NETWORK, NODE};
use super::step::{APPS, GROUP, INTERNET, PARAMS, PLACES, STEP};
use super::*;
use crate::shape::{Field, Object, Shape};

/// All of `lab.yaml`.
pub(crate) static LAB: Object = Object {
    name: "lab",
    doc: "The whole of `lab.yaml`.",
    runs: true,
    fields: &[
        Field::new("labwright", Shape::Word(&FORMAT), "Version of the format.").required(),
        Field::new("name", Shape::Word(&LAB_NAME), "The lab's name, also in file names and links.").required(),
        Field::new("title", Shape::Text, "What learners read in the catalogue.").default("the name"),
        Field::new("summary", Shape::Text, "One paragraph for the catalogue."),
        Field::new("authors", Shape::OneOrMore(&Shape::Word(&TEXT)), "`Name <mail>` of each author."),
        Field::new("license", Shape::Word(&TEXT), "The licence of the lab, as an SPDX expression."),
        Field::new("base", Shape::Word(&BASE), "The Debian release that all nodes start from: minbase with procps, iproute2, iputils-ping, less, nano and ca-certificates.").default("`debian/bookworm`"),
        Field::new("nodes", Shape::Map(&NODE_NAME, &Shape::Either(&[Shape::Nothing, Shape::Object(&NODE)])), "The hosts of the lab. `checker` is reserved for the hidden node on which checks with `on: checker` run; declare it to choose its packages and addresses."),
        Field::new("networks", Shape::Map(&NETWORK_NAME, &Shape::Either(&[Shape::Nothing, Shape::Object(&NETWORK)])), "The Ethernet segments of the lab."),
        Field::new("params", Shape::Map(&PARAM_NAME, &Shape::Tagged(PARAMS)), "One value per learner and name, the same at every start. Used as `{{ params.NAME }}`, and as `PARAM_<NAME>` in scripts."),
        Field::new("apps", Shape::List(&Shape::Tagged(APPS)), "The tabs that the learner sees, in order.").default("a terminal on every visible node"),
        Field::new("steps", Shape::List(&Shape::Either(&[Shape::Word(&PATH), Shape::Object(&STEP)])), "The pages of instructions, in order, with their tasks. A page without tasks may be written as its path alone."),
        Field::new("group", Shape::Object(&GROUP), "For labs that people do together.").later(),
        Field::new("limits", Shape::Object(&LIMITS), "Limits of the whole session.").default("the sum of the nodes' limits"),
        Field::new("time", Shape::Object(&TIME), "How long a session lives."),
        Field::new("internet", Shape::OneOf(INTERNET), "What of the internet the nodes reach.").default("`none`"),
        Field::new("keep", Shape::OneOrMore(&Shape::Word(&ABSOLUTE)), "What an autosave, or a change of place, carries along: these paths of every visible node, where they exist.").default("`/root` and the home of every node's `user`"),
        Field::new("places", Shape::OneOrMore(&Shape::OneOf(PLACES)), "Where the lab may run.").default("everywhere that fits"),
        Field::new("budget", Shape::Object(&BUDGET), "`labwright test` fails when the lab is over it."),
    ],
};

static TIME: Object = Object {
    name: "time",
    doc: "How long a session lives.",
    runs: true,
    fields: &[
        Field::new("session", Shape::Word(&DURATION), "From ready to the end.").default("`2h`"),
        Field::new(
            "idle",
            Shape::Word(&DURATION),
            "Without the learner, until it is saved and put to sleep.",
        )
        .default("`20m`"),
    ],
};

static BUDGET: Object = Object {
    name: "budget",
    doc: "What the lab may cost.",
    runs: true,
    fields: &[
        Field::new(
            "image",
            Shape::Word(&SIZE),
            "The most that its image may weigh.",
        ),
        Field::new(
            "start",
            Shape::Word(&DURATION),
            "The longest that it may take to be ready.",
        ),
    ],
};
