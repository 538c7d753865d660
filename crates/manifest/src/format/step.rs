//! Steps, tasks, tabs, parameters, groups, and the closed lists of words.

use super::*;
use crate::shape::{Choice, Field, Object, Shape};

/// A page and its tasks.
pub(super) static STEP: Object = Object {
    name: "step",
    doc: "A page of instructions and what it asks for.",
    runs: true,
    fields: &[
        Field::new(
            "page",
            Shape::Word(&PATH),
            "The page; translations stand beside it (`1-look.fr.md` beside `1-look.md`).",
        )
        .required(),
        Field::new(
            "tasks",
            Shape::List(&Shape::Object(&TASK)),
            "What the step asks for.",
        ),
    ],
};

static TASK: Object = Object {
    name: "task",
    doc: "What a step asks for. It is decided by `check`, `expect` or `sql`, exactly one of them.",
    runs: true,
    fields: &[
        Field::new("id", Shape::Word(&TASK_ID), "Its name in pages (`{{task ID}}`) and reports, unique in the lab.").required(),
        Field::new("title", Shape::Text, "What it asks for, in a line.").required(),
        Field::new("points", Shape::Word(&POINTS), "What it is worth.").default("`1`"),
        Field::new("on", Shape::Word(&NODE_NAME), "The node in which `check` runs, or `checker`.").default("the lab's only visible node"),
        Field::new("check", Shape::Word(&SCRIPT), "The script that decides. Exit status 0 is done, 1 is not yet, anything else means that the check is broken. A line `score 0.5` gives part of the points; all other output is feedback."),
        Field::new("as", Shape::Word(&USER), "Who runs the check.").default("`root`"),
        Field::new("timeout", Shape::Word(&DURATION), "The check is broken when it takes longer.").default("`30s`"),
        Field::new("answer", Shape::Either(&[Shape::OneOf(ANSWERS), Shape::Object(&CHOICE)]), "What the learner types; the check finds it in `$ANSWER`."),
        Field::new("expect", Shape::Word(&TEMPLATE), "The right answer; takes the place of a check and of a solution."),
        Field::new("exact", Shape::Flag, "`expect` compares text as it is, not trimmed and without regard to case.").default("`false`"),
        Field::new("tolerance", Shape::Word(&NUMBER), "How far a number may be off.").default("`0`"),
        Field::new("sql", Shape::Word(&SCRIPT), "For `sql` tabs: the learner's rows must equal this query's rows; see \"SQL tasks\"."),
        Field::new("database", Shape::Word(&PATH), "The file under `assets/` that `sql` is asked of.").default("the one of the lab's only `sql` tab"),
        Field::new("hint", Shape::OneOrMore(&Shape::FilledText), "A hint, or several that are revealed one by one."),
        Field::new("solve", Shape::Either(&[Shape::Word(&SCRIPT), Shape::Tagged(SOLVES)]), "How the author does it; `labwright test` runs it, as root and with `PARAM_*`, on the task's node.").default("another task's solution does it too"),
    ],
};

static ANSWERS: &[Choice] = &[
    Choice {
        word: "text",
        doc: "Any text.",
        runs: true,
    },
    Choice {
        word: "number",
        doc: "A number.",
        runs: true,
    },
];

static CHOICE: Object = Object {
    name: "choice",
    doc: "The learner picks one, in any of its languages; `$ANSWER` holds its first text, `expect` names it in any language.",
    runs: true,
    fields: &[Field::new(
        "choice",
        Shape::List(&Shape::Text),
        "What there is to choose from.",
    )
    .required()],
};

static SOLVES: &[Object] = &[
    Object {
        name: "solution",
        doc: "A script on another node than the task's.",
        runs: true,
        fields: &[
            Field::new("run", Shape::Word(&SCRIPT), "The script.").required(),
            Field::new("on", Shape::Word(&NODE_NAME), "The node it runs on.")
                .default("the task's node"),
        ],
    },
    Object {
        name: "answer",
        doc: "What the author answers.",
        runs: true,
        fields: &[Field::new("answer", Shape::Word(&TEMPLATE), "The answer.").required()],
    },
];

const TITLE: Field = Field::new("title", Shape::Text, "The tab's label.");
static ONE_PLACE: Shape = Shape::Word(&PLACE);
const NOT_IN: Field = Field::new(
    "not_in",
    Shape::OneOrMore(&ONE_PLACE),
    "Places in which learners do not have the tab, such as a desktop in `browser`.",
);

