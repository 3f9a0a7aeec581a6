//! verispec checks that a host is what a declarative spec says it should be.
//!
//! # Architecture
//!
//! Data flows one way:
//!
//! ```text
//! bytes ──syntax──▶ Node (spans) ──spec──▶ Claims + Diagnostics ──plan──▶ selected Claims
//!                                                                              │ gather(&Host)
//! report ◀──Reporter── Verdicts ◀──verdict::judge── Observed ◀─────────────────┘
//! ```
//!
//! Every arrow but [`gather`] (and [`load`], which reads spec files) is a plain function over plain data. Lower rooms never
//! import higher ones, which a test checks:
//!
//! | floor | rooms |
//! |---|---|
//! | 0 | [`value`], [`quantity`], [`version`], [`query`]: what is observed and how it is written · [`syntax`]: the spanned tree · [`secret`]: what no report may show · [`lines`]: where texts differ · [`template`], [`re2`], [`go`]: Go's templates, regular expressions and ways of writing |
//! | 1 | [`matcher`]: tests over values · [`host`]: where probes look · [`edit`]: a spec's text with other values in it |
//! | 2 | [`resource`]: the kinds, one file each |
//! | 3 | [`spec`]: tree to claims · [`goss`]: goss's files to claims · [`schema`], [`mod@reference`]: the same tables as documents |
//! | 4 | [`plan`]: which entries, under which limits |
//! | 5 | [`gather`]: the threads that probes run on · [`verdict`]: judging, pure · [`cause`]: what belongs to what · [`snapshot`]: what is there, as entries |
//! | 6 | [`report`]: one file a format · [`accept`]: expectations moved to what was found · [`compare`]: two specs, or a spec and a host · [`coverage`]: what no entry speaks of |
//! | 7 | [`load`]: spec files and includes · [`run`]: rounds of gather and judge · [`monitor`]: the same again and again · [`serve`]: answers to HTTP · [`endpoints`]: what a server tells of a monitored host · [`container`]: runs inside containers |
//! | 8 | [`cli`]: one file a command |
//!
//! # Words
//!
//! A *spec* has entries; an entry is lowered into a *claim*: a *kind* of thing, its *id*, *settings* that say how to look,
//! and for each *key* an expectation (a *test* made of matchers). A *probe* looks at a *host* and gives *values*, or a
//! *fault* where it could not look. Claim and observation are judged into *verdicts*, whose *outcome* is pass, fail,
//! unknown or skip.
//!
//! # Invariants
//!
//! - What could not be observed is unknown, whichever way round the expectation is written. Never a pass.
//! - After lowering nothing can be a spec error; a spec with any diagnostic is not run at all.
//! - A key that no spec asks for costs nothing.
//! - Every probe is answered for by its deadline, and results come in spec order.
//! - The process ends when its report is written, whatever still hangs ([`host::front`]), and leaves no command behind.
//! - Nothing read from a host is trusted: bounded memory, bounded time, no panic.

#![cfg_attr(test, allow(clippy::disallowed_methods, clippy::disallowed_types, reason = "tests set up what probes see"))]

pub mod accept;
pub mod cause;
pub mod cli;
pub mod compare;
pub mod container;
pub mod coverage;
pub mod edit;
pub mod endpoints;
#[cfg(any(test, fuzzing))]
#[doc(hidden)]
pub mod fuzz;
pub mod gather;
pub mod go;
pub mod goss;
pub mod host;
#[cfg(test)]
mod house;
pub mod lines;
pub mod load;
pub mod matcher;
pub mod monitor;
pub mod plan;
pub mod quantity;
pub mod query;
pub mod re2;
pub mod reference;
pub mod report;
pub mod resource;
pub mod run;
pub mod schema;
pub mod secret;
pub mod serve;
pub mod snapshot;
pub mod spec;
pub mod syntax;
pub mod template;
pub mod value;
pub mod verdict;
pub mod version;
