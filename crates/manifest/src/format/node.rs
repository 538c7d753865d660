//! Nodes, networks and limits.

use super::*;
use crate::shape::{Field, Object, Shape};

/// A host.
pub(super) static NODE: Object = Object {
    name: "node",
    doc: "A host of the lab.",
    runs: true,
    fields: &[
        Field::new("packages", Shape::OneOrMore(&Shape::Word(&PACKAGE)), "Debian packages, installed without recommended ones."),
        Field::new("image", Shape::Word(&IMAGE), "An OCI image instead of base and packages.").later(),
        Field::new("dockerfile", Shape::Word(&PATH), "A folder with a Dockerfile instead of base and packages.").later(),
        Field::new("networks", Shape::Either(&[Shape::List(&Shape::Word(&NETWORK_NAME)), Shape::Map(&NETWORK_NAME, &ATTACHMENT)]), "The networks it hangs on; the order gives eth0, eth1, … A list of names leaves all addresses to be given out."),
        Field::new("routes", Shape::Map(&DESTINATION, &Shape::Word(&GATEWAY)), "Static routes: destination and gateway."),
        Field::new("user", Shape::Word(&USER), "Who the learner's terminal is; made at build if missing (uid 1000, bash, no password).").default("`root`"),
        Field::new("services", Shape::OneOrMore(&Shape::Either(&[Shape::Word(&INIT_SCRIPT), Shape::Tagged(SERVICES)])), "What runs while the node is up, started in this order: names of init scripts, or commands."),
        Field::new("setup", Shape::Word(&SCRIPT), "Run once as root when the image is built, without network."),
        Field::new("start", Shape::Word(&SCRIPT), "Run as root at every boot of the node, before its services, with `PARAM_*`; it has 60 s, and its failure fails the start."),
        Field::new("env", Shape::Map(&ENV_NAME, &Shape::Word(&TEMPLATE)), "Environment of everything that runs in the node."),
        Field::new("sysctl", Shape::Map(&SYSCTL, &Shape::Word(&VALUE)), "Kernel settings of its network."),
        Field::new("hidden", Shape::Flag, "The learner gets no terminal on it and cannot read it.").default("`false`"),
        Field::new("limits", Shape::Object(&LIMITS), "What it may use.").default("the session's limits"),
    ],
};

/// How a node hangs on a network: see "Addresses" in the manual.
static ATTACHMENT: Shape = Shape::Either(&[
    Shape::Nothing,
    Shape::Word(&LINK),
    Shape::List(&Shape::Word(&ADDRESS)),
    Shape::Object(&Object {
        name: "detailed link",
        doc: "A link with more to say than its address.",
        runs: true,
        fields: &[
            Field::new(
                "address",
                Shape::Either(&[
                    Shape::Nothing,
                    Shape::Word(&LINK),
                    Shape::List(&Shape::Word(&ADDRESS)),
                ]),
                "As above: an address, a list of them, `dhcp` or `none`.",
            )
            .default("the lowest free address of the network's subnet"),
            Field::new("mac", Shape::Word(&MAC), "Its MAC address.")
                .default("derived from the lab, the node and the network"),
        ],
    }),
]);

static SERVICES: &[Object] = &[
    Object {
        name: "service",
        doc: "A command that stays in the foreground.",
        runs: true,
        fields: &[
            Field::new("run", Shape::Word(&COMMAND), "The command, for `sh -c`.").required(),
            Field::new("name", Shape::Word(&INIT_SCRIPT), "What reports call it.")
                .default("the command's first word"),
            Field::new(
                "restart",
                Shape::Flag,
                "Started again 0.5 s after it ended, backing off to 10 s.",
            )
            .default("`true`"),
        ],
    },
    Object {
        name: "init script",
        doc: "A service by the name of its init script: `/etc/init.d/NAME start`.",
        runs: true,
        fields: &[
            Field::new("name", Shape::Word(&INIT_SCRIPT), "The init script's name.").required(),
            Field::new("restart", Shape::Flag, "Started again when it ended.")
                .default("`false`: labs ask learners to stop and repair things"),
        ],
    },
];

/// A virtual Ethernet segment.
pub(super) static NETWORK: Object = Object {
    name: "network",
    doc: "A virtual Ethernet segment. `{}` is a plain switch. Shaping holds per direction of every link.",
    runs: true,
    fields: &[
        Field::new(
            "subnet",
            Shape::Word(&SUBNET),
            "Nodes that leave their address out get the lowest free host address of it, in node order.",
        ),
        Field::new(
            "delay",
            Shape::Word(&DURATION),
            "Added to every packet. Needs netem in the machine's kernel.",
        )
        .default("`0ms`"),
        Field::new(
            "jitter",
            Shape::Word(&DURATION),
            "How much the delay varies. Needs netem.",
        )
        .default("`0ms`"),
        Field::new(
            "loss",
            Shape::Word(&PERCENT),
            "Share of packets lost. Needs netem.",
        )
        .default("`0%`"),
        Field::new(
            "rate",
            Shape::Word(&RATE),
            "The most that passes per second; works everywhere.",
        )
        .default("unlimited"),
    ],
};

/// What a node or a session may use.
pub(super) static LIMITS: Object = Object {
    name: "limits",
    doc: "A node without a limit has the session's; a session without one has the sum of its nodes' (256M, 0.5 processors, 256 processes and 1G for each node that says nothing).",
    runs: true,
    fields: &[
        Field::new("memory", Shape::Word(&SIZE), "Memory."),
        Field::new(
            "browser",
            Shape::Word(&SIZE),
            "Memory in the place `browser`, whose machine has 256M for all.",
        )
        .default("`memory`"),
        Field::new("cpu", Shape::Word(&CPU), "Processors."),
        Field::new("pids", Shape::Word(&COUNT), "Processes and threads."),
        Field::new(
            "disk",
            Shape::Word(&SIZE),
            "Disk space that may be written.",
        ),
    ],
};
