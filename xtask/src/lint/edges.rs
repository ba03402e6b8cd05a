//! Which of our crates may know which.

use super::Finding;
use anyhow::{Context, Result};
use serde_json::Value;

/// A crate, what it may depend on, and what its tests and examples may use besides.
struct Edges {
    name: &'static str,
    may_use: &'static [&'static str],
    tests_may_use: &'static [&'static str],
}

const DOMAIN: &str = "deskbell-domain";
const STORE: &str = "deskbell-store";
const APP: &str = "deskbell-app";
const HTTP: &str = "deskbell-http";
const LIVEAGENT: &str = "deskbell-liveagent";
const ZENDESK: &str = "deskbell-zendesk";
const API: &str = "deskbell-api";
const SEARCH: &str = "deskbell-search";
const PORTAL: &str = "deskbell-portal";
const WEB: &str = "deskbell-web";
const TESTKIT: &str = "deskbell-testkit";

const EDGES: &[Edges] = &[
    Edges { name: DOMAIN, may_use: &[], tests_may_use: &[] },
    Edges { name: STORE, may_use: &[DOMAIN], tests_may_use: &[] },
    Edges { name: APP, may_use: &[DOMAIN, STORE], tests_may_use: &[] },
    Edges { name: HTTP, may_use: &[DOMAIN, APP], tests_may_use: &[STORE] },
    // Surfaces know neither each other nor the store: what they need of it the use cases give them.
    Edges { name: LIVEAGENT, may_use: &[DOMAIN, APP, HTTP], tests_may_use: &[STORE, SEARCH] },
    Edges { name: ZENDESK, may_use: &[DOMAIN, APP, HTTP], tests_may_use: &[STORE, SEARCH, TESTKIT] },
    // The product's own surface: its lists and the live protocol's catching up read rows and the journal within the use cases'
    // transactions. It holds no SQL all the same.
    Edges { name: API, may_use: &[DOMAIN, STORE, APP, HTTP], tests_may_use: &[] },
    Edges { name: SEARCH, may_use: &[DOMAIN, APP], tests_may_use: &[STORE] },
    Edges { name: PORTAL, may_use: &[DOMAIN, APP, HTTP], tests_may_use: &[STORE, SEARCH] },
    Edges { name: WEB, may_use: &[], tests_may_use: &[] },
    Edges { name: TESTKIT, may_use: &[STORE], tests_may_use: &[] },
    Edges {
        name: "deskbell",
        may_use: &[DOMAIN, STORE, APP, HTTP, LIVEAGENT, ZENDESK, API, SEARCH, PORTAL, WEB],
        tests_may_use: &[TESTKIT],
    },
    Edges { name: "xtask", may_use: &[], tests_may_use: &[] },
];

pub(super) fn check(metadata: &Value) -> Result<Vec<Finding>> {
    let packages = metadata["packages"].as_array().context("cargo metadata lists packages")?;
    let name = |value: &Value| value["name"].as_str().unwrap_or_default().to_owned();
    let ours: Vec<String> = packages.iter().map(&name).collect();
    let mut findings = Vec::new();
    for package in packages {
        let from = name(package);
        let Some(edges) = EDGES.iter().find(|edges| edges.name == from) else {
            findings.push(Finding::new(&from, "a crate that xtask/src/lint/edges.rs does not know: write down what it may depend on"));
            continue;
        };
        let dependencies = package["dependencies"].as_array().context("a package lists its dependencies")?;
        for dependency in dependencies {
            let to = name(dependency);
            if !ours.contains(&to) || edges.may_use.contains(&to.as_str()) {
                continue;
            }
            let in_tests = dependency["kind"].as_str() == Some("dev");
            if !(in_tests && edges.tests_may_use.contains(&to.as_str())) {
                let what = if in_tests { "its tests must not use" } else { "must not depend on" };
                findings.push(Finding::new(&from, format!("{what} {to}")));
            }
        }
    }
    for edges in EDGES.iter().filter(|edges| !ours.iter().any(|name| name == edges.name)) {
        findings.push(Finding::new(edges.name, "xtask/src/lint/edges.rs names it, but there is no such crate"));
    }
    Ok(findings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn workspace(name: &str, dependency: &str, kind: Option<&str>) -> Value {
        let packages: Vec<Value> = EDGES
            .iter()
            .map(|edges| {
                let dependencies = if edges.name == name { vec![json!({"name": dependency, "kind": kind})] } else { Vec::new() };
                json!({"name": edges.name, "dependencies": dependencies})
            })
            .collect();
        json!({ "packages": packages })
    }

    #[test]
    fn edges_are_checked() {
        let complaints = |name, dependency, kind| check(&workspace(name, dependency, kind)).unwrap().len();
        assert_eq!(complaints(APP, STORE, None), 0);
        assert_eq!(complaints(APP, "serde", None), 0, "others' crates are no matter of this table");
        assert_eq!(complaints(DOMAIN, STORE, None), 1);
        assert_eq!(complaints(ZENDESK, LIVEAGENT, None), 1);
        assert_eq!(complaints(ZENDESK, STORE, None), 1);
        assert_eq!(complaints(ZENDESK, STORE, Some("dev")), 0);
        assert_eq!(complaints("deskbell", TESTKIT, None), 1, "the test kit is for tests");
        assert_eq!(complaints("deskbell", TESTKIT, Some("dev")), 0);
    }

    #[test]
    fn unknown_crates_are_found() {
        let found = check(&json!({"packages": [{"name": "deskbell-new", "dependencies": []}]})).unwrap();
        assert!(found.iter().any(|finding| finding.place == "deskbell-new"));
    }
}