/// The kinds of tab.
pub(super) static APPS: &[Object] = &[
    Object {
        name: "terminal tab",
        doc: "A terminal on a node, as its `user`.",
        runs: true,
        fields: &[
            Field::new("terminal", Shape::Word(&NODE_NAME), "The node.").required(),
            TITLE,
            NOT_IN,
        ],
    },
    Object {
        name: "desktop tab",
        doc: "A graphical program of a node, full-screen.",
        runs: true,
        fields: &[
            Field::new("desktop", Shape::Word(&NODE_NAME), "The node.").required(),
            Field::new("run", Shape::Word(&TEMPLATE), "One program, full-screen."),
            Field::new(
                "session",
                Shape::Word(&INIT_SCRIPT),
                "A whole desktop instead, such as `xfce`; see [desktops](desktops.md).",
            ),
            TITLE,
            NOT_IN,
        ],
    },
    Object {
        name: "web tab",
        doc: "A node's web server, on an origin of its own, WebSockets included.",
        runs: true,
        fields: &[
            Field::new("web", Shape::Word(&NODE_NAME), "The node.").required(),
            Field::new("port", Shape::Word(&PORT), "Its TCP port.").default("`80`"),
            Field::new("path", Shape::Word(&URL_PATH), "What is opened first.").default("`/`"),
            TITLE,
            NOT_IN,
        ],
    },
    Object {
        name: "wireshark tab",
        doc: "Packets, dissected in the browser: live from a network, or from a file.",
        runs: true,
        fields: &[
            Field::new(
                "wireshark",
                Shape::Word(&SOURCE),
                "A network's name, or a file under `assets/`.",
            )
            .required(),
            TITLE,
            NOT_IN,
        ],
    },
    Object {
        name: "sql tab",
        doc: "An SQLite database in the browser; every learner has a copy to write to.",
        runs: true,
        fields: &[
            Field::new("sql", Shape::Word(&PATH), "A file under `assets/`.").required(),
            TITLE,
            NOT_IN,
        ],
    },
    Object {
        name: "page tab",
        doc: "A page or WebAssembly program of the author's, with the files beside it, on an origin of its own. It is opened with `?lang=`, the learner's language.",
        runs: true,
        fields: &[
            Field::new("page", Shape::Word(&PATH), "A file under `assets/`.").required(),
            TITLE,
            NOT_IN,
        ],
    },
];

/// The kinds of parameter.
pub(super) static PARAMS: &[Object] = &[
    Object {
        name: "choice parameter",
        doc: "One of these values.",
        runs: true,
        fields: &[
            Field::new("choose", Shape::List(&Shape::Word(&VALUE)), "The values.").required(),
        ],
    },
    Object {
        name: "number parameter",
        doc: "A whole number between two others, both included.",
        runs: true,
        fields: &[Field::new(
            "int",
            Shape::List(&Shape::Word(&INTEGER)),
            "The lowest and the highest: `[2000, 9000]`.",
        )
        .required()],
    },
    Object {
        name: "secret parameter",
        doc: "A secret.",
        runs: true,
        fields: &[Field::new("hex", Shape::Word(&DIGITS), "How many digits.").required()],
    },
    Object {
        name: "subnet parameter",
        doc: "A subnet of a larger prefix. `{{ params.net }}` is `10.3.7.0/24`, `{{ params.net.1 }}` its first host address, `10.3.7.1`.",
        runs: true,
        fields: &[
            Field::new(
                "subnet",
                Shape::Word(&PREFIX),
                "The prefix that it is drawn from.",
            )
            .required(),
            Field::new(
                "prefix",
                Shape::Word(&PREFIX_LENGTH),
                "The prefix length of the drawn one.",
            )
            .required(),
        ],
    },
];

/// Who works together.
pub(super) static GROUP: Object = Object {
    name: "group",
    doc: "Who works on which nodes.",
    runs: false,
    fields: &[
        Field::new("size", Shape::Word(&PEOPLE), "How many people.").required(),
        Field::new(
            "roles",
            Shape::Map(&ROLE, &Shape::OneOrMore(&Shape::Word(&NODE_NAME))),
            "The nodes of each role.",
        )
        .default("everybody works on every node"),
    ],
};

/// What of the internet nodes reach.
pub(super) static INTERNET: &[Choice] = &[
    Choice {
        word: "none",
        doc: "Nothing.",
        runs: true,
    },
    Choice {
        word: "packages",
        doc: "The operator's package mirrors alone, through a proxy.",
        runs: false,
    },
    Choice {
        word: "full",
        doc: "Everything public, translated; private, link-local, metadata and host addresses are dropped.",
        runs: false,
    },
];

/// Where machines come from.
pub(crate) static PLACES: &[Choice] = &[
    Choice {
        word: "local",
        doc: "Namespaces on the server.",
        runs: true,
    },
    Choice {
        word: "kubernetes",
        doc: "A pod on a Kubernetes or OpenShift cluster.",
        runs: true,
    },
    Choice {
        word: "openstack",
        doc: "A virtual machine on an OpenStack cloud.",
        runs: true,
    },
    Choice {
        word: "qemu",
        doc: "A virtual machine on the server.",
        runs: true,
    },
    Choice {
        word: "download",
        doc: "A virtual machine on the learner's computer.",
        runs: true,
    },
    Choice {
        word: "browser",
        doc: "An emulated PC in the learner's own tab.",
        runs: true,
    },
];
