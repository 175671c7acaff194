//! What the host is, and what follows from it.

use napi::Env;
use napi::bindgen_prelude::{JsObjectValue, Object};

use crate::engine::address::NameRules;
use crate::engine::endpoint::ModeRule;

/// Versions of the host, from `process.versions`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Host {
    /// Node's major version; also Bun and Deno name one.
    pub node: u32,
    /// The version of libuv, major and minor, if the host names one.
    pub uv: Option<(u32, u32)>,
    /// Neither Bun nor Deno.
    pub is_node: bool,
}

impl Host {
    /// Asks `process.versions`.
    ///
    /// # Errors
    /// Those of Node-API, and when there is no `process.versions`.
    pub fn of(env: &Env) -> napi::Result<Self> {
        let process: Object = env.get_global()?.get_named_property("process")?;
        let versions: Object = process.get_named_property("versions")?;
        let version = |name: &str| -> napi::Result<Option<String>> { versions.get(name) };
        let node = version("node")?.map_or(0, |text| numbers(&text).0);
        Ok(Host {
            node,
            uv: version("uv")?.map(|text| numbers(&text)),
            is_node: version("bun")?.is_none() && version("deno")?.is_none(),
        })
    }

    /// How the host reads Unix-domain names.
    pub fn name_rules(&self) -> NameRules {
        NameRules {
            exact: !self.is_node || self.uv.is_none_or(|version| version >= (1, 48)),
            truncate: self.is_node && self.node < 24,
        }
    }

    /// Whether a reset that comes with the last bytes is reported. Before 1.52, libuv reports an EOF.
    pub fn reports_resets(&self) -> bool {
        self.is_node && self.uv.is_some_and(|version| version >= (1, 52))
    }

    /// What opening a path to everybody does to its mode.
    pub fn mode_rule(&self) -> ModeRule {
        let replaces = self.is_node && self.uv.is_some_and(|version| version >= (1, 48));
        if replaces { ModeRule::Replace } else { ModeRule::Add }
    }
}

/// The first two numbers of a version.
fn numbers(version: &str) -> (u32, u32) {
    let mut parts =
        version.trim_start_matches('v').split('.').map(|part| part.parse().unwrap_or(0));
    (parts.next().unwrap_or(0), parts.next().unwrap_or(0))
}
