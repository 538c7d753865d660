//! What stands for `{{ params.word }}` and `{{ nodes.client.address.lan }}`.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use labwright_model::{Lab, MachineSpec, TemplateError, fill, param};

/// The values of one learner's session.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Values {
    by_name: IndexMap<String, String>,
    params: IndexMap<String, String>,
}

impl Values {
    /// Parameters alone: what a lab without a machine has.
    pub fn of_params(params: &IndexMap<String, String>) -> Self {
        Self {
            by_name: IndexMap::new(),
            params: params.clone(),
        }
    }

    /// Parameters, and the addresses that the session's machine is started with: the first one of
    /// every link, without its prefix.
    pub fn new(spec: &MachineSpec) -> Self {
        let mut values = Self::of_params(&spec.params);
        for node in &spec.nodes {
            for link in &node.links {
                if let Some(address) = link.addresses.first() {
                    let name = format!("nodes.{}.address.{}", node.name, link.network);
                    let bare = address.split('/').next().unwrap_or_default();
                    values.by_name.insert(name, bare.to_owned());
                }
            }
        }
        values
    }

    /// The parameters by their own names.
    pub fn params(&self) -> &IndexMap<String, String> {
        &self.params
    }

    /// The value of a placeholder's name.
    pub fn get(&self, name: &str) -> Option<String> {
        match name.strip_prefix("params.") {
            Some(name) => param(&self.params, name),
            None => self.by_name.get(name).cloned(),
        }
    }

    /// Fills a value that must be whole, such as `expect`.
    pub fn fill(&self, text: &str) -> Result<String, TemplateError> {
        fill(text, |name| self.get(name))
    }

    /// Fills what people read: what is not known (`{{task id}}`, or braces of a code example)
    /// stays as it stands.
    pub fn fill_page(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            out.push_str(before);
            let known = after
                .split_once("}}")
                .and_then(|(name, next)| Some((self.get(name.trim())?, next)));
            match known {
                Some((value, next)) => {
                    out.push_str(&value);
                    rest = next;
                }
                None => {
                    out.push_str("{{");
                    rest = after;
                }
            }
        }
        out.push_str(rest);
        out
    }

    /// `PARAM_<NAME>` for scripts: upper case, `-` as `_`.
    pub fn env(&self) -> IndexMap<String, String> {
        self.params
            .iter()
            .map(|(name, value)| (env_name(name), value.clone()))
            .collect()
    }

    /// The parameters of a lab from the environment of its checks; none where one is missing.
    pub fn params_of_env(
        lab: &Lab,
        env: &BTreeMap<String, String>,
    ) -> Option<IndexMap<String, String>> {
        lab.params
            .keys()
            .map(|name| Some((name.to_string(), env.get(&env_name(name.as_str()))?.clone())))
            .collect()
    }
}

/// What a parameter is called in the environment of a check.
fn env_name(param: &str) -> String {
    format!("PARAM_{}", param.to_ascii_uppercase().replace('-', "_"))
}
