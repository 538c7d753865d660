//! The nouns of Labwright (see DESIGN.md, "Words"): plain structs with public fields.
//!
//! This crate must not do I/O, must not know tokio, and has no verbs beyond parsing a word
//! into its newtype and filling a template, which are values in and values out.

mod lab;
mod machine;
mod names;
mod template;

pub use lab::{
    Answer, App, AppKind, Attachment, Budget, Check, Expect, Group, Internet, Lab, Limits,
    LinkMode, Network, Node, NodeSource, Page, Param, Route, Script, Service, ServiceKind, Shaping,
    Solve, Step, Task, Text, Times, app_id,
};
pub use machine::{
    DisplaySpec, HostEntry, IdRange, LinkSpec, MachineSpec, NetworkSpec, NodeSpec, NodeState,
    Shown, Stage,
};
pub use names::{LabName, NameError, NetworkName, NodeName, ParamName, SessionId, TaskId};
pub use template::{TemplateError, fill, param, placeholders};

/// The name of the reserved hidden node on which unforgeable checks run.
pub const CHECKER: &str = "checker";
