//! Handlers, a file per noun: parse, call one function, reply. The guard has already decided
//! whether the caller may.

pub(crate) mod apps;
pub(crate) mod assets;
pub(crate) mod board;
pub(crate) mod bundles;
pub(crate) mod captures;
pub(crate) mod channels;
pub(crate) mod class;
pub(crate) mod courses;
pub(crate) mod displays;
pub(crate) mod events;
pub(crate) mod help;
pub(crate) mod kept;
pub(crate) mod line;
pub(crate) mod looks;
pub(crate) mod lti;
pub(crate) mod oidc;
pub(crate) mod operator;
pub(crate) mod people;
pub(crate) mod platforms;
pub(crate) mod privacy;
pub(crate) mod results;
pub(crate) mod rules;
pub(crate) mod scores;
pub(crate) mod service;
pub(crate) mod sessions;
pub(crate) mod tab;
pub(crate) mod tasks;
pub(crate) mod teach;
pub(crate) mod terminals;
