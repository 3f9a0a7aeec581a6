//! libFuzzer around one of verispec's readers, which `VERISPEC_FUZZ` names.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use verispec::fuzz::{TARGETS, Target};

static TARGET: LazyLock<&Target> = LazyLock::new(|| {
    let name = std::env::var("VERISPEC_FUZZ").unwrap_or_default();
    let named = TARGETS.iter().find(|target| target.name == name);
    named.unwrap_or_else(|| {
        let names: Vec<_> = TARGETS.iter().map(|target| target.name).collect();
        eprintln!("VERISPEC_FUZZ names one of: {}", names.join(" "));
        std::process::exit(64)
    })
});

fuzz_target!(|bytes: &[u8]| (TARGET.run)(bytes));
