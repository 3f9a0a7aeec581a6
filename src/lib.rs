//! verispec
pub mod cli;
pub mod gather;
pub mod host;
pub mod load;
pub mod matcher;
pub mod plan;
pub mod quantity;
pub mod reference;
pub mod report;
pub mod resource;
pub mod run;
pub mod schema;
pub mod spec;
pub mod syntax;
pub mod value;
pub mod verdict;
